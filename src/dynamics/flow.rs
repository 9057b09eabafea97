//! Gradient flow, `x' = -grad U(x)`, of several particles at once, by an embedded Runge-Kutta pair with adaptive steps.
//!
//! The method is that of [`super::ode`]. Steps satisfy an error tolerance, and the energy of each particle must not rise.

use super::ode::{MIN_STEP_FRACTION, next_length, trial};
use super::{Force, Walls};

/// Particles that move along the negative gradient.
#[derive(Clone, Debug)]
pub struct Flow {
    /// Positions of the particles, `[particles, inputs]`.
    pub x: Vec<f64>,
    /// Largest error per step, for each input.
    tolerance: Vec<f64>,
    step: Option<f64>,
}

impl Flow {
    /// Creates particles at `x` `[particles, inputs]`; `tolerance` is the largest error per step, for each input.
    pub fn new(x: Vec<f64>, tolerance: Vec<f64>) -> Self {
        Self { x, tolerance, step: None }
    }

    /// Advances by a time. A particle that reaches a wall stays on it while the force presses it against the wall. The particles stop early
    /// if the surface is too rough for the shortest step.
    pub fn advance(&mut self, time: f64, walls: &Walls, force: &mut Force) {
        let mut left = time;
        let (mut energy, mut slope) = force(&self.x);
        while left > MIN_STEP_FRACTION * time {
            let full = self.step.unwrap_or(0.1 * time);
            let h = full.min(left);
            let mut at_end = (Vec::new(), Vec::new());
            let (place, worst) = trial(&self.x, walls.free(&self.x, &slope), h, &self.tolerance, &mut |place: &mut [f64]| {
                walls.clamp(place);
                at_end = force(place);
                walls.free(place, &at_end.1)
            });
            let rises = at_end.0.iter().zip(&energy).any(|(after, before)| *after > before + 1e-12 * before.abs().max(1e-3));
            if worst <= 1.0 && !rises {
                self.x = place;
                (energy, slope) = at_end;
                left -= h;
            } else if h <= MIN_STEP_FRACTION * time || !worst.is_finite() {
                return;
            }
            self.step = Some(if rises { 0.3 * h } else { next_length(full, h, worst) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::ode::{ERROR_WEIGHTS, STAGES};
    use super::*;

    fn bowl(x: &[f64]) -> (Vec<f64>, Vec<f64>) {
        (
            x.chunks(2).map(|p| 0.5 * (p[0] * p[0] + 9.0 * p[1] * p[1])).collect(),
            x.chunks(2).flat_map(|p| [p[0], 9.0 * p[1]]).collect(),
        )
    }

    #[test]
    fn pair_has_its_nominal_orders() {
        // The solution of x' = -x^2 from 1 is x = 1 / (1 + t). The error of a step is of order h^6, its estimate of order h^5.
        let errors = |h: f64| {
            let (place, estimate) = trial(&[1.0], vec![-1.0], h, &[1.0], &mut |x| vec![-x[0] * x[0]]);
            [(place[0] - 1.0 / (1.0 + h)).abs(), estimate]
        };
        let (coarse, fine) = (errors(0.05), errors(0.025));
        let orders = [0, 1].map(|k| (coarse[k] / fine[k]).log2());
        assert!((orders[0] - 6.0).abs() < 0.7 && (orders[1] - 5.0).abs() < 0.7, "{orders:?}");
        for (k, weights) in STAGES.iter().enumerate() {
            assert_eq!(weights.len(), k + 1);
        }
        assert!(ERROR_WEIGHTS.iter().sum::<f64>().abs() < 1e-15);
    }

    #[test]
    fn flow_in_bowl_decays_exponentially() {
        let mut flow = Flow::new(vec![1.0, 1.0, -2.0, 0.5], vec![1e-9; 2]);
        for _ in 0..4 {
            flow.advance(0.25, &Walls::default(), &mut bowl);
        }
        let expected = [(-1.0_f64).exp(), (-9.0_f64).exp(), -2.0 * (-1.0_f64).exp(), 0.5 * (-9.0_f64).exp()];
        for (x, e) in flow.x.iter().zip(expected) {
            assert!((x - e).abs() < 1e-7, "{x} {e}");
        }
    }

    #[test]
    fn energy_never_rises_at_coarse_tolerance() {
        let mut force = |x: &[f64]| {
            (
                x.iter().map(|x| (x * x - 1.0).powi(2) + 0.05 * (40.0 * x).cos()).collect(),
                x.iter().map(|x| 4.0 * x * (x * x - 1.0) - 2.0 * (40.0 * x).sin()).collect(),
            )
        };
        let mut flow = Flow::new(vec![-1.9, 0.01, 1.7], vec![0.1]);
        let mut before = force(&flow.x).0;
        for _ in 0..200 {
            flow.advance(0.02, &Walls::default(), &mut force);
            let (after, _) = force(&flow.x);
            assert!(after.iter().zip(&before).all(|(a, b)| *a <= b + 1e-11), "{after:?} {before:?}");
            before = after;
        }
        assert!(force(&flow.x).1.iter().all(|g: &f64| g.abs() < 1e-3), "all have come to rest: {:?}", flow.x);
    }

    #[test]
    fn wall_stops_particle_and_allows_sliding() {
        // The minimum of the bowl is outside. So the particle slides along the wall x = 1 to y = 0.
        let walls = Walls::around(&[[1.0, 3.0], [-5.0, 5.0]]);
        let mut flow = Flow::new(vec![2.0, 3.0], vec![1e-6; 2]);
        for _ in 0..50 {
            flow.advance(0.1, &walls, &mut bowl);
        }
        assert!((flow.x[0] - 1.0).abs() < 1e-9 && flow.x[1].abs() < 1e-5, "{:?}", flow.x);
    }
}

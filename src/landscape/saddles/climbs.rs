//! Climbs from guesses to saddles, along the direction of least curvature.

use super::kinks::is_kinked;
use super::{Saddle, SaddleSearch};
use crate::landscape::descent::Arrival;
use crate::landscape::quadratic::{DIFFERENCE_DISTANCE, QuadraticModel, quadratic_models};
use crate::numerics::statistics::{dot, norm};

/// Largest number of steps of a climb to a saddle, and its longest step as a fraction of the box.
const CLIMB_STEPS: usize = 80;
const CLIMB_MAX_STEP: f64 = 0.05;

impl SaddleSearch<'_, '_> {
    /// Climbs from a guess and adds the saddle if it is new. Returns true if the climb found a saddle.
    pub(super) fn climb_from(&mut self, guess: Vec<f64>) -> bool {
        let Some((top, downhill)) = self.climb(guess) else { return false };
        self.add_if_new(Saddle { top, downhill, is_kink: false });
        true
    }

    /// Climbs from a guess to a saddle inside the box. Returns the saddle with its downhill direction.
    fn climb(&mut self, mut place: Vec<f64>) -> Option<(Arrival, Vec<f64>)> {
        for _ in 0..CLIMB_STEPS {
            if self.unit.effort.is_exhausted() {
                return None;
            }
            let mut models = quadratic_models(&mut self.unit, &[&place], DIFFERENCE_DISTANCE, self.walls);
            let QuadraticModel { value, gradient, free, modes } = models.pop()?;
            let mut slope = vec![0.0; place.len()];
            for k in free {
                slope[k] = gradient[k];
            }
            let largest = modes.iter().fold(0.0, |top: f64, m| top.max(m.0.abs()));
            if !largest.is_finite() || !value.is_finite() {
                return None;
            }
            if norm(&slope) <= 1e-8 * self.steepest {
                let (curvature, direction) = modes.first()?.clone();
                // A climb that arrives exactly on a kink finds a slope of zero there.
                let is_saddle = curvature < 0.0
                    && modes.get(1).is_none_or(|m| m.0 > 0.0)
                    && !is_kinked(&mut self.unit, &place, &direction, DIFFERENCE_DISTANCE);
                let arrival = Arrival { place, value };
                return (is_saddle && (self.walls || self.unit.is_inside(&arrival))).then_some((arrival, direction));
            }
            let mut step = vec![0.0; place.len()];
            for (k, (curvature, direction)) in modes.iter().enumerate() {
                let along = dot(direction, &slope) / curvature.abs().max(1e-6 * largest);
                let sign = if k == 0 { 1.0 } else { -1.0 };
                step.iter_mut().zip(direction).for_each(|(s, d)| *s += sign * along * d);
            }
            let shorter = (CLIMB_MAX_STEP / norm(&step)).min(1.0);
            place = self.unit.clamped(place.iter().zip(&step).map(|(u, s)| u + shorter * s));
        }
        None
    }
}

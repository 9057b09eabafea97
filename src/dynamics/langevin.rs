//! Overdamped Langevin dynamics, `dx = -grad U(x) dt + sqrt(2 T) dW`, of several particles at once.
//!
//! The step is that of Leimkuhler and Matthews (2013), `x <- x - h grad U(x) + sqrt(2 T h) (R + R') / 2` with the noise `R` of this step
//! and `R'` of the next. It has the same cost as the Euler-Maruyama method, but the error of its stationary distribution is of order h^2,
//! and zero for a parabola.

use rand::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::Force;

/// Reflecting walls around a box. By default, there are none.
#[derive(Clone, Debug, Default)]
pub struct Walls {
    bounds: Vec<[f64; 2]>,
}

impl Walls {
    /// Returns walls around a box `[low, high]` per input.
    pub fn around(bounds: &[[f64; 2]]) -> Self {
        Self { bounds: bounds.to_vec() }
    }

    fn bounds(&self, k: usize) -> Option<[f64; 2]> {
        (!self.bounds.is_empty()).then(|| self.bounds[k % self.bounds.len()])
    }

    /// Moves coordinates outside of the box onto the wall.
    pub fn clamp(&self, x: &mut [f64]) {
        for (k, x) in x.iter_mut().enumerate() {
            if let Some([low, high]) = self.bounds(k) {
                *x = x.clamp(low, high);
            }
        }
    }

    /// Reflects coordinates outside of the box, and the noise of their next step, so that the path continues as a mirror image.
    fn reflect(&self, x: &mut [f64], noise: &mut [f64]) {
        for (k, (x, noise)) in x.iter_mut().zip(noise).enumerate() {
            let Some([low, high]) = self.bounds(k) else { continue };
            if *x < low || *x > high {
                *x = 2.0 * if *x < low { low } else { high } - *x;
                *noise = -*noise;
            }
            // Limits steps that are longer than the width of the box.
            *x = x.clamp(low, high);
        }
    }

    /// Returns the negative gradient, without the component that presses against a wall.
    pub fn free(&self, x: &[f64], slope: &[f64]) -> Vec<f64> {
        let speed = |(k, (x, slope)): (usize, (&f64, &f64))| match self.bounds(k) {
            Some([low, high]) if (*x <= low && *slope > 0.0) || (*x >= high && *slope < 0.0) => 0.0,
            _ => -slope,
        };
        x.iter().zip(slope).enumerate().map(speed).collect()
    }
}

/// Particles that move by forces and thermal noise.
#[derive(Clone, Debug)]
pub struct Langevin {
    /// Positions of the particles, `[particles, inputs]`.
    pub x: Vec<f64>,
    temperature: f64,
    noise: Vec<f64>,
    random: Xoshiro256PlusPlus,
}

impl Langevin {
    /// Creates particles at `x` `[particles, inputs]` at a temperature in units of the energy. Equal seeds give equal trajectories.
    pub fn new(x: Vec<f64>, temperature: f64, seed: u64) -> Self {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let noise = x.iter().map(|_| StandardNormal.sample(&mut random)).collect();
        Self { x, temperature, noise, random }
    }

    /// Takes a step of duration `h`, which should be well below the inverse of the largest curvature.
    pub fn step(&mut self, h: f64, walls: &Walls, force: &mut Force) {
        let (_, slope) = force(&self.x);
        let kick = 0.5 * (2.0 * self.temperature * h).sqrt();
        for ((x, noise), slope) in self.x.iter_mut().zip(&mut self.noise).zip(&slope) {
            let next: f64 = StandardNormal.sample(&mut self.random);
            *x += kick * (*noise + next) - h * slope;
            *noise = next;
        }
        walls.reflect(&mut self.x, &mut self.noise);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pearson's statistic of positions for the density exp(-U/T), in `HISTOGRAM_BINS` bins of equal probability on a line.
    fn chi_squared(x: &[f64], [low, high]: [f64; 2], density: impl Fn(f64) -> f64) -> f64 {
        const FINE_STEPS: usize = 20_000;
        let width = (high - low) / FINE_STEPS as f64;
        let masses: Vec<f64> = (0..FINE_STEPS).map(|k| density(low + (k as f64 + 0.5) * width)).collect();
        let total: f64 = masses.iter().sum();
        let mut cumulative = vec![0.0];
        for m in &masses {
            cumulative.push(cumulative[cumulative.len() - 1] + m / total);
        }
        let rank = |x: f64| {
            let place = ((x - low) / width).clamp(0.0, FINE_STEPS as f64 - 1e-9);
            cumulative[place as usize] + place.fract() * masses[place as usize] / total
        };
        let mut counts = [0.0; HISTOGRAM_BINS];
        for &x in x {
            counts[((rank(x) * HISTOGRAM_BINS as f64) as usize).min(HISTOGRAM_BINS - 1)] += 1.0;
        }
        let expected = x.len() as f64 / HISTOGRAM_BINS as f64;
        counts.iter().map(|c| (c - expected) * (c - expected) / expected).sum()
    }

    const HISTOGRAM_BINS: usize = 20;
    /// Critical value of chi-squared with 19 degrees of freedom at a probability of one in a thousand.
    const CHI_SQUARED_LIMIT: f64 = 43.82;

    #[test]
    fn samples_in_double_well_have_boltzmann_distribution() {
        let energy = |x: f64| (x * x - 1.0).powi(2) + 0.2 * x;
        let mut particles = Langevin::new(vec![1.0; 4000], 0.5, 11);
        for _ in 0..3000 {
            particles
                .step(0.01, &Walls::default(), &mut |x| (Vec::new(), x.iter().map(|x| 4.0 * x * (x * x - 1.0) + 0.2).collect()));
        }
        let statistic = chi_squared(&particles.x, [-4.0, 4.0], |x| (-energy(x) / 0.5).exp());
        assert!(statistic < CHI_SQUARED_LIMIT, "{statistic}");
    }

    #[test]
    fn equal_seeds_give_equal_paths() {
        let run = |seed| {
            let mut particles = Langevin::new(vec![0.0, 1.0], 1.0, seed);
            for _ in 0..10 {
                particles.step(0.1, &Walls::default(), &mut |x| (Vec::new(), x.to_vec()));
            }
            particles.x
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
    }
}

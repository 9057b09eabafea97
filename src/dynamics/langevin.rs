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

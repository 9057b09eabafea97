//! Gaussian mixtures by expectation maximisation, the best of several initializations.

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::normalised;
use crate::numerics::statistics::moments;

const EM_STARTS: usize = 8;
const EM_ROUNDS: usize = 300;
/// Smallest width of a component, as a fraction of the standard deviation of all samples. A narrower component on a single sample would
/// have an infinite likelihood.
const MIN_WIDTH_FRACTION: f64 = 0.02;

/// Mixture of Gaussians.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GaussianMixture {
    /// Weight, mean and standard deviation of each component.
    pub parts: Vec<[f64; 3]>,
}

impl GaussianMixture {
    /// Fits a mixture of `components` components: the highest likelihood of several random initializations.
    pub fn fit(samples: &[f64], components: usize, seed: u64) -> Self {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let spread = moments(samples).1.max(1e-9);
        let fits = (0..EM_STARTS).map(|_| {
            let place = |_| [1.0 / components as f64, samples[rng.random_range(0..samples.len())], spread / components as f64];
            let mut mixture = Self { parts: (0..components).map(place).collect() };
            let mut likelihood = f64::NEG_INFINITY;
            for _ in 0..EM_ROUNDS {
                let before = likelihood;
                likelihood = mixture.improve(samples, MIN_WIDTH_FRACTION * spread);
                if likelihood - before < 1e-9 * samples.len() as f64 {
                    break;
                }
            }
            (likelihood, mixture)
        });
        fits.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, mixture)| mixture).unwrap_or_default()
    }

    /// Takes one step of expectation maximisation. Returns the log-likelihood before the step.
    fn improve(&mut self, samples: &[f64], narrowest: f64) -> f64 {
        let mut sums = vec![[0.0; 3]; self.parts.len()];
        let mut likelihood = 0.0;
        for &x in samples {
            let densities: Vec<f64> = self.parts.iter().map(|p| density(p, x)).collect();
            let total = densities.iter().sum::<f64>().max(f64::MIN_POSITIVE);
            likelihood += total.ln();
            for (sum, d) in sums.iter_mut().zip(densities) {
                let responsibility = d / total;
                *sum = [sum[0] + responsibility, sum[1] + responsibility * x, sum[2] + responsibility * x * x];
            }
        }
        for (part, [weight, first, second]) in self.parts.iter_mut().zip(sums) {
            if weight > 1e-9 {
                let mean = first / weight;
                let spread = (second / weight - mean * mean).max(0.0).sqrt();
                *part = [weight / samples.len() as f64, mean, spread.max(narrowest)];
            }
        }
        likelihood
    }

    /// Probabilities of the mixture at the states `0..=top`.
    pub fn probabilities(&self, top: usize) -> Vec<f64> {
        normalised((0..=top).map(|n| self.parts.iter().map(|p| density(p, n as f64)).sum()).collect())
    }
}

/// Density of a weighted component, without the common normalisation.
fn density([weight, mean, spread]: &[f64; 3], x: f64) -> f64 {
    let z = (x - mean) / spread;
    weight / spread * (-0.5 * z * z).exp()
}

//! Density estimates for comparison with a fit (kernel estimates and Gaussian mixtures), and distances between densities.
//!
//! Here a density is a list of probabilities at equally spaced points at distance one, the states of a counting process. Their sum is one.

pub mod kernel;
pub mod mixture;

/// Total variation distance: half the sum of absolute differences.
pub fn total_variation(p: &[f64], q: &[f64]) -> f64 {
    p.iter().zip(q).map(|(p, q)| (p - q).abs()).sum::<f64>() / 2.0
}

/// Kullback-Leibler divergence of `p` from `q`, `sum p log(p/q)`; infinite where `q` is zero and `p` is not.
pub fn kullback_leibler(p: &[f64], q: &[f64]) -> f64 {
    p.iter().zip(q).filter(|(p, _)| **p > 0.0).map(|(p, q)| p * (p / q).ln()).sum()
}

/// The values divided by their sum.
pub fn normalised(mut values: Vec<f64>) -> Vec<f64> {
    let total: f64 = values.iter().sum();
    for value in &mut values {
        *value /= total;
    }
    values
}

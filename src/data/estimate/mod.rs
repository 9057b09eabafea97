//! Densities from samples by other means than a potential, for comparison, and how far densities are apart: kernel estimates with
//! three rules for their bandwidth and the one an oracle would choose, and Gaussian mixtures.
//!
//! A density here is its probabilities at equally spaced points, one apart: the states of a process that counts. They sum to one.

pub mod kernel;
pub mod mixture;

/// Half the sum of absolute differences.
pub fn total_variation(p: &[f64], q: &[f64]) -> f64 {
    p.iter().zip(q).map(|(p, q)| (p - q).abs()).sum::<f64>() / 2.0
}

/// The Kullback-Leibler distance of `q` from `p`, `sum p log(p/q)`; infinite where `q` vanishes and `p` does not.
pub fn kullback_leibler(p: &[f64], q: &[f64]) -> f64 {
    p.iter().zip(q).filter(|(p, _)| **p > 0.0).map(|(p, q)| p * (p / q).ln()).sum()
}

/// Divided by their sum.
pub fn normalised(mut values: Vec<f64>) -> Vec<f64> {
    let total: f64 = values.iter().sum();
    for value in &mut values {
        *value /= total;
    }
    values
}

/// Points that exceed both neighbours and a fraction of the largest of all: the modes of a density.
pub fn modes(p: &[f64], fraction: f64) -> Vec<usize> {
    let least = fraction * p.iter().copied().fold(0.0, f64::max);
    (1..p.len().saturating_sub(1)).filter(|&n| p[n] > p[n - 1] && p[n] >= p[n + 1] && p[n] > least).collect()
}

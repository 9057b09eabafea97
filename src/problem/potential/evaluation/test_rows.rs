//! Samples for the errors of a fit.

use ndarray::Array1;

use crate::data::{self, Dataset};
use crate::numerics::statistics::order;

/// Smallest significant number of derivatives of one sign: chance has a probability of 2^-5 = 3 %.
const MIN_SAME_SIGN_SLOPES: usize = 5;

/// Samples for the errors of a fit.
#[derive(Debug)]
pub(crate) struct TestRows {
    pub(crate) rows: Dataset,
    /// Weights of the samples, if they differ.
    pub(crate) weights: Option<Vec<f64>>,
}

impl TestRows {
    /// Mean squared error of values at the samples, and the explained fraction of the variance.
    pub(super) fn errors(&self, psi: &Array1<f64>) -> (f64, f64) {
        data::weighted_errors(psi.iter().zip(&self.rows.y), self.weights.as_deref())
    }

    /// Mean difference of values from those of the samples.
    pub(super) fn mean_difference(&self, psi: &Array1<f64>) -> f64 {
        match &self.weights {
            Some(weights) => (psi - &self.rows.y).iter().zip(weights).map(|(d, w)| d * w).sum::<f64>() / psi.len() as f64,
            None => data::mean(&(psi - &self.rows.y)),
        }
    }

    /// Mean squared error and coefficient of determination of each component of the fitted gradient `found`, `[samples, inputs]`.
    pub(super) fn components(&self, found: &[f64]) -> Vec<(f64, f64)> {
        let Some(gradient) = &self.rows.gradient else { return Vec::new() };
        let inputs = gradient.ncols();
        let pairs = |k: usize| found.iter().skip(k).step_by(inputs).zip(gradient.column(k));
        let one = |k: usize| data::weighted_errors(pairs(k), self.weights.as_deref());
        (0..inputs).map(one).collect()
    }

    /// Returns true if at least [`MIN_SAME_SIGN_SLOPES`] derivatives of a curve from either end show that it falls towards that end; true
    /// for values alone.
    pub(super) fn falls_at_ends(&self) -> bool {
        let Some(gradient) = self.rows.gradient.as_ref() else { return true };
        let slopes = gradient.column(0);
        let known: Vec<usize> =
            order(&self.rows.x.column(0).to_vec()).into_iter().filter(|&row| slopes[row].is_finite()).collect();
        let rising = known.iter().take_while(|&&row| slopes[row] > 0.0).count();
        let falling = known.iter().rev().take_while(|&&row| slopes[row] < 0.0).count();
        rising.min(falling) >= MIN_SAME_SIGN_SLOPES
    }
}

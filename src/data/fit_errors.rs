//! Errors of found values against true ones.

use ndarray::Array1;

use super::{mean, standard_deviation};
use crate::numerics::statistics::{is_rounding, mean_of};

/// Mean squared error and coefficient of determination of pairs `(found, true)`, with weights if they are given. Pairs with an unknown
/// truth are left out.
pub fn weighted_errors<'a>(pairs: impl Iterator<Item = (&'a f64, &'a f64)>, weights: Option<&[f64]>) -> (f64, f64) {
    let Some(weights) = weights else { return errors(pairs) };
    let known: Vec<(f64, f64, f64)> =
        pairs.zip(weights).filter(|((_, truth), _)| truth.is_finite()).map(|((f, t), w)| (*f, *t, *w)).collect();
    let total = known.iter().map(|(_, _, w)| w).sum::<f64>().max(f64::MIN_POSITIVE);
    let mean = |of: &dyn Fn(f64, f64) -> f64| known.iter().map(|&(f, t, w)| w * of(f, t)).sum::<f64>() / total;
    let (mse, centre) = (mean(&|f, t| (f - t) * (f - t)), mean(&|_, t| t));
    (mse, determination(mse, mean(&|_, t| (t - centre) * (t - centre)), centre))
}

/// Mean squared error and coefficient of determination of pairs `(found, true)`, see [`determination`]. Pairs with an unknown truth are left
/// out.
pub fn errors<'a>(pairs: impl Iterator<Item = (&'a f64, &'a f64)>) -> (f64, f64) {
    let pairs: Vec<(f64, f64)> = pairs.filter(|(_, truth)| truth.is_finite()).map(|(f, t)| (*f, *t)).collect();
    let squares: Array1<f64> = pairs.iter().map(|(f, t)| (f - t) * (f - t)).collect();
    let mse = squares.sum() / pairs.len().max(1) as f64;
    let truths: Array1<f64> = pairs.iter().map(|pair| pair.1).collect();
    (mse, determination(mse, standard_deviation(&truths).powi(2), mean(&truths)))
}

/// Errors of the values if they are known, else the means of those of the derivatives that are known.
pub fn errors_of_values_or_slopes(values: Option<(f64, f64)>, slopes: &[(f64, f64)]) -> (f64, f64) {
    let mean = |of: fn(&(f64, f64)) -> f64| mean_of(slopes.iter().map(of).filter(|e| !e.is_nan())).unwrap_or(f64::NAN);
    values.unwrap_or_else(|| (mean(|e| e.0), mean(|e| e.1)))
}

/// Coefficient of determination from a mean squared error and the mean and variance of the true values; NaN if these are constant up to
/// rounding.
pub fn determination(mse: f64, variance: f64, mean: f64) -> f64 {
    if is_rounding(variance.sqrt(), mean) { f64::NAN } else { 1.0 - mse / variance.max(f64::MIN_POSITIVE) }
}

//! Error of differences of a fit's values, from its errors on the training rows, and the smallest barrier that these errors do not explain.
//!
//! Consider a way of length `d` between two points, a fraction `p` of the domain's width. Of `n` rows of `k` inputs with independent
//! errors, the number `m = n p^k` determines it, at least one. The mean of `m` errors has the standard error `s / sqrt(m)`. So the
//! difference of Psi along the way has the error
//!
//! - `s d / sqrt(m)` from the errors `s` of the slopes, which are integrated along the way,
//! - `2 s / sqrt(m)` from the errors of the values: half of the rows determine either end.
//!
//! Equal errors of neighbouring rows count once: with a correlation `r` of neighbours, `n` rows count as `n (1 - r) / (1 + r)`. Errors of a
//! fit to rows without noise are strongly correlated, and then `m` is one. A force adds a linear function without an error. So a barrier
//! under a force has the same error.

use serde::{Deserialize, Serialize};

use super::Minimum;
use super::bounds::Bounds;

/// Quantile of the normal distribution for a two-sided test at the level of 95 %.
pub const NORMAL_QUANTILE: f64 = 1.959_963_984_540_054;

/// Error of a fit in one quantity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FitPrecision {
    /// Standard deviation of the error at a row, in the units of the quantity.
    pub error: f64,
    /// Number of rows with independent errors, at least one.
    pub rows: f64,
}

/// Errors of a fit in its training data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Accuracy {
    /// Error of the values, if the fit uses them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<FitPrecision>,
    /// Error of the derivative with respect to each input; empty if the fit uses only values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slopes: Vec<FitPrecision>,
}

impl FitPrecision {
    /// Computes the precision from the errors at rows, each with the index of a neighbouring row.
    pub fn of_errors(errors: &[f64], neighbours: &[usize]) -> Self {
        let rows = errors.len() as f64;
        let all: f64 = errors.iter().map(|error| error * error).sum();
        let products: f64 = errors.iter().zip(neighbours).map(|(error, &next)| error * errors[next]).sum();
        let correlation = if all > 0.0 { (products / all).clamp(0.0, 1.0) } else { 1.0 };
        Self { error: (all / rows.max(1.0)).sqrt(), rows: (rows * (1.0 - correlation) / (1.0 + correlation)).max(1.0) }
    }

    /// Precision for fully correlated errors, which count as one row.
    #[must_use]
    pub fn fully_correlated(self) -> Self {
        Self { rows: 1.0, ..self }
    }

    /// Precision with an error of at least `error`.
    #[must_use]
    pub fn at_least(self, error: f64) -> Self {
        Self { error: self.error.max(error), ..self }
    }

    /// Error of the mean over a way that spans this fraction of the domain.
    fn along(&self, part: f64) -> f64 {
        self.error / (self.rows * part).max(1.0).sqrt()
    }

    /// Returns true if the error is finite and not negative, and the number of rows is finite and at least one.
    pub fn is_valid(&self) -> bool {
        self.error.is_finite() && self.error >= 0.0 && self.rows.is_finite() && self.rows >= 1.0
    }
}

impl Accuracy {
    /// Accuracy for fully correlated errors of all rows.
    #[must_use]
    pub fn fully_correlated(self) -> Self {
        Self {
            values: self.values.map(FitPrecision::fully_correlated),
            slopes: self.slopes.into_iter().map(FitPrecision::fully_correlated).collect(),
        }
    }

    /// Standard error of the difference of Psi between two points in a box; infinite if no error is known.
    pub fn of_difference(&self, bounds: Bounds, from: &[f64], to: &[f64]) -> f64 {
        let way = bounds.way(from, to);
        let parts = way.iter().zip(bounds.ends).map(|(d, [low, high])| d / (high - low));
        let along = parts.map(|part| part * part).sum::<f64>().sqrt();
        let part: f64 = way.iter().map(|_| along).product();
        let of_values = self.values.map(|values| 2.0 * values.along(part));
        let squares = self.slopes.iter().zip(&way).map(|(slope, d)| (slope.along(part) * d).powi(2));
        let of_slopes = (!self.slopes.is_empty()).then(|| squares.sum::<f64>().sqrt());
        of_values.into_iter().chain(of_slopes).fold(f64::INFINITY, f64::min)
    }

    /// Smallest barrier between two points that the errors do not explain, at the level of 95 %.
    pub fn least_barrier(&self, bounds: Bounds, from: &[f64], to: &[f64]) -> f64 {
        NORMAL_QUANTILE * self.of_difference(bounds, from, to)
    }

    /// Smallest threshold, at least `least`, at which the errors explain the barrier of no well. `search` returns the minima at a
    /// threshold, with the barriers between those that exceed it. A minimum that the errors explain must not split a well that they do not
    /// explain.
    pub fn threshold(&self, bounds: Bounds, least: f64, search: &mut dyn FnMut(f64) -> Vec<Minimum>) -> f64 {
        let mut threshold = least;
        loop {
            let minima = search(threshold);
            let wells =
                minima.iter().filter_map(|m| Some((m.barrier?, self.least_barrier(bounds, &m.x, m.barrier_at.as_ref()?))));
            let wells: Vec<(f64, f64)> = wells.filter(|(barrier, _)| *barrier > threshold).collect();
            let explained = wells.iter().filter(|(barrier, least)| barrier <= least).map(|well| well.0);
            match explained.reduce(f64::max) {
                Some(barrier) => threshold = barrier,
                // The barrier of each well exceeds its error. The threshold rises to the smallest of these errors.
                None => return wells.iter().map(|well| well.1).reduce(f64::min).unwrap_or(0.0).max(threshold),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::unit_numbers;

    #[test]
    fn equal_errors_count_as_one_row() {
        let next: Vec<usize> = (0..400).map(|k| if k < 399 { k + 1 } else { k - 1 }).collect();
        let alike = FitPrecision::of_errors(&[0.1; 400], &next);
        assert!((alike.error - 0.1).abs() < 1e-12 && alike.rows < 1.5, "{alike:?}");
        let mut unit = unit_numbers(5);
        let noise: Vec<f64> = (0..400).map(|_| unit() - 0.5).collect();
        assert!(FitPrecision::of_errors(&noise, &next).rows > 300.0);
        assert!(FitPrecision::of_errors(&[], &[]).is_valid() && FitPrecision::of_errors(&[0.0; 3], &[1, 2, 1]).is_valid());
    }

    #[test]
    fn integrated_slopes_have_error_of_random_walk() {
        let slopes = vec![FitPrecision { error: 0.3, rows: 400.0 }];
        let accuracy = Accuracy { values: None, slopes };
        let ends = [[-190.0, 0.0]];
        let error = accuracy.of_difference(Bounds::from(&ends), &[-105.0], &[-95.0]);
        assert!((error - 0.3 * (10.0 * 190.0 / 400.0_f64).sqrt()).abs() < 1e-12, "{error}");
        // Between two rows the errors are not averaged.
        let near = accuracy.of_difference(Bounds::from(&ends), &[-105.0], &[-104.9]);
        assert!((near - 0.03).abs() < 1e-12, "{near}");
        let values = Accuracy { values: Some(FitPrecision { error: 0.01, rows: 1.0 }), ..accuracy };
        assert_eq!(values.of_difference(Bounds::from(&ends), &[-105.0], &[-95.0]), 0.02);
        assert_eq!(Accuracy::default().of_difference(Bounds::from(&ends), &[0.0], &[1.0]), f64::INFINITY);
    }

    #[test]
    fn ripple_within_errors_does_not_split_well() {
        let accuracy = Accuracy { values: Some(FitPrecision { error: 0.1, rows: 1.0 }), slopes: Vec::new() };
        let ends = [[0.0, 4.0]];
        let minimum = |x: f64, barrier: f64, at: f64| Minimum {
            x: vec![x],
            barrier: Some(barrier),
            barrier_at: Some(vec![at]),
            ..Minimum::default()
        };
        // Two dips on the floor of one well, beside another well. Without the ripple, the first one has a barrier of two.
        let mut search = |threshold: f64| {
            let first = if threshold < 0.2 { minimum(0.9, 0.21, 1.0) } else { minimum(0.9, 2.0, 2.0) };
            vec![first, minimum(1.1, 0.2, 1.0), minimum(3.0, 1.0, 2.0)]
        };
        let threshold = accuracy.threshold(Bounds::from(&ends), 0.0, &mut search);
        assert!((0.21..1.0).contains(&threshold), "{threshold}");
        assert_eq!(search(threshold).iter().filter(|m| m.barrier.unwrap() > threshold).count(), 2);
    }
}

//! Central differences with an estimate of their error.
//!
//! `D(h) = (f(h) - f(-h)) / 2h` is computed for a sequence of halved steps. Richardson's extrapolation is `(4 D(h/2) - D(h)) / 3`. Its
//! error is estimated by its distance from `D(h/2)` plus the possible effect of rounding. The step with the smallest estimate is chosen.
//! The rounding of `f` is estimated from the smallest steps, whose differences consist of rounding errors only.

use serde::Serialize;

/// Number of steps. The last is about 1e-5 times the first.
pub const STEP_COUNT: usize = 18;

/// Number of the smallest steps, which determine the rounding of the function.
const ROUNDING_STEPS: usize = 5;

/// A derivative by the engine and by central differences.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct DifferenceCheck {
    /// Derivative by the engine.
    pub exact: f64,
    /// Derivative by central differences.
    pub difference: f64,
    /// Estimated error of the difference.
    pub error: f64,
    /// Larger step h; the smaller one is h/2.
    pub step: f64,
}

/// Central differences at zero of a vector function of one variable, with first step `first`, each with the `exact` derivative of the entry.
pub fn compare(exact: &[f64], first: f64, mut f: impl FnMut(f64) -> Vec<f64>) -> Vec<DifferenceCheck> {
    let taken: Vec<(f64, Vec<f64>, Vec<f64>)> = (0..STEP_COUNT)
        .map(|k| {
            let h = first / f64::from(1 << k);
            (h, f(h), f(-h))
        })
        .collect();
    let of = |(entry, &exact): (usize, &f64)| {
        let central = |k: usize| (taken[k].1[entry] - taken[k].2[entry]) / (2.0 * taken[k].0);
        let of_size = f64::EPSILON * taken.iter().skip(STEP_COUNT / 2).fold(0.0, |top: f64, (_, f, _)| top.max(f[entry].abs()));
        let seen = |k: usize| (central(k + 1) - central(k)).abs() * taken[k + 1].0;
        let rounding = (STEP_COUNT - ROUNDING_STEPS..STEP_COUNT - 1).map(seen).fold(of_size, f64::max);
        let candidate = |k: usize| {
            let (h, coarse, fine) = (taken[k].0, central(k), central(k + 1));
            let difference = (4.0 * fine - coarse) / 3.0;
            // A rounding error r of f contributes at most 4/3 · 2r/h + 1/3 · r/h = 3r/h to the extrapolation.
            DifferenceCheck { exact, difference, error: (difference - fine).abs() + 3.0 * rounding / h, step: h }
        };
        let found = (0..STEP_COUNT - 1).map(candidate).filter(|found| found.error.is_finite());
        let none = DifferenceCheck { exact, difference: f64::NAN, error: f64::NAN, step: f64::NAN };
        found.min_by(|a, b| a.error.total_cmp(&b.error)).unwrap_or(none)
    };
    exact.iter().enumerate().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_match_derivatives_within_reported_error() {
        let found = compare(&[1.0, 0.0, 50.0], 0.1, |h| vec![h.exp(), h.cos(), (50.0 * h).tanh()]);
        for found in found {
            assert!((found.exact - found.difference).abs() < 1e-9 * (1.0 + found.exact), "{found:?}");
            assert!((found.exact - found.difference).abs() <= found.error, "{found:?}");
        }
        assert!(compare(&[1.0], 0.1, |_| vec![f64::NAN])[0].difference.is_nan());
    }
}

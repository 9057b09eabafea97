//! Central differences that know how sure they are.
//!
//! `D(h) = (f(h) - f(-h)) / 2h` is taken at steps that halve from one to the next. Two of them give Richardson's extrapolation `(4 D(h/2) - D(h)) / 3`, whose
//! error is estimated by how far it is from `D(h/2)` plus what rounding can do to it. The step is the one with the smallest estimate. How far `f` is rounded is seen
//! where the steps are so small that the differences of neighbouring steps are nothing else.

use serde::Serialize;

/// Number of steps that are tried: the last is a hundred thousandth of the first.
pub const STEP_COUNT: usize = 18;

/// Number of the smallest steps, of which it is seen how far the function is rounded.
const ROUNDING_STEPS: usize = 5;

/// A derivative of the engine beside central differences.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct DifferenceCheck {
    /// The derivative by reverse mode.
    pub exact: f64,
    /// The derivative by central differences.
    pub difference: f64,
    /// The estimated error of the difference.
    pub error: f64,
    /// The step h; the other is half of it.
    pub step: f64,
}

/// Central differences of a vector function of one number at zero, the first step being `first`; each is beside the `exact` derivative of that entry.
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
            // The extrapolation has four thirds of the rounding of half the step and a third of that of the whole.
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

//! Estimates the noise level of values along a line, without a fit.
//!
//! Each inner point is compared with the straight line through its two neighbours. With weights `w` and `1 - w` of the neighbours, the
//! difference of independent noise of standard deviation sigma has the standard deviation `sigma sqrt(1 + w^2 + (1 - w)^2)`. Divided by
//! that root, it is a normalised second difference. The median absolute value times 1.4826 estimates sigma for Gaussian noise, and is
//! insensitive to a few kinks or outliers. (Gasser, Sroka and Jennen-Steinmetz, 1986, with a median in place of the mean.) If the noise of
//! the points has known ratios r, each term under the root is multiplied by the squared ratio of its point.

use ndarray::ArrayRef1;

use crate::numerics::statistics::{median, sort_by};

/// Factor that converts the median absolute value of Gaussian noise into its standard deviation: one over the third quartile of the
/// standard normal distribution.
const MEDIAN_TO_STD: f64 = 1.482_602_218_505_602;

/// Estimated standard deviation of the noise of the values `y` at the points `x`, in any order and at any spacing, for a ratio of one. The
/// noise of a point is its entry of `ratios` times the result.
///
/// Zero for fewer than three points. The curvature of the underlying function biases the estimate upwards, by about a quarter of
/// the curvature times the squared distance of neighbours.
pub fn estimate(x: &ArrayRef1<f64>, y: &ArrayRef1<f64>, ratios: &[f64]) -> f64 {
    let (points, ratios) = in_order(x, y, ratios);
    let difference = |(p, r): (&[(f64, f64)], &[f64])| normalised_difference(p[0], p[1], p[2], [r[0], r[1], r[2]]);
    robust_std(points.windows(3).zip(ratios.windows(3)).map(difference).collect())
}

/// Estimated standard deviation of the noise of `y` at the points `x` from the distance to the cubic through four neighbours. With a few
/// dozen points per wave, curvature is negligible, so that the estimate distinguishes little noise from none. Zero for fewer than five
/// points.
pub fn fine_estimate(x: &ArrayRef1<f64>, y: &ArrayRef1<f64>, ratios: &[f64]) -> f64 {
    let (points, ratios) = in_order(x, y, ratios);
    robust_std(points.windows(5).zip(ratios.windows(5)).filter_map(|(p, r)| cubic_difference(p, r)).collect())
}

/// Points `(x, y)` and the ratios of their noise, sorted by `x`.
fn in_order(x: &ArrayRef1<f64>, y: &ArrayRef1<f64>, ratios: &[f64]) -> (Vec<(f64, f64)>, Vec<f64>) {
    let mut points: Vec<((f64, f64), f64)> = x.iter().copied().zip(y.iter().copied()).zip(ratios.iter().copied()).collect();
    sort_by(&mut points, |point| point.0.0);
    points.into_iter().unzip()
}

/// Midpoints between neighbouring points, each as `[x, y, factor]`: `y` is the value of the cubic through the four points around it. The
/// standard deviation of its noise is `factor`, at least one, times that of a value.
pub fn middles(x: &ArrayRef1<f64>, y: &ArrayRef1<f64>) -> Vec<[f64; 3]> {
    let middle = |points: &[(f64, f64)]| {
        let at = f64::midpoint(points[1].0, points[2].0);
        let weight = |k: usize| {
            let factors = (0..4).filter(|l| *l != k).map(|l| (at - points[l].0) / (points[k].0 - points[l].0));
            factors.product::<f64>()
        };
        let weights = [0, 1, 2, 3].map(weight);
        let value: f64 = weights.iter().zip(points).map(|(w, point)| w * point.1).sum();
        let spread = weights.iter().map(|w| w * w).sum::<f64>().sqrt();
        [at, value, spread.max(1.0)]
    };
    by_place(x, y).windows(4).map(middle).filter(|found| found.iter().all(|number| number.is_finite())).collect()
}

/// Normalised distance of the middle one of five points from the cubic through the others; `None` if points coincide.
fn cubic_difference(points: &[(f64, f64)], ratios: &[f64]) -> Option<f64> {
    let (x, y) = points[2];
    let others = [0, 1, 3, 4].map(|k| points[k]);
    let noise = [0, 1, 3, 4].map(|k| ratios[k]);
    let (mut value, mut squares) = (0.0, ratios[2] * ratios[2]);
    for (k, &(at, height)) in others.iter().enumerate() {
        let factors = others.iter().enumerate().filter(|(l, _)| *l != k).map(|(_, &(other, _))| (x - other) / (at - other));
        let w: f64 = factors.product();
        value += w * height;
        squares += w * w * (noise[k] * noise[k]);
    }
    Some((y - value).abs() / f64::sqrt(squares)).filter(|d| d.is_finite())
}

/// Distance of the middle one of three points from the line through the others, divided by the standard deviation of this distance. The
/// noise is independent with the given standard deviations.
pub(super) fn normalised_difference(before: (f64, f64), here: (f64, f64), after: (f64, f64), [r, s, t]: [f64; 3]) -> f64 {
    let gap = after.0 - before.0;
    let w = if gap > 0.0 { (after.0 - here.0) / gap } else { 0.5 };
    let line = w * before.1 + (1.0 - w) * after.1;
    (here.1 - line).abs() / (s * s + w * w * (r * r) + (1.0 - w) * (1.0 - w) * (t * t)).sqrt()
}

/// Points `(x, y)`, sorted by `x`.
pub(super) fn by_place(x: &ArrayRef1<f64>, y: &ArrayRef1<f64>) -> Vec<(f64, f64)> {
    let mut points: Vec<(f64, f64)> = x.iter().copied().zip(y.iter().copied()).collect();
    sort_by(&mut points, |point| point.0);
    points
}

/// Standard deviation of Gaussian noise, estimated by the median of its absolute values; 0 for an empty list.
pub(crate) fn robust_std(sizes: Vec<f64>) -> f64 {
    MEDIAN_TO_STD * median(sizes).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::potentials::sampling;
    use crate::potentials::{self, Formula};
    use ndarray::ArrayView1;

    /// Linear function, whose second differences contain only noise.
    fn line() -> Formula {
        Formula::new("3*x - 1", "", "-1..5").unwrap()
    }

    #[test]
    fn gaussian_noise_on_line_is_estimated_without_bias() {
        let n = 40_000;
        for fraction in [0.01, 1.0, 10.0] {
            let sigma = fraction * sampling::uniform(&line(), n, 0.0, 5).std();
            let ratio = sampling::uniform(&line(), n, fraction, 5).sigma() / sigma;
            // A median absolute deviation has a standard error of 1.17/sqrt(n), and somewhat more because neighbouring differences are
            // correlated.
            assert!((ratio - 1.0).abs() < 5.0 * 1.5 / (n as f64).sqrt(), "{fraction}: {ratio}");
        }
    }

    #[test]
    fn fine_estimate_finds_noise_and_ignores_curvature() {
        for fraction in [0.01, 0.1] {
            let sigma = fraction * sampling::uniform(&line(), 20_000, 0.0, 5).std();
            let noisy = sampling::uniform(&line(), 20_000, fraction, 5);
            let ratio = noisy.fine_sigma() / sigma;
            assert!((ratio - 1.0).abs() < 0.05, "{fraction}: {ratio}");
        }
        for p in potentials::all() {
            for seed in 1..=20 {
                let data = sampling::uniform(p, 200, 0.0, seed);
                assert!(data.fine_sigma() < 2e-3 * data.std(), "{} seed {seed}: {}", p.id(), data.fine_sigma() / data.std());
            }
        }
        let at = |x: &[f64], y: &[f64]| fine_estimate(&ArrayView1::from(x), &ArrayView1::from(y), &vec![1.0; x.len()]);
        assert_eq!(at(&[1.0; 4], &[1.0, 2.0, 3.0, 4.0]), 0.0);
        assert_eq!(at(&[1.0; 9], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]), 0.0, "nothing can be told where all coincide");
    }

    #[test]
    fn noise_of_every_benchmark_is_found() {
        for p in potentials::curves() {
            for seed in 1..=20 {
                let exact = sampling::uniform(p, 200, 0.0, seed);
                let ratio = sampling::uniform(p, 200, 0.1, seed).sigma() / (0.1 * exact.std());
                // At 200 points the standard error is 0.1.
                assert!((ratio - 1.0).abs() < 0.4, "{} seed {seed}: {ratio}", p.id());
                // The estimate for exact values is below the threshold of a well.
                assert!(1.5 * exact.sigma() < 0.02 * exact.std(), "{}: {} of {}", p.id(), exact.sigma(), exact.std());
            }
        }
    }

    #[test]
    fn interpolated_points_of_cubic_lie_on_cubic() {
        let x = [0.0, 3.0, 1.0, 2.5, 4.0, 4.0];
        let y = x.map(|x| x * x * x - 2.0 * x);
        let found = middles(&ArrayView1::from(&x), &ArrayView1::from(&y));
        assert_eq!(found.len(), 2, "coinciding points have no cubic: {found:?}");
        for [at, value, spread] in found {
            assert!((value - (at * at * at - 2.0 * at)).abs() < 1e-12 && spread >= 1.0, "{at} {value}");
        }
    }

    #[test]
    fn noise_of_few_or_coinciding_points_is_finite() {
        let at = |x: &[f64], y: &[f64]| estimate(&ArrayView1::from(x), &ArrayView1::from(y), &vec![1.0; x.len()]);
        assert_eq!(at(&[], &[]), 0.0);
        assert_eq!(at(&[1.0, 2.0], &[1.0, 5.0]), 0.0);
        let same = at(&[1.0, 1.0, 1.0], &[0.0, 3.0, 0.0]);
        assert!((same - MEDIAN_TO_STD * 3.0 / 1.5_f64.sqrt()).abs() < 1e-12, "{same}");
        // Points on a line in random order have no noise.
        assert!(at(&[3.0, 0.0, 1.0, 10.0], &[6.0, 0.0, 2.0, 20.0]) < 1e-14);
    }
}

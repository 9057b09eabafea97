//! Estimates the noise level of values at scattered points of several inputs, without a fit.
//!
//! At some of the points, a polynomial of the second degree is fitted to the nearest other points. Its prediction is a weighted sum of
//! their values. With weights `w` and independent noise of standard deviation sigma, the difference from the point's own value has the
//! standard deviation `sigma sqrt(1 + |w|^2)`. The median absolute difference divided by that root, times 1.4826, estimates sigma for
//! Gaussian noise.
//!
//! The variation of the function within a neighbourhood of radius r biases the estimate upwards: the error of a polynomial of the second
//! degree is of the order of r^3. With twice as many neighbours in d inputs, r grows by a factor 2^(1/d), and the square of this error by q
//! = 2^(6/d). The squared estimates with few and many neighbours are extrapolated to zero radius, `(q few^2 - many^2) / (q - 1)`.

use ndarray::{ArrayRef1, ArrayRef2};

use super::noise::robust_std;
use crate::numerics::linear::dot;
use crate::numerics::local_regression::{error_for_polynomials, weights_at_origin};
use crate::numerics::statistics::smallest;

/// Largest number of points at which the difference is computed, spread over the rows.
const MAX_POINTS: usize = 250;
/// Largest number of rows that are searched for the neighbours of a point. It limits the time for a million rows to a second.
const MAX_ROWS: usize = 100_000;
/// Largest number of inputs. With more, a neighbourhood of any affordable number of rows is as wide as the domain.
pub const MAX_INPUTS: usize = 3;

/// Largest error of a prediction for the monomials of the polynomial, each of which is at most one at the neighbours. Neighbours with a larger
/// error do not determine the value at the point.
const MAX_POLYNOMIAL_ERROR: f64 = 1e-3;

/// Estimated standard deviation of the noise of the values `y` at the points `x` `[points, inputs]`, for a ratio of one. The noise of a
/// point is its entry of `ratios` times the result.
///
/// Inputs marked in `periodic` have a period of one. An empty slice means that no input is periodic.
///
/// Zero if there are too few points or more than three inputs, or if noise and variation of the function cannot be separated.
pub fn estimate(x: &ArrayRef2<f64>, y: &ArrayRef1<f64>, ratios: &[f64], periodic: &[bool]) -> f64 {
    let (rows, inputs) = x.dim();
    let few = neighbours(inputs);
    if inputs > MAX_INPUTS || rows < fewest_rows(inputs) {
        return 0.0;
    }
    let differences = |neighbours: usize| -> Vec<f64> {
        let every = rows.div_ceil(MAX_POINTS);
        let difference = |at: usize| {
            let found = prediction(x, ratios, periodic, at, neighbours, &|_| false)?;
            Some((y[at] - found.value(y)).abs() / found.spread).filter(|d| d.is_finite())
        };
        (0..rows).step_by(every).filter_map(difference).collect()
    };
    let [narrow, wide] = [few, 2 * few].map(|neighbours| robust_std(differences(neighbours)).powi(2));
    let growth = 2_f64.powf(6.0 / inputs as f64);
    ((growth * narrow - wide) / (growth - 1.0)).max(0.0).sqrt()
}

/// Number of neighbours for a polynomial of the second degree, the smaller of the two numbers.
pub(super) fn neighbours(inputs: usize) -> usize {
    let terms = 1 + inputs + inputs * (inputs + 1) / 2;
    terms + (terms / 2).max(4)
}

/// Smallest number of rows that separates noise from the variation of a function.
pub(super) fn fewest_rows(inputs: usize) -> usize {
    2 * neighbours(inputs) + 1
}

/// Prediction of the value at a point by the polynomial of the second degree through its nearest points.
pub(super) struct Prediction {
    /// Indices of the nearest points and their weights in the prediction.
    weights: Vec<(usize, f64)>,
    /// Standard deviation of the noise of the difference from the value of the point.
    pub spread: f64,
}

impl Prediction {
    /// Predicted value.
    pub fn value(&self, y: &ArrayRef1<f64>) -> f64 {
        self.weights.iter().map(|&(row, weight)| weight * y[row]).sum()
    }

    /// Sum of the squared weights: below one if the points surround the point, above one if the polynomial extrapolates.
    pub fn leverage(&self) -> f64 {
        self.weights.iter().map(|(_, weight)| weight * weight).sum()
    }
}

/// Prediction at the point of a row from the nearest other rows that are not left out. `None` if they do not determine a polynomial, as
/// repeated measurements at few points.
pub(super) fn prediction(
    x: &ArrayRef2<f64>,
    ratios: &[f64],
    periodic: &[bool],
    at: usize,
    neighbours: usize,
    is_left_out: &dyn Fn(usize) -> bool,
) -> Option<Prediction> {
    let (rows, inputs) = x.dim();
    let is_periodic = |k: usize| periodic.get(k).is_some_and(|&is_periodic| is_periodic);
    let nearest = move |k: usize, d: f64| if is_periodic(k) { d - d.round() } else { d };
    let offset = |row: usize| (0..inputs).map(move |k| nearest(k, x[[row, k]] - x[[at, k]]));
    let others = (0..rows).step_by(rows.div_ceil(MAX_ROWS)).filter(|&row| row != at && !is_left_out(row)).collect::<Vec<_>>();
    let squares: Vec<f64> = others.iter().map(|&row| offset(row).map(|d| d * d).sum()).collect();
    let nearest = smallest(&squares, neighbours);
    let radius = squares[*nearest.last()?].sqrt();
    let others: Vec<usize> = nearest.into_iter().map(|k| others[k]).collect();
    if radius <= 0.0 {
        return None;
    }
    let offsets: Vec<Vec<f64>> = others.iter().map(|&row| offset(row).map(|d| d / radius).collect()).collect();
    let weights = weights_at_origin(&offsets, &vec![1.0; offsets.len()])?;
    if error_for_polynomials(&offsets, &weights) > MAX_POLYNOMIAL_ERROR {
        return None;
    }
    let weights: Vec<(usize, f64)> = others.into_iter().zip(weights).collect();
    let noise: Vec<f64> = weights.iter().map(|&(row, weight)| weight * ratios[row]).collect();
    let spread = (ratios[at] * ratios[at] + dot(&noise, &noise)).sqrt();
    Some(Prediction { weights, spread })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::potentials::random::RandomTargetKind;
    use crate::potentials::sampling::uniform;
    use crate::potentials::{RandomLandscape, find};

    /// Estimates the noise of values whose noise is equal.
    fn estimate(x: &ArrayRef2<f64>, y: &ArrayRef1<f64>, periodic: &[bool]) -> f64 {
        super::estimate(x, y, &vec![1.0; y.len()], periodic)
    }

    #[test]
    fn noise_in_several_inputs_is_found() {
        for (inputs, rows) in [(2, 400), (2, 1000), (3, 1200)] {
            for (kind, seed) in [(RandomTargetKind::Smooth, 3), (RandomTargetKind::Gaussians, 4), (RandomTargetKind::Smooth, 8)] {
                let target = RandomLandscape::new(kind, inputs, seed);
                let std = uniform(&target, rows, 0.0, seed).std();
                for noise in [0.05, 0.1] {
                    let data = uniform(&target, rows, noise, seed);
                    let ratio = estimate(&data.x, &data.y, &[]) / (noise * std);
                    assert!((0.7..1.4).contains(&ratio), "{kind:?} {inputs} {rows} {noise}: {ratio}");
                }
            }
        }
    }

    #[test]
    fn estimate_for_noise_free_data_is_small() {
        for seed in 0..6 {
            let target = RandomLandscape::new(RandomTargetKind::Gaussians, 2, seed);
            let data = uniform(&target, 800, 0.0, seed);
            assert!(
                estimate(&data.x, &data.y, &[]) < 0.01 * data.std(),
                "{seed}: {}",
                estimate(&data.x, &data.y, &[]) / data.std()
            );
        }
        let surface = find("muller-brown").unwrap();
        let data = uniform(&*surface, 1000, 0.0, 1);
        assert!(estimate(&data.x, &data.y, &[]) < 0.01 * data.std());
    }

    #[test]
    fn local_noise_does_not_depend_on_scale_of_inputs() {
        let target = RandomLandscape::new(RandomTargetKind::Smooth, 2, 3);
        let mut data = uniform(&target, 500, 0.1, 1);
        let before = estimate(&data.x, &data.y, &[]);
        data.x.mapv_inplace(|x| 1e6 * x);
        assert!((estimate(&data.x, &data.y, &[]) / before - 1.0).abs() < 1e-6);
        data.x.fill(1.0);
        assert_eq!(estimate(&data.x, &data.y, &[]), 0.0);
    }

    #[test]
    fn neighbours_across_periodic_boundary_are_near() {
        // All points lie in a strip around the boundary of the period of the first input.
        let target = RandomLandscape::new(RandomTargetKind::Smooth, 2, 3);
        let mut data = uniform(&target, 600, 0.1, 1);
        let [low, high] = data.bounds()[0];
        data.x.column_mut(0).mapv_inplace(|x| 0.02 * (x - low) / (high - low));
        data.x.column_mut(1).mapv_inplace(|x| (x - low) / (high - low));
        let before = estimate(&data.x, &data.y, &[true, false]);
        data.x.column_mut(0).mapv_inplace(|x| (x + 0.99).rem_euclid(1.0));
        assert!((estimate(&data.x, &data.y, &[true, false]) / before - 1.0).abs() < 1e-6);
        assert!(estimate(&data.x, &data.y, &[]) > 1.01 * before || estimate(&data.x, &data.y, &[]) < 0.99 * before);
    }
}

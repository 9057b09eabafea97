//! Interpolation of a function that is known at scattered points, by local regression: a quadratic polynomial is fitted to the nearest
//! points by least squares, with tricube weights.
//!
//! W. S. Cleveland and S. J. Devlin, "Locally weighted regression", Journal of the American Statistical Association 83 (1988).

use ndarray::{Array2, ArrayView1};

use super::bounds::Bounds;
use super::linear::{factorize, gram, substitute};
use super::statistics::{smallest, sorted};

/// Largest number of points in use. Of more points, an equidistant subset in their order is used.
const MAX_PLACES: usize = 4096;
/// Largest number of points at which the error is measured.
const MAX_TESTED_PLACES: usize = 500;
/// Number of nearest points for each coefficient of the polynomial.
const PER_COEFFICIENT: usize = 3;
/// Addition to the diagonal of the normal equations, relative to their largest possible entry.
const RIDGE_FACTOR: f64 = 1e-9;

/// Function that is interpolated by local regression.
#[derive(Clone, Debug)]
pub struct LocalRegression {
    ends: Vec<[f64; 2]>,
    periodic: Vec<bool>,
    /// Points `[points, inputs]` and the values there.
    x: Vec<f64>,
    values: Vec<f64>,
    /// Stride of the subset of the given points.
    every: usize,
}

impl LocalRegression {
    /// Creates the function with these values at points `x` `[points, inputs]`. Inputs are measured by the widths of the bounds.
    pub fn new(bounds: &Bounds, x: &[f64], values: &[f64]) -> Self {
        let inputs = bounds.ends.len();
        let every = values.len().div_ceil(MAX_PLACES).max(1);
        Self {
            ends: bounds.ends.to_vec(),
            periodic: (0..inputs).map(|input| bounds.is_periodic(input)).collect(),
            x: x.chunks_exact(inputs).step_by(every).flatten().copied().collect(),
            values: values.iter().step_by(every).copied().collect(),
            every,
        }
    }

    /// Values at points `[points, inputs]`.
    pub fn at(&self, x: &[f64]) -> Vec<f64> {
        x.chunks_exact(self.ends.len()).map(|x| self.value(x, None)).collect()
    }

    /// Value at the point `x` of the row with this index among the given rows, interpolated from all other rows.
    pub fn without(&self, row: usize, x: &[f64]) -> f64 {
        self.value(x, row.is_multiple_of(self.every).then_some(row / self.every))
    }

    /// 90th percentile of the leave-one-out errors. (The maximum would depend on a few isolated points.)
    pub fn error(&self) -> f64 {
        let inputs = self.ends.len();
        let every = self.values.len().div_ceil(MAX_TESTED_PLACES).max(1);
        let tested: Vec<usize> = (0..self.values.len()).step_by(every).collect();
        let error = |k: usize| (self.value(&self.x[k * inputs..(k + 1) * inputs], Some(k)) - self.values[k]).abs();
        let errors = sorted(tested.into_iter().map(error).collect());
        errors.get(9 * errors.len() / 10).copied().unwrap_or(0.0)
    }

    /// Value at a point, interpolated from all points but one.
    fn value(&self, x: &[f64], without: Option<usize>) -> f64 {
        let inputs = self.ends.len();
        let coefficients = (inputs + 1) * (inputs + 2) / 2;
        let way = |k: usize| {
            let along = move |input: usize| {
                let [low, high] = self.ends[input];
                let way = (self.x[k * inputs + input] - x[input]) / (high - low);
                if self.periodic[input] { way - way.round() } else { way }
            };
            (0..inputs).map(along)
        };
        let far = |k: usize| way(k).map(|part| part * part).sum::<f64>();
        let others: Vec<usize> = (0..self.values.len()).filter(|k| Some(*k) != without).collect();
        let distances: Vec<f64> = others.iter().map(|&k| far(k)).collect();
        let nearest = smallest(&distances, PER_COEFFICIENT * coefficients);
        let near: Vec<(f64, usize)> = nearest.into_iter().map(|k| (distances[k], others[k])).collect();
        let count = near.len();
        if count == 0 {
            return 0.0;
        }
        let reach = near.last().map_or(1.0, |(far, _)| far.sqrt()).max(f64::MIN_POSITIVE);
        let (mut rows, mut right) = (Array2::zeros((count, coefficients)), vec![0.0; coefficients]);
        for ((far, k), mut row) in near.iter().zip(rows.rows_mut()) {
            // The farthest point keeps a small weight, so that few points determine the polynomial too.
            let weight = (1.0 - (0.98 * far.sqrt() / reach).powi(3)).powi(3);
            let terms = polynomial(&way(*k).map(|part| part / reach).collect::<Vec<_>>());
            row.scaled_add(weight.sqrt(), &ArrayView1::from(&terms));
            right.iter_mut().zip(&terms).for_each(|(sum, term)| *sum += weight * term * self.values[*k]);
        }
        let mut matrix = gram(&rows);
        for k in 0..coefficients {
            matrix[k * coefficients + k] += RIDGE_FACTOR * count as f64;
        }
        let values = near.iter().map(|(_, k)| self.values[*k]);
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        match factorize(&mut matrix, coefficients) {
            Some(()) => {
                substitute(&matrix, &mut right);
                // The polynomial is not valid far from all points.
                right[0].clamp(low, high)
            }
            None => f64::midpoint(low, high),
        }
    }
}

/// Monomials of up to the second degree, the constant first.
fn polynomial(x: &[f64]) -> Vec<f64> {
    let squares = (0..x.len()).flat_map(|i| (0..=i).map(move |j| x[i] * x[j]));
    std::iter::once(1.0).chain(x.iter().copied()).chain(squares).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points that fill the unit cube evenly.
    fn places(count: usize, inputs: usize) -> Vec<f64> {
        (0..count * inputs).map(|k| ((k / inputs) as f64 * [0.754_878, 0.569_840, 0.819_173][k % inputs]).fract()).collect()
    }

    #[test]
    fn smooth_functions_are_predicted_and_noise_is_not() {
        for inputs in 1..=3 {
            let x = places(2000, inputs);
            let bounds = vec![[0.0, 1.0]; inputs];
            let smooth: Vec<f64> = x.chunks(inputs).map(|x| 3.0 * (4.0 * x.iter().sum::<f64>()).sin()).collect();
            let known = LocalRegression::new(&(&bounds).into(), &x, &smooth);
            assert!(known.error() < 0.05, "{inputs}: {}", known.error());
            let at = known.at(&vec![0.4; inputs])[0];
            assert!((at - 3.0 * (1.6 * inputs as f64).sin()).abs() < 0.05, "{inputs}: {at}");
            let bit = |k: usize| ((k as u32).wrapping_mul(2_654_435_761) >> 15) & 1;
            let rough: Vec<f64> = smooth.iter().enumerate().map(|(k, v)| v + f64::from(bit(k))).collect();
            assert!(LocalRegression::new(&(&bounds).into(), &x, &rough).error() > 0.4);
        }
    }

    #[test]
    fn prediction_is_periodic_and_bounded_outside_data() {
        let x = places(300, 1);
        let values: Vec<f64> = x.iter().map(|x| (std::f64::consts::TAU * x).cos()).collect();
        let ends = [[0.0, 1.0]];
        let known = LocalRegression::new(&Bounds { ends: &ends, periodic: &[true] }, &x, &values);
        let ends_meet = known.at(&[0.0, 1.0]);
        assert!((ends_meet[0] - ends_meet[1]).abs() < 1e-9 && (ends_meet[0] - 1.0).abs() < 1e-3, "{ends_meet:?}");
        let slope: Vec<f64> = x.iter().map(|x| 5.0 * x).collect();
        let far = LocalRegression::new(&(&ends).into(), &x, &slope).at(&[9.0])[0];
        assert!((4.5..=5.0).contains(&far), "{far}");
        let few = LocalRegression::new(&(&ends).into(), &x[..2], &[1.0, 2.0]);
        assert!(few.at(&[0.5])[0].is_finite() && few.error().is_finite());
    }
}

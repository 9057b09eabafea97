//! Interpolation of a function that is known at scattered points, by local regression: a quadratic polynomial is fitted to the nearest
//! points by least squares, with tricube weights.
//!
//! W. S. Cleveland and S. J. Devlin, "Locally weighted regression", Journal of the American Statistical Association 83 (1988).

use ndarray::Array2;

use super::bounds::Bounds;
use super::linear::{dot, factorize, gram, substitute};
use super::statistics::{smallest, sorted};

/// Largest number of points in use. Of more points, an equidistant subset in their order is used.
const MAX_PLACES: usize = 4096;
/// Largest number of points at which the error is measured.
const MAX_TESTED_PLACES: usize = 500;
/// Number of nearest points for each coefficient of the polynomial.
const PER_COEFFICIENT: usize = 3;
/// Addition to the diagonal of the normal equations, relative to their largest possible entry.
const RIDGE_FACTOR: f64 = 1e-10;

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
        let offsets: Vec<Vec<f64>> = near.iter().map(|(_, k)| way(*k).map(|part| part / reach).collect()).collect();
        // The farthest point keeps a small weight, so that few points determine the polynomial too.
        let tricube = |(far, _): &(f64, usize)| (1.0 - (0.98 * far.sqrt() / reach).powi(3)).powi(3);
        let values: Vec<f64> = near.iter().map(|(_, k)| self.values[*k]).collect();
        let (low, high) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(*v), high.max(*v)));
        let weights = weights_at_origin(&offsets, &near.iter().map(tricube).collect::<Vec<f64>>());
        // The polynomial is not valid far from all points.
        weights.map_or(f64::midpoint(low, high), |weights| dot(&weights, &values).clamp(low, high))
    }
}

/// Weights of the values at some offsets in the polynomial of the second degree at the origin, which is fitted to them by least squares with
/// these weights of the squares. `None` if the offsets do not determine it.
pub fn weights_at_origin(offsets: &[Vec<f64>], of_squares: &[f64]) -> Option<Vec<f64>> {
    let terms: Vec<Vec<f64>> = offsets.iter().map(|offset| polynomial(offset)).collect();
    let size = terms.first()?.len();
    let table = Array2::from_shape_fn((terms.len(), size), |(row, term)| of_squares[row].sqrt() * terms[row][term]);
    let mut system = gram(&table);
    (0..size).for_each(|k| system[k * size + k] += RIDGE_FACTOR * terms.len() as f64);
    factorize(&mut system, size)?;
    // The polynomial at the origin is its constant term.
    let mut solution = vec![0.0; size];
    solution[0] = 1.0;
    substitute(&system, &mut solution);
    Some(terms.iter().zip(of_squares).map(|(terms, weight)| weight * dot(terms, &solution)).collect())
}

/// Largest error of these weights of values at some offsets, as an estimate at the origin of a monomial of up to the second degree. It is far
/// above rounding errors if the offsets do not determine a polynomial at the origin, for instance because several of them are equal.
pub fn error_for_polynomials(offsets: &[Vec<f64>], weights: &[f64]) -> f64 {
    let mut errors = Vec::new();
    for (offset, weight) in offsets.iter().zip(weights) {
        let terms = polynomial(offset);
        errors.resize(terms.len(), 0.0);
        errors.iter_mut().zip(terms).for_each(|(error, term)| *error += weight * term);
    }
    errors.iter().enumerate().map(|(k, sum)| (sum - f64::from(u8::from(k == 0))).abs()).fold(0.0, f64::max)
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

//! Covariance function of a Gaussian process, and of its derivatives.

use std::f64::consts::{PI, TAU};

use super::Quantity;

/// Squared exponential or Matérn function of smoothness 5/2 of `q = sum_k (d_k / l_k)^2`. Along a periodic input, `d_k` is the chord of the circle.
#[derive(Clone, Debug)]
pub(super) struct StationaryCovariance {
    /// True for the Matérn function.
    pub is_rough: bool,
    /// Reciprocal of the length `l_k` of each input.
    pub rates: Vec<f64>,
    /// For each input, whether it is periodic. The period is one.
    pub periodic: Vec<bool>,
}

impl StationaryCovariance {
    /// Covariance of two quantities at two points, in units of the variance of the function.
    pub fn between(&self, (a, of_a): (&[f64], Quantity), (b, of_b): (&[f64], Quantity)) -> f64 {
        let [value, first, second, _] = self.by_square(self.square(a, b));
        match (of_a, of_b) {
            (Quantity::Value, Quantity::Value) => value,
            (Quantity::Derivative(i), Quantity::Value) => first * self.slope(i, a, b),
            (Quantity::Value, Quantity::Derivative(j)) => -first * self.slope(j, a, b),
            (Quantity::Derivative(i), Quantity::Derivative(j)) => {
                let same = if i == j { first * self.curvature(i, a, b) } else { 0.0 };
                -second * self.slope(i, a, b) * self.slope(j, a, b) - same
            }
        }
    }

    /// Coordinates of a point whose squared distances are `q`, or their derivatives with respect to an input. A periodic input has two
    /// coordinates, on a circle.
    pub fn coordinates(&self, x: &[f64], of: Quantity) -> Vec<f64> {
        let of_input = |k: usize| {
            let is_constant = matches!(of, Quantity::Derivative(input) if input != k);
            let rate = if is_constant { 0.0 } else { self.rates[k] };
            let (sin, cos) = (TAU * x[k]).sin_cos();
            match (of, self.periodic[k]) {
                (Quantity::Value, true) => vec![rate * cos / TAU, rate * sin / TAU],
                (Quantity::Value, false) => vec![rate * x[k]],
                (Quantity::Derivative(_), true) => vec![-rate * sin, rate * cos],
                (Quantity::Derivative(_), false) => vec![rate],
            }
        };
        (0..x.len()).flat_map(of_input).collect()
    }

    /// Derivatives of [`StationaryCovariance::between`] with respect to the logarithms of the lengths, into `slopes`.
    pub fn length_slopes(&self, (a, of_a): (&[f64], Quantity), (b, of_b): (&[f64], Quantity), slopes: &mut [f64]) {
        let [_, first, second, third] = self.by_square(self.square(a, b));
        for (k, result) in slopes.iter_mut().enumerate() {
            let of_square = -2.0 * self.square_along(k, a, b);
            // A derivative of q with respect to input k has the square of the length in its denominator.
            let scaled = |input: usize| if input == k { -2.0 } else { 0.0 };
            *result = match (of_a, of_b) {
                (Quantity::Value, Quantity::Value) => first * of_square,
                (Quantity::Derivative(i), Quantity::Value) => (second * of_square + scaled(i) * first) * self.slope(i, a, b),
                (Quantity::Value, Quantity::Derivative(j)) => -(second * of_square + scaled(j) * first) * self.slope(j, a, b),
                (Quantity::Derivative(i), Quantity::Derivative(j)) => {
                    let same = if i == j { (second * of_square + scaled(i) * first) * self.curvature(i, a, b) } else { 0.0 };
                    let both = third * of_square + (scaled(i) + scaled(j)) * second;
                    -both * self.slope(i, a, b) * self.slope(j, a, b) - same
                }
            };
        }
    }

    /// Derivative of `q` with respect to an input of the first point. That of the second point has the opposite sign.
    fn slope(&self, k: usize, a: &[f64], b: &[f64]) -> f64 {
        let apart = a[k] - b[k];
        let of_square = if self.periodic[k] { (TAU * apart).sin() / PI } else { 2.0 * apart };
        of_square * self.rates[k].powi(2)
    }

    /// Second derivative of `q` with respect to an input.
    fn curvature(&self, k: usize, a: &[f64], b: &[f64]) -> f64 {
        let of_square = if self.periodic[k] { 2.0 * (TAU * (a[k] - b[k])).cos() } else { 2.0 };
        of_square * self.rates[k].powi(2)
    }

    /// Squared distance of two points in units of the lengths.
    pub fn square(&self, a: &[f64], b: &[f64]) -> f64 {
        (0..a.len()).map(|k| self.square_along(k, a, b)).sum()
    }

    /// Part of the squared distance that belongs to an input.
    fn square_along(&self, k: usize, a: &[f64], b: &[f64]) -> f64 {
        let apart = a[k] - b[k];
        let chord = if self.periodic[k] { (PI * apart).sin() / PI } else { apart };
        (chord * self.rates[k]).powi(2)
    }

    /// Covariance function and its first three derivatives with respect to the squared distance. The third one of the Matérn function is
    /// infinite at zero, where its product with the squared distance vanishes.
    fn by_square(&self, q: f64) -> [f64; 4] {
        if !self.is_rough {
            let value = (-0.5 * q).exp();
            return [value, -0.5 * value, 0.25 * value, -0.125 * value];
        }
        let r = (5.0 * q).sqrt();
        let decay = (-r).exp();
        let third = -125.0 / 24.0 * decay / r.max(f64::MIN_POSITIVE.sqrt());
        [(1.0 + r + r * r / 3.0) * decay, -5.0 / 6.0 * (1.0 + r) * decay, 25.0 / 12.0 * decay, third]
    }
}

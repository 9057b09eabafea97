//! Covariance function of a Gaussian process, and of its derivatives.

use std::f64::consts::{PI, TAU};

use super::Quantity;

/// Squared exponential or Matérn function of smoothness 5/2 of `q = sum_k (d_k / l_k)^2`. Along a periodic input, `d_k` is the chord of the circle.
#[derive(Clone, Debug)]
pub struct StationaryCovariance {
    /// True for the Matérn function.
    pub is_rough: bool,
    /// Length `l_k` of each input.
    pub lengths: Vec<f64>,
    /// For each input, whether it is periodic.
    pub periodic: Vec<bool>,
    /// Period of all periodic inputs.
    pub period: f64,
}

impl StationaryCovariance {
    /// Covariance of two quantities at two points, in units of the variance of the function.
    pub fn between(&self, (a, of_a): (&[f64], Quantity), (b, of_b): (&[f64], Quantity)) -> f64 {
        let apart = |k: usize| a[k] - b[k];
        // Derivatives of q with respect to an input of the first point. Those of the second point have the opposite sign.
        let slope = |k: usize| {
            let is_periodic = self.periodic[k];
            let of_square = if is_periodic { (TAU * apart(k) / self.period).sin() * self.period / PI } else { 2.0 * apart(k) };
            of_square / self.lengths[k].powi(2)
        };
        let curvature = |k: usize| {
            let of_square = if self.periodic[k] { 2.0 * (TAU * apart(k) / self.period).cos() } else { 2.0 };
            of_square / self.lengths[k].powi(2)
        };
        let [value, first, second] = self.by_square(self.square(a, b));
        match (of_a, of_b) {
            (Quantity::Value, Quantity::Value) => value,
            (Quantity::Derivative(i), Quantity::Value) => first * slope(i),
            (Quantity::Value, Quantity::Derivative(j)) => -first * slope(j),
            (Quantity::Derivative(i), Quantity::Derivative(j)) => {
                let same = if i == j { first * curvature(i) } else { 0.0 };
                -second * slope(i) * slope(j) - same
            }
        }
    }

    /// Squared distance of two points in units of the lengths.
    pub fn square(&self, a: &[f64], b: &[f64]) -> f64 {
        (0..a.len()).map(|k| self.square_along(k, a, b)).sum()
    }

    /// Part of the squared distance that belongs to an input.
    pub fn square_along(&self, k: usize, a: &[f64], b: &[f64]) -> f64 {
        let apart = a[k] - b[k];
        let chord = if self.periodic[k] { (PI * apart / self.period).sin() * self.period / PI } else { apart };
        (chord / self.lengths[k]).powi(2)
    }

    /// Covariance function and its derivatives with respect to the squared distance.
    pub fn by_square(&self, q: f64) -> [f64; 3] {
        if !self.is_rough {
            let value = (-0.5 * q).exp();
            return [value, -0.5 * value, 0.25 * value];
        }
        let r = (5.0 * q).sqrt();
        let decay = (-r).exp();
        [(1.0 + r + r * r / 3.0) * decay, -5.0 / 6.0 * (1.0 + r) * decay, 25.0 / 12.0 * decay]
    }
}

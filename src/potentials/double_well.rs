//! Double well, Eq. 8 of arXiv 2506.17242.
//!
//! - formula: `y(x) = 2/5 (x^4/4 - x^2 + x^3/8)`
//! - slope: `y'(x) = 2/5 x (x^2 + 3/8 x - 2)`
//! - domain: `-3 <= x <= 3`
//! - minima: `x = (-3/8 -+ sqrt(9/64 + 8))/2`, that is `y(-1.6140890263) = -0.5736211685` and `y(1.2390890263) = -0.2832880112`
//! - maximum between them: `y(0) = 0`

use super::KnownPotential;

/// Double well of Eq. 8.
#[derive(Clone, Copy, Debug)]
pub struct DoubleWell;

impl KnownPotential for DoubleWell {
    fn id(&self) -> &'static str {
        "double-well"
    }

    fn description(&self) -> [&'static str; 2] {
        ["Double well", "A smooth potential with a deep and a shallow well, learnt from values at random points."]
    }

    fn value(&self, x: &[f64]) -> f64 {
        let x = x[0];
        0.4 * x * x * (0.25 * x * x + 0.125 * x - 1.0)
    }

    fn gradient(&self, x: &[f64]) -> Vec<f64> {
        let x = x[0];
        vec![0.4 * x * (x * x + 0.375 * x - 2.0)]
    }
}

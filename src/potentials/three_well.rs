//! Minimum of three parabolas, Eq. 10 of arXiv 2506.17242 in its corrected form.
//!
//! - formula: `y(x) = 0.05 min_i (a_i (x - x_i)^2 + b_i)`, `a = (12, 8, 4)`, `x_i = (-1, 0, 2)`, `b = (2, -1/2, 1)`
//! - slope: that of the smallest parabola; at the two kinks it jumps from plus to minus
//! - domain: `-3 <= x <= 3`
//! - minima: `y(-1) = 0.1`, `y(0) = -0.025`, `y(2) = 0.05`
//! - maxima between them, both kinks: `y(-0.6815953761) = 0.1608289027` and `y(0.8939592257) = 0.2946652389`
//!
//! As printed, with the factor 0.05 on the squares only, the first parabola is never the smallest one in the domain and two wells remain.
//! With the factor on the whole expression there are three wells, as in the figure of the paper. This module uses the second form.

use super::KnownPotential;

/// Curvature, centre and offset of each parabola, before the common factor.
pub(super) const PARABOLA_PARAMETERS: [(f64, f64, f64); 3] = [(12.0, -1.0, 2.0), (8.0, 0.0, -0.5), (4.0, 2.0, 1.0)];
const COMMON_FACTOR: f64 = 0.05;

/// Minimum of three parabolas.
#[derive(Clone, Copy, Debug)]
pub struct ThreeWell;

impl KnownPotential for ThreeWell {
    fn id(&self) -> &'static str {
        "three-well"
    }

    fn description(&self) -> [&'static str; 2] {
        ["Three wells", "The smallest of three parabolas, with kinks where they cross, learnt from values at random points."]
    }

    fn value(&self, x: &[f64]) -> f64 {
        PARABOLA_PARAMETERS.iter().map(|&p| parabola(p, x[0]).0).fold(f64::INFINITY, f64::min)
    }

    fn gradient(&self, x: &[f64]) -> Vec<f64> {
        let (_, slope) = PARABOLA_PARAMETERS
            .iter()
            .map(|&p| parabola(p, x[0]))
            // At a kink, the steeper parabola is the smaller one on the left.
            .reduce(|a, b| if b.0 < a.0 || (b.0 == a.0 && b.1 > a.1) { b } else { a })
            .unwrap_or_default();
        vec![slope]
    }
}

/// Value and slope of one parabola.
pub(super) fn parabola((a, centre, b): (f64, f64, f64), x: f64) -> (f64, f64) {
    let d = x - centre;
    (COMMON_FACTOR * (a * d * d + b), COMMON_FACTOR * 2.0 * a * d)
}

//! Cosine-modulated well, Eq. 9 of arXiv 2506.17242.
//!
//! - formula: `y(x) = (x^2 + 1.6 cos 4x + 1)/20`
//! - slope: `y'(x) = (2 x - 6.4 sin 4x)/20`
//! - domain: `-3 <= x <= 3`
//! - minima: `y(-+2.1699027262) = 0.2266259214` and `y(-+0.7280192237) = -0.0014015347`
//! - maxima between them: `y(-+1.7119154447) = 0.2641222277` and `y(0) = 0.13`
//!
//! The curve is concave beyond `|x| = 2.768`. So near both edges no soft minimum of four convex modes follows it exactly.

use super::KnownPotential;

/// Cosine-modulated well of Eq. 9.
#[derive(Clone, Copy, Debug)]
pub struct CosineWell;

impl KnownPotential for CosineWell {
    fn id(&self) -> &'static str {
        "cosine-well"
    }

    fn description(&self) -> [&'static str; 2] {
        ["Cosine well", "A parabola with ripples that make four wells, learnt from values at random points."]
    }

    fn value(&self, x: &[f64]) -> f64 {
        let x = x[0];
        (x * x + 1.6 * (4.0 * x).cos() + 1.0) / 20.0
    }

    fn gradient(&self, x: &[f64]) -> Vec<f64> {
        let x = x[0];
        vec![(2.0 * x - 6.4 * (4.0 * x).sin()) / 20.0]
    }
}

//! Surface of Müller and Brown, Theor. Chim. Acta 53, 75 (1979), with three wells along a curved valley: a standard test of methods that
//! find paths between states.
//!
//! - formula: `E(x, y) = sum_k A_k exp(a_k (x - x_k)^2 + b_k (x - x_k)(y - y_k) + c_k (y - y_k)^2)` with the constants of [`TERM_COEFFICIENTS`]
//! - domain: `-1.5 <= x <= 1.1`, `-0.2 <= y <= 1.8`; outside of it the last term grows without bound
//! - minima in it: `(-0.5582, 1.4417)` at `-146.70`, `(0.6235, 0.0280)` at `-108.17`, `(-0.0500, 0.4667)` at `-80.77`
//! - saddles between them: `(-0.8220, 0.6243)` at `-40.66`, `(0.2125, 0.2930)` at `-72.25`

use super::{KnownPotential, Preset};

/// Parameters A, a, b, c, x and y of each term.
const TERM_COEFFICIENTS: [[f64; 6]; 4] = [
    [-200.0, -1.0, 0.0, -10.0, 1.0, 0.0],
    [-100.0, -1.0, 0.0, -10.0, 0.0, 0.5],
    [-170.0, -6.5, 11.0, -6.5, -0.5, 1.5],
    [15.0, 0.7, 0.6, 0.7, -1.0, 1.0],
];

/// Surface of Müller and Brown.
#[derive(Clone, Copy, Debug)]
pub struct MullerBrown;

/// Value of a term, with its logarithmic derivatives with respect to `x` and `y`.
fn term(&[amplitude, a, b, c, x0, y0]: &[f64; 6], at: &[f64]) -> [f64; 3] {
    let (x, y) = (at[0] - x0, at[1] - y0);
    [amplitude * (a * x * x + b * x * y + c * y * y).exp(), 2.0 * a * x + b * y, b * x + 2.0 * c * y]
}

impl KnownPotential for MullerBrown {
    fn id(&self) -> &'static str {
        "muller-brown"
    }

    fn description(&self) -> [&'static str; 2] {
        [
            "Müller-Brown surface",
            "The standard test surface for searches of reaction paths, learnt from its values at random points.",
        ]
    }

    fn inputs(&self) -> Vec<&str> {
        vec!["x", "y"]
    }

    fn bounds(&self) -> Vec<[f64; 2]> {
        vec![[-1.5, 1.1], [-0.2, 1.8]]
    }

    fn value(&self, x: &[f64]) -> f64 {
        TERM_COEFFICIENTS.iter().map(|of| term(of, x)[0]).sum()
    }

    fn gradient(&self, x: &[f64]) -> Vec<f64> {
        let sum = |k: usize| TERM_COEFFICIENTS.iter().map(|of| term(of, x)).map(|found| found[0] * found[k]).sum();
        vec![sum(1), sum(2)]
    }

    fn preset(&self) -> Option<Preset> {
        Some(Preset { modes: 8, hidden: &[10, 10], samples: 1000, epochs: 30_000 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::landscape::of_potential;

    #[test]
    fn minima_and_saddles_match_paper() {
        let found = of_potential(&MullerBrown);
        let near = |x: &[f64], place: [f64; 2]| (x[0] - place[0]).hypot(x[1] - place[1]) < 1e-4;
        for (place, value) in [([-0.5582, 1.4417], -146.70), ([0.6235, 0.0280], -108.17), ([-0.0500, 0.4667], -80.77)] {
            assert!(found.minima.iter().any(|m| near(&m.x, place) && (m.value - value).abs() < 0.005), "{place:?}: {found:?}");
        }
        for (place, value) in [([-0.8220, 0.6243], -40.66), ([0.2125, 0.2930], -72.25)] {
            assert!(found.saddles.iter().any(|m| near(&m.x, place) && (m.value - value).abs() < 0.005), "{place:?}: {found:?}");
        }
        assert_eq!(found.minima.len(), 3);
    }
}

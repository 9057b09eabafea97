//! Two genes that activate themselves and repress each other, Sec. 4.4 and Eq. 32 of arXiv 2506.17242: a vector field with a
//! potential, `dx/dt = -grad Xi`.
//!
//! - formula, with `a = p1 = p2 = S = 1` and `n = 2` (the paper prints no constants; these reproduce its description):
//!
//! ```text
//! Xi = -[a (p1 x1^2/2 - x1^3/3) + a (p2 x2^2/2 - x2^3/3) + b x1/(S^n + x2^n) + b x2/(S^n + x1^n)]
//! dx1/dt = a x1 (p1 - x1) + b/(S^n + x2^n) - b n x1^(n-1) x2/(S^n + x1^n)^2       (and with 1 and 2 exchanged)
//! ```
//!
//! - domain: `0 <= x <= 2` for both inputs; for negative `x` the potential decreases without bound
//! - minima in it at `b = 0.1`: one, near `(1, 1)`; at `b = 1`: `(0.1270, 1.5963)` and `(1.5963, 0.1270)` with a saddle at `(1, 1)`

use super::{KnownPotential, Observed, Preset};

/// Gene circuit at one coupling `b`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GeneCircuit {
    /// Coupling of the genes.
    pub b: f64,
}

/// Rate of the weight `s` in the blend `(1 - s) Psi_1 + s Psi_2` of Fig. 13: `ds/dt = 0.7 s (1 - s)`.
pub fn blending(weight: f64) -> f64 {
    0.7 * weight * (1.0 - weight)
}

/// Initial weight of the second potential.
pub const FIRST_WEIGHT: f64 = 0.01;

impl GeneCircuit {
    /// The id of this benchmark.
    pub const ID: &'static str = "gene-circuit";
    /// Circuit at `b = 1`, with two stable states.
    pub const DEFAULT: Self = Self { b: 1.0 };

    /// Velocity field `dx/dt`.
    pub fn velocity(&self, x: &[f64]) -> Vec<f64> {
        let rate =
            |x: f64, y: f64| x * (1.0 - x) + self.b / (1.0 + y * y) - 2.0 * self.b * x * y / ((1.0 + x * x) * (1.0 + x * x));
        vec![rate(x[0], x[1]), rate(x[1], x[0])]
    }
}

impl KnownPotential for GeneCircuit {
    fn id(&self) -> &'static str {
        Self::ID
    }

    fn description(&self) -> [&'static str; 2] {
        [
            "Gene circuit",
            "Two genes that repress each other: the energy landscape behind their dynamics, learnt from the vector field.",
        ]
    }

    fn inputs(&self) -> Vec<&str> {
        vec!["x1", "x2"]
    }

    fn bounds(&self) -> Vec<[f64; 2]> {
        vec![[0.0, 2.0]; 2]
    }

    fn value(&self, x: &[f64]) -> f64 {
        let own = |x: f64| x * x * (0.5 - x / 3.0);
        let by_other = |x: f64, y: f64| self.b * x / (1.0 + y * y);
        -(own(x[0]) + own(x[1]) + by_other(x[0], x[1]) + by_other(x[1], x[0]))
    }

    fn gradient(&self, x: &[f64]) -> Vec<f64> {
        self.velocity(x).into_iter().map(|v| -v).collect()
    }

    fn hessian(&self, x: &[f64]) -> Vec<f64> {
        let cubed = |x: f64| (1.0 + x * x).powi(3);
        let squared = |x: f64| (1.0 + x * x) * (1.0 + x * x);
        let own = |x: f64, y: f64| 2.0 * x - 1.0 + 2.0 * self.b * y * (1.0 - 3.0 * x * x) / cubed(x);
        let mixed = 2.0 * self.b * (x[1] / squared(x[1]) + x[0] / squared(x[0]));
        vec![own(x[0], x[1]), mixed, mixed, own(x[1], x[0])]
    }

    fn observed(&self) -> Observed {
        Observed::Gradient
    }

    fn preset(&self) -> Option<Preset> {
        Some(Preset { modes: 3, hidden: &[8, 8, 8], samples: 800, epochs: 24_000 })
    }
}

//! Schlögl reaction, A + 2 X <-> 3 X and B <-> X with A and B held constant (Sec. 4.2 of the paper). It has one species, whose number of
//! molecules changes by one. Its distribution has two modes.
//!
//! The paper prints no rates. The standard ones are [`Schlogl::default`], with modes near 82 and 563.

use serde::{Deserialize, Serialize};

/// Rates of the reaction. Per unit of time (a second), `c1/2 A n (n-1)` and `c3 B` reactions add a molecule, and `c2/6 n (n-1) (n-2)` and
/// `c4 n` reactions remove one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schlogl {
    /// Rate constant of A + 2 X -> 3 X.
    pub c1: f64,
    /// Rate constant of 3 X -> A + 2 X.
    pub c2: f64,
    /// Rate constant of B -> X.
    pub c3: f64,
    /// Rate constant of X -> B.
    pub c4: f64,
    /// Number of molecules of A.
    pub a: f64,
    /// Number of molecules of B.
    pub b: f64,
    /// Number of molecules of X at time 0.
    pub start: usize,
}

impl Default for Schlogl {
    fn default() -> Self {
        Self { c1: 3e-7, c2: 1e-4, c3: 1e-3, c4: 3.5, a: 1e5, b: 2e5, start: 250 }
    }
}

impl Schlogl {
    /// Rate of the change from `n` to `n + 1` molecules.
    pub fn birth(&self, n: usize) -> f64 {
        let n = n as f64;
        self.c1 / 2.0 * self.a * n * (n - 1.0) + self.c3 * self.b
    }

    /// Rate of the change from `n` to `n - 1` molecules.
    pub fn death(&self, n: usize) -> f64 {
        let n = n as f64;
        self.c2 / 6.0 * n * (n - 1.0) * (n - 2.0) + self.c4 * n
    }
}

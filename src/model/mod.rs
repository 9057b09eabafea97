//! Networks as graphs: input convex networks ([`icnn`]), their gated soft minimum ([`lse`]), initial parameters ([`init`]), and
//! the file format of fits ([`model_file`]).

pub mod features;
pub mod icnn;
pub mod init;
pub mod lse;
pub mod mlp;
pub mod model_file;
pub mod params;
pub(crate) mod pool;
pub mod potential;
pub mod rescale;

use serde::{Deserialize, Serialize};

pub use lse::LseIcnn;
pub use params::{Param, ParamKind, Params};
pub use potential::Potential;

/// The size and structure of an LSE-ICNN.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Architecture {
    /// Number of inputs.
    pub inputs: usize,
    /// Number of modes.
    pub modes: usize,
    /// Number of modes before any were removed: the N of the soft minimum. It is larger than [`Architecture::modes`] if some have been removed.
    pub offered: usize,
    /// Widths of the hidden layers of each mode.
    pub hidden: Vec<usize>,
    /// The rule that keeps the weights on hidden values from becoming negative.
    pub convexity: Convexity,
    /// Polynomial of each mode besides its layers.
    pub skip: Skip,
    /// The symmetry of the potential.
    pub symmetry: Symmetry,
    /// For each input, whether it is periodic, with a period of two pi in the units of the network; empty if none is.
    pub periodic: Vec<bool>,
}

/// A convex polynomial of the inputs that each mode has besides its layers. Networks grow linearly at infinity. With a skip, modes grow with the
/// degree of the polynomial.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Skip {
    /// No polynomial, as in the paper.
    #[default]
    None,
    /// `1/2 sum_k D_k x_k^2`, `D >= 0`.
    Quadratic,
    /// The quadratic polynomial plus `1/12 sum_k (A x)_k^4` with `A` square.
    Quartic,
}

/// A symmetry of a potential, imposed by averaging.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Symmetry {
    /// No symmetry.
    #[default]
    None,
    /// Invariance under reversal of the order of the inputs, which exchanges two inputs: `(Psi(x1, x2) + Psi(x2, x1)) / 2`.
    Exchange,
}

/// The rule that keeps the weights on hidden values from becoming negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Convexity {
    /// `W <- max(W, 0)` after each step.
    #[default]
    Projection,
    /// `W = |w|` with `w` unconstrained.
    Absolute,
}

impl Architecture {
    /// An architecture with modes of these hidden widths, with projection.
    pub fn new(inputs: usize, modes: usize, hidden: &[usize]) -> Self {
        Self {
            inputs,
            modes,
            offered: modes,
            hidden: hidden.to_vec(),
            convexity: Convexity::Projection,
            skip: Skip::None,
            symmetry: Symmetry::None,
            periodic: Vec::new(),
        }
    }

    /// Adds a skip and a symmetry.
    #[must_use]
    pub fn with(self, skip: Skip, symmetry: Symmetry) -> Self {
        Self { skip, symmetry, ..self }
    }

    /// Makes some of the inputs periodic. An empty list means that none is.
    #[must_use]
    pub fn with_periodic(self, periodic: Vec<bool>) -> Self {
        Self { periodic: if periodic.contains(&true) { periodic } else { Vec::new() }, ..self }
    }

    /// Returns true if an input is periodic.
    pub fn is_periodic(&self, input: usize) -> bool {
        self.periodic.get(input).is_some_and(|&is_periodic| is_periodic)
    }

    /// Number of features, the inputs of the modes: two for a periodic input, one for any other.
    pub fn features(&self) -> usize {
        features::count(self.inputs, &self.periodic)
    }
}

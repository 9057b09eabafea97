//! Networks as graphs: input convex networks ([`icnn`]), their gated soft minimum ([`lse`]), where their parameters begin
//! ([`init`]), and how a fit is kept ([`model_file`]).

pub mod icnn;
pub mod init;
pub mod lse;
pub mod mlp;
pub mod model_file;
pub mod params;
pub(crate) mod pool;
pub mod potential;

use serde::{Deserialize, Serialize};

pub use lse::LseIcnn;
pub use params::{Param, ParamKind, Params};
pub use potential::Potential;

/// The extent of an LSE-ICNN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Architecture {
    /// Number of inputs.
    pub inputs: usize,
    /// Modes.
    pub modes: usize,
    /// Modes offered, the N of the soft minimum: more than [`Architecture::modes`] if some have been removed.
    pub offered: usize,
    /// Widths of the hidden layers of each mode.
    pub hidden: Vec<usize>,
    /// How the weights on hidden values are kept from becoming negative.
    pub convexity: Convexity,
    /// What each mode has besides its layers.
    pub skip: Skip,
    /// What the potential is made to be the same under.
    pub symmetry: Symmetry,
}

/// A convex polynomial of the inputs that each mode has besides its layers. Networks grow linearly at infinity; a skip lets modes
/// grow as its degree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Skip {
    /// None: the paper's network.
    #[default]
    None,
    /// `1/2 sum_k D_k x_k^2`, `D >= 0`.
    Quadratic,
    /// The quadratic one, and `1/12 sum_k (A x)_k^4` with `A` square.
    Quartic,
}

/// What a potential is made to be the same under, by averaging.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Symmetry {
    /// Nothing.
    #[default]
    None,
    /// The inputs in reverse order; of two, their exchange: `(Psi(x1, x2) + Psi(x2, x1)) / 2`.
    Exchange,
}

/// How the weights on hidden values are kept from becoming negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Convexity {
    /// `W <- max(W, 0)` after each step.
    #[default]
    Projection,
    /// `W = |w|` with `w` free.
    Absolute,
}

impl Architecture {
    /// Modes of these hidden widths, with projection.
    pub fn new(inputs: usize, modes: usize, hidden: &[usize]) -> Self {
        Self {
            inputs,
            modes,
            offered: modes,
            hidden: hidden.to_vec(),
            convexity: Convexity::Projection,
            skip: Skip::None,
            symmetry: Symmetry::None,
        }
    }

    /// The same with a skip and a symmetry.
    #[must_use]
    pub fn with(self, skip: Skip, symmetry: Symmetry) -> Self {
        Self { skip, symmetry, ..self }
    }
}

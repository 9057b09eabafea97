//! Networks as graphs: input convex networks ([`icnn`]), their gated soft minimum ([`lse`]), where their parameters begin
//! ([`init`]), and how a fit is kept ([`model_file`]).

pub mod icnn;
pub mod init;
pub mod lse;
pub mod mlp;
pub mod model_file;
pub mod params;
pub mod potential;

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
        Self { inputs, modes, offered: modes, hidden: hidden.to_vec(), convexity: Convexity::Projection }
    }
}

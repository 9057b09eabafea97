//! How a fit is trained: recipes made of stages.

pub mod gradient;
pub mod paper;
pub mod reliable;

use serde::{Deserialize, Serialize};

/// The stage of a recipe that a run is in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// What it is, for example `pretraining` or `removing mode 7`.
    pub name: String,
    /// Epochs (or steps of another kind) done in it.
    pub done: u64,
    /// How many it may take.
    pub of: u64,
    /// Whether these are steps of a second-order method, which are no epochs.
    pub by_steps: bool,
    /// One sentence: what happens and why.
    pub sentence: String,
}

/// A stage of a recipe that has ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageNote {
    /// What it was, for example `pretraining` or `removing mode 7`.
    pub name: String,
    /// Epochs that it took.
    pub epochs: u64,
    /// One sentence: why it was, or how it ended.
    pub sentence: String,
}

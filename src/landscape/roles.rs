//! What each mode does.

use serde::{Deserialize, Serialize};

/// What a mode is there for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// It holds the floor of one or more wells: it is the most responsible mode there.
    Well,
    /// It makes a stretch with a maximum in it, and no well's floor.
    Hump,
    /// It makes a stretch without a well's floor or a maximum.
    Flank,
    /// Its gate is open, but nowhere has it the greater part.
    #[default]
    Nowhere,
    /// Its gate is closed, and nowhere has it the greater part.
    Closed,
}

/// What one mode does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Role {
    /// In a word.
    pub part: Part,
    /// The wells that it holds, by their place in the survey's list of minima.
    pub wells: Vec<usize>,
    /// Where its responsibility exceeds one half, `[from, to]` each; for one input.
    pub stretches: Vec<[f64; 2]>,
    /// The largest responsibility that it reaches.
    pub reach: f64,
    /// Its gate.
    pub gate: f64,
}

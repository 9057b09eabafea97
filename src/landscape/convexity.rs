//! Whether each mode is convex: proven from its weights, and looked at in samples.

use serde::{Deserialize, Serialize};

/// Why modes are convex, in one sentence.
pub const PROOF: &str = "Softplus is convex and never falls, sums with weights W ≥ 0 of convex functions are convex, and V x + b is \
                         affine, so every layer is convex in x.";

/// What is known of one mode's convexity, in the data's own units.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Certificate {
    /// Whether [`PROOF`] applies: no weight on a hidden value is negative.
    pub proven: bool,
    /// The smallest weight on a hidden value.
    pub smallest_weight: f64,
    /// The most by which the middle of a sampled chord lies below the curve; at most rounding if the mode is convex.
    pub worst_chord: f64,
    /// The smallest principal curvature found; not below rounding if the mode is convex.
    pub worst_curvature: f64,
    /// Chords looked at, and points at which curvatures were.
    pub samples: usize,
}

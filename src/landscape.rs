//! Minima, maxima, barriers of a fit or of a truth.

use serde::{Deserialize, Serialize};

/// A local minimum.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Minimum {
    /// Where.
    pub x: Vec<f64>,
    /// Value there.
    pub value: f64,
    /// Lowest rise needed to leave it: to the neighbouring maximum, or to the domain's edge. Absent where it was not computed.
    pub barrier: Option<f64>,
}

/// A local maximum between two minima.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Maximum {
    /// Where.
    pub x: Vec<f64>,
    /// Value there.
    pub value: f64,
}

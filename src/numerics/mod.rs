//! Numerical tools that know nothing of networks and data: extrema of functions of one variable, barriers from passes,
//! order, medians and moments.

pub mod line;
pub mod passes;
pub mod statistics;

use serde::{Deserialize, Serialize};

/// A local minimum.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Minimum {
    /// Where.
    pub x: Vec<f64>,
    /// Value there.
    pub value: f64,
    /// Lowest rise needed to leave it for another well or out of the domain, see [`barriers`]: to the neighbouring maximum or saddle,
    /// or to the edge. Absent where it was not computed.
    pub barrier: Option<f64>,
    /// Principal curvatures there, the eigenvalues of the Hessian from the smallest up. Empty where they were not computed.
    #[serde(default)]
    pub curvatures: Vec<f64>,
}

impl Minimum {
    /// How far it lies from another.
    pub fn distance(&self, other: &Self) -> f64 {
        self.x.iter().zip(&other.x).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
    }
}

/// The top of a barrier: a local maximum in one dimension, a saddle in more.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CriticalPoint {
    /// Where.
    pub x: Vec<f64>,
    /// Value there.
    pub value: f64,
    /// Principal curvatures there, the eigenvalues of the Hessian from the smallest up. Empty where they were not computed.
    #[serde(default)]
    pub curvatures: Vec<f64>,
}

//! Numerical tools that are independent of networks and data: extrema of functions of one variable, basins on grids, barriers from passes, and
//! statistics.

pub mod flooding;
pub mod line;
pub mod passes;
pub mod statistics;

use serde::{Deserialize, Serialize};

/// A local minimum.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Minimum {
    /// Its position.
    pub x: Vec<f64>,
    /// The value there.
    pub value: f64,
    /// Lowest rise on a way to another well or out of the domain, see [`passes::barriers`]. `None` if it was not computed.
    pub barrier: Option<f64>,
    /// Principal curvatures, the eigenvalues of the Hessian in increasing order. Empty if they were not computed.
    #[serde(default)]
    pub curvatures: Vec<f64>,
}

impl Minimum {
    /// Distance to another minimum.
    pub fn distance(&self, other: &Self) -> f64 {
        self.x.iter().zip(&other.x).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
    }
}

/// The top of a barrier: a local maximum in one dimension, a saddle in more.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CriticalPoint {
    /// Its position.
    pub x: Vec<f64>,
    /// The value there.
    pub value: f64,
    /// Principal curvatures, the eigenvalues of the Hessian in increasing order. Empty if they were not computed.
    #[serde(default)]
    pub curvatures: Vec<f64>,
}

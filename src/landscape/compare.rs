//! A fit's wells and those of the truth side by side.

use serde::{Deserialize, Serialize};

/// One minimum of the fit and the minimum of the truth that it answers to; either may stand alone. Errors are fit minus truth.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Match {
    /// Its place in the list of the fit's minima.
    pub fit: Option<usize>,
    /// Its place in the list of the truth's minima.
    pub truth: Option<usize>,
    /// Distance between the two places.
    pub location_error: Option<f64>,
    /// Error of the depth, which is the value above the lowest minimum (of the fit, and of the truth).
    pub depth_error: Option<f64>,
    /// Error of the value itself.
    pub value_error: Option<f64>,
    /// Error of the barrier as a fraction of the truth's.
    pub barrier_error: Option<f64>,
    /// Largest error of a principal curvature as a fraction of the truth's largest.
    pub curvature_error: Option<f64>,
}

/// A fit against a known truth.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The truth's wells: how many of its minima have a barrier above the survey's threshold.
    pub wells: usize,
    /// The truth's minima.
    pub minima: Vec<super::Minimum>,
    /// The truth's maxima, or saddles.
    pub maxima: Vec<super::Maximum>,
    /// Who answers to whom, from left to right along the first input.
    pub matches: Vec<Match>,
}

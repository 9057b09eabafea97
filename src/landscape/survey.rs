//! All that is known of a fit's landscape.

use serde::{Deserialize, Serialize};

use super::{Certificate, Comparison, Maximum, Minimum, Role};

/// All that is known of a fit's landscape, in the data's own units.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Survey {
    /// Local minima with barriers and curvatures, from left to right in one dimension and lowest first in more. A barrier above
    /// `threshold` makes a minimum a well.
    pub minima: Vec<Minimum>,
    /// Maxima in one dimension, saddles in more.
    pub maxima: Vec<Maximum>,
    /// The least barrier of a well.
    pub threshold: f64,
    /// How many minima are wells.
    pub wells: usize,
    /// How many modes are responsible somewhere.
    pub responsible_modes: usize,
    /// How many gates exceed 0.01.
    pub active_gates: usize,
    /// What each mode does.
    pub roles: Vec<Role>,
    /// Whether each mode is convex.
    pub convexity: Vec<Certificate>,
    /// Against the truth, if it is known.
    pub truth: Option<Comparison>,
}

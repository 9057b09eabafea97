//! What it costs to remove modes.

use serde::{Deserialize, Serialize};

/// A fit without some of its modes, not trained further. N stays the number of modes offered, so that Psi does not jump where
/// the removed ones had no share.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pruned {
    /// The modes removed so far, in this order.
    pub removed: Vec<usize>,
    /// Root mean squared error against the truth, or the data.
    pub rmse: f64,
    /// Root mean square of the change against the fit with all modes, over the sampled domain.
    pub change: f64,
    /// Its wells.
    pub wells: usize,
    /// Its modes that are responsible somewhere.
    pub responsible_modes: usize,
}

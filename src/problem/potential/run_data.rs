//! Data of a run.

use std::sync::Arc;

use super::held_out::HeldOutRows;
use super::large::LargeTable;
use crate::data::Dataset;
use crate::potentials::KnownPotential;

/// Data of a run, and their truth if it is known.
pub(super) struct RunData {
    /// Training rows.
    pub(super) rows: Arc<Dataset>,
    pub(super) truth: Option<Box<dyn KnownPotential>>,
    /// Subset and averages of very many rows.
    pub(super) large: Option<LargeTable>,
    pub(super) held_out: Option<HeldOutRows>,
}

impl RunData {
    /// Samples for plots: all, or a subset of very many.
    pub(super) fn plotted(&self) -> &Dataset {
        self.large.as_ref().map_or(&self.rows, |large| &large.subset)
    }
}

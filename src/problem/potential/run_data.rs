//! Data of a run.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::Arc;

use super::held_out::HeldOutRows;
use super::large::LargeTable;
use crate::data::Dataset;
use crate::data::outliers::Outlier;
use crate::potentials::KnownPotential;

/// Data of a run, and their truth if it is known.
pub(super) struct RunData {
    /// Training rows.
    pub(super) rows: Arc<Dataset>,
    pub(super) truth: Option<Box<dyn KnownPotential>>,
    /// Subset and averages of very many rows.
    pub(super) large: Option<LargeTable>,
    pub(super) held_out: Option<HeldOutRows>,
    /// Outliers of the samples for plots, once they are required.
    pub(super) outliers: OnceCell<Vec<Vec<Outlier>>>,
}

impl RunData {
    /// Samples for plots: all, or a subset of very many.
    pub(super) fn plotted(&self) -> &Dataset {
        self.large.as_ref().map_or(&self.rows, |large| &large.subset)
    }

    /// Outliers of the samples for plots, see [`Dataset::outliers`].
    pub(super) fn outliers(&self) -> &[Vec<Outlier>] {
        self.outliers.get_or_init(|| self.plotted().outliers())
    }

    /// Samples for plots without outliers.
    pub(super) fn without_outliers(&self) -> Cow<'_, Dataset> {
        self.plotted().without(self.outliers())
    }
}

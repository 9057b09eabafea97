//! Samples of a fit to derivatives.

use std::sync::Arc;

use crate::loss::LossValue;
use crate::loss::training_set::TrainingSet;
use crate::recipe::FitDomain;
use crate::recipe::gathered::{CellTargets, Gathered};

/// Samples of a fit to derivatives, and the rows of the table if the samples are averages of them.
pub(super) struct DerivativeSamples {
    pub(super) set: TrainingSet,
    /// Mean square of the targets.
    pub(super) target_mean_square: f64,
    /// Output scale of the data. Divides the sharpness of the network to give the sharpness in the units of the data.
    pub(super) unit: f64,
    /// Rows of the table, if the samples are averages of them.
    pub(super) rows: Option<Arc<Gathered>>,
    /// Mean squared difference of rows from their averages.
    within: f64,
}

impl DerivativeSamples {
    /// Samples of a training set in a domain.
    pub(super) fn new(set: TrainingSet, domain: &FitDomain) -> Self {
        Self { target_mean_square: set.mean_square(), set, unit: domain.unit, rows: domain.rows.clone(), within: 0.0 }
    }

    /// Squared error on all rows, relative to the mean square of the targets.
    pub(super) fn relative(&self, error: f64) -> f64 {
        (error + self.within) / self.target_mean_square
    }

    /// Loss on all rows from the loss on the samples.
    pub(super) fn row_loss(&self, loss: LossValue) -> LossValue {
        LossValue { total: loss.total + self.within, data: loss.data + self.within }
    }

    /// Replaces the averages by those of a pass over all rows.
    pub(super) fn set_averages(&mut self, averages: CellTargets) {
        (self.set.targets, self.within) = (averages.targets, averages.within);
    }
}

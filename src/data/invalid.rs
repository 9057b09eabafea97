//! Errors of data and their sentences.

use crate::text::{counted, shortened};

/// Smallest range of the numbers in a column. The squares of their differences must not underflow.
pub(super) const MIN_COLUMN_RANGE: f64 = 1e-100;

/// Smallest number of samples of a density. With fewer samples, none can be held out for model selection.
pub(super) const MIN_DENSITY_SAMPLES: usize = 8;
/// Largest magnitude of a number in the data. The sum of a million squares must be finite.
pub(super) const MAX_MAGNITUDE: f64 = 1e100;

/// Reason why data cannot be used for a fit: a clause with the remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidData(pub(super) String);

impl InvalidData {
    /// Error for an array of another length than expected.
    pub(super) fn shape(what: &str, found: usize, expected: &str) -> Self {
        Self(format!("there are {found} {what} for {expected}; give as many"))
    }

    /// Error for a set of too few samples.
    pub(super) fn few_samples(column: &str, samples: usize) -> Self {
        let column = shortened(column);
        Self(format!("column \"{column}\" has {samples} numbers, but a density needs at least {MIN_DENSITY_SAMPLES}"))
    }

    /// Error for a constant column.
    pub(super) fn constant(column: &str) -> Self {
        let column = shortened(column);
        Self(format!("column \"{column}\" has the same number in every row, so nothing can be learnt from it; leave it out"))
    }

    /// Error for a trajectory of fewer than three rows.
    pub(super) fn short(run: &str, samples: usize) -> Self {
        Self(format!("run \"{}\" has only {}; at least 3 are needed", shortened(run), counted(samples, "row")))
    }
}

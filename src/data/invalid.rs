//! Errors of data and their sentences.

use crate::text::shortened;

/// Smallest range of the numbers in a column. The squares of their differences must not underflow.
pub(super) const MIN_COLUMN_RANGE: f64 = 1e-100;

/// Smallest number of samples of a density. With fewer samples, none can be held out for model selection.
pub(super) const MIN_DENSITY_SAMPLES: usize = 8;
/// Largest magnitude of a number in the data. The sum of a million squares must be finite.
pub(super) const MAX_MAGNITUDE: f64 = 1e100;

/// Reason why data cannot be used for a fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidData {
    /// Arrays have different lengths.
    #[error("there are {found} {what} for {expected}; give as many")]
    Shape {
        /// Contents of the array.
        what: &'static str,
        /// Length of the array.
        found: usize,
        /// Expected length, with the quantity that determines it.
        expected: String,
    },
    /// There are too few rows.
    #[error("there is only one row of numbers; at least two are needed")]
    OneRow,
    /// A number is infinite, NaN, or too large.
    #[error("row {row}, column \"{}\" holds {value}, which is not a finite number below 1e100; leave the row out", shortened(.column))]
    NotFinite {
        /// Number of the row, from 1.
        row: usize,
        /// Name of the column.
        column: String,
        /// Value of the number.
        value: String,
    },
    /// A row to be held out does not exist.
    #[error("row {row} cannot be held out: there are {samples} rows, numbered from 0")]
    NoSuchRow {
        /// Number of the row, from 0.
        row: usize,
        /// Number of all rows.
        samples: usize,
    },
    /// Too few rows are left for training.
    #[error("{left} of {samples} rows are left to learn from, the others are held out; at least two are needed")]
    HeldOut {
        /// Number of rows left.
        left: usize,
        /// Number of all rows.
        samples: usize,
    },
    /// There are no derivatives.
    #[error("there is no derivative in any row, and no value, so there is nothing to learn from")]
    NothingMeasured,
    /// The outputs of trajectories do not belong to the inputs.
    #[error(
        "there are {outputs} outputs for {inputs} inputs; name one output for each input, in the same order, and - for those of the last inputs if \
         they were not measured (beside a single input a second output, across it, may stand)"
    )]
    Outputs {
        /// Number of inputs.
        inputs: usize,
        /// Number of outputs.
        outputs: usize,
    },
    /// A set has too few samples.
    #[error("column \"{}\" has {samples} numbers, but a density needs at least {MIN_DENSITY_SAMPLES}", shortened(.column))]
    FewSamples {
        /// Name of the column.
        column: String,
        /// Number of samples.
        samples: usize,
    },
    /// One quantity of a joint density is a linear function of others.
    #[error(
        "column \"{}\" is a linear function of \"{}\" in all rows, so they have no joint density; leave it out",
        shortened(.column), shortened(.others)
    )]
    Dependent {
        /// Name of the column.
        column: String,
        /// Names of the other columns.
        others: String,
    },
    /// A joint density has too many inputs: their number.
    #[error("a density of {0} inputs cannot be normalised; choose at most three columns")]
    ManyInputs(usize),
    /// The weight of a sample is invalid.
    #[error("row {row} has the weight {weight}; weights must be finite and not below zero")]
    Weight {
        /// Number of the row, from 1.
        row: usize,
        /// Weight of the row.
        weight: String,
    },
    /// All weights are zero.
    #[error("all weights are zero, so there is no sample; choose another column of weights")]
    NoWeight,
    /// A standard error is invalid.
    #[error("row {row} has the standard error {value}; standard errors must be finite and above zero")]
    StandardError {
        /// Number of the row, from 1.
        row: usize,
        /// Standard error of the row.
        value: String,
    },
    /// Trajectories have very different lengths.
    #[error(
        "the longest of {runs} runs has {longest} rows, and each run takes as much memory as the longest; cut it into several, or leave rows out"
    )]
    Uneven {
        /// Number of trajectories.
        runs: usize,
        /// Number of rows of the longest trajectory.
        longest: usize,
    },
    /// A trajectory has fewer than three rows.
    #[error("run \"{}\" has only {samples} {}; at least 3 are needed", shortened(.run), if *samples == 1 { "row" } else { "rows" })]
    Short {
        /// Name of the trajectory.
        run: String,
        /// Number of rows of the trajectory.
        samples: usize,
    },
    /// The times of the trajectory of this name do not increase.
    #[error("the time of run \"{}\" does not increase; sort its rows by time", shortened(.0))]
    Unsorted(String),
    /// There is no trajectory.
    #[error("there is no run to learn from; give at least one")]
    NoTrajectory,
    /// A column is constant.
    #[error("column \"{}\" has the same number in every row, so nothing can be learnt from it; leave it out", shortened(.0))]
    Constant(String),
    /// The numbers of a column are too close to each other.
    #[error("the numbers in column \"{}\" differ by less than 1e-100; use other units", shortened(.0))]
    TooClose(String),
}

//! Errors of data, as sentences.

use crate::text::shortened;

/// Smallest number of samples of a density: with fewer, none can be held out for model selection.
pub(super) const FEWEST_SAMPLES: usize = 8;
/// Largest magnitude of a number that is learnt from: the sum of a million squares must still be finite.
pub(super) const LARGEST: f64 = 1e100;

/// Why data cannot be learnt from.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidData {
    /// Arrays have different lengths.
    #[error("there are {found} {what} for {expected}; give as many")]
    Shape {
        /// What the array holds.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The expected length, and of what.
        expected: String,
    },
    /// There are too few rows.
    #[error("there is only one row of numbers; at least two are needed")]
    OneRow,
    /// A number is infinite, NaN, or too large.
    #[error("row {row}, column \"{}\" holds {value}, which is not a finite number below 1e100; leave the row out", shortened(.column))]
    NotFinite {
        /// Row, from 1.
        row: usize,
        /// Column.
        column: String,
        /// The number.
        value: String,
    },
    /// A row that is to be held out does not exist.
    #[error("row {row} cannot be held out: there are {samples} rows, numbered from 0")]
    NoSuchRow {
        /// Row, from 0.
        row: usize,
        /// Rows in all.
        samples: usize,
    },
    /// Too few rows are left to learn from.
    #[error("{left} of {samples} rows are left to learn from, the others are held out; at least two are needed")]
    HeldOut {
        /// Rows left.
        left: usize,
        /// Rows in all.
        samples: usize,
    },
    /// There are no derivatives.
    #[error("there is no derivative in any row, and no value, so there is nothing to learn from")]
    NothingMeasured,
    /// A set has too few samples.
    #[error("column \"{}\" has {samples} numbers, but a density needs at least {FEWEST_SAMPLES}", shortened(.column))]
    FewSamples {
        /// The name of the column.
        column: String,
        /// Number of samples.
        samples: usize,
    },
    /// A quantity is discrete.
    #[error(
        "column \"{}\" has only {values} different values in {rows} rows: they are discrete and have no density, which needs at least \
         {FEWEST_SAMPLES}; count the rows of each value instead",
        shortened(.column)
    )]
    FewValues {
        /// The name of the column.
        column: String,
        /// The number of its different values.
        values: usize,
        /// The number of rows.
        rows: usize,
    },
    /// A joint density has too many inputs.
    #[error("a density of {inputs} inputs cannot be normalised; choose at most three columns")]
    ManyInputs {
        /// Number of inputs.
        inputs: usize,
    },
    /// A weight of a sample is none.
    #[error("row {row} has the weight {weight}; weights must be finite and not below zero")]
    Weight {
        /// Row, from 1.
        row: usize,
        /// The weight.
        weight: String,
    },
    /// All weights are zero.
    #[error("all weights are zero, so there is no sample; choose another column of weights")]
    NoWeight,
    /// A standard error is none.
    #[error("row {row} has the standard error {value}; standard errors must be finite and above zero")]
    StandardError {
        /// Row, from 1.
        row: usize,
        /// The standard error.
        value: String,
    },
    /// Trajectories have very different lengths.
    #[error(
        "the longest of {runs} runs has {longest} rows, and each run takes as much memory as the longest; cut it into several, or leave rows out"
    )]
    Uneven {
        /// Number of trajectories.
        runs: usize,
        /// Rows of the longest.
        longest: usize,
    },
    /// A trajectory has fewer than three rows.
    #[error("run \"{}\" has only {samples} {}; at least 3 are needed", shortened(.run), if *samples == 1 { "row" } else { "rows" })]
    Short {
        /// The trajectory.
        run: String,
        /// Number of its rows.
        samples: usize,
    },
    /// The times of a trajectory do not increase.
    #[error("the time of run \"{}\" does not increase; sort its rows by time", shortened(.run))]
    Unsorted {
        /// The trajectory.
        run: String,
    },
    /// There is no trajectory.
    #[error("there is no run to learn from; give at least one")]
    NoTrajectory,
    /// A column is constant.
    #[error("column \"{}\" has the same number in every row, so nothing can be learnt from it; leave it out", shortened(.column))]
    Constant {
        /// The name of the column.
        column: String,
    },
    /// The numbers of a column are too close to one another.
    #[error("the numbers in column \"{}\" differ by less than 1e-100; use other units", shortened(.column))]
    TooClose {
        /// The name of the column.
        column: String,
    },
}

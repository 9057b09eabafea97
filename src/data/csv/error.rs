//! Errors of tables and their sentences.

use crate::data::InvalidData;
use crate::text::{decimal, shortened};

/// Error of a table: the file's name and the reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {reason}")]
pub struct CsvError {
    /// Name of the file.
    pub file: String,
    /// Reason of the error.
    pub reason: Reason,
}

/// Reason why a table cannot be used. Rows are counted from 1 without the header, lines from 1 with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Reading the source failed.
    #[error("the file cannot be read ({0})")]
    Unreadable(String),
    /// The file holds no readable table. The reason is a sentence.
    #[error("{0}")]
    File(String),
    /// The file holds nothing but white space.
    #[error("the file is empty; it needs at least two rows of numbers")]
    Empty,
    /// No row has finite numbers in all columns: number of all rows.
    #[error(
        "each of the {0} rows holds inf or nan, or no number, in the columns that were chosen; choose others, or mend the file"
    )]
    NothingFinite(usize),
    /// The table has a single column: its name.
    #[error(
        "there is only one column (\"{}\"); separate at least one input and the target by commas, semicolons, tabs or blanks",
        shortened(.0)
    )]
    OneColumn(String),
    /// The table lacks a requested column.
    #[error("there is no column \"{}\"; the columns are {}", shortened(.column), listed(.columns))]
    MissingColumn {
        /// Requested name or expression.
        column: String,
        /// Names of the columns of the table.
        columns: Vec<String>,
    },
    /// Several columns have the requested name.
    #[error("several columns are called \"{}\"; give each its own name", shortened(.0))]
    SeveralColumns(String),
    /// The column of this name is requested twice.
    #[error("column \"{}\" is asked for twice; each column can be one input or the target", shortened(.0))]
    UsedTwice(String),
    /// The roles of the columns are not clear: names of all columns.
    #[error("say which columns are the inputs and which one is the target; the columns are {}", listed(.0))]
    Unsaid(Vec<String>),
    /// Neither derivatives nor a target are given.
    #[error("no derivative is named, so there is nothing to learn from; name the column of at least one")]
    NoGradient,
    /// The column of derivatives of this name holds no number.
    #[error("column \"{}\" has no number in any row; write - in its place if it was not measured", shortened(.0))]
    NothingMeasured(String),
    /// The table has a header but no rows.
    #[error("there is a header but no row of numbers under it")]
    NoRows,
    /// The name of a column of trajectories is missing: names of all columns.
    #[error("say which columns are the time, the inputs, the outputs and, of several runs, the run's name; the columns are {}", listed(.0))]
    Columns(Vec<String>),
    /// The numbers are not valid data for a fit.
    #[error(transparent)]
    Data(#[from] InvalidData),
}

fn listed(names: &[String]) -> String {
    const MAX_LISTED_COLUMNS: usize = 12;
    let mut list: Vec<String> = names.iter().take(MAX_LISTED_COLUMNS).map(|name| shortened(name)).collect();
    if names.len() > MAX_LISTED_COLUMNS {
        list.push(format!("and {} more", names.len() - MAX_LISTED_COLUMNS));
    }
    list.join(", ")
}

/// Clause on a field that holds no finite number.
pub(super) fn not_a_number(text: &str) -> String {
    let shown = shortened(text);
    if text.is_empty() {
        "a number is missing; fill it in or leave the row out".into()
    } else if decimal(text).is_some_and(|v| v.is_finite() && !text.contains("inf")) {
        format!("{shown} is too large; use other units")
    } else if decimal(text).is_some() {
        format!("{shown} is not a finite number; leave the row out")
    } else if decimal(&text.replacen(',', ".", 1)).is_some() {
        format!("\"{shown}\" is not a number; write a point, not a comma, before the decimals")
    } else {
        format!("\"{shown}\" is not a number; leave the row out, empty the field, or choose another column")
    }
}

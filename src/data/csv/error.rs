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
    /// An expression of columns cannot be evaluated.
    #[error("\"{}\" is no column, nor an expression of columns: {why}", shortened(.column))]
    Expression {
        /// Requested expression.
        column: String,
        /// Fault of the expression, as a clause.
        why: String,
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
    /// The number of derivatives differs from the number of inputs.
    #[error(
        "the {what} named are {named}, the inputs {inputs}; name one for each input, in the same order, and - for one that was not measured"
    )]
    GradientLength {
        /// `derivatives` or `forces`.
        what: &'static str,
        /// Number of derivatives or forces that are named.
        named: usize,
        /// Number of inputs that are named.
        inputs: usize,
    },
    /// Both a derivative and a force are named for the input of this name.
    #[error("both a derivative with respect to \"{input}\" and a force along \"{input}\" are named; name one of them, and - for the other", input = shortened(.0))]
    DerivativeAndForce(String),
    /// A field does not show whether its row is held out.
    #[error(
        "row {row}, column \"{}\" holds \"{}\"; write train or 0 for rows to learn from, and test, held-out or 1 for rows that are held out",
        shortened(.column),
        shortened(.text)
    )]
    Split {
        /// Number of the row.
        row: usize,
        /// Name of the column.
        column: String,
        /// Text of the field.
        text: String,
    },
    /// Neither derivatives nor a target are given.
    #[error("no derivative is named, so there is nothing to learn from; name the column of at least one")]
    NoGradient,
    /// The column of derivatives of this name holds no number.
    #[error("column \"{}\" has no number in any row; write - in its place if it was not measured", shortened(.0))]
    NothingMeasured(String),
    /// The table has a header but no rows.
    #[error("there is a header but no row of numbers under it")]
    NoRows,
    /// The number of fields of a row differs from that of the header.
    #[error("row {row} (line {line}) has {fields} {}, but the header has {columns}", if *fields == 1 { "field" } else { "fields" })]
    Ragged {
        /// Number of the row.
        row: usize,
        /// Number of the line in the file.
        line: usize,
        /// Number of fields of the row.
        fields: usize,
        /// Number of columns of the table.
        columns: usize,
    },
    /// A field is not a finite number.
    #[error("row {row} (line {line}), column \"{}\": {}", shortened(.column), not_a_number(.text))]
    NotANumber {
        /// Number of the row.
        row: usize,
        /// Number of the line in the file.
        line: usize,
        /// Name of the column.
        column: String,
        /// Text of the field.
        text: String,
    },
    /// The name of a column of trajectories is missing: names of all columns.
    #[error("say which columns are the time, the inputs, the outputs and, of several runs, the run's name; the columns are {}", listed(.0))]
    Columns(Vec<String>),
    /// The times of a trajectory decrease.
    #[error("row {row} of the numbers: the time of run \"{}\" does not increase; sort its rows by time", shortened(.run))]
    Unsorted {
        /// Number of the row, from 1.
        row: usize,
        /// Name of the trajectory.
        run: String,
    },
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

fn not_a_number(text: &str) -> String {
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

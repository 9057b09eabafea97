//! Errors of tables, as sentences.

use crate::data::InvalidData;
use crate::text::{decimal, shortened};

/// A table that cannot be used: the file's name and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {reason}")]
pub struct CsvError {
    /// The name of the file.
    pub file: String,
    /// What is wrong.
    pub reason: Reason,
}

/// Why a table cannot be used. Rows are counted from 1 without the header, lines from 1 with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The source itself failed.
    #[error("the file cannot be read ({0})")]
    Unreadable(String),
    /// The file holds no table that can be read; why, in a sentence.
    #[error("{0}")]
    File(String),
    /// Nothing but white space.
    #[error("the file is empty; it needs at least two rows of numbers")]
    Empty,
    /// No row has finite numbers in all columns.
    #[error(
        "each of the {rows} rows holds inf or nan, or no number, in the columns that were chosen; choose others, or mend the file"
    )]
    NothingFinite {
        /// Rows in all.
        rows: usize,
    },
    /// A single column.
    #[error(
        "there is only one column (\"{}\"); separate at least one input and the target by commas, semicolons, tabs or blanks",
        shortened(.column)
    )]
    OneColumn {
        /// The name of the column.
        column: String,
    },
    /// A column asked for is not there.
    #[error("there is no column \"{}\"; the columns are {}", shortened(.column), listed(.columns))]
    MissingColumn {
        /// The expression that was asked for.
        column: String,
        /// The columns of the table.
        columns: Vec<String>,
    },
    /// An expression of columns cannot be evaluated.
    #[error("\"{}\" is no column, nor an expression of columns: {why}", shortened(.column))]
    Expression {
        /// The expression that was asked for.
        column: String,
        /// The fault, as a clause.
        why: String,
    },
    /// Several columns have the name asked for.
    #[error("several columns are called \"{}\"; give each its own name", shortened(.column))]
    SeveralColumns {
        /// The name that they have in common.
        column: String,
    },
    /// A column was asked for twice.
    #[error("column \"{}\" is asked for twice; each column can be one input or the target", shortened(.column))]
    UsedTwice {
        /// The name of the column.
        column: String,
    },
    /// It is not clear which columns are meant.
    #[error("say which columns are the inputs and which one is the target; the columns are {}", listed(.columns))]
    Unsaid {
        /// The columns of the table.
        columns: Vec<String>,
    },
    /// The number of derivatives differs from the number of inputs.
    #[error(
        "the {what} named are {named}, the inputs {inputs}; name one for each input, in the same order, and - for one that was not measured"
    )]
    GradientLength {
        /// `derivatives` or `forces`.
        what: &'static str,
        /// How many are named.
        named: usize,
        /// Inputs named.
        inputs: usize,
    },
    /// Both a derivative and a force by an input are named.
    #[error("both a derivative and a force by \"{}\" are named; name one of them, and - for the other", shortened(.input))]
    DerivativeAndForce {
        /// The name of the input.
        input: String,
    },
    /// It is not clear whether a row is held out.
    #[error(
        "row {row}, column \"{}\" holds \"{}\"; write train or 0 for rows to learn from, and test, held-out or 1 for rows that are held out",
        shortened(.column),
        shortened(.text)
    )]
    Split {
        /// Row.
        row: usize,
        /// Column.
        column: String,
        /// The text of the field.
        text: String,
    },
    /// Neither derivatives nor a target are given.
    #[error("no derivative is named, so there is nothing to learn from; name the column of at least one")]
    NoGradient,
    /// A column of derivatives without a number.
    #[error("column \"{}\" has no number in any row; write - in its place if it was not measured", shortened(.column))]
    NothingMeasured {
        /// The name of the column.
        column: String,
    },
    /// A header and nothing else.
    #[error("there is a header but no row of numbers under it")]
    NoRows,
    /// A row with another number of fields than the header.
    #[error("row {row} (line {line}) has {fields} {}, but the header has {columns}", if *fields == 1 { "field" } else { "fields" })]
    Ragged {
        /// Row.
        row: usize,
        /// Line of the file.
        line: usize,
        /// How many fields it has.
        fields: usize,
        /// How many it should have.
        columns: usize,
    },
    /// Not a finite number.
    #[error("row {row} (line {line}), column \"{}\": {}", shortened(.column), not_a_number(.text))]
    NotANumber {
        /// Row.
        row: usize,
        /// Line of the file.
        line: usize,
        /// Column.
        column: String,
        /// The text of the field.
        text: String,
    },
    /// The name of a column of trajectories is missing.
    #[error("say which columns are the time, the inputs, the outputs and, of several runs, the run's name; the columns are {}", listed(.columns))]
    Columns {
        /// The columns of the table.
        columns: Vec<String>,
    },
    /// The times of a trajectory decrease.
    #[error("row {row} of the numbers: the time of run \"{}\" does not increase; sort its rows by time", shortened(.run))]
    Unsorted {
        /// Row, from 1.
        row: usize,
        /// The trajectory.
        run: String,
    },
    /// The numbers cannot be learnt from.
    #[error(transparent)]
    Data(#[from] InvalidData),
}

fn listed(names: &[String]) -> String {
    const MOST: usize = 12;
    let mut list: Vec<String> = names.iter().take(MOST).map(|name| shortened(name)).collect();
    if names.len() > MOST {
        list.push(format!("and {} more", names.len() - MOST));
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
        format!("\"{shown}\" is not a number; leave the row out, or empty the field")
    }
}

//! What can be wrong with a table, in sentences.

use crate::data::InvalidData;
use crate::text::shortened;

/// A table that cannot be used: the file's name and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {reason}")]
pub struct CsvError {
    /// What the file is called.
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
    /// Encoded in a way that is not read.
    #[error("the text is UTF-16; save it as UTF-8")]
    Utf16,
    /// Nothing but white space.
    #[error("the file is empty; it needs a header with column names and at least two rows of numbers")]
    Empty,
    /// The first line holds numbers.
    #[error("there is no header, the first line is numbers ({}); add a line with the names of the columns above it, such as x,y", listed(.first))]
    NoHeader {
        /// The fields of the first line.
        first: Vec<String>,
    },
    /// A single column.
    #[error(
        "there is only one column (\"{}\"); separate at least one input and the target by commas, semicolons or tabs",
        shortened(.column)
    )]
    OneColumn {
        /// Its name.
        column: String,
    },
    /// A column asked for is not there.
    #[error("there is no column \"{}\"; the columns are {}", shortened(.column), listed(.columns))]
    MissingColumn {
        /// What was asked for.
        column: String,
        /// What there is.
        columns: Vec<String>,
    },
    /// Several columns have the name asked for.
    #[error("several columns are called \"{}\"; give each its own name", shortened(.column))]
    SeveralColumns {
        /// Their name.
        column: String,
    },
    /// A column was asked for twice.
    #[error("column \"{}\" is asked for twice; each column can be one input or the target", shortened(.column))]
    UsedTwice {
        /// Its name.
        column: String,
    },
    /// It is not clear which columns are meant.
    #[error("say which columns are the inputs and which one is the target; the columns are {}", listed(.columns))]
    Unsaid {
        /// What there is.
        columns: Vec<String>,
    },
    /// Not one derivative an input.
    #[error(
        "the derivatives named are {gradient}, the inputs {inputs}; name one derivative for each input, in the same order, and - for one that was not measured"
    )]
    GradientLength {
        /// Derivatives named.
        gradient: usize,
        /// Inputs named.
        inputs: usize,
    },
    /// No derivative at all, and no target.
    #[error("no derivative is named, so there is nothing to learn from; name the column of at least one")]
    NoGradient,
    /// A column of derivatives without a number.
    #[error("column \"{}\" has no number in any row; write - in its place if it was not measured", shortened(.column))]
    NothingMeasured {
        /// Its name.
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
        /// What stands there.
        text: String,
    },
    /// A table of runs that lacks the name of a column.
    #[error("say which columns are the run's name, the time, the inputs and the outputs; the columns are {}", listed(.columns))]
    Columns {
        /// What there is.
        columns: Vec<String>,
    },
    /// Outputs that answer to no input.
    #[error(
        "there are {outputs} outputs for {inputs} inputs; name one output for each input, in the same order (beside a single input a \
         second output, across it, may stand)"
    )]
    Outputs {
        /// Inputs named.
        inputs: usize,
        /// Outputs named.
        outputs: usize,
    },
    /// More inputs than are understood.
    #[error("there are {0} inputs; at most {1} are understood")]
    Inputs(usize, usize),
    /// A run that goes back in time.
    #[error("row {row} of the numbers: the time of run \"{}\" does not increase; sort its rows by time", shortened(.run))]
    Unsorted {
        /// Row, from 1.
        row: usize,
        /// The run.
        run: String,
    },
    /// Sets of samples without a header.
    #[error(
        "the first line is numbers ({}) that do not rise from column to column, so it names no columns; add a line above it with a name for \
         each column, or the times at which they were drawn, in rising order",
        listed(.first)
    )]
    NoNames {
        /// The fields of the first line.
        first: Vec<String>,
    },
    /// More sets of samples than are taken.
    #[error("there are {sets} columns, each a set of samples; at most {most} are taken, so leave some out")]
    TooManySets {
        /// Columns.
        sets: usize,
        /// How many there may be.
        most: usize,
    },
    /// More rows than are taken.
    #[error("there are {rows} rows; at most {most} are taken, so leave some runs out or take fewer samples")]
    TooMany {
        /// Rows.
        rows: usize,
        /// How many there may be.
        most: usize,
    },
    /// Numbers that cannot be learnt from.
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
    } else if text.parse::<f64>().is_ok_and(|v| v.is_finite() && !text.contains("inf")) {
        format!("{shown} is too large; use other units")
    } else if text.parse::<f64>().is_ok() {
        format!("{shown} is not a finite number; leave the row out")
    } else if text.replacen(',', ".", 1).parse::<f64>().is_ok() {
        format!("\"{shown}\" is not a number; write a point, not a comma, before the decimals")
    } else {
        format!("\"{shown}\" is not a number")
    }
}

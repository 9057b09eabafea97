//! Sets of samples from a table: each column is one, its header a name or the time at which it was drawn.

use std::io::Read;

use ndarray::Array2;

use super::{CsvError, Reason, Table, load};
use crate::data::check_samples;

/// Largest numbers of sets and of rows, to keep fits to a reasonable time.
const MOST_SETS: usize = 32;
const MOST_ROWS: usize = 100_000;

/// Names of the sets, their times, and their samples `[rows, sets]`, NaN where a field is empty. Unless all headers are
/// increasing numbers (`0.5` or `t = 0.5`), there are no times.
pub type Sets = (Vec<String>, Vec<f64>, Array2<f64>);

/// Reads sets of samples from the columns called `wanted`, or from all columns if that is empty.
///
/// # Errors
/// One sentence if the table cannot be read, if its only column has no name, if headers are numbers that do not increase, if a
/// field is neither empty nor a finite number, if a set has fewer than eight samples or only equal ones, or if there are too
/// many sets or rows.
pub fn read_samples(name: &str, source: impl Read, wanted: &[String]) -> Result<Sets, CsvError> {
    read(source, wanted).map_err(|reason| CsvError { file: name.into(), reason })
}

fn read(source: impl Read, wanted: &[String]) -> Result<Sets, Reason> {
    let bytes = load(source)?;
    let mut table = Table::open_any(&bytes)?;
    let of = |name: &String| table.column(name);
    let columns = if wanted.is_empty() { table.named() } else { wanted.iter().map(of).collect::<Result<_, _>>()? };
    let labels: Vec<String> = columns.iter().map(|&c| table.header[c].clone()).collect();
    let time = |label: &String| label.trim_start_matches(['t', ' ', '=']).parse::<f64>().ok().filter(|t| t.is_finite());
    let times: Vec<f64> = labels.iter().filter_map(time).collect();
    let are_bare = labels.iter().all(|label| label.parse::<f64>().is_ok());
    let rise = times.windows(2).all(|w| w[0] < w[1]);
    if columns.is_empty() || (are_bare && (labels.len() < 2 || !rise)) {
        return Err(Reason::NoNames { first: labels });
    }
    if labels.len() > MOST_SETS {
        return Err(Reason::TooManySets { sets: labels.len(), most: MOST_SETS });
    }
    for label in &labels {
        table.column(label)?;
    }
    let numbers = table.numbers_or_gaps(&columns, 0)?;
    if numbers.nrows() > MOST_ROWS {
        return Err(Reason::TooMany { rows: numbers.nrows(), most: MOST_ROWS });
    }
    for (column, label) in numbers.columns().into_iter().zip(&labels) {
        let known: Vec<f64> = column.iter().copied().filter(|v| v.is_finite()).collect();
        check_samples(&known, label)?;
    }
    let times = if times.len() == labels.len() && rise && labels.len() > 1 { times } else { Vec::new() };
    Ok((labels, times, numbers))
}

//! Sets of samples from a table: each column is one, its header a name or the time at which it was drawn.

use std::io::Read;

use ndarray::Array2;

use super::{CsvError, Reason, Table, load};
use crate::data::check_samples;

/// Most sets and most rows: more would not be fitted in any patience.
const MOST_SETS: usize = 32;
const MOST_ROWS: usize = 100_000;

/// Names of the sets, their times, and their samples `[rows, sets]`, not a number where a field is empty. The times are empty unless all
/// headers are numbers (`0.5` or `t = 0.5`), which then rise.
pub type Sets = (Vec<String>, Vec<f64>, Array2<f64>);

/// Reads sets of samples: the columns of these names, all if none is named.
///
/// # Errors
/// One sentence if the table cannot be read, has a single column without a name or headers that are numbers and do not rise, anything but
/// finite numbers and gaps in it, a set of fewer than eight samples or of equal ones, or too many of either.
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

//! Reads sets of samples from a table. Each column is a set; its header is a name or the time at which the set was drawn.

use std::borrow::Cow;
use std::io::Read;

use ndarray::{Array2, ArrayView1};

use super::guess::{MAX_CHOICE, is_time, other_role, remarks};
use super::layout::TextLayout;
use super::table::NO_HEADER;
use super::{ColumnRequest, Columns, CsvError, Reason, Table, Taken, load, too_many};
use crate::data::check_samples;
use crate::data::unpack::{Unpacked, written};
use crate::numerics::statistics::sorted;
use crate::text::decimal;

/// Largest numbers of sets and of rows, which limit the time of a fit.
const MAX_SETS: usize = 32;
const MAX_ROWS: usize = 2_000_000;

/// Sets of samples, one per column of a table.
#[derive(Default)]
pub struct Sets {
    /// Names of the sets.
    pub labels: Vec<String>,
    /// Times of the sets; empty, unless all headers are increasing numbers (`0.5` or `t = 0.5`).
    pub times: Vec<f64>,
    /// Samples `[rows, sets]`, NaN where a field is empty.
    pub numbers: Array2<f64>,
    /// Time of each row, if a column of times implies another order than that of the rows; empty otherwise.
    pub clock: Vec<f64>,
    /// Range of each periodic set, if the table states it; empty if it states none.
    pub periods: Vec<Option<[f64; 2]>>,
    /// Sentences on how the table was read.
    pub notes: Vec<String>,
}

/// Reads sets of samples from the columns called `wanted`, or from all columns if `wanted` is empty.
///
/// # Errors
/// A sentence if the table cannot be read, if no column has a name, or if a field is neither empty nor a number. Also if a set has fewer
/// than eight samples or only equal ones, or if there are too many sets or rows.
pub fn read_samples(name: &str, source: impl Read, wanted: &[String]) -> Result<Sets, CsvError> {
    load(source).and_then(|layout| read_columns(&layout, wanted)).map_err(|reason| CsvError { file: name.into(), reason })
}

/// Reads sets of samples from the text of a table, as [`read_samples`] does, without a copy of the text.
///
/// # Errors
/// As [`read_samples`].
pub fn read_samples_text(name: &str, text: &str, wanted: &[String]) -> Result<Sets, CsvError> {
    let layout = TextLayout::detect(Cow::Borrowed(text));
    layout.and_then(|layout| read_columns(&layout, wanted)).map_err(|reason| CsvError { file: name.into(), reason })
}

fn read_columns(layout: &TextLayout, wanted: &[String]) -> Result<Sets, Reason> {
    let mut table = Table::of_samples(layout, wanted);
    table.derive(wanted)?;
    let columns = if wanted.is_empty() { likely(&mut table) } else { table.columns(wanted)? };
    let labels: Vec<String> = columns.iter().map(|&c| table.header[c].clone()).collect();
    let time = |label: &String| decimal(label.trim_start_matches(['t', ' ', '='])).filter(|t| t.is_finite());
    let times: Vec<f64> = labels.iter().filter_map(time).collect();
    let rise = times.windows(2).all(|w| w[0] < w[1]);
    if columns.is_empty() {
        return Err(Reason::File("no column has a name; write a name above each".into()));
    }
    if labels.len() > MAX_SETS {
        let sets = labels.len();
        return Err(Reason::File(format!(
            "there are {sets} columns, each a set of samples; at most {MAX_SETS} are taken, so leave some out"
        )));
    }
    table.columns(&labels)?;
    let Taken { numbers, .. } =
        table.read_columns(&ColumnRequest { columns: &columns, certain: 0, words: None, every_row: false })?;
    table.note_times(&columns, &numbers);
    // Rows after the last sample of a column are not gaps, because sets may have different sizes.
    let gaps = |column: ArrayView1<f64>| {
        let last = column.iter().rposition(|number| number.is_finite()).unwrap_or(0);
        column.iter().take(last).filter(|number| number.is_nan()).count()
    };
    let missing: usize = numbers.columns().into_iter().map(gaps).sum();
    if missing > 0 {
        table.notes.push(format!("Fields without a number between the samples of a column are left out: {missing}."));
    }
    if numbers.nrows() > MAX_ROWS {
        return Err(too_many(numbers.nrows(), MAX_ROWS));
    }
    for (column, label) in numbers.columns().into_iter().zip(&labels) {
        let known: Vec<f64> = column.iter().copied().filter(|v| v.is_finite()).collect();
        check_samples(&known, label)?;
    }
    let times = if times.len() == labels.len() && rise && labels.len() > 1 { times } else { Vec::new() };
    let clock = clock(layout, &columns, numbers.nrows());
    let periods = table.periods(&labels);
    Ok(Sets { labels, times, numbers, clock, periods, notes: table.notes })
}

/// Times in a column other than the `used` ones, if such a column exists and its order differs from that of the rows. Times that repeat, as
/// those of several runs do, imply no order.
pub(super) fn clock(layout: &TextLayout, used: &[usize], rows: usize) -> Vec<f64> {
    let mut table = Table::open(layout);
    let is_clock = |column: &usize| !used.contains(column) && is_time(&table.header[*column]);
    let Some(column) = (0..table.header.len()).find(is_clock) else { return Vec::new() };
    let taken = table.read_columns(&ColumnRequest { columns: &[column], certain: 1, words: None, every_row: false });
    let Ok(clock) = taken.map(|taken| taken.numbers.column(0).to_vec()) else { return Vec::new() };
    let rises = |clock: &[f64]| clock.windows(2).all(|pair| pair[0] < pair[1]);
    let says_order = clock.len() == rows && !rises(&clock) && rises(&sorted(clock.clone()));
    if says_order { clock } else { Vec::new() }
}

/// Columns that have a name. Columns whose names mean that they only accompany samples are left out, unless all do. Notes list these.
fn likely(table: &mut Table) -> Vec<usize> {
    let (named, names) = (table.named(), table.names());
    if names.len() > MAX_CHOICE {
        return named;
    }
    let (beside, samples): (Vec<usize>, Vec<usize>) =
        named.iter().partition(|&&c| other_role(&table.header[c], &names).is_some());
    if beside.is_empty() || samples.is_empty() {
        return named;
    }
    let inputs = samples.iter().map(|&c| table.header[c].clone()).collect();
    let notes = remarks(&names, &Columns { inputs, ..Columns::default() });
    table.notes.extend(notes.iter().map(ToString::to_string));
    samples
}

/// Text of a table with the sets of samples of several files, and sentences on how the files were read. Each set has the name of its file,
/// and of its column if the file has several. `files` holds names and bytes.
///
/// # Errors
/// As [`read_samples`], for each file.
pub fn sets_of(files: &[(String, impl AsRef<[u8]>)]) -> Result<Unpacked, CsvError> {
    let stem = |path: &str| {
        let file = path.rsplit(['/', '\\']).next().unwrap_or_default();
        let file = file.strip_suffix(".gz").unwrap_or(file);
        file.rsplit_once('.').map_or(file, |(stem, _)| stem).to_owned()
    };
    let stems: Vec<String> = files.iter().map(|(path, _)| stem(path)).collect();
    let is_unique = |stem: &String| stems.iter().filter(|other| *other == stem).count() == 1;
    let (mut columns, mut notes) = (Vec::new(), Vec::new());
    for ((path, bytes), stem) in files.iter().zip(&stems) {
        let sets = read_samples(path, bytes.as_ref(), &[])?;
        let file = if is_unique(stem) { stem } else { path };
        for (label, numbers) in sets.labels.iter().zip(sets.numbers.columns()) {
            let label = if sets.labels.len() == 1 { file.clone() } else { format!("{file}: {label}") };
            columns.push((label, numbers.iter().copied().filter(|number| number.is_finite()).collect()));
        }
        // A single column gets the name of its file instead of its own.
        let is_told = |note: &&String| sets.labels.len() > 1 || !note.starts_with(NO_HEADER);
        notes.extend(sets.notes.iter().filter(is_told).map(|note| format!("{path}: {note}")));
    }
    let (names, columns): (Vec<String>, Vec<Vec<f64>>) = columns.into_iter().unzip();
    Ok(Unpacked { text: written(&names, &columns), notes })
}

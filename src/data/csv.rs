//! Data from a text table: a header of column names, then one row a sample, separated by commas, semicolons, tabs
//! or blanks.
//!
//! ```
//! use multiwell::data::csv::{Columns, read};
//! let data = read("points.csv", "x,y\n0,1\n0.5,1.25\n".as_bytes(), &Columns::default()).unwrap();
//! assert_eq!((data.x[[1, 0]], data.y[1]), (0.5, 1.25));
//! ```
//!
//! Errors are one sentence that names the file, the row and the column.

mod blanks;
mod error;
mod guess;
mod samples;
mod split;
mod trajectories;

use std::io::Read;

use ndarray::{Array1, Array2, Axis, s};

pub use error::{CsvError, Reason};
pub use guess::{Remark, guess, remarks};
pub use samples::read_samples;
pub use trajectories::{TrajectoryColumns, read_histories, read_trajectories};

use super::{Dataset, LARGEST};

/// The columns of inputs, target and derivatives, by name. Names may be left out where the table allows only one choice: with
/// two columns, the first is the input and the second the target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// Names of the inputs, in the order of the network's inputs.
    pub inputs: Vec<String>,
    /// Name of the target.
    pub target: Option<String>,
    /// Names of the derivatives with respect to the inputs, in the order of the inputs; `-` for one that was not measured. If
    /// both lists are empty, the target is learnt from its values. With derivatives, a target is optional.
    pub gradient: Vec<String>,
    /// Names of forces, which are minus the derivatives, in the same form. Their sign is changed.
    pub forces: Vec<String>,
    /// Name of the column that says which rows are held out: `train` or 0, `test`, `held-out` or 1. If none is named, a column called
    /// `split` that holds nothing else is this column.
    pub split: Option<String>,
}

impl Columns {
    /// Whether derivatives or forces are learnt from.
    pub fn has_slopes(&self) -> bool {
        !self.gradient.is_empty() || !self.forces.is_empty()
    }

    /// Whether the column called `name` has a role other than to say which rows are held out.
    pub fn uses(&self, name: &str) -> bool {
        let is_it = |other: &String| other.trim() == name;
        [&self.inputs, &self.gradient, &self.forces].into_iter().flatten().chain(&self.target).any(is_it)
    }
}

/// Reads the inputs and the target of a table. `name` is what messages call the file.
///
/// # Errors
/// One sentence if the table cannot be read, lacks a column, has fewer than two rows or anything but finite numbers in the columns
/// asked for, or if one of these columns is constant.
pub fn read(name: &str, source: impl Read, columns: &Columns) -> Result<Dataset, CsvError> {
    let named = |reason| CsvError { file: name.into(), reason };
    let bytes = load(source).map_err(named)?;
    if columns.has_slopes() {
        return with_gradient(name, &bytes, columns).map_err(named);
    }
    (|| {
        let mut table = Table::open(&bytes)?;
        let split = table.split(columns)?;
        let mut chosen = table.choose(columns, split)?;
        chosen.inputs.push(chosen.target);
        let (numbers, words) = table.numbers_and_words(&chosen.inputs, chosen.inputs.len(), split)?;
        let names: Vec<String> = chosen.inputs.iter().map(|&c| table.header[c].clone()).collect();
        let (x, y) = numbers.view().split_at(Axis(1), names.len() - 1);
        let (x, y) = (x.to_owned(), y.column(0).to_owned());
        let data = Dataset { name: name.into(), names, x, y, held_out: Table::held_out(&words), ..Dataset::default() };
        Ok(data.checked(&[])?)
    })()
    .map_err(named)
}

/// Name in the list of derivatives for one that was not measured.
const NOT_MEASURED: &str = "-";

/// Reads inputs, derivatives and, if there is one, the target. Fields of derivatives may be empty.
fn with_gradient(name: &str, bytes: &[u8], columns: &Columns) -> Result<Dataset, Reason> {
    let mut table = Table::open(bytes)?;
    let Columns { inputs, target, .. } = columns;
    let slopes = slopes_of(columns)?;
    let split = table.split(columns)?;
    let find = |names: &[String]| names.iter().map(|n| table.column(n)).collect::<Result<Vec<usize>, Reason>>();
    let measured: Vec<String> = slopes.iter().flatten().map(|(name, _)| name.clone()).collect();
    if measured.is_empty() && target.is_none() {
        return Err(Reason::NoGradient);
    }
    let (x, g) = (find(inputs)?, find(&measured)?);
    let y = target.as_ref().map(|target| table.column(target)).transpose()?;
    let all: Vec<usize> = x.iter().chain(&y).chain(&g).copied().collect();
    if let Some(k) = (0..all.len()).find(|&k| all[..k].contains(&all[k])) {
        return Err(Reason::UsedTwice { column: table.header[all[k]].clone() });
    }
    let certain = x.len() + y.iter().len();
    let (numbers, words) = table.numbers_and_words(&all, certain, split)?;
    if let Some(k) = (certain..all.len()).find(|&k| numbers.column(k).iter().all(|v| v.is_nan())) {
        return Err(Reason::NothingMeasured { column: table.header[all[k]].clone() });
    }
    let mut of_gradient = (certain..all.len()).map(|column| numbers.column(column));
    let mut gradient = Array2::from_elem((numbers.nrows(), x.len()), f64::NAN);
    for (k, (_, sign)) in slopes.iter().enumerate().filter_map(|(k, slope)| Some((k, slope.as_ref()?))) {
        let column = of_gradient.next().expect("one column a name");
        gradient.column_mut(k).assign(&column.mapv(|slope| sign * slope));
    }
    let values = match y {
        Some(_) => numbers.column(x.len()).to_owned(),
        None => Array1::from_elem(numbers.nrows(), f64::NAN),
    };
    let name_of = |c: &usize| table.header[*c].clone();
    let last = y.as_ref().map_or_else(|| "Psi".to_string(), name_of);
    let data = Dataset {
        name: name.into(),
        names: x.iter().map(name_of).chain([last]).collect(),
        x: numbers.slice(s![.., ..x.len()]).to_owned(),
        y: values,
        gradient: Some(gradient),
        held_out: Table::held_out(&words),
        has_forces: slopes.iter().flatten().any(|(_, sign)| *sign < 0.0),
    };
    let names: Vec<String> =
        slopes.into_iter().map(|slope| slope.map_or_else(|| NOT_MEASURED.into(), |(name, _)| name)).collect();
    Ok(data.checked(&names)?)
}

/// For each input the name of the column of its derivative or of its force, with the sign of the derivative in it; `None` where neither was
/// measured.
fn slopes_of(columns: &Columns) -> Result<Vec<Option<(String, f64)>>, Reason> {
    let inputs = columns.inputs.len();
    let mut slopes = vec![None; inputs];
    for (what, names, sign) in [("derivatives", &columns.gradient, 1.0), ("forces", &columns.forces, -1.0)] {
        if !names.is_empty() && names.len() != inputs {
            return Err(Reason::GradientLength { what, named: names.len(), inputs });
        }
        for (k, name) in names.iter().enumerate().filter(|(_, name)| name.trim() != NOT_MEASURED) {
            if slopes[k].replace((name.clone(), sign)).is_some() {
                return Err(Reason::DerivativeAndForce { input: columns.inputs[k].clone() });
            }
        }
    }
    Ok(slopes)
}

/// The names of a table's columns; columns without a name are left out.
///
/// # Errors
/// One sentence if the table cannot be read.
pub fn header(name: &str, source: impl Read) -> Result<Vec<String>, CsvError> {
    let names = load(source).and_then(|bytes| Ok(Table::open_any(&bytes)?.names()));
    names.map_err(|reason| CsvError { file: name.into(), reason })
}

/// Reads the columns called `names` of a table, `[rows, names]`.
///
/// # Errors
/// One sentence if the table cannot be read, lacks a column, has no row or anything but finite numbers in these columns.
pub fn read_points(name: &str, source: impl Read, names: &[String]) -> Result<Array2<f64>, CsvError> {
    let named = |reason| CsvError { file: name.into(), reason };
    let bytes = load(source).map_err(named)?;
    let mut table = Table::open(&bytes).map_err(named)?;
    let columns: Result<Vec<usize>, Reason> = names.iter().map(|n| table.column(n)).collect();
    columns.and_then(|columns| table.numbers(&columns)).map_err(named)
}

/// The bytes of a text, without its byte order mark, and with commas where blanks separate columns.
fn load(mut source: impl Read) -> Result<Vec<u8>, Reason> {
    let mut bytes = Vec::new();
    source.read_to_end(&mut bytes).map_err(|e| Reason::Unreadable(e.to_string()))?;
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(Reason::Utf16);
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    if bytes.iter().all(u8::is_ascii_whitespace) { Err(Reason::Empty) } else { Ok(blanks::with_commas(bytes)) }
}

/// A table whose header has been read.
struct Table<'a> {
    bytes: &'a [u8],
    header: Vec<String>,
    rows: ::csv::Reader<&'a [u8]>,
}

/// The chosen columns, by position.
struct Chosen {
    inputs: Vec<usize>,
    target: usize,
}

impl<'a> Table<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, Reason> {
        let table = Self::open_any(bytes)?;
        if table.header.iter().all(|name| name.is_empty() || name.parse::<f64>().is_ok()) {
            return Err(Reason::NoHeader { first: table.header });
        }
        Ok(table)
    }

    /// Opens a table whose header may consist of numbers.
    fn open_any(bytes: &'a [u8]) -> Result<Self, Reason> {
        let mut rows = rows_of(bytes);
        let header = rows.byte_headers().map_err(|e| Reason::Unreadable(e.to_string()))?;
        let header: Vec<String> = header.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect();
        // Some programs mark a header by `#`.
        let header = header.iter().map(|name| name.trim_start_matches('#').trim().to_string()).collect();
        Ok(Self { bytes, header, rows })
    }

    /// The rows from the first one.
    fn again(&self) -> ::csv::Reader<&'a [u8]> {
        rows_of(self.bytes)
    }

    /// Positions of the columns that have a name. Columns without one are row numbers or come from trailing separators.
    fn named(&self) -> Vec<usize> {
        (0..self.header.len()).filter(|&c| !self.header[c].is_empty()).collect()
    }

    fn names(&self) -> Vec<String> {
        self.header.iter().filter(|name| !name.is_empty()).cloned().collect()
    }

    /// The one column called `name`.
    fn column(&self, name: &str) -> Result<usize, Reason> {
        let name = name.trim();
        let mut found = (0..self.header.len()).filter(|&c| self.header[c] == name);
        match (found.next(), found.next()) {
            _ if name.is_empty() => Err(Reason::MissingColumn { column: String::new(), columns: self.names() }),
            (None, _) => Err(Reason::MissingColumn { column: name.into(), columns: self.names() }),
            (Some(c), None) => Ok(c),
            (Some(_), Some(_)) => Err(Reason::SeveralColumns { column: name.into() }),
        }
    }

    fn choose(&self, columns: &Columns, split: Option<usize>) -> Result<Chosen, Reason> {
        let named: Vec<usize> = self.named().into_iter().filter(|c| split != Some(*c)).collect();
        if named.len() < 2 {
            return Err(Reason::OneColumn { column: self.names().concat() });
        }
        let inputs: Vec<usize> = columns.inputs.iter().map(|n| self.column(n)).collect::<Result<_, _>>()?;
        let target = columns.target.as_deref().map(|n| self.column(n)).transpose()?;
        for (k, &c) in inputs.iter().enumerate() {
            if inputs[..k].contains(&c) || target == Some(c) {
                return Err(Reason::UsedTwice { column: self.header[c].clone() });
            }
        }
        let rest: Vec<usize> = named.into_iter().filter(|c| !inputs.contains(c) && target != Some(*c)).collect();
        let chosen = match (inputs.is_empty(), target, rest.as_slice()) {
            (false, Some(target), _) | (false, None, &[target]) => Chosen { inputs, target },
            (true, Some(target), &[input]) | (true, None, &[input, target]) => Chosen { inputs: vec![input], target },
            _ => return Err(Reason::Unsaid { columns: self.names() }),
        };
        for &c in chosen.inputs.iter().chain([&chosen.target]) {
            self.column(&self.header[c])?;
        }
        Ok(chosen)
    }

    /// The line of the text in which a record begins, from 1. The parser counts blank lines before it as part of the record.
    fn line(&self, record: &::csv::ByteRecord) -> usize {
        let start = record.position().map_or(0, |p| p.byte() as usize).min(self.bytes.len());
        let blank = self.bytes[start..].iter().take_while(|b| matches!(b, b'\n' | b'\r')).count();
        let before = &self.bytes[..start + blank];
        let ends = |(k, &b): (usize, &u8)| b == b'\n' || (b == b'\r' && self.bytes.get(k + 1) != Some(&b'\n'));
        1 + before.iter().enumerate().filter(|&pair| ends(pair)).count()
    }

    /// The numbers in some columns, `[rows, columns]`, at least one row.
    fn numbers(&mut self, columns: &[usize]) -> Result<Array2<f64>, Reason> {
        self.numbers_or_gaps(columns, columns.len())
    }

    /// The numbers in some columns, `[rows, columns]`. Empty fields become NaN, except in the first `certain` columns, where
    /// they are errors.
    fn numbers_or_gaps(&mut self, columns: &[usize], certain: usize) -> Result<Array2<f64>, Reason> {
        self.numbers_and_words(columns, certain, None).map(|(numbers, _)| numbers)
    }

    /// The numbers in some columns, with NaN in place of gaps as in [`Table::numbers_or_gaps`], and the words of another column.
    fn numbers_and_words(
        &mut self,
        columns: &[usize],
        certain: usize,
        named: Option<usize>,
    ) -> Result<(Array2<f64>, Vec<String>), Reason> {
        let (mut numbers, mut words) = (Vec::new(), Vec::new());
        let mut record = ::csv::ByteRecord::new();
        let mut row = 0;
        while self.rows.read_byte_record(&mut record).map_err(|e| Reason::Unreadable(e.to_string()))? {
            row += 1;
            let line = || self.line(&record);
            if record.len() != self.header.len() {
                return Err(Reason::Ragged { row, line: line(), fields: record.len(), columns: self.header.len() });
            }
            words.extend(named.map(|c| String::from_utf8_lossy(&record[c]).into_owned()));
            for (k, &c) in columns.iter().enumerate() {
                let field = &record[c];
                if k >= certain && (field.is_empty() || field.eq_ignore_ascii_case(b"nan")) {
                    numbers.push(f64::NAN);
                    continue;
                }
                match std::str::from_utf8(field).ok().and_then(|text| text.parse::<f64>().ok()) {
                    Some(number) if number.abs() <= LARGEST => numbers.push(number),
                    _ => {
                        let text = String::from_utf8_lossy(field).into_owned();
                        return Err(Reason::NotANumber { row, line: line(), column: self.header[c].clone(), text });
                    }
                }
            }
        }
        if row == 0 {
            return Err(Reason::NoRows);
        }
        let shape = (row, columns.len());
        let numbers = Array2::from_shape_vec(shape, numbers).map_err(|e| Reason::Unreadable(e.to_string()))?;
        Ok((numbers, words))
    }
}

/// The rows of a text.
fn rows_of(bytes: &[u8]) -> ::csv::Reader<&[u8]> {
    ::csv::ReaderBuilder::new().delimiter(separator(bytes)).flexible(true).trim(::csv::Trim::All).from_reader(bytes)
}

/// What separates the columns: the most frequent of comma, semicolon and tab in the first line that is not blank, outside quotes.
fn separator(bytes: &[u8]) -> u8 {
    let is_blank = |line: &&[u8]| line.iter().all(u8::is_ascii_whitespace);
    let header = bytes.split(|&b| b == b'\n' || b == b'\r').find(|line| !is_blank(line)).unwrap_or_default();
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    for &byte in header {
        quoted ^= byte == b'"';
        for (separator, count) in &mut counts {
            *count += u32::from(!quoted && byte == *separator);
        }
    }
    counts.into_iter().reduce(|best, next| if next.1 > best.1 { next } else { best }).map_or(b',', |(byte, _)| byte)
}

#[cfg(test)]
mod tests;

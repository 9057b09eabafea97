//! Data from a table with one sample per row. A table is a text whose fields are separated by commas, semicolons, tabs or blanks, with or
//! without a header of column names, with or without comments. It may also consist of numpy arrays. The file may be compressed by gzip.
//!
//! ```
//! use multiwell::internal::data::csv::{Columns, read};
//! let data = read("points.csv", "x,y\n0,1\n0.5,1.25\n".as_bytes(), &Columns::default()).unwrap();
//! assert_eq!((data.x[[1, 0]], data.y[1]), (0.5, 1.25));
//! ```
//!
//! A file passes through these stages: bytes, [`crate::data::unpack`] (archives and compression), the lines above and below the table (`preamble`),
//! its layout (`TextLayout`: separator, header, comments), its columns (`Table`), and at last a [`Dataset`](super::Dataset).
//!
//! Errors are one sentence that names the file, the row and the column.

mod error;
mod fields;
mod guess;
mod inspection;
mod joint;
mod layout;
mod numbers;
mod preamble;
mod remarks;
mod samples;
mod split;
mod table;
mod trajectories;

use std::borrow::Cow;
use std::io::Read;

use ndarray::{Array1, Array2, s};
use serde::{Deserialize, Serialize};

pub use error::{CsvError, Reason};
pub use guess::{
    MAX_CHOICE, OtherRole, Remark, are_angles, are_samples, guess, is_angle_name, is_run, names_show_roles, other_role, remarks,
};
pub use inspection::{Bytes, NamedBytes, RawTable, inspect_files};
pub use joint::read_joint;
pub use samples::{Sets, read_samples, read_samples_text, sets_of};
pub use trajectories::{read_histories, read_trajectories};

use layout::TextLayout;
use table::{ColumnRequest, Table, Taken};

use super::unpack::{Unpacked, unpack};
use super::{Dataset, NOT_MEASURED};
use crate::text::shortened;

/// Roles of the columns of a table, by name. Names may be left out where the table allows only one choice: of two columns, the first is the
/// input and the second the target. Each kind of fit reads the roles that it needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Columns {
    /// Names of the inputs, in the order of the network's inputs. An expression of columns, such as `-E`, may replace a name, also for the
    /// target, derivatives, forces and standard errors. A column whose name equals the expression takes precedence.
    pub inputs: Vec<String>,
    /// Name of the target.
    pub target: Option<String>,
    /// Names of the derivatives with respect to the inputs, in the order of the inputs; `-` for a derivative that was not measured. If this
    /// list and `forces` are empty, the fit uses the values of the target. With derivatives, a target is optional.
    pub gradient: Vec<String>,
    /// Names of forces, in the order of the inputs. A force is minus the derivative, so its sign is changed.
    pub forces: Vec<String>,
    /// Name of the column that marks held-out rows: `train` or 0, `test`, `held-out` or 1. The default is a column called `split` that
    /// holds nothing else.
    pub split: Option<String>,
    /// Name of the column that holds the standard error of each row.
    pub sigma: Option<String>,
    /// Name of the column of the statistical weights of samples.
    pub weight: Option<String>,
    /// Names of the columns of bias potentials under which samples were drawn. Their sum gives a sample the weight `exp(bias/kT)`.
    pub biases: Vec<String>,
    /// Name of the column that holds the name or number of the trajectory of each row. Without it, all rows are one trajectory.
    pub run: Option<String>,
    /// Name of the column of the times of a trajectory.
    pub time: Option<String>,
    /// Names of the outputs of a trajectory. The k-th output is work-conjugate to the k-th input, and `-` replaces outputs of the
    /// last inputs that were not measured. A single input may have a
    /// second output, the transverse stress.
    pub outputs: Vec<String>,
}

impl Columns {
    /// Returns true if the fit uses derivatives or forces.
    pub fn has_slopes(&self) -> bool {
        !self.gradient.is_empty() || !self.forces.is_empty()
    }

    /// Returns true if the column called `name` has a role other than marking held-out rows.
    pub fn uses(&self, name: &str) -> bool {
        let is_it = |other: &String| other.trim() == name;
        [&self.inputs, &self.gradient, &self.forces].into_iter().flatten().chain(&self.target).chain(&self.sigma).any(is_it)
    }
}

/// Reads the inputs and the target of a table. Messages use `name` for the file.
///
/// # Errors
/// A sentence if the table cannot be read, lacks a column or has fewer than two rows. Also if one of the requested columns is constant
/// or holds anything but finite numbers.
pub fn read(name: &str, source: impl Read, columns: &Columns) -> Result<Dataset, CsvError> {
    load(source).and_then(|layout| read_columns(name, &layout, columns)).map_err(|reason| CsvError { file: name.into(), reason })
}

/// Reads the inputs and the target from the text of a table, as [`read`] does. A plain text is not copied.
///
/// # Errors
/// As [`read`].
pub fn read_text(name: &str, text: &str, columns: &Columns) -> Result<Dataset, CsvError> {
    let layout = TextLayout::detect(Cow::Borrowed(text));
    layout.and_then(|layout| read_columns(name, &layout, columns)).map_err(|reason| CsvError { file: name.into(), reason })
}

/// Reads the inputs, the target, and the derivatives, whose fields may be empty. A fit that uses derivatives needs no target, and all of its
/// columns are named.
fn read_columns(name: &str, layout: &TextLayout, columns: &Columns) -> Result<Dataset, Reason> {
    let mut table = Table::open(layout);
    let slopes = slopes_of(columns)?;
    let measured: Vec<String> = slopes.iter().flatten().map(|(name, _)| name.clone()).collect();
    table.derive(columns.inputs.iter().chain(&columns.target).chain(&columns.sigma).chain(&measured))?;
    let split = table.split(columns)?;
    let (x, y, sigma, g) = if columns.has_slopes() {
        if measured.is_empty() && columns.target.is_none() {
            return Err(Reason::NoGradient);
        }
        let (x, g) = (table.columns(&columns.inputs)?, table.columns(&measured)?);
        let y = columns.target.as_ref().map(|target| table.column(target)).transpose()?;
        (x, y, table.sigma(columns)?, g)
    } else {
        let sigma = table.sigma(columns)?;
        let (inputs, target) = table.choose(columns, [split, sigma])?;
        (inputs, Some(target), sigma, Vec::new())
    };
    let all: Vec<usize> = x.iter().chain(&y).chain(&sigma).chain(&g).copied().collect();
    if let Some(k) = (0..all.len()).find(|&k| columns.has_slopes() && all[..k].contains(&all[k])) {
        return Err(Reason::UsedTwice(table.header[all[k]].clone()));
    }
    let certain = all.len() - g.len();
    let Taken { numbers, words } =
        table.read_columns(&ColumnRequest { columns: &all, certain, words: split, every_row: false })?;
    if let Some(k) = (certain..all.len()).find(|&k| numbers.column(k).iter().all(|v| v.is_nan())) {
        return Err(Reason::NothingMeasured(table.header[all[k]].clone()));
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
    let names: Vec<String> = x.iter().map(name_of).chain([last]).collect();
    let data = Dataset {
        name: name.into(),
        periods: table.periods(&names[..x.len()]),
        names,
        x: numbers.slice(s![.., ..x.len()]).to_owned(),
        y: values,
        gradient: columns.has_slopes().then_some(gradient),
        held_out: Table::held_out(&words),
        has_forces: slopes.iter().flatten().any(|(_, sign)| *sign < 0.0),
        notes: table.notes,
        ..Dataset::default()
    };
    let names: Vec<String> =
        slopes.into_iter().map(|slope| slope.map_or_else(|| NOT_MEASURED.into(), |(name, _)| name)).collect();
    let data = data.checked(&names)?;
    Ok(if sigma.is_some() { data.with_sigmas(&numbers.column(certain - 1).to_vec())? } else { data })
}

/// Returns for each input the name of the column of its derivative or force, with the sign of the derivative in that column; `None` where
/// neither was measured.
fn slopes_of(columns: &Columns) -> Result<Vec<Option<(String, f64)>>, Reason> {
    let inputs = columns.inputs.len();
    let mut slopes = vec![None; inputs];
    for (what, names, sign) in [("derivatives", &columns.gradient, 1.0), ("forces", &columns.forces, -1.0)] {
        if !names.is_empty() && names.len() != inputs {
            return Err(Reason::File(format!(
                "the {what} named are {}, the inputs {inputs}; name one for each input, in the same order, and - for one that was not measured",
                names.len()
            )));
        }
        for (k, name) in names.iter().enumerate().filter(|(_, name)| name.trim() != NOT_MEASURED) {
            if slopes[k].replace((name.clone(), sign)).is_some() {
                let input = shortened(&columns.inputs[k]);
                return Err(Reason::File(format!(
                    "both a derivative with respect to \"{input}\" and a force along \"{input}\" are named; name one of them, and - for the other"
                )));
            }
        }
    }
    Ok(slopes)
}

/// Returns the names of a table's columns. Columns without a name are left out.
///
/// # Errors
/// One sentence if the table cannot be read.
pub fn header(name: &str, source: impl Read) -> Result<Vec<String>, CsvError> {
    let names = load(source).map(|layout| Table::open_any(&layout).names());
    names.map_err(|reason| CsvError { file: name.into(), reason })
}

/// Reads the columns called `names` of a table, `[rows, names]`. A table without a header needs as many columns as `names`; they are taken
/// in order.
///
/// # Errors
/// A sentence if the table cannot be read, lacks a column, has no row, or holds anything but finite numbers in these columns.
pub fn read_points(name: &str, source: impl Read, names: &[String]) -> Result<Array2<f64>, CsvError> {
    let named = |reason| CsvError { file: name.into(), reason };
    let layout = load(source).map_err(named)?;
    let mut table = Table::open(&layout);
    let columns = if !layout.has_header && table.names().len() == names.len() {
        Ok((0..names.len()).collect())
    } else {
        table.derive(names).map_err(named)?;
        table.columns(names)
    };
    let take = |columns: Vec<usize>| {
        table.read_columns(&ColumnRequest { certain: columns.len(), columns: &columns, words: None, every_row: true })
    };
    columns.and_then(take).map(|taken| taken.numbers).map_err(named)
}

/// Returns the error for more rows than are supported.
fn too_many(rows: usize, most: usize) -> Reason {
    Reason::File(format!("there are {rows} rows; at most {most} are taken, so leave some runs out or take fewer samples"))
}

/// Reads a source and determines the layout of its text.
fn load(mut source: impl Read) -> Result<TextLayout<'static>, Reason> {
    let mut bytes = Vec::new();
    source.read_to_end(&mut bytes).map_err(|e| Reason::Unreadable(e.to_string()))?;
    let Unpacked { text, notes } = unpack(bytes).map_err(|error| Reason::File(error.to_string()))?;
    let layout = TextLayout::detect(Cow::Owned(text))?;
    Ok(TextLayout { notes: [notes, layout.notes].concat(), ..layout })
}

#[cfg(test)]
mod tests;

//! Samples of several quantities, drawn together, with their weights.

use std::borrow::Cow;

use ndarray::{Axis, s};

use super::layout::Layout;
use super::samples::clock;
use super::table::{Table, Taken, Wanted};
use super::{CsvError, Reason};
use crate::data::{Dataset, check_samples};

/// The roles of the columns of samples of several quantities.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JointColumns {
    /// The quantities.
    pub inputs: Vec<String>,
    /// Statistical weights, if the samples have such.
    pub weights: Option<String>,
    /// Biases under which the samples were drawn, which are added up: a sample has the weight `exp(bias/kT)`.
    pub biases: Vec<String>,
    /// The thermal energy kT in the unit of the biases; without it they are taken to be in units of kT.
    pub kt: Option<f64>,
}

/// What is said of biases without a scale.
const NO_KT: &str = "The biases are taken to be in units of kT, for no kT is given. If they are energies, set kT in their unit, for instance 2.494 \
                     for kJ/mol at 300 K: weights, wells and depths depend on it.";

/// Reads samples of several quantities from the text of a table. `name` is what messages call the file.
///
/// # Errors
/// One sentence if the table cannot be read, lacks a column, has fewer than eight rows or anything but finite numbers in the columns asked for, or
/// if the weights are none.
pub fn read_joint(name: &str, text: &str, columns: &JointColumns) -> Result<Dataset, CsvError> {
    read(name, text, columns).map_err(|reason| CsvError { file: name.into(), reason })
}

fn read(name: &str, text: &str, columns: &JointColumns) -> Result<Dataset, Reason> {
    let layout = Layout::of(Cow::Borrowed(text))?;
    let mut table = Table::open(&layout);
    table.derive(columns.inputs.iter().chain(&columns.weights).chain(&columns.biases))?;
    let all = columns.inputs.iter().chain(&columns.weights).chain(&columns.biases);
    let chosen: Vec<usize> = all.map(|name| table.column(name)).collect::<Result<_, _>>()?;
    if let Some(k) = (0..chosen.len()).find(|&k| chosen[..k].contains(&chosen[k])) {
        return Err(Reason::UsedTwice { column: table.header[chosen[k]].clone() });
    }
    let Taken { numbers, .. } = table.take(&Wanted { columns: &chosen, certain: chosen.len(), words: None, every_row: false })?;
    let inputs = columns.inputs.len();
    let weights = match &columns.weights {
        Some(_) => Some(numbers.column(inputs).to_vec()),
        None if columns.biases.is_empty() => None,
        None => {
            let bias: Vec<f64> = numbers.slice(s![.., inputs..]).sum_axis(Axis(1)).to_vec();
            let highest = bias.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            Some(bias.into_iter().map(|bias| ((bias - highest) / columns.kt.unwrap_or(1.0)).exp()).collect())
        }
    };
    let names: Vec<String> = chosen[..inputs].iter().map(|&column| table.header[column].clone()).collect();
    for (column, name) in numbers.columns().into_iter().zip(&names) {
        check_samples(&column.to_vec(), name)?;
    }
    let data = Dataset::samples_of_density(numbers.slice(s![.., ..inputs]).to_owned(), weights.unwrap_or_default())?;
    let periods = table.periods(&names);
    let has_scale = columns.biases.is_empty() || columns.kt.is_some();
    let doubts = Vec::from_iter((!has_scale).then(|| NO_KT.to_owned()));
    let names = names.into_iter().chain(["Psi".into()]).collect();
    let clock = clock(&layout, &chosen, data.samples());
    let has_biases = !columns.biases.is_empty();
    Ok(Dataset { name: name.into(), periods, names, has_biases, clock, doubts, notes: table.notes, ..data })
}

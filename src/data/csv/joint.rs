//! Reads samples of several quantities, drawn together, with their weights.

use std::borrow::Cow;

use ndarray::{Axis, s};

use super::layout::TextLayout;
use super::samples::clock;
use super::table::{ColumnRequest, Table, Taken};
use super::{Columns, CsvError, Reason};
use crate::data::{Dataset, check_samples};

/// Note on biases without a thermal energy.
const NO_KT: &str = "The biases are taken to be in units of kT, for no kT is given. If they are energies, set kT in their unit, for instance 2.494 \
                     for kJ/mol at 300 K: weights, wells and depths depend on it.";

/// Reads samples of several quantities from the text of a table. Messages use `name` for the file.
///
/// # Errors
/// A sentence if the table cannot be read, lacks a column or has fewer than eight rows. Also if a requested column holds anything but
/// finite numbers, or if a weight is invalid.
///
/// `kt` is the thermal energy in the unit of the biases. Without it, the biases are in units of kT.
pub fn read_joint(name: &str, text: &str, columns: &Columns, kt: Option<f64>) -> Result<Dataset, CsvError> {
    read(name, text, columns, kt).map_err(|reason| CsvError { file: name.into(), reason })
}

fn read(name: &str, text: &str, columns: &Columns, kt: Option<f64>) -> Result<Dataset, Reason> {
    let layout = TextLayout::detect(Cow::Borrowed(text))?;
    let mut table = Table::open(&layout);
    let all = || columns.inputs.iter().chain(&columns.weight).chain(&columns.biases);
    table.derive(all())?;
    let chosen = table.columns(all())?;
    if let Some(k) = (0..chosen.len()).find(|&k| chosen[..k].contains(&chosen[k])) {
        return Err(Reason::UsedTwice(table.header[chosen[k]].clone()));
    }
    let Taken { numbers, .. } =
        table.read_columns(&ColumnRequest { columns: &chosen, certain: chosen.len(), words: None, every_row: false })?;
    let inputs = columns.inputs.len();
    let weights = match &columns.weight {
        Some(_) => Some(numbers.column(inputs).to_vec()),
        None if columns.biases.is_empty() => None,
        None => {
            let bias: Vec<f64> = numbers.slice(s![.., inputs..]).sum_axis(Axis(1)).to_vec();
            let highest = bias.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            Some(bias.into_iter().map(|bias| ((bias - highest) / kt.unwrap_or(1.0)).exp()).collect())
        }
    };
    let names: Vec<String> = chosen[..inputs].iter().map(|&column| table.header[column].clone()).collect();
    for (column, name) in numbers.columns().into_iter().zip(&names) {
        check_samples(&column.to_vec(), name)?;
    }
    let periods = table.periods(&names);
    let names = names.into_iter().chain(["Psi".into()]).collect();
    let data = Dataset::named_samples(numbers.slice(s![.., ..inputs]).to_owned(), weights.unwrap_or_default(), names)?;
    let has_scale = columns.biases.is_empty() || kt.is_some();
    let doubts = Vec::from_iter((!has_scale).then(|| NO_KT.to_owned()));
    let clock = clock(&layout, &chosen, data.samples());
    let has_biases = !columns.biases.is_empty();
    Ok(Dataset { name: name.into(), periods, has_biases, clock, doubts, notes: table.notes, ..data })
}

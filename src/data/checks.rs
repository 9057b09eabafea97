//! Checks of the numbers of a dataset.

use ndarray::{ArrayRef2, ArrayView1};

use super::invalid::{InvalidData, MAX_MAGNITUDE, MIN_COLUMN_RANGE};
use crate::numerics::linear::dot;
use crate::numerics::statistics::{extent, standardised};
use crate::text::shortened;

pub(super) fn all_usable(column: &ArrayView1<f64>, name: &str, with_gaps: bool) -> Result<(), InvalidData> {
    let unusable = column.iter().position(|v| if v.is_nan() { !with_gaps } else { v.abs() > MAX_MAGNITUDE });
    let refused = |row: usize| {
        let (name, value) = (shortened(name), column[row]);
        let number = row + 1;
        Err(InvalidData(format!(
            "row {number}, column \"{name}\" holds {value}, which is not a finite number below 1e100; leave the row out"
        )))
    };
    unusable.map_or(Ok(()), refused)
}

/// Smallest part of a column, in its standard deviations, that is independent of other columns. It exceeds rounding errors of tables.
const MIN_INDEPENDENT_PART: f64 = 1e-5;

/// Index of the first column of a table that is a linear function of the columns before it up to rounding.
pub(super) fn dependent_column(table: &ArrayRef2<f64>) -> Option<usize> {
    let mut basis: Vec<Vec<f64>> = Vec::new();
    table.columns().into_iter().position(|column| {
        let mut rest = standardised(&column.to_vec()).0;
        for unit in &basis {
            let part = dot(unit, &rest);
            rest.iter_mut().zip(unit).for_each(|(rest, unit)| *rest -= part * unit);
        }
        let length = dot(&rest, &rest).sqrt();
        basis.push(rest.iter().map(|rest| rest / length).collect());
        length < MIN_INDEPENDENT_PART * (table.nrows() as f64).sqrt()
    })
}

/// Checks that the numbers of a column differ by more than the smallest supported range.
pub(super) fn spread_out(values: impl IntoIterator<Item = f64>, column: &str) -> Result<(), InvalidData> {
    let [low, high] = extent(values);
    match high - low {
        range if range <= 0.0 => Err(InvalidData::constant(column)),
        range if range < MIN_COLUMN_RANGE => Err(InvalidData(format!(
            "the numbers in column \"{}\" differ by less than 1e-100; use other units",
            shortened(column)
        ))),
        _ => Ok(()),
    }
}

//! Standard errors of rows, and the relative weights of the rows that follow from them.

use super::invalid::{MAX_MAGNITUDE, MIN_COLUMN_RANGE};
use super::{Dataset, InvalidData};

impl Dataset {
    /// Adds the standard error of each row. Only ratios of standard errors count, so that equal ones have no effect.
    ///
    /// # Errors
    /// If their number differs from the number of rows, or if one of them is not finite and above zero.
    pub fn with_sigmas(self, sigmas: &[f64]) -> Result<Self, InvalidData> {
        let samples = self.samples();
        if sigmas.len() != samples {
            return Err(InvalidData::shape("standard errors", sigmas.len(), &format!("{samples} points")));
        }
        if let Some(row) = sigmas.iter().position(|sigma| !(MIN_COLUMN_RANGE..=MAX_MAGNITUDE).contains(sigma)) {
            let (row, value) = (row + 1, sigmas[row]);
            return Err(InvalidData(format!(
                "row {row} has the standard error {value}; standard errors must be finite and above zero"
            )));
        }
        Ok(Self { sigmas: sigmas.to_vec(), ..self })
    }

    /// Square root of the harmonic mean of the squared standard errors, if they are known: the error of a row of weight one.
    pub fn unit_sigma(&self) -> Option<f64> {
        // Division by the smallest one prevents an overflow of the squares.
        let least = self.sigmas.iter().copied().fold(f64::INFINITY, f64::min);
        let sum: f64 = self.sigmas.iter().map(|sigma| (least / sigma).powi(2)).sum();
        (!self.sigmas.is_empty()).then(|| least * (self.sigmas.len() as f64 / sum).sqrt())
    }

    /// Weights of the rows, with a mean of one; `None` if they are equal.
    pub fn row_weights(&self) -> Option<Vec<f64>> {
        let unit = self.unit_sigma().filter(|_| self.sigmas.iter().any(|sigma| *sigma != self.sigmas[0]))?;
        Some(self.sigmas.iter().map(|sigma| (unit / sigma).powi(2)).collect())
    }

    /// Standard errors in units of that of a row of weight one. All are one if the weights are equal.
    pub(crate) fn relative_sigmas(&self) -> Vec<f64> {
        self.row_weights().map_or_else(|| vec![1.0; self.samples()], |weights| weights.iter().map(|w| 1.0 / w.sqrt()).collect())
    }
}

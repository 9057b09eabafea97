//! Standard errors of rows, and what follows from them: weights of the rows, which count relative to each other.

use super::invalid::LARGEST;
use super::{CLOSEST, Dataset, InvalidData};

impl Dataset {
    /// Adds the standard error of each row. They count relative to each other, so that equal ones change nothing.
    ///
    /// # Errors
    /// If they are not as many as the rows, or not all finite and above zero.
    pub fn with_sigmas(self, sigmas: &[f64]) -> Result<Self, InvalidData> {
        let samples = self.samples();
        if sigmas.len() != samples {
            return Err(InvalidData::Shape {
                what: "standard errors",
                found: sigmas.len(),
                expected: format!("{samples} points"),
            });
        }
        if let Some(row) = sigmas.iter().position(|sigma| !(CLOSEST..=LARGEST).contains(sigma)) {
            return Err(InvalidData::StandardError { row: row + 1, value: sigmas[row].to_string() });
        }
        Ok(Self { sigmas: sigmas.to_vec(), ..self })
    }

    /// The root of the harmonic mean of the squares of the standard errors, if they are known: the error of a row of weight one.
    pub fn unit_sigma(&self) -> Option<f64> {
        // Relative to the smallest, so that no square overflows.
        let least = self.sigmas.iter().copied().fold(f64::INFINITY, f64::min);
        let sum: f64 = self.sigmas.iter().map(|sigma| (least / sigma).powi(2)).sum();
        (!self.sigmas.is_empty()).then(|| least * (self.sigmas.len() as f64 / sum).sqrt())
    }

    /// The weights of the rows, with a mean of one; `None` if all count alike.
    pub fn row_weights(&self) -> Option<Vec<f64>> {
        let unit = self.unit_sigma().filter(|_| self.sigmas.iter().any(|sigma| *sigma != self.sigmas[0]))?;
        Some(self.sigmas.iter().map(|sigma| (unit / sigma).powi(2)).collect())
    }

    /// The standard errors in units of that of a row of weight one; of rows that count alike, all one.
    pub(crate) fn relative_sigmas(&self) -> Vec<f64> {
        self.row_weights().map_or_else(|| vec![1.0; self.samples()], |weights| weights.iter().map(|w| 1.0 / w.sqrt()).collect())
    }
}

//! Errors of a fit on its rows, and the smallest barrier that follows from them.

use ndarray::{Array1, ArrayView1, Axis};

use super::{PotentialEvaluation, SearchStarts};
use crate::data::{self, noise};
use crate::landscape;
use crate::numerics::accuracy::{Accuracy, FitPrecision};

impl PotentialEvaluation {
    /// Smallest barrier of a well of the fit with these parameters. Its scale is the spread of the data, or of the fit if
    /// only derivatives are known. Small errors of a curve lower it.
    pub fn threshold_of(&self, params: &[f64]) -> f64 {
        match self.joint() {
            Some(joint) => joint.threshold(&mut self.evaluators.value(), params),
            None if self.test.rows.has_values() => self.threshold_from_errors(params, self.threshold),
            None => self.threshold_from_errors(params, threshold_from_spread(&self.test_values(params).0)),
        }
    }

    /// Smallest barrier of a well from the errors of a curve, at most `usual`.
    pub(super) fn threshold_from_errors(&self, params: &[f64], usual: f64) -> f64 {
        let is_curve = self.domain.inputs() == 1 && self.stored.is_none();
        let Some(accuracy) = (if is_curve { self.accuracy(params) } else { None }) else { return usual };
        let mut search = |threshold: f64| self.extrema(params, &SearchStarts::Thorough, threshold).minima;
        accuracy.fully_correlated().threshold(self.domain(), self.noise_threshold, &mut search).min(usual)
    }

    /// Accuracy of a fit on its data; `None` for a density, which has no errors at rows. Between the rows of a curve the
    /// reference is the cubic through four of them.
    pub fn accuracy(&self, params: &[f64]) -> Option<Accuracy> {
        if self.joint.is_some() || self.stored.is_some() {
            return self.stored.as_ref().and_then(|stored| stored.accuracy.clone());
        }
        let (psi, gradient, offset) = self.test_values(params);
        let inputs = self.domain.inputs();
        let precision = |component: Option<usize>, measured: ArrayView1<f64>| {
            let found = |psi: &[f64], gradient: &[f64], row: usize| match component {
                Some(k) => gradient[row * inputs + k],
                None => psi[row],
            };
            let measured_rows: Vec<usize> = (0..self.test.rows.samples()).filter(|&row| measured[row].is_finite()).collect();
            let weight = |row: usize| self.test.weights.as_ref().map_or(1.0, |weights| weights[row].sqrt());
            let psi = psi.as_slice().expect("one after another");
            let error = |row: usize| weight(row) * (found(psi, &gradient, row) - measured[row]);
            let errors: Vec<f64> = measured_rows.iter().map(|&row| error(row)).collect();
            let rows = FitPrecision::of_errors(&errors, &self.test.rows.select_rows(&measured_rows).nearest());
            if self.truth.is_some() {
                return rows.fully_correlated();
            }
            let noise = rows.at_least(self.test.rows.fine_sigma_of(&measured));
            if inputs > 1 {
                return noise;
            }
            let x = self.test.rows.x.select(Axis(0), &measured_rows);
            let middles = noise::middles(&x.column(0), &measured.select(Axis(0), &measured_rows));
            let places: Vec<f64> = middles.iter().map(|middle| middle[0]).collect();
            let (psi, gradient) = self.evaluators.slopes(params, &places);
            let psi: Vec<f64> = psi.iter().map(|psi| psi - offset).collect();
            let error = |(k, middle): (usize, &[f64; 3])| (found(&psi, &gradient, k) - middle[1]) / middle[2];
            let squares = middles.iter().enumerate().map(|found| error(found).powi(2));
            noise.at_least((squares.sum::<f64>() / middles.len().max(1) as f64).sqrt())
        };
        let values = self.test.rows.has_values().then(|| precision(None, self.test.rows.y.view()));
        let slopes = self.test.rows.gradient.iter().flat_map(|gradient| gradient.columns()).enumerate();
        Some(Accuracy { values, slopes: slopes.map(|(k, column)| precision(Some(k), column)).collect() })
    }
}

/// Smallest barrier of a well from the spread of the values of a fit.
pub(super) fn threshold_from_spread(psi: &Array1<f64>) -> f64 {
    landscape::well_threshold(data::standard_deviation(psi), 0.0)
}

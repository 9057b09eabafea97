//! Held-out rows of a user's table, and the errors of a fit on them beside those on its training rows.

use ndarray::ArrayView1;

use super::evaluation::PotentialEvaluation;
use super::large::row_subset;
use crate::data::{self, Dataset, InvalidData};
use crate::loss::gathered::MAX_ROWS;
use crate::model::init;
use crate::numerics::statistics::{mean_of, moments, sorted, spread};
use crate::potentials::sampling;
use crate::problem::metrics::HeldOut;
use crate::problem::settings::Settings;
use crate::text::number;

/// Smallest significant difference of the mean squared errors on the two parts, in standard errors. Chance exceeds it in
/// one fit of 700.
const MIN_GAP_STANDARD_ERRORS: f64 = 3.0;
/// Smallest relevant difference of the mean squared errors, over the variance of the quantity: R^2 differs in its third digit.
const MIN_RELATIVE_GAP: f64 = 1e-3;

/// Largest number of inputs without held-out rows by default, and the fraction held out above it. Rows in many inputs lie far
/// apart, so errors on the rows of the fit are not representative.
const MAX_INPUTS_UNCHECKED: usize = 3;
const DEFAULT_FRACTION: f64 = 0.2;
/// Smallest number of rows with held-out rows by default.
const MIN_ROWS: usize = 20;

/// Returns true if some rows are held out by default.
pub fn is_checked_by_default(data: &Dataset) -> bool {
    data.inputs() > MAX_INPUTS_UNCHECKED && data.samples() >= MIN_ROWS && !data.is_model && !data.is_density
}

/// Splits a user's rows into training rows and held-out rows, if there are any. Held-out rows are marked in the table, or
/// are a random fraction drawn with the data seed. Above three inputs a fifth is held out by default.
///
/// # Errors
/// If the training rows are too few, or all the same.
pub fn split_rows(data: Dataset, settings: &Settings) -> Result<(Dataset, Option<Dataset>), InvalidData> {
    let default = is_checked_by_default(&data).then_some(DEFAULT_FRACTION);
    let fraction = settings.data.hold_out.or(default).filter(|&part| part > 0.0 && data.held_out.is_empty());
    let Some(fraction) = fraction else { return if data.held_out.is_empty() { Ok((data, None)) } else { data.split_held_out() } };
    let samples = data.samples();
    let count = ((fraction * samples as f64).round() as usize).max(1);
    let mut data = data;
    if settings.data.hold_out.is_none() {
        data.notes.push(format!(
            "{count} of {samples} rows are held out. With more than {MAX_INPUTS_UNCHECKED} inputs, errors on the rows of the fit do not measure errors \
             elsewhere. With Held out at 0, the fit learns from all rows."
        ));
    }
    data.hold_out(sampling::subset(samples, count, &mut init::stream(settings.data.seed)))?.split_held_out()
}

/// Held-out rows and training rows.
#[derive(Clone, Debug)]
pub struct HeldOutRows {
    learnt: Dataset,
    held_out: Dataset,
    /// A subset of very many held-out rows, for the errors during training.
    subset: Option<Dataset>,
    /// Standard deviation of each derivative, then of the values, in the training rows.
    spreads: Vec<f64>,
}

impl HeldOutRows {
    /// Prepares the comparison of the errors on the two parts.
    pub fn new(learnt: &Dataset, held_out: Dataset) -> Self {
        let slopes = learnt.gradient.iter().flat_map(|gradient| gradient.columns());
        let measured = slopes.chain([learnt.y.view()]).map(|column| column.iter().copied().filter(|v| v.is_finite()).collect());
        let spreads = measured.map(|column: Vec<f64>| spread(&column)).collect();
        let subset = (held_out.samples() > MAX_ROWS).then(|| row_subset(&held_out));
        Self { learnt: learnt.clone(), held_out, subset, spreads }
    }

    /// Errors of a fit on the held-out rows, and a sentence if they are significantly larger than on the training rows.
    /// `offset` is subtracted from the fit. During training a subset replaces very many rows.
    pub fn errors(
        &self,
        evaluation: &PotentialEvaluation,
        params: &[f64],
        offset: f64,
        is_last: bool,
    ) -> (HeldOut, Option<String>) {
        let held_out = self.subset.as_ref().filter(|_| !is_last).unwrap_or(&self.held_out);
        let found = RowValues::from_fit(evaluation, params, offset, held_out);
        let metrics = HeldOut::new(self.held_out.samples(), found.errors(), &found.components());
        let unit = self.learnt.unit_sigma();
        let there = found.squares(&self.spreads, unit);
        let here = RowValues::from_fit(evaluation, params, offset, &self.learnt).squares(&self.spreads, unit);
        (metrics, gap_warning(&here, &there))
    }
}

/// Values and gradients of a fit on some rows.
pub(super) struct RowValues<'a> {
    pub(super) rows: &'a Dataset,
    /// Weights of the rows, if they differ.
    weights: Option<Vec<f64>>,
    psi: Vec<f64>,
    gradient: Vec<f64>,
}

impl<'a> RowValues<'a> {
    pub(super) fn from_fit(evaluation: &PotentialEvaluation, params: &[f64], offset: f64, rows: &'a Dataset) -> Self {
        let (psi, gradient) = evaluation.values_on(params, rows);
        let psi = psi.into_iter().map(|value| value - offset).collect();
        Self { rows, weights: rows.row_weights(), psi, gradient }
    }

    pub(super) fn values(&self) -> &[f64] {
        &self.psi
    }

    /// Each measured derivative, with its values under the fit.
    fn slopes(&self) -> impl Iterator<Item = (ArrayView1<'_, f64>, Vec<f64>)> {
        let inputs = self.rows.inputs();
        let slopes = self.rows.gradient.iter().flat_map(|gradient| gradient.columns()).enumerate();
        slopes.map(move |(k, column)| (column, self.gradient.iter().skip(k).step_by(inputs).copied().collect()))
    }

    /// Each measured quantity, first the derivatives, with its values under the fit and its mean squared error.
    pub(super) fn quantities(&self) -> impl Iterator<Item = (ArrayView1<'_, f64>, Vec<f64>, f64)> {
        let values = self.rows.has_values().then(|| (self.rows.y.view(), self.psi.clone()));
        self.slopes().chain(values).map(|(measured, found)| {
            let mse = explained(found.iter().zip(measured), self.weights.as_deref()).0;
            (measured, found, mse)
        })
    }

    /// Mean squared error of the values and the fraction of their variance that is explained, if there are any.
    pub(super) fn errors(&self) -> Option<(f64, Option<f64>)> {
        self.rows.has_values().then(|| explained(self.psi.iter().zip(&self.rows.y), self.weights.as_deref()))
    }

    /// Mean squared error and explained fraction of the variance of each derivative.
    pub(super) fn components(&self) -> Vec<(f64, Option<f64>)> {
        self.slopes().map(|(column, found)| explained(found.iter().zip(column), self.weights.as_deref())).collect()
    }

    /// Mean squared error of all measured quantities at each row, each over its variance in the training rows. `unit` is the
    /// standard error of a row with weight one, if standard errors are known.
    fn squares(&self, spreads: &[f64], unit: Option<f64>) -> Vec<f64> {
        let inputs = self.rows.inputs();
        let weight = |row: usize| unit.map_or(1.0, |unit| (unit / self.rows.sigmas[row]).powi(2));
        let of_row = |row: usize| {
            let slopes = self.rows.gradient.iter().flat_map(|gradient| gradient.row(row)).enumerate();
            let slopes = slopes.map(|(k, truth)| (self.gradient[row * inputs + k] - truth) / spreads[k]);
            let value = (self.psi[row] - self.rows.y[row]) / spreads[spreads.len() - 1];
            mean_of(slopes.chain([value]).filter(|error| error.is_finite()).map(|error| weight(row) * (error * error)))
        };
        (0..self.rows.samples()).filter_map(of_row).collect()
    }
}

/// Mean squared error of pairs `(found, true)`, and the explained fraction of the variance if the true values vary.
fn explained<'a>(pairs: impl Iterator<Item = (&'a f64, &'a f64)>, weights: Option<&[f64]>) -> (f64, Option<f64>) {
    let pairs: Vec<(&f64, &f64)> = pairs.collect();
    let is_known = pairs.iter().any(|pair| pair.1.is_finite());
    let (mse, r2) = data::weighted_errors(pairs.into_iter(), weights);
    (if is_known { mse } else { f64::NAN }, Some(r2).filter(|r2| !r2.is_nan()))
}

/// Sum of the ranks of some numbers among others, as its distance from the expectation for equal distributions in standard deviations (Mann
/// and Whitney, Ann. Math. Stat. 18, 1947, 50).
fn excess_of_ranks(of: &[f64], among: &[f64]) -> f64 {
    let others = sorted(among.to_vec());
    let below = |x: f64| 0.5 * (others.partition_point(|other| *other < x) + others.partition_point(|other| *other <= x)) as f64;
    let [count, other_count] = [of, among].map(|numbers| numbers.len() as f64);
    let pairs = count * other_count;
    let exceeded: f64 = of.iter().map(|&x| below(x)).sum();
    (exceeded - 0.5 * pairs) / (pairs * (count + other_count + 1.0) / 12.0).sqrt()
}

/// Sentence if the squared errors `there` exceed those of `here`: their mean by more than [`MIN_RELATIVE_GAP`], and either the mean or the
/// ranks by more than [`MIN_GAP_STANDARD_ERRORS`] standard errors. If a few squared errors dominate their mean, its standard error is as large
/// as the mean, so that no ratio of the errors is significant. The ranks do not depend on these few.
fn gap_warning(here: &[f64], there: &[f64]) -> Option<String> {
    let mean_and_variance = |squares: &[f64]| {
        let (mean, deviation) = moments(squares);
        (mean, deviation * deviation / squares.len() as f64)
    };
    let ((learnt, of_learnt), (held_out, of_held_out)) = (mean_and_variance(here), mean_and_variance(there));
    let difference = held_out - learnt;
    let is_beyond_chance = difference > MIN_GAP_STANDARD_ERRORS * (of_learnt + of_held_out).sqrt()
        || excess_of_ranks(there, here) > MIN_GAP_STANDARD_ERRORS;
    let is_significant = there.len() > 1 && difference > MIN_RELATIVE_GAP && is_beyond_chance;
    is_significant.then(|| {
        format!(
            "On the {} held-out rows the error is {} times that on the rows learnt from, more than chance explains: do not trust the fit \
             between its rows. More rows, fewer modes or a larger epsilon may help.",
            there.len(),
            number((held_out / learnt.max(f64::MIN_POSITIVE)).sqrt(), 2)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gap_warning_needs_more_than_chance_and_rounding() {
        let wave = |size: f64, count: u32| (0..count).map(|k| size * (1.0 + f64::from(k).sin())).collect::<Vec<_>>();
        assert_eq!(gap_warning(&wave(0.1, 160), &wave(0.11, 40)), None);
        assert_eq!(gap_warning(&wave(1e-9, 160), &wave(1e-6, 40)), None);
        let sentence = gap_warning(&wave(0.01, 160), &wave(0.16, 40)).expect("they part");
        assert!(sentence.starts_with("On the 40 held-out rows the error is 4 times"), "{sentence}");
        // Three rows dominate the mean, and all others have larger errors too.
        let skewed: Vec<f64> = wave(1e-3, 57).into_iter().chain([0.1, 0.2, 0.4]).collect();
        assert!(gap_warning(&wave(1e-9, 240), &skewed).is_some());
        // A single row far away is not enough.
        let outlier: Vec<f64> = wave(0.01, 39).into_iter().chain([100.0]).collect();
        assert_eq!(gap_warning(&wave(0.01, 160), &outlier), None);
        assert_eq!(gap_warning(&wave(0.01, 160), &[100.0]), None);
    }
}

//! Rows of a user's table that are held out: which these are, and the errors of a fit on them beside those on the rows that it learns from.

use super::evaluation::Evaluation;
use super::large::some_of;
use crate::data::{self, Dataset, InvalidData};
use crate::model::init;
use crate::numerics::statistics::moments;
use crate::potentials::sampling;
use crate::problem::metrics::HeldOut;
use crate::problem::settings::Settings;
use crate::recipe::gathered::MOST_ROWS;
use crate::text::number;

/// Standard errors by which the mean squared errors of the two parts differ where they are said to part: chance alone does so in one fit of
/// seven hundred.
const CERTAIN: f64 = 3.0;
/// Least difference of the mean squared errors, over the variance of what is learnt, that is worth a sentence: R^2 differs in its third digit.
const MATTERS: f64 = 1e-3;

/// Largest number of inputs of which no rows are held out by default, and the part held out of more: their rows lie so far apart that errors on
/// rows of the fit say nothing of others.
const MAX_INPUTS_UNCHECKED: usize = 3;
const DEFAULT_PART: f64 = 0.2;
/// Smallest number of rows of which some are held out by default.
const MIN_ROWS: usize = 20;

/// True if some rows are held out unless the settings say otherwise.
pub fn is_checked_by_default(data: &Dataset) -> bool {
    data.inputs() > MAX_INPUTS_UNCHECKED && data.samples() >= MIN_ROWS && !data.is_model && !data.is_density
}

/// Splits a user's rows into those that are learnt from and those that are held out, if there are any: those that the table names, or a
/// fraction of all, drawn by the seed of the data. Above three inputs a fifth is held out unless the settings say otherwise.
///
/// # Errors
/// If the rows to learn from are too few, or all the same.
pub fn parts(data: Dataset, settings: &Settings) -> Result<(Dataset, Option<Dataset>), InvalidData> {
    let default = is_checked_by_default(&data).then_some(DEFAULT_PART);
    let fraction = settings.data.hold_out.or(default).filter(|&part| part > 0.0 && data.held_out.is_empty());
    let Some(fraction) = fraction else { return if data.held_out.is_empty() { Ok((data, None)) } else { data.parts() } };
    let samples = data.samples();
    let count = ((fraction * samples as f64).round() as usize).max(1);
    let mut data = data;
    if settings.data.hold_out.is_none() {
        data.notes.push(format!(
            "{count} of {samples} rows are held out, because errors on the rows of a fit of more than {MAX_INPUTS_UNCHECKED} inputs say nothing of \
             others. With hold-out 0, the fit learns from all rows."
        ));
    }
    data.hold_out(sampling::subset(samples, count, &mut init::stream(settings.data.seed)))?.parts()
}

/// The rows that are held out, and those that are learnt from.
#[derive(Clone, Debug)]
pub struct HeldOutRows {
    learnt: Dataset,
    held_out: Dataset,
    /// Some of those that are held out, if they are very many, for the errors during training.
    some: Option<Dataset>,
    /// Standard deviation of each derivative, then of the values, in the rows that are learnt from.
    spreads: Vec<f64>,
}

impl HeldOutRows {
    /// Prepares to compare the errors on the two parts.
    pub fn new(learnt: &Dataset, held_out: Dataset) -> Self {
        let slopes = learnt.gradient.iter().flat_map(|gradient| gradient.columns());
        let known = slopes.chain([learnt.y.view()]).map(|column| column.iter().copied().filter(|v| v.is_finite()).collect());
        let spreads = known.map(|column: Vec<f64>| moments(&column).1).collect();
        let some = (held_out.samples() > MOST_ROWS).then(|| some_of(&held_out));
        Self { learnt: learnt.clone(), held_out, some, spreads }
    }

    /// The errors of a fit on the rows that are held out, and a sentence if they are larger than those on the others by more than chance
    /// explains. `offset` is the constant by which the fit lies too high. While training goes on, some of very many rows stand for them.
    pub fn errors(&self, evaluation: &Evaluation, params: &[f64], offset: f64, is_last: bool) -> (HeldOut, Option<String>) {
        let held_out = self.some.as_ref().filter(|_| !is_last).unwrap_or(&self.held_out);
        let found = Found::of(evaluation, params, offset, held_out);
        let (errors, components) = (found.errors(), found.components());
        let known = |of: fn(&(f64, Option<f64>)) -> Option<f64>| mean_of(components.iter().filter_map(of));
        let metrics = HeldOut {
            rows: self.held_out.samples(),
            rmse: errors.map_or_else(|| known(|c| Some(c.0)).unwrap_or(f64::NAN), |e| e.0).sqrt(),
            r2: errors.map_or_else(|| known(|c| c.1), |e| e.1),
            r2_components: components.iter().map(|c| c.1).collect(),
            rmse_components: components.iter().map(|c| c.0.sqrt()).collect(),
        };
        let unit = self.learnt.unit_sigma();
        let there = found.squares(&self.spreads, unit);
        let here = Found::of(evaluation, params, offset, &self.learnt).squares(&self.spreads, unit);
        (metrics, parted(&here, &there))
    }
}

/// A fit on some rows.
pub(super) struct Found<'a> {
    rows: &'a Dataset,
    /// Weights of the rows, if they do not count alike.
    weights: Option<Vec<f64>>,
    psi: Vec<f64>,
    gradient: Vec<f64>,
}

impl<'a> Found<'a> {
    pub(super) fn of(evaluation: &Evaluation, params: &[f64], offset: f64, rows: &'a Dataset) -> Self {
        let (psi, gradient) = evaluation.values_on(params, rows);
        let psi = psi.into_iter().map(|value| value - offset).collect();
        Self { rows, weights: rows.row_weights(), psi, gradient }
    }

    /// The values of the fit.
    pub(super) fn heights(&self) -> &[f64] {
        &self.psi
    }

    /// Mean squared error of the values and the fraction of their variance that is explained, if there are any.
    pub(super) fn errors(&self) -> Option<(f64, Option<f64>)> {
        self.rows.has_values().then(|| explained(self.psi.iter().zip(&self.rows.y), self.weights.as_deref()))
    }

    /// The same of each derivative.
    pub(super) fn components(&self) -> Vec<(f64, Option<f64>)> {
        let inputs = self.rows.inputs();
        let slopes = self.rows.gradient.iter().flat_map(|gradient| gradient.columns()).enumerate();
        slopes
            .map(|(k, column)| explained(self.gradient.iter().skip(k).step_by(inputs).zip(column), self.weights.as_deref()))
            .collect()
    }

    /// For each row the mean squared error of all that was measured there, over the variance of each in the rows that are learnt from, which `unit` is the
    /// standard error of, if it is known.
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

/// Mean squared error of pairs `(found, true)`, and the fraction of the variance that is explained unless there is none.
fn explained<'a>(pairs: impl Iterator<Item = (&'a f64, &'a f64)>, weights: Option<&[f64]>) -> (f64, Option<f64>) {
    let pairs: Vec<(&f64, &f64)> = pairs.collect();
    let known: Vec<f64> = pairs.iter().map(|pair| *pair.1).filter(|truth| truth.is_finite()).collect();
    let differ = known.iter().any(|truth| *truth != known[0]);
    let (mse, r2) = data::weighted_errors(pairs.iter().copied(), weights);
    (if known.is_empty() { f64::NAN } else { mse }, differ.then_some(r2))
}

pub(super) fn mean_of(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

/// A sentence if squared errors `there` are larger in the mean than those `here` by more than [`CERTAIN`] standard errors of the difference
/// and by more than [`MATTERS`].
fn parted(here: &[f64], there: &[f64]) -> Option<String> {
    let mean_and_variance = |squares: &[f64]| {
        let (mean, deviation) = moments(squares);
        (mean, deviation * deviation / squares.len() as f64)
    };
    let ((learnt, of_learnt), (held_out, of_held_out)) = (mean_and_variance(here), mean_and_variance(there));
    let difference = held_out - learnt;
    let is_parted = there.len() > 1 && difference > CERTAIN * (of_learnt + of_held_out).sqrt() && difference > MATTERS;
    is_parted.then(|| {
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
    fn errors_part_only_where_neither_chance_nor_rounding_explains_it() {
        let wave = |size: f64, count: u32| (0..count).map(|k| size * (1.0 + f64::from(k).sin())).collect::<Vec<_>>();
        assert_eq!(parted(&wave(0.1, 160), &wave(0.11, 40)), None);
        assert_eq!(parted(&wave(1e-9, 160), &wave(1e-6, 40)), None);
        let sentence = parted(&wave(0.01, 160), &wave(0.16, 40)).expect("they part");
        assert!(sentence.starts_with("On the 40 held-out rows the error is 4 times"), "{sentence}");
        // A single row far away is not enough.
        let outlier: Vec<f64> = wave(0.01, 39).into_iter().chain([100.0]).collect();
        assert_eq!(parted(&wave(0.01, 160), &outlier), None);
        assert_eq!(parted(&wave(0.01, 160), &[100.0]), None);
    }
}

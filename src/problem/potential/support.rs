//! Checks of a fit by its data that are independent of the fit: the supported wells, and the error expected on fresh rows.

use std::borrow::Cow;
use std::rc::Rc;

use ndarray::ArrayView1;

use super::cache::Surrogate;
use super::held_out::RowValues;
use super::run::PotentialRun;
use super::well_warnings::MAX_PROCESS_INPUTS;
use crate::data::Dataset;
use crate::landscape::support::{Evidence, judge};
use crate::landscape::{Extrema, well_threshold};
use crate::model::potential::Outputs;
use crate::numerics::accuracy::Accuracy;
use crate::numerics::gaussian_process::Quantity;
use crate::numerics::statistics::{mean_of, moments, order, spread};
use crate::potentials::sampling;
use crate::problem::metrics::HeldOut;

/// Largest number of positions at which the error on fresh rows is estimated.
const MAX_PLACES: usize = 200;
/// Number of gaps on each side of a gap that determine the density of rows there.
const NEIGHBOUR_GAPS: usize = 2;
/// Largest number of rows with an unreliable noise estimate, and the smallest relevant noise as a fraction of the spread.
const MAX_UNRELIABLE_NOISE_ROWS: usize = 50;
const MIN_NOISE_FRACTION: f64 = 0.01;
/// Largest number of rows of a surface between which a fit without noise may be wrong.
const MAX_SURFACE_ROWS: usize = 4096;
/// Number of places for each place of a fresh row. Most of them may lie above the rows that count.
const PLACE_TRIALS: usize = 4;

impl PotentialRun {
    /// Marks the wells without support by the data, and returns the smallest barrier of a well. Densities are not judged here.
    pub(super) fn judge_wells(&self, found: &mut Extrema) -> f64 {
        let threshold = self.threshold();
        if self.data.rows.is_model {
            return self.evaluation.recall(found);
        }
        if self.training.ended.is_none() || self.data.rows.is_density {
            return threshold;
        }
        let all = self.plotted();
        let spread = if all.has_values() { all.std() } else { moments(self.row_values(all).values()).1 };
        // A row that its neighbours contradict is no evidence.
        let rows = &*self.data.without_outliers();
        let fit = self.row_values(rows);
        // Held-out rows show errors that a fit through few rows hides.
        let apart = self.data.held_out.as_ref().map(|rows| rows.errors(&self.evaluation, &self.params(), self.offset(), true).0);
        let of_values = apart.as_ref().filter(|_| rows.has_values()).map_or(0.0, |apart| apart.rmse);
        let error = fit.errors().map_or(0.0, |errors| errors.0.sqrt()).max(rows.sigma()).max(of_values);
        let sigmas: Vec<f64> = rows.relative_sigmas().iter().map(|ratio| ratio * error).collect();
        let slopes = rows.gradient.iter().flat_map(|gradient| gradient.columns());
        let of_slope = |k: usize| apart.as_ref().and_then(|apart| apart.rmse_components.get(k)).copied().unwrap_or(0.0);
        let slope_sigmas: Vec<f64> = slopes
            .zip(fit.components())
            .enumerate()
            .map(|(k, (column, (mse, _)))| rows.sigma_of(&column).max(mse.sqrt()).max(of_slope(k)))
            .collect();
        let usual = well_threshold(spread, 0.0);
        let fine = self.resolution_of_errors(found, of_values).min(usual);
        let y = rows.y.to_vec();
        let surrogate = |ceiling: f64| self.surrogate(ceiling).map(|found| found.process.clone());
        let evidence = Evidence {
            bounds: self.evaluation.domain(),
            x: &rows.x,
            y: &y,
            sigmas: &sigmas,
            slope_sigmas: &slope_sigmas,
            resolution: fine,
            least_rise_of_rows: if self.inputs() > 1 { usual } else { 0.0 },
            surrogate: &surrogate,
        };
        judge(found, threshold, &evidence)
    }

    /// Values of the current fit, and its gradient, on some rows.
    pub(super) fn row_values<'a>(&self, rows: &'a Dataset) -> RowValues<'a> {
        RowValues::from_fit(&self.evaluation, &self.params(), self.offset(), rows)
    }

    /// Smallest barrier between these minima that the errors of the fit do not explain. The error of a value is at least `of_values`.
    fn resolution_of_errors(&self, found: &Extrema, of_values: f64) -> f64 {
        let Some(accuracy) = self.accuracy() else { return f64::INFINITY };
        let accuracy = Accuracy { values: accuracy.values.map(|values| values.at_least(of_values)), ..accuracy };
        let mut minima_above = |threshold: f64| {
            let mut found = found.clone();
            found.raise_barriers(threshold);
            found.minima
        };
        accuracy.fully_correlated().threshold(self.evaluation.domain(), 0.0, &mut minima_above)
    }

    /// Gaussian process through the rows at which the fit is at most as high as a ceiling; through all rows if these are few.
    pub(super) fn surrogate(&self, ceiling: f64) -> Option<Rc<Surrogate>> {
        self.caches.surrogate.get_or_compute((self.position(), ceiling), || self.fit_surrogate(ceiling).map(Rc::new))
    }

    /// The last Gaussian process of this state of the run, or else the one below a ceiling.
    pub(super) fn latest_surrogate(&self, ceiling: f64) -> Option<Rc<Surrogate>> {
        let latest = self.caches.surrogate.key().filter(|(position, _)| *position == self.position()).map(|(_, ceiling)| ceiling);
        self.surrogate(latest.unwrap_or(ceiling))
    }

    fn fit_surrogate(&self, ceiling: f64) -> Option<Surrogate> {
        let is_large_curve = self.inputs() == 1 && self.data.large.is_some();
        let rows = &*if is_large_curve { Cow::Borrowed(self.data()) } else { self.data.without_outliers() };
        let (psi, _) = self.evaluation.values_on(&self.params(), rows);
        let low: Vec<usize> = (0..psi.len()).filter(|&row| psi[row] <= ceiling).collect();
        let are_few = low.len() < MAX_UNRELIABLE_NOISE_ROWS;
        let rows = if are_few { rows } else { &rows.select_rows(&low) };
        let process = rows.gaussian_process(self.evaluation.domain(), false);
        let ceiling_of_rows = if are_few { f64::INFINITY } else { ceiling };
        process.map(|process| Surrogate { process, ceiling: ceiling_of_rows })
    }

    /// Expected errors on fresh rows between the rows of the fit, if noise matters and no rows are held out. They are the
    /// mean over positions among the rows of three terms: the squared difference between fit and Gaussian process, the
    /// variance of the process, and the noise.
    pub(super) fn expected_errors(&self) -> Option<HeldOut> {
        let rows = self.plotted();
        if self.data.held_out.is_some() || self.data.truth.is_some() || self.data.rows.is_model || self.data.rows.is_density {
            return None;
        }
        let finite = |column: ArrayView1<f64>| column.iter().copied().filter(|value| value.is_finite()).collect::<Vec<f64>>();
        let slopes = rows.gradient.iter().flat_map(|gradient| gradient.columns()).enumerate();
        let slopes = slopes.map(|(k, column)| (Quantity::Derivative(k), column));
        let values = rows.has_values().then(|| (Quantity::Value, rows.y.view()));
        let all: Vec<_> = values.into_iter().chain(slopes).map(|(of, column)| (of, column, spread(&finite(column)))).collect();
        let is_noisy = |(_, column, std): &(Quantity, ArrayView1<f64>, f64)| rows.sigma_of(column) > MIN_NOISE_FRACTION * std;
        let varies = all.iter().any(|(_, _, std)| *std > 0.0);
        let is_certain = if (2..=MAX_PROCESS_INPUTS).contains(&self.inputs()) {
            rows.samples() > MAX_SURFACE_ROWS
        } else {
            rows.samples() >= MAX_UNRELIABLE_NOISE_ROWS
        };
        if !varies || is_certain && !all.iter().any(is_noisy) {
            return None;
        }
        let surrogate = self.latest_surrogate(f64::INFINITY)?;
        let process = &surrogate.process;
        let (places, probabilities) = self.places_of_fresh_rows(surrogate.ceiling);
        let fit = self.potential().values(&places.concat(), Outputs { gradient: true, ..Outputs::default() });
        let expected = |&(of, _, std): &(Quantity, ArrayView1<f64>, f64)| {
            let noise = self.noise_variance(&surrogate, of);
            let scale = noise / process.noise_variance(of);
            let error = |k: usize| {
                let posterior = process.posterior(of, &places[k]).filter(|_| probabilities[k] > 0.0)?;
                let found =
                    if let Quantity::Derivative(input) = of { fit.gradient[k * self.inputs() + input] } else { fit.psi[k] };
                Some([probabilities[k], probabilities[k] * ((found - posterior.mean[0]).powi(2) + scale * posterior.variance(0))])
            };
            let [total, misfit] =
                (0..places.len()).filter_map(error).fold([0.0; 2], |sum, part| [sum[0] + part[0], sum[1] + part[1]]);
            let mse = if total > 0.0 { misfit / total } else { 0.0 } + noise;
            (mse, (std > 0.0).then(|| (1.0 - mse / (std * std)).max(-1.0)))
        };
        let errors: Vec<(f64, Option<f64>)> = all.iter().map(expected).collect();
        let (values, slopes) = errors.split_at(usize::from(rows.has_values()));
        Some(HeldOut::new(0, values.first().copied(), slopes))
    }

    /// Variance of the noise of a quantity. For values beside derivatives, the likelihood of the process has only a common scale of their
    /// noise, so the variance follows from the errors at the rows. Otherwise it is that of the process, which is too large where
    /// the quantity varies much faster at some places than at others. The larger of the estimate from neighbouring rows and the squared
    /// errors of the fit is then an upper limit: an overfitted fit has small errors, and unequal noise a small median of differences.
    fn noise_variance(&self, surrogate: &Surrogate, of: Quantity) -> f64 {
        let (rows, process) = (&*self.data.without_outliers(), &surrogate.process);
        let (heights, gradient) = self.evaluation.values_on(&self.params(), rows);
        let (inputs, sigmas) = (self.inputs(), rows.relative_sigmas());
        let (column, found): (_, Vec<f64>) = match (of, &rows.gradient) {
            (Quantity::Derivative(_), None) => return process.noise_variance(of),
            (Quantity::Derivative(k), Some(all)) => (all.column(k), gradient.iter().skip(k).step_by(inputs).copied().collect()),
            _ => (rows.y.view(), heights.clone()),
        };
        let mean_square = |expected: &dyn Fn(usize) -> Option<f64>| {
            let square = |row: usize| {
                let is_seen = column[row].is_finite() && heights[row] <= surrogate.ceiling;
                let expected = if is_seen { expected(row)? } else { return None };
                Some(((column[row] - expected) / sigmas[row]).powi(2))
            };
            mean_of((0..rows.samples()).step_by(rows.samples().div_ceil(MAX_PLACES)).filter_map(square))
        };
        if rows.gradient.is_some() && rows.has_values() {
            let of_process = |row: usize| Some(process.posterior(of, &rows.x.row(row).to_vec())?.mean[0]);
            return mean_square(&of_process).unwrap_or_else(|| process.noise_variance(of));
        }
        let of_neighbours = rows.fine_sigma_of(&column).powi(2);
        let of_errors = mean_square(&|row| Some(found[row])).filter(|_| of_neighbours > 0.0);
        process.noise_variance(of).min(of_errors.map_or(f64::INFINITY, |errors| errors.max(of_neighbours)))
    }

    /// Possible positions of fresh rows below a ceiling of the fit, with the relative probability of each. In one input a position
    /// lies in a gap between neighbouring rows, with a probability proportional to its width where rows are equally dense. In
    /// several inputs the positions fill the domain evenly, except where it has no rows, and the probability follows the density of the rows: a
    /// trajectory is rarely where it has few of them, and its derivatives are large there.
    fn places_of_fresh_rows(&self, ceiling: f64) -> (Vec<Vec<f64>>, Vec<f64>) {
        let (rows, whole) = (self.plotted(), self.evaluation.domain());
        if self.inputs() == 1 {
            let (heights, _) = self.evaluation.values_on(&self.params(), rows);
            let counts = |row: usize| heights[row] <= ceiling;
            let mut sequence: Vec<(f64, usize)> =
                order(&rows.x.column(0).to_vec()).iter().map(|&row| (rows.x[[row, 0]], row)).collect();
            if let Some(&(first, row)) = sequence.first().filter(|_| whole.is_periodic(0)) {
                sequence.push((first + whole.ends[0][1] - whole.ends[0][0], row));
            }
            let widths: Vec<f64> = sequence.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
            // The neighbouring gaps determine the density of rows around a gap.
            let probability = |gap: usize| {
                let around = &widths[gap.saturating_sub(NEIGHBOUR_GAPS)..(gap + NEIGHBOUR_GAPS + 1).min(widths.len())];
                let mean = around.iter().sum::<f64>() / around.len() as f64;
                if mean > 0.0 { widths[gap] / mean } else { 1.0 }
            };
            let every = (2 * sequence.len()).div_ceil(MAX_PLACES).max(1);
            let gaps = sequence.windows(2).enumerate().filter(|(_, pair)| counts(pair[0].1) && counts(pair[1].1));
            let inside = |(gap, pair): (usize, &[(f64, usize)])| {
                [0.25, 0.75].map(|part| (vec![pair[0].0 + part * (pair[1].0 - pair[0].0)], probability(gap)))
            };
            return gaps.flat_map(inside).step_by(every).unzip();
        }
        let bounds = rows.bounds();
        let evenly = sampling::spread(&bounds, PLACE_TRIALS * MAX_PLACES).into_iter().collect::<Vec<f64>>();
        let heights = self.evaluation.heights(&self.params(), &evenly);
        let among_rows =
            evenly.chunks_exact(bounds.len()).zip(heights).filter(|(x, height)| *height <= ceiling && rows.void_at(x).is_none());
        let places: Vec<Vec<f64>> = among_rows.take(MAX_PLACES).map(|(x, _)| x.to_vec()).collect();
        let densities = rows.densities_at(&places);
        (places, densities)
    }
}

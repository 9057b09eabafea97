//! Wells that the rows have and the fit does not resolve.

use std::cell::Cell;

use ndarray::{Array1, Array2};

use super::run::PotentialRun;
use super::unexplained::shared_square;
use super::well_warnings::place_of;
use crate::data::Dataset;
use crate::landscape::{Minimum, stationary_until};
use crate::numerics::accuracy::NORMAL_QUANTILE;
use crate::numerics::gaussian_process::{GaussianProcess, Quantity};
use crate::numerics::statistics::{normal_quantile, order};
use crate::text::{counted, number};

/// Relevant error of a barrier, as a fraction of the lowest barrier of a well.
const MIN_ERROR_FRACTION: f64 = 0.05;
/// Smallest ratio of the error of the fit and that of the process, in which the fit is the cause of its error.
const MIN_ERROR_RATIO: f64 = 3.0;
/// Smallest number of rows whose errors are tested for noise before a process is computed.
const MIN_TESTED_ROWS: usize = 100;
/// Largest number of rows from which minima are searched.
const MAX_STARTS: usize = 24;
/// Largest number of covariances in the search. A process that follows outliers has many minima, which say little.
const MAX_COVARIANCES: usize = 100_000_000;
/// Largest probability that the process has any well by chance.
const LEVEL: f64 = 0.05;

impl PotentialRun {
    /// Sentence on a well that a Gaussian process through the low rows has, and a fit with these minima does not resolve. `threshold` is
    /// the smallest barrier of a well.
    pub(super) fn missed_warning(&self, minima: &[Minimum], threshold: f64) -> Option<String> {
        let rows = self.plotted();
        if self.data().is_density || !rows.has_values() {
            return None;
        }
        let (params, whole) = (self.params(), self.evaluation().domain());
        let heights: Vec<f64> = minima.iter().map(|minimum| self.evaluation().heights(&params, &minimum.x)[0]).collect();
        let deepest = (0..heights.len()).min_by(|&a, &b| heights[a].total_cmp(&heights[b]))?;
        let (lowest, mut highest, mut smallest) = (heights[deepest], f64::NEG_INFINITY, f64::INFINITY);
        // The way out of the deepest minimum leads over the walls, if the other ones are no wells. Before a survey, no barrier is known.
        for k in (0..heights.len()).filter(|&k| k != deepest || heights.len() == 1) {
            let Some(barrier) = minima[k].barrier else { continue };
            (highest, smallest) = (highest.max(heights[k] + barrier), smallest.min(barrier));
        }
        let (psi, offset) = (self.evaluation().values_on(&params, rows).0, self.offset());
        let found: Vec<f64> = psi.iter().map(|psi| psi - offset).collect();
        let (mut low, mut values, mut squares) = (Vec::new(), Vec::new(), 0.0);
        for (row, psi) in psi.into_iter().enumerate() {
            let value = rows.y[row];
            if psi <= 2.0 * highest - lowest && value.is_finite() {
                squares += (found[row] - value).powi(2);
                values.push(value);
                low.push(row);
            }
        }
        let error = (squares / low.len() as f64).sqrt();
        let resolved = 2.0 * NORMAL_QUANTILE * error;
        if low.is_empty() || resolved <= MIN_ERROR_FRACTION * smallest {
            return None;
        }
        // Errors that neighbouring rows do not share are noise. Few rows do not show this, and a process through them takes little time.
        let shared = |data: &Dataset, found: &[f64]| shared_square(data, &data.y.view(), found);
        let of_low = || shared(&rows.select_rows(&low), &low.iter().map(|&row| found[row]).collect::<Vec<_>>());
        if rows.samples() >= MIN_TESTED_ROWS {
            shared(rows, &found).or_else(of_low)?;
        }
        let process = self.fit_surrogate(2.0 * highest - lowest)?.process;
        if error < MIN_ERROR_RATIO * process.noise_variance(Quantity::Value).sqrt() {
            return None;
        }
        let starts: Vec<usize> = order(&values).into_iter().take(MAX_STARTS).map(|k| low[k]).collect();
        let (mut count, mut missed) = (0, (f64::NEG_INFINITY, Vec::new()));
        for x in self.wells_of_process(&process, &rows.select_rows(&starts).x, low.len())? {
            let wells = minima.iter().filter(|minimum| minimum.is_well(threshold));
            let distance = wells.map(|well| whole.distance(&x, &well.x)).fold(f64::INFINITY, f64::min);
            count += 1;
            if distance > missed.0 {
                missed = (distance, x);
            }
        }
        let here = minima.iter().filter(|minimum| minimum.is_well(threshold)).count();
        (count > here).then(|| {
            format!(
                "The rows have {} by a Gaussian process, and the fit has {here}: it misses the one at {}. Its error of {} hides barriers \
                 below {}. A smaller epsilon or more modes resolve it.",
                counted(count, "well"),
                place_of(&missed.1),
                number(error, 2),
                number(resolved, 2)
            )
        })
    }

    /// Minima of a process with significant barriers, at which descents from these points end. The process is through this number of
    /// `rows`. `None` if the search takes too long.
    fn wells_of_process(&self, process: &GaussianProcess, starts: &Array2<f64>, rows: usize) -> Option<Vec<Vec<f64>>> {
        let (inputs, covariances) = (self.inputs(), Cell::new(0));
        process.mean(Quantity::Value, &[])?;
        let mut surface = |x: &Array2<f64>| {
            covariances.set(covariances.get() + x.nrows() * (inputs + 1) * rows);
            let places: Vec<f64> = x.iter().copied().collect();
            let of = |quantity| process.mean(quantity, &places).unwrap_or_default();
            let mut gradient = Array2::zeros(x.raw_dim());
            for input in 0..inputs {
                for (row, slope) in of(Quantity::Derivative(input)).into_iter().enumerate() {
                    gradient[[row, input]] = slope;
                }
            }
            (Array1::from_vec(of(Quantity::Value)), gradient)
        };
        let is_stopped = || covariances.get() > MAX_COVARIANCES;
        let found = stationary_until(self.evaluation().domain(), starts, 0.0, &mut surface, &is_stopped);
        if is_stopped() {
            return None;
        }
        let critical = normal_quantile(1.0 - LEVEL / found.minima.len().max(1) as f64);
        let mut wells = Vec::new();
        for Minimum { x, barrier_at, .. } in found.minima {
            let Some(top) = barrier_at else { continue };
            let Some(posterior) = process.at(&[&x[..], &top].concat()) else { continue };
            if posterior.mean[1] - posterior.mean[0] > critical * posterior.deviation(0, 1) {
                wells.push(x);
            }
        }
        Some(wells)
    }
}

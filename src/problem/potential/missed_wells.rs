//! Wells that the rows have and the fit does not, by a Gaussian process through the same rows, and the reverse.

use std::cell::Cell;

use ndarray::{Array1, Array2};

use super::run::PotentialRun;
use super::unexplained::shared_square;
use super::well_warnings::{SURFACE_INPUTS, place_of};
use crate::data::Dataset;
use crate::landscape::{Minimum, stationary_until};
use crate::numerics::accuracy::NORMAL_QUANTILE;
use crate::numerics::gaussian_process::{GaussianProcess, Quantity};
use crate::numerics::statistics::{mean_of, normal_quantile, order};
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

/// Rows that are low enough to affect the wells.
struct LowRows {
    rows: Vec<usize>,
    values: Vec<f64>,
    /// Largest value of the fit at these rows.
    ceiling: f64,
    /// Root mean square error of the fit.
    error: f64,
    /// Smallest barrier of a minimum.
    smallest_barrier: f64,
}

impl PotentialRun {
    /// Sentence on a well that a Gaussian process through the low rows has and a fit with these minima does not, or the reverse. `threshold`
    /// is the smallest barrier of a well.
    pub(super) fn disagreement_warning(&self, minima: &[Minimum], threshold: f64) -> Option<String> {
        let rows = self.plotted();
        if self.data().is_density || !rows.has_values() {
            return None;
        }
        let found: Vec<f64> = self.evaluation().values_on(&self.params(), rows).0.iter().map(|psi| psi - self.offset()).collect();
        let low = self.low_rows(minima, &found)?;
        let resolved = 2.0 * NORMAL_QUANTILE * low.error;
        let hides_wells = resolved > MIN_ERROR_FRACTION * low.smallest_barrier;
        if !hides_wells && !SURFACE_INPUTS.contains(&self.inputs()) {
            return None;
        }
        // Errors that neighbouring rows do not share are noise. Few rows do not show this, and a process through them takes little time.
        let shared = |data: &Dataset, found: &[f64]| shared_square(data, &data.y.view(), found);
        let of_low = || shared(&rows.select_rows(&low.rows), &low.rows.iter().map(|&row| found[row]).collect::<Vec<_>>());
        if hides_wells && rows.samples() >= MIN_TESTED_ROWS {
            shared(rows, &found).or_else(of_low)?;
        }
        // Hidden wells may be those between walls, and a process of other rows does not resolve them.
        let surrogate = if hides_wells { self.surrogate(low.ceiling) } else { self.latest_surrogate(low.ceiling) }?;
        let process = &surrogate.process;
        let is_reliable = if hides_wells {
            low.error >= MIN_ERROR_RATIO * process.noise_variance(Quantity::Value).sqrt()
        } else {
            process.is_smooth()
        };
        if !is_reliable {
            return None;
        }
        let wells: Vec<&[f64]> = minima.iter().filter(|minimum| minimum.is_well(threshold)).map(|well| &well.x[..]).collect();
        let lowest = order(&low.values).into_iter().take(MAX_STARTS).map(|k| rows.x.row(low.rows[k]).to_vec());
        let starts: Vec<f64> = lowest.chain(wells.iter().map(|well| well.to_vec())).flatten().collect();
        let starts = Array2::from_shape_vec((starts.len() / self.inputs(), self.inputs()), starts).ok()?;
        let (of_process, are_all) = self.wells_of_process(process, &starts, low.rows.len())?;
        let of_process: Vec<&[f64]> = of_process.iter().map(Vec::as_slice).collect();
        let by_process = format!("{} by a Gaussian process", counted(of_process.len(), "well"));
        let farthest = |of: &[&[f64]], from: &[&[f64]]| {
            let whole = self.evaluation().domain();
            let distance = |x: &[f64]| from.iter().map(|other| whole.distance(x, other)).fold(f64::INFINITY, f64::min);
            of.iter().max_by(|a, b| distance(a).total_cmp(&distance(b))).map(|x| place_of(x))
        };
        if of_process.len() > wells.len() {
            let missed = farthest(&of_process, &wells)?;
            let reason = if hides_wells {
                let [error, resolved] = [low.error, resolved].map(|error| number(error, 2));
                format!("Its error of {error} hides barriers below {resolved}. A smaller epsilon or more modes resolve it.")
            } else {
                "It is free between the rows. Measure there, or offer fewer modes.".into()
            };
            return Some(format!(
                "The rows have {by_process}, and the fit has {}: it misses the one at {missed}. {reason}",
                wells.len()
            ));
        }
        let surplus = farthest(&wells, &of_process).filter(|_| !hides_wells && are_all && of_process.len() < wells.len())?;
        Some(format!(
            "The rows have {by_process}, and the fit has {}: the one at {surplus} is a guess between the rows. Measure there, or offer fewer \
             modes.",
            wells.len()
        ))
    }

    /// The rows below the walls of a fit with these minima, and with the values `found` at all rows.
    fn low_rows(&self, minima: &[Minimum], found: &[f64]) -> Option<LowRows> {
        let params = self.params();
        let heights: Vec<f64> = minima.iter().map(|minimum| self.evaluation().heights(&params, &minimum.x)[0]).collect();
        let deepest = (0..heights.len()).min_by(|&a, &b| heights[a].total_cmp(&heights[b]))?;
        let (mut highest, mut smallest_barrier) = (f64::NEG_INFINITY, f64::INFINITY);
        // The way out of the deepest minimum leads over the walls, if the other ones are no wells. Before a survey, no barrier is known.
        for k in (0..heights.len()).filter(|&k| k != deepest || heights.len() == 1) {
            let Some(barrier) = minima[k].barrier else { continue };
            (highest, smallest_barrier) = (highest.max(heights[k] + barrier), smallest_barrier.min(barrier));
        }
        let ceiling = 2.0 * highest - heights[deepest];
        let y = &self.plotted().y;
        let is_low = |row: &usize| found[*row] + self.offset() <= ceiling && y[*row].is_finite();
        let rows: Vec<usize> = (0..y.len()).filter(is_low).collect();
        let values = rows.iter().map(|&row| y[row]).collect();
        let error = mean_of(rows.iter().map(|&row| (found[row] - y[row]).powi(2)))?.sqrt();
        Some(LowRows { rows, values, ceiling, error, smallest_barrier })
    }

    /// Minima of a process with significant barriers, at which descents from these points end, and whether the barriers of all minima are
    /// known. The process is through this number of `rows`. `None` if the search takes too long.
    fn wells_of_process(&self, process: &GaussianProcess, starts: &Array2<f64>, rows: usize) -> Option<(Vec<Vec<f64>>, bool)> {
        let covariances = Cell::new(0);
        process.means(&[])?;
        let mut surface = |x: &Array2<f64>| {
            covariances.set(covariances.get() + x.nrows() * rows);
            let places: Vec<f64> = x.iter().copied().collect();
            let (values, slopes) = process.means(&places).expect("one solution has all rows");
            (Array1::from_vec(values), Array2::from_shape_vec(x.raw_dim(), slopes).expect("a slope for each input"))
        };
        let is_stopped = || covariances.get() > MAX_COVARIANCES;
        let found = stationary_until(self.evaluation().domain(), starts, 0.0, &mut surface, &is_stopped);
        if is_stopped() {
            return None;
        }
        let critical = normal_quantile(1.0 - LEVEL / found.minima.len().max(1) as f64);
        let are_known = found.minima.iter().all(|minimum| minimum.barrier_at.is_some());
        let mut wells = Vec::new();
        for Minimum { x, barrier_at, .. } in found.minima {
            let Some(top) = barrier_at else { continue };
            let Some(posterior) = process.at(&[&x[..], &top].concat()) else { continue };
            if posterior.mean[1] - posterior.mean[0] > critical * posterior.deviation(0, 1) {
                wells.push(x);
            }
        }
        Some((wells, are_known))
    }
}

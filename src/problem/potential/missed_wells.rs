//! Wells that the rows have and the fit does not, by a Gaussian process through the same rows, and the reverse.
//!
//! Where the error of the fit exceeds the noise, the process is that of the errors, and the fit is added to it. Steep walls do not matter to
//! this process, and it has the scales of what the fit misses.

use std::cell::Cell;
use std::rc::Rc;

use ndarray::{Array1, Array2};

use super::cache::Surrogate;
use super::run::PotentialRun;
use super::unexplained::{MIN_TESTED_ROWS, shared_square};
use super::well_warnings::MAX_PROCESS_INPUTS;
use crate::data::Dataset;
use crate::landscape::{self, Match, Minimum, stationary_until, well_threshold};
use crate::model::Potential;
use crate::numerics::accuracy::NORMAL_QUANTILE;
use crate::numerics::gaussian_process::{MAX_ROWS, Quantity};
use crate::numerics::statistics::{mean_of, median, normal_quantile, order, spread};
use crate::text::{counted, number, place_of};

/// Relevant error of a barrier, as a fraction of the lowest barrier of a well.
const MIN_ERROR_FRACTION: f64 = 0.05;
/// Smallest difference of two errors of a fit that can hide a well, as a fraction of the smallest barrier of a well. With smaller errors, the fit
/// has a minimum where the rows have a well.
const HIDING_FRACTION: f64 = 0.5;
/// Smallest ratio of the error of the fit and that of the process, in which the fit is the cause of its error.
const MIN_ERROR_RATIO: f64 = 2.0;
/// Smallest relevant difference of a barrier of the fit from the one of the fit and the process of its errors, as a fraction of the larger
/// one.
const MIN_BARRIER_DIFFERENCE: f64 = 0.1;
/// Largest number of rows from which minima are searched.
const MAX_STARTS: usize = 24;
/// Largest number of covariances in the search. A process that follows outliers has many minima, which say little.
const MAX_COVARIANCES: usize = 100_000_000;
/// Largest probability that the process has any well by chance.
const LEVEL: f64 = 0.05;
/// Advice where the error of a fit exceeds the noise.
const RESOLUTION_ADVICE: &str =
    "A smaller epsilon or more modes may resolve it. If steep walls cause the spread of the values, leave out their rows.";

/// Rows that are low enough to affect the wells.
struct LowRows {
    rows: Vec<usize>,
    values: Vec<f64>,
    /// Largest value of the fit at these rows.
    ceiling: f64,
    /// Root mean square error of the fit.
    error: f64,
    smallest_barrier: f64,
}

/// Position of a well, and its barrier with the standard error.
type ProcessWell = (Vec<f64>, [f64; 2]);

/// A Gaussian process through rows, or the sum of a fit and the process through its errors.
struct ProcessSurface {
    surrogate: Rc<Surrogate>,
    fit: Option<Potential>,
}

impl ProcessSurface {
    /// Mean values and slopes at points `[points, inputs]`.
    fn evaluate(&self, x: &Array2<f64>) -> (Array1<f64>, Array2<f64>) {
        let places: Vec<f64> = x.iter().copied().collect();
        let (values, slopes) = self.surrogate.process.means(&places).expect("one solution has all rows");
        let slopes = Array2::from_shape_vec(x.raw_dim(), slopes).expect("a slope for each input");
        let values = Array1::from_vec(values);
        let Some(fit) = &self.fit else { return (values, slopes) };
        let (psi, gradient) = fit.evaluate(x, true);
        (values + psi, slopes + gradient)
    }

    /// Mean rise from one point to another, and its standard deviation.
    fn rise(&self, from: &[f64], to: &[f64]) -> Option<[f64; 2]> {
        let posterior = self.surrogate.process.at(&[from, to].concat())?;
        let of_fit = self.fit.as_ref().map_or(0.0, |fit| fit.value(to) - fit.value(from));
        Some([of_fit + posterior.mean[1] - posterior.mean[0], posterior.deviation(0, 1)])
    }
}

/// Difference between the wells of a fit and those of a Gaussian process.
pub(super) struct Disagreement {
    pub sentence: String,
    /// Lowest barrier by the process, if the fit misses what the process has.
    lowest_barrier: Option<f64>,
}

impl PotentialRun {
    /// Restores the removed modes of a completed fit that misses wells of its rows. Returns true if training continues.
    pub(super) fn restore_missed_wells(&mut self) -> bool {
        if !self.training.is_finished() || !self.training.fitting.can_restore_modes(&self.settings.training) {
            return false;
        }
        let rows = self.plotted();
        if self.data().is_density || !rows.has_values() {
            return false;
        }
        // Most fits need no survey here.
        if !can_hide_well(rows, self.row_values(rows).values()) {
            return false;
        }
        let survey = self.survey(&|| false);
        let missed = self.disagreement(&survey.minima, survey.threshold).and_then(|found| found.lowest_barrier);
        let Some(barrier) = missed else { return false };
        self.training.fitting.restore_modes(barrier / self.scaling.output_scale);
        self.training.ended = None;
        self.shown_state = None;
        true
    }

    /// Sentence on a well that a Gaussian process through the low rows has and a fit with these minima does not, or the reverse. `threshold`
    /// is the smallest barrier of a well.
    pub(super) fn disagreement(&self, minima: &[Minimum], threshold: f64) -> Option<Disagreement> {
        if self.data().is_density || !self.data().has_values() {
            return None;
        }
        let rows = &*self.data.without_outliers();
        let fit = self.row_values(rows);
        let found = fit.values();
        let low = self.low_rows(minima, rows, found)?;
        let resolved = 2.0 * NORMAL_QUANTILE * low.error;
        let hides_wells = resolved > MIN_ERROR_FRACTION * low.smallest_barrier || can_hide_well(rows, found);
        if !hides_wells && self.inputs() > MAX_PROCESS_INPUTS {
            return None;
        }
        // Errors that neighbouring rows do not share are noise. Few rows do not show this, and a process through them takes little time.
        let shared = |data: &Dataset, found: &[f64]| shared_square(data, &data.y.view(), found);
        let of_low = || shared(&rows.select_rows(&low.rows), &low.rows.iter().map(|&row| found[row]).collect::<Vec<_>>());
        if hides_wells && rows.samples() >= MIN_TESTED_ROWS {
            shared(rows, found).or_else(of_low)?;
        }
        let surface = if hides_wells {
            let is_reliable = |surface: &ProcessSurface| {
                low.error >= MIN_ERROR_RATIO * surface.surrogate.process.noise_variance(Quantity::Value).sqrt()
            };
            let of_errors = self.process_of_errors(rows, &low, found);
            let of_errors = of_errors.map(|surrogate| ProcessSurface { surrogate, fit: Some(self.potential()) });
            // Hidden wells may be those between walls, and a process of other rows does not resolve them.
            let of_rows = || Some(ProcessSurface { surrogate: self.surrogate(low.ceiling)?, fit: None });
            of_errors.filter(is_reliable).or_else(|| of_rows().filter(is_reliable))?
        } else {
            let surrogate = self.latest_surrogate(low.ceiling)?;
            surrogate.process.is_smooth().then_some(ProcessSurface { surrogate, fit: None })?
        };
        let wells: Vec<&[f64]> = minima.iter().filter(|minimum| minimum.is_well(threshold)).map(|well| &well.x[..]).collect();
        // A missed well is where the rows are lower than the fit.
        let below: Vec<f64> = low.rows.iter().zip(&low.values).map(|(&row, value)| value - found[row]).collect();
        let lowest = |of: &[f64]| order(of).into_iter().take(MAX_STARTS / 2);
        let rows_of_starts = lowest(&low.values).chain(lowest(&below)).map(|k| rows.x.row(low.rows[k]).to_vec());
        let starts: Vec<f64> = rows_of_starts.chain(wells.iter().map(|well| well.to_vec())).flatten().collect();
        let starts = Array2::from_shape_vec((starts.len() / self.inputs(), self.inputs()), starts).ok()?;
        let (of_process, are_all) = self.wells_of_surface(&surface, &starts, low.rows.len(), minima)?;
        let (places, rises): (Vec<Vec<f64>>, Vec<[f64; 2]>) = of_process.into_iter().unzip();
        let of_process: Vec<&[f64]> = places.iter().map(Vec::as_slice).collect();
        let lowest_barrier = rises.iter().map(|rise| rise[0]).reduce(f64::min);
        let through = if surface.fit.is_some() { " through the errors of the fit" } else { "" };
        let by_process = format!("{} by a Gaussian process{through}", counted(of_process.len(), "well"));
        let farthest = |of: &[&[f64]], from: &[&[f64]]| {
            let whole = self.evaluation().domain();
            let distance = |x: &[f64]| from.iter().map(|other| whole.distance(x, other)).fold(f64::INFINITY, f64::min);
            of.iter().max_by(|a, b| distance(a).total_cmp(&distance(b))).map(|x| place_of(x))
        };
        if of_process.len() > wells.len() {
            let missed = farthest(&of_process, &wells)?;
            let reason = if hides_wells {
                format!("Its error of {} exceeds the noise. {RESOLUTION_ADVICE}", number(low.error, 2))
            } else {
                "It is free between the rows. Measure there, or offer fewer modes.".into()
            };
            let sentence =
                format!("The rows have {by_process}, and the fit has {}: it misses the one at {missed}. {reason}", wells.len());
            return Some(Disagreement { sentence, lowest_barrier: lowest_barrier.filter(|_| hides_wells) });
        }
        if hides_wells && of_process.len() == wells.len() {
            let sentence = self.wrong_barrier_warning(minima, &places, &rises, threshold, through)?;
            return Some(Disagreement { sentence, lowest_barrier });
        }
        let surplus = farthest(&wells, &of_process).filter(|_| !hides_wells && are_all && of_process.len() < wells.len())?;
        let sentence = format!(
            "The rows have {by_process}, and the fit has {}: the one at {surplus} is a guess between the rows. Measure there, or offer fewer \
             modes.",
            wells.len()
        );
        Some(Disagreement { sentence, lowest_barrier: None })
    }

    /// Sentence on the well of a fit whose barrier differs most from the one of the nearest well of the fit and the process of its errors.
    /// `rises` are the barriers of the latter with their standard errors.
    fn wrong_barrier_warning(
        &self,
        minima: &[Minimum],
        places: &[Vec<f64>],
        rises: &[[f64; 2]],
        threshold: f64,
        through: &str,
    ) -> Option<String> {
        let whole = self.evaluation().domain();
        let compared =
            minima.iter().filter(|minimum| minimum.is_well(threshold) && !minimum.barrier_at_edge).filter_map(|well| {
                let distance = |k: &usize| whole.distance(&places[*k], &well.x);
                let nearest = (0..places.len()).min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
                Some((well, well.barrier?, rises[nearest]))
            });
        let excess = |barrier: f64, [rise, error]: [f64; 2]| {
            (barrier - rise).abs() / (NORMAL_QUANTILE * error).max(MIN_BARRIER_DIFFERENCE * barrier.max(rise))
        };
        let wrong = compared.filter(|(_, barrier, rise)| excess(*barrier, *rise) > 1.0);
        let (well, barrier, [rise, error]) = wrong.max_by(|a, b| excess(a.1, a.2).total_cmp(&excess(b.1, b.2)))?;
        Some(format!(
            "The barrier of the well at {} is {} in the fit, and {} ± {} by a Gaussian process{through}. The error of the fit exceeds the noise. \
             {RESOLUTION_ADVICE}",
            place_of(&well.x),
            number(barrier, 3),
            number(rise, 3),
            number(NORMAL_QUANTILE * error, 1)
        ))
    }

    /// The rows below the walls of a fit with these minima, and with the values `found` at all of the rows: the lowest ones if a Gaussian
    /// process cannot use all of them.
    fn low_rows(&self, minima: &[Minimum], all: &Dataset, found: &[f64]) -> Option<LowRows> {
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
        let (y, offset) = (&all.y, self.offset());
        let is_low = |row: &usize| found[*row] + offset <= ceiling && y[*row].is_finite();
        let mut rows: Vec<usize> = (0..y.len()).filter(is_low).collect();
        let quantities = 1 + all.gradient.as_ref().map_or(0, |_| self.inputs());
        if self.inputs() > 1 && rows.len() * quantities > MAX_ROWS {
            let lowest = order(&rows.iter().map(|&row| y[row]).collect::<Vec<f64>>());
            rows = lowest.into_iter().take(MAX_ROWS / quantities).map(|k| rows[k]).collect();
        }
        let ceiling = rows.iter().map(|&row| found[row] + offset).fold(f64::NEG_INFINITY, f64::max).min(ceiling);
        let values = rows.iter().map(|&row| y[row]).collect();
        let error = mean_of(rows.iter().map(|&row| (found[row] - y[row]).powi(2)))?.sqrt();
        Some(LowRows { rows, values, ceiling, error, smallest_barrier })
    }

    /// Gaussian process through the errors of a fit with the values `found` at all rows, at the low ones.
    fn process_of_errors(&self, all: &Dataset, low: &LowRows, found: &[f64]) -> Option<Rc<Surrogate>> {
        self.caches.errors.get_or_compute((self.position(), low.ceiling), || {
            let mut errors = all.clone();
            errors.y.iter_mut().zip(found).for_each(|(y, psi)| *y -= psi);
            if let Some(gradient) = &mut errors.gradient {
                *gradient -= &self.potential().evaluate(&all.x, true).1;
            }
            let process = errors.select_rows(&low.rows).gaussian_process(self.evaluation().domain(), false)?;
            Some(Rc::new(Surrogate { process, ceiling: low.ceiling }))
        })
    }

    /// Minima of a surface with significant barriers, at which descents from these points end, and whether the barriers of all minima are
    /// known. The process is through this number of `rows`. If each minimum is near one of the minima `of_fit`, the barriers lead to the
    /// highest points of the ways of the fit. `None` if the search takes too long.
    fn wells_of_surface(
        &self,
        surface: &ProcessSurface,
        starts: &Array2<f64>,
        rows: usize,
        of_fit: &[Minimum],
    ) -> Option<(Vec<ProcessWell>, bool)> {
        let covariances = Cell::new(0);
        surface.surrogate.process.means(&[])?;
        let mut counted_surface = |x: &Array2<f64>| {
            covariances.set(covariances.get() + x.nrows() * rows);
            surface.evaluate(x)
        };
        let is_stopped = || covariances.get() > MAX_COVARIANCES;
        let domain = self.evaluation().domain();
        let moved = landscape::minima(domain, starts, &mut counted_surface);
        let matched = landscape::matches(of_fit, &moved, domain);
        let of_fit = |pair: &Match| Some((moved[pair.truth?].x.clone(), Some(of_fit[pair.fit?].barrier_at.clone()?)));
        let matched: Option<Vec<_>> = matched.iter().map(of_fit).collect();
        let found = matched.unwrap_or_else(|| {
            let found = stationary_until(domain, starts, 0.0, &mut counted_surface, &is_stopped);
            found.minima.into_iter().map(|minimum| (minimum.x, minimum.barrier_at)).collect()
        });
        if is_stopped() {
            return None;
        }
        let critical = normal_quantile(1.0 - LEVEL / found.len().max(1) as f64);
        let are_known = found.iter().all(|(_, top)| top.is_some());
        let mut wells = Vec::new();
        for (x, top) in found {
            let Some(top) = top else { continue };
            let rise = surface.rise(&x, &top).filter(|[rise, error]| *rise > critical * error);
            wells.extend(rise.map(|rise| (x, rise)));
        }
        Some((wells, are_known))
    }
}

/// Returns true if the errors of a fit with the values `found` differ by enough to hide a well among the lower half of the rows, to which walls
/// do not matter.
fn can_hide_well(rows: &Dataset, found: &[f64]) -> bool {
    let y: Vec<f64> = rows.y.iter().copied().filter(|y| y.is_finite()).collect();
    let Some(middle) = median(y) else { return false };
    let lower: Vec<usize> = (0..found.len()).filter(|&row| rows.y[row] <= middle).collect();
    let values: Vec<f64> = lower.iter().map(|&row| rows.y[row]).collect();
    let errors = lower.iter().map(|&row| found[row] - rows.y[row]);
    let [low, high] = errors.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], error| [low.min(error), high.max(error)]);
    high - low > HIDING_FRACTION * well_threshold(spread(&values), 0.0)
}

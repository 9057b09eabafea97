//! Warnings on the wells of a finished fit and on the ways between them. They need minima with barriers, which in several inputs only a
//! survey finds.

use super::run::PotentialRun;
use crate::landscape::Minimum;
use crate::numerics::accuracy::NORMAL_QUANTILE;
use crate::numerics::statistics::sort_by;
use crate::text::{number, place_of};

/// Largest number of inputs of a fit whose wells are compared with those of a Gaussian process even if the fit agrees with its rows. Many
/// parameters may follow few rows. With more inputs, the lengths of a process take long.
pub(super) const MAX_PROCESS_INPUTS: usize = 3;
/// Largest difference of the two heights of a barrier, as a fraction of the larger one.
const MAX_DIFFERENCE_FRACTION: f64 = 0.25;

impl PotentialRun {
    /// Warnings on these minima, on their support only if the truth is known or if there are no data. `threshold` is the smallest barrier of
    /// a well.
    pub(super) fn well_warnings(&self, minima: &[Minimum], threshold: f64) -> Vec<String> {
        let doubtful: Vec<&Minimum> =
            minima.iter().filter(|minimum| !minimum.supported && !self.is_ripple(minimum, threshold)).collect();
        let mut warnings = Vec::from_iter(unsupported_warning(&doubtful));
        if self.truth().is_none() && !self.data().is_model {
            warnings.extend(self.gap_warning(minima, threshold));
            warnings.extend(self.extrapolated_warning(minima));
            warnings.extend(
                self.disagreement(minima, threshold)
                    .map(|found| found.sentence)
                    .or_else(|| self.guess_warning(minima, threshold))
                    .or_else(|| self.uncounted_warning(minima, threshold)),
            );
        }
        warnings
    }

    /// Returns true if a dip without support would be no well with it: its barrier is below the threshold, or the samples do not need it.
    fn is_ripple(&self, dip: &Minimum, threshold: f64) -> bool {
        if self.truth().is_some() || self.data().is_model {
            return false;
        }
        let of_density = self.evaluation().of_joint(|joint, psi| joint.is_ripple(psi, &self.params(), &dip.x));
        of_density.unwrap_or_else(|| dip.barrier.is_some_and(|barrier| barrier < threshold))
    }

    /// Sentence on a stretch without rows in which the fit has a well or its barrier, or that is a large part of the way between two minima.
    fn gap_warning(&self, minima: &[Minimum], threshold: f64) -> Option<String> {
        let wells = || minima.iter().filter(|m| m.barrier.is_none_or(|barrier| barrier > threshold));
        let barriers = wells().filter_map(|well| well.barrier_at.as_deref()).map(|x| ("barrier", x));
        // Without values, the rows between two wells determine how much higher one is.
        let pairs = || wells().enumerate().flat_map(|(k, a)| wells().take(k).map(move |b| (a, b)));
        let whole = self.evaluation().domain();
        let middle = |(a, b): (&Minimum, &Minimum)| a.x.iter().zip(whole.way(&a.x, &b.x)).map(|(x, way)| x + 0.5 * way).collect();
        let middles: Vec<Vec<f64>> = if self.data().has_values() { Vec::new() } else { pairs().map(middle).collect() };
        let middles = middles.iter().map(|x| ("way between two wells", &x[..]));
        let places: Vec<(&str, &[f64])> = wells().map(|well| ("well", &well.x[..])).chain(barriers).chain(middles).collect();
        let mut line: Vec<f64> = minima.iter().filter(|m| m.x.len() == 1).map(|m| m.x[0]).collect();
        sort_by(&mut line, |x| *x);
        let ways: Vec<[f64; 2]> = line.windows(2).map(|pair| [pair[0], pair[1]]).collect();
        self.data().gap_with(&places, &ways)
    }

    /// Sentence on the first well between the rows whose barrier is not that of a Gaussian process through the rows.
    fn guess_warning(&self, minima: &[Minimum], threshold: f64) -> Option<String> {
        if self.data().is_density || self.inputs() > MAX_PROCESS_INPUTS {
            return None;
        }
        // The edge may lie on a wall that the process does not follow.
        let wells = minima.iter().filter(|minimum| minimum.is_well(threshold) && !minimum.barrier_at_edge);
        let mut guesses = wells.filter_map(|well| Some((well, well.barrier?, well.barrier_at.as_deref()?))).peekable();
        guesses.peek()?;
        let surrogate = self.latest_surrogate(f64::INFINITY).filter(|surrogate| surrogate.process.is_smooth())?;
        guesses.find_map(|(well, barrier, top)| {
            let posterior = surrogate.process.at(&[well.x.as_slice(), top].concat())?;
            let (rise, error) = (posterior.mean[1] - posterior.mean[0], NORMAL_QUANTILE * posterior.deviation(0, 1));
            let difference = (rise - barrier).abs();
            (difference > error && difference > MAX_DIFFERENCE_FRACTION * barrier.max(rise)).then(|| {
                let by_process =
                    if rise > error { format!("{} ± {}", number(rise, 3), number(error, 1)) } else { "not above zero".into() };
                format!(
                    "The well at {} or its barrier is between the rows. The barrier is {} in the fit, and {by_process} by a Gaussian process \
                     through the rows, so it is a guess. Measure there.",
                    place_of(&well.x),
                    number(barrier, 3),
                )
            })
        })
    }

    /// Sentence on the highest barrier of a minimum that does not count as a well, though it exceeds the error of the fit, or no other
    /// minimum counts.
    fn uncounted_warning(&self, minima: &[Minimum], threshold: f64) -> Option<String> {
        if self.data().is_density || !self.data().has_values() {
            return None;
        }
        let rmse = self.row_values(self.plotted()).errors()?.0.sqrt();
        let least = if minima.iter().any(|minimum| minimum.is_well(threshold)) { rmse } else { 0.0 };
        let uncounted = minima.iter().filter(|minimum| minimum.supported).filter_map(|minimum| Some((minimum, minimum.barrier?)));
        let (minimum, barrier) =
            uncounted.filter(|(_, barrier)| (least..=threshold).contains(barrier)).max_by(|a, b| a.1.total_cmp(&b.1))?;
        Some(format!(
            "The minimum at {} does not count as a well: its barrier of {} does not exceed {}, a fraction of the spread of the values, and its rows do \
             not confirm it. If steep walls cause this spread, leave out their rows.",
            place_of(&minimum.x),
            number(barrier, 3),
            number(threshold, 3)
        ))
    }

    /// Sentence on the pass of a density around which the fit predicts the fewest samples, if they only bound the barrier over it.
    fn extrapolated_warning(&self, minima: &[Minimum]) -> Option<String> {
        let wells = minima.iter().filter(|minimum| minimum.supported).count();
        let unsampled =
            self.evaluation().of_joint(|joint, psi| joint.unsampled_passes(psi, &self.params(), minima, self.data()))?;
        // If a way out of the domain is the lowest one, the ways to other wells are higher.
        let counts = |(k, _): &(usize, f64)| minima[*k].supported && (wells > 1 || !minima[*k].barrier_at_edge);
        let (k, expected) = unsampled.into_iter().filter(counts).min_by(|a, b| a.1.total_cmp(&b.1))?;
        let (well, least) = (&minima[k], minima[k].barrier_bound?);
        let least = if least > 0.0 { format!("at least {}", number(least, 2)) } else { "of any height".into() };
        Some(format!(
            "The fit predicts {} samples around the pass at {}, so barriers over it are guesses: the one of the well at {} is {least}. Samples \
             from there, for instance under a bias, determine it.",
            number(expected, 1),
            place_of(well.barrier_at.as_deref()?),
            place_of(&well.x)
        ))
    }
}

/// Sentence on these dips without support by the data, if there are any.
fn unsupported_warning(doubtful: &[&Minimum]) -> Option<String> {
    let first = doubtful.first()?;
    let place = place_of(&first.x);
    Some(match doubtful.len() {
        1 => format!("The data do not confirm the dip of the fit at {place} at 95 %: it is marked and not counted as a well."),
        count => format!(
            "The data do not confirm {count} dips of the fit at 95 %, the first at {place}: they are marked and not counted as wells. \
             More rows, fewer modes or a larger epsilon may help."
        ),
    })
}

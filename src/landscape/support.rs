//! Support of the wells of a fit by its data.
//!
//! A well is supported if the function rises significantly from its minimum along every way to another well or out of the domain. The rise
//! and its standard error are those of a [`GaussianProcess`] through the same data. The process is independent of the fit, so that a dip
//! which follows the noise of a few rows is not confirmed by itself. A rise between single rows is significant by Chebyshev's inequality.
//! The process rejects a rise that is significantly below the resolution, even if its error is small.
//!
//! The wells are judged together. As long as the least significant rise is below the critical value, its well is merged with the adjacent
//! basin. The critical value is the normal quantile of 95 %, corrected for the number of wells judged (Bonferroni). So the probability that
//! the fit has any well that the data do not have is at most 5 %.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;

use ndarray::ArrayRef2;

use super::Extrema;
use crate::numerics::bounds::Bounds;
use crate::numerics::gaussian_process::GaussianProcess;
use crate::numerics::passes::LocatedPass;
use crate::numerics::statistics::{normal_quantile, sort_by};

/// Largest probability that a fit has any well that its data do not have.
const FAMILY_LEVEL: f64 = 0.05;
/// Significant difference of two rows in standard deviations of their noise, for any distribution of the noise. By Chebyshev's inequality,
/// the probability of a larger difference is at most `2 / 12^2`.
const SIGNIFICANT_DIFFERENCE: f64 = 12.0;
/// Largest distance between two results for one minimum, as a fraction of the diagonal of the domain.
const PLACE_TOLERANCE: f64 = 1e-3;
/// Height of rows above the lowest minimum, in units of the height of the highest pass in doubt, above which they lie on walls.
const WALL_FACTOR: f64 = 10.0;
/// Smallest number of rows that determine their noise well enough for this inequality.
const MIN_ROWS: usize = 20;

/// Data for the judgement of wells.
pub struct Evidence<'a> {
    /// Domain of the fit.
    pub bounds: Bounds<'a>,
    /// Points `[rows, inputs]`.
    pub x: &'a ArrayRef2<f64>,
    /// Values, NaN where a value is unknown.
    pub y: &'a [f64],
    /// Estimated standard error of each value: the larger one of the error of the fit and the noise.
    pub sigmas: &'a [f64],
    /// Estimated standard error of the derivative with respect to each input, defined in the same way; empty if no derivatives are known.
    pub slope_sigmas: &'a [f64],
    /// Smallest barrier of a well without noise: a fraction of the spread of the values or, if that is smaller, the error of the fit.
    pub resolution: f64,
    /// Smallest rise of which single rows are evidence. Smaller ones are judged by the process alone.
    pub least_rise_of_rows: f64,
    /// Creates the Gaussian process through the rows whose values are at most the argument. It is called at most once.
    pub surrogate: &'a dyn Fn(f64) -> Option<GaussianProcess>,
}

/// Marks the minima of a fit that are not wells by the evidence, and leads the barriers of all minima to wells. Returns the smallest
/// barrier of a well. If the noise matters, it is the resolution, because the evidence replaces a threshold for noise; else it is
/// `threshold`.
pub fn judge(found: &mut Extrema, threshold: f64, evidence: &Evidence) -> f64 {
    let mut resolved = found.clone();
    resolved.raise_barriers(evidence.resolution);
    let is_candidate: Vec<bool> = resolved.minima.iter().map(|minimum| minimum.is_well(evidence.resolution)).collect();
    if !is_candidate.contains(&true) {
        return threshold;
    }
    let (wells, is_noisy) = Judgement::new(&resolved, is_candidate, evidence).wells();
    if !is_noisy {
        return threshold;
    }
    resolved.set_wells(&wells);
    resolved.minima.iter_mut().zip(wells).for_each(|(minimum, is_well)| minimum.supported = is_well);
    *found = resolved;
    evidence.resolution
}

/// Marks the minima that are known to be unsupported, by their positions, and leads the barriers of all minima to wells. Returns
/// `threshold`.
pub fn recall(found: &mut Extrema, threshold: f64, unsupported: &[Vec<f64>], bounds: Bounds) -> f64 {
    if unsupported.is_empty() {
        return threshold;
    }
    let near = PLACE_TOLERANCE * bounds.diagonal();
    for minimum in &mut found.minima {
        minimum.supported = unsupported.iter().all(|place| bounds.distance(place, &minimum.x) > near);
    }
    let wells: Vec<bool> = found.minima.iter().map(|minimum| minimum.is_well(threshold)).collect();
    found.set_wells(&wells);
    threshold
}

/// Rise and its standard error, if the rows determine them.
type Rise = Option<[f64; 2]>;

struct Judgement<'a> {
    found: &'a Extrema,
    evidence: &'a Evidence<'a>,
    is_candidate: Vec<bool>,
    /// Significant rise in standard errors.
    critical: f64,
    /// Basin of each minimum, as the index of one of its minima. The number of minima represents the outside.
    basin: Vec<usize>,
    /// Gaussian process through the rows, created at the first use.
    process: OnceCell<Option<GaussianProcess>>,
    /// Rises from the process with their standard errors, by minimum and way.
    rises: RefCell<HashMap<(usize, usize), Rise>>,
}

impl<'a> Judgement<'a> {
    fn new(found: &'a Extrema, is_candidate: Vec<bool>, evidence: &'a Evidence) -> Self {
        let basin = (0..found.minima.len()).collect();
        let candidates = is_candidate.iter().filter(|is| **is).count();
        let critical = normal_quantile(1.0 - FAMILY_LEVEL / candidates as f64);
        Self { found, evidence, is_candidate, critical, basin, process: OnceCell::new(), rises: RefCell::default() }
    }

    /// Marks the lowest minimum of each supported well that is not significantly higher than another one of it. The second result is true if
    /// the noise required a judgement.
    fn wells(mut self) -> (Vec<bool>, bool) {
        let count = self.found.minima.len();
        loop {
            let basins = (0..count).filter(|&k| self.basin[k] == k);
            let least = basins.filter_map(|basin| self.weakest(basin)).min_by(|a, b| a.rise.total_cmp(&b.rise));
            let Some(weakest) = least.filter(|weakest| weakest.rise < self.critical) else { break };
            for basin in &mut self.basin {
                if *basin == weakest.basin {
                    *basin = weakest.joins;
                }
            }
        }
        let mut wells = vec![false; count];
        for basin in 0..count {
            let mut members: Vec<usize> = (0..count).filter(|&k| self.basin[k] == basin && self.is_candidate[k]).collect();
            sort_by(&mut members, |&k| self.found.minima[k].value);
            let is_low = |k: &usize| !members.iter().any(|&other| self.is_higher(*k, other));
            if let Some(&well) = members.iter().find(|k| is_low(k)) {
                wells[well] = true;
            }
        }
        (wells, self.process.get().is_some())
    }

    /// True if a minimum is significantly higher than another one by the process, if that was needed.
    fn is_higher(&self, minimum: usize, than: usize) -> bool {
        let places = [minimum, than].map(|k| self.found.minima[k].x.as_slice()).concat();
        let posterior = self.process.get().and_then(|process| process.as_ref()?.at(&places));
        posterior.is_some_and(|posterior| posterior.mean[0] - posterior.mean[1] > self.critical * posterior.deviation(0, 1))
    }

    /// Least significant way out of a basin; `None` if no way leads out of it.
    fn weakest(&self, basin: usize) -> Option<Weakest> {
        let outside = self.found.minima.len();
        let of = |side: Option<usize>| side.map_or(outside, |k| self.basin[k]);
        let members: Vec<usize> = (0..outside).filter(|&k| self.basin[k] == basin).collect();
        let is_candidate = members.iter().any(|&k| self.is_candidate[k]);
        let ends = |way: &LocatedPass| way.pass.sides.map(of);
        let ways = self.found.ways.iter().enumerate();
        let exits: Vec<(usize, usize)> = ways
            .clone()
            .filter_map(|(k, way)| match ends(way) {
                [a, b] if a == basin && b != basin => Some((k, b)),
                [a, b] if b == basin && a != basin => Some((k, a)),
                _ => None,
            })
            .collect();
        let height = |way: &usize| self.found.ways[*way].pass.height;
        if exits.is_empty() {
            // Around periodic inputs, the rise of the last well leads to the highest of its own passes.
            let rounds = ways.filter(|(_, way)| ends(way) == [basin; 2]).map(|(k, _)| k);
            let highest = rounds.max_by(|a, b| height(a).total_cmp(&height(b)))?;
            let rise = members.iter().map(|&k| self.rise(k, highest)).fold(f64::NEG_INFINITY, f64::max);
            return Some(Weakest { basin, joins: outside, rise });
        }
        if !is_candidate {
            let (_, joins) = exits.into_iter().min_by(|a, b| height(&a.0).total_cmp(&height(&b.0)))?;
            return Some(Weakest { basin, joins, rise: f64::NEG_INFINITY });
        }
        let of_member = |&k: &usize| {
            let rises = exits.iter().map(|&(way, joins)| Weakest { basin, joins, rise: self.rise(k, way) });
            rises.min_by(|a, b| a.rise.total_cmp(&b.rise))
        };
        members.iter().filter_map(of_member).max_by(|a, b| a.rise.total_cmp(&b.rise))
    }

    /// Rise from a minimum to the highest point of a way, in standard errors.
    fn rise(&self, minimum: usize, way: usize) -> f64 {
        if self.is_shown_by_rows(minimum, way) {
            return f64::INFINITY;
        }
        let (from, to) = (&self.found.minima[minimum].x, &self.found.ways[way].top);
        let known = self.rises.borrow().get(&(minimum, way)).copied();
        let by_process = known.unwrap_or_else(|| {
            let process = self.process.get_or_init(|| (self.evidence.surrogate)(self.ceiling()));
            let posterior = process.as_ref().and_then(|process| process.at(&[from.as_slice(), to].concat()));
            let rise = posterior.map(|posterior| [posterior.mean[1] - posterior.mean[0], posterior.deviation(0, 1)]);
            self.rises.borrow_mut().insert((minimum, way), rise);
            rise
        });
        let Some([rise, error]) = by_process else { return 0.0 };
        let may_be_resolved = rise + self.critical * error >= self.evidence.resolution;
        if may_be_resolved { rise / error.max(f64::MIN_POSITIVE) } else { f64::NEG_INFINITY }
    }

    /// Largest value of rows that affect the wells. Its height above the highest relevant pass equals the height of that pass above the
    /// lowest minimum. Rows on walls that are much higher than the passes in doubt are left out: they determine the process otherwise.
    fn ceiling(&self) -> f64 {
        let Extrema { minima, ways, .. } = self.found;
        let lowest = minima.iter().map(|minimum| minimum.value).fold(f64::INFINITY, f64::min);
        let heights = |at_edge: bool| ways.iter().filter(move |way| way.at_edge == at_edge).map(|way| way.pass.height);
        let out = heights(true).fold(f64::INFINITY, f64::min);
        let inner = heights(false).fold(f64::NEG_INFINITY, f64::max);
        let highest = if out.is_finite() { inner.max(out) } else { inner };
        let is_in_doubt = |way: usize| ways[way].pass.sides.into_iter().flatten().any(|side| !self.is_shown_by_rows(side, way));
        let in_doubt = (0..ways.len()).filter(|&way| is_in_doubt(way)).map(|way| ways[way].pass.height);
        let below_walls = in_doubt.reduce(f64::max).map_or(f64::INFINITY, |top| WALL_FACTOR * (top - lowest));
        if highest > lowest { lowest + (2.0 * (highest - lowest)).min(below_walls) } else { f64::INFINITY }
    }

    /// Returns true if single rows show the rise from a minimum to the highest point of a way.
    fn is_shown_by_rows(&self, minimum: usize, way: usize) -> bool {
        let (from, to) = (&self.found.minima[minimum].x, &self.found.ways[way].top);
        let [a, b] = [from, to].map(|x| self.nearest_row(x));
        let Evidence { bounds, y, sigmas, slope_sigmas, least_rise_of_rows, .. } = self.evidence;
        let rise = self.found.ways[way].pass.height - self.found.minima[minimum].value;
        let by_slopes: f64 = bounds.way(from, to).iter().zip(*slope_sigmas).map(|(d, sigma)| d.abs() * sigma).sum();
        let is_shown = y[b] - y[a] > SIGNIFICANT_DIFFERENCE * sigmas[a].max(sigmas[b])
            || !slope_sigmas.is_empty() && rise > SIGNIFICANT_DIFFERENCE * by_slopes;
        y.len() >= MIN_ROWS && is_shown && rise > *least_rise_of_rows
    }

    fn nearest_row(&self, x: &[f64]) -> usize {
        let Evidence { bounds, x: rows, .. } = self.evidence;
        let far = |row: usize| -> f64 {
            let row: Vec<f64> = rows.row(row).to_vec();
            let way = bounds.way(x, &row).into_iter().zip(bounds.ends);
            way.map(|(d, [low, high])| (d / (high - low)).powi(2)).sum()
        };
        (0..rows.nrows()).min_by(|&a, &b| far(a).total_cmp(&far(b))).unwrap_or(0)
    }
}

/// Least significant way out of a basin.
struct Weakest {
    basin: usize,
    /// Index of the basin at the other end of the way.
    joins: usize,
    /// Rise in standard errors.
    rise: f64,
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::landscape::extrema_above;
    use crate::numerics::gaussian_process::FunctionObservations;
    use crate::numerics::noise;

    /// Number of wells of a fit that adds ripples to the truth. The flag is true if a minimum was marked.
    fn wells(truth: fn(f64) -> f64, slope: fn(f64) -> f64, sigma: f64, seed: u64) -> (usize, bool) {
        let domain = [[-1.8, 1.8]];
        let ripple = |x: f64| 0.8 * sigma * (23.0 * x).sin();
        let evaluate = |xs: &[f64]| {
            let values = xs.iter().map(|&x| truth(x) + ripple(x)).collect();
            (values, xs.iter().map(|&x| slope(x) + 23.0 * 0.8 * sigma * (23.0 * x).cos()).collect())
        };
        let mut found = extrema_above(domain[0], 400, 0.0, evaluate);
        let count = 120;
        let x = Array2::from_shape_fn((count, 1), |(k, _)| 3.6 * (k as f64 + 0.5) / count as f64 - 1.8);
        let places: Vec<f64> = x.iter().copied().collect();
        let y: Vec<f64> = places.iter().zip(noise(count, seed)).map(|(&x, e)| truth(x) + sigma * e).collect();
        let bounds = Bounds { ends: &domain, periodic: &[] };
        let evidence = Evidence {
            bounds,
            x: &x,
            y: &y,
            sigmas: &vec![sigma; count],
            slope_sigmas: &[],
            resolution: 0.02,
            least_rise_of_rows: 0.0,
            surrogate: &|_| {
                GaussianProcess::new(bounds, &FunctionObservations { x: &places, values: &y, ..FunctionObservations::default() })
            },
        };
        let threshold = judge(&mut found, 0.5, &evidence);
        (found.wells(threshold), found.minima.iter().any(|minimum| !minimum.supported))
    }

    #[test]
    fn ripples_within_noise_are_not_wells() {
        for seed in 1..=8 {
            assert_eq!(wells(|_| 0.0, |_| 0.0, 0.3, seed), (0, true), "flat, {seed}");
            assert_eq!(wells(|x| x * x, |x| 2.0 * x, 0.3, seed), (1, true), "one well, {seed}");
            let double = wells(|x| (x * x - 1.0).powi(2), |x| 4.0 * x * (x * x - 1.0), 0.3, seed);
            assert_eq!(double, (2, true), "two wells, {seed}");
        }
    }

    #[test]
    fn wells_of_nearly_exact_rows_are_not_tested() {
        let found = wells(|x| (x * x - 1.0).powi(2), |x| 4.0 * x * (x * x - 1.0), 1e-4, 1);
        assert_eq!(found, (2, false));
    }

    #[test]
    fn unsupported_minima_are_recognised_by_position() {
        let bump = |xs: &[f64]| (xs.iter().map(|x| x.cos()).collect(), xs.iter().map(|x| -x.sin()).collect());
        let domain = [[0.0, 11.0]];
        let mut found = extrema_above(domain[0], 200, 0.1, bump);
        let second = found.minima[1].x.clone();
        let bounds = Bounds { ends: &domain, periodic: &[] };
        assert_eq!((recall(&mut found, 0.1, &[second], bounds), found.wells(0.1)), (0.1, 1));
        assert!(found.minima[0].supported && !found.minima[1].supported);
    }
}

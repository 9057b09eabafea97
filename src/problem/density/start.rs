//! Initial parameters of a density's fit: from a kernel estimate, with a mode at each of its peaks.
//!
//! Modes that are spread without regard to the data are soon outdone by whichever of them is nearest, and one that has no probability left has no
//! gradient either. So every mode begins at a centre where the data are: at the peaks of a kernel estimate, the highest first, and, for the modes
//! that are left, at those of a few quantiles that are farthest from the centres already chosen. There it takes the value of minus the logarithm
//! of the estimate. The kinks of its units lie at quantiles of the data, see [`crate::model::init::on_data`].

use crate::data::estimate::{self, kernel};
use crate::numerics::statistics::sort_by;

/// The sharpness at the start, for which the density is the sum of those of the modes.
pub const INITIAL_RHO: f64 = 1.0;
/// A peak of the kernel estimate has at least this part of the largest.
const MIN_PEAK_FRACTION: f64 = 0.02;
/// The upper quartile of a standard Gaussian.
const NORMAL_QUARTILE: f64 = 0.6745;
/// The middle nine tenths of a standard Gaussian are as far as this from its centre.
const NINE_TENTHS: f64 = 1.645;
/// Quantiles that modes without a peak may begin at.
const MODE_QUANTILES: usize = 25;
/// Quantiles at which units may have their kinks.
const KINK_QUANTILES: usize = 200;

/// The start on samples, in states.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleStart {
    /// Where each mode begins, and `-log` of the density there.
    pub centres: Vec<(f64, f64)>,
    /// Where units may have their kinks.
    pub kinks: Vec<f64>,
    /// Leave-one-out mean of `-log q` of the kernel estimate over the samples, where `q` is a probability for each state.
    pub loss: f64,
}

impl SampleStart {
    /// The start for weights of the states, whose effective sample size is given.
    pub fn new(weights: &[f64], effective: f64, modes: usize) -> Self {
        let bandwidth = kernel::improved_sheather_jones_binned(weights, effective);
        let density = kernel::smoothed(weights, bandwidth);
        let mut centres = estimate::modes(&density, MIN_PEAK_FRACTION);
        sort_by(&mut centres, |&state| -density[state]);
        centres.truncate(modes);
        let places = quantiles(weights, MODE_QUANTILES);
        while centres.len() < modes {
            let apart = |&place: &usize| centres.iter().map(|centre| centre.abs_diff(place)).min().unwrap_or(usize::MAX);
            let Some(farthest) = places.iter().copied().max_by_key(apart) else { break };
            centres.push(farthest);
        }
        let level = |state: usize| (state as f64, -density[state].max(f64::MIN_POSITIVE).ln());
        let kinks = quantiles(weights, KINK_QUANTILES).into_iter().map(|state| state as f64).collect();
        let loss = kernel::left_out_loss(weights, bandwidth, effective);
        Self { centres: centres.into_iter().map(level).collect(), kinks, loss }
    }
}

/// Shift and scale of a state for the network, by weights of the states and their effective sample size. The shift is the middle of the samples.
/// At the scale the middle nine tenths of a Gaussian as wide as the kernel estimate's modes are on average lie in [-3, 3], for which the start is
/// made: so the decay of the weights means the same whatever the distances between modes and however far single samples lie outside.
pub fn scaling(weights: &[f64], effective: f64) -> [f64; 2] {
    let density = kernel::smoothed(weights, kernel::improved_sheather_jones_binned(weights, effective));
    let peaks = estimate::modes(&density, MIN_PEAK_FRACTION);
    let lowest = |pair: &[usize]| (pair[0]..pair[1]).min_by(|&a, &b| density[a].total_cmp(&density[b])).unwrap_or(pair[0]);
    let ends: Vec<usize> = [0].into_iter().chain(peaks.windows(2).map(lowest)).chain([weights.len()]).collect();
    let width: f64 = ends.windows(2).map(|ends| weighted_width(&weights[ends[0]..ends[1]])).sum();
    let has_samples = |w: &f64| *w > 0.0;
    let [low, high] =
        [weights.iter().position(has_samples), weights.iter().rposition(has_samples)].map(Option::unwrap_or_default);
    [f64::midpoint(low as f64, high as f64), (NINE_TENTHS / 3.0 * width).max(1.0)]
}

/// The width of a part of the states, that of a Gaussian with the same quartiles, times the sum of its weights.
fn weighted_width(weights: &[f64]) -> f64 {
    let mass: f64 = weights.iter().sum();
    let quantile = |share: f64| {
        let mut sum = 0.0;
        let reaches = |w: &f64| {
            sum += w;
            sum >= share * mass
        };
        weights.iter().position(reaches).unwrap_or_default() as f64
    };
    mass * (quantile(0.75) - quantile(0.25)) / (2.0 * NORMAL_QUARTILE)
}

/// Quantiles of the weights: states at equally spaced cumulative weights.
fn quantiles(weights: &[f64], count: usize) -> Vec<usize> {
    let (mut sum, mut found) = (0.0, Vec::with_capacity(count));
    for (state, weight) in weights.iter().enumerate() {
        sum += weight;
        while found.len() < count && sum >= (found.len() as f64 + 0.5) / count as f64 {
            found.push(state);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shares of two humps of unequal weight on 901 states.
    fn humps() -> Vec<f64> {
        let hump = |n: usize, at: f64, width: f64| (-0.5 * ((n as f64 - at) / width).powi(2)).exp();
        estimate::normalised((0..=900).map(|n| hump(n, 250.0, 40.0) + 0.3 * hump(n, 620.0, 30.0)).collect())
    }

    #[test]
    fn scale_is_width_of_modes_at_any_position() {
        let hump = |n: usize, at: f64| (-0.5 * ((n as f64 - at) / 20.0).powi(2)).exp();
        let of = |places: &[f64]| {
            let weights = estimate::normalised((0..=900).map(|n| places.iter().map(|&at| hump(n, at)).sum()).collect());
            scaling(&weights, 500.0)[1]
        };
        for places in [&[450.0][..], &[350.0, 550.0], &[200.0, 450.0, 700.0]] {
            assert!((of(places) / (20.0 * NINE_TENTHS / 3.0) - 1.0).abs() < 0.06, "{places:?}: {}", of(places));
        }
        // A few samples far outside change next to nothing.
        let mut weights = estimate::normalised((0..=900).map(|n| hump(n, 200.0)).collect());
        weights[880] = 0.004;
        assert!((scaling(&estimate::normalised(weights), 500.0)[1] / of(&[200.0]) - 1.0).abs() < 0.1);
        // All in one state.
        assert_eq!(scaling(&[0.0, 1.0, 0.0], 9.0), [1.0, 1.0]);
    }

    #[test]
    fn initial_modes_are_at_peaks_and_then_far_apart() {
        let start = SampleStart::new(&humps(), 500.0, 4);
        let places: Vec<f64> = start.centres.iter().map(|centre| centre.0).collect();
        assert!((places[0] - 250.0).abs() < 3.0 && (places[1] - 620.0).abs() < 3.0, "{places:?}");
        assert!(start.centres[0].1 < start.centres[1].1, "the higher peak lies lower");
        let apart = |k: usize| places[..k].iter().map(|p| (p - places[k]).abs()).fold(f64::INFINITY, f64::min);
        assert!(apart(2) > 40.0 && apart(3) > 40.0, "{places:?}");
        assert_eq!(SampleStart::new(&humps(), 500.0, 1).centres.len(), 1);
        assert!(start.kinks.len() == KINK_QUANTILES && start.kinks.is_sorted());
    }

    #[test]
    fn coinciding_samples_give_finite_centres_for_every_mode() {
        let mut weights = vec![0.0; 901];
        weights[300] = 1.0;
        let start = SampleStart::new(&weights, 8.0, 5);
        assert!(start.centres.len() == 5 && start.centres.iter().all(|(state, y)| state.is_finite() && y.is_finite()));
    }
}

//! Kernel estimate of a density at its samples, its modes, and their widths: the initialization of a density fit.

use std::collections::HashMap;
use std::f64::consts::{PI, TAU};

use crate::data::sampling_scheme::SamplingScheme;
use crate::model::init;
use crate::numerics::flooding::flood_graph;
use crate::numerics::statistics::{order, smallest};
use crate::potentials::sampling;

/// Largest number of samples in the kernel estimate.
const MAX_ESTIMATE_SAMPLES: usize = 1000;
/// Number of nearest neighbours of a sample in the neighbour graph, whose basins are the modes of the estimate.
const NEIGHBOUR_COUNT: usize = 9;
/// Smallest rise of a mode, in the logarithm of the estimate, above the pass to a higher mode.
const MIN_MODE_PROMINENCE: f64 = 0.7;
/// Half-width of the middle nine tenths of a standard Gaussian.
const NINE_TENTHS_QUANTILE: f64 = 1.645;

/// Kernel estimate at a subset of the samples.
#[derive(Clone, Debug)]
pub struct KernelEstimate {
    /// Positions of the subset, `[points, inputs]`.
    pub x: Vec<f64>,
    /// Minus the logarithm of the estimated density there.
    pub psi: Vec<f64>,
    /// Weights of the subset in the likelihood; the sum is one.
    pub shares: Vec<f64>,
    /// Log-density of each sample of the subset under the estimate from the others.
    pub left_out: Vec<f64>,
    /// Standard deviation within a mode along each input, averaged over the samples.
    pub widths: Vec<f64>,
    /// The period of each input, if it has one.
    periods: Vec<Option<f64>>,
}

impl KernelEstimate {
    /// Computes the estimate from samples `x` `[samples, inputs]`. `periods` has the period of each input, if it has one.
    pub fn new(x: &[f64], drawn: &SamplingScheme, periods: &[Option<f64>]) -> Self {
        let inputs = periods.len();
        let chosen = sampling::subset(drawn.likelihood_weights.len(), MAX_ESTIMATE_SAMPLES, &mut init::stream(0));
        let point = |k: usize| &x[k * inputs..(k + 1) * inputs];
        let (first, places) = distinct(&chosen, point);
        let points: Vec<f64> = first.iter().flat_map(|&k| point(k).iter().copied()).collect();
        let of_chosen = |all: &[f64]| -> Vec<f64> {
            let total: f64 = chosen.iter().map(|&k| all[k]).sum();
            let mut sums = vec![0.0; first.len()];
            chosen.iter().zip(&places).for_each(|(&k, &place)| sums[place] += all[k]);
            sums.into_iter().map(|sum| sum / total).collect()
        };
        let (shares, weights) = (of_chosen(&drawn.likelihood_weights), of_chosen(drawn.weights()));
        let effective = 1.0 / shares.iter().map(|share| share * share).sum::<f64>();
        // The kernels estimate the sampled density, not the sought one.
        let log_weights = drawn.log_weights(&points);
        let factor = (4.0 / ((inputs as f64 + 2.0) * effective)).powf(1.0 / (inputs as f64 + 4.0));
        let whole = spread(&points, &weights, &vec![0; weights.len()], periods);
        let part = likeliest(&points, &shares, &whole.iter().map(|width| factor * width).collect::<Vec<_>>(), periods);
        let mut widths: Vec<f64> = whole.iter().map(|width| part * width).collect();
        let (mut psi, mut left_out) = (Vec::new(), Vec::new());
        // Modes depend on the width and the width on the modes; three iterations suffice.
        for _ in 0..3 {
            let bandwidths: Vec<f64> = widths.iter().map(|width| factor * width).collect();
            psi = minus_log(&points, &shares, &bandwidths, periods);
            left_out = leave_one_out(&psi, &shares, &bandwidths);
            psi.iter_mut().zip(&log_weights).for_each(|(psi, log)| *psi -= log);
            widths = spread(&points, &weights, &basins(&points, &psi, &widths, periods), periods);
        }
        Self { x: points, psi, shares, left_out, widths, periods: periods.to_vec() }
    }

    /// Mean log-density of a sample under the estimate from the others.
    pub fn mean_left_out(&self) -> f64 {
        weighted_mean(&self.left_out, &self.shares)
    }

    /// Width of a unit of the network along each input. Nine tenths of a Gaussian with the width of the modes lie in [-3,
    /// 3], the range of initial parameters. The weight decay is then independent of the distances between modes.
    pub fn scales(&self) -> Vec<f64> {
        self.widths.iter().map(|width| NINE_TENTHS_QUANTILE / 3.0 * width).collect()
    }

    /// Centres of `modes` modes, each with a value.
    pub fn centres(&self, modes: usize) -> Vec<(Vec<f64>, f64)> {
        let inputs = self.widths.len();
        // Distances are in widths of modes; a periodic input is a circle.
        let place = |(k, x): (usize, &f64)| {
            let (width, period) = (self.widths[k % inputs], self.periods[k % inputs]);
            let on_circle = |period: f64| {
                let (angle, radius) = (TAU * x / period, period / (TAU * width));
                vec![radius * angle.cos(), radius * angle.sin()]
            };
            period.map_or_else(|| vec![x / width], on_circle)
        };
        let scaled: Vec<f64> = self.x.iter().enumerate().flat_map(place).collect();
        let chosen = init::centres(&scaled, &self.psi, modes);
        let centre = |k: usize| (self.x[k * inputs..(k + 1) * inputs].to_vec(), self.psi[k]);
        (0..modes).map(|mode| centre(chosen[mode % chosen.len()])).collect()
    }
}

/// First sample of each group of equal samples, and the group of each sample. A Markov chain repeats its position when it stays,
/// and the repetitions would make narrow kernels too likely. A few repetitions remain separate.
fn distinct<'a>(chosen: &[usize], of: impl Fn(usize) -> &'a [f64]) -> (Vec<usize>, Vec<usize>) {
    let mut groups: HashMap<Vec<u64>, usize> = HashMap::new();
    let (mut first, mut places) = (Vec::new(), Vec::new());
    for &k in chosen {
        let bits = of(k).iter().map(|x| x.to_bits()).collect();
        let group = *groups.entry(bits).or_insert(first.len());
        if group == first.len() {
            first.push(k);
        }
        places.push(group);
    }
    let are_few = 10 * (chosen.len() - first.len()) <= chosen.len();
    if are_few { (chosen.to_vec(), (0..chosen.len()).collect()) } else { (first, places) }
}

/// Difference from one number to another, or to its nearest periodic image.
fn way(from: f64, to: f64, period: Option<f64>) -> f64 {
    let way = to - from;
    period.map_or(way, |period| way - period * (way / period).round())
}

/// Standard deviation within the groups of some points along each input, in the weighted mean.
fn spread(x: &[f64], weights: &[f64], groups: &[usize], periods: &[Option<f64>]) -> Vec<f64> {
    let inputs = periods.len();
    let count = groups.iter().max().map_or(0, |last| last + 1);
    let deviation = |input: usize| {
        let mut sums = vec![[0.0; 3]; count];
        // Periodic images are the ones nearest to the first point of the group.
        let mut first = vec![f64::NAN; count];
        for ((point, &w), &group) in x.chunks_exact(inputs).zip(weights).zip(groups) {
            if first[group].is_nan() {
                first[group] = point[input];
            }
            let value = way(first[group], point[input], periods[input]);
            let sum = &mut sums[group];
            *sum = [sum[0] + w, sum[1] + w * value, sum[2] + w * value * value];
        }
        let variance: f64 = sums.iter().filter(|sum| sum[0] > 0.0).map(|sum| sum[2] - sum[1] * sum[1] / sum[0]).sum();
        variance.max(f64::MIN_POSITIVE).sqrt()
    };
    (0..inputs).map(deviation).collect()
}

/// Minus the logarithm of a Gaussian kernel estimate at the points of its kernels.
fn minus_log(x: &[f64], weights: &[f64], bandwidths: &[f64], periods: &[Option<f64>]) -> Vec<f64> {
    let inputs = bandwidths.len();
    let log_volume: f64 = bandwidths.iter().map(|h| (h * (2.0 * PI).sqrt()).ln()).sum();
    let minus_log_density = |point: &[f64]| {
        let kernel = |other: &[f64]| {
            let square: f64 = (0..inputs).map(|k| (way(point[k], other[k], periods[k]) / bandwidths[k]).powi(2)).sum();
            (-0.5 * square).exp()
        };
        let sum: f64 = x.chunks_exact(inputs).zip(weights).map(|(other, w)| w * kernel(other)).sum();
        log_volume - sum.max(f64::MIN_POSITIVE).ln()
    };
    x.chunks_exact(inputs).map(minus_log_density).collect()
}

/// Factor on the bandwidths, among 1, 1/2, 1/4 and 1/8, that maximises the leave-one-out likelihood. A bandwidth from the spread
/// of all points would merge modes that are far apart.
fn likeliest(x: &[f64], weights: &[f64], bandwidths: &[f64], periods: &[Option<f64>]) -> f64 {
    let likelihood = |part: f64| -> f64 {
        let narrow: Vec<f64> = bandwidths.iter().map(|h| part * h).collect();
        weighted_mean(&leave_one_out(&minus_log(x, weights, &narrow, periods), weights, &narrow), weights)
    };
    let (mut best, mut highest) = (1.0, likelihood(1.0));
    for part in [0.5, 0.25, 0.125] {
        let here = likelihood(part);
        if here <= highest {
            break;
        }
        (best, highest) = (part, here);
    }
    best
}

/// Mean of values with weights whose sum is one.
fn weighted_mean(values: &[f64], weights: &[f64]) -> f64 {
    values.iter().zip(weights).map(|(value, weight)| weight * value).sum()
}

/// Leave-one-out log-density of each point, from the values `psi` of the estimate with all points.
fn leave_one_out(psi: &[f64], weights: &[f64], bandwidths: &[f64]) -> Vec<f64> {
    let volume: f64 = bandwidths.iter().map(|h| h * TAU.sqrt()).product();
    let of_others = |(psi, weight): (&f64, &f64)| ((-psi).exp() - weight / volume) / (1.0 - weight);
    psi.iter().zip(weights).map(of_others).map(|density| density.max(f64::MIN_POSITIVE).ln()).collect()
}

/// Basin of each point: the nearest prominent minimum downhill along the graph of neighbours.
fn basins(x: &[f64], psi: &[f64], widths: &[f64], periods: &[Option<f64>]) -> Vec<usize> {
    let inputs = widths.len();
    let apart = |a: usize, b: usize| -> f64 {
        let along = |k: usize| way(x[a * inputs + k], x[b * inputs + k], periods[k]) / widths[k];
        (0..inputs).map(|k| along(k).powi(2)).sum()
    };
    let points = psi.len();
    let nearest = |k: usize| {
        let distances: Vec<f64> = (0..points).map(|other| if other == k { f64::INFINITY } else { apart(k, other) }).collect();
        smallest(&distances, NEIGHBOUR_COUNT.min(points - 1))
    };
    let mut graph: Vec<Vec<usize>> = (0..points).map(nearest).collect();
    for k in 0..points {
        for other in graph[k].clone() {
            if !graph[other].contains(&k) {
                graph[other].push(k);
            }
        }
    }
    let minima = flood_graph(psi, |k| graph[k].clone());
    let prominent: Vec<usize> =
        minima.iter().filter(|found| found.persistence >= MIN_MODE_PROMINENCE).map(|found| found.index).collect();
    // A point belongs to the prominent minimum nearest to the end of its steps to the lowest neighbour.
    let mut group = vec![usize::MAX; points];
    for k in order(psi) {
        let own = prominent.iter().position(|&minimum| minimum == k);
        let lower =
            || graph[k].iter().copied().filter(|&other| group[other] != usize::MAX).min_by(|&a, &b| psi[a].total_cmp(&psi[b]));
        let nearest = || (0..prominent.len()).min_by(|&a, &b| apart(k, prominent[a]).total_cmp(&apart(k, prominent[b])));
        group[k] = own.or_else(|| lower().map(|other| group[other])).or_else(nearest).unwrap_or(0);
    }
    group
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;
    use rand_distr::StandardNormal;

    #[test]
    fn modes_and_widths_are_found_at_any_position() {
        let mut rng = init::stream(3);
        let places = [[0.0, 0.0], [40.0, 0.0], [0.0, 3.0]];
        let x: Vec<f64> = (0..1500)
            .flat_map(|k| {
                let [a, b] = places[k % 3];
                [a + 2.0 * rng.sample::<f64, _>(StandardNormal), b + 0.3 * rng.sample::<f64, _>(StandardNormal)]
            })
            .collect();
        let drawn = SamplingScheme::new(&(&[[-10.0, 50.0]; 2]).into(), &x, None, [1500.0; 2]);
        let found = KernelEstimate::new(&x, &drawn, &[None, None]);
        assert!((found.widths[0] / 2.0 - 1.0).abs() < 0.15 && (found.widths[1] / 0.3 - 1.0).abs() < 0.15, "{:?}", found.widths);
        let centres = found.centres(5);
        for place in places {
            let is_near = |(x, _): &(Vec<f64>, f64)| (x[0] - place[0]).abs() < 2.0 && (x[1] - place[1]).abs() < 0.3;
            assert!(centres.iter().any(is_near), "{place:?}: {centres:?}");
        }
    }
}

//! The start of a density's fit in several inputs: a kernel estimate at the samples, its modes, and the width of these.

use std::collections::BTreeMap;
use std::f64::consts::{PI, TAU};

use super::drawn::Drawn;
use crate::model::init;
use crate::numerics::flooding::flood_graph;
use crate::potentials::sampling;

/// Largest number of samples at which the kernel estimate is evaluated, and which it is made of.
const SOME: usize = 1000;
/// Number of nearest neighbours of a sample in the graph whose basins are the modes of the estimate.
const NEIGHBOURS: usize = 9;
/// A mode of the estimate rises by at least this much, in the logarithm, above the pass to a higher one.
const PROMINENT: f64 = 0.7;
/// The middle nine tenths of a standard Gaussian are as far as this from its centre.
const NINE_TENTHS: f64 = 1.645;

/// A kernel estimate at some of the samples.
#[derive(Clone, Debug)]
pub struct Estimate {
    /// Places of some samples, `[some, inputs]`.
    pub x: Vec<f64>,
    /// Minus the logarithm of the estimated density there.
    pub psi: Vec<f64>,
    /// The mean log-density of a sample under the estimate from the others.
    pub left_out: f64,
    /// For each input the standard deviation within a mode, in the mean over the samples.
    pub widths: Vec<f64>,
    /// The period of each input, if it has one.
    periods: Vec<Option<f64>>,
}

impl Estimate {
    /// The estimate from samples `x` `[samples, inputs]`, some of whose inputs may have a period.
    pub fn new(x: &[f64], drawn: &Drawn, periods: &[Option<f64>]) -> Self {
        let inputs = periods.len();
        let chosen = sampling::subset(drawn.shares.len(), SOME, &mut init::stream(0));
        let of = |k: usize| &x[k * inputs..(k + 1) * inputs];
        let (first, places) = distinct(&chosen, of);
        let some: Vec<f64> = first.iter().flat_map(|&k| of(k).iter().copied()).collect();
        let of_chosen = |all: &[f64]| -> Vec<f64> {
            let total: f64 = chosen.iter().map(|&k| all[k]).sum();
            let mut sums = vec![0.0; first.len()];
            chosen.iter().zip(&places).for_each(|(&k, &place)| sums[place] += all[k]);
            sums.into_iter().map(|sum| sum / total).collect()
        };
        let (shares, weights) = (of_chosen(&drawn.shares), of_chosen(drawn.weights()));
        let effective = 1.0 / shares.iter().map(|share| share * share).sum::<f64>();
        // The estimate is one of the density that the samples were drawn from.
        let log_weights = drawn.log_weights(&some);
        let factor = (4.0 / ((inputs as f64 + 2.0) * effective)).powf(1.0 / (inputs as f64 + 4.0));
        let whole = spread(&some, &weights, &vec![0; weights.len()], periods);
        let part = likeliest(&some, &shares, &whole.iter().map(|width| factor * width).collect::<Vec<_>>(), periods);
        let mut widths: Vec<f64> = whole.iter().map(|width| part * width).collect();
        let (mut psi, mut left_out) = (Vec::new(), 0.0);
        // The width within modes is known when they are, and they are found at that width: twice suffices.
        for _ in 0..3 {
            let bandwidths: Vec<f64> = widths.iter().map(|width| factor * width).collect();
            psi = minus_log(&some, &shares, &bandwidths, periods);
            left_out = of_others(&psi, &shares, &bandwidths);
            psi.iter_mut().zip(&log_weights).for_each(|(psi, log)| *psi -= log);
            widths = spread(&some, &weights, &basins(&some, &psi, &widths, periods), periods);
        }
        Self { x: some, psi, left_out, widths, periods: periods.to_vec() }
    }

    /// Widths of a unit of the network for each input: nine tenths of a Gaussian as wide as the modes lie in [-3, 3], for which initial parameters
    /// are made, so that the decay of the weights means the same whatever the distances between modes.
    pub fn scales(&self) -> Vec<f64> {
        self.widths.iter().map(|width| NINE_TENTHS / 3.0 * width).collect()
    }

    /// The centres of so many modes, each with a value.
    pub fn centres(&self, modes: usize) -> Vec<(Vec<f64>, f64)> {
        let inputs = self.widths.len();
        // Distances count in widths of modes; a periodic input is a circle.
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

/// Of some samples the first of each group of equal ones, and the group of each. A chain that stays where it is repeats its places, and the others of a
/// repeated place make it the likelier, the narrower a kernel is. Few repetitions stay apart.
fn distinct<'a>(chosen: &[usize], of: impl Fn(usize) -> &'a [f64]) -> (Vec<usize>, Vec<usize>) {
    let mut groups: BTreeMap<Vec<u64>, usize> = BTreeMap::new();
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

/// The way from one number to another, or to the nearest image of it.
fn way(from: f64, to: f64, period: Option<f64>) -> f64 {
    let way = to - from;
    period.map_or(way, |period| way - period * (way / period).round())
}

/// For each input the standard deviation within the groups of some points, in the weighted mean.
fn spread(x: &[f64], weights: &[f64], groups: &[usize], periods: &[Option<f64>]) -> Vec<f64> {
    let inputs = periods.len();
    let count = groups.iter().max().map_or(0, |last| last + 1);
    let of = |input: usize| {
        let mut sums = vec![[0.0; 3]; count];
        // Images are those nearest to the first point of the group.
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
    (0..inputs).map(of).collect()
}

/// Minus the logarithm of a Gaussian kernel estimate at its own points.
fn minus_log(x: &[f64], weights: &[f64], bandwidths: &[f64], periods: &[Option<f64>]) -> Vec<f64> {
    let inputs = bandwidths.len();
    let log_volume: f64 = bandwidths.iter().map(|h| (h * (2.0 * PI).sqrt()).ln()).sum();
    let at = |point: &[f64]| {
        let kernel = |other: &[f64]| {
            let square: f64 = (0..inputs).map(|k| (way(point[k], other[k], periods[k]) / bandwidths[k]).powi(2)).sum();
            (-0.5 * square).exp()
        };
        let sum: f64 = x.chunks_exact(inputs).zip(weights).map(|(other, w)| w * kernel(other)).sum();
        log_volume - sum.max(f64::MIN_POSITIVE).ln()
    };
    x.chunks_exact(inputs).map(at).collect()
}

/// The part of bandwidths at which the points are likeliest under a kernel estimate of the others, of halves of halves: modes that are far apart are one at
/// a bandwidth that is as wide as all points together ask for.
fn likeliest(x: &[f64], weights: &[f64], bandwidths: &[f64], periods: &[Option<f64>]) -> f64 {
    let likelihood = |part: f64| -> f64 {
        let narrow: Vec<f64> = bandwidths.iter().map(|h| part * h).collect();
        of_others(&minus_log(x, weights, &narrow, periods), weights, &narrow)
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

/// The mean log-density of a point under the kernel estimate of the others, by that of all.
fn of_others(psi: &[f64], weights: &[f64], bandwidths: &[f64]) -> f64 {
    let volume: f64 = bandwidths.iter().map(|h| h * TAU.sqrt()).product();
    let of = |(psi, weight): (&f64, &f64)| {
        let others = ((-psi).exp() - weight / volume) / (1.0 - weight);
        weight * others.max(f64::MIN_POSITIVE).ln()
    };
    psi.iter().zip(weights).map(of).sum()
}

/// For each point the number of its basin: that of the nearest prominent minimum downhill along the graph of neighbours.
fn basins(x: &[f64], psi: &[f64], widths: &[f64], periods: &[Option<f64>]) -> Vec<usize> {
    let inputs = widths.len();
    let apart = |a: usize, b: usize| -> f64 {
        let along = |k: usize| way(x[a * inputs + k], x[b * inputs + k], periods[k]) / widths[k];
        (0..inputs).map(|k| along(k).powi(2)).sum()
    };
    let points = psi.len();
    let nearest = |k: usize| {
        let mut others: Vec<usize> = (0..points).filter(|&other| other != k).collect();
        let count = NEIGHBOURS.min(others.len());
        if count < others.len() {
            others.select_nth_unstable_by(count, |&a, &b| apart(k, a).total_cmp(&apart(k, b)).then(a.cmp(&b)));
        }
        others.truncate(count);
        others
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
    let prominent: Vec<usize> = minima.iter().filter(|found| found.persistence >= PROMINENT).map(|found| found.index).collect();
    // A point belongs to the prominent minimum that is nearest to where steps to the lowest neighbour end.
    let mut order: Vec<usize> = (0..points).collect();
    order.sort_unstable_by(|&a, &b| psi[a].total_cmp(&psi[b]).then(a.cmp(&b)));
    let mut group = vec![usize::MAX; points];
    for k in order {
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
    fn modes_and_their_widths_are_found_wherever_they_are() {
        let mut rng = init::stream(3);
        let places = [[0.0, 0.0], [40.0, 0.0], [0.0, 3.0]];
        let x: Vec<f64> = (0..1500)
            .flat_map(|k| {
                let [a, b] = places[k % 3];
                [a + 2.0 * rng.sample::<f64, _>(StandardNormal), b + 0.3 * rng.sample::<f64, _>(StandardNormal)]
            })
            .collect();
        let drawn = Drawn::new(&(&[[-10.0, 50.0]; 2]).into(), &x, None, [1500.0; 2]);
        let found = Estimate::new(&x, &drawn, &[None, None]);
        assert!((found.widths[0] / 2.0 - 1.0).abs() < 0.15 && (found.widths[1] / 0.3 - 1.0).abs() < 0.15, "{:?}", found.widths);
        let centres = found.centres(5);
        for place in places {
            let is_near = |(x, _): &(Vec<f64>, f64)| (x[0] - place[0]).abs() < 2.0 && (x[1] - place[1]).abs() < 0.3;
            assert!(centres.iter().any(is_near), "{place:?}: {centres:?}");
        }
    }
}

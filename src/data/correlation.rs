//! Statistical inefficiency of consecutive samples: the variance of a mean, divided by the variance for independent samples.
//!
//! A series is independent if its rows may be exchanged. The test uses the correlation of neighbouring blocks of 1, 2, 4, ... rows, for
//! functions that do not depend on the scale of a quantity: its rank, the distance of the rank from the median, and whether it lies below a
//! quartile. Under independence the correlation of `m` pairs of blocks is about normal with the variance `1/m`. The tail of this
//! distribution is at most `exp(-z^2/2)/2`, and is multiplied by the number of functions and lengths (Bonferroni). A series that passes the
//! test at `TEST_LEVEL` has an inefficiency of one.
//!
//! For any other series, each function is averaged over the longest blocks whose neighbours are correlated (H. Flyvbjerg and H. G.
//! Petersen, Journal of Chemical Physics 91, 1989). The initial monotone sequence sums the correlations of these averages (C. J. Geyer,
//! Statistical Science 7, 1992). The result is the largest inefficiency of all functions. They include the indicators of each sixteenth of the
//! distribution, because the slowest process of a series is often a change of wells. The end of a sixteenth nearly separates any well with a
//! probability of at least a sixteenth. A periodic quantity is projected onto a few directions, so that its functions are arcs.
//!
//! With few changes of wells, the correlations depend on whether the visits happened to be short or long. A process of two states with
//! exponential visits has the inefficiency `2 n p (1 - p) / N` if it spends a fraction `p` of `n` rows in one of them, in `N` visits. This
//! value counts if the series has fewer than `CORRELATION_VISITS` visits. A visit begins at the middle of a part and ends half of its width beyond
//! it. So a process that crosses a barrier back and forth crosses it once.
//!
//! Sets of independent samples one after another are recognised first, by the module `groups`.

mod groups;

use std::f64::consts::{PI, TAU};

use crate::numerics::statistics::sorted;
use crate::text::{shortened, whole};

/// Number of independent samples below which a mode with a tenth of the probability can be missed.
pub const MIN_INDEPENDENT_SAMPLES: usize = 100;
/// Probability that the test takes independent rows for correlated ones.
const TEST_LEVEL: f64 = 0.01;
/// Significant correlation of neighbouring blocks in standard errors: the 0.99 quantile of a Gaussian.
const CORRELATION_QUANTILE: f64 = 2.33;
/// Smallest number of blocks for a comparison.
const MIN_BLOCKS: usize = 16;
/// Minimum number of visits for the use of correlations. With fewer, a formula for few visits applies. Here the relative error of a mean length is a third.
const CORRELATION_VISITS: f64 = 10.0;
/// Largest number of entries of a series. The rows of a longer series are averaged in blocks.
const MAX_ENTRIES: usize = 1 << 17;
/// Number of parts of equal probability into which the values of a quantity are divided.
const PROBABILITY_BINS: usize = 128;
/// Largest number of values that determine the ends of these parts.
const MAX_SORTED: usize = 8192;
/// Number of directions onto which a periodic quantity is projected.
const PROJECTION_DIRECTIONS: usize = 4;
/// Largest fraction of steps in the other direction among sorted rows.
const MAX_UNORDERED_FRACTION: f64 = 0.01;
/// Smallest number of steps that shows an order: seven differences in one direction are one permutation of 40,320.
const MIN_STEPS: usize = 7;

/// Dependence of rows that follows from their order.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum RowOrder {
    /// Rows may be exchanged.
    #[default]
    Exchangeable,
    /// Rows are sorted by the quantity of this index. Their order does not show whether they are correlated.
    Sorted(usize),
    /// Rows are this number of groups one after another, each of exchangeable rows, and no two groups are alike.
    Grouped(usize),
    /// Rows are correlated. The inefficiencies are for equal weights and for the weights of the rows.
    Correlated([f64; 2]),
}

impl RowOrder {
    /// Order of several series, each given as its number of samples and its order. The inefficiency is the mean over the samples. A sorted
    /// or grouped series counts as independent.
    pub fn of_series(all: &[(usize, Self)]) -> Self {
        let total: usize = all.iter().map(|(count, _)| count).sum();
        let of = |kind: usize| -> f64 {
            let each = all.iter().map(|(count, order)| {
                *count as f64 * if let Self::Correlated(inefficiencies) = order { inefficiencies[kind] } else { 1.0 }
            });
            each.sum::<f64>() / total.max(1) as f64
        };
        let groups = all.iter().map(|(_, order)| if let Self::Grouped(groups) = order { *groups } else { 0 }).sum();
        let is_correlated = all.iter().any(|(_, order)| matches!(order, Self::Correlated(_)));
        match groups {
            _ if is_correlated => Self::Correlated([of(0), of(1)]),
            0 => Self::Exchangeable,
            groups => Self::Grouped(groups),
        }
    }

    /// Returns a sentence if the order of the rows affects their effective number. `names` are the names of the quantities.
    pub fn sentence(self, rows: usize, names: &[String]) -> Option<String> {
        match self {
            Self::Exchangeable => None,
            Self::Sorted(quantity) => Some(format!(
                "Rows are sorted by {}, so their order does not show whether they are correlated: they count as independent. If they are a trajectory, \
                 give its order, or set Blocks to the number of independent blocks.",
                shortened(&names[quantity])
            )),
            Self::Grouped(groups) => Some(format!(
                "Rows form {groups} groups one after another, and are independent within each, so all count as independent. For independent \
                 samples, set Blocks to 1. A trajectory that returns to no group does not determine the populations of wells: \
                 for one, set Blocks to {groups}."
            )),
            Self::Correlated([inefficiency, _]) => Some(format!(
                "Rows are correlated: {} rows count as {}. For independent samples, set Blocks to 1.",
                whole(rows as u64),
                whole((rows as f64 / inefficiency).round().max(1.0) as u64)
            )),
        }
    }
}

/// Checks that the samples can be divided into this number of blocks.
pub(crate) fn check_blocks(blocks: usize, samples: usize) -> Result<(), String> {
    let most = samples / 2;
    let sentence = || {
        format!(
            "{samples} samples make no {blocks} blocks; choose 2 to {most}, 1 for independent samples, or 0 to use their order"
        )
    };
    if blocks > most.max(1) { Err(sentence()) } else { Ok(()) }
}

/// Values of a quantity in the order of the rows, with its period.
pub struct RowSeries {
    /// Values in the order of the rows.
    pub values: Vec<f64>,
    /// Period of the quantity, if it is periodic.
    pub period: Option<f64>,
}

/// Determines the order of the rows of some quantities. `shares` are the weights of the rows divided by their sum, if they differ.
pub fn order(all: &[RowSeries], shares: Option<&[f64]>) -> RowOrder {
    if let Some(sorted) = all.iter().position(|series| is_sorted(&series.values)) {
        return RowOrder::Sorted(sorted);
    }
    let rows = all.first().map_or(0, |series| series.values.len());
    let levels: Vec<Vec<u8>> = all.iter().flat_map(projections).map(|values| levels_of(&values)).collect();
    if is_exchangeable(&levels, 1) {
        return RowOrder::Exchangeable;
    }
    if let Some(groups) = groups::count(&levels) {
        return RowOrder::Grouped(groups);
    }
    let functions: Vec<LevelFunction> = of_rank().chain((1..16).map(|k| below(k * PROBABILITY_BINS / 16))).collect();
    let largest = |shares: Option<&[f64]>| {
        let each = functions.iter().flat_map(|function| levels.iter().map(move |levels| Blocks::new(levels, function, shares)));
        each.map(|blocks| blocks.inefficiency()).fold(1.0, f64::max).min(rows as f64)
    };
    let of_visits = levels.iter().map(|levels| of_visits(levels)).fold(1.0, f64::max).min(rows as f64);
    let of_equal = largest(None).max(of_visits);
    RowOrder::Correlated([of_equal, shares.map_or(of_equal, |shares| largest(Some(shares)).max(of_visits))])
}

/// Functions of a quantity whose correlations are tested.
fn tested_functions() -> impl Iterator<Item = LevelFunction> {
    of_rank().chain([PROBABILITY_BINS / 4, PROBABILITY_BINS / 2, 3 * PROBABILITY_BINS / 4].map(below))
}

/// Significant score of any of `tests` comparisons.
fn critical_score(tests: usize) -> f64 {
    (2.0 * (0.5 * tests as f64 / TEST_LEVEL).ln()).sqrt()
}

/// Returns true if the rows of these quantities may be exchanged. Independent rows are rejected with a probability of at most
/// `TEST_LEVEL / divisor`.
fn is_exchangeable(levels: &[Vec<u8>], divisor: usize) -> bool {
    let rows = levels.first().map_or(0, Vec::len);
    let tested: Vec<Blocks> =
        tested_functions().flat_map(|function| levels.iter().map(move |levels| Blocks::new(levels, &function, None))).collect();
    let lengths = (rows / MIN_BLOCKS).max(1).ilog2() as usize + 1;
    let critical = critical_score(tested.len() * lengths * divisor);
    !tested.iter().any(|blocks| blocks.lengths().iter().any(|(_, score)| *score > critical))
}

/// Inefficiency of values with these shares, if consecutive blocks of them are independent of each other. It follows from the sums over
/// blocks.
pub fn of_blocks(values: &[f64], shares: &[f64], blocks: usize) -> f64 {
    let mean: f64 = values.iter().zip(shares).map(|(x, share)| share * x).sum();
    let deviations: Vec<f64> = values.iter().zip(shares).map(|(x, share)| share * (x - mean)).collect();
    let edge = |block: usize| block * deviations.len() / blocks;
    let sums = (0..blocks).map(|block| deviations[edge(block)..edge(block + 1)].iter().sum::<f64>());
    let of_blocks = sums.map(|sum| sum * sum).sum::<f64>() * blocks as f64 / (blocks - 1) as f64;
    of_blocks / deviations.iter().map(|deviation| deviation * deviation).sum::<f64>().max(f64::MIN_POSITIVE)
}

/// Largest inefficiency that follows from few visits to a part at either end of a distribution; one if each part has many visits.
fn of_visits(levels: &[u8]) -> f64 {
    let top = 2 * PROBABILITY_BINS;
    let to_either_end = (0..PROBABILITY_BINS.ilog2()).flat_map(|k| [(top >> (k + 1), false), (top >> (k + 1), true)]);
    let of = |(width, is_lower): (usize, bool)| {
        let [begin, end] = [width / 2, width + width / 2];
        let (mut is_inside, mut inside, mut changes) = (None, 0_u32, 0_u32);
        for &level in levels {
            let depth = if is_lower { usize::from(level) } else { top - 2 - usize::from(level) };
            let now = if depth < begin { true } else { is_inside.unwrap_or(false) && depth < end };
            changes += u32::from(is_inside.is_some_and(|before| before != now));
            inside += u32::from(now);
            is_inside = Some(now);
        }
        let (rows, visits) = (levels.len() as f64, 0.5 * f64::from(changes));
        let part = f64::from(inside) / rows;
        if (0.5..CORRELATION_VISITS).contains(&visits) { 2.0 * rows * part * (1.0 - part) / visits } else { 1.0 }
    };
    to_either_end.map(of).fold(1.0, f64::max)
}

/// Returns true if nearly all steps go in one direction.
fn is_sorted(values: &[f64]) -> bool {
    let count = |is_step: fn(&[f64]) -> bool| values.windows(2).filter(|pair| is_step(pair)).count();
    let (rises, falls) = (count(|pair| pair[0] < pair[1]), count(|pair| pair[0] > pair[1]));
    let steps = rises + falls;
    steps >= MIN_STEPS && rises.min(falls) as f64 <= MAX_UNORDERED_FRACTION * steps as f64
}

/// Returns the values of a quantity, or the projections of a periodic quantity onto directions.
fn projections(series: &RowSeries) -> Vec<Vec<f64>> {
    let Some(period) = series.period else { return vec![series.values.clone()] };
    let along = |k: usize| {
        let direction = PI * k as f64 / PROJECTION_DIRECTIONS as f64;
        series.values.iter().map(|x| (TAU * x / period - direction).cos()).collect()
    };
    (0..PROJECTION_DIRECTIONS).map(along).collect()
}

/// Twice the index of the part of the distribution in which each value lies. Ties share the middle of their parts.
fn levels_of(values: &[f64]) -> Vec<u8> {
    let every = values.len().div_ceil(MAX_SORTED).max(1);
    let sorted = sorted(values.iter().copied().step_by(every).collect());
    let ends: Vec<f64> =
        (1..PROBABILITY_BINS).map(|k| sorted[(k * sorted.len() / PROBABILITY_BINS).min(sorted.len() - 1)]).collect();
    let level = |x: &f64| ends.partition_point(|end| end < x) + ends.partition_point(|end| end <= x);
    values.iter().map(|x| level(x) as u8).collect()
}

/// Values of a function of a quantity, by its level.
type LevelFunction = [f64; 2 * PROBABILITY_BINS];

/// Returns two functions: the rank, and its distance from the median.
fn of_rank() -> impl Iterator<Item = LevelFunction> {
    let rank: LevelFunction = std::array::from_fn(|level| level as f64);
    [rank, rank.map(|rank| (rank - (PROBABILITY_BINS - 1) as f64).abs())].into_iter()
}

/// Returns the function that is one below the end of a part, and zero elsewhere.
fn below(part: usize) -> LevelFunction {
    std::array::from_fn(|level| f64::from(u8::from(level < 2 * part)))
}

/// Function of a quantity averaged over blocks of consecutive rows.
struct Blocks {
    /// Mean of each block minus the mean of all rows.
    means: Vec<f64>,
    /// Number of rows of a block.
    length: usize,
    /// Variance of single rows.
    variance: f64,
}

impl Blocks {
    /// Averages a function of a quantity with these levels. The rows have these shares, or equal ones.
    fn new(levels: &[u8], function: &LevelFunction, shares: Option<&[f64]>) -> Self {
        let rows = levels.len() as f64;
        let value = |row: usize| function[usize::from(levels[row])];
        let mean = match shares {
            Some(shares) => (0..levels.len()).map(|row| shares[row] * value(row)).sum::<f64>(),
            None => (0..levels.len()).map(value).sum::<f64>() / rows,
        };
        let deviation = |row: usize| (value(row) - mean) * shares.map_or(1.0, |shares| rows * shares[row]);
        let length = levels.len().div_ceil(MAX_ENTRIES).max(1);
        let means =
            (0..levels.len() / length).map(|k| (k * length..(k + 1) * length).map(deviation).sum::<f64>() / length as f64);
        let variance = (0..levels.len()).map(|row| deviation(row).powi(2)).sum::<f64>() / (rows - 1.0);
        Self { means: means.collect(), length, variance }
    }

    /// Returns blocks of twice the length.
    fn doubled(&self) -> Self {
        let means = self.means.chunks_exact(2).map(|pair| f64::midpoint(pair[0], pair[1])).collect();
        Self { means, length: 2 * self.length, variance: self.variance }
    }

    /// Correlation of blocks at a distance of `lag` blocks.
    fn correlation(&self, lag: usize) -> f64 {
        let all: f64 = self.means.iter().map(|mean| mean * mean).sum();
        self.means.iter().zip(&self.means[lag..]).map(|(a, b)| a * b).sum::<f64>() / all.max(f64::MIN_POSITIVE)
    }

    /// Returns the blocks of each length with enough blocks, and the correlation of neighbours divided by its standard error.
    fn lengths(&self) -> Vec<(Self, f64)> {
        let mut lengths = Vec::new();
        let mut blocks = Self { means: self.means.clone(), ..*self };
        while blocks.means.len() >= MIN_BLOCKS {
            let count = blocks.means.len() as f64;
            // Correlations about the mean of the series itself have a bias of -1/count.
            let score = (blocks.correlation(1) + 1.0 / count) * count.sqrt();
            let next = blocks.doubled();
            lengths.push((std::mem::replace(&mut blocks, next), score));
        }
        lengths
    }

    /// Statistical inefficiency of the function.
    fn inefficiency(&self) -> f64 {
        if self.variance <= 0.0 || self.means.len() < MIN_BLOCKS {
            return 1.0;
        }
        let mut lengths = self.lengths();
        let longest = lengths.iter().rposition(|(_, score)| *score > CORRELATION_QUANTILE).unwrap_or(0);
        let (blocks, _) = lengths.swap_remove(longest);
        let count = blocks.means.len();
        let of_means = blocks.means.iter().map(|mean| mean * mean).sum::<f64>() / (count - 1) as f64;
        // Sums of neighbouring correlations of a reversible process are positive and fall.
        let (mut sum, mut last) = (0.0, f64::INFINITY);
        for pair in 0..count / 2 {
            let both = blocks.correlation(2 * pair) + blocks.correlation(2 * pair + 1);
            if both <= 0.0 {
                break;
            }
            last = last.min(both);
            sum += last;
        }
        blocks.length as f64 * of_means / self.variance * (2.0 * sum - 1.0).max(1.0)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::init;
    use rand::Rng;
    use rand_distr::StandardNormal;

    pub(super) fn one(values: Vec<f64>) -> Vec<RowSeries> {
        vec![RowSeries { values, period: None }]
    }

    /// Autoregressive chain. Each row keeps the fraction `kept` of the row before.
    pub(super) fn chain(seed: u64, rows: usize, kept: f64) -> Vec<f64> {
        let (mut rng, mut at) = (init::stream(seed), 0.0);
        let mut next = || {
            at = kept * at + (1.0 - kept * kept).sqrt() * rng.sample::<f64, _>(StandardNormal);
            at
        };
        (0..rows).map(|_| next()).collect()
    }

    #[test]
    fn independent_rows_are_rarely_rejected() {
        let mut rng = init::stream(1);
        let mut rejected = 0;
        for k in 0..400 {
            let rows = [20, 60, 200, 700, 3000][k % 5];
            let value = |rng: &mut rand_xoshiro::Xoshiro256PlusPlus| match k % 4 {
                0 => rng.sample::<f64, _>(StandardNormal),
                // Heavy tails, few values, and a rare state.
                1 => 1.0 / rng.random::<f64>(),
                2 => f64::from(rng.random_range(0..9)),
                _ => f64::from(u8::from(rng.random::<f64>() < 0.02)) * 9.0 + rng.random::<f64>(),
            };
            let all = [None, Some(5.0)].map(|period| RowSeries { values: (0..rows).map(|_| value(&mut rng)).collect(), period });
            rejected += usize::from(order(&all, None) != RowOrder::Exchangeable);
        }
        assert!(rejected <= 8, "{rejected} of 400");
    }

    #[test]
    fn series_are_combined_by_their_number_of_samples() {
        let all = [(100, RowOrder::Exchangeable), (300, RowOrder::Correlated([5.0, 9.0])), (100, RowOrder::Sorted(0))];
        assert_eq!(RowOrder::of_series(&all), RowOrder::Correlated([3.4, 5.8]));
        assert_eq!(RowOrder::of_series(&[(10, RowOrder::Exchangeable), (20, RowOrder::Sorted(1))]), RowOrder::Exchangeable);
        assert_eq!(RowOrder::of_series(&[(10, RowOrder::Exchangeable), (20, RowOrder::Grouped(3))]), RowOrder::Grouped(3));
    }

    #[test]
    fn inefficiency_of_chain_matches_variance_of_mean() {
        for (kept, rows) in [(0.5, 4000), (0.9, 4000), (0.98, 20_000)] {
            let expected = (1.0 + kept) / (1.0 - kept);
            let of = |seed| match order(&one(chain(seed, rows, kept)), None) {
                RowOrder::Correlated([found, weighted]) if found == weighted => found,
                other => panic!("{kept}: {other:?}"),
            };
            let mean = (0..20).map(of).sum::<f64>() / 20.0;
            assert!((0.75 * expected..1.6 * expected).contains(&mean), "{kept}: {mean} {expected}");
        }
    }

    #[test]
    fn slow_change_under_fast_noise_is_detected() {
        // Process that changes every 400 rows on average between two wells of equal width, which overlap.
        for seed in 0..5 {
            let (mut rng, mut side) = (init::stream(seed), 1.0);
            let mut next = || {
                side *= if rng.random::<f64>() < 1.0 / 400.0 { -1.0 } else { 1.0 };
                side + rng.sample::<f64, _>(StandardNormal)
            };
            let values: Vec<f64> = (0..40_000).map(|_| next()).collect();
            let RowOrder::Correlated([found, _]) = order(&one(values.clone()), None) else { panic!("taken for independent") };
            // The changes make up half of the variance of x, and somewhat less of the variance of its sign. 400 rows count as one.
            assert!((80.0..500.0).contains(&found), "{found}");
            let period = vec![RowSeries { values, period: Some(12.0) }];
            assert!(matches!(order(&period, None), RowOrder::Correlated([found, _]) if (60.0..500.0).contains(&found)));
        }
    }

    #[test]
    fn inefficiency_follows_number_of_visits() {
        // One visit of a well that holds an eighth of the rows, with fast motion in both wells.
        let mut rng = init::stream(8);
        let mut next = |k: usize| f64::from(u8::from((2000..2500).contains(&k))) * 9.0 + rng.sample::<f64, _>(StandardNormal);
        let values: Vec<f64> = (0..4000).map(&mut next).collect();
        let RowOrder::Correlated([found, _]) = order(&one(values), None) else { panic!("taken for independent") };
        assert!((800.0..1200.0).contains(&found), "{found}");
    }

    #[test]
    fn sorted_rows_are_distinguished_from_trajectory() {
        let mut values = chain(3, 500, 0.0);
        values.sort_unstable_by(f64::total_cmp);
        let sorted = |values: Vec<f64>| matches!(order(&one(values), None), RowOrder::Sorted(0));
        assert!(sorted(values.clone()) && sorted(values.iter().rev().copied().collect()));
        values.swap(10, 300);
        assert!(sorted(values));
        let both = [chain(3, 500, 0.0), (0..500).map(f64::from).collect()].map(|values| RowSeries { values, period: None });
        assert_eq!(order(&both, None), RowOrder::Sorted(1));
        assert!(!sorted(chain(3, 500, 0.999)));
    }

    #[test]
    fn correlated_weights_raise_inefficiency() {
        // Slowly varying weights raise the variance of any weighted mean to that of few rows.
        let x = chain(5, 4000, 0.9);
        let weights: Vec<f64> = chain(6, 4000, 0.99).into_iter().map(f64::exp).collect();
        let total: f64 = weights.iter().sum();
        let shares: Vec<f64> = weights.iter().map(|weight| weight / total).collect();
        let RowOrder::Correlated([equal, weighted]) = order(&one(x), Some(&shares)) else { panic!("taken for independent") };
        assert!(equal > 10.0 && weighted > 5.0, "{equal} {weighted}");
    }
}

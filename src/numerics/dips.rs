//! Whether samples of one quantity support that their density dips between two of its modes, at a level of 95 %.
//!
//! Between the `j`-th and the `k`-th of the sorted samples, the samples of an even density are spread evenly, at parts `u` of the way with
//!
//! ```text
//! T = sqrt(3/m) sum (2 u - 1)
//! ```
//!
//! a standard normal number for `m` of them; it is larger if the density rises and smaller if it falls. Of all intervals at once, `|T|` exceeds
//! `sqrt(2 log(e/part)) + `[`CRITICAL`] with a probability of 5 %, where `part` is the part of all samples in the interval. That is the multiscale test of
//! Dümbgen and Walther (Ann. Stat. 36, 2008, 1758). A density dips if it falls in an interval and rises in a later one, both by that test. Weighted
//! samples replace `m` by the square of the sum of weights over the sum of their squares; samples that follow one another count less by their statistical inefficiency.

use super::statistics::order;

/// The 95 % quantile of the largest `|T| - sqrt(2 log(e/part))` over all intervals of independent samples of an even density; it is the same for
/// 200 samples and for 20,000, and less for fewer.
pub const CRITICAL: f64 = 1.95;
/// Largest number of ends of intervals that are tried between the ends of two neighbouring basins.
const MAX_ENDS: usize = 240;

/// The number of standard errors from which on a deviation in this part of all samples is none of chance at 95 %, whatever place it was found at.
pub fn critical(part: f64) -> f64 {
    (2.0 * (1.0 - part.min(1.0).ln())).sqrt() + CRITICAL
}

/// What is said of minima at these places that the samples do not support.
pub fn unsupported(places: &[String]) -> Option<String> {
    match places {
        [] => None,
        [one] => Some(format!(
            "the minimum at {one} is not distinguishable from noise at 95 %: draw more samples before you count it as a well."
        )),
        several => {
            let list = several.iter().take(6).cloned().collect::<Vec<_>>().join(" and ");
            let others = if several.len() > 6 { " and others" } else { "" };
            Some(format!(
                "the minima at {list}{others} are not distinguishable from noise at 95 %: draw more samples before you count them as wells."
            ))
        }
    }
}

/// A mode of a density: its height, by any rising function, and the basin of the minimum of `-log` of the density.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mode {
    /// How high the density is at its top.
    pub height: f64,
    /// Where its basin begins.
    pub from: f64,
    /// Where its basin ends.
    pub to: f64,
}

/// Sorted samples.
#[derive(Clone, Debug)]
pub struct Sorted {
    x: Vec<f64>,
    /// For each sample and behind the last one the sums of the samples before: of weights, of weights times places, of squared weights.
    sums: Vec<[f64; 3]>,
    /// The weight of all samples.
    weight: f64,
    /// What a deviation is divided by, because the samples follow one another.
    root_of_inefficiency: f64,
}

impl Sorted {
    /// Sorts samples with weights, which are worth so many independent ones of equal weight. Equal samples are spread evenly between the middles to their
    /// neighbours, for rounding has made them equal.
    pub fn new(samples: &[f64], weights: Option<&[f64]>, effective: f64) -> Self {
        Self::over(samples, weights, effective, None)
    }

    /// Sorts samples of a quantity with a period, which stand in the list twice, so that no mode is cut: once a period later.
    pub fn around(samples: &[f64], weights: Option<&[f64]>, effective: f64, period: f64) -> Self {
        Self::over(samples, weights, effective, Some(period))
    }

    fn over(samples: &[f64], weights: Option<&[f64]>, effective: f64, period: Option<f64>) -> Self {
        let order = order(samples);
        let mut x = spread(&order.iter().map(|&k| samples[k]).collect::<Vec<f64>>());
        x.extend(period.map(|period| x.iter().map(|x| x + period).collect::<Vec<f64>>()).unwrap_or_default());
        let mut sums = vec![[0.0; 3]];
        let mut sum = [0.0; 3];
        for (&k, x) in order.iter().cycle().zip(&x) {
            let weight = weights.map_or(1.0, |weights| weights[k]);
            sum = [sum[0] + weight, sum[1] + weight * x, sum[2] + weight * weight];
            sums.push(sum);
        }
        let [weight, _, square] = sums[order.len()];
        let kish = weight * weight / square;
        Self { x, sums, weight, root_of_inefficiency: (kish / effective).max(1.0).sqrt() }
    }

    /// `T` of the samples between two of them and the critical value by which it is to be exceeded.
    fn rise(&self, first: usize, last: usize) -> [f64; 2] {
        let [low, high] = [self.x[first], self.x[last]];
        let [weight, moment, square] = [0, 1, 2].map(|k| self.sums[last][k] - self.sums[first + 1][k]);
        if high <= low || square <= 0.0 {
            return [0.0, f64::INFINITY];
        }
        let balance = 2.0 * (moment - weight * low) / (high - low) - weight;
        let part = (self.sums[last + 1][0] - self.sums[first][0]) / self.weight;
        [balance / (square / 3.0).sqrt() / self.root_of_inefficiency, critical(part)]
    }

    /// By how much fall and later rise between the ends of two neighbouring basins exceed their critical values, the lesser of both.
    fn dip(&self, from: f64, to: f64) -> f64 {
        let first = self.x.partition_point(|&x| x < from);
        let last = self.x.partition_point(|&x| x <= to);
        let every = (last.saturating_sub(first)).div_ceil(MAX_ENDS).max(1);
        let mut ends: Vec<usize> = (first..last).step_by(every).collect();
        ends.extend(last.checked_sub(1).filter(|end| ends.last().is_some_and(|other| other < end)));
        let (mut falls, mut rises) = (vec![f64::NEG_INFINITY; ends.len()], vec![f64::NEG_INFINITY; ends.len()]);
        for (a, &low) in ends.iter().enumerate() {
            for (b, &high) in ends.iter().enumerate().skip(a + 1) {
                let [rise, critical] = self.rise(low, high);
                falls[b] = falls[b].max(-rise - critical);
                rises[a] = rises[a].max(rise - critical);
            }
        }
        // A fall ends where the rise begins, or before.
        let mut most = f64::NEG_INFINITY;
        let mut fallen = f64::NEG_INFINITY;
        for (a, &fall) in falls.iter().enumerate() {
            fallen = fallen.max(fall);
            let rise = rises[a..].iter().copied().fold(f64::NEG_INFINITY, f64::max);
            most = most.max(fallen.min(rise));
        }
        most
    }

    /// Which of the modes of a density, from left to right, these samples support. The dip with the least support is filled first, and the lower of its
    /// modes belongs to the other one; the highest mode is always supported.
    pub fn supported(&self, modes: &[Mode]) -> Vec<bool> {
        let mut supported = vec![true; modes.len()];
        let mut left: Vec<(usize, Mode)> = modes.iter().copied().enumerate().collect();
        loop {
            let dips = left.windows(2).map(|pair| self.dip(pair[0].1.from, pair[1].1.to));
            let least = dips.enumerate().min_by(|a, b| a.1.total_cmp(&b.1));
            let Some((pass, _)) = least.filter(|(_, dip)| *dip <= 0.0) else { return supported };
            let [a, b] = [left[pass], left[pass + 1]];
            let (kept, gone) = if a.1.height >= b.1.height { (a, b) } else { (b, a) };
            supported[gone.0] = false;
            left[pass] = (kept.0, Mode { from: a.1.from, to: b.1.to, ..kept.1 });
            left.remove(pass + 1);
        }
    }
}

/// The modes of a density by `psi`, minus its logarithm on an evenly divided line, with the ends of their basins as indices; each with the index of its
/// minimum. Of a line that closes itself, the first basin begins at the highest place, and ends of basins count on beyond the end of the line.
pub fn modes(psi: &[f64], minima: &[usize], is_closed: bool) -> Vec<(usize, Mode)> {
    let side = psi.len();
    let highest = |range: std::ops::Range<usize>| range.max_by(|&a, &b| psi[a % side].total_cmp(&psi[b % side])).unwrap_or(0);
    let start = if is_closed { highest(0..side) } else { 0 };
    let end = if is_closed { start + side } else { side - 1 };
    let mut places: Vec<usize> = minima.iter().map(|&k| if k < start { k + side } else { k }).collect();
    places.sort_unstable();
    let cuts = places.windows(2).map(|pair| highest(pair[0]..pair[1]));
    let ends: Vec<usize> = [start].into_iter().chain(cuts).chain([end]).collect();
    let mode =
        |(k, &at): (usize, &usize)| (at % side, Mode { height: -psi[at % side], from: ends[k] as f64, to: ends[k + 1] as f64 });
    places.iter().enumerate().map(mode).collect()
}

/// Sorted numbers, of which equal ones are spread evenly between the middles to their neighbours.
fn spread(sorted: &[f64]) -> Vec<f64> {
    let mut spread = Vec::with_capacity(sorted.len());
    let mut first = 0;
    while first < sorted.len() {
        let x = sorted[first];
        let count = sorted[first..].partition_point(|&other| other <= x);
        let below = first.checked_sub(1).map(|k| x - sorted[k]);
        let above = sorted.get(first + count).map(|other| other - x);
        let [below, above] = [below.or(above), above.or(below)].map(|distance| 0.5 * distance.unwrap_or(0.0));
        let at = |k: usize| x - below + (below + above) * (k as f64 + 0.5) / count as f64;
        spread.extend((0..count).map(|k| if count == 1 { x } else { at(k) }));
        first += count;
    }
    spread
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_distr::StandardNormal;
    use rand_xoshiro::Xoshiro256PlusPlus;

    fn rng(seed: u64) -> Xoshiro256PlusPlus {
        Xoshiro256PlusPlus::seed_from_u64(seed)
    }

    /// Modes that halve the unit interval, or another.
    fn halves([low, high]: [f64; 2]) -> [Mode; 2] {
        let middle = f64::midpoint(low, high);
        [Mode { height: 2.0, from: low, to: middle }, Mode { height: 1.0, from: middle, to: high }]
    }

    #[test]
    fn the_critical_value_is_exceeded_by_one_even_set_in_twenty() {
        let exceeds = |seed: u64| {
            let mut rng = rng(seed);
            let x: Vec<f64> = (0..200).map(|_| rng.random()).collect();
            let sorted = Sorted::new(&x, None, 200.0);
            let pairs = (0..200).flat_map(|a| (a + 2..200).map(move |b| (a, b)));
            pairs.map(|(a, b)| sorted.rise(a, b)).any(|[rise, critical]| rise.abs() > critical)
        };
        let share = (0..600).filter(|&seed| exceeds(seed)).count() as f64 / 600.0;
        assert!((0.02..0.08).contains(&share), "{share}");
    }

    #[test]
    fn a_density_with_one_mode_supports_no_dip() {
        let of = |seed: u64, draw: fn(f64, f64) -> f64, samples: usize| {
            let mut rng = rng(seed);
            let x: Vec<f64> = (0..samples).map(|_| draw(rng.random(), rng.sample(StandardNormal))).collect();
            let [low, high] = [f64::INFINITY, f64::NEG_INFINITY];
            let range = x.iter().fold([low, high], |[low, high], &x| [low.min(x), high.max(x)]);
            !Sorted::new(&x, None, samples as f64).supported(&halves(range))[1]
        };
        let draws: [fn(f64, f64) -> f64; 4] = [|u, _| u, |u, _| -u.ln(), |_, g| g, |u, _| (20.0 * u).round()];
        for draw in draws {
            for samples in [30, 300, 2000] {
                let right = (0..60).filter(|&seed| of(seed, draw, samples)).count();
                assert!(right >= 57, "{right} of 60 sets of {samples}");
            }
        }
    }

    #[test]
    fn a_small_mode_behind_a_gap_is_supported_by_few_samples() {
        let mut rng = rng(5);
        let mut x: Vec<f64> = (0..500).map(|_| rng.sample(StandardNormal)).collect();
        x.extend((0..30).map(|_| 8.0 + 0.3 * rng.sample::<f64, _>(StandardNormal)));
        let modes = [Mode { height: 0.4, from: -4.0, to: 5.0 }, Mode { height: 0.03, from: 5.0, to: 10.0 }];
        assert_eq!(Sorted::new(&x, None, 530.0).supported(&modes), [true, true]);
        // As parts of one trajectory they may be worth fewer, and a single heavy sample is no mode.
        assert_eq!(Sorted::new(&x, None, 20.0).supported(&modes), [true, false]);
        let weights: Vec<f64> = (0..500).map(|_| 1.0).chain((0..30).map(|k| if k == 3 { 15.0 } else { 1e-6 })).collect();
        assert_eq!(Sorted::new(&x, Some(&weights), 480.0).supported(&modes), [true, false]);
    }

    #[test]
    fn equal_numbers_are_spread_between_their_neighbours() {
        assert_eq!(spread(&[0.0, 1.0, 1.0, 3.0]), [0.0, 0.875, 1.625, 3.0]);
        assert_eq!(spread(&[2.0, 2.0]), [2.0, 2.0]);
        assert_eq!(spread(&[1.0, 1.0, 2.0]), [0.75, 1.25, 2.0]);
    }
}

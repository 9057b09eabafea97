//! Kernel density estimates by Gaussian kernels with a common bandwidth.

use std::f64::consts::PI;

use super::{normalised, total_variation};
use crate::numerics::statistics::moments;

/// Smallest bandwidth of a rule, in states. With a smaller bandwidth, an estimate at integers is not smooth.
const MIN_BANDWIDTH: f64 = 0.5;

/// Exponent beyond which `exp(-x)` is zero in double precision.
const MAX_EXPONENT: f64 = 746.0;
/// Radius of a kernel in bandwidths: beyond it, a Gaussian underflows in double precision.
const KERNEL_RADIUS: f64 = 38.0;
/// Radius of a kernel in bandwidths where its tails may be neglected.
const SHORT_RADIUS: f64 = 9.0;

/// Rule for the bandwidth of a kernel estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BandwidthRule {
    /// Improved Sheather-Jones: the best rule that uses the data alone.
    Best,
    /// Scott's rule.
    Scott,
    /// Silverman's rule.
    Silverman,
    /// Bandwidth whose estimate is closest to the exact distribution.
    Oracle,
}

impl BandwidthRule {
    /// All rules, with their names.
    pub const ALL: [(Self, &'static str); 4] =
        [(Self::Best, "Sheather-Jones"), (Self::Scott, "Scott"), (Self::Silverman, "Silverman"), (Self::Oracle, "oracle")];

    /// Rules with their names, with the oracle only if the exact distribution is known.
    pub fn available(has_exact: bool) -> impl Iterator<Item = (Self, &'static str)> {
        Self::ALL.into_iter().filter(move |(rule, _)| has_exact || *rule != Self::Oracle)
    }

    /// Bandwidth for samples. The oracle's bandwidth needs the exact distribution.
    pub fn bandwidth(self, samples: &[f64], exact: Option<&[f64]>) -> f64 {
        match (self, exact) {
            (Self::Scott, _) => scott(samples),
            (Self::Silverman, _) => silverman(samples),
            (Self::Oracle, Some(exact)) => oracle(samples, exact),
            (Self::Best | Self::Oracle, _) => improved_sheather_jones(samples),
        }
    }
}

/// Density estimate at the states `0..=top`, from samples with one bandwidth.
pub fn estimate(samples: &[f64], bandwidth: f64, top: usize) -> Vec<f64> {
    within(samples, bandwidth, top, KERNEL_RADIUS)
}

fn within(samples: &[f64], bandwidth: f64, top: usize, radius: f64) -> Vec<f64> {
    let mut density = vec![0.0; top + 1];
    let radius = radius * bandwidth;
    for &x in samples {
        let first = (x - radius).ceil().max(0.0) as usize;
        let last = ((x + radius).floor().max(0.0) as usize).min(top);
        for (n, value) in density.iter_mut().enumerate().take(last + 1).skip(first) {
            let z = (n as f64 - x) / bandwidth;
            *value += (-0.5 * z * z).exp();
        }
    }
    normalised(density)
}

/// Scott's rule: the standard deviation times `n^(-1/5)`.
pub fn scott(samples: &[f64]) -> f64 {
    (moments(samples).1 * (samples.len() as f64).powf(-0.2)).max(MIN_BANDWIDTH)
}

/// Silverman's rule: the standard deviation times `(3 n / 4)^(-1/5)`. Like Scott's rule, it is optimal for a Gaussian distribution.
pub fn silverman(samples: &[f64]) -> f64 {
    (moments(samples).1 * (0.75 * samples.len() as f64).powf(-0.2)).max(MIN_BANDWIDTH)
}

/// The improved Sheather-Jones plug-in rule of Botev, Grotowski and Kroese (Ann. Stat. 38, 2010), which does not assume a Gaussian
/// distribution. The bandwidth solves a fixed-point equation for the cosine transform of the samples. Returns the result of Silverman's
/// rule if there is no solution.
pub fn improved_sheather_jones(samples: &[f64]) -> f64 {
    const SERIES_TERMS: usize = 1024;
    let low = samples.iter().copied().fold(f64::INFINITY, f64::min);
    let high = samples.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let range = 2.0 * (high - low);
    if range <= 0.0 {
        return MIN_BANDWIDTH;
    }
    // As in the authors' program, the interval extends beyond the samples by half their range on either side.
    let start = low - (high - low) / 2.0;
    let count = samples.len() as f64;
    let square = |k: usize| {
        let sum: f64 = samples.iter().map(|x| (PI * k as f64 * (x - start) / range).cos()).sum();
        (sum / count).powi(2)
    };
    let squares: Vec<f64> = (1..SERIES_TERMS).map(square).collect();
    plug_in(&squares, count).map_or_else(|| silverman(samples), |part| (part * range).max(MIN_BANDWIDTH))
}

/// Bandwidth by the rule of [`improved_sheather_jones`] for samples binned onto a grid, in grid steps. `bins` holds the probability of each
/// point. `count` is the number of samples, or the effective sample size if they are weighted. Returns the result of Silverman's rule if
/// there is no solution.
pub fn improved_sheather_jones_binned(bins: &[f64], count: f64) -> f64 {
    const SERIES_TERMS: usize = 200;
    let points = bins.len();
    // The argument of cos(pi k (j + 1/2) / points) is a whole multiple of the angle between two entries of this circle.
    let circle: Vec<f64> = (0..4 * points).map(|m| (PI * m as f64 / (2 * points) as f64).cos()).collect();
    let square = |k: usize| {
        let term = |(j, p): (usize, &f64)| p * circle[k * (2 * j + 1) % circle.len()];
        bins.iter().enumerate().map(term).sum::<f64>().powi(2)
    };
    let squares: Vec<f64> = (1..SERIES_TERMS.min(points)).map(square).collect();
    let fallback = || {
        let mean: f64 = bins.iter().enumerate().map(|(j, p)| p * j as f64).sum();
        let variance: f64 = bins.iter().enumerate().map(|(j, p)| p * (j as f64 - mean).powi(2)).sum();
        variance.sqrt() * (0.75 * count).powf(-0.2)
    };
    plug_in(&squares, count).map_or_else(fallback, |part| part * points as f64).max(MIN_BANDWIDTH)
}

/// The bandwidth as a fraction of the interval, from the squared coefficients of the cosine transform of the samples; `None` if
/// there is no solution.
fn plug_in(squares: &[f64], count: f64) -> Option<f64> {
    let functional = |s: i32, time: f64| {
        let terms = squares.iter().enumerate().map(|(k, a2)| (((k + 1) * (k + 1)) as f64, a2));
        let visible = terms.take_while(|(k2, _)| k2 * PI * PI * time < MAX_EXPONENT);
        2.0 * PI.powi(2 * s) * visible.map(|(k2, a2)| k2.powi(s) * a2 * (-k2 * PI * PI * time).exp()).sum::<f64>()
    };
    // Zero of `t - xi gamma^[7](t)` at the squared bandwidth.
    let gap = |time: f64| {
        let mut f = functional(7, time);
        for s in (2..=6).rev() {
            let odd: f64 = (1..2 * s).step_by(2).map(f64::from).product();
            let constant = (1.0 + 0.5_f64.powf(f64::from(s) + 0.5)) / 3.0;
            let earlier = (2.0 * odd * constant / (count * (PI / 2.0).sqrt() * f)).powf(2.0 / (3.0 + 2.0 * f64::from(s)));
            f = functional(s, earlier);
        }
        time - (2.0 * count * PI.sqrt() * f).powf(-0.4)
    };
    // The smallest solution: bracketed from below on a geometric grid, then bisected.
    let time = |k: i32| 1e-7 * 1e6_f64.powf(f64::from(k) / 60.0);
    let mut was_negative = false;
    let crosses = |k: &i32| {
        let gap = gap(time(*k));
        std::mem::replace(&mut was_negative, gap < 0.0) && gap >= 0.0
    };
    let first = (0..=60).find(crosses)?;
    let (mut below, mut above) = (time(first - 1), time(first));
    for _ in 0..50 {
        let middle = f64::midpoint(below, above);
        if gap(middle) < 0.0 { below = middle } else { above = middle }
    }
    Some(above.sqrt())
}

/// Kernel density estimate of binned samples at the points of their grid. The bandwidth is in grid steps.
pub fn smoothed(bins: &[f64], bandwidth: f64) -> Vec<f64> {
    let radius = (SHORT_RADIUS * bandwidth).ceil() as usize;
    let kernel: Vec<f64> = (0..=radius).map(|k| (-0.5 * (k as f64 / bandwidth).powi(2)).exp()).collect();
    let mut density = vec![0.0; bins.len()];
    for (j, &p) in bins.iter().enumerate().filter(|(_, p)| **p > 0.0) {
        let first = j.saturating_sub(radius);
        for (n, value) in density.iter_mut().enumerate().take(j + radius + 1).skip(first) {
            *value += p * kernel[n.abs_diff(j)];
        }
    }
    normalised(density)
}

/// Bandwidth whose estimate is closest in total variation to a known distribution: a lower bound on the error of any rule.
pub fn oracle(samples: &[f64], distribution: &[f64]) -> f64 {
    let distance = |h: f64| total_variation(&within(samples, h, distribution.len() - 1, SHORT_RADIUS), distribution);
    let (_, spread) = moments(samples);
    let grid = (0..=40).map(|k| (spread * 0.01 * 100_f64.powf(f64::from(k) / 40.0)).max(MIN_BANDWIDTH));
    grid.map(|h| (distance(h), h)).min_by(|a, b| a.0.total_cmp(&b.0)).map_or(MIN_BANDWIDTH, |(_, h)| h)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_distr::StandardNormal;
    use rand_xoshiro::Xoshiro256PlusPlus;

    fn normals(count: usize, spread: f64, places: &[f64]) -> Vec<f64> {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(4);
        (0..count).map(|k| places[k % places.len()] + spread * rng.sample::<f64, _>(StandardNormal)).collect()
    }

    #[test]
    fn bandwidth_rules_are_accurate_for_gaussian() {
        let samples = normals(1000, 40.0, &[400.0]);
        // The optimal bandwidth of a Gaussian is (4/3n)^(1/5) times its width, which is Silverman's rule.
        let best = 40.0 * (4.0_f64 / 3000.0).powf(0.2);
        assert!((silverman(&samples) / best - 1.0).abs() < 0.1);
        assert!((scott(&samples) / silverman(&samples) - 0.75_f64.powf(0.2)).abs() < 1e-12);
        assert!((improved_sheather_jones(&samples) / best - 1.0).abs() < 0.35, "{}", improved_sheather_jones(&samples));
    }

    #[test]
    fn improved_sheather_jones_rule_resolves_two_modes() {
        let samples = normals(400, 20.0, &[100.0, 600.0]);
        let best = 20.0 * (4.0_f64 / 600.0).powf(0.2);
        assert!(scott(&samples) > 5.0 * best);
        assert!((improved_sheather_jones(&samples) / best - 1.0).abs() < 0.4);
    }

    #[test]
    fn binned_samples_give_same_bandwidth_and_estimate() {
        for places in [&[300.0][..], &[250.0, 600.0]] {
            for count in [100, 2000] {
                let samples = normals(count, 30.0, places);
                let mut bins = vec![0.0; 901];
                for x in &samples {
                    let below = *x as usize;
                    bins[below] += (1.0 - x.fract()) / count as f64;
                    bins[below + 1] += x.fract() / count as f64;
                }
                let (binned, whole) = (improved_sheather_jones_binned(&bins, count as f64), improved_sheather_jones(&samples));
                // The intervals of the two cosine transforms differ.
                assert!((binned / whole - 1.0).abs() < 0.1, "{binned} against {whole}");
                assert!(total_variation(&smoothed(&bins, whole), &estimate(&samples, whole, 900)) < 2e-3);
            }
        }
        assert!(improved_sheather_jones_binned(&[0.0, 1.0, 0.0, 0.0], 9.0) >= MIN_BANDWIDTH);
    }

    #[test]
    fn estimate_is_normalised_and_oracle_bandwidth_is_best() {
        let samples = normals(200, 30.0, &[150.0, 500.0]);
        let at = |n: usize, centre: f64| (-0.5 * ((n as f64 - centre) / 30.0).powi(2)).exp();
        let distribution = normalised((0..=900).map(|n| at(n, 150.0) + at(n, 500.0)).collect());
        let distance = |h: f64| total_variation(&estimate(&samples, h, 900), &distribution);
        assert!((estimate(&samples, 11.0, 900).iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let best = distance(oracle(&samples, &distribution));
        assert!([scott(&samples), improved_sheather_jones(&samples)].into_iter().all(|h| best <= distance(h) * 1.01));
    }
}

//! Tests of the accuracy of fitted densities of known mixtures. The mixtures have one to three components, Gaussian or skewed, and 200 to 20,000
//! samples.
//!
//! One fit runs with all tests. The table runs by `cargo test --release --test it density_mixtures:: -- --ignored --nocapture`; `MW_MIXTURES` sets
//! the number of mixtures, `MW_FIRST` the first one, `MW_SAMPLES` the number of samples of all mixtures, and `MW_SEED` the seed of the fits.

use crate::fits::part_at;
use multiwell::internal::controller::protocol::UserTable;
use multiwell::internal::problem::density::{Density, DensityRun, FittedWell};
use multiwell::internal::problem::job::FitInputs;
use multiwell::internal::problem::settings::Recipe;
use multiwell::internal::problem::{Job, JobFile, Settings};
use rand::{Rng, SeedableRng};
use rand_distr::{Distribution, Gamma, Gumbel, LogNormal, SkewNormal, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Numbers of samples, which are used cyclically.
const SAMPLE_COUNTS: [usize; 5] = [200, 600, 2000, 6000, 20_000];
/// Number of points of the quadrature.
const GRID_POINTS: usize = 40_001;

/// Shape of a component.
#[derive(Clone, Copy, Debug)]
enum PartShape {
    Gaussian,
    Gumbel,
    Gamma(f64),
    LogNormal(f64),
    SkewNormal(f64),
}

impl PartShape {
    fn draw(self, rng: &mut Xoshiro256PlusPlus) -> f64 {
        match self {
            Self::Gaussian => rng.sample(StandardNormal),
            Self::Gumbel => Gumbel::new(0.0, 1.0).unwrap().sample(rng),
            Self::Gamma(k) => Gamma::new(k, 1.0).unwrap().sample(rng),
            Self::LogNormal(s) => LogNormal::new(0.0, s).unwrap().sample(rng),
            Self::SkewNormal(a) => SkewNormal::new(0.0, 1.0, a).unwrap().sample(rng),
        }
    }

    /// Density up to a constant factor.
    fn weight(self, z: f64) -> f64 {
        match self {
            Self::Gaussian => (-0.5 * z * z).exp(),
            Self::Gumbel => (-z - (-z).exp()).exp(),
            Self::Gamma(_) | Self::LogNormal(_) if z <= 0.0 => 0.0,
            Self::Gamma(k) => ((k - 1.0) * z.ln() - z).exp(),
            Self::LogNormal(s) => (-z.ln() - 0.5 * (z.ln() / s).powi(2)).exp(),
            Self::SkewNormal(a) => (-0.5 * z * z).exp() * (1.0 + error_function(a * z / 2.0_f64.sqrt())),
        }
    }
}

/// Error function, accurate to 2e-7 (Abramowitz and Stegun, 7.1.26).
fn error_function(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.327_591_1 * x.abs());
    let series = [1.061_405_429, -1.453_152_027, 1.421_413_741, -0.284_496_736, 0.254_829_592];
    let sum = series.iter().fold(0.0, |sum, c| sum * t + c) * t;
    (1.0 - sum * (-x * x).exp()).copysign(x)
}

/// A component of a mixture: a shape that is moved, stretched and possibly mirrored.
#[derive(Clone, Copy, Debug)]
struct MixturePart {
    weight: f64,
    shape: PartShape,
    /// Position of its mean, and its standard deviation with a sign.
    place: [f64; 2],
    /// Mean and standard deviation of the shape, and the integral of its weight.
    moments: [f64; 3],
}

impl MixturePart {
    fn new(weight: f64, shape: PartShape, place: [f64; 2]) -> Self {
        let z = |k: usize| -10.0 + 60.0 * k as f64 / 60_000.0;
        let (mut sum, mut first, mut second) = (0.0, 0.0, 0.0);
        for k in 0..=60_000 {
            let w = shape.weight(z(k)) * 1e-3;
            (sum, first, second) = (sum + w, first + w * z(k), second + w * z(k) * z(k));
        }
        let mean = first / sum;
        Self { weight, shape, place, moments: [mean, (second / sum - mean * mean).sqrt(), sum] }
    }

    fn density(&self, x: f64) -> f64 {
        let ([mean, sd, sum], [at, width]) = (self.moments, self.place);
        self.weight * self.shape.weight(mean + sd * (x - at) / width) / sum * sd / width.abs()
    }

    fn draw(&self, rng: &mut Xoshiro256PlusPlus) -> f64 {
        let ([mean, sd, _], [at, width]) = (self.moments, self.place);
        at + width * (self.shape.draw(rng) - mean) / sd
    }
}

/// Random mixture of one to three components. Each has at least a twentieth of the mass and a width between 0.3 and 1. Neighbours are 1.5 to 7 mean
/// widths apart. The mixture is stretched by a factor between a thousandth and a thousand, and moved.
fn random_mixture(rng: &mut Xoshiro256PlusPlus) -> Vec<MixturePart> {
    let count: usize = rng.random_range(1..=3);
    let free: Vec<f64> = (0..count).map(|_| -rng.random_range(1e-9..1.0_f64).ln()).collect();
    let unit = 10.0_f64.powf(rng.random_range(-3.0..3.0));
    let mut mean = unit * rng.random_range(-20.0..20.0);
    let mut before = 0.0;
    let mut parts = Vec::new();
    for share in &free {
        let width = rng.random_range(0.3..1.0_f64);
        mean += if parts.is_empty() { 0.0 } else { unit * rng.random_range(1.5..7.0) * f64::midpoint(width, before) };
        before = width;
        let shape = match rng.random_range(0..9) {
            0..=3 => PartShape::Gaussian,
            4 | 5 => PartShape::Gumbel,
            6 => PartShape::Gamma(rng.random_range(2.0..8.0)),
            7 => PartShape::LogNormal(rng.random_range(0.2..0.6)),
            _ => PartShape::SkewNormal(rng.random_range(-6.0..6.0)),
        };
        let sign = if rng.random_bool(0.5) { 1.0 } else { -1.0 };
        let weight = 0.05 + (1.0 - 0.05 * count as f64) * share / free.iter().sum::<f64>();
        parts.push(MixturePart::new(weight, shape, [mean, sign * unit * width]));
    }
    parts
}

fn density(parts: &[MixturePart], x: f64) -> f64 {
    parts.iter().map(|part| part.density(x)).sum()
}

fn draws(parts: &[MixturePart], count: usize, rng: &mut Xoshiro256PlusPlus) -> Vec<f64> {
    let draw = |_| parts[part_at(parts.iter().map(|part| part.weight), rng.random_range(0.0..1.0))].draw(rng);
    (0..count).map(draw).collect()
}

/// A peak of the truth: the ends of its basin, its mass, the drop of `log p` to the higher of the neighbouring valleys, and its position.
#[derive(Clone, Copy, Debug)]
struct Peak {
    ends: [f64; 2],
    mass: f64,
    height: f64,
    place: f64,
}

impl Peak {
    fn must_be_found(&self) -> bool {
        self.mass >= 0.1 && self.height >= 2.0
    }
}

/// All points at which the density is evaluated. They extend beyond the region where it exceeds `1e-9` of its maximum.
fn places(parts: &[MixturePart]) -> Vec<f64> {
    let reach = |side: f64| {
        let ends = parts.iter().map(|part| part.place[0] + side * 14.0 * part.place[1].abs());
        ends.fold(parts[0].place[0], |a, b| if side > 0.0 { a.max(b) } else { a.min(b) })
    };
    let (low, high) = (reach(-1.0), reach(1.0));
    (0..GRID_POINTS).map(|k| low + (high - low) * k as f64 / (GRID_POINTS - 1) as f64).collect()
}

fn peaks(x: &[f64], p: &[f64]) -> Vec<Peak> {
    let step = x[1] - x[0];
    let least = 1e-6 * p.iter().copied().fold(0.0, f64::max);
    let tops: Vec<usize> = (1..p.len() - 1).filter(|&k| p[k] > p[k - 1] && p[k] >= p[k + 1] && p[k] > least).collect();
    let valley = |a: usize, b: usize| (a..b).min_by(|&i, &j| p[i].total_cmp(&p[j])).unwrap();
    let mut cuts = vec![0];
    cuts.extend(tops.windows(2).map(|w| valley(w[0], w[1])));
    cuts.push(p.len() - 1);
    let height = |k: usize| {
        let beside = [k.checked_sub(1).map(|j| cuts[j + 1]), (k + 1 < tops.len()).then(|| cuts[k + 1])];
        beside.into_iter().flatten().map(|v| (p[tops[k]] / p[v]).ln()).fold(f64::INFINITY, f64::min)
    };
    let of = |k: usize| Peak {
        ends: [x[cuts[k]], x[cuts[k + 1]]],
        mass: p[cuts[k]..cuts[k + 1]].iter().sum::<f64>() * step,
        height: height(k),
        place: x[tops[k]],
    };
    (0..tops.len()).map(of).collect()
}

/// Result of a fit.
struct MixtureFit {
    peaks: Vec<Peak>,
    found: Vec<f64>,
    /// Kullback-Leibler divergence of the fit from the truth.
    divergence: f64,
    seconds: f64,
    modes: usize,
    /// Errors in units of half widths: the truth less the middle of an interval, over half of its width. They belong to positions, masses, and free
    /// energies above the most probable well. They are empty if the wells of the fit are not those of the truth.
    scores: [Vec<f64>; 3],
}

impl MixtureFit {
    fn lost(&self) -> bool {
        let holds = |peak: &Peak| self.found.iter().any(|x| (peak.ends[0]..peak.ends[1]).contains(x));
        self.peaks.iter().any(|peak| peak.must_be_found() && !holds(peak))
    }

    /// Returns true if the basin of a peak contains more than one mode.
    fn extra(&self) -> bool {
        let of = |peak: &Peak| self.found.iter().filter(|x| (peak.ends[0]..peak.ends[1]).contains(*x)).count();
        self.found.len() > self.peaks.len() || self.peaks.iter().any(|peak| of(peak) > 1)
    }
}

fn scores(peaks: &[Peak], wells: &[FittedWell]) -> [Vec<f64>; 3] {
    let mut scores: [Vec<f64>; 3] = Default::default();
    if peaks.len() != wells.len() {
        return scores;
    }
    let score = |truth: f64, [low, high]: [f64; 2]| (truth - f64::midpoint(low, high)) / (0.5 * (high - low));
    let largest = wells.iter().zip(peaks).find(|(well, _)| well.delta_g == 0.0).map(|(_, peak)| peak.mass).unwrap();
    for (well, peak) in wells.iter().zip(peaks) {
        scores[0].extend(well.interval.iter().map(|interval| score(peak.place, interval.x[0])));
        if wells.len() > 1 {
            scores[1].extend(well.mass_interval.map(|interval| score(peak.mass, interval)));
        }
        if well.delta_g > 0.0 {
            scores[2].extend(well.delta_g_interval.map(|interval| score((largest / peak.mass).ln(), interval)));
        }
    }
    scores
}

fn fit(parts: &[MixturePart], samples: &[f64], seed: u64) -> MixtureFit {
    let settings = Settings::on(Recipe::Reliable, Settings::OWN_SAMPLES).with(&format!("seed={seed}&uncertainty=1")).unwrap();
    let text = samples.iter().fold("x\n".to_string(), |text, x| text + &format!("{x}\n"));
    let table = UserTable { name: "own.csv".into(), text, ..UserTable::default() };
    let mut run = DensityRun::open(settings, FitInputs { table: Some(&table), model: None }).expect("samples");
    run.advance(u64::MAX);
    let metrics = run.metrics();
    let fitted = Density::read_all(&run.file_text(JobFile::Model)).expect("a model file").remove(0);
    let x = places(parts);
    let p: Vec<f64> = x.iter().map(|&x| density(parts, x)).collect();
    let step = x[1] - x[0];
    let terms = x.iter().zip(&p).filter(|(_, p)| **p > 0.0).map(|(&x, p)| step * p * (p.ln() - fitted.log_density(x)));
    let peaks = peaks(&x, &p);
    let scores = scores(&peaks, &metrics.own.sets.wells[0]);
    MixtureFit {
        scores,
        peaks,
        found: metrics.own.sets.modes_fit[0].clone(),
        divergence: terms.sum(),
        seconds: metrics.seconds,
        modes: metrics.own.sets.active_gates[0],
    }
}

#[test]
fn skewed_pair_is_fitted_with_two_modes() {
    let parts =
        [MixturePart::new(0.4, PartShape::Gumbel, [-200.0, -40.0]), MixturePart::new(0.6, PartShape::Gamma(3.0), [100.0, 60.0])];
    let samples = draws(&parts, 2000, &mut Xoshiro256PlusPlus::seed_from_u64(1));
    let outcome = fit(&parts, &samples, 1);
    assert!(!outcome.lost() && !outcome.extra() && outcome.divergence < 0.02, "{:?} {}", outcome.found, outcome.divergence);
}

#[test]
#[ignore = "measurement: 500 fits, table of modes and divergences"]
fn many_known_mixtures_are_measured() {
    let given = |name: &str| std::env::var(name).ok().and_then(|n| n.parse::<u64>().ok());
    let (first, count, seed) =
        (given("MW_FIRST").unwrap_or(1), given("MW_MIXTURES").unwrap_or(500), given("MW_SEED").unwrap_or(1));
    let counts = given("MW_SAMPLES").map_or(SAMPLE_COUNTS.to_vec(), |n| vec![n as usize]);
    let mut all: Vec<Vec<MixtureFit>> = counts.iter().map(|_| Vec::new()).collect();
    for draw in first..first + count {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(7_000_000 + draw);
        let parts = random_mixture(&mut rng);
        let which = draw as usize % counts.len();
        let samples = draws(&parts, counts[which], &mut rng);
        let outcome = fit(&parts, &samples, seed);
        print_faults(draw, &parts, counts[which], &outcome);
        all[which].push(outcome);
    }
    println!("samples   fits   lost  extra  KL: worst   median   at most 0.02  0.05  modes   s a fit");
    for (count, outcomes) in counts.iter().zip(&all) {
        print_row(*count, outcomes);
    }
    for (count, outcomes) in counts.iter().zip(&all) {
        let covered = |k: usize| {
            let scores: Vec<f64> = outcomes.iter().flat_map(|o| o.scores[k].iter().copied()).collect();
            format!("{} of {}", scores.iter().filter(|s| s.abs() <= 1.0).count(), scores.len())
        };
        println!("{count:>7} intervals cover: places {}, masses {}, free energies {}", covered(0), covered(1), covered(2));
    }
    assert!(!all.iter().flatten().any(MixtureFit::lost), "a mode is lost");
}

/// Prints the faults of a fit, if there are any.
fn print_faults(draw: u64, parts: &[MixturePart], count: usize, outcome: &MixtureFit) {
    let limit = if count >= 2000 { 0.02 } else { 0.05 };
    let faults = [(outcome.lost(), "LOST"), (outcome.extra(), "EXTRA"), (outcome.divergence > limit, "KL")];
    let faults: Vec<&str> = faults.into_iter().filter(|(is, _)| *is).map(|(_, what)| what).collect();
    if faults.is_empty() {
        return;
    }
    let MixtureFit { peaks, found, divergence, modes, .. } = outcome;
    println!("mixture {draw}, {count} samples: {faults:?}, divergence {divergence:.4}, {modes} modes, found {found:?}");
    for peak in peaks {
        let must = if peak.must_be_found() { ", to be found" } else { "" };
        println!("    peak {:.4} mass {:.3} height {:.2}{must}", peak.place, peak.mass, peak.height);
    }
    for MixturePart { weight, shape, place, .. } in parts {
        println!("    part {weight:.3} {shape:?} at {:.4} width {:.4}", place[0], place[1]);
    }
}

fn print_row(count: usize, outcomes: &[MixtureFit]) {
    let fits = outcomes.len();
    let number = |is: &dyn Fn(&MixtureFit) -> bool| outcomes.iter().filter(|o| is(o)).count();
    let mean = |of: &dyn Fn(&MixtureFit) -> f64| outcomes.iter().map(of).sum::<f64>() / fits.max(1) as f64;
    let mut divergences: Vec<f64> = outcomes.iter().map(|o| o.divergence).collect();
    divergences.sort_by(f64::total_cmp);
    println!(
        "{count:>7} {fits:>6} {:>6} {:>6} {:>11.4} {:>8.4} {:>14} {:>5} {:>6.2} {:>9.3}",
        number(&MixtureFit::lost),
        number(&MixtureFit::extra),
        divergences.last().copied().unwrap_or_default(),
        divergences.get(fits / 2).copied().unwrap_or_default(),
        number(&|o| o.divergence <= 0.02),
        number(&|o| o.divergence <= 0.05),
        mean(&|o| o.modes as f64),
        mean(&|o| o.seconds),
    );
}

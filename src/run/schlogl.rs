//! The Schlögl reaction's density over time, fitted to trajectories: at each time `q = exp(-Psi)/Z` by maximum likelihood.
//!
//! Weight decay and pooling are chosen by cross-validation: trajectories are dealt into folds, each fold is left out in turn, and what
//! counts is the likelihood of those left out, over all times together. Pooling means that a time's samples are joined by those of the
//! times next to it, at a weight of [`NEIGHBOUR`]. A law moves at first and settles later: from one time on, samples are pooled among
//! those from there on; which time it is, the likelihood says. The decay is one strength for all times, divided by the number of
//! samples, or by what weighted samples are worth: what a prior is to a likelihood. It is the strongest whose likelihood is within one
//! standard error of the best. The exact law is used for judging alone.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::settings::{Pooling, Start};

use crate::estimate::{kernel, kullback_leibler, mixture::Mixture, modes, total_variation};
use crate::nn::params::ParamKind;
use crate::nn::{Architecture, Params};
use crate::objective::density::{Density, DensityBatch, Points, Weights};
use crate::physics::master_equation::{Chain, TOP};
use crate::physics::schlogl::Schlogl;
use crate::physics::ssa;
use crate::plan::Options;
use crate::train::{Adam, Group, Rates, adam, schedule};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use web_time::Instant;

/// The largest state that is fitted and judged; the mass above is 2e-17.
pub const STATES: usize = 900;
/// Distance between the states of the grid that a fit is trained on.
const GRID: usize = 6;
/// That of the shorter fits of the cross-validation.
const COARSE: usize = 10;
/// What the network sees of a state: `(n - SHIFT) / SCALE`.
const SHIFT: f64 = 300.0;
/// See [`SHIFT`].
const SCALE: f64 = 60.0;
/// Weight of a sample that is one time away.
pub const NEIGHBOUR: f64 = 0.3;
/// Folds of the cross-validation.
const FOLDS: usize = 4;
/// Steps of a fit in the cross-validation, as a part of those of a whole fit.
const SHARE: u64 = 6;
/// Strengths of the decay that are tried, the strongest first.
const STRENGTHS: [f64; 3] = [0.4, 0.2, 0.1];
/// A mode of a fit is at least this part of its largest value.
const MODE: f64 = 0.05;

/// The settings that do something in a density's fit.
pub const SETTINGS: &[&str] = &[
    "modes",
    "hidden",
    "lr",
    "epochs",
    "seed",
    "samples",
    "data-seed",
    "c1",
    "c2",
    "c3",
    "c4",
    "decay",
    "kl",
    "start",
    "pooling",
];

impl Pooling {
    const CHOICES: [Self; 3] = [Self::Alone, Self::Later, Self::Both];

    /// Weight of the samples of time `other` in the fit of time `time`.
    fn weight(self, time: usize, other: usize) -> f64 {
        match (self, other.abs_diff(time)) {
            (_, 0) => 1.0,
            (Self::Both, 1) => NEIGHBOUR,
            (Self::Later, 1) if other > time => NEIGHBOUR,
            _ => 0.0,
        }
    }

    /// How many times the samples of one time the weighted samples of all are worth (Kish's number).
    fn worth(self, time: usize, times: usize) -> f64 {
        let weights = (0..times).map(|other| self.weight(time, other));
        let (sum, squares) = weights.fold((0.0, 0.0), |(sum, squares), w| (sum + w, squares + w * w));
        sum * sum / squares
    }
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SchloglSettings {
    /// Rates of the reaction.
    pub model: Schlogl,
    /// Times at which the density is fitted, rising.
    pub times: Vec<f64>,
    /// Trajectories.
    pub runs: usize,
    /// Seed of the trajectories.
    pub data_seed: u64,
    /// Seed of the initial parameters.
    pub seed: u64,
    /// Modes offered.
    pub modes: usize,
    /// Hidden widths.
    pub hidden: Vec<usize>,
    /// Steps of each fit.
    pub epochs: u64,
    /// Learning rate of all parameters, which falls by a cosine.
    pub lr: f64,
    /// Where fits begin.
    pub start: Start,
    /// Strength of the decay; chosen if absent.
    pub decay: Option<f64>,
    /// Pooling.
    pub pooling: Pooling,
    /// Weight of the Kullback-Leibler distance to a uniform density.
    pub kl: f64,
}

impl Default for SchloglSettings {
    fn default() -> Self {
        Self {
            model: Schlogl::default(),
            times: vec![0.5, 1.0, 2.0, 4.0, 6.0, 8.0, 10.0],
            runs: 200,
            data_seed: 1,
            seed: 1,
            modes: 5,
            hidden: vec![10, 10],
            epochs: 3000,
            lr: 3e-2,
            start: Start::default(),
            decay: None,
            pooling: Pooling::Auto,
            kl: 0.0,
        }
    }
}

/// The numbers of a fit over time, one entry a time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SchloglReport {
    /// Always `schlogl`.
    pub benchmark: String,
    /// Seed of the initial parameters.
    pub seed: u64,
    /// Seed of the data.
    pub data_seed: u64,
    /// Trajectories.
    pub samples: usize,
    /// Steps of each fit.
    pub epochs: u64,
    /// The times.
    pub times: Vec<f64>,
    /// Mean of `-log q` over the samples of the time itself.
    pub loss: Vec<f64>,
    /// Weight of the decay that was used.
    pub decay: Vec<f64>,
    /// Pooling that was used.
    pub pooling: Vec<Pooling>,
    /// States where the fit has a mode of at least a twentieth of its largest.
    pub modes_fit: Vec<Vec<usize>>,
    /// Total variation of the fit to the exact law.
    pub tv_fit: Vec<f64>,
    /// That of a kernel estimate with Scott's rule.
    pub tv_kde_scott: Vec<f64>,
    /// With Silverman's.
    pub tv_kde_silverman: Vec<f64>,
    /// With the improved Sheather-Jones rule, the best of those that see the data alone.
    pub tv_kde_best: Vec<f64>,
    /// With the bandwidth that comes closest to the exact law.
    pub tv_kde_oracle: Vec<f64>,
    /// Of a Gaussian mixture of two components.
    pub tv_mixture_2: Vec<f64>,
    /// Of one of three.
    pub tv_mixture_3: Vec<f64>,
    /// Kullback-Leibler distance of the fit from the exact law.
    pub kl_fit: Vec<f64>,
    /// That of the kernel estimate with the improved Sheather-Jones rule.
    pub kl_kde_best: Vec<f64>,
    /// Mean of `tv_fit` over the times.
    pub tv_fit_mean: f64,
    /// Seconds spent choosing and fitting.
    pub seconds: f64,
    /// Whether every loss is finite.
    pub finite: bool,
}

/// A network for densities, ready to be trained on any samples.
struct Fitter {
    objective: Density<f32>,
    groups: Vec<Group>,
    lr: f64,
    kl: f64,
}

impl Fitter {
    fn points(&self, shares: &[f64], step: usize) -> DensityBatch<f32> {
        let x = (0..shares.len()).map(|k| ((k * step) as f64 - SHIFT) / SCALE).collect();
        self.objective.batch(&Points { x, data: shares.to_vec(), cells: vec![step as f64; shares.len()] })
    }

    fn train(&mut self, shares: &[f64], step: usize, decay: f64, steps: u64, start: &[f32]) -> Vec<f32> {
        self.objective.set_weights(Weights { decay, uniform: self.kl });
        let mut batch = self.points(shares, step);
        let (mut params, mut gradient, mut adam) = (start.to_vec(), vec![0.0; start.len()], Adam::new(start.len()));
        for k in 0..steps {
            self.objective.evaluate(&params, &mut batch, &mut gradient);
            let rate = self.lr * schedule::cosine(k, steps);
            adam.step(&mut params, &gradient, &self.groups, Rates { network: rate, gate: rate });
        }
        params
    }

    /// Mean of `-log q` over samples.
    fn likelihood(&mut self, params: &[f32], shares: &[f64], step: usize) -> f64 {
        let mut batch = self.points(shares, step);
        self.objective.loss(params, &mut batch).data
    }

    /// `-log q` at the states of a grid.
    fn surprise(&mut self, params: &[f32], step: usize) -> Vec<f64> {
        let mut batch = self.points(&vec![0.0; STATES / step + 1], step);
        self.objective.loss(params, &mut batch);
        batch.shares().iter().map(|share| -(share / step as f64).max(f64::MIN_POSITIVE).ln()).collect()
    }

    /// Probabilities of all states.
    fn density(&mut self, params: &[f32]) -> Vec<f64> {
        let mut batch = self.points(&[0.0; STATES + 1], 1);
        self.objective.loss(params, &mut batch);
        batch.shares().to_vec()
    }
}

/// Where a state lies on a grid: the point below, and how much of the way to the next one.
fn place(n: u32, step: usize) -> (usize, f64) {
    let last = STATES / step;
    let at = (f64::from(n) / step as f64).min(last as f64);
    let below = (at as usize).min(last - 1);
    (below, at - below as f64)
}

/// Samples shared out to the states of a grid, each to its two neighbours there.
fn binned(samples: impl Iterator<Item = u32>, step: usize) -> Vec<f64> {
    let mut counts = vec![0.0; STATES / step + 1];
    for n in samples {
        let (below, part) = place(n, step);
        counts[below] += 1.0 - part;
        counts[below + 1] += part;
    }
    counts
}

/// `V` and `b` uniform in +-1, `W` the absolute value of a draw within one over the root of the width before, gates open, rho 2.
fn start(params: &Params, seed: u64) -> Vec<f32> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    rng.long_jump();
    let draw = |(kind, columns): (ParamKind, usize)| match kind {
        ParamKind::Free | ParamKind::Bias => rng.random_range(-1.0..1.0),
        ParamKind::NonNegative => rng.random_range(0.0..1.0) / (columns as f32).sqrt(),
        ParamKind::Gate => crate::nn::init::OPEN_GATE as f32,
        ParamKind::Sharpness => crate::nn::init::FIRST_RHO as f32,
    };
    params.iter().flat_map(|p| std::iter::repeat_n((p.kind, p.shape[2]), p.len())).map(draw).collect()
}

/// Trajectories and the density at each time that has been fitted.
pub struct SchloglRun {
    settings: SchloglSettings,
    /// `[runs, times]`.
    states: Vec<u32>,
    fitter: Fitter,
    first: Vec<f32>,
    /// `-log q` of what was left out, for each time, pooling, strength and trajectory.
    scores: Vec<Vec<Vec<Vec<f64>>>>,
    /// Parameters, decay and pooling, from the latest time to the earliest.
    fits: Vec<(Vec<f32>, f64, Pooling)>,
    seconds: f64,
}

impl SchloglRun {
    /// Draws the trajectories; nothing is fitted yet.
    pub fn new(settings: SchloglSettings) -> Self {
        let states = ssa::samples(&settings.model, &settings.times, settings.runs, settings.data_seed);
        let arch = Architecture::new(1, settings.modes, &settings.hidden);
        let objective = Density::new(&arch, Options::default());
        let groups = adam::groups(objective.params(), arch.convexity);
        let first = start(objective.params(), settings.seed);
        let fitter = Fitter { objective, groups, lr: settings.lr, kl: settings.kl };
        Self { settings, states, fitter, first, scores: Vec::new(), fits: Vec::new(), seconds: 0.0 }
    }

    /// States at a time.
    pub fn samples(&self, time: usize) -> impl Iterator<Item = u32> + '_ {
        self.states.iter().copied().skip(time).step_by(self.settings.times.len())
    }

    /// Shares of the data on a grid for the fit of a time, with one fold left out or none.
    fn shares(&self, time: usize, pooling: Pooling, step: usize, without: Option<usize>) -> Vec<f64> {
        let mut shares = vec![0.0; STATES / step + 1];
        for other in 0..self.settings.times.len() {
            let weight = pooling.weight(time, other);
            if weight > 0.0 {
                let kept = self.samples(other).enumerate().filter(|(run, _)| Some(run % FOLDS) != without);
                let counts = binned(kept.map(|(_, n)| n), step);
                shares.iter_mut().zip(counts).for_each(|(share, count)| *share += weight * count);
            }
        }
        crate::estimate::normalised(shares)
    }

    /// The choices that are open, of strength and of pooling.
    fn open(&self) -> (Vec<f64>, Vec<Pooling>) {
        let settings = &self.settings;
        (
            settings.decay.map_or(STRENGTHS.to_vec(), |d| vec![d]),
            if settings.pooling == Pooling::Auto { Pooling::CHOICES.to_vec() } else { vec![settings.pooling] },
        )
    }

    /// The weight of the decay in the fit of a time.
    fn decay(&self, strength: f64, time: usize, pooling: Pooling, runs: f64) -> f64 {
        strength / (runs * pooling.worth(time, self.settings.times.len()))
    }

    /// For one time, `-log q` of each trajectory under the fit without its fold, for each pooling and within it each strength.
    fn score(&mut self, time: usize) -> Vec<Vec<Vec<f64>>> {
        let (strengths, poolings) = self.open();
        let (steps, first) = (self.settings.epochs / SHARE, self.first.clone());
        let runs = self.settings.runs;
        let states: Vec<u32> = self.samples(time).collect();
        let mut scores = vec![vec![vec![0.0; runs]; strengths.len()]; poolings.len()];
        for fold in 0..FOLDS.min(runs) {
            for (pooling, row) in poolings.iter().zip(&mut scores) {
                let shares = self.shares(time, *pooling, COARSE, Some(fold));
                for (&strength, score) in strengths.iter().zip(row) {
                    let kept = runs as f64 * (1.0 - 1.0 / FOLDS as f64);
                    let decay = self.decay(strength, time, *pooling, kept);
                    let params = self.fitter.train(&shares, COARSE, decay, steps, &first);
                    let surprise = self.fitter.surprise(&params, COARSE);
                    for run in (fold..runs).step_by(FOLDS) {
                        let (below, part) = place(states[run], COARSE);
                        score[run] = (1.0 - part) * surprise[below] + part * surprise[below + 1];
                    }
                }
            }
        }
        scores
    }

    /// Strength of the decay, and pooling of each time, from the scores of all.
    fn choose(&self) -> (f64, Vec<Pooling>) {
        let (times, runs) = (self.settings.times.len(), self.settings.runs);
        let (strengths, poolings) = self.open();
        let pooling = |time: usize, from: usize| match time.cmp(&from) {
            _ if poolings.len() == 1 => 0,
            Ordering::Less => 0,
            Ordering::Equal => 1,
            Ordering::Greater => 2,
        };
        let total = |from: usize, k: usize, run: usize| -> f64 {
            self.scores.iter().enumerate().map(|(time, score)| score[pooling(time, from)][k][run]).sum()
        };
        // For each strength the time from which pooling is the most likely to be right, and what each trajectory says of it.
        let sum = |score: &Vec<f64>| score.iter().sum::<f64>();
        let best_time = |k: usize| {
            let all = (0..=times).map(|from| (from, (0..runs).map(|run| total(from, k, run)).collect::<Vec<f64>>()));
            all.min_by(|(_, a), (_, b)| sum(a).total_cmp(&sum(b))).unwrap_or_default()
        };
        let candidates: Vec<(usize, Vec<f64>)> = (0..strengths.len()).map(best_time).collect();
        let least = candidates.iter().map(|(_, score)| score).min_by(|a, b| sum(a).total_cmp(&sum(b)));
        let is_as_good = |(_, score): &(usize, Vec<f64>)| {
            let gaps: Vec<f64> = score.iter().zip(least.into_iter().flatten()).map(|(a, b)| a - b).collect();
            let mean = sum(&gaps) / runs as f64;
            let error = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>().sqrt() / runs as f64;
            mean <= error
        };
        let k = candidates.iter().position(is_as_good).unwrap_or_default();
        let from = candidates[k].0;
        (strengths[k], (0..times).map(|time| poolings[pooling(time, from)]).collect())
    }

    /// How often [`SchloglRun::advance`] has something to do.
    pub fn parts(&self) -> u64 {
        let scored = if self.settings.decay.is_none() || self.settings.pooling == Pooling::Auto { 2 } else { 1 };
        (scored * self.settings.times.len()) as u64
    }

    /// Scores the choices for the next time, and when all have been scored fits the next one, from the latest to the earliest; false
    /// if all are fitted.
    pub fn advance(&mut self) -> bool {
        let begun = Instant::now();
        let times = self.settings.times.len();
        let Some(time) = times.checked_sub(self.fits.len() + 1) else { return false };
        let is_open = self.settings.decay.is_none() || self.settings.pooling == Pooling::Auto;
        if is_open && self.scores.len() < times {
            let scores = self.score(self.scores.len());
            self.scores.push(scores);
            self.seconds += begun.elapsed().as_secs_f64();
            return true;
        }
        let (strength, pooling) = if let (Some(strength), false) = (self.settings.decay, is_open) {
            (strength, self.settings.pooling)
        } else {
            let (strength, poolings) = self.choose();
            (strength, poolings[time])
        };
        let decay = self.decay(strength, time, pooling, self.settings.runs as f64);
        let shares = self.shares(time, pooling, GRID, None);
        let from = match (self.settings.start, self.fits.last()) {
            (Start::Last, Some((params, ..))) => params.clone(),
            _ => self.first.clone(),
        };
        let params = self.fitter.train(&shares, GRID, decay, self.settings.epochs, &from);
        self.fits.push((params, decay, pooling));
        self.seconds += begun.elapsed().as_secs_f64();
        true
    }

    /// The fitted density at a time, over the states; `None` if it has not been fitted yet.
    pub fn density(&mut self, time: usize) -> Option<Vec<f64>> {
        let at = self.settings.times.len().checked_sub(time + 1)?;
        let params = self.fits.get(at)?.0.clone();
        Some(self.fitter.density(&params))
    }

    /// The exact law at each time, over the states that are judged.
    pub fn laws(&self) -> Vec<Vec<f64>> {
        let chain = Chain::new(&self.settings.model, TOP);
        let law = |&time: &f64| chain.law(self.settings.model.start, time)[..=STATES].to_vec();
        self.settings.times.iter().map(law).collect()
    }

    /// Everything in numbers, of the times that are fitted.
    pub fn report(&mut self) -> SchloglReport {
        let s = &self.settings;
        let mut report = SchloglReport {
            benchmark: "schlogl".into(),
            seed: s.seed,
            data_seed: s.data_seed,
            samples: s.runs,
            epochs: s.epochs,
            seconds: self.seconds,
            ..SchloglReport::default()
        };
        let (times, seed) = (s.times.clone(), s.seed);
        for (time, law) in self.laws().iter().enumerate() {
            let Some(fit) = self.density(time) else { continue };
            let (params, decay, pooling) = self.fits[times.len() - 1 - time].clone();
            let samples: Vec<f64> = self.samples(time).map(f64::from).collect();
            let kde = |bandwidth: f64| kernel::estimate(&samples, bandwidth, STATES);
            let far = |estimate: Vec<f64>| total_variation(&estimate, law);
            let best = kde(kernel::improved_sheather_jones(&samples));
            let own = crate::estimate::normalised(binned(self.samples(time), 1));
            report.times.push(times[time]);
            report.loss.push(self.fitter.likelihood(&params, &own, 1));
            report.decay.push(decay);
            report.pooling.push(pooling);
            report.modes_fit.push(modes(&fit, MODE));
            report.kl_fit.push(kullback_leibler(law, &fit));
            report.kl_kde_best.push(kullback_leibler(law, &best));
            report.tv_fit.push(far(fit));
            report.tv_kde_scott.push(far(kde(kernel::scott(&samples))));
            report.tv_kde_silverman.push(far(kde(kernel::silverman(&samples))));
            report.tv_kde_best.push(far(best));
            report.tv_kde_oracle.push(far(kde(kernel::oracle(&samples, law))));
            report.tv_mixture_2.push(far(Mixture::fit(&samples, 2, seed).probabilities(STATES)));
            report.tv_mixture_3.push(far(Mixture::fit(&samples, 3, seed).probabilities(STATES)));
        }
        report.tv_fit_mean = report.tv_fit.iter().sum::<f64>() / report.tv_fit.len().max(1) as f64;
        report.finite = report.loss.iter().all(|l| l.is_finite());
        report
    }
}

//! What a density is judged by: how far fit, kernel estimates and mixtures are from the exact law, where it is known.

use serde::{Deserialize, Serialize};

use super::DensityRun;
use super::samples::{self, Samples};
use crate::data::estimate::{self, kernel, kullback_leibler, mixture::Mixture, total_variation};
use crate::dynamics::schlogl::Schlogl;
use crate::problem::job::Job;
use crate::problem::settings::Pooling;
use crate::problem::{Report, State};
use crate::recipe::StageNote;

/// A mode of a density is at least this part of its largest value.
const MODE: f64 = 0.05;

/// Where a density has its modes.
pub fn modes_of(density: &[f64]) -> Vec<usize> {
    estimate::modes(density, MODE)
}

/// For each mode of a density the rise of `-log` of it to the lowest pass to a neighbouring mode; none where there is no other mode, or
/// no density on the way.
pub fn barriers(density: &[f64], modes: &[usize]) -> Vec<Option<f64>> {
    let passes: Vec<f64> =
        modes.windows(2).map(|pair| density[pair[0]..pair[1]].iter().copied().fold(f64::INFINITY, f64::min)).collect();
    let barrier = |(k, &n): (usize, &usize)| {
        let beside = [k.checked_sub(1), Some(k)].into_iter().flatten().filter_map(|side| passes.get(side));
        let pass = beside.copied().fold(0.0, f64::max);
        (pass > 0.0).then(|| (density[n] / pass).ln())
    };
    modes.iter().enumerate().map(barrier).collect()
}

/// How the bandwidth of a kernel estimate is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Improved Sheather-Jones: the best of those that see the data alone.
    Best,
    /// Scott's.
    Scott,
    /// Silverman's.
    Silverman,
    /// What comes closest to the exact law.
    Oracle,
}

impl Rule {
    /// All, with their names.
    pub const ALL: [(Self, &'static str); 4] =
        [(Self::Best, "Sheather-Jones"), (Self::Scott, "Scott"), (Self::Silverman, "Silverman"), (Self::Oracle, "oracle")];

    /// The bandwidth for samples; the oracle's only where there is a law.
    pub fn bandwidth(self, samples: &[f64], law: Option<&[f64]>) -> f64 {
        match (self, law) {
            (Self::Scott, _) => kernel::scott(samples),
            (Self::Silverman, _) => kernel::silverman(samples),
            (Self::Oracle, Some(law)) => kernel::oracle(samples, law),
            (Self::Best | Self::Oracle, _) => kernel::improved_sheather_jones(samples),
        }
    }
}

/// What a fit is compared with, at one time; everything that does not change with it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// Kernel estimates, in the order of [`Rule::ALL`].
    pub kernels: Vec<Vec<f64>>,
    /// Gaussian mixtures of two and three components.
    pub mixtures: Vec<Vec<f64>>,
}

/// The laws, and what has been compared so far.
#[derive(Clone, Debug, Default)]
pub struct Evaluation {
    /// The exact law of each set over the states, if it is known.
    pub laws: Vec<Vec<f64>>,
    comparisons: Vec<Option<Comparison>>,
    laws_over_time: Option<OverTime>,
    kernels_over_time: [Option<OverTime>; Rule::ALL.len()],
}

/// Rising times, and a density at each of them, if there is one.
pub type OverTime = (Vec<f64>, Vec<Option<Vec<f64>>>);

/// Every so many of the times at which trajectories are watched, the law and kernel estimates are computed for maps.
const EVERY: usize = 10;

impl Evaluation {
    /// Computes the laws.
    pub fn new(samples: &Samples, model: Option<&Schlogl>) -> Self {
        let laws = model.map(|model| {
            let chain = samples::chain(model, samples.top);
            samples.times.iter().map(|&time| chain.law(model.start, time)[..=samples.top].to_vec()).collect()
        });
        Self { laws: laws.unwrap_or_default(), comparisons: vec![None; samples.sets()], ..Self::default() }
    }
}

/// The numbers of a fit over time, one entry a time. Where no law is known, those that need one are empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DensityReport {
    /// `schlogl`, or the name of the file.
    pub benchmark: String,
    /// Seed of the initial parameters.
    pub seed: u64,
    /// Seed of the data.
    pub data_seed: u64,
    /// Rows of samples: trajectories.
    pub samples: usize,
    /// Steps of each fit.
    pub epochs: u64,
    /// What the sets of samples are called.
    pub labels: Vec<String>,
    /// The times; empty if the sets have names only.
    pub times: Vec<f64>,
    /// Mean of `-log q` over the samples of the time itself, of a density in the samples' own units.
    pub loss: Vec<f64>,
    /// Weight of the decay that was used.
    pub decay: Vec<f64>,
    /// Pooling that was used.
    pub pooling: Vec<Pooling>,
    /// How many of the modes offered are left: their gates exceed 0.01.
    pub active_gates: Vec<usize>,
    /// How many of them have a responsibility above one half somewhere.
    pub responsible_modes: Vec<usize>,
    /// Where the fit has a mode of at least a twentieth of its largest.
    pub modes_fit: Vec<Vec<f64>>,
    /// Where the exact law has.
    pub modes_law: Vec<Vec<f64>>,
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
    /// That of the mixture of three.
    pub kl_mixture_3: Vec<f64>,
    /// Mean of `tv_fit` over the times.
    pub tv_fit_mean: Option<f64>,
    /// Seconds spent choosing and fitting.
    pub seconds: f64,
    /// Whether every loss is finite and training has not diverged.
    pub finite: bool,
    /// What was chosen and which modes were removed, in order.
    pub stages: Vec<StageNote>,
}

impl DensityRun {
    /// The exact law of a set over the states, if it is known.
    pub fn law(&self, set: usize) -> Option<&[f64]> {
        self.evaluation.laws.get(set).map(Vec::as_slice)
    }

    /// What the fit of a set is compared with.
    pub fn comparison(&mut self, set: usize) -> &Comparison {
        let (samples, top, seed) = (&self.samples, self.samples.top, self.settings.training.seed);
        let law = self.evaluation.laws.get(set).map(Vec::as_slice);
        self.evaluation.comparisons[set].get_or_insert_with(|| {
            let samples = samples.of(set);
            let kernel = |(rule, _): &(Rule, &str)| kernel::estimate(&samples, rule.bandwidth(&samples, law), top);
            Comparison {
                kernels: Rule::ALL.iter().filter(|(rule, _)| *rule != Rule::Oracle || law.is_some()).map(kernel).collect(),
                mixtures: [2, 3].map(|components| Mixture::fit(&samples, components, seed).probabilities(top)).to_vec(),
            }
        })
    }

    /// The exact law at many times, if it is known.
    pub fn laws_over_time(&mut self) -> Option<OverTime> {
        let (times, _) = self.samples.paths()?;
        let (top, model) = (self.samples.top, self.model?);
        let laws = self.evaluation.laws_over_time.get_or_insert_with(|| {
            let chain = samples::chain(&model, top);
            let times: Vec<f64> = times.into_iter().step_by(EVERY).skip(1).collect();
            let laws = times.iter().map(|&time| Some(chain.law(model.start, time)[..=top].to_vec())).collect();
            (times, laws)
        });
        Some(laws.clone())
    }

    /// Kernel estimates by a rule, by its place in [`Rule::ALL`]: of the closely watched trajectories where there are any.
    pub fn kernels_over_time(&mut self, rule: usize) -> OverTime {
        let Some((_, laws)) = self.laws_over_time() else {
            let of = |run: &mut Self, set| Some(run.comparison(set).kernels[rule].clone());
            return (self.samples.times.clone(), (0..self.samples.sets()).map(|set| of(self, set)).collect());
        };
        let (samples, top) = (&self.samples, self.samples.top);
        let kernels = self.evaluation.kernels_over_time[rule].get_or_insert_with(|| {
            let (times, paths) = samples.paths().unwrap_or_default();
            let at = |k: usize| paths.iter().map(|path| path[k]).collect::<Vec<f64>>();
            let places: Vec<usize> = (0..times.len()).step_by(EVERY).skip(1).collect();
            let estimate = |(&k, law): (&usize, &Option<Vec<f64>>)| {
                let states = at(k);
                Some(kernel::estimate(&states, Rule::ALL[rule].0.bandwidth(&states, law.as_deref()), top))
            };
            let estimates = places.iter().zip(&laws).map(estimate).collect();
            (places.iter().map(|&k| times[k]).collect(), estimates)
        });
        kernels.clone()
    }

    /// Whether a set has been compared already, so that looking at it costs nothing.
    pub fn is_compared(&self, set: usize) -> bool {
        self.evaluation.comparisons[set].is_some()
    }

    /// Compares the next set that has not been; false if all have been.
    pub fn compare_next(&mut self) -> bool {
        let next = (0..self.samples.sets()).rev().find(|&set| !self.is_compared(set));
        if let Some(set) = next {
            self.comparison(set);
        }
        next.is_some()
    }

    /// The state in a few numbers: the loss is the mean over the sets that are fitted, wells and minima are the modes of the latest.
    pub(super) fn short_report(&mut self) -> Report {
        let losses = self.losses();
        let last = self.samples.sets() - 1;
        let minima = self.density(last).map(|density| self.minima(last, &density)).unwrap_or_default();
        let fit = self.fits[last].clone();
        let rho = fit.as_ref().and_then(|fit| fit.params.last()).map_or(f64::NAN, |&rho| f64::from(rho));
        Report {
            benchmark: self.samples.name.clone(),
            seed: self.settings.training.seed,
            data_seed: self.settings.data.seed,
            epochs: self.epoch(),
            loss: losses.iter().sum::<f64>() / losses.len() as f64,
            mse: f64::NAN,
            rmse: f64::NAN,
            r2: f64::NAN,
            rho,
            gates: fit.as_ref().map(|fit| self.gates(fit)).unwrap_or_default(),
            active_gates: fit.as_ref().map_or(0, |fit| self.active(fit).len()),
            responsible_modes: fit.as_ref().map_or(0, |fit| self.responsible(fit)),
            wells: minima.len(),
            true_wells: self.law(last).map(|law| modes_of(law).len()),
            minima,
            ms_per_epoch: 1e3 * self.seconds / self.epoch.max(1) as f64,
            seconds: self.seconds,
            stages: self.notes.clone(),
            finite: !self.has_diverged() && losses.iter().all(|loss| loss.is_finite()),
            ..Report::default()
        }
    }

    fn has_diverged(&self) -> bool {
        matches!(self.ended(), Some(State::Diverged { .. }))
    }

    /// Mean of `-log q` over the samples of each set that is fitted, of a density in their own units.
    fn losses(&mut self) -> Vec<f64> {
        let fits = self.fits.clone();
        let one = |(set, fit): (usize, &Option<super::Fit>)| {
            let fit = fit.as_ref()?;
            Some(self.likelihood(set, fit) + self.samples.unit(set)[1].ln())
        };
        fits.iter().enumerate().filter_map(one).collect()
    }

    /// Everything in numbers, of the times that are fitted.
    pub fn full_report(&mut self) -> DensityReport {
        let mut report = DensityReport {
            benchmark: self.samples.name.clone(),
            seed: self.settings.training.seed,
            data_seed: self.settings.data.seed,
            samples: self.samples.rows(),
            epochs: self.settings.training.epochs,
            seconds: self.seconds,
            stages: self.notes.clone(),
            loss: self.losses(),
            ..DensityReport::default()
        };
        for set in 0..self.samples.sets() {
            let (Some(fit), Some(density)) = (self.fits[set].clone(), self.density(set)) else { continue };
            report.active_gates.push(self.active(&fit).len());
            report.responsible_modes.push(self.responsible(&fit));
            let places = |density: &[f64]| modes_of(density).into_iter().map(|n| self.samples.value(set, n as f64)).collect();
            report.labels.push(self.samples.labels[set].clone());
            report.times.extend(self.samples.times.get(set));
            report.decay.push(fit.decay);
            report.pooling.push(fit.pooling);
            report.modes_fit.push(places(&density));
            let Some(law) = self.law(set).map(<[f64]>::to_vec) else { continue };
            report.modes_law.push(places(&law));
            let Comparison { kernels, mixtures } = self.comparison(set);
            let far = |estimate: &Vec<f64>| total_variation(estimate, &law);
            report.tv_kde_best.push(far(&kernels[0]));
            report.tv_kde_scott.push(far(&kernels[1]));
            report.tv_kde_silverman.push(far(&kernels[2]));
            report.tv_kde_oracle.push(far(&kernels[3]));
            report.tv_mixture_2.push(far(&mixtures[0]));
            report.tv_mixture_3.push(far(&mixtures[1]));
            report.kl_kde_best.push(kullback_leibler(&law, &kernels[0]));
            report.kl_mixture_3.push(kullback_leibler(&law, &mixtures[1]));
            report.tv_fit.push(far(&density));
            report.kl_fit.push(kullback_leibler(&law, &density));
        }
        let count = report.tv_fit.len();
        report.tv_fit_mean = (count > 0).then(|| report.tv_fit.iter().sum::<f64>() / count as f64);
        report.finite = !self.has_diverged() && report.loss.iter().all(|l| l.is_finite());
        report
    }
}

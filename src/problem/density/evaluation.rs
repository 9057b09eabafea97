//! Evaluation of densities: distances of fit, kernel estimates and mixtures from the exact distribution, if it is known.

use super::metrics::{DensityMetrics, Distances, FittedSets, FittedWell};
use super::run::DensityRun;
use super::samples::{self, SampleSets};
use crate::data::estimate::kernel::{self, BandwidthRule};
use crate::data::estimate::{kullback_leibler, mixture::GaussianMixture, total_variation};
use crate::dynamics::schlogl::Schlogl;
use crate::problem::frame::Status as State;
use crate::problem::metrics::Metrics;
use crate::text::shortened;

/// Exact distributions, and the estimates computed so far.
#[derive(Clone, Debug, Default)]
pub struct DensityEvaluation {
    /// Exact distribution of each set over the states, if it is known.
    pub exact: Vec<Vec<f64>>,
    estimates: Vec<Option<Vec<Vec<f64>>>>,
    exact_over_time: Option<OverTime>,
    kernels_over_time: [Option<Vec<Vec<f64>>>; BandwidthRule::ALL.len()],
}

/// Increasing times, and the density at each of them, empty if it is not known.
pub type OverTime = (Vec<f64>, Vec<Vec<f64>>);

/// Numbers of components of the compared Gaussian mixtures.
const MIXTURE_COMPONENTS: [usize; 2] = [2, 3];

/// Stride of the recorded times at which distribution and kernel estimates are computed for maps.
const TIME_STRIDE: usize = 10;

impl DensityEvaluation {
    /// Computes the exact distributions.
    pub fn new(samples: &SampleSets, model: Option<&Schlogl>) -> Self {
        let exact = model.map(|model| {
            let chain = samples::chain(model, samples.top);
            samples.times.iter().map(|&time| chain.distribution(model.start, time)[..=samples.top].to_vec()).collect()
        });
        Self { exact: exact.unwrap_or_default(), estimates: vec![None; samples.sets()], ..Self::default() }
    }
}

impl DensityRun {
    /// Exact distribution of a set over the states, if it is known.
    pub fn exact(&self, set: usize) -> Option<&[f64]> {
        self.evaluation.exact.get(set).map(Vec::as_slice)
    }

    /// Estimates that are compared with the fit of a set: kernel estimates in the order of [`BandwidthRule::ALL`], then Gaussian mixtures.
    pub fn estimates(&mut self, set: usize) -> &[Vec<f64>] {
        let (samples, top, seed) = (&self.samples, self.samples.top, self.settings.training.seed);
        let exact = self.evaluation.exact.get(set).map(Vec::as_slice);
        self.evaluation.estimates[set].get_or_insert_with(|| {
            let samples = samples.samples_of(set);
            let kernel = |(rule, _): (BandwidthRule, &str)| kernel::estimate(&samples, rule.bandwidth(&samples, exact), top);
            let mixtures = MIXTURE_COMPONENTS.map(|count| GaussianMixture::fit(&samples, count, seed).probabilities(top));
            BandwidthRule::available(exact.is_some()).map(kernel).chain(mixtures).collect()
        })
    }

    /// Total variation and Kullback-Leibler distance from the exact distribution of a set: of its fit, if it is complete, and of the
    /// estimates, each with its name. Empty if the exact distribution is unknown.
    pub fn distances(&mut self, set: usize) -> Vec<(String, [f64; 2])> {
        let Some(exact) = self.exact(set).map(<[f64]>::to_vec) else { return Vec::new() };
        let fit = self.density(set).map(|density| ("fit".to_string(), density));
        let kernels = BandwidthRule::ALL.iter().map(|(_, name)| format!("KDE {name}"));
        let names = kernels.chain(MIXTURE_COMPONENTS.map(|count| format!("{count} Gaussians")));
        let all = fit.into_iter().chain(names.zip(self.estimates(set).iter().cloned()));
        all.map(|(name, density)| (name, [total_variation(&density, &exact), kullback_leibler(&exact, &density)])).collect()
    }

    /// Exact distribution at every `TIME_STRIDE`-th recorded time, if it is known.
    pub fn exact_over_time(&mut self) -> Option<OverTime> {
        let (times, _) = self.samples.paths()?;
        let (top, model) = (self.samples.top, self.model?);
        let exact = self.evaluation.exact_over_time.get_or_insert_with(|| {
            let chain = samples::chain(&model, top);
            let times: Vec<f64> = times.into_iter().step_by(TIME_STRIDE).skip(1).collect();
            let exact = times.iter().map(|&time| chain.distribution(model.start, time)[..=top].to_vec()).collect();
            (times, exact)
        });
        Some(exact.clone())
    }

    /// Kernel estimates over time by the rule at an index of [`BandwidthRule::ALL`]. They use the recorded trajectories, if there are any.
    pub fn kernels_over_time(&mut self, rule: usize) -> OverTime {
        let Some((times, exact)) = self.exact_over_time() else {
            let kernels = (0..self.samples.sets()).map(|set| self.estimates(set)[rule].clone()).collect();
            return (self.samples.times.clone(), kernels);
        };
        let (samples, top) = (&self.samples, self.samples.top);
        let kernels = self.evaluation.kernels_over_time[rule].get_or_insert_with(|| {
            let (_, paths) = samples.paths().unwrap_or_default();
            let estimate = |(k, exact): (usize, &Vec<f64>)| {
                let states: Vec<f64> = paths.iter().map(|path| path[(k + 1) * TIME_STRIDE]).collect();
                kernel::estimate(&states, BandwidthRule::ALL[rule].0.bandwidth(&states, Some(exact)), top)
            };
            exact.iter().enumerate().map(estimate).collect()
        });
        (times, kernels.clone())
    }

    /// Returns true if the estimates of a set have been computed.
    pub fn is_compared(&self, set: usize) -> bool {
        self.evaluation.estimates[set].is_some()
    }

    /// Computes the estimates of the next set without them; returns false if there is none.
    pub fn compare_next(&mut self) -> bool {
        let next = (0..self.samples.sets()).rev().find(|&set| !self.is_compared(set));
        if let Some(set) = next {
            self.estimates(set);
        }
        next.is_some()
    }

    /// Metrics of the fitted sets.
    pub fn metrics(&mut self) -> Metrics<DensityMetrics> {
        let own = self.own_metrics();
        let is_single = self.samples.sets() == 1;
        let warnings = self.fits.iter().zip(&self.samples.labels).flat_map(|(fit, label)| {
            let of_fit = fit.iter().flat_map(|fit| fit.metrics.warnings.clone());
            of_fit.map(move |warning| if is_single { warning } else { format!("{}: {warning}", shortened(label)) })
        });
        Metrics {
            benchmark: self.samples.name.clone(),
            seed: self.settings.training.seed,
            data_seed: self.settings.data.seed,
            epochs: self.epoch(),
            lm_steps: 0,
            seconds: self.seconds,
            finite: !matches!(self.ended, Some(State::Diverged { .. })) && own.sets.loss.iter().all(|loss| loss.is_finite()),
            held_out: None,
            stages: self.fitted_stages(),
            warnings: warnings.collect(),
            own,
        }
    }

    fn own_metrics(&self) -> DensityMetrics {
        let mut sets =
            FittedSets { samples: self.samples.rows, epochs_of_a_fit: self.settings.training.epochs, ..FittedSets::default() };
        let mut minima = Vec::new();
        for (set, fit) in self.fits.iter().enumerate().filter_map(|(set, fit)| Some((set, fit.as_ref()?))) {
            let (own, wells) = (&fit.metrics.own, self.wells_of_fit(set));
            sets.labels.push(self.samples.labels[set].clone());
            sets.times.extend(self.samples.times.get(set));
            sets.effective_samples.push(self.samples.effective(set));
            sets.loss.push(fit.loss);
            sets.decay.push(fit.decay);
            sets.pooling.push(self.poolings[set]);
            sets.active_gates.push(own.active_gates);
            sets.responsible_modes.push(own.responsible_modes);
            sets.modes_fit.push(wells.iter().filter(|well| well.supported).map(|well| well.x[0]).collect());
            if set + 1 == self.samples.sets() {
                minima = wells.iter().map(FittedWell::minimum).collect();
            }
            sets.wells.push(wells);
        }
        DensityMetrics { sets, minima, distances: None }
    }

    /// Metrics of the fitted sets, with the distances from the exact distributions if these are known.
    pub fn compared(&mut self) -> Metrics<DensityMetrics> {
        let mut all = Distances::default();
        for set in 0..self.samples.sets() {
            let (Some(_), Some(exact)) = (&self.fits[set], self.exact(set)) else { continue };
            all.modes_exact.push(self.wells(set, exact).iter().map(|well| well.x[0]).collect());
            let found = self.distances(set);
            let Distances {
                tv_fit, tv_kde_best, tv_kde_scott, tv_kde_silverman, tv_kde_oracle, tv_mixture_2, tv_mixture_3, ..
            } = &mut all;
            let lists = [tv_fit, tv_kde_best, tv_kde_scott, tv_kde_silverman, tv_kde_oracle, tv_mixture_2, tv_mixture_3];
            lists.into_iter().zip(&found).for_each(|(list, (_, [variation, _]))| list.push(*variation));
            for (k, list) in [(0, &mut all.kl_fit), (1, &mut all.kl_kde_best), (6, &mut all.kl_mixture_3)] {
                list.push(found[k].1[1]);
            }
        }
        let count = all.tv_fit.len();
        all.tv_fit_mean = (count > 0).then(|| all.tv_fit.iter().sum::<f64>() / count as f64);
        let mut metrics = self.metrics();
        metrics.own.distances = Some(all);
        metrics
    }
}

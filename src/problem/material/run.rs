//! Fit of a material that can be stepped.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use web_time::Instant;

use super::features::{Features, mean_and_spread};
use super::file::{FORMAT_NAME, FORMAT_VERSION, MaterialFile};
use super::metrics::MaterialMetrics;
use super::model::{self, FIRST_THETA, LAST_THETA, TrajectoryResponse};
use super::settings::Dynamics;
use super::task::MetamaterialSettings;
use crate::data::trajectories::{Trajectories, Trajectory};
use crate::dynamics::metamaterial::{LoadPath, loads_within};
use crate::loss::Loss;
use crate::loss::trajectories::{Smoothing, TrajectoryLoss};
use crate::model::Convexity;
use crate::plot::ticks::number;
use crate::problem::metrics::Metrics;
use crate::problem::settings::NamedChoice;
use crate::train::{Divergence, Rates, Trainer, adam, schedule};

/// Largest negative dissipation that counts as rounding, as a fraction of the largest dissipation.
const ROUNDING_FRACTION: f64 = 1e-6;
/// Number of steps that create energy, beyond rounding.
pub(super) fn violations(dissipation: &[f64]) -> usize {
    let largest = dissipation.iter().copied().fold(0.0, f64::max);
    dissipation.iter().filter(|&&p| p < -ROUNDING_FRACTION * largest).count()
}

/// Largest excess of the dissipated energy over the net work without a warning, as a fraction of the net work.
const MAX_DISSIPATION_EXCESS: f64 = 0.01;
/// Largest systematic error without a warning, as a fraction of the variance of an output.
const MAX_SYSTEMATIC_ERROR: f64 = 0.01;

/// Warning about the errors on a single run.
const SINGLE_RUN_WARNING: &str =
    "There is only one run, so none is held out: the errors are those of the training run. Measure a second run to test the fit.";

/// Fit of a material that can be stepped.
pub struct MetamaterialRun {
    /// Settings of the run.
    pub settings: MetamaterialSettings,
    /// All runs, the held-out ones last.
    pub data: Trajectories,
    /// Trajectories on which errors are measured: the held-out ones, or the only one, which is also the training run.
    pub held_out: Vec<Trajectory>,
    /// Held-out trajectories of the truth; empty if it is unknown.
    pub truth: Vec<LoadPath>,
    pub(super) features: Features,
    pub(super) loss: TrajectoryLoss<f32>,
    pub(super) trainer: Trainer<f32>,
    /// Number of earlier steps, from the model file at the start.
    before: u64,
    /// Mean loss of the last epoch, in the units of the network.
    mean_loss: f64,
    divergence: Option<Divergence>,
    /// Seconds spent training.
    pub seconds: f64,
}

/// Trajectory of the benchmark as a measured run of duration one.
pub(crate) fn measured(name: usize, path: &LoadPath) -> Trajectory {
    let last = path.strain.len().saturating_sub(1).max(1) as f64;
    Trajectory {
        name: name.to_string(),
        time: (0..path.strain.len()).map(|n| n as f64 / last).collect(),
        inputs: path.strain.clone(),
        outputs: path.stress.as_flattened().to_vec(),
    }
}

/// Path of strain as a run with unknown stress.
pub fn trajectory_of(strain: &[f64]) -> Trajectory {
    measured(0, &LoadPath { strain: strain.to_vec(), ..LoadPath::default() })
}

impl MetamaterialRun {
    /// Draws the loads of the benchmark and compiles the model.
    pub fn new(settings: MetamaterialSettings) -> Self {
        let MetamaterialSettings { trajectories, data_seed, amplitude, period, .. } = settings;
        let loads = loads_within(trajectories, data_seed, amplitude, period);
        let truth: Vec<LoadPath> = loads.iter().map(|load| settings.follow(&load.strains())).collect();
        let data = Trajectories {
            name: "metamaterial".into(),
            inputs: vec!["E11".into()],
            outputs: vec!["S11".into(), "S22".into()],
            trajectories: truth.iter().enumerate().map(|(k, path)| measured(k, path)).collect(),
            notes: Vec::new(),
        };
        let train = trajectories - MetamaterialSettings::held_out(trajectories);
        Self::open(settings, data, truth[train..].to_vec(), None)
    }

    /// Prepares a fit of a user's own runs. A fifth of them, drawn with the data seed, is held out. A single run is used
    /// for training and for errors, with a warning.
    ///
    /// # Panics
    /// If there is no run. Readers of tables refuse that.
    pub fn on(settings: MetamaterialSettings, mut data: Trajectories) -> Self {
        assert!(!data.trajectories.is_empty(), "there is no run");
        data.trajectories.shuffle(&mut Xoshiro256PlusPlus::seed_from_u64(settings.data_seed));
        let settings = MetamaterialSettings { trajectories: data.trajectories.len(), ..settings };
        Self::open(settings, data, Vec::new(), None)
    }

    /// Run with other settings on the same data, which trains on the training runs with the indices `part`, or on all.
    pub fn with(&self, settings: MetamaterialSettings, part: Option<&[usize]>) -> Self {
        Self::open(settings, self.data.clone(), self.truth.clone(), part)
    }

    fn open(settings: MetamaterialSettings, data: Trajectories, truth: Vec<LoadPath>, part: Option<&[usize]>) -> Self {
        let held_out = MetamaterialSettings::held_out(data.trajectories.len());
        let (train, held_out) = data.trajectories.split_at(data.trajectories.len() - held_out);
        let (train, held_out) = (train.to_vec(), if held_out.is_empty() { train } else { held_out }.to_vec());
        let features = Features::from_trajectories(&train, data.inputs.len(), data.outputs.len(), &settings);
        let weights = if truth.is_empty() { features.weights(&train) } else { settings.weights().to_vec() };
        let model = model::compile(settings.dynamics, &features, &settings.hidden, &weights);
        let groups = adam::groups(model.params(), Convexity::Projection);
        let trainer = Trainer::new(model::start(settings.dynamics, &*model, settings.seed), groups);
        let order = Xoshiro256PlusPlus::seed_from_u64(settings.seed);
        let smoothing = Smoothing { first: FIRST_THETA, last: LAST_THETA, steps: settings.steps };
        let learnt = part.map_or_else(|| train.clone(), |part| part.iter().map(|&k| train[k].clone()).collect());
        let loss = TrajectoryLoss::new(model, features.scaled(&learnt), settings.batch, Some(order), smoothing);
        Self {
            settings,
            data,
            held_out,
            truth,
            features,
            loss,
            trainer,
            before: 0,
            mean_loss: 0.0,
            divergence: None,
            seconds: 0.0,
        }
    }

    /// Starts from a file. The units of the file replace the units of the data.
    ///
    /// # Errors
    /// A sentence if the file holds another kind of model or other inputs and outputs.
    pub(crate) fn continue_from(&mut self, file: &MaterialFile) -> Result<(), String> {
        let (data, settings) = (&self.data, &self.settings);
        if file.inputs != data.inputs || file.outputs != data.outputs {
            let [inputs, outputs, own_inputs, own_outputs] =
                [&file.inputs, &file.outputs, &data.inputs, &data.outputs].map(|names| names.join(", "));
            return Err(format!(
                "The model answers to {inputs} with {outputs}, the data to {own_inputs} with {own_outputs}: choose data with the model's inputs and outputs."
            ));
        }
        let is_alike = file.dynamics == settings.dynamics && file.hidden == settings.hidden;
        if !is_alike || file.features.structural != self.features.structural {
            return Err("The model has other dynamics, hidden layers or inputs of its potential than the settings.".into());
        }
        self.trainer.restart(file.params(self.loss.params()).map_err(|problem| problem.to_string())?);
        self.features = file.features.clone();
        self.loss.trajectories = self.features.scaled(self.learnt());
        (self.before, self.loss.smoothing.first) = (file.steps, file.theta);
        Ok(())
    }

    /// Fit as a file.
    pub fn file(&self) -> MaterialFile {
        MaterialFile {
            format: FORMAT_NAME.into(),
            version: FORMAT_VERSION,
            dynamics: self.settings.dynamics,
            hidden: self.settings.hidden.clone(),
            inputs: self.data.inputs.clone(),
            outputs: self.data.outputs.clone(),
            features: self.features.clone(),
            theta: self.loss.theta(self.epoch()),
            params: MaterialFile::arrays(self.loss.params(), self.trainer.params()),
            steps: self.before + self.steps(),
            errors: Vec::new(),
            settings: None,
        }
    }

    /// Number of epochs.
    pub fn epoch(&self) -> u64 {
        self.trainer.epoch()
    }

    /// Number of steps of the optimiser.
    pub fn steps(&self) -> u64 {
        self.epoch() * self.loss.batches() as u64
    }

    /// Changes the learning rate and the number of steps; a run that has diverged can continue.
    pub fn change(&mut self, lr: f64, steps: u64) {
        (self.settings.lr, self.settings.steps, self.loss.smoothing.steps) = (lr, steps, steps);
        self.divergence = None;
    }

    /// Training runs.
    pub fn learnt(&self) -> &[Trajectory] {
        let all = &self.data.trajectories;
        &all[..all.len() - MetamaterialSettings::held_out(all.len())]
    }

    /// Returns true if no run is held out, so that errors are those on the training run.
    pub fn has_single_run(&self) -> bool {
        self.learnt().len() == self.data.trajectories.len()
    }

    /// Mean loss of the last epoch, in the units of the network.
    pub fn loss(&self) -> f64 {
        self.mean_loss
    }

    /// Trains for a number of epochs, or fewer if the last step is reached or training diverges; returns the number done.
    pub fn advance(&mut self, epochs: u64) -> u64 {
        let (begun, first) = (Instant::now(), self.epoch());
        while self.divergence.is_none() && self.epoch().saturating_sub(first) < epochs && self.steps() < self.settings.steps {
            self.divergence = self.one_epoch().err();
        }
        self.seconds += begun.elapsed().as_secs_f64();
        self.epoch().saturating_sub(first)
    }

    /// Divergence of training, if there was one. The fit is then an earlier finite state.
    pub fn divergence(&self) -> Option<&Divergence> {
        self.divergence.as_ref()
    }

    fn one_epoch(&mut self) -> Result<(), Divergence> {
        let MetamaterialSettings { lr, steps, dynamics, .. } = self.settings;
        let done = self.steps();
        self.trainer.evaluate(&mut self.loss)?;
        let rates = |batch: usize| {
            let rate = lr * schedule::cosine(done + batch as u64, steps);
            Rates { network: rate, gate: if dynamics == Dynamics::Play { 3.0 * rate } else { rate } }
        };
        self.mean_loss = self.trainer.step(&mut self.loss, rates)?;
        Ok(())
    }

    /// Evaluates the fit along runs, whose outputs may be unknown.
    pub fn answer(&mut self, trajectories: &[Trajectory], with_responsibilities: bool) -> TrajectoryResponse {
        let theta = self.loss.theta(self.epoch());
        let model = &mut *self.loss.model;
        model.set_theta(theta);
        model::answer(model, self.trainer.params(), &self.features, trajectories, with_responsibilities)
    }

    /// Sentence on a large systematic error on the held-out runs. Such errors, unlike noise, are alike in neighbouring rows.
    /// The advice depends on whether the data chose the dynamics (`is_chosen`).
    pub fn misfit(&self, answer: &TrajectoryResponse, is_chosen: bool) -> Option<String> {
        let parts = (0..self.data.outputs.len()).map(|k| self.systematic(k, answer));
        let (k, (part, unexplained)) =
            parts.enumerate().max_by(|a, b| a.1.0.total_cmp(&b.1.0)).filter(|worst| worst.1.0 > MAX_SYSTEMATIC_ERROR)?;
        let advice = match self.settings.dynamics {
            Dynamics::Play if !is_chosen => {
                "train longer; if the error remains, the outputs may depend on the rate, or on more than one hidden state: choose the dynamics \
                 onsager, or auto, which compares all kinds"
            }
            _ => "train longer or on more runs, and check that the outputs depend on nothing but the inputs",
        };
        let (name, dynamics) = (crate::text::shortened(&self.data.outputs[k]), self.settings.dynamics.name());
        let percent = |part: f64| number(100.0 * part.min(1.0), 2);
        let runs = if self.has_single_run() { "the run" } else { "runs held out" };
        Some(format!(
            "With the dynamics {dynamics} the fit misses {} % of the variance of {name} on {runs}, of which {} % is systematic, not noise: {advice}.",
            percent(unexplained),
            percent(part / unexplained)
        ))
    }

    /// Sentence if a fit of a user's runs dissipates more than the net work on them.
    pub fn excess_dissipation(&self, own: &MaterialMetrics) -> Option<String> {
        let (dissipated, net_work) = (own.dissipated.0, own.net_work?);
        let is_excess = self.truth.is_empty() && dissipated - net_work > MAX_DISSIPATION_EXCESS * net_work.abs();
        is_excess.then(|| {
            format!(
                "The fit dissipates {} a run, more than the net work of {} that the data do on a run. Unless runs begin with stored energy or the \
                 material is active, its dissipation is too large.",
                number(dissipated, 3),
                number(net_work, 3)
            )
        })
    }

    /// Systematic part of the error of an output on the held-out runs, and the whole error, over its variance. Errors of
    /// consecutive rows share the systematic part, but not the noise.
    fn systematic(&self, output: usize, answer: &TrajectoryResponse) -> (f64, f64) {
        let outputs = self.data.outputs.len();
        let (mut common, mut steps) = (0.0, 0.0);
        for (run, fit) in self.held_out.iter().zip(model::along(&answer.stress, &self.held_out, [outputs, 0])) {
            let errors: Vec<f64> = (output..fit.len()).step_by(outputs).map(|k| run.outputs[k] - fit[k]).collect();
            common += errors.windows(2).map(|pair| pair[0] * pair[1]).sum::<f64>();
            steps += errors.len().saturating_sub(1) as f64;
        }
        let (r2, rmse) = self.fitted(output, answer);
        let variance = rmse * rmse / (1.0 - r2).max(f64::MIN_POSITIVE);
        (common / (f64::max(steps, 1.0) * variance.max(f64::MIN_POSITIVE)), 1.0 - r2)
    }

    /// Mean over the outputs of the squared error along each run, relative to the variance of the output.
    pub fn errors_along(&mut self, trajectories: &[Trajectory]) -> Vec<f64> {
        let answer = self.answer(trajectories, false);
        let outputs = self.data.outputs.len();
        let variance = |k: usize| {
            let all = self.data.trajectories.iter().flat_map(|t| t.outputs.iter().skip(k).step_by(outputs).copied());
            mean_and_spread(all).1.powi(2).max(f64::MIN_POSITIVE)
        };
        let variances: Vec<f64> = (0..outputs).map(variance).collect();
        let of_run = |(run, fit): (&Trajectory, &[f64])| {
            let squares = run.outputs.iter().zip(fit).map(|(t, f)| (t - f) * (t - f)).zip(variances.iter().cycle());
            squares.map(|(square, variance)| square / variance).sum::<f64>() / run.outputs.len() as f64
        };
        trajectories.iter().zip(model::along(&answer.stress, trajectories, [outputs, 0])).map(of_run).collect()
    }

    /// Metrics of the fit.
    pub fn metrics(&mut self) -> Metrics<MaterialMetrics> {
        let held_out = std::mem::take(&mut self.held_out);
        let answer = self.answer(&held_out, false);
        self.held_out = held_out;
        self.metrics_of(&answer)
    }

    /// Metrics of the fit, from its response along all held-out runs.
    pub fn metrics_of(&self, answer: &TrajectoryResponse) -> Metrics<MaterialMetrics> {
        let (count, outputs) = (self.held_out.len(), self.data.outputs.len());
        let (r2, rmse): (Vec<f64>, Vec<f64>) = (0..outputs).map(|k| self.fitted(k, answer)).unzip();
        let power = &answer.dissipation;
        let sums = model::along(power, &self.held_out, [1, 1]).map(|path| path.iter().sum::<f64>());
        let (settings, train) = (&self.settings, self.loss.trajectories.count);
        let (material, has_truth) = (&settings.material, !self.truth.is_empty());
        let beside = |fit: f64, truth: f64| Some((fit, has_truth.then_some(truth)));
        // These constants have no meaning with a fixed phase.
        let constants = self.loss.model.constants(self.trainer.params()).filter(|_| !settings.fixed_phase);
        let [k_plus, k_minus, m] = constants.unwrap_or_default().map(|constant| constant * self.features.energy);
        let loss = self.loss();
        let a_run = |sum: f64| sum / count.max(1) as f64;
        let dissipated = a_run(power.iter().sum());
        let spent =
            |path: &LoadPath| path.dissipation.last().zip(path.dissipation.first()).map_or(0.0, |(last, first)| last - first);
        let truly = a_run(self.truth.iter().map(spent).sum());
        let net_work = self.held_out.iter().map(|run| self.features.net_work(run)).sum::<Option<f64>>().map(a_run);
        Metrics {
            benchmark: self.data.name.clone(),
            seed: settings.seed,
            data_seed: settings.data_seed,
            epochs: self.epoch(),
            seconds: self.seconds,
            finite: self.divergence.is_none() && loss.is_finite() && r2[0].is_finite(),
            warnings: Vec::from_iter(self.has_single_run().then(|| SINGLE_RUN_WARNING.to_owned())),
            own: MaterialMetrics {
                dynamics: settings.dynamics,
                fixed_phase: settings.fixed_phase,
                structural: settings.structural,
                steps: self.steps(),
                passes: self.steps() as f64 * settings.batch.min(train) as f64 / train.max(1) as f64,
                r2_s11: r2[0],
                rmse_s11: rmse[0],
                r2_s22: r2.get(1).copied(),
                rmse_s22: rmse.get(1).copied(),
                outputs: self.data.outputs.clone(),
                dissipation_violations: violations(power),
                dissipation_steps: power.len(),
                dissipation_min: power.iter().copied().fold(f64::INFINITY, f64::min),
                dissipation_least_sum: sums.fold(f64::INFINITY, f64::min),
                dissipated: (dissipated, has_truth.then_some(truly)),
                net_work,
                parameters: self.trainer.params().len(),
                loop_width: constants.and_then(|_| beside(k_plus + k_minus, material.k_plus + material.k_minus)),
                hardening: constants.and_then(|_| beside(m, material.hardening())),
                loss,
                r2,
                rmse,
            },
            ..Metrics::default()
        }
    }

    /// Coefficient of determination and root mean squared error of an output on the held-out runs.
    fn fitted(&self, output: usize, answer: &TrajectoryResponse) -> (f64, f64) {
        let outputs = self.data.outputs.len();
        let truth: Vec<f64> =
            self.held_out.iter().flat_map(|t| t.outputs.iter().skip(output).step_by(outputs).copied()).collect();
        let fit = answer.stress.iter().skip(output).step_by(outputs);
        let squares: f64 = truth.iter().zip(fit).map(|(t, f)| (t - f) * (t - f)).sum();
        let mean = squares / truth.len().max(1) as f64;
        let (_, spread) = mean_and_spread(truth.iter().copied());
        (1.0 - mean / (spread * spread).max(f64::MIN_POSITIVE), mean.sqrt())
    }
}

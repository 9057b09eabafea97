//! The two-phase metamaterial, learnt from its stress alone: roll-outs of three dynamics over the same data.
//!
//! Strain is scaled by its standard deviation, its rate by its own, stress by its own, before the invariants are formed. Settings are
//! defaults of [`MetamaterialSettings::of`]: the paper's dynamics, Onsager's, and play.

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};
use web_time::Instant;

use crate::graph::Unary;
use crate::nn::{Convexity, ParamKind, Params, init};
use crate::objective::play::{Play, PlayBatch, PlayDesign};
use crate::objective::rollout::{Design, Dynamics, Paths, Rollout, RolloutBatch};
use crate::physics::metamaterial::{Load, Material, STEPS, Trajectory, loads};
use crate::plan::Options;
use crate::train::{Adam, Group, Rates, adam, schedule};

/// The share of the second phase where it is held fixed.
pub const FIXED: f64 = 0.5;
/// A dissipation below minus this part of the largest counts as negative beyond rounding.
const ROUNDING: f64 = 1e-6;

/// How the hidden states move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The paper's: a network gives the rate.
    Node,
    /// The rate is a positive matrix times the force.
    Onsager,
    /// One state that moves when the force on it reaches a threshold.
    #[default]
    Play,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetamaterialSettings {
    /// The truth.
    pub material: Material,
    /// How hidden states move.
    pub dynamics: Kind,
    /// Whether the second phase is held at one half.
    pub fixed_phase: bool,
    /// Whether the potential sees E11 itself besides the isotropic invariants.
    pub structural: bool,
    /// Trajectories; a fifth of them is held out.
    pub trajectories: usize,
    /// Seed of the loads.
    pub data_seed: u64,
    /// Seed of the initial parameters and of the order of the trajectories.
    pub seed: u64,
    /// Trajectories in a step.
    pub batch: usize,
    /// Steps of the optimiser.
    pub steps: u64,
    /// Learning rate, which falls by a cosine.
    pub lr: f64,
    /// Hidden widths of each of the two modes.
    pub hidden: Vec<usize>,
}

impl MetamaterialSettings {
    /// The defaults for a kind of dynamics. With the phase held fixed the potential sees E11 itself: the stress there is not isotropic at
    /// zero strain, which no function of the isotropic invariants can be.
    pub fn of(dynamics: Kind, fixed_phase: bool) -> Self {
        let (steps, lr) = match dynamics {
            Kind::Node => (8000, 3e-3),
            Kind::Onsager => (6000, 3e-3),
            Kind::Play => (6000, 2e-2),
        };
        Self {
            material: Material::default(),
            dynamics,
            fixed_phase,
            structural: fixed_phase,
            trajectories: 400,
            data_seed: 1,
            seed: 1,
            batch: 64,
            steps,
            lr,
            hidden: vec![19, 19],
        }
    }

    /// Steps of the optimiser in a pass over the training data.
    pub fn steps_of_an_epoch(&self) -> u64 {
        let train = self.trajectories - self.trajectories / 5;
        (train / self.batch.min(train).max(1)).max(1) as u64
    }
}

/// How well a fit does on trajectories that it has not seen, in the data's own units.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MetamaterialReport {
    /// Always `metamaterial`.
    pub benchmark: String,
    /// The dynamics.
    pub dynamics: Kind,
    /// Whether the second phase is held fixed.
    pub fixed_phase: bool,
    /// Whether the potential sees E11 itself.
    pub structural: bool,
    /// Seed of the initial parameters.
    pub seed: u64,
    /// Seed of the loads.
    pub data_seed: u64,
    /// Steps of the optimiser so far.
    pub steps: u64,
    /// Passes over the training data so far.
    pub epochs: f64,
    /// Coefficient of determination of S11.
    pub r2_s11: f64,
    /// Root mean squared error of S11.
    pub rmse_s11: f64,
    /// Coefficient of determination of S22.
    pub r2_s22: f64,
    /// Root mean squared error of S22.
    pub rmse_s22: f64,
    /// Steps of held-out trajectories at which the dissipation is negative beyond rounding.
    pub dissipation_violations: usize,
    /// Steps of held-out trajectories.
    pub dissipation_steps: usize,
    /// The smallest dissipation of a step.
    pub dissipation_min: f64,
    /// The smallest sum of dissipation over a trajectory.
    pub dissipation_least_sum: f64,
    /// Number of parameters.
    pub parameters: usize,
    /// With play, the width of the loop `k_plus + k_minus`; the true one beside it.
    pub loop_width: Option<[f64; 2]>,
    /// With play, the hardening M; the true one beside it.
    pub hardening: Option<[f64; 2]>,
    /// Mean loss of the last epoch, scaled.
    pub loss: f64,
    /// Seconds spent training.
    pub seconds: f64,
    /// Whether the loss is finite.
    pub finite: bool,
}

/// Standard deviations of the training data.
#[derive(Clone, Copy, Debug)]
struct Scales {
    strain: f64,
    rate: f64,
    stress: f64,
}

enum Model {
    Rollout(Box<Rollout<f32>>, RolloutBatch<f32>, RolloutBatch<f32>),
    Play(Box<Play<f32>>, PlayBatch<f32>, PlayBatch<f32>),
}

/// A fit of the metamaterial that can be stepped.
pub struct MetamaterialRun {
    settings: MetamaterialSettings,
    train: Paths,
    test: Paths,
    truth: Vec<Trajectory>,
    scales: Scales,
    model: Model,
    params: Vec<f32>,
    gradient: Vec<f32>,
    adam: Adam<f32>,
    groups: Vec<Group>,
    order: Vec<usize>,
    next: usize,
    rng: Xoshiro256PlusPlus,
    steps: u64,
    losses: Vec<f64>,
    seconds: f64,
}

/// A trajectory follows from its load.
fn follow(settings: &MetamaterialSettings, load: &Load) -> Trajectory {
    settings.material.follow(&load.strains(), settings.fixed_phase.then_some(FIXED))
}

/// Root mean square about the mean.
fn spread(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let count = values.clone().count().max(1) as f64;
    let mean = values.clone().sum::<f64>() / count;
    (values.map(|v| (v - mean).powi(2)).sum::<f64>() / count).sqrt().max(1e-12)
}

/// Rates of strain between samples, per unit of time; the whole trajectory takes one.
fn rates(strain: &[f64]) -> impl Iterator<Item = f64> + Clone + '_ {
    strain.windows(2).map(|w| (w[1] - w[0]) * STEPS as f64)
}

impl Scales {
    fn of(data: &[Trajectory]) -> Self {
        Self {
            strain: spread(data.iter().flat_map(|t| t.strain.iter().copied())),
            rate: spread(data.iter().flat_map(|t| rates(&t.strain))),
            stress: spread(data.iter().flat_map(|t| t.stress.iter().map(|s| s[0]))),
        }
    }

    /// Features of trajectories: with strain `e` and rate `d`, both scaled, `tr E^k` and, if asked for, E11; and what the rate sees
    /// besides. Play takes `e^2/2` and `e^3/5` instead.
    fn paths(&self, data: &[Trajectory], settings: &MetamaterialSettings) -> Paths {
        let play = settings.dynamics == Kind::Play;
        let [second, third] = if play { [0.5, 0.2] } else { [1.0, 1.0] };
        let mut paths = Paths { count: data.len(), samples: STEPS + 1, ..Paths::default() };
        for path in data {
            let steps = rates(&path.strain).chain([0.0]);
            for ((&strain, stress), rate) in path.strain.iter().zip(&path.stress).zip(steps) {
                let (e, d) = (strain / self.strain, rate / self.rate);
                paths.features.extend([e, second * e * e, third * e * e * e]);
                paths.basis.extend([1.0, 2.0 * second * e, 3.0 * third * e * e]);
                if settings.structural {
                    paths.features.push(e);
                    paths.basis.push(1.0);
                }
                // dtr E/dE22 is one, the other invariants do not change with E22 where it is zero, nor does E11.
                paths.basis.extend([1.0, 0.0, 0.0]);
                paths.basis.extend(settings.structural.then_some(0.0));
                paths.rates.extend([d, d * d, d * d * d, e * d, e * e * d, e * d * d]);
                paths.stress.extend(stress.map(|s| s / self.stress));
            }
        }
        paths
    }
}

/// Uniform in one over the root of the fan-in, `W` the absolute value of such a draw; thresholds where softplus is 0.69.
fn start(params: &Params, seed: u64, play: bool) -> Vec<f32> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    rng.long_jump();
    let mut fan_in = 1;
    let mut flat = Vec::with_capacity(params.len());
    for param in params.iter() {
        if param.kind != ParamKind::Bias {
            fan_in = param.shape[2];
        }
        let bound = 1.0 / (fan_in as f32).sqrt();
        flat.extend((0..param.len()).map(|_| match param.kind {
            ParamKind::Free | ParamKind::Bias => rng.random_range(-bound..bound),
            ParamKind::NonNegative => rng.random_range(0.0..bound),
            ParamKind::Gate if play => 0.0,
            ParamKind::Gate => init::OPEN_GATE as f32,
            ParamKind::Sharpness => init::FIRST_RHO as f32,
        }));
    }
    flat
}

impl MetamaterialRun {
    /// Draws the loads and compiles the model.
    pub fn new(settings: MetamaterialSettings) -> Self {
        let data: Vec<Trajectory> =
            loads(settings.trajectories, settings.data_seed).iter().map(|l| follow(&settings, l)).collect();
        let (train, truth) = data.split_at(data.len() - data.len() / 5);
        let scales = Scales::of(train);
        let (train, test) = (scales.paths(train, &settings), scales.paths(truth, &settings));
        let (features, components) = (if settings.structural { 4 } else { 3 }, 2);
        let (batch, samples) = (settings.batch.min(train.count), STEPS + 1);
        let is_play = settings.dynamics == Kind::Play;
        let (model, params) = if is_play {
            let design = PlayDesign { features, components, hidden: settings.hidden.clone() };
            let play = Play::new(&design, &[1.0, 2.0], Options::default());
            let (small, large) = (play.batch(batch, samples), play.batch(test.count, samples));
            let params = play.params().clone();
            (Model::Play(Box::new(play), small, large), params)
        } else {
            let design = Design {
                features,
                rates: 6,
                states: 6,
                components,
                modes: 2,
                hidden: settings.hidden.clone(),
                rate_hidden: vec![15, 15],
                activation: Unary::Tanh,
                dynamics: if settings.dynamics == Kind::Onsager { Dynamics::Onsager } else { Dynamics::Free },
            };
            let rollout = Rollout::new(&design, &[1.0, 1.0], Options::default());
            let (small, large) = (rollout.batch(batch, samples), rollout.batch(test.count, samples));
            let params = rollout.params().clone();
            (Model::Rollout(Box::new(rollout), small, large), params)
        };
        let flat = start(&params, settings.seed, is_play);
        let groups = adam::groups(&params, Convexity::Projection);
        Self {
            order: (0..train.count).collect(),
            next: train.count,
            rng: Xoshiro256PlusPlus::seed_from_u64(settings.seed),
            gradient: vec![0.0; flat.len()],
            adam: Adam::new(flat.len()),
            params: flat,
            truth: truth.to_vec(),
            settings,
            train,
            test,
            scales,
            model,
            groups,
            steps: 0,
            losses: Vec::new(),
            seconds: 0.0,
        }
    }

    /// Steps taken.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Takes so many steps of the optimiser, or fewer if the last one is reached; gives how many.
    pub fn advance(&mut self, steps: u64) -> u64 {
        let begun = Instant::now();
        let first = self.steps;
        for _ in 0..steps.min(self.settings.steps.saturating_sub(first)) {
            self.one_step();
        }
        self.seconds += begun.elapsed().as_secs_f64();
        self.steps - first
    }

    fn one_step(&mut self) {
        let batch = self.settings.batch.min(self.train.count);
        if self.next + batch > self.order.len() {
            self.order.shuffle(&mut self.rng);
            self.next = 0;
            self.losses.clear();
        }
        let picks = &self.order[self.next..self.next + batch];
        self.next += batch;
        let progress = self.steps as f64 / self.settings.steps.max(1) as f64;
        let loss = match &mut self.model {
            Model::Rollout(rollout, batch, _) => {
                rollout.fill(batch, &self.train, picks);
                rollout.evaluate(&self.params, batch, &mut self.gradient)
            }
            Model::Play(play, batch, _) => {
                play.set_theta(theta(progress));
                play.fill(batch, &self.train, picks);
                play.evaluate(&self.params, batch, &mut self.gradient)
            }
        };
        self.losses.push(loss.total);
        let rate = self.settings.lr * schedule::cosine(self.steps, self.settings.steps);
        let gate = if self.settings.dynamics == Kind::Play { 3.0 * rate } else { rate };
        self.adam.step(&mut self.params, &self.gradient, &self.groups, Rates { network: rate, gate });
        self.steps += 1;
    }

    /// Stress of the fit along the held-out trajectories in the data's own units, `[samples, trajectories, components]`, and what is
    /// dissipated at each of their steps, `[steps, trajectories]`.
    pub fn answer(&mut self) -> (Vec<f64>, Vec<f64>) {
        let picks: Vec<usize> = (0..self.test.count).collect();
        let energy = self.scales.stress * self.scales.strain;
        let (stress, power) = match &mut self.model {
            Model::Rollout(rollout, _, batch) => {
                rollout.fill(batch, &self.test, &picks);
                rollout.loss(&self.params, batch);
                let power = rollout.dissipation(&self.params, batch);
                (rollout.stress().to_vec(), power.iter().map(|p| p * energy / STEPS as f64).collect())
            }
            Model::Play(play, _, batch) => {
                play.fill(batch, &self.test, &picks);
                play.loss(&self.params, batch);
                let power = play.dissipation(&self.params, batch);
                (play.stress().to_vec(), power.iter().map(|p| p * energy).collect::<Vec<_>>())
            }
        };
        (stress.iter().map(|&s| f64::from(s) * self.scales.stress).collect(), power)
    }

    /// The held-out trajectories of the truth.
    pub fn truth(&self) -> &[Trajectory] {
        &self.truth
    }

    /// Everything in numbers.
    pub fn report(&mut self) -> MetamaterialReport {
        let (stress, power) = self.answer();
        let count = self.test.count;
        let fitted = |component: usize| {
            let pairs = self.truth.iter().enumerate().flat_map(|(path, t)| {
                let stress = &stress;
                (0..=STEPS).map(move |n| (t.stress[n][component], stress[(n * count + path) * 2 + component]))
            });
            let (squares, all) = pairs.clone().fold((0.0, 0.0), |(s, c), (t, f)| (s + (t - f) * (t - f), c + 1.0));
            let variance = spread(pairs.map(|(t, _)| t)).powi(2);
            (1.0 - squares / all / variance, f64::sqrt(squares / all))
        };
        let ((r2_s11, rmse_s11), (r2_s22, rmse_s22)) = (fitted(0), fitted(1));
        let largest = power.iter().copied().fold(0.0, f64::max);
        let sums = (0..count).map(|path| power.iter().skip(path).step_by(count).sum::<f64>());
        let (settings, energy) = (&self.settings, self.scales.stress * self.scales.strain);
        let material = &settings.material;
        let (loop_width, hardening) = match &self.model {
            Model::Play(play, ..) => {
                let [k_plus, k_minus, m] = play.constants(&self.params);
                let width = [(k_plus + k_minus) * energy, material.k_plus + material.k_minus];
                (Some(width), Some([m * energy, material.hardening()]))
            }
            Model::Rollout(..) => (None, None),
        };
        let loss = self.losses.iter().sum::<f64>() / self.losses.len().max(1) as f64;
        MetamaterialReport {
            benchmark: "metamaterial".into(),
            dynamics: settings.dynamics,
            fixed_phase: settings.fixed_phase,
            structural: settings.structural,
            seed: settings.seed,
            data_seed: settings.data_seed,
            steps: self.steps,
            epochs: self.steps as f64 * settings.batch as f64 / self.train.count.max(1) as f64,
            r2_s11,
            rmse_s11,
            r2_s22,
            rmse_s22,
            dissipation_violations: power.iter().filter(|&&p| p < -ROUNDING * largest).count(),
            dissipation_steps: power.len(),
            dissipation_min: power.iter().copied().fold(f64::INFINITY, f64::min),
            dissipation_least_sum: sums.fold(f64::INFINITY, f64::min),
            parameters: self.params.len(),
            loop_width,
            hardening,
            loss,
            seconds: self.seconds,
            finite: loss.is_finite() && r2_s11.is_finite(),
        }
    }
}

/// The smoothness of play's clip, which falls to its last value over the first half of training: without that h dies.
fn theta(progress: f64) -> f64 {
    3.0 * (1.0 - 2.0 * progress).max(0.0).powi(2) + 0.005
}

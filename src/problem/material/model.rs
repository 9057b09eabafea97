//! The three dynamics behind one door: trained on mini-batches, and asked for their answer along any path.

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::Dynamics;
use super::features::Features;
use crate::data::trajectories::Track;
use crate::graph::Unary;
use crate::loss::Loss;
use crate::loss::play::{Play, PlayBatch, PlayDesign};
use crate::loss::rollout::{Design, Paths, RateLaw, Rollout, RolloutBatch};
use crate::model::{ParamKind, Params, init};
use crate::plan::Options;

/// Hidden states of the two dynamics that the paper's is one of.
const STATES: usize = 6;
/// Widths of the network in their rate.
const RATE_HIDDEN: [usize; 2] = [15, 15];
/// Most paths that are answered for at once.
const AT_ONCE: usize = 64;
/// Batches of so many extents are kept.
const KEPT: usize = 6;

/// What a fit answers along paths, in the data's own units.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// `[paths, samples, outputs]`.
    pub stress: Vec<f64>,
    /// Hidden states, `[paths, samples, states]`.
    pub states: Vec<f64>,
    /// Responsibilities of the modes, `[paths, samples, modes]`; empty unless asked for.
    pub shares: Vec<f64>,
    /// What is dissipated at each step, `[paths, steps]`.
    pub dissipation: Vec<f64>,
}

enum Engine {
    Rollout(Box<Rollout<f32>>, Vec<([usize; 2], RolloutBatch<f32>)>),
    Play(Box<Play<f32>>, Vec<([usize; 2], PlayBatch<f32>)>),
}

/// The batch of an extent, made if there is none; of many, the oldest is forgotten.
fn batch_of<B>(batches: &mut Vec<([usize; 2], B)>, extent: [usize; 2], make: impl FnOnce() -> B) -> &mut B {
    let at = batches.iter().position(|(of, _)| *of == extent).unwrap_or_else(|| {
        if batches.len() == KEPT {
            batches.remove(0);
        }
        batches.push((extent, make()));
        batches.len() - 1
    });
    &mut batches[at].1
}

/// A compiled model with room for batches of several extents.
pub struct Model {
    engine: Engine,
    params: Params,
}

impl Model {
    /// Compiles the model of a kind of dynamics.
    pub fn new(dynamics: Dynamics, features: &Features, hidden: &[usize], weights: &[f64]) -> Self {
        let (count, components, hidden) = (features.count(), features.outputs, hidden.to_vec());
        let options = Options::default();
        if dynamics == Dynamics::Play {
            let play = Play::new(&PlayDesign { features: count, components, hidden }, weights, options);
            return Self { params: play.params().clone(), engine: Engine::Play(Box::new(play), Vec::new()) };
        }
        let design = Design {
            features: count,
            rates: features.rates(),
            states: STATES,
            components,
            modes: 2,
            hidden,
            rate_hidden: RATE_HIDDEN.to_vec(),
            activation: Unary::Tanh,
            law: if dynamics == Dynamics::Onsager { RateLaw::Onsager } else { RateLaw::Free },
        };
        let rollout = Rollout::new(&design, weights, options);
        Self { params: rollout.params().clone(), engine: Engine::Rollout(Box::new(rollout), Vec::new()) }
    }

    /// The parameters.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// Where training begins: uniform in one over the root of the fan-in, `W` the absolute value of such a draw; thresholds where softplus
    /// is 0.69.
    pub fn start(&self, seed: u64) -> Vec<f32> {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        rng.long_jump();
        let is_play = matches!(self.engine, Engine::Play(..));
        let mut fan_in = 1;
        let mut flat = Vec::with_capacity(self.params.len());
        for param in self.params.iter() {
            if param.kind != ParamKind::Bias {
                fan_in = param.shape[2];
            }
            let bound = 1.0 / (fan_in as f32).sqrt();
            flat.extend((0..param.len()).map(|_| match param.kind {
                ParamKind::Free | ParamKind::Bias => rng.random_range(-bound..bound),
                ParamKind::NonNegative => rng.random_range(0.0..bound),
                ParamKind::Gate if is_play => 0.0,
                ParamKind::Gate => init::OPEN_GATE as f32,
                ParamKind::Sharpness => init::FIRST_RHO as f32,
            }));
        }
        flat
    }

    /// Loss over some of the paths, and its gradient; `theta` is the smoothness of play's clip.
    pub fn evaluate(&mut self, params: &[f32], theta: f64, paths: &Paths, picks: &[usize], gradient: &mut [f32]) -> Loss {
        let extent = [picks.len(), paths.samples];
        match &mut self.engine {
            Engine::Rollout(rollout, batches) => {
                let batch = batch_of(batches, extent, || rollout.batch(extent[0], extent[1]));
                rollout.fill(batch, paths, picks);
                rollout.evaluate(params, batch, gradient)
            }
            Engine::Play(play, batches) => {
                let batch = batch_of(batches, extent, || play.batch(extent[0], extent[1]));
                play.set_theta(theta);
                play.fill(batch, paths, picks);
                play.evaluate(params, batch, gradient)
            }
        }
    }

    /// What the fit answers along runs, whose outputs need not be known.
    pub fn answer(&mut self, params: &[f32], theta: f64, features: &Features, tracks: &[Track], with_shares: bool) -> Answer {
        let paths = features.paths(tracks);
        let mut answer = Answer::default();
        let all: Vec<usize> = (0..paths.count).collect();
        for picks in all.chunks(AT_ONCE) {
            self.answer_some(params, theta, features, &paths, picks, with_shares, &mut answer);
        }
        answer
    }

    #[allow(clippy::too_many_arguments)]
    fn answer_some(
        &mut self,
        params: &[f32],
        theta: f64,
        features: &Features,
        paths: &Paths,
        picks: &[usize],
        with_shares: bool,
        answer: &mut Answer,
    ) {
        let (count, samples, outputs) = (picks.len(), paths.samples, features.outputs);
        let extent = [count, samples];
        let units: Vec<f64> = (0..outputs).map(|k| features.stress(k)).collect();
        let wide = |values: &[f32]| values.iter().map(|&v| f64::from(v)).collect::<Vec<f64>>();
        let (stress, states, shares, power);
        match &mut self.engine {
            Engine::Rollout(rollout, batches) => {
                let batch = batch_of(batches, extent, || rollout.batch(count, samples));
                rollout.fill(batch, paths, picks);
                rollout.loss(params, batch);
                power = rollout.dissipation(params, batch);
                stress = wide(rollout.stress());
                states = wide(batch.states());
                shares = if with_shares { wide(rollout.shares(params, batch)) } else { Vec::new() };
            }
            Engine::Play(play, batches) => {
                let batch = batch_of(batches, extent, || play.batch(count, samples));
                play.set_theta(theta);
                play.fill(batch, paths, picks);
                play.loss(params, batch);
                power = play.dissipation(params, batch);
                stress = wide(play.stress());
                states = wide(play.states());
                // The state is the share of the second mode.
                shares = if with_shares { states.iter().flat_map(|h| [1.0 - h, *h]).collect() } else { Vec::new() };
            }
        }
        answer.stress.extend(by_path(&stress, count, outputs).zip(units.iter().cycle()).map(|(s, unit)| s * unit));
        answer.states.extend(by_path(&states, count, states.len() / (count * samples)));
        answer.shares.extend(by_path(&shares, count, shares.len() / (count * samples)));
        answer.dissipation.extend(by_path(&power, count, 1).map(|p| p * features.energy));
    }

    /// With play `k_plus`, `k_minus` and the hardening M, in the data's own units of energy.
    pub fn constants(&self, params: &[f32], features: &Features) -> Option<[f64; 3]> {
        match &self.engine {
            Engine::Play(play, _) => Some(play.constants(params).map(|constant| constant * features.energy)),
            Engine::Rollout(..) => None,
        }
    }
}

/// From `[samples, paths, len]` to `[paths, samples, len]`.
fn by_path(values: &[f64], paths: usize, len: usize) -> impl Iterator<Item = f64> + '_ {
    let row = paths * len;
    let samples = values.len().checked_div(row).unwrap_or(0);
    (0..paths).flat_map(move |p| (0..samples).flat_map(move |n| values[n * row + p * len..][..len].iter().copied()))
}

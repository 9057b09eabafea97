//! The three dynamics as models of trajectories, and their responses along runs in the units of the data.

use super::features::Features;
use super::settings::Dynamics;
use crate::data::trajectories::Trajectory;
use crate::graph::Unary;
use crate::loss::play::{Play, PlayDesign};
use crate::loss::rollout::{RateLaw, Rollout, RolloutSize};
use crate::loss::trajectories::TrajectoryModel;
use crate::model::init;
use crate::numerics::linear::widen;

/// Number of hidden states of the two dynamics with a rate.
const HIDDEN_STATES: usize = 6;
/// Hidden widths of the network of the rate.
const RATE_HIDDEN: [usize; 2] = [15, 15];
/// Initial smoothness of the clip of play.
pub const FIRST_THETA: f64 = 3.005;
/// Final smoothness of the clip of play.
pub const LAST_THETA: f64 = 0.005;
/// Maximum number of trajectories in one evaluation.
const BATCH_TRAJECTORIES: usize = 64;

/// Response of a fit along concatenated trajectories, each with one sample per row, in the units of the data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrajectoryResponse {
    /// Outputs, `[trajectories, samples, outputs]`.
    pub stress: Vec<f64>,
    /// Hidden states, `[trajectories, samples, states]`.
    pub states: Vec<f64>,
    /// Responsibilities of the modes, `[trajectories, samples, modes]`; empty unless requested.
    pub responsibilities: Vec<f64>,
    /// Energy dissipated at each step, `[trajectories, steps]`.
    pub dissipation: Vec<f64>,
}

/// Compiles the model of a kind of dynamics; `weights` are those of the outputs in the loss.
pub fn compile(dynamics: Dynamics, features: &Features, hidden: &[usize], weights: &[f64]) -> Box<dyn TrajectoryModel<f32>> {
    if dynamics == Dynamics::Play {
        return Box::new(Play::new(&play_design(features, hidden), weights));
    }
    Box::new(Rollout::new(&design(dynamics, features, hidden), weights))
}

/// Size of a model with play.
pub fn play_design(features: &Features, hidden: &[usize]) -> PlayDesign {
    PlayDesign { features: features.count(), components: features.outputs, hidden: hidden.to_vec() }
}

/// Size of a model with a rate.
pub fn design(dynamics: Dynamics, features: &Features, hidden: &[usize]) -> RolloutSize {
    RolloutSize {
        features: features.count(),
        rates: features.rates(),
        states: HIDDEN_STATES,
        components: features.outputs,
        modes: 2,
        hidden: hidden.to_vec(),
        rate_hidden: RATE_HIDDEN.to_vec(),
        activation: Unary::Tanh,
        law: if dynamics == Dynamics::Onsager { RateLaw::Onsager } else { RateLaw::Free },
    }
}

/// Initial parameters of the model of a kind of dynamics. The thresholds of play start at softplus(0) = 0.69.
pub fn start(dynamics: Dynamics, model: &dyn TrajectoryModel<f32>, seed: u64) -> Vec<f32> {
    init::by_fan_in(model.params(), if dynamics == Dynamics::Play { 0.0 } else { init::OPEN_GATE }, seed)
}

/// Evaluates a model along runs, whose outputs may be unknown.
pub fn answer(
    model: &mut dyn TrajectoryModel<f32>,
    params: &[f32],
    features: &Features,
    trajectories: &[Trajectory],
    with_responsibilities: bool,
) -> TrajectoryResponse {
    let lengths: Vec<usize> = trajectories.iter().map(|t| t.time.len()).collect();
    let (trajectories, outputs, mut answer) = (features.scaled(trajectories), features.outputs, TrajectoryResponse::default());
    let units: Vec<f64> = (0..outputs).map(|k| features.stress(k)).collect();
    let all: Vec<usize> = (0..trajectories.count).collect();
    for picks in all.chunks(BATCH_TRAJECTORIES) {
        let points = picks.len() * trajectories.samples;
        let lengths = &lengths[picks[0]..picks[0] + picks.len()];
        let add = |to: &mut Vec<f64>, values: &[f64]| to.extend(by_trajectory(values, lengths, values.len() / points));
        model.load(&trajectories, picks);
        model.evaluate(params, None);
        add(&mut answer.states, &widen(model.states()));
        let stress = widen(model.stress());
        answer.stress.extend(by_trajectory(&stress, lengths, outputs).zip(units.iter().cycle()).map(|(s, unit)| s * unit));
        if with_responsibilities {
            add(&mut answer.responsibilities, &model.responsibilities(params));
        }
        let dissipation = model.dissipation(params);
        let steps: Vec<usize> = lengths.iter().map(|length| length - 1).collect();
        answer.dissipation.extend(by_trajectory(&dissipation, &steps, 1).map(|p| p * features.energy));
    }
    answer
}

/// Transposes `[samples, trajectories, len]` to `[trajectories, samples, len]`. Trajectories have their own numbers of samples.
fn by_trajectory<'a>(values: &'a [f64], lengths: &'a [usize], len: usize) -> impl Iterator<Item = f64> + 'a {
    let row = lengths.len() * len;
    let of =
        move |(p, &samples): (usize, &usize)| (0..samples).flat_map(move |n| values[n * row + p * len..][..len].iter().copied());
    lengths.iter().enumerate().flat_map(of)
}

/// Splits concatenated values by trajectory. Each sample has `each` numbers, and a trajectory has `fewer` samples less than rows.
pub fn along<'a>(
    values: &'a [f64],
    trajectories: &'a [Trajectory],
    [each, fewer]: [usize; 2],
) -> impl Iterator<Item = &'a [f64]> {
    trajectories.iter().scan(values, move |rest, trajectory| {
        let (part, behind) = rest.split_at_checked((trajectory.time.len() - fewer) * each)?;
        *rest = behind;
        Some(part)
    })
}

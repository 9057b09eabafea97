//! One step of a fitted material as a graph: for whoever solves the equations of a structure made of it.
//!
//! The states and the strain before a step, the strain after it and its duration give the states, the stress and the tangent after it. The
//! tangent is the derivative of the stress by the strain after the step, through the states: Newton's method converges quadratically with it.
//!
//! Play and the other dynamics differ in what they need: play knows no rates, so neither durations nor the strain before. Its only state is
//! `z`, which begins at [`BOTTOM`]; the states of the others begin at zero.

use super::features::Features;
use super::file::MaterialFile;
use super::model;
use super::settings::Dynamics;
use crate::grad::{grad, pull};
use crate::graph::{Axis, Graph, NodeId};
use crate::loss::play::{self, BOTTOM};
use crate::loss::rollout;
use crate::model::model_file::ModelFileError;

/// A recorded step. All values are in the data's own units but for the states.
#[derive(Clone, Debug)]
pub struct RecordedStep {
    /// What is recorded.
    pub graph: Graph,
    /// The parameters of the graph.
    pub params: Vec<f64>,
    /// The settings of the graph.
    pub settings: Vec<Vec<f64>>,
    /// The states before the first step.
    pub initial: Vec<f64>,
    /// Whether the inputs of the graph are the strain after the step, the strain before it, its duration and the states, rather than the strain
    /// after the step and the states alone.
    pub has_rates: bool,
    /// The states after the step, `[1, states]`.
    pub states: NodeId,
    /// The stress after the step, `[1, outputs]`.
    pub stress: NodeId,
    /// The derivatives of each output by the strain after the step, each `[1, inputs]`.
    pub tangent: Vec<NodeId>,
}

impl RecordedStep {
    /// Records a step of the material in a file.
    ///
    /// # Errors
    /// If the parameters are not those of the file's network.
    pub fn of(file: &MaterialFile) -> Result<Self, ModelFileError> {
        let model = model::compile(file.dynamics, &file.features, &file.hidden, &vec![1.0; file.outputs.len()]);
        let params: Vec<f64> = file.params(model.params())?.into_iter().map(f64::from).collect();
        Ok(if file.dynamics == Dynamics::Play { play(file, params) } else { with_rates(file, params) })
    }
}

/// The scaled strains, `[1, 1]` each, and what the networks see of them, `[1, features]`, as [`Features::scaled`] computes it.
struct Seen {
    e: Vec<NodeId>,
    features: NodeId,
}

fn see(graph: &mut Graph, features: &Features, strain: NodeId) -> Seen {
    let inputs = features.strain.len();
    let e: Vec<NodeId> = (0..inputs).map(|k| scaled(graph, strain, k, features.origin[k], features.strain[k])).collect();
    let factors = features.factors().map(|factor| graph.constant(factor));
    let mut list: Vec<NodeId> = Vec::new();
    for &e in &e {
        let powers = [graph.mul(e, e), graph.powi(e, 3)];
        list.push(e);
        list.extend(powers.into_iter().zip(factors).map(|(power, factor)| graph.mul(factor, power)));
    }
    for i in 0..inputs {
        list.extend((i + 1..inputs).map(|j| graph.mul(e[i], e[j])));
    }
    list.extend(features.structural.then_some(e[0]));
    Seen { features: graph.concat(Axis::Rows, &list), e }
}

/// `(x[k] - origin) / unit`
fn scaled(graph: &mut Graph, x: NodeId, k: usize, origin: f64, unit: f64) -> NodeId {
    let own = graph.slice(x, Axis::Rows, k, 1);
    let [origin, unit] = [origin, unit].map(|value| graph.constant(value));
    let centred = graph.sub(own, origin);
    graph.div(centred, unit)
}

/// The stress, from the derivatives `slope` of the potential by what is seen of the strain.
fn stress(graph: &mut Graph, features: &Features, seen: &Seen, strain: NodeId, slope: NodeId) -> NodeId {
    let work = pull(graph, &[(seen.features, slope)], &[strain])[0].expect("the features depend on the strain");
    let energy = graph.constant(features.energy);
    let along = graph.mul(work, energy);
    let inputs = features.strain.len();
    if features.outputs == inputs {
        return along;
    }
    // Across, only the first invariant changes.
    let first = graph.slice(slope, Axis::Rows, 0, 1);
    let unit = graph.constant(features.stress(inputs));
    let across = graph.mul(first, unit);
    graph.concat(Axis::Rows, &[along, across])
}

/// The derivatives of each output by the strain.
fn tangent(graph: &mut Graph, outputs: usize, stress: NodeId, strain: NodeId) -> Vec<NodeId> {
    let shape = graph.shape(strain);
    let row = |k: usize| {
        let own = graph.slice(stress, Axis::Rows, k, 1);
        grad(graph, own, &[strain])[0].unwrap_or_else(|| graph.filled(0.0, shape))
    };
    (0..outputs).map(row).collect()
}

fn play(file: &MaterialFile, params: Vec<f64>) -> RecordedStep {
    let features = &file.features;
    let mut graph = Graph::new();
    let (strain, before) = (graph.input(1, file.inputs.len()), graph.input(1, 1));
    let seen = see(&mut graph, features, strain);
    let theta = graph.constant(file.theta);
    let recorded = play::record_step(&mut graph, &model::play_design(features, &file.hidden), seen.features, before, theta);
    // At fixed h, Psi is f_0 - h (f_0 - f_1).
    let [first, gap] = [recorded.first, recorded.gap]
        .map(|value| grad(&mut graph, value, &[seen.features])[0].expect("the modes depend on the strain"));
    let part = graph.mul(gap, recorded.h);
    let slope = graph.sub(first, part);
    let stress = stress(&mut graph, features, &seen, strain, slope);
    let tangent = tangent(&mut graph, features.outputs, stress, strain);
    let (settings, initial) = (Vec::new(), vec![BOTTOM]);
    RecordedStep { graph, params, settings, initial, has_rates: false, states: recorded.z, stress, tangent }
}

fn with_rates(file: &MaterialFile, mut params: Vec<f64>) -> RecordedStep {
    let features = &file.features;
    let design = model::design(file.dynamics, features, &file.hidden);
    let mut graph = Graph::new();
    let [strain, previous] = [(); 2].map(|()| graph.input(1, file.inputs.len()));
    let (duration, before) = (graph.input(1, 1), graph.input(1, design.states));
    let from = see(&mut graph, features, previous);
    let rates = rates(&mut graph, features, &from.e, [strain, previous, duration]);
    let rate = rollout::record_rate(&mut graph, &design, from.features, rates, before);
    let unit = graph.constant(features.duration);
    let part = graph.div(duration, unit);
    let change = graph.mul(rate, part);
    let states = graph.add(before, change);
    let to = see(&mut graph, features, strain);
    let (psi, count) = rollout::record_potential(&mut graph, &design, to.features, states);
    // The potential after the step is recorded with parameters of its own, which are the same numbers.
    params.extend_from_within(..count);
    let slope = grad(&mut graph, psi, &[to.features])[0].expect("the potential depends on the strain");
    let stress = stress(&mut graph, features, &to, strain, slope);
    let tangent = tangent(&mut graph, features.outputs, stress, strain);
    let (settings, initial) = (rollout::settings_of(&design), vec![0.0; design.states]);
    RecordedStep { graph, params, settings, initial, has_rates: true, states, stress, tangent }
}

/// What the rate sees of the rates of the strain, as [`Features::scaled`] computes it, and of the scaled strain `e` before the step.
fn rates(graph: &mut Graph, features: &Features, e: &[NodeId], [strain, previous, duration]: [NodeId; 3]) -> NodeId {
    // Of a step without a duration the rates do not matter, but they must be numbers.
    let one = graph.constant(1.0);
    let divisor = graph.select(duration, duration, one);
    let change = graph.sub(strain, previous);
    let mut list = Vec::new();
    for (k, &e) in e.iter().enumerate() {
        let change = scaled(graph, change, k, 0.0, features.rate[k] / features.duration);
        let d = graph.div(change, divisor);
        let (square, cube) = (graph.mul(d, d), graph.powi(d, 3));
        let (ed, e2, ed2) = (graph.mul(e, d), graph.mul(e, e), graph.mul(e, square));
        list.extend([d, square, cube, ed, graph.mul(e2, d), ed2]);
    }
    graph.concat(Axis::Rows, &list)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Options, Plan};
    use crate::problem::material::{Material, MetamaterialRun, MetamaterialSettings};

    /// Stress and tangent along a trajectory, and the strains and durations that lead there.
    fn along(step: &RecordedStep, strain: &[f64], time: &[f64]) -> Vec<[f64; 3]> {
        let mut plan = Plan::<f64>::compile(&step.graph, &[step.states, step.stress, step.tangent[0]], Options::default());
        plan.set_params(&step.params);
        step.settings.iter().enumerate().for_each(|(k, matrix)| plan.set_setting(k, matrix));
        let mut batch = plan.batch(1);
        let mut states = step.initial.clone();
        let mut list = Vec::new();
        for n in 0..strain.len() {
            let before = n.saturating_sub(1);
            let inputs: Vec<&[f64]> = vec![&strain[n..=n], &strain[before..=before]];
            let duration = [time[n] - time[before]];
            let mut stress_at = |e: f64, states: &[f64]| {
                batch.set(0, &[e]);
                if step.has_rates {
                    batch.set(1, inputs[1]);
                    batch.set(2, &duration);
                }
                batch.set(if step.has_rates { 3 } else { 1 }, states);
                plan.run(&batch);
                (plan.output(0).to_vec(), plan.output(1)[0], plan.output(2)[0])
            };
            let h = 1e-6 * (1.0 + strain[n].abs());
            let slope = (stress_at(strain[n] + h, &states).1 - stress_at(strain[n] - h, &states).1) / (2.0 * h);
            let (after, stress, tangent) = stress_at(strain[n], &states);
            list.push([stress, tangent, slope]);
            states = after;
        }
        list
    }

    #[test]
    fn steps_along_a_trajectory_give_what_the_material_answers_and_its_derivative() {
        for dynamics in [Dynamics::Node, Dynamics::Onsager, Dynamics::Play] {
            let settings =
                MetamaterialSettings { trajectories: 20, batch: 8, steps: 40, ..MetamaterialSettings::of(dynamics, true) };
            let mut run = MetamaterialRun::new(settings);
            run.advance(40);
            let file = run.file();
            let material = Material::read(&file.write()).unwrap();
            let step = RecordedStep::of(&file).unwrap();
            let trajectory = run.held_out()[0].clone();
            let outputs = file.outputs.len();
            let expected: Vec<f64> =
                material.respond(std::slice::from_ref(&trajectory)).stress.iter().step_by(outputs).copied().collect();
            let found = along(&step, &trajectory.inputs, &trajectory.time);
            let largest = expected.iter().fold(0.0_f64, |top, s| top.max(s.abs()));
            let steepest = found.iter().fold(0.0_f64, |top, [_, tangent, _]| top.max(tangent.abs()));
            let mut kinks = 0;
            for (n, ([stress, tangent, slope], expected)) in found.iter().zip(&expected).enumerate() {
                // The answer is in single precision.
                assert!((stress - expected).abs() < 1e-4 * largest, "{dynamics:?}, sample {n}: {stress} and {expected}");
                // Differences are of no use where play begins to move.
                kinks += usize::from((tangent - slope).abs() > 1e-5 * steepest);
            }
            assert!(kinks <= if dynamics == Dynamics::Play { 3 } else { 0 }, "{dynamics:?}: {kinks} of {}", found.len());
        }
    }
}

//! One step of a fitted material as a graph, for solvers of structures made of it.
//!
//! Inputs are the states and the strain before a step, the strain after it and its duration. Outputs are states, stress and
//! tangent after it. The tangent is the derivative of the stress with respect to the strain after the step, states
//! included, so that Newton's method converges quadratically.
//!
//! Play does not depend on rates, so it needs neither durations nor the strain before. Its only state is `z`, which is
//! initially [`INITIAL_Z`]; the states of the others are initially zero.

use super::features::Features;
use super::file::MaterialFile;
use super::model;
use super::settings::Dynamics;
use crate::grad::{grad, pull};
use crate::graph::{Axis, Graph, NodeId, Shape};
use crate::loss::play::{self, INITIAL_Z};
use crate::loss::rollout;
use crate::model::model_file::ModelFileError;

/// Recorded step. All values except the states are in the units of the data.
#[derive(Clone, Debug)]
pub struct RecordedStep {
    /// Recorded graph.
    pub graph: Graph,
    /// Parameters of the graph.
    pub params: Vec<f64>,
    /// Their names, as in the network. A suffix states the point of evaluation if that is not after the step.
    pub names: Vec<String>,
    /// Settings of the graph.
    pub settings: Vec<Vec<f64>>,
    /// States before the first step.
    pub initial: Vec<f64>,
    /// True if the inputs of the graph are the strain after the step, the strain before it, its duration and the states.
    /// Otherwise they are the strain after the step and the states.
    pub has_rates: bool,
    /// States after the step, `[1, states]`.
    pub states: NodeId,
    /// Stress after the step, `[1, outputs]`.
    pub stress: NodeId,
    /// Derivative of each output with respect to the strain after the step, `[1, inputs]`.
    pub tangent: Vec<NodeId>,
    /// Free energy after the step, `[1, 1]`. It is zero in the initial states at zero strain (or at the origin of the
    /// inputs, if they are far from zero) after a step of no duration.
    pub energy: NodeId,
    /// Energy dissipated in the step, `[1, 1]`: the change of the states times the force on them, for play after the step, else before it.
    pub dissipation: NodeId,
    /// Hidden state h of play after the step, from 0 to 1, `[1, 1]`.
    pub fraction: Option<NodeId>,
}

/// Form of the strain in the arguments of a step.
#[derive(Clone, Debug)]
pub enum Strain {
    /// Inputs of the material, unchanged.
    Inputs,
    /// Length of a vector that contains the inputs, and for each input its entry and factor.
    Components(usize, Vec<(usize, f64)>),
    /// Strain tensor: 11, 22, 33, 12, 13, 23, the last three as angles, twice the entry of the tensor. The features of the
    /// single input e become isotropic invariants: e, e^2 and e^3 are traces of powers, and the separate input is 11.
    Invariants,
}

impl Strain {
    fn len(&self, inputs: usize) -> usize {
        match self {
            Self::Inputs => inputs,
            Self::Components(len, _) => *len,
            Self::Invariants => 6,
        }
    }
}

impl RecordedStep {
    /// Records a step of the material in a file.
    ///
    /// # Errors
    /// If the parameters are not those of the file's network.
    pub fn from_file(file: &MaterialFile) -> Result<Self, ModelFileError> {
        Self::recorded(file, &Strain::Inputs, false)
    }

    /// Records a step of a point in a structure. Its stress is work-conjugate to the given strain. Its states are relative
    /// to the initial ones at zero strain, so they start at zero.
    ///
    /// # Errors
    /// If the parameters are not those of the file's network.
    ///
    /// # Panics
    /// If invariants are requested for a material of several inputs.
    pub fn at_a_point(file: &MaterialFile, strain: &Strain) -> Result<Self, ModelFileError> {
        assert!(!matches!(strain, Strain::Invariants) || file.inputs.len() == 1, "invariants of several inputs");
        Self::recorded(file, strain, true)
    }

    fn recorded(file: &MaterialFile, strain: &Strain, from_rest: bool) -> Result<Self, ModelFileError> {
        let model = model::compile(file.dynamics, &file.features, &file.hidden, &vec![1.0; file.outputs.len()]);
        let params: Vec<f64> = file.params(model.params())?.into_iter().map(f64::from).collect();
        let names: Vec<String> = model.params().iter().map(|param| param.name.clone()).collect();
        let recorder = StepRecorder { file, strain, from_rest };
        Ok(if file.dynamics == Dynamics::Play { recorder.play(params, &names) } else { recorder.with_rates(params, &names) })
    }
}

/// Symmetric tensor over its unit, or a single number in its first entry; `None` is zero.
type Tensor = [[Option<NodeId>; 3]; 3];

fn product(graph: &mut Graph, a: Option<NodeId>, b: Option<NodeId>) -> Option<NodeId> {
    Some(graph.mul(a?, b?))
}

fn sum(graph: &mut Graph, terms: impl IntoIterator<Item = Option<NodeId>>) -> Option<NodeId> {
    terms.into_iter().flatten().reduce(|sum, term| graph.add(sum, term))
}

/// Trace of the product of two tensors.
fn trace(graph: &mut Graph, a: &Tensor, b: &Tensor) -> NodeId {
    let terms: Vec<Option<NodeId>> = (0..9).map(|k| product(graph, a[k / 3][k % 3], b[k % 3][k / 3])).collect();
    sum(graph, terms).expect("a tensor has entries")
}

fn times(graph: &mut Graph, a: &Tensor, b: &Tensor) -> Tensor {
    let mut result = Tensor::default();
    for (k, entry) in result.iter_mut().flatten().enumerate() {
        let terms: Vec<Option<NodeId>> = (0..3).map(|n| product(graph, a[k / 3][n], b[n][k % 3])).collect();
        *entry = sum(graph, terms);
    }
    result
}

/// Traces of a tensor, of its square and of its third power.
fn traces(graph: &mut Graph, a: &Tensor) -> [NodeId; 3] {
    let first = sum(graph, (0..3).map(|k| a[k][k])).expect("a tensor has entries");
    let square = times(graph, a, a);
    [first, trace(graph, a, a), trace(graph, &square, a)]
}

/// Scaled strains, one for each input, and their features `[1, features]`, as computed by [`Features::scaled`].
struct ScaledStrains {
    e: Vec<Tensor>,
    features: NodeId,
}

struct StepRecorder<'a> {
    file: &'a MaterialFile,
    strain: &'a Strain,
    from_rest: bool,
}

impl StepRecorder<'_> {
    fn features(&self) -> &Features {
        &self.file.features
    }

    /// Strain as the inputs, each `(x - origin) / unit`.
    fn scaled(&self, graph: &mut Graph, x: NodeId, origin: &[f64], units: &[f64]) -> Vec<Tensor> {
        let mut entry = |entry: usize, input: usize, factor: f64| {
            let own = graph.slice(x, Axis::Rows, entry, 1);
            let [factor, origin, unit] = [factor, origin[input], units[input]].map(|value| graph.constant(value));
            let own = graph.mul(own, factor);
            let centred = graph.sub(own, origin);
            Some(graph.div(centred, unit))
        };
        let number = |value| [[value, None, None], [None; 3], [None; 3]];
        match self.strain {
            Strain::Inputs => (0..units.len()).map(|input| number(entry(input, input, 1.0))).collect(),
            Strain::Components(_, places) => {
                places.iter().enumerate().map(|(input, &(place, factor))| number(entry(place, input, factor))).collect()
            }
            Strain::Invariants => {
                let [xx, yy, zz] = [0, 1, 2].map(|place| entry(place, 0, 1.0));
                let [xy, xz, yz] = [3, 4, 5].map(|place| entry(place, 0, 0.5));
                vec![[[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]]]
            }
        }
    }

    fn see(&self, graph: &mut Graph, strain: NodeId) -> ScaledStrains {
        let features = self.features();
        let e = self.scaled(graph, strain, &features.origin, &features.strain);
        let factors = features.factors().map(|factor| graph.constant(factor));
        let mut list: Vec<NodeId> = Vec::new();
        for e in &e {
            let [first, second, third] = traces(graph, e);
            list.push(first);
            list.extend([second, third].into_iter().zip(factors).map(|(power, factor)| graph.mul(factor, power)));
        }
        let own: Vec<NodeId> = e.iter().map(|e| e[0][0].expect("a tensor has entries")).collect();
        for i in 0..own.len() {
            list.extend((i + 1..own.len()).map(|j| graph.mul(own[i], own[j])));
        }
        list.extend(features.structural.then_some(own[0]));
        ScaledStrains { features: graph.concat(Axis::Rows, &list), e }
    }

    /// Features of the initial strain: zeros.
    fn rest(&self, graph: &mut Graph) -> NodeId {
        graph.filled(0.0, Shape::uniform(1, self.features().count(), 1))
    }

    /// Energy in the units of the data, relative to the energy at rest.
    fn energy(&self, graph: &mut Graph, energy: NodeId, rest: Option<NodeId>) -> NodeId {
        let change = rest.map_or(energy, |rest| graph.sub(energy, rest));
        let unit = graph.constant(self.features().energy);
        graph.mul(change, unit)
    }

    /// Stress, from the derivatives `slope` of the potential with respect to the features.
    fn stress(&self, graph: &mut Graph, seen: &ScaledStrains, strain: NodeId, slope: NodeId) -> NodeId {
        let features = self.features();
        let work = pull(graph, &[(seen.features, slope)], &[strain])[0].expect("the features depend on the strain");
        let energy = graph.constant(features.energy);
        let along = graph.mul(work, energy);
        let inputs = features.strain.len();
        if features.outputs == inputs || !matches!(self.strain, Strain::Inputs) {
            return along;
        }
        if features.outputs < inputs {
            return graph.slice(along, Axis::Rows, 0, features.outputs);
        }
        // A transverse strain changes only the first invariant.
        let first = graph.slice(slope, Axis::Rows, 0, 1);
        let unit = graph.constant(features.stress(inputs));
        let across = graph.mul(first, unit);
        graph.concat(Axis::Rows, &[along, across])
    }

    fn play(&self, mut params: Vec<f64>, names: &[String]) -> RecordedStep {
        let (features, design) = (self.features(), model::play_design(self.features(), &self.file.hidden));
        let mut graph = Graph::new();
        let (strain, given) = (graph.input(1, self.strain.len(features.strain.len())), graph.input(1, 1));
        let seen = self.see(&mut graph, strain);
        let theta = graph.constant(self.file.theta);
        // The network at rest has a copy of the parameters.
        let (rest, bottom) = (self.rest(&mut graph), graph.constant(INITIAL_Z));
        let begun = play::record_step(&mut graph, &design, rest, bottom, theta);
        params.extend_from_within(..);
        let before = if self.from_rest { graph.add(given, begun.z) } else { given };
        let recorded = play::record_step(&mut graph, &design, seen.features, before, theta);
        // At fixed h, Psi is f_0 - h (f_0 - f_1).
        let [first, gap] = [recorded.first, recorded.gap]
            .map(|value| grad(&mut graph, value, &[seen.features])[0].expect("the modes depend on the strain"));
        let part = graph.mul(gap, recorded.h);
        let slope = graph.sub(first, part);
        let stress = self.stress(&mut graph, &seen, strain, slope);
        RecordedStep {
            params,
            names: names_at_points(names, &["at rest", ""]),
            settings: Vec::new(),
            initial: vec![if self.from_rest { 0.0 } else { INITIAL_Z }],
            has_rates: false,
            states: if self.from_rest { graph.sub(recorded.z, begun.z) } else { recorded.z },
            stress,
            tangent: tangent(&mut graph, stress, strain),
            energy: self.energy(&mut graph, recorded.energy, Some(begun.energy)),
            dissipation: self.energy(&mut graph, recorded.dissipation, None),
            fraction: Some(recorded.h),
            graph,
        }
    }

    fn with_rates(&self, mut params: Vec<f64>, names: &[String]) -> RecordedStep {
        let features = self.features();
        let design = model::design(self.file.dynamics, features, &self.file.hidden);
        let mut graph = Graph::new();
        let [strain, previous] = [(); 2].map(|()| graph.input(1, self.strain.len(features.strain.len())));
        let (duration, before) = (graph.input(1, 1), graph.input(1, design.states));
        let from = self.see(&mut graph, previous);
        let rates = self.rates(&mut graph, &from.e, [strain, previous, duration]);
        let (rate, power) = rollout::record_rate(&mut graph, &design, from.features, rates, before);
        let unit = graph.constant(features.duration);
        let part = graph.div(duration, unit);
        let change = graph.mul(rate, part);
        let states = graph.add(before, change);
        let to = self.see(&mut graph, strain);
        let (psi, count) = rollout::record_potential(&mut graph, &design, to.features, states);
        let (rest, none) = (self.rest(&mut graph), graph.filled(0.0, Shape::uniform(1, design.states, 1)));
        let (begun, _) = rollout::record_potential(&mut graph, &design, rest, none);
        // Each of the two potentials has a copy of its parameters.
        let own: Vec<f64> = params[..count].to_vec();
        params.extend(own.iter().chain(&own));
        // The last parameter of a potential is its sharpness.
        let potential = names.iter().position(|name| name == "rho").map_or(0, |rho| rho + 1);
        let [before, after] = [names_at_points(names, &["before"]), names_at_points(&names[..potential], &["", "at rest"])];
        let slope = grad(&mut graph, psi, &[to.features])[0].expect("the potential depends on the strain");
        let stress = self.stress(&mut graph, &to, strain, slope);
        let spent = graph.mul(power, part);
        RecordedStep {
            params,
            names: [before, after].concat(),
            settings: rollout::settings_of(&design),
            initial: vec![0.0; design.states],
            has_rates: true,
            states,
            stress,
            tangent: tangent(&mut graph, stress, strain),
            energy: self.energy(&mut graph, psi, Some(begun)),
            dissipation: self.energy(&mut graph, spent, None),
            fraction: None,
            graph,
        }
    }

    /// Features of the rates, as computed by [`Features::scaled`], from the change of strain and the scaled strain `e` before the step.
    fn rates(&self, graph: &mut Graph, e: &[Tensor], [strain, previous, duration]: [NodeId; 3]) -> NodeId {
        let features = self.features();
        // In a step of no duration the rates have no effect, but they must be finite.
        let one = graph.constant(1.0);
        let divisor = graph.select(duration, duration, one);
        let change = graph.sub(strain, previous);
        let units: Vec<f64> = features.rate.iter().map(|rate| rate / features.duration).collect();
        let changes = self.scaled(graph, change, &vec![0.0; units.len()], &units);
        let mut list = Vec::new();
        for (e, change) in e.iter().zip(changes) {
            let d = change.map(|row| row.map(|entry| entry.map(|entry| graph.div(entry, divisor))));
            list.extend(traces(graph, &d));
            let (square, both) = (times(graph, e, e), times(graph, &d, &d));
            list.extend([trace(graph, e, &d), trace(graph, &square, &d), trace(graph, e, &both)]);
        }
        graph.concat(Axis::Rows, &list)
    }
}

/// Names, repeated for each point of evaluation of a network.
fn names_at_points(names: &[String], places: &[&str]) -> Vec<String> {
    places.iter().flat_map(|place| names.iter().map(move |name| format!("{name} {place}").trim_end().to_owned())).collect()
}

/// Derivatives of each output with respect to the strain.
fn tangent(graph: &mut Graph, stress: NodeId, strain: NodeId) -> Vec<NodeId> {
    let (shape, outputs) = (graph.shape(strain), graph.shape(stress).rows);
    let row = |k: usize| {
        let own = graph.slice(stress, Axis::Rows, k, 1);
        grad(graph, own, &[strain])[0].unwrap_or_else(|| graph.filled(0.0, shape))
    };
    (0..outputs).map(row).collect()
}

#[cfg(test)]
mod tests;

//! Networks: plain ones, and the minimum of convex ones. They are recorded on the engine's graph and trained by the library.

use multiwell::graph::{Axis, Graph, Unary};
use multiwell::internal::loss::training_set::TrainingSet;
use multiwell::internal::model::{Architecture, Params, Potential, Symmetry, features, icnn, init, lse, mlp, potential};
use multiwell::internal::text::counted;
use multiwell::plan::{Plan, PlanOptions};

use super::training::{RecordNetwork, refine, train};
use super::{FittedSurface, MethodData, present};
use crate::NoFit;

/// A trained network.
#[derive(Debug)]
pub struct Network {
    plan: std::cell::RefCell<Plan<f64>>,
    inputs: usize,
    params: Vec<f64>,
    choice: String,
}

impl Network {
    fn new(inputs: usize, record: RecordNetwork, params: Vec<f64>, choice: String) -> Self {
        let mut graph = Graph::new();
        let x = graph.input(1, inputs);
        let psi = record(&mut graph, &mut Params::default(), x);
        let slope = multiwell::grad::grad(&mut graph, psi, &[x])[0].expect("a network depends on its inputs");
        let mut plan = Plan::compile(&graph, &[psi, slope], PlanOptions::default());
        plan.set_params(&params);
        Self { plan: plan.into(), inputs, params, choice }
    }
}

impl FittedSurface for Network {
    fn evaluate(&self, x: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let mut plan = self.plan.borrow_mut();
        let mut batch = plan.batch(x.len() / self.inputs);
        batch.set(0, x);
        plan.run(&batch);
        (plan.output(0).to_vec(), plan.output(1).to_vec())
    }

    fn parameters(&self) -> usize {
        self.params.len()
    }

    fn choice(&self) -> String {
        self.choice.clone()
    }
}

fn declared(inputs: usize, record: RecordNetwork) -> Params {
    let (mut graph, mut params) = (Graph::new(), Params::default());
    let x = graph.input(1, inputs);
    record(&mut graph, &mut params, x);
    params
}

/// Width of two hidden layers with which the number of parameters of a plain network, `w^2 + (inputs + 3) w + 1`, is nearest to `wanted`.
fn width(inputs: usize, wanted: usize) -> usize {
    let count = |w: usize| w * w + (inputs + 3) * w + 1;
    let largest = (1..=wanted.max(1)).find(|&w| count(w) >= wanted).unwrap_or(1);
    (1..=largest).min_by_key(|&w| count(w).abs_diff(wanted)).unwrap_or(1)
}

/// A plain network with two hidden layers of equal width. Its features of a periodic input are cosine and sine, as in the LSE-ICNN.
pub fn plain(set: &TrainingSet, has_tanh: bool, parameters: usize, task: &MethodData) -> Result<Network, NoFit> {
    let periodic = task.data.periodic();
    let width = width(features::count(set.inputs, &periodic), parameters);
    let activation = if has_tanh { Unary::Tanh } else { Unary::Softplus };
    let record: RecordNetwork = &|graph, params, x| {
        let seen = features::record(graph, &periodic, x);
        mlp::record(graph, params, seen, &[width, width, 1], activation)
    };
    let start: Vec<f64> = init::by_fan_in(&declared(set.inputs, record), 0.0, task.seed);
    let params = train(set, record, &start, task.seed, task.is_stopped)?;
    Ok(Network::new(set.inputs, record, params, format!("layers {width}, {width}")))
}

/// The minimum of convex networks, one for each remaining mode of an LSE-ICNN. It is trained from two initializations: the current modes of the
/// LSE-ICNN, and its initialization on the data. The result with the smaller error is used. `set` is in the units of the LSE-ICNN.
pub fn hard_minimum(set: &TrainingSet, task: &MethodData) -> Result<Network, NoFit> {
    let from = task.rival.architecture();
    if from.symmetry != Symmetry::None {
        return Err(NoFit::unsuitable("it cannot be symmetric"));
    }
    let modes = present(task.rival);
    let arch = Architecture { modes: modes.len(), ..from.clone() };
    let record: RecordNetwork = &|graph, params, x| {
        let seen = features::record(graph, &arch.periodic, x);
        let found = icnn::record(graph, params, &arch, &[seen])[0];
        let turned = graph.neg(found);
        let highest = graph.max_over(Axis::Modes, turned);
        graph.neg(highest)
    };
    let params = declared(set.inputs, record);
    let (error, known) = refine(set, record, &mode_params(task.rival, &params, &modes), true, task.is_stopped)?;
    let (other, fresh) = refine(set, record, &on_data(set, &arch, &params, task.seed), false, task.is_stopped)?;
    let choice = counted(modes.len(), "network");
    Ok(Network::new(set.inputs, record, if other < error { fresh } else { known }, choice))
}

/// Parameters of the convex networks of an LSE-ICNN, at their heights in the soft minimum: `f_i - log(s_i/N)/rho`.
fn mode_params(rival: &Potential, params: &Params, modes: &[usize]) -> Vec<f64> {
    let (arch, all) = (rival.architecture(), rival.params());
    let layout = potential::declared(arch);
    let mut start = vec![0.0; params.len()];
    for param in params.iter() {
        let there = layout.get(&param.name).expect("the same networks");
        for (k, &mode) in modes.iter().enumerate() {
            start[param.of_mode(k)].copy_from_slice(&all[there.of_mode(mode)]);
        }
    }
    let last = params.get(&format!("b{}", arch.hidden.len() + 1)).expect("the bias of the output");
    let [a, rho] = ["a", "rho"].map(|name| layout.get(name).expect("gates and sharpness").offset);
    for (k, &mode) in modes.iter().enumerate() {
        start[last.of_mode(k)][0] -= (lse::log_gate(all[a + mode]) - (arch.offered as f64).ln()) / all[rho];
    }
    start
}

/// Initial networks with centres at low points of the data. If no values are learnt, the initialization is random.
fn on_data(set: &TrainingSet, arch: &Architecture, params: &Params, seed: u64) -> Vec<f64> {
    let (slopes, components) = (set.target.slopes(set.inputs), set.target.components(set.inputs));
    if slopes == components {
        return init::paper(params, seed);
    }
    let y: Vec<f64> = set.targets.iter().copied().skip(slopes).step_by(components).collect();
    let (x, width) = (features::of_points(&arch.periodic, &set.x), arch.features());
    let place = |row: usize| x[row * width..(row + 1) * width].to_vec();
    let centres: Vec<(Vec<f64>, f64)> = init::centres(&x, &y, arch.modes).into_iter().map(|row| (place(row), y[row])).collect();
    init::on_data(params, &x, &centres, &mut init::stream(seed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_gives_closest_number_of_parameters() {
        for inputs in [1, 2, 7] {
            for wanted in [1, 40, 307, 1531] {
                let count = |w: usize| w * w + (inputs + 3) * w + 1;
                let found = width(inputs, wanted);
                assert!((1..200).all(|w| count(w).abs_diff(wanted) >= count(found).abs_diff(wanted)), "{inputs} {wanted}");
            }
        }
    }
}

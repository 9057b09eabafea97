//! What is minimised: a number, its gradient, from one compiled plan.
//!
//! [`value`] fits Psi to values (Eq. 7 of the paper), [`gradient`] fits dPsi/dx to derivatives, alone or beside values; both add the penalty
//! `epsilon * sum |a_i|` on the gates. Samples, or components of a derivative, may be weighted; a weight of zero leaves one out.
//! [`BatchFunction`] serves objectives that are not one sum over samples: the likelihood of a [`density`]. [`rollout`] and [`play`] train
//! through time.

mod batch_function;
pub mod cells;
pub mod density;
pub mod gradient;
pub mod play;
mod residuals;
pub mod rollout;
pub mod training_set;
pub mod value;

pub use batch_function::BatchFunction;
pub use residuals::Residuals;

use crate::grad::grad;
use crate::graph::{Axis, Graph, NodeId};
use crate::model::{Architecture, LseIcnn, Params, mlp};
use crate::plan::Scalar;
use crate::plan::{Batch, Options, Plan};

/// What an objective compares with the data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// Values of Psi.
    #[default]
    Value,
    /// Derivatives of Psi with respect to its inputs.
    Gradient,
    /// The derivatives and, as one more component after them, the value.
    Both,
    /// Values of each mode in its own cell, and from below elsewhere (see [`cells`]). Weights are the cells' masks, `[modes]` for
    /// each sample.
    Cells,
}

impl Target {
    /// How many numbers a sample is compared with.
    pub fn components(self, inputs: usize) -> usize {
        match self {
            Self::Gradient => inputs,
            Self::Both => inputs + 1,
            _ => 1,
        }
    }
}

/// The value of an objective.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Loss {
    /// Everything.
    pub total: f64,
    /// The mean squared error alone.
    pub data: f64,
}

/// The penalty on the gates, `epsilon * sum |a_i|`, with epsilon a setting of the graph.
fn penalty(graph: &mut Graph, model: &LseIcnn, epsilon: NodeId) -> NodeId {
    let size = graph.abs(model.a);
    let sum = graph.sum(Axis::Modes, size);
    graph.mul(sum, epsilon)
}

/// A compiled objective.
#[derive(Debug)]
pub struct Objective<T: Scalar> {
    plan: Plan<T>,
    params: Params,
    targets: usize,
    inputs: usize,
    weighted: bool,
    /// Whether the weights are masks, which do not count in the mean.
    masked: bool,
    /// For each parameter, which output of the plan is its gradient.
    gradients: Vec<Option<usize>>,
    epsilon: f64,
}

impl<T: Scalar> Objective<T> {
    /// Compiles an objective for an architecture. With `weighted`, batches carry a weight for each sample (value) or for each
    /// component of each sample (gradient).
    pub fn new(arch: &Architecture, target: Target, weighted: bool) -> Self {
        Self::with_options(arch, target, weighted, Options::default())
    }

    /// [`Objective::new`] with options of the plan.
    pub fn with_options(arch: &Architecture, target: Target, weighted: bool, options: Options) -> Self {
        let mut graph = Graph::new();
        let model = LseIcnn::record(&mut graph, arch);
        let (share, epsilon) = (graph.setting(1, 1, 1), graph.setting(1, 1, 1));
        let squares = match target {
            Target::Value => value::squares(&mut graph, &model, weighted),
            Target::Gradient => gradient::squares(&mut graph, &model, arch.inputs, weighted, false),
            Target::Both => gradient::squares(&mut graph, &model, arch.inputs, weighted, true),
            Target::Cells => cells::squares(&mut graph, &model, arch.modes),
        };
        let sum = graph.sum(Axis::Samples, squares);
        let data = graph.mul(sum, share);
        let penalty = penalty(&mut graph, &model, epsilon);
        let total = graph.add(data, penalty);
        let masked = target == Target::Cells;
        Self::compile(&mut graph, model.params, [total, data], (target, arch.inputs), (weighted, masked), options)
    }

    /// An objective for a plain network of these layer widths in place of an LSE-ICNN: for comparisons. It has no gates to penalise. The
    /// target is one with derivatives, and the last width is 1.
    pub fn plain(inputs: usize, widths: &[usize], target: Target, weighted: bool) -> Self {
        let mut graph = Graph::new();
        let mut params = Params::default();
        let x = graph.input(1, inputs);
        let psi = mlp::record(&mut graph, &mut params, x, widths, crate::graph::Unary::Tanh);
        let (share, _) = (graph.setting(1, 1, 1), graph.setting(1, 1, 1));
        let slope = grad(&mut graph, psi, &[x])[0].expect("a network depends on its inputs");
        let value = (target == Target::Both).then_some(psi);
        let squares = gradient::compared(&mut graph, slope, value, inputs, weighted);
        let sum = graph.sum(Axis::Samples, squares);
        let data = graph.mul(sum, share);
        Self::compile(&mut graph, params, [data, data], (target, inputs), (weighted, false), Options::default())
    }

    /// Compiles a loss and its share of the data, with the gradient of all parameters.
    fn compile(
        graph: &mut Graph,
        params: Params,
        [total, data]: [NodeId; 2],
        (target, inputs): (Target, usize),
        (weighted, masked): (bool, bool),
        options: Options,
    ) -> Self {
        let leaves = graph.params().to_vec();
        let slopes = grad(graph, total, &leaves);
        let mut outputs = vec![total, data];
        let gradients = slopes
            .into_iter()
            .map(|slope| {
                outputs.extend(slope);
                slope.map(|_| outputs.len() - 1)
            })
            .collect();
        let plan = Plan::compile(graph, &outputs, options);
        Self {
            plan,
            params,
            targets: target.components(inputs),
            inputs,
            weighted: weighted || masked,
            masked,
            gradients,
            epsilon: 0.0,
        }
    }

    /// The parameters, in the order of the flat vector.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// Sets the weight of the penalty on the gates.
    pub fn set_epsilon(&mut self, epsilon: f64) {
        self.epsilon = epsilon;
    }

    /// Packs samples: `x` `[samples, inputs]`, `targets` `[samples]`, `[samples, inputs]` or `[samples, inputs + 1]`, and weights of
    /// the same extent as `targets` (cells: masks `[samples, modes]`) if the objective is weighted.
    ///
    /// # Panics
    /// If the extents do not fit, or if weights are missing or not expected.
    pub fn batch(&self, x: &[f64], targets: &[f64], weights: Option<&[f64]>) -> Batch<T> {
        let narrow = |values: &[f64]| values.iter().map(|&v| T::narrow(v)).collect::<Vec<T>>();
        let mut batch = self.plan.batch(x.len() / self.inputs);
        batch.set(0, &narrow(x));
        batch.set(1, &narrow(targets));
        assert!(weights.is_some() == self.weighted, "weights are given exactly if the objective is weighted");
        if let Some(weights) = weights {
            batch.set(2, &narrow(weights));
        }
        batch
    }

    /// The share of one sample in the mean over a batch: one over the sum of the weights.
    fn share(&self, batch: &Batch<T>) -> f64 {
        if !self.weighted || self.masked {
            return 1.0 / (batch.samples() * self.targets) as f64;
        }
        let rows = (0..self.targets).flat_map(|row| (0..batch.samples()).map(move |sample| (row, sample)));
        1.0 / rows.map(|(row, sample)| batch.get(2, sample, row).widen()).sum::<f64>()
    }

    /// The loss at `params`, and its gradient into `gradient`, both in the order of the flat vector.
    ///
    /// # Panics
    /// If a vector has another length than the parameters.
    pub fn evaluate(&mut self, params: &[T], batch: &Batch<T>, gradient: &mut [T]) -> Loss {
        let share = self.share(batch);
        self.plan.set_setting(0, &[T::narrow(share)]);
        self.plan.set_setting(1, &[T::narrow(self.epsilon)]);
        self.plan.set_params(params);
        self.plan.run(batch);
        for (param, slope) in self.params.iter().zip(&self.gradients) {
            let part = &mut gradient[param.range()];
            match slope {
                Some(k) => part.copy_from_slice(self.plan.output(*k)),
                None => part.fill(T::zero()),
            }
        }
        Loss { total: self.plan.output(0)[0].widen(), data: self.plan.output(1)[0].widen() }
    }
}

//! Mean squared errors of Psi, of its gradient, or of both, and the penalty `epsilon * sum |a_i|` on the gates.

use super::training_set::TrainingSet;
use super::{Loss, LossValue, cells, gradient, value};
use crate::grad::grad;
use crate::graph::{Axis, Graph, NodeId, Unary};
use crate::model::{Architecture, LseIcnn, Params, mlp};
use crate::plan::{Batch, Options, Plan, Scalar};

/// What a regression compares with the data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// Values of Psi.
    #[default]
    Value,
    /// Derivatives of Psi with respect to its inputs.
    Gradient,
    /// The derivatives and, as the last component, the value.
    Both,
    /// Values of each mode in its own cell, and from below elsewhere (see [`cells`]).
    Cells,
    /// Nothing but the points themselves, which were drawn from the density `exp(-Psi)/Z`. The weights are those of the points and sum to one.
    Density,
}

impl Target {
    /// Number of components of each sample.
    pub fn components(self, inputs: usize) -> usize {
        match self {
            Self::Gradient => inputs,
            Self::Both => inputs + 1,
            _ => 1,
        }
    }

    /// Number of derivatives among them, which come first.
    pub fn slopes(self, inputs: usize) -> usize {
        if matches!(self, Self::Gradient | Self::Both) { inputs } else { 0 }
    }
}

/// A compiled regression with its samples.
#[derive(Clone, Debug)]
pub struct Regression<T: Scalar> {
    plan: Plan<T>,
    params: Params,
    epsilon: f64,
    whole: Packed<T>,
    /// The mini-batches of an epoch; empty if there is a single batch.
    parts: Vec<Packed<T>>,
}

/// Samples packed for the plan.
#[derive(Clone, Debug)]
struct Packed<T: Scalar> {
    batch: Batch<T>,
    /// Factor of a squared error in the mean: one over the sum of the weights.
    factor: T,
}

impl<T: Scalar> Regression<T> {
    /// Compiles the regression of an LSE-ICNN on a training set as a single batch.
    pub fn new(arch: &Architecture, set: &TrainingSet) -> Self {
        Self::with_options(arch, set, Options::default())
    }

    /// Compiles the regression as [`Regression::new`] does, with options of the plan.
    pub fn with_options(arch: &Architecture, set: &TrainingSet, options: Options) -> Self {
        let (mut graph, weighted) = (Graph::new(), set.weights.is_some());
        let model = LseIcnn::record(&mut graph, arch);
        let (factor, epsilon) = (graph.setting(1, 1, 1), graph.setting(1, 1, 1));
        let squares = match set.target {
            Target::Value => value::squares(&mut graph, &model, weighted),
            Target::Gradient => gradient::squares(&mut graph, &model, arch.inputs, weighted, false),
            Target::Both => gradient::squares(&mut graph, &model, arch.inputs, weighted, true),
            Target::Cells => cells::squares(&mut graph, &model, arch.modes, weighted),
            Target::Density => unreachable!("samples of a density have no values to be compared with"),
        };
        let data = mean(&mut graph, squares, factor);
        let size = graph.abs(model.a);
        let sum = graph.sum(Axis::Modes, size);
        let penalty = graph.mul(sum, epsilon);
        let total = graph.add(data, penalty);
        Self::compile(&mut graph, model.params, [total, data], set, options)
    }

    /// Compiles the regression of a plain network with these layer widths, of which the last is 1, for comparisons. The training
    /// set has derivatives, and there is no penalty on gates.
    pub fn plain(widths: &[usize], set: &TrainingSet) -> Self {
        let (mut graph, mut params) = (Graph::new(), Params::default());
        let x = graph.input(1, set.inputs);
        let psi = mlp::record(&mut graph, &mut params, x, widths, Unary::Tanh);
        let (factor, _) = (graph.setting(1, 1, 1), graph.setting(1, 1, 1));
        let slope = grad(&mut graph, psi, &[x])[0].expect("a network depends on its inputs");
        let value = (set.target == Target::Both).then_some(psi);
        let squares = gradient::compared(&mut graph, slope, value, set.inputs, set.weights.is_some());
        let data = mean(&mut graph, squares, factor);
        Self::compile(&mut graph, params, [data, data], set, Options::default())
    }

    fn compile(graph: &mut Graph, params: Params, loss: [NodeId; 2], set: &TrainingSet, options: Options) -> Self {
        let leaves = graph.params().to_vec();
        let slopes = grad(graph, loss[0], &leaves);
        let outputs: Vec<Option<NodeId>> = loss.map(Some).into_iter().chain(slopes).collect();
        let plan = Plan::compile_present(graph, &outputs, options);
        Self { whole: Packed::new(&plan, set), plan, params, epsilon: 0.0, parts: Vec::new() }
    }

    /// Replaces the samples by those of another training set with the same target, in mini-batches of about `size` samples if
    /// that is given.
    #[must_use]
    pub fn on(self, set: &TrainingSet, size: Option<usize>) -> Self {
        Self { whole: Packed::new(&self.plan, set), ..self }.in_batches(set, size)
    }

    /// Divides an epoch on the samples, which are those of this set, into mini-batches of about `size` samples, if that is given.
    #[must_use]
    pub fn in_batches(self, set: &TrainingSet, size: Option<usize>) -> Self {
        let parts = size.into_iter().flat_map(|size| set.parts(size)).map(|part| Packed::new(&self.plan, &part)).collect();
        Self { parts, ..self }
    }
}

/// The mean of `squares` over the samples.
fn mean(graph: &mut Graph, squares: NodeId, factor: NodeId) -> NodeId {
    let sum = graph.sum(Axis::Samples, squares);
    graph.mul(sum, factor)
}

impl<T: Scalar> Packed<T> {
    fn new(plan: &Plan<T>, set: &TrainingSet) -> Self {
        let narrow = |values: &[f64]| values.iter().map(|&v| T::narrow(v)).collect::<Vec<T>>();
        let (samples, components) = (set.samples(), set.target.components(set.inputs));
        let mut batch = plan.batch(samples);
        batch.set(0, &narrow(&set.x));
        batch.set(1, &narrow(&set.targets));
        let mut count = (samples * components) as f64;
        if let Some(masks) = &set.masks {
            batch.set(2, &masks.iter().map(|&mask| T::narrow(mask.into())).collect::<Vec<T>>());
        }
        if let Some(weights) = &set.weights {
            let weights = narrow(weights);
            batch.set(2 + set.masks.iter().len(), &weights);
            let columns = (0..components).flat_map(|k| weights.iter().skip(k).step_by(components));
            count = columns.map(|w| w.widen()).sum();
        }
        Self { batch, factor: T::narrow(1.0 / count) }
    }
}

impl<T: Scalar> Regression<T> {
    /// Runs the plan over a mini-batch, or over all samples.
    fn run(&mut self, params: &[T], part: Option<usize>) -> LossValue {
        let Packed { batch, factor } = part.and_then(|part| self.parts.get(part)).unwrap_or(&self.whole);
        self.plan.set_setting(0, &[*factor]);
        self.plan.set_setting(1, &[T::narrow(self.epsilon)]);
        self.plan.set_params(params);
        self.plan.run(batch);
        LossValue { total: self.plan.output(0)[0].widen(), data: self.plan.output(1)[0].widen() }
    }
}

impl<T: Scalar> Loss<T> for Regression<T> {
    fn params(&self) -> &Params {
        &self.params
    }

    fn batches(&self) -> usize {
        self.parts.len().max(1)
    }

    fn set_epsilon(&mut self, epsilon: f64) {
        self.epsilon = epsilon;
    }

    fn evaluate(&mut self, params: &[T], batch: usize, gradient: &mut [T]) -> LossValue {
        assert!(batch < self.batches(), "mini-batch {batch} of {}", self.batches());
        let value = self.run(params, Some(batch));
        self.plan.copy_gradient(2, gradient);
        value
    }

    fn value(&mut self, params: &[T]) -> LossValue {
        self.run(params, None)
    }
}

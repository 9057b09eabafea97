//! Mean squared errors of Psi (Eq. 7 of the paper), of its gradient (Sec. 4.1), or of both, with the penalty `epsilon * sum |a_i|` on the gates.
//!
//! Modes may also be fitted separately, from below. Each sample belongs to the cell of one mode. Inside its cell a mode is fitted to the values;
//! elsewhere it is only kept above them:
//!
//! ```text
//! mean_n sum_i  in_i(x_n) (f_i(x_n) - y_n)^2 + (1 - in_i(x_n)) max(y_n - f_i(x_n), 0)^2
//! ```
//!
//! A convex function that equals the values in its cell and lies above them elsewhere cannot bridge two wells.

use std::ops::Range;

use super::training_set::{OrderedSamples, TrainingSet};
use super::{Loss, LossValue};
use crate::grad::grad;
use crate::graph::{Axis, Graph, NodeId, Unary};
use crate::model::{Architecture, LseIcnn, Params, mlp};
use crate::numerics::statistics::sort_by;
use crate::plan::{Batch, Plan, PlanOptions, Scalar};

/// Quantity that a regression compares with the data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RegressionTarget {
    /// Values of Psi.
    #[default]
    Value,
    /// Derivatives of Psi with respect to its inputs.
    Gradient,
    /// The derivatives and, as the last component, the value.
    Both,
    /// Values of each mode in its own cell. Elsewhere, only errors below the values count.
    Cells,
    /// No values: the points themselves, which were drawn from the density `exp(-Psi)/Z`. The weights are those of the points and sum to one.
    Density,
}

impl RegressionTarget {
    /// Number of components of each sample.
    pub fn components(self, inputs: usize) -> usize {
        match self {
            Self::Gradient => inputs,
            Self::Both => inputs + 1,
            _ => 1,
        }
    }

    /// Number of derivatives among the components. They come first.
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
    /// All samples.
    batch: Batch<T>,
    /// Reciprocal of the sum of all weights.
    factor: T,
    /// The mini-batches of an epoch; empty if there is a single batch.
    parts: Vec<SampleRange<T>>,
    /// Buffers for mini-batches, one for each size. The samples themselves are stored once, in `batch`.
    buffers: Vec<Batch<T>>,
}

/// A range of consecutive samples.
#[derive(Clone, Debug)]
struct SampleRange<T: Scalar> {
    range: Range<usize>,
    /// Factor of a squared error in the mean: the reciprocal of the sum of the weights.
    factor: T,
}

impl<T: Scalar> Regression<T> {
    /// Compiles the regression of an LSE-ICNN on a training set as a single batch.
    pub fn new<'a>(arch: &Architecture, samples: impl Into<OrderedSamples<'a>>) -> Self {
        let samples = samples.into();
        let (mut graph, weighted) = (Graph::new(), samples.set.weights.is_some());
        let (params, loss) = record(&mut graph, arch, samples.target(), weighted);
        Self::compile(&mut graph, params, loss, samples)
    }

    /// Compiles the regression of a plain network, for comparisons. `widths` are its layer widths, of which the last is 1. The training set has
    /// derivatives, and there is no penalty on gates.
    pub fn plain(widths: &[usize], set: &TrainingSet) -> Self {
        let (mut graph, mut params) = (Graph::new(), Params::default());
        let x = graph.input(1, set.inputs);
        let psi = mlp::record(&mut graph, &mut params, x, widths, Unary::Tanh);
        let (factor, _) = (graph.setting(1, 1, 1), graph.setting(1, 1, 1));
        let slope = grad(&mut graph, psi, &[x])[0].expect("a network depends on its inputs");
        let value = (set.target == RegressionTarget::Both).then_some(psi);
        let squares = compared(&mut graph, slope, value, set.inputs, set.weights.is_some());
        let data = mean(&mut graph, squares, factor);
        Self::compile(&mut graph, params, [data, data], set.into())
    }

    fn compile(graph: &mut Graph, params: Params, loss: [NodeId; 2], samples: OrderedSamples) -> Self {
        let plan = compiled(graph, loss);
        let (batch, factor) = packed(&plan, samples);
        Self { plan, params, epsilon: 0.0, batch, factor, parts: Vec::new(), buffers: Vec::new() }
    }

    /// Divides an epoch over the given samples into mini-batches. If `size` is given, they have approximately `size` samples.
    #[must_use]
    pub fn in_batches<'a>(self, samples: impl Into<OrderedSamples<'a>>, size: Option<usize>) -> Self {
        let samples = samples.into();
        let parts: Vec<SampleRange<T>> =
            size.into_iter().flat_map(|size| samples.parts(size)).map(|range| part(samples, range)).collect();
        let mut sizes: Vec<usize> = parts.iter().map(|part| part.range.len()).collect();
        sort_by(&mut sizes, |&size| size as f64);
        sizes.dedup();
        let buffers = sizes.into_iter().map(|size| self.plan.batch(size)).collect();
        Self { parts, buffers, ..self }
    }

    /// Runs the plan over a mini-batch, or over all samples.
    fn run(&mut self, params: &[T], part: Option<usize>) -> LossValue {
        let part = part.and_then(|part| self.parts.get(part));
        let (batch, factor) = match part {
            Some(part) => {
                let buffer = self.buffers.iter_mut().find(|buffer| buffer.samples() == part.range.len());
                let buffer = buffer.expect("there is a buffer for each size of mini-batches");
                buffer.cut_out(&self.batch, part.range.start);
                (&*buffer, part.factor)
            }
            None => (&self.batch, self.factor),
        };
        self.plan.set_setting(0, &[factor]);
        self.plan.set_setting(1, &[T::narrow(self.epsilon)]);
        self.plan.set_params(params);
        self.plan.run(batch);
        LossValue { total: self.plan.output(0)[0].widen(), data: self.plan.output(1)[0].widen() }
    }
}

/// Records the loss of an LSE-ICNN. Returns its parameters, the loss and its data term.
fn record(graph: &mut Graph, arch: &Architecture, target: RegressionTarget, weighted: bool) -> (Params, [NodeId; 2]) {
    let model = LseIcnn::record(graph, arch);
    let (factor, epsilon) = (graph.setting(1, 1, 1), graph.setting(1, 1, 1));
    let squares = squares(graph, &model, arch, target, weighted);
    let data = mean(graph, squares, factor);
    let size = graph.abs(model.a);
    let sum = graph.sum(Axis::Modes, size);
    let penalty = graph.mul(sum, epsilon);
    let total = graph.add(data, penalty);
    (model.params, [total, data])
}

/// Records the squared error of each sample, `[1, 1]`. Declares the inputs: the components of the data, the masks `[modes, 1]` of cells and, if
/// `weighted`, the weights of the components.
pub fn squares(graph: &mut Graph, model: &LseIcnn, arch: &Architecture, target: RegressionTarget, weighted: bool) -> NodeId {
    match target {
        RegressionTarget::Value => {
            let y = graph.input(1, 1);
            let error = graph.sub(model.psi, y);
            let square = graph.mul(error, error);
            times_weight(graph, square, 1, weighted)
        }
        RegressionTarget::Gradient | RegressionTarget::Both => {
            let slope = model.gradient(graph);
            let value = (target == RegressionTarget::Both).then_some(model.psi);
            compared(graph, slope, value, arch.inputs, weighted)
        }
        RegressionTarget::Cells => {
            let y = graph.input(1, 1);
            let inside = graph.input(arch.modes, 1);
            let error = graph.sub(model.modes, y);
            let below = graph.neg(error);
            let below = graph.relu(below);
            let shortfall = graph.neg(below);
            // Outside its cell, a mode has an error only where it lies below the value.
            let counted = graph.select(inside, error, shortfall);
            let square = graph.mul(counted, counted);
            let sum = graph.sum(Axis::Modes, square);
            times_weight(graph, sum, 1, weighted)
        }
        RegressionTarget::Density => unreachable!("samples of a density have no values to be compared with"),
    }
}

/// Records the squared error of each sample for a given slope `[1, inputs]` and an optional value, which is the last component.
fn compared(graph: &mut Graph, slope: NodeId, value: Option<NodeId>, inputs: usize, weighted: bool) -> NodeId {
    let (found, components) = match value {
        Some(value) => (graph.concat(Axis::Rows, &[slope, value]), inputs + 1),
        None => (slope, inputs),
    };
    let g = graph.input(1, components);
    let error = graph.sub(found, g);
    let square = graph.mul(error, error);
    let square = times_weight(graph, square, components, weighted);
    graph.sum(Axis::Rows, square)
}

fn times_weight(graph: &mut Graph, square: NodeId, components: usize, weighted: bool) -> NodeId {
    if !weighted {
        return square;
    }
    let weight = graph.input(1, components);
    graph.mul(square, weight)
}

/// Compiles a loss with its gradient.
fn compiled<T: Scalar>(graph: &mut Graph, loss: [NodeId; 2]) -> Plan<T> {
    let leaves = graph.params().to_vec();
    let slopes = grad(graph, loss[0], &leaves);
    let outputs: Vec<Option<NodeId>> = loss.map(Some).into_iter().chain(slopes).collect();
    Plan::compile_present(graph, &outputs, PlanOptions::default())
}

/// The mean of `squares` over the samples.
fn mean(graph: &mut Graph, squares: NodeId, factor: NodeId) -> NodeId {
    let sum = graph.sum(Axis::Samples, squares);
    graph.mul(sum, factor)
}

/// Inputs of the plan for these samples, and the factor of a squared error in their mean.
fn packed<T: Scalar>(plan: &Plan<T>, samples: OrderedSamples) -> (Batch<T>, T) {
    let set = samples.set;
    let mut batch = plan.batch(set.samples());
    let components = samples.target().components(set.inputs);
    let mut inputs = 0;
    let mut fill = |width: usize, value: &dyn Fn(usize) -> f64| {
        batch.set_with(inputs, &|k, row| T::narrow(value(samples.number(k) * width + row)));
        inputs += 1;
    };
    fill(set.inputs, &|at| set.x[at]);
    fill(components, &|at| set.targets[at]);
    if let Some(masks) = samples.masks {
        fill(masks.len() / set.samples().max(1), &|at| masks[at].into());
    }
    if let Some(weights) = &set.weights {
        fill(components, &|at| weights[at]);
    }
    (batch, part(samples, 0..set.samples()).factor)
}

/// A range of the samples, with its factor.
fn part<T: Scalar>(samples: OrderedSamples, range: Range<usize>) -> SampleRange<T> {
    let components = samples.target().components(samples.set.inputs);
    let count = match &samples.set.weights {
        Some(weights) => {
            let weight = |k: usize, component: usize| T::narrow(weights[samples.number(k) * components + component]).widen();
            (0..components).flat_map(|component| range.clone().map(move |k| weight(k, component))).sum()
        }
        None => (range.len() * components) as f64,
    };
    SampleRange { range, factor: T::narrow(1.0 / count) }
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

//! A function of a batch with its pull-back and push-forward, for losses that are not a sum over samples. A density evaluates
//! [`BatchFunction::forward`] on a grid and pulls back softmax weights. A roll-out computes its steps forward, stores the states, and pulls back step
//! by step.

use crate::grad::{pull, push};
use crate::graph::{Graph, NodeId, Shape};
use crate::plan::{Batch, Plan, PlanOptions, Scalar};

/// Outputs of a graph as functions of its inputs and parameters.
#[derive(Debug)]
pub struct BatchFunction<T: Scalar> {
    forward: Plan<T>,
    pullback: Plan<T>,
    pushforward: Plan<T>,
    inputs: usize,
}

impl<T: Scalar> BatchFunction<T> {
    /// Compiles `outputs` of a graph. A batch for the pull-back has the graph's inputs followed by a cotangent for each output. A batch for the
    /// push-forward has the graph's inputs followed by a tangent for each of them.
    ///
    /// # Panics
    /// If an output does not depend on the samples.
    pub fn new(graph: &Graph, outputs: &[NodeId], options: PlanOptions) -> Self {
        let inputs = graph.inputs().to_vec();
        let shape_of = |x: NodeId| graph.shape(x);
        assert!(outputs.iter().all(|&y| shape_of(y).batched), "a batch function's outputs depend on the sample");
        let leaves: Vec<NodeId> = inputs.iter().chain(graph.params()).copied().collect();
        let twin = |graph: &mut Graph, shape: Shape| graph.input(shape.modes, shape.rows);

        let mut back = graph.clone();
        let cotangents: Vec<_> = outputs.iter().map(|&y| (y, twin(&mut back, shape_of(y)))).collect();
        let pulled = pull(&mut back, &cotangents, &leaves);

        let mut ahead = graph.clone();
        let tangents: Vec<_> = inputs.iter().map(|&x| (x, twin(&mut ahead, shape_of(x)))).collect();
        let pushed = push(&mut ahead, outputs, &tangents);
        Self {
            forward: Plan::compile(graph, outputs, options),
            pullback: Plan::compile_present(&back, &pulled, options),
            pushforward: Plan::compile_present(&ahead, &pushed, options),
            inputs: inputs.len(),
        }
    }

    /// An empty batch for [`BatchFunction::forward`].
    pub fn batch(&self, samples: usize) -> Batch<T> {
        self.forward.batch(samples)
    }

    /// An empty batch for [`BatchFunction::pullback`].
    pub fn pullback_batch(&self, samples: usize) -> Batch<T> {
        self.pullback.batch(samples)
    }

    /// An empty batch for [`BatchFunction::pushforward`].
    pub fn pushforward_batch(&self, samples: usize) -> Batch<T> {
        self.pushforward.batch(samples)
    }

    /// Computes the outputs, which [`BatchFunction::output`] returns.
    pub fn forward(&mut self, params: &[T], batch: &Batch<T>) {
        self.forward.set_params(params);
        self.forward.run(batch);
    }

    /// Output `k` of the last forward call, `[samples, modes, rows]`.
    pub fn output(&self, k: usize) -> &[T] {
        self.forward.output(k)
    }

    /// Computes the cotangents of inputs and parameters from those of the outputs.
    pub fn pullback(&mut self, params: &[T], batch: &Batch<T>) {
        self.pullback.set_params(params);
        self.pullback.run(batch);
    }

    /// Cotangent of input `k` after a pull-back, `[samples, modes, rows]`; `None` where no output depends on it.
    pub fn input_cotangent(&self, k: usize) -> Option<&[T]> {
        self.pullback.try_output(k)
    }

    /// Cotangent of parameter `k` after a pull-back, summed over the samples; `None` where no output depends on it.
    pub fn param_cotangent(&self, k: usize) -> Option<&[T]> {
        self.pullback.try_output(self.inputs + k)
    }

    /// Copies the cotangents of all parameters after a pull-back into a gradient.
    pub fn copy_gradient(&self, gradient: &mut [T]) {
        self.pullback.copy_gradient(self.inputs, gradient);
    }

    /// Computes the tangents of the outputs from those of the inputs.
    pub fn pushforward(&mut self, params: &[T], batch: &Batch<T>) {
        self.pushforward.set_params(params);
        self.pushforward.run(batch);
    }

    /// Tangent of output `k` after a push-forward, `[samples, modes, rows]`; `None` where it depends on no input.
    pub fn output_tangent(&self, k: usize) -> Option<&[T]> {
        self.pushforward.try_output(k)
    }
}

//! A plain multi-layer network, `y = A_L act(... act(A_1 x + c_1) ...) + c_L`, for comparisons and for the rates of hidden
//! states. It is a single mode.

use super::model_file::Normalization;
use super::params::{ParamKind, Params};
use crate::graph::{Graph, NodeId, Unary};
use crate::plan::{Plan, PlanOptions};

/// A plain network with `tanh` and one output, evaluated in the units of the data.
#[derive(Debug)]
pub struct Plain {
    plan: Plan<f64>,
    inputs: usize,
    scaling: Normalization,
}

impl Plain {
    /// Compiles the network with the given layer widths. The last width is 1.
    pub fn new(inputs: usize, widths: &[usize], scaling: Normalization) -> Self {
        let mut graph = Graph::new();
        let x = graph.input(1, inputs);
        let psi = record(&mut graph, &mut Params::default(), x, widths, Unary::Tanh);
        let slope = crate::grad::grad(&mut graph, psi, &[x])[0].expect("a network depends on its inputs");
        Self { plan: Plan::compile(&graph, &[psi, slope], PlanOptions::default()), inputs, scaling }
    }

    /// Values `[points]` and gradients `[points, inputs]` at points `[points, inputs]`, for parameters in the units of the
    /// network.
    pub fn values(&mut self, params: &[f64], x: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let Normalization { input_shift, input_scale, output_shift, output_scale } = &self.scaling;
        let mut batch = self.plan.batch(x.len() / self.inputs);
        let scaled = |(k, x): (usize, &f64)| (x - input_shift[k % self.inputs]) / input_scale[k % self.inputs];
        batch.set(0, &x.iter().enumerate().map(scaled).collect::<Vec<f64>>());
        self.plan.set_params(params);
        self.plan.run(&batch);
        let slope = |(k, g): (usize, &f64)| g * output_scale / input_scale[k % self.inputs];
        let psi = self.plan.output(0).iter().map(|psi| psi * output_scale + output_shift).collect();
        (psi, self.plan.output(1).iter().enumerate().map(slope).collect())
    }
}

/// Records a network at `x` `[1, inputs]` with the given layer widths. The last is the width of the output. Declares `A1`, `c1`, ...
pub fn record(graph: &mut Graph, params: &mut Params, x: NodeId, widths: &[usize], activation: Unary) -> NodeId {
    let mut h = x;
    for (k, &width) in (1..).zip(widths) {
        let columns = graph.shape(h).rows;
        let a = params.declare(graph, format!("A{k}"), ParamKind::Free, [1, width, columns]);
        let c = params.declare(graph, format!("c{k}"), ParamKind::Bias, [1, width, 1]);
        let z = graph.matvec(a, h);
        let z = graph.add(z, c);
        h = if k == widths.len() { z } else { graph.unary(activation, z) };
    }
    h
}

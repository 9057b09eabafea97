//! The gated soft minimum (Eq. 3 of the paper): with gates `s(a) = sigmoid(10 (a/2 - 1))` and sharpness `rho > 0`,
//!
//! ```text
//! Psi(x) = -(1/rho) log( (1/N) sum_i s(a_i) exp(-rho f_i(x)) )
//! ```
//!
//! It is computed as a log-sum-exp of `log s(a_i) - rho f_i` with the maximum subtracted, so that it is finite for any gate and any rho.
//! Responsibilities are the softmax of these terms: `r_i = s_i exp(-rho f_i) / sum_j s_j exp(-rho f_j)`.

use super::params::{ParamKind, Params};
use super::{Architecture, Symmetry, features, icnn};
use crate::graph::{Axis, Graph, NodeId};
use crate::plan::Scalar;

/// Gate `s(a)`.
pub fn gate(a: f64) -> f64 {
    1.0 / (1.0 + (-gate_argument(a)).exp())
}

/// Logarithm of the gate, `log s(a)`.
pub fn log_gate(a: f64) -> f64 {
    crate::kernels::naive::unary(crate::graph::Unary::LogSigmoid, gate_argument(a))
}

fn gate_argument(a: f64) -> f64 {
    10.0 * (a / 2.0 - 1.0)
}

/// Height of a closed mode, in the units of the network. Its responsibility is zero at any sharpness above 1e-3.
pub const CLOSED_HEIGHT: f64 = 1e6;

/// Closes a mode permanently. The mode becomes a constant at a height at which it is responsible nowhere. Its gate parameter becomes a = 0, a gate of
/// 4.5e-5 without a penalty. All its derivatives are exactly zero, so training does not open it. N is unchanged.
pub fn close<T: Scalar>(params: &Params, flat: &mut [T], mode: usize) {
    let last_bias = params.iter().filter(|p| p.kind == ParamKind::Bias).last();
    for param in params.iter().filter(|p| p.kind != ParamKind::Sharpness) {
        let is_last = last_bias.is_some_and(|last| last.offset == param.offset);
        flat[param.of_mode(mode)].fill(if is_last { T::narrow(CLOSED_HEIGHT) } else { T::zero() });
    }
}

/// Returns true if a mode has been closed by [`close`].
pub fn is_closed(params: &Params, flat: &[f64], mode: usize) -> bool {
    let last_bias = params.iter().filter(|p| p.kind == ParamKind::Bias).last();
    last_bias.is_some_and(|bias| flat[bias.of_mode(mode)].iter().all(|&height| height > 0.5 * CLOSED_HEIGHT))
}

/// Modes that have not been closed.
pub fn open_modes(params: &Params, flat: &[f64]) -> Vec<usize> {
    let modes = params.get("a").map_or(0, |a| a.shape[0]);
    (0..modes).filter(|&mode| !is_closed(params, flat, mode)).collect()
}

/// A recorded LSE-ICNN.
#[derive(Clone, Debug)]
pub struct LseIcnn {
    /// Its parameters: the parameters of the modes, then `a [modes]`, then `rho`.
    pub params: Params,
    /// The inputs, `[1, inputs]`.
    pub x: NodeId,
    /// The modes, `[modes, 1]`. Under a symmetry, the modes at the inputs before the exchange.
    pub modes: NodeId,
    /// Gate parameters, `[modes, 1]`.
    pub a: NodeId,
    /// Sharpness.
    pub rho: NodeId,
    /// The exponents `log s(a_i) - rho f_i`, `[modes, 1]`.
    pub exponents: NodeId,
    /// The soft minimum, `[1, 1]`. Under a symmetry, the mean of the soft minima at the inputs and at the exchanged inputs.
    pub psi: NodeId,
}

impl LseIcnn {
    /// Records the network over a new input.
    pub fn record(graph: &mut Graph, arch: &Architecture) -> Self {
        let x = graph.input(1, arch.inputs);
        let mut params = Params::default();
        Self::record_on(graph, &mut params, arch, x)
    }

    /// Records the network at `x` `[1, inputs]`. Its parameters follow those already declared.
    pub fn record_on(graph: &mut Graph, params: &mut Params, arch: &Architecture, x: NodeId) -> Self {
        let mut copies = vec![x];
        if arch.symmetry == Symmetry::Exchange {
            let rows: Vec<NodeId> = (0..arch.inputs).rev().map(|row| graph.slice(x, Axis::Rows, row, 1)).collect();
            copies.push(graph.concat(Axis::Rows, &rows));
        }
        let copies: Vec<NodeId> = copies.into_iter().map(|x| features::record(graph, &arch.periodic, x)).collect();
        let all = icnn::record(graph, params, arch, &copies);
        let modes = all[0];
        let a = params.declare(graph, "a", ParamKind::Gate, [arch.modes, 1, 1]);
        let rho = params.declare(graph, "rho", ParamKind::Sharpness, [1, 1, 1]);
        let exponents = exponents(graph, modes, a, rho);
        let mut psi = soft_minimum(graph, exponents, rho, arch.offered);
        if let Some(&mirrored) = all.get(1) {
            let there = self::exponents(graph, mirrored, a, rho);
            let there = soft_minimum(graph, there, rho, arch.offered);
            let both = graph.add(psi, there);
            let half = graph.constant(0.5);
            psi = graph.mul(both, half);
        }
        Self { params: params.clone(), x, modes, a, rho, exponents, psi }
    }

    /// Records the gradient of Psi with respect to the inputs, `[1, inputs]`.
    pub fn gradient(&self, graph: &mut Graph) -> NodeId {
        crate::grad::grad(graph, self.psi, &[self.x])[0].expect("Psi depends on its inputs")
    }

    /// Records the Hessian of Psi with respect to the inputs, row by row, each `[1, inputs]`.
    pub fn hessian(&self, graph: &mut Graph) -> Vec<NodeId> {
        let gradient = self.gradient(graph);
        (0..graph.shape(self.x).rows)
            .map(|row| {
                let component = graph.slice(gradient, Axis::Rows, row, 1);
                crate::grad::grad(graph, component, &[self.x])[0].expect("the modes are curved")
            })
            .collect()
    }

    /// Records the responsibilities, `[modes, 1]`.
    pub fn responsibilities(&self, graph: &mut Graph) -> NodeId {
        let total = graph.log_sum_exp(Axis::Modes, self.exponents);
        let logarithm = graph.sub(self.exponents, total);
        graph.exp(logarithm)
    }
}

/// The exponents `log s(a_i) - rho f_i`.
fn exponents(graph: &mut Graph, f: NodeId, a: NodeId, rho: NodeId) -> NodeId {
    let (slope, shift) = (graph.constant(5.0), graph.constant(10.0));
    let argument = graph.mul(a, slope);
    let argument = graph.sub(argument, shift);
    let log_gate = graph.log_sigmoid(argument);
    let steep = graph.mul(f, rho);
    graph.sub(log_gate, steep)
}

/// The soft minimum `-(1/rho) (log sum_i exp(e_i) - log N)`.
fn soft_minimum(graph: &mut Graph, exponents: NodeId, rho: NodeId, offered: usize) -> NodeId {
    let total = graph.log_sum_exp(Axis::Modes, exponents);
    let log_n = graph.constant((offered as f64).ln());
    let mean = graph.sub(log_n, total);
    graph.div(mean, rho)
}

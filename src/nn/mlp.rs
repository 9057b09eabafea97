//! A plain multi-layer network, `y = A_L act(... act(A_1 x + c_1) ...) + c_L`: for comparisons, and for the rates of hidden
//! states. One mode.

use super::params::{ParamKind, Params};
use crate::graph::{Graph, NodeId, Unary};

/// Records a network over `x` `[1, inputs]` with these layer widths, the last of them the output's; declares `A1`, `c1`, ...
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

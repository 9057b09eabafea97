//! Input convex networks (Eq. 5 of the paper): for each mode, with softplus and `W >= 0`,
//!
//! ```text
//! h_1 = softplus(V_1 x + b_1)
//! h_k = softplus(V_k x + W_k h_{k-1} + b_k)
//! f   =          V_L x + W_L h_{L-1} + b_L
//! ```

use super::params::{ParamKind, Params};
use super::{Architecture, Convexity};
use crate::graph::{Graph, NodeId};

/// Records the modes `f` `[modes, 1]` of `x` `[1, inputs]`, and declares their parameters: `V1`, `b1`, `V2`, `W2`, `b2`, ...
pub fn record(graph: &mut Graph, params: &mut Params, arch: &Architecture, x: NodeId) -> NodeId {
    let mut before: Option<(NodeId, usize)> = None;
    let widths = arch.hidden.iter().copied().chain([1]);
    for (k, width) in (1..).zip(widths) {
        let v = params.declare(graph, format!("V{k}"), ParamKind::Free, [arch.modes, width, arch.inputs]);
        let w = before
            .map(|(_, columns)| params.declare(graph, format!("W{k}"), ParamKind::NonNegative, [arch.modes, width, columns]));
        let b = params.declare(graph, format!("b{k}"), ParamKind::Bias, [arch.modes, width, 1]);
        let vx = graph.matvec(v, x);
        let mut z = graph.add(vx, b);
        if let (Some(w), Some((h, _))) = (w, before) {
            let w = if arch.convexity == Convexity::Absolute { graph.abs(w) } else { w };
            let wh = graph.matvec(w, h);
            z = graph.add(z, wh);
        }
        if k > arch.hidden.len() {
            return z;
        }
        before = Some((graph.softplus(z), width));
    }
    unreachable!("the last layer returns")
}

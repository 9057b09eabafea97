//! Input convex networks (Eq. 5 of the paper): for each mode, with softplus and `W >= 0`,
//!
//! ```text
//! h_1 = softplus(V_1 x + b_1)
//! h_k = softplus(V_k x + W_k h_{k-1} + b_k)
//! f   =          V_L x + W_L h_{L-1} + b_L   [+ 1/2 sum D x^2   [+ 1/12 sum (A x)^4]]
//! ```
//!
//! where the terms in brackets are a [`Skip`], a convex polynomial, which keeps the mode convex.

use super::params::{ParamKind, Params};
use super::{Architecture, Convexity, Skip};
use crate::graph::{Axis, Graph, NodeId};

/// Records the modes `f` `[modes, 1]` at each of the features `x` `[1, features]`. It declares their common parameters: `V1`, `b1`, `V2`, `W2`, `b2`,
/// ..., and `D` and `A` of the skip.
pub fn record(graph: &mut Graph, params: &mut Params, arch: &Architecture, x: &[NodeId]) -> Vec<NodeId> {
    let absolute = arch.convexity == Convexity::Absolute;
    let mut before: Option<(Vec<NodeId>, usize)> = None;
    let mut modes = Vec::new();
    let widths = arch.hidden.iter().copied().chain([1]);
    for (k, width) in (1..).zip(widths) {
        let v = params.declare(graph, format!("V{k}"), ParamKind::Free, [arch.modes, width, arch.features()]);
        let w = before
            .as_ref()
            .map(|(_, columns)| params.declare(graph, format!("W{k}"), ParamKind::NonNegative, [arch.modes, width, *columns]));
        let b = params.declare(graph, format!("b{k}"), ParamKind::Bias, [arch.modes, width, 1]);
        let layer = |graph: &mut Graph, copy: usize| {
            let vx = graph.matvec(v, x[copy]);
            let z = graph.add(vx, b);
            let (Some(w), Some((h, _))) = (w, &before) else { return z };
            let w = if absolute { graph.abs(w) } else { w };
            let wh = graph.matvec(w, h[copy]);
            graph.add(z, wh)
        };
        let z: Vec<NodeId> = (0..x.len()).map(|copy| layer(graph, copy)).collect();
        if k > arch.hidden.len() {
            modes = z;
            break;
        }
        before = Some((z.into_iter().map(|z| graph.softplus(z)).collect(), width));
    }
    if arch.skip != Skip::None {
        let d = params.declare(graph, "D", ParamKind::NonNegative, [arch.modes, 1, arch.features()]);
        let d = if absolute { graph.abs(d) } else { d };
        let half = graph.constant(0.5);
        for (f, &x) in modes.iter_mut().zip(x) {
            let square = graph.mul(x, x);
            let sum = graph.matvec(d, square);
            let sum = graph.mul(sum, half);
            *f = graph.add(*f, sum);
        }
    }
    if arch.skip == Skip::Quartic {
        let a = params.declare(graph, "A", ParamKind::Free, [arch.modes, arch.features(), arch.features()]);
        let twelfth = graph.constant(1.0 / 12.0);
        for (f, &x) in modes.iter_mut().zip(x) {
            let z = graph.matvec(a, x);
            let square = graph.mul(z, z);
            let fourth = graph.mul(square, square);
            let sum = graph.sum(Axis::Rows, fourth);
            let sum = graph.mul(sum, twelfth);
            *f = graph.add(*f, sum);
        }
    }
    modes
}

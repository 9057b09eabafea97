//! Differentiation in reverse mode, as a transformation of graphs.
//!
//! [`grad`] traverses the graph backwards from a value. For every node on the way, it adds the nodes of the reverse rule of its operation. The rules
//! are in one table, the function `pull_back`, and consist of ordinary operations. Derivatives can therefore be differentiated again without code for
//! higher orders. A derivative that does not exist is `None`, never a node of zeros.

use crate::graph::{Axis, Binary, Graph, NodeId, Op, Unary};

/// Derivative of the sum of all entries of `y` with respect to each of `wrt`. If `y` is batched, the sum includes all samples. An entry is `None` if
/// `y` does not depend on that node.
pub fn grad(graph: &mut Graph, y: NodeId, wrt: &[NodeId]) -> Vec<Option<NodeId>> {
    let one = graph.filled(1.0, graph.shape(y));
    pull(graph, &[(y, one)], wrt)
}

/// Vector-Jacobian product: the cotangent of each of `wrt`, given a cotangent of each of `outputs`. Cotangents are summed over the outputs. An entry
/// is `None` if no output depends on that node.
///
/// # Panics
/// If a cotangent has another shape than its output.
pub fn pull(graph: &mut Graph, outputs: &[(NodeId, NodeId)], wrt: &[NodeId]) -> Vec<Option<NodeId>> {
    let (needed, nodes) = (dependents(graph, wrt), graph.nodes().collect::<Vec<_>>());
    let mut cotangents: Vec<Option<NodeId>> = vec![None; nodes.len()];
    for &(output, cotangent) in outputs {
        let (so, sc) = (graph.shape(output), graph.shape(cotangent));
        assert!(so == sc, "a cotangent of shape {sc} for a value of shape {so}");
        add_to(graph, &mut cotangents[output.index()], cotangent);
    }
    for &node in nodes.iter().rev() {
        let Some(cotangent) = cotangents[node.index()] else { continue };
        for (k, operand) in graph.op(node).operands().enumerate().filter(|(_, operand)| needed[operand.index()]) {
            if let Some(contribution) = pull_back(graph, node, k, cotangent) {
                add_to(graph, &mut cotangents[operand.index()], contribution);
            }
        }
    }
    wrt.iter().map(|node| cotangents[node.index()]).collect()
}

/// For each node of a graph, true if it is one of `wrt` or depends on one of them by differentiable operations.
pub fn dependents(graph: &Graph, wrt: &[NodeId]) -> Vec<bool> {
    let mut found = vec![false; graph.len()];
    for &node in wrt {
        found[node.index()] = true;
    }
    for node in graph.nodes() {
        let stops = matches!(graph.op(node), Op::Unary(Unary::StopGradient | Unary::Sign | Unary::Step, _));
        if !stops && graph.op(node).operands().any(|x| found[x.index()]) {
            found[node.index()] = true;
        }
    }
    found
}

/// Jacobian-vector product: the tangent of each of `outputs`, given a tangent of each of `wrt`. An entry is `None` if that output depends on none of
/// them.
///
/// It is computed as the pull-back of a pull-back. A pull-back is linear in its cotangents, so its own pull-back is its transpose. No table of
/// forward rules is needed.
///
/// # Panics
/// If a tangent has another shape than its value.
pub fn push(graph: &mut Graph, outputs: &[NodeId], wrt: &[(NodeId, NodeId)]) -> Vec<Option<NodeId>> {
    let push_one = |graph: &mut Graph, output: NodeId| {
        let cotangent = graph.free(graph.shape(output));
        let leaves: Vec<NodeId> = wrt.iter().map(|&(x, _)| x).collect();
        let pulled = pull(graph, &[(output, cotangent)], &leaves);
        let pairs: Vec<_> = pulled.iter().zip(wrt).filter_map(|(p, &(_, tangent))| p.map(|p| (p, tangent))).collect();
        pull(graph, &pairs, &[cotangent])[0]
    };
    outputs.iter().map(|&output| push_one(graph, output)).collect()
}

fn add_to(graph: &mut Graph, sum: &mut Option<NodeId>, term: NodeId) {
    *sum = Some(sum.map_or(term, |s| graph.add(s, term)));
}

/// Reverse rules. For each operation `y = op(a, b, c)`, the cotangent of its `k`-th operand follows from the cotangent `ct` of `y`. It is absent if
/// the derivative is zero.
fn pull_back(g: &mut Graph, y: NodeId, k: usize, ct: NodeId) -> Option<NodeId> {
    Some(match (g.op(y), k) {
        (Op::Unary(f, x), _) => return unary_rule(g, f, x, y, ct),
        (Op::Binary(f, a, b), _) => binary_rule(g, f, [a, b], k == 0, ct),
        (Op::Powi(x, n), _) => {
            let power = g.powi(x, n - 1);
            let n = g.constant(f64::from(n));
            let slope = g.mul(n, power);
            g.mul(ct, slope)
        }
        (Op::Powf(x, power), _) => {
            let rest = g.powf(x, power.value() - 1.0);
            let factor = g.constant(power.value());
            let slope = g.mul(factor, rest);
            g.mul(ct, slope)
        }
        (Op::Select(a, ..), 1) => {
            let zero = g.constant(0.0);
            g.select(a, ct, zero)
        }
        (Op::Select(a, ..), 2) => {
            let zero = g.constant(0.0);
            g.select(a, zero, ct)
        }
        (Op::Broadcast(x, _), _) => g.sum_to(ct, g.shape(x)),
        (Op::Sum(_, x), _) => g.broadcast(ct, g.shape(x)),
        (Op::Max(axis, x), _) => max_rule(g, axis, x, y, ct),
        (Op::Slice { x, axis, start, .. }, _) => {
            let len = g.shape(x).extent(axis).expect("slices are not taken over samples");
            g.pad(ct, axis, start as usize, len)
        }
        (Op::Pad { x, axis, start, .. }, _) => {
            let len = g.shape(x).extent(axis).expect("padding is not done over samples");
            g.slice(ct, axis, start as usize, len)
        }
        (Op::MatVec(_, h), 0) => g.outer(ct, h),
        (Op::MatVec(w, _), _) => g.matvec_t(w, ct),
        (Op::MatVecT(_, v), 0) => g.outer(v, ct),
        (Op::MatVecT(w, _), _) => g.matvec(w, ct),
        (Op::Outer(_, h), 0) => g.matvec(ct, h),
        (Op::Outer(v, _), _) => g.matvec_t(ct, v),
        (Op::Input(_) | Op::Param(_) | Op::Setting(_) | Op::Const(_) | Op::Free(_) | Op::Select(..), _) => return None,
    })
}

/// The rule of a function `y` of `x`.
fn unary_rule(g: &mut Graph, f: Unary, x: NodeId, y: NodeId, ct: NodeId) -> Option<NodeId> {
    let slope = match f {
        Unary::Neg => return Some(g.neg(ct)),
        Unary::Log => return Some(g.div(ct, x)),
        Unary::Exp => y,
        Unary::Softplus => g.sigmoid(x),
        Unary::Sigmoid => {
            // The slope is s (1 - s). Near s = 1 the difference loses digits, but the slope is then close to zero, and no second
            // exponential is needed.
            let one = g.constant(1.0);
            let rest = g.sub(one, y);
            g.mul(y, rest)
        }
        Unary::LogSigmoid => {
            let minus = g.neg(x);
            g.sigmoid(minus)
        }
        Unary::Tanh => {
            let square = g.mul(y, y);
            let one = g.constant(1.0);
            g.sub(one, square)
        }
        Unary::Abs => g.sign(x),
        Unary::Sqrt => {
            let half = g.constant(0.5);
            g.div(half, y)
        }
        Unary::Sin => g.cos(x),
        Unary::Cos => {
            let sin = g.sin(x);
            g.neg(sin)
        }
        Unary::Atan => {
            let square = g.mul(x, x);
            let one = g.constant(1.0);
            let inverse = g.add(one, square);
            return Some(g.div(ct, inverse));
        }
        Unary::Relu => g.step(x),
        Unary::Sign | Unary::Step | Unary::StopGradient => return None,
    };
    Some(g.mul(ct, slope))
}

/// The rule of a function of `a` and `b`, for the first or the second of them.
fn binary_rule(g: &mut Graph, f: Binary, [a, b]: [NodeId; 2], is_first: bool, ct: NodeId) -> NodeId {
    // Passes on `ct` where the operand is the larger or the smaller one. If both are equal, the first operand is the result.
    let chosen = |g: &mut Graph, larger: NodeId, smaller: NodeId, is_larger: bool| {
        let gap = g.sub(smaller, larger);
        let zero = g.constant(0.0);
        if is_larger { g.select(gap, zero, ct) } else { g.select(gap, ct, zero) }
    };
    match f {
        Binary::Add => ct,
        Binary::Sub if is_first => ct,
        Binary::Sub => g.neg(ct),
        Binary::Mul => g.mul(ct, if is_first { b } else { a }),
        Binary::Div if is_first => g.div(ct, b),
        Binary::Div => {
            let over = g.div(ct, b);
            let ratio = g.div(a, b);
            let product = g.mul(over, ratio);
            g.neg(product)
        }
        Binary::Max => chosen(g, a, b, is_first),
        Binary::Min => chosen(g, b, a, is_first),
    }
}

/// The rule of a maximum along an axis: the cotangent is divided equally among the entries that attain the maximum.
fn max_rule(g: &mut Graph, axis: Axis, x: NodeId, y: NodeId, ct: NodeId) -> NodeId {
    let below = g.sub(y, x);
    let (zero, one) = (g.constant(0.0), g.constant(1.0));
    let attains = g.select(below, zero, one);
    let count = g.sum(axis, attains);
    let contribution = g.div(ct, count);
    g.mul(attains, contribution)
}

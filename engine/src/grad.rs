//! Differentiation in reverse mode, as a transformation of graphs.
//!
//! [`grad`] traverses the graph backwards from a value. For every node on the way, it adds the nodes of the reverse rule of its operation. The rules
//! are in one table, the function `pull_back`, and consist of ordinary operations. Derivatives can therefore be differentiated again without code for
//! higher orders. A derivative that does not exist is `None`, never a node of zeros.

use crate::graph::{Axis, Binary, Graph, NodeId, Op, Shape, Unary};

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
    let len = graph.len();
    let mut needed = vec![false; len];
    for &node in wrt {
        needed[node.index()] = true;
    }
    let nodes: Vec<NodeId> = graph.nodes().collect();
    for &node in &nodes {
        let stops = matches!(graph.op(node), Op::Unary(Unary::StopGradient | Unary::Sign | Unary::Step, _));
        if !stops && graph.op(node).operands().any(|x| needed[x.index()]) {
            needed[node.index()] = true;
        }
    }
    let mut cotangents: Vec<Option<NodeId>> = vec![None; len];
    for &(output, cotangent) in outputs {
        let (so, sc) = (graph.shape(output), graph.shape(cotangent));
        assert!(so == sc, "a cotangent of shape {sc} for a value of shape {so}");
        add_to(graph, &mut cotangents[output.index()], cotangent);
    }
    for &node in nodes.iter().rev() {
        let Some(cotangent) = cotangents[node.index()] else { continue };
        for (operand, contribution) in pull_back(graph, node, cotangent) {
            if needed[operand.index()] {
                let contribution = contribution(graph);
                add_to(graph, &mut cotangents[operand.index()], contribution);
            }
        }
    }
    wrt.iter().map(|node| cotangents[node.index()]).collect()
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

/// An operand, and a function that adds the nodes of its cotangent to a graph.
type Contribution = (NodeId, Box<dyn FnOnce(&mut Graph) -> NodeId>);

/// Reverse rules. For each operation `y = op(a, b, c)`, the cotangents of its operands follow from the cotangent `ct` of `y`.
fn pull_back(graph: &Graph, y: NodeId, ct: NodeId) -> Vec<Contribution> {
    fn to(operand: NodeId, contribution: impl FnOnce(&mut Graph) -> NodeId + 'static) -> Contribution {
        (operand, Box::new(contribution))
    }
    let shape = |node: NodeId| -> Shape { graph.shape(node) };
    match graph.op(y) {
        Op::Input(_) | Op::Param(_) | Op::Setting(_) | Op::Const(_) | Op::Free(_) => Vec::new(),
        Op::Unary(f, x) => unary_rule(f, x, y, ct).into_iter().collect(),
        Op::Binary(f, a, b) => binary_rule(f, a, b, ct).into(),
        Op::Powi(x, n) => vec![to(x, move |g| {
            let power = g.powi(x, n - 1);
            let n = g.constant(f64::from(n));
            let slope = g.mul(n, power);
            g.mul(ct, slope)
        })],
        Op::Powf(x, power) => vec![to(x, move |g| {
            let rest = g.powf(x, power.value() - 1.0);
            let factor = g.constant(power.value());
            let slope = g.mul(factor, rest);
            g.mul(ct, slope)
        })],
        Op::Select(a, b, c) => vec![
            to(b, move |g| {
                let zero = g.constant(0.0);
                g.select(a, ct, zero)
            }),
            to(c, move |g| {
                let zero = g.constant(0.0);
                g.select(a, zero, ct)
            }),
        ],
        Op::Broadcast(x, _) => {
            let shape = shape(x);
            vec![to(x, move |g| g.sum_to(ct, shape))]
        }
        Op::Sum(_, x) => {
            let shape = shape(x);
            vec![to(x, move |g| g.broadcast(ct, shape))]
        }
        Op::Max(axis, x) => vec![to(x, move |g| max_rule(g, axis, x, y, ct))],
        Op::Slice { x, axis, start, .. } => {
            let len = shape(x).extent(axis).expect("slices are not taken over samples");
            vec![to(x, move |g| g.pad(ct, axis, start as usize, len))]
        }
        Op::Pad { x, axis, start, .. } => {
            let len = shape(x).extent(axis).expect("padding is not done over samples");
            vec![to(x, move |g| g.slice(ct, axis, start as usize, len))]
        }
        Op::MatVec(w, h) => vec![to(w, move |g| g.outer(ct, h)), to(h, move |g| g.matvec_t(w, ct))],
        Op::MatVecT(w, v) => vec![to(w, move |g| g.outer(v, ct)), to(v, move |g| g.matvec(w, ct))],
        Op::Outer(v, h) => vec![to(v, move |g| g.matvec(ct, h)), to(h, move |g| g.matvec_t(ct, v))],
    }
}

fn unary_rule(f: Unary, x: NodeId, y: NodeId, ct: NodeId) -> Option<Contribution> {
    let rule: Box<dyn FnOnce(&mut Graph) -> NodeId> = match f {
        Unary::Neg => Box::new(move |g| g.neg(ct)),
        Unary::Exp => Box::new(move |g| g.mul(ct, y)),
        Unary::Log => Box::new(move |g| g.div(ct, x)),
        Unary::Softplus => Box::new(move |g| {
            let s = g.sigmoid(x);
            g.mul(ct, s)
        }),
        Unary::Sigmoid => Box::new(move |g| {
            // The slope is s (1 - s). Near s = 1 the difference loses digits, but the slope is then close to zero, and no second
            // exponential is needed.
            let one = g.constant(1.0);
            let rest = g.sub(one, y);
            let slope = g.mul(y, rest);
            g.mul(ct, slope)
        }),
        Unary::LogSigmoid => Box::new(move |g| {
            let minus = g.neg(x);
            let s = g.sigmoid(minus);
            g.mul(ct, s)
        }),
        Unary::Tanh => Box::new(move |g| {
            let square = g.mul(y, y);
            let one = g.constant(1.0);
            let slope = g.sub(one, square);
            g.mul(ct, slope)
        }),
        Unary::Abs => Box::new(move |g| {
            let sign = g.sign(x);
            g.mul(ct, sign)
        }),
        Unary::Sqrt => Box::new(move |g| {
            let half = g.constant(0.5);
            let slope = g.div(half, y);
            g.mul(ct, slope)
        }),
        Unary::Sin => Box::new(move |g| {
            let cos = g.cos(x);
            g.mul(ct, cos)
        }),
        Unary::Cos => Box::new(move |g| {
            let sin = g.sin(x);
            let minus = g.neg(sin);
            g.mul(ct, minus)
        }),
        Unary::Atan => Box::new(move |g| {
            let square = g.mul(x, x);
            let one = g.constant(1.0);
            let inverse = g.add(one, square);
            g.div(ct, inverse)
        }),
        Unary::Relu => Box::new(move |g| {
            let step = g.step(x);
            g.mul(ct, step)
        }),
        Unary::Sign | Unary::Step | Unary::StopGradient => return None,
    };
    Some((x, rule))
}

fn binary_rule(f: Binary, a: NodeId, b: NodeId, ct: NodeId) -> [Contribution; 2] {
    type Rule = Box<dyn FnOnce(&mut Graph) -> NodeId>;
    /// Returns a rule that passes on `ct` where `max(larger, smaller)` is its first argument, which includes equality, and zero elsewhere. Without
    /// `first`, the two cases are exchanged.
    fn chosen(larger: NodeId, smaller: NodeId, ct: NodeId, first: bool) -> Rule {
        Box::new(move |g| {
            let gap = g.sub(smaller, larger);
            let zero = g.constant(0.0);
            if first { g.select(gap, zero, ct) } else { g.select(gap, ct, zero) }
        })
    }
    let (to_a, to_b): (Rule, Rule) = match f {
        Binary::Add => (Box::new(move |_| ct), Box::new(move |_| ct)),
        Binary::Sub => (Box::new(move |_| ct), Box::new(move |g| g.neg(ct))),
        Binary::Mul => (Box::new(move |g| g.mul(ct, b)), Box::new(move |g| g.mul(ct, a))),
        Binary::Div => (
            Box::new(move |g| g.div(ct, b)),
            Box::new(move |g| {
                let over = g.div(ct, b);
                let ratio = g.div(a, b);
                let product = g.mul(over, ratio);
                g.neg(product)
            }),
        ),
        Binary::Max => (chosen(a, b, ct, true), chosen(a, b, ct, false)),
        Binary::Min => (chosen(b, a, ct, true), chosen(b, a, ct, false)),
    };
    [(a, to_a), (b, to_b)]
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

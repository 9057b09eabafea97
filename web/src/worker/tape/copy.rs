//! Copies of graphs in which nodes are replaced.

use multiwell_engine::graph::{Graph, NodeId, Op};

/// A copy of a graph.
pub struct Copied {
    /// The copy: all inputs, parameters and settings, and the ancestors of the wanted nodes.
    pub graph: Graph,
    /// Node of the copy for each node of the original.
    of: Vec<Option<NodeId>>,
}

impl Copied {
    /// Copy of a node.
    pub fn node(&self, node: NodeId) -> Option<NodeId> {
        self.of[node.index()]
    }
}

/// Copies all leaves and the ancestors of `wanted`, in order. The arguments of `change` are the current copy, a node of the original and its copy.
/// It returns the replacement that the users of the node read.
pub fn copy(from: &Graph, wanted: &[NodeId], mut change: impl FnMut(&mut Graph, NodeId, NodeId) -> NodeId) -> Copied {
    let mut keep = vec![false; from.len()];
    for leaf in from.inputs().iter().chain(from.params()).chain(from.settings()).chain(wanted) {
        keep[leaf.index()] = true;
    }
    // Users come after their operands.
    for node in from.nodes().rev() {
        if keep[node.index()] {
            from.op(node).operands().for_each(|operand| keep[operand.index()] = true);
        }
    }
    let mut copied = Copied { graph: Graph::new(), of: vec![None; from.len()] };
    // Settings that `change` adds follow those of the graph.
    for &setting in from.settings() {
        let shape = from.shape(setting);
        copied.of[setting.index()] = Some(copied.graph.setting(shape.modes, shape.rows, shape.cols));
    }
    for node in from.nodes().filter(|node| keep[node.index()]) {
        let made = copied.of[node.index()].unwrap_or_else(|| record(&mut copied.graph, from, node, &copied.of));
        copied.of[node.index()] = Some(change(&mut copied.graph, node, made));
    }
    copied
}

/// Records the operation of a node with the copies of its operands.
fn record(graph: &mut Graph, from: &Graph, node: NodeId, of: &[Option<NodeId>]) -> NodeId {
    let shape = from.shape(node);
    let copy = |x: NodeId| of[x.index()].expect("operands come before their users");
    match from.op(node) {
        Op::Input(_) => graph.input(shape.modes, shape.rows),
        Op::Param(_) => graph.param(shape.modes, shape.rows, shape.cols),
        Op::Const(value) => graph.constant(value.value()),
        Op::Unary(f, x) => graph.unary(f, copy(x)),
        Op::Binary(f, a, b) => graph.binary(f, copy(a), copy(b)),
        Op::Powi(x, n) => graph.powi(copy(x), n),
        Op::Powf(x, power) => graph.powf(copy(x), power.value()),
        Op::Select(a, b, c) => graph.select(copy(a), copy(b), copy(c)),
        Op::Broadcast(x, shape) => graph.broadcast(copy(x), shape),
        Op::Sum(axis, x) => graph.sum(axis, copy(x)),
        Op::Max(axis, x) => graph.max_over(axis, copy(x)),
        Op::Slice { x, axis, start, len } => graph.slice(copy(x), axis, start as usize, len as usize),
        Op::Pad { x, axis, start, len } => graph.pad(copy(x), axis, start as usize, len as usize),
        Op::MatVec(w, h) => graph.matvec(copy(w), copy(h)),
        Op::MatVecT(w, g) => graph.matvec_t(copy(w), copy(g)),
        Op::Outer(g, h) => graph.outer(copy(g), copy(h)),
        Op::Setting(_) | Op::Free(_) => unreachable!("settings are copied already, and nothing depends on a placeholder"),
    }
}

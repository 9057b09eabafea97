//! A function as the nodes of its graph, for languages whose values are whole arrays.

use multiwell_engine::graph::{NodeId, Op};

use super::function::Function;

/// A node that is computed, or a known value.
#[derive(Clone, Debug)]
pub enum NodeStep {
    /// The value of a node that does not depend on the arguments: its extents and its numbers.
    Known { node: NodeId, shape: [usize; 3], values: Vec<f64> },
    /// A node that depends on the arguments.
    Computed(NodeId),
}

/// Steps that compute the results of a function, operands before users.
pub fn steps(function: &Function) -> Vec<NodeStep> {
    let graph = &function.graph;
    let needed = needed(function);
    let known: Vec<NodeId> = graph.nodes().filter(|node| needed[node.index()] && !graph.shape(*node).batched).collect();
    let plan = function.plan_of(&known);
    let mut at = 0;
    let step = |node: NodeId| {
        let shape = graph.shape(node);
        if shape.batched {
            return NodeStep::Computed(node);
        }
        at += 1;
        NodeStep::Known { node, shape: [shape.modes, shape.rows, shape.cols], values: plan.output(at - 1).to_vec() }
    };
    graph.nodes().filter(|node| needed[node.index()]).map(step).collect()
}

/// Nodes whose values are needed for the results of a function. Those that do not depend on the arguments are known without their operands.
fn needed(function: &Function) -> Vec<bool> {
    let graph = &function.graph;
    let mut needed = vec![false; graph.len()];
    for node in function.nodes() {
        needed[node.index()] = true;
    }
    for node in graph.nodes().rev().filter(|node| graph.shape(*node).batched) {
        if needed[node.index()] {
            graph.op(node).operands().for_each(|operand| needed[operand.index()] = true);
        }
    }
    needed
}

/// Ways in which a value is used.
#[derive(Clone, Copy, Debug, Default)]
pub struct Uses {
    /// As a matrix that multiplies a vector.
    pub matrix: bool,
    /// As a matrix whose transpose multiplies a vector.
    pub transposed: bool,
    /// As a vector, or as a result.
    pub vector: bool,
}

impl Uses {
    /// Returns the uses of the value of a node in computed nodes.
    pub fn count(function: &Function, node: NodeId) -> Self {
        let (graph, needed) = (&function.graph, needed(function));
        let mut uses = Self { vector: function.nodes().contains(&node), ..Self::default() };
        for user in graph.nodes().filter(|user| needed[user.index()] && graph.shape(*user).batched) {
            match graph.op(user) {
                Op::MatVec(w, h) => {
                    uses.matrix |= w == node;
                    uses.vector |= h == node;
                }
                Op::MatVecT(w, g) => {
                    uses.transposed |= w == node;
                    uses.vector |= g == node;
                }
                op => uses.vector |= op.operands().any(|operand| operand == node),
            }
        }
        uses
    }
}

//! Fitting derivatives: the mean over samples and components of `(dPsi/dx - g)^2` (Sec. 4.1 of the paper), alone or with the values'
//! squared errors beside it. Its own gradient differentiates a gradient; nothing here knows that.

use crate::graph::{Axis, Graph, NodeId};
use crate::model::LseIcnn;

/// Records the squared error of each sample, summed over its components, `[1, 1]`; declares the inputs `g` `[1, inputs]` and, if
/// weighted, the components' weights. `with_value` adds the value as one more component, the last.
pub fn squares(graph: &mut Graph, model: &LseIcnn, inputs: usize, weighted: bool, with_value: bool) -> NodeId {
    let slope = model.gradient(graph);
    compared(graph, slope, with_value.then_some(model.psi), inputs, weighted)
}

/// The same for a slope `[1, inputs]` and a value that come from anywhere.
pub(super) fn compared(graph: &mut Graph, slope: NodeId, value: Option<NodeId>, inputs: usize, weighted: bool) -> NodeId {
    let (found, components) = match value {
        Some(value) => (graph.concat(Axis::Rows, &[slope, value]), inputs + 1),
        None => (slope, inputs),
    };
    let g = graph.input(1, components);
    let error = graph.sub(found, g);
    let mut square = graph.mul(error, error);
    if weighted {
        let weight = graph.input(1, components);
        square = graph.mul(square, weight);
    }
    graph.sum(Axis::Rows, square)
}

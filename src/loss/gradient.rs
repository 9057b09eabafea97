//! Fits derivatives. The loss is the mean over samples and components of `(dPsi/dx - g)^2` (Sec. 4.1 of the paper), alone or together with the
//! squared errors of values. The gradient of this loss differentiates a gradient, by the general rules of differentiation.

use crate::graph::{Axis, Graph, NodeId};
use crate::model::LseIcnn;

/// Records the squared error of each sample, summed over its components, `[1, 1]`. Declares the inputs `g` `[1, inputs]` and, if
/// `weighted`, the weights of the components. `with_value` adds the value as the last component.
pub fn squares(graph: &mut Graph, model: &LseIcnn, inputs: usize, weighted: bool, with_value: bool) -> NodeId {
    let slope = model.gradient(graph);
    compared(graph, slope, with_value.then_some(model.psi), inputs, weighted)
}

/// Records the squared error of each sample for a given slope `[1, inputs]` and an optional value.
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

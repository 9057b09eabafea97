//! Fitting derivatives only: the mean over samples and components of `(dPsi/dx - g)^2` (Sec. 4.1 of the paper). Its own gradient
//! differentiates a gradient; nothing here knows that.

use crate::graph::{Axis, Graph, NodeId};
use crate::nn::LseIcnn;

/// Records the squared error of each sample, summed over its components, `[1, 1]`; declares the inputs `g` `[1, inputs]` and, if
/// weighted, the components' weights.
pub fn squares(graph: &mut Graph, model: &LseIcnn, inputs: usize, weighted: bool) -> NodeId {
    let slope = model.gradient(graph);
    let g = graph.input(1, inputs);
    let error = graph.sub(slope, g);
    let mut square = graph.mul(error, error);
    if weighted {
        let weight = graph.input(1, inputs);
        square = graph.mul(square, weight);
    }
    graph.sum(Axis::Rows, square)
}

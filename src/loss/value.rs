//! Fitting values: `mean_n (Psi(x_n) - y_n)^2` (Eq. 7 of the paper).

use crate::graph::{Graph, NodeId};
use crate::model::LseIcnn;

/// Records the squared error of each sample, `[1, 1]`. Declares the inputs `y` and, if `weighted`, the weight of the sample.
pub fn squares(graph: &mut Graph, model: &LseIcnn, weighted: bool) -> NodeId {
    let y = graph.input(1, 1);
    let error = graph.sub(model.psi, y);
    let square = graph.mul(error, error);
    if !weighted {
        return square;
    }
    let weight = graph.input(1, 1);
    graph.mul(square, weight)
}

//! Fits each mode separately, from below. Each sample belongs to the cell of one mode. Inside its cell a mode is fitted to the
//! values; elsewhere it is only kept above them:
//!
//! ```text
//! mean_n sum_i  in_i(x_n) (f_i(x_n) - y_n)^2 + (1 - in_i(x_n)) max(y_n - f_i(x_n), 0)^2
//! ```
//!
//! A convex function that equals the values in its cell and lies above them elsewhere cannot bridge two wells.

use crate::graph::{Axis, Graph, NodeId};
use crate::model::LseIcnn;

/// Records the sum over the modes for each sample, `[1, 1]`. Declares the inputs `y`, the masks `in` `[modes, 1]` and, if `weighted`, the weight of the
/// sample.
pub fn squares(graph: &mut Graph, model: &LseIcnn, modes: usize, weighted: bool) -> NodeId {
    let y = graph.input(1, 1);
    let inside = graph.input(modes, 1);
    let error = graph.sub(model.modes, y);
    let below = graph.neg(error);
    let below = graph.relu(below);
    let shortfall = graph.neg(below);
    // Outside its cell, a mode has an error only where it lies below the value.
    let counted = graph.select(inside, error, shortfall);
    let square = graph.mul(counted, counted);
    let sum = graph.sum(Axis::Modes, square);
    if !weighted {
        return sum;
    }
    let weight = graph.input(1, 1);
    graph.mul(sum, weight)
}

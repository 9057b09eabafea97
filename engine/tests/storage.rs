//! The storage of a plan.

use multiwell_engine::grad::grad;
use multiwell_engine::graph::{Axis, Graph, NodeId};
use multiwell_engine::plan::{Options, Plan};

/// A soft minimum over modes of networks of two layers, its gradient, and the parameters' gradient of the squared gradient. Many values
/// are used in several segments.
fn recorded() -> (Graph, Vec<NodeId>) {
    let mut g = Graph::new();
    let x = g.input(1, 3);
    let mut h = x;
    for (rows, cols) in [(7, 3), (5, 7), (1, 5)] {
        let (w, b) = (g.param(4, rows, cols), g.param(4, rows, 1));
        let product = g.matvec(w, h);
        let sum = g.add(product, b);
        h = g.softplus(sum);
    }
    let minus = g.neg(h);
    let soft = g.log_sum_exp(Axis::Modes, minus);
    let slope = grad(&mut g, soft, &[x])[0].expect("depends on x");
    let square = g.mul(slope, slope);
    let loss = g.sum_all(square);
    let leaves = g.params().to_vec();
    let slopes = grad(&mut g, loss, &leaves);
    let outputs = [loss, slope].into_iter().chain(slopes.into_iter().flatten()).collect();
    (g, outputs)
}

#[test]
fn the_storage_of_a_plan_is_the_same_whenever_it_is_compiled() {
    let (graph, outputs) = recorded();
    let storage = || Plan::<f32>::compile(&graph, &outputs, Options::default()).storage();
    let first = storage();
    // Every hash map has a seed of its own, and so its own order.
    assert!((0..30).all(|_| storage() == first));
}

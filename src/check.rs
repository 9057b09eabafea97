//! Compares derivatives by reverse mode with central differences, of first and second order.
//!
//! ```
//! use multiwell::{graph::{Axis, Graph}, internal::check::check_grads};
//! use rand::Rng;
//!
//! let mut g = Graph::new();
//! let x = g.input(2, 3);
//! let y = g.tanh(x);
//! let y = g.sum(Axis::Rows, y);
//! check_grads(&mut g, y, |rng| rng.random_range(0.2..1.3)).unwrap();
//! ```

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::grad::grad;
use crate::graph::{Graph, NodeId, Shape};
use crate::plan::{Plan, PlanOptions};

/// Number of samples in a check: more than one tile, and not a multiple of a tile.
const CHECK_SAMPLES: usize = 19;

/// Largest difference of both derivatives, relative to the larger of them and one.
const TOLERANCE: f64 = 1e-6;

/// Checks the derivatives of a weighted sum of `y` with respect to every input and parameter of the graph, by central
/// differences along random directions, in `f64`. The derivative of `<grad y, v>` is checked the same way. `draw` draws the
/// inputs, parameters and settings.
///
/// # Errors
/// A sentence with both numbers if they differ.
pub fn check_grads(graph: &mut Graph, y: NodeId, draw: impl Fn(&mut Xoshiro256PlusPlus) -> f64) -> Result<(), String> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(7);
    let leaves: Vec<NodeId> = graph.inputs().iter().chain(graph.params()).copied().collect();
    let shapes: Vec<Shape> = leaves.iter().map(|&x| graph.shape(x)).collect();
    let copies = |s: &Shape| if s.batched { CHECK_SAMPLES } else { 1 };
    let numbers: Vec<Vec<f64>> = shapes.iter().map(|s| (0..s.len() * copies(s)).map(|_| draw(&mut rng)).collect()).collect();
    let direction: Vec<Vec<f64>> = numbers.iter().map(|n| n.iter().map(|_| rng.random_range(-1.0..1.0)).collect()).collect();
    let settings: Vec<Vec<f64>> =
        graph.settings().iter().map(|&s| graph.shape(s)).map(|s| (0..s.len()).map(|_| draw(&mut rng)).collect()).collect();

    // Distinct weights reveal confused entries.
    let mut value = weighted_sum(graph, y, 0.7);
    for order in 1..=2 {
        let gradient = grad(graph, value, &leaves);
        let slope = difference(graph, value, &numbers, &direction, &settings);
        let along = along(graph, &gradient, &numbers, &direction, &settings);
        let scale = slope.abs().max(along.abs()).max(1.0);
        let gap = (slope - along).abs() / scale;
        if gap.is_nan() || gap > TOLERANCE {
            return Err(format!("order {order}: reverse mode gives {along:e}, differences {slope:e}"));
        }
        let parts: Vec<NodeId> = gradient.iter().flatten().copied().collect();
        let weighted: Vec<NodeId> =
            parts.iter().enumerate().map(|(k, &g)| weighted_sum(graph, g, 0.3 + 0.21 * k as f64)).collect();
        let Some(sum) = weighted.into_iter().reduce(|a, b| graph.add(a, b)) else { break };
        value = sum;
    }
    Ok(())
}

/// `sum_k w_k y_k` with a different weight for every mode, row and column, over all samples.
fn weighted_sum(graph: &mut Graph, y: NodeId, phase: f64) -> NodeId {
    let shape = graph.shape(y);
    let mut terms = Vec::new();
    for (axis, extent) in
        [(crate::graph::Axis::Modes, shape.modes), (crate::graph::Axis::Rows, shape.rows), (crate::graph::Axis::Cols, shape.cols)]
    {
        for k in 0..extent {
            let part = graph.slice(y, axis, k, 1);
            let weight = graph.constant((phase + 1.3 * k as f64 + 0.4 * terms.len() as f64).sin());
            let term = graph.mul(part, weight);
            terms.push(graph.sum_all(term));
        }
    }
    terms.into_iter().reduce(|a, b| graph.add(a, b)).expect("a value has entries")
}

fn evaluate(graph: &Graph, outputs: &[NodeId], numbers: &[Vec<f64>], settings: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mut plan = Plan::<f64>::compile(graph, outputs, PlanOptions { width: Some(4), ..PlanOptions::default() });
    let inputs = graph.inputs().len();
    let params: Vec<f64> = numbers[inputs..].concat();
    plan.set_params(&params);
    for (k, value) in settings.iter().enumerate() {
        plan.set_setting(k, value);
    }
    let mut batch = plan.batch(CHECK_SAMPLES);
    for (k, values) in numbers[..inputs].iter().enumerate() {
        batch.set(k, values);
    }
    plan.run(&batch);
    (0..outputs.len()).map(|k| plan.output(k).to_vec()).collect()
}

/// Central difference along `direction`, by Richardson's extrapolation of two steps.
fn difference(graph: &Graph, value: NodeId, numbers: &[Vec<f64>], direction: &[Vec<f64>], settings: &[Vec<f64>]) -> f64 {
    let at = |step: f64| {
        let moved: Vec<Vec<f64>> =
            numbers.iter().zip(direction).map(|(n, d)| n.iter().zip(d).map(|(n, d)| n + step * d).collect()).collect();
        evaluate(graph, &[value], &moved, settings)[0][0]
    };
    let central = |h: f64| (at(h) - at(-h)) / (2.0 * h);
    let h = 2e-4;
    (4.0 * central(h / 2.0) - central(h)) / 3.0
}

/// Inner product of the gradient and the direction.
fn along(graph: &Graph, gradient: &[Option<NodeId>], numbers: &[Vec<f64>], direction: &[Vec<f64>], settings: &[Vec<f64>]) -> f64 {
    let present: Vec<NodeId> = gradient.iter().flatten().copied().collect();
    let mut values = evaluate(graph, &present, numbers, settings).into_iter();
    let dot = |(g, d): (&Option<NodeId>, &Vec<f64>)| {
        g.map_or(0.0, |_| values.next().expect("one value a gradient").iter().zip(d).map(|(g, d)| g * d).sum())
    };
    gradient.iter().zip(direction).map(dot).sum()
}

//! Features of the inputs, on which the modes depend: cosine and sine of a periodic input, and every other input itself.
//!
//! In the units of the network, one period of an input is two pi. The features are part of the recorded graph. Values and all derivatives are
//! therefore periodic, and derivatives are with respect to the inputs themselves. A mode is convex in its features. In a periodic input it is a
//! convex function of a point on a circle, which need not be convex in the angle.

use std::borrow::Cow;

use std::f64::consts::TAU;

use crate::graph::{Axis, Graph, NodeId};

/// Number of features of inputs. `periodic` marks the periodic ones, and is empty if there are none.
pub fn count(inputs: usize, periodic: &[bool]) -> usize {
    inputs + periodic.iter().filter(|&&is_periodic| is_periodic).count()
}

/// Records the features `[1, features]` of the inputs `x` `[1, inputs]`.
pub fn record(graph: &mut Graph, periodic: &[bool], x: NodeId) -> NodeId {
    if !periodic.contains(&true) {
        return x;
    }
    let mut rows = Vec::new();
    for (k, &is_periodic) in periodic.iter().enumerate() {
        let input = graph.slice(x, Axis::Rows, k, 1);
        if is_periodic {
            rows.extend([graph.cos(input), graph.sin(input)]);
        } else {
            rows.push(input);
        }
    }
    graph.concat(Axis::Rows, &rows)
}

/// Features `[points, features]` of points `x` `[points, inputs]` in the units of the network. If no input is periodic, they are the points
/// themselves.
pub fn of_points<'x>(periodic: &[bool], x: &'x [f64]) -> Cow<'x, [f64]> {
    if !periodic.contains(&true) {
        return Cow::Borrowed(x);
    }
    let mut features = Vec::with_capacity(2 * x.len());
    for (k, &x) in x.iter().enumerate() {
        if periodic[k % periodic.len()] {
            features.extend([x.cos(), x.sin()]);
        } else {
            features.push(x);
        }
    }
    Cow::Owned(features)
}

/// An angle in the units of the network without its whole turns. The result is exact to rounding at any distance from zero.
pub fn wrapped_angle(x: f64) -> f64 {
    x - TAU * (x / TAU).round()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Plan, PlanOptions};

    #[test]
    fn recorded_features_equal_features_of_points() {
        let (periodic, x) = ([true, false, true], [0.3, 5.0, -2.0, 9.0, -1.0, 0.1]);
        let mut graph = Graph::new();
        let input = graph.input(1, 3);
        let features = record(&mut graph, &periodic, input);
        let mut plan = Plan::<f64>::compile(&graph, &[features], PlanOptions::default());
        let mut batch = plan.batch(2);
        batch.set(0, &x);
        plan.run(&batch);
        let expected = of_points(&periodic, &x);
        assert_eq!(expected.len(), 2 * count(3, &periodic));
        assert!(plan.output(0).iter().zip(&*expected).all(|(a, b)| (a - b).abs() < 1e-15), "{expected:?}");
        assert_eq!(of_points(&[], &x)[..], x);
        assert!((wrapped_angle(1000.0 * TAU + 1.0) - 1.0).abs() < 1e-12);
    }
}

//! Tests of derivatives of maxima, of independent values, and of push-forward against its transpose, pull-back.

use multiwell_engine::grad::{grad, pull, push};
use multiwell_engine::graph::{Axis, Binary, Graph, NodeId, Unary};
use multiwell_engine::plan::PlanOptions;

use super::differences::{UnitNumbers, drawn, run};

const SAMPLE_COUNT: usize = 5;

/// Values of the outputs for these numbers of inputs and parameters.
fn values(graph: &Graph, outputs: &[NodeId], numbers: &[Vec<f64>]) -> Vec<Vec<f64>> {
    run::<f64>(graph, outputs, PlanOptions::default(), numbers, SAMPLE_COUNT)
}

#[test]
fn derivative_of_maximum_is_shared_by_ties() {
    let mut g = Graph::new();
    let x = g.input(1, 3);
    let top = g.max_over(Axis::Rows, x);
    let slope = grad(&mut g, top, &[x])[0].expect("the maximum depends on it");
    let ties = [[1.0, 1.0, 1.0], [2.0, 3.0, 3.0], [5.0, 5.0, 4.0], [0.0, 0.0, 0.5], [3.0, -1.0, -2.0]].concat();
    let third = 1.0 / 3.0;
    let found = &values(&g, &[slope], &[ties])[0];
    let expected = [[third; 3], [0.0, 0.5, 0.5], [0.5, 0.5, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]].concat();
    assert!(found.iter().zip(&expected).all(|(f, e)| (f - e).abs() < 1e-15), "{found:?}");
    // The first of two equal numbers is both the larger and the smaller one.
    for f in [Binary::Max, Binary::Min] {
        let mut g = Graph::new();
        let (a, b) = (g.input(1, 1), g.input(1, 1));
        let y = g.binary(f, a, b);
        let slopes: Vec<NodeId> = grad(&mut g, y, &[a, b]).into_iter().flatten().collect();
        let equal = vec![0.5; SAMPLE_COUNT];
        assert_eq!(values(&g, &slopes, &[equal.clone(), equal]), [[1.0; SAMPLE_COUNT], [0.0; SAMPLE_COUNT]], "{f:?}");
    }
}

#[test]
fn push_forward_is_transpose_of_pull_back() {
    let (mut g, mut numbers) = (Graph::new(), UnitNumbers(5));
    let (w, b, x) = (g.param(2, 4, 3), g.param(2, 4, 1), g.input(2, 3));
    let product = g.matvec(w, x);
    let sum = g.add(product, b);
    let first = g.tanh(sum);
    let second = g.sum(Axis::Modes, product);
    let outputs = [first, second];
    let wrt = [w, b, x];
    let along: Vec<(NodeId, NodeId)> = vec![(w, g.param(2, 4, 3)), (b, g.param(2, 4, 1)), (x, g.input(2, 3))];
    let cotangents = [g.input(2, 4), g.input(1, 4)];
    let pushed = push(&mut g, &outputs, &along);
    let pulled = pull(&mut g, &[(first, cotangents[0]), (second, cotangents[1])], &wrt);
    let mut dot = |pairs: Vec<(NodeId, NodeId)>| {
        let terms: Vec<NodeId> = pairs
            .into_iter()
            .map(|(a, b)| {
                let product = g.mul(a, b);
                g.sum_all(product)
            })
            .collect();
        terms.into_iter().reduce(|a, b| g.add(a, b)).expect("there are terms")
    };
    let one = dot(pushed.into_iter().map(Option::unwrap).zip(cotangents).collect());
    let other = dot(pulled.into_iter().map(Option::unwrap).zip(along.iter().map(|&(_, tangent)| tangent)).collect());
    let at = drawn(&g, SAMPLE_COUNT, || numbers.nonzero());
    let found = values(&g, &[one, other], &at);
    assert!((found[0][0] - found[1][0]).abs() < 1e-12 * found[0][0].abs() && found[0][0].abs() > 0.1, "{found:?}");
    // An output that does not depend on the varied value has no tangent.
    assert_eq!(push(&mut g, &[second], &[along[1]]), [None]);
}

#[test]
fn independent_values_have_no_derivative_and_add_no_nodes() {
    let mut g = Graph::new();
    let (x, other) = (g.input(1, 2), g.input(1, 2));
    let y = g.mul(x, x);
    assert_eq!(grad(&mut g, y, &[other]), [None]);
    for f in [Unary::StopGradient, Unary::Sign, Unary::Step] {
        let flat = g.unary(f, x);
        let bent = (0..9).fold(flat, |y, _| g.sin(y));
        let before = g.len();
        assert_eq!(grad(&mut g, bent, &[x]), [None], "{f:?}");
        // Only one number is added: the cotangent of the value.
        assert!(g.len() <= before + 2, "{f:?}");
    }
    // The derivative by one factor does not require that by the other, expensive factor.
    let expensive = (0..9).fold(other, |y, _| g.exp(y));
    let product = g.mul(expensive, x);
    let before = g.len();
    let by_x = grad(&mut g, product, &[x])[0];
    assert_eq!(by_x.map(|slope| g.shape(slope)), Some(g.shape(x)));
    assert!(g.len() <= before + 2);
}

#[test]
#[should_panic(expected = "a cotangent of shape")]
fn cotangent_of_wrong_shape_panics() {
    let mut g = Graph::new();
    let x = g.input(1, 2);
    let (y, wrong) = (g.sin(x), g.input(1, 3));
    pull(&mut g, &[(y, wrong)], &[x]);
}

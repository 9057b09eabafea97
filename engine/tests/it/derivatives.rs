//! Tests of derivatives of every operation against their definition, as limits of differences of first and second order. Push-forward and pull-back
//! are transposes. A result that does not depend on a value has no derivative with respect to it.

use multiwell_engine::grad::{grad, pull, push};
use multiwell_engine::graph::{Axis, Binary, Graph, NodeId, Shape, Unary};
use multiwell_engine::plan::{Plan, PlanOptions};

const SAMPLE_COUNT: usize = 5;

/// Numbers without a pattern.
struct UnitNumbers(u64);

impl UnitNumbers {
    /// Between 0 and 1.
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Random numbers of either sign, away from zero, where some functions have a kink.
    fn list(&mut self, count: usize) -> Vec<f64> {
        (0..count).map(|_| (0.3 + self.unit()) * if self.unit() < 0.5 { 1.0 } else { -1.0 }).collect()
    }
}

/// Values of the outputs for these numbers of inputs and parameters.
fn values(graph: &Graph, outputs: &[NodeId], numbers: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mut plan = Plan::<f64>::compile(graph, outputs, PlanOptions::default());
    let inputs = graph.inputs().len();
    plan.set_params(&numbers[inputs..].concat());
    let mut batch = plan.batch(SAMPLE_COUNT);
    numbers[..inputs].iter().enumerate().for_each(|(k, values)| batch.set(k, values));
    plan.run(&batch);
    (0..outputs.len()).map(|k| plan.output(k).to_vec()).collect()
}

fn leaves(graph: &Graph) -> Vec<NodeId> {
    graph.inputs().iter().chain(graph.params()).copied().collect()
}

/// Random numbers for all inputs and parameters.
fn drawn(graph: &Graph, numbers: &mut UnitNumbers) -> Vec<Vec<f64>> {
    let count = |&x: &NodeId| graph.shape(x).len() * if graph.shape(x).batched { SAMPLE_COUNT } else { 1 };
    leaves(graph).iter().map(|x| numbers.list(count(x))).collect()
}

/// `sum w y` with a parameter `w` for every entry of `y`, summed over the samples.
fn weighted(g: &mut Graph, y: NodeId) -> NodeId {
    let Shape { modes, rows, cols, .. } = g.shape(y);
    let w = g.param(modes, rows, cols);
    let product = g.mul(w, y);
    g.sum_all(product)
}

/// Asserts that the derivative of a number along a direction of all inputs and parameters agrees with differences. The differences of two steps are
/// extrapolated, with an error of the fourth order in the step.
fn assert_slope(name: &str, g: &mut Graph, value: NodeId, at: &[Vec<f64>], numbers: &mut UnitNumbers) {
    let all = leaves(g);
    let slopes = grad(g, value, &all);
    let direction = drawn(g, numbers);
    let given: Vec<NodeId> = slopes.iter().flatten().copied().collect();
    let directions: Vec<&Vec<f64>> = slopes.iter().zip(&direction).filter(|(slope, _)| slope.is_some()).map(|(_, d)| d).collect();
    let along: f64 = values(g, &given, at).iter().zip(directions).flat_map(|(s, d)| s.iter().zip(d)).map(|(s, d)| s * d).sum();
    let moved = |step: f64| {
        let add = |(x, d): (&Vec<f64>, &Vec<f64>)| x.iter().zip(d).map(|(x, d)| x + step * d).collect();
        values(g, &[value], &at.iter().zip(&direction).map(add).collect::<Vec<_>>())[0][0]
    };
    let central = |h: f64| (moved(h) - moved(-h)) / (2.0 * h);
    let difference = (4.0 * central(1e-4) - central(2e-4)) / 3.0;
    let scale = difference.abs().max(1.0);
    assert!((along - difference).abs() <= 1e-7 * scale, "{name}: derivative {along}, differences {difference}");
}

/// Asserts derivatives of first and second order.
fn check(name: &str, build: impl Fn(&mut Graph) -> NodeId) {
    let (mut g, mut numbers) = (Graph::new(), UnitNumbers(11));
    let y = build(&mut g);
    let value = weighted(&mut g, y);
    let at = drawn(&g, &mut numbers);
    assert_slope(name, &mut g, value, &at, &mut numbers);
    // Checks the squares of the derivatives, and their products with the derivatives shifted by a number. No term can then cancel by its sign.
    let all = leaves(&g);
    let slopes: Vec<NodeId> = grad(&mut g, value, &all).into_iter().flatten().collect();
    let cubes: Vec<NodeId> = slopes
        .iter()
        .map(|&slope| {
            let shift = g.constant(0.7);
            let shifted = g.add(slope, shift);
            let product = g.mul(shifted, slope);
            g.sum_all(product)
        })
        .collect();
    let second = cubes.into_iter().reduce(|a, b| g.add(a, b)).expect("there is a derivative by the weights");
    assert_slope(&format!("{name}, second order"), &mut g, second, &at, &mut numbers);
}

/// `x^2`, an argument for functions of positive numbers.
fn positive(g: &mut Graph, x: NodeId) -> NodeId {
    g.mul(x, x)
}

#[test]
fn derivatives_of_functions_are_limits_of_differences() {
    for f in Unary::ALL.into_iter().filter(|&f| f != Unary::StopGradient) {
        check(&format!("{f:?}"), |g| {
            let x = g.input(2, 3);
            let x = if matches!(f, Unary::Log | Unary::Sqrt) { positive(g, x) } else { x };
            g.unary(f, x)
        });
    }
    for f in Binary::ALL {
        check(&format!("{f:?}"), |g| {
            let (a, b) = (g.input(2, 3), g.input(2, 3));
            g.binary(f, a, b)
        });
        check(&format!("{f:?} of different shapes"), |g| {
            let (a, b) = (g.param(2, 1, 1), g.input(1, 3));
            g.binary(f, a, b)
        });
    }
    for n in [-3, -1, 2, 3, 4] {
        check(&format!("power {n}"), |g| {
            let x = g.input(1, 3);
            g.powi(x, n)
        });
    }
    for power in [-1.5, 0.5, 0.7, 2.5] {
        check(&format!("power {power}"), |g| {
            let x = g.input(1, 3);
            let x = positive(g, x);
            g.powf(x, power)
        });
    }
    check("select", |g| {
        let (a, b, c) = (g.input(2, 3), g.input(2, 3), g.param(2, 3, 1));
        g.select(a, b, c)
    });
}

#[test]
fn derivatives_along_axes_are_limits_of_differences() {
    for axis in [Axis::Modes, Axis::Rows, Axis::Samples] {
        for is_sum in [true, false] {
            check(&format!("sum {is_sum} over {axis:?}"), |g| {
                let x = g.input(3, 4);
                let top = if is_sum { g.sum(axis, x) } else { g.max_over(axis, x) };
                let y = g.sin(top);
                g.mul(y, x)
            });
        }
    }
    for axis in [Axis::Modes, Axis::Rows, Axis::Cols] {
        check(&format!("slice and pad along {axis:?}"), |g| {
            let x = g.param(3, 4, 3);
            let part = g.slice(x, axis, 1, 2);
            let part = g.mul(part, part);
            let padded = g.pad(part, axis, 1, 5);
            g.sin(padded)
        });
    }
    check("broadcast", |g| {
        let x = g.input(1, 3);
        let x = g.broadcast(x, Shape::batched(2, 3));
        g.mul(x, x)
    });
}

#[test]
fn derivatives_of_products_are_limits_of_differences() {
    check("matrix by vector", |g| {
        let (w, h) = (g.param(2, 4, 3), g.input(2, 3));
        g.matvec(w, h)
    });
    check("transposed matrix by vector", |g| {
        let (w, v) = (g.param(2, 4, 3), g.input(2, 4));
        g.matvec_t(w, v)
    });
    check("outer product", |g| {
        let (a, b) = (g.input(2, 4), g.input(2, 3));
        let w = g.outer(a, b);
        let v = g.input(2, 3);
        g.matvec(w, v)
    });
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
    let at = drawn(&g, &mut numbers);
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

//! Tests of every operation: derivatives of orders one and two, SIMD against naive kernels, and NaN as the result of NaN.
#![allow(clippy::too_many_lines)]

use multiwell_engine::grad::grad;
use multiwell_engine::graph::{Axis, Binary, Graph, NodeId, Shape, Unary};
use multiwell_engine::plan::{KernelSet, PlanOptions, Reduction};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::differences::{UnitNumbers, assert_derivatives, drawn, leaves, run};

/// A number between -1.5 and 1.5, in single precision.
fn single(numbers: &mut UnitNumbers) -> f64 {
    f64::from((3.0 * numbers.unit() - 1.5) as f32)
}

type OpCase = (String, Graph, NodeId);
/// Adds a leaf of this shape.
type Leaf = fn(&mut Graph, [usize; 3]) -> NodeId;

/// One graph for each operation, over values of several kinds.
fn cases() -> Vec<OpCase> {
    let mut cases = Vec::new();
    let mut case = |name: String, build: &dyn Fn(&mut Graph) -> NodeId| {
        let mut g = Graph::new();
        let y = build(&mut g);
        cases.push((name, g, y));
    };
    let batched: (&str, Leaf) = ("batched", |g, [modes, rows, _]| g.input(modes, rows));
    let uniform: (&str, Leaf) = ("uniform", |g, [modes, rows, cols]| g.param(modes, rows, cols));
    for (kind, leaf) in [batched, uniform] {
        // A stopped gradient cannot be compared with differences, and has a separate test.
        for f in Unary::ALL.into_iter().filter(|&f| f != Unary::StopGradient) {
            case(format!("{f:?} {kind}"), &|g| {
                let x = leaf(g, [2, 3, 2]);
                // Logarithm and root need positive arguments.
                let x = if matches!(f, Unary::Log | Unary::Sqrt) { g.mul(x, x) } else { x };
                g.unary(f, x)
            });
        }
        for n in [-2, -1, 0, 1, 2, 3, 5] {
            case(format!("power {n} {kind}"), &|g| {
                let x = leaf(g, [2, 2, 1]);
                g.powi(x, n)
            });
        }
        for power in [-1.5, 0.5, 0.7, 1.5, 2.5] {
            case(format!("real power {power} {kind}"), &|g| {
                let x = leaf(g, [2, 2, 1]);
                let x = g.mul(x, x);
                g.powf(x, power)
            });
        }
    }
    let pairs = [
        ([batched, batched], [[2, 3, 1], [2, 3, 1]]),
        ([batched, uniform], [[1, 3, 1], [2, 1, 1]]),
        ([uniform, batched], [[1, 3, 1], [2, 1, 1]]),
        ([uniform, uniform], [[2, 3, 2], [1, 3, 1]]),
    ];
    for (f, ([(first, a), (second, b)], [of_a, of_b])) in Binary::ALL.into_iter().flat_map(|f| pairs.map(|pair| (f, pair))) {
        case(format!("{f:?} {first} and {second}"), &|g| {
            let (a, b) = (a(g, of_a), b(g, of_b));
            g.binary(f, a, b)
        });
    }
    case("select".into(), &|g| {
        let (a, b, c) = (g.input(2, 3), g.input(1, 3), g.param(2, 1, 1));
        g.select(a, b, c)
    });
    case("select uniform".into(), &|g| {
        let (a, b, c) = (g.param(2, 3, 1), g.param(1, 3, 1), g.param(2, 1, 1));
        g.select(a, b, c)
    });
    for axis in [Axis::Modes, Axis::Rows, Axis::Samples] {
        case(format!("sum over {axis:?}"), &|g| {
            let x = g.input(3, 4);
            let square = g.mul(x, x);
            let y = g.sum(axis, square);
            // A nonlinear function of the sum, so that the second derivative has terms across the axis.
            let z = g.sin(y);
            g.mul(z, x)
        });
        case(format!("max over {axis:?}"), &|g| {
            let x = g.input(3, 4);
            let y = g.max_over(axis, x);
            let z = g.mul(y, y);
            g.mul(z, x)
        });
    }
    for axis in [Axis::Modes, Axis::Rows, Axis::Cols] {
        case(format!("uniform reductions over {axis:?}"), &|g| {
            let x = g.param(3, 4, 2);
            let square = g.mul(x, x);
            let sum = g.sum(axis, square);
            let top = g.max_over(axis, x);
            let y = g.mul(sum, top);
            g.mul(y, x)
        });
        case(format!("uniform slice and pad along {axis:?}"), &|g| {
            let x = g.param(3, 4, 3);
            let s = g.slice(x, axis, 1, 2);
            let s = g.mul(s, s);
            let p = g.pad(s, axis, 1, 4);
            g.sin(p)
        });
    }
    for axis in [Axis::Modes, Axis::Rows] {
        case(format!("slice and pad along {axis:?}"), &|g| {
            let x = g.input(3, 4);
            let s = g.slice(x, axis, 1, 2);
            let one = g.slice(x, axis, 0, 1);
            let s = g.mul(s, one);
            let p = g.pad(s, axis, 1, 4);
            g.sin(p)
        });
        case(format!("concat along {axis:?}"), &|g| {
            let (x, y) = (g.input(2, 3), g.input(2, 3));
            let xy = g.concat(axis, &[x, y]);
            g.mul(xy, xy)
        });
        case(format!("log-sum-exp over {axis:?}"), &|g| {
            let x = g.input(3, 4);
            g.log_sum_exp(axis, x)
        });
    }
    case("broadcast".into(), &|g| {
        let (a, b) = (g.input(1, 3), g.param(2, 1, 1));
        let a = g.broadcast(a, Shape::batched(2, 3));
        let b = g.broadcast(b, Shape::batched(2, 3));
        let sum = g.add(a, b);
        g.mul(sum, sum)
    });
    case("matvec".into(), &|g| {
        let (w, h) = (g.param(2, 5, 3), g.input(2, 3));
        let y = g.matvec(w, h);
        g.mul(y, y)
    });
    case("matvec of one vector by many matrices".into(), &|g| {
        let (w, h) = (g.param(3, 5, 2), g.input(1, 2));
        let y = g.matvec(w, h);
        g.softplus(y)
    });
    case("matvec with a start".into(), &|g| {
        let (w, h, b) = (g.param(2, 5, 3), g.input(2, 3), g.param(2, 5, 1));
        let y = g.matvec(w, h);
        let y = g.add(y, b);
        g.softplus(y)
    });
    case("transposed matvec".into(), &|g| {
        let (w, v) = (g.param(2, 5, 3), g.input(2, 5));
        let y = g.matvec_t(w, v);
        g.mul(y, y)
    });
    case("uniform matvec".into(), &|g| {
        let (w, h) = (g.param(2, 5, 3), g.param(2, 3, 1));
        let y = g.matvec(w, h);
        let back = g.matvec_t(w, y);
        g.mul(back, back)
    });
    case("outer".into(), &|g| {
        let (a, b) = (g.input(2, 4), g.input(1, 3));
        let w = g.outer(a, b);
        let y = g.mul(w, w);
        g.matvec(y, b)
    });
    case("outer of batched and uniform".into(), &|g| {
        let (a, b) = (g.input(2, 4), g.param(2, 3, 1));
        let w = g.outer(a, b);
        g.mul(w, w)
    });
    case("uniform outer".into(), &|g| {
        let (a, b) = (g.param(2, 4, 1), g.param(2, 3, 1));
        let w = g.outer(a, b);
        g.mul(w, w)
    });
    cases
}

#[test]
fn derivatives_of_every_operation_agree_with_differences() {
    for (name, mut g, y) in cases() {
        assert_derivatives(&name, &mut g, y, UnitNumbers::nonzero);
    }
}

/// Value and gradient of every case for one set of options.
fn outputs_of(case: &OpCase) -> (Graph, Vec<NodeId>) {
    let (_, graph, y) = case;
    let mut graph = graph.clone();
    let leaves = leaves(&graph);
    let gradient = grad(&mut graph, *y, &leaves);
    let outputs = std::iter::once(*y).chain(gradient.into_iter().flatten()).collect();
    (graph, outputs)
}

#[test]
fn simd_kernels_agree_with_naive_kernels() {
    let mut random = UnitNumbers(3);
    for case in cases() {
        let (graph, outputs) = outputs_of(&case);
        for samples in [1, 31, 32, 77] {
            let numbers = drawn(&graph, samples, || single(&mut random));
            let naive = PlanOptions { kernels: KernelSet::Naive, fuse: false, ..PlanOptions::default() };
            let expected = run::<f64>(&graph, &outputs, naive, &numbers, samples);
            for width in [1, 2, 3, 4, 8] {
                for fuse in [false, true] {
                    let options = PlanOptions { width: Some(width), fuse, ..PlanOptions::default() };
                    let double = run::<f64>(&graph, &outputs, options, &numbers, samples);
                    compare(&case.0, &expected, &double, 1e-12);
                    let single = run::<f32>(&graph, &outputs, options, &numbers, samples);
                    compare(&case.0, &expected, &single, 2e-4);
                }
            }
            let single = run::<f32>(&graph, &outputs, naive, &numbers, samples);
            compare(&case.0, &expected, &single, 2e-4);
        }
    }
}

fn compare(name: &str, expected: &[Vec<f64>], found: &[Vec<f64>], tolerance: f64) {
    for (e, f) in expected.iter().zip(found) {
        assert_eq!(e.len(), f.len(), "{name}");
        let scale = e.iter().filter(|x| x.is_finite()).fold(1.0, |m: f64, x| m.max(x.abs()));
        for (e, f) in e.iter().zip(f) {
            let same = (e.is_nan() && f.is_nan()) || (e - f).abs() <= tolerance * scale || e == f;
            assert!(same, "{name}: {e:e} expected, {f:e} found");
        }
    }
}

#[test]
fn stop_gradient_passes_values_without_cotangents() {
    let mut g = Graph::new();
    let x = g.input(1, 2);
    let still = g.stop_gradient(x);
    let y = g.mul(still, x);
    let dx = grad(&mut g, y, &[x])[0].expect("y depends on x");
    let found = run::<f64>(&g, &[y, dx], PlanOptions::default(), &[vec![3.0, 4.0]], 1);
    assert_eq!(found, [[9.0, 16.0], [3.0, 4.0]]);
    assert_eq!(grad(&mut g, still, &[x]), [None]);
}

#[test]
fn nan_propagates_through_all_operations() {
    for f in Unary::ALL {
        let mut graph = Graph::new();
        let x = graph.input(1, 1);
        let y = graph.unary(f, x);
        for kernels in [KernelSet::Simd, KernelSet::Naive] {
            let options = PlanOptions { kernels, ..PlanOptions::default() };
            let found = run::<f32>(&graph, &[y], options, &[vec![0.5, f64::NAN, 0.25]], 3);
            assert!(found[0][1].is_nan() && !found[0][0].is_nan() && !found[0][2].is_nan(), "{f:?} {kernels:?}: {found:?}");
        }
    }
    for f in Binary::ALL {
        let mut graph = Graph::new();
        let (a, b) = (graph.input(1, 1), graph.input(1, 1));
        let y = graph.binary(f, a, b);
        for kernels in [KernelSet::Simd, KernelSet::Naive] {
            let options = PlanOptions { kernels, ..PlanOptions::default() };
            let found = run::<f32>(&graph, &[y], options, &[vec![f64::NAN, 1.0], vec![1.0, f64::NAN]], 2);
            assert!(found[0].iter().all(|x| x.is_nan()), "{f:?} {kernels:?}: {found:?}");
        }
    }
}

#[test]
fn per_sample_drains_sum_to_total() {
    let mut g = Graph::new();
    let (x, w) = (g.input(1, 3), g.param(2, 4, 3));
    let h = g.matvec(w, x);
    let y = g.softplus(h);
    let y = g.sum_all(y);
    let dw = grad(&mut g, y, &[w])[0].expect("y depends on w");
    let mut random = UnitNumbers(5);
    let samples = 21;
    let numbers = drawn(&g, samples, || single(&mut random));
    let whole = run::<f32>(&g, &[dw], PlanOptions::default(), &numbers, samples);
    let options = PlanOptions { reduction: Reduction::PerSample, ..PlanOptions::default() };
    let each = run::<f32>(&g, &[dw], options, &numbers, samples);
    assert_eq!(each[0].len(), samples * 24);
    for k in 0..24 {
        let sum: f64 = (0..samples).map(|s| each[0][s * 24 + k]).sum();
        assert!((sum - whole[0][k]).abs() < 1e-4, "{sum} {}", whole[0][k]);
    }
}

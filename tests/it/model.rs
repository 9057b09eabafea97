//! Tests of the LSE-ICNN, its losses and its training: derivatives, stability, convexity, determinism.

use multiwell::graph::{Axis, Graph, NodeId, Unary};
use multiwell::internal::loss::training_set::TrainingSet;
use multiwell::internal::loss::{Loss, Regression, RegressionTarget, squares};
use multiwell::internal::model::{Architecture, Convexity, LseIcnn, Params, Skip, Symmetry, init, lse, mlp};
use multiwell::internal::train::{Rates, Trainer, adam};
use multiwell::plan::Scalar;
use multiwell::plan::{Plan, PlanOptions};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::differences::assert_derivatives;

/// Checks derivatives at positive numbers, which are allowed for all parameters of an LSE-ICNN and required for rho.
fn check(graph: &mut Graph, y: NodeId) {
    assert_derivatives("model", graph, y, |numbers| 0.1 + 0.8 * numbers.unit());
}

fn architectures() -> Vec<Architecture> {
    let absolute = Architecture { convexity: Convexity::Absolute, ..Architecture::new(2, 3, &[4]) };
    let quartic = Architecture::new(3, 2, &[3]).with(Skip::Quartic, Symmetry::None);
    let mirrored = Architecture::new(2, 3, &[3, 2]).with(Skip::Quadratic, Symmetry::Exchange);
    vec![
        quartic,
        mirrored,
        Architecture::new(1, 4, &[3, 3]),
        Architecture::new(3, 2, &[4, 2, 3]),
        Architecture::new(2, 1, &[5]),
        absolute,
    ]
}

#[test]
fn derivatives_of_psi_and_parts_agree_with_differences() {
    for arch in architectures() {
        for part in 0..4 {
            let mut g = Graph::new();
            let model = LseIcnn::record(&mut g, &arch);
            let y = match part {
                0 => model.psi,
                1 => model.modes,
                2 => model.responsibilities(&mut g),
                _ => model.gradient(&mut g),
            };
            check(&mut g, y);
        }
    }
}

#[test]
fn derivatives_of_plain_network_agree_with_differences() {
    for activation in [Unary::Tanh, Unary::Softplus] {
        let mut g = Graph::new();
        let x = g.input(1, 3);
        let y = mlp::record(&mut g, &mut Params::default(), x, &[5, 4, 2], activation);
        check(&mut g, y);
    }
}

#[test]
fn derivatives_of_objectives_agree_with_differences() {
    for arch in architectures() {
        for weighted in [false, true] {
            for target in [RegressionTarget::Value, RegressionTarget::Gradient, RegressionTarget::Both, RegressionTarget::Cells] {
                let mut g = Graph::new();
                let model = LseIcnn::record(&mut g, &arch);
                let squares = squares(&mut g, &model, &arch, target, weighted);
                let loss = g.sum(Axis::Samples, squares);
                check(&mut g, loss);
            }
        }
    }
}

/// Values at points on a line.
fn values(x: &[f64], y: &[f64], weights: Option<&[f64]>) -> TrainingSet {
    let weights = weights.map(<[f64]>::to_vec);
    TrainingSet { target: RegressionTarget::Value, x: x.to_vec(), targets: y.to_vec(), weights, inputs: 1 }
}

#[test]
fn integer_weights_equal_repeated_rows() {
    let arch = Architecture::new(1, 3, &[4, 4]);
    let x = [-1.0, 0.5, 2.0];
    let y = [0.3, -0.2, 0.9];
    let params: Vec<f64> = init::paper(&multiwell::internal::model::potential::declared(&arch), 3);
    let evaluate = |x: &[f64], y: &[f64], weights: Option<&[f64]>| {
        let mut loss = Regression::<f64>::new(&arch, &values(x, y, weights));
        let mut gradient = vec![0.0; params.len()];
        (loss.evaluate(&params, 0, &mut gradient).total, gradient)
    };
    let (loss, slope) = evaluate(&x, &y, Some(&[2.0, 0.0, 1.0]));
    let (same, same_slope) = evaluate(&[-1.0, -1.0, 2.0], &[0.3, 0.3, 0.9], None);
    assert!((loss - same).abs() < 1e-14);
    assert!(slope.iter().zip(&same_slope).all(|(a, b)| (a - b).abs() < 1e-13));
}

/// Psi, gradient and trace of the Hessian of a small random network with extreme parameters.
fn extreme<T: Scalar>(rho: f64, gate: f64, x: f64) -> Vec<f64> {
    let arch = Architecture::new(2, 3, &[6, 6]);
    let mut g = Graph::new();
    let model = LseIcnn::record(&mut g, &arch);
    let slope = model.gradient(&mut g);
    let (first, second) = (g.slice(slope, Axis::Rows, 0, 1), g.slice(slope, Axis::Rows, 1, 1));
    let mut outputs = vec![model.psi, slope];
    for component in [first, second] {
        outputs.push(multiwell::grad::grad(&mut g, component, &[model.x])[0].expect("the gradient depends on x"));
    }
    let mut params = init::paper(&model.params, 11);
    let set = |name: &str, value: &dyn Fn(usize) -> f64, params: &mut Vec<f64>| {
        let range = model.params.get(name).expect("a parameter of this name").range();
        params[range].iter_mut().enumerate().for_each(|(k, p)| *p = value(k));
    };
    // The gate s(a) equals `gate` for one mode, 1/2 for another and nearly 1 for the rest.
    let a = 2.0 + 0.2 * (gate / (1.0 - gate)).ln();
    set("a", &|k| [a, 2.0, 9.0][k], &mut params);
    set("rho", &|_| rho, &mut params);
    let mut plan = Plan::<T>::compile(&g, &outputs, PlanOptions::default());
    plan.set_params(&params.iter().map(|&p| T::narrow(p)).collect::<Vec<T>>());
    let mut batch = plan.batch(4);
    batch.set(0, &[x, -x, 0.0, x, -x, -x, x, x].map(T::narrow));
    plan.run(&batch);
    (0..outputs.len()).flat_map(|k| plan.output(k).iter().map(|v| v.widen()).collect::<Vec<_>>()).collect()
}

#[test]
fn derivatives_are_finite_at_extreme_sharpness_gates_and_inputs() {
    for rho in [1e-2, 1.0, 1e6] {
        for gate in [1e-12, 0.5, 1.0 - 1e-12] {
            for x in [1e-4, 1.0, 1e4] {
                for values in [extreme::<f64>(rho, gate, x), extreme::<f32>(rho, gate, x)] {
                    assert!(values.iter().all(|v| v.is_finite()), "rho {rho} gate {gate} x {x}: {values:?}");
                }
            }
        }
    }
}

#[test]
fn activations_and_derivatives_are_finite_at_any_argument() {
    let mut g = Graph::new();
    let x = g.input(1, 1);
    let mut outputs = Vec::new();
    for f in [Unary::Softplus, Unary::Sigmoid, Unary::LogSigmoid, Unary::Tanh] {
        let y = g.unary(f, x);
        let dy = multiwell::grad::grad(&mut g, y, &[x])[0].expect("a slope");
        let ddy = multiwell::grad::grad(&mut g, dy, &[x])[0].expect("a curvature");
        outputs.extend([y, dy, ddy]);
    }
    let mut plan = Plan::<f32>::compile(&g, &outputs, PlanOptions::default());
    let mut batch = plan.batch(6);
    batch.set(0, &[-1e4, -100.0, -1e-30, 0.0, 100.0, 1e4]);
    plan.run(&batch);
    for k in 0..outputs.len() {
        assert!(plan.output(k).iter().all(|v| v.is_finite()), "{k}: {:?}", plan.output(k));
    }
    assert_eq!(plan.output(0)[5], 1e4);
    assert_eq!(plan.output(6)[0], -1e4);
}

#[test]
fn every_mode_is_convex_along_random_chords() {
    let arch = Architecture::new(3, 4, &[8, 8]);
    let mut g = Graph::new();
    let model = LseIcnn::record(&mut g, &arch);
    let mut plan = Plan::<f64>::compile(&g, &[model.modes], PlanOptions::default());
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(9);
    for seed in 0..20 {
        // The weights are large. After any optimiser step, projection keeps W non-negative.
        let params: Vec<f64> = init::paper(&model.params, seed).iter().map(|p| 3.0 * p).collect();
        plan.set_params(&params);
        let ends: Vec<f64> = (0..6).map(|_| rng.random_range(-4.0..4.0)).collect();
        let at = |t: f64| (0..3).map(|k| ends[k] * (1.0 - t) + ends[3 + k] * t).collect::<Vec<f64>>();
        let mut batch = plan.batch(3);
        batch.set(0, &[at(0.0), at(0.37), at(1.0)].concat());
        plan.run(&batch);
        let f = plan.output(0);
        for mode in 0..4 {
            let chord = 0.63 * f[mode] + 0.37 * f[8 + mode];
            assert!(f[4 + mode] <= chord + 1e-12 * chord.abs().max(1.0), "seed {seed} mode {mode}");
        }
    }
}

#[test]
fn responsibilities_sum_to_one_and_select_smallest_mode() {
    let arch = Architecture::new(1, 3, &[4]);
    let mut g = Graph::new();
    let model = LseIcnn::record(&mut g, &arch);
    let r = model.responsibilities(&mut g);
    let mut plan = Plan::<f64>::compile(&g, &[r, model.modes, model.psi], PlanOptions::default());
    let mut params = init::paper(&model.params, 4);
    params[model.params.get("rho").unwrap().offset] = 1e6;
    plan.set_params(&params);
    let mut batch = plan.batch(9);
    batch.set(0, &(0..9).map(|k| f64::from(k) - 4.0).collect::<Vec<_>>());
    plan.run(&batch);
    for (k, r) in plan.output(0).chunks(3).enumerate() {
        let f = &plan.output(1)[3 * k..3 * k + 3];
        let best = (0..3).min_by(|&a, &b| f[a].total_cmp(&f[b])).unwrap();
        assert!((r.iter().sum::<f64>() - 1.0).abs() < 1e-12 && r[best] > 0.99);
        assert!((plan.output(2)[k] - f[best]).abs() < 1e-5);
    }
}

#[test]
fn initial_gates_are_open() {
    assert!((lse::gate(init::OPEN_GATE) - 0.99).abs() < 1e-4);
    assert!((lse::gate(0.0) - 4.54e-5).abs() < 1e-7);
    assert!((lse::log_gate(-1e5) + 5e5).abs() < 20.0);
}

#[test]
fn weights_stay_non_negative_and_frozen_groups_constant() {
    let arch = Architecture::new(1, 2, &[6, 6]);
    let x: Vec<f64> = (0..50).map(|k| f64::from(k) * 0.1 - 2.5).collect();
    let y: Vec<f64> = x.iter().map(|x| -x * x).collect();
    let mut loss = Regression::<f32>::new(&arch, &values(&x, &y, None));
    let start: Vec<f32> = init::paper(loss.params(), 1).iter().map(|&p| p as f32).collect();
    let mut groups = adam::groups(loss.params(), arch.convexity);
    let frozen = loss.params().get("V1").unwrap().range();
    groups.iter_mut().find(|g| g.range == frozen).unwrap().frozen = true;
    let mut trainer = Trainer::new(start.clone(), groups);
    for _ in 0..300 {
        trainer.evaluate(&mut loss).unwrap();
        trainer.step(&mut loss, |_| Rates { network: 1e-2, gate: 1e-2 }).unwrap();
    }
    assert_eq!(trainer.params()[frozen.clone()], start[frozen]);
    let w = &trainer.params()[loss.params().get("W2").unwrap().range()];
    assert!(w.iter().all(|&w| w >= 0.0) && w.contains(&0.0), "a concave target presses weights to zero");
}

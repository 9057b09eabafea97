//! Tests of the engine and the benchmarks against independent reference values.
//!
//! The files are read from the directory in the environment variable `MULTIWELL_REFERENCE`, by default `tests/data`, so that other files with the
//! same layout can be tested.

use serde_json::Value;

/// Text of the reference file `name`, for example `potentials_1d.json`.
#[cfg(not(target_arch = "wasm32"))]
fn text(name: &str) -> String {
    let directory = std::env::var_os("MULTIWELL_REFERENCE").map_or_else(|| "tests/data".into(), std::path::PathBuf::from);
    let path = directory.join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Text of the reference file `name` in a browser, which has no files. The files of `tests/data` are included at compile time.
#[cfg(target_arch = "wasm32")]
fn text(name: &str) -> String {
    let text = match name {
        "potentials_1d.json" => include_str!("../data/potentials_1d.json"),
        "potentials_mechanochemical.json" => include_str!("../data/potentials_mechanochemical.json"),
        "potentials_gene.json" => include_str!("../data/potentials_gene.json"),
        "lse_icnn_a.json" => include_str!("../data/lse_icnn_a.json"),
        "lse_icnn_b.json" => include_str!("../data/lse_icnn_b.json"),
        other => panic!("{other} is not taken in"),
    };
    text.to_owned()
}

/// The contents of the reference file `name`.
pub fn reference(name: &str) -> Value {
    serde_json::from_str(&text(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// Numbers of an array of any depth, innermost index fastest.
pub fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(numbers).collect(),
        other => vec![other.as_f64().unwrap_or_else(|| panic!("{other} is not a number"))],
    }
}

/// Asserts that `found` equals `expected` within `tolerance` times the largest expected entry.
pub fn assert_close(what: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}");
    assert!(!expected.is_empty(), "{what} is empty");
    let largest = expected.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    for (k, (f, e)) in found.iter().zip(expected).enumerate() {
        assert!((f - e).abs() <= tolerance * largest, "{what}[{k}]: {f} against {e}, largest {largest}");
    }
}

mod potentials_1d {
    use super::{assert_close, numbers, reference};
    use multiwell::internal::{landscape, potentials};
    use serde_json::Value;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// Each benchmark with its reference.
    fn each(check: impl Fn(&dyn potentials::KnownPotential, &Value)) {
        let file = reference("potentials_1d.json");
        let benchmarks = file["benchmarks"].as_object().expect("benchmarks");
        assert!(!benchmarks.is_empty());
        for (id, expected) in benchmarks {
            check(&*potentials::find(id).unwrap_or_else(|| panic!("no benchmark {id}")), expected);
        }
    }

    #[test]
    fn every_benchmark_is_in_reference() {
        let file = reference("potentials_1d.json");
        // A random target, a formula and a drawing have no fixed reference.
        let made = [potentials::RandomWells::ID, potentials::Formula::ID, potentials::Sketch::ID];
        for p in potentials::curves().filter(|p| !made.contains(&p.id())) {
            assert!(file["benchmarks"].get(p.id()).is_some(), "{}", p.id());
        }
    }

    #[test]
    fn values_and_slopes_agree() {
        each(|p, expected| {
            let x = numbers(&expected["x"]);
            let values: Vec<f64> = x.iter().map(|&x| p.value(&[x])).collect();
            let slopes: Vec<f64> = x.iter().map(|&x| p.gradient(&[x])[0]).collect();
            assert_close(p.id(), &values, &numbers(&expected["y"]), 1e-9);
            assert_close(p.id(), &slopes, &numbers(&expected["dy_dx"]), 1e-9);
        });
    }

    #[test]
    fn minima_and_maxima_agree() {
        each(|p, expected| {
            let found = landscape::of_potential(p);
            let minima = found.minima.iter().map(|m| (m.x[0], m.value)).collect::<Vec<_>>();
            let maxima = found.saddles.iter().map(|m| (m.x[0], m.value)).collect::<Vec<_>>();
            for (kind, found) in [("minima", minima), ("maxima", maxima)] {
                let expected = expected[kind].as_array().expect(kind);
                assert_eq!(found.len(), expected.len(), "{kind} of {}", p.id());
                for ((x, value), e) in found.into_iter().zip(expected) {
                    let (at, height) = (e["x"].as_f64().expect("x"), e["value"].as_f64().expect("value"));
                    // Near a smooth extremum the value is flat, so x is less accurate. The same holds for the reference.
                    assert!((x - at).abs() < 1e-8, "{kind} of {}: {x} against {at}", p.id());
                    assert!((value - height).abs() < 1e-9, "{kind} of {}: {value} against {height}", p.id());
                }
            }
        });
    }
}

mod potentials_mechanochemical {
    use super::{assert_close, numbers, reference};
    use multiwell::internal::landscape;
    use multiwell::internal::potentials::{KnownPotential, Mechanochemical, mechanochemical};
    use serde_json::Value;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// The seven inputs, from strains and concentrations.
    fn inputs(strains: &Value, c: &Value) -> Vec<Vec<f64>> {
        numbers(strains).chunks(6).zip(numbers(c)).map(|(strain, c)| [strain, &[c]].concat()).collect()
    }

    #[test]
    fn values_and_gradients_agree() {
        let file = reference("potentials_mechanochemical.json");
        let points = &file["points"];
        let x = inputs(&points["E"], &points["c"]);
        let values: Vec<f64> = x.iter().map(|x| Mechanochemical.value(x)).collect();
        let gradients: Vec<Vec<f64>> = x.iter().map(|x| Mechanochemical.gradient(x)).collect();
        assert_close("value", &values, &numbers(&points["value"]), 1e-9);
        let by_strain: Vec<f64> = gradients.iter().flat_map(|g| g[..6].to_vec()).collect();
        assert_close("gradient", &by_strain, &numbers(&points["grad6"]), 1e-9);
        let mu: Vec<f64> = gradients.iter().map(|g| g[6]).collect();
        assert_close("mu", &mu, &numbers(&points["mu"]), 1e-9);
    }

    #[test]
    fn trajectory_of_equation_16_agrees() {
        let file = reference("potentials_mechanochemical.json");
        let expected = &file["trajectory"];
        let x: Vec<Vec<f64>> = numbers(&expected["t"]).into_iter().map(|t| mechanochemical::trajectory(t).to_vec()).collect();
        assert_close("places", &x.concat(), &inputs(&expected["E"], &expected["c"]).concat(), 1e-9);
        let values: Vec<f64> = x.iter().map(|x| Mechanochemical.value(x)).collect();
        assert_close("value", &values, &numbers(&expected["value"]), 1e-9);
        // A shear stress is half of the derivative with respect to its strain.
        let stress = |g: Vec<f64>| [&g[..3], &[g[3] / 2.0, g[4] / 2.0, g[5] / 2.0]].concat();
        let stresses: Vec<f64> = x.iter().flat_map(|x| stress(Mechanochemical.gradient(x))).collect();
        assert_close("S", &stresses, &numbers(&expected["S"]), 1e-9);
        let mu: Vec<f64> = x.iter().map(|x| Mechanochemical.gradient(x)[6]).collect();
        assert_close("mu", &mu, &numbers(&expected["mu"]), 1e-9);
    }

    #[test]
    fn minima_inside_and_on_faces_of_box_agree() {
        let file = reference("potentials_mechanochemical.json");
        let expected = file["minima_box"].as_array().expect("a list");
        let found = landscape::of_potential(&Mechanochemical).minima;
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for minimum in expected {
            let x = [numbers(&minimum["E"]), numbers(&minimum["c"])].concat();
            let value = minimum["value"].as_f64().expect("a number");
            let near = |m: &&landscape::Minimum| m.x.iter().zip(&x).all(|(a, b)| (a - b).abs() < 1e-7);
            let twin = found.iter().find(near).unwrap_or_else(|| panic!("{x:?} among {found:?}"));
            assert!((twin.value - value).abs() < 1e-9, "{twin:?} {value}");
        }
    }
}

mod potentials_gene {
    use super::{assert_close, numbers, reference};
    use multiwell::internal::dynamics::ode;
    use multiwell::internal::landscape::{Stability, equilibria, slopes_of};
    use multiwell::internal::potentials::{GeneCircuit, KnownPotential, gene_circuit};
    use serde_json::Value;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn cases(check: impl Fn(GeneCircuit, &Value)) {
        let file = reference("potentials_gene.json");
        for case in file["cases"].as_object().expect("an object").values() {
            check(GeneCircuit { b: case["b"].as_f64().expect("a number") }, case);
        }
    }

    #[test]
    fn values_gradients_and_velocities_agree() {
        cases(|circuit, case| {
            let points = &case["points"];
            let x = numbers(&points["x"]);
            let values: Vec<f64> = x.chunks(2).map(|x| circuit.value(x)).collect();
            let gradients: Vec<f64> = x.chunks(2).flat_map(|x| circuit.gradient(x)).collect();
            let velocities: Vec<f64> = x.chunks(2).flat_map(|x| circuit.velocity(x)).collect();
            assert_close("xi", &values, &numbers(&points["xi"]), 1e-9);
            assert_close("gradient", &gradients, &numbers(&points["grad_xi"]), 1e-9);
            assert_close("velocity", &velocities, &numbers(&points["xdot"]), 1e-9);
        });
    }

    #[test]
    fn equilibria_and_their_stability_agree() {
        cases(|circuit, case| {
            let found = equilibria(&[[-0.6, 2.4]; 2], 400, &mut |x| slopes_of(&circuit, x));
            let expected = case["fixed_points"].as_array().expect("a list");
            assert_eq!(found.len(), expected.len(), "{found:?}");
            for point in expected {
                let x = numbers(&point["x"]);
                let near =
                    |e: &&multiwell::internal::landscape::Equilibrium| e.x.iter().zip(&x).all(|(a, b)| (a - b).abs() < 1e-9);
                let twin = found.iter().find(near).unwrap_or_else(|| panic!("{x:?} among {found:?}"));
                // The Jacobian of the vector field is minus the Hessian of the potential.
                let rates: Vec<f64> = twin.curvatures.iter().rev().map(|c| -c).collect();
                assert_close("eigenvalues", &rates, &numbers(&point["jacobian_eigenvalues"]), 1e-9);
                let kind = match point["kind"].as_str() {
                    Some("stable") => Stability::Stable,
                    Some("saddle") => Stability::Saddle,
                    _ => Stability::Unstable,
                };
                assert_eq!(twin.stability, kind);
                assert!((circuit.value(&twin.x) - point["xi"].as_f64().expect("a number")).abs() < 1e-9);
            }
        });
    }

    /// Integrates a vector field and compares the first two variables with the reference.
    fn follow(start: &[f64], times: &Value, expected: &Value, velocity: &mut dyn FnMut(&[f64]) -> Vec<f64>) {
        let places = ode::trajectory(start, &numbers(times), 1e-10, velocity);
        let x: Vec<f64> = places.iter().flat_map(|place| place[..2].to_vec()).collect();
        assert_close("trajectory", &x, &numbers(expected), 1e-6);
    }

    #[test]
    fn trajectories_agree() {
        cases(|circuit, case| {
            for one in case["trajectories"].as_array().expect("a list") {
                follow(&numbers(&one["x0"]), &case["t"], &one["x"], &mut |x| circuit.velocity(x));
            }
        });
    }

    #[test]
    fn transient_landscapes_agree() {
        let file = reference("potentials_gene.json");
        let transient = &file["transient"];
        let (first, second) = (GeneCircuit { b: 0.1 }, GeneCircuit { b: 1.0 });
        let run = |kind: &str, velocity: &dyn Fn(&[f64], f64) -> Vec<f64>| {
            for one in transient[kind].as_array().expect("a list") {
                let start = [numbers(&one["x0"]), vec![gene_circuit::FIRST_WEIGHT]].concat();
                follow(&start, &transient["t"], &one["x"], &mut |x| {
                    [velocity(&x[..2], x[2]), vec![gene_circuit::blending(x[2])]].concat()
                });
            }
        };
        run("mixture", &|x, weight| {
            let (one, two) = (first.velocity(x), second.velocity(x));
            one.iter().zip(&two).map(|(a, b)| (1.0 - weight) * a + weight * b).collect()
        });
        run("direct", &|x, weight| GeneCircuit { b: weight }.velocity(x));
        let start = [gene_circuit::FIRST_WEIGHT];
        let times = numbers(&transient["t"]);
        let weight = ode::trajectory(&start, &times, 1e-10, &mut |x| vec![gene_circuit::blending(x[0])]);
        assert_close("share", &weight.concat(), &numbers(&transient["beta"]), 1e-6);
    }
}

mod lse_icnn {
    use super::{assert_close, numbers, reference};
    use multiwell::graph::{Axis, Graph};
    use multiwell::internal::loss::training_set::TrainingSet;
    use multiwell::internal::loss::{Loss, Regression, RegressionTarget};
    use multiwell::internal::model::{Architecture, Convexity, LseIcnn, Params};
    use multiwell::internal::train::{Rates, Trainer, adam};
    use multiwell::plan::Scalar;
    use multiwell::plan::{Plan, PlanOptions};
    use serde_json::Value;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const MODEL_FILES: [&str; 2] = ["lse_icnn_a.json", "lse_icnn_b.json"];

    fn shape(value: &Value) -> Vec<usize> {
        match value {
            Value::Array(items) => std::iter::once(items.len()).chain(shape(&items[0])).collect(),
            _ => Vec::new(),
        }
    }

    /// Architecture that follows from the arrays of a file.
    fn architecture(file: &Value) -> Architecture {
        let params = &file["params"];
        let hidden: Vec<usize> =
            (1..100).map(|k| &params[format!("V{k}")]).take_while(|v| !v.is_null()).map(|v| shape(v)[1]).collect();
        let first = shape(&params["V1"]);
        Architecture::new(first[2], first[0], &hidden[..hidden.len() - 1])
    }

    /// The arrays of a file as a flat vector of parameters.
    fn flat(params: &Params, arrays: &Value) -> Vec<f64> {
        params.iter().flat_map(|p| numbers(&arrays[&p.name])).collect()
    }

    fn narrow<T: Scalar>(values: &[f64]) -> Vec<T> {
        values.iter().map(|&v| T::narrow(v)).collect()
    }

    fn widen<T: Scalar>(values: &[T]) -> Vec<f64> {
        values.iter().map(|v| v.widen()).collect()
    }

    /// Psi, its gradient, the trace of its Hessian and the responsibilities at the points of the file.
    fn evaluate<T: Scalar>(file: &Value, params: &Value) -> [Vec<f64>; 4] {
        let arch = architecture(file);
        let mut graph = Graph::new();
        let model = LseIcnn::record(&mut graph, &arch);
        let gradient = model.gradient(&mut graph);
        let mut trace = None;
        for k in 0..arch.inputs {
            let component = graph.slice(gradient, Axis::Rows, k, 1);
            let row = multiwell::grad::grad(&mut graph, component, &[model.x])[0].expect("the gradient depends on x");
            let entry = graph.slice(row, Axis::Rows, k, 1);
            trace = Some(trace.map_or(entry, |sum| graph.add(sum, entry)));
        }
        let responsibilities = model.responsibilities(&mut graph);
        let outputs = [model.psi, gradient, trace.expect("at least one input"), responsibilities];
        let mut plan = Plan::<T>::compile(&graph, &outputs, PlanOptions::default());
        plan.set_params(&narrow(&flat(&model.params, params)));
        let x = numbers(&file["x"]);
        let mut batch = plan.batch(x.len() / arch.inputs);
        batch.set(0, &narrow(&x));
        plan.run(&batch);
        [0, 1, 2, 3].map(|k| widen(plan.output(k)))
    }

    fn check_values<T: Scalar>(tolerance: f64) {
        for name in MODEL_FILES {
            let file = reference(name);
            let found = evaluate::<T>(&file, &file["params"]);
            for (found, key) in found.iter().zip(["psi", "grad_x", "hessian_trace", "responsibilities"]) {
                assert_close(&format!("{name} {key}"), found, &numbers(&file[key]), tolerance);
            }
            // The network has a sharpness of 500 and gates down to e^-110.
            let mut stiff = file["params"].clone();
            stiff["rho"] = file["stiff"]["rho"].clone();
            stiff["a"] = file["stiff"]["a"].clone();
            let found = evaluate::<T>(&file, &stiff);
            for (found, key) in found.iter().zip(["psi", "grad_x"]) {
                assert_close(&format!("{name} stiff {key}"), found, &numbers(&file["stiff"][key]), tolerance);
            }
        }
    }

    #[test]
    fn values_and_derivatives_equal_the_reference_in_both_precisions() {
        check_values::<f64>(1e-9);
        check_values::<f32>(1e-4);
    }

    /// The points of the file with values or derivatives.
    fn training_set(file: &Value, target: RegressionTarget, data: &str) -> TrainingSet {
        let inputs = architecture(file).inputs;
        TrainingSet { target, x: numbers(&file["x"]), targets: numbers(&file[data]), weights: None, inputs }
    }

    fn check_losses<T: Scalar>(tolerance: f64) {
        for name in MODEL_FILES {
            let file = reference(name);
            let arch = architecture(&file);
            let cases = [
                (RegressionTarget::Value, "y", 1e-4, "value_loss", "value_loss_grad"),
                (RegressionTarget::Gradient, "g", 0.0, "derivative_loss", "derivative_loss_grad"),
            ];
            for (target, data, epsilon, loss_key, grad_key) in cases {
                let mut loss = Regression::<T>::new(&arch, &training_set(&file, target, data));
                loss.set_epsilon(epsilon);
                let params = narrow(&flat(loss.params(), &file["params"]));
                let mut gradient = vec![T::zero(); params.len()];
                let value = loss.evaluate(&params, 0, &mut gradient);
                assert_close(&format!("{name} {loss_key}"), &[value.total], &[file[loss_key].as_f64().unwrap()], tolerance);
                for param in loss.params().iter() {
                    let found = widen(&gradient[param.range()]);
                    let expected = numbers(&file[grad_key][&param.name]);
                    // The tolerance of derivatives that consist of rounding errors is relative to the loss.
                    let expected_largest = expected.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
                    if expected_largest < 1e-12 {
                        assert!(found.iter().all(|v| v.abs() <= tolerance * value.total), "{name} {grad_key} {}", param.name);
                        continue;
                    }
                    assert_close(&format!("{name} {grad_key} {}", param.name), &found, &expected, tolerance);
                }
            }
        }
    }

    #[test]
    fn losses_and_parameter_gradients_equal_the_reference_in_both_precisions() {
        check_losses::<f64>(1e-9);
        check_losses::<f32>(1e-4);
    }

    fn check_adam<T: Scalar>(tolerance: f64) {
        for name in MODEL_FILES {
            let file = reference(name);
            let arch = architecture(&file);
            let mut loss = Regression::<T>::new(&arch, &training_set(&file, RegressionTarget::Value, "y"));
            loss.set_epsilon(1e-4);
            let start = narrow(&flat(loss.params(), &file["params"]));
            let groups = adam::groups(loss.params(), Convexity::Projection);
            let mut trainer = Trainer::new(start, groups);
            let mut losses = Vec::new();
            for _ in 0..file["adam"]["steps"].as_u64().unwrap() {
                losses.push(trainer.evaluate(&mut loss).expect("a healthy loss").total);
                trainer.step(&mut loss, |_| Rates { network: 1e-3, gate: 1e-4 }).expect("one batch");
            }
            assert_close(&format!("{name} losses"), &losses, &numbers(&file["adam"]["losses"]), tolerance);
            for param in loss.params().iter() {
                let found = widen(&trainer.params()[param.range()]);
                let expected = numbers(&file["adam"]["params"][&param.name]);
                assert_close(&format!("{name} after Adam: {}", param.name), &found, &expected, tolerance);
            }
        }
    }

    #[test]
    fn three_steps_of_adam_equal_the_reference_in_both_precisions() {
        check_adam::<f64>(1e-9);
        check_adam::<f32>(1e-4);
    }
}

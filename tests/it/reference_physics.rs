//! Tests of data generators and roll-outs against independent reference values. The values are in the directory of the environment variable
//! `MULTIWELL_REFERENCE`, by default `tests/data`.
use crate::reference::{assert_close, numbers, reference};
use serde_json::Value;

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is not a number"))
}

mod schlogl {
    use super::{assert_close, number, numbers, reference};
    use multiwell::internal::dynamics::master_equation::Chain;
    use multiwell::internal::dynamics::schlogl::Schlogl;
    use serde_json::Value;

    /// Largest state in the reference.
    const STATE_COUNT: usize = 900;
    /// Largest state of the chain. The probability of a larger state is 5e-13.
    const LARGEST_STATE: usize = 1200;

    fn model(file: &Value) -> Schlogl {
        let p = |name: &str| number(&file["params"][name]);
        Schlogl { c1: p("c1"), c2: p("c2"), c3: p("c3"), c4: p("c4"), a: p("A"), b: p("B"), start: p("X0") as usize }
    }

    #[test]
    fn transient_distribution_agrees() {
        let file = reference("schlogl.json");
        let model = model(&file);
        let chain = Chain::new(&model, LARGEST_STATE);
        for (k, time) in numbers(&file["times"]).into_iter().enumerate() {
            let distribution = chain.distribution(model.start, time);
            // The difference is far below the tolerance of 1e-8 times the largest entry.
            assert_close(&format!("the distribution at {time}"), &distribution[..=STATE_COUNT], &numbers(&file["cme"][k]), 1e-9);
            let below: f64 = distribution[..250].iter().sum();
            assert!((below - number(&file["prob_below_250"][k])).abs() < 1e-10, "below 250 at {time}");
        }
    }

    #[test]
    fn stationary_distribution_agrees() {
        let file = reference("schlogl.json");
        let distribution = Chain::new(&model(&file), LARGEST_STATE).stationary();
        let expected = numbers(&file["stationary"]);
        assert_close("the stationary distribution", &distribution[..=STATE_COUNT], &expected, 1e-12);
        // The closed form has the same accuracy in the tails as in the middle.
        for (n, (found, expected)) in distribution.iter().zip(&expected).enumerate() {
            assert!((found / expected - 1.0).abs() < 1e-9, "state {n}: {found} against {expected}");
        }
    }
}

mod metamaterial {
    use super::{assert_close, number, numbers, reference};
    use multiwell::internal::dynamics::metamaterial::{MaterialConstants, TriangularLoad};
    use serde_json::Value;

    fn material(file: &Value) -> MaterialConstants {
        let p = |name: &str| number(&file["params"][name]);
        MaterialConstants {
            bulk: p("K"),
            shear: p("G"),
            eigenstrain: p("eps0"),
            dpsi: p("dpsi"),
            k_plus: p("k_plus"),
            k_minus: p("k_minus"),
        }
    }

    fn load(file: &Value) -> TriangularLoad {
        TriangularLoad {
            amplitude: number(&file["amplitude"]),
            period: number(&file["period_steps"]),
            sign: number(&file["sign"]),
        }
    }

    #[test]
    fn single_updates_agree() {
        let file = reference("metamaterial.json");
        let material = material(&file);
        assert!((material.hardening() - number(&file["E0_C_E0"])).abs() < 1e-12);
        for row in file["update_table"].as_array().unwrap() {
            let strain = number(&row["E11"]);
            let c = material.update(number(&row["c_old"]), strain);
            let found = [c, material.stress(strain, c)[0], material.force(strain, c)];
            for (found, name) in found.into_iter().zip(["c_new", "S11", "kappa"]) {
                assert!((found - number(&row[name])).abs() < 1e-10, "{name} of {row}: {found}");
            }
        }
    }

    #[test]
    fn two_phase_trajectories_agree() {
        let file = reference("metamaterial.json");
        for expected in file["two_phase"].as_array().unwrap() {
            let path = material(&file).follow(&load(expected).strains(), None);
            let stress = |k: usize| path.stress.iter().map(|s| s[k]).collect::<Vec<_>>();
            let columns = [
                ("E11", path.strain.clone()),
                ("S11", stress(0)),
                ("S22", stress(1)),
                ("c", path.c),
                ("kappa", path.force),
                ("dissipation", path.dissipation),
            ];
            for (name, found) in columns {
                let (expected, found) = (numbers(&expected[name]), found);
                let worst = found.iter().zip(&expected).map(|(f, e)| (f - e).abs()).fold(0.0, f64::max);
                assert!(found.len() == expected.len() && worst < 1e-10, "{name}: {worst}");
            }
        }
    }

    #[test]
    fn trajectories_with_fixed_phase_agree() {
        let file = reference("metamaterial_fixed.json");
        let (material, c) = (material(&file), number(&file["c"]));
        for expected in file["fixed_phase"].as_array().unwrap() {
            let path = material.follow(&load(expected).strains(), Some(c));
            let stress = |k: usize| path.stress.iter().map(|s| s[k]).collect::<Vec<_>>();
            assert_close("E11", &path.strain, &numbers(&expected["E11"]), 1e-10);
            assert_close("S11", &stress(0), &numbers(&expected["S11"]), 1e-10);
            assert_close("S22", &stress(1), &numbers(&expected["S22"]), 1e-10);
            assert_close("kappa", &path.force, &numbers(&expected["kappa"]), 1e-10);
            assert!(path.dissipation.iter().all(|&d| d == 0.0));
        }
    }
}

mod node_rollout {
    use super::{assert_close, number, numbers, reference};
    use multiwell::graph::Unary;
    use multiwell::internal::loss::rollout::{RateLaw, Rollout, RolloutSize};
    use multiwell::internal::loss::trajectories::{ScaledTrajectories, TrajectoryModel};
    use serde_json::Value;

    const COMPONENT_COUNT: usize = 6;

    fn design(law: RateLaw) -> RolloutSize {
        RolloutSize {
            features: 3,
            rates: 6,
            states: 6,
            components: COMPONENT_COUNT,
            modes: 2,
            hidden: vec![19, 19],
            rate_hidden: vec![15, 15],
            activation: Unary::Softplus,
            law,
        }
    }

    /// A symmetric matrix from its entries in the order 11, 22, 33, 12, 13, 23.
    fn matrix(e: &[f64]) -> [[f64; 3]; 3] {
        [[e[0], e[3], e[4]], [e[3], e[1], e[5]], [e[4], e[5], e[2]]]
    }

    fn product(a: [[f64; 3]; 3], b: [[f64; 3]; 3]) -> [[f64; 3]; 3] {
        std::array::from_fn(|i| std::array::from_fn(|j| (0..3).map(|k| a[i][k] * b[k][j]).sum()))
    }

    fn trace(a: [[f64; 3]; 3]) -> f64 {
        a[0][0] + a[1][1] + a[2][2]
    }

    fn paths(file: &Value) -> ScaledTrajectories {
        let (strain, dt) = (numbers(&file["strain"]), number(&file["dt"]));
        let (count, samples) = (file["strain"].as_array().unwrap().len(), file["strain"][0].as_array().unwrap().len());
        let mut paths = ScaledTrajectories { count, samples, stress: numbers(&file["target"]), ..ScaledTrajectories::default() };
        let at = |path: usize, n: usize| matrix(&strain[(path * samples + n) * COMPONENT_COUNT..][..COMPONENT_COUNT]);
        for path in 0..count {
            for n in 0..samples {
                let e = at(path, n);
                let next = at(path, (n + 1).min(samples - 1));
                let d: [[f64; 3]; 3] = std::array::from_fn(|i| std::array::from_fn(|j| (next[i][j] - e[i][j]) / dt));
                let (e2, d2) = (product(e, e), product(d, d));
                paths.features.extend([trace(e), trace(e2), trace(product(e2, e))]);
                paths.rates.extend([trace(d), trace(d2), trace(product(d2, d))]);
                paths.rates.extend([trace(product(e, d)), trace(product(e2, d)), trace(product(e, d2))]);
                for (i, j) in [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)] {
                    paths.basis.extend([f64::from(u8::from(i == j)), 2.0 * e[i][j], 3.0 * e2[i][j]]);
                }
            }
        }
        paths
    }

    /// The name of a parameter in the reference.
    fn place<'a>(file: &'a Value, name: &str) -> &'a Value {
        let part = if name.starts_with(['A', 'c']) { "node" } else { "icnn" };
        &file[part][name]
    }

    /// Reorders `[samples, trajectories, len]` to `[trajectories, samples, len]`.
    fn by_trajectory(values: &[f64], paths: &ScaledTrajectories, len: usize) -> Vec<f64> {
        let row = |path: usize, n: usize| values[(n * paths.count + path) * len..][..len].to_vec();
        (0..paths.count).flat_map(|p| (0..paths.samples).flat_map(move |n| row(p, n))).collect()
    }

    fn parameters(rollout: &Rollout<f64>, file: &Value) -> Vec<f64> {
        rollout.params().iter().flat_map(|p| numbers(place(&file["params"], &p.name))).collect()
    }

    #[test]
    fn stress_states_loss_and_gradient_agree() {
        let file = reference("node_rollout.json");
        let mut rollout = Rollout::<f64>::new(&design(RateLaw::Free), &[1.0; COMPONENT_COUNT]);
        let (paths, params) = (paths(&file), parameters(&rollout, &file));
        rollout.load(&paths, &(0..paths.count).collect::<Vec<_>>());
        let mut gradient = vec![0.0; params.len()];
        let loss = rollout.evaluate(&params, Some(&mut gradient));
        assert_close("loss", &[loss.total], &[number(&file["loss"])], 1e-8);
        assert_close("stress", &by_trajectory(rollout.stress(), &paths, COMPONENT_COUNT), &numbers(&file["stress"]), 1e-8);
        assert_close("h", &by_trajectory(rollout.states(), &paths, 6), &numbers(&file["h"]), 1e-8);
        for param in rollout.params().iter() {
            let expected = numbers(place(&file["loss_grad"], &param.name));
            assert_close(&param.name, &gradient[param.range()], &expected, 1e-8);
        }
    }

    #[test]
    fn loss_gradient_agrees_with_differences_and_onsager_dissipates() {
        let file = reference("node_rollout.json");
        for (dynamics, work) in [(RateLaw::Free, 0.0), (RateLaw::Onsager, 0.0), (RateLaw::Onsager, 0.02)] {
            let mut rollout = Rollout::<f64>::new(&design(dynamics), &[1.0, 2.0, 1.0, 0.5, 1.0, 1.0]);
            let mut paths = paths(&file);
            paths.work = if work > 0.0 { vec![work; paths.count] } else { Vec::new() };
            let params: Vec<f64> = (0..rollout.params().len()).map(|k| 0.4 * (k as f64 * 1.7).sin()).collect();
            let rho = rollout.params().get("rho").unwrap().offset;
            let params: Vec<f64> = params.iter().enumerate().map(|(k, &p)| if k == rho { 1.5 } else { p }).collect();
            rollout.load(&paths, &[3, 0, 2]);
            let mut gradient = vec![0.0; params.len()];
            rollout.evaluate(&params, Some(&mut gradient));
            let moves = rollout.states().iter().fold(0.0_f64, |m, h| m.max(h.abs()));
            assert!(moves > 1e-2, "{dynamics:?}: states stay at {moves}");
            for k in (0..params.len()).step_by(37).chain([rho]) {
                let mut at = |step: f64| {
                    let mut moved = params.clone();
                    moved[k] += step;
                    rollout.evaluate(&moved, None).total
                };
                let h = 1e-4;
                let slope = (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h);
                assert!((slope - gradient[k]).abs() < 1e-8, "{dynamics:?}, parameter {k}: {slope} against {}", gradient[k]);
            }
            rollout.evaluate(&params, None);
            let dissipation = rollout.dissipation(&params);
            assert_eq!(dissipation.len(), 3 * (paths.samples - 1));
            let least = dissipation.iter().copied().fold(f64::INFINITY, f64::min);
            assert!(dynamics == RateLaw::Free || least >= -1e-15, "Onsager dissipates {least}");
            // The factor on the error is one plus the dissipated energy in excess of the work, relative to the work.
            let loss = rollout.evaluate(&params, None);
            let spent = |k: usize| dissipation.iter().skip(k).step_by(3).sum::<f64>();
            let excess: f64 = (0..3).map(|k| (spent(k) - work).max(0.0)).sum();
            let penalty = if work > 0.0 { 1.0 + excess / (3.0 * work) } else { 1.0 };
            assert!((loss.total - loss.data * penalty).abs() < 1e-12 * loss.total, "{} {} {penalty}", loss.total, loss.data);
            assert!(work == 0.0 || penalty > 1.01, "{penalty}");
        }
    }
}

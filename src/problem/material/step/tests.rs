use super::*;
use crate::plan::{Plan, PlanOptions};
use crate::problem::material::{Material, MetamaterialRun, MetamaterialSettings};

/// Fit after a short training.
fn trained(dynamics: Dynamics, fixed_phase: bool) -> MetamaterialRun {
    let usual = MetamaterialSettings::from_dynamics(dynamics, fixed_phase);
    let mut run = MetamaterialRun::new(MetamaterialSettings { trajectories: 20, batch: 8, steps: 40, ..usual });
    run.advance(40);
    run
}

/// Evaluates a step: states, stress, energy, dissipation and the tangent of the first output after it.
fn evaluated(step: &RecordedStep, strain: &[f64], previous: &[f64], duration: f64, states: &[f64]) -> [Vec<f64>; 5] {
    let outputs = [step.states, step.stress, step.energy, step.dissipation, step.tangent[0]];
    let mut plan = Plan::<f64>::compile(&step.graph, &outputs, PlanOptions::default());
    plan.set_params(&step.params);
    step.settings.iter().enumerate().for_each(|(k, matrix)| plan.set_setting(k, matrix));
    let mut batch = plan.batch(1);
    let arguments: Vec<&[f64]> =
        if step.has_rates { vec![strain, previous, std::slice::from_ref(&duration), states] } else { vec![strain, states] };
    arguments.iter().enumerate().for_each(|(k, values)| batch.set(k, values));
    plan.run(&batch);
    [0, 1, 2, 3, 4].map(|k| plan.output(k).to_vec())
}

/// Stress, tangent, and tangent by central differences at each sample of a trajectory.
fn along(step: &RecordedStep, strain: &[f64], time: &[f64]) -> Vec<[f64; 3]> {
    let mut states = step.initial.clone();
    let mut at = |n: usize| {
        let before = n.saturating_sub(1);
        let stress_at = |e: f64| {
            let [after, stress, _, _, tangent] = evaluated(step, &[e], &[strain[before]], time[n] - time[before], &states);
            (after, stress[0], tangent[0])
        };
        let h = 1e-6 * (1.0 + strain[n].abs());
        let slope = (stress_at(strain[n] + h).1 - stress_at(strain[n] - h).1) / (2.0 * h);
        let (after, stress, tangent) = stress_at(strain[n]);
        states = after;
        [stress, tangent, slope]
    };
    (0..strain.len()).map(&mut at).collect()
}

#[test]
fn steps_along_trajectory_match_response_and_tangent() {
    for dynamics in [Dynamics::Node, Dynamics::Onsager, Dynamics::Play] {
        let run = trained(dynamics, true);
        let file = run.file();
        let material = Material::read(&file.write()).unwrap();
        let step = RecordedStep::from_file(&file).unwrap();
        let trajectory = run.held_out[0].clone();
        let outputs = file.outputs.len();
        let expected: Vec<f64> =
            material.respond(std::slice::from_ref(&trajectory)).stress.iter().step_by(outputs).copied().collect();
        let found = along(&step, &trajectory.inputs, &trajectory.time);
        let largest = expected.iter().fold(0.0_f64, |top, s| top.max(s.abs()));
        let steepest = found.iter().fold(0.0_f64, |top, [_, tangent, _]| top.max(tangent.abs()));
        let mut kinks = 0;
        for (n, ([stress, tangent, slope], expected)) in found.iter().zip(&expected).enumerate() {
            // The response is in single precision.
            assert!((stress - expected).abs() < 1e-4 * largest, "{dynamics:?}, sample {n}: {stress} and {expected}");
            // Finite differences are inaccurate where play starts to move.
            kinks += usize::from((tangent - slope).abs() > 1e-5 * steepest);
        }
        assert!(kinks <= if dynamics == Dynamics::Play { 3 } else { 0 }, "{dynamics:?}: {kinks} of {}", found.len());
    }
}

/// For a closed loop of strain: the work minus the change of energy and the dissipation, and the largest energy.
fn imbalance(step: &RecordedStep, steps: usize) -> [f64; 2] {
    let strain = |n: usize| 0.15 * (std::f64::consts::TAU * n as f64 / steps as f64).sin();
    let duration = 1.0 / steps as f64;
    let [mut states, mut stress, begun, ..] = evaluated(step, &[0.0], &[0.0], 0.0, &step.initial);
    assert!(begun[0].abs() < 1e-12, "the energy at rest is {}", begun[0]);
    let (mut work, mut balance, mut largest) = (0.0, 0.0, 0.0_f64);
    for n in 1..=steps {
        let [after, next, energy, spent, _] = evaluated(step, &[strain(n)], &[strain(n - 1)], duration, &states);
        work += 0.5 * (stress[0] + next[0]) * (strain(n) - strain(n - 1));
        largest = largest.max(energy[0].abs());
        balance += spent[0];
        if n == steps {
            return [work - balance - energy[0], largest];
        }
        (states, stress) = (after, next);
    }
    unreachable!("a loop has steps")
}

#[test]
fn work_on_material_is_stored_or_dissipated() {
    for dynamics in [Dynamics::Node, Dynamics::Onsager, Dynamics::Play] {
        let step = RecordedStep::from_file(&trained(dynamics, true).file()).unwrap();
        let [coarse, fine] = [100, 400].map(|steps| imbalance(&step, steps));
        assert!(coarse[0].abs() < 0.05 * coarse[1], "{dynamics:?}: {coarse:?}");
        assert!(fine[0].abs() < 0.3 * coarse[0].abs() + 1e-9 * fine[1], "{dynamics:?}: {coarse:?}, then {fine:?}");
    }
}

/// Tensor of six entries rotated about the axis (1, 1, 1) by an angle; `shear` is the factor of the last three entries.
fn turned(entries: &[f64], angle: f64, shear: f64) -> Vec<f64> {
    let (c, s) = (angle.cos(), angle.sin() / 3.0_f64.sqrt());
    let [one, next, last] = [(1.0 + 2.0 * c) / 3.0, (1.0 - c) / 3.0 - s, (1.0 - c) / 3.0 + s];
    let turn = [[one, next, last], [last, one, next], [next, last, one]];
    let places = [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)];
    let mut tensor = [[0.0; 3]; 3];
    for (k, (i, j)) in places.into_iter().enumerate() {
        let value = entries[k] / if k < 3 { 1.0 } else { shear };
        (tensor[i][j], tensor[j][i]) = (value, value);
    }
    let entry = |i: usize, j: usize| -> f64 { (0..9).map(|n| turn[i][n / 3] * tensor[n / 3][n % 3] * turn[j][n % 3]).sum() };
    places.into_iter().enumerate().map(|(k, (i, j))| entry(i, j) * if k < 3 { 1.0 } else { shear }).collect()
}

#[test]
fn invariants_in_space_extend_axial_fit_and_rotate_with_strain() {
    let close = |a: f64, b: f64| (a - b).abs() < 1e-12 * (1.0 + b.abs());
    for dynamics in [Dynamics::Node, Dynamics::Onsager, Dynamics::Play] {
        let file = trained(dynamics, false).file();
        let line = RecordedStep::from_file(&file).unwrap();
        let space = RecordedStep::at_a_point(&file, &Strain::Invariants).unwrap();
        let [begun, ..] = evaluated(&line, &[0.0], &[0.0], 0.0, &line.initial);
        let expected = evaluated(&line, &[0.08], &[0.03], 0.1, &begun);
        let along = |e: f64| [e, 0.0, 0.0, 0.0, 0.0, 0.0];
        let found = evaluated(&space, &along(0.08), &along(0.03), 0.1, &space.initial);
        assert!(close(found[1][0], expected[1][0]) && close(found[1][1], expected[1][1]) && close(found[1][2], expected[1][1]));
        assert!(close(found[2][0], expected[2][0]) && close(found[3][0], expected[3][0]), "{dynamics:?}");
        assert!(found[0].iter().zip(expected[0].iter().zip(&begun)).all(|(a, (b, begun))| close(*a, b - begun)));

        let (strain, previous) = ([0.05, -0.03, 0.02, 0.04, -0.06, 0.01], [0.02, 0.01, -0.01, 0.03, 0.02, -0.02]);
        let plain = evaluated(&space, &strain, &previous, 0.2, &space.initial);
        let other = evaluated(&space, &turned(&strain, 0.7, 2.0), &turned(&previous, 0.7, 2.0), 0.2, &space.initial);
        assert!(turned(&plain[1], 0.7, 1.0).iter().zip(&other[1]).all(|(a, b)| close(*a, *b)), "{dynamics:?}");
        assert!([0, 2, 3].iter().all(|&k| plain[k].iter().zip(&other[k]).all(|(a, b)| close(*a, *b))), "{dynamics:?}");
    }
}

//! Tests of runs of the metamaterial: any division of epochs into calls, and roll-back after a divergence.
use multiwell::Fit;
use multiwell::internal::data::trajectories::{Trajectories, Trajectory};
use multiwell::internal::dynamics::metamaterial;
use multiwell::internal::problem::material::{Dynamics, MetamaterialRun, MetamaterialSettings, TrajectoryResponse};

fn small(dynamics: Dynamics, fixed_phase: bool) -> MetamaterialSettings {
    let usual = MetamaterialSettings::from_dynamics(dynamics, fixed_phase);
    MetamaterialSettings { trajectories: 40, batch: 16, steps: 12, ..usual }
}

#[test]
fn material_fit_does_not_depend_on_portions_of_epochs() {
    for dynamics in [Dynamics::Node, Dynamics::Onsager, Dynamics::Play] {
        let settings = small(dynamics, true);
        let mut runs = [1, 4, 6].map(|portion| {
            let mut run = MetamaterialRun::new(settings.clone());
            while run.advance(portion) > 0 {}
            run
        });
        let reports: Vec<_> = runs.iter_mut().map(|run| (run.metrics().own.rmse_s11, run.metrics().own.loss)).collect();
        assert!(reports.iter().all(|r| *r == reports[0]), "{dynamics:?}: {reports:?}");
    }
}

#[test]
fn diverged_material_is_rolled_back_and_resumes() {
    for dynamics in [Dynamics::Node, Dynamics::Onsager, Dynamics::Play] {
        let settings = small(dynamics, false);
        let mut run = MetamaterialRun::new(settings.clone());
        let mut healthy = run.metrics();
        run.change(1e4, 12);
        run.advance(6);
        let divergence = run.divergence().expect("it has diverged").clone();
        assert_eq!((run.epoch(), divergence.restored_epoch, run.advance(6)), (0, 0, 0), "{dynamics:?}");
        let mut report = run.metrics();
        assert!(healthy.finite && !report.finite);
        (report.finite, report.seconds, healthy.seconds) = (true, 0.0, 0.0);
        assert_eq!(format!("{report:?}"), format!("{healthy:?}"), "{dynamics:?}: the fit is that of the last snapshot");
        run.change(settings.lr, 12);
        assert_eq!((run.advance(6), run.metrics().finite), (6, true), "{dynamics:?}");
    }
}

/// Sixteen runs of 41 rows under oscillations of growing amplitude. Some are four times as fast as others. `answer` computes the outputs.
fn runs(answer: impl Fn(&[f64], &[f64]) -> Vec<f64>) -> Trajectories {
    let run = |k: usize| {
        let [duration, amplitude] = [0.5 + 0.5 * (k % 4) as f64, 0.4 + 0.04 * k as f64];
        let time: Vec<f64> = (0..=40).map(|n| duration * f64::from(n) / 40.0).collect();
        let inputs: Vec<f64> = (0..=40).map(|n| amplitude * ((0.2 + 0.012 * k as f64) * f64::from(n)).sin()).collect();
        Trajectory { name: k.to_string(), outputs: answer(&time, &inputs), time, inputs }
    };
    of_spring((0..16).map(run).collect())
}

/// Runs with one input and one output.
fn of_spring(trajectories: Vec<Trajectory>) -> Trajectories {
    let (inputs, outputs) = (vec!["u".into()], vec!["F".into()]);
    Trajectories { name: "runs".into(), inputs, outputs, trajectories, ..Trajectories::default() }
}

/// A second phase appears and disappears at thresholds, independent of the rate.
fn two_phases(_: &[f64], u: &[f64]) -> Vec<f64> {
    let strain: Vec<f64> = u.iter().map(|u| 0.25 * u).collect();
    metamaterial::MaterialConstants::default().follow(&strain, None).stress.iter().map(|s| s[0]).collect()
}

/// A spring parallel to a spring in series with a damper.
fn viscous(time: &[f64], u: &[f64]) -> Vec<f64> {
    let (mut flowed, mut force) = (0.0, vec![2.5 * u[0]]);
    for (t, u) in time.windows(2).zip(u.windows(2)) {
        let (steps, tau) = (50, 0.1);
        for k in 0..steps {
            let now = u[0] + (u[1] - u[0]) * (f64::from(k) + 0.5) / f64::from(steps);
            flowed += (t[1] - t[0]) / f64::from(steps) * (now - flowed) / tau;
        }
        force.push(0.5 * u[1] + 2.0 * (u[1] - flowed));
    }
    force
}

#[test]
fn chosen_dynamics_give_same_bits_as_given_dynamics() {
    let data = runs(two_phases);
    let begin = || Fit::material(&data).unwrap().epochs(30).hidden(&[7]);
    let chosen = [1, 7, 1000].map(|portion| {
        let mut ongoing = begin().start().unwrap();
        while ongoing.advance(portion) {}
        assert_eq!((ongoing.epoch(), ongoing.last_epoch()), (30, 30));
        ongoing.fitted().unwrap()
    });
    let given = begin().dynamics(chosen[0].metrics().dynamics).epochs(30).run().unwrap();
    for fitted in chosen {
        assert_eq!(fitted.model_text(), given.model_text());
        assert_eq!((fitted.metrics(), fitted.summary.epochs), (given.metrics(), given.summary.epochs));
        assert!(given.summary.stages.is_empty() && fitted.summary.seconds > 0.0);
    }
}

#[test]
fn runs_of_unequal_length_have_same_response_as_alone() {
    let run = |k: usize, rows: usize| {
        let time: Vec<f64> = (0..rows).map(|n| n as f64 / 19.0).collect();
        let inputs: Vec<f64> = time.iter().map(|t| 0.1 * (3.0 * t + k as f64).sin()).collect();
        Trajectory { name: k.to_string(), outputs: inputs.iter().map(|e| 2.0 * e + 30.0 * e * e * e).collect(), inputs, time }
    };
    for dynamics in [Dynamics::Play, Dynamics::Onsager, Dynamics::Node] {
        let data = of_spring((0..6).map(|k| run(k, 14 + 3 * k)).collect()).checked().unwrap();
        let settings =
            MetamaterialSettings { steps: 30, batch: 3, hidden: vec![6], ..MetamaterialSettings::from_dynamics(dynamics, false) };
        let mut fit = MetamaterialRun::on(settings, data);
        fit.advance(30);
        assert!(fit.divergence().is_none() && fit.loss().is_finite(), "{dynamics:?}");
        // The responses of all trajectories together equal those of each alone.
        let all = fit.data.trajectories.clone();
        let together = fit.answer(&all, true);
        let alone: Vec<_> = all.iter().map(|run| fit.answer(std::slice::from_ref(run), true)).collect();
        let joined = |part: fn(&TrajectoryResponse) -> &Vec<f64>| alone.iter().flat_map(part).copied().collect::<Vec<f64>>();
        assert_eq!(together.stress.len(), all.iter().map(|run| run.time.len()).sum::<usize>());
        let close =
            |a: &[f64], b: &[f64]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-5 * (1.0 + b.abs()));
        assert!(close(&together.stress, &joined(|answer| &answer.stress)), "{dynamics:?}");
        assert!(close(&together.dissipation, &joined(|answer| &answer.dissipation)), "{dynamics:?}");
        let metrics = fit.metrics();
        assert!(metrics.own.r2[0].is_finite() && metrics.warnings.is_empty(), "{dynamics:?}");
    }
}

#[test]
fn single_run_is_learnt_with_warning_about_held_out_runs() {
    let time: Vec<f64> = (0..40).map(f64::from).collect();
    let inputs: Vec<f64> = time.iter().map(|t| (0.2 * t).sin()).collect();
    let outputs = inputs.iter().map(|e| 3.0 * e).collect();
    let single = of_spring(vec![Trajectory { name: "loop".into(), outputs, inputs, time }]);
    // Kinds of dynamics cannot be compared on a single run.
    for dynamics in [Dynamics::Play, Dynamics::Auto] {
        let fitted = Fit::material(&single).unwrap().dynamics(dynamics).epochs(20).run().unwrap();
        let warnings = fitted.warnings();
        assert!(warnings.iter().any(|warning| warning.contains("only one run, so none is held out")), "{warnings:?}");
        assert_eq!(fitted.metrics().dynamics, Dynamics::Play);
        assert_eq!(fitted.model.respond(&single.trajectories).stress.len(), 40);
    }
}

/// Tests that train a recipe to its end: `cargo test --release -- --ignored full::`.
mod full {
    use super::*;

    #[test]
    #[ignore = "full recipe"]
    fn dissipation_of_onsager_is_limited_by_work() {
        for material in [
            metamaterial::MaterialConstants::default(),
            metamaterial::MaterialConstants { k_plus: 0.003, k_minus: 0.009, ..Default::default() },
        ] {
            let own = MetamaterialSettings::from_dynamics(Dynamics::Onsager, false);
            let mut run =
                MetamaterialRun::new(MetamaterialSettings { material, trajectories: 40, steps: 1000, batch: 16, ..own });
            while run.advance(10) > 0 {}
            let (found, truth) = run.metrics().own.dissipated;
            let truth = truth.expect("it is known");
            assert!(found > 0.3 * truth && found < 2.0 * truth, "{found} for {truth}");
        }
    }

    #[test]
    #[ignore = "full recipe"]
    fn play_on_rate_dependent_data_gives_warning() {
        let fit = |data: &Trajectories| Fit::material(data).unwrap().dynamics(Dynamics::Play).epochs(1200).run().unwrap();
        let poor = fit(&runs(viscous));
        let [warning] = poor.warnings() else { panic!("{:?}", poor.warnings()) };
        assert!(warning.contains("depend on the rate") && warning.contains("onsager, or auto"), "{warning}");
        assert_eq!(fit(&runs(two_phases)).warnings(), &[] as &[String]);
    }

    #[test]
    #[ignore = "full recipe"]
    fn play_or_onsager_is_chosen_by_rate_dependence_of_data() {
        let cases = [(runs(two_phases), Dynamics::Play), (runs(viscous), Dynamics::Onsager)];
        for (seed, (data, expected)) in (0..3).flat_map(|seed| cases.iter().map(move |case| (seed, case))) {
            let mut ongoing = Fit::material(data).unwrap().seed(seed).start().unwrap();
            // The trials precede the first epoch of the fit.
            while ongoing.epoch() < 1 && ongoing.advance(50) {}
            let fitted = ongoing.fitted().unwrap();
            let names: Vec<&str> = fitted.summary.stages.iter().map(|stage| stage.name.as_str()).collect();
            assert_eq!(names, ["try play", "try onsager", "try node", "choose dynamics"]);
            assert_eq!(fitted.metrics().dynamics, *expected, "seed {seed}: {:?}", fitted.summary.stages);
        }
    }
}

#[test]
fn material_is_learnt_from_outputs_of_first_inputs() {
    let run = |k: usize| {
        let [rate, shift] = [0.15 + 0.01 * k as f64, 0.3 * k as f64];
        let rows = (0..=40).map(|n| [(rate * f64::from(n)).sin(), (0.1 * f64::from(n) + shift).cos()]);
        let inputs: Vec<f64> = rows.flatten().collect();
        let outputs = inputs.chunks(2).map(|x| x[0] * (1.0 + 0.5 * x[1])).collect();
        Trajectory { name: k.to_string(), time: (0..=40).map(f64::from).collect(), inputs, outputs }
    };
    let [inputs, outputs] = [vec!["E", "T"], vec!["S"]].map(|names| names.into_iter().map(String::from).collect());
    let data = Trajectories { inputs, outputs, trajectories: (0..20).map(run).collect(), ..Trajectories::default() };
    for dynamics in [Dynamics::Node, Dynamics::Onsager, Dynamics::Play] {
        let fitted = Fit::material(&data).unwrap().dynamics(dynamics).epochs(300).run().unwrap();
        let metrics = fitted.metrics();
        assert!(metrics.r2[0] > 0.95 && metrics.net_work.is_none(), "{dynamics:?}: {metrics:?}");
    }
}

//! Tests of densities as jobs: training in any slices, model files, a user's own samples, views, and the command line.

use crate::fits::{finished_density, own_table, start};
use multiwell::internal::controller::Controller;
use multiwell::internal::controller::protocol::{Reply, Request, Status, UserTable, encode};
use multiwell::internal::data::csv::Columns;
use multiwell::internal::plot::figures::Tone;
use multiwell::internal::problem::density::{DensityRun, LARGEST_STATE};
use multiwell::internal::problem::job::FitInputs;
use multiwell::internal::problem::jobs;
use multiwell::internal::problem::settings::{Pooling, Recipe};
use multiwell::internal::problem::view::{ViewPicture, ViewState};
use multiwell::internal::problem::{Job, JobFile, Settings};
use rand::{Rng, SeedableRng};
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;

fn small(benchmark: &str) -> Settings {
    Settings::on(Recipe::Reliable, benchmark).with("modes=3&hidden=6&samples=40&epochs=24").unwrap()
}

/// Samples of two modes at -2 and 3 with widths of one half and one, in one column per name.
fn humps(names: &[&str], rows: usize) -> String {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(7);
    let mut field = |row: usize| {
        let z: f64 = rng.sample(StandardNormal);
        let x = if row.is_multiple_of(3) { -2.0 + 0.5 * z } else { 3.0 + z };
        format!("{x:.6}")
    };
    let mut line = |row| names.iter().map(|_| field(row)).collect::<Vec<_>>().join(",") + "\n";
    names.join(",") + "\n" + &(0..rows).map(&mut line).collect::<String>()
}

fn open(settings: Settings, given: FitInputs) -> DensityRun {
    DensityRun::open(settings, given).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// Trains, a few epochs at a time, until a condition holds.
fn until(run: &mut DensityRun, holds: impl Fn(&DensityRun) -> bool) {
    while !holds(run) && run.ended().is_none() {
        run.advance(1);
    }
}

fn densities(run: &DensityRun) -> Vec<Option<Vec<f64>>> {
    (0..run.samples.sets()).map(|set| run.density(set)).collect()
}

#[test]
fn diverged_fit_keeps_densities_fitted_before() {
    let settings = |lr: &str| small("schlogl").with(lr).unwrap();
    let mut run = open(settings("lr=1e-2"), FitInputs::default());
    until(&mut run, |run| run.fitted() == 3);
    let mut other = open(settings("lr=1e4"), FitInputs { table: None, model: Some(&run.file_text(JobFile::Model)) });
    let before = densities(&other);
    other.advance(u64::MAX);
    let Some(Status::Diverged { sentence }) = other.ended() else { panic!("{:?}", other.ended()) };
    let label = other.samples.labels[3].clone();
    assert!(sentence.contains(&format!("on {label}: ")) && sentence.contains("The 3 densities"), "{sentence}");
    assert_eq!((densities(&other), before.iter().flatten().count(), other.metrics().finite), (before.clone(), 3, false));
}

#[test]
fn density_fit_does_not_depend_on_portions_of_steps() {
    let runs = [1, 7, u64::MAX].map(|portion| {
        let mut run = open(small("schlogl"), FitInputs::default());
        while run.ended().is_none() {
            run.advance(portion);
        }
        assert_eq!(run.progress().epoch, run.last_epoch());
        run
    });
    let all = runs.each_ref().map(densities);
    assert!(all[0].iter().all(|density| density.as_ref().is_some_and(|d| (d.iter().sum::<f64>() - 1.0).abs() < 1e-9)));
    assert_eq!(all[0], all[1]);
    assert_eq!(all[0], all[2]);
}

#[test]
fn model_file_restores_every_fit_and_choice() {
    let mut run = open(small("schlogl"), FitInputs::default());
    let other = || Settings::default().with("modes=9").unwrap();
    until(&mut run, |run| run.fitted() == 2);
    let early = run.file_text(JobFile::Model);
    // A fit that had begun begins again.
    until(&mut run, |run| run.fitted() == 6);
    run.advance(3);
    let late = run.file_text(JobFile::Model);
    run.advance(u64::MAX);
    let one = run.file_text(JobFile::Model);
    for (text, most) in [(early, 5 * 24), (late, 24)] {
        let mut again = jobs::open(other(), FitInputs { table: None, model: Some(&text) }).unwrap();
        assert_eq!(again.settings(), run.settings());
        again.advance(u64::MAX);
        assert!(again.progress().epoch <= most, "what was fitted is not fitted again: {} of {most}", again.progress().epoch);
        assert_eq!(one, again.file_text(JobFile::Model));
    }
    let finished = jobs::open(Settings::default(), FitInputs { table: None, model: Some(&one) }).unwrap();
    assert!(matches!(finished.ended(), Some(Status::Finished { .. })));
    // Before a fit is complete, a file contains settings only.
    let early = open(small("schlogl"), FitInputs::default()).file_text(JobFile::Model);
    let fresh = jobs::open(Settings::default(), FitInputs { table: None, model: Some(&early) }).unwrap();
    assert!(fresh.ended().is_none() && fresh.progress().epoch == 0);
}

#[test]
fn model_files_of_version_1_are_opened_unchanged() {
    // The test data are two columns on one line, as in the file of the original program, and the losses that it printed.
    let own = own_table(include_str!("../data/density_v1.csv"));
    let text = include_str!("../data/density_v1.json");
    let mut job = open(Settings::on(Recipe::Reliable, Settings::OWN_SAMPLES), FitInputs { table: Some(&own), model: None });
    assert_ne!(job.samples.unit(0), job.samples.unit(1));
    let settings = job.settings().with("modes=2&hidden=3&epochs=40&decay=0.2").unwrap();
    job = open(settings, FitInputs { table: Some(&own), model: Some(text) });
    assert!(job.ended().is_some() && job.progress().last_epoch == 0);
    assert_eq!(job.samples.unit(0), job.samples.unit(1));
    let report = job.compared();
    for (found, printed) in report.own.sets.loss.iter().zip([5.915_102_765_696_431, 5.332_087_636_569_495]) {
        // The original program binned the samples on the states.
        assert!((found - printed).abs() < 1e-3, "{found}, not {printed}");
    }
    assert_eq!(report.own.sets.active_gates, [2, 2]);
    // Saved again, the file has the current version.
    let again = job.file_text(JobFile::Model);
    let settings = job.settings().clone();
    let mut back = open(settings, FitInputs { table: Some(&own), model: Some(&again) });
    assert_eq!(back.compared().own.sets.loss, report.own.sets.loss);
}

#[test]
fn damaged_files_and_files_of_other_samples_are_refused() {
    let run = finished_density(small("schlogl"), None);
    let text = run.file_text(JobFile::Model);
    let refused = |settings: &Settings, text: &str, table: Option<&UserTable>| {
        let problems = jobs::open(settings.clone(), FitInputs { table, model: Some(text) }).err().expect("refused");
        assert_eq!(problems.len(), 1, "{problems:?}");
        problems[0].to_string()
    };
    let settings = Settings::default();
    assert!(refused(&settings, &text.replacen("\"version\":3", "\"version\":7", 1), None).contains("has version 7"));
    assert!(refused(&settings, &text.replace("\"settings\":{", "\"settings\":7,\"x\":{"), None).contains("settings are missing"));
    let other = refused(&settings, &text.replace("\"modes\":3", "\"modes\":4"), None);
    assert!(other.contains("its modes, hidden layers and inputs require"), "{other}");
    assert!(refused(&settings, &text[..text.len() / 2], None).len() > 20);
    let own = own_table(&humps(&["a", "b"], 60));
    let run = finished_density(small(Settings::OWN_SAMPLES), Some(&own));
    let text = run.file_text(JobFile::Model);
    assert!(refused(&settings, &text, None).contains("open it first"));
    let others = own_table(&humps(&["a", "c"], 60));
    assert!(refused(&settings, &text, Some(&others)).contains("other samples"));
    assert!(jobs::open(settings, FitInputs { table: Some(&own), model: Some(&text) }).is_ok_and(|job| job.ended().is_some()));
}

#[test]
fn own_samples_are_fitted_in_own_units() {
    let own = own_table(&humps(&["energy"], 300));
    let settings = Settings::on(Recipe::Reliable, Settings::OWN_SAMPLES).with("epochs=600").unwrap();
    let mut run = finished_density(settings, Some(&own));
    let report = run.compared();
    let modes = &report.own.sets.modes_fit[0];
    assert!(modes.len() == 2 && (modes[0] + 2.0).abs() < 0.25 && (modes[1] - 3.0).abs() < 0.5, "{modes:?}");
    // Loss of the density from which the samples were drawn. The loss of a maximum-likelihood fit is lower by half of a chi-squared variable over the
    // number of samples. The variable has about eight degrees of freedom (two modes with position, width, weight and skewness), and exceeds 26 once
    // in a thousand cases. The decay of the weights raises the loss by at most this amount.
    let normal = |x: f64, mean: f64, sd: f64| (-0.5 * ((x - mean) / sd).powi(2)).exp() / (sd * std::f64::consts::TAU.sqrt());
    let surprise = |x: f64| -(normal(x, -2.0, 0.5) / 3.0 + normal(x, 3.0, 1.0) * 2.0 / 3.0).ln();
    let samples: Vec<f64> = own.text.lines().skip(1).map(|line| line.parse().unwrap()).collect();
    let n = samples.len() as f64;
    let of_truth = samples.into_iter().map(surprise).sum::<f64>() / n;
    assert!((report.own.sets.loss[0] - of_truth).abs() < 26.0 / (2.0 * n), "{} against {of_truth}", report.own.sets.loss[0]);
    let distances = report.own.distances.as_ref().expect("the density is compared");
    assert!(report.own.sets.times.is_empty() && distances.tv_fit.is_empty() && report.finite);
    let (density, step) = (run.density(0).unwrap(), run.samples.unit(0)[1]);
    assert_eq!(density.len(), LARGEST_STATE + 1);
    let below_zero: f64 = (0..=LARGEST_STATE).filter(|&n| run.samples.value(0, n as f64) < 0.0).map(|n| density[n]).sum();
    assert!((below_zero - 1.0 / 3.0).abs() < 0.05 && step > 0.0, "{below_zero}");
    let scene = run.scene().0;
    assert!(!scene.has_truth && scene.views.iter().map(|tab| tab.id.as_str()).eq(["at-one-time"]));
}

#[test]
fn increasing_numeric_headers_are_times() {
    let of = |names: &[&str]| {
        let own = own_table(&humps(names, 40));
        let mut run = finished_density(small(Settings::OWN_SAMPLES), Some(&own));
        (run.samples.times.clone(), run.compared().own.sets.pooling)
    };
    assert_eq!(of(&["0.5", "1", "3"]).0, [0.5, 1.0, 3.0]);
    assert_eq!(of(&["t = 0.5", "t = 1", "t=3"]).0, [0.5, 1.0, 3.0]);
    assert_eq!(of(&["cold", "hot"]), (vec![], vec![Pooling::Alone; 2]));
    let gaps = own_table(&(humps(&["a", "b"], 20) + "1.5,\n,2.5\n"));
    let run = open(small(Settings::OWN_SAMPLES), FitInputs { table: Some(&gaps), model: None });
    assert_eq!([run.samples.samples_of(0).len(), run.samples.samples_of(1).len(), run.samples.rows], [21, 21, 22]);
}

#[test]
fn invalid_tables_of_samples_are_refused() {
    let rows = "1\n2\n3\n4\n5\n6\n7\n8\n";
    for (text, words) in [
        (String::new(), "own.csv: the file is empty"),
        (humps(&["a", "a"], 20), "several columns are called"),
        ("x\n1\n2\n".into(), "has 2 numbers, but a density needs at least 8"),
        (format!("x\n{}", "4\n".repeat(20)), "the same number in every row"),
        (format!("x\n{rows}nine\n"), "row 9 (line 10), column \"x\": \"nine\" is not a number"),
        (format!("x,y\n{rows}"), "row 1 (line 2) has 1 field, but the header has 2"),
        (humps(&(0..33).map(|k| if k % 2 == 0 { "a" } else { "b" }).collect::<Vec<_>>(), 9), "at most 32"),
    ] {
        let own = own_table(&text);
        let given = FitInputs { table: Some(&own), model: None };
        let problems = jobs::open(small(Settings::OWN_SAMPLES), given).err().unwrap_or_else(|| panic!("taken: {text}"));
        assert!(problems.len() == 1 && problems[0].sentence.contains(words), "{problems:?}, not {words}");
    }
    // Columns of numbers need no names. Numbers that do not increase are not times.
    for (text, sets, rows) in [(format!("0.3\n{rows}"), 1, 9), (humps(&["2", "1"], 20), 2, 21)] {
        let run = open(small(Settings::OWN_SAMPLES), FitInputs { table: Some(&own_table(&text)), model: None });
        assert_eq!((run.samples.sets(), run.samples.rows), (sets, rows));
    }
    let missing = jobs::open(small(Settings::OWN_SAMPLES), FitInputs::default()).err().expect("refused");
    assert!(missing[0].sentence.contains("open it first"));
    let columns = Columns { inputs: vec!["b".into()], ..Columns::default() };
    let chosen = UserTable { columns, ..own_table(&humps(&["a", "b"], 20)) };
    let run = open(small(Settings::OWN_SAMPLES), FitInputs { table: Some(&chosen), model: None });
    assert_eq!(run.samples.labels, ["b"]);
}

#[test]
fn excessive_rates_and_numbers_of_samples_are_refused() {
    let refused = |settings: Settings| DensityRun::open(settings, FitInputs::default()).err().expect("refused").remove(0);
    let usual = small("schlogl");
    assert_eq!(refused(usual.with("c1=1e-6").unwrap()).field, "c1");
    assert_eq!(refused(usual.with("samples=20000").unwrap()).field, "samples");
    // Other rates have other distributions, which may need a longer line.
    let run = open(usual.with("c1=4e-7").unwrap(), FitInputs::default());
    assert!(run.samples.top > LARGEST_STATE && run.exact(6).is_some_and(|exact| (exact.iter().sum::<f64>() - 1.0).abs() < 1e-9));
    assert_eq!(open(usual, FitInputs::default()).samples.top, LARGEST_STATE);
}

/// Requests the current views, each with every value of its choices. Returns the number of their pictures.
fn see_all(controller: &mut Controller, tabs: &[String]) -> usize {
    let mut seen = 0;
    for view in tabs {
        let mut state = |controls: Vec<(String, f64)>| {
            let state = ViewState { view: view.clone(), controls, ..ViewState::default() };
            controller.answer(Request::ViewState(Some(state)));
            match controller.view() {
                Some(reply @ Reply::View { .. }) => {
                    assert!(encode(&reply).unwrap().len() < 400_000);
                    let Reply::View { view, .. } = reply else { unreachable!() };
                    view
                }
                other => panic!("nothing seen of {view}: {other:?}"),
            }
        };
        let view = state(vec![]);
        for control in view.controls.clone() {
            for value in 0..4 {
                state(vec![(control.id.clone(), f64::from(value))]);
            }
        }
        assert!(view.table.rows.iter().all(|row| row.1.len() == view.table.head.len()), "{:?}", view.table);
        for plot in view.rows.iter().flatten() {
            assert!(plot.description.len() > 20 && !plot.title.is_empty());
            if let ViewPicture::Chart(chart) = &plot.picture {
                let mut points = chart.layers.iter().flat_map(|layer| &layer.points);
                assert!(points.all(|p| p.0.is_finite() && p.1.is_finite()), "{}", plot.title);
                let tone = |name| chart.layers.iter().find(|layer| layer.name == name).map(|layer| layer.tone);
                if let (Some(kernel), Some(exact)) = (tone("KDE"), tone("exact distribution")) {
                    assert_eq!((kernel, exact), (Tone::Count, Tone::Ink), "two greys can hardly be told apart");
                }
            }
            seen += 1;
        }
    }
    seen
}

#[test]
fn controller_trains_pauses_and_shows_density_at_any_time() {
    let mut controller = Controller::default();
    let scene = match controller.answer(start(1, small("schlogl"), None)).pop() {
        Some((Reply::Scene { scene, settings, .. }, Some(numbers))) => {
            assert_eq!((settings, numbers.len()), (small("schlogl"), 2 * scene.samples));
            scene
        }
        other => panic!("{other:?}"),
    };
    let tabs: Vec<String> = scene.views.iter().map(|tab| tab.id.clone()).collect();
    assert_eq!(tabs, ["over-time", "at-one-time", "distances"]);
    assert_eq!((scene.points, scene.minima.len(), scene.has_truth), (0, 2, true));
    assert_eq!(see_all(&mut controller, &tabs), 8);
    let state = |controller: &mut Controller| match controller.frame() {
        Some((Reply::Frame { frame, .. }, numbers)) => {
            assert_eq!(numbers.len(), frame.layout.len());
            (*frame, numbers)
        }
        other => panic!("{other:?}"),
    };
    let (frame, _) = state(&mut controller);
    assert!(frame.metrics.loss().is_none() && frame.stage.is_some() && frame.metrics.wells() == Some(0));
    assert_eq!(frame.last_epoch, 7 * 24);
    let last = 60;
    assert_eq!(controller.train(last), last);
    controller.answer(Request::Pause);
    assert!(!controller.is_training());
    let (frame, numbers) = state(&mut controller);
    assert!(frame.metrics.loss().is_some_and(f64::is_finite) && frame.status == Status::Paused);
    assert!(frame.layout.history > 10 && numbers[frame.layout.loss_low()].iter().all(|loss| loss.is_finite()));
    assert_eq!(see_all(&mut controller, &tabs), 8);
    while controller.is_working() {
        controller.work();
    }
    assert!(matches!(controller.answer(Request::Survey).as_slice(), [(Reply::Declined(_), None)]));
    let saved = controller.answer(Request::Save { is_kept: false });
    assert!(matches!(saved.as_slice(), [(Reply::Model { json, .. }, None)] if json.contains("multiwell-density")));
    let history = controller.answer(Request::History);
    assert!(matches!(history.as_slice(), [(Reply::History(csv), None)] if csv.lines().count() > 10));
    // A change of samples, rate or steps would start a new run. It is refused, and no fit is lost.
    for other in ["samples=41", "lr=2e-2", "epochs=48"] {
        let settings = small("schlogl").with(other).unwrap();
        assert!(matches!(controller.answer(Request::Change(settings)).as_slice(), [(Reply::Refused { .. }, None)]));
        assert_eq!(state(&mut controller).0.metrics.epochs, last);
    }
    controller.answer(Request::Go);
    controller.train(u64::MAX);
    let (frame, _) = state(&mut controller);
    let last = frame.last_epoch;
    assert!(matches!(frame.status, Status::Finished { .. }) && frame.metrics.epochs == last && frame.stage.is_none());
    assert!((7 * 5..=7 * 24).contains(&last), "{last} epochs");
    let stages: Vec<&str> = frame.metrics.stages.iter().map(|note| note.name.as_str()).collect();
    assert_eq!(stages[0], "choose pooling");
    assert_eq!(stages[1..], ["10", "8", "6", "4", "2", "1", "0.5"].map(|time| format!("fit t = {time}")));
    assert_eq!(frame.metrics.stages.iter().map(|note| note.epochs).sum::<u64>(), last);
    // Samples of neighbouring times have a smaller weight, which is not a weight of the reader's.
    let warnings = frame.metrics.warnings.join(" ");
    assert!(!warnings.contains("weight of") && !warnings.contains("weights of a bias"), "{warnings}");
    assert_eq!(see_all(&mut controller, &tabs), 8);
    assert!(!frame.can_continue && !frame.takes_changes);
}

#[test]
fn own_samples_with_times_have_view_over_time() {
    let mut controller = Controller::default();
    let replies = controller.answer(start(1, small(Settings::OWN_SAMPLES), Some(own_table(&humps(&["1", "2", "4"], 30)))));
    let [(Reply::Scene { .. }, Some(_)), (Reply::Notes { notes, .. }, None)] = replies.as_slice() else { panic!("{replies:?}") };
    assert!(notes.len() == 1 && notes[0].contains("read as the times of the sets"), "{notes:?}");
    controller.train(u64::MAX);
    assert_eq!(see_all(&mut controller, &["over-time".into(), "at-one-time".into()]), 4);
}

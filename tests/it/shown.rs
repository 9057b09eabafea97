//! Tests of the frames of a run. All numbers of a frame belong to one state. Every number has one unit and one meaning. A run that has ended remains
//! ended.

use crate::fits::{finished, finished_density, own_table, start};
use multiwell::internal::controller::Controller;
use multiwell::internal::controller::protocol::{Frame, Reply, Request, Status, UserTable};
use multiwell::internal::data::csv::Columns;
use multiwell::internal::problem::frame::Freshness;
use multiwell::internal::problem::job::FitInputs;
use multiwell::internal::problem::settings::{Recipe, Settings};
use multiwell::internal::problem::view::ViewState;
use multiwell::internal::problem::{DataSource, PotentialRun};
use multiwell::internal::problem::{Job, JobFile};

fn run(settings: Settings) -> PotentialRun {
    PotentialRun::new(settings, DataSource::Benchmark, None).expect("good settings")
}

fn frame(controller: &mut Controller) -> Frame {
    match controller.frame() {
        Some((Reply::Frame { frame, .. }, _)) => *frame,
        other => panic!("no frame: {other:?}"),
    }
}

/// Trains the job of a controller to its end.
fn finish(controller: &mut Controller) {
    while controller.is_training() {
        controller.train(1000);
    }
}

/// Values on a grid of a function of two inputs with two wells.
fn two_wells() -> UserTable {
    let at = |k: u32| f64::from(k) / 14.0 * 3.0 - 1.5;
    let row = |k: u32| {
        let (x, y) = (at(k % 15), at(k / 15));
        format!("{x},{y},{}\n", (x * x - 1.0).powi(2) + 0.3 * x + y * y)
    };
    let text = (0..225).map(row).fold(String::from("x,y,E\n"), |text, row| text + &row);
    let columns = Columns { inputs: vec!["x".into(), "y".into()], target: Some("E".into()), ..Columns::default() };
    UserTable { columns, ..own_table(&text) }
}

fn own_settings(epochs: u64) -> Settings {
    Settings::on(Recipe::Reliable, Settings::OWN_DATA).with(&format!("modes=4&hidden=8,8&epochs={epochs}")).unwrap()
}

/// Asserts that no mode, shifted as a single mode, is below Psi anywhere. The reported error must be that of the drawn curve.
fn is_of_one_moment(run: &PotentialRun, frame: &Frame, numbers: &[f32]) {
    let (layout, epoch, own) = (frame.layout, frame.metrics.epochs, frame.metrics.potential().unwrap());
    let fit: Vec<f64> = numbers[layout.fit()].iter().map(|&v| v.into()).collect();
    let scale = fit.iter().fold(1.0, |top: f64, v| top.max(v.abs()));
    let lift = (layout.modes as f64).ln() / own.rho;
    for mode in 0..layout.modes {
        for (curve, fit) in numbers[layout.mode(mode)].iter().zip(&fit) {
            // Single precision has seven digits.
            assert!(f64::from(*curve) + lift >= fit - 1e-5 * (scale + lift), "epoch {epoch}: mode {mode} lies below the fit");
        }
    }
    let (truth, [low, high]) = (run.truth().expect("a benchmark"), run.bounds()[0]);
    let last = (fit.len() - 1) as f64;
    let error = |k: u32| {
        let along = f64::from(k) / 199.0;
        let (before, part) = ((along * last) as usize, (along * last).fract());
        let drawn = fit[before] + part * (fit[(before + 1).min(fit.len() - 1)] - fit[before]);
        (drawn - truth.value(&[low + (high - low) * along])).powi(2)
    };
    let drawn = ((0..200).map(error).sum::<f64>() / 200.0).sqrt();
    // A chord deviates from a curve by at most an eighth of the second difference.
    let bend = fit.windows(3).map(|w| (w[0] - 2.0 * w[1] + w[2]).abs()).fold(0.0, f64::max) / 8.0;
    assert!((drawn - own.rmse).abs() <= bend + 1e-5 * scale, "epoch {epoch}: {drawn} is drawn, {} told", own.rmse);
}

#[test]
fn frame_is_consistent_in_every_stage() {
    let settings = Settings::on(Recipe::Reliable, "double-well").with("modes=6&epochs=3000").unwrap();
    let mut run = run(settings);
    let mut frames = 0;
    while run.ended().is_none() {
        run.advance(7);
        let (frame, numbers) = run.frame(Freshness::Within(0.2));
        is_of_one_moment(&run, &frame, &numbers);
        frames += 1;
    }
    println!("{frames} frames, {:.2} s of training", run.seconds());
    assert!(frames > 100, "{frames}");
    let (frame, numbers) = run.frame(Freshness::Current);
    is_of_one_moment(&run, &frame, &numbers);
    assert_eq!((frame.metrics.epochs, frame.metrics.lm_steps), (run.epoch(), run.lm_steps()), "the end is not shown");
}

#[test]
fn reported_loss_equals_drawn_loss() {
    let mut run = run(Settings::on(Recipe::Reliable, "double-well").with("modes=6&epochs=300").unwrap());
    for _ in 0..100 {
        let told = run.frame(Freshness::Current).0.metrics.loss().unwrap();
        run.advance(1);
        let (frame, numbers) = run.frame(Freshness::Current);
        let drawn = f64::from(*numbers[frame.layout.loss_high()].last().expect("a history"));
        assert!((told / drawn - 1.0).abs() < 1e-6, "epoch {}: {drawn} is drawn, {told} told", frame.metrics.epochs);
    }
    let stages = run.metrics().stages;
    assert!(!stages.is_empty(), "only one stage has been looked at");
}

#[test]
fn sharpness_of_stages_equals_displayed_sharpness() {
    let settings = Settings::on(Recipe::Reliable, "three-well").with("modes=5&epochs=3000").unwrap();
    let report = finished(settings, DataSource::Benchmark).metrics();
    let sentences: Vec<&str> = report.stages.iter().map(|note| note.sentence.as_str()).collect();
    let told = sentences.iter().find_map(|s| s.split("sharpness is ").nth(1)).expect("the last stage tells the sharpness");
    let told: f64 = told.split([',', ' ']).next().unwrap().parse().unwrap();
    assert!((told - report.own.rho).abs() <= 0.005, "{told} in Stages, {} in the number line", report.own.rho);
}

#[test]
fn finished_recipe_does_not_train_or_accept_settings() {
    let small = Settings::on(Recipe::Reliable, "double-well").with("modes=3&hidden=4&epochs=60").unwrap();
    let density = Settings::on(Recipe::Reliable, "schlogl").with("epochs=30&samples=50").unwrap();
    for settings in [small, density] {
        let mut controller = Controller::default();
        controller.answer(start(1, settings.clone(), None));
        finish(&mut controller);
        let before = frame(&mut controller);
        assert!(matches!(before.status, Status::Finished { .. }) && !before.can_continue && !before.takes_changes);
        controller.answer(Request::Go);
        assert!(!controller.is_training());
        let longer = settings.with(&format!("epochs={}", 2 * settings.training.epochs)).unwrap();
        let refused = controller.answer(Request::Change(longer));
        assert!(matches!(refused.as_slice(), [(Reply::Refused { .. }, None)]), "{refused:?}");
        let after = frame(&mut controller);
        let seen = |frame: Frame| format!("{:?}", (frame.metrics, frame.altered, frame.last_epoch));
        assert!(!before.altered);
        assert_eq!(seen(after), seen(before));
    }
}

#[test]
fn run_of_adam_alone_continues_to_later_epoch() {
    let small = Settings::from_recipe(Recipe::Paper).with("modes=2&hidden=3&samples=20&epochs=50").unwrap();
    let mut controller = Controller::default();
    controller.answer(start(1, small.clone(), None));
    assert!(!frame(&mut controller).can_continue, "it has not stopped");
    finish(&mut controller);
    assert!(frame(&mut controller).can_continue);
    controller.answer(Request::Change(small.continued(50)));
    finish(&mut controller);
    assert_eq!(
        (frame(&mut controller).metrics.epochs, frame(&mut controller).altered),
        (100, false),
        "a longer run is what it is"
    );
    // A run that has stopped at a loss continues to its last epoch.
    let stopped = small.with("stop-loss=1e-3&epochs=5000").unwrap();
    assert_eq!(stopped.continued(700), stopped.with("stop-loss=auto").unwrap());
}

#[test]
fn settings_of_one_benchmark_are_not_carried_to_another() {
    let moved = |from: &str, change: &str, to: &str| Settings::on(Recipe::Reliable, from).with(change).unwrap().moved_to(to);
    let usual = |id: &str| Settings::on(Recipe::Reliable, id);
    for (from, change) in [
        ("metamaterial", "dynamics=node"),
        ("own-data", "value-weight=1"),
        ("gene-circuit", "symmetry=exchange&b=0.4"),
        ("mechanochemical", "skip=quartic"),
        ("schlogl", "c1=2e-7&decay=0.1"),
        ("random-wells", "target-seed=9"),
    ] {
        for to in ["double-well", "mechanochemical", "schlogl", "metamaterial"].into_iter().filter(|to| *to != from) {
            assert_eq!(moved(from, change, to), usual(to), "{from} leaves something in {to}");
            assert_eq!(multiwell::internal::controller::link::write(&moved(from, change, to)), format!("benchmark={to}"));
        }
    }
    // Settings with the same meaning for every benchmark are kept.
    let change = "seed=7&noise=0.1&modes=6&hidden=5";
    assert_eq!(moved("double-well", change, "cosine-well"), usual("cosine-well").with(change).unwrap());
    let modes = |settings: Settings| settings.training.modes;
    assert_eq!(modes(moved("double-well", "modes=6", "mechanochemical")), modes(usual("mechanochemical")));
}

#[test]
fn barriers_of_several_inputs_appear_after_survey() {
    let mut controller = Controller::default();
    controller.answer(start(1, own_settings(1200), Some(two_wells())));
    finish(&mut controller);
    let before = frame(&mut controller).metrics;
    let found = before.minima();
    assert!(before.wells() >= Some(2) && found.iter().all(|m| m.barrier.is_none()), "{found:?}");
    let Some((Reply::Survey { survey, .. }, _)) = controller.answer(Request::Survey).pop() else { panic!("no survey") };
    let after = frame(&mut controller);
    let found = after.metrics.minima();
    assert_eq!((found, after.metrics.wells()), (&survey.minima[..], Some(survey.wells)));
    assert!(found.iter().all(|minimum| !minimum.modes.is_empty()));
    assert!(found.iter().filter(|m| m.barrier.is_some()).count() >= 2, "{found:?}");
}

#[test]
fn final_equilibria_belong_to_last_state() {
    let mut controller = Controller::default();
    controller.answer(start(1, own_settings(600), Some(two_wells())));
    let state = ViewState { view: "flow".into(), ..ViewState::default() };
    controller.answer(Request::ViewState(Some(state)));
    let mut last = None;
    let mut seen = |controller: &mut Controller| {
        if let Some(Reply::View { view, .. }) = controller.view() {
            last = Some(view);
        }
        last.clone().expect("something is seen").table
    };
    while controller.is_training() {
        // Frames are requested at intervals in every stage, as in the worker.
        controller.train(200);
        frame(&mut controller);
        seen(&mut controller);
    }
    frame(&mut controller);
    let at_the_end = seen(&mut controller);
    // The saved model is evaluated independently of the view.
    let Some((Reply::Model { json, .. }, _)) = controller.answer(Request::Save { is_kept: false }).pop() else {
        panic!("no model")
    };
    let model = multiwell::internal::model::model_file::ModelFile::read(&json).unwrap();
    let fit = multiwell::internal::model::potential::Potential::from_file(&model).unwrap();
    for row in &at_the_end.rows {
        let place: Vec<f64> = row.1[1].replace('−', "-").split(", ").map(|x| x.parse().unwrap()).collect();
        let parts = multiwell::internal::model::potential::Outputs { gradient: true, hessian: true, ..Default::default() };
        let values = fit.values(&place, parts);
        // Positions are written with four decimals.
        let steep = values.hessian.iter().map(|h| h.abs()).fold(0.0, f64::max);
        assert!(values.gradient.iter().all(|g| g.abs() <= 2e-4 * steep), "{row:?} is no equilibrium: {:?}", values.gradient);
    }
}

#[test]
fn curve_learnt_from_derivatives_passes_through_its_minima() {
    let row = |k: u32| {
        let x = f64::from(k) / 99.0 * 3.0 - 1.5;
        format!("{x},{}\n", 4.0 * x * (x * x - 1.0))
    };
    let text = (0..100).map(row).fold(String::from("x,f\n"), |text, row| text + &row);
    let columns = Columns { inputs: vec!["x".into()], gradient: vec!["f".into()], ..Columns::default() };
    let table = UserTable { columns, ..own_table(&text) };
    let mut controller = Controller::default();
    controller.answer(start(1, own_settings(1500), Some(table)));
    finish(&mut controller);
    let Some((Reply::Frame { frame, .. }, numbers)) = controller.frame() else { panic!("no frame") };
    let fit = &numbers[frame.layout.fit()];
    assert!(!frame.metrics.minima().is_empty());
    for minimum in frame.metrics.minima() {
        let place = (minimum.x[0] + 1.5) / 3.0 * (fit.len() - 1) as f64;
        let nearest = f64::from(fit[place.round() as usize]);
        // At half a grid step from a minimum, the curve is higher by at most the contribution of its curvature. Changes of the curvature add at most
        // half of that.
        let bend = 1.5 * minimum.curvatures[0] * (1.5 / (fit.len() - 1) as f64).powi(2);
        assert!((nearest - minimum.value).abs() <= bend + 1e-5, "{nearest} is drawn, {} told", minimum.value);
    }
}

#[test]
fn second_order_steps_have_their_own_rate() {
    let mut controller = Controller::default();
    let settings = Settings::on(Recipe::Reliable, "double-well").with("modes=4&hidden=6&epochs=300").unwrap();
    controller.answer(start(1, settings, None));
    let (mut epochs, mut steps) = (0, 0);
    while controller.is_training() {
        let done = controller.train(1);
        controller.measure(done, 1.0);
        let frame = frame(&mut controller);
        // One epoch takes one millisecond, except during the evaluation of a stage. A step has several chunks of one millisecond each.
        match [frame.epochs_per_second, frame.steps_per_second] {
            [rate, 0.0] if rate > 0.0 => {
                assert!((500.0..1000.1).contains(&rate), "{rate} epochs a second");
                epochs += 1;
            }
            [0.0, rate] if rate > 0.0 => {
                assert!((50.0..500.0).contains(&rate), "{rate} steps a second");
                steps += 1;
            }
            rates => assert!(!controller.is_training() && rates == [0.0, 0.0], "{rates:?}"),
        }
        // The position of an entry in the history determines the number of epochs, and the number of steps after them.
        let entry = frame.metrics.epochs + frame.metrics.lm_steps;
        assert_eq!(frame.history_position(entry), [frame.metrics.epochs, frame.metrics.lm_steps]);
    }
    assert!(epochs > 100 && steps > 10, "{epochs} {steps}");
}

/// Samples of two logistic distributions of equal width, far from the units of the network.
fn bells() -> UserTable {
    // Quantiles of the logistic distribution, which is close to a Gaussian.
    let bell = |k: u32, at: f64| at + 0.004 * ((f64::from(k) + 0.5) / (150.0 - f64::from(k) - 0.5)).ln();
    let rows = (0..150).flat_map(|k| [bell(k, 1.0), bell(k, 1.08)]);
    own_table(&rows.fold(String::from("height\n"), |text, x| text + &format!("{x}\n")))
}

fn samples() -> Settings {
    Settings::on(Recipe::Reliable, Settings::OWN_SAMPLES).with("epochs=400&decay=0.05&blocks=1").unwrap()
}

#[test]
fn loss_of_density_is_equal_in_report_history_and_plot() {
    let mut run = finished_density(samples(), Some(&bells()));
    let (told, csv) = (Job::metrics(&mut run).loss().unwrap(), run.file_text(JobFile::History));
    let last: f64 = csv.lines().last().and_then(|line| line.split(',').nth(2)).expect("a line").parse().unwrap();
    assert!((told - last).abs() < 1e-4, "{told} in the number line, {last} in the history");
    let (frame, numbers) = run.frame(Freshness::Current);
    let drawn = f64::from(*numbers[frame.layout.loss_high()].last().unwrap());
    assert!((told - drawn).abs() < 1e-4, "{told} in the number line, {drawn} in the picture");
}

#[test]
fn wells_of_samples_are_listed_with_barriers_and_intervals() {
    let mut run = finished_density(samples(), Some(&bells()));
    let state = ViewState { view: "at-one-time".into(), ..ViewState::default() };
    let table = run.view(&state).expect("a view").table;
    assert_eq!(table.head, ["well at", "−log density", "barrier (kT)", "mass"]);
    assert_eq!(table.rows.len(), 2, "{table:?}");
    let minima = run.metrics().own.minima;
    let masses: f64 = table.rows.iter().map(|(_, row)| row[3].parse::<f64>().expect("a number")).sum();
    assert!((masses - 1.0).abs() < 2e-3, "{table:?}");
    for ((_, row), minimum) in table.rows.iter().zip(&minima) {
        let barrier = minimum.barrier.expect("there is another mode");
        // No sample lies in the valley.
        assert_eq!(row[2], format!("≥ {:.2}", minimum.barrier_bound.expect("a bound")));
        // Range from the peak of a mode to the valley between the two, in the drawn density.
        let density = run.density(0).expect("a fit");
        let unit = run.samples.unit(0);
        let at = |x: f64| ((x - unit[0]) / unit[1]).round() as usize;
        let valley = density[at(minima[0].x[0])..at(minima[1].x[0])].iter().copied().fold(f64::INFINITY, f64::min);
        let top = density[at(minimum.x[0])];
        // The minimum lies between two states.
        assert!((barrier - (top / valley).ln()).abs() < 1e-2 && barrier > 0.5, "{barrier}");
    }
    let mut settings = run.settings().clone();
    settings.data.uncertainty = 1;
    Job::change(&mut run, &settings).expect("intervals can be switched on");
    let table = run.view(&state).expect("a view").table;
    assert_eq!(table.head[0], "well at, ± 90 %");
    assert!(table.rows.iter().all(|(_, row)| [0, 1, 3].iter().all(|&column| row[column].contains(" ± "))), "{table:?}");
}

#[test]
fn numbers_of_material_belong_to_their_epoch() {
    let settings = Settings::on(Recipe::Reliable, "metamaterial").with("samples=20&batch=8&epochs=6").unwrap();
    let mut job = multiwell::internal::problem::jobs::open(settings, FitInputs::default()).expect("good settings");
    job.advance(1);
    job.frame(Freshness::Within(1e9));
    job.advance(1);
    let hurried = job.frame(Freshness::Within(1e9)).0.metrics;
    let fresh = job.metrics();
    assert_eq!((hurried.epochs, hurried.loss(), hurried.errors()), (2, fresh.loss(), fresh.errors()));
}

#[test]
fn look_back_shows_past_fit_without_changing_run() {
    for (benchmark, epochs) in [("cosine-well", 300), ("gene-circuit", 40)] {
        let open = || PotentialRun::new(Settings::on(Recipe::Reliable, benchmark), DataSource::Benchmark, None).unwrap();
        let (mut run, mut other) = (open(), open());
        run.advance(epochs);
        other.advance(epochs);
        let (now, _) = Job::frame(&mut run, Freshness::Current);
        assert!(now.selected_snapshot.is_none() && now.snapshots.len() > 16 && now.snapshots[0] == 0, "{:?}", now.snapshots);
        let place = now.snapshots.len() / 2;
        run.select_snapshot(Some(place));
        let (then, numbers) = Job::frame(&mut run, Freshness::Current);
        let epoch = now.snapshots[place];
        assert_eq!((then.selected_snapshot, then.metrics.epochs, then.epochs), (Some(epoch), epoch, epochs));
        // The fit of that epoch is displayed, saved and drawn.
        let mut there = open();
        there.advance(epoch);
        let (same, values) = Job::frame(&mut there, Freshness::Current);
        assert_eq!(narrow(&run.params()), narrow(&there.params()));
        assert_eq!(numbers[then.layout.fit()], values[same.layout.fit()]);
        assert_eq!(run.model_file().params, there.model_file().params);
        // The loss equals the one that is drawn at that epoch.
        let drawn = numbers[then.layout.epochs()].iter().position(|&at| at == epoch as f32).unwrap();
        assert_eq!(then.metrics.potential().unwrap().loss as f32, numbers[then.layout.loss_high()][drawn]);
        // After the last snapshot, the run is in its current state and continues with the same bits.
        run.select_snapshot(Some(now.snapshots.len()));
        assert_eq!(run.params(), other.params());
        run.select_snapshot(Some(0));
        run.advance(50);
        other.advance(50);
        assert_eq!(run.params(), other.params());
        assert!(Job::frame(&mut run, Freshness::Current).0.selected_snapshot.is_none());
    }
}

fn narrow(params: &[f64]) -> Vec<f32> {
    params.iter().map(|&p| p as f32).collect()
}

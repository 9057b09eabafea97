//! Tests of drawings: unusable ones are refused, a fit follows the stroke, and the link replays the final fit.
use crate::fits::{finished, start};
use multiwell::internal::controller::Controller;
use multiwell::internal::controller::link;
use multiwell::internal::controller::protocol::{Reply, Request, Scene};
use multiwell::internal::potentials::sketch::points::SketchPoints;
use multiwell::internal::potentials::sketch::samples::{self, DrawnSamples, MAX_SAMPLES};
use multiwell::internal::potentials::{KnownPotential, Sketch};
use multiwell::internal::problem::settings::{Recipe, Settings};
use multiwell::internal::problem::{DataSource, Job};

fn settings(changes: &str) -> Settings {
    Settings::on(Recipe::Reliable, Sketch::ID).with(changes).expect("settings of a drawing")
}

/// Initial drawing of the benchmark.
fn first() -> SketchPoints {
    SketchPoints::read(Sketch::FIRST).expect("points")
}

#[test]
fn unusable_drawings_are_refused_in_a_sentence() {
    for (drawing, bounds, sentence) in [
        ("", "", "drawing is empty: draw a curve"),
        ("AAAA", "", "drawing is too short: draw a curve from the left to the right"),
        ("AAAAAB__", "", "drawing is too short: draw a curve from the left to the right"),
        ("AAgA__gA", "", "drawing is flat: draw a curve that rises and falls"),
        ("AAAAA", "", "drawing cannot be read: copy the whole link, or draw anew"),
        ("__AAAA__", "", "drawing cannot be read: copy the whole link, or draw anew"),
        ("AAAA____", "y=2..1", "bounds "),
    ] {
        let found = Sketch::new(drawing, bounds).map(|_| ()).unwrap_err().to_string();
        assert!(found.starts_with(sentence), "{drawing}: {found}");
    }
    let line = Sketch::new("AAAA____", "x=1..3, y=-5..5").unwrap();
    assert_eq!((line.bounds(), line.value(&[1.0]), line.value(&[3.0])), (vec![[1.0, 3.0]], -5.0, 5.0));
}

#[test]
fn redrawn_fit_follows_dragged_well() {
    let mut run = finished(settings("modes=6&hidden=6,6"), DataSource::Benchmark);
    assert!(run.metrics().own.r2 > 0.999);
    let points = first();
    let well = (0..points.places().len()).rfind(|&k| points.is_well(k)).expect("a well");
    let [column, row] = points.places()[well];
    let mut worst = 1.0_f64;
    for step in 1..=20 {
        let drawing = points.moved(well, [column + 10 * step, row - 40 * step]).text();
        run = run.redrawn(&drawing).expect("it can be learnt");
        run.advance(100);
        worst = worst.min(run.metrics().own.r2);
    }
    assert!(worst > 0.98, "{worst}");
}

#[test]
fn redrawn_fit_finds_newly_drawn_well() {
    let mut run = finished(settings("modes=6&hidden=6,6&drawing=BA__gAAA____"), DataSource::Benchmark);
    // A second valley, drawn in one stroke.
    let mut points = SketchPoints::read("BA__gAAA____").expect("points");
    let mut before = None;
    for k in 0..=20_i32 {
        let at = [2800 + 60 * k, 1500 + 25 * (k - 10) * (k - 10) - 1200 * i32::from((6..15).contains(&k))];
        points.draw(before, at);
        before = Some(at);
        run = run.redrawn(&points.text()).expect("it can be learnt");
        run.advance(100);
    }
    assert!(run.metrics().own.r2 > 0.95, "{}", run.metrics().own.r2);
}

/// Settings for drawn samples.
fn on_a_line(changes: &str) -> Settings {
    Settings::on(Recipe::Reliable, Settings::DRAWN_SAMPLES).with(changes).expect("settings of drawn samples")
}

/// A stroke over hills at these columns, with these widths and heights, in a number of pointer moves.
fn hills(hills: &[(f64, f64, f64)], moves: i32) -> Vec<[i32; 2]> {
    let height = |x: f64| hills.iter().map(|(at, width, high)| high * (-0.5 * ((x - at) / width).powi(2)).exp()).sum::<f64>();
    let columns = (0..=moves).map(|k| 100 + 3900 * k / moves);
    columns.map(|column| [column, height(f64::from(column)).min(4095.0) as i32]).collect()
}

#[test]
fn unusable_drawn_samples_are_refused_and_usable_kept_in_link() {
    for (drawing, sentence) in [
        ("", "drawing has 0 samples: draw 8 or more"),
        ("AAAAAAA", "drawing has 7 samples: draw 8 or more"),
        ("AAAAAAAAAB", "drawing has its samples too close together: draw some farther away"),
        ("A+", "drawing cannot be read: copy the whole link, or draw anew"),
    ] {
        assert_eq!(samples::values(drawing, "").unwrap_err().to_string(), sentence, "{drawing}");
    }
    let (values, line) =
        samples::values("A_____________________________________________________________AAAAAA__AA", "x=0..10").unwrap();
    assert_eq!((values[0], values.len(), line), (0.0, 9, [0.0, 10.0]));
    assert!((values[8] - 10.0 * 63.0 * 63.0 / 4095.0).abs() < 1e-12);
    let mut all = DrawnSamples::default();
    all.draw([0, 4095], [4095, 4095]);
    let settings = on_a_line(&format!("drawing={}&bounds=x=0..10&kT=2.5", all.text()));
    let written = link::write(&settings);
    assert!(written.len() < 700 && all.columns().len() == MAX_SAMPLES, "{written}");
    assert_eq!(link::read(&written), (settings, vec![]));
}

#[test]
fn density_follows_stroke_and_finds_each_hill() {
    let three = [(800.0, 180.0, 2500.0), (2000.0, 220.0, 1800.0), (3300.0, 150.0, 3500.0)];
    let mut run = finished(on_a_line(""), DataSource::Benchmark);
    assert_eq!(run.metrics().own.wells, 2);
    let mut samples = DrawnSamples::default();
    for pair in hills(&three, 80).windows(2) {
        samples.draw(pair[0], pair[1]);
        if let Ok(redrawn) = run.redrawn(&samples.text()) {
            run = redrawn;
            run.advance(40);
        }
    }
    let followed = run.metrics().own.density.expect("a density").log_likelihood;
    let whole = finished(on_a_line(&format!("drawing={}", samples.text())), DataSource::Benchmark).metrics().own;
    assert_eq!((whole.wells, whole.minima.len()), (3, 3));
    let density = whole.density.expect("a density");
    assert!(followed > density.log_likelihood - 0.1, "the fit is lost on the way");
    // Populations are those of the samples between the hills.
    let part = |ends| samples.between(ends).len() as f64 / samples.columns().len() as f64;
    for (population, ends) in density.populations.iter().zip([[0, 1400], [1401, 2700], [2701, 4095]]) {
        assert!((population - part(ends)).abs() < 0.03, "{:?}", density.populations);
    }
}

#[test]
fn density_follows_well_dragged_into_another() {
    let mut run = finished(on_a_line(""), DataSource::Benchmark);
    let first = DrawnSamples::read(samples::INITIAL_SAMPLES).expect("samples");
    let held = first.between([2050, 4095]);
    let mut wells = Vec::new();
    for step in 1..=30 {
        let drawing = first.moved(held.clone(), -60 * step).0.text();
        run = run.redrawn(&drawing).expect("it can be learnt");
        run.advance(100);
        wells.push(run.metrics().own.wells);
    }
    assert_eq!((wells[0], wells[29]), (2, 1), "{wells:?}");
}

fn replies_to(controller: &mut Controller, request: Request) -> Vec<Reply> {
    controller.answer(request).into_iter().map(|(reply, _)| reply).collect()
}

fn minima(scene: &Scene) -> Vec<f64> {
    scene.minima.iter().map(|minimum| minimum.x[0]).collect()
}

#[test]
fn cancelled_redraw_restores_run() {
    let mut controller = Controller::default();
    let small = settings("modes=3&hidden=4&epochs=300");
    let [Reply::Scene { scene, .. }] = &replies_to(&mut controller, start(1, small.clone(), None))[..] else {
        panic!("no scene")
    };
    let before = minima(scene);
    controller.train(50);
    let moved = first().moved(12, [3200, 600]).text();
    for drawing in [&moved, "AAAA", &moved] {
        let replies = replies_to(&mut controller, Request::Redraw(Some(drawing.into())));
        let [Reply::Scene { run: 1, settings, scene }] = &replies[..] else { panic!("{replies:?}") };
        assert_eq!(settings.potential().unwrap().drawing, moved, "{drawing} cannot be learnt");
        assert_ne!(minima(scene), before);
        controller.train(10);
    }
    // After a cancelled drawing, the run is unchanged.
    let replies = replies_to(&mut controller, Request::Redraw(None));
    let [Reply::Scene { run: 1, scene, .. }] = &replies[..] else { panic!("{replies:?}") };
    assert_eq!(minima(scene), before);
    let Some((Reply::Frame { frame, .. }, _)) = controller.frame() else { panic!("no frame") };
    assert_eq!(frame.metrics.epochs, 50);
    // A completed drawing starts a new run, which can be undone.
    replies_to(&mut controller, Request::Redraw(Some(moved.clone())));
    let drawn = small.with(&format!("drawing={moved}")).unwrap();
    replies_to(&mut controller, start(2, drawn, None));
    let replies = replies_to(&mut controller, Request::Recall(1));
    let [Reply::Scene { run: 1, settings, .. }] = &replies[..] else { panic!("{replies:?}") };
    assert_eq!(*settings, small);
}

#[test]
fn run_after_drawing_equals_run_of_its_link() {
    replays(&settings("modes=3&hidden=4&epochs=300"), &first().moved(4, [900, 900]).text());
    let samples = DrawnSamples::read(samples::INITIAL_SAMPLES).expect("samples");
    replays(&on_a_line("modes=3&hidden=4&epochs=300"), &samples.moved(0..90, 200).0.text());
}

/// Checks that the link of a run with a drawing replays the training.
fn replays(small: &Settings, text: &str) {
    let mut drawn = Controller::default();
    replies_to(&mut drawn, start(1, small.clone(), None));
    drawn.train(70);
    replies_to(&mut drawn, Request::Redraw(Some(text.into())));
    drawn.train(30);
    let last = small.with(&format!("drawing={text}")).unwrap();
    replies_to(&mut drawn, start(1, last.clone(), None));
    let mut replayed = Controller::default();
    replies_to(&mut replayed, start(1, link::read(&link::write(&last)).0, None));
    let model = |controller: &mut Controller| {
        while controller.is_training() {
            controller.train(37);
        }
        match &replies_to(controller, Request::Save { is_kept: false })[..] {
            [Reply::Model { json, .. }] => json.clone(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(model(&mut drawn), model(&mut replayed));
}

/// Tests that train a recipe to its end: `cargo test --release -- --ignored full::`.
mod full {
    use super::*;

    #[test]
    #[ignore = "full recipe"]
    fn redrawn_fit_follows_stroke_from_its_first_points() {
        for size in ["modes=6&hidden=6,6", "modes=10"] {
            let mut run = finished(settings(size), DataSource::Benchmark);
            let (mut points, mut before) = (SketchPoints::default(), None);
            for k in 0..=80 {
                let x = f64::from(k) / 80.0;
                let height = 1800.0 + 1100.0 * (16.0 * x).cos() + 700.0 * (2.0 * x - 1.0).powi(2);
                let at = [100 + 48 * k, height as i32];
                points.draw(before, at);
                before = Some(at);
                if k % 4 == 0
                    && let Ok(redrawn) = run.redrawn(&points.text())
                {
                    run = redrawn;
                    run.advance(100);
                }
            }
            let r2 = run.metrics().own.r2;
            assert!(r2 > 0.95, "{size}: {r2}");
        }
    }
}

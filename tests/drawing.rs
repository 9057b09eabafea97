//! Drawings: what cannot be learnt is said, a fit follows the pencil, and what is learnt in the end is what the link replays.
#![cfg(not(target_arch = "wasm32"))]

use std::time::Instant;

use multiwell::controller::Controller;
use multiwell::controller::link;
use multiwell::controller::protocol::{Reply, Request, Scene};
use multiwell::potentials::sketch::points::Points;
use multiwell::potentials::sketch::samples::{self, DrawnSamples, MOST};
use multiwell::potentials::{KnownPotential, Sketch};
use multiwell::problem::potential::{Run, Source};
use multiwell::problem::settings::{Recipe, Settings};

fn settings(changes: &str) -> Settings {
    Settings::on(Recipe::Reliable, Sketch::ID).with(changes).expect("settings of a drawing")
}

/// The drawing that the benchmark begins with.
fn first() -> Points {
    Points::read(Sketch::FIRST).expect("points")
}

#[test]
fn what_cannot_be_learnt_is_said() {
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
fn a_drawing_stands_in_the_link() {
    let settings = settings("drawing=AA__gAAA____&bounds=x=0..1, y=0..10&modes=4");
    let written = link::write(&settings);
    assert!(written.contains("&drawing=AA__gAAA____"), "{written}");
    assert_eq!(link::read(&written), (settings, vec![]));
}

#[test]
fn a_fit_follows_a_well_that_is_dragged() {
    let mut run = Run::new(settings("modes=6&hidden=6,6"), Source::Benchmark, None).expect("a run");
    while run.ended().is_none() {
        run.advance(1000);
    }
    assert!(run.metrics().own.r2 > 0.999);
    let points = first();
    let well = (0..points.places().len()).rfind(|&k| points.is_well(k)).expect("a well");
    let [column, row] = points.places()[well];
    let (mut worst, mut slowest) = (1.0_f64, 0.0_f64);
    for step in 1..=20 {
        let drawing = points.moved(well, [column + 10 * step, row - 40 * step]).text();
        let begun = Instant::now();
        run = run.redrawn(&drawing).expect("it can be learnt");
        slowest = slowest.max(begun.elapsed().as_secs_f64());
        run.advance(100);
        worst = worst.min(run.metrics().own.r2);
    }
    println!(
        "while a well is dragged in 20 steps of 100 epochs, R2 is {worst:.4} or more; the slowest redraw took {slowest:.4} s"
    );
    assert!(worst > 0.98, "{worst}");
}

#[test]
fn a_fit_finds_a_well_that_is_drawn_where_none_was() {
    let mut run = Run::new(settings("modes=6&hidden=6,6&drawing=BA__gAAA____"), Source::Benchmark, None).expect("a run");
    while run.ended().is_none() {
        run.advance(1000);
    }
    // A second valley, drawn in one stroke.
    let mut points = Points::read("BA__gAAA____").expect("points");
    let mut before = None;
    for k in 0..=20_i32 {
        let at = [2800 + 60 * k, 1500 + 25 * (k - 10) * (k - 10) - 1200 * i32::from((6..15).contains(&k))];
        points.draw(before, at);
        before = Some(at);
        run = run.redrawn(&points.text()).expect("it can be learnt");
        run.advance(100);
    }
    println!("after the stroke R2 is {:.4}", run.metrics().own.r2);
    assert!(run.metrics().own.r2 > 0.95);
}

/// Settings of drawn samples.
fn on_a_line(changes: &str) -> Settings {
    Settings::on(Recipe::Reliable, Settings::DRAWN_SAMPLES).with(changes).expect("settings of drawn samples")
}

fn ended(mut run: Run) -> Run {
    while run.ended().is_none() {
        run.advance(1000);
    }
    run
}

/// A stroke over hills at these columns, as wide as these and as high, in so many moves.
fn hills(hills: &[(f64, f64, f64)], moves: i32) -> Vec<[i32; 2]> {
    let height = |x: f64| hills.iter().map(|(at, width, high)| high * (-0.5 * ((x - at) / width).powi(2)).exp()).sum::<f64>();
    let columns = (0..=moves).map(|k| 100 + 3900 * k / moves);
    columns.map(|column| [column, height(f64::from(column)).min(4095.0) as i32]).collect()
}

#[test]
fn samples_that_cannot_be_learnt_are_refused_and_others_stand_in_the_link() {
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
    assert!(written.len() < 700 && all.columns().len() == MOST, "{written}");
    assert_eq!(link::read(&written), (settings, vec![]));
}

#[test]
fn a_density_follows_the_pencil_and_finds_each_hill_that_is_drawn() {
    let three = [(800.0, 180.0, 2500.0), (2000.0, 220.0, 1800.0), (3300.0, 150.0, 3500.0)];
    let mut run = ended(Run::new(on_a_line(""), Source::Benchmark, None).expect("a run"));
    assert_eq!(run.metrics().own.wells, 2);
    let (mut samples, mut slowest, mut count, begun) = (DrawnSamples::default(), 0.0_f64, 0, Instant::now());
    for pair in hills(&three, 80).windows(2) {
        samples.draw(pair[0], pair[1]);
        let started = Instant::now();
        if let Ok(redrawn) = run.redrawn(&samples.text()) {
            (run, count) = (redrawn, count + 1);
            slowest = slowest.max(started.elapsed().as_secs_f64());
            run.advance(40);
        }
    }
    let rate = f64::from(count) / begun.elapsed().as_secs_f64();
    let followed = run.metrics().own;
    let mut learnt = ended(Run::new(on_a_line(&format!("drawing={}", samples.text())), Source::Benchmark, None).expect("a run"));
    let whole = learnt.metrics().own;
    let likelihood = |own: &multiwell::problem::potential::metrics::PotentialMetrics| {
        own.density.as_ref().map_or(f64::NAN, |density| density.log_likelihood)
    };
    println!(
        "{} samples: {count} refits, {rate:.0} a second, the slowest {slowest:.4} s; {} wells and log q {:.4} at the end of the stroke, {} and {:.4} by the whole \
         recipe",
        samples.columns().len(),
        followed.wells,
        likelihood(&followed),
        whole.wells,
        likelihood(&whole)
    );
    assert_eq!((whole.wells, whole.minima.len()), (3, 3));
    assert!(likelihood(&followed) > likelihood(&whole) - 0.1, "the fit is lost on the way");
    // Populations are those of the samples between the hills.
    let density = whole.density.expect("a density");
    let part = |ends| samples.between(ends).len() as f64 / samples.columns().len() as f64;
    for (population, ends) in density.populations.iter().zip([[0, 1400], [1401, 2700], [2701, 4095]]) {
        assert!((population - part(ends)).abs() < 0.03, "{:?}", density.populations);
    }
}

#[test]
fn a_density_follows_a_well_that_is_dragged_into_another() {
    let mut run = ended(Run::new(on_a_line(""), Source::Benchmark, None).expect("a run"));
    let first = DrawnSamples::read(samples::FIRST).expect("samples");
    let held = first.between([2050, 4095]);
    let mut wells = Vec::new();
    for step in 1..=30 {
        let drawing = first.moved(held.clone(), -60 * step).0.text();
        run = run.redrawn(&drawing).expect("it can be learnt");
        run.advance(100);
        wells.push(run.metrics().own.wells);
    }
    println!("wells while one of two is dragged into the other: {wells:?}");
    assert_eq!((wells[0], wells[29]), (2, 1));
}

fn ask(controller: &mut Controller, request: Request) -> Vec<Reply> {
    controller.answer(request).into_iter().map(|(reply, _)| reply).collect()
}

fn minima(scene: &Scene) -> Vec<f64> {
    scene.minima.iter().map(|minimum| minimum.x[0]).collect()
}

#[test]
fn the_run_is_kept_while_it_is_drawn_upon() {
    let mut controller = Controller::default();
    let small = settings("modes=3&hidden=4&epochs=300");
    let start =
        |run, settings: &Settings| Request::Start { run, settings: settings.clone(), table: None, model: None, running: true };
    let [Reply::Scene { scene, .. }] = &ask(&mut controller, start(1, &small))[..] else { panic!("no scene") };
    let before = minima(scene);
    controller.train(50);
    let moved = first().moved(12, [3200, 600]).text();
    for drawing in [&moved, "AAAA", &moved] {
        let replies = ask(&mut controller, Request::Redraw { drawing: Some(drawing.into()) });
        let [Reply::Scene { run: 1, settings, scene }] = &replies[..] else { panic!("{replies:?}") };
        assert_eq!(settings.potential().unwrap().drawing, moved, "{drawing} cannot be learnt");
        assert_ne!(minima(scene), before);
        controller.train(10);
    }
    // Given up: the run is as it was.
    let replies = ask(&mut controller, Request::Redraw { drawing: None });
    let [Reply::Scene { run: 1, scene, .. }] = &replies[..] else { panic!("{replies:?}") };
    assert_eq!(minima(scene), before);
    let Some((Reply::Frame { frame, .. }, _)) = controller.frame() else { panic!("no frame") };
    assert_eq!(frame.metrics.epochs, 50);
    // Drawn to the end: a run of its own, from which an undo leads back.
    ask(&mut controller, Request::Redraw { drawing: Some(moved.clone()) });
    let drawn = small.with(&format!("drawing={moved}")).unwrap();
    ask(&mut controller, start(2, &drawn));
    let replies = ask(&mut controller, Request::Recall { run: 1 });
    let [Reply::Scene { run: 1, settings, .. }] = &replies[..] else { panic!("{replies:?}") };
    assert_eq!(*settings, small);
}

#[test]
fn the_run_at_the_end_of_a_drawing_is_that_of_its_link() {
    replays(&settings("modes=3&hidden=4&epochs=300"), &first().moved(4, [900, 900]).text());
    let samples = DrawnSamples::read(samples::FIRST).expect("samples");
    replays(&on_a_line("modes=3&hidden=4&epochs=300"), &samples.moved(0..90, 200).0.text());
}

/// What is drawn upon a run, and learnt, is learnt by its link.
fn replays(small: &Settings, text: &str) {
    let mut drawn = Controller::default();
    let start =
        |settings: &Settings| Request::Start { run: 1, settings: settings.clone(), table: None, model: None, running: true };
    ask(&mut drawn, start(small));
    drawn.train(70);
    ask(&mut drawn, Request::Redraw { drawing: Some(text.into()) });
    drawn.train(30);
    let last = small.with(&format!("drawing={text}")).unwrap();
    ask(&mut drawn, start(&last));
    let mut replayed = Controller::default();
    ask(&mut replayed, start(&link::read(&link::write(&last)).0));
    let model = |controller: &mut Controller| {
        while controller.is_training() {
            controller.train(37);
        }
        match &ask(controller, Request::Save { is_kept: false })[..] {
            [Reply::Model { json, .. }] => json.clone(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(model(&mut drawn), model(&mut replayed));
}

#[test]
fn a_whole_stroke_is_followed_from_its_first_points() {
    for size in ["modes=6&hidden=6,6", "modes=10"] {
        let mut run = Run::new(settings(size), Source::Benchmark, None).expect("a run");
        while run.ended().is_none() {
            run.advance(1000);
        }
        let (mut points, mut before, mut slowest) = (Points::default(), None, 0.0_f64);
        for k in 0..=80 {
            let x = f64::from(k) / 80.0;
            let height = 1800.0 + 1100.0 * (16.0 * x).cos() + 700.0 * (2.0 * x - 1.0).powi(2);
            let at = [100 + 48 * k, height as i32];
            points.draw(before, at);
            before = Some(at);
            if k % 4 > 0 {
                continue;
            }
            let begun = Instant::now();
            let redrawn = run.redrawn(&points.text());
            slowest = slowest.max(begun.elapsed().as_secs_f64());
            if let Ok(redrawn) = redrawn {
                run = redrawn;
                run.advance(100);
            }
        }
        let r2 = run.metrics().own.r2;
        println!("{size}: at the end of a stroke with three valleys R2 is {r2:.4}; the slowest redraw took {slowest:.4} s");
        assert!(r2 > 0.95, "{r2}");
    }
}

//! The recipe `reliable` counts what there is, and makes something sensible of any data.
#![cfg(not(target_arch = "wasm32"))]

use multiwell::data::Dataset;
use multiwell::run::settings::{Recipe, Sampling};
use multiwell::run::{Report, Run, Settings, Source, State};
use ndarray::{Array1, Array2};

fn trained(settings: Settings, source: Source) -> Report {
    let mut run = Run::new(settings, source, None).expect("settings that can be used");
    while run.ended().is_none() {
        run.advance(500);
    }
    assert!(matches!(run.ended(), Some(State::Finished { .. })), "{:?}", run.ended());
    let report = run.report();
    assert!(report.finite && report.loss.is_finite() && report.rmse.is_finite(), "{report:?}");
    assert_eq!(report.stages.iter().map(|stage| stage.epochs).sum::<u64>(), report.epochs);
    report
}

#[test]
fn wells_and_responsible_modes_are_counted_and_the_error_is_small() {
    for (benchmark, wells, rmse) in [("double-well", 2, 1e-3), ("cosine-well", 4, 1e-3), ("three-well", 3, 2e-3)] {
        for sampling in [Sampling::Uniform, Sampling::Grid] {
            let report = trained(Settings { benchmark: benchmark.into(), sampling, ..Settings::default() }, Source::Benchmark);
            assert_eq!((report.responsible_modes, report.wells), (wells, wells), "{benchmark}: {:?}", report.stages);
            assert!(report.rmse < rmse && report.epochs <= 30_000, "{benchmark}: {}", report.rmse);
        }
    }
}

#[test]
fn a_dearer_mode_stays_away() {
    let with = |epsilon| {
        let settings = Settings { benchmark: "cosine-well".into(), epsilon, ..Settings::default() };
        trained(settings, Source::Benchmark).active_gates
    };
    let (free, default, dear) = (with(0.0), with(1e-4), with(1e-1));
    assert_eq!(free, 10, "modes that cost nothing all stay");
    assert!((4..free).contains(&default), "{default}");
    assert!(dear < default, "{dear} of {default}");
}

#[test]
fn fewer_epochs_shorten_every_stage_and_all_of_them_come_to_pass() {
    let report = trained(Settings { benchmark: "double-well".into(), epochs: 600, ..Settings::default() }, Source::Benchmark);
    assert!(report.epochs <= 600 && report.lm_steps > 0, "{report:?}");
    let names: Vec<&str> = report.stages.iter().map(|stage| stage.name.as_str()).collect();
    assert_eq!(names[..2], ["pretraining", "joint"], "{names:?}");
    assert!(names.contains(&"refining"), "{names:?}");
}

fn own(x: Array2<f64>, value: impl Fn(&[f64]) -> f64) -> Source {
    let y = x.rows().into_iter().map(|row| value(&row.to_vec())).collect::<Array1<f64>>();
    let names = (0..=x.ncols()).map(|k| format!("c{k}")).collect();
    Source::Own(Dataset { name: "own".into(), names, x, y, gradient: None })
}

fn of_own(epochs: u64) -> Settings {
    Settings { benchmark: Settings::OWN_DATA.into(), epochs, ..Settings::of(Recipe::Reliable) }
}

#[test]
fn few_equal_and_unsorted_points_are_no_trouble() {
    let points = |n: usize, at: fn(usize) -> f64| Array2::from_shape_fn((n, 1), |(k, _)| at(k));
    for source in [
        own(points(5, |k| k as f64), |x| (x[0] - 2.0).powi(2)),
        own(points(2, |k| 1e6 + k as f64), |x| x[0]),
        own(points(20, |_| 3.0), |x| x[0]),
        own(points(30, |k| k as f64), |_| 7.0),
        own(points(60, |k| ((k * 37) % 20) as f64), |x| (x[0] * 0.7).sin() * 1e-9),
    ] {
        trained(of_own(2_000), source);
    }
    // One place with many values: their mean is all that can be learnt.
    let y = Array1::from_iter((0..20).map(|k| f64::from(k % 2)));
    let x = Array2::from_elem((20, 1), 0.5);
    let source = Source::Own(Dataset { name: "own".into(), names: vec!["x".into(), "y".into()], x, y, gradient: None });
    assert!((trained(of_own(2_000), source).rmse - 0.5).abs() < 1e-2);
}

#[test]
fn several_inputs_are_learnt() {
    let grid = Array2::from_shape_fn((15 * 15, 2), |(k, input)| [k % 15, k / 15][input] as f64 / 7.0 - 1.0);
    let two_wells = |x: &[f64]| (x[0] * x[0] - 0.4).powi(2) + 0.3 * x[1] * x[1];
    let settings = Settings { modes: 5, hidden: vec![6, 6], ..of_own(3_000) };
    let report = trained(settings, own(grid, two_wells));
    assert!(report.r2 > 0.999, "{}", report.r2);
}

#[test]
fn many_samples_are_learnt_with_some_of_them_left_out_of_the_second_order() {
    let many = Array2::from_shape_fn((20_000, 1), |(k, _)| (k as f64 * 0.618_034).fract() * 4.0 - 2.0);
    let settings = Settings { modes: 3, hidden: vec![6, 6], ..of_own(2_000) };
    let report = trained(settings, own(many, |x| (x[0] * x[0] - 1.0).powi(2)));
    assert!(report.r2 > 0.999, "{}", report.r2);
}

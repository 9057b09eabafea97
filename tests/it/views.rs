//! Tests that views of runs have valid data for every run and view state.

use crate::fits::finished;
use std::fmt::Write as _;

use multiwell::internal::controller::protocol::encode;
use multiwell::internal::data::Dataset;
use multiwell::internal::data::csv::Columns;
use multiwell::internal::model::potential::Outputs;
use multiwell::internal::plot::HeatMap;
use multiwell::internal::plot::figures::{ChartLayer, MarkShape};
use multiwell::internal::potentials::{GeneCircuit, KnownPotential, Mechanochemical};
use multiwell::internal::problem::frame::Freshness;
use multiwell::internal::problem::metrics::{Metrics, ProblemMetrics};
use multiwell::internal::problem::potential::views::transient;
use multiwell::internal::problem::settings::Recipe;
use multiwell::internal::problem::view::{ControlKind, Plot, View, ViewPicture, ViewState};
use multiwell::internal::problem::{DataSource, Job, PotentialRun, Settings};
use ndarray::Array2;

fn trained(benchmark: &str, epochs: u64) -> PotentialRun {
    let mut run = PotentialRun::new(Settings::on(Recipe::Reliable, benchmark), DataSource::Benchmark, None).unwrap();
    run.advance(epochs);
    run.metrics();
    run
}

fn view(run: &mut PotentialRun, state: &ViewState) -> View {
    run.view(state).unwrap_or_else(|| panic!("no view {}", state.view))
}

fn state(id: &str, controls: &[(&str, f64)]) -> ViewState {
    let controls = controls.iter().map(|&(name, value)| (name.to_string(), value)).collect();
    ViewState { view: id.into(), controls, ..ViewState::default() }
}

fn map(plot: &Plot) -> &HeatMap {
    match &plot.picture {
        ViewPicture::Map(map) => map,
        ViewPicture::Chart(_) => panic!("{} is a chart", plot.title),
    }
}

/// Asserts that titles and sentences are present, and that numbers are finite.
fn is_sound(view: &View) {
    for plot in view.rows.iter().flatten() {
        assert!(!plot.title.is_empty() && plot.description.len() > plot.title.len(), "{}", plot.title);
        match &plot.picture {
            ViewPicture::Map(map) => {
                assert!(map.values.len() == 61 * 61 && map.values.iter().all(|v| v.is_finite()), "{}", plot.title);
                assert!(map.range[0] <= map.range[1] && map.range.iter().all(|v| v.is_finite()));
            }
            ViewPicture::Chart(chart) => {
                let points = chart.layers.iter().flat_map(|layer| &layer.points);
                assert!(points.clone().count() > 50 && points.clone().all(|p| p.0.is_finite() && p.1.is_finite()));
                assert_ne!(plot.title, chart.upward);
            }
        }
    }
    for control in &view.controls {
        let [low, high] = match &control.kind {
            ControlKind::Slide { range, .. } | ControlKind::Play { range, .. } => *range,
            ControlKind::Choose(words) => [0.0, words.len() as f64 - 1.0],
        };
        assert!((low..=high).contains(&control.value), "{control:?}");
    }
    assert!(view.table.rows.iter().all(|row| row.1.len() == view.table.head.len()), "{:?}", view.table);
}

#[test]
fn every_view_is_valid_for_any_run_and_state() {
    for (benchmark, expected) in [
        (Mechanochemical::ID, vec![("cuts", vec![3]), ("profile", vec![]), ("parity", vec![4, 4]), ("path", vec![2, 2])]),
        (
            GeneCircuit::ID,
            vec![("flow", vec![2]), ("cuts", vec![3]), ("profile", vec![]), ("parity", vec![3]), ("transient", vec![1])],
        ),
        ("double-well", vec![]),
    ] {
        for epochs in [0, 60] {
            let mut run = trained(benchmark, epochs);
            assert!(run.tabs().iter().map(|tab| tab.id.as_str()).eq(expected.iter().map(|e| e.0)));
            for (id, plots) in &expected {
                assert!(!run.work_on_view(&state(id, &[])), "nothing to do before the run has ended");
                let plain = view(&mut run, &state(id, &[]));
                assert_eq!((plain.view.as_str(), plain.rows.iter().map(Vec::len).collect()), (*id, plots.clone()));
                is_sound(&plain);
                let same = view(&mut run, &state(id, &[("nonsense", 7.0), ("cut", f64::NAN)]));
                assert!(encode(&plain) == encode(&same), "{id}: an unknown knob has done something");
                let far = ["cut", "time", "held-0", "held-1", "held-2", "held-3", "held-4"];
                for value in [-1e300, 1e300] {
                    let mut wild = state(id, &far.map(|name| (name, value)));
                    wild.touches = vec![(0, 0.1, 0.2), (9, 1.5, 0.5), (0, f64::NAN, 0.0), (1, 1e300, -1e300)];
                    is_sound(&view(&mut run, &wild));
                }
            }
        }
    }
}

#[test]
fn own_table_has_views_for_values_and_derivatives() {
    for (inputs, target, gradient, plots) in [
        ("u,v", Some("y"), "", vec![1, 1, 0, 1]),
        ("u,v", None, "fu,-", vec![1, 1, 0, 1]),
        ("v,w,u", Some("y"), "fv,-,fu", vec![1, 0, 3]),
    ] {
        let [inputs, gradient] = [inputs, gradient].map(|list| list.split_terminator(',').map(String::from).collect());
        let columns = Columns { inputs, target: target.map(String::from), gradient, ..Columns::default() };
        let mut text = String::from("u,v,w,y,fu,fv\n");
        for k in 0..700 {
            let (u, v, w) = ((1.7 * f64::from(k)).sin(), (0.9 * f64::from(k)).cos(), (0.3 * f64::from(k)).sin());
            writeln!(text, "{u},{v},{w},{},{},{}", u * u + v * v, 2.0 * u, 2.0 * v).unwrap();
        }
        let data = multiwell::internal::data::csv::read("t.csv", text.as_bytes(), &columns).unwrap();
        let settings = if columns.gradient.is_empty() {
            Settings::on(Recipe::Reliable, Settings::OWN_DATA)
        } else {
            Settings::on_derivatives(Recipe::Reliable, columns.target.is_some())
        };
        let mut run = PotentialRun::new(settings.with("modes=2&hidden=4").unwrap(), DataSource::Own(data), None).unwrap();
        run.advance(30);
        let tabs = run.tabs().into_iter();
        let views: Vec<View> = tabs.map(|tab| view(&mut run, &state(&tab.id, &[("cut", 1.0), ("held-2", 0.5)]))).collect();
        assert_eq!(views.iter().map(|view| view.rows.iter().map(Vec::len).sum()).collect::<Vec<usize>>(), plots);
        views.iter().for_each(is_sound);
        // There is no truth to compare with. The samples are on maps of two inputs.
        for view in &views {
            assert!(!view.table.head.iter().any(|head| head == "truth" || head == "off by"), "{:?}", view.table.head);
            assert!(!view.note.contains("truth") && !view.note.contains("cell"), "{}", view.note);
        }
        let is_dots = |layer: &ChartLayer| matches!(layer.shape, MarkShape::Dots(_));
        for view in views.iter().filter(|view| ["cuts", "flow"].contains(&view.view.as_str())) {
            assert_eq!(map(&view.rows[0][0]).layers.iter().any(is_dots), columns.inputs.len() == 2, "{}", view.view);
        }
    }
}

#[test]
fn cut_shows_values_of_truth_and_fit() {
    let mut run = trained(Mechanochemical::ID, 40);
    // The coordinates are e3 and c. The inputs e2, e1 and e6 are constant.
    let view = view(&mut run, &state("cuts", &[("cut", 1.0), ("held-1", 0.05), ("held-3", -0.1), ("held-4", 0.03)]));
    let [truth, fit, difference] = &view.rows[0][..] else { panic!("three plates") };
    let (truth, fit, difference) = (map(truth), map(fit), map(difference));
    assert_eq!((truth.across.as_str(), truth.upward.as_str()), ("e3", "c"));
    assert_eq!((truth.range, &truth.levels), (fit.range, &fit.levels));
    let exact = run.potential();
    for k in (0..61 * 61).step_by(97) {
        let (e3, c) = (-0.15 + 0.3 * (k % 61) as f64 / 60.0, (k / 61) as f64 / 60.0);
        let (e2, e1, shear) = (0.05 / 2f64.sqrt(), -0.1 / 3f64.sqrt(), 0.03 / 2f64.sqrt());
        let e3 = e3 / 6f64.sqrt();
        let x = [e1 + e3 + e2, e1 + e3 - e2, e1 - 2.0 * e3, shear, 0.0, 0.0, c];
        assert!((truth.values[k] - Mechanochemical.value(&x)).abs() < 1e-9);
        let found = exact.values(&x, Outputs::default()).psi[0];
        // Plots are in single precision.
        assert!((fit.values[k] - found).abs() < 1e-4 * (1.0 + found.abs()), "{} {found}", fit.values[k]);
        assert!((difference.values[k] - (fit.values[k] - truth.values[k])).abs() < 1e-12);
    }
}

#[test]
fn parity_view_shows_numbers_of_report() {
    let mut run = trained(GeneCircuit::ID, 100);
    let report = run.metrics();
    let view = view(&mut run, &state("parity", &[]));
    let expected = [report.own.r2, report.own.r2_components[0], report.own.r2_components[1]];
    for (plot, r2) in view.rows[0].iter().zip(expected) {
        let written = plot.title.split("R² ").nth(1).and_then(|rest| rest.split(',').next()).unwrap();
        let written: f64 = written.replace('−', "-").parse().unwrap();
        assert!((written - r2).abs() < 0.02 * (1.0 - r2).abs() + 1e-3, "{} {r2}", plot.title);
    }
}

#[test]
fn parity_view_of_density_names_kernel_estimate() {
    let x = (0..120_u32).map(|k| f64::from(k * 37 % 61) / 30.0 + f64::from(k % 2)).collect();
    let data = Dataset::samples_of_density(Array2::from_shape_vec((60, 2), x).unwrap(), Vec::new()).unwrap();
    let settings = Settings::on(Recipe::Reliable, Settings::OWN_JOINT).with("modes=2&hidden=3").unwrap();
    let mut run = PotentialRun::new(settings, DataSource::Own(data), None).unwrap();
    let view = view(&mut run, &state("parity", &[]));
    let ViewPicture::Chart(chart) = &view.rows[0][0].picture else { panic!("no chart") };
    let strip = chart.strip.as_ref().map(|strip| strip.name.as_str());
    assert_eq!((chart.across.as_str(), strip), ("Ψ, kernel estimate", Some("fit − kernel estimate")));
}

#[test]
fn quick_report_does_not_replace_full_report_of_epoch() {
    let mut run = trained(Mechanochemical::ID, 200);
    run.advance(1);
    let quick = run.frame(Freshness::Within(1e-9)).0.metrics;
    assert!(!quick.minima().is_empty());
    let thorough = run.frame(Freshness::Current).0.metrics;
    assert!(thorough.minima().len() >= quick.minima().len());
    assert_eq!(thorough, Metrics { seconds: thorough.seconds, ..run.metrics().map(|own| ProblemMetrics::Potential(own, None)) });
}

#[test]
fn transient_follows_equations_and_counts_wrong_cells() {
    let settings = Settings::on(Recipe::Reliable, GeneCircuit::ID).with("epochs=300&modes=2&hidden=8").unwrap();
    let [weak, mut run] = transient::FIGURE_COUPLINGS.map(|b| {
        let mut run = finished(settings.with(&format!("b={b}")).unwrap(), DataSource::Benchmark);
        run.metrics();
        run
    });
    let mut state = state("transient", &[("time", 40.0)]);
    assert!(view(&mut run, &state).note.contains("0.1"));
    let mut calls = 0;
    while run.work_on_view(&state) {
        calls += 1;
    }
    let shown = view(&mut run, &state);
    is_sound(&shown);
    assert!(calls > 0 && shown.rows[0].len() == 2, "{calls}");
    assert_eq!(shown.table.rows[0].1[0], "20");
    // The cells end at the same positions as in Figure 13 in double precision.
    let mut fits = [weak.potential(), run.potential()];
    let slope = Outputs { gradient: true, ..Outputs::default() };
    let mut exact = |x: &[f64]| fits.each_mut().map(|fit| fit.values(x, slope).gradient);
    let begin = transient::beginning(&transient::starts(transient::INITIAL_CELLS));
    let path = transient::blended(&begin, &transient::times(), 1e-8, &mut exact);
    let of_shape =
        |shape: fn(&MarkShape) -> bool| &map(&shown.rows[0][1]).layers.iter().find(|layer| shape(&layer.shape)).unwrap().points;
    let ends = of_shape(|shape| matches!(shape, MarkShape::Marks(_)));
    assert_eq!(ends.len(), transient::INITIAL_CELLS);
    for (end, exact) in ends.iter().zip(path.last().unwrap().chunks(2)) {
        assert!((end.0 - exact[0]).hypot(end.1 - exact[1]) < 2e-3, "{end:?} {exact:?}");
    }
    let circuits = transient::FIGURE_COUPLINGS.map(|b| GeneCircuit { b });
    let mut slopes = |x: &[f64]| circuits.map(|c| x.chunks(2).flat_map(|x| c.gradient(x)).collect::<Vec<f64>>());
    // There is a ring for each cell that ends on the wrong side.
    let rings = of_shape(|shape| matches!(shape, MarkShape::Rings(_)));
    let on_truth = transient::blended(&begin, &transient::times(), 1e-8, &mut slopes);
    assert_eq!(rings.len(), transient::Arrivals::compare(&path, &on_truth).wrong);
    // Particles that the user adds also move.
    state.touches = vec![(0, 0.5, 0.25)];
    view(&mut run, &state);
    while run.work_on_view(&state) {}
    assert_eq!(view(&mut run, &state).table.rows[0].1[0], "21");

    // For the true landscapes, the path of a cell does not depend on the number of cells. The weight follows the logistic equation.
    let starts = transient::starts(4);
    let times = transient::times();
    let together = transient::blended(&transient::beginning(&starts), &times, 1e-8, &mut slopes);
    assert_eq!(together.len(), times.len());
    for (k, start) in starts.chunks(2).enumerate() {
        let alone = transient::blended(&transient::beginning(start), &times, 1e-8, &mut slopes);
        for (a, b) in alone.iter().zip(&together) {
            assert!((a[0] - b[2 * k]).abs() + (a[1] - b[2 * k + 1]).abs() < 1e-5);
        }
        assert!((start[0] - start[1]).abs() > 0.05);
    }
    for (t, x) in times.iter().zip(&together) {
        let odds = 0.01 / 0.99 * (0.7 * t).exp();
        assert!((x[8] - odds / (1.0 + odds)).abs() < 1e-6);
    }
    let verdict = transient::Arrivals::compare(&together, &together);
    assert_eq!((verdict.wrong, verdict.worst), (0, 0.0));
}

/// Tests that train a recipe to its end: `cargo test --release -- --ignored full::`.
mod full {
    use super::*;

    #[test]
    #[ignore = "full recipe"]
    fn paths_are_drawn_after_survey() {
        let settings = Settings::on(Recipe::Reliable, "muller-brown").with("epochs=1500").unwrap();
        let mut run = finished(settings, DataSource::Benchmark);
        let view = |run: &mut PotentialRun, id: &str| view(run, &state(id, &[]));
        let before = view(&mut run, "profile");
        assert!(before.rows.is_empty() && before.note.contains("when training"), "{}", before.note);
        let lines = |view: &View| match &view.rows[0][1].picture {
            ViewPicture::Map(map) => map.layers.len(),
            ViewPicture::Chart(_) => 0,
        };
        let plain = lines(&view(&mut run, "cuts"));
        let (_, survey) = run.surveyed(&|| false);
        let after = view(&mut run, "profile");
        assert_eq!((after.rows.len(), after.rows[0].len(), after.table.rows.len()), (1, 2, survey.paths.len()));
        assert!(!survey.paths.is_empty() && lines(&view(&mut run, "cuts")) == plain + survey.paths.len());
    }
}

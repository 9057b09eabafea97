//! Figure 8: the density of the Schlögl reaction over time, and the distances of estimates from its exact distribution.

use std::fmt::Write;

use multiwell::numerics::statistics::median;
use multiwell::plot::Axis;
use multiwell::plot::figures::{Chart, Layer, Shape, Tone};
use multiwell::problem::Metrics;
use multiwell::problem::Settings;
use multiwell::problem::density::metrics::Distances;
use multiwell::problem::density::views as density;
use multiwell::problem::density::{DensityMetrics, DensityRun};
use multiwell::problem::job::Given;
use multiwell::problem::settings::{Choice, Recipe, shortest};
use multiwell::problem::view::{Picture, ViewState};

use super::members::trained;
use super::sheet::Sheet;
use super::{Asked, Output, fields, with};
use crate::Failure;

/// An estimate that is compared: its name, its distances, its colour.
type Compared = (&'static str, fn(&Distances) -> &Vec<f64>, Tone);
const COMPARED: [Compared; 6] = [
    ("fit", |r| &r.tv_fit, Tone::Accent),
    ("KDE Sheather-Jones", |r| &r.tv_kde_best, Tone::Soft),
    ("KDE oracle", |r| &r.tv_kde_oracle, Tone::Count),
    ("3 Gaussians", |r| &r.tv_mixture_3, Tone::Mode(2)),
    ("KDE Scott", |r| &r.tv_kde_scott, Tone::Dot),
    ("KDE Silverman", |r| &r.tv_kde_silverman, Tone::Dot),
];
/// How many of them are drawn; all of them are in the table.
const DRAWN: usize = 5;

/// Figure 8, of a data set for each seed; the first is shown.
pub fn figures(asked: &Asked) -> Result<Vec<Output>, Failure> {
    let mut own = Settings::on(Recipe::default(), "schlogl");
    own.training.epochs = asked.epochs.unwrap_or(own.training.epochs);
    let all: Vec<Settings> = asked.seeds.iter().map(|seed| with(&own, &format!("data-seed={seed}"))).collect();
    let see = |mut run: DensityRun| {
        let metrics = run.compared();
        (run, metrics)
    };
    let members = trained(&all, |settings| DensityRun::open(settings, Given::default()), see)?;
    let (mut runs, all): (Vec<DensityRun>, Vec<Metrics<DensityMetrics>>) = members.into_iter().unzip();
    let found: Vec<&Distances> = all.iter().filter_map(|metrics| metrics.own.distances.as_ref()).collect();
    let times = &all[0].own.sets.times;
    let mut sheet = Sheet::default();
    let mut numbers = String::from("panel,t,state,density\n");
    let state = ViewState { view: "over-time".into(), ..ViewState::default() };
    let plots = density::view(&mut runs[0], &state).map(|view| view.rows.concat()).unwrap_or_default();
    sheet.lettered((360, 300), [&plots[..3]]);
    for (letter, plot) in ["a", "b", "c"].iter().zip(&plots) {
        note(&mut numbers, letter, &plot.picture);
    }
    sheet.row((540, 300));
    sheet.add("(d) Total variation to the exact law", &against_time(times, &found));
    sheet.add("(e) Exact law", &plots[3].picture);
    note(&mut numbers, "law", &plots[3].picture);
    let (samples, data_seed) = (all[0].own.sets.samples, all[0].data_seed);
    let caption = format!(
        "Figure 8. The Schlögl reaction from 250 molecules of X: (a) trajectories (data seed {}); (b) kernel density estimate over time and \
         state; (c) density fitted to {} trajectories, at seven times, each shown half-way to its neighbours; (d) how far estimates are from the exact \
         law of the master equation, which stands beside it (e): the median of {} data sets of {} trajectories, each faint. Recipe {}, seed {}.",
        data_seed,
        samples,
        all.len(),
        samples,
        own.training.recipe.name(),
        own.training.seed
    );
    let mut distances = String::from("data_seed,t,what,total_variation\n");
    for (metrics, found) in all.iter().zip(&found) {
        for (name, of, _) in COMPARED {
            for (t, distance) in times.iter().zip(of(found)) {
                let _ = writeln!(distances, "{},{t},{name},{}", metrics.data_seed, shortest(*distance));
            }
        }
    }
    Ok(vec![Output::new("figure-8", &sheet, &caption, numbers), Output::numbers("figure-8-distances", distances)])
}

/// Adds the numbers of a picture, one per line.
fn note(numbers: &mut String, panel: &str, picture: &Picture) {
    match picture {
        Picture::Chart(chart) => {
            for (k, layer) in chart.layers.iter().enumerate() {
                for (t, state) in &layer.points {
                    let _ = writeln!(numbers, "{panel}{k},{t},{state},");
                }
            }
        }
        Picture::Map(map) => {
            let rows = map.values.len() / map.columns;
            for (k, value) in map.values.iter().enumerate() {
                let along = |axis: &Axis, k: usize, of: usize| axis.value(k as f64 / (of - 1) as f64);
                let (t, state) = (along(&map.x, k % map.columns, map.columns), along(&map.y, k / map.columns, rows));
                // What is not drawn, as the fit before its first time, is no number.
                if value.is_finite() {
                    let _ = writeln!(numbers, "{panel},{}", fields([t, state, *value]));
                }
            }
        }
    }
}

/// Panel d: the median over all data sets, and each data set.
fn against_time(times: &[f64], all: &[&Distances]) -> Chart {
    let mut layers = Vec::new();
    for (name, of, tone) in COMPARED.iter().take(DRAWN).rev() {
        let course = |distances: &Distances| times.iter().copied().zip(of(distances).iter().copied()).collect::<Vec<_>>();
        if all.len() > 1 {
            layers.extend(all.iter().map(|one| Layer::new(course(one), Shape::Line(0.75), *tone).faint(0.3)));
        }
        let middle = |k: usize| (times[k], median(all.iter().map(|one| of(one)[k]).collect()).unwrap_or(f64::NAN));
        let width = if *name == "fit" { 2.5 } else { 1.5 };
        layers.push(Layer::new((0..times.len()).map(middle).collect(), Shape::Line(width), *tone).named(*name));
    }
    let highest = layers.iter().flat_map(|layer| &layer.points).map(|p| p.1).fold(0.0, f64::max);
    Chart {
        x: Axis::linear(0.0, times[times.len() - 1]),
        y: Axis::linear(0.0, 1.1 * highest),
        across: "time".into(),
        upward: "total variation".into(),
        labels: Vec::new(),
        marks: [5, 4],
        layers,
        strip: None,
    }
}

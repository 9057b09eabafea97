//! Figure 8: density of the Schlögl reaction over time, and distances of estimates from its exact distribution.

use std::fmt::Write;

use multiwell::internal::numerics::statistics::median;
use multiwell::internal::plot::PlotAxis;
use multiwell::internal::plot::figures::{Chart, ChartLayer, MarkShape, Tone};
use multiwell::internal::problem::density::metrics::Distances;
use multiwell::internal::problem::density::views as density;
use multiwell::internal::problem::density::{DensityMetrics, DensityRun};
use multiwell::internal::problem::job::FitInputs;
use multiwell::internal::problem::settings::{NamedChoice, Recipe, shortest};
use multiwell::internal::problem::view::{View, ViewPicture, ViewState};
use multiwell::internal::problem::{Job, Metrics, Settings};

use super::members::trained;
use super::sheet::FigureSheet;
use super::{FigureOutput, FigureRequest, fields, with};
use crate::Failure;

/// An estimate that is compared: its name, its distances and its colour.
type ComparedEstimate = (&'static str, fn(&Distances) -> &Vec<f64>, Tone);
const COMPARED_FITS: [ComparedEstimate; 6] = [
    ("fit", |r| &r.tv_fit, Tone::Accent),
    ("KDE Sheather-Jones", |r| &r.tv_kde_best, Tone::Soft),
    ("KDE oracle", |r| &r.tv_kde_oracle, Tone::Count),
    ("3 Gaussians", |r| &r.tv_mixture_3, Tone::Mode(2)),
    ("KDE Scott", |r| &r.tv_kde_scott, Tone::Dot),
    ("KDE Silverman", |r| &r.tv_kde_silverman, Tone::Dot),
];
/// Number of estimates that are drawn. The table contains all of them.
const DRAWN_FITS: usize = 5;

/// Draws Figure 8, with a data set for each seed. The first data set is shown.
pub fn figures(request: &FigureRequest) -> Result<Vec<FigureOutput>, Failure> {
    let mut own = Settings::on(Recipe::default(), "schlogl");
    own.training.epochs = request.epochs.unwrap_or(own.training.epochs);
    let all: Vec<Settings> = request.seeds.iter().map(|seed| with(&own, &format!("data-seed={seed}"))).collect();
    let state = ViewState { view: "over-time".into(), ..ViewState::default() };
    let first = all[0].data.seed;
    // The first data set is drawn.
    let see = |mut run: DensityRun| {
        let is_drawn = Job::settings(&run).data.seed == first;
        let view = if is_drawn { density::view(&mut run, &state) } else { None };
        (run.compared(), view)
    };
    let members = trained(&all, |settings| DensityRun::open(settings, FitInputs::default()), see)?;
    let (all, mut views): (Vec<Metrics<DensityMetrics>>, Vec<Option<View>>) = members.into_iter().unzip();
    let found: Vec<&Distances> = all.iter().filter_map(|metrics| metrics.own.distances.as_ref()).collect();
    let times = &all[0].own.sets.times;
    let mut sheet = FigureSheet::default();
    let mut numbers = String::from("panel,t,state,density\n");
    let plots = views.swap_remove(0).map(|view| view.rows.concat()).unwrap_or_default();
    sheet.add_lettered_rows((360, 300), [&plots[..3]]);
    for (letter, plot) in ["a", "b", "c"].iter().zip(&plots) {
        append_numbers(&mut numbers, letter, &plot.picture);
    }
    sheet.row((540, 300));
    sheet.add("(d) Total variation to the exact law", &against_time(times, &found));
    sheet.add("(e) Exact law", &plots[3].picture);
    append_numbers(&mut numbers, "law", &plots[3].picture);
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
        for (name, of, _) in COMPARED_FITS {
            for (t, distance) in times.iter().zip(of(found)) {
                let _ = writeln!(distances, "{},{t},{name},{}", metrics.data_seed, shortest(*distance));
            }
        }
    }
    Ok(vec![FigureOutput::new("figure-8", &sheet, &caption, numbers), FigureOutput::numbers("figure-8-distances", distances)])
}

/// Adds the numbers of a picture, one per line.
fn append_numbers(numbers: &mut String, panel: &str, picture: &ViewPicture) {
    match picture {
        ViewPicture::Chart(chart) => {
            for (k, layer) in chart.layers.iter().enumerate() {
                for (t, state) in &layer.points {
                    let _ = writeln!(numbers, "{panel}{k},{t},{state},");
                }
            }
        }
        ViewPicture::Map(map) => {
            let rows = map.values.len() / map.columns;
            for (k, value) in map.values.iter().enumerate() {
                let along = |axis: &PlotAxis, k: usize, of: usize| axis.value(k as f64 / (of - 1) as f64);
                let (t, state) = (along(&map.x, k % map.columns, map.columns), along(&map.y, k / map.columns, rows));
                // Values that are not drawn are NaN, such as those of the fit before its first time.
                if value.is_finite() {
                    let _ = writeln!(numbers, "{panel},{}", fields([t, state, *value]));
                }
            }
        }
    }
}

/// Panel d: the median over all data sets, and the curve of each data set.
fn against_time(times: &[f64], all: &[&Distances]) -> Chart {
    let mut layers = Vec::new();
    for (name, of, tone) in COMPARED_FITS.iter().take(DRAWN_FITS).rev() {
        let course = |distances: &Distances| times.iter().copied().zip(of(distances).iter().copied()).collect::<Vec<_>>();
        if all.len() > 1 {
            layers.extend(all.iter().map(|one| ChartLayer::new(course(one), MarkShape::Line(0.75), *tone).with_opacity(0.3)));
        }
        let middle = |k: usize| (times[k], median(all.iter().map(|one| of(one)[k]).collect()).unwrap_or(f64::NAN));
        let width = if *name == "fit" { 2.5 } else { 1.5 };
        layers.push(ChartLayer::new((0..times.len()).map(middle).collect(), MarkShape::Line(width), *tone).named(*name));
    }
    let highest = layers.iter().flat_map(|layer| &layer.points).map(|p| p.1).fold(0.0, f64::max);
    let axes = [PlotAxis::linear(0.0, times[times.len() - 1]), PlotAxis::linear(0.0, 1.1 * highest)];
    Chart::new(axes, ["time", "total variation"], [5, 4], layers)
}

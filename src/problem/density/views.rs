//! Views of densities over time and at one time: trajectories, kernel estimates, fit, exact distribution, and their distances.

use crate::data::estimate::kernel::BandwidthRule;
use crate::numerics::statistics::sorted;
use crate::plot::figures::{Chart, ChartLayer, MarkShape, Tone};
use crate::plot::ticks::{fixed, number};
use crate::plot::{HeatMap, PlotAxis};
use crate::problem::density::DensityRun;
use crate::problem::density::evaluation::OverTime;
use crate::problem::density::metrics::FittedWell;
use crate::problem::view::{Control, Plot, Tab, Touch, View, ViewPicture, ViewState, ViewTable, within};
use crate::text::with_half_width;

/// Number of columns and rows of a map.
const MAP_COLUMNS: usize = 39;
const MAP_ROWS: usize = 91;
const DRAWN_PATHS: usize = 40;
const HISTOGRAM_BARS: usize = 45;
/// Stride of the states at which curves are plotted.
const CURVE_STRIDE: usize = 3;
/// Height above its minimum up to which a potential is plotted.
const DRAWN_HEIGHT: f64 = 8.0;

/// View: its name in a link, its title, its function, and whether the fit has it.
type DensityView = (&'static str, &'static str, fn(&mut DensityRun, &ViewState) -> View, bool);

fn views(run: &DensityRun) -> impl Iterator<Item = DensityView> {
    let all: [DensityView; 3] = [
        ("over-time", "Over time", over_time, !run.samples.times.is_empty()),
        ("at-one-time", "At one time", at_one_time, true),
        ("distances", "Distances", distances, run.exact(0).is_some()),
    ];
    all.into_iter().filter(|view| view.3)
}

/// Views of a fit.
pub fn tabs(run: &DensityRun) -> Vec<Tab> {
    views(run).map(|(id, title, ..)| Tab::new(id, title)).collect()
}

/// View of a fit.
pub fn view(run: &mut DensityRun, state: &ViewState) -> Option<View> {
    let (id, _, see, _) = views(run).find(|(id, ..)| *id == state.view)?;
    let view = see(run, state);
    let (fitted, sets) = (run.fitted(), run.samples.sets());
    let is_in_progress = sets > 1 && fitted < sets;
    let progress = || format!("{fitted} of {sets} sets are fitted, from the latest to the earliest.");
    Some(View { view: id.into(), note: if is_in_progress { progress() } else { view.note }, ..view })
}

fn rule_of(state: &ViewState, run: &DensityRun) -> (Control, usize) {
    let names = BandwidthRule::available(run.exact(0).is_some()).map(|(_, name)| name.into()).collect();
    let meaning = "Rule for the bandwidth of the kernel estimate; the oracle uses the exact distribution.";
    let control = state.choose("rule", "bandwidth", meaning, names);
    let rule = control.value as usize;
    (control, rule)
}

/// Density of the last colour: the 98 % quantile, so that a sharp initial peak does not make the rest pale.
fn strongest(run: &DensityRun, densities: &[Vec<f64>]) -> f64 {
    let all = densities.iter().flat_map(|density| density.iter().step_by((density.len() / MAP_ROWS).max(1)));
    let sorted = sorted(all.copied().filter(|v| v.is_finite()).collect());
    sorted.get(sorted.len() * 98 / 100).copied().unwrap_or(1.0) / run.samples.unit(0)[1]
}

/// Map of densities over time, with colours up to `top`. Densities are interpolated between times. If `is_in_steps`, the density of the nearest
/// time is used, because the mean of two separate peaks would show two modes that never existed at once.
fn map(
    run: &DensityRun,
    [title, description]: [&str; 2],
    (times, densities): &OverTime,
    (top, state): (f64, &ViewState),
    is_in_steps: bool,
) -> Plot {
    let samples = &run.samples;
    let all = &samples.times;
    // The time axis starts with the trajectories, if there are any.
    let begin = samples.paths().map_or(all[0], |(times, _)| times[0]);
    let (first, last) = (all[0], all[all.len() - 1]);
    let whole = [[begin, last], [0.0, samples.top as f64].map(|n| samples.value(0, n))];
    let seen = state.part.map_or(whole, |part| within(part, whole));
    let column = |k: usize| {
        let t = seen[0][0] + (seen[0][1] - seen[0][0]) * k as f64 / (MAP_COLUMNS - 1) as f64;
        if t < first - 1e-9 * (last - begin) && is_in_steps {
            return (0, f64::NAN);
        }
        let after = times.partition_point(|&time| time < t).clamp(1, times.len() - 1);
        let part = ((t - times[after - 1]) / (times[after] - times[after - 1])).clamp(0.0, 1.0);
        (after, if is_in_steps { part.round() } else { part })
    };
    let cells: Vec<(usize, f64)> = (0..MAP_COLUMNS).map(column).collect();
    let [lowest, highest] = seen[1].map(|end| samples.top as f64 * (end - whole[1][0]) / (whole[1][1] - whole[1][0]));
    let at = |row: usize, (after, part): (usize, f64)| {
        let n = (lowest + (highest - lowest) * row as f64 / (MAP_ROWS - 1) as f64 + 1e-9) as usize;
        if after == 0 {
            return f64::NAN;
        }
        // A column at a fitted time does not use its neighbour, which may be missing.
        let of = |k: usize, weight: f64| match densities[k].get(n) {
            _ if weight == 0.0 => 0.0,
            Some(density) => weight * density / samples.unit(0)[1],
            None => f64::NAN,
        };
        of(after - 1, 1.0 - part) + of(after, part)
    };
    let values: Vec<f64> =
        (0..MAP_ROWS).flat_map(|row| cells.iter().map(move |&cell| (row, cell))).map(|(row, cell)| at(row, cell)).collect();
    let [x, y] = seen.map(|[low, high]| PlotAxis::linear(low, high));
    let picture = ViewPicture::Map(HeatMap {
        x,
        y,
        columns: MAP_COLUMNS,
        values,
        range: [top, 0.0],
        across: "time".into(),
        upward: name(run).into(),
        of: "density".into(),
        whole,
        ..HeatMap::default()
    });
    Plot { title: title.into(), description: description.into(), picture, touch: Touch::Read }
}

/// Name of the quantity. Several columns have a common one.
pub(super) fn name(run: &DensityRun) -> &str {
    match run.samples.labels.as_slice() {
        _ if run.model.is_some() => "molecules of X",
        [only] => only,
        _ => "value",
    }
}

fn over_time(run: &mut DensityRun, state: &ViewState) -> View {
    let (control, rule) = rule_of(state, run);
    let times = run.samples.times.clone();
    let fits = (0..times.len()).map(|set| run.density(set).unwrap_or_default()).collect();
    let fits = (times, fits);
    let (kernels, exact) = (run.kernels_over_time(rule), run.exact_over_time());
    // One colour scale for all maps.
    let top = strongest(run, exact.as_ref().map_or(&kernels.1, |exact| &exact.1));
    let words = ["Fit", "The fitted density over time and state, that of each fitted time half-way up to its neighbours."];
    let fit = map(run, words, &fits, (top, state), true);
    let title = format!("Kernel estimate ({})", BandwidthRule::ALL[rule].1);
    let kernel = map(run, [&title, "The kernel density estimate over time and state."], &kernels, (top, state), false);
    let rows = match (paths(run), exact) {
        (Some(paths), Some(exact)) => {
            let words = ["Exact distribution", "The distribution of the master equation over time and state."];
            let exact = map(run, words, &exact, (top, state), false);
            vec![vec![paths, kernel], vec![fit, exact]]
        }
        _ => vec![vec![kernel, fit]],
    };
    View { rows, controls: vec![control], ..View::default() }
}

/// Chart with a title, a description, axes and their labels.
fn chart(title: String, description: &str, axes: [PlotAxis; 2], labels: [&str; 2], layers: Vec<ChartLayer>) -> Plot {
    Plot::chart(title, description, Chart::new(axes, labels, [5, 4], layers))
}

/// Some of the trajectories, if there are any.
fn paths(run: &DensityRun) -> Option<Plot> {
    let (times, paths) = run.samples.paths()?;
    let shown = paths.len().min(DRAWN_PATHS);
    let path = |path: &Vec<f64>| {
        let points = times.iter().copied().zip(path.iter().copied()).collect();
        ChartLayer::new(points, MarkShape::Line(0.75), Tone::Ink).with_opacity(0.35)
    };
    let axes = [[times[0], times[times.len() - 1]], [0.0, run.samples.top as f64]].map(|[low, high]| PlotAxis::linear(low, high));
    let description = format!("{shown} of the {} trajectories, by Gillespie's direct method.", run.samples.rows);
    let layers = paths.iter().take(shown).map(path).collect();
    Some(chart("Trajectories".into(), &description, axes, ["time", name(run)], layers))
}

fn at_one_time(run: &mut DensityRun, state: &ViewState) -> View {
    let labels = run.samples.labels.clone();
    let last = labels.len() - 1;
    let mut controls = Vec::new();
    let mut set = last;
    if last > 0 {
        // The latest set is fitted first.
        let choices: Vec<String> = labels.iter().rev().cloned().collect();
        let control = state.choose("set", "samples", "Which set of samples, and its fit, is shown.", choices);
        set = last - control.value as usize;
        controls.push(control);
    }
    let (control, rule) = rule_of(state, run);
    controls.push(control);
    let fit = run.density(set);
    let distances = run.distances(set);
    let mut curves = vec![(run.estimates(set)[rule].clone(), Tone::Count, 1.5, "KDE")];
    curves.extend(fit.map(|fit| (fit, Tone::Accent, 2.5, "fit")));
    curves.extend(run.exact(set).map(|exact| (exact.to_vec(), Tone::Ink, 1.0, "exact distribution")));
    let samples = &run.samples;
    let (unit, top) = (samples.unit(set)[1], samples.top);
    let x = PlotAxis::linear(samples.value(set, 0.0), samples.value(set, top as f64));
    let bars = histogram(&samples.samples_of(set), top);
    let highest = curves.iter().flat_map(|(curve, ..)| curve).fold(0.0_f64, |high, &p| high.max(p)) / unit;
    let line = |(curve, tone, width, name): &(Vec<f64>, Tone, f64, &'static str), of: &dyn Fn(f64) -> f64| {
        let points = curve.iter().enumerate().step_by(CURVE_STRIDE).filter(|(_, p)| **p > 0.0);
        let points = points.map(|(n, p)| (samples.value(set, n as f64), of(p / unit))).collect();
        ChartLayer::new(points, MarkShape::Line(*width), *tone).named(*name)
    };
    let bars = bars.into_iter().map(|(n, p)| (samples.value(set, n), p / unit)).collect();
    let mut layers = vec![ChartLayer::new(bars, MarkShape::Band, Tone::Dot).with_opacity(0.35).named("samples")];
    layers.extend(curves.iter().map(|curve| line(curve, &|p| p)));
    let label = &labels[set];
    let words = format!(
        "{label}: a histogram of the samples, the kernel estimate, the exact distribution where it is known, and the fit."
    );
    let axes = [x, PlotAxis::linear(0.0, 1.15 * highest)];
    let density = chart(format!("Density, {label}"), &words, axes, [name(run), "density"], layers);
    let floor = -highest.ln();
    let potentials = curves.iter().map(|curve| line(curve, &|p: f64| -p.ln())).collect();
    let words = format!("{label}: minus the logarithm of the same: the fit's is the potential Ψ but for a constant.");
    let axes = [x, PlotAxis::linear(floor - 0.3, floor + DRAWN_HEIGHT)];
    let potential = chart(format!("Potential, {label}"), &words, axes, [name(run), "−log density"], potentials);
    let table = match (run.exact(set), &run.fits[set]) {
        (Some(_), _) => table_at(distances),
        (None, Some(_)) => wells(run, set),
        (None, None) => ViewTable::default(),
    };
    View { rows: vec![vec![density, potential]], controls, table, ..View::default() }
}

/// Outline of a histogram of probabilities per state.
fn histogram(samples: &[f64], top: usize) -> Vec<(f64, f64)> {
    let width = top as f64 / HISTOGRAM_BARS as f64;
    let mut counts = [0.0; HISTOGRAM_BARS];
    for state in samples {
        counts[((state / width) as usize).min(HISTOGRAM_BARS - 1)] += 1.0;
    }
    let scale = 1.0 / (width * samples.len() as f64);
    let bar = |(k, count): (usize, &f64)| [(k as f64 * width, count * scale), ((k + 1) as f64 * width, count * scale)];
    let outline = counts.iter().enumerate().flat_map(bar);
    [(0.0, 0.0)].into_iter().chain(outline).chain([(top as f64, 0.0)]).collect()
}

/// Table of the wells of a fit with the barriers between them, and 90 % intervals if they were requested.
fn wells(run: &DensityRun, set: usize) -> ViewTable {
    let cell = |value: f64, interval: Option<[f64; 2]>, plain: String| {
        interval.map_or(plain, |[low, high]| with_half_width(value, (high - value).max(value - low)))
    };
    let row = |well: &FittedWell| {
        let (x, of_minimum) = (well.x[0], well.interval.as_ref());
        let doubt = if well.supported { "" } else { "? " };
        let barrier = match (well.barrier, well.barrier_bound) {
            (None, _) => "–".into(),
            (_, Some(least)) => format!("≥ {}", fixed(least, 2)),
            (Some(barrier), None) => cell(barrier, well.barrier_interval, fixed(barrier, 2)),
        };
        let place = cell(x, of_minimum.map(|interval| interval.x[0]), number(x, 4));
        let value = cell(well.value, of_minimum.map(|interval| interval.value), fixed(well.value, 2));
        let mass = if well.mass > 0.0 { cell(well.mass, well.mass_interval, fixed(well.mass, 3)) } else { "–".into() };
        (None, vec![format!("{doubt}{place}"), value, barrier, mass])
    };
    let wells = run.wells_of_fit(set);
    let place = if wells.iter().any(|well| well.interval.is_some()) { "well at, ± 90 %" } else { "well at" };
    let head = [place, "−log density", "barrier (kT)", "mass"].map(String::from).to_vec();
    let mut rows: Vec<_> = wells.iter().map(row).collect();
    if wells.iter().any(|well| !well.supported) {
        rows.push((None, vec!["?: not confirmed by the samples".into(), String::new(), String::new(), String::new()]));
    }
    ViewTable { head, rows }
}

fn table_at(distances: Vec<(String, [f64; 2])>) -> ViewTable {
    let row =
        |(name, [variation, divergence]): (String, [f64; 2])| (None, vec![name, fixed(variation, 4), number(divergence, 3)]);
    let head = ["estimate", "total variation", "Kullback-Leibler"].map(String::from).to_vec();
    ViewTable { head, rows: distances.into_iter().map(row).collect() }
}

/// Series plotted against time: index among the compared densities, and colour.
const DRAWN_SERIES: [(usize, Tone); 5] =
    [(2, Tone::Dot), (1, Tone::Count), (4, Tone::Mode(1)), (6, Tone::Mode(2)), (0, Tone::Accent)];

/// Points of a line with gaps at infinite distances: an estimate may vanish where the exact distribution does not.
fn with_gaps(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    points.iter().map(|&(time, distance)| (time, if distance.is_finite() { distance } else { f64::NAN })).collect()
}

fn distances(run: &mut DensityRun, _: &ViewState) -> View {
    // One more per call, so that each call is short.
    run.compare_next();
    let times = run.samples.times.clone();
    let (mut head, mut rows) = (vec!["time".to_string()], Vec::new());
    let mut curves = vec![[Vec::new(), Vec::new()]; 7];
    for (set, &time) in times.iter().enumerate() {
        if !run.is_compared(set) || run.fits[set].is_none() {
            continue;
        }
        let found = run.distances(set);
        if head.len() == 1 {
            head.extend(found.iter().map(|(name, _)| name.clone()));
            head.push("fit (KL)".into());
        }
        let variations = found.iter().map(|(_, [variation, _])| fixed(*variation, 3));
        rows.push((None, [number(time, 3)].into_iter().chain(variations).chain([number(found[0].1[1], 2)]).collect()));
        for ((_, distances), curve) in found.iter().zip(&mut curves) {
            curve.iter_mut().zip(distances).for_each(|(curve, distance)| curve.push((time, *distance)));
        }
    }
    let distance_chart = |which: usize, title: &str, description: &str| {
        let high =
            DRAWN_SERIES.iter().flat_map(|(k, _)| &curves[*k][which]).map(|p| p.1).filter(|d| d.is_finite()).fold(0.0, f64::max);
        let layer = |(k, tone): &(usize, Tone)| {
            let points = with_gaps(&curves[*k][which]);
            let name = head.get(k + 1).cloned().unwrap_or_default();
            let width = if *k == 0 { 2.5 } else { 1.5 };
            let dots = ChartLayer::new(points.clone(), MarkShape::Dots(width + 0.5), *tone);
            [ChartLayer::new(points, MarkShape::Line(width), *tone).named(name), dots]
        };
        let axes = [times[times.len() - 1], 1.1 * high].map(|end| PlotAxis::linear(0.0, end));
        let upward = if which == 0 { "total variation" } else { "Kullback-Leibler" };
        chart(title.into(), description, axes, ["time", upward], DRAWN_SERIES.iter().flat_map(layer).collect())
    };
    let words = "Half the integral of the absolute difference to the exact distribution, against time.";
    let variation = distance_chart(0, "Total variation to the exact distribution", words);
    let words = "The Kullback-Leibler distance from the exact distribution, against time.";
    let divergence = distance_chart(1, "Kullback-Leibler distance", words);
    let table = if rows.is_empty() { ViewTable::default() } else { ViewTable { head, rows } };
    let note = "KDE: kernel density estimates. Sheather-Jones is the best bandwidth from the data alone; the oracle uses the exact distribution. Kernel estimates and mixtures use the samples of one time; a fit may pool those of neighbouring times.";
    View { rows: vec![vec![variation, divergence]], table, note: note.into(), ..View::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{Theme, svg};

    #[test]
    fn series_of_distances_have_different_hues() {
        let greys = [Tone::Ink, Tone::Soft, Tone::Dot];
        assert_eq!(DRAWN_SERIES.iter().filter(|(_, tone)| greys.contains(tone)).count(), 1);
        for (k, (_, tone)) in DRAWN_SERIES.iter().enumerate() {
            assert!(DRAWN_SERIES[k + 1..].iter().all(|(_, other)| other != tone), "{tone:?}");
        }
    }

    #[test]
    fn line_is_interrupted_at_infinite_values() {
        let points = with_gaps(&[(0.0, 0.1), (1.0, 0.2), (2.0, f64::INFINITY), (3.0, 0.2), (4.0, 0.1)]);
        assert_eq!(points.len(), 5, "a time is passed over");
        let chart = |points: Vec<(f64, f64)>| {
            let layer = ChartLayer::new(points, MarkShape::Line(1.5), Tone::Accent);
            Chart::new([PlotAxis::linear(0.0, 4.0), PlotAxis::default()], ["time", ""], [5, 4], vec![layer])
        };
        let strokes = |points| svg(&chart(points), (400, 300), &Theme::LIGHT).matches("<polyline").count();
        let whole = vec![(0.0, 0.1), (1.0, 0.2), (3.0, 0.2), (4.0, 0.1)];
        assert_eq!(strokes(points), strokes(whole) + 1, "there is no gap");
    }
}

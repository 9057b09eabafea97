//! Pictures of a material with memory, as data.

use crate::data::trajectories::Trajectories;
use crate::dynamics::metamaterial::LoadPath;
use crate::numerics::statistics::extent;
use crate::plot::PlotAxis;
use crate::plot::figures::{Chart, ChartLayer, MarkShape, Strip, Tone};
use crate::problem::material::model::TrajectoryResponse;
use crate::problem::view::{Plot, ViewPicture};

/// Line width of truth and measurements. A thin line above the fits keeps both visible.
pub const TRUTH_WIDTH_PX: f64 = 1.0;
/// Line width of a fit.
pub const FIT_WIDTH_PX: f64 = 2.0;

/// Title of the first picture of the truth, which has the legend.
const FIRST_TAB: &str = "Strain in time";

/// Cuts the vertical axis of a plot at curves that leave the range of the layer called `truth` by more than the width of that range.
pub fn limited(plot: Plot) -> Plot {
    let ViewPicture::Chart(mut chart) = plot.picture else { return plot };
    let ends = |layers: &mut dyn Iterator<Item = &ChartLayer>| {
        extent(layers.flat_map(|layer| &layer.points).map(|point| point.1).filter(|y| y.is_finite()))
    };
    let [lowest, highest] = ends(&mut chart.layers.iter().filter(|layer| layer.name == "truth"));
    let all = ends(&mut chart.layers.iter());
    let span = highest - lowest;
    if span > 0.0 && (all[0] < lowest - span || all[1] > highest + span) {
        let (low, high) = (all[0].max(lowest - span), all[1].min(highest + span));
        chart.y = PlotAxis::linear(low - 0.05 * (high - low), high + 0.05 * (high - low));
    }
    Plot { picture: ViewPicture::Chart(chart), ..plot }
}

/// Line of a chart.
pub fn line(points: impl Iterator<Item = (f64, f64)>, width: f64, tone: Tone, name: &str) -> ChartLayer {
    ChartLayer::new(points.collect(), MarkShape::Line(width), tone).named(name)
}

/// Chart of layers over axes that contain them and the points `more`.
pub fn plot(title: &str, [across, upward]: [&str; 2], layers: Vec<ChartLayer>, more: &[(f64, f64)]) -> Plot {
    let points = || layers.iter().flat_map(|layer| &layer.points).chain(more);
    let axis = |[low, high]: [f64; 2], room: f64| PlotAxis::linear(low - room * (high - low), high + room * (high - low));
    let axes = [axis(extent(points().map(|point| point.0)), 0.02), axis(extent(points().map(|point| point.1)), 0.05)];
    Plot::chart(title, format!("{title}: {upward} against {across}."), Chart::new(axes, [across, upward], [4, 4], layers))
}

/// Plot with a strip below it.
pub fn under(below: Option<Strip>, mut above: Plot) -> Plot {
    if let ViewPicture::Chart(chart) = &mut above.picture {
        chart.strip = below;
    }
    above
}

/// Values against the number of their step.
pub fn in_steps(values: impl Iterator<Item = f64>) -> impl Iterator<Item = (f64, f64)> {
    values.enumerate().map(|(n, value)| (n as f64, value))
}

/// Six pictures of the truth along some paths (Fig. 9 a to f). The legend of the first one has their names.
pub fn truth(paths: &[LoadPath], names: &[String]) -> Vec<Plot> {
    let of = |title: &str, axes: [&str; 2], points: &dyn Fn(&LoadPath) -> Vec<(f64, f64)>| {
        let name = |k: usize| names.get(k).filter(|_| title == FIRST_TAB).map_or("", String::as_str);
        let layer = |(k, path): (usize, &LoadPath)| line(points(path).into_iter(), FIT_WIDTH_PX, Tone::Mode(k), name(k));
        plot(title, axes, paths.iter().enumerate().map(layer).collect(), &[])
    };
    let both = |a: &[f64], b: &[f64]| a.iter().copied().zip(b.iter().copied()).collect::<Vec<(f64, f64)>>();
    let steps = |values: &[f64]| in_steps(values.iter().copied()).collect::<Vec<(f64, f64)>>();
    let s11 = |path: &LoadPath| path.stress.iter().map(|s| s[0]).collect::<Vec<f64>>();
    vec![
        of(FIRST_TAB, ["step", "E11"], &|p| steps(&p.strain)),
        of("Stress in time", ["step", "S11"], &|p| steps(&s11(p))),
        of("Stress and strain", ["E11", "S11"], &|p| both(&p.strain, &s11(p))),
        of("Second phase in time", ["step", "c"], &|p| steps(&p.c)),
        of("Force on it in time", ["step", "κ"], &|p| steps(&p.force)),
        of("Force and second phase", ["c", "κ"], &|p| both(&p.c, &p.force)),
    ]
}

/// One of the `each` numbers per sample along one path, from an array `[paths, samples, each]`.
pub fn part(values: &[f64], each: usize, samples: usize, path: usize, which: usize) -> impl Iterator<Item = f64> + '_ {
    values[path * samples * each..(path + 1) * samples * each].iter().skip(which).step_by(each).copied()
}

/// Level line at zero, along some steps.
pub fn zero(steps: usize) -> ChartLayer {
    ChartLayer::new(vec![(0.0, 0.0), (steps as f64, 0.0)], MarkShape::Line(1.0), Tone::Soft).with_opacity(0.7)
}

/// Energy dissipated in each step of a path.
pub fn spent_in_steps(path: &LoadPath) -> Vec<f64> {
    path.dissipation.windows(2).map(|w| w[1] - w[0]).collect()
}

/// Sums of the values up to each one.
pub fn sums(values: &[f64]) -> Vec<f64> {
    let mut total = 0.0;
    let add = |value: &f64| {
        total += value;
        total
    };
    values.iter().map(add).collect()
}

/// Outputs of some runs against their work-conjugate inputs: measurements and responses of fits. Rows are outputs, columns
/// are runs.
pub fn loops(data: &Trajectories, runs: &[(String, usize)], fits: &[(&str, Tone, &TrajectoryResponse)]) -> Vec<Vec<Plot>> {
    let (inputs, outputs) = (data.inputs.len(), data.outputs.len());
    let samples = |(_, trajectory): &(String, usize)| data.trajectories[*trajectory].time.len();
    let one = |output: usize, column: usize, (name, trajectory): &(String, usize)| {
        let before: usize = runs[..column].iter().map(samples).sum();
        let samples = samples(&runs[column]);
        let (trajectory, input) = (&data.trajectories[*trajectory], output.min(inputs - 1));
        let strain = || trajectory.inputs.iter().skip(input).step_by(inputs).copied();
        let named = |name: &'static str| if column + output == 0 { name } else { "" };
        let measured = || trajectory.outputs.iter().copied().skip(output).step_by(outputs);
        let (mut layers, mut off) = (Vec::new(), Vec::new());
        for (name, tone, answer) in fits {
            let name = if column + output == 0 { name } else { "" };
            let found = || part(&answer.stress[before * outputs..], outputs, samples, 0, output);
            layers.push(line(strain().zip(found()), FIT_WIDTH_PX, *tone, name));
            off.push(line(strain().zip(found().zip(measured()).map(|(fit, truth)| fit - truth)), 1.0, *tone, ""));
        }
        layers.push(line(strain().zip(measured()), TRUTH_WIDTH_PX, Tone::Ink, named("truth")));
        let title = format!("{} of trajectory {name}", data.outputs[output]);
        under(Strip::from_layers(off), plot(&title, [&data.inputs[input], &data.outputs[output]], layers, &[]))
    };
    (0..outputs).map(|k| runs.iter().enumerate().map(|(column, run)| one(k, column, run)).collect()).collect()
}

/// Hidden states, responsibilities and dissipation along one run, with the truth if it is known.
pub fn inside(answer: &TrajectoryResponse, truth: Option<&LoadPath>) -> Vec<Plot> {
    let steps = answer.dissipation.len();
    let samples = steps + 1;
    let unseen = |layers: &mut Vec<ChartLayer>| {
        layers.extend(truth.map(|t| line(in_steps(t.c.iter().copied()), TRUTH_WIDTH_PX, Tone::Ink, "c")));
    };
    let several = |values: &[f64], word: &str| {
        let each = values.len() / samples;
        let of =
            |k: usize| line(in_steps(part(values, each, samples, 0, k)), FIT_WIDTH_PX, Tone::Mode(k), &format!("{word} {k}"));
        // More than three names do not fit side by side.
        (0..each).map(|k| if each > 3 { of(k).named("") } else { of(k) }).collect::<Vec<ChartLayer>>()
    };
    let mut plots = Vec::new();
    for (title, upward, values, word) in
        [("Hidden states", "h", &answer.states, "h"), ("Responsibilities", "responsibility", &answer.responsibilities, "mode")]
    {
        let mut layers = several(values, word);
        unseen(&mut layers);
        plots.push(plot(title, ["step", upward], layers, &[(0.0, 0.0)]));
    }
    let spent = truth.map(spent_in_steps);
    for (title, cumulative) in [("Dissipated in a step", false), ("Dissipated so far", true)] {
        let points = |values: &[f64]| {
            let values = if cumulative { [vec![0.0], sums(values)].concat() } else { values.to_vec() };
            values.into_iter().enumerate().map(move |(n, v)| ((n + usize::from(!cumulative)) as f64, v)).collect::<Vec<_>>()
        };
        let found = points(&answer.dissipation);
        let off =
            |spent: &Vec<f64>| points(spent).into_iter().zip(&found).map(|(truth, fit)| (truth.0, fit.1 - truth.1)).collect();
        let strip = spent
            .as_ref()
            .and_then(|spent| Strip::from_layers(vec![ChartLayer::new(off(spent), MarkShape::Line(1.0), Tone::Accent)]));
        let mut layers = vec![zero(steps), line(found.into_iter(), FIT_WIDTH_PX, Tone::Accent, "fit")];
        layers.extend(spent.as_ref().map(|spent| line(points(spent).into_iter(), TRUTH_WIDTH_PX, Tone::Ink, "truth")));
        plots.push(under(strip, plot(title, ["step", "energy"], layers, &[])));
    }
    plots
}

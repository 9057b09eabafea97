//! Minimum energy paths of the fit: the potential along each of them, and the tree of the heights at which wells become connected.

use super::map::energy;
use crate::data::units;
use crate::landscape::{EnergyPath, Merge, Minimum};
use crate::numerics::statistics::extent;
use crate::plot::PlotAxis;
use crate::plot::figures::{Chart, ChartLayer, MarkShape, Tone};
use crate::plot::ticks::number;
use crate::problem::potential::run::PotentialRun;
use crate::problem::potential::shown::EvaluatedState;
use crate::problem::potential::viewer::RunView;
use crate::problem::view::{Plot, View, ViewState, ViewTable};

/// Margin above and below the curves, as a fraction of their height.
const MARGIN_FRACTION: f64 = 0.08;
/// Colours of the paths in turn. Two that follow one another differ for colour-blind readers too.
const PATH_TONES: [Tone; 4] = [Tone::Accent, Tone::Count, Tone::Dot, Tone::Ink];

/// View of paths.
pub struct Profile;

impl RunView for Profile {
    fn view(&mut self, run: &PotentialRun, shown: &EvaluatedState, _: &ViewState) -> View {
        let (minima, details) = (&shown.metrics.own.minima, &shown.details);
        let note = match &details.paths {
            None => "Paths between wells are searched for when training pauses or has ended.".to_string(),
            Some(paths) if paths.is_empty() => "No path between two minima of the fit has been found inside the domain.".into(),
            Some(_) => "Minimum energy paths lead down from a saddle on both sides. Minima are numbered from the lowest on; in the tree they are joined \
                        at the height of the path that connects them. Each input is measured by the width of its domain."
                .into(),
        };
        let paths = details.paths.as_deref().unwrap_or_default();
        let fits = paths.iter().flat_map(|path| path.minima).flatten().all(|k| k < minima.len());
        if paths.is_empty() || !fits {
            return View { note, ..View::default() };
        }
        let colour = |k: usize| Tone::Mode(minima[k].modes.first().copied().unwrap_or(0));
        let energy = energy(run);
        let row = vec![along(paths, &energy, &colour), tree(minima, &details.merges, &energy, &colour)];
        View { rows: vec![row], table: table(paths, minima, run.data().is_density, &energy), note, ..View::default() }
    }
}

/// Name of an end of a path.
fn name(end: Option<usize>) -> String {
    end.map_or_else(|| "outside".into(), |k| (k + 1).to_string())
}

fn both(path: &EnergyPath) -> String {
    format!("{}–{}", name(path.minima[0]), name(path.minima[1]))
}

/// Range of some values, with a margin on either side.
fn range(values: impl Iterator<Item = f64>) -> [f64; 2] {
    let [low, high] = extent(values);
    let margin = MARGIN_FRACTION * (high - low);
    [low - margin, high + margin]
}

/// Chart of the potential along each path.
fn along(paths: &[EnergyPath], energy: &str, colour: &dyn Fn(usize) -> Tone) -> Plot {
    let mut layers = Vec::new();
    for (k, path) in paths.iter().enumerate() {
        let points: Vec<(f64, f64)> = path.lengths.iter().zip(&path.values).map(|(l, v)| (*l, *v)).collect();
        let tone = PATH_TONES[k % PATH_TONES.len()];
        let ends = [points.first().copied(), points.last().copied()];
        layers.push(ChartLayer::new(points, MarkShape::Line(2.0), tone).named(both(path)));
        for (end, at) in path.minima.into_iter().zip(ends) {
            if let Some((k, at)) = end.zip(at) {
                layers.push(ChartLayer::new(vec![at], MarkShape::Marks(3.5), colour(k)));
            }
        }
    }
    let [low, high] = range(paths.iter().flat_map(|path| &path.values).copied());
    let longest = paths.iter().filter_map(|path| path.lengths.last()).fold(0.0, |most: f64, l| most.max(*l));
    let axes = [PlotAxis::linear(0.0, longest), PlotAxis::linear(low, high)];
    let description = format!(
        "The potential along {} minimum energy paths, from minimum to minimum: {}.",
        paths.len(),
        paths.iter().map(both).collect::<Vec<_>>().join(", ")
    );
    Plot::chart("Energy along paths", description, Chart::new(axes, ["length [domain width]", energy], [5, 4], layers))
}

/// Chart of the disconnectivity tree.
fn tree(minima: &[Minimum], merges: &[Merge], energy: &str, colour: &dyn Fn(usize) -> Tone) -> Plot {
    let order = order(minima.len(), merges);
    // Each basin, of a minimum or of a merge: the position and the lower end of its branch.
    let mut basins: Vec<(f64, f64)> = minima.iter().map(|m| (0.0, m.value)).collect();
    order.iter().enumerate().for_each(|(place, &k)| basins[k].0 = place as f64);
    let mut lines: Vec<(f64, f64)> = Vec::new();
    let mut is_joined = vec![false; minima.len() + merges.len()];
    for merge in merges {
        let height = merge.height;
        let [a, b] = merge.basins.map(|k| basins[k]);
        lines.extend([a, (a.0, height), (b.0, height), b, (f64::NAN, f64::NAN)]);
        merge.basins.iter().for_each(|&k| is_joined[k] = true);
        basins.push((f64::midpoint(a.0, b.0), height));
    }
    let [low, high] = range(basins.iter().map(|basin| basin.1));
    for basin in basins.iter().zip(&is_joined).filter(|(_, is_joined)| !**is_joined).map(|(basin, _)| basin) {
        lines.extend([*basin, (basin.0, high), (f64::NAN, f64::NAN)]);
    }
    let mut layers = vec![ChartLayer::new(lines, MarkShape::Line(1.5), Tone::Ink)];
    layers.extend((0..minima.len()).map(|k| ChartLayer::new(vec![basins[k]], MarkShape::Marks(4.0), colour(k))));
    let labels = order.iter().enumerate().map(|(place, k)| (place as f64, name(Some(*k)))).collect();
    let axes = [PlotAxis::linear(-0.5, minima.len() as f64 - 0.5), PlotAxis::linear(low, high)];
    let chart = Chart { labels, ..Chart::new(axes, ["minimum", energy], [5, 4], layers) };
    let join = |merge: &Merge| number(merge.height, 4);
    let joined = merges.iter().map(join).collect::<Vec<_>>().join(", ");
    let description = format!("The disconnectivity tree of {} minima, which are joined at the heights {joined}.", minima.len());
    Plot::chart("Disconnectivity tree", description, chart)
}

/// Order of the minima in which no branches cross.
fn order(minima: usize, merges: &[Merge]) -> Vec<usize> {
    let mut basins: Vec<Vec<usize>> = (0..minima).map(|k| vec![k]).collect();
    for merge in merges {
        let [a, b] = merge.basins.map(|k| std::mem::take(&mut basins[k]));
        basins.push([a, b].concat());
    }
    basins.concat()
}

/// Table of the paths: ends, saddle, heights and length. The rises from a well of a density share the lower bound of its barrier.
fn table(paths: &[EnergyPath], minima: &[Minimum], is_density: bool, energy: &str) -> ViewTable {
    let unit = &energy[units::without_unit(energy).len()..];
    let [rise, back] = ["rise", "rise back"].map(|name| format!("{name}{unit}"));
    let head = ["path", "saddle at", energy, &rise, &back, "length"].map(String::from).to_vec();
    let row = |path: &EnergyPath| {
        let rise = |end: Option<usize>| match end.map(|k| (minima[k].barrier_bound.filter(|_| is_density), minima[k].value)) {
            None => String::new(),
            Some((Some(least), _)) => format!("≥ {}", number(least, 3)),
            Some((None, value)) => number(path.height - value, 4),
        };
        let at = path.saddle.iter().map(|x| number(*x, 3)).collect::<Vec<_>>().join(", ");
        let length = path.lengths.last().map_or_else(String::new, |length| number(*length, 3));
        let [from, to] = path.minima.map(rise);
        (None, vec![both(path), at, number(path.height, 4), from, to, length])
    };
    ViewTable { head, rows: paths.iter().map(row).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::view::ViewPicture;

    #[test]
    fn successive_paths_have_different_colours() {
        let path = |k| EnergyPath {
            minima: [Some(k), Some(k + 1)],
            lengths: vec![0.0, 1.0],
            values: vec![0.0, 1.0],
            ..EnergyPath::default()
        };
        let paths: Vec<EnergyPath> = (0..6).map(path).collect();
        let ViewPicture::Chart(chart) = along(&paths, "energy", &Tone::Mode).picture else { panic!("no chart") };
        let tones: Vec<Tone> = chart.layers.iter().filter(|layer| layer.is_line()).map(|layer| layer.tone).collect();
        assert_eq!(tones[..4], PATH_TONES);
        assert!(tones.windows(2).all(|pair| pair[0] != pair[1]) && !tones.iter().any(|tone| matches!(tone, Tone::Shade(_))));
    }

    #[test]
    fn heights_in_table_of_paths_have_unit() {
        assert_eq!(table(&[], &[], false, "E [kJ/mol]").head[2..5], ["E [kJ/mol]", "rise [kJ/mol]", "rise back [kJ/mol]"]);
        assert_eq!(table(&[], &[], false, "Ψ").head[3..5], ["rise", "rise back"]);
    }

    #[test]
    fn tree_branches_do_not_cross() {
        let merge = |a, b| Merge { height: 0.0, basins: [a, b] };
        assert_eq!(order(4, &[merge(0, 3), merge(1, 4)]), [2, 1, 0, 3]);
        assert_eq!(order(2, &[]), [0, 1]);
    }
}

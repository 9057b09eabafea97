//! Figures 1 and 2 of arXiv 2506.17242, from precomputed numbers.

use super::{Chart, ChartLayer, LearningCurves, MarkShape, Tone};
use crate::numerics::statistics::extent;
use crate::plot::panel::PlotAxis;
use crate::plot::ticks;

fn along<'a>(x: &'a [f64], y: &'a [f64]) -> impl Iterator<Item = (f64, f64)> + 'a {
    x.iter().copied().zip(y.iter().copied())
}

/// Figure 1: convex modes and their soft minimum at several sharpnesses, in increasing order, at the points `x`. The vertical axis ranges
/// from `low` to `high`.
pub fn soft_minimum(x: &[f64], modes: &[Vec<f64>], soft: &[(f64, Vec<f64>)], [low, high]: [f64; 2]) -> Chart {
    let mut layers: Vec<ChartLayer> = Vec::new();
    for (k, mode) in modes.iter().enumerate() {
        let name = if k == 0 { "modes" } else { "" };
        layers.push(ChartLayer::new(along(x, mode).collect(), MarkShape::Line(1.25), Tone::Dot).with_opacity(0.7).named(name));
    }
    for (k, (rho, values)) in soft.iter().enumerate() {
        let shade = 1.0 - 0.8 * (soft.len() - 1 - k) as f64 / soft.len().saturating_sub(1).max(1) as f64;
        let layer = ChartLayer::new(along(x, values).collect(), MarkShape::Line(1.75), Tone::Shade(shade));
        layers.push(layer.named(format!("ρ = {}", ticks::number(*rho, 3))));
    }
    let ends = [x.first(), x.last()].map(|end| end.copied().unwrap_or_default());
    Chart::new([PlotAxis::linear(ends[0], ends[1]), PlotAxis::linear(low, high)], ["x", "Ψ(x)"], [6, 5], layers)
}

/// Layers with thin curves of the runs, and their thick median.
fn layers(curves: &LearningCurves, shapes: [MarkShape; 2], tone: Tone) -> Vec<ChartLayer> {
    let run = |values: &Vec<f64>| ChartLayer::new(along(&curves.epochs, values).collect(), shapes[0], tone).with_opacity(0.4);
    let mut layers: Vec<ChartLayer> = curves.runs.iter().map(run).collect();
    layers.push(ChartLayer::new(along(&curves.epochs, &curves.median).collect(), shapes[1], tone).named("median"));
    layers
}

/// Figure 2, top: the loss up to `last_epoch`, on a logarithmic axis between two powers of ten.
pub fn losses(curves: &LearningCurves, last_epoch: f64, powers: [f64; 2]) -> Chart {
    let axes = [PlotAxis::linear(0.0, last_epoch.max(1.0)), PlotAxis::powers(powers[0], powers[1])];
    Chart::new(axes, ["epoch", "loss"], [4, 5], layers(curves, [MarkShape::Line(1.0), MarkShape::Line(2.25)], Tone::Ink))
}

/// Figure 2, bottom: a count called `name`, at most `most`, up to `last_epoch`. The `truth`, if it is known, is a horizontal line.
pub fn counts(curves: &LearningCurves, last_epoch: f64, name: &str, most: usize, truth: Option<usize>) -> Chart {
    let x = PlotAxis::linear(0.0, last_epoch.max(1.0));
    let level = |truth: usize| vec![(x.value(0.0), truth as f64), (x.value(1.0), truth as f64)];
    let line = |truth: usize| ChartLayer::new(level(truth), MarkShape::Line(1.25), Tone::Ink).named("truth");
    let mut all: Vec<ChartLayer> = truth.map(line).into_iter().collect();
    all.extend(layers(curves, [MarkShape::Stairs(1.0), MarkShape::Stairs(2.25)], Tone::Count));
    Chart::new([x, PlotAxis::linear(0.0, most.max(1) as f64 * 1.06)], ["epoch", name], [4, 5], all)
}

/// Exponents of the powers of ten that enclose all positive values.
pub fn powers(values: impl Iterator<Item = f64>) -> [f64; 2] {
    let logs = values.filter(|v| v.is_finite() && *v > 0.0).map(f64::log10);
    let [low, high] = extent(logs);
    if low > high { [-4.0, 0.0] } else { [low.floor(), high.ceil().max(low.floor() + 1.0)] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{Theme, svg};

    #[test]
    fn figure_of_soft_minimum_names_every_sharpness() {
        let x = [0.0, 1.0, 2.0];
        let chart = soft_minimum(
            &x,
            &[vec![0.0, 1.0, 2.0], vec![2.0, 1.0, 0.0]],
            &[(1.0, vec![0.5; 3]), (100.0, vec![0.1; 3])],
            [0.0, 1.0],
        );
        let text = svg(&chart, (640, 400), &Theme::LIGHT);
        assert!(["modes", "ρ = 1<", "ρ = 100<"].iter().all(|name| text.replace('\n', "<").contains(name)), "{text}");
    }

    #[test]
    fn history_shows_each_run_and_median() {
        let curves = LearningCurves::new(&[(&[0.0, 10.0], &[1.0, 0.1]), (&[0.0, 10.0], &[0.5, 0.2])]);
        assert_eq!(losses(&curves, 10.0, powers([0.1, 1.0].into_iter())).layers.len(), 3);
        assert_eq!(counts(&curves, 10.0, "modes", 10, Some(2)).layers.len(), 4);
        let unknown = counts(&curves, 10.0, "modes", 10, None);
        assert!(
            unknown.layers.len() == 3 && unknown.layers.iter().all(|layer| layer.name != "truth"),
            "a truth that nobody knows"
        );
        assert_eq!(powers([3e-5, 0.2, f64::NAN, 0.0].into_iter()), [-5.0, 0.0]);
        assert_eq!(powers([1.0].into_iter()), [0.0, 1.0]);
        assert_eq!(powers(std::iter::empty()), [-4.0, 0.0]);
    }
}

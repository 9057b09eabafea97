//! Trajectory of a benchmark through the sampled box and out of it, to compare the gradient of a fit with the true one.

use crate::numerics::statistics::{extent, relative_error};
use crate::plot::PlotAxis;
use crate::plot::figures::{Chart, ChartLayer, MarkShape, Tone};
use crate::plot::ticks::number;
use crate::potentials::KnownPotential;
use crate::problem::view::Plot;

/// Number of points along the trajectory.
pub const TRAJECTORY_POINTS: usize = 101;
/// Margin above and below the truth, as a fraction of its range.
const MARGIN_FRACTION: f64 = 0.1;

/// Trajectory with the true values along it.
#[derive(Clone, Debug)]
pub struct AlongPath {
    /// The parameter, from 0 to 1.
    pub t: Vec<f64>,
    /// Positions, `[points, inputs]`.
    pub places: Vec<f64>,
    /// True gradient at these positions, `[points, inputs]`.
    gradient: Vec<f64>,
    /// Parameter at which the trajectory leaves the sampled box.
    pub leaves: f64,
    /// Plotted quantities: name, input of the derivative (`None` for the potential), and true values.
    pub shown: Vec<(String, Option<usize>, Vec<f64>)>,
}

impl AlongPath {
    /// Trajectory of a benchmark, if it has one. Derivatives that vanish all along it, or equal an earlier one, are not plotted.
    pub fn new(truth: &dyn KnownPotential) -> Option<Self> {
        let t: Vec<f64> = (0..TRAJECTORY_POINTS).map(|k| k as f64 / (TRAJECTORY_POINTS - 1) as f64).collect();
        let (_, leaves) = truth.trajectory(0.0)?;
        let places: Vec<Vec<f64>> = t.iter().filter_map(|&t| Some(truth.trajectory(t)?.0)).collect();
        let gradients: Vec<Vec<f64>> = places.iter().map(|x| truth.gradient(x)).collect();
        let mut shown: Vec<(String, Option<usize>, Vec<f64>)> = Vec::new();
        for k in 0..truth.inputs().len() {
            let along: Vec<f64> = gradients.iter().map(|g| g[k]).collect();
            let is_old = shown.iter().any(|(_, _, other)| other.iter().zip(&along).all(|(a, b)| (a - b).abs() < 1e-12));
            if !is_old && along.iter().any(|v| v.abs() > 1e-12) {
                shown.push((slope(truth, k), Some(k), along));
            }
        }
        shown.push(("Ψ".into(), None, places.iter().map(|x| truth.value(x)).collect()));
        Some(Self { t, places: places.concat(), gradient: gradients.concat(), leaves, shown })
    }

    /// Relative errors of a gradient `[points, inputs]`: inside the sampled box, to t = 0.6, and to the end.
    pub fn errors(&self, found: &[f64]) -> Vec<f64> {
        let truth = &self.gradient;
        let inputs = truth.len() / self.t.len().max(1);
        let one = |end: f64| {
            let count = inputs * self.t.iter().filter(|&&t| t <= end + 1e-12).count();
            relative_error(&found[..count], &truth[..count])
        };
        [self.leaves, 0.6, 1.0].map(one).to_vec()
    }

    /// Chart of one quantity: the truth, and the values of models, each with its name and colour.
    pub fn chart(&self, k: usize, found: &[(String, Tone, Vec<f64>)]) -> Plot {
        let (name, _, truth) = &self.shown[k];
        let [low, high] = extent(truth.iter().copied());
        // The vertical axis extends beyond the range of the truth by at most the width of that range.
        let (all, span) = (extent(found.iter().flat_map(|(.., values)| values).copied().filter(|v| v.is_finite())), high - low);
        let (low, high) = (low.min(all[0].max(low - span)), high.max(all[1].min(high + span)));
        let margin = MARGIN_FRACTION * (high - low);
        let (low, high) = (low - margin, high + margin);
        let line = |values: &[f64], width: f64, tone: Tone| {
            ChartLayer::new(self.t.iter().copied().zip(values.iter().copied()).collect(), MarkShape::Line(width), tone)
        };
        let edge =
            ChartLayer::new(vec![(self.leaves, low), (self.leaves, high)], MarkShape::Line(1.0), Tone::Soft).with_opacity(0.7);
        // Only the first chart has a legend.
        let legend = |words: &str| if k == 0 { words.to_string() } else { String::new() };
        let mut layers = vec![edge];
        layers.extend(found.iter().map(|(name, tone, values)| line(values, 2.0, *tone).named(legend(name))));
        // The truth is a thin line above the fits, so both remain visible.
        layers.push(line(truth, 1.0, Tone::Ink).named(legend("truth")));
        let axes = [PlotAxis::linear(0.0, 1.0), PlotAxis::linear(low, high)];
        let leaves = number(self.leaves, 3);
        let description = format!("{name} of truth and fit against t; the trajectory leaves the samples at t = {leaves}.");
        Plot::chart(format!("{name} along the path"), description, Chart::new(axes, ["t", name], [6, 5], layers))
    }
}

/// Name of the derivative of a benchmark with respect to an input.
pub(super) fn slope(truth: &dyn KnownPotential, input: usize) -> String {
    let own = truth.slopes().get(input).map(|name| (*name).into());
    own.unwrap_or_else(|| derivative(truth.inputs()[input]))
}

/// Name of the derivative with respect to an input of this name.
pub(super) fn derivative(name: &str) -> String {
    format!("∂Ψ/∂{name}")
}

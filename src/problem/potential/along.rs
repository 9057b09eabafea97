//! A benchmark's trajectory through the sampled box and out of it, along which the gradient of a fit is compared with the true one.

use crate::numerics::statistics::relative_error;
use crate::plot::Axis;
use crate::plot::figures::{Chart, Layer, Shape, Tone};
use crate::plot::ticks::number;
use crate::potentials::KnownPotential;
use crate::problem::view::{Picture, Plot, Touch};

/// Points along the trajectory.
pub const POINTS: usize = 101;
/// Room above and below the truth, as a fraction of its range.
const ROOM: f64 = 0.1;

/// A trajectory and what is true along it.
#[derive(Clone, Debug)]
pub struct AlongPath {
    /// The parameter, from 0 to 1.
    pub t: Vec<f64>,
    /// The places, `[points, inputs]`.
    pub places: Vec<f64>,
    /// The true gradient there, `[points, inputs]`.
    gradient: Vec<f64>,
    /// Where it leaves the sampled box.
    pub leaves: f64,
    /// What is shown: its name, the input that it is the derivative by (none for the potential), and what is true.
    pub shown: Vec<(String, Option<usize>, Vec<f64>)>,
}

impl AlongPath {
    /// The trajectory of a benchmark, if it has one. Derivatives that vanish all along it, or equal an earlier one, are not shown.
    pub fn new(truth: &dyn KnownPotential) -> Option<Self> {
        let t: Vec<f64> = (0..POINTS).map(|k| k as f64 / (POINTS - 1) as f64).collect();
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

    /// One quantity: truth, and what models have found, each with its name and colour.
    pub fn chart(&self, k: usize, found: &[(String, Tone, Vec<f64>)]) -> Plot {
        let (name, _, truth) = &self.shown[k];
        let ends_of = |values: &mut dyn Iterator<Item = &f64>| {
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &v| (low.min(v), high.max(v)))
        };
        let ends = ends_of(&mut truth.iter());
        // Curves that leave the range of the truth are seen, as far as its own width beyond it.
        let (all, span) = (ends_of(&mut found.iter().flat_map(|(.., values)| values).filter(|v| v.is_finite())), ends.1 - ends.0);
        let ends = (ends.0.min(all.0.max(ends.0 - span)), ends.1.max(all.1.min(ends.1 + span)));
        let room = ROOM * (ends.1 - ends.0);
        let (low, high) = (ends.0 - room, ends.1 + room);
        let line = |values: &[f64], width: f64, tone: Tone| {
            Layer::new(self.t.iter().copied().zip(values.iter().copied()).collect(), Shape::Line(width), tone)
        };
        let edge = Layer::new(vec![(self.leaves, low), (self.leaves, high)], Shape::Line(1.0), Tone::Soft).faint(0.7);
        // A legend in the first is enough.
        let legend = |words: &str| if k == 0 { words.to_string() } else { String::new() };
        let mut layers = vec![edge];
        layers.extend(found.iter().map(|(name, tone, values)| line(values, 2.0, *tone).named(legend(name))));
        // Thin and above the fits, so that neither hides the other.
        layers.push(line(truth, 1.0, Tone::Ink).named(legend("truth")));
        let picture = Picture::Chart(Chart {
            x: Axis::linear(0.0, 1.0),
            y: Axis::linear(low, high),
            across: "t".into(),
            upward: name.clone(),
            labels: Vec::new(),
            marks: [6, 5],
            layers,
            strip: None,
        });
        let leaves = number(self.leaves, 3);
        let description = format!("{name} of truth and fit against t; the trajectory leaves the samples at t = {leaves}.");
        Plot { title: name.clone(), description, picture, touch: Touch::Read }
    }
}

/// The name of the derivative of a benchmark by an input.
pub(super) fn slope(truth: &dyn KnownPotential, input: usize) -> String {
    let own = truth.slopes().get(input).map(|name| (*name).into());
    own.unwrap_or_else(|| derivative(truth.inputs()[input]))
}

/// The name of the derivative by an input of this name.
pub(super) fn derivative(name: &str) -> String {
    format!("∂Ψ/∂{name}")
}

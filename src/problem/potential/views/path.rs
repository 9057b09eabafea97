//! Truth and fit along the benchmark's trajectory, through the sampled box and out of it: derivatives and the potential.

use super::Viewer;
use super::slope;
use crate::model::potential::{Evaluator, Parts};
use crate::numerics::statistics::relative_error;
use crate::plot::Axis;
use crate::plot::figures::{Chart, Layer, Shape, Tone};
use crate::plot::ticks::number;
use crate::potentials::Potential;
use crate::problem::Run;
use crate::problem::view::{Picture, Plot, Tab, Touch, View, ViewState};

/// Points along the trajectory.
pub const POINTS: usize = 101;
/// Room above and below the truth, as a fraction of its range.
const ROOM: f64 = 0.1;

/// A trajectory and what is true along it.
pub struct AlongPath {
    /// The parameter, from 0 to 1.
    pub t: Vec<f64>,
    /// The places, `[points, inputs]`.
    pub places: Vec<f64>,
    /// Where it leaves the sampled box.
    pub leaves: f64,
    /// What is shown: its name, the input that it is the derivative by (none for the potential), and what is true.
    pub shown: Vec<(String, Option<usize>, Vec<f64>)>,
}

impl AlongPath {
    /// That of a benchmark, if it has one. Derivatives that vanish all along it, or are the same as an earlier one, are not shown.
    pub fn new(truth: &dyn Potential) -> Option<Self> {
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
        Some(Self { t, places: places.concat(), leaves, shown })
    }

    /// Relative errors of a gradient `[points, inputs]` along it against that of the truth: inside the sampled box, to t = 0.6, and to
    /// its end.
    pub fn errors(&self, found: &[f64], truth: &[f64]) -> Vec<f64> {
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
        let ends = truth.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &v| (low.min(v), high.max(v)));
        let room = ROOM * (ends.1 - ends.0);
        let (low, high) = (ends.0 - room, ends.1 + room);
        let line = |values: &[f64], width: f64, tone: Tone| {
            Layer::new(self.t.iter().copied().zip(values.iter().copied()).collect(), Shape::Line(width), tone)
        };
        let edge = Layer::new(vec![(self.leaves, low), (self.leaves, high)], Shape::Line(1.0), Tone::Soft).faint(0.7);
        // A legend in the first is enough.
        let legend = |words: &str| if k == 0 { words.to_string() } else { String::new() };
        let mut layers = vec![edge, line(truth, 3.5, Tone::Ink).faint(0.4).named(legend("truth"))];
        layers.extend(found.iter().map(|(name, tone, values)| line(values, 1.5, *tone).named(legend(name))));
        let picture = Picture::Chart(Chart {
            x: Axis::linear(0.0, 1.0),
            y: Axis::linear(low, high),
            across: "t".into(),
            upward: String::new(),
            labels: Vec::new(),
            marks: [6, 5],
            layers,
        });
        let leaves = number(self.leaves, 3);
        let description = format!("{name} of truth and fit against t; the trajectory leaves the samples at t = {leaves}.");
        Plot { title: name.clone(), description, picture, touch: Touch::Read }
    }
}

/// See the module.
pub struct Path {
    fit: Evaluator<f32>,
    along: AlongPath,
}

impl Path {
    /// Prepares to evaluate fits of a run, if its benchmark has a trajectory.
    pub fn new(run: &Run) -> Option<Self> {
        let fit = run.evaluator(Parts { gradient: true, ..Parts::default() });
        Some(Self { fit, along: AlongPath::new(run.truth()?)? })
    }
}

impl Viewer for Path {
    fn tab(&self) -> Tab {
        Tab { id: "path".into(), title: "Path".into() }
    }

    fn view(&mut self, run: &mut Run, _: &ViewState) -> View {
        let values = self.fit.evaluate(&run.shown_params(), &self.along.places);
        let (offset, inputs) = (run.offset(), run.inputs());
        let plot = |k: usize| {
            let found = match self.along.shown[k].1 {
                Some(input) => values.gradient.iter().copied().skip(input).step_by(inputs).collect(),
                None => values.psi.iter().map(|psi| psi - offset).collect(),
            };
            self.along.chart(k, &[("fit".into(), Tone::Accent, found)])
        };
        let plots: Vec<Plot> = (0..self.along.shown.len()).map(plot).collect();
        let errors = run.last_report().trajectory_error.iter().map(|&e| number(e, 2)).collect::<Vec<_>>().join(", ");
        let leaves = number(self.along.leaves, 3);
        let note = format!(
            "The path leaves the samples at the vertical line, t = {leaves}. Relative error of the gradient up to there, to t = 0.6 and to \
             t = 1: {errors}."
        );
        View { view: self.tab().id, rows: plots.chunks(2).map(<[Plot]>::to_vec).collect(), note, ..View::default() }
    }
}

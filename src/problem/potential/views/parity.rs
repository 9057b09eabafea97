//! What the fit says against what is true on samples that it has not seen (or on a table's rows): the potential, and each derivative.

use super::{derivative, slope};
use crate::data;
use crate::model::potential::{Evaluator, Parts};
use crate::plot::Axis;
use crate::plot::figures::{Chart, Layer, Shape, Tone};
use crate::plot::ticks::{determination, number};
use crate::problem::Run;
use crate::problem::view::{Picture, Plot, Tab, Touch, View, ViewState, Viewer};

/// Most samples that are shown.
const MOST: usize = 500;
/// Charts in a row.
const ACROSS: usize = 4;

/// See the module.
pub struct Parity {
    fit: Evaluator<f32>,
    /// Samples `[points, inputs]`.
    places: Vec<f64>,
    /// What is compared: its name, the input that it is the derivative by (none for the potential), and what is true at the samples.
    truths: Vec<(String, Option<usize>, Vec<f64>)>,
    /// Whether the potential is known up to a constant only, and compared.
    floats: bool,
}

impl Parity {
    /// Prepares to evaluate fits of a run.
    pub fn new(run: &Run) -> Self {
        let test = run.held_out();
        let every = test.samples().div_ceil(MOST).max(1);
        let mut truths = Vec::new();
        if test.has_values() {
            truths.push(("Ψ".into(), None, test.y.iter().step_by(every).copied().collect()));
        }
        let has_gradient = test.gradient.is_some();
        let floats = has_gradient && !truths.is_empty();
        for (k, column) in test.gradient.iter().flat_map(|gradient| gradient.columns()).enumerate() {
            let name = run.truth().map_or_else(|| derivative(&run.names()[k]), |truth| slope(truth, k));
            // What was not measured is not compared.
            if column.iter().any(|v| v.is_finite()) {
                truths.push((name, Some(k), column.iter().step_by(every).copied().collect()));
            }
        }
        let fit = run.evaluator(Parts { gradient: has_gradient, ..Parts::default() });
        let places = test.x.rows().into_iter().step_by(every).flat_map(|row| row.to_vec()).collect();
        Self { fit, places, truths, floats }
    }
}

/// One quantity as it is and as it is found, with its errors in the title.
pub fn chart(name: &str, truth: &[f64], found: impl Iterator<Item = f64>) -> Plot {
    let pairs: Vec<(f64, f64)> = truth.iter().copied().zip(found).filter(|pair| pair.0.is_finite()).collect();
    let (mse, r2) = data::errors(pairs.iter().map(|pair| (&pair.1, &pair.0)));
    let ends = pairs.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), p| (low.min(p.0), high.max(p.0)));
    let axis = Axis::linear(ends.0, ends.1);
    let diagonal = Layer::new(vec![(ends.0, ends.0), (ends.1, ends.1)], Shape::Line(1.0), Tone::Soft);
    let title = format!("{name}: R² {}, RMSE {}", determination(r2), number(mse.sqrt(), 3));
    let picture = Picture::Chart(Chart {
        x: axis,
        y: axis,
        across: "truth".into(),
        upward: "fit".into(),
        labels: Vec::new(),
        marks: [3, 4],
        layers: vec![diagonal, Layer::new(pairs, Shape::Dots(1.75), Tone::Accent).faint(0.6)],
    });
    Plot { description: format!("{title}, over {} samples.", truth.len()), title, picture, touch: Touch::Read }
}

impl Viewer for Parity {
    fn tab(&self) -> Tab {
        Tab { id: "parity".into(), title: "Parity".into() }
    }

    fn view(&mut self, run: &mut Run, _: &ViewState) -> View {
        let found = self.fit.evaluate(&run.shown_params(), &self.places);
        let (offset, inputs) = (run.offset(), run.inputs());
        let plot = |(name, input, truth): &(String, Option<usize>, Vec<f64>)| match *input {
            None => chart(name, truth, found.psi.iter().map(|value| value - offset)),
            Some(k) => chart(name, truth, found.gradient.iter().copied().skip(k).step_by(inputs)),
        };
        let plots: Vec<Plot> = self.truths.iter().map(plot).collect();
        let rows = plots.chunks(ACROSS).map(<[Plot]>::to_vec).collect();
        let constant = if self.floats { "Ψ is shown up to a constant." } else { "" };
        View { view: self.tab().id, rows, note: constant.into(), ..View::default() }
    }
}

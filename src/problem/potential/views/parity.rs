//! Parity plots of the potential and each derivative on held-out samples, or on a table's rows.

use crate::model::potential::{Evaluator, Outputs};
use crate::problem::potential::along::{derivative, slope};
use crate::problem::potential::run::PotentialRun;
use crate::problem::potential::shown::EvaluatedState;
use crate::problem::potential::viewer::RunView;
use crate::problem::view::{Plot, View, ViewState};

/// Largest number of plotted samples.
const MAX_SAMPLES: usize = 500;
const CHARTS_PER_ROW: usize = 4;

/// View of parity plots.
pub struct Parity {
    fit: Evaluator<f32>,
    /// Samples `[points, inputs]`.
    places: Vec<f64>,
    /// Compared quantities: name, input of the derivative (`None` for the potential), and true values at the samples.
    truths: Vec<(String, Option<usize>, Vec<f64>)>,
    /// True if the potential is compared and has a free constant.
    floats: bool,
}

impl Parity {
    /// Prepares to evaluate fits of a run.
    pub fn new(run: &PotentialRun) -> Self {
        let test = &run.evaluation().test.rows;
        let every = test.samples().div_ceil(MAX_SAMPLES).max(1);
        let mut truths = Vec::new();
        if test.has_values() {
            truths.push(("Ψ".into(), None, test.y.iter().step_by(every).copied().collect()));
        }
        let has_gradient = test.gradient.is_some();
        let floats = has_gradient && !truths.is_empty();
        for (k, column) in test.gradient.iter().flat_map(|gradient| gradient.columns()).enumerate() {
            let name = run.truth().map_or_else(|| derivative(&run.names()[k]), |truth| slope(truth, k));
            // Derivatives without measurements have no chart.
            if column.iter().any(|v| v.is_finite()) {
                truths.push((name, Some(k), column.iter().step_by(every).copied().collect()));
            }
        }
        let fit = run.evaluator(Outputs { gradient: has_gradient, ..Outputs::default() });
        let places = test.x.rows().into_iter().step_by(every).flat_map(|row| row.to_vec()).collect();
        Self { fit, places, truths, floats }
    }
}

impl RunView for Parity {
    fn view(&mut self, run: &PotentialRun, shown: &EvaluatedState, _: &ViewState) -> View {
        let found = self.fit.evaluate(&shown.narrow(), &self.places);
        let (offset, inputs) = (shown.details.offset, run.inputs());
        let reference = match run.truth() {
            Some(_) => "truth",
            None if run.data().is_density => "kernel estimate",
            None => "data",
        };
        let plot = |(name, input, truth): &(String, Option<usize>, Vec<f64>)| match *input {
            None => Plot::parity(name, reference, truth, found.psi.iter().map(|value| value - offset)),
            Some(k) => Plot::parity(name, reference, truth, found.gradient.iter().copied().skip(k).step_by(inputs)),
        };
        let plots: Vec<Plot> = self.truths.iter().map(plot).collect();
        let rows = plots.chunks(CHARTS_PER_ROW).map(<[Plot]>::to_vec).collect();
        let constant = if self.floats { "Ψ is shown up to a constant." } else { "" };
        View { rows, note: constant.into(), ..View::default() }
    }
}

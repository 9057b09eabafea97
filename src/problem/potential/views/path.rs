//! Truth and fit along the benchmark's trajectory, through the sampled box and out of it: derivatives and the potential.

use crate::model::potential::{Evaluator, Outputs};
use crate::plot::figures::Tone;
use crate::plot::ticks::number;
use crate::problem::potential::along::AlongPath;
use crate::problem::potential::run::PotentialRun;
use crate::problem::potential::shown::EvaluatedState;
use crate::problem::potential::viewer::RunView;
use crate::problem::view::{Plot, View, ViewState};

/// View along the trajectory.
pub struct TrajectoryView {
    fit: Evaluator<f32>,
    along: AlongPath,
}

impl TrajectoryView {
    /// Prepares to evaluate fits of a run, if its benchmark has a trajectory.
    pub fn new(run: &PotentialRun) -> Option<Self> {
        let fit = run.evaluator(Outputs { gradient: true, ..Outputs::default() });
        Some(Self { fit, along: AlongPath::new(run.truth()?)? })
    }
}

impl RunView for TrajectoryView {
    fn view(&mut self, run: &PotentialRun, shown: &EvaluatedState, _: &ViewState) -> View {
        let values = self.fit.evaluate(&shown.narrow(), &self.along.places);
        let (offset, inputs) = (shown.details.offset, run.inputs());
        let plot = |k: usize| {
            let found = match self.along.shown[k].1 {
                Some(input) => values.gradient.iter().copied().skip(input).step_by(inputs).collect(),
                None => values.psi.iter().map(|psi| psi - offset).collect(),
            };
            self.along.chart(k, &[("fit".into(), Tone::Accent, found)])
        };
        let plots: Vec<Plot> = (0..self.along.shown.len()).map(plot).collect();
        let errors = shown.metrics.own.trajectory_error.iter().map(|&e| number(e, 2)).collect::<Vec<_>>().join(", ");
        let leaves = number(self.along.leaves, 3);
        let note = format!(
            "The path leaves the samples at the vertical line, t = {leaves}. Relative error of the gradient up to there, to t = 0.6 and to \
             t = 1: {errors}."
        );
        View { rows: plots.chunks(2).map(<[Plot]>::to_vec).collect(), note, ..View::default() }
    }
}

//! The landscape of a fit as it is now: survey and pruning.

use super::Run;
use crate::landscape::{self, Pruned, Survey};
use crate::problem::Report;

impl Run {
    /// All that is known of the fit's landscape as it is now.
    pub fn survey(&self) -> Survey {
        self.survey_unless(&|| false)
    }

    fn survey_unless(&self, is_stopped: &dyn Fn() -> bool) -> Survey {
        let evaluation = self.evaluation();
        landscape::survey(&mut self.potential(), evaluation.bounds(), evaluation.threshold(), self.truth(), is_stopped)
    }

    /// The numbers, and the landscape. In more than one dimension the report's minima, barriers and wells are then those of the
    /// survey, whose search for saddles takes too long for every frame.
    pub fn judged(&mut self) -> (Report, Survey) {
        self.judged_unless(&|| false)
    }

    /// The same; the search ends early when `is_stopped` says so.
    pub fn judged_unless(&mut self, is_stopped: &dyn Fn() -> bool) -> (Report, Survey) {
        self.report();
        let survey = self.survey_unless(is_stopped);
        self.take_survey(&survey);
        (self.last_report().clone(), survey)
    }

    /// What removing modes would cost, one after another; and the fit at each step on the grid of its scene (over some of the data
    /// where there is none), `[steps, points]`.
    pub fn pruning(&self) -> (Vec<Pruned>, Vec<f64>) {
        let evaluation = self.evaluation();
        let (x, y) = evaluation.test();
        landscape::pruning(&mut self.potential(), evaluation.bounds(), evaluation.threshold(), evaluation.over_domain(), (&x, &y))
    }
}

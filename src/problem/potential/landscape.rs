//! The landscape of a fit as it is now: survey and pruning.

use super::run::Run;
use crate::landscape::{self, Pruned, Survey};

impl Run {
    /// All that is known of the fit's landscape as it is now. The search for saddles ends early when `is_stopped` says so.
    pub fn survey(&self, is_stopped: &dyn Fn() -> bool) -> Survey {
        let (evaluation, threshold) = (self.evaluation(), self.threshold());
        landscape::survey(&self.potential(), evaluation.bounds(), threshold, self.truth(), is_stopped)
    }

    /// What removing modes would cost, one after another; and the fit at each step on the grid of its scene (over some of the data
    /// where there is none), `[steps, points]`.
    pub fn pruning(&self) -> (Vec<Pruned>, Vec<f64>) {
        let evaluation = self.evaluation();
        let (x, y) = evaluation.test();
        let (bounds, over) = (evaluation.bounds(), evaluation.over_domain());
        landscape::pruning(&self.potential(), bounds, self.threshold(), over, (&x, &y))
    }

    /// The least barrier of a well of the fit as it is now.
    fn threshold(&self) -> f64 {
        self.evaluation().threshold_of(&self.params())
    }
}

//! Interface of the views of a potential.

use super::run::PotentialRun;
use super::shown::EvaluatedState;
use crate::problem::view::{View, ViewState};

/// View of a run of any kind.
pub type BoxedView = Box<dyn RunView>;

/// View of a run.
pub trait RunView {
    /// View of the shown state. Called about thirty times a second during training, so implementations cache costly parts.
    fn view(&mut self, run: &PotentialRun, shown: &EvaluatedState, state: &ViewState) -> View;

    /// Performs about 10 ms of the background work of the view, such as training a second fit; returns false if there is none.
    /// Called repeatedly while the view is visible and the run does not train.
    fn work(&mut self, _run: &PotentialRun) -> bool {
        false
    }
}

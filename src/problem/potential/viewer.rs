//! What a view of a potential is.

use super::run::Run;
use super::shown::Shown;
use crate::problem::view::{Tab, View, ViewState};

/// A view of a run.
pub trait Viewer {
    /// Its entry in the list of tabs.
    fn tab(&self) -> Tab;

    /// What is seen of the state that is shown. Called about thirty times a second while training: cheap in the mean, what is costly kept
    /// from one call to the next.
    fn view(&mut self, run: &Run, shown: &Shown, state: &ViewState) -> View;

    /// Does a little (some 10 ms) of what the view needs besides the run, such as training a second fit; false if there is nothing to do.
    /// Called again and again while the view is looked at and the run itself does not train.
    fn work(&mut self, _run: &Run) -> bool {
        false
    }
}

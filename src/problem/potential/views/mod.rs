//! Views of a potential of several inputs.

mod cuts;
pub mod flow;
pub mod map;
pub mod parity;
pub mod path;
mod profile;
pub mod transient;

use super::run::PotentialRun;
use super::viewer::RunView;
use crate::problem::view::{View, ViewState};

/// Views of a run, the default one first; empty if curves on a line show everything.
pub fn for_run(run: &PotentialRun) -> Vec<Box<dyn RunView>> {
    if run.inputs() < 2 {
        return Vec::new();
    }
    let mut views: Vec<Box<dyn RunView>> = Vec::new();
    // Samples of a density have no dynamics, so its first view is the potential.
    if run.inputs() == 2 && !run.data().is_density {
        views.push(Box::new(flow::FlowView::new(run)));
    }
    views.push(Box::new(cuts::Cuts::new(run)));
    views.push(Box::new(profile::Profile));
    views.push(Box::new(parity::Parity::new(run)));
    views.extend(path::TrajectoryView::new(run).map(|view| Box::new(view) as Box<dyn RunView>));
    views.extend(transient::Transient::new(run).map(|view| Box::new(view) as Box<dyn RunView>));
    views
}

/// A view of a run, drawn once; empty if there is no view of that name.
pub fn view(run: &mut PotentialRun, state: &ViewState) -> View {
    let view = for_run(run).into_iter().find(|view| view.tab().id == state.view);
    let shown = run.shown();
    view.map(|mut view| view.view(run, &shown, state)).unwrap_or_default()
}

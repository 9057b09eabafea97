//! The views of a potential of several inputs.

mod cuts;
pub mod flow;
pub mod map;
pub mod parity;
pub mod path;
mod profile;
pub mod transient;
mod wells;

use super::run::Run;
use super::viewer::Viewer;
use crate::problem::view::{View, ViewState};

/// The views of a run, the first of them shown unless another is asked for; none where curves on a line are all there is to see.
pub fn of(run: &Run) -> Vec<Box<dyn Viewer>> {
    if run.inputs() < 2 {
        return Vec::new();
    }
    let mut views: Vec<Box<dyn Viewer>> = Vec::new();
    // Samples do not move: of them the potential itself is seen first.
    if run.inputs() == 2 && !run.data().is_density {
        views.push(Box::new(flow::Flow::new(run)));
    }
    views.push(Box::new(cuts::Cuts::new(run)));
    views.push(Box::new(profile::Profile));
    views.push(Box::new(parity::Parity::new(run)));
    views.extend(path::Path::new(run).map(|view| Box::new(view) as Box<dyn Viewer>));
    views.extend(transient::Transient::new(run).map(|view| Box::new(view) as Box<dyn Viewer>));
    views
}

/// A view of a run, drawn once; empty if there is no view of that name.
pub fn view(run: &mut Run, state: &ViewState) -> View {
    let view = of(run).into_iter().find(|view| view.tab().id == state.view);
    let shown = run.shown();
    view.map(|mut view| view.view(run, &shown, state)).unwrap_or_default()
}

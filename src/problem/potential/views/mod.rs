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

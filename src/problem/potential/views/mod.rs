//! Views of a potential of several inputs.

mod cuts;
pub mod flow;
pub mod map;
pub mod parity;
pub mod path;
mod profile;
pub mod transient;

use super::run::PotentialRun;
use super::viewer::BoxedView;
use crate::problem::view::Tab;

/// Views of a run with their tabs, the default one first; empty if curves on a line show everything.
pub(super) fn for_run(run: &PotentialRun) -> Vec<(Tab, BoxedView)> {
    if run.inputs() < 2 {
        return Vec::new();
    }
    // Samples of a density have no dynamics, so its first view is the potential.
    let flow = (run.inputs() == 2 && !run.data().is_density).then(|| Box::new(flow::FlowView::new(run)) as _);
    let all: [(&str, &str, Option<BoxedView>); 6] = [
        ("flow", "Flow", flow),
        ("cuts", "Cuts", Some(Box::new(cuts::Cuts::new(run)))),
        ("profile", "Paths", Some(Box::new(profile::Profile))),
        ("parity", "Parity", Some(Box::new(parity::Parity::new(run)))),
        ("path", "Path", path::TrajectoryView::new(run).map(|view| Box::new(view) as _)),
        ("transient", "Transient", transient::Transient::new(run).map(|view| Box::new(view) as _)),
    ];
    all.into_iter().filter_map(|(id, title, view)| Some((Tab::new(id, title), view?))).collect()
}

//! The views of a potential of several inputs.

mod cuts;
pub mod flow;
pub mod map;
pub mod parity;
pub mod path;
pub mod transient;
mod wells;

use super::Run;
use crate::SYSTEMS;
use crate::potentials::Potential;
use crate::problem::view::{Tab, View, ViewState};

/// A view of a run.
pub trait Viewer {
    /// Its entry in the list of tabs.
    fn tab(&self) -> Tab;

    /// What is seen now. Called about thirty times a second while training: cheap in the mean, what is costly kept from one call to the next.
    fn view(&mut self, run: &mut Run, state: &ViewState) -> View;

    /// Does a little (some 10 ms) of what the view needs besides the run, such as training a second fit; false if there is nothing to do.
    /// Called again and again while the view is looked at and the run itself does not train.
    fn work(&mut self, _run: &mut Run) -> bool {
        false
    }
}

/// The views of a run, the first of them shown unless another is asked for; none where curves on a line are all there is to see.
pub fn of(run: &Run) -> Vec<Box<dyn Viewer>> {
    if run.inputs() < 2 || !SYSTEMS {
        return Vec::new();
    }
    let mut views: Vec<Box<dyn Viewer>> = Vec::new();
    if run.inputs() == 2 {
        views.push(Box::new(flow::Flow::new(run)));
    }
    views.push(Box::new(cuts::Cuts::new(run)));
    views.push(Box::new(parity::Parity::new(run)));
    views.extend(path::Path::new(run).map(|view| Box::new(view) as Box<dyn Viewer>));
    views.extend(transient::Transient::new(run).map(|view| Box::new(view) as Box<dyn Viewer>));
    views
}

/// A view of a run, drawn once; empty if there is no view of that name.
pub fn view(run: &mut Run, state: &ViewState) -> View {
    let view = of(run).into_iter().find(|view| view.tab().id == state.view);
    run.report();
    view.map(|mut view| view.view(run, state)).unwrap_or_default()
}

/// What the derivative by an input is called.
fn slope(truth: &dyn Potential, input: usize) -> String {
    let own = truth.slopes().get(input).map(|name| (*name).into());
    own.unwrap_or_else(|| derivative(truth.inputs()[input]))
}

fn derivative(name: &str) -> String {
    format!("∂Ψ/∂{name}")
}

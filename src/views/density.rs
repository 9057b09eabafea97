//! A density over time: trajectories, kernel estimates, fit and exact law; all of them at one time; how far apart they are.

use super::{Look, Sight, Tab};
use crate::run::density::DensityRun;

/// The views that a fit has.
pub fn tabs(_run: &DensityRun) -> Vec<Tab> {
    Vec::new()
}

/// What is seen of a fit.
pub fn look(_run: &mut DensityRun, _look: &Look) -> Option<Sight> {
    None
}

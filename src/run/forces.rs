//! The recipe `reliable` where derivatives are learnt from: one stage, Adam with a cosine in batches, inputs and derivatives standardised,
//! and the sharpness learnt by its logarithm.
//!
//! What it rests on: a potential fitted to its gradient alone has to bring its modes together before it can part them, so the sharpness
//! must be free to fall (in standardised units to about 0.05) and to rise again by orders of magnitude; at the rate and the start of the
//! recipe `paper` it stays where it is, and wells come to lie beside their places. What it guarantees is less than for values: no
//! count of modes is certified, none is removed, and nothing is started on the data.

use super::StageNote;
use super::protocol::Stage;
use super::settings::{Recipe, Settings};
use crate::data::Dataset;
use crate::nn::{Convexity, ParamKind, Params, init};
use crate::plot::ticks::number;
use crate::train::{Group, adam};

/// The sharpness at the start, in standardised units.
pub const FIRST_RHO: f64 = 1.0;
/// Samples in a batch: the same ones at every epoch, in the order in which they were drawn.
pub const BATCH: usize = 160;
/// Samples besides those trained on that a fit is judged by.
pub const HELD_OUT: usize = 200;

const NAME: &str = "joint";

/// The one stage that there is, at work.
pub fn stage(done: u64, of: u64) -> Stage {
    let sentence =
        "All modes learn the derivatives together. The sharpness falls first, so that the modes meet, and rises as they part.";
    Stage { name: NAME.into(), done, of, by_steps: false, sentence: sentence.into() }
}

/// What is said of it when it has ended: what holds of the fit, and what does not.
pub fn note(epochs: u64, rho: f64) -> StageNote {
    let sentence = format!(
        "The sharpness is {}. Each mode is convex, and the potential is known up to a constant; the number of modes is the one \
         offered, none was removed, and one may hold several wells.",
        number(rho, 3)
    );
    StageNote { name: NAME.into(), epochs, sentence }
}

/// Whether this is what a run does.
pub fn apply(settings: &Settings, data: &Dataset) -> bool {
    settings.recipe == Recipe::Reliable && data.gradient.is_some()
}

/// Where the parameters begin: as under the recipe `paper`, but for the sharpness.
pub fn start(params: &Params, seed: u64, by_forces: bool) -> Vec<f64> {
    let mut start = init::paper(params, seed);
    if by_forces {
        params.iter().filter(|p| p.kind == ParamKind::Sharpness).for_each(|p| start[p.range()].fill(FIRST_RHO));
    }
    start
}

/// How the parameters are trained.
pub fn groups(params: &Params, convexity: Convexity, by_forces: bool) -> Vec<Group> {
    let mut groups = adam::groups(params, convexity);
    if by_forces {
        for (group, _) in groups.iter_mut().zip(params.iter()).filter(|(_, p)| p.kind == ParamKind::Sharpness) {
            (group.floor, group.logarithmic) = (None, true);
        }
    }
    groups
}

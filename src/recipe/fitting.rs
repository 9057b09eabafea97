//! The interface of a recipe in progress, and the stages that it reports.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::gathered::Gathered;
use super::training::Training;
use crate::loss::LossValue;
use crate::text::whole;
use crate::train::Divergence;

/// The current stage of a recipe.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Its name, for example `pretraining` or `removing mode 7`.
    pub name: String,
    /// Epochs, or second-order steps, done in it.
    pub done: u64,
    /// Largest number of epochs or steps.
    pub of: u64,
    /// Whether `done` and `of` count steps of a second-order method instead of epochs.
    pub by_steps: bool,
    /// One sentence on what happens and why.
    pub sentence: String,
}

/// A stage of a recipe that has ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageNote {
    /// Its name, for example `pretraining` or `removing mode 7`.
    pub name: String,
    /// Number of its epochs.
    pub epochs: u64,
    /// One sentence on why it was run, or how it ended.
    pub sentence: String,
}

/// A fit in progress under a recipe. Settings that may change during training are passed to each call.
pub trait Fitting: Send {
    /// Epochs done.
    fn epoch(&self) -> u64;

    /// Number of steps of the second-order method, which do not count as epochs.
    fn lm_steps(&self) -> u64 {
        0
    }

    /// Approximate cost of the next step, in epochs.
    fn cost(&self) -> u64 {
        1
    }

    /// About how much has been done and how much is left, in epochs. What is left is an estimate: stages end when they gain no more.
    fn work(&self, training: &Training) -> [u64; 2] {
        [self.epoch(), training.epochs.saturating_sub(self.epoch())]
    }

    /// Whether the next step only looks at rows, and leaves the fit as it is.
    fn only_looks(&self) -> bool {
        false
    }

    /// Whether a step of the second-order method has begun and is not over: it is taken in parts of some milliseconds, each by one call of
    /// [`Fitting::step`], and until it is over the fit stays as it is.
    fn is_amid_step(&self) -> bool {
        false
    }

    /// The loss over all samples at the current parameters.
    fn loss(&mut self, training: &Training) -> LossValue;

    /// The first half of an epoch, or of a step of the second-order method: the loss at the current parameters.
    ///
    /// # Errors
    /// If training has diverged; the parameters are then those of an earlier, healthy epoch.
    fn evaluate(&mut self, training: &Training) -> Result<LossValue, Divergence>;

    /// The second half of an epoch, or a part of a step; `loss` is the result of the first half.
    ///
    /// # Errors
    /// See [`Fitting::evaluate`].
    fn step(&mut self, training: &Training, loss: LossValue) -> Result<(), Divergence>;

    /// One sentence on why the run has ended, if it has; `loss` is given between the two halves of an epoch.
    fn ending(&self, training: &Training, loss: Option<LossValue>) -> Option<String> {
        let epoch = whole(self.epoch());
        if self.epoch() >= training.epochs {
            return Some(format!("Reached epoch {epoch}."));
        }
        let stop = training.stop_loss.filter(|&stop| loss.is_some_and(|loss| loss.total < stop))?;
        Some(format!("Reached a loss below {stop:e} at epoch {epoch}."))
    }

    /// The parameters in the network's units, in the order of the flat vector.
    fn params(&self) -> Vec<f64>;

    /// The current stage, if there is one.
    fn stage(&self, _training: &Training, _has_ended: bool) -> Option<Stage> {
        None
    }

    /// The stages that have ended; `rho` is the sharpness in the data's own units.
    fn notes(&self, _has_ended: bool, _rho: f64) -> Vec<StageNote> {
        Vec::new()
    }

    /// How many stages have ended so far.
    fn stages_ended(&self) -> usize {
        0
    }

    /// Goes on from other parameters of all modes, in which modes are closed that were open ([`crate::model::lse::close`]), or open that were closed; N stays. If
    /// that is what the fit has been before, `was_over` says whether all stages had ended then. Returns whether a fit that had ended must be trained further.
    fn take(&mut self, full: Vec<f64>, was_over: Option<bool>) -> bool;
}

/// Properties of the data that the recipe `reliable` needs besides the samples, in the units of the network, except for `unit`.
#[derive(Clone, Debug)]
pub struct Domain {
    /// The domain in which wells are counted, `[low, high]` for each input.
    pub bounds: Vec<[f64; 2]>,
    /// Standard deviation of the noise.
    pub sigma: f64,
    /// The smallest barrier of a well.
    pub threshold: f64,
    /// The effective numbers of samples of a density if all have the same weight, and by their weights.
    pub samples: [f64; 2],
    /// The output scale of the data: the sharpness of the network divided by it is the sharpness of the potential.
    pub unit: f64,
    /// The rows, if the samples are averages of them.
    pub rows: Option<Arc<Gathered>>,
}

/// Parameters in single precision.
pub(super) fn narrow(params: &[f64]) -> Vec<f32> {
    params.iter().map(|&p| p as f32).collect()
}

/// Parameters in double precision.
pub(super) fn widen(params: &[f32]) -> Vec<f64> {
    params.iter().map(|&p| f64::from(p)).collect()
}

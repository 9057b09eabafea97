//! What a recipe is to its caller: a fit in progress, with its stages.

use serde::{Deserialize, Serialize};

use super::training::Training;
use crate::loss::LossValue;
use crate::text::whole;
use crate::train::Divergence;

/// The stage of a recipe that a run is in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// What it is, for example `pretraining` or `removing mode 7`.
    pub name: String,
    /// Epochs (or steps of another kind) done in it.
    pub done: u64,
    /// How many it may take.
    pub of: u64,
    /// Whether these are steps of a second-order method, which are no epochs.
    pub by_steps: bool,
    /// One sentence: what happens and why.
    pub sentence: String,
}

/// A stage of a recipe that has ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageNote {
    /// What it was, for example `pretraining` or `removing mode 7`.
    pub name: String,
    /// Epochs that it took.
    pub epochs: u64,
    /// One sentence: why it was, or how it ended.
    pub sentence: String,
}

/// A fit in progress under a recipe. Settings that may change during training are handed over with each call.
pub trait Fitting: Send {
    /// Epochs done.
    fn epoch(&self) -> u64;

    /// Steps of the second-order method, which are no epochs.
    fn lm_steps(&self) -> u64 {
        0
    }

    /// About how many epochs the next step lasts.
    fn cost(&self) -> u64 {
        1
    }

    /// What is minimised, at the parameters as they are and on all samples.
    fn loss(&mut self, training: &Training) -> LossValue;

    /// What is minimised, at the parameters as they are: the first half of an epoch, or of a step of the second-order method.
    ///
    /// # Errors
    /// If training has diverged; the parameters are then those of a healthy epoch before.
    fn evaluate(&mut self, training: &Training) -> Result<LossValue, Divergence>;

    /// The second half of an epoch; `loss` is the result of the first half.
    ///
    /// # Errors
    /// As [`Fitting::evaluate`].
    fn step(&mut self, training: &Training, loss: LossValue) -> Result<(), Divergence>;

    /// The sentence that the run ends with, if it has come to its end; `loss` is given between the halves of an epoch.
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

    /// The present stage, if there are stages and they have not come to their end.
    fn stage(&self, _training: &Training, _has_ended: bool) -> Option<Stage> {
        None
    }

    /// The stages that have ended; `rho` is the sharpness in the data's own units.
    fn notes(&self, _has_ended: bool, _rho: f64) -> Vec<StageNote> {
        Vec::new()
    }

    /// Removes modes for good; N stays. Returns whether a fit that had ended is to be trained further because of that.
    fn close(&mut self, modes: &[usize]) -> bool;
}

/// What the recipe `reliable` knows about the data besides the samples, all but the unit in the network's units.
#[derive(Clone, Debug)]
pub struct Domain {
    /// The domain in which wells are counted, `[low, high]` for each input.
    pub bounds: Vec<[f64; 2]>,
    /// Standard deviation of the noise.
    pub sigma: f64,
    /// The least barrier of a well.
    pub threshold: f64,
    /// The data's unit of energy: a sharpness of the network over this is that of the potential.
    pub unit: f64,
}

/// Parameters in single precision.
pub(super) fn narrow(params: &[f64]) -> Vec<f32> {
    params.iter().map(|&p| p as f32).collect()
}

/// Parameters in double precision.
pub(super) fn widen(params: &[f32]) -> Vec<f64> {
    params.iter().map(|&p| f64::from(p)).collect()
}

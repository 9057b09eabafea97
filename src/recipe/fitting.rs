//! The interface of a recipe in progress, and the stages that it reports.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::training::TrainingSettings;
use crate::loss::LossValue;
use crate::loss::density::Weights;
use crate::loss::gathered::Gathered;
use crate::text::whole;
use crate::train::Divergence;

/// Current stage of a recipe.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Name, for example `initialize` or `remove mode 7`.
    pub name: String,
    /// Number of epochs or second-order steps done in the stage.
    pub done: u64,
    /// Largest number of epochs or steps.
    pub of: u64,
    /// True if `done` and `of` count steps of a second-order method instead of epochs.
    pub by_steps: bool,
    /// One sentence on the action and its purpose.
    pub sentence: String,
}

impl Stage {
    /// Stage before its beginning, with its largest number of epochs at full length, or of steps.
    pub(super) fn planned(name: impl Into<String>, of: u64, sentence: impl Into<String>) -> Self {
        Self { name: name.into(), of, sentence: sentence.into(), ..Self::default() }
    }
}

/// Completed stage of a recipe.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageNote {
    /// Name, for example `initialize` or `remove mode 7`.
    pub name: String,
    /// Number of epochs.
    pub epochs: u64,
    /// One sentence on the purpose or the result.
    pub sentence: String,
}

/// Progress of a fit under a recipe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FittingProgress {
    /// Number of epochs done.
    pub epoch: u64,
    /// Number of steps of the second-order method, which do not count as epochs.
    pub lm_steps: u64,
    /// Approximate cost of the next step, in epochs.
    pub cost: u64,
    /// True if the next step only averages rows and leaves the parameters unchanged.
    pub is_averaging: bool,
    /// True if a step of the second-order method is in progress. Such a step takes several calls of [`Fitting::step`] of some
    /// milliseconds each. The parameters stay unchanged until it ends.
    pub has_partial_step: bool,
}

/// Fit in progress under a recipe. Each call receives the settings that may change during training.
pub trait Fitting: Send {
    /// Progress so far, and the kind of the next step.
    fn progress(&self) -> FittingProgress;

    /// Work done and estimated work left, in epochs. The second number is an estimate because stages end when progress stops.
    fn work(&self, training: &TrainingSettings) -> [u64; 2] {
        let epoch = self.progress().epoch;
        [epoch, training.epochs.saturating_sub(epoch)]
    }

    /// The loss over all samples at the current parameters.
    fn loss(&mut self, training: &TrainingSettings) -> LossValue;

    /// First half of an epoch or of a second-order step: the loss at the current parameters.
    ///
    /// # Errors
    /// If training has diverged; the parameters are then those of an earlier, healthy epoch.
    fn evaluate(&mut self, training: &TrainingSettings) -> Result<LossValue, Divergence>;

    /// Second half of an epoch, or a part of a second-order step. `loss` is the result of the first half.
    ///
    /// # Errors
    /// See [`Fitting::evaluate`].
    fn step(&mut self, training: &TrainingSettings, loss: LossValue) -> Result<(), Divergence>;

    /// Sentence on the reason for the end of the run, if it has ended. `loss` is present between the two halves of an epoch.
    fn ending(&self, training: &TrainingSettings, loss: Option<LossValue>) -> Option<String> {
        let FittingProgress { epoch, .. } = self.progress();
        if epoch >= training.epochs {
            return Some(format!("Reached epoch {}.", whole(epoch)));
        }
        let stop = training.stop_loss.filter(|&stop| loss.is_some_and(|loss| loss.total < stop))?;
        Some(format!("Reached a loss below {stop:e} at epoch {}.", whole(epoch)))
    }

    /// The parameters in the network's units, in the order of the flat vector.
    fn params(&self) -> Vec<f64>;

    /// The current stage, if there is one.
    fn stage(&self, _training: &TrainingSettings) -> Option<Stage> {
        None
    }

    /// Completed stages.
    fn notes(&self) -> &[StageNote] {
        &[]
    }

    /// Continues from other parameters of all modes. Open modes may have been closed ([`crate::model::lse::close`]) and
    /// closed modes opened; N is unchanged. For an earlier state of this fit, `was_over` states whether all stages had
    /// ended then. Returns true if a fit that had ended needs more training.
    fn replace_params(&mut self, full: Vec<f64>, was_over: Option<bool>) -> bool;

    /// Returns true if all stages have ended and [`Fitting::restore_modes`] may improve the fit.
    fn can_restore_modes(&self, _training: &TrainingSettings) -> bool {
        false
    }

    /// Continues with the modes that were there before the first removal, because the fit misses wells of the rows. In the cost of a
    /// mode, `spread` replaces that of the values, in the units of the network.
    fn restore_modes(&mut self, _spread: f64) {}
}

/// Prior of a density.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DensityPrior {
    /// Decay of the weights times the effective number of samples, and weight of the divergence from a uniform density.
    pub weights: Weights,
    /// Number of wells that other samples of the quantity show. Modes up to this number have a smaller removal cost.
    pub wells: usize,
}

/// Properties of the data that recipes need besides the samples, in the units of the network, except for `unit`.
#[derive(Clone, Debug)]
pub struct FitDomain {
    /// Domain in which wells are counted, `[low, high]` for each input.
    pub bounds: Vec<[f64; 2]>,
    /// For each input of a density, whether its ends are walls; empty without walls.
    pub walls: Vec<[bool; 2]>,
    /// Standard deviation of the noise.
    pub sigma: f64,
    /// Smallest barrier of a well.
    pub threshold: f64,
    /// Effective number of samples of a density, first with equal weights, then with the weights of the samples.
    pub samples: [f64; 2],
    /// Prior of a density.
    pub prior: DensityPrior,
    /// Output scale of the data. Divides the sharpness of the network to give the sharpness of the potential.
    pub unit: f64,
    /// Rows of the table, if the samples are averages of them.
    pub rows: Option<Arc<Gathered>>,
}

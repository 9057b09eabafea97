//! Stages of recipes with their state.

use super::active::{ActiveModes, TrainingStage};
use super::reliable::second_order::{Candidate, SecondOrder};
use super::reliable::starts::StartTrials;
use crate::loss::gathered::RowPass;

/// Current stage.
pub(super) enum RecipePhase {
    /// Each mode in one cell of the values, or one of several draws of initial parameters of a density.
    Starting(TrainingStage),
    /// All modes together.
    Joint(TrainingStage),
    /// Several starts, and the squared error of the joint fit if there is one.
    Trying {
        starts: Box<StartTrials>,
        joint: Option<f64>,
    },
    Removing {
        stage: TrainingStage,
        trial: RemovalTrial,
    },
    /// The remaining modes on all samples.
    Settling(TrainingStage),
    Refining(SecondOrder),
    /// Training with owners of wells.
    Owning(TrainingStage),
    /// Second-order steps with owners of wells, or after a check.
    Polishing(SecondOrder),
    Sharpening {
        second: SecondOrder,
        factor: f64,
        kept: Box<Candidate>,
        lowest: Box<Candidate>,
    },
    /// Pass over all rows.
    Averaging {
        pass: Box<RowPass>,
        then: AfterAveraging,
    },
    Done,
}

/// Removal of a mode on trial.
pub(super) struct RemovalTrial {
    pub mode: usize,
    /// Modes before the removal, and their error.
    pub kept: Box<ActiveModes>,
    pub error: f64,
    /// Cost of the removal up to which it is accepted before its last epoch.
    pub limit: f64,
    /// Number of a test, and the cost above which the removal is given up then.
    pub abort: (u64, f64),
}

impl RemovalTrial {
    /// True if a test is due after an epoch and ends the removal at the cost that it computes.
    pub fn is_decided(&self, stage: &mut TrainingStage, cost: impl FnOnce(&mut TrainingStage) -> f64) -> bool {
        let interval = stage.epochs_per_removal_test();
        let test = Some(stage.epoch() / interval).filter(|test| *test > 0 && stage.epoch().is_multiple_of(interval));
        let is_clear = |test: u64, cost: f64| cost <= self.limit || test == self.abort.0 && cost > self.abort.1;
        test.is_some_and(|test| is_clear(test, cost(stage)))
    }
}

/// Stage after the rows have been averaged again.
#[derive(Clone, Copy)]
pub(super) enum AfterAveraging {
    Removing,
    Refining,
    /// End of the recipe if the remaining averaging error is below this squared error of the fit, or after the last repetition.
    End(f64),
}

impl RecipePhase {
    /// The current stage of training, if there is one.
    pub(super) fn training(&self) -> Option<&TrainingStage> {
        match self {
            Self::Starting(stage)
            | Self::Joint(stage)
            | Self::Settling(stage)
            | Self::Owning(stage)
            | Self::Removing { stage, .. } => Some(stage),
            Self::Trying { starts, .. } => Some(&starts.adam),
            _ => None,
        }
    }

    /// Mutable access to the current stage of training.
    pub(super) fn training_mut(&mut self) -> Option<&mut TrainingStage> {
        match self {
            Self::Starting(stage)
            | Self::Joint(stage)
            | Self::Settling(stage)
            | Self::Owning(stage)
            | Self::Removing { stage, .. } => Some(stage),
            Self::Trying { starts, .. } => Some(&mut starts.adam),
            _ => None,
        }
    }

    /// The second-order method, in the stages that use it.
    pub(super) fn second(&self) -> Option<&SecondOrder> {
        match self {
            Self::Refining(second) | Self::Polishing(second) | Self::Sharpening { second, .. } => Some(second),
            _ => None,
        }
    }
}

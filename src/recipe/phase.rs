//! Stages of recipes with their state.

use super::active::{ActiveModes, AdamStage};
use super::reliable::second_order::{Candidate, SecondOrder};
use super::reliable::starts::StartTrials;
use crate::loss::gathered::RowPass;

/// Number of epochs between tests of a removal, with one step an epoch.
pub(super) const EPOCHS_PER_REMOVAL_TEST: u64 = 50;

/// Description of a stage, which holds until the stage ends.
pub(super) struct StagePlan {
    /// Name, for example `initialize`.
    pub name: String,
    /// Largest number of epochs at full length, or of steps.
    pub length: u64,
    /// Sentence on the action and its purpose.
    pub sentence: String,
}

impl StagePlan {
    pub fn new(name: impl Into<String>, length: u64, sentence: impl Into<String>) -> Self {
        Self { name: name.into(), length, sentence: sentence.into() }
    }
}

/// Current stage.
pub(super) enum RecipePhase {
    /// Each mode in one cell of the values.
    Pretraining(AdamStage),
    /// One of several draws of initial parameters of a density.
    Starting(AdamStage),
    /// All modes together.
    Joint(AdamStage),
    /// Several starts, and the squared error of the joint fit if there is one.
    Trying {
        starts: Box<StartTrials>,
        joint: Option<f64>,
    },
    Removing {
        adam: AdamStage,
        trial: RemovalTrial,
    },
    /// The remaining modes on all samples.
    Settling(AdamStage),
    Refining(SecondOrder),
    /// Training with owners of wells.
    Owning(AdamStage),
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
    pub fn is_decided(&self, adam: &mut AdamStage, cost: impl FnOnce(&mut AdamStage) -> f64) -> bool {
        let interval = (EPOCHS_PER_REMOVAL_TEST as f64 * adam.share()).ceil() as u64;
        let test = Some(adam.epoch() / interval).filter(|test| *test > 0 && adam.epoch().is_multiple_of(interval));
        let is_clear = |test: u64, cost: f64| cost <= self.limit || test == self.abort.0 && cost > self.abort.1;
        test.is_some_and(|test| is_clear(test, cost(adam)))
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
    /// The current stage of Adam, if there is one.
    pub(super) fn adam(&self) -> Option<&AdamStage> {
        match self {
            Self::Pretraining(adam)
            | Self::Starting(adam)
            | Self::Joint(adam)
            | Self::Settling(adam)
            | Self::Owning(adam)
            | Self::Removing { adam, .. } => Some(adam),
            Self::Trying { starts, .. } => Some(&starts.adam),
            _ => None,
        }
    }

    /// Mutable access to the current stage of Adam.
    pub(super) fn adam_mut(&mut self) -> Option<&mut AdamStage> {
        match self {
            Self::Pretraining(adam)
            | Self::Starting(adam)
            | Self::Joint(adam)
            | Self::Settling(adam)
            | Self::Owning(adam)
            | Self::Removing { adam, .. } => Some(adam),
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

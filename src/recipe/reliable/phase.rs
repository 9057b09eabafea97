//! Stages of the recipe with their state.

use super::active::{ActiveModes, AdamStage};
use super::second_order::{Candidate, SecondOrder};
use super::starts::StartTrials;
use crate::recipe::gathered::RowPass;

/// Current stage.
pub(super) enum ReliablePhase {
    Pretraining(AdamStage),
    Joint(AdamStage),
    /// Several starts, and the squared error of the joint fit if there is one.
    Trying {
        starts: Box<StartTrials>,
        joint: Option<f64>,
    },
    Removing {
        adam: AdamStage,
        mode: usize,
        limit: f64,
        error: f64,
        kept: Box<ActiveModes>,
    },
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
        then: NextReliableStage,
    },
    Done,
}

/// Stage after the rows have been averaged again.
#[derive(Clone, Copy)]
pub(super) enum NextReliableStage {
    Removing,
    Refining,
    /// End of the recipe if the remaining averaging error is below this squared error of the fit, or after the last repetition.
    End(f64),
}

impl ReliablePhase {
    /// The current stage of Adam, if there is one.
    pub(super) fn adam(&self) -> Option<&AdamStage> {
        match self {
            Self::Pretraining(adam)
            | Self::Joint(adam)
            | Self::Settling(adam)
            | Self::Owning(adam)
            | Self::Removing { adam, .. } => Some(adam),
            Self::Trying { starts, .. } => Some(starts.adam()),
            _ => None,
        }
    }

    /// Mutable access to the current stage of Adam.
    pub(super) fn adam_mut(&mut self) -> Option<&mut AdamStage> {
        match self {
            Self::Pretraining(adam)
            | Self::Joint(adam)
            | Self::Settling(adam)
            | Self::Owning(adam)
            | Self::Removing { adam, .. } => Some(adam),
            Self::Trying { starts, .. } => Some(starts.adam_mut()),
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

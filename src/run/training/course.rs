//! What a recipe does, whichever it is.

use crate::objective::Loss;
use crate::run::paper::Paper;
use crate::run::protocol::Stage;
use crate::run::reliable::Reliable;
use crate::run::settings::Settings;
use crate::run::{StageNote, forces};

/// A recipe at work.
pub(super) enum Course {
    Paper(Box<Paper>),
    Reliable(Box<Reliable>),
}

impl Course {
    /// Epochs done.
    pub(super) fn epoch(&self) -> u64 {
        match self {
            Self::Paper(paper) => paper.epoch(),
            Self::Reliable(reliable) => reliable.epoch(),
        }
    }

    /// Steps of the second-order method, which are no epochs.
    pub(super) fn lm_steps(&self) -> u64 {
        match self {
            Self::Paper(_) => 0,
            Self::Reliable(reliable) => reliable.lm_steps(),
        }
    }

    /// About how many epochs the next step lasts.
    pub(super) fn cost(&self) -> u64 {
        match self {
            Self::Paper(_) => 1,
            Self::Reliable(reliable) => reliable.cost(),
        }
    }

    /// The loss at the parameters as they are.
    pub(super) fn loss(&mut self, settings: &Settings) -> Loss {
        match self {
            Self::Paper(paper) => paper.loss(settings),
            Self::Reliable(reliable) => reliable.loss(),
        }
    }

    /// The parameters, as the network sees them.
    pub(super) fn params(&self) -> Vec<f64> {
        match self {
            Self::Paper(paper) => paper.params().iter().map(|&p| f64::from(p)).collect(),
            Self::Reliable(reliable) => reliable.params(),
        }
    }

    /// The stage at work, if there are stages and they have not come to their end.
    pub(super) fn stage(&self, settings: &Settings, has_ended: bool) -> Option<Stage> {
        match self {
            Self::Paper(paper) => (paper.by_forces() && !has_ended).then(|| forces::stage(paper.epoch(), settings.epochs)),
            Self::Reliable(reliable) => reliable.stage(settings),
        }
    }

    /// The stages that have ended; `rho` is the sharpness in the data's own units.
    pub(super) fn notes(&self, has_ended: bool, rho: f64) -> Vec<StageNote> {
        match self {
            Self::Paper(paper) if paper.by_forces() && has_ended => vec![forces::note(paper.epoch(), rho)],
            Self::Paper(_) => Vec::new(),
            Self::Reliable(reliable) => reliable.notes().to_vec(),
        }
    }

    /// Removes modes for good.
    pub(super) fn close(&mut self, modes: &[usize]) {
        match self {
            Self::Paper(paper) => paper.close(modes),
            Self::Reliable(reliable) => reliable.close(modes),
        }
    }
}

//! What a recipe does, whichever it is.

use crate::controller::protocol::Stage;
use crate::loss::Loss;
use crate::recipe::StageNote;
use crate::recipe::Training;
use crate::recipe::gradient::Forces;
use crate::recipe::paper::Paper;
use crate::recipe::reliable::Reliable;
use crate::train::Divergence;

/// A recipe at work.
pub(super) enum Course {
    Paper(Box<Paper>),
    Forces(Box<Forces>),
    Reliable(Box<Reliable>),
}

impl Course {
    /// Epochs done.
    pub(super) fn epoch(&self) -> u64 {
        match self {
            Self::Paper(paper) => paper.epoch(),
            Self::Forces(forces) => forces.epoch(),
            Self::Reliable(reliable) => reliable.epoch(),
        }
    }

    /// Steps of the second-order method, which are no epochs.
    pub(super) fn lm_steps(&self) -> u64 {
        match self {
            Self::Paper(_) | Self::Forces(_) => 0,
            Self::Reliable(reliable) => reliable.lm_steps(),
        }
    }

    /// About how many epochs the next step lasts.
    pub(super) fn cost(&self) -> u64 {
        match self {
            Self::Paper(_) | Self::Forces(_) => 1,
            Self::Reliable(reliable) => reliable.cost(),
        }
    }

    /// The loss at the parameters as they are.
    pub(super) fn loss(&mut self, training: &Training) -> Loss {
        match self {
            Self::Paper(paper) => paper.loss(training),
            Self::Forces(forces) => forces.loss(training),
            Self::Reliable(reliable) => reliable.loss(),
        }
    }

    /// The first half of an epoch, or of a step of the second-order method.
    ///
    /// # Errors
    /// If training has diverged; the parameters are then those of a healthy epoch before.
    pub(super) fn evaluate(&mut self, training: &Training) -> Result<Loss, Divergence> {
        match self {
            Self::Paper(paper) => paper.evaluate(training),
            Self::Forces(forces) => forces.evaluate(training),
            Self::Reliable(reliable) => reliable.evaluate().map(|loss| Loss { total: loss, data: loss }),
        }
    }

    /// The second half; `loss` is what the first one gave.
    ///
    /// # Errors
    /// As [`Course::evaluate`].
    pub(super) fn step(&mut self, training: &Training, loss: Loss) -> Result<(), Divergence> {
        match self {
            Self::Paper(paper) => paper.step(training),
            Self::Forces(forces) => forces.step(training)?,
            Self::Reliable(reliable) => reliable.step(training, loss.total),
        }
        Ok(())
    }

    /// The parameters, as the network sees them.
    pub(super) fn params(&self) -> Vec<f64> {
        match self {
            Self::Paper(paper) => paper.params().iter().map(|&p| f64::from(p)).collect(),
            Self::Forces(forces) => forces.params().iter().map(|&p| f64::from(p)).collect(),
            Self::Reliable(reliable) => reliable.params(),
        }
    }

    /// The stage at work, if there are stages and they have not come to their end.
    pub(super) fn stage(&self, training: &Training, has_ended: bool) -> Option<Stage> {
        match self {
            Self::Paper(_) => None,
            Self::Forces(forces) => (!has_ended).then(|| forces.stage(training)),
            Self::Reliable(reliable) => reliable.stage(training),
        }
    }

    /// The stages that have ended; `rho` is the sharpness in the data's own units.
    pub(super) fn notes(&self, has_ended: bool, rho: f64) -> Vec<StageNote> {
        match self {
            Self::Paper(_) => Vec::new(),
            Self::Forces(forces) => forces.notes(has_ended, rho),
            Self::Reliable(reliable) => reliable.notes().to_vec(),
        }
    }

    /// Removes modes for good.
    pub(super) fn close(&mut self, modes: &[usize]) {
        match self {
            Self::Paper(paper) => paper.close(modes),
            Self::Forces(forces) => forces.close(modes),
            Self::Reliable(reliable) => reliable.close(modes),
        }
    }
}

//! Training of one stage with Adam.

use super::starts::BATCH_SAMPLES;
use crate::loss::training_set::TrainingSet;
use crate::loss::{Loss, LossValue, Regression};
use crate::model::Convexity;
use crate::model::potential::declared;
use crate::recipe::fitting::narrow;
use crate::recipe::reliable::active::{ActiveModes, groups};
use crate::train::{Divergence, Rates, Trainer};

/// Loss of the present modes on all rows.
pub(super) fn regression(active: &ActiveModes, set: &TrainingSet) -> Regression<f32> {
    Regression::new(&active.arch(), set).on(set, Some(BATCH_SAMPLES))
}

/// Loss and trainer of the current stage.
pub(super) struct StageTraining {
    pub(super) loss: Box<dyn Loss<f32>>,
    pub(super) trainer: Trainer<f32>,
    pub(super) convexity: Convexity,
    /// Number of epochs before the first one of the trainer.
    before: u64,
}

impl StageTraining {
    /// Training of the first stage.
    pub(super) fn new(active: &ActiveModes, convexity: Convexity, target_mean_square: f64, loss: Box<dyn Loss<f32>>) -> Self {
        Self { loss, trainer: trainer(active, convexity, target_mean_square), convexity, before: 0 }
    }

    /// Replaces the trainer and the loss by those of the next stage, at the parameters of the present modes.
    pub(super) fn start_stage(&mut self, active: &ActiveModes, target_mean_square: f64, loss: Box<dyn Loss<f32>>) {
        self.before = self.epoch();
        self.trainer = trainer(active, self.convexity, target_mean_square);
        self.loss = loss;
    }

    /// Restarts the stage at other parameters.
    pub(super) fn restart(&mut self, params: Vec<f32>) {
        self.before = self.epoch();
        self.trainer.restart(params);
    }

    /// Number of epochs done in all stages.
    pub(super) fn epoch(&self) -> u64 {
        self.before + self.trainer.epoch()
    }

    /// Loss on all samples at the current parameters.
    pub(super) fn loss(&mut self) -> LossValue {
        self.loss.value(self.trainer.params())
    }

    /// Squared error on all samples.
    pub(super) fn error(&mut self) -> f64 {
        self.loss().data
    }

    /// First half of an epoch on the loss of the stage, or on another one.
    pub(super) fn evaluate(&mut self, other: Option<&mut dyn Loss<f32>>) -> Result<LossValue, Divergence> {
        let Self { loss, trainer, before, .. } = self;
        trainer.evaluate(other.unwrap_or(&mut **loss)).map_err(|divergence| divergence.after(*before))
    }

    /// Second half of an epoch on the loss of the stage, or on another one.
    pub(super) fn step(&mut self, other: Option<&mut dyn Loss<f32>>, rates: Rates) -> Result<(), Divergence> {
        let Self { loss, trainer, before, .. } = self;
        trainer.step(other.unwrap_or(&mut **loss), |_| rates).map(drop).map_err(|divergence| divergence.after(*before))
    }
}

/// Trainer of the present modes.
fn trainer(active: &ActiveModes, convexity: Convexity, target_mean_square: f64) -> Trainer<f32> {
    let mut trainer = Trainer::new(narrow(&active.params()), groups(&declared(&active.arch()), convexity));
    // A stage may start at a small error, which the first steps raise.
    trainer.expect(1.0 + target_mean_square);
    trainer
}

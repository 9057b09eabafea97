//! The recipe `paper`: one loss, Adam with two rates from the first epoch to the last.

use super::{Fitting, FittingProgress, Schedule, TrainingSettings};
use crate::loss::{Loss, LossValue};
use crate::model::Convexity;
use crate::numerics::linear::{narrow, widen};
use crate::train::{Divergence, Rates, Trainer, adam, schedule};

/// The recipe in progress, on any loss.
pub struct Paper {
    loss: Box<dyn Loss<f32>>,
    trainer: Trainer<f32>,
}

impl Paper {
    /// Starts at `params`.
    pub fn new(loss: Box<dyn Loss<f32>>, convexity: Convexity, params: &[f64]) -> Self {
        let groups = adam::groups(loss.params(), convexity);
        Self { loss, trainer: Trainer::new(narrow(params), groups) }
    }
}

impl Fitting for Paper {
    fn progress(&self) -> FittingProgress {
        FittingProgress { epoch: self.trainer.epoch(), cost: 1, ..FittingProgress::default() }
    }

    fn params(&self) -> Vec<f64> {
        widen(self.trainer.params())
    }

    fn loss(&mut self, training: &TrainingSettings) -> LossValue {
        self.loss.set_epsilon(training.epsilon);
        self.loss.value(self.trainer.params())
    }

    fn evaluate(&mut self, training: &TrainingSettings) -> Result<LossValue, Divergence> {
        self.loss.set_epsilon(training.epsilon);
        self.trainer.evaluate(&mut *self.loss)
    }

    fn step(&mut self, training: &TrainingSettings, _loss: LossValue) -> Result<(), Divergence> {
        let factor = match training.schedule {
            Schedule::Constant => 1.0,
            Schedule::Cosine => schedule::cosine(self.trainer.epoch(), training.epochs),
        };
        let rates = Rates { network: factor * training.lr, gate: factor * training.gate_lr };
        self.trainer.step(&mut *self.loss, |_| rates).map(drop)
    }

    fn replace_params(&mut self, full: Vec<f64>, _was_over: Option<bool>) -> bool {
        self.trainer.adopt_params(self.loss.params(), &narrow(&full));
        false
    }
}

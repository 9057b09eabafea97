//! The recipe `paper`: one objective, one batch, Adam with two rates from the first epoch to the last.

use super::{Schedule, Training};
use crate::loss::training_set::TrainingSet;
use crate::loss::{Loss, Objective};
use crate::model::Architecture;
use crate::plan::Batch;
use crate::train::{Divergence, Rates, Trainer, adam, schedule};

/// The recipe at work.
pub struct Paper {
    objective: Objective<f32>,
    batch: Batch<f32>,
    trainer: Trainer<f32>,
}

impl Paper {
    /// Begins at `params`.
    pub fn new(arch: &Architecture, training_set: &TrainingSet, params: &[f64]) -> Self {
        let objective = Objective::new(arch, training_set.target, training_set.weights.is_some());
        let batch = training_set.batch(&objective);
        let groups = adam::groups(objective.params(), arch.convexity);
        Self { trainer: Trainer::new(params.iter().map(|&p| p as f32).collect(), groups), objective, batch }
    }

    /// Epochs done.
    pub fn epoch(&self) -> u64 {
        self.trainer.epoch()
    }

    /// The parameters.
    pub fn params(&self) -> &[f32] {
        self.trainer.params()
    }

    /// The loss at the parameters as they are.
    pub fn loss(&mut self, training: &Training) -> Loss {
        self.objective.set_epsilon(training.epsilon);
        self.trainer.loss(&mut self.objective, &self.batch)
    }

    /// The first half of an epoch.
    ///
    /// # Errors
    /// If it has diverged; the parameters are then those of a healthy epoch before.
    pub fn evaluate(&mut self, training: &Training) -> Result<Loss, Divergence> {
        self.objective.set_epsilon(training.epsilon);
        self.trainer.evaluate(&mut self.objective, &self.batch)
    }

    /// The second half of an epoch.
    pub fn step(&mut self, training: &Training) {
        let factor = match training.schedule {
            Schedule::Constant => 1.0,
            Schedule::Cosine => schedule::cosine(self.trainer.epoch(), training.epochs),
        };
        self.trainer.step(Rates { network: factor * training.lr, gate: factor * training.gate_lr });
    }

    /// Removes modes for good: training goes on with the others, N stays.
    pub fn close(&mut self, modes: &[usize]) {
        self.trainer.close(self.objective.params(), modes);
    }
}

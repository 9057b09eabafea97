//! The recipe `paper`: one objective, one batch, Adam with two rates from the first epoch to the last. Where derivatives are learnt
//! from, the recipe `reliable` is the same but for what [`forces`] says.

use super::forces;
use super::settings::{Schedule, Settings};
use crate::nn::{Architecture, ParamKind, Params, lse};
use crate::objective::lesson::Lesson;
use crate::objective::{Loss, Objective};
use crate::plan::Batch;
use crate::train::{Divergence, Rates, Trainer, schedule};

/// The recipe at work.
pub struct Paper {
    objective: Objective<f32>,
    batch: Batch<f32>,
    /// Parts of it that are learnt from in turn within an epoch; none if it is learnt from as a whole.
    parts: Vec<Batch<f32>>,
    trainer: Trainer<f32>,
    /// Whether [`forces`] says what differs.
    by_forces: bool,
}

impl Paper {
    /// Begins at `params`.
    pub fn new(arch: &Architecture, lesson: &Lesson, params: &[f64], by_forces: bool) -> Self {
        let objective = Objective::new(arch, lesson.target, lesson.weights.is_some());
        let batch = lesson.batch(&objective);
        let groups = forces::groups(objective.params(), arch.convexity, by_forces);
        let parts = if by_forces { lesson.parts(&objective, forces::BATCH) } else { Vec::new() };
        Self { trainer: Trainer::new(params.iter().map(|&p| p as f32).collect(), groups), objective, batch, parts, by_forces }
    }

    /// Whether [`forces`] says what differs.
    pub fn by_forces(&self) -> bool {
        self.by_forces
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
    pub fn loss(&mut self, settings: &Settings) -> Loss {
        self.objective.set_epsilon(settings.epsilon);
        self.trainer.loss(&mut self.objective, &self.batch)
    }

    /// The first half of an epoch.
    pub fn evaluate(&mut self, settings: &Settings) -> Result<Loss, Divergence> {
        self.objective.set_epsilon(settings.epsilon);
        let first = self.parts.first().unwrap_or(&self.batch);
        self.trainer.evaluate(&mut self.objective, first)
    }

    /// The second half of an epoch.
    ///
    /// # Errors
    /// As [`Paper::evaluate`].
    pub fn step(&mut self, settings: &Settings) -> Result<(), Divergence> {
        let factor = match settings.schedule {
            Schedule::Constant if !self.by_forces => 1.0,
            _ => schedule::cosine(self.trainer.epoch(), settings.epochs),
        };
        let rates = Rates { network: factor * settings.lr, gate: factor * settings.gate_lr };
        for next in self.parts.iter().skip(1) {
            self.trainer.nudge(rates);
            self.trainer.evaluate(&mut self.objective, next)?;
        }
        self.trainer.step(rates);
        Ok(())
    }

    /// Removes modes for good: training goes on with the others, N stays.
    pub fn close(&mut self, modes: &[usize]) {
        let layout: Params = self.objective.params().clone();
        let ranges = layout.iter().filter(|p| p.kind != ParamKind::Sharpness);
        let ranges = ranges.flat_map(|p| modes.iter().map(|&mode| p.of_mode(mode)));
        self.trainer.alter(ranges, |params| modes.iter().for_each(|&mode| lse::close(&layout, params, mode)));
    }
}

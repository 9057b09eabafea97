//! Work done by the recipe, and an estimate of the work left.

use super::active::{BATCH_SAMPLES, JOINT_EPOCHS};
use super::{
    EPOCHS_PER_REMOVAL_TEST, EPOCHS_PER_STEP, FULL_LENGTH_EPOCHS, NextReliableStage, Reliable, ReliablePhase, SETTLING_EPOCHS,
};
use crate::recipe::{Fitting, TrainingSettings};

/// Usual number of tests before a removal is decided: one if it is accepted, four if it is hopeless.
const TESTS_PER_REMOVAL: u64 = 2;
/// Usual number of second-order steps from refining on, and from polishing on; and the same if steps on all rows follow checked
/// ones.
const USUAL_SUBSET_STEPS: [u64; 2] = [40, 20];
const USUAL_FULL_STEPS: [u64; 2] = [120, 60];

impl Reliable {
    /// Work done and work left, in epochs.
    pub(super) fn work_done_and_left(&self, training: &TrainingSettings) -> [u64; 2] {
        let batches = (self.data.set.samples() / BATCH_SAMPLES).max(1) as u64;
        let is_whole = self.data.checkable(&self.active).is_some();
        let usual_steps = if is_whole { USUAL_FULL_STEPS } else { USUAL_SUBSET_STEPS };
        // Steps on subsets use no more rows than some mini-batches have.
        let step_cost = if is_whole { EPOCHS_PER_STEP } else { (EPOCHS_PER_STEP / batches).max(1) };
        let share = 1.0 / (batches as f64).sqrt();
        let full = |nominal: u64| {
            ((nominal as f64 * share).ceil() as u64)
                .min(nominal * training.epochs.min(FULL_LENGTH_EPOCHS) / FULL_LENGTH_EPOCHS)
                .max(1)
        };
        let pass = self.data.rows().map_or(0, |rows| rows.steps());
        let candidates = self.active.present().len().saturating_sub(1 + self.needed.len()) as u64;
        let is_settled = self.data.affordable(self.active.params().len()) >= self.data.set.samples();
        let steps = usual_steps[0] * step_cost + pass;
        let settling = pass + steps + if is_settled { 0 } else { full(SETTLING_EPOCHS) };
        let removals = candidates * full(TESTS_PER_REMOVAL * EPOCHS_PER_REMOVAL_TEST) + settling;
        let after = match &self.phase {
            ReliablePhase::Pretraining(_) => full(JOINT_EPOCHS) + pass + removals,
            ReliablePhase::Joint(_) => pass + removals,
            ReliablePhase::Trying { starts, .. } => {
                starts.stages_left() * full(starts.nominal_epochs()) + full(JOINT_EPOCHS) + removals
            }
            ReliablePhase::Removing { .. } | ReliablePhase::Averaging { then: NextReliableStage::Removing, .. } => removals,
            ReliablePhase::Settling(_) => pass + steps,
            ReliablePhase::Averaging { then: NextReliableStage::Refining, .. } => steps,
            ReliablePhase::Refining(_) | ReliablePhase::Owning(_) => usual_steps[1] * step_cost + pass,
            ReliablePhase::Polishing(_) => usual_steps[1] * step_cost / 2 + pass,
            ReliablePhase::Sharpening { .. } => pass,
            ReliablePhase::Averaging { .. } | ReliablePhase::Done => 0,
        };
        let done = self.epoch() + self.counts.lm_steps * step_cost + self.counts.averaging_steps;
        let here = self.stage(training, false).map_or(0, |stage| match &self.phase {
            ReliablePhase::Removing { .. } => full(TESTS_PER_REMOVAL * EPOCHS_PER_REMOVAL_TEST).saturating_sub(stage.done),
            ReliablePhase::Refining(_) | ReliablePhase::Polishing(_) | ReliablePhase::Sharpening { .. } => {
                step_cost * (stage.of.min(usual_steps[1])).saturating_sub(stage.done)
            }
            _ => stage.of.saturating_sub(stage.done),
        });
        [done, here + after]
    }
}

//! Work done by the recipe, and an estimate of the work left.

use super::scaled_data::{BATCH_SAMPLES, JOINT_EPOCHS};
use super::{EPOCHS_PER_STEP, Objective, Reliable, SETTLING_EPOCHS, Staged};
use crate::recipe::phase::{AfterAveraging, EPOCHS_PER_REMOVAL_TEST, RecipePhase};
use crate::recipe::{Fitting, TrainingSettings};

/// Usual number of tests before a removal is decided: one if it is accepted, four if it is hopeless.
const TESTS_PER_REMOVAL: u64 = 2;
/// Usual number of second-order steps from refining on, and from polishing on; and the same if steps on all rows follow checked
/// ones.
const SUBSET_STEP_COUNTS: [u64; 2] = [40, 20];
const FULL_STEP_COUNTS: [u64; 2] = [120, 60];

impl Staged<Reliable> {
    /// Work done and work left, in epochs.
    pub(super) fn work_done_and_left(&self, training: &TrainingSettings) -> [u64; 2] {
        let batches = (self.objective.data.set.samples() / BATCH_SAMPLES).max(1) as u64;
        let is_whole = self.objective.data.checkable(&self.active).is_some();
        let usual_steps = if is_whole { FULL_STEP_COUNTS } else { SUBSET_STEP_COUNTS };
        // Steps on subsets use no more rows than some mini-batches have.
        let step_cost = if is_whole { EPOCHS_PER_STEP } else { (EPOCHS_PER_STEP / batches).max(1) };
        let share = 1.0 / (batches as f64).sqrt();
        let full = |nominal: u64| Reliable::scaled_length(nominal, share, training).max(1);
        let pass = self.objective.data.rows.as_ref().map_or(0, |rows| rows.steps());
        let candidates = self.active.present().len().saturating_sub(1 + self.needed.len()) as u64;
        let is_settled = self.objective.data.max_step_samples(self.active.params().len()) >= self.objective.data.set.samples();
        let steps = usual_steps[0] * step_cost + pass;
        let settling = pass + steps + if is_settled { 0 } else { full(SETTLING_EPOCHS) };
        let removals = candidates * full(TESTS_PER_REMOVAL * EPOCHS_PER_REMOVAL_TEST) + settling;
        let after = match &self.phase {
            RecipePhase::Pretraining(_) => full(JOINT_EPOCHS) + pass + removals,
            RecipePhase::Joint(_) => pass + removals,
            RecipePhase::Trying { starts, .. } => {
                starts.stages_left() * full(starts.nominal_epochs()) + full(JOINT_EPOCHS) + removals
            }
            RecipePhase::Removing { .. } | RecipePhase::Averaging { then: AfterAveraging::Removing, .. } => removals,
            RecipePhase::Settling(_) => pass + steps,
            RecipePhase::Averaging { then: AfterAveraging::Refining, .. } => steps,
            RecipePhase::Refining(_) | RecipePhase::Owning(_) => usual_steps[1] * step_cost + pass,
            RecipePhase::Polishing(_) => usual_steps[1] * step_cost / 2 + pass,
            RecipePhase::Sharpening { .. } => pass,
            RecipePhase::Averaging { .. } | RecipePhase::Starting(_) | RecipePhase::Done => 0,
        };
        let done = self.epoch() + self.counts.lm_steps * step_cost + self.counts.averaging_steps;
        let here = self.stage(training).map_or(0, |stage| match &self.phase {
            RecipePhase::Removing { .. } => full(TESTS_PER_REMOVAL * EPOCHS_PER_REMOVAL_TEST).saturating_sub(stage.done),
            RecipePhase::Refining(_) | RecipePhase::Polishing(_) | RecipePhase::Sharpening { .. } => {
                step_cost * (stage.of.min(usual_steps[1])).saturating_sub(stage.done)
            }
            _ => stage.of.saturating_sub(stage.done),
        });
        [done, here + after]
    }
}

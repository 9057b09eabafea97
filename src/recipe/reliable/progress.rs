//! How much of the recipe is done, and about how much is left.

use super::active::BATCH;
use super::{EPOCHS_A_STEP, JOINT, LOOK, Phase, ROOM, Reliable, SETTLING, Then};
use crate::recipe::{Fitting, Training};

/// Looks that a removal takes before it is decided, as a rule: one if it is accepted, four if it is hopeless.
const LOOKS: u64 = 2;
/// Second-order steps that are taken as a rule, from refining on, and from helping on; and if steps on all rows follow on checked ones.
const STEPS: [u64; 2] = [40, 20];
const WHOLE_STEPS: [u64; 2] = [120, 60];

impl Reliable {
    /// What has been done and what is left, in epochs.
    pub(super) fn work_done_and_left(&self, training: &Training) -> [u64; 2] {
        let batches = (self.data.set.samples() / BATCH).max(1) as u64;
        let is_whole = self.data.checkable(&self.active).is_some();
        let of_rule = if is_whole { WHOLE_STEPS } else { STEPS };
        // Steps on subsets use no more rows than some mini-batches have.
        let a_step = if is_whole { EPOCHS_A_STEP } else { (EPOCHS_A_STEP / batches).max(1) };
        let share = 1.0 / (batches as f64).sqrt();
        let full = |nominal: u64| ((nominal as f64 * share).ceil() as u64).min(nominal * training.epochs.min(ROOM) / ROOM).max(1);
        let pass = self.data.rows().map_or(0, |rows| rows.steps());
        let candidates = self.active.present().len().saturating_sub(1 + self.needed.len()) as u64;
        let is_settled = self.data.affordable(self.active.params().len()) >= self.data.values().len();
        let steps = of_rule[0] * a_step + pass;
        let settling = pass + steps + if is_settled { 0 } else { full(SETTLING) };
        let removals = candidates * full(LOOKS * LOOK) + settling;
        let after = match &self.phase {
            Phase::Pretraining(_) => full(JOINT) + pass + removals,
            Phase::Joint(_) => pass + removals,
            Phase::Trying { starts, .. } => starts.left(full(JOINT)) + full(JOINT) + removals,
            Phase::Removing { .. } | Phase::Averaging { then: Then::Removing, .. } => removals,
            Phase::Settling(_) => pass + steps,
            Phase::Averaging { then: Then::Refining, .. } => steps,
            Phase::Refining(_) => of_rule[1] * a_step + pass,
            Phase::Helping { .. } => of_rule[1] * a_step / 2 + pass,
            Phase::Sharpening { .. } => pass,
            Phase::Averaging { .. } | Phase::Done => 0,
        };
        let done = self.epoch() + self.lm_steps() * a_step + self.looks;
        let here = self.stage(training, false).map_or(0, |stage| match &self.phase {
            Phase::Removing { .. } => full(LOOKS * LOOK).saturating_sub(stage.done),
            Phase::Refining(_) | Phase::Helping { .. } | Phase::Sharpening { .. } => {
                a_step * (stage.of.min(of_rule[1])).saturating_sub(stage.done)
            }
            _ => stage.of.saturating_sub(stage.done),
        });
        [done, here + after]
    }
}

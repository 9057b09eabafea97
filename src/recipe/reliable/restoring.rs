//! Second pass through removals and refinement, for a fit that misses wells of its rows.
//!
//! A mode is removed if that costs a small part of the spread of the values. Where walls or deep wells cause this spread, a shallow well may
//! cost less. In the second pass all modes return, are refined, and removals are relative to the lowest barrier that the rows show.
//! The fit with the smaller error is kept.

use super::notes;
use super::{Reliable, Staged};
use crate::recipe::active::ActiveModes;
use crate::recipe::phase::RecipePhase;

/// Name of the stage that restores removed modes.
const RESTORING_STAGE: &str = "restore modes";

/// First fit, during the second pass.
pub(super) struct Restoration {
    first: ActiveModes,
    mse: f64,
    /// True until the restored modes have been refined.
    pub is_unrefined: bool,
}

impl Staged<Reliable> {
    /// Restores the modes before the first removal. `spread` replaces that of the values.
    pub(super) fn restore(&mut self, spread: f64) {
        let Some(before) = self.objective.before_removals.take() else { return };
        let first = self.active.clone();
        let mse = self.objective.data.mse(&first, &first.params());
        self.add_note(RESTORING_STAGE, notes::restoring(self.objective.data.relative(mse)));
        self.objective.restoration = Some(Restoration { first, mse, is_unrefined: true });
        self.objective.data.relate_costs_to(spread);
        self.objective.ownership.restart(self.objective.data.threshold);
        self.active = before;
        self.needed.clear();
        self.counts.rounds = 0;
        let count = self.objective.data.affordable_samples(self.active.params().len());
        self.begin(RecipePhase::Refining(self.steps(count)));
    }

    /// Ends the second pass, with the first fit if its error is smaller than that of the second one. Returns the squared error of the fit.
    pub(super) fn compare_with_first(&mut self, mse: f64) -> f64 {
        let Some(Restoration { first, mse: of_first, .. }) = self.objective.restoration.take() else { return mse };
        let [now, before] = [mse, of_first].map(|mse| self.objective.data.relative(mse));
        let is_better = mse < of_first;
        self.add_note(RESTORING_STAGE, notes::restored(now, before, is_better));
        if is_better {
            return mse;
        }
        (self.active, self.phase) = (first, RecipePhase::Done);
        of_first
    }
}

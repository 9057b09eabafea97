//! Removal of the modes that the samples do not need.

use super::{EPOCHS_PER_REMOVAL_TEST, Likelihood, LikelihoodPhase, parameters_of_well, wells};
use crate::loss::Loss;
use crate::model::potential::{Evaluator, Outputs};
use crate::recipe::TrainingSettings;
use crate::recipe::reliable::active::ActiveModes;
use crate::text::number;

impl Likelihood {
    /// Whether a removal can be decided before its end: it costs less than any removal cost, or much more than every one.
    pub(super) fn is_clear(&mut self) -> bool {
        let LikelihoodPhase::Removing { likelihood, .. } = self.phase else { return false };
        let epoch = self.trainer.epoch();
        if !epoch.is_multiple_of(EPOCHS_PER_REMOVAL_TEST) {
            return false;
        }
        let params = self.trainer.params().to_vec();
        let fall = self.effective * (self.loss.value(&params).data - likelihood);
        let [well, shape] = self.removal_costs();
        fall <= well || epoch == HOPELESS_REMOVAL.0 * EPOCHS_PER_REMOVAL_TEST && fall > HOPELESS_REMOVAL.1 * shape.max(well)
    }

    /// Whether other samples show a well for each mode besides the removed one.
    fn is_expected(&self) -> bool {
        self.active.present().len() < self.expected_wells
    }

    /// Removal costs in units of log-likelihood: of a mode that holds a well, and of another mode.
    pub(super) fn removal_costs(&self) -> [f64; 2] {
        let parameters = parameters_of_well(self.active.offered().inputs);
        let well = if self.is_expected() { KNOWN_WELL_COST } else { parameters };
        [well, 0.5 * parameters * self.effective.ln()]
    }

    /// Present mode with the least probability, except for modes whose removal was rejected.
    pub(super) fn least_probable(&mut self) -> Option<usize> {
        let params = self.trainer.params().to_vec();
        self.loss.value(&params);
        let probabilities = self.loss.probabilities();
        let mut evaluator: Evaluator<f32> = self.active.evaluator(Outputs { modes: true, ..Outputs::default() });
        let responsibilities = evaluator.evaluate(&params, &self.points.x).responsibilities;
        let present = self.active.present();
        let mass = |k: usize| -> f64 {
            probabilities.iter().zip(responsibilities.iter().skip(k).step_by(present.len())).map(|(q, r)| q * r).sum()
        };
        let candidates = (0..present.len()).filter(|&k| !self.needed.contains(&present[k]));
        let least = candidates.min_by(|&a, &b| mass(a).total_cmp(&mass(b)));
        least.filter(|_| present.len() > 1).map(|k| present[k])
    }

    /// Accepts or rejects a removal by the loss with the mode and without it; returns the note.
    pub(super) fn decide_removal(
        &mut self,
        training: &TrainingSettings,
        mode: usize,
        kept: ActiveModes,
        [with, without]: [f64; 2],
    ) -> String {
        let holds_a_well = wells::count(&self.minima(&self.active)) < wells::count(&self.minima(&kept)) || self.is_expected();
        let [well, shape] = self.removal_costs();
        let removal_cost = if holds_a_well { well } else { shape };
        let fall = self.effective * (without - with);
        let is_accepted = fall <= removal_cost;
        if is_accepted {
            self.try_removal(training, without);
        } else {
            self.active = kept;
            self.needed.push(mode);
            self.try_removal(training, with);
        }
        let (verdict, holds) = match (is_accepted, holds_a_well) {
            (true, true) => ("accepted", "though it held a minimum"),
            (true, false) => ("accepted", "for it held no well"),
            (false, true) => ("refused", "it holds a well"),
            (false, false) => ("refused", "the shape needs it"),
        };
        format!(
            "Without it the log-likelihood of all samples falls by {}, its price is {}: {verdict}, {holds}.",
            number(fall, 3),
            number(removal_cost, 3)
        )
    }

    pub(super) fn try_removal(&mut self, training: &TrainingSettings, likelihood: f64) {
        self.before += self.trainer.epoch();
        self.restart();
        let may_go = self.before < training.epochs;
        match self.least_probable().filter(|_| may_go) {
            Some(mode) => {
                let kept = Box::new(self.active.clone());
                self.active.remove(mode);
                self.restart();
                self.phase = LikelihoodPhase::Removing { mode, kept, likelihood };
            }
            None => self.phase = LikelihoodPhase::Finishing,
        }
    }
}

/// Removal cost of a mode whose well other samples show: one for its weight, because they determine its position and width.
const KNOWN_WELL_COST: f64 = 1.0;
/// Number of the test at which a removal is given up if its loss exceeds the removal cost by this factor.
pub(super) const HOPELESS_REMOVAL: (u64, f64) = (3, 10.0);

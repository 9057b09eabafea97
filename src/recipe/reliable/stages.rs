//! Transitions between stages.

use super::owning::{OwnershipWay, RefinedFit};
use super::second_order::{Candidate, SecondOrder, StepProblem};
use super::starts::StartTrials;
use super::{
    BEFORE_REMOVALS_FRACTION, MAX_REFINING_ROUNDS, MAX_RHO, NOISE_ERROR_FACTOR, Objective, REMOVAL_COST_FACTOR, Reliable, Staged,
    notes, percent,
};
use crate::landscape;
use crate::loss::gathered::RowPass;
use crate::model::potential::Outputs;
use crate::recipe::TrainingSettings;
use crate::recipe::active::{ActiveModes, TrainingStage};
use crate::recipe::phase::{AfterAveraging, RecipePhase};

impl Staged<Reliable> {
    /// Starts removals, or other starts if the error exceeds the removal cost, none have been tried, and there is time for them.
    fn end_joint(&mut self, mse: f64, share: f64, training: &TrainingSettings) {
        let is_small = mse <= self.objective.removal_cost(training);
        let limit = training.epochs as f64;
        let fraction = share.min(limit / Reliable::FULL_LENGTH_EPOCHS as f64);
        let has_time =
            self.counts.before as f64 + fraction * StartTrials::TOTAL_EPOCHS as f64 <= BEFORE_REMOVALS_FRACTION * limit;
        match self.objective.other_start_seed.take().filter(|_| !is_small && has_time) {
            Some(seed) => {
                let starts = Box::new(StartTrials::new(self.active.offered.clone(), &self.objective.data, seed));
                self.begin(RecipePhase::Trying { starts, joint: Some(mse) });
            }
            None if self.objective.data.rows.is_some() => self.average(AfterAveraging::Removing),
            None => self.start_removals(training, mse),
        }
    }

    /// Ends a stage of Adam, with the parameters at its start if the error is smaller there. Returns the squared error, and true if
    /// the stage lowered it.
    pub(super) fn close_adam(&mut self, mut adam: TrainingStage) -> (f64, bool) {
        let (after, earlier) = (adam.error(), self.active.params());
        let before = self.objective.data.mse(&self.active, &earlier);
        let is_better = after <= before;
        let (mse, params) = if is_better { (after, adam.params()) } else { (before, earlier) };
        self.close_stage(&params, self.objective.error_sentence(mse));
        (mse, is_better)
    }

    /// Continues with the joint fit. If its stage did not lower the error, the next start is trained on all rows before, and the
    /// better fit continues.
    pub(super) fn compare_joint(&mut self, mse: f64, is_better: bool, share: f64, training: &TrainingSettings) {
        if let Some((best, active)) = self.objective.best_joint.take().filter(|(best, _)| *best <= mse) {
            self.active = active;
            return self.end_joint(best, share, training);
        }
        match self.objective.untrained.pop() {
            Some(start) if !is_better && self.has_time(training) => {
                self.objective.best_joint = Some((mse, self.active.clone()));
                self.active.set(&start.params);
                self.begin(RecipePhase::Joint(self.joint_stage()));
            }
            _ => self.end_joint(mse, share, training),
        }
    }

    /// Starts removals. From derivatives, each well first gets an owner, which is not removed.
    fn start_removals(&mut self, training: &TrainingSettings, mse: f64) {
        self.objective.before_removals = Some(self.active.clone());
        if !self.objective.data.has_values_only() {
            self.objective.ownership.assign(&self.active, self.objective.data.relative(mse));
            self.needed = self.objective.ownership.owners.clone();
        }
        if self.objective.ownership.has_owners() && self.has_time(training) {
            self.try_owners(mse, None, OwnershipWay::Training);
        } else {
            Reliable::remove_next(self, mse, training);
        }
    }

    /// Removes modes without which the error is within the limit before any training. Returns the squared error.
    pub(super) fn remove_needless(&mut self, training: &TrainingSettings, mut mse: f64) -> f64 {
        let mut removed = Vec::new();
        while let Some(mode) = self.most_redundant_mode() {
            let mut without = self.active.clone();
            without.remove(mode);
            let error = self.objective.data.mse(&without, &without.params());
            if error > self.objective.limit(training, mse) {
                break;
            }
            (self.active, mse) = (without, mse.min(error));
            removed.push(mode);
        }
        if !removed.is_empty() {
            self.add_note("remove spare modes", notes::removed(&removed));
        }
        mse
    }

    /// Starts a pass that averages the rows again with the current fit.
    fn average(&mut self, then: AfterAveraging) {
        let Some(rows) = self.objective.data.rows.clone() else { return };
        let pass = RowPass::new(rows, &self.active.arch(), &self.active.params(), &self.objective.data.set);
        self.begin(RecipePhase::Averaging { pass: Box::new(pass), then });
    }

    /// Starts refining, after a pass over the rows if there are averages.
    pub(super) fn refine(&mut self) {
        if self.objective.data.rows.is_some() {
            self.average(AfterAveraging::Refining);
        } else {
            let second = match self.objective.data.checkable(&self.active) {
                Some(count) => self.checked(count),
                None => self.second(),
            };
            self.begin(RecipePhase::Refining(second));
        }
    }

    /// Checked steps on this number of samples.
    pub(super) fn checked(&mut self, count: usize) -> SecondOrder {
        self.objective.rng.long_jump();
        SecondOrder::checked(&self.objective.problem(&self.active), count, self.objective.rng.clone())
    }

    /// Ends refining or polishing. Each well gets an owner, or the next stage follows. Checked steps continue with all samples if
    /// the check succeeded, else with subsets.
    pub(super) fn end_steps(&mut self, second: SecondOrder, is_polished: bool, training: &TrainingSettings) {
        let is_checked = second.is_checked();
        let agrees = !is_checked || second.is_confirmed(self.objective.data.quasi_newton_mse());
        let best = if agrees { second.continued() } else { &second.best }.clone();
        let error = self.objective.data.relative(best.mse);
        self.close_stage(&best.params, notes::steps(second.taken, error, is_checked.then_some(agrees)));
        let uses_all = is_checked || is_polished && second.uses_all();
        let is_exhausted = is_polished || !is_checked && second.is_exhausted();
        if !agrees {
            self.refine_on_subsets();
        } else if let Some(restoration) = self.objective.restoration.as_mut().filter(|restoration| restoration.is_unrefined) {
            restoration.is_unrefined = false;
            Reliable::remove_next(self, best.mse, training);
        } else if !self.start_owning(RefinedFit { best, uses_all, is_exhausted }, training) {
            if is_exhausted { self.sharpen(training, second) } else { self.polish(uses_all) }
        }
    }

    /// Ends the recipe with a fit that has this squared error.
    fn end(&mut self, mse: f64) {
        let mse = self.compare_with_first(mse);
        if self.objective.data.rows.is_some() {
            self.average(AfterAveraging::End(mse));
        } else {
            self.begin(RecipePhase::Done);
        }
    }

    /// Installs the result of a pass over all rows and starts the next stage.
    pub(super) fn end_averaging(&mut self, pass: RowPass, then: AfterAveraging, training: &TrainingSettings) {
        let Some(rows) = self.objective.data.rows.clone() else { return };
        let found = pass.end(&self.objective.data.set);
        let goes_on = matches!(then, AfterAveraging::End(mse) if found.moved > mse && self.counts.rounds < MAX_REFINING_ROUNDS);
        let sentence = notes::averaged(rows.rows(), self.objective.data.set.samples(), found.moved, goes_on);
        (self.objective.data.set.targets, self.objective.data.within) = (found.targets, found.within);
        self.close_stage(&self.active.params(), sentence);
        match then {
            AfterAveraging::Removing => {
                let mse = self.objective.data.mse(&self.active, &self.active.params());
                self.start_removals(training, mse);
            }
            AfterAveraging::Refining => self.refine_on_subsets(),
            AfterAveraging::End(_) if goes_on => {
                self.counts.rounds += 1;
                self.refine_on_subsets();
            }
            AfterAveraging::End(_) => {}
        }
    }

    /// Ends a stage of a start. After the last start the best one continues. If the epochs end before, the joint fit does.
    pub(super) fn end_trial(&mut self, mut starts: Box<StartTrials>, joint: Option<f64>, training: &TrainingSettings) {
        let is_over = starts.advance();
        if !is_over && self.has_time(training) {
            return self.begin(RecipePhase::Trying { starts, joint });
        }
        let sentence = if is_over { starts.sentence() } else { "The epochs ended before all starts could be compared.".into() };
        self.close_stage(&self.active.params(), sentence);
        match joint {
            Some(joint) if !is_over => self.start_removals(training, joint),
            _ => {
                self.objective.untrained = starts.ranked();
                self.active.set(&self.objective.untrained.pop().map_or_else(|| starts.adam.params(), |best| best.params));
                drop(starts);
                self.begin(RecipePhase::Joint(self.joint_stage()));
            }
        }
    }

    /// Starts refining by steps on subsets.
    fn refine_on_subsets(&mut self) {
        let second = self.second();
        self.begin(RecipePhase::Refining(second));
    }

    /// Levenberg-Marquardt steps on subsets, with the owners of wells.
    pub(super) fn second(&mut self) -> SecondOrder {
        self.objective.rng.long_jump();
        self.steps(self.objective.data.max_step_samples(self.active.params().len()))
    }

    /// Levenberg-Marquardt steps on this number of samples each, with the owners of wells.
    pub(super) fn steps(&self, count: usize) -> SecondOrder {
        SecondOrder::levenberg(&self.objective.problem(&self.active), count, self.objective.rng.clone())
    }

    /// Mode whose removal changes Psi least, unless its removal has been rejected.
    pub(super) fn most_redundant_mode(&self) -> Option<usize> {
        let mut evaluator = self.active.evaluator(Outputs { modes: true, ..Outputs::default() });
        let responsibilities = evaluator.evaluate(&self.active.params(), &self.objective.data.chosen_x).responsibilities;
        let errors = landscape::removal_errors(&responsibilities, self.active.present.len(), self.active.rho());
        self.active.lowest_cost(&errors, &self.needed)
    }

    pub(super) fn sharpen(&mut self, training: &TrainingSettings, mut second: SecondOrder) {
        let kept = Box::new(second.best.clone());
        let wanted = training.stop_loss.is_some_and(|stop| self.objective.data.row_mse(kept.mse) < stop);
        if wanted || self.active.present.len() < 2 {
            self.active.set(&kept.params);
            self.end(kept.mse);
            return;
        }
        let factor = 2.0;
        second.raise(&self.objective.data.set, &kept, factor);
        self.begin(RecipePhase::Sharpening { second, factor, lowest: kept.clone(), kept });
    }

    /// Returns true unless a fit without owners has a mode for each well and a sharper one does not.
    fn keeps_owners(&self, kept: &Candidate, sharper: &Candidate) -> bool {
        let has_modes = |candidate: &Candidate| {
            let mut active = self.active.clone();
            active.set(&candidate.params);
            self.objective.ownership.has_mode_for_each_well(&active)
        };
        self.objective.ownership.has_owners() || has_modes(sharper) || !has_modes(kept)
    }

    /// Ends an attempt to sharpen. The next attempt is sharper if the data allow the result, else less sharp than the rejected
    /// one.
    pub(super) fn end_attempt(
        &mut self,
        mut second: SecondOrder,
        mut factor: f64,
        mut kept: Box<Candidate>,
        mut lowest: Box<Candidate>,
    ) {
        if self.objective.data.allows(&second.best, &lowest) && self.keeps_owners(&kept, &second.best) {
            kept = Box::new(second.best.clone());
            if kept.cost < lowest.cost {
                lowest.clone_from(&kept);
            }
        } else {
            factor = factor.sqrt();
        }
        let rho = kept.params.last().copied().unwrap_or(MAX_RHO);
        if factor < NOISE_ERROR_FACTOR || rho >= MAX_RHO {
            let sentence = notes::sharpened(rho / self.objective.unit, self.objective.data.relative(kept.mse), rho >= MAX_RHO);
            self.close_stage(&kept.params, sentence);
            self.end(kept.mse);
        } else {
            second.raise(&self.objective.data.set, &kept, factor);
            self.begin(RecipePhase::Sharpening { second, factor, kept, lowest });
        }
    }
}

impl Reliable {
    /// Fit of the active modes to all samples, with the owners of wells.
    pub(super) fn problem<'a>(&'a self, active: &'a ActiveModes) -> StepProblem<'a> {
        StepProblem { set: &self.data.set, active, owners: self.ownership.masks(active) }
    }

    /// Largest allowed mean squared error after the removal of a mode. The variance of the values limits it: a constant has that error.
    pub(super) fn limit(&self, training: &TrainingSettings, mse: f64) -> f64 {
        let constant = self.data.sample_mse(self.data.variance);
        (mse + self.removal_cost(training)).min(constant).max(NOISE_ERROR_FACTOR * mse)
    }

    /// Sentence on a squared error.
    pub(super) fn error_sentence(&self, mse: f64) -> String {
        format!("The error is {} of the spread of the data.", percent(self.data.relative(mse)))
    }

    /// Largest increase of the mean squared error by the removal of a mode.
    fn removal_cost(&self, training: &TrainingSettings) -> f64 {
        let factor = if self.data.has_values_only() { REMOVAL_COST_FACTOR } else { 1.0 };
        factor * training.epsilon * self.data.cost_scale
    }
}

//! Transitions between stages: the wells, their owners, and the decisions.

use super::starts::TRIAL_COUNT;
use super::training::regression;
use super::{
    CHECKED_STEPS, CONFIRMED_STEPS, FINISHING_BEFORE_REFINING_PER_MILLE, FINISHING_PER_MILLE, FULL_LENGTH_EPOCHS, Gradient,
    GradientPhase, NOISE_ERROR_FACTOR, NextGradientStage, OWNERSHIP_ERROR_FACTOR, OWNING_PER_MILLE, REFINING_PER_MILLE, notes,
};
use crate::loss::Loss;
use crate::model::init;
use crate::recipe::fitting::{narrow, widen};
use crate::recipe::gathered::RowPass;
use crate::recipe::ownership::{OWNING_STAGE, PENALTY_RAMP_FRACTION, owned};
use crate::recipe::reliable::active::ActiveModes;
use crate::recipe::reliable::second_order::{CHECK_FOLD, MAX_STEP_OPERATIONS, SecondOrder, affordable};
use crate::recipe::reliable::{averaged, averaging, checked};
use crate::recipe::{StageNote, TrainingSettings};

/// Smallest number of second-order steps. Fewer steps do not bring the damping into its useful range.
const MIN_STEPS: u64 = 4;
/// Rank of the system of a second-order step that takes about the time of an epoch on one component of the samples.
const RANK_PER_EPOCH: usize = 3;
/// Damping of the first second-order step. Adam has already minimised along the steep directions.
const FIRST_DAMPING: f64 = 1e-4;

impl Gradient {
    /// Ends a stage and starts the next one.
    pub(super) fn next(&mut self, training: &TrainingSettings) {
        let params = self.present_params();
        let phase = std::mem::replace(&mut self.phase, GradientPhase::Done);
        if !matches!(phase, GradientPhase::Starts(_)) {
            self.active.set(&params);
        }
        let error = self.training.error();
        match phase {
            GradientPhase::Starts(mut starts) => {
                starts.add(self.training.trainer.params());
                if starts.ended() < TRIAL_COUNT {
                    let params = init::gradient(self.training.loss.params(), training.seed, starts.ended());
                    self.training.restart(narrow(&params));
                    self.phase = GradientPhase::Starts(starts);
                } else {
                    self.notes.push(starts.stage_note(self.epoch()));
                    self.active.set(&widen(starts.best()));
                    self.start_stage(GradientPhase::Joint, Box::new(regression(&self.active, &self.samples.set)));
                }
            }
            GradientPhase::Averaging { pass, then, .. } => self.end_averaging(*pass, then, training),
            GradientPhase::Joint if self.samples.rows.is_some() => {
                self.average(NextGradientStage::Wells(self.training.trainer.epoch()), error);
            }
            GradientPhase::Joint => self.end_joint(error, self.training.trainer.epoch(), training),
            GradientPhase::Owning { plain, error: before } => self.end_owning(*plain, before, error, training),
            GradientPhase::Removing { mode, kept, error: before } => {
                let is_accepted = error <= self.limit(before, training) && self.ownership.objection(&self.active).is_none();
                self.add_note(
                    notes::removing(mode),
                    notes::verdict(self.samples.relative(before), self.samples.relative(error), is_accepted),
                );
                if is_accepted {
                    self.remove_next(error.min(before), training);
                } else {
                    self.active = *kept;
                    self.finish(training);
                }
            }
            GradientPhase::Finishing { .. } if self.steps_in(training) == 0 => self.end(notes::FINISHING_STAGE, None, error),
            GradientPhase::Finishing { .. } => {
                self.add_note(notes::FINISHING_STAGE.into(), notes::finished(self.samples.relative(error)));
                self.refine(CHECKED_STEPS * training.epochs.min(FULL_LENGTH_EPOCHS) / FULL_LENGTH_EPOCHS, true, training.seed);
            }
            GradientPhase::Refining { second, .. } if second.is_checked() => {
                let (agree, error) = (second.is_confirmed(), second.best().mse);
                self.add_note(notes::REFINING_STAGE.into(), checked(second.taken(), self.samples.relative(error), agree));
                let max_accepted = if agree {
                    CONFIRMED_STEPS * training.epochs.min(FULL_LENGTH_EPOCHS) / FULL_LENGTH_EPOCHS
                } else {
                    self.steps_in(training)
                };
                self.refine(max_accepted, false, training.seed);
            }
            GradientPhase::Refining { second, .. } => self.end(notes::REFINING_STAGE, Some(second.taken()), second.best().mse),
            GradientPhase::Done => {}
        }
    }

    fn add_note(&mut self, name: String, sentence: String) {
        self.notes.push(StageNote { name, epochs: self.training.trainer.epoch(), sentence });
    }

    /// Starts a stage of the present modes at their parameters.
    fn start_stage(&mut self, phase: GradientPhase, loss: Box<dyn Loss<f32>>) {
        self.training.start_stage(&self.active, self.samples.target_mean_square, loss);
        self.phase = phase;
    }

    /// Loss of the present modes, with the penalty on forbidden modes if wells have owners, see [`WellOwnership::loss`].
    ///
    /// [`WellOwnership::loss`]: crate::recipe::ownership::WellOwnership::loss
    fn loss_with_owners(&self, ramp: u64) -> Box<dyn Loss<f32>> {
        self.ownership.loss(&self.active, regression(&self.active, &self.samples.set), ramp)
    }

    /// Searches the wells of the joint fit, which took `epochs` epochs, and gives each an owner.
    fn end_joint(&mut self, error: f64, epochs: u64, training: &TrainingSettings) {
        let sentence = self.ownership.assign(&self.active, self.samples.relative(error));
        self.notes.push(StageNote { name: notes::JOINT_STAGE.into(), epochs, sentence });
        if self.ownership.has_owners() {
            let plain = Box::new(self.active.clone());
            self.remove_needless(error, training);
            let ramp = (PENALTY_RAMP_FRACTION * (OWNING_PER_MILLE * training.epochs / 1000) as f64) as u64;
            let loss = self.loss_with_owners(ramp);
            self.start_stage(GradientPhase::Owning { plain, error }, loss);
        } else {
            self.finish(training);
        }
    }

    /// Keeps the fit with owners if it is as good as the joint fit; otherwise continues with the joint fit.
    fn end_owning(&mut self, plain: ActiveModes, before: f64, error: f64, training: &TrainingSettings) {
        let limit = (before + training.epsilon * self.samples.target_mean_square).max(OWNERSHIP_ERROR_FACTOR * before);
        let refusal = if error > limit { Some("that costs too much") } else { self.ownership.objection(&self.active) };
        self.add_note(OWNING_STAGE.into(), owned(self.samples.relative(error), self.samples.relative(before), refusal));
        if refusal.is_some() {
            self.active = plain;
            self.ownership.clear();
            self.finish(training);
        } else {
            self.remove_next(error, training);
        }
    }

    /// Removes the dispensable modes without a well.
    fn remove_needless(&mut self, error: f64, training: &TrainingSettings) {
        let mut removed = Vec::new();
        while let Some(mode) = self.ownership.least_needed(&self.active) {
            let mut without = self.active.clone();
            without.remove(mode);
            if regression(&without, &self.samples.set).value(&narrow(&without.params())).data > self.limit(error, training) {
                break;
            }
            self.active = without;
            removed.push(mode);
        }
        if !removed.is_empty() {
            self.notes.push(StageNote { name: notes::REMOVING_STAGE.into(), epochs: 0, sentence: notes::removed(&removed) });
        }
    }

    /// Removes dispensable modes, and then one on trial. Continues with the last stage if every remaining mode has a well.
    fn remove_next(&mut self, error: f64, training: &TrainingSettings) {
        self.remove_needless(error, training);
        let Some(mode) = self.ownership.least_needed(&self.active) else { return self.finish(training) };
        let kept = Box::new(self.active.clone());
        self.active.remove(mode);
        let loss = self.loss_with_owners(0);
        self.start_stage(GradientPhase::Removing { mode, kept, error }, loss);
    }

    /// Largest allowed squared error after the removal of a mode.
    fn limit(&self, error: f64, training: &TrainingSettings) -> f64 {
        (error + training.epsilon * self.samples.target_mean_square).max(NOISE_ERROR_FACTOR * error)
    }

    /// Starts a pass over all rows, which averages them again with the current fit. The fit has this error.
    fn average(&mut self, then: NextGradientStage, error: f64) {
        let pass = Box::new(RowPass::new(&self.active.arch(), &self.active.params(), &self.samples.set));
        let loss = Box::new(regression(&self.active, &self.samples.set));
        self.start_stage(GradientPhase::Averaging { pass, then, error }, loss);
    }

    /// Installs the result of a pass over all rows and starts the next stage.
    fn end_averaging(&mut self, pass: RowPass, then: NextGradientStage, training: &TrainingSettings) {
        let Some(rows) = self.samples.rows.clone() else { return };
        let found = pass.end(&rows, &self.samples.set);
        self.add_note(
            averaging().0,
            averaged(rows.rows(), self.samples.set.samples(), found.moved / self.samples.target_mean_square, false),
        );
        self.samples.set_averages(found);
        self.training.loss = Box::new(regression(&self.active, &self.samples.set));
        let error = self.training.error();
        match then {
            NextGradientStage::Wells(epochs) => self.end_joint(error, epochs, training),
            NextGradientStage::Finishing => self.start_finishing(training),
            NextGradientStage::End => {
                self.start_stage(GradientPhase::Done, Box::new(regression(&self.active, &self.samples.set)));
            }
        }
    }

    fn finish(&mut self, training: &TrainingSettings) {
        if self.samples.rows.is_some() {
            let error = self.training.error();
            self.average(NextGradientStage::Finishing, error);
        } else {
            self.start_finishing(training);
        }
    }

    fn start_finishing(&mut self, training: &TrainingSettings) {
        let loss = self.loss_with_owners(0);
        let part = if self.steps_in(training) > 0 { FINISHING_BEFORE_REFINING_PER_MILLE } else { FINISHING_PER_MILLE };
        let length = (part * training.epochs / 1000).min(training.epochs.saturating_sub(self.epoch()));
        self.start_stage(GradientPhase::Finishing { length }, loss);
    }

    /// Number of epochs that take about as long as a second-order step.
    pub(super) fn epochs_per_step(&self) -> u64 {
        let components = self.samples.set.target.components(self.samples.set.inputs);
        let rank = self.active.params().len().min(self.samples.set.targets.len());
        (components * rank).div_ceil(RANK_PER_EPOCH) as u64
    }

    /// Largest number of second-order steps of the last stage.
    fn steps_in(&self, training: &TrainingSettings) -> u64 {
        let epochs = REFINING_PER_MILLE * training.epochs / 1000;
        // Steps on subsets gain little here, unless the subsets have several times as many errors as there are parameters.
        let is_affordable = self.samples.set.targets.len() <= affordable(MAX_STEP_OPERATIONS, self.active.params().len());
        let steps = epochs / self.epochs_per_step();
        // The minimal number of steps may take twice the time.
        let has_time = 2 * epochs >= MIN_STEPS * self.epochs_per_step();
        if is_affordable && has_time { steps.max(MIN_STEPS) } else { 0 }
    }

    /// Starts second-order steps, either on all samples or on a part of them with the others as a check.
    fn refine(&mut self, max_accepted: u64, is_checked: bool, seed: u64) {
        let owners = self.ownership.masks(&self.active);
        let rng = init::stream(seed);
        let samples = self.samples.set.samples();
        let count = if is_checked { samples - samples / CHECK_FOLD } else { samples };
        let second = SecondOrder::new(&self.samples.set, &self.active, self.training.convexity, owners.as_ref(), count, rng)
            .with_damping(FIRST_DAMPING);
        let second = Box::new(if is_checked { second.checked() } else { second });
        let loss = Box::new(regression(&self.active, &self.samples.set));
        self.start_stage(GradientPhase::Refining { second, max_accepted }, loss);
    }

    /// Ends the last stage, with its name, number of second-order steps and final error.
    fn end(&mut self, name: &str, taken: Option<u64>, error: f64) {
        let sentence = notes::ended(
            taken,
            self.samples.relative(error),
            self.active.rho() / self.samples.unit,
            &self.ownership.holders(&self.active),
        );
        self.add_note(name.into(), sentence);
        if self.samples.rows.is_some() {
            self.average(NextGradientStage::End, error);
        } else {
            self.start_stage(GradientPhase::Done, Box::new(regression(&self.active, &self.samples.set)));
        }
    }

    /// Continues with other parameters. The modes train to the end without a limit on responsibilities, unless all stages have
    /// ended.
    pub(super) fn continue_from(&mut self, full: Vec<f64>, was_over: Option<bool>, length: u64) {
        let name = self.phase.name();
        if let Some(name) = name {
            self.add_note(name, format!("A mode was {} by hand.", if was_over.is_some() { "put back" } else { "removed" }));
        }
        self.active.replace_params(full);
        self.ownership.clear();
        let is_done = was_over.unwrap_or(matches!(self.phase, GradientPhase::Done));
        let loss = Box::new(regression(&self.active, &self.samples.set));
        self.start_stage(if is_done { GradientPhase::Done } else { GradientPhase::Finishing { length } }, loss);
    }
}

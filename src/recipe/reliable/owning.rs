//! Trial of a mode for each well, after the plain fit has been refined.
//!
//! If the modes of the plain fit are not those of its wells, each well gets an owner ([`crate::recipe::ownership`]). All modes train
//! with a penalty on the others, and then by the second-order method. The quasi-Newton method trains them on derivatives, if all samples
//! are affordable, and Adam otherwise. The second-order method alone suffices where every well has its mode and another mode is
//! responsible elsewhere.
//!
//! The fit with owners is kept if its error exceeds that of the plain fit by at most epsilon times the variance of the
//! values. With noise, the limit is its standard error. Otherwise a soft start, in which every mode contributes to all
//! values, is tried before the plain fit continues.

use super::notes::{ASSIGNMENT_STAGE, owned};
use super::scaled_data::JOINT_EPOCHS;
use super::second_order::{Candidate, SecondOrder};
use super::{DERIVATIVE_JOINT_EPOCHS, Objective, Reliable, Staged, starts};
use crate::loss::Loss;
use crate::model::Convexity;
use crate::recipe::TrainingSettings;
use crate::recipe::active::{ActiveModes, TrainingStage};
use crate::recipe::ownership::{PENALTY_RAMP_FRACTION, STRAY_MODE_MESSAGE};
use crate::recipe::phase::RecipePhase;

/// Number of epochs of the first stage with owners. Each further one is twice as long.
const FIRST_OWNER_STAGE_EPOCHS: u64 = 2000;
/// Number of evaluations instead of epochs, by the quasi-Newton method.
const FIRST_OWNER_STAGE_EVALUATIONS: u64 = 400;
/// Largest number of stages with owners from one start.
const MAX_OWNER_STAGES: usize = 3;
/// Factor by which the squared error must fall from one of these stages to the next.
const OWNER_ERROR_FACTOR: f64 = 0.95;

/// Smallest barrier of a minimum that the owners must keep, in units of the error of the plain fit.
const SHALLOW_WELL_FACTOR: f64 = 10.0;

/// Reason against a fit with owners.
const COST_MESSAGE: &str = "that costs too much";

/// Way to a mode for each well. The next one is tried if one fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OwnershipWay {
    /// Second-order steps from the plain fit.
    Steps,
    /// Adam from the plain fit.
    Training,
    /// Adam from a soft start.
    SoftStart,
}

/// Trial of owners in progress.
#[derive(Clone, Debug)]
pub struct OwnershipTrial {
    /// Fit without owners, and its squared error.
    plain: ActiveModes,
    plain_mse: f64,
    /// State of the second-order method, if the fit has been refined.
    refined: Option<RefinedFit>,
    way: OwnershipWay,
    /// Squared errors after each stage of Adam with owners.
    errors: Vec<f64>,
}

/// Fit without owners after second-order steps.
#[derive(Clone, Debug)]
pub(super) struct RefinedFit {
    pub best: Candidate,
    /// True if the steps use all samples.
    pub uses_all: bool,
    /// True if further steps on subsets gain little.
    pub is_exhausted: bool,
}

impl Staged<Reliable> {
    /// Starts to train a mode for each well, unless the plain fit already has one. Returns true if training starts.
    pub(super) fn start_owning(&mut self, refined: RefinedFit, training: &TrainingSettings) -> bool {
        if !self.has_time(training) || self.objective.ownership.has_owners() || self.objective.ownership.is_refused {
            return false;
        }
        self.objective.ownership.assign(&self.active, self.objective.data.relative(refined.best.mse));
        let objection = self.objective.ownership.objection(&self.active).filter(|_| self.objective.ownership.has_owners());
        let Some(objection) = objection else {
            self.objective.ownership.owners.clear();
            return false;
        };
        let way = if objection == STRAY_MODE_MESSAGE { OwnershipWay::Steps } else { OwnershipWay::Training };
        self.try_owners(refined.best.mse, Some(refined), way);
        true
    }

    /// Starts the trial of owners, from the joint fit or a refined one with this squared error.
    pub(super) fn try_owners(&mut self, plain_mse: f64, refined: Option<RefinedFit>, way: OwnershipWay) {
        let uses_all = refined.as_ref().is_some_and(|refined| refined.uses_all);
        let trial = OwnershipTrial { plain: self.active.clone(), plain_mse, refined, way, errors: Vec::new() };
        self.objective.trial = Some(Box::new(trial));
        if way == OwnershipWay::Steps { self.polish(uses_all) } else { self.own_wells() }
    }

    /// Keeps the owners of a joint fit if the error with them is small enough. If the wells are others but the error is smaller, the
    /// new wells get owners. Otherwise removals continue from the joint fit, and the refined fit gets owners.
    fn judge_owners_of_joint_fit(&mut self, trial: OwnershipTrial, mse: f64, training: &TrainingSettings) {
        let is_cheap = self.objective.is_cheap(mse, trial.plain_mse, training);
        let refusal = if is_cheap { self.objective.ownership.objection(&self.active) } else { Some(COST_MESSAGE) };
        let [with, without] = [mse, trial.plain_mse].map(|mse| self.objective.data.relative(mse));
        if refusal.is_some() && mse < trial.plain_mse {
            let sentence = self.objective.ownership.assign(&self.active, with);
            self.add_note(ASSIGNMENT_STAGE, sentence);
            if self.objective.ownership.objection(&self.active).is_some() {
                self.objective.ownership.owners.clear();
            } else {
                // An owner is not removed.
                self.needed.clone_from(&self.objective.ownership.owners);
            }
            return Reliable::remove_next(self, mse, training);
        }
        self.add_note(ASSIGNMENT_STAGE, owned(with, without, refusal));
        if refusal.is_some() {
            self.active = trial.plain;
            self.objective.ownership.owners.clear();
        }
        Reliable::remove_next(self, if refusal.is_none() { mse } else { trial.plain_mse }, training);
    }

    /// Starts a stage of training, with owners if there are any.
    pub(super) fn own_wells(&mut self) {
        let ramp = PENALTY_RAMP_FRACTION * self.objective.owning_epochs(&self.active) as f64;
        let stage = self.objective.stage_with_owners(&self.active, ramp);
        self.begin(RecipePhase::Owning(stage));
    }

    /// Repeats the stage while the error is too large and falls. Then continues by the second-order method.
    pub(super) fn end_owning(&mut self, mut adam: TrainingStage, training: &TrainingSettings) {
        let (mse, params) = (adam.error(), adam.params());
        drop(adam);
        let Some(mut trial) = self.objective.trial.take() else { return };
        let has_time = self.has_time(training);
        if !self.objective.ownership.has_owners() {
            self.active.set(&params);
            self.add_note("soft start", self.objective.error_sentence(mse));
            self.objective.ownership.assign(&self.active, self.objective.data.relative(mse));
            if self.objective.ownership.has_owners() && has_time {
                self.objective.trial = Some(trial);
                return self.own_wells();
            }
            return self.end_trial_of_owners(*trial, training);
        }
        self.close_stage(&params, self.objective.error_sentence(mse));
        let falls = trial.errors.last().is_none_or(|last| mse < OWNER_ERROR_FACTOR * last);
        trial.errors.push(mse);
        let is_complete = self.objective.is_cheap(mse, trial.plain_mse, training);
        let goes_on = falls && !is_complete && trial.errors.len() < MAX_OWNER_STAGES;
        if goes_on && has_time {
            self.objective.trial = Some(trial);
            return self.own_wells();
        }
        let Some(uses_all) = trial.refined.as_ref().map(|refined| refined.uses_all) else {
            return self.judge_owners_of_joint_fit(*trial, mse, training);
        };
        self.objective.trial = Some(trial);
        self.polish(uses_all);
    }

    /// Keeps the fit with owners, tries a soft start, or returns to the plain fit.
    pub(super) fn judge_owners(&mut self, second: SecondOrder, training: &TrainingSettings) {
        let Some(mut trial) = self.objective.trial.take() else { return };
        let Some(plain) = trial.refined.as_ref().map(|refined| &refined.best) else { return };
        let own = second.best.clone();
        let mut active = self.active.clone();
        active.set(&own.params);
        let refusal = if self.objective.is_cheap(own.mse, plain.mse, training) || own.is_as_good_as(plain) {
            let keeps_minima = self.objective.data.threshold.is_none_or(|threshold| {
                let shallow = (SHALLOW_WELL_FACTOR * plain.mse.sqrt()).min(threshold);
                self.objective.ownership.keeps_minima(&trial.plain, &active, shallow)
            });
            self.objective.ownership.objection(&active).or_else(|| (!keeps_minima).then_some("a shallow well would be lost"))
        } else {
            Some(COST_MESSAGE)
        };
        let [own_error, plain_error] = [own.mse, plain.mse].map(|mse| self.objective.data.relative(mse));
        self.active.set(&own.params);
        self.add_note(ASSIGNMENT_STAGE, owned(own_error, plain_error, refusal));
        if refusal.is_none() {
            let second = if second.is_checked() { self.second() } else { second };
            return self.sharpen(training, second);
        }
        if trial.way == OwnershipWay::SoftStart || !self.has_time(training) {
            return self.end_trial_of_owners(*trial, training);
        }
        self.active.clone_from(&trial.plain);
        trial.errors.clear();
        if trial.way == OwnershipWay::Steps {
            trial.way = OwnershipWay::Training;
        } else {
            trial.way = OwnershipWay::SoftStart;
            self.objective.ownership.owners.clear();
            let offered = &trial.plain.offered;
            let soft = starts::soft(offered, training.seed, starts::UNUSED_START);
            self.active.set(&ActiveModes::new(offered, soft.params(), trial.plain.present.clone()).params());
        }
        self.objective.trial = Some(trial);
        self.own_wells();
    }

    /// Returns to the plain fit.
    fn end_trial_of_owners(&mut self, trial: OwnershipTrial, training: &TrainingSettings) {
        self.active = trial.plain;
        self.objective.ownership.owners.clear();
        self.objective.ownership.is_refused = true;
        if let Some(RefinedFit { is_exhausted: false, uses_all, .. }) = trial.refined {
            self.polish(uses_all);
        } else {
            let second = self.second();
            self.sharpen(training, second);
        }
    }

    /// Takes second-order steps with the owners of wells: on all samples, on checked ones if owners are on trial and that is affordable, or on
    /// subsets. The noise of the samples does not matter to a trial, because its check selects the parameters.
    pub(super) fn polish(&mut self, uses_all: bool) {
        let checked = self.objective.trial.as_ref().and_then(|_| self.objective.data.check_samples(&self.active));
        let second = match checked {
            _ if uses_all => SecondOrder::quasi_newton(&self.objective.problem(&self.active)),
            Some(count) => self.checked(count),
            None => self.second(),
        };
        self.begin(RecipePhase::Polishing(second));
    }
}

impl Reliable {
    /// Stage of training of all present modes together, with the owners of wells if there are any. If Adam trains them, the weight of the
    /// penalty rises over `ramp` epochs of a stage with a single mini-batch.
    pub(super) fn stage_with_owners(&self, active: &ActiveModes, ramp: f64) -> TrainingStage {
        if self.ownership.has_owners() && self.data.trains_owners_by_quasi_newton(active) {
            return TrainingStage::quasi_newton(active, self.problem(active).loss(&self.data.set), Convexity::Projection);
        }
        let regression = self.data.regression(active, None);
        let ramp = ramp / (regression.batches() as f64).sqrt();
        self.data.adam_on(active, self.ownership.loss(active, regression, ramp as u64))
    }

    /// Nominal number of epochs of the current stage of the trial.
    pub(super) fn owning_epochs(&self, active: &ActiveModes) -> u64 {
        let Some(trial) = self.trial.as_ref().filter(|_| self.ownership.has_owners()) else { return JOINT_EPOCHS };
        let first = if self.data.trains_owners_by_quasi_newton(active) {
            FIRST_OWNER_STAGE_EVALUATIONS
        } else if trial.refined.is_none() {
            DERIVATIVE_JOINT_EPOCHS
        } else {
            FIRST_OWNER_STAGE_EPOCHS
        };
        first << trial.errors.len()
    }

    /// Returns true if a squared error with owners is no larger than the one of the plain fit. Without noise it may be larger by epsilon times
    /// the variance of the data. From derivatives it may also be twice as large.
    fn is_cheap(&self, mse: f64, plain: f64, training: &TrainingSettings) -> bool {
        let allowed = if self.data.is_noise(plain) { 0.0 } else { training.epsilon * self.data.cost_scale };
        let allowed = if self.data.has_values_only() { allowed } else { plain.max(allowed) };
        mse - plain <= allowed
    }
}

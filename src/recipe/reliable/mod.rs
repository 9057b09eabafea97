//! The recipe `reliable` for values, derivatives, or both: its stages end with the right number of modes.
//!
//! 1. *initialize*, from values: each mode fits the values in one cell, and stays above the values elsewhere
//!    ([`crate::loss::RegressionTarget::Cells`])
//! 2. *initialize*, from derivatives: four soft starts train on a part of the rows, and the other rows select the best one (`starts`)
//! 3. *train together*: all modes and the sharpness train together. If the error does not fall, the next start trains too, and the better fit
//!    continues
//! 4. *initialize*, from values in more than three inputs if the error exceeds the limit for removals: cells and soft starts are
//!    compared, and the best continues on all rows, as *train together*
//! 5. *assign wells*, from derivatives: each well gets a mode, which has to be responsible there, unless that costs too much (`owning`)
//! 6. *remove mode k*, one after another: a mode stays removed if the error after some training is within the limit set by
//!    epsilon
//! 7. *settle*, only if the second-order stages use some of the rows: the remaining modes train on all rows
//! 8. *refine*: steps of the Levenberg-Marquardt method ([`crate::train::levenberg`]), or with more rows of the quasi-Newton method
//!    ([`crate::train::quasi_newton`])
//! 9. *assign wells*, if the modes are not those of the wells, also after polishing: each well gets a mode, unless that costs too much
//! 10. *polish*: further steps of the same method
//! 11. *sharpen*: the sharpness rises as long as the data allow it and each well keeps its mode
//! 12. *restore modes*, if the fit misses wells of its rows: the removed modes return, and removals begin again (`restoring`)
//!
//! A fit to derivatives has to bring its modes together before it can separate them. Its sharpness must be able to fall (to about
//! 0.05 in standardised units) and to rise again by orders of magnitude. It gets owners before it is refined, because a refined fit
//! without owners is far from every fit with owners.
//!
//! With very many rows in few inputs, the samples are averages ([`crate::loss::gathered`]). The stage *average*, after the joint
//! stage, before refining, and at the end, passes over all rows and recomputes the averages. The last pass measures the remaining
//! averaging error.
//!
//! With many rows, Adam uses mini-batches. The second-order stages then take quasi-Newton steps on all rows, or Levenberg-Marquardt
//! steps on random subsets with evaluations on all rows (`second_order`).
//!
//! Inputs of values are scaled to [-3, 3], values to a standard deviation of one. With derivatives, inputs are standardised, and the
//! mean variance of the derivatives is one. The recipe uses the samples, the domain in which wells
//! are counted, and the noise level, but not the truth.

pub(super) mod notes;
mod owning;
mod restoring;
mod scaled_data;
pub(super) mod second_order;
mod stages;
pub(super) mod starts;

use rand_xoshiro::Xoshiro256PlusPlus;

use super::active::{ActiveModes, EPOCHS_PER_REMOVAL_TEST, TrainingStage};
use super::ownership::{WellOwnership, WellRegion};
use super::phase::{AfterAveraging, RecipePhase, RemovalTrial};
use super::staged::{Objective, Staged, removing};
use super::{FitDomain, Fitting, Stage, TrainingSettings};
use crate::data::local_noise;
use crate::loss::LossValue;
use crate::model::{Architecture, init};
use crate::text::whole;
use crate::train::{Divergence, Rates};
use notes::{ASSIGNMENT_STAGE, percent};
use owning::OwnershipTrial;
use restoring::Restoration;
pub use scaled_data::ScaledData;
use scaled_data::{BATCH_SAMPLES, JOINT_EPOCHS, PRETRAINING_EPOCHS};
use second_order::{LEVENBERG_EPOCHS, QUASI_NEWTON_EPOCHS};
use starts::{StartTrials, TrainedStart};

/// Largest number of tests of a removal.
const REMOVAL_TESTS: u64 = 12;
/// Largest number of epochs of settling in a run of at least [`Objective::FULL_LENGTH_EPOCHS`] epochs with one step an epoch. With
/// several steps an epoch, there are fewer epochs ([`TrainingStage::share`]).
const SETTLING_EPOCHS: u64 = 2000;
/// Numbers of epochs of the same stages for derivatives. Modes start together and separate slowly. The joint stage and the first training
/// with owners are therefore longer, unless the quasi-Newton method trains the owners. Settling is the last long stage where the
/// second-order methods cannot use all samples.
const DERIVATIVE_JOINT_EPOCHS: u64 = 4000;
const DERIVATIVE_SETTLING_EPOCHS: u64 = 18_000;
/// Smallest limit on the epochs of a run with several starts.
const MIN_EPOCHS_FOR_STARTS: u64 = 20;
/// Largest fraction of the limit on the epochs before the first removal, if other starts are tried.
const BEFORE_REMOVALS_FRACTION: f64 = 0.7;
/// Number of the test at which a removal is given up if its error exceeds the limit by this factor.
const REMOVAL_ABORT: (u64, f64) = (4, 9.0);
/// Largest increase of the mean squared error by the removal of a mode, in units of epsilon times the variance of the values.
/// With the default epsilon, the error may rise to 1.7 % of the standard deviation. The loss of the smallest well would cause
/// twice as much.
const REMOVAL_COST_FACTOR: f64 = 3.0;
/// Factor between squared errors that may be due to noise.
const NOISE_ERROR_FACTOR: f64 = 1.1;
/// Largest numbers of second-order steps. In order: before wells get owners, and quasi-Newton steps that continue checked ones; checked steps (in
/// more than one input); steps with owners on trial, which usually end when they gain little; other steps that polish; and in one attempt to sharpen.
const REFINING_STEPS: u64 = 30;
const CHECKED_STEPS: u64 = 90;
const OWNER_STEPS: u64 = 400;
const POLISHING_STEPS: u64 = 90;
const SHARPENING_STEPS: u64 = 8;
/// Number of steps after which an attempt to sharpen is given up if its squared error exceeds the lowest one by this factor.
const SHARPENING_ABORT: (u64, f64) = (3, 25.0);
/// RMSE, in standard deviations of the values, at which refining ends.
const TARGET_RMSE: f64 = 2e-5;
/// Largest sharpness, at which transitions are indistinguishable from kinks.
const MAX_RHO: f64 = 1e4;
/// Largest number of repeated refinements. The fit is refined again if the averaging error exceeds its error.
const MAX_REFINING_ROUNDS: usize = 2;

/// Usual number of tests before a removal is decided: one if it is accepted, four if it is hopeless.
const TESTS_PER_REMOVAL: u64 = 2;
/// Usual number of second-order steps from refining on, and from polishing on; and the same if steps on all rows follow checked
/// ones.
const SUBSET_STEP_COUNTS: [u64; 2] = [40, 20];
const FULL_STEP_COUNTS: [u64; 2] = [120, 60];

/// Squared errors of values, derivatives, or both, as the objective of a recipe.
pub struct Reliable {
    data: ScaledData,
    ownership: WellOwnership,
    /// Trial of owners, while it is in progress.
    trial: Option<Box<OwnershipTrial>>,
    /// Output scale of the data. Divides the sharpness of the network to give the sharpness in the units of the data.
    unit: f64,
    /// Random numbers for the samples of the second-order stages.
    rng: Xoshiro256PlusPlus,
    /// Seed of other starts, until they have been tried.
    other_start_seed: Option<u64>,
    /// Starts that have not been trained on all rows, the one with the smallest error last.
    untrained: Vec<TrainedStart>,
    /// Best joint fit and its squared error, if several starts are trained on all rows.
    best_joint: Option<(f64, ActiveModes)>,
    /// Modes before the first removal, until they have been restored.
    before_removals: Option<ActiveModes>,
    /// Second pass through removals, while it is in progress.
    restoration: Option<Restoration>,
}

impl Staged<Reliable> {
    /// Starts with modes spread over values by the seed, with several soft starts on derivatives, or with the parameters of a fit.
    pub fn on_errors(
        offered: &Architecture,
        data: ScaledData,
        domain: &FitDomain,
        training: &TrainingSettings,
        fit: Option<Vec<f64>>,
    ) -> Self {
        let has_other_starts = fit.is_none() && data.has_values_only() && domain.bounds.len() > local_noise::MAX_INPUTS;
        let (active, phase) = if let Some(full) = fit {
            let present = data.present(offered, &full);
            let active = ActiveModes::new(offered, full, present);
            let adam = data.adam(&active, None);
            (active, RecipePhase::Joint(adam))
        } else if data.has_values_only() {
            let (full, masks) = data.start(offered, training.seed);
            let active = ActiveModes::new(offered, full, (0..offered.modes).collect());
            let adam = data.adam(&active, Some(&masks));
            (active, RecipePhase::Starting(adam))
        } else {
            let active = starts::soft(offered, training.seed, 0);
            let phase = if training.epochs >= MIN_EPOCHS_FOR_STARTS {
                let starts = StartTrials::new(offered.clone(), &data, training.seed);
                RecipePhase::Trying { starts: Box::new(starts), joint: None }
            } else {
                RecipePhase::Joint(data.adam(&active, None))
            };
            (active, phase)
        };
        let objective = Reliable {
            ownership: WellOwnership::new(WellRegion::new(&domain.bounds, &offered.periodic, &data.chosen_x, data.threshold)),
            trial: None,
            data,
            unit: domain.unit,
            // The initial parameters use the first part of this stream.
            rng: init::stream(training.seed),
            other_start_seed: Some(training.seed).filter(|_| has_other_starts),
            untrained: Vec::new(),
            best_joint: None,
            before_removals: None,
            restoration: None,
        };
        Self::new(objective, active, phase)
    }
}

impl Objective for Reliable {
    const FULL_LENGTH_EPOCHS: u64 = 10_000;
    const LAST_RATE: f64 = 0.1;
    const SETTLING_RATE: f64 = 1.0;

    fn joint_stage(&self, active: &ActiveModes) -> TrainingStage {
        self.stage_with_owners(active, 0.0)
    }

    fn rates(training: &TrainingSettings) -> Rates {
        Rates { network: training.lr, gate: training.gate_lr }
    }

    fn plan(&self, active: &ActiveModes, phase: &RecipePhase) -> Stage {
        let has_values_only = self.data.has_values_only();
        let is_short = has_values_only || self.data.trains_owners_by_quasi_newton(active);
        let joint = if is_short { JOINT_EPOCHS } else { DERIVATIVE_JOINT_EPOCHS };
        let settling = if has_values_only { SETTLING_EPOCHS } else { DERIVATIVE_SETTLING_EPOCHS };
        match phase {
            RecipePhase::Starting(_) => Stage::planned("initialize", PRETRAINING_EPOCHS, notes::PRETRAINING),
            RecipePhase::Trying { starts, .. } => Stage::planned("initialize", starts.nominal_epochs(), notes::TRYING),
            RecipePhase::Removing { stage, trial: RemovalTrial { mode, error, .. } } => {
                let length = REMOVAL_TESTS * stage.nominal_epochs_per_removal_test();
                Stage::planned(removing(*mode), length, notes::removing(*mode, self.data.relative(*error)))
            }
            RecipePhase::Settling(_) => Stage::planned("settle", settling, notes::SETTLING),
            RecipePhase::Owning(_) if self.ownership.has_owners() => {
                Stage::planned(ASSIGNMENT_STAGE, self.owning_epochs(active), notes::owning(self.ownership.wells()))
            }
            RecipePhase::Owning(_) => Stage::planned("initialize", self.owning_epochs(active), notes::SOFT_START),
            RecipePhase::Refining(second) => {
                let length = if second.is_checked() { CHECKED_STEPS } else { REFINING_STEPS };
                Stage::planned("refine", length, notes::refining(second.left_out()))
            }
            RecipePhase::Polishing(second) => {
                let length = match self.trial {
                    Some(_) => OWNER_STEPS,
                    None if second.is_quasi_newton() => REFINING_STEPS,
                    None => POLISHING_STEPS,
                };
                Stage::planned("polish", length, notes::POLISHING)
            }
            RecipePhase::Sharpening { second, factor, .. } => {
                let rho = second.best.params.last().map(|rho| rho / self.unit);
                Stage::planned("sharpen", SHARPENING_STEPS, notes::sharpening(rho, *factor))
            }
            RecipePhase::Averaging { .. } => Stage::planned("average", 0, notes::AVERAGING),
            RecipePhase::Joint(_) | RecipePhase::Done => Stage::planned("train together", joint, notes::TOGETHER),
        }
    }

    fn advance(fit: &mut Staged<Self>, training: &TrainingSettings, loss: f64) -> Result<bool, Divergence> {
        let length = fit.length(training);
        let Staged { phase, objective: Self { data, .. }, counts, .. } = fit;
        let target_mse = data.target_mse(TARGET_RMSE).max(data.sample_mse(training.stop_loss.unwrap_or(0.0)));
        if let RecipePhase::Refining(second) | RecipePhase::Polishing(second) | RecipePhase::Sharpening { second, .. } = phase {
            if !second.work(&data.set) {
                return Ok(false);
            }
            counts.lm_steps += 1;
        }
        Ok(match phase {
            RecipePhase::Averaging { pass, .. } => {
                counts.averaging_steps += 1;
                pass.step(&data.set)
            }
            RecipePhase::Refining(second) | RecipePhase::Polishing(second) => second.is_over(length, target_mse),
            RecipePhase::Sharpening { second, lowest, .. } => {
                let goal = data.visible(lowest.cost);
                let is_hopeless = second.taken >= SHARPENING_ABORT.0 && second.best.cost > SHARPENING_ABORT.1 * goal
                    || second.would_miss_goal(length, NOISE_ERROR_FACTOR * goal);
                data.allows(&second.best, lowest) || is_hopeless || second.taken >= length || second.is_stalled()
            }
            RecipePhase::Removing { stage, trial } => {
                let loss = data.sample_mse(loss);
                let cost = |stage: &mut TrainingStage| if stage.share() < 1.0 { stage.error() } else { loss };
                trial.is_decided(stage, cost) || fit.train(training)?
            }
            _ => fit.train(training)?,
        })
    }

    fn end_stage(fit: &mut Staged<Self>, phase: RecipePhase, training: &TrainingSettings) {
        match phase {
            RecipePhase::Averaging { pass, then } => fit.end_averaging(*pass, then, training),
            RecipePhase::Starting(adam) => {
                let params = adam.params();
                drop(adam);
                fit.close_stage(&params, notes::cells(fit.active.present.len()));
                fit.active.lower();
                fit.begin(RecipePhase::Joint(fit.joint_stage()));
            }
            RecipePhase::Joint(adam) => {
                let share = adam.share();
                let (mse, is_better) = fit.close_adam(adam);
                fit.compare_joint(mse, is_better, share, training);
            }
            RecipePhase::Trying { starts, joint } => fit.end_trial(starts, joint, training),
            RecipePhase::Settling(adam) => {
                fit.close_adam(adam);
                fit.refine();
            }
            RecipePhase::Refining(second) => fit.end_steps(second, false, training),
            RecipePhase::Owning(adam) => fit.end_owning(adam, training),
            RecipePhase::Polishing(second) if fit.objective.trial.is_some() => fit.judge_owners(second, training),
            RecipePhase::Polishing(second) => fit.end_steps(second, true, training),
            RecipePhase::Sharpening { second, factor, kept, lowest } => fit.end_attempt(second, factor, kept, lowest),
            RecipePhase::Removing { .. } | RecipePhase::Done => {}
        }
    }

    /// Removes the mode whose removal changes Psi least, on trial. Starts refining if there is no such mode. Without a penalty on
    /// gates, modes are removed only from fits to derivatives.
    fn remove_next(fit: &mut Staged<Self>, mse: f64, training: &TrainingSettings) {
        let (has_time, has_values_only) = (fit.has_time(training), fit.objective.data.has_values_only());
        let may_go = has_time && (training.epsilon > 0.0 || !has_values_only);
        let mse = if may_go && !has_values_only { fit.remove_needless(training, mse) } else { mse };
        match fit.most_redundant_mode().filter(|_| may_go) {
            Some(mode) => {
                let limit = fit.objective.limit(training, mse);
                fit.try_removal(mode, mse, limit, (REMOVAL_ABORT.0, REMOVAL_ABORT.1 * limit));
            }
            None if has_time && fit.objective.data.needs_settling(&fit.active) => {
                fit.begin(RecipePhase::Settling(fit.joint_stage()));
            }
            None => fit.refine(),
        }
    }

    fn judge_removal(&self, active: &ActiveModes, trial: &RemovalTrial, mse: f64) -> (Option<f64>, String) {
        let may_object = mse <= trial.limit && self.ownership.has_owners();
        let objection = if may_object { self.ownership.objection(active) } else { None };
        let [error, limit] = [mse, trial.limit].map(|mse| self.data.relative(mse));
        let is_accepted = mse <= trial.limit && objection.is_none();
        (is_accepted.then(|| mse.min(trial.error)), notes::verdict(error, limit, objection))
    }

    fn restarted(fit: &mut Staged<Self>) -> RecipePhase {
        // A fit with owners may be tried again, because the modes have changed.
        fit.objective.ownership.restart(fit.objective.data.threshold);
        fit.objective.trial = None;
        (fit.objective.before_removals, fit.objective.restoration) = (None, None);
        if fit.objective.data.needs_settling(&fit.active) {
            RecipePhase::Settling(fit.joint_stage())
        } else {
            RecipePhase::Refining(fit.second())
        }
    }

    fn can_restore_modes(fit: &Staged<Self>, training: &TrainingSettings) -> bool {
        // The second pass takes about as long as the first.
        let has_time = 2 * fit.counts.before <= training.epochs;
        let is_removed = |before: &ActiveModes| before.present.len() > fit.active.present.len();
        let has_removed = fit.objective.before_removals.as_ref().is_some_and(is_removed);
        has_time && has_removed && training.epsilon > 0.0 && training.stop_loss.is_none() && fit.objective.data.has_values_only()
    }

    fn restore_modes(fit: &mut Staged<Self>, spread: f64) {
        fit.restore(spread);
    }

    fn return_to_first(fit: &mut Staged<Self>) -> bool {
        fit.compare_with_first(f64::INFINITY).is_finite()
    }

    /// Loss of the current stage; its data part is the mean squared error of Psi.
    fn loss(fit: &mut Staged<Self>) -> LossValue {
        let mse = fit.objective.data.mse(&fit.active, &fit.present_params());
        let of_second = fit.phase.second().map(|second| second.best.mse);
        let total = of_second.or_else(|| fit.phase.training_mut().map(TrainingStage::error)).unwrap_or(mse);
        LossValue { total: fit.objective.data.row_mse(total), data: fit.objective.data.row_mse(mse) }
    }

    fn reported(&self, loss: LossValue) -> LossValue {
        let mse = self.data.row_mse(loss.data);
        LossValue { total: mse, data: mse }
    }

    fn work(fit: &Staged<Self>, training: &TrainingSettings) -> [u64; 2] {
        let Staged { objective: Self { data, .. }, active, phase, counts, needed, .. } = fit;
        let batches = (data.set.samples() / BATCH_SAMPLES).max(1) as u64;
        let is_whole = data.checkable(active).is_some();
        let usual_steps = if is_whole { FULL_STEP_COUNTS } else { SUBSET_STEP_COUNTS };
        // Steps on subsets use no more rows than some mini-batches have.
        let step_cost = if is_whole { QUASI_NEWTON_EPOCHS } else { (LEVENBERG_EPOCHS / batches).max(1) };
        let share = 1.0 / (batches as f64).sqrt();
        let full = |nominal: u64| Self::scaled_length(nominal, share, training).max(1);
        let pass = data.rows.as_ref().map_or(0, |rows| rows.steps());
        let candidates = active.present.len().saturating_sub(1 + needed.len()) as u64;
        let steps = usual_steps[0] * step_cost + pass;
        let settling = pass + steps + if data.needs_settling(active) { full(SETTLING_EPOCHS) } else { 0 };
        let removals = candidates * full(TESTS_PER_REMOVAL * EPOCHS_PER_REMOVAL_TEST) + settling;
        let after = match phase {
            RecipePhase::Starting(_) => full(JOINT_EPOCHS) + pass + removals,
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
            RecipePhase::Averaging { .. } | RecipePhase::Done => 0,
        };
        let done = fit.epoch() + counts.lm_steps * step_cost + counts.averaging_steps;
        let here = fit.stage(training).map_or(0, |stage| match phase {
            RecipePhase::Removing { .. } => full(TESTS_PER_REMOVAL * EPOCHS_PER_REMOVAL_TEST).saturating_sub(stage.done),
            RecipePhase::Refining(_) | RecipePhase::Polishing(_) | RecipePhase::Sharpening { .. } => {
                step_cost * (stage.of.min(usual_steps[1])).saturating_sub(stage.done)
            }
            _ => stage.of.saturating_sub(stage.done),
        });
        [done, here + after]
    }

    fn ending(fit: &Staged<Self>, training: &TrainingSettings) -> Option<String> {
        let (epochs, steps) = (whole(fit.epoch()), whole(fit.counts.lm_steps));
        let is_limited = fit.epoch() >= training.epochs || training.epochs < Self::FULL_LENGTH_EPOCHS;
        let limit = if is_limited { " The limit on the epochs shortened them." } else { "" };
        fit.is_done().then(|| {
            format!("All stages of the recipe \"reliable\" are done: {epochs} epochs and {steps} second-order steps.{limit}")
        })
    }
}

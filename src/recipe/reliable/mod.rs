//! The recipe `reliable` for values, derivatives, or both: its stages end with the right number of modes.
//!
//! 1. *pretraining*, from values: each mode fits the values in one cell, and stays above the values elsewhere
//!    ([`crate::loss::cells`])
//! 2. *starts*, from derivatives: four soft starts train on a part of the rows, and the other rows select the best one (`starts`)
//! 3. *joint*: all modes and the sharpness train together. If the error does not fall, the next start trains too, and the better fit
//!    continues
//! 4. *starts*, from values in more than three inputs if the error exceeds the limit for removals: cells and soft starts are
//!    compared, and the best continues on all rows, as *joint*
//! 5. *owning*, from derivatives: each well gets a mode, which has to be responsible there, unless that costs too much (`owning`)
//! 6. *removing mode k*, one after another: a mode stays removed if the error after some training is within the limit set by
//!    epsilon
//! 7. *settling*, only if there are too many rows or parameters for the second-order stages: the remaining modes train on all rows
//! 8. *refining*: steps of the Levenberg-Marquardt method ([`crate::train::levenberg`])
//! 9. *owning*, if the modes are not those of the wells, also after polishing: each well gets a mode, unless that costs too much
//! 10. *polishing*: further steps of the Levenberg-Marquardt method
//! 11. *sharpening*: the sharpness rises as long as the data allow it and each well keeps its mode
//!
//! A fit to derivatives has to bring its modes together before it can separate them. Its sharpness must be able to fall (to about
//! 0.05 in standardised units) and to rise again by orders of magnitude. It gets owners before it is refined, because a refined fit
//! without owners is far from every fit with owners.
//!
//! With very many rows in few inputs, the samples are averages ([`super::gathered`]). The stage *averaging*, after the joint
//! stage, before refining, and at the end, passes over all rows and recomputes the averages. The last pass measures the remaining
//! averaging error.
//!
//! With many rows, Adam uses mini-batches, and the second-order stages use random subsets with evaluations on all rows
//! (`second_order`).
//!
//! Inputs of values are scaled to [-3, 3], values to a standard deviation of one. With derivatives, inputs are standardised, and the
//! mean variance of the derivatives is one. The recipe uses the samples, the domain in which wells
//! are counted, and the noise level, but not the truth. One call of [`Fitting::step`] is one epoch or one step of the
//! second-order method, with everything in between. Results therefore do not depend on the grouping of calls.

pub(super) mod active;
mod notes;
mod owning;
mod phase;
mod progress;
mod scaled_data;
pub(super) mod second_order;
mod stages;
mod starts;

use rand_xoshiro::Xoshiro256PlusPlus;

use super::ownership::{OWNING_STAGE, WellOwnership, WellRegion, owning};
use super::{FitDomain, Fitting, FittingProgress, Stage, StageNote, TrainingSettings};
use crate::loss::LossValue;
use crate::model::{Architecture, init};
use crate::text::whole;
use crate::train::{Divergence, Rates, schedule};
use active::{ActiveModes, AdamStage, JOINT_EPOCHS, PRETRAINING_EPOCHS};
use notes::StageNotes;
pub use notes::{averaged, averaging, checked, percent};
use owning::OwnershipTrial;
use phase::{NextReliableStage, ReliablePhase};
pub use scaled_data::ScaledData;
use second_order::SecondOrder;
use starts::{StartTrials, TrainedStart};

/// Largest numbers of epochs of the stages in a run of at least [`FULL_LENGTH_EPOCHS`] epochs with one step an epoch. With
/// several steps an epoch, there are fewer epochs ([`AdamStage::share`]).
const REMOVAL_EPOCHS: u64 = 600;
const SETTLING_EPOCHS: u64 = 2000;
/// Numbers of epochs of the same stages for derivatives. Modes start together and separate slowly. The joint stage and the first training
/// with owners are therefore longer. Settling is the last long stage where the second-order method cannot use all samples.
const DERIVATIVE_JOINT_EPOCHS: u64 = 4000;
const DERIVATIVE_SETTLING_EPOCHS: u64 = 12_000;
/// Smallest limit on the epochs of a run with several starts.
const MIN_EPOCHS_FOR_STARTS: u64 = 20;
/// Number of epochs of a run whose stages have their full length. Shorter runs have proportionally shorter stages.
const FULL_LENGTH_EPOCHS: u64 = 10_000;
/// Largest fraction of the limit on the epochs before the first removal, if other starts are tried.
const BEFORE_REMOVALS_FRACTION: f64 = 0.7;
/// Number of epochs between tests of a removal.
const EPOCHS_PER_REMOVAL_TEST: u64 = 50;
/// Number of the test at which a removal is given up if its error exceeds the limit by this factor.
const HOPELESS_REMOVAL: (u64, f64) = (4, 9.0);
/// Largest increase of the mean squared error by the removal of a mode, in units of epsilon times the variance of the values.
/// With the default epsilon, the error may rise to 1.7 % of the standard deviation. The loss of the smallest well would cause
/// twice as much.
const REMOVAL_COST_FACTOR: f64 = 3.0;
/// Factor between squared errors that may be due to noise.
const NOISE_ERROR_FACTOR: f64 = 1.1;
/// Factors on the learning rates: at the end of a stage of Adam, and at the beginning of a removal.
const LAST_RATE: f64 = 0.1;
const REFIT_RATE: f64 = 0.5;
/// Numbers of second-order steps. In order: before wells get owners, the same with checked steps (in more than one input), after
/// that, and in one attempt to sharpen.
const REFINING_STEPS: u64 = 30;
const CHECKED_STEPS: u64 = 60;
const POLISHING_STEPS: u64 = 90;
const SHARPENING_STEPS: u64 = 8;
/// Number of steps after which an attempt to sharpen is given up if its squared error exceeds the lowest one by this factor.
const HOPELESS_SHARPENING: (u64, f64) = (3, 25.0);
/// RMSE, in standard deviations of the values, at which refining ends.
const TARGET_RMSE: f64 = 2e-5;
/// Largest sharpness, at which transitions are indistinguishable from kinks.
const MAX_RHO: f64 = 1e4;
/// Largest number of repeated refinements. The fit is refined again if the averaging error exceeds its error.
const MAX_REFINING_ROUNDS: usize = 2;
/// Approximate cost of a step of the second-order method, in epochs.
const EPOCHS_PER_STEP: u64 = 100;

/// The recipe in progress.
pub struct Reliable {
    data: ScaledData,
    active: ActiveModes,
    phase: ReliablePhase,
    counts: StepCounts,
    /// Modes whose removal was rejected.
    needed: Vec<usize>,
    ownership: WellOwnership,
    /// Trial of owners, while it is in progress.
    trial: Option<Box<OwnershipTrial>>,
    /// Output scale of the data. Divides the sharpness of the network to give the sharpness in the units of the data.
    unit: f64,
    notes: StageNotes,
    /// Random numbers for the samples of the second-order stages.
    rng: Xoshiro256PlusPlus,
    /// Seed of other starts, until they have been tried.
    other_starts: Option<u64>,
    /// Starts that have not been trained on all rows, the one with the smallest error last.
    untried: Vec<TrainedStart>,
    /// Best joint fit and its squared error, if several starts are trained on all rows.
    best_joint: Option<(f64, ActiveModes)>,
}

/// Numbers of the epochs and steps of a recipe.
#[derive(Default)]
struct StepCounts {
    /// Number of epochs before the current stage of Adam.
    before: u64,
    /// Number of epochs at the start of the stage.
    stage_start: u64,
    /// Number of steps of the second-order method.
    lm_steps: u64,
    /// Number of repeated refinements.
    rounds: usize,
    /// Number of steps of all passes over rows.
    averaging_steps: u64,
}

/// Largest number of steps of refining.
fn refining(second: &SecondOrder) -> u64 {
    if second.is_checked() { CHECKED_STEPS } else { REFINING_STEPS }
}

impl Reliable {
    /// Starts with modes spread over values by the seed, with several soft starts on derivatives, or with the parameters of a fit.
    pub fn new(
        offered: &Architecture,
        data: ScaledData,
        domain: &FitDomain,
        training: &TrainingSettings,
        fit: Option<Vec<f64>>,
    ) -> Self {
        // The initial parameters use the first part of this stream.
        let rng = init::stream(training.seed);
        let has_other_starts = fit.is_none() && data.has_values_only() && data.has_many_inputs();
        let other_starts = Some(training.seed).filter(|_| has_other_starts);
        let (active, phase) = if let Some(full) = fit {
            let present = data.present(offered, &full);
            let active = ActiveModes::new(offered, full, present);
            let adam = AdamStage::new(&active, &data, None);
            (active, ReliablePhase::Joint(adam))
        } else if data.has_values_only() {
            let (full, masks) = data.start(offered, training.seed);
            let active = ActiveModes::new(offered, full, (0..offered.modes).collect());
            let adam = AdamStage::new(&active, &data, Some(&masks));
            (active, ReliablePhase::Pretraining(adam))
        } else {
            let active = starts::soft(offered, training.seed, 0);
            let phase = if training.epochs >= MIN_EPOCHS_FOR_STARTS {
                let starts = StartTrials::new(offered.clone(), &data, training.seed);
                ReliablePhase::Trying { starts: Box::new(starts), joint: None }
            } else {
                ReliablePhase::Joint(AdamStage::new(&active, &data, None))
            };
            (active, phase)
        };
        Self {
            ownership: WellOwnership::new(WellRegion::new(&domain.bounds, &data.set.x, data.threshold())),
            trial: None,
            data,
            active,
            phase,
            counts: StepCounts::default(),
            needed: Vec::new(),
            unit: domain.unit,
            notes: StageNotes::default(),
            rng,
            other_starts,
            untried: Vec::new(),
            best_joint: None,
        }
    }

    /// The parameters of the present modes.
    fn present_params(&self) -> Vec<f64> {
        match (self.phase.adam(), self.phase.second()) {
            (Some(adam), _) => adam.params(),
            (_, Some(second)) => second.best().params.clone(),
            _ => self.active.params(),
        }
    }

    /// Number of epochs done.
    fn epoch(&self) -> u64 {
        self.counts.before + self.phase.adam().map_or(0, AdamStage::epoch)
    }

    /// Approximate cost of the next step, in epochs.
    fn cost(&self) -> u64 {
        if self.phase.second().is_some() { EPOCHS_PER_STEP } else { 1 }
    }

    /// Whether the next step only averages rows.
    fn only_averages(&self) -> bool {
        matches!(self.phase, ReliablePhase::Averaging { .. })
    }

    /// Whether all stages have ended.
    fn is_done(&self) -> bool {
        matches!(self.phase, ReliablePhase::Done)
    }

    /// Runs one epoch or a part of a second-order step; returns whether the stage is over.
    fn advance(&mut self, training: &TrainingSettings, loss: f64) -> Result<bool, Divergence> {
        let (length, before) = (self.length(training), self.counts.before);
        let Self { phase, data, .. } = self;
        let rates = |adam: &AdamStage, factor: f64| {
            let factor = factor * schedule::fall(adam.epoch(), length, LAST_RATE);
            Rates { network: training.lr * factor, gate: training.gate_lr * factor }
        };
        let target_mse = data.target_mse(TARGET_RMSE).max(data.sample_mse(training.stop_loss.unwrap_or(0.0)));
        if let ReliablePhase::Refining(second) | ReliablePhase::Polishing(second) | ReliablePhase::Sharpening { second, .. } =
            phase
        {
            if !second.work(&data.set) {
                return Ok(false);
            }
            self.counts.lm_steps += 1;
        }
        self.counts.averaging_steps += u64::from(matches!(phase, ReliablePhase::Averaging { .. }));
        let after = |divergence: Divergence| divergence.after(before);
        Ok(match phase {
            ReliablePhase::Averaging { pass, .. } => data.rows().is_none_or(|rows| pass.step(rows, &data.set)),
            ReliablePhase::Pretraining(adam)
            | ReliablePhase::Joint(adam)
            | ReliablePhase::Settling(adam)
            | ReliablePhase::Owning(adam) => {
                adam.step(rates(adam, 1.0)).map_err(after)?;
                adam.epoch() >= length
            }
            ReliablePhase::Trying { starts, .. } => {
                let rates = rates(starts.adam(), 1.0);
                starts.step(rates).map_err(after)?;
                starts.adam().epoch() >= length
            }
            ReliablePhase::Removing { adam, limit, .. } => {
                let (done, look) = (adam.epoch(), (EPOCHS_PER_REMOVAL_TEST as f64 * adam.share()).ceil() as u64);
                let is_evaluated = done > 0 && done.is_multiple_of(look);
                let loss = if is_evaluated && adam.share() < 1.0 { adam.mse() } else { loss };
                let is_hopeless = done == HOPELESS_REMOVAL.0 * look && loss > HOPELESS_REMOVAL.1 * *limit;
                let is_over = is_evaluated && loss <= *limit || done >= length || is_hopeless;
                if !is_over {
                    adam.step(rates(adam, REFIT_RATE)).map_err(after)?;
                }
                is_over
            }
            ReliablePhase::Refining(second) => second.is_over(refining(second), target_mse),
            ReliablePhase::Polishing(second) => second.is_over(POLISHING_STEPS, target_mse),
            ReliablePhase::Sharpening { second, lowest, .. } => {
                let goal = data.visible(lowest.cost);
                let is_hopeless = second.taken() >= HOPELESS_SHARPENING.0 && second.best().cost > HOPELESS_SHARPENING.1 * goal
                    || second.falls_short(SHARPENING_STEPS, NOISE_ERROR_FACTOR * goal);
                data.allows(second.best(), lowest) || is_hopeless || second.taken() >= SHARPENING_STEPS || second.is_stuck()
            }
            ReliablePhase::Done => false,
        })
    }

    /// Largest number of epochs or steps of the current stage.
    fn length(&self, training: &TrainingSettings) -> u64 {
        let nominal = match self.phase {
            ReliablePhase::Pretraining(_) => PRETRAINING_EPOCHS,
            ReliablePhase::Joint(_) if self.data.has_values_only() => JOINT_EPOCHS,
            ReliablePhase::Joint(_) => DERIVATIVE_JOINT_EPOCHS,
            ReliablePhase::Trying { ref starts, .. } => starts.nominal_epochs(),
            ReliablePhase::Removing { .. } => REMOVAL_EPOCHS,
            ReliablePhase::Settling(_) if self.data.has_values_only() => SETTLING_EPOCHS,
            ReliablePhase::Settling(_) => DERIVATIVE_SETTLING_EPOCHS,
            ReliablePhase::Owning(_) => self.owning_epochs(),
            ReliablePhase::Refining(ref second) => return refining(second),
            ReliablePhase::Polishing(_) => return POLISHING_STEPS,
            ReliablePhase::Sharpening { .. } => return SHARPENING_STEPS,
            ReliablePhase::Averaging { ref pass, .. } => return self.data.rows().map_or(0, |rows| pass.progress(rows)[1]),
            ReliablePhase::Done => return 0,
        };
        let share = self.phase.adam().map_or(1.0, AdamStage::share);
        let full = (nominal as f64 * share).ceil() as u64;
        full.min(nominal * training.epochs.min(FULL_LENGTH_EPOCHS) / FULL_LENGTH_EPOCHS).max(1)
    }

    /// Ends the stage with these parameters and adds a note on it.
    fn close_stage(&mut self, params: &[f64], name: String, sentence: String) {
        let epoch = self.epoch();
        self.notes.add(name, epoch - self.counts.stage_start, sentence);
        (self.counts.before, self.counts.stage_start) = (epoch, epoch);
        self.active.set(params);
    }
}

impl Fitting for Reliable {
    fn progress(&self) -> FittingProgress {
        FittingProgress {
            epoch: self.epoch(),
            lm_steps: self.counts.lm_steps,
            stages_ended: self.notes.list().len(),
            cost: self.cost(),
            only_averages: self.only_averages(),
            is_amid_step: self.phase.second().is_some_and(SecondOrder::is_amid_step),
        }
    }

    fn work(&self, training: &TrainingSettings) -> [u64; 2] {
        self.work_done_and_left(training)
    }

    /// The parameters of all modes; removed modes are closed.
    fn params(&self) -> Vec<f64> {
        let mut active = self.active.clone();
        active.set(&self.present_params());
        active.full().to_vec()
    }

    /// Loss of the current stage; its data part is the mean squared error of Psi.
    fn loss(&mut self, _training: &TrainingSettings) -> LossValue {
        let data = self.data.mse(&self.active, &self.present_params());
        let of_second = self.phase.second().map(|second| second.best().mse);
        let total = of_second.or_else(|| self.phase.adam_mut().map(AdamStage::mse)).unwrap_or(data);
        LossValue { total: self.data.row_mse(total), data: self.data.row_mse(data) }
    }

    fn evaluate(&mut self, _training: &TrainingSettings) -> Result<LossValue, Divergence> {
        let before = self.counts.before;
        let total = match (self.phase.second().map(|second| second.best().mse), self.phase.adam_mut()) {
            (_, Some(adam)) => adam.evaluate().map_err(|divergence| divergence.after(before))?,
            (mse, _) => mse.unwrap_or(0.0),
        };
        let total = self.data.row_mse(total);
        Ok(LossValue { total, data: total })
    }

    /// Runs a step, and starts the next stage if one ends.
    fn step(&mut self, training: &TrainingSettings, loss: LossValue) -> Result<(), Divergence> {
        let is_over = self.advance(training, self.data.sample_mse(loss.total))?;
        let out_of_epochs = self.epoch() >= training.epochs && self.cost() == 1 && !self.only_averages();
        if is_over || out_of_epochs && !self.is_done() {
            self.next(training);
        }
        Ok(())
    }

    fn ending(&self, training: &TrainingSettings, _loss: Option<LossValue>) -> Option<String> {
        let (epochs, steps) = (whole(self.epoch()), whole(self.counts.lm_steps));
        let limit = if self.epoch() >= training.epochs { " The limit on the epochs shortened them." } else { "" };
        self.is_done().then(|| {
            format!("All stages of the recipe reliable are done: {epochs} epochs and {steps} second-order steps.{limit}")
        })
    }

    fn stage(&self, training: &TrainingSettings, _has_ended: bool) -> Option<Stage> {
        let done = match (&self.phase, self.data.rows()) {
            (ReliablePhase::Averaging { pass, .. }, Some(rows)) => pass.progress(rows)[0],
            _ => self.phase.second().map_or(self.epoch() - self.counts.stage_start, SecondOrder::taken),
        };
        let (name, sentence) = match &self.phase {
            ReliablePhase::Pretraining(_) => notes::pretraining(),
            ReliablePhase::Joint(_) => notes::joint(),
            ReliablePhase::Trying { .. } => notes::trying(),
            ReliablePhase::Removing { mode, error, .. } => notes::removing(*mode, self.data.relative(*error)),
            ReliablePhase::Settling(_) => notes::settling(),
            ReliablePhase::Owning(_) if self.ownership.has_owners() => (OWNING_STAGE.into(), owning(self.ownership.wells())),
            ReliablePhase::Owning(_) => notes::soft_start(),
            ReliablePhase::Refining(second) => notes::refining(second.left_out()),
            ReliablePhase::Polishing(_) => notes::polishing(),
            ReliablePhase::Sharpening { second, factor, .. } => {
                notes::sharpening(second.best().params.last().map(|rho| rho / self.unit), *factor)
            }
            ReliablePhase::Averaging { .. } => notes::averaging(),
            ReliablePhase::Done => return None,
        };
        let by_steps = self.cost() > 1 || self.only_averages();
        let length = self.length(training);
        let of = match &self.phase {
            ReliablePhase::Trying { starts, .. } => done - starts.adam().epoch() + (1 + starts.stages_left()) * length,
            _ => length,
        };
        Some(Stage { name, done, of, by_steps, sentence })
    }

    fn notes(&self, _has_ended: bool, _rho: f64) -> Vec<StageNote> {
        self.notes.list().to_vec()
    }

    /// Trains and refines the modes that are open.
    fn replace_params(&mut self, full: Vec<f64>, was_over: Option<bool>) -> bool {
        let epoch = self.epoch();
        self.active.replace_params(full);
        self.ownership.clear();
        self.trial = None;
        (self.counts.before, self.counts.stage_start) = (epoch, epoch);
        self.phase = if was_over == Some(true) {
            ReliablePhase::Done
        } else if self.data.needs_settling(&self.active) {
            ReliablePhase::Settling(AdamStage::new(&self.active, &self.data, None))
        } else {
            ReliablePhase::Refining(self.second())
        };
        true
    }
}

//! The driver of staged recipes: stages on the modes that are present, removals on trial, and the account of epochs and notes. An
//! [`Objective`] supplies its loss, its stages, and the cost of a mode.
//!
//! One call of [`Fitting::step`] is one epoch, one step of the second-order method, or one step of a pass over the rows, with
//! everything in between. Results therefore do not depend on the grouping of calls.

use super::active::{ActiveModes, TrainingStage};
use super::phase::{RecipePhase, RemovalTrial};
use super::reliable::second_order::SecondOrder;
use super::{Fitting, FittingProgress, Stage, StageNote, TrainingSettings};
use crate::loss::LossValue;
use crate::train::{Divergence, Rates, schedule};

/// Factor on the learning rates at the beginning of a removal.
const REFIT_RATE: f64 = 0.5;

/// Objective of a staged fit, with everything that is specific to it.
pub(super) trait Objective: Send + Sized {
    /// Number of epochs of a run whose stages have their full length. Shorter runs have proportionally shorter stages.
    const FULL_LENGTH_EPOCHS: u64;
    /// Factor on the learning rates at the end of a stage of Adam.
    const LAST_RATE: f64;
    /// Factor on the learning rates at the beginning of settling.
    const SETTLING_RATE: f64;

    /// Stage of training of all present modes together.
    fn joint_stage(&self, active: &ActiveModes) -> TrainingStage;

    /// Learning rates of the settings.
    fn rates(training: &TrainingSettings) -> Rates;

    /// Description of a stage before its beginning.
    fn plan(&self, active: &ActiveModes, phase: &RecipePhase) -> Stage;

    /// Number of epochs of a stage of Adam with this number of epochs at full length and this share of epochs.
    fn scaled_length(nominal: u64, share: f64, training: &TrainingSettings) -> u64 {
        let full = (nominal as f64 * share).ceil() as u64;
        full.min(nominal * training.epochs.min(Self::FULL_LENGTH_EPOCHS) / Self::FULL_LENGTH_EPOCHS)
    }

    /// Runs one epoch, or a part of another step, from a reported loss. Returns whether the stage is over.
    fn advance(fit: &mut Staged<Self>, training: &TrainingSettings, loss: f64) -> Result<bool, Divergence>;

    /// Ends a stage other than a removal, and starts the next one.
    fn end_stage(fit: &mut Staged<Self>, phase: RecipePhase, training: &TrainingSettings);

    /// Starts the removal of the cheapest mode from a fit with this error, or the stage after all removals.
    fn remove_next(fit: &mut Staged<Self>, error: f64, training: &TrainingSettings);

    /// Error from which removals continue if the modes without the one on trial are accepted, and a sentence on the decision.
    fn judge_removal(&self, active: &ActiveModes, trial: &RemovalTrial, error: f64) -> (Option<f64>, String);

    /// First stage after the parameters have been replaced.
    fn restarted(fit: &mut Staged<Self>) -> RecipePhase;

    /// See [`Fitting::can_restore_modes`].
    fn can_restore_modes(_fit: &Staged<Self>, _training: &TrainingSettings) -> bool {
        false
    }

    /// See [`Fitting::restore_modes`].
    fn restore_modes(_fit: &mut Staged<Self>, _spread: f64) {}

    /// Returns to the fit before its modes were restored, because training has diverged. Returns false if they were not restored.
    fn return_to_first(_fit: &mut Staged<Self>) -> bool {
        false
    }

    /// Reported loss over all samples.
    fn loss(fit: &mut Staged<Self>) -> LossValue;

    /// Reported loss, from the loss of a stage.
    fn reported(&self, loss: LossValue) -> LossValue;

    /// Work done and work left, see [`Fitting::work`].
    fn work(fit: &Staged<Self>, training: &TrainingSettings) -> [u64; 2];

    /// Sentence on the end of the run, if it has ended.
    fn ending(fit: &Staged<Self>, training: &TrainingSettings) -> Option<String>;
}

/// Fit in progress under a staged recipe.
pub(super) struct Staged<O> {
    pub objective: O,
    pub active: ActiveModes,
    pub phase: RecipePhase,
    /// Current stage as it was planned.
    plan: Stage,
    pub counts: StepCounts,
    /// Modes that are not removed, because they own a well or because their removal was rejected.
    pub needed: Vec<usize>,
    notes: Vec<StageNote>,
}

/// Numbers of the epochs and steps of a recipe.
#[derive(Default)]
pub(super) struct StepCounts {
    /// Number of epochs before the current stage of Adam.
    pub before: u64,
    /// Number of epochs at the start of the stage.
    stage_start: u64,
    /// Number of steps of the second-order method.
    pub lm_steps: u64,
    /// Number of repeated refinements.
    pub rounds: usize,
    /// Number of steps of all passes over rows.
    pub averaging_steps: u64,
}

/// Name of the stage that removes a mode on trial.
pub(super) fn removing(mode: usize) -> String {
    format!("remove mode {mode}")
}

impl<O: Objective> Staged<O> {
    /// Begins with a stage on some modes.
    pub fn new(objective: O, active: ActiveModes, phase: RecipePhase) -> Self {
        let plan = objective.plan(&active, &phase);
        Self { objective, active, phase, plan, counts: StepCounts::default(), needed: Vec::new(), notes: Vec::new() }
    }

    /// Starts a stage.
    pub fn begin(&mut self, phase: RecipePhase) {
        self.plan = self.objective.plan(&self.active, &phase);
        self.phase = phase;
    }

    /// Number of epochs done.
    pub fn epoch(&self) -> u64 {
        self.counts.before + self.phase.training().map_or(0, TrainingStage::epoch)
    }

    /// Stage of training of all present modes together.
    pub fn joint_stage(&self) -> TrainingStage {
        self.objective.joint_stage(&self.active)
    }

    /// True if epochs are left.
    pub fn has_time(&self, training: &TrainingSettings) -> bool {
        self.counts.before < training.epochs
    }

    /// True if all stages have ended.
    pub fn is_done(&self) -> bool {
        matches!(self.phase, RecipePhase::Done)
    }

    /// Runs an epoch of the current stage of training, if there is one. Returns whether it was the last one of the stage.
    pub fn train(&mut self, training: &TrainingSettings) -> Result<bool, Divergence> {
        let (length, before, rates) = (self.length(training), self.counts.before, O::rates(training));
        let factor = match self.phase {
            RecipePhase::Removing { .. } => REFIT_RATE,
            RecipePhase::Settling(_) => O::SETTLING_RATE,
            _ => 1.0,
        };
        let Some(stage) = self.phase.training_mut() else { return Ok(false) };
        let fall = schedule::fall(stage.epoch(), length, O::LAST_RATE);
        let rates = Rates { network: factor * rates.network * fall, gate: factor * rates.gate * fall };
        stage.step(rates).map_err(|divergence| divergence.after(before))?;
        Ok(stage.epoch() >= length || stage.is_stalled())
    }

    /// Largest number of epochs or steps of the current stage.
    pub fn length(&self, training: &TrainingSettings) -> u64 {
        let nominal = self.plan.of;
        self.phase.training().map_or(nominal, |stage| O::scaled_length(nominal, stage.share(), training).max(1))
    }

    /// Ends the stage with these parameters and a sentence on its result.
    pub fn close_stage(&mut self, params: &[f64], sentence: String) {
        self.active.set(params);
        self.add_note(&self.plan.name.clone(), sentence);
    }

    /// Adds a note on the epochs since the previous one.
    pub fn add_note(&mut self, name: &str, sentence: String) {
        let epoch = self.epoch();
        self.notes.push(StageNote { name: name.into(), epochs: epoch - self.counts.stage_start, sentence });
        (self.counts.before, self.counts.stage_start) = (epoch, epoch);
    }

    /// Removes a mode on trial from a fit with this error. `limit` and `abort` are those of [`RemovalTrial`].
    pub fn try_removal(&mut self, mode: usize, error: f64, limit: f64, abort: (u64, f64)) {
        let trial = RemovalTrial { mode, kept: Box::new(self.active.clone()), error, limit, abort };
        self.active.remove(mode);
        self.begin(RecipePhase::Removing { stage: self.joint_stage(), trial });
    }

    /// Ends a stage and starts the next one. The packed samples of a stage are dropped before the next ones are allocated.
    fn next(&mut self, training: &TrainingSettings) {
        let epoch = self.epoch();
        let phase = std::mem::replace(&mut self.phase, RecipePhase::Done);
        self.counts.before = epoch;
        let RecipePhase::Removing { mut stage, trial } = phase else { return O::end_stage(self, phase, training) };
        let error = stage.error();
        self.active.set(&stage.params());
        drop(stage);
        let verdict = self.objective.judge_removal(&self.active, &trial, error);
        self.end_removal(trial, verdict, training);
    }

    /// Ends a removal that was accepted with an error, or refused, with a sentence on the decision.
    fn end_removal(&mut self, trial: RemovalTrial, (accepted, sentence): (Option<f64>, String), training: &TrainingSettings) {
        self.add_note(&self.plan.name.clone(), sentence);
        if accepted.is_none() {
            self.active = *trial.kept;
            self.needed.push(trial.mode);
        }
        O::remove_next(self, accepted.unwrap_or(trial.error), training);
    }

    /// Refuses a removal in which training has diverged at this epoch. Returns false in another stage.
    fn refuse_diverged_removal(&mut self, epoch: u64, training: &TrainingSettings) -> bool {
        match std::mem::replace(&mut self.phase, RecipePhase::Done) {
            RecipePhase::Removing { trial, .. } => {
                self.counts.before = epoch;
                self.end_removal(trial, (None, "Without it training diverges: refused, the mode stays.".into()), training);
                true
            }
            other => {
                self.phase = other;
                false
            }
        }
    }

    /// The parameters of the present modes.
    pub fn present_params(&self) -> Vec<f64> {
        match (self.phase.training(), self.phase.second()) {
            (Some(stage), _) => stage.params(),
            (_, Some(second)) => second.best.params.clone(),
            _ => self.active.params(),
        }
    }

    /// Approximate cost of the next step, in epochs.
    fn cost(&self) -> u64 {
        self.phase.second().map_or(1, SecondOrder::cost)
    }

    /// Returns true if the next step only averages rows.
    fn is_averaging(&self) -> bool {
        matches!(self.phase, RecipePhase::Averaging { .. })
    }
}

impl<O: Objective> Fitting for Staged<O> {
    fn progress(&self) -> FittingProgress {
        FittingProgress {
            epoch: self.epoch(),
            lm_steps: self.counts.lm_steps,
            cost: self.cost(),
            is_averaging: self.is_averaging(),
            has_partial_step: self.phase.second().is_some_and(SecondOrder::has_partial_step),
        }
    }

    fn work(&self, training: &TrainingSettings) -> [u64; 2] {
        O::work(self, training)
    }

    fn loss(&mut self, _training: &TrainingSettings) -> LossValue {
        O::loss(self)
    }

    fn evaluate(&mut self, training: &TrainingSettings) -> Result<LossValue, Divergence> {
        loop {
            let (mse, before) = (self.phase.second().map_or(0.0, |second| second.best.mse), self.counts.before);
            let epoch = self.epoch();
            let evaluated = match self.phase.training_mut() {
                Some(stage) => stage.evaluate(),
                None => Ok(LossValue { total: mse, data: mse }),
            };
            match evaluated {
                Ok(loss) => return Ok(self.objective.reported(loss)),
                Err(_) if self.refuse_diverged_removal(epoch, training) || O::return_to_first(self) => {}
                Err(divergence) => return Err(divergence.after(before)),
            }
        }
    }

    /// Runs a step, and starts the next stage if one ends.
    fn step(&mut self, training: &TrainingSettings, loss: LossValue) -> Result<(), Divergence> {
        let is_over = match O::advance(self, training, loss.total) {
            Err(_) if O::return_to_first(self) => return Ok(()),
            result => result?,
        };
        let out_of_epochs = self.epoch() >= training.epochs && self.cost() == 1 && !self.is_averaging();
        if is_over || out_of_epochs && !self.is_done() {
            self.next(training);
        }
        Ok(())
    }

    fn ending(&self, training: &TrainingSettings, _loss: Option<LossValue>) -> Option<String> {
        O::ending(self, training)
    }

    /// The parameters of all modes; removed modes are closed.
    fn params(&self) -> Vec<f64> {
        let mut active = self.active.clone();
        active.set(&self.present_params());
        active.full.clone()
    }

    fn stage(&self, training: &TrainingSettings) -> Option<Stage> {
        let (length, in_stage) = (self.length(training), self.epoch() - self.counts.stage_start);
        let [done, of] = match &self.phase {
            RecipePhase::Done => return None,
            RecipePhase::Averaging { pass, .. } => pass.progress(),
            RecipePhase::Starting(stage) => [stage.epoch(), length],
            RecipePhase::Trying { starts, .. } => {
                [in_stage, in_stage - starts.adam.epoch() + (1 + starts.stages_left()) * length]
            }
            phase => [phase.second().map_or(in_stage, |second| second.taken), length],
        };
        Some(Stage { done, of, by_steps: self.cost() > 1 || self.is_averaging(), ..self.plan.clone() })
    }

    fn notes(&self) -> &[StageNote] {
        &self.notes
    }

    fn replace_params(&mut self, full: Vec<f64>, was_over: Option<bool>) -> bool {
        let epoch = self.epoch();
        self.active.replace_params(full);
        (self.counts.before, self.counts.stage_start) = (epoch, epoch);
        let phase = if was_over == Some(true) { RecipePhase::Done } else { O::restarted(self) };
        self.begin(phase);
        true
    }

    fn can_restore_modes(&self, training: &TrainingSettings) -> bool {
        self.is_done() && O::can_restore_modes(self, training)
    }

    fn restore_modes(&mut self, spread: f64) {
        O::restore_modes(self, spread);
    }
}

//! Training of a run, epoch by epoch, with its history.

use web_time::Instant;

use super::evaluation::PotentialEvaluation;
use crate::loss::LossValue;
use crate::numerics::linear::{narrow, widen};
use crate::problem::frame::Status as State;
use crate::problem::settings::TrainingSettings;
use crate::recipe::{Fitting, FittingProgress};
use crate::train::{Divergence, History, RunSnapshot, RunSnapshots};

/// Fit in training, its history, and the reason for the end.
pub(super) struct TrainingState {
    pub(super) fitting: Box<dyn Fitting>,
    pub(super) history: History,
    /// Stored earlier states.
    pub(super) snapshots: RunSnapshots,
    /// Selected earlier state.
    pub(super) selected: Option<RunSnapshot>,
    /// Position in the history at the end of each stage.
    pub(super) stage_ends: Vec<u64>,
    /// Loss at the beginning of the last epoch; of a part of the rows if they are very many.
    pub(super) last_loss: Option<LossValue>,
    pub(super) ended: Option<State>,
    /// True if a change prevents a replay of the run by its settings.
    pub(super) altered: bool,
    /// Parameters before each removal of modes by hand, and the end of training at that time, if it had ended.
    removals: Vec<(Vec<f64>, Option<State>)>,
    /// Number of epochs before this run, from the file of its initial parameters.
    pub(super) epochs_before: u64,
    pub(super) seconds: f64,
}

impl TrainingState {
    /// Training of a fit, after a number of earlier epochs.
    pub(super) fn new(fitting: Box<dyn Fitting>, ended: Option<State>, epochs_before: u64) -> Self {
        Self {
            fitting,
            history: History::default(),
            snapshots: RunSnapshots::default(),
            selected: None,
            stage_ends: Vec::new(),
            last_loss: None,
            ended,
            altered: false,
            removals: Vec::new(),
            epochs_before,
            seconds: 0.0,
        }
    }

    /// Number of epochs done, up to the selected earlier state.
    pub(super) fn epoch(&self) -> u64 {
        self.selected.as_ref().map_or_else(|| self.fitting.progress().epoch, |snapshot| snapshot.epoch)
    }

    /// Number of steps of the second-order method, which do not count as epochs.
    pub(super) fn lm_steps(&self) -> u64 {
        self.selected.as_ref().map_or_else(|| self.fitting.progress().lm_steps, |snapshot| snapshot.position - snapshot.epoch)
    }

    /// Number of epochs and other steps done.
    pub(super) fn position(&self) -> u64 {
        self.epoch() + self.lm_steps()
    }

    /// Parameters in the units of the network, in the order of the flat vector.
    pub(super) fn params(&self) -> Vec<f64> {
        match &self.selected {
            Some(snapshot) => widen(&snapshot.params),
            None => self.fitting.params(),
        }
    }

    /// Returns true if training has ended without divergence.
    pub(super) fn is_finished(&self) -> bool {
        matches!(self.ended, Some(State::Finished { .. }))
    }

    /// Trains up to `epochs` more epochs, or up to the end of a part of a second-order step. Returns the number of epochs done.
    pub(super) fn train(
        &mut self,
        epochs: u64,
        in_parts: bool,
        training: &TrainingSettings,
        evaluation: &PotentialEvaluation,
    ) -> u64 {
        let started = Instant::now();
        let first = self.epoch();
        let mut left = epochs;
        while left > 0 && self.ended.is_none() {
            // A step of a second-order method takes as long as many epochs.
            left = left.saturating_sub(self.fitting.progress().cost);
            self.one_epoch(training, evaluation);
            while self.fitting.progress().has_partial_step && self.ended.is_none() && !in_parts {
                self.one_epoch(training, evaluation);
            }
            if self.fitting.progress().has_partial_step {
                break;
            }
        }
        self.seconds += started.elapsed().as_secs_f64();
        self.epoch().saturating_sub(first)
    }

    fn one_epoch(&mut self, training: &TrainingSettings, evaluation: &PotentialEvaluation) {
        if let Err(divergence) = self.try_epoch(training, evaluation) {
            self.history.rewind(divergence.restored_epoch);
            self.snapshots.rewind(divergence.restored_epoch);
            self.ended = Some(State::Diverged { sentence: divergence.sentence() });
        }
    }

    fn try_epoch(&mut self, training: &TrainingSettings, evaluation: &PotentialEvaluation) -> Result<(), Divergence> {
        let Self { fitting, history, snapshots, stage_ends, ended, last_loss, .. } = self;
        let finished = |sentence| State::Finished { sentence };
        *ended = fitting.ending(training, None).map(finished);
        if ended.is_some() {
            return Ok(());
        }
        let loss = fitting.evaluate(training)?;
        *last_loss = Some(loss);
        // The history counts steps of the second-order method after the epochs.
        let FittingProgress { epoch, lm_steps, is_averaging, has_partial_step, .. } = fitting.progress();
        let position = epoch + lm_steps;
        if !is_averaging && !has_partial_step {
            history.record(position, loss.total, || evaluation.reading(&narrow(&fitting.params())));
            snapshots.record(position, || RunSnapshot { epoch, position, loss, params: narrow(&fitting.params()) });
        }
        if stage_ends.len() < fitting.notes().len() {
            stage_ends.resize(fitting.notes().len(), position);
        }
        *ended = fitting.ending(training, Some(loss)).map(finished);
        if ended.is_none() {
            fitting.step(training, loss)?;
            *ended = fitting.ending(training, None).map(finished);
        }
        Ok(())
    }

    /// Continues with the parameters `without` some modes. The parameters before the removal are stored.
    pub(super) fn remove_modes(&mut self, before: Vec<f64>, without: Vec<f64>) {
        self.removals.push((before, self.ended.clone()));
        if self.fitting.replace_params(without, None) {
            self.ended = None;
        }
        self.altered = true;
    }

    /// Undoes the last removal of modes; false if there is none.
    pub(super) fn undo_removal(&mut self) -> bool {
        let Some((params, ended)) = self.removals.pop() else { return false };
        self.selected = None;
        self.fitting.replace_params(params, Some(ended.is_some()));
        self.ended = ended;
        true
    }
}

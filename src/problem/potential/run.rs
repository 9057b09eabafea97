//! Training run in steps: data, model, a fit under a recipe and its history, created from [`Settings`].
//!
//! Equal settings on equal data give equal bits for any slicing of the epochs. The clock measures the training time and has
//! no effect on results.

mod opening;

use std::cell::OnceCell;

use super::cache::RunCaches;
use super::evaluation::PotentialEvaluation;
use super::minima_search::MinimaSearch;
use super::run_data::RunData;
use super::shown::ShownState;
use super::training::TrainingState;
use super::viewer::BoxedView;
use crate::data::Dataset;
use crate::model::model_file::Normalization;
use crate::model::{Architecture, lse, potential};
use crate::potentials::KnownPotential;
use crate::problem::settings::{Recipe, Settings};
use crate::problem::view::Tab;
use crate::recipe::StageNote;

/// Status sentence of a model without its data.
const NO_DATA_MESSAGE: &str = "This is a saved model without its data. Its errors are unknown, and training cannot continue. To continue, open the data first, \
                     and then the model.";

/// Run: data, model, recipe, history.
pub struct PotentialRun {
    /// Current settings.
    pub settings: Settings,
    pub(super) data: RunData,
    pub(super) arch: Architecture,
    pub(super) scaling: Normalization,
    pub(super) training: TrainingState,
    pub(super) evaluation: PotentialEvaluation,
    pub(super) search: MinimaSearch,
    pub(super) shown_state: Option<ShownState>,
    pub(super) caches: RunCaches,
    /// Views, created at the first request.
    pub(super) views: OnceCell<Vec<(Tab, BoxedView)>>,
}

impl PotentialRun {
    /// Number of epochs done, up to the selected earlier state.
    pub fn epoch(&self) -> u64 {
        self.training.epoch()
    }

    /// Returns from an earlier state to the current one.
    pub(super) fn return_to_current(&mut self) {
        if self.training.selected.take().is_some() {
            self.shown_state = None;
        }
    }

    /// Seconds spent training.
    pub fn seconds(&self) -> f64 {
        self.training.seconds
    }

    /// Trains up to `epochs` more epochs. With `in_parts`, it returns after each part of a second-order step. The slicing of
    /// epochs into calls does not change a single bit.
    pub(super) fn train(&mut self, epochs: u64, in_parts: bool) -> u64 {
        self.return_to_current();
        let done = self.training.train(epochs, in_parts, &self.settings.training, &self.evaluation);
        if !self.restore_missed_wells() {
            return done;
        }
        done + self.training.train(epochs - done, in_parts, &self.settings.training, &self.evaluation)
    }

    /// Returns true if training has stopped at the last epoch or at the stop loss, and would continue after a change of that limit.
    /// A staged recipe does not continue after its last stage.
    pub fn can_continue(&self) -> bool {
        let may_go_on = self.settings.training.recipe == Recipe::Paper && !self.data.rows.is_model;
        may_go_on && self.training.is_finished()
    }

    /// Returns true if `change` can change anything. Nothing changes after the last stage of a recipe.
    pub fn takes_changes(&self) -> bool {
        self.can_continue() || !self.training.is_finished()
    }

    /// Current fit, for evaluation.
    pub fn potential(&self) -> crate::model::Potential {
        let mut fit = crate::model::Potential::new(&self.arch, &self.scaling, self.params());
        fit.lift(-self.offset());
        fit
    }

    /// Constant by which the current fit lies above the truth, or above zero if the truth is unknown. Zero unless the fit uses
    /// derivatives.
    pub fn offset(&self) -> f64 {
        self.evaluation.offset(&self.params())
    }

    /// Evaluator of this run's fits in single precision. It does not remove the constant of a potential fitted to its gradient.
    pub fn evaluator(&self, parts: potential::Outputs) -> potential::Evaluator<f32> {
        potential::Evaluator::new(&self.arch, self.scaling.clone(), parts)
    }

    /// Number of inputs.
    pub fn inputs(&self) -> usize {
        self.arch.inputs
    }

    /// Names of the inputs and of the output.
    pub fn names(&self) -> &[String] {
        &self.data.rows.names
    }

    /// Sampled domain, `[low, high]` for each input.
    pub fn bounds(&self) -> &[[f64; 2]] {
        &self.evaluation.domain.bounds
    }

    /// Training samples.
    pub fn data(&self) -> &Dataset {
        &self.data.rows
    }

    /// Samples for plots: all, or a subset of very many.
    pub fn plotted(&self) -> &Dataset {
        self.data.plotted()
    }

    /// Evaluation of this run's fits.
    pub(crate) fn evaluation(&self) -> &PotentialEvaluation {
        &self.evaluation
    }

    /// Periods to propose for a user's own table, unless the settings state them.
    pub(super) fn likely_periods(&self) -> String {
        let is_open = self.settings.has_own_data() && self.settings.potential().is_some_and(|own| own.periodic.trim().is_empty());
        if is_open { self.data.rows.stated_and_likely_periods(false) } else { String::new() }
    }

    /// True potential, if it is known.
    pub fn truth(&self) -> Option<&dyn KnownPotential> {
        self.data.truth.as_deref()
    }

    /// Removes modes. Training continues with the others and an unchanged N.
    pub(crate) fn close(&mut self, modes: &[usize]) {
        self.return_to_current();
        let (layout, params) = (potential::declared(&self.arch), self.params());
        let mut without = params.clone();
        for &mode in modes {
            lse::close(&layout, &mut without, mode);
        }
        self.training.remove_modes(params, without);
        self.shown_state = None;
    }

    /// Undoes the last removal, if there is one. The fit is restored, and training continues from there unless it had ended.
    pub(crate) fn reopen(&mut self) {
        if self.training.undo_removal() {
            self.shown_state = None;
        }
    }

    /// Modes that have not been removed.
    pub(crate) fn present(&self) -> Vec<usize> {
        let (layout, params) = (potential::declared(&self.arch), self.params());
        lse::open_modes(&layout, &params)
    }

    /// Parameters in the units of the network, in the order of the flat vector.
    pub fn params(&self) -> Vec<f64> {
        self.training.params()
    }

    /// Number of steps of the second-order method, which do not count as epochs.
    pub fn lm_steps(&self) -> u64 {
        self.training.lm_steps()
    }

    /// Completed stages of the recipe.
    pub(crate) fn stage_notes(&self) -> &[StageNote] {
        self.training.fitting.notes()
    }

    /// Mean of `-log q` over the samples of a density, in the units of the data.
    pub(crate) fn density_loss(&mut self) -> f64 {
        let loss = self.training.fitting.loss(&self.settings.training);
        loss.data + self.scaling.input_scale.iter().map(|scale| scale.ln()).sum::<f64>()
    }

    /// Number of samples of a density for its prior; infinite for other data.
    pub(crate) fn prior_samples(&self) -> f64 {
        self.evaluation.joint().map_or(f64::INFINITY, |joint| joint.scheme.prior_samples)
    }

    /// Number of epochs and other steps done.
    pub(super) fn position(&self) -> u64 {
        self.training.position()
    }
}

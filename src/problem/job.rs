//! A fit of any kind that can be stepped, changed, drawn and saved. [`super::jobs`] opens one; the controller and the command line use this
//! trait only.

use std::any::Any;

use super::frame::{Frame, Freshness, Scene, Status as State};
use super::metrics::Metrics;
use super::settings::{InvalidSetting, Settings};
use super::table::UserTable;
use super::view::{Tab, View, ViewState};
use crate::recipe::Stage;

/// Inputs of a fit besides its settings.
#[derive(Clone, Copy, Debug, Default)]
pub struct FitInputs<'a> {
    /// The user's table, for benchmarks that learn from one.
    pub table: Option<&'a UserTable>,
    /// The text of a model file to go on from. Its settings have been taken over.
    pub model: Option<&'a str>,
}

/// A fit, or every setting that it cannot be made with.
pub type OpenedFit = Result<Box<dyn Job>, Vec<InvalidSetting>>;

/// Progress of a job, and the changes that it allows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JobProgress {
    /// Number of epochs done.
    pub epoch: u64,
    /// Number of steps of a second-order method, which do not count as epochs.
    pub lm_steps: u64,
    /// Version of the state that views show.
    pub position: u64,
    /// Seconds spent training.
    pub seconds: f64,
    /// Epoch at which training will stop, as far as is known.
    pub last_epoch: u64,
    /// Whether training has ended and continues if [`Job::change`] raises the last epoch.
    pub can_continue: bool,
    /// Whether [`Job::change`] may change anything now; if not, other settings need a new job.
    pub takes_changes: bool,
}

impl JobProgress {
    /// Progress of a job that trains in epochs only and takes no changes. Every epoch is a new state.
    pub fn from_epochs(epoch: u64, last_epoch: u64, seconds: f64) -> Self {
        Self { epoch, lm_steps: 0, position: epoch, seconds, last_epoch, can_continue: false, takes_changes: false }
    }
}

/// File that a job can write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobFile {
    /// Model file.
    Model,
    /// History as CSV.
    History,
}

/// Error of a change that needs a new job.
pub fn needs_new_job() -> Vec<InvalidSetting> {
    vec![InvalidSetting::new("", "This change needs a new run: restart to apply it.")]
}

/// A fit that can be stepped.
///
/// Equal settings on equal data give equal bits, however the epochs are cut into calls.
pub trait Job: Any {
    /// Current settings: the requested ones, except those that a model file has replaced.
    fn settings(&self) -> &Settings;

    /// Progress so far.
    fn progress(&self) -> JobProgress;

    /// Why training has ended; `None` while it can continue.
    fn ended(&self) -> Option<&State>;

    /// Trains for up to `epochs` more epochs and returns how many were done, fewer if training ends. A step of a second-order method that has begun
    /// is ended.
    fn advance(&mut self, epochs: u64) -> u64;

    /// Numbers of the current fit.
    fn metrics(&mut self) -> Metrics;

    /// Constant part of the run, with its array: data x, data y, and the truth on the grid if there is one. The tabs are those of
    /// [`JobViews::tabs`].
    fn scene(&self) -> (Scene, Vec<f32>);

    /// One state of the fit, as recent as `freshness` demands, with its array. The caller sets `status` and rates.
    fn frame(&mut self, freshness: Freshness) -> (Frame, Vec<f32>);

    /// Text of a file.
    fn file_text(&self, file: JobFile) -> String;

    /// Trains as [`Job::advance`] does, but returns after each part of a step. The fit does not change within a step. An epoch, or a part, should take at most
    /// a few milliseconds: messages are not handled until this returns.
    fn advance_in_parts(&mut self, epochs: u64) -> u64 {
        self.advance(epochs)
    }

    /// Applies the settings that need no restart. Training that had ended continues if they allow it. By default every change
    /// needs a new job.
    ///
    /// # Errors
    /// Every setting that cannot be used or would need a restart; the job is unchanged.
    fn change(&mut self, settings: &Settings) -> Result<(), Vec<InvalidSetting>> {
        settings.check()?;
        if settings == self.settings() { Ok(()) } else { Err(needs_new_job()) }
    }

    /// Shows a recorded state of [`Frame::moments`] until the run is trained or changed, or the current state.
    fn look_back(&mut self, _moment: Option<usize>) {}

    /// The numbers of a fit that has stopped, with those that take time: a survey of the landscape, comparisons with other estimates. A search
    /// for minima and barriers ends early when `is_stopped` says so.
    fn full_metrics(&mut self, _is_stopped: &dyn Fn() -> bool) -> Metrics {
        self.metrics()
    }

    /// Covariance of the parameters as the bytes of an uncertainty, if the settings request intervals and the data determine it.
    fn covariance(&self) -> Option<Vec<u8>> {
        None
    }

    /// About how much has been done and how much is left, in epochs.
    fn work_done_and_left(&self) -> [u64; 2] {
        let JobProgress { epoch, last_epoch, .. } = self.progress();
        [epoch, last_epoch.saturating_sub(epoch)]
    }

    /// The current stage of the recipe, if it has stages and they have not ended.
    fn stage(&self) -> Option<Stage> {
        None
    }

    /// How the file of the data was read, in sentences.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// Remarks on the data that a user should know, in sentences: how they were read, and what is made of them.
    fn remarks(&self) -> Vec<String> {
        self.notes()
    }

    /// Views besides the curves on a line, if there are any.
    fn views(&mut self) -> Option<&mut dyn JobViews> {
        None
    }
}

/// Views of a job.
pub trait JobViews {
    /// The list of views, the first of which is shown unless another is asked for; empty where curves on a line are all there is.
    fn tabs(&self) -> Vec<Tab>;

    /// The view that the state names; `None` if there is none of that name.
    fn view(&mut self, state: &ViewState) -> Option<View>;

    /// Does about 10 ms of the work that the current view needs besides the fit itself; false if nothing is left to do.
    fn work(&mut self, _state: &ViewState) -> bool {
        false
    }
}

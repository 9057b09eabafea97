//! Fit of any kind that can be stepped, changed, drawn and saved. [`super::jobs`] opens one. The controller and the command
//! line use only this trait.

use std::any::Any;
use std::time::Duration;

use super::frame::{Frame, Freshness, Scene, Status as State};
use super::metrics::Metrics;
use super::settings::{InvalidSetting, Settings};
use super::table::UserTable;
use super::view::{Tab, View, ViewState};
use crate::recipe::Stage;

/// Inputs of a fit besides its settings.
#[derive(Clone, Copy, Debug, Default)]
pub struct FitInputs<'a> {
    /// A user's table, for benchmarks that need one.
    pub table: Option<&'a UserTable>,
    /// Text of a model file to continue from. Its settings have been adopted.
    pub model: Option<&'a str>,
}

/// Opened fit, or every unusable setting.
pub type OpenedFit = Result<Box<dyn Job>, Vec<InvalidSetting>>;

/// Progress of a job, and the changes that it allows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct JobProgress {
    /// Number of epochs done.
    pub epoch: u64,
    /// Number of steps of a second-order method, which do not count as epochs.
    pub lm_steps: u64,
    /// Version of the state that views show.
    pub position: u64,
    /// Seconds spent training.
    pub seconds: f64,
    /// Expected epoch at the end of training.
    pub last_epoch: u64,
    /// True if training has ended and continues if [`Job::change`] raises the last epoch.
    pub can_continue: bool,
    /// True if [`Job::change`] may change anything now; if not, other settings need a new job.
    pub takes_changes: bool,
}

/// Number of epochs that take about the time `slice`, if the last `epochs` took the time `elapsed`.
pub fn epochs_of_slice(slice: Duration, epochs: u64, elapsed: Duration) -> u64 {
    let factor = slice.as_secs_f64() / elapsed.as_secs_f64().max(1e-9);
    ((epochs as f64 * factor.clamp(0.25, 4.0)) as u64).clamp(1, 1 << 20)
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

/// Fit that can be stepped.
///
/// Equal settings on equal data give equal bits, for any slicing of the epochs.
pub trait Job: Any {
    /// Current settings: the requested ones, except those replaced by a model file.
    fn settings(&self) -> &Settings;

    /// Progress so far.
    fn progress(&self) -> JobProgress;

    /// Reason for the end of training; `None` while it can continue.
    fn ended(&self) -> Option<&State>;

    /// Trains for up to `epochs` more epochs and returns the number done, which is smaller if training ends. A step of a
    /// second-order method in progress is completed.
    fn advance(&mut self, epochs: u64) -> u64;

    /// Metrics of the current fit.
    fn metrics(&mut self) -> Metrics;

    /// Constant part of the run, with its array: data x, data y, and the truth on the grid if there is one. The tabs are those of
    /// [`Job::tabs`].
    fn scene(&self) -> (Scene, Vec<f32>);

    /// State of the fit as recent as `freshness` requires, with its array. The caller sets `status` and rates.
    fn frame(&mut self, freshness: Freshness) -> (Frame, Vec<f32>);

    /// Text of a file.
    fn file_text(&self, file: JobFile) -> String;

    /// List of views, the default one first; empty if curves on a line show everything.
    fn tabs(&self) -> Vec<Tab>;

    /// View named by the state; `None` if there is none of that name.
    fn view(&mut self, state: &ViewState) -> Option<View>;

    /// Trains like [`Job::advance`], but returns after each part of a step. The fit does not change within a step. An epoch
    /// or a part should take at most a few milliseconds, because messages are not handled meanwhile.
    fn advance_in_parts(&mut self, epochs: u64) -> u64 {
        self.advance(epochs)
    }

    /// Applies the settings that need no restart. Training that had ended continues if they allow it. By default every
    /// change needs a new job.
    ///
    /// # Errors
    /// Every setting that is unusable or needs a restart; the job is then unchanged.
    fn change(&mut self, settings: &Settings) -> Result<(), Vec<InvalidSetting>> {
        settings.check()?;
        if settings == self.settings() { Ok(()) } else { Err(needs_new_job()) }
    }

    /// Shows a stored state of [`Frame::snapshots`] until the run is trained or changed; shows the current state for `None`.
    fn select_snapshot(&mut self, _snapshot: Option<usize>) {}

    /// Metrics of a stopped fit, with costly ones: a survey of the landscape, comparisons with other estimates. A search
    /// for minima and barriers ends early when `is_stopped` returns true.
    fn full_metrics(&mut self, _is_stopped: &dyn Fn() -> bool) -> Metrics {
        self.metrics()
    }

    /// Covariance of the parameters as the bytes of an uncertainty, if the settings request intervals and the data determine it.
    fn covariance(&self) -> Option<Vec<u8>> {
        None
    }

    /// Approximate work done and left, in epochs.
    fn work_done_and_left(&self) -> [u64; 2] {
        let JobProgress { epoch, last_epoch, .. } = self.progress();
        [epoch, last_epoch.saturating_sub(epoch)]
    }

    /// Current stage of the recipe, if it has stages and they have not ended.
    fn stage(&self) -> Option<Stage> {
        None
    }

    /// Notes on the reading of the data file, in sentences.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// Remarks for the user on the reading and the use of the data, in sentences.
    fn remarks(&self) -> Vec<String> {
        self.notes()
    }

    /// Performs about 10 ms of the background work of the current view; returns false if none is left.
    fn work_on_view(&mut self, _state: &ViewState) -> bool {
        false
    }
}

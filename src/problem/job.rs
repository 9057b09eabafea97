//! A fit of any kind that can be stepped, changed, drawn and saved. [`super::jobs`] opens one; the controller and the command line use this
//! trait only.

use std::any::Any;

use super::frame::{Frame, Scene, Status as State};
use super::metrics::Metrics;
use super::settings::{InvalidSetting, Settings};
use super::table::Table;
use super::view::{Tab, View, ViewState};
use crate::recipe::Stage;

/// What a fit is opened with besides its settings.
#[derive(Clone, Copy, Debug, Default)]
pub struct Given<'a> {
    /// The user's table, for benchmarks that learn from one.
    pub table: Option<&'a Table>,
    /// The text of a model file to go on from. Its settings have been taken over.
    pub model: Option<&'a str>,
}

/// A fit, or every setting that it cannot be made with.
pub type Opened = Result<Box<dyn Job>, Vec<InvalidSetting>>;

/// A fit that can be stepped.
///
/// Equal settings on equal data give equal bits, however the epochs are cut into calls.
pub trait Job: Any {
    /// The settings as they are now: those asked for, but for what a model file has replaced.
    fn settings(&self) -> &Settings;

    /// Epochs done.
    fn epoch(&self) -> u64;

    /// Version of the state that views show.
    fn position(&self) -> u64 {
        self.epoch()
    }

    /// Steps of a second-order method, which do not count as epochs.
    fn lm_steps(&self) -> u64 {
        0
    }

    /// Seconds spent training.
    fn seconds(&self) -> f64;

    /// Trains for up to `epochs` more epochs and returns how many were done, fewer if training ends. A step of a second-order method that has begun
    /// is ended.
    fn advance(&mut self, epochs: u64) -> u64;

    /// Trains as [`Job::advance`] does, but returns after each part of a step, while which the fit stays as it is. An epoch, or a part, should take a
    /// few milliseconds at most: messages are not handled until this returns.
    fn advance_in_parts(&mut self, epochs: u64) -> u64 {
        self.advance(epochs)
    }

    /// Why training has ended; `None` while it can continue.
    fn ended(&self) -> Option<&State>;

    /// Whether training has ended and continues if [`Job::change`] raises the last epoch.
    fn can_continue(&self) -> bool {
        false
    }

    /// Whether [`Job::change`] may change anything now; if not, other settings need a new job.
    fn takes_changes(&self) -> bool {
        true
    }

    /// Applies the settings that need no restart. Training that had ended continues if they allow it.
    ///
    /// # Errors
    /// Every setting that cannot be used or would need a restart; the job is unchanged.
    fn change(&mut self, settings: &Settings) -> Result<(), Vec<InvalidSetting>>;

    /// Shows the run as it was at a moment of [`Frame::moments`], until it is trained or changed, or as it is now.
    fn look_back(&mut self, _moment: Option<usize>) {}

    /// The numbers of the fit as it is now.
    fn metrics(&mut self) -> Metrics;

    /// The numbers of a fit that has stopped, with those that take time: a survey of the landscape, comparisons with other estimates. A search
    /// for minima and barriers ends early when `is_stopped` says so.
    fn full_metrics(&mut self, _is_stopped: &dyn Fn() -> bool) -> Metrics {
        self.metrics()
    }

    /// The epoch at which training will stop, as far as is known.
    fn last_epoch(&self) -> u64 {
        self.settings().training.epochs
    }

    /// About how much has been done and how much is left, in epochs.
    fn work_done_and_left(&self) -> [u64; 2] {
        [self.epoch(), self.last_epoch().saturating_sub(self.epoch())]
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

    /// What does not change, with its array: data x, data y, and the truth on the grid if there is one. The tabs are those of
    /// [`Job::tabs`].
    fn scene(&self) -> (Scene, Vec<f32>);

    /// A state with its array: all of it is of one moment. `status` and rates are left to the caller, who has a clock. The moment may be
    /// past while training goes on, where showing it is costly, and what needs a search may be searched for every `patience` seconds; 0
    /// asks for the state as it is now, and infinity for one that needs no time.
    fn frame(&mut self, patience: f64) -> (Frame, Vec<f32>);

    /// The text of the model file.
    fn model_text(&self) -> String;

    /// The history as CSV.
    fn history_csv(&self) -> String;

    /// The list of views, the first of which is shown unless another is asked for; empty where curves on a line are all there is.
    fn tabs(&self) -> Vec<Tab>;

    /// The view that the state names; `None` if there is none of that name.
    fn view(&mut self, state: &ViewState) -> Option<View>;

    /// Does about 10 ms of the work that the current view needs besides the fit itself; false if nothing is left to do.
    fn work(&mut self, _look: &ViewState) -> bool {
        false
    }
}

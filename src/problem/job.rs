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

    /// Steps done of a second-order method, which are no epochs.
    fn lm_steps(&self) -> u64 {
        0
    }

    /// Seconds spent training.
    fn seconds(&self) -> f64;

    /// Trains up to `epochs` more epochs, fewer if it ends before; gives how many were done. An epoch should take some milliseconds at
    /// most: messages are not handled until it returns.
    fn advance(&mut self, epochs: u64) -> u64;

    /// Why it has stopped by itself; `None` while it can go on.
    fn ended(&self) -> Option<&State>;

    /// Whether it has ended, and trains on if [`Job::change`] moves the end.
    fn can_continue(&self) -> bool {
        false
    }

    /// Whether [`Job::change`] may change anything as it is now; if not, other settings take a new job.
    fn takes_changes(&self) -> bool {
        true
    }

    /// Takes over those settings that do not restart it. What had ended goes on if they let it.
    ///
    /// # Errors
    /// Every setting that cannot be used, or that would need a restart; it goes on as it was.
    fn change(&mut self, settings: &Settings) -> Result<(), Vec<InvalidSetting>>;

    /// The numbers of the fit as it is now.
    fn metrics(&mut self) -> Metrics;

    /// The numbers of a fit that has stopped, with those that take time: a survey of the landscape, comparisons with other estimates. A search
    /// for minima and barriers ends early when `is_stopped` says so.
    fn full_metrics(&mut self, _is_stopped: &dyn Fn() -> bool) -> Metrics {
        self.metrics()
    }

    /// Epoch at which it will stop, as far as is known.
    fn last_epoch(&self) -> u64 {
        self.settings().training.epochs
    }

    /// The stage of the recipe that it is in, if there are stages and they have not ended.
    fn stage(&self) -> Option<Stage> {
        None
    }

    /// What a user should know about its data, in sentences.
    fn remarks(&self) -> Vec<String> {
        Vec::new()
    }

    /// What does not change, with its array: data x, data y, and the truth on the grid if there is one. The tabs are those of
    /// [`Job::tabs`].
    fn scene(&self) -> (Scene, Vec<f32>);

    /// A state with its array: all of it is of one moment. `status` and rates are left to the caller, who has a clock. The moment may be
    /// past while training goes on, where showing it is costly, and what needs a search may be searched for every `patience` seconds; 0
    /// asks for the state as it is now.
    fn frame(&mut self, patience: f64) -> (Frame, Vec<f32>);

    /// The text of its model file.
    fn model_text(&self) -> String;

    /// Its history as CSV.
    fn history_csv(&self) -> String;

    /// Its views, the first of them shown unless another is asked for; none where curves on a line are all there is.
    fn tabs(&self) -> Vec<Tab>;

    /// What is seen of it now; `None` if there is no view of that name.
    fn view(&mut self, state: &ViewState) -> Option<View>;

    /// Does a little (some 10 ms) of what the view that is looked at needs besides the fit itself; false if there is nothing to do.
    fn work(&mut self, _look: &ViewState) -> bool {
        false
    }
}

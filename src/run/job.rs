//! What a desk trains: a fit of any kind that can be stepped, changed, looked at and saved. Each benchmark of [`super::benchmarks`] says
//! how one is opened; whoever trains it, shows it or stores it knows no more of it than this.

use super::protocol::{Frame, Scene};
use super::settings::{Problem, Settings};
use super::{Report, Run, State};
use crate::views::{self, Look, Sight, Tab, View};

/// A fit that can be stepped.
///
/// Equal settings on equal data give equal bits, however the epochs are cut into calls.
pub trait Job {
    /// The settings as they are now: those asked for, but for what a model file has replaced.
    fn settings(&self) -> &Settings;

    /// Epochs done.
    fn epoch(&self) -> u64;

    /// A number that changes with whatever is seen: epochs and steps of any other kind.
    fn position(&self) -> u64 {
        self.epoch()
    }

    /// Seconds spent training.
    fn seconds(&self) -> f64;

    /// Trains up to `epochs` more epochs, fewer if it ends before; gives how many were done. An epoch should take some milliseconds at
    /// most: nobody is listened to meanwhile.
    fn advance(&mut self, epochs: u64) -> u64;

    /// Why it has stopped by itself; `None` while it can go on.
    fn ended(&self) -> Option<&State>;

    /// Takes over those settings that do not restart it. What had ended goes on if they let it.
    ///
    /// # Errors
    /// Every setting that cannot be used, or that would need a restart; it goes on as it was.
    fn change(&mut self, settings: &Settings) -> Result<(), Vec<Problem>>;

    /// The numbers; those that do not apply are absent, or not a number.
    fn report(&mut self) -> Report;

    /// What does not change, with its array: data x, data y, and the truth on the grid if there is one. The tabs are those of
    /// [`Job::tabs`].
    fn scene(&self) -> (Scene, Vec<f32>);

    /// The state with its array. `status` and `epochs_per_second` are left to the caller, who has a clock. The numbers of the report may
    /// be those of `patience` seconds ago while training goes on; 0 asks for those of this very epoch.
    fn frame(&mut self, patience: f64) -> (Frame, Vec<f32>);

    /// The text of its model file.
    fn model_text(&self) -> String;

    /// Its history as CSV.
    fn history_csv(&self) -> String;

    /// The ways to look at it, the first of them shown unless another is asked for; none where curves on a line are all there is.
    fn tabs(&self) -> Vec<Tab>;

    /// What is seen of it now; `None` if there is no view of that name.
    fn sight(&mut self, look: &Look) -> Option<Sight>;

    /// Does a little (some 10 ms) of what the view that is looked at needs besides the fit itself; false if there is nothing to do.
    fn work(&mut self, _look: &Look) -> bool {
        false
    }

    /// The run, if this is a fit of a potential to values or derivatives: for the tools that only those have.
    fn as_run(&mut self) -> Option<&mut Run> {
        None
    }
}

/// A run of a potential, with its views.
pub struct Viewed {
    run: Run,
    views: Vec<Box<dyn View>>,
}

impl Viewed {
    /// Gives a run its views.
    pub fn new(run: Run) -> Self {
        Self { views: views::of(&run), run }
    }

    fn view(&mut self, look: &Look) -> Option<(&mut Box<dyn View>, &mut Run)> {
        let view = self.views.iter_mut().find(|view| view.tab().id == look.view)?;
        Some((view, &mut self.run))
    }
}

impl Job for Viewed {
    fn settings(&self) -> &Settings {
        self.run.settings()
    }

    fn epoch(&self) -> u64 {
        self.run.epoch()
    }

    fn position(&self) -> u64 {
        self.run.position()
    }

    fn seconds(&self) -> f64 {
        self.run.seconds()
    }

    fn advance(&mut self, epochs: u64) -> u64 {
        self.run.advance(epochs)
    }

    fn ended(&self) -> Option<&State> {
        self.run.ended()
    }

    fn change(&mut self, settings: &Settings) -> Result<(), Vec<Problem>> {
        self.run.change(settings)
    }

    fn report(&mut self) -> Report {
        self.run.report()
    }

    fn scene(&self) -> (Scene, Vec<f32>) {
        let (scene, numbers) = self.run.scene();
        (Scene { views: self.tabs(), ..scene }, numbers)
    }

    fn frame(&mut self, patience: f64) -> (Frame, Vec<f32>) {
        self.run.frame(patience)
    }

    fn model_text(&self) -> String {
        self.run.model_file().write()
    }

    fn history_csv(&self) -> String {
        self.run.history_csv()
    }

    fn tabs(&self) -> Vec<Tab> {
        self.views.iter().map(|view| view.tab()).collect()
    }

    fn sight(&mut self, look: &Look) -> Option<Sight> {
        self.view(look).map(|(view, run)| view.look(run, look))
    }

    fn work(&mut self, look: &Look) -> bool {
        self.view(look).is_some_and(|(view, run)| view.work(run))
    }

    fn as_run(&mut self) -> Option<&mut Run> {
        Some(&mut self.run)
    }
}

//! A run of a potential as a [`Job`], with its views.

use super::{Run, State, views};
use crate::problem::frame::{Frame, Scene};
use crate::problem::view::{Tab, View, ViewState, Viewer};
use crate::problem::{InvalidSetting, Job, Report, Settings};

/// A run of a potential, with its views.
pub struct Viewed {
    run: Run,
    views: Vec<Box<dyn Viewer>>,
}

impl Viewed {
    /// Gives a run its views.
    pub fn new(run: Run) -> Self {
        Self { views: views::of(&run), run }
    }

    fn view(&mut self, state: &ViewState) -> Option<(&mut Box<dyn Viewer>, &mut Run)> {
        let view = self.views.iter_mut().find(|view| view.tab().id == state.view)?;
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
        self.run.shown_position()
    }

    fn lm_steps(&self) -> u64 {
        self.run.lm_steps()
    }

    fn can_continue(&self) -> bool {
        self.run.can_continue()
    }

    fn takes_changes(&self) -> bool {
        self.run.takes_changes()
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

    fn change(&mut self, settings: &Settings) -> Result<(), Vec<InvalidSetting>> {
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

    fn view(&mut self, state: &ViewState) -> Option<View> {
        self.view(state).map(|(view, run)| {
            // All of a picture is of the state whose numbers stand beside it.
            run.last_report();
            view.view(run, state)
        })
    }

    fn work(&mut self, state: &ViewState) -> bool {
        self.view(state).is_some_and(|(view, run)| view.work(run))
    }

    fn as_run(&mut self) -> Option<&mut Run> {
        Some(&mut self.run)
    }
}

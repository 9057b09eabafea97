//! A run of a potential as a [`Job`], with its views.

use super::views::Viewer;
use super::{Run, views};
use crate::problem::State;
use crate::problem::frame::{Frame, Scene};
use crate::problem::metrics::{Metrics, PotentialMetrics};
use crate::problem::view::{Tab, View, ViewState};
use crate::problem::{InvalidSetting, Job, Report, Settings};
use crate::recipe::Stage;

impl Job for Run {
    fn settings(&self) -> &Settings {
        Run::settings(self)
    }

    fn epoch(&self) -> u64 {
        Run::epoch(self)
    }

    fn position(&self) -> u64 {
        Run::shown_position(self)
    }

    fn lm_steps(&self) -> u64 {
        Run::lm_steps(self)
    }

    fn can_continue(&self) -> bool {
        Run::can_continue(self)
    }

    fn takes_changes(&self) -> bool {
        Run::takes_changes(self)
    }

    fn seconds(&self) -> f64 {
        Run::seconds(self)
    }

    fn advance(&mut self, epochs: u64) -> u64 {
        Run::advance(self, epochs)
    }

    fn ended(&self) -> Option<&State> {
        Run::ended(self)
    }

    fn change(&mut self, settings: &Settings) -> Result<(), Vec<InvalidSetting>> {
        Run::change(self, settings)
    }

    fn report(&mut self) -> Report {
        Run::report(self)
    }

    fn scene(&self) -> (Scene, Vec<f32>) {
        let (scene, numbers) = Run::scene(self);
        (Scene { views: self.tabs(), ..scene }, numbers)
    }

    fn frame(&mut self, patience: f64) -> (Frame, Vec<f32>) {
        Run::frame(self, patience)
    }

    fn model_text(&self) -> String {
        Run::model_file(self).write()
    }

    fn history_csv(&self) -> String {
        Run::history_csv(self)
    }

    fn metrics(&mut self, is_stopped: &dyn Fn() -> bool) -> Metrics {
        let (report, landscape) = Run::judged_unless(self, is_stopped);
        Metrics::Potential(PotentialMetrics { report, landscape })
    }

    fn stage(&self) -> Option<Stage> {
        Run::stage(self)
    }

    fn tabs(&self) -> Vec<Tab> {
        self.views.get_or_init(|| views::of(self)).iter().map(|view| view.tab()).collect()
    }

    fn view(&mut self, state: &ViewState) -> Option<View> {
        // All of a picture is of the state whose numbers stand beside it.
        self.last_report();
        self.with_viewer(state, |viewer, run| viewer.view(run, state))
    }

    fn work(&mut self, state: &ViewState) -> bool {
        self.with_viewer(state, |viewer, run| viewer.work(run)).unwrap_or(false)
    }

    fn as_run(&mut self) -> Option<&mut Run> {
        Some(self)
    }
}

impl Run {
    /// Does something with the viewer that is asked for, if there is one.
    fn with_viewer<R>(&mut self, state: &ViewState, act: impl FnOnce(&mut dyn Viewer, &mut Self) -> R) -> Option<R> {
        self.tabs();
        let mut viewers = self.views.take()?;
        let found = viewers.iter_mut().find(|viewer| viewer.tab().id == state.view);
        let result = found.map(|viewer| act(&mut **viewer, self));
        let _ = self.views.set(viewers);
        result
    }
}

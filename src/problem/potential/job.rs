//! A run of a potential as a [`Job`], with its views.

use super::large::Large;
use super::run::Run;
use super::settings::{BIAS, WEIGHT};
use super::source::{self, Source};
use super::viewer::Viewer;
use super::views;
use crate::data::Dataset;
use crate::data::csv::{self, Columns, JointColumns};
use crate::model::model_file::ModelFile;
use crate::problem::frame::{Frame, Scene, Status as State};
use crate::problem::job::{Given, Job, Opened};
use crate::problem::metrics::{Metrics, ProblemMetrics};
use crate::problem::settings::{InvalidSetting, Settings};
use crate::problem::table::Table;
use crate::problem::view::{Tab, View, ViewState};
use crate::recipe::Stage;

/// Takes over modes, widths, skip and symmetry of a model file.
///
/// # Errors
/// A sentence that says why the file cannot be used.
pub fn take_shape(settings: &mut Settings, text: &str) -> Result<(), String> {
    source::take_shape(settings, &ModelFile::read(text).map_err(|e| e.to_string())?);
    Ok(())
}

/// Opens a fit of a potential.
///
/// # Errors
/// Every setting that cannot be used, or what is wrong with the table or the file.
pub fn open(settings: Settings, given: Given) -> Opened {
    let model = given.model.map(read_model).transpose().map_err(|problem| vec![problem])?;
    let source = match given.table.filter(|_| settings.has_own_data()) {
        Some(table) => {
            let is_joint = settings.benchmark == Settings::OWN_JOINT;
            let data = if is_joint { read_joint(table, &settings) } else { read_table(table) };
            Source::Own(data.map_err(|problem| vec![problem])?)
        }
        None => match &model {
            Some(model) if settings.has_own_data() => Source::Own(source::of_model(model).map_err(|problem| vec![problem])?),
            _ => Source::Benchmark,
        },
    };
    Ok(Box::new(Run::new(settings, source, model.as_ref())?))
}

/// Reads the rows of a table with their roles.
///
/// # Errors
/// What is wrong with it.
pub fn read_table(table: &Table) -> Result<Dataset, InvalidSetting> {
    let target = (!table.target.is_empty()).then(|| table.target.clone());
    let columns = Columns {
        inputs: table.inputs.clone(),
        target,
        gradient: table.gradient.clone(),
        forces: table.forces.clone(),
        split: (!table.split.is_empty()).then(|| table.split.clone()),
        sigma: (!table.sigma.is_empty()).then(|| table.sigma.clone()),
    };
    csv::read_text(&table.name, &table.text, &columns).map_err(|e| InvalidSetting::new("", e.to_string()))
}

/// Reads samples of several quantities from a table with their roles.
///
/// # Errors
/// What is wrong with it.
pub fn read_joint(table: &Table, settings: &Settings) -> Result<Dataset, InvalidSetting> {
    let own = settings.potential().cloned().unwrap_or_default();
    let columns = JointColumns {
        inputs: table.inputs.clone(),
        weights: table.columns(WEIGHT).pop(),
        biases: table.columns(BIAS),
        kt: own.kt,
    };
    let data = csv::read_joint(&table.name, &table.text, &columns);
    data.map_err(|e| InvalidSetting::new("", e.to_string()))
}

/// The model file of a potential.
///
/// # Errors
/// What is wrong with it.
pub fn read_model(text: &str) -> Result<ModelFile, InvalidSetting> {
    ModelFile::read(text).map_err(|e| InvalidSetting::new("", e.to_string()))
}

impl Job for Run {
    fn settings(&self) -> &Settings {
        Run::settings(self)
    }

    fn epoch(&self) -> u64 {
        Run::epoch(self)
    }

    fn position(&self) -> u64 {
        self.showing.as_ref().map_or_else(|| Run::position(self), |showing| showing.shown.position)
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

    fn advance_in_parts(&mut self, epochs: u64) -> u64 {
        Run::advance_in_parts(self, epochs)
    }

    fn ended(&self) -> Option<&State> {
        Run::ended(self)
    }

    fn change(&mut self, settings: &Settings) -> Result<(), Vec<InvalidSetting>> {
        Run::change(self, settings)
    }

    fn look_back(&mut self, moment: Option<usize>) {
        Run::look_back(self, moment);
    }

    fn metrics(&mut self) -> Metrics {
        Run::metrics(self).map(|own| ProblemMetrics::Potential(own, None))
    }

    fn notes(&self) -> Vec<String> {
        self.data().notes.iter().cloned().chain(self.large.as_ref().map(Large::sentence)).collect()
    }

    fn full_metrics(&mut self, is_stopped: &dyn Fn() -> bool) -> Metrics {
        let (metrics, survey) = Run::surveyed(self, is_stopped);
        metrics.map(|own| ProblemMetrics::Potential(own, Some(Box::new(survey))))
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

    fn work_done_and_left(&self) -> [u64; 2] {
        self.fitting.work(&self.settings.training)
    }

    fn stage(&self) -> Option<Stage> {
        Run::stage(self)
    }

    fn tabs(&self) -> Vec<Tab> {
        self.views.get_or_init(|| views::of(self)).iter().map(|view| view.tab()).collect()
    }

    fn view(&mut self, state: &ViewState) -> Option<View> {
        let shown = self.shown();
        self.with_viewer(state, |viewer, run| viewer.view(run, &shown, state))
    }

    fn work(&mut self, state: &ViewState) -> bool {
        self.with_viewer(state, |viewer, run| viewer.work(run)).unwrap_or(false)
    }
}

impl Run {
    /// Does something with the viewer that is asked for, if there is one.
    fn with_viewer<R>(&mut self, state: &ViewState, act: impl FnOnce(&mut dyn Viewer, &Self) -> R) -> Option<R> {
        self.tabs();
        let mut viewers = self.views.take()?;
        let found = viewers.iter_mut().find(|viewer| viewer.tab().id == state.view);
        let result = found.map(|viewer| act(&mut **viewer, self));
        let _ = self.views.set(viewers);
        result
    }
}

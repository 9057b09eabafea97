//! A run of a potential as a [`Job`], with its views.

use super::run::PotentialRun;
use super::source::{self, DataSource};
use super::viewer::RunView;
use super::views;
use crate::data::Dataset;
use crate::data::csv;
use crate::model::model_file::ModelFile;
use crate::problem::frame::{Frame, Freshness, Scene, Status as State};
use crate::problem::job::{FitInputs, Job, JobFile, JobProgress, OpenedFit, needs_new_job};
use crate::problem::metrics::{Metrics, ProblemMetrics};
use crate::problem::settings::{InvalidSetting, Recipe, SamplingSettings, Schedule, Settings, TrainingSettings};
use crate::problem::table::UserTable;
use crate::problem::view::{Tab, View, ViewState};
use crate::recipe::Stage;

/// Adopts modes, widths, skip and symmetry of a model file.
pub(crate) fn apply_shape(settings: &mut Settings, text: &str) -> Result<(), String> {
    source::apply_shape(settings, &ModelFile::read(text).map_err(|e| e.to_string())?);
    Ok(())
}

/// Opens a fit of a potential.
///
/// # Errors
/// Every unusable setting, or the fault of the table or the file.
pub fn open(settings: Settings, given: FitInputs) -> OpenedFit {
    let model = given.model.map(read_model).transpose()?;
    let source = match (given.table, &model) {
        _ if !settings.has_own_data() => DataSource::Benchmark,
        (Some(table), _) if settings.benchmark == Settings::OWN_JOINT => DataSource::Own(read_joint(table, &settings)?),
        (Some(table), _) => DataSource::Own(read_table(table)?),
        (None, Some(model)) => DataSource::Own(source::model_data(model)?),
        (None, None) => DataSource::Benchmark,
    };
    Ok(Box::new(PotentialRun::new(settings, source, model.as_ref())?))
}

/// Reads the rows of a table with their roles.
///
/// # Errors
/// A sentence on the fault.
pub fn read_table(table: &UserTable) -> Result<Dataset, InvalidSetting> {
    csv::read_text(&table.name, &table.text, &table.columns).map_err(|e| InvalidSetting::new("", e.to_string()))
}

/// Reads samples of several quantities from a table with their roles.
///
/// # Errors
/// A sentence on the fault.
pub fn read_joint(table: &UserTable, settings: &Settings) -> Result<Dataset, InvalidSetting> {
    let kt = settings.potential().and_then(|own| own.kt);
    let data = csv::read_joint(&table.name, &table.text, &table.columns, kt);
    data.map_err(|e| InvalidSetting::new("", e.to_string()))
}

/// Reads the model file of a potential.
pub(crate) fn read_model(text: &str) -> Result<ModelFile, InvalidSetting> {
    ModelFile::read(text).map_err(|e| InvalidSetting::new("", e.to_string()))
}

impl Job for PotentialRun {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The position is that of the shown state, if there is one.
    fn progress(&self) -> JobProgress {
        JobProgress {
            epoch: self.epoch(),
            lm_steps: self.lm_steps(),
            position: self.shown_state.as_ref().map_or_else(|| self.position(), |shown_state| shown_state.shown.position),
            seconds: self.seconds(),
            last_epoch: self.settings.training.epochs,
            can_continue: self.can_continue(),
            takes_changes: self.takes_changes(),
        }
    }

    fn advance(&mut self, epochs: u64) -> u64 {
        self.train(epochs, false)
    }

    fn advance_in_parts(&mut self, epochs: u64) -> u64 {
        self.train(epochs, true)
    }

    fn ended(&self) -> Option<&State> {
        self.training.ended.as_ref()
    }

    fn change(&mut self, settings: &Settings) -> Result<(), Vec<InvalidSetting>> {
        settings.check()?;
        self.return_to_current();
        let TrainingSettings { epsilon, lr, gate_lr, schedule, epochs, stop_loss, .. } = settings.training;
        let now = &self.settings.training;
        let training = TrainingSettings { epsilon, lr, gate_lr, schedule, epochs, stop_loss, ..now.clone() };
        let data = SamplingSettings { uncertainty: settings.data.uncertainty, ..self.settings.data };
        let requested = Settings { data, ..self.settings.clone() };
        if requested == *settings {
            (self.settings, self.shown_state) = (requested, None);
            return Ok(());
        }
        let tuned = Settings { training, ..requested };
        if tuned != *settings || (tuned != self.settings && !self.takes_changes()) {
            return Err(needs_new_job());
        }
        // At a constant rate, more epochs equal a longer run. A link cannot replay a run after any other change.
        let longer = TrainingSettings { epochs, ..now.clone() };
        let is_constant = schedule == Schedule::Constant && now.recipe == Recipe::Paper;
        let same_path = tuned.training == longer && (is_constant || epochs == now.epochs);
        self.training.altered |= self.epoch() > 0 && !same_path;
        if tuned != self.settings {
            self.training.ended = None;
        }
        self.settings = tuned;
        if let Some(sentence) = self.training.fitting.ending(&self.settings.training, None) {
            self.training.ended = Some(State::Finished { sentence });
        }
        self.shown_state = None;
        Ok(())
    }

    fn select_snapshot(&mut self, snapshot: Option<usize>) {
        self.training.selected = snapshot.and_then(|k| self.training.snapshots.kept().get(k)).cloned();
        self.shown_state = None;
    }

    fn metrics(&mut self) -> Metrics {
        PotentialRun::metrics(self).map(|own| ProblemMetrics::Potential(own, None))
    }

    fn notes(&self) -> Vec<String> {
        self.data().notes.iter().cloned().chain(self.data.large.iter().map(|large| large.sentence.clone())).collect()
    }

    fn full_metrics(&mut self, is_stopped: &dyn Fn() -> bool) -> Metrics {
        let (metrics, survey) = PotentialRun::surveyed(self, is_stopped);
        metrics.map(|own| ProblemMetrics::Potential(own, Some(Box::new(survey))))
    }

    fn covariance(&self) -> Option<Vec<u8>> {
        PotentialRun::uncertainty(self)?.to_bytes().ok()
    }

    fn scene(&self) -> (Scene, Vec<f32>) {
        let (scene, numbers) = PotentialRun::scene(self);
        (Scene { views: self.tabs(), ..scene }, numbers)
    }

    fn frame(&mut self, freshness: Freshness) -> (Frame, Vec<f32>) {
        PotentialRun::frame(self, freshness)
    }

    fn file_text(&self, file: JobFile) -> String {
        match file {
            JobFile::Model => self.model_file().write(),
            JobFile::History => self.history_csv(),
        }
    }

    fn work_done_and_left(&self) -> [u64; 2] {
        self.training.fitting.work(&self.settings.training)
    }

    fn stage(&self) -> Option<Stage> {
        self.training.fitting.stage(&self.settings.training)
    }

    fn tabs(&self) -> Vec<Tab> {
        self.views.get_or_init(|| views::for_run(self)).iter().map(|(tab, _)| tab.clone()).collect()
    }

    fn view(&mut self, state: &ViewState) -> Option<View> {
        let shown = self.shown();
        self.with_viewer(state, |viewer, run| View { view: state.view.clone(), ..viewer.view(run, &shown, state) })
    }

    fn work_on_view(&mut self, state: &ViewState) -> bool {
        self.with_viewer(state, |viewer, run| viewer.work(run)).unwrap_or(false)
    }
}

impl PotentialRun {
    /// Calls `act` with the requested viewer, if there is one.
    fn with_viewer<R>(&mut self, state: &ViewState, act: impl FnOnce(&mut dyn RunView, &Self) -> R) -> Option<R> {
        self.tabs();
        let mut viewers = self.views.take()?;
        let found = viewers.iter_mut().find(|(tab, _)| tab.id == state.view);
        let result = found.map(|(_, viewer)| act(&mut **viewer, self));
        let _ = self.views.set(viewers);
        result
    }
}

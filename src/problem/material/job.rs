//! Material with memory as a job. An epoch is a pass over the training trajectories.

use super::choice::{COMPARED_DYNAMICS, DynamicsChoice};
use super::file::MaterialFile;
use super::metrics::MaterialMetrics;
use super::model::TrajectoryResponse;
use super::run::MetamaterialRun;
use super::task::MetamaterialSettings;
use super::views::MaterialViews;
use std::rc::Rc;

use crate::data::csv::read_trajectories;
use crate::data::trajectories::Trajectories;
use crate::model::model_file::KeptError;
use crate::plot::ticks::whole;
use crate::problem::frame::{Frame, FrameLayout, Freshness, Scene, Status as State, columns};
use crate::problem::job::{FitInputs, Job, JobFile, JobProgress, OpenedFit, needs_new_job};
use crate::problem::metrics::{Metrics, ProblemMetrics};
use crate::problem::settings::{Dynamics, InvalidSetting, MaterialSettings, Problem, Settings, Structural};
use crate::problem::view::{Tab, View, ViewState};
use crate::recipe::{Stage, StageNote, TrainingSettings};
use crate::train::History;

/// Note for a single run, which does not determine the dynamics.
const SINGLE_RUN_NOTE: &str = "Kinds of dynamics cannot be compared on a single run: play is used. If the outputs depend on the rate, choose the \
                                  dynamics onsager or node.";

/// Settings for this number of trajectories. If the data choose the dynamics, returns the settings of the first trial.
pub fn settings_of(settings: &Settings, runs: usize) -> MetamaterialSettings {
    let dynamics = settings.material().map(|own| own.dynamics).filter(|&dynamics| dynamics != Dynamics::Auto);
    with_dynamics(settings, runs, dynamics.unwrap_or(COMPARED_DYNAMICS[0]))
}

/// Settings with these dynamics. The default rate of dynamics chosen by the data stands for the default of each kind.
fn with_dynamics(settings: &Settings, runs: usize, dynamics: Dynamics) -> MetamaterialSettings {
    let Problem::Material(material) = &settings.problem else { return MetamaterialSettings::from_dynamics(dynamics, false) };
    let TrainingSettings { seed, hidden, epochs, .. } = settings.training.clone();
    let &MaterialSettings { dynamics: asked, fixed_phase, structural, amplitude, period, batch } = material;
    let data_seed = settings.data.seed;
    let lr = rate(settings, asked, dynamics);
    let own = MetamaterialSettings::from_dynamics(dynamics, fixed_phase);
    let structural = match structural {
        Structural::Auto => own.structural || settings.benchmark == Settings::OWN_TRAJECTORIES,
        structural => structural == Structural::Yes,
    };
    let own =
        MetamaterialSettings { trajectories: runs, data_seed, seed, batch, lr, hidden, amplitude, period, structural, ..own };
    MetamaterialSettings { steps: epochs * own.steps_of_an_epoch(), ..own }
}

/// Learning rate with these dynamics.
fn rate(settings: &Settings, asked: Dynamics, dynamics: Dynamics) -> f64 {
    let lr = settings.training.lr;
    let is_usual = asked == Dynamics::Auto && lr == MetamaterialSettings::from_dynamics(asked, false).lr;
    if is_usual { MetamaterialSettings::from_dynamics(dynamics, false).lr } else { lr }
}

/// Adopts dynamics, widths and invariants of a model file.
pub(crate) fn take_shape(settings: &mut Settings, text: &str) -> Result<(), String> {
    let file = MaterialFile::read(text).map_err(|e| e.to_string())?;
    settings.choose_dynamics(file.dynamics);
    settings.training.hidden.clone_from(&file.hidden);
    let is_structural = settings_of(settings, settings.data.samples).structural;
    if let Some(own) = settings.material_mut().filter(|_| is_structural != file.features.structural) {
        own.structural = if file.features.structural { Structural::Yes } else { Structural::No };
    }
    Ok(())
}

/// Opens a fit of a material.
///
/// # Errors
/// Every unusable setting, or the fault of the table or the file.
pub fn open(mut settings: Settings, given: FitInputs) -> OpenedFit {
    let refused = |sentence: String| vec![InvalidSetting::new("", sentence)];
    let file = given.model.map(MaterialFile::read).transpose().map_err(|e| refused(e.to_string()))?;
    if let Some(text) = given.model {
        take_shape(&mut settings, text).map_err(refused)?;
    }
    let mut run = if settings.benchmark == Settings::OWN_TRAJECTORIES {
        let Some(table) = given.table else {
            return Err(refused("Your own trajectories need a file: open or drop one.".into()));
        };
        let data = read_trajectories(&table.name, table.text.as_bytes(), &table.columns).map_err(|e| refused(e.to_string()))?;
        own_run(&mut settings, data)
    } else {
        let [fewest, most] = MetamaterialSettings::TRAJECTORY_LIMITS;
        if !(fewest..=most).contains(&settings.data.samples) {
            let sentence =
                format!("samples must be at least {fewest} and at most {most} here: trajectories, of which a fifth is held out");
            return Err(vec![InvalidSetting::new("samples", sentence)]);
        }
        MetamaterialRun::new(settings_of(&settings, settings.data.samples))
    };
    if let Some(file) = &file {
        run.continue_from(file).map_err(refused)?;
    }
    Ok(Box::new(MaterialJob::new(run, settings)))
}

/// Opens a fit of a material to these trajectories.
pub(crate) fn open_trajectories(mut settings: Settings, data: Trajectories) -> OpenedFit {
    settings.check()?;
    let run = own_run(&mut settings, data);
    Ok(Box::new(MaterialJob::new(run, settings)))
}

/// Returns true if the settings leave the choice of the dynamics to the data.
fn is_automatic(settings: &Settings) -> bool {
    settings.material().is_some_and(|own| own.dynamics == Dynamics::Auto)
}

fn own_run(settings: &mut Settings, mut data: Trajectories) -> MetamaterialRun {
    let runs = data.trajectories.len();
    if runs == 1 && is_automatic(settings) {
        data.notes.push(SINGLE_RUN_NOTE.into());
    }
    settings.data.samples = runs;
    MetamaterialRun::on(settings_of(settings, runs), data)
}

type EvaluatedPosition = (TrajectoryResponse, Metrics<MaterialMetrics>);
/// Number of completed trials, epoch of the run, and whether training has ended.
type TrialPosition = (usize, u64, bool);

/// Run with its settings, its history and its views.
struct MaterialJob {
    /// The fit, or a trial of one kind of dynamics while these are compared.
    run: MetamaterialRun,
    /// Choice of the dynamics, if the data determine them.
    choice: Option<DynamicsChoice>,
    settings: Settings,
    history: History,
    ended: Option<State>,
    altered: bool,
    /// Response along the held-out runs with the metrics, and their position.
    evaluated: Option<(TrialPosition, Rc<EvaluatedPosition>)>,
    views: MaterialViews,
}

impl MaterialJob {
    fn new(run: MetamaterialRun, settings: Settings) -> Self {
        let runs = run.data.trajectories.len();
        let (choice, run) = if !run.has_single_run() && is_automatic(&settings) {
            let (choice, first) = DynamicsChoice::new(&run, |dynamics| with_dynamics(&settings, runs, dynamics));
            (Some(choice), first)
        } else {
            (None, run)
        };
        let views = MaterialViews::new(&run);
        let history = History::default();
        Self { run, choice, settings, history, ended: None, altered: false, evaluated: None, views }
    }

    fn notes(&self) -> &[StageNote] {
        self.choice.as_ref().map_or(&[], |choice| &choice.notes)
    }

    /// Choice of the dynamics that is not yet complete.
    fn open_choice(&self) -> Option<&DynamicsChoice> {
        self.choice.as_ref().filter(|choice| !choice.is_complete())
    }

    /// Response along the held-out runs, and the metrics of the fit, computed once per epoch.
    fn evaluated(&mut self) -> Rc<EvaluatedPosition> {
        let position = self.position();
        if let Some((_, evaluated)) = self.evaluated.as_ref().filter(|(of, _)| *of == position) {
            return Rc::clone(evaluated);
        }
        let held_out = self.run.held_out.clone();
        let answer = self.run.answer(&held_out, false);
        let mut metrics = self.run.metrics_of(&answer);
        (metrics.epochs, metrics.seconds) = (self.epoch(), self.seconds());
        metrics.stages = self.notes().to_vec();
        if self.ended.is_some() {
            metrics.warnings.extend(self.run.misfit(&answer, self.choice.is_some()));
            metrics.warnings.extend(self.run.excess_dissipation(&metrics.own));
        }
        let evaluated = Rc::new((answer, metrics));
        self.evaluated = Some((position, Rc::clone(&evaluated)));
        evaluated
    }

    /// Errors of the outputs, if they belong to the current fit.
    fn kept_errors(&self) -> Vec<KeptError> {
        let is_current = |(of, _): &&(TrialPosition, Rc<EvaluatedPosition>)| *of == self.position();
        let Some((_, evaluated)) = self.evaluated.as_ref().filter(is_current) else { return Vec::new() };
        let own = &evaluated.1.own;
        let errors = own.outputs.iter().zip(&own.rmse).zip(&own.r2);
        errors.filter_map(|((of, &rmse), &r2)| KeptError::new(of.clone(), rmse, r2)).collect()
    }

    /// Number of epochs. Epochs of trials count in their notes only.
    fn epoch(&self) -> u64 {
        if self.open_choice().is_some() { 0 } else { self.run.epoch() }
    }

    fn seconds(&self) -> f64 {
        self.run.seconds + self.choice.as_ref().map_or(0.0, |choice| choice.seconds)
    }

    /// History as CSV: epoch, smallest and largest loss since the line before.
    fn history_csv(&self) -> String {
        let lines = self.history.entries().iter().map(|e| format!("{},{:e},{:e}\n", e.epoch, e.loss_low, e.loss_high));
        std::iter::once("epoch,loss_low,loss_high\n".to_string()).chain(lines).collect()
    }

    fn model_text(&self) -> String {
        let mut settings = self.settings.clone();
        let MetamaterialSettings { dynamics, lr, .. } = self.run.settings;
        if let Some(own) = settings.material_mut().filter(|own| own.dynamics == Dynamics::Auto) {
            own.dynamics = dynamics;
            settings.training.lr = lr;
        }
        MaterialFile { settings: Some(settings.kept()), errors: self.kept_errors(), ..self.run.file() }.write()
    }

    fn position(&self) -> TrialPosition {
        (self.notes().len(), self.run.epoch(), self.ended.is_some())
    }
}

impl Job for MaterialJob {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn progress(&self) -> JobProgress {
        JobProgress {
            position: self.notes().iter().map(|note| note.epochs).sum::<u64>() + self.run.epoch(),
            epoch: self.epoch(),
            seconds: self.seconds(),
            last_epoch: self.settings.training.epochs,
            takes_changes: self.open_choice().is_none(),
            ..JobProgress::default()
        }
    }

    fn advance(&mut self, epochs: u64) -> u64 {
        let first = self.epoch();
        for _ in 0..epochs {
            if self.ended.is_some() {
                break;
            }
            if let Some(choice) = self.choice.as_mut().filter(|choice| !choice.is_complete()) {
                choice.advance(&mut self.run);
                continue;
            }
            self.run.advance(1);
            let (epoch, loss) = (self.epoch(), self.run.loss());
            if let Some(divergence) = self.run.divergence() {
                self.history.rewind(divergence.restored_epoch);
                self.ended = Some(State::Diverged { sentence: divergence.sentence() });
                break;
            }
            self.history.record(epoch, loss, Default::default);
            if epoch >= self.settings.training.epochs {
                self.ended = Some(State::Finished { sentence: format!("Reached epoch {}.", whole(epoch)) });
            }
        }
        self.epoch().saturating_sub(first)
    }

    fn ended(&self) -> Option<&State> {
        self.ended.as_ref()
    }

    fn stage(&self) -> Option<Stage> {
        self.open_choice().map(|choice| choice.stage(&self.run))
    }

    fn change(&mut self, settings: &Settings) -> Result<(), Vec<InvalidSetting>> {
        settings.check()?;
        let TrainingSettings { lr, epochs, .. } = settings.training;
        let training = TrainingSettings { lr, epochs, ..self.settings.training.clone() };
        let tuned = Settings { training, ..self.settings.clone() };
        if tuned != *settings || self.open_choice().is_some() && tuned != self.settings {
            return Err(needs_new_job());
        }
        if tuned != self.settings {
            self.altered |= self.epoch() > 0;
            let own = &self.run.settings;
            let lr = if is_automatic(&self.settings) { rate(settings, Dynamics::Auto, own.dynamics) } else { lr };
            self.run.change(lr, epochs * self.run.settings.steps_of_an_epoch());
            let epoch = self.epoch();
            let sentence = format!("Reached epoch {}.", whole(epoch));
            self.ended = (epoch >= epochs).then_some(State::Finished { sentence });
            self.settings = tuned;
        }
        Ok(())
    }

    fn metrics(&mut self) -> Metrics {
        self.evaluated().1.clone().map(ProblemMetrics::Material)
    }

    fn scene(&self) -> (Scene, Vec<f32>) {
        let data = &self.run.data;
        let scene = Scene {
            samples: 0,
            // A potential of strain and memory has no curve on a line.
            inputs: data.inputs.len() + 1,
            names: data.inputs.iter().chain(data.outputs.first()).cloned().collect(),
            has_truth: !self.run.truth.is_empty(),
            views: self.tabs(),
            ..Scene::default()
        };
        (scene, Vec::new())
    }

    fn frame(&mut self, _freshness: Freshness) -> (Frame, Vec<f32>) {
        let metrics = self.metrics();
        let entries = self.history.entries();
        let frame = Frame {
            epochs: self.epoch(),
            status: self.ended.clone().unwrap_or_default(),
            last_epoch: self.settings.training.epochs,
            metrics,
            altered: self.altered,
            layout: FrameLayout { points: 0, modes: 0, history: entries.len() },
            ..Frame::default()
        };
        (frame, columns(entries, 0).collect())
    }

    fn file_text(&self, file: JobFile) -> String {
        match file {
            JobFile::Model => self.model_text(),
            JobFile::History => self.history_csv(),
        }
    }

    fn notes(&self) -> Vec<String> {
        self.run.data.notes.clone()
    }

    fn tabs(&self) -> Vec<Tab> {
        self.views.tabs()
    }

    fn view(&mut self, state: &ViewState) -> Option<View> {
        let evaluated = self.evaluated();
        self.views.view(&mut self.run, &evaluated.0, state)
    }
}

#[cfg(test)]
mod tests;

//! A density over time, fitted to samples: at each time `q = exp(-Psi)/Z` by maximum likelihood (Sec. 4.2 of the paper).
//!
//! Two benchmarks are of this kind: the Schlögl reaction, whose samples are drawn and whose exact law is known, and a user's own samples.
//! Strength of the decay and pooling are chosen by cross-validation ([`choice`]); then each time is fitted, from the latest to the
//! earliest, and modes that the samples do not need are removed ([`tasks`]). The exact law is used for judging alone. An epoch is a step of any
//! of these fits.

mod choice;
mod evaluation;
mod file;
mod fitter;
mod removal;
mod samples;
pub mod settings;
mod start;
mod tasks;
pub mod views;

use std::collections::VecDeque;

use web_time::Instant;

use crate::dynamics::schlogl::Schlogl;
use crate::landscape::Minimum;
use crate::model::Architecture;
use crate::problem::benchmarks::{Benchmark, Given, Opened, in_systems, shape_in_systems};
use crate::problem::frame::{Frame, Layout, Scene, Status};
use crate::problem::job::Job;
use crate::problem::settings::{InvalidSetting, Pooling, Problem, Settings};
use crate::problem::view::{Tab, View, ViewState};
use crate::problem::{Metrics, Report, State};
use crate::recipe::{Stage, StageNote};
use choice::{FOLDS, POOLINGS, Scores};
pub use evaluation::{Comparison, DensityReport, Rule};
use fitter::{FitInProgress, Fitter};
pub use samples::{STATES, Samples, TIMES};
use settings::DensitySettings;
use tasks::{FitTask, Phase};

/// What no recipe for densities uses yet.
const UNUSED: &[&str] = &["recipe", "epsilon", "gate-lr", "schedule", "stop-loss"];
/// What a model file gives as its format.
const FORMAT: &str = "multiwell-density";

/// The Schlögl reaction.
pub const SCHLOGL: Benchmark = Benchmark {
    id: "schlogl",
    name: "Schlögl reaction",
    sentence: "The density of a bistable reaction over time as exp(−Ψ)/Z, learnt from 200 simulated trajectories.",
    apply_defaults,
    unused: UNUSED,
    format: FORMAT,
    own: false,
    parts: &[],
    take_shape: shape_in_systems(take_shape),
    open: in_systems(open),
};

/// A user's own samples.
pub const OWN_SAMPLES: Benchmark = Benchmark {
    id: Settings::OWN_SAMPLES,
    name: "Your own samples",
    sentence: "The density of samples as exp(−Ψ)/Z, one for each column of a table.",
    unused: &["recipe", "epsilon", "gate-lr", "schedule", "stop-loss", "samples", "data-seed"],
    own: true,
    parts: &[samples::SAMPLES],
    ..SCHLOGL
};

fn apply_defaults(settings: &mut Settings) {
    let Settings { training, data, problem, .. } = settings;
    (training.modes, training.hidden, data.samples) = (5, vec![10, 10], 200);
    (training.lr, training.epochs) = (3e-2, 3000);
    *problem = Problem::Density(DensitySettings::default());
}

/// Modes and widths of a model file.
fn take_shape(settings: &mut Settings, text: &str) -> Result<(), String> {
    let file =
        Settings::of_file(text).ok_or_else(|| "the file is no model of a density, or its settings are damaged".to_string())?;
    (settings.training.modes, settings.training.hidden) = (file.training.modes, file.training.hidden);
    Ok(())
}

fn open(settings: Settings, given: Given) -> Opened {
    DensityRun::open(settings, given).map(|run| Box::new(run) as Box<dyn Job>)
}

/// The fit of one set of samples.
#[derive(Clone, Debug)]
struct Fit {
    params: Vec<f32>,
    /// Shift and scale of a state for the network.
    scaling: [f64; 2],
    /// The weight of its decay.
    decay: f64,
    pooling: Pooling,
    /// Whether every mode that is left has been found to be needed.
    is_settled: bool,
}

/// A line of the history: a fit that has ended.
struct Line {
    epoch: u64,
    what: String,
    loss: f64,
    rho: f64,
}

/// Samples, and the density of each set that has been fitted.
pub struct DensityRun {
    settings: Settings,
    own: DensitySettings,
    samples: Samples,
    /// The reaction that they are of, if they are.
    model: Option<Schlogl>,
    arch: Architecture,
    fitter: Fitter,
    /// Shift and scale of a state for the network.
    scaling: [f64; 2],
    phase: Phase,
    tasks: VecDeque<FitTask>,
    in_progress: Option<(FitTask, FitInProgress)>,
    scores: Scores,
    /// Parameters at the strength in the middle, for each set and fold, and each pooling.
    begun: Vec<[Vec<f32>; POOLINGS.len()]>,
    /// The strength of the decay and the pooling of each set, once chosen.
    chosen: Option<Vec<(f64, Pooling)>>,
    fits: Vec<Option<Fit>>,
    /// The best fit yet of the set that is being fitted, if it was begun again.
    candidate: Option<Fit>,
    /// How many fits were begun again.
    repeats: u64,
    history: Vec<Line>,
    /// What has been chosen and why.
    notes: Vec<StageNote>,
    epoch: u64,
    last_epoch: u64,
    parts: u64,
    /// How often a mode may yet be removed from each set's fit.
    tries: Vec<u64>,
    ended: Option<State>,
    seconds: f64,
    evaluation: evaluation::Evaluation,
}

impl DensityRun {
    /// Draws or reads the samples; nothing is fitted yet, but for what a model file holds.
    ///
    /// # Errors
    /// Every setting that cannot be used, or what is wrong with the table or the file.
    pub fn open(settings: Settings, given: Given) -> Result<Self, Vec<InvalidSetting>> {
        settings.check()?;
        let named = |sentence: String| vec![InvalidSetting::new("", sentence)];
        let own = settings.benchmark == Settings::OWN_SAMPLES;
        let samples = match given.table {
            _ if !own => Samples::of_reaction(&settings).map_err(|problem| vec![problem])?,
            Some(table) => Samples::of_table(table).map_err(|e| named(e.to_string()))?,
            None => return Err(named("a density of your own samples needs their table; open it first".into())),
        };
        let model = (!own).then(|| samples::reaction(&settings));
        let mut run = Self::with(settings, samples, model);
        if let Some(text) = given.model {
            run.restore(text).map_err(named)?;
        }
        Ok(run)
    }

    fn with(settings: Settings, samples: Samples, model: Option<Schlogl>) -> Self {
        let arch = Architecture::new(1, settings.training.modes, &settings.training.hidden);
        let fitter = Fitter::new(&arch, settings.training.seed, samples.top);
        let sets = samples.sets();
        let scaling = match &model {
            Some(_) => samples::REACTION_SCALING.map(|length| length * samples.top as f64 / STATES as f64),
            None => samples.scaling(),
        };
        let evaluation = evaluation::Evaluation::new(&samples, model.as_ref());
        let mut run = Self {
            scores: Scores::new((0..sets).map(|set| samples.rows_used(set)).collect()),
            begun: vec![Default::default(); sets * FOLDS],
            fits: vec![None; sets],
            candidate: None,
            repeats: 0,
            phase: Phase::Pooling,
            tasks: VecDeque::new(),
            in_progress: None,
            chosen: None,
            history: Vec::new(),
            notes: Vec::new(),
            epoch: 0,
            last_epoch: 0,
            parts: 0,
            tries: vec![settings.training.modes as u64 - 1; sets],
            ended: None,
            seconds: 0.0,
            own: settings.density().cloned().unwrap_or_default(),
            settings,
            samples,
            model,
            arch,
            fitter,
            scaling,
            evaluation,
        };
        run.plan();
        run
    }

    /// The samples.
    pub fn samples(&self) -> &Samples {
        &self.samples
    }

    /// The reaction that the samples are of, if they are.
    pub fn model(&self) -> Option<&Schlogl> {
        self.model.as_ref()
    }

    /// The fitted density of a set, over the states; `None` if it has not been fitted yet.
    pub fn density(&mut self, set: usize) -> Option<Vec<f64>> {
        let Fit { params, scaling, .. } = self.fits.get(set)?.as_ref()?;
        Some(self.fitter.probabilities(params, self.samples.top + 1, *scaling))
    }

    /// The epoch at which everything will have been fitted, at the latest: modes that are needed are not known beforehand.
    pub fn last_epoch(&self) -> u64 {
        self.last_epoch
    }

    /// How many sets have been fitted; the latest are the first.
    pub fn fitted(&self) -> usize {
        self.fits.iter().flatten().count()
    }

    /// Parts of the work, fits of the cross-validation included, that are done; and all there are.
    pub fn progress(&self) -> [u64; 2] {
        [self.history.len() as u64, self.parts]
    }

    /// Minima of `-log` of a density of a set: its modes, with the barriers between them. In units of `kT` where the density is a thermal one.
    pub fn minima(&self, set: usize, density: &[f64]) -> Vec<Minimum> {
        let modes = evaluation::modes_of(density);
        let barriers = evaluation::barriers(density, &modes);
        let place = |(n, barrier): (usize, Option<f64>)| Minimum {
            x: vec![self.samples.value(set, n as f64)],
            value: -(density[n] / self.samples.unit(set)[1]).ln(),
            barrier,
            ..Minimum::default()
        };
        modes.into_iter().zip(barriers).map(place).collect()
    }

    fn stage(&self) -> Option<Stage> {
        let (name, sentence) = match self.phase {
            _ if self.ended.is_some() => return None,
            Phase::Pooling => {
                ("choosing pooling", "Each fold of the samples is left out in turn; the likelihood of those left out decides.")
            }
            Phase::Strength => {
                ("choosing decay", "Looking for the strongest decay within one standard error of the best held-out likelihood.")
            }
            Phase::Fits => ("fitting", "Each set of samples is fitted by maximum likelihood, the latest first."),
            Phase::Removal => {
                ("removing modes", "The mode with the least probability is closed and the others fit again: is it needed?")
            }
        };
        let [done, of] = self.progress();
        Some(Stage { name: name.into(), done, of, by_steps: false, sentence: sentence.into() })
    }
}

impl Job for DensityRun {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Only a fit that has ended shows anything new.
    fn position(&self) -> u64 {
        self.history.len() as u64
    }

    fn seconds(&self) -> f64 {
        self.seconds
    }

    fn advance(&mut self, epochs: u64) -> u64 {
        let (started, first) = (Instant::now(), self.epoch);
        while self.ended.is_none() && self.epoch - first < epochs {
            if self.in_progress.is_none() {
                match self.tasks.pop_front() {
                    Some(task) => self.in_progress = Some((task, self.begin(task))),
                    None => self.next_phase(),
                }
            }
            let Some((_, fit)) = &mut self.in_progress else { continue };
            if let Err(divergence) = self.fitter.epoch(fit) {
                self.diverge(divergence);
                break;
            }
            self.epoch += 1;
            if fit.is_done()
                && let Some((task, fit)) = self.in_progress.take()
            {
                self.finish(task, &fit);
                // The last one ends the run at once.
                if self.tasks.is_empty() {
                    self.next_phase();
                }
            }
        }
        self.seconds += started.elapsed().as_secs_f64();
        self.epoch - first
    }

    fn ended(&self) -> Option<&State> {
        self.ended.as_ref()
    }

    /// Rate and steps are those of every fit: other ones are a new run's.
    fn takes_changes(&self) -> bool {
        false
    }

    fn change(&mut self, settings: &Settings) -> Result<(), Vec<InvalidSetting>> {
        settings.check()?;
        if *settings == self.settings {
            return Ok(());
        }
        Err(vec![InvalidSetting::new("", "This change needs a new run: restart to apply it.")])
    }

    fn metrics(&mut self, _: &dyn Fn() -> bool) -> Metrics {
        Metrics::Density(self.full_report())
    }

    fn last_epoch(&self) -> u64 {
        self.last_epoch
    }

    fn stage(&self) -> Option<Stage> {
        Self::stage(self)
    }

    fn remarks(&self) -> Vec<String> {
        let is_several = self.samples.sets() > 1 && self.samples.times.is_empty();
        let remark = || "each column is fitted as a density of its own; a joint density is not offered yet".into();
        is_several.then(remark).into_iter().collect()
    }

    fn report(&mut self) -> Report {
        self.short_report()
    }

    fn scene(&self) -> (Scene, Vec<f32>) {
        let samples = &self.samples;
        let set = samples.sets() - 1;
        let last = samples.of(set);
        let minima = self.evaluation.laws.last().map(|law| self.minima(set, law)).unwrap_or_default();
        let scene = Scene {
            samples: last.len(),
            inputs: 1,
            names: vec![if self.model.is_some() { "X" } else { "value" }.into(), "-log q".into()],
            domain: [samples.value(set, 0.0), samples.value(set, samples.top as f64)],
            points: 0,
            has_truth: self.model.is_some(),
            views: self.tabs(),
            minima,
            maxima: Vec::new(),
        };
        let places = last.iter().map(|&n| samples.value(set, n) as f32);
        (scene, places.chain(last.iter().map(|_| 0.0)).collect())
    }

    fn frame(&mut self, _patience: f64) -> (Frame, Vec<f32>) {
        let lines = &self.history;
        let columns: [fn(&Line) -> f64; 6] = [|l| l.epoch as f64, |l| l.loss, |l| l.loss, |_| 0.0, |_| 0.0, |l| l.rho];
        let numbers = columns.iter().flat_map(|column| lines.iter().map(|line| column(line) as f32)).collect();
        let layout = Layout { points: 0, modes: 0, history: lines.len() };
        let frame = Frame {
            status: self.ended.clone().unwrap_or(Status::Paused),
            last_epoch: self.last_epoch,
            report: self.short_report(),
            stage: self.stage(),
            layout,
            ..Frame::default()
        };
        (frame, numbers)
    }

    fn model_text(&self) -> String {
        self.save()
    }

    fn history_csv(&self) -> String {
        let mut text = String::from("epoch,fit,loss,rho\n");
        for Line { epoch, what, loss, rho } in &self.history {
            text += &format!("{epoch},{what},{loss},{rho}\n");
        }
        text
    }

    fn tabs(&self) -> Vec<Tab> {
        views::tabs(self)
    }

    fn view(&mut self, state: &ViewState) -> Option<View> {
        views::view(self, state)
    }

    fn work(&mut self, _look: &ViewState) -> bool {
        self.compare_next()
    }
}

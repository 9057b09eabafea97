//! A training run that can be stepped: data, model, objective, trainer and history, put together from [`Settings`].
//!
//! Equal settings on equal data give equal bits, however the epochs are cut into calls. The only clock here measures the time
//! spent training; it decides nothing.

use web_time::Instant;

use super::Report;
use super::benchmarks::UnknownBenchmark;
use super::forces;
use super::judge::{Judge, Search};
use super::paper::Paper;
use super::protocol::{Frame, Layout, Scene, Stage, Status};
use super::reliable::{self, Reliable, Task};
use super::settings::{Problem, Recipe, Sampling, Scaling, Schedule, Settings, Symmetry};
use crate::data::{Dataset, sampling};
use crate::landscape::Minimum;
use crate::nn::model_file::{FORMAT, FileScaling, ModelFile, VERSION};
use crate::nn::{Architecture, lse, potential};
use crate::objective::lesson::{self, Lesson};
use crate::plot::ticks::whole;
use crate::potentials::{self, GeneCircuit, Potential, RandomWells};
use crate::train::history::Reading;
use crate::train::{Divergence, History};

/// Where a run's data come from.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant)]
pub enum Source {
    /// The benchmark named in the settings, sampled by their seed.
    Benchmark,
    /// A user's own points.
    Own(Dataset),
}

/// Where a run stands.
pub type State = Status;

/// What a recipe does.
enum Course {
    Paper(Box<Paper>),
    Reliable(Box<Reliable>),
}

/// A run: data, model, recipe, history.
pub struct Run {
    settings: Settings,
    truth: Option<Box<dyn Potential>>,
    data: Dataset,
    arch: Architecture,
    scaling: FileScaling,
    course: Course,
    history: History,
    judge: Judge,
    ended: Option<State>,
    altered: bool,
    /// Epochs that had been trained before this run began, in the file that it started from.
    epochs_before: u64,
    seconds: f64,
    report: Option<(u64, Instant, Report)>,
}

impl Run {
    /// Checks the settings, draws the data and the initial parameters. A model file to start from brings its own shape and
    /// scaling, which replace those of the settings.
    ///
    /// # Errors
    /// Every setting that cannot be used, each with a sentence.
    pub fn new(mut settings: Settings, source: Source, start: Option<&ModelFile>) -> Result<Self, Vec<Problem>> {
        if let Some(file) = start {
            (settings.modes, settings.hidden) = (file.modes, file.hidden.clone());
            (settings.skip, settings.symmetry) = (file.skip, file.symmetry);
        }
        settings.check()?;
        let (truth, data) = match source {
            Source::Own(data) => (None, data),
            Source::Benchmark => {
                let truth = target(&settings)
                    .ok_or_else(|| vec![Problem::new("benchmark", UnknownBenchmark(settings.benchmark.clone()).to_string())])?;
                let Settings { samples, noise, data_seed, .. } = settings;
                let data = match settings.sampling {
                    Sampling::Uniform => sampling::uniform(&*truth, samples, noise, data_seed),
                    Sampling::Grid => sampling::grid(&*truth, samples, noise, data_seed),
                };
                (Some(truth), data)
            }
        };
        let arch = Architecture::new(data.inputs(), settings.modes, &settings.hidden).with(settings.skip, settings.symmetry);
        let by_forces = forces::apply(&settings, &data);
        let scaling = match (start, settings.recipe) {
            (Some(file), _) => file.scaling.clone(),
            (None, Recipe::Reliable) if !by_forces => over_domain(&data),
            (None, Recipe::Paper) if settings.scaling == Scaling::Raw => FileScaling::identity(data.inputs()),
            (None, _) => lesson::standard(&data),
        };
        let scaling = match settings.symmetry {
            Symmetry::Exchange => lesson::exchangeable(&scaling),
            Symmetry::None => scaling,
        };
        let fit = start.map(|file| start_from(file, &data)).transpose()?;
        let judge = Judge::new(&arch, &scaling, &data, truth.as_deref());
        let judge = match (&truth, &data.gradient) {
            (Some(truth), Some(_)) => {
                judge.on(sampling::held_out(&**truth, settings.samples, forces::HELD_OUT, settings.data_seed))
            }
            _ => judge,
        };
        let lesson = Lesson::new(&data, &scaling, settings.value_weight);
        let course = match settings.recipe {
            Recipe::Reliable if !by_forces => {
                let bounds = judge
                    .bounds()
                    .iter()
                    .enumerate()
                    .map(|(k, ends)| ends.map(|x| (x - scaling.input_shift[k]) / scaling.input_scale[k]));
                let bounds: Vec<[f64; 2]> = bounds.collect();
                let (sigma, threshold) = (data.fine_sigma() / scaling.output_scale, judge.threshold() / scaling.output_scale);
                let task = Task::new(lesson.x, lesson.targets, &bounds, sigma, threshold);
                Course::Reliable(Box::new(Reliable::new(&arch, task, settings.seed, fit)))
            }
            _ => {
                let params = fit.unwrap_or_else(|| forces::start(&potential::declared(&arch), settings.seed, by_forces));
                Course::Paper(Box::new(Paper::new(&arch, &lesson, &params, by_forces)))
            }
        };
        Ok(Self {
            truth,
            arch,
            scaling,
            course,
            history: History::default(),
            judge,
            ended: None,
            altered: false,
            epochs_before: start.map_or(0, |file| file.epochs),
            seconds: 0.0,
            report: None,
            data,
            settings,
        })
    }

    /// The settings as they are now.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Epochs done.
    pub fn epoch(&self) -> u64 {
        match &self.course {
            Course::Paper(paper) => paper.epoch(),
            Course::Reliable(reliable) => reliable.epoch(),
        }
    }

    /// Seconds spent training.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// Trains up to `epochs` more epochs; ends early at the last epoch, at the loss asked for, or when training diverges.
    /// Returns the number of epochs done. How the epochs are cut into calls does not change a single bit.
    pub fn advance(&mut self, epochs: u64) -> u64 {
        let started = Instant::now();
        let first = self.epoch();
        let mut left = epochs;
        while left > 0 && self.ended.is_none() {
            // A step of a second-order method takes as long as many epochs.
            left = left.saturating_sub(if let Course::Reliable(reliable) = &self.course { reliable.cost() } else { 1 });
            self.one_epoch();
        }
        self.seconds += started.elapsed().as_secs_f64();
        self.epoch().saturating_sub(first)
    }

    fn one_epoch(&mut self) {
        match self.course {
            Course::Paper(_) => self.epoch_of_paper(),
            Course::Reliable(_) => self.step_of_reliable(),
        }
    }

    fn epoch_of_paper(&mut self) {
        let Course::Paper(paper) = &mut self.course else { return };
        let epoch = paper.epoch();
        if epoch >= self.settings.epochs {
            self.ended = Some(State::Finished { sentence: format!("Reached epoch {}.", whole(epoch)) });
            return;
        }
        let loss = match paper.evaluate(&self.settings) {
            Ok(loss) => loss,
            Err(divergence) => return self.diverge(&divergence),
        };
        let judge = &mut self.judge;
        self.history.note(epoch, loss.total, || judge.reading(paper.params()));
        if let Some(stop) = self.settings.stop_loss.filter(|&stop| loss.total < stop) {
            let sentence = format!("Reached a loss below {stop:e} at epoch {}.", whole(epoch));
            self.ended = Some(State::Finished { sentence });
            return;
        }
        if let Err(divergence) = paper.step(&self.settings) {
            return self.diverge(&divergence);
        }
        if paper.epoch() == self.settings.epochs {
            self.ended = Some(State::Finished { sentence: format!("Reached epoch {}.", whole(self.settings.epochs)) });
        }
    }

    fn step_of_reliable(&mut self) {
        let Course::Reliable(reliable) = &mut self.course else { return };
        if !reliable.is_done() {
            let loss = match reliable.evaluate() {
                Ok(loss) => loss,
                Err(divergence) => return self.diverge(&divergence),
            };
            let judge = &mut self.judge;
            // Steps that are no epochs follow one another in the history all the same.
            self.history.note(reliable.epoch() + reliable.lm_steps(), loss, || judge.reading(&narrow(&reliable.params())));
            reliable.step(&self.settings, loss);
        }
        if reliable.is_done() {
            self.ended = Some(State::Finished { sentence: reliable::ending(reliable.epoch(), reliable.lm_steps()) });
        }
    }

    fn diverge(&mut self, divergence: &Divergence) {
        let Divergence { epoch, what, back_to } = divergence;
        self.history.rewind(*back_to);
        let sentence = format!(
            "Training diverged at epoch {}: {what}. The fit is back at epoch {}; lower the learning rate and go on, or restart.",
            whole(*epoch),
            whole(*back_to)
        );
        self.ended = Some(State::Diverged { sentence });
    }

    /// Why the run has stopped by itself; `None` while it can go on.
    pub fn ended(&self) -> Option<&State> {
        self.ended.as_ref()
    }

    /// Takes over the settings that do not restart a run: epsilon, rates, schedule, stops. A run that had ended goes on if they
    /// let it.
    ///
    /// # Errors
    /// Every setting that cannot be used, or that would need a restart; the run goes on as it was.
    pub fn change(&mut self, settings: &Settings) -> Result<(), Vec<Problem>> {
        settings.check()?;
        let tuned = Settings {
            epsilon: settings.epsilon,
            lr: settings.lr,
            gate_lr: settings.gate_lr,
            schedule: settings.schedule,
            epochs: settings.epochs,
            stop_loss: settings.stop_loss,
            ..self.settings.clone()
        };
        if tuned != *settings {
            return Err(vec![Problem::new("", "This change needs a new run: restart to apply it.")]);
        }
        // More epochs of a constant rate are what a longer run would have done; every other change leaves a trace.
        let longer = Settings { epochs: tuned.epochs, ..self.settings.clone() };
        let is_constant = tuned.schedule == Schedule::Constant && tuned.recipe == Recipe::Paper;
        let same_path = tuned == longer && (is_constant || tuned.epochs == self.settings.epochs);
        self.altered |= self.epoch() > 0 && !same_path;
        if tuned != self.settings {
            self.ended = None;
        }
        self.settings = tuned;
        if matches!(self.course, Course::Paper(_)) && self.epoch() >= self.settings.epochs {
            self.ended = Some(State::Finished { sentence: format!("Reached epoch {}.", whole(self.epoch())) });
        }
        self.report = None;
        Ok(())
    }

    /// The numbers.
    pub fn report(&mut self) -> Report {
        self.report_by(Search::Thorough)
    }

    fn report_by(&mut self, search: Search) -> Report {
        let loss = match &mut self.course {
            Course::Paper(paper) => paper.loss(&self.settings),
            Course::Reliable(reliable) => reliable.loss(),
        };
        let params = self.params();
        let mut report = self.judge.report(&params, search);
        report.benchmark.clone_from(&self.data.name);
        report.seed = self.settings.seed;
        report.data_seed = self.settings.data_seed;
        report.true_rho = self.truth.as_ref().and_then(|truth| truth.sharpness());
        report.epochs = self.epoch();
        report.loss = loss.total;
        report.mse = loss.data;
        report.seconds = self.seconds;
        report.ms_per_epoch = if report.epochs > 0 { 1e3 * self.seconds / report.epochs as f64 } else { 0.0 };
        report.finite = loss.total.is_finite() && !matches!(self.ended, Some(State::Diverged { .. }));
        if let Course::Reliable(reliable) = &self.course {
            (report.stages, report.lm_steps) = (reliable.notes().to_vec(), reliable.lm_steps());
        }
        // What was searched for quickly is of no epoch: it does not count as the report of this one.
        let position = if search == Search::Thorough { self.position() } else { u64::MAX };
        self.report = Some((position, Instant::now(), report.clone()));
        report
    }

    /// The numbers of the last report, or of one made now if there is none: cheap while training, but not of this very epoch.
    ///
    /// # Panics
    /// Never: a report is kept when it is made.
    pub fn last_report(&mut self) -> &Report {
        if self.report.is_none() {
            self.report();
        }
        &self.report.as_ref().expect("one has just been made").2
    }

    /// What does not change during the run, with its array: data x, data y, and the truth on the grid if it is known.
    pub fn scene(&self) -> (Scene, Vec<f32>) {
        let grid = self.judge.grid();
        let threshold = self.judge.threshold();
        let extrema = self.truth().map(|truth| crate::landscape::of_truth(truth, threshold)).unwrap_or_default();
        let scene = Scene {
            samples: self.data.samples(),
            inputs: self.data.inputs(),
            names: self.data.names.clone(),
            domain: self.judge.bounds()[0],
            points: grid.len(),
            has_truth: self.truth.is_some(),
            views: Vec::new(),
            minima: extrema.minima,
            maxima: extrema.maxima,
        };
        let truth = self.truth.iter().flat_map(|truth| grid.iter().map(|&x| truth.value(&[x])));
        let numbers = self.data.x.column(0).into_iter().copied().chain(self.data.y.iter().copied()).chain(truth);
        (scene, numbers.map(|x| x as f32).collect())
    }

    /// The state with its array. `status` and `epochs_per_second` are left to the caller, who has a clock. The numbers of the
    /// report may be those of `patience` seconds ago while training goes on, and new minima may be missing from it in more than one
    /// dimension; 0 asks for those of this very epoch, and for all of them.
    pub fn frame(&mut self, patience: f64) -> (Frame, Vec<f32>) {
        let epoch = self.position();
        let recent = |(of, at, _): &(u64, Instant, Report)| *of == epoch || at.elapsed().as_secs_f64() < patience;
        let report = match self.report.as_ref().filter(|r| recent(r)) {
            Some((.., report)) => report.clone(),
            None => self.report_by(if patience > 0.0 { Search::Quick } else { Search::Thorough }),
        };
        let entries = self.history.entries();
        let points = self.judge.grid().len();
        let layout = Layout { points, modes: self.arch.modes, history: entries.len() };
        let mut numbers = Vec::with_capacity(layout.len());
        self.judge.curves(&narrow(&self.params()), &mut numbers);
        numbers.extend(entries.iter().map(|e| e.epoch as f32));
        numbers.extend(entries.iter().map(|e| e.loss_low as f32));
        numbers.extend(entries.iter().map(|e| e.loss_high as f32));
        numbers.extend(entries.iter().map(|e| e.responsible as f32));
        numbers.extend(entries.iter().map(|e| e.active as f32));
        numbers.extend(entries.iter().map(|e| e.rho as f32));
        for mode in 0..self.arch.modes {
            numbers.extend(entries.iter().map(|e| e.gates[mode] as f32));
        }
        let frame = Frame {
            status: self.ended.clone().unwrap_or_default(),
            last_epoch: self.settings.epochs,
            epochs_per_second: 0.0,
            report: Report { epochs: self.epoch(), ..report },
            maxima: self.judge.maxima().to_vec(),
            mode_of_minimum: self.judge.mode_of_minimum().to_vec(),
            reach: self.judge.reach().to_vec(),
            altered: self.altered,
            stage: self.stage(),
            layout,
        };
        (frame, numbers)
    }

    /// The fit as it is now, to be evaluated.
    pub fn potential(&self) -> crate::nn::Potential {
        let mut fit = crate::nn::Potential::new(&self.arch, &self.scaling, self.params());
        let offset = self.judge.offset(&mut fit);
        fit.lift(-offset);
        fit
    }

    /// Evaluates fits of this run in single precision; its parameters are [`Run::narrow_params`]. A potential learnt from its gradient
    /// alone lies [`Run::offset`] too high.
    pub fn evaluator(&self, parts: potential::Parts) -> potential::Evaluator<f32> {
        potential::Evaluator::new(&self.arch, self.scaling.clone(), parts)
    }

    /// The parameters in single precision.
    pub fn narrow_params(&self) -> Vec<f32> {
        narrow(&self.params())
    }

    /// The constant by which the fit lay above the truth at the last report, or above zero if that is not known; zero unless the
    /// gradient alone is learnt.
    pub fn offset(&self) -> f64 {
        self.judge.last_offset()
    }

    /// Number of inputs.
    pub fn inputs(&self) -> usize {
        self.arch.inputs
    }

    /// Names of the inputs and of the output.
    pub fn names(&self) -> &[String] {
        &self.data.names
    }

    /// The sampled domain: `[low, high]` for each input.
    pub fn bounds(&self) -> &[[f64; 2]] {
        self.judge.bounds()
    }

    /// The samples that are learnt from.
    pub fn data(&self) -> &Dataset {
        &self.data
    }

    /// The samples that errors are measured on.
    pub fn held_out(&self) -> &Dataset {
        self.judge.held_out()
    }

    /// Minima of the truth, if it is known.
    pub fn true_minima(&self) -> Option<&[Minimum]> {
        self.judge.truth()
    }

    /// For each minimum of the last report, the mode most responsible there.
    pub fn mode_of_minimum(&self) -> &[usize] {
        self.judge.mode_of_minimum()
    }

    /// What it is judged by.
    pub(super) fn judge(&self) -> &Judge {
        &self.judge
    }

    /// What is to be learnt, if it is known.
    pub fn truth(&self) -> Option<&dyn Potential> {
        self.truth.as_deref()
    }

    /// Removes modes for good: training goes on with the others, N stays.
    pub(super) fn close(&mut self, modes: &[usize]) {
        match &mut self.course {
            Course::Paper(paper) => paper.close(modes),
            Course::Reliable(reliable) => {
                reliable.close(modes);
                // What is left can be refined again.
                self.ended = None;
            }
        }
        self.altered = true;
        self.report = None;
    }

    /// The parameters, scaled as the network sees them, in the order of the flat vector.
    pub fn params(&self) -> Vec<f64> {
        match &self.course {
            Course::Paper(paper) => paper.params().iter().map(|&p| f64::from(p)).collect(),
            Course::Reliable(reliable) => reliable.params(),
        }
    }

    /// The stage that the recipe is in, if it has stages and has not come to their end.
    pub fn stage(&self) -> Option<Stage> {
        match &self.course {
            Course::Paper(_) => None,
            Course::Reliable(reliable) => reliable.stage(&self.settings),
        }
    }

    /// Epochs and other steps done.
    pub(super) fn position(&self) -> u64 {
        let steps = if let Course::Reliable(reliable) = &self.course { reliable.lm_steps() } else { 0 };
        self.epoch() + steps
    }

    /// The fit as a file.
    pub fn model_file(&self) -> ModelFile {
        let (target, inputs) = self.data.names.split_last().expect("a data set names its output");
        let mut file = ModelFile {
            format: FORMAT.into(),
            version: VERSION,
            modes: self.arch.modes,
            hidden: self.arch.hidden.clone(),
            skip: self.arch.skip,
            symmetry: self.arch.symmetry,
            inputs: inputs.to_vec(),
            target: target.clone(),
            scaling: self.potential().scaling().clone(),
            params: std::collections::BTreeMap::new(),
            epochs: self.epochs_before + self.epoch(),
            settings: serde_json::to_value(&self.settings).ok(),
        };
        potential::params_into_file(&self.arch, &self.params(), &mut file);
        file
    }

    /// The history as CSV: epoch, smallest and largest loss since the line before, responsible modes, active gates, rho, one
    /// column a gate.
    pub fn history_csv(&self) -> String {
        let mut text = String::from("epoch,loss_low,loss_high,responsible_modes,active_gates,rho");
        for mode in 0..self.arch.modes {
            text += &format!(",gate_{mode}");
        }
        text.push('\n');
        for e in self.history.entries() {
            text += &format!("{},{:e},{:e},{},{},{}", e.epoch, e.loss_low, e.loss_high, e.responsible, e.active, e.rho);
            for gate in &e.gates {
                text += &format!(",{gate}");
            }
            text.push('\n');
        }
        text
    }
}

/// The benchmark that the settings name, with the numbers that are theirs to choose; `None` for a user's own data.
pub fn target(settings: &Settings) -> Option<Box<dyn Potential>> {
    match settings.benchmark.as_str() {
        RandomWells::ID => Some(Box::new(RandomWells::new(settings.target_kind, settings.target_seed))),
        GeneCircuit::ID => Some(Box::new(GeneCircuit { b: settings.b })),
        id => potentials::find(id),
    }
}

/// The parameters of a file, if its inputs are those of the data.
fn start_from(file: &ModelFile, data: &Dataset) -> Result<Vec<f64>, Vec<Problem>> {
    let (of_file, of_data) = (file.inputs.len(), data.inputs());
    if of_file != of_data {
        let sentence = format!("The model has {of_file} inputs and the data {of_data}: choose data with the model's inputs.");
        return Err(vec![Problem::new("model", sentence)]);
    }
    potential::params_from_file(file).map_err(|e| vec![Problem::new("model", e.to_string())])
}

/// The scaling of the recipe `reliable`: inputs from -3 to 3, values to mean zero and a standard deviation of one.
fn over_domain(data: &Dataset) -> FileScaling {
    let ends = data.bounds();
    let half = |[low, high]: [f64; 2]| if high > low { (high - low) / 6.0 } else { 1.0 };
    FileScaling {
        input_shift: ends.iter().map(|[low, high]| 0.5 * (low + high)).collect(),
        input_scale: ends.iter().map(|&ends| half(ends)).collect(),
        ..lesson::standard(data)
    }
}

fn narrow(params: &[f64]) -> Vec<f32> {
    params.iter().map(|&p| p as f32).collect()
}

/// What the history wants to know at an epoch, from the gates' `a` and what the responsibilities reach.
pub(super) fn reading(a: &[f32], rho: f64, reach: &[f64]) -> Reading {
    let gates: Vec<f64> = a.iter().map(|&a| lse::gate(f64::from(a))).collect();
    Reading {
        responsible: crate::landscape::responsible_modes(reach),
        active: gates.iter().filter(|&&g| g > ACTIVE_GATE).count(),
        rho,
        gates,
    }
}

/// A gate above this value counts as active.
pub const ACTIVE_GATE: f64 = 0.01;

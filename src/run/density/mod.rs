//! A density over time, fitted to samples: at each time `q = exp(-Psi)/Z` by maximum likelihood (Sec. 4.2 of the paper).
//!
//! Two benchmarks are of this kind: the Schlögl reaction, whose samples are drawn and whose exact law is known, and a user's own samples.
//! Strength of the decay and pooling are chosen by cross-validation ([`choice`]); then each time is fitted, from the latest to the
//! earliest. The exact law is used for judging alone. An epoch is a step of any of these fits.

mod choice;
mod file;
mod fitter;
mod judge;
mod samples;

use std::collections::VecDeque;

use web_time::Instant;

use super::benchmarks::{Benchmark, Given, Opened, in_systems};
use super::job::Job;
use super::protocol::{Frame, Layout, Scene, Stage, Status};
use super::settings::{Pooling, Problem, Settings, Start};
use super::{Report, StageNote, State};
use crate::landscape::Minimum;
use crate::nn::Architecture;
use crate::objective::density::Weights;
use crate::physics::schlogl::Schlogl;
use crate::views::{self, Look, Sight, Tab};
use choice::{FOLDS, MIDDLE, POOLINGS, STRENGTHS, Scores};
use fitter::{Course, Fitter, binned, place};
pub use judge::{Comparison, DensityReport, Rule};
pub use samples::{STATES, Samples, TIMES};

/// Points of the grid that a fit is trained on.
const GRID: usize = 151;
/// That of the shorter fits of the cross-validation.
const COARSE: usize = 64;
/// Steps of a fit in the cross-validation, as a part of those of a whole fit; and of one that goes on from another.
const SHARE: u64 = 8;
/// See [`SHARE`].
const FURTHER: u64 = 10;
/// Where the network has its middle: below that of the line for the reaction, whose laws lean to the left.
const SHIFT: f64 = 300.0;
/// The same for a user's samples.
const MIDDLE_OF_LINE: f64 = STATES as f64 / 2.0;

/// The settings that do something in a density's fit.
const SETTINGS: &[&str] = &[
    "modes",
    "hidden",
    "lr",
    "epochs",
    "seed",
    "decay",
    "kl",
    "start",
    "pooling",
    "samples",
    "data-seed",
    "c1",
    "c2",
    "c3",
    "c4",
];
/// Those among them that do nothing in a potential.
const OWN: &[&str] = &["decay", "kl", "start", "pooling", "c1", "c2", "c3", "c4"];
/// Those that do something where the samples are given.
const OF_SAMPLES: &[&str] = &["modes", "hidden", "lr", "epochs", "seed", "decay", "kl", "start", "pooling"];
/// What a model file gives as its format.
const FORMAT: &str = "multiwell-density";

/// The Schlögl reaction.
pub const SCHLOGL: Benchmark = Benchmark {
    id: "schlogl",
    name: "Schlögl reaction",
    sentence: "The density of a bistable reaction over time as exp(−Ψ)/Z, learnt from 200 simulated trajectories.",
    suit,
    settings: Some(SETTINGS),
    own_settings: OWN,
    format: FORMAT,
    own: false,
    parts: &[],
    open: in_systems(open),
};

/// A user's own samples.
pub const OWN_SAMPLES: Benchmark = Benchmark {
    id: Settings::OWN_SAMPLES,
    name: "Your own samples",
    sentence: "The density of samples as exp(−Ψ)/Z, one for each column of a table.",
    settings: Some(OF_SAMPLES),
    own: true,
    parts: &[samples::SAMPLES],
    ..SCHLOGL
};

fn suit(settings: &mut Settings) {
    (settings.modes, settings.hidden, settings.samples) = (5, vec![10, 10], 200);
    (settings.lr, settings.epochs) = (3e-2, 3000);
}

fn open(settings: Settings, given: Given) -> Opened {
    DensityRun::open(settings, given).map(|run| Box::new(run) as Box<dyn Job>)
}

/// The fit of one set of samples.
#[derive(Clone, Debug)]
struct Fit {
    params: Vec<f32>,
    /// The weight of its decay.
    decay: f64,
    pooling: Pooling,
}

/// What is to be done next.
#[derive(Clone, Copy, Debug)]
enum Task {
    /// Fit a set without a fold, and score what was left out; `further` goes on from the fit at the strength in the middle.
    Score { set: usize, fold: usize, pooling: usize, strength: usize, further: bool },
    /// Fit a set.
    Fit { set: usize },
}

/// Which tasks are being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Pooling,
    Strength,
    Fits,
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
    samples: Samples,
    /// The reaction that they are of, if they are.
    model: Option<Schlogl>,
    arch: Architecture,
    fitter: Fitter,
    part: Part,
    tasks: VecDeque<Task>,
    course: Option<(Task, Course)>,
    scores: Scores,
    /// Parameters at the strength in the middle, for each set and fold, and each pooling.
    begun: Vec<[Vec<f32>; POOLINGS.len()]>,
    /// The strength and the pooling of each set, once chosen.
    chosen: Option<(f64, Vec<Pooling>)>,
    fits: Vec<Option<Fit>>,
    history: Vec<Line>,
    /// What has been chosen and why.
    notes: Vec<StageNote>,
    epoch: u64,
    last_epoch: u64,
    parts: u64,
    ended: Option<State>,
    seconds: f64,
    judge: judge::Judge,
}

impl DensityRun {
    /// Draws or reads the samples; nothing is fitted yet, but for what a model file holds.
    ///
    /// # Errors
    /// Every setting that cannot be used, or what is wrong with the table or the file.
    pub fn open(settings: Settings, given: Given) -> Result<Self, Vec<Problem>> {
        settings.check()?;
        let named = |sentence: String| vec![Problem::new("", sentence)];
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
        let arch = Architecture::new(1, settings.modes, &settings.hidden);
        let shift = if model.is_some() { SHIFT } else { MIDDLE_OF_LINE };
        let fitter = Fitter::new(&arch, settings.seed, samples.top, shift);
        let sets = samples.sets();
        let judge = judge::Judge::new(&samples, model.as_ref());
        let mut run = Self {
            scores: Scores::new(sets, samples.rows()),
            begun: vec![Default::default(); sets * FOLDS],
            fits: vec![None; sets],
            part: Part::Pooling,
            tasks: VecDeque::new(),
            course: None,
            chosen: None,
            history: Vec::new(),
            notes: Vec::new(),
            epoch: 0,
            last_epoch: 0,
            parts: 0,
            ended: None,
            seconds: 0.0,
            settings,
            samples,
            model,
            arch,
            fitter,
            judge,
        };
        run.plan();
        run
    }

    /// Poolings that may be chosen, by their places in [`POOLINGS`].
    fn poolings(&self) -> Vec<usize> {
        match POOLINGS.iter().position(|p| *p == self.settings.pooling) {
            // Only what is ordered in time has neighbours.
            _ if self.samples.times.len() < 2 => vec![0],
            Some(one) => vec![one],
            None => vec![0, 1, 2],
        }
    }

    /// Lists what is to be done first, and counts the steps of all that will be.
    fn plan(&mut self) {
        let (sets, poolings) = (self.samples.sets(), self.poolings());
        let is_open = self.settings.decay.is_none() || poolings.len() > 1;
        let folds = || (0..sets).flat_map(|set| (0..FOLDS).map(move |fold| (set, fold)));
        if is_open {
            for (set, fold) in folds() {
                let task = |&pooling: &usize| Task::Score { set, fold, pooling, strength: MIDDLE, further: false };
                self.tasks.extend(poolings.iter().map(task));
            }
        }
        let [short, further] = self.steps();
        let scored = self.tasks.len() as u64;
        let others = if self.settings.decay.is_none() { (sets * FOLDS * (STRENGTHS.len() - 1)) as u64 } else { 0 };
        self.parts = scored + others + sets as u64;
        self.last_epoch = scored * short + others * further + sets as u64 * self.settings.epochs;
        if !is_open {
            self.choose();
        }
    }

    /// Steps of a fit in the cross-validation, and of one that goes on from another.
    fn steps(&self) -> [u64; 2] {
        [SHARE, FURTHER].map(|part| (self.settings.epochs / part).max(1))
    }

    /// Says what a part of the work has come to.
    fn conclude(&mut self, name: &str, sentence: String) {
        let before: u64 = self.notes.iter().map(|note| note.epochs).sum();
        self.notes.push(StageNote { name: name.into(), epochs: self.epoch - before, sentence });
    }

    /// Moves on to the next part when all of one has been done.
    fn next_part(&mut self) {
        if self.part == Part::Pooling && self.poolings().len() > 1 {
            let first = self.chosen_poolings().iter().position(|&k| k > 0);
            let sentence = first.map_or("Neighbouring times are not pooled.".into(), |set| {
                format!("From {}, neighbouring times are pooled.", self.samples.labels[set])
            });
            self.conclude("choosing pooling", sentence);
        }
        match self.part {
            Part::Pooling if self.settings.decay.is_none() => {
                self.part = Part::Strength;
                let poolings = self.chosen_poolings();
                for (set, pooling) in poolings.into_iter().enumerate() {
                    for fold in 0..FOLDS {
                        let others = (0..STRENGTHS.len()).filter(|&k| k != MIDDLE);
                        self.tasks.extend(others.map(|strength| Task::Score { set, fold, pooling, strength, further: true }));
                    }
                }
            }
            Part::Pooling | Part::Strength => self.choose(),
            Part::Fits => {
                let sets = self.samples.sets();
                self.conclude("fitting", "Each set of samples by maximum likelihood, the latest first.".into());
                let what = if sets == 1 { "The density is".into() } else { format!("All {sets} densities are") };
                self.ended = Some(State::Finished { sentence: format!("{what} fitted.") });
            }
        }
    }

    /// The pooling of each set, by its place in [`POOLINGS`].
    fn chosen_poolings(&self) -> Vec<usize> {
        match self.poolings()[..] {
            [one] => vec![one; self.samples.sets()],
            _ => self.scores.poolings(MIDDLE),
        }
    }

    /// Settles strength and poolings, and lists the fits.
    fn choose(&mut self) {
        let poolings = self.chosen_poolings();
        let strength = self.settings.decay.unwrap_or_else(|| STRENGTHS[self.scores.strength(&poolings)]);
        if self.settings.decay.is_none() {
            let words = "the strongest within one standard error of the best held-out likelihood";
            self.conclude("choosing decay", format!("Chosen decay {strength}/n: {words}."));
        }
        self.chosen = Some((strength, poolings.into_iter().map(|k| POOLINGS[k]).collect()));
        self.list_fits();
    }

    /// Lists the fits that are not there yet, from the latest to the earliest.
    fn list_fits(&mut self) {
        self.part = Part::Fits;
        let missing = (0..self.fits.len()).rev().filter(|&set| self.fits[set].is_none());
        self.tasks = missing.map(|set| Task::Fit { set }).collect();
    }

    /// Shares of the data on a grid for the fit of a set, with one fold left out or none; and the number of samples that they are worth.
    fn shares(&self, set: usize, pooling: Pooling, points: usize, without: Option<usize>) -> (Vec<f64>, f64) {
        let mut shares = vec![0.0; points];
        let mut counts = vec![0.0; self.samples.sets()];
        for (other, number) in counts.iter_mut().enumerate() {
            let weight = choice::weight(pooling, set, other);
            if weight > 0.0 {
                let kept = self.samples.rows_of(other).filter(|(row, _)| Some(row % FOLDS) != without);
                let binned = binned(kept.map(|(_, state)| state), self.samples.top, points);
                *number = binned.iter().sum();
                shares.iter_mut().zip(binned).for_each(|(share, count)| *share += weight * count);
            }
        }
        (crate::estimate::normalised(shares), choice::worth(pooling, set, &counts))
    }

    /// Begins a task.
    fn begin(&self, task: Task) -> Course {
        let (lr, uniform) = (self.settings.lr, self.settings.kl);
        let course = |shares: &[f64], worth: f64, strength: f64, steps: u64, start: &[f32]| {
            let weights = Weights { decay: strength / worth, uniform };
            self.fitter.begin(shares, weights, lr, steps, start)
        };
        match task {
            Task::Score { set, fold, pooling, strength, further } => {
                let (shares, worth) = self.shares(set, POOLINGS[pooling], COARSE, Some(fold));
                let strength = self.settings.decay.unwrap_or(STRENGTHS[strength]);
                let [fresh, longer] = self.steps();
                let begun = &self.begun[set * FOLDS + fold][pooling];
                let (steps, start) = if further { (longer, begun) } else { (fresh, &self.fitter.first) };
                course(&shares, worth, strength, steps, start)
            }
            Task::Fit { set } => {
                let (strength, pooling) = self.choice_of(set);
                let (shares, worth) = self.shares(set, pooling, GRID, None);
                let last = self.fits.get(set + 1).and_then(Option::as_ref).filter(|_| self.settings.start == Start::Last);
                let start = last.map_or(&self.fitter.first, |fit| &fit.params);
                course(&shares, worth, strength, self.settings.epochs, start)
            }
        }
    }

    fn choice_of(&self, set: usize) -> (f64, Pooling) {
        let chosen = self.chosen.as_ref();
        chosen.map_or((STRENGTHS[MIDDLE], Pooling::Alone), |(strength, poolings)| (*strength, poolings[set]))
    }

    /// Keeps what has come of a task.
    fn finish(&mut self, task: Task, course: Course) {
        let params = course.params;
        let (what, loss) = match task {
            Task::Score { set, fold, pooling, strength, further } => {
                let step = self.samples.top as f64 / (COARSE - 1) as f64;
                let probabilities = self.fitter.probabilities(&params, COARSE);
                let surprise: Vec<f64> = probabilities.iter().map(|p| -(p / step).max(f64::MIN_POSITIVE).ln()).collect();
                let (mut sum, mut count) = (0.0, 0.0);
                for (row, state) in self.samples.rows_of(set).filter(|(row, _)| row % FOLDS == fold) {
                    let (below, part) = place(state, self.samples.top, COARSE);
                    let score = (1.0 - part) * surprise[below] + part * surprise[below + 1];
                    self.scores.note(set, pooling, strength, row, score);
                    (sum, count) = (sum + score, count + 1.0);
                }
                let label = &self.samples.labels[set];
                let strength = self.settings.decay.unwrap_or(STRENGTHS[strength]);
                let what = format!("{label} without fold {fold}: {:?} {strength}", POOLINGS[pooling]).to_lowercase();
                if !further {
                    self.begun[set * FOLDS + fold][pooling].clone_from(&params);
                }
                (what, sum / f64::max(count, 1.0))
            }
            Task::Fit { set } => {
                let (strength, pooling) = self.choice_of(set);
                let (_, worth) = self.shares(set, pooling, 2, None);
                let loss = self.likelihood(set, &params);
                self.fits[set] = Some(Fit { params: params.clone(), decay: strength / worth, pooling });
                (self.samples.labels[set].clone(), loss)
            }
        };
        let rho = params.last().map_or(f64::NAN, |&rho| f64::from(rho));
        // In the samples' own units, as every loss that is told.
        let loss = loss + self.samples.unit[1].ln();
        self.history.push(Line { epoch: self.epoch, what, loss, rho });
    }

    /// Mean of `-log q` over the samples of a set, of a probability for each state.
    fn likelihood(&mut self, set: usize, params: &[f32]) -> f64 {
        let top = self.samples.top;
        let own = binned(self.samples.rows_of(set).map(|(_, state)| state), top, top + 1);
        self.fitter.likelihood(params, &crate::estimate::normalised(own))
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
        let params = &self.fits.get(set)?.as_ref()?.params;
        Some(self.fitter.probabilities(params, self.samples.top + 1))
    }

    /// The epoch at which everything is fitted.
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

    /// Minima of `-log` of a density: its modes, with the barriers between them. In units of `kT` where the density is a thermal one.
    pub fn minima(&self, density: &[f64]) -> Vec<Minimum> {
        let modes = judge::modes_of(density);
        let barriers = judge::barriers(density, &modes);
        let place = |(n, barrier): (usize, Option<f64>)| Minimum {
            x: vec![self.samples.value(n as f64)],
            value: -(density[n] / self.samples.unit[1]).ln(),
            barrier,
            ..Minimum::default()
        };
        modes.into_iter().zip(barriers).map(place).collect()
    }

    fn stage(&self) -> Option<Stage> {
        let (name, sentence) = match self.part {
            _ if self.ended.is_some() => return None,
            Part::Pooling => {
                ("choosing pooling", "Each fold of the samples is left out in turn; the likelihood of those left out decides.")
            }
            Part::Strength => {
                ("choosing decay", "Looking for the strongest decay within one standard error of the best held-out likelihood.")
            }
            Part::Fits => ("fitting", "Each set of samples is fitted by maximum likelihood, the latest first."),
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
            if self.course.is_none() {
                match self.tasks.pop_front() {
                    Some(task) => self.course = Some((task, self.begin(task))),
                    None => self.next_part(),
                }
            }
            let Some((_, course)) = &mut self.course else { continue };
            self.fitter.step(course);
            self.epoch += 1;
            if course.is_done()
                && let Some((task, course)) = self.course.take()
            {
                self.finish(task, course);
                // The last one ends the run at once.
                if self.tasks.is_empty() {
                    self.next_part();
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

    fn change(&mut self, settings: &Settings) -> Result<(), Vec<Problem>> {
        settings.check()?;
        if *settings == self.settings {
            return Ok(());
        }
        Err(vec![Problem::new("", "This change needs a new run: restart to apply it.")])
    }

    fn report(&mut self) -> Report {
        self.short_report()
    }

    fn scene(&self) -> (Scene, Vec<f32>) {
        let samples = &self.samples;
        let last = samples.of(samples.sets() - 1);
        let minima = self.judge.laws.last().map(|law| self.minima(law)).unwrap_or_default();
        let scene = Scene {
            samples: last.len(),
            inputs: 1,
            names: vec![if self.model.is_some() { "X" } else { "value" }.into(), "-log q".into()],
            domain: [samples.value(0.0), samples.value(samples.top as f64)],
            points: 0,
            has_truth: self.model.is_some(),
            views: self.tabs(),
            minima,
            maxima: Vec::new(),
        };
        let places = last.iter().map(|&n| samples.value(n) as f32);
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
        views::density::tabs(self)
    }

    fn sight(&mut self, look: &Look) -> Option<Sight> {
        views::density::look(self, look)
    }

    fn work(&mut self, _look: &Look) -> bool {
        self.compare_next()
    }
}

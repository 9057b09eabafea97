//! The recipe `reliable` where derivatives are learnt from: Adam with a cosine in batches, inputs and derivatives standardised, and the
//! sharpness learnt by its logarithm.
//!
//! 1. *starts*: four fits with different initial weights, each trained for a twentieth of the epochs on four fifths of the rows and judged on
//!    the others: plain training from one start loses a well in some runs, and its error tells
//! 2. *joint*: the best of them, on all rows
//!
//! What it rests on: a potential fitted to its gradient alone has to bring its modes together before it can part them, so the sharpness
//! must be free to fall (in standardised units to about 0.05) and to rise again by orders of magnitude; at the rate and the start of the
//! recipe `paper` it stays where it is, and wells come to lie beside their places. What it guarantees is less than for values: no
//! count of modes is certified, none is removed, and nothing is started on the data.

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{Recipe, Training};
use super::{Stage, StageNote};
use crate::data::Dataset;
use crate::loss::training_set::TrainingSet;
use crate::loss::{Loss, Objective};
use crate::model::{Architecture, Convexity, ParamKind, Params, init};
use crate::plan::Batch;
use crate::plot::ticks::number;
use crate::potentials::sampling;
use crate::train::{Divergence, Group, Rates, Trainer, adam, schedule};

/// The sharpness at the start, in standardised units.
const FIRST_RHO: f64 = 1.0;
/// Samples in a batch: the same ones at every epoch, in the order in which they were drawn.
const BATCH: usize = 160;
/// Samples besides those trained on that a fit is judged by.
pub const HELD_OUT: usize = 200;
/// Starts, and the share of all epochs that each of them gets.
const STARTS: usize = 4;
const SHARE: u64 = 20;
/// One row in so many judges the starts.
const FOLD: usize = 5;
/// What is left of the rates at the end of a start, which is to be judged and not to be finished.
const LAST_RATE: f64 = 0.2;

/// The recipe at work.
pub struct Forces {
    objective: Objective<f32>,
    all: Samples,
    trainer: Trainer<f32>,
    /// Those that are tried, until one is chosen.
    starts: Option<Starts>,
    /// Epochs before those of the trainer.
    before: u64,
    chosen: Option<StageNote>,
}

/// Samples as a whole, and the parts of them that are learnt from in turn within an epoch.
struct Samples {
    whole: Batch<f32>,
    parts: Vec<Batch<f32>>,
}

impl Samples {
    fn new(training_set: &TrainingSet, objective: &Objective<f32>) -> Self {
        Self { whole: training_set.batch(objective), parts: training_set.parts(objective, BATCH) }
    }
}

/// The starts, trained one after another.
struct Starts {
    seed: u64,
    /// Epochs of each.
    length: u64,
    /// What they are trained on, and what they are judged by.
    trained_on: Samples,
    judged_by: Batch<f32>,
    /// Whether these are different rows.
    is_held_out: bool,
    /// The mean square of what is learnt, on the rows that they are judged by.
    size: f64,
    /// Mean squared errors of those that have ended.
    errors: Vec<f64>,
    best: Vec<f32>,
}

impl Starts {
    fn new(training_set: &TrainingSet, objective: &Objective<f32>, training: &Training) -> Self {
        let (kept, held_out) = parted(training_set, training.seed);
        let is_held_out = kept.counts() && held_out.counts();
        let (kept, held_out) = if is_held_out { (&kept, &held_out) } else { (training_set, training_set) };
        Self {
            seed: training.seed,
            length: training.epochs / SHARE,
            trained_on: Samples::new(kept, objective),
            judged_by: held_out.batch(objective),
            is_held_out,
            size: held_out.mean_square(),
            errors: Vec::new(),
            best: Vec::new(),
        }
    }

    /// The number of the best one.
    fn chosen(&self) -> usize {
        (0..self.errors.len()).min_by(|&a, &b| self.errors[a].total_cmp(&self.errors[b])).unwrap_or(0)
    }

    fn note(&self) -> StageNote {
        let (number, rows) = (self.chosen() + 1, if self.is_held_out { "held-out rows" } else { "rows" });
        let errors: Vec<String> = self.errors.iter().map(|mse| super::reliable::percent(mse / self.size)).collect();
        let (epochs, errors) = (self.length, errors.join(", "));
        let sentence = format!(
            "{STARTS} starts of {epochs} epochs; their errors on the {rows} are {errors} of what is learnt. Number {number} goes on with all rows."
        );
        StageNote { name: STARTS_NAME.into(), epochs: self.length * STARTS as u64, sentence }
    }
}

/// Four fifths of the samples, and the rest.
fn parted(training_set: &TrainingSet, seed: u64) -> (TrainingSet, TrainingSet) {
    let samples = training_set.samples();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    rng.long_jump();
    let mut is_held_out = vec![false; samples];
    for k in sampling::subset(samples, samples / FOLD, &mut rng) {
        is_held_out[k] = true;
    }
    (training_set.only(|k| !is_held_out[k]), training_set.only(|k| is_held_out[k]))
}

impl Forces {
    /// Begins with starts from the seed; or goes on from the parameters of a fit.
    pub fn new(arch: &Architecture, training_set: &TrainingSet, training: &Training, fit: Option<&[f64]>) -> Self {
        let objective = Objective::new(arch, training_set.target, training_set.weights.is_some());
        let has_starts = fit.is_none() && training.epochs >= SHARE;
        let starts = has_starts.then(|| Starts::new(training_set, &objective, training));
        let params = fit.map_or_else(|| first(objective.params(), training.seed, 0), narrow);
        let trainer = trainer(&objective, arch.convexity, params, training_set.mean_square());
        Self { all: Samples::new(training_set, &objective), objective, trainer, starts, before: 0, chosen: None }
    }

    /// Epochs done.
    pub fn epoch(&self) -> u64 {
        self.before + self.trainer.epoch()
    }

    /// The parameters.
    pub fn params(&self) -> &[f32] {
        self.trainer.params()
    }

    /// The loss at the parameters as they are, on all samples.
    pub fn loss(&mut self, training: &Training) -> Loss {
        self.objective.set_epsilon(training.epsilon);
        self.trainer.loss(&mut self.objective, &self.all.whole)
    }

    /// The first half of an epoch.
    ///
    /// # Errors
    /// If it has diverged; the parameters are then those of a healthy epoch before.
    pub fn evaluate(&mut self, training: &Training) -> Result<Loss, Divergence> {
        self.objective.set_epsilon(training.epsilon);
        let Self { starts, all, trainer, objective, before, .. } = self;
        let Samples { whole, parts } = starts.as_ref().map_or(&*all, |starts| &starts.trained_on);
        trainer.evaluate(objective, parts.first().unwrap_or(whole)).map_err(|divergence| divergence.after(*before))
    }

    /// The second half of an epoch.
    ///
    /// # Errors
    /// As [`Forces::evaluate`].
    pub fn step(&mut self, training: &Training) -> Result<(), Divergence> {
        let Self { starts, all, trainer, objective, before, .. } = self;
        let factor = match starts {
            Some(starts) => schedule::fall(trainer.epoch(), starts.length, LAST_RATE),
            None => schedule::cosine(trainer.epoch(), training.epochs.saturating_sub(*before)),
        };
        let rates = Rates { network: factor * training.lr, gate: factor * training.gate_lr };
        let samples = starts.as_ref().map_or(&*all, |starts| &starts.trained_on);
        for next in samples.parts.iter().skip(1) {
            trainer.nudge(rates);
            trainer.evaluate(objective, next).map_err(|divergence| divergence.after(*before))?;
        }
        trainer.step(rates);
        if starts.as_ref().is_some_and(|starts| trainer.epoch() >= starts.length) {
            self.end_start();
        }
        Ok(())
    }

    /// Judges the start that has ended, and goes on to the next one, or with the best.
    fn end_start(&mut self) {
        let Some(mut starts) = self.starts.take() else { return };
        let error = self.trainer.loss(&mut self.objective, &starts.judged_by).data;
        starts.errors.push(error);
        if starts.chosen() + 1 == starts.errors.len() {
            starts.best = self.trainer.params().to_vec();
        }
        self.before += self.trainer.epoch();
        if starts.errors.len() < STARTS {
            self.trainer.restart(first(self.objective.params(), starts.seed, starts.errors.len()));
            self.starts = Some(starts);
        } else {
            self.chosen = Some(starts.note());
            self.trainer.restart(starts.best);
        }
    }

    /// The stage at work.
    pub fn stage(&self, training: &Training) -> Stage {
        if let Some(starts) = &self.starts {
            let sentence = format!(
                "{STARTS} fits with different initial weights are trained for a while, number {} now; the one with the smallest error on \
                 held-out rows goes on.",
                starts.errors.len() + 1
            );
            let of = starts.length * STARTS as u64;
            return Stage { name: STARTS_NAME.into(), done: self.epoch(), of, by_steps: false, sentence };
        }
        let sentence = "All modes learn the derivatives together. The sharpness falls first, so that the modes meet, and rises as they part.";
        let (done, of) = (self.trainer.epoch(), training.epochs.saturating_sub(self.before));
        Stage { name: NAME.into(), done, of, by_steps: false, sentence: sentence.into() }
    }

    /// The stages that have ended; `rho` is the sharpness in the data's own units.
    pub fn notes(&self, has_ended: bool, rho: f64) -> Vec<StageNote> {
        let mut notes: Vec<StageNote> = self.chosen.iter().cloned().collect();
        if has_ended && self.starts.is_some() {
            let sentence = "The run ended before a start was chosen.".into();
            notes.push(StageNote { name: STARTS_NAME.into(), epochs: self.epoch(), sentence });
        } else if has_ended {
            notes.push(note(self.trainer.epoch(), rho));
        }
        notes
    }

    /// Removes modes for good: training goes on with the others, N stays. Nothing is chosen any more among starts that are at work.
    pub fn close(&mut self, modes: &[usize]) {
        if self.starts.take().is_some() {
            let (params, epochs) = (self.trainer.params().to_vec(), self.epoch());
            let sentence = "A mode was removed by hand: the start at work goes on.".into();
            self.chosen = Some(StageNote { name: STARTS_NAME.into(), epochs, sentence });
            self.before = epochs;
            self.trainer.restart(params);
        }
        self.trainer.close(self.objective.params(), modes);
    }
}

const STARTS_NAME: &str = "starts";
const NAME: &str = "joint";

/// What is said of it when it has ended: what holds of the fit, and what does not.
fn note(epochs: u64, rho: f64) -> StageNote {
    let sentence = format!(
        "The sharpness is {}. Each mode is convex, and the potential is known up to a constant; the number of modes is the one \
         offered, none was removed, and one may hold several wells.",
        number(rho, 3)
    );
    StageNote { name: NAME.into(), epochs, sentence }
}

/// Whether this is what a run does.
pub fn apply(training: &Training, data: &Dataset) -> bool {
    training.recipe == Recipe::Reliable && data.gradient.is_some()
}

/// Where start `k` begins: as under the recipe `paper`, but for the sharpness.
fn first(params: &Params, seed: u64, k: usize) -> Vec<f32> {
    // Seeds far apart, so that the starts of one seed are not those of its neighbours.
    let mut start = init::paper(params, seed.wrapping_add((k as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    params.iter().filter(|p| p.kind == ParamKind::Sharpness).for_each(|p| start[p.range()].fill(FIRST_RHO));
    narrow(&start)
}

fn narrow(params: &[f64]) -> Vec<f32> {
    params.iter().map(|&p| p as f32).collect()
}

/// A trainer whose gates have their floor and whose sharpness has none: it is stepped by its logarithm. `size` is the mean square of
/// what is learnt.
fn trainer(objective: &Objective<f32>, convexity: Convexity, params: Vec<f32>, size: f64) -> Trainer<f32> {
    let mut groups: Vec<Group> = adam::groups(objective.params(), convexity);
    for (group, _) in groups.iter_mut().zip(objective.params().iter()).filter(|(_, p)| p.kind == ParamKind::Sharpness) {
        (group.floor, group.logarithmic) = (None, true);
    }
    let mut trainer = Trainer::new(params, groups);
    // It is restarted at small errors, which the first steps raise.
    trainer.expect(1.0 + size);
    trainer
}

//! The recipe `reliable` for derivatives: Adam in mini-batches with a cosine schedule, standardised inputs and derivatives, and
//! steps on the logarithm of the sharpness.
//!
//! 1. *starts*: four fits with different initial weights, each trained for a twentieth of the epochs on four fifths of the rows
//!    and evaluated on the others; training from a single start loses a well in some runs, which its error shows
//! 2. *joint*: the best of them, trained on all rows
//!
//! A potential fitted to its gradient alone has to bring its modes together before it can separate them. The sharpness must
//! therefore be able to fall (to about 0.05 in standardised units) and to rise again by orders of magnitude. With the rate and
//! initial sharpness of the recipe `paper` it stays constant, and wells are misplaced. The recipe guarantees less than the one
//! for values: the number of modes is not certified, no mode is removed, and the initial modes do not depend on the data.

use super::fitting::{narrow, widen};
use super::reliable::percent;
use super::{Fitting, Stage, StageNote, Training};
use crate::loss::training_set::TrainingSet;
use crate::loss::{Loss, LossValue, Regression};
use crate::model::{Architecture, Convexity, ParamKind, Params, init};
use crate::potentials::sampling;
use crate::text::number;
use crate::train::{Divergence, Group, Rates, Trainer, adam, schedule};

/// Number of samples in a mini-batch. Mini-batches keep the order of the table in every epoch.
const BATCH: usize = 160;
/// Number of additional samples on which the errors of a fit to a benchmark are measured.
pub const HELD_OUT: usize = 200;
/// Number of initial weights that are compared.
const STARTS: usize = 4;
/// Number of epochs per epoch of a start.
const START_EPOCHS: u64 = 20;
/// Number of rows per row that is held out to compare the starts.
const FOLD: usize = 5;
/// Factor on the learning rates at the end of a start. A start is compared with the others and need not have converged.
const LAST_RATE: f64 = 0.2;

/// The recipe in progress.
pub struct Gradient {
    loss: Regression<f32>,
    trainer: Trainer<f32>,
    /// The starts that are being compared, until one is chosen.
    starts: Option<Starts>,
    /// Number of epochs before the first one of the trainer.
    before: u64,
    chosen: Option<StageNote>,
}

/// The starts, which are trained one after another.
struct Starts {
    seed: u64,
    /// Number of epochs of each start.
    length: u64,
    /// The loss for training, followed by the loss for comparison.
    trained_on: Regression<f32>,
    validation: Regression<f32>,
    /// Whether the two losses have different rows.
    is_held_out: bool,
    /// Mean square of the targets on the rows for comparison.
    size: f64,
    /// Mean squared errors of the starts that have ended.
    errors: Vec<f64>,
    best: Vec<f32>,
}

impl Starts {
    fn new(set: &TrainingSet, loss: &Regression<f32>, training: &Training) -> Self {
        let (kept, held_out) = split(set, training.seed);
        let is_held_out = kept.counts() && held_out.counts();
        let (kept, held_out) = if is_held_out { (&kept, &held_out) } else { (set, set) };
        Self {
            seed: training.seed,
            length: training.epochs / START_EPOCHS,
            trained_on: loss.clone().on(kept, Some(BATCH)),
            validation: loss.clone().on(held_out, None),
            is_held_out,
            size: held_out.mean_square(),
            errors: Vec::new(),
            best: Vec::new(),
        }
    }

    /// Index of the best start so far.
    fn chosen(&self) -> usize {
        (0..self.errors.len()).min_by(|&a, &b| self.errors[a].total_cmp(&self.errors[b])).unwrap_or(0)
    }

    fn note(&self) -> StageNote {
        let (number, rows) = (self.chosen() + 1, if self.is_held_out { "held-out rows" } else { "rows" });
        let errors: Vec<String> = self.errors.iter().map(|mse| percent(mse / self.size)).collect();
        let (epochs, errors) = (self.length, errors.join(", "));
        let sentence = format!(
            "{STARTS} starts of {epochs} epochs; their errors on the {rows} are {errors} of what is learnt. Number {number} goes on with all rows."
        );
        StageNote { name: STARTS_NAME.into(), epochs: self.length * STARTS as u64, sentence }
    }
}

/// Splits the samples into four fifths for training and the rest.
fn split(set: &TrainingSet, seed: u64) -> (TrainingSet, TrainingSet) {
    let samples = set.samples();
    let mut is_held_out = vec![false; samples];
    for k in sampling::subset(samples, samples / FOLD, &mut init::stream(seed)) {
        is_held_out[k] = true;
    }
    (set.only(|k| !is_held_out[k]), set.only(|k| is_held_out[k]))
}

impl Gradient {
    /// Begins with starts drawn from the seed, or with the parameters of a fit.
    pub fn new(arch: &Architecture, set: &TrainingSet, training: &Training, fit: Option<Vec<f64>>) -> Self {
        let loss = Regression::new(arch, set).on(set, Some(BATCH));
        let has_starts = fit.is_none() && training.epochs >= START_EPOCHS;
        let starts = has_starts.then(|| Starts::new(set, &loss, training));
        let params = fit.unwrap_or_else(|| init::gradient(loss.params(), training.seed, 0));
        let mut trainer = Trainer::new(narrow(&params), groups(loss.params(), arch.convexity));
        // A fit may begin at a small error, which the first steps raise.
        trainer.expect(1.0 + set.mean_square());
        Self { loss, trainer, starts, before: 0, chosen: None }
    }

    /// Evaluates the start that has ended, and begins the next one or continues with the best.
    fn end_start(&mut self) {
        let Some(mut starts) = self.starts.take() else { return };
        let error = starts.validation.value(self.trainer.params()).data;
        starts.errors.push(error);
        if starts.chosen() + 1 == starts.errors.len() {
            starts.best = self.trainer.params().to_vec();
        }
        self.before += self.trainer.epoch();
        if starts.errors.len() < STARTS {
            self.trainer.restart(narrow(&init::gradient(self.loss.params(), starts.seed, starts.errors.len())));
            self.starts = Some(starts);
        } else {
            self.chosen = Some(starts.note());
            self.trainer.restart(starts.best);
        }
    }
}

impl Fitting for Gradient {
    fn epoch(&self) -> u64 {
        self.before + self.trainer.epoch()
    }

    fn params(&self) -> Vec<f64> {
        widen(self.trainer.params())
    }

    fn loss(&mut self, training: &Training) -> LossValue {
        self.loss.set_epsilon(training.epsilon);
        self.loss.value(self.trainer.params())
    }

    fn evaluate(&mut self, training: &Training) -> Result<LossValue, Divergence> {
        let loss = self.starts.as_mut().map_or(&mut self.loss, |starts| &mut starts.trained_on);
        loss.set_epsilon(training.epsilon);
        self.trainer.evaluate(loss).map_err(|divergence| divergence.after(self.before))
    }

    fn step(&mut self, training: &Training, _loss: LossValue) -> Result<(), Divergence> {
        let Self { starts, loss, trainer, before, .. } = self;
        let factor = match starts {
            Some(starts) => schedule::fall(trainer.epoch(), starts.length, LAST_RATE),
            None => schedule::cosine(trainer.epoch(), training.epochs.saturating_sub(*before)),
        };
        let rates = Rates { network: factor * training.lr, gate: factor * training.gate_lr };
        let loss = starts.as_mut().map_or(loss, |starts| &mut starts.trained_on);
        trainer.step(loss, |_| rates).map_err(|divergence| divergence.after(*before))?;
        if starts.as_ref().is_some_and(|starts| trainer.epoch() >= starts.length) {
            self.end_start();
        }
        Ok(())
    }

    fn stage(&self, training: &Training, has_ended: bool) -> Option<Stage> {
        if has_ended {
            return None;
        }
        if let Some(starts) = &self.starts {
            let sentence = format!(
                "{STARTS} fits with different initial weights are trained for a while, number {} now; the one with the smallest error on \
                 held-out rows goes on.",
                starts.errors.len() + 1
            );
            let of = starts.length * STARTS as u64;
            return Some(Stage { name: STARTS_NAME.into(), done: self.epoch(), of, by_steps: false, sentence });
        }
        let sentence = "All modes learn the derivatives together. The sharpness falls first, so that the modes meet, and rises as they part.";
        let (done, of) = (self.trainer.epoch(), training.epochs.saturating_sub(self.before));
        Some(Stage { name: NAME.into(), done, of, by_steps: false, sentence: sentence.into() })
    }

    fn notes(&self, has_ended: bool, rho: f64) -> Vec<StageNote> {
        let mut notes: Vec<StageNote> = self.chosen.iter().cloned().collect();
        if has_ended && self.starts.is_some() {
            let sentence = "The run ended before a start was chosen.".into();
            notes.push(StageNote { name: STARTS_NAME.into(), epochs: self.epoch(), sentence });
        } else if has_ended {
            notes.push(note(self.trainer.epoch(), rho));
        }
        notes
    }

    fn close(&mut self, modes: &[usize]) -> bool {
        if self.starts.take().is_some() {
            let (params, epochs) = (self.trainer.params().to_vec(), self.epoch());
            let sentence = "A mode was removed by hand: the start at work goes on.".into();
            self.chosen = Some(StageNote { name: STARTS_NAME.into(), epochs, sentence });
            self.before = epochs;
            self.trainer.restart(params);
        }
        self.trainer.close(self.loss.params(), modes);
        false
    }
}

const STARTS_NAME: &str = "starts";
const NAME: &str = "joint";

/// The note on the ended recipe, with what the fit does and does not guarantee.
fn note(epochs: u64, rho: f64) -> StageNote {
    let sentence = format!(
        "The sharpness is {}. Each mode is convex, and the potential is known up to a constant; the number of modes is the one \
         offered, none was removed, and one may hold several wells.",
        number(rho, 3)
    );
    StageNote { name: NAME.into(), epochs, sentence }
}

/// The parameter groups: steps of the sharpness are taken on its logarithm, without a floor.
fn groups(params: &Params, convexity: Convexity) -> Vec<Group> {
    let mut groups = adam::groups(params, convexity);
    for (group, _) in groups.iter_mut().zip(params.iter()).filter(|(_, p)| p.kind == ParamKind::Sharpness) {
        (group.floor, group.logarithmic) = (None, true);
    }
    groups
}

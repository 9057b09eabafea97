//! Fits with different initial weights, compared on held-out rows after a short training.

use super::notes;
use crate::loss::training_set::TrainingSet;
use crate::loss::{Loss, Regression};
use crate::model::init;
use crate::potentials::sampling;
use crate::recipe::StageNote;
use crate::recipe::reliable::percent;

/// Number of samples in a mini-batch. Mini-batches keep the order of the table in every epoch.
pub const BATCH_SAMPLES: usize = 160;
/// Number of initial weights that are compared.
pub const TRIAL_COUNT: usize = 4;
/// Number of rows for each held-out row.
const HELD_OUT_FOLD: usize = 5;

/// Starts with different initial weights, trained one after another.
pub struct WeightTrials {
    /// Loss for training.
    pub trained_on: Regression<f32>,
    validation: Regression<f32>,
    /// Whether the rows for comparison differ from those for training.
    is_held_out: bool,
    /// Mean square of the targets on the rows for comparison.
    size: f64,
    /// Mean squared errors of the starts that have ended.
    errors: Vec<f64>,
    best: Vec<f32>,
}

impl WeightTrials {
    /// Prepares the starts of a fit with this loss.
    pub fn new(set: &TrainingSet, loss: &Regression<f32>, seed: u64) -> Self {
        let (kept, held_out) = split(set, seed);
        let is_held_out = kept.counts() && held_out.counts();
        let (kept, held_out) = if is_held_out { (&kept, &held_out) } else { (set, set) };
        Self {
            trained_on: loss.clone().on(kept, Some(BATCH_SAMPLES)),
            validation: loss.clone().on(held_out, None),
            is_held_out,
            size: held_out.mean_square(),
            errors: Vec::new(),
            best: Vec::new(),
        }
    }

    /// Number of starts that have ended.
    pub fn ended(&self) -> usize {
        self.errors.len()
    }

    /// Evaluates a start that has ended.
    pub fn add(&mut self, params: &[f32]) {
        self.errors.push(self.validation.value(params).data);
        if self.chosen() + 1 == self.errors.len() {
            self.best = params.to_vec();
        }
    }

    /// The parameters of the best start so far.
    pub fn best(&self) -> &[f32] {
        &self.best
    }

    /// Index of the best start so far.
    fn chosen(&self) -> usize {
        (0..self.errors.len()).min_by(|&a, &b| self.errors[a].total_cmp(&self.errors[b])).unwrap_or(0)
    }

    /// Note on all starts after the last one.
    pub fn stage_note(&self, epochs: u64) -> StageNote {
        let (number, rows) = (self.chosen() + 1, if self.is_held_out { "held-out rows" } else { "rows" });
        let errors: Vec<String> = self.errors.iter().map(|mse| percent(mse / self.size)).collect();
        let (length, errors) = (epochs / TRIAL_COUNT as u64, errors.join(", "));
        let sentence = format!(
            "{TRIAL_COUNT} starts of {length} epochs; their errors on the {rows} are {errors} of what is learnt. Number {number} goes on with all rows."
        );
        StageNote { name: notes::STARTS_STAGE.into(), epochs, sentence }
    }
}

/// Splits the samples into four fifths for training and the rest.
fn split(set: &TrainingSet, seed: u64) -> (TrainingSet, TrainingSet) {
    let samples = set.samples();
    let mut is_held_out = vec![false; samples];
    for k in sampling::subset(samples, samples / HELD_OUT_FOLD, &mut init::stream(seed)) {
        is_held_out[k] = true;
    }
    (set.only(|k| !is_held_out[k]), set.only(|k| is_held_out[k]))
}

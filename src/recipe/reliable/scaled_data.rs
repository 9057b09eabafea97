//! Samples in the units of the network, the criteria of the recipe, and the initial modes.

use std::sync::Arc;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::second_order::{self, Candidate};
use crate::landscape;
use crate::loss::gathered::Gathered;
use crate::loss::training_set::{OrderedSamples, TrainingSet};
use crate::loss::{Loss, Regression, RegressionTarget};
use crate::model::potential::{Outputs, declared};
use crate::model::{Architecture, Convexity, features, init};
use crate::numerics::statistics::mean;
use crate::potentials::sampling;
use crate::recipe::FitDomain;
use crate::recipe::active::{ActiveModes, TrainingStage};

/// Largest numbers of epochs of the first stages at full length, see [`super::Objective::FULL_LENGTH_EPOCHS`].
pub const PRETRAINING_EPOCHS: u64 = 1000;
pub const JOINT_EPOCHS: u64 = 2000;
/// Approximate number of samples in a mini-batch: the whole of a curve with default settings.
pub const BATCH_SAMPLES: usize = 200;
/// Largest number of samples for choosing centres and evaluating responsibilities.
const MAX_CHOSEN_SAMPLES: usize = 1000;
/// Largest number of operations in a step of the second-order method on all samples: about a fifth of a second.
const MAX_STEP_OPERATIONS: f64 = 2e9;
/// Number of operations for each sample and parameter in a step of the quasi-Newton method.
const OPERATIONS_PER_SLOPE: f64 = 60.0;
/// Largest number of operations in a step on a subset.
const MAX_SUBSET_STEP_OPERATIONS: f64 = 2e8;
/// Number of samples for each sample that checks the steps on the others.
const CHECK_FOLD: usize = 5;
/// RMSE, in standard deviations of the values, that the quasi-Newton method reaches in single precision.
const QUASI_NEWTON_RMSE: f64 = 2e-3;
/// RMSE, in standard deviations of the values, below which every sharper fit is accepted.
const MIN_VISIBLE_RMSE: f64 = 4e-5;
/// Largest mean squared error that may be due to noise, in units of the variance of the noise: up to twice its standard
/// deviation.
const NOISE_VARIANCE_FACTOR: f64 = 4.0;
/// Ratio of the smallest barrier of a well with noise to the one without, above which noise determines the barrier.
const NOISY_THRESHOLD_FACTOR: f64 = 1.1;
/// Minimum of the largest responsibility of a present mode.
const MIN_RESPONSIBILITY: f64 = 1e-9;

/// Samples and domain in the units of the network.
#[derive(Clone, Debug)]
pub struct ScaledData {
    /// The samples.
    pub set: TrainingSet,
    /// Inputs of randomly chosen samples, at which responsibilities are evaluated and limited.
    pub chosen_x: Vec<f64>,
    /// Mean square that a squared error is compared with. It is the variance of values, which is one unless the normalization of a
    /// model file applies, or the mean square of derivatives.
    pub variance: f64,
    /// Mean square that the costs of modes are relative to.
    pub cost_scale: f64,
    /// The order of the samples in training: random if there are mini-batches.
    order: Vec<usize>,
    /// Indices of the samples in `chosen_x`.
    chosen: Vec<usize>,
    /// Variance of the noise.
    noise: f64,
    /// The smallest barrier of a well. `None` for derivatives, where it follows from the spread of Psi.
    pub threshold: Option<f64>,
    /// Rows of the table, if the samples are averages of them.
    pub rows: Option<Arc<Gathered>>,
    /// Mean squared difference of rows from their averages.
    pub within: f64,
}

impl ScaledData {
    /// Prepares samples in the units of the network.
    pub fn new(set: TrainingSet, domain: &FitDomain) -> Self {
        let FitDomain { sigma, threshold, rows, .. } = domain;
        let (order, chosen, chosen_x) = orders(&set);
        let (variance, noise, threshold) = if set.target == RegressionTarget::Value {
            (variance(&set.targets), sigma * sigma, Some(*threshold))
        } else {
            (set.mean_square(), 0.0, None)
        };
        let rows = rows.clone();
        Self { set, order, chosen, chosen_x, variance, cost_scale: variance, noise, threshold, rows, within: 0.0 }
    }

    /// Makes the costs of modes and the smallest barrier of a well relative to a spread, unless that of the values is smaller.
    pub fn relate_costs_to(&mut self, spread: f64) {
        self.cost_scale = self.variance.min(spread * spread);
        let threshold = landscape::well_threshold(spread, self.noise.sqrt());
        self.threshold = self.threshold.map(|usual| usual.min(threshold));
    }

    /// Mean squared error of all rows, from that of the samples.
    pub fn row_mse(&self, mse: f64) -> f64 {
        mse + self.within
    }

    /// Mean squared error of all rows, from that of the samples, relative to [`ScaledData::variance`].
    pub fn relative(&self, mse: f64) -> f64 {
        self.row_mse(mse) / self.variance
    }

    /// Mean squared error of the samples, from that of all rows.
    pub fn sample_mse(&self, mse: f64) -> f64 {
        mse - self.within
    }

    /// Splits the samples into two parts: all but one in `fold`, drawn from a seed, and the others.
    pub fn split(&self, fold: usize, seed: u64) -> (Self, Self) {
        let samples = self.set.samples();
        let mut is_held_out = vec![false; samples];
        for k in sampling::subset(samples, samples / fold, &mut init::stream(seed)) {
            is_held_out[k] = true;
        }
        let part = |wanted: bool| {
            let set = self.set.subset(|k| is_held_out[k] == wanted);
            let (order, chosen, chosen_x) = orders(&set);
            Self { set, chosen_x, order, chosen, ..self.clone() }
        };
        (part(false), part(true))
    }

    /// Returns true for samples of values, and false if the samples contain derivatives.
    pub fn has_values_only(&self) -> bool {
        self.set.target == RegressionTarget::Value
    }

    /// Squared error at which refining ends: the larger of the variance of the noise and that of an RMSE of `fine` standard
    /// deviations.
    pub fn target_mse(&self, fine: f64) -> f64 {
        self.noise.max(fine * fine * self.variance)
    }

    /// Squared error that single precision allows: the quasi-Newton method need not reach a smaller one.
    pub fn quasi_newton_mse(&self) -> f64 {
        self.target_mse(QUASI_NEWTON_RMSE)
    }

    /// A squared error, or the smallest visible one if that is larger.
    pub fn visible(&self, cost: f64) -> f64 {
        cost.max(MIN_VISIBLE_RMSE * MIN_VISIBLE_RMSE * self.variance)
    }

    /// Returns true if the samples allow the sharper fit in place of the best one. If the error of the best one is noise, they must
    /// require the sharper one. The sharpness has been trained already, and transitions sharper than the likelihood requires
    /// raise barriers too far.
    pub fn allows(&self, sharper: &Candidate, best: &Candidate) -> bool {
        if self.is_noise(best.mse) {
            return sharper.is_better_than(best);
        }
        sharper.cost <= self.visible(0.0) || sharper.is_as_good_as(best)
    }

    /// Returns true if a squared error may be due to noise alone.
    pub fn is_noise(&self, mse: f64) -> bool {
        mse <= NOISE_VARIANCE_FACTOR * self.noise
    }

    /// Mean squared error on all samples, with their weights.
    pub fn mse(&self, active: &ActiveModes, params: &[f64]) -> f64 {
        let outputs = Outputs { gradient: !self.has_values_only(), ..Outputs::default() };
        second_order::errors(&mut active.evaluator(outputs), params, &self.set).1
    }

    /// Regression of the active modes in mini-batches, with optional cells of the modes as `masks` `[samples, modes]`.
    pub fn regression(&self, active: &ActiveModes, masks: Option<&[f32]>) -> Regression<f32> {
        let samples = OrderedSamples { set: &self.set, order: Some(&self.order), masks };
        Regression::new(&active.arch(), samples).in_batches(samples, Some(BATCH_SAMPLES))
    }

    /// Stage of Adam that trains all modes together, or, with `masks` `[samples, modes]`, each mode in one cell.
    pub fn adam(&self, active: &ActiveModes, masks: Option<&[f32]>) -> TrainingStage {
        self.adam_on(active, Box::new(self.regression(active, masks)))
    }

    /// Stage of Adam on a loss of the active modes. Stages often start at a very small error, which the first steps raise.
    pub fn adam_on(&self, active: &ActiveModes, loss: Box<dyn Loss<f32>>) -> TrainingStage {
        TrainingStage::adam(active, loss, Convexity::Projection, 1.0 + self.set.mean_square())
    }

    /// Initial parameters drawn from a seed, and the cells of the modes as masks `[samples, modes]`.
    pub fn start(&self, offered: &Architecture, seed: u64) -> (Vec<f64>, Vec<f32>) {
        let mut rng = init::stream(seed);
        let (x, y) = (&features::of_points(&offered.periodic, &self.set.x), &self.set.targets);
        let width = offered.features();
        let point = |k: usize| &x[k * width..(k + 1) * width];
        let some = &self.chosen;
        let ys: Vec<f64> = some.iter().map(|&k| y[k]).collect();
        let chosen = init::centres(&features::of_points(&offered.periodic, &self.chosen_x), &ys, offered.modes);
        // With fewer points than modes, several modes start at one point.
        let centres: Vec<(Vec<f64>, f64)> =
            (0..offered.modes).map(|mode| some[chosen[mode % chosen.len()]]).map(|k| (point(k).to_vec(), y[k])).collect();
        let full = init::on_data(&declared(offered), x, &centres, &mut rng);
        let mut masks = vec![0.0; y.len() * offered.modes];
        for (k, row) in masks.chunks_exact_mut(offered.modes).enumerate() {
            let apart = |mode: usize| -> f64 { centres[mode].0.iter().zip(point(k)).map(|(c, x)| (c - x) * (c - x)).sum() };
            let nearest = (0..offered.modes).min_by(|&a, &b| apart(a).total_cmp(&apart(b)));
            if let Some(mode) = nearest {
                row[mode] = 1.0;
            }
        }
        (full, masks)
    }

    /// Modes of a fit with a responsibility above `MIN_RESPONSIBILITY` at some point.
    pub fn present(&self, offered: &Architecture, full: &[f64]) -> Vec<usize> {
        let all: Vec<usize> = (0..offered.modes).collect();
        let active = ActiveModes::new(offered, full.to_vec(), all.clone());
        let responsibilities =
            active.evaluator(Outputs { modes: true, ..Outputs::default() }).evaluate(full, &self.chosen_x).responsibilities;
        let largest_responsibilities = landscape::largest_responsibilities(&responsibilities, offered.modes);
        let present: Vec<usize> =
            all.iter().copied().filter(|&mode| largest_responsibilities[mode] > MIN_RESPONSIBILITY).collect();
        if present.is_empty() { all } else { present }
    }

    /// Largest number of samples in a step of the second-order method with this number of parameters that takes no more than
    /// `operations`.
    fn step_samples(&self, operations: f64, params: usize) -> usize {
        let p = params as f64;
        let errors = (operations / (p * p)).max((operations / p).sqrt()).max(100.0) as usize;
        (errors / self.set.target.components(self.set.inputs)).clamp(1, self.set.samples())
    }

    /// Largest number of samples in a step on a subset.
    pub fn max_step_samples(&self, params: usize) -> usize {
        self.step_samples(MAX_SUBSET_STEP_OPERATIONS, params)
    }

    /// Number of samples in a step if all of them are affordable, else as usual.
    pub fn affordable_samples(&self, params: usize) -> usize {
        let most = self.step_samples(MAX_STEP_OPERATIONS, params);
        if most == self.set.samples() { most } else { self.max_step_samples(params) }
    }

    /// Returns true if a quasi-Newton step on all samples is affordable.
    fn affords_quasi_newton(&self, active: &ActiveModes) -> bool {
        let params = active.params().len() as f64;
        let errors = (self.set.samples() * self.set.target.components(self.set.inputs)) as f64;
        self.rows.is_none() && OPERATIONS_PER_SLOPE * params * (errors + params) <= MAX_STEP_OPERATIONS
    }

    /// Returns true if the quasi-Newton method trains the owners of wells: on derivatives, where steps on all samples are affordable. On
    /// values, Adam finds a mode for more of the wells.
    pub fn trains_owners_by_quasi_newton(&self, active: &ActiveModes) -> bool {
        !self.has_values_only() && self.checkable(active).is_some()
    }

    /// Returns true if no second-order method uses all samples, so that Adam continues before it.
    pub fn needs_settling(&self, active: &ActiveModes) -> bool {
        self.max_step_samples(active.params().len()) < self.set.samples() && self.checkable(active).is_none()
    }

    /// Number of samples in checked steps, if [`Self::check_samples`] has one. `None` where the noise determines the smallest barrier of a well.
    pub fn checkable(&self, active: &ActiveModes) -> Option<usize> {
        let usual_threshold = landscape::well_threshold(self.variance.sqrt(), 0.0);
        let is_noisy = self.threshold.is_some_and(|threshold| threshold > NOISY_THRESHOLD_FACTOR * usual_threshold);
        self.check_samples(active).filter(|_| !is_noisy)
    }

    /// Number of samples in checked steps, if steps on all samples are affordable and subsets are small. `None` for values of one input, where
    /// the noise is known.
    pub fn check_samples(&self, active: &ActiveModes) -> Option<usize> {
        let samples = self.set.samples();
        let is_noise_known = self.set.inputs == 1 && self.has_values_only();
        let has_small_subsets = self.max_step_samples(active.params().len()) < samples;
        let is_checkable = self.affords_quasi_newton(active) && !is_noise_known && has_small_subsets;
        is_checkable.then(|| samples - samples / CHECK_FOLD)
    }
}

/// Mean squared deviation from the mean.
fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|y| (y - mean) * (y - mean)).sum::<f64>() / values.len().max(1) as f64
}

/// Order of the samples in training, a random subset of them, and the inputs of the subset.
fn orders(set: &TrainingSet) -> (Vec<usize>, Vec<usize>, Vec<f64>) {
    let (samples, inputs) = (set.samples(), set.inputs);
    let mut order: Vec<usize> = (0..samples).collect();
    if samples >= BATCH_SAMPLES + BATCH_SAMPLES / 2 {
        order.shuffle(&mut Xoshiro256PlusPlus::seed_from_u64(0));
    }
    let chosen = sampling::subset(samples, MAX_CHOSEN_SAMPLES, &mut Xoshiro256PlusPlus::seed_from_u64(0));
    let chosen_x = chosen.iter().flat_map(|&k| set.x[k * inputs..(k + 1) * inputs].iter().copied()).collect();
    (order, chosen, chosen_x)
}

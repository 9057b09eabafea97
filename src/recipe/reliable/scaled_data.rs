//! The samples in the units of the network, the quantities behind the decisions of the recipe, and the initial modes.

use std::sync::Arc;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::active::{ActiveModes, BATCH};
use super::second_order::{self, Candidate, affordable};
use crate::data::local_noise;
use crate::landscape;
use crate::loss::training_set::{Samples, TrainingSet};
use crate::model::potential::{Outputs, declared};
use crate::model::{Architecture, features, init};
use crate::potentials::sampling;
use crate::recipe::Domain;
use crate::recipe::gathered::{Gathered, Placed};

/// Number of points on a line at which auxiliary modes are limited, and between which wells are searched.
const LINE: usize = 201;
/// Largest number of samples for choosing centres and evaluating responsibilities.
const SOME: usize = 1000;
/// Largest number of operations in a step of the second-order method on a subset.
const AFFORDABLE: f64 = 2e8;
/// RMSE, in standard deviations of the values, below which every sharper fit is accepted.
const INVISIBLE: f64 = 4e-5;
/// Up to this multiple of the noise's variance, a mean squared error is that of noise: up to twice its standard deviation.
const NOISY: f64 = 4.0;
/// Noise sets the least barrier of a well if this exceeds the one without noise by this factor.
const NOTICED: f64 = 1.1;
/// A mode with a smaller largest responsibility is absent.
const NOTHING: f64 = 1e-9;

/// Samples and domain in the units of the network.
#[derive(Clone, Debug)]
pub struct ScaledData {
    /// The samples.
    pub set: TrainingSet,
    /// Inputs of randomly chosen samples, at which responsibilities are evaluated.
    pub some: Vec<f64>,
    /// Variance of the values: one, unless a model file has another normalization.
    pub variance: f64,
    /// Points where the responsibility of auxiliary modes is limited, `[points, inputs]`.
    pub watched: Vec<f64>,
    /// The order of the samples in training: random if there are mini-batches.
    order: Vec<usize>,
    /// Indices of the samples in `some`.
    chosen: Vec<usize>,
    inputs: usize,
    domain: Option<[f64; 2]>,
    /// Variance of the noise.
    noise: f64,
    /// The smallest barrier of a well.
    threshold: f64,
    /// The rows, if the samples are averages of them, and the mean squared difference of rows from these.
    rows: Option<Arc<Gathered>>,
    within: f64,
}

impl ScaledData {
    /// Prepares samples of values in the units of the network.
    pub fn new(set: TrainingSet, domain: &Domain) -> Self {
        let Domain { bounds, sigma, threshold, rows, .. } = domain;
        let (x, y) = (&set.x, &set.targets);
        let mean = y.iter().sum::<f64>() / y.len().max(1) as f64;
        let variance = y.iter().map(|y| (y - mean) * (y - mean)).sum::<f64>() / y.len().max(1) as f64;
        let inputs = bounds.len();
        let (order, chosen) = orders(y.len());
        let some: Vec<f64> = chosen.iter().flat_map(|&k| x[k * inputs..(k + 1) * inputs].iter().copied()).collect();
        let (domain, watched) = match bounds[..] {
            [[low, high]] => {
                let line = (0..LINE).map(|k| low + (high - low) * k as f64 / (LINE - 1) as f64);
                (Some([low, high]), line.collect())
            }
            _ => (None, some.clone()),
        };
        let (noise, threshold, rows) = (sigma * sigma, *threshold, rows.clone());
        Self { set, order, chosen, some, variance, watched, inputs, domain, noise, threshold, rows, within: 0.0 }
    }

    /// The rows, if the samples are averages of them; a build for curves has none.
    pub fn rows(&self) -> Option<&Arc<Gathered>> {
        self.rows.as_ref()
    }

    /// The mean squared error of all rows where that of the samples is `mse`.
    pub fn of_rows(&self, mse: f64) -> f64 {
        mse + self.within
    }

    /// The mean squared error of the samples where that of all rows is `mse`.
    pub fn of_samples(&self, mse: f64) -> f64 {
        mse - self.within
    }

    /// Learns from these averages from here on.
    pub fn take(&mut self, placed: Placed) {
        (self.set.targets, self.within) = (placed.targets, placed.within);
    }

    /// The samples in two parts: all but one in `fold`, drawn from a seed, and the others.
    pub fn split(&self, fold: usize, seed: u64) -> (Self, Self) {
        let samples = self.set.samples();
        let mut is_held_out = vec![false; samples];
        for k in sampling::subset(samples, samples / fold, &mut init::stream(seed)) {
            is_held_out[k] = true;
        }
        let part = |wanted: bool| {
            let set = self.set.only(|k| is_held_out[k] == wanted);
            let (order, chosen) = orders(set.samples());
            let some = chosen.iter().flat_map(|&k| set.x[k * self.inputs..(k + 1) * self.inputs].iter().copied()).collect();
            Self { set, some, order, chosen, ..self.clone() }
        };
        (part(false), part(true))
    }

    /// Whether there are so many inputs that no neighbourhood is small, so that the noise cannot be estimated either.
    pub fn is_of_many_inputs(&self) -> bool {
        self.inputs > local_noise::MOST_INPUTS
    }

    /// The squared error at which refining ends: the variance of the noise, or that of an RMSE of `fine` standard deviations.
    pub fn enough(&self, fine: f64) -> f64 {
        self.noise.max(fine * fine * self.variance)
    }

    /// A squared error, or the smallest one that can be seen.
    pub fn visible(&self, cost: f64) -> f64 {
        cost.max(INVISIBLE * INVISIBLE * self.variance)
    }

    /// Whether the samples allow the sharper fit in place of the best one. Where noise is what the best one misses, they must ask for it: the
    /// sharpness has been learnt already, and transitions that are sharper than the likelihood wants make barriers too high.
    pub fn allows(&self, sharper: &Candidate, best: &Candidate) -> bool {
        if self.is_noise(best) {
            return sharper.is_better_than(best);
        }
        sharper.cost <= self.visible(0.0) || sharper.is_as_good_as(best)
    }

    /// Whether noise is what this fit misses.
    pub fn is_noise(&self, fit: &Candidate) -> bool {
        fit.mse <= NOISY * self.noise
    }

    /// The mean squared error of Psi, weighted as the samples are.
    pub fn mse(&self, active: &ActiveModes, params: &[f64]) -> f64 {
        // In single precision for speed: there may be a million samples.
        let params: Vec<f32> = params.iter().map(|&p| p as f32).collect();
        let psi = active.evaluator::<f32>(Outputs::default()).evaluate(&params, &self.set.x).psi;
        self.set.errors(&psi, &[]).iter().map(|error| error * error).sum::<f64>() / self.values().len().max(1) as f64
    }

    /// The samples for Adam, with the cells of the modes as `masks` `[samples, modes]`, if they are given.
    pub fn samples<'a>(&'a self, masks: Option<&'a [f32]>) -> Samples<'a> {
        Samples { set: &self.set, order: Some(&self.order), masks }
    }

    /// Initial parameters drawn from a seed, and the cells of the modes as masks `[samples, modes]`.
    pub fn start(&self, offered: &Architecture, seed: u64) -> (Vec<f64>, Vec<f32>) {
        let mut rng = init::stream(seed);
        let (x, y) = (&features::of_points(&offered.periodic, &self.set.x), self.values());
        let width = offered.features();
        let point = |k: usize| &x[k * width..(k + 1) * width];
        let some = &self.chosen;
        let ys: Vec<f64> = some.iter().map(|&k| y[k]).collect();
        let chosen = init::centres(&features::of_points(&offered.periodic, &self.some), &ys, offered.modes);
        // With fewer points than modes, several modes begin at one point.
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

    /// The modes of a fit with a responsibility above `NOTHING` somewhere.
    pub fn present(&self, offered: &Architecture, full: &[f64]) -> Vec<usize> {
        let all: Vec<usize> = (0..offered.modes).collect();
        let active = ActiveModes::new(offered, full.to_vec(), all.clone());
        let responsibilities =
            active.evaluator(Outputs { modes: true, ..Outputs::default() }).evaluate(full, &self.some).responsibilities;
        let largest_responsibilities = landscape::largest_responsibilities(&responsibilities, offered.modes);
        let present: Vec<usize> = all.iter().copied().filter(|&mode| largest_responsibilities[mode] > NOTHING).collect();
        if present.is_empty() { all } else { present }
    }

    /// The modes without a well, and whether one of them holds a minimum that is too shallow for a well. None in more than one
    /// input, where this is not known, or if there are no wells.
    pub fn auxiliary(&self, active: &ActiveModes) -> (Vec<usize>, bool) {
        let Some(domain) = self.domain else { return (Vec::new(), false) };
        let params = active.params();
        let mut evaluator = active.evaluator(Outputs { gradient: true, modes: true, ..Outputs::default() });
        let evaluate = |xs: &[f64]| {
            let values = evaluator.evaluate(&params, xs);
            (values.psi, values.gradient)
        };
        let search = if active.is_periodic(0) { landscape::extrema_around } else { landscape::extrema_above };
        let found = search(domain, 2 * LINE, self.threshold, evaluate);
        let modes = active.present().len();
        let mut holders = |is_well: bool| -> Vec<usize> {
            let floors = found.minima.iter().filter(|m| m.barrier.is_some_and(|b| b > self.threshold) == is_well);
            let floors: Vec<f64> = floors.map(|m| m.x[0]).collect();
            let responsibilities = evaluator.evaluate(&params, &floors).responsibilities;
            let holder = |row: &[f64]| (0..modes).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap_or(0);
            responsibilities.chunks_exact(modes).map(holder).collect()
        };
        let of_wells = holders(true);
        if of_wells.is_empty() {
            return (Vec::new(), false);
        }
        let auxiliary = (0..modes).filter(|mode| !of_wells.contains(mode)).map(|mode| active.present()[mode]).collect();
        (auxiliary, holders(false).iter().any(|mode| !of_wells.contains(mode)))
    }

    /// Largest number of samples in a step of the second-order method with this number of parameters.
    pub fn affordable(&self, params: usize) -> usize {
        affordable(AFFORDABLE, params).min(self.values().len())
    }

    /// The number of samples in steps that are checked by the others, if steps on all samples are affordable and subsets are small. In one input
    /// the noise is known, and where noise is so large that the least barrier of a well comes from it, there is nothing to check.
    pub fn checkable(&self, active: &ActiveModes) -> Option<usize> {
        let (samples, params) = (self.set.samples(), active.params().len());
        let is_possible = self.inputs > 1 && samples <= affordable(second_order::AFFORDABLE, params);
        let is_noisy = self.threshold > NOTICED * landscape::well_threshold(self.variance.sqrt(), 0.0);
        (is_possible && !is_noisy && self.affordable(params) < samples).then(|| samples - samples / second_order::FOLD)
    }

    /// The values, `[samples]`.
    pub fn values(&self) -> &[f64] {
        &self.set.targets
    }
}

/// The order of so many samples in training, and some of them.
fn orders(samples: usize) -> (Vec<usize>, Vec<usize>) {
    let mut order: Vec<usize> = (0..samples).collect();
    if samples >= BATCH + BATCH / 2 {
        order.shuffle(&mut Xoshiro256PlusPlus::seed_from_u64(0));
    }
    (order, sampling::subset(samples, SOME, &mut Xoshiro256PlusPlus::seed_from_u64(0)))
}

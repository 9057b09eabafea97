//! Training along whole trajectories: models that are evaluated step by step through time, and their loss in mini-batches of
//! trajectories.

use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{Loss, LossValue};
use crate::graph::{Axis, Graph, NodeId};
use crate::model::Params;
use crate::plan::Scalar;

/// Maximum number of kept batches. Each has its own numbers of trajectories and samples.
const MAX_KEPT_BATCHES: usize = 6;

/// Trajectories of strain with the measured stress, in the units of the network. All have the same number of samples. Shorter ones are padded with
/// samples of zero duration, basis and stress. The error of any model is zero there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScaledTrajectories {
    /// Number of trajectories.
    pub count: usize,
    /// Number of samples of each trajectory, one more than its steps.
    pub samples: usize,
    /// Number of measured samples in each trajectory; empty if all were measured.
    pub measured: Vec<usize>,
    /// Features of the strain, `[trajectories, samples, features]`.
    pub features: Vec<f64>,
    /// Features that only the rate of the hidden states depends on, `[trajectories, samples, rates]`; those of the last sample
    /// are not used.
    pub rates: Vec<f64>,
    /// Derivatives of the features with respect to the strain, `[trajectories, samples, components, features]`.
    pub basis: Vec<f64>,
    /// Measured stress, `[trajectories, samples, components]`.
    pub stress: Vec<f64>,
    /// Duration of each step, `[trajectories, steps]`. If empty, all steps are equal and a trajectory takes one unit of time.
    pub durations: Vec<f64>,
    /// Net work done on each trajectory, in the units of the network. It is empty if the work is unknown or must not be compared with the
    /// dissipation.
    pub work: Vec<f64>,
}

impl ScaledTrajectories {
    /// Number of samples that were measured in some trajectories.
    pub(super) fn counted(&self, picks: &[usize]) -> usize {
        picks.iter().map(|&pick| self.measured.get(pick).copied().unwrap_or(self.samples)).sum()
    }

    /// Durations of the steps of some trajectories, `[steps, picks]`.
    pub(super) fn steps<T: Scalar>(&self, picks: &[usize]) -> Vec<T> {
        let steps = self.samples - 1;
        if self.durations.is_empty() {
            return vec![T::narrow(1.0 / steps as f64); steps * picks.len()];
        }
        (0..steps).flat_map(|n| picks.iter().map(move |p| T::narrow(self.durations[p * steps + n]))).collect()
    }

    /// The first `samples` samples of some trajectories, as `[samples, picks, len]`. The array `from` has `len` numbers for each sample.
    pub(super) fn rows<T: Scalar>(&self, from: &[f64], picks: &[usize], samples: usize, len: usize) -> Vec<T> {
        let mut rows = Vec::with_capacity(samples * picks.len() * len);
        for n in 0..samples {
            for &trajectory in picks {
                rows.extend(from[(trajectory * self.samples + n) * len..][..len].iter().map(|&v| T::narrow(v)));
            }
        }
        rows
    }
}

/// A potential with hidden states that evolve along a trajectory. Results on the loaded trajectories are ordered by samples,
/// then by trajectories.
pub trait TrajectoryModel<T: Scalar>: Send {
    /// The parameters, in the order of the flat vector.
    fn params(&self) -> &Params;

    /// Sets the smoothness of the transitions. Models without smooth transitions ignore it.
    fn set_theta(&mut self, _theta: f64) {}

    /// Loads some of the trajectories.
    fn load(&mut self, trajectories: &ScaledTrajectories, picks: &[usize]);

    /// Computes the loss over the loaded trajectories: the weighted mean over all samples and components of squared errors of the stress. If
    /// requested, also computes its gradient in the order of the flat vector.
    ///
    /// # Panics
    /// If no trajectories have been loaded; the other methods panic as well.
    fn evaluate(&mut self, params: &[T], gradient: Option<&mut [T]>) -> LossValue;

    /// Stress at the last evaluation, `[samples, trajectories, components]`.
    fn stress(&self) -> &[T];

    /// Hidden states at the last evaluation, `[samples, trajectories, states]`.
    fn states(&self) -> &[T];

    /// Responsibilities of the modes at the last evaluation, `[samples, trajectories, modes]`.
    fn responsibilities(&mut self, params: &[T]) -> Vec<f64>;

    /// Energy dissipated at each step of the last evaluation, `[steps, trajectories]`.
    fn dissipation(&mut self, params: &[T]) -> Vec<f64>;

    /// `k_plus`, `k_minus` and the hardening M of a model with play.
    fn constants(&self, _params: &[T]) -> Option<[f64; 3]> {
        None
    }
}

/// Batches of a model by their extents `[trajectories, samples]`. The current one is last.
#[derive(Debug)]
pub(super) struct Batches<B>(Vec<([usize; 2], B)>);

impl<B> Default for Batches<B> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<B> Batches<B> {
    /// Makes the batch of an extent the current one. Returns false if there is none.
    pub(super) fn select(&mut self, extent: [usize; 2]) -> bool {
        let found = self.0.iter().position(|(of, _)| *of == extent);
        found.map(|k| self.0[k..].rotate_left(1)).is_some()
    }

    /// The current batch.
    pub(super) fn current(&self) -> &B {
        &self.0.last().expect("trajectories have been loaded").1
    }

    /// The current batch, to be changed.
    pub(super) fn current_mut(&mut self) -> &mut B {
        &mut self.0.last_mut().expect("trajectories have been loaded").1
    }

    /// Adds a batch and makes it the current one. If there are too many, the least recently used one is dropped.
    pub(super) fn add(&mut self, batch: ([usize; 2], B)) {
        if self.0.len() == MAX_KEPT_BATCHES {
            self.0.remove(0);
        }
        self.0.push(batch);
    }
}

/// Smoothness of the transitions of a model during training. It falls from `first` to `last` over the first half of the steps. With sharp transitions
/// from the beginning, training would not change the hidden state of play.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Smoothing {
    /// The smoothness before the first step.
    pub first: f64,
    /// The smoothness from the middle of training on.
    pub last: f64,
    /// Number of steps of the whole training.
    pub steps: u64,
}

impl Smoothing {
    /// The smoothness after a number of steps.
    pub fn at(&self, step: u64) -> f64 {
        let progress = step as f64 / self.steps.max(1) as f64;
        (self.first - self.last) * (1.0 - 2.0 * progress).max(0.0).powi(2) + self.last
    }
}

/// The loss of a model along trajectories, in mini-batches of whole trajectories.
pub struct TrajectoryLoss<T: Scalar> {
    /// The model.
    pub model: Box<dyn TrajectoryModel<T>>,
    /// The trajectories, whose number is fixed.
    pub trajectories: ScaledTrajectories,
    /// Number of trajectories in a mini-batch. The remainder is not used in the epoch.
    size: usize,
    order: Vec<usize>,
    /// Random numbers for the order of the trajectories in each epoch. Without them, the order is fixed.
    rng: Option<Xoshiro256PlusPlus>,
    /// Change of the smoothness of the transitions during training.
    pub smoothing: Smoothing,
    epoch: u64,
}

impl<T: Scalar> TrajectoryLoss<T> {
    /// The loss along trajectories in mini-batches of at most `size`, in an order drawn by `rng`.
    pub fn new(
        model: Box<dyn TrajectoryModel<T>>,
        trajectories: ScaledTrajectories,
        size: usize,
        rng: Option<Xoshiro256PlusPlus>,
        smoothing: Smoothing,
    ) -> Self {
        let (order, size) = ((0..trajectories.count).collect(), size.min(trajectories.count));
        Self { model, trajectories, size, order, rng, smoothing, epoch: 0 }
    }

    /// The smoothness of the transitions after a number of epochs.
    pub fn theta(&self, epoch: u64) -> f64 {
        self.smoothing.at(epoch * self.batches() as u64)
    }
}

impl<T: Scalar> Loss<T> for TrajectoryLoss<T> {
    fn params(&self) -> &Params {
        self.model.params()
    }

    fn batches(&self) -> usize {
        self.trajectories.count / self.size
    }

    fn begin_epoch(&mut self, epoch: u64) {
        self.epoch = epoch;
        if let Some(rng) = &mut self.rng {
            self.order.shuffle(rng);
        }
    }

    fn evaluate(&mut self, params: &[T], batch: usize, gradient: &mut [T]) -> LossValue {
        let step = self.epoch * self.batches() as u64 + batch as u64;
        self.model.set_theta(self.smoothing.at(step));
        self.model.load(&self.trajectories, &self.order[batch * self.size..][..self.size]);
        self.model.evaluate(params, Some(gradient))
    }

    fn value(&mut self, params: &[T]) -> LossValue {
        self.model.set_theta(self.theta(self.epoch));
        let (mut sum, mut whole) = (0.0, 0.0);
        for picks in self.order.chunks(self.size) {
            self.model.load(&self.trajectories, picks);
            // Batches are weighted by their numbers of samples. If all trajectories have the same length, these are proportional to the numbers of
            // trajectories.
            let is_even = self.trajectories.measured.is_empty();
            let count = if is_even { picks.len() } else { self.trajectories.counted(picks) } as f64;
            sum += self.model.evaluate(params, None).total * count;
            whole += count;
        }
        let mean = sum / whole;
        LossValue { total: mean, data: mean }
    }
}

/// Records the weighted sum of squared errors of `[components, 1]` over all samples. Declares the weights `[components]` and the
/// factor of the sum as settings.
pub(super) fn squares(graph: &mut Graph, stress: NodeId, target: NodeId) -> NodeId {
    let components = graph.shape(target).modes;
    let weights = graph.setting(components, 1, 1);
    let factor = graph.setting(1, 1, 1);
    let error = graph.sub(stress, target);
    let square = graph.mul(error, error);
    let square = graph.mul(square, weights);
    let sum = graph.sum_all(square);
    graph.mul(sum, factor)
}

/// Records the stress `B . slope` `[components, 1]`.
pub(super) fn stress(graph: &mut Graph, basis: NodeId, slope: NodeId) -> NodeId {
    let stress = graph.mul(basis, slope);
    graph.sum(Axis::Rows, stress)
}

//! Training through time with the play operator. The model has two convex modes and a hidden state between them. The state changes only when the
//! force on it reaches a threshold. The response is therefore independent of the strain rate.
//!
//! ```text
//! Psi(x, h) = (1 - h) f_0(x) + h f_1(x) + g(h),   g' = M S^-1(h),   S(z) = theta (softplus(z/theta) - softplus((z - 1)/theta))
//! D = f_0 - f_1,   z <- min(max(z, (D - k_plus)/M), (D + k_minus)/M),   h = S(z)
//! stress = B . ((1 - h) grad f_0 + h grad f_1)
//! ```
//!
//! S is a smooth clip to `[0, 1]`. The force on h is `A = -dPsi/dh = D - M z`. It is `k_plus` where h rises and `-k_minus` where it falls. The
//! dissipation is therefore never negative, by construction. If S were the logistic function, g would be the entropy and the minimum of Psi over h
//! the soft minimum of the two modes. The loop over time contains no network: the modes are evaluated for all samples at once, and a step is four
//! operations.

use super::trajectories::{Batches, ScaledTrajectories, TrajectoryModel, squares, stress};
use super::{LossValue, add_gradient};
use crate::grad::{grad, pull};
use crate::graph::{Axis, Graph, NodeId};
use crate::model::{Architecture, ParamKind, Params, icnn};
use crate::plan::{Batch, Plan, PlanOptions, Scalar};

/// Initial value of z. It is so low that the first step raises z to its lower bound.
pub const INITIAL_Z: f64 = -1e6;

/// The size of a model with play.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlayDesign {
    /// Features of the strain.
    pub features: usize,
    /// Components of the stress.
    pub components: usize,
    /// Hidden widths of both modes.
    pub hidden: Vec<usize>,
}

/// A compiled model with play.
#[derive(Debug)]
pub struct Play<T: Scalar> {
    design: PlayDesign,
    params: Params,
    /// Computes D from the inputs x. The pull-back has a cotangent of D as a further input.
    gap: Plan<T>,
    /// Computes the cotangents of the parameters from the cotangent of D.
    gap_pull_back: Plan<T>,
    /// Computes z after a step from D and z. The pull-back has a cotangent as a further input.
    step: Plan<T>,
    /// Computes the cotangent of z before the step.
    step_back: Plan<T>,
    /// Computes the cotangents of D and of the parameters.
    step_pull_back: Plan<T>,
    /// Computes loss, stress, h, the cotangent of z and the gradient from x, z, B and S.
    read: Plan<T>,
    theta: f64,
    batches: Batches<PlayBatch<T>>,
}

/// Trajectories packed for a [`Play`], with storage for the results of an evaluation.
#[derive(Debug)]
struct PlayBatch<T: Scalar> {
    count: usize,
    /// Number of samples over which the loss is averaged.
    counted: usize,
    gap: Batch<T>,
    steps: Vec<Batch<T>>,
    all: Batch<T>,
    read: Batch<T>,
    /// The state z before each step and after the last, `[samples + 1, trajectories]`.
    z: Vec<T>,
    cotangents: Vec<T>,
}

/// Parameters, declared in the same order in all graphs.
struct DeclaredParameters {
    params: Params,
    modes: NodeId,
    k_plus: NodeId,
    k_minus: NodeId,
    hardening: NodeId,
}

fn record(graph: &mut Graph, design: &PlayDesign, x: NodeId) -> DeclaredParameters {
    let mut params = Params::default();
    let modes = icnn::record(graph, &mut params, &Architecture::new(design.features, 2, &design.hidden), &[x])[0];
    let mut positive = |name: &str| {
        let raw = params.declare(graph, name, ParamKind::Gate, [1, 1, 1]);
        graph.softplus(raw)
    };
    let (k_plus, k_minus, hardening) = (positive("k_plus"), positive("k_minus"), positive("M"));
    DeclaredParameters { params, modes, k_plus, k_minus, hardening }
}

/// `f_0 - f_1`, `[1, 1]`.
fn difference(graph: &mut Graph, modes: NodeId) -> NodeId {
    let (first, second) = (graph.slice(modes, Axis::Modes, 0, 1), graph.slice(modes, Axis::Modes, 1, 1));
    graph.sub(first, second)
}

/// The smooth clip S.
fn clip(graph: &mut Graph, z: NodeId, theta: NodeId) -> NodeId {
    let one = graph.constant(1.0);
    let above = graph.sub(z, one);
    let ends = [z, above].map(|end| {
        let scaled = graph.div(end, theta);
        graph.softplus(scaled)
    });
    let between = graph.sub(ends[0], ends[1]);
    graph.mul(between, theta)
}

/// Records z after a step at the difference `d` of the modes.
fn moved(graph: &mut Graph, recorded: &DeclaredParameters, d: NodeId, z: NodeId) -> NodeId {
    let room_below = graph.sub(d, recorded.k_plus);
    let room_above = graph.add(d, recorded.k_minus);
    let low = graph.div(room_below, recorded.hardening);
    let high = graph.div(room_above, recorded.hardening);
    let raised = graph.max(z, low);
    graph.min(raised, high)
}

/// Nodes of a step, `[1, 1]` each, in the units of the network.
#[derive(Clone, Copy, Debug)]
pub struct PlayStep {
    /// The first mode at the features, `f_0`.
    pub first: NodeId,
    /// The difference of the modes, `f_0 - f_1`.
    pub gap: NodeId,
    /// The state `z` after the step.
    pub z: NodeId,
    /// The hidden state `h` after the step.
    pub h: NodeId,
    /// The potential Psi after the step.
    pub energy: NodeId,
    /// Energy dissipated in the step, `A (h - h_before)`, with the force A after the step.
    pub dissipation: NodeId,
}

/// Records a step from `z` to the features `x`, with the smoothness `theta`. Declares the parameters of the model.
pub fn record_step(graph: &mut Graph, design: &PlayDesign, x: NodeId, z: NodeId, theta: NodeId) -> PlayStep {
    let recorded = record(graph, design, x);
    let gap = difference(graph, recorded.modes);
    let first = graph.slice(recorded.modes, Axis::Modes, 0, 1);
    let h_before = clip(graph, z, theta);
    let z = moved(graph, &recorded, gap, z);
    let h = clip(graph, z, theta);
    let of_state = state_energy(graph, z, h, theta);
    let [second, of_state] = [graph.mul(h, gap), graph.mul(recorded.hardening, of_state)];
    let mixed = graph.sub(first, second);
    let energy = graph.add(mixed, of_state);
    let back = graph.mul(recorded.hardening, z);
    let [force, change] = [graph.sub(gap, back), graph.sub(h, h_before)];
    PlayStep { first, gap, z, h, energy, dissipation: graph.mul(force, change) }
}

/// Records `g(h) / M` at `h = S(z)`: the integral of `S^-1` from 0 to h. Integration by parts gives `z h` less the integral of S up to z. The
/// integral of the softplus is a dilogarithm.
fn state_energy(graph: &mut Graph, z: NodeId, h: NodeId, theta: NodeId) -> NodeId {
    let one = graph.constant(1.0);
    let above = graph.sub(z, one);
    let [inner, outer] = [z, above].map(|end| {
        let scaled = graph.div(end, theta);
        (graph.relu(end), tail(graph, scaled))
    });
    // The difference of the squares of the two ramps is written as a product, in which large z does not cancel.
    let [rise, sum] = [graph.sub(inner.0, outer.0), graph.add(inner.0, outer.0)];
    let square = graph.mul(rise, sum);
    let half = graph.constant(0.5);
    let ramps = graph.mul(square, half);
    let tails = graph.sub(inner.1, outer.1);
    let area = graph.mul(theta, theta);
    let rounded = graph.mul(area, tails);
    let integral = graph.add(ramps, rounded);
    let product = graph.mul(z, h);
    graph.sub(product, integral)
}

/// Coefficients of w^17, w^15, ..., w^3 of `-Li_2(-q) = w + w^2/4 + w^3/36 - ...` with `w = log(1 + q)`. The series follows from Landen's identity
/// and has Bernoulli's numbers, `B_n / (n + 1)!`. Its next term is below 1e-18 for w up to log 2 (Lewin, Polylogarithms and Associated Functions,
/// 1981, Sec. 1.4 and 1.9).
const DILOGARITHM_COEFFICIENTS: [f64; 8] = [
    -1.993_929_586_072_107_4e-14,
    8.921_691_020_456_452e-13,
    -4.064_761_645_144_225_6e-11,
    1.0 / 526_901_760.0,
    -1.0 / 10_886_400.0,
    1.0 / 211_680.0,
    -1.0 / 3600.0,
    1.0 / 36.0,
];

/// Records the integral of the softplus up to u, without the integral of its ramp, `max(u, 0)^2 / 2`.
fn tail(graph: &mut Graph, u: NodeId) -> NodeId {
    let size = graph.abs(u);
    let below = graph.neg(size);
    let w = graph.softplus(below);
    let square = graph.mul(w, w);
    let [mut series, quarter] = [DILOGARITHM_COEFFICIENTS[0], 0.25].map(|factor| graph.constant(factor));
    for factor in &DILOGARITHM_COEFFICIENTS[1..] {
        let (next, factor) = (graph.mul(series, square), graph.constant(*factor));
        series = graph.add(next, factor);
    }
    let odd = graph.mul(series, w);
    let both = graph.add(odd, quarter);
    let rest = graph.mul(both, square);
    let sum = graph.add(w, rest);
    // Above zero, the rest is the amount missing from the integral up to zero, on both sides.
    let both = graph.constant(std::f64::consts::PI.powi(2) / 6.0);
    let other = graph.sub(both, sum);
    graph.select(u, other, sum)
}

impl<T: Scalar> Play<T> {
    /// Compiles a model. `weights` are the weights of the components in the loss.
    pub fn new(design: &PlayDesign, weights: &[f64]) -> Self {
        let mut graph = Graph::new();
        let x = graph.input(1, design.features);
        let ct = graph.input(1, 1);
        let recorded = record(&mut graph, design, x);
        let params = recorded.params;
        let gap = difference(&mut graph, recorded.modes);
        let gap_plan = Plan::compile(&graph, &[gap], PlanOptions::default());
        let leaves = graph.params().to_vec();
        let pulled = pull(&mut graph, &[(gap, ct)], &leaves);
        let gap_pull_back = Plan::compile_present(&graph, &pulled, PlanOptions::default());

        let mut graph = Graph::new();
        let (d, z, ct) = (graph.input(1, 1), graph.input(1, 1), graph.input(1, 1));
        // The modes are only declared here, because another plan evaluates them.
        let nowhere = graph.filled(0.0, crate::graph::Shape::batched(1, design.features));
        let recorded = record(&mut graph, design, nowhere);
        let after = moved(&mut graph, &recorded, d, z);
        let step = Plan::compile(&graph, &[after], PlanOptions::default());
        let leaves: Vec<NodeId> = [z, d].into_iter().chain(graph.params().iter().copied()).collect();
        let pulled = pull(&mut graph, &[(after, ct)], &leaves);
        let step_back = Plan::compile(&graph, &[pulled[0].expect("a step depends on z")], PlanOptions::default());
        let step_pull_back = Plan::compile_present(&graph, &pulled[1..], PlanOptions::default());

        let mut graph = Graph::new();
        let outputs = reading(&mut graph, design);
        let mut read = Plan::compile_present(&graph, &outputs, PlanOptions::default());
        read.set_setting(1, &weights.iter().map(|&w| T::narrow(w)).collect::<Vec<_>>());
        let design = design.clone();
        Self {
            design,
            params,
            gap: gap_plan,
            gap_pull_back,
            step,
            step_back,
            step_pull_back,
            read,
            theta: 1.0,
            batches: Batches::default(),
        }
    }

    /// An empty batch.
    fn batch(&self, [trajectories, samples]: [usize; 2]) -> PlayBatch<T> {
        let len = samples * trajectories;
        let mut z = vec![T::zero(); len + trajectories];
        z[..trajectories].fill(T::narrow(INITIAL_Z));
        PlayBatch {
            count: trajectories,
            counted: len,
            gap: self.gap.batch_with(&[&self.gap_pull_back], len),
            steps: (0..samples).map(|_| self.step.batch_with(&[&self.step_back], trajectories)).collect(),
            all: self.step_pull_back.batch(len),
            read: self.read.batch(len),
            z,
            cotangents: vec![T::zero(); len],
        }
    }

    /// The constants `k_plus`, `k_minus` and `M`.
    fn constants_of(&self, params: &[T]) -> [f64; 3] {
        ["k_plus", "k_minus", "M"].map(|name| {
            let raw = self.params.get(name).map_or(0, |p| p.offset);
            crate::kernels::naive::unary(crate::graph::Unary::Softplus, params[raw].widen())
        })
    }

    /// Computes the loss over a batch.
    fn forward(&mut self, params: &[T], batch: &mut PlayBatch<T>) -> LossValue {
        self.gap.set_params(params);
        self.gap.run(&batch.gap);
        self.step.set_params(params);
        let (count, gaps) = (batch.count, self.gap.output(0));
        for (n, step) in batch.steps.iter_mut().enumerate() {
            step.set(0, &gaps[n * count..][..count]);
            step.set(1, &batch.z[n * count..][..count]);
            self.step.run(step);
            batch.z[(n + 1) * count..][..count].copy_from_slice(self.step.output(0));
        }
        batch.all.set(0, gaps);
        batch.all.set(1, &batch.z[..gaps.len()]);
        let factor = 1.0 / (batch.counted * self.design.components) as f64;
        batch.read.set(1, &batch.z[count..]);
        self.read.set_params(params);
        self.read.set_setting(0, &[T::narrow(self.theta)]);
        self.read.set_setting(2, &[T::narrow(factor)]);
        self.read.run(&batch.read);
        let loss = self.read.output(0)[0].widen();
        LossValue { total: loss, data: loss }
    }

    /// Computes the gradient of the loss over a batch after [`Play::forward`].
    fn backward(&mut self, params: &[T], batch: &mut PlayBatch<T>, gradient: &mut [T]) {
        let count = batch.count;
        batch.cotangents.copy_from_slice(self.read.output(3));
        self.step_back.set_params(params);
        // Step n - 1 computes the z before step n, and step n reads it.
        for n in (1..batch.steps.len()).rev() {
            let (earlier, now) = batch.cotangents[(n - 1) * count..(n + 1) * count].split_at_mut(count);
            let step = &mut batch.steps[n];
            step.set(2, now);
            self.step_back.run(step);
            earlier.iter_mut().zip(self.step_back.output(0)).for_each(|(ct, &pulled)| *ct = *ct + pulled);
        }
        batch.all.set(2, &batch.cotangents);
        self.step_pull_back.set_params(params);
        self.step_pull_back.run(&batch.all);
        batch.gap.set(1, self.step_pull_back.output(0));
        self.gap_pull_back.set_params(params);
        self.gap_pull_back.run(&batch.gap);
        gradient.fill(T::zero());
        add_gradient(&self.read, 4, T::one(), gradient);
        add_gradient(&self.step_pull_back, 1, T::one(), gradient);
        add_gradient(&self.gap_pull_back, 0, T::one(), gradient);
    }
}

impl<T: Scalar> TrajectoryModel<T> for Play<T> {
    /// Parameters of the modes, followed by `k_plus`, `k_minus` and `M` before the softplus.
    fn params(&self) -> &Params {
        &self.params
    }

    fn set_theta(&mut self, theta: f64) {
        self.theta = theta;
    }

    fn load(&mut self, trajectories: &ScaledTrajectories, picks: &[usize]) {
        let extent = [picks.len(), trajectories.samples];
        if !self.batches.select(extent) {
            self.batches.add((extent, self.batch(extent)));
        }
        let batch = self.batches.current_mut();
        batch.counted = trajectories.counted(picks);
        let PlayDesign { features, components, .. } = self.design;
        let x: Vec<T> = trajectories.rows(&trajectories.features, picks, trajectories.samples, features);
        batch.gap.set(0, &x);
        batch.read.set(0, &x);
        batch.read.set(2, &trajectories.rows::<T>(&trajectories.basis, picks, trajectories.samples, components * features));
        batch.read.set(3, &trajectories.rows::<T>(&trajectories.stress, picks, trajectories.samples, components));
    }

    fn evaluate(&mut self, params: &[T], gradient: Option<&mut [T]>) -> LossValue {
        let mut batches = std::mem::take(&mut self.batches);
        let batch = batches.current_mut();
        let loss = self.forward(params, batch);
        if let Some(gradient) = gradient {
            self.backward(params, batch, gradient);
        }
        self.batches = batches;
        loss
    }

    fn stress(&self) -> &[T] {
        self.read.output(1)
    }

    fn states(&self) -> &[T] {
        self.read.output(2)
    }

    /// The responsibilities `1 - h` and `h`.
    fn responsibilities(&mut self, _params: &[T]) -> Vec<f64> {
        self.states().iter().map(|h| h.widen()).flat_map(|h| [1.0 - h, h]).collect()
    }

    /// The dissipation `A (h_n - h_{n-1})` with the force A at the end of the step.
    fn dissipation(&mut self, params: &[T]) -> Vec<f64> {
        let (batch, hardening) = (self.batches.current(), self.constants_of(params)[2]);
        // Entry n is the z before step n.
        let (gaps, z, h) = (self.gap.output(0), &batch.z[batch.count..], self.states());
        (batch.count..h.len())
            .map(|k| (gaps[k].widen() - hardening * z[k].widen()) * (h[k].widen() - h[k - batch.count].widen()))
            .collect()
    }

    fn constants(&self, params: &[T]) -> Option<[f64; 3]> {
        Some(self.constants_of(params))
    }
}

/// Records the loss over x, z, B and S with its derivatives: loss, stress, h, the cotangent of z, and the gradient. The settings
/// are theta, the weights, and the factor.
fn reading(graph: &mut Graph, design: &PlayDesign) -> Vec<Option<NodeId>> {
    let x = graph.input(1, design.features);
    let z = graph.input(1, 1);
    let basis = graph.input(design.components, design.features);
    let target = graph.input(design.components, 1);
    let theta = graph.setting(1, 1, 1);
    let recorded = record(graph, design, x);
    let h = clip(graph, z, theta);
    // The potential is f_0 - h (f_0 - f_1), where h does not depend on x.
    let first = graph.slice(recorded.modes, Axis::Modes, 0, 1);
    let gap = difference(graph, recorded.modes);
    let part = graph.mul(h, gap);
    let mixed = graph.sub(first, part);
    let slope = grad(graph, mixed, &[x])[0].expect("the modes depend on the strain");
    let stress = stress(graph, basis, slope);
    let loss = squares(graph, stress, target);
    let leaves: Vec<NodeId> = [z].into_iter().chain(graph.params().iter().copied()).collect();
    let slopes = grad(graph, loss, &leaves);
    [loss, stress, h].map(Some).into_iter().chain(slopes).collect()
}

#[cfg(test)]
mod tests;

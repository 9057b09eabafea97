//! Training through time. A potential of a strain and of hidden states, which evolve at a rate, is fitted to the stress along whole trajectories
//! (Sec. 4.3 of the paper).
//!
//! ```text
//! h_0 = 0,   h_{n+1} = h_n + dt_n rate(x_n, r_n, h_n),   S_n = B_n . dPsi/dx (x_n, h_n)
//! ```
//!
//! with features `x` of the strain (invariants), features `r` of the strain and its rate, and `B = dx/dE` known at each sample. Only the states are
//! stored; nothing is unrolled. The forward pass evaluates the rate step by step. It then evaluates the loss for all samples at once, with its
//! derivatives with respect to the parameters and each state. The backward pass pulls the cotangent of the state back step by step. It then pulls
//! back to the parameters of the rate for all steps at once.

use super::trajectories::{Batches, ScaledTrajectories, TrajectoryModel, squares, stress};
use super::{LossValue, add_gradient};
use crate::grad::{grad, pull};
use crate::graph::{Axis, Graph, NodeId, Unary};
use crate::model::{Architecture, LseIcnn, Params, mlp};
use crate::plan::{Batch, Plan, PlanOptions, Scalar};

/// The evolution law of the hidden states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateLaw {
    /// The law of the paper, `h' = network(x, r, h)`, which may create energy.
    Free,
    /// `h' = L L^T A` with `A = -dPsi/dh` and `L = network(x, r, h)`. The dissipation `A . h'` is a square and therefore not negative.
    Onsager,
}

/// The size of a roll-out model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolloutSize {
    /// Number of features of the strain, x.
    pub features: usize,
    /// Number of features r of strain and rate, on which only the rate of the hidden states depends.
    pub rates: usize,
    /// Number of hidden states.
    pub states: usize,
    /// Number of components of the stress.
    pub components: usize,
    /// Number of modes of the potential.
    pub modes: usize,
    /// Widths of the hidden layers of each mode.
    pub hidden: Vec<usize>,
    /// Widths of the hidden layers of the network in the rate.
    pub rate_hidden: Vec<usize>,
    /// Activation of the network in the rate.
    pub activation: Unary,
    /// The evolution law of the hidden states.
    pub law: RateLaw,
}

/// The recorded parts of a model.
struct RecordedModel {
    params: Params,
    psi: NodeId,
    rate: NodeId,
    /// Dissipated power of an Onsager rate, `|L^T A|^2`.
    power: Option<NodeId>,
}

/// Records the potential on `x` and `h`.
fn potential(graph: &mut Graph, params: &mut Params, design: &RolloutSize, x: NodeId, h: NodeId) -> LseIcnn {
    let arch = Architecture::new(design.features + design.states, design.modes, &design.hidden);
    let sees = graph.concat(Axis::Rows, &[x, h]);
    LseIcnn::record_on(graph, params, &arch, sees)
}

/// Records potential and rate on `x`, `r` and `h`. The first two settings of the graph belong to an Onsager rate.
fn record(graph: &mut Graph, design: &RolloutSize, x: NodeId, r: NodeId, h: NodeId) -> RecordedModel {
    let mut params = Params::default();
    let psi = potential(graph, &mut params, design, x, h).psi;
    let all = graph.concat(Axis::Rows, &[x, r, h]);
    let widths = |last: usize| design.rate_hidden.iter().copied().chain([last]).collect::<Vec<_>>();
    let states = design.states;
    let (rate, power) = match design.law {
        RateLaw::Free => (mlp::record(graph, &mut params, all, &widths(states), design.activation), None),
        RateLaw::Onsager => {
            let l = mlp::record(graph, &mut params, all, &widths(states * states), design.activation);
            let repeat = graph.setting(1, states * states, states);
            let gather = graph.setting(1, states, states * states);
            let slope = grad(graph, psi, &[h])[0].expect("Psi depends on the states");
            let force = graph.neg(slope);
            // Row i of L^T begins at l[i states]. The nodes are y = L^T A, and then L y.
            let forces = graph.matvec(repeat, force);
            let products = graph.mul(l, forces);
            let y = graph.matvec(gather, products);
            let ys = graph.matvec_t(gather, y);
            let products = graph.mul(l, ys);
            let squares = graph.mul(y, y);
            let power = graph.sum(Axis::Rows, squares);
            (graph.matvec_t(repeat, products), Some(power))
        }
    };
    RecordedModel { params, psi, rate, power }
}

/// Records the rate of the hidden states `h`, `[1, states]`, and the power that is dissipated, `-dPsi/dh . rate`, `[1, 1]`. Declares the parameters
/// of the model. The settings of the graph are those of [`settings_of`].
pub fn record_rate(graph: &mut Graph, design: &RolloutSize, x: NodeId, r: NodeId, h: NodeId) -> (NodeId, NodeId) {
    let recorded = record(graph, design, x, r, h);
    let slope = grad(graph, recorded.psi, &[h])[0].expect("Psi depends on the states");
    let gain = graph.mul(slope, recorded.rate);
    let gain = graph.sum(Axis::Rows, gain);
    (recorded.rate, graph.neg(gain))
}

/// Records the potential and declares its parameters. Returns it with their number; they are the first in the model's flat vector.
pub fn record_potential(graph: &mut Graph, design: &RolloutSize, x: NodeId, h: NodeId) -> (NodeId, usize) {
    let mut params = Params::default();
    let psi = potential(graph, &mut params, design, x, h).psi;
    (psi, params.len())
}

/// First settings of a graph in which the rate is recorded: the matrices of an Onsager rate.
pub fn settings_of(design: &RolloutSize) -> Vec<Vec<f64>> {
    if design.law == RateLaw::Free {
        return Vec::new();
    }
    let n = design.states;
    let is = |holds: bool| f64::from(u8::from(holds));
    let repeat = (0..n * n * n).map(|k| is(k / n % n == k % n)).collect();
    let gather = (0..n * n * n).map(|k| is(k % (n * n) / n == k / (n * n))).collect();
    vec![repeat, gather]
}

/// A compiled roll-out.
#[derive(Debug)]
pub struct Rollout<T: Scalar> {
    design: RolloutSize,
    params: Params,
    /// Computes the rate from x, r and h, and the dissipated power of an Onsager rate. The pull-back has their cotangents as further inputs.
    advance: Plan<T>,
    /// Computes the cotangent of h.
    back: Plan<T>,
    /// Computes the cotangents of the parameters, summed over the samples.
    params_pull_back: Plan<T>,
    /// Computes loss, stress, the cotangent of h and the gradient from x, h, B and S.
    read: Plan<T>,
    /// Computes `dPsi/dh . rate` from the inputs of `advance`.
    power: Plan<T>,
    /// Computes the responsibilities of the modes from x and h. It is compiled on first use.
    responsibilities: Option<Plan<T>>,
    batches: Batches<RolloutBatch<T>>,
}

/// Trajectories packed for a [`Rollout`], with storage for the results of an evaluation.
#[derive(Debug)]
struct RolloutBatch<T: Scalar> {
    count: usize,
    /// Number of samples over which the loss is averaged.
    counted: usize,
    steps: Vec<Batch<T>>,
    all: Batch<T>,
    read: Batch<T>,
    /// Hidden states, `[samples, trajectories, states]`.
    states: Vec<T>,
    cotangents: Vec<T>,
    /// Durations of the steps, `[steps, trajectories]`.
    durations: Vec<T>,
    /// Work done on each trajectory, if it limits the dissipation of an Onsager rate. `usual_work` is its mean magnitude over all training
    /// trajectories.
    work: Vec<f64>,
    usual_work: f64,
    /// Energy dissipated on each trajectory.
    dissipated: Vec<f64>,
    /// Features x at all samples, `[samples, trajectories, features]`.
    x: Vec<T>,
}

impl<T: Scalar> Rollout<T> {
    /// Compiles a model. `weights` are the weights of the components in the loss.
    pub fn new(design: &RolloutSize, weights: &[f64]) -> Self {
        let mut graph = Graph::new();
        let x = graph.input(1, design.features);
        let r = graph.input(1, design.rates);
        let h = graph.input(1, design.states);
        let ct = graph.input(1, design.states);
        let recorded = record(&mut graph, design, x, r, h);
        let leaves: Vec<NodeId> = graph.params().iter().copied().chain([h]).collect();
        let of_power = recorded.power.map(|power| (power, graph.input(1, 1)));
        let outputs: Vec<NodeId> = [recorded.rate].into_iter().chain(recorded.power).collect();
        let mut advance = Plan::compile(&graph, &outputs, PlanOptions::default());
        let mut powers = graph.clone();
        let slope = grad(&mut powers, recorded.psi, &[h])[0].expect("Psi depends on the states");
        let power = powers.mul(slope, recorded.rate);
        let power = powers.sum(Axis::Rows, power);
        let mut power = Plan::compile(&powers, &[power], PlanOptions::default());
        let pairs: Vec<(NodeId, NodeId)> = [(recorded.rate, ct)].into_iter().chain(of_power).collect();
        let mut cotangents = pull(&mut graph, &pairs, &leaves);
        let of_state = cotangents.pop().flatten().expect("the rate depends on the states");
        let mut back = Plan::compile(&graph, &[of_state], PlanOptions::default());
        let mut params_pull_back = Plan::compile_present(&graph, &cotangents, PlanOptions::default());

        let mut graph = Graph::new();
        let outputs = reading(&mut graph, design);
        let mut read = Plan::compile_present(&graph, &outputs, PlanOptions::default());
        let matrices = settings_of(design);
        for (k, matrix) in matrices.iter().enumerate() {
            let matrix: Vec<T> = matrix.iter().map(|&entry| T::narrow(entry)).collect();
            for plan in [&mut advance, &mut back, &mut params_pull_back, &mut power, &mut read] {
                plan.set_setting(k, &matrix);
            }
        }
        read.set_setting(matrices.len(), &weights.iter().map(|&w| T::narrow(w)).collect::<Vec<_>>());
        Self {
            design: design.clone(),
            params: recorded.params,
            advance,
            back,
            params_pull_back,
            read,
            power,
            responsibilities: None,
            batches: Batches::default(),
        }
    }

    /// An empty batch.
    fn batch(&self, [trajectories, samples]: [usize; 2]) -> RolloutBatch<T> {
        let states = vec![T::zero(); samples * trajectories * self.design.states];
        RolloutBatch {
            count: trajectories,
            counted: samples * trajectories,
            steps: (1..samples).map(|_| self.advance.batch_with(&[&self.back, &self.power], trajectories)).collect(),
            all: self.params_pull_back.batch((samples - 1) * trajectories),
            read: self.read.batch(samples * trajectories),
            cotangents: states.clone(),
            states,
            durations: vec![T::zero(); (samples - 1) * trajectories],
            work: Vec::new(),
            usual_work: 0.0,
            dissipated: vec![0.0; trajectories],
            x: Vec::new(),
        }
    }

    /// Computes the states of all samples, and the dissipation of an Onsager rate.
    fn forward(&mut self, params: &[T], batch: &mut RolloutBatch<T>) {
        batch.dissipated.fill(0.0);
        let (count, states) = (batch.count, self.design.states);
        let len = count * states;
        self.advance.set_params(params);
        batch.states[..len].fill(T::zero());
        for (n, step) in batch.steps.iter_mut().enumerate() {
            let (before, after) = batch.states[n * len..(n + 2) * len].split_at_mut(len);
            step.set(2, before);
            self.advance.run(step);
            let rates = self.advance.output(0);
            for (trajectory, &dt) in batch.durations[n * count..][..count].iter().enumerate() {
                for k in trajectory * states..(trajectory + 1) * states {
                    after[k] = before[k] + dt * rates[k];
                }
            }
            if self.design.law == RateLaw::Onsager {
                let steps = self.advance.output(1).iter().zip(&batch.durations[n * count..]);
                let energies = steps.map(|(power, dt)| power.widen() * dt.widen());
                batch.dissipated.iter_mut().zip(energies).for_each(|(sum, energy)| *sum += energy);
            }
        }
    }

    /// Computes the loss over a batch.
    fn forward_loss(&mut self, params: &[T], batch: &mut RolloutBatch<T>) -> LossValue {
        self.forward(params, batch);
        let excess: f64 = batch.dissipated.iter().zip(&batch.work).map(|(spent, work)| (spent - work.max(0.0)).max(0.0)).sum();
        let penalty = if excess > 0.0 { 1.0 + excess / (batch.count as f64 * batch.usual_work) } else { 1.0 };
        let factor = penalty / (batch.counted * self.design.components) as f64;
        batch.read.set(1, &batch.states);
        self.read.set_params(params);
        let last = if self.design.law == RateLaw::Onsager { 3 } else { 1 };
        self.read.set_setting(last, &[T::narrow(factor)]);
        self.read.run(&batch.read);
        let total = self.read.output(0)[0].widen();
        let data = total / penalty;
        LossValue { total, data }
    }

    /// Computes the gradient of the loss over a batch after [`Rollout::forward_loss`].
    fn backward(&mut self, params: &[T], batch: &mut RolloutBatch<T>, error: f64, gradient: &mut [T]) {
        let (count, states) = (batch.count, self.design.states);
        let len = count * states;
        let is_onsager = self.design.law == RateLaw::Onsager;
        // The loss is the error times the penalty. This is its derivative with respect to the energy of a trajectory that dissipates too much.
        let slope = error / (count as f64 * batch.usual_work.max(f64::MIN_POSITIVE));
        let is_excess = |k: usize| batch.work.get(k).is_some_and(|work| batch.dissipated[k] > work.max(0.0));
        let of_power: Vec<T> = (0..count).map(|k| if is_excess(k) { T::narrow(slope) } else { T::zero() }).collect();
        match self.read.try_output(2) {
            Some(cotangents) => batch.cotangents.copy_from_slice(cotangents),
            None => batch.cotangents.fill(T::zero()),
        }
        self.back.set_params(params);
        for (n, step) in batch.steps.iter_mut().enumerate().rev() {
            let (now, next) = batch.cotangents[n * len..(n + 2) * len].split_at_mut(len);
            step.set(3, next);
            if is_onsager {
                step.set(4, &of_power);
            }
            self.back.run(step);
            let pulled = self.back.output(0);
            for (trajectory, &dt) in batch.durations[n * count..][..count].iter().enumerate() {
                for k in trajectory * states..(trajectory + 1) * states {
                    now[k] = now[k] + next[k] + dt * pulled[k];
                }
            }
        }
        // Entry n + 1 is the cotangent of h_{n+1} = h_n + dt rate_n.
        batch.all.set(2, &batch.states[..batch.steps.len() * len]);
        let dts = batch.durations.iter().flat_map(|dt| std::iter::repeat_n(*dt, states));
        let scaled: Vec<T> = batch.cotangents[len..].iter().zip(dts).map(|(&ct, dt)| dt * ct).collect();
        batch.all.set(3, &scaled);
        if is_onsager {
            let scaled: Vec<T> = batch.durations.iter().zip(of_power.iter().cycle()).map(|(&dt, &ct)| dt * ct).collect();
            batch.all.set(4, &scaled);
        }
        self.params_pull_back.set_params(params);
        self.params_pull_back.run(&batch.all);
        self.read.copy_gradient(3, gradient);
        add_gradient(&self.params_pull_back, 0, T::one(), gradient);
    }
}

impl<T: Scalar> TrajectoryModel<T> for Rollout<T> {
    /// The parameters of the potential, then those of the rate.
    fn params(&self) -> &Params {
        &self.params
    }

    fn load(&mut self, trajectories: &ScaledTrajectories, picks: &[usize]) {
        let extent = [picks.len(), trajectories.samples];
        if !self.batches.select(extent) {
            self.batches.add((extent, self.batch(extent)));
        }
        let batch = self.batches.current_mut();
        batch.counted = trajectories.counted(picks);
        let RolloutSize { features, rates, components, .. } = self.design;
        let (all, steps) = (trajectories.samples, trajectories.samples - 1);
        let x: Vec<T> = trajectories.rows(&trajectories.features, picks, all, features);
        let r: Vec<T> = trajectories.rows(&trajectories.rates, picks, steps, rates);
        batch.read.set(0, &x);
        batch.read.set(2, &trajectories.rows::<T>(&trajectories.basis, picks, all, components * features));
        batch.read.set(3, &trajectories.rows::<T>(&trajectories.stress, picks, all, components));
        batch.all.set(0, &x[..steps * picks.len() * features]);
        batch.all.set(1, &r);
        for (n, step) in batch.steps.iter_mut().enumerate() {
            step.set(0, &x[n * picks.len() * features..][..picks.len() * features]);
            step.set(1, &r[n * picks.len() * rates..][..picks.len() * rates]);
        }
        batch.durations = trajectories.steps(picks);
        let sizes = trajectories.work.iter().map(|work| work.abs());
        batch.usual_work = sizes.sum::<f64>() / trajectories.count.max(1) as f64;
        let is_bounded = self.design.law == RateLaw::Onsager && batch.usual_work > 0.0;
        batch.work = if is_bounded { picks.iter().map(|&p| trajectories.work[p]).collect() } else { Vec::new() };
        batch.x = x;
    }

    fn evaluate(&mut self, params: &[T], gradient: Option<&mut [T]>) -> LossValue {
        let mut batches = std::mem::take(&mut self.batches);
        let batch = batches.current_mut();
        let loss = self.forward_loss(params, batch);
        if let Some(gradient) = gradient {
            self.backward(params, batch, loss.data, gradient);
        }
        self.batches = batches;
        loss
    }

    fn stress(&self) -> &[T] {
        self.read.output(1)
    }

    fn states(&self) -> &[T] {
        &self.batches.current().states
    }

    fn responsibilities(&mut self, params: &[T]) -> Vec<f64> {
        let batch = self.batches.current();
        let plan = self.responsibilities.get_or_insert_with(|| {
            let mut graph = Graph::new();
            let (x, h) = (graph.input(1, self.design.features), graph.input(1, self.design.states));
            let potential = potential(&mut graph, &mut Params::default(), &self.design, x, h);
            let responsibilities = potential.responsibilities(&mut graph);
            Plan::compile(&graph, &[responsibilities], PlanOptions::default())
        });
        let mut points = plan.batch(batch.read.samples());
        points.set(0, &batch.x);
        points.set(1, &batch.states);
        // The potential's parameters come first.
        let last = self.params.get("rho").map_or(params.len(), |rho| rho.range().end);
        plan.set_params(&params[..last]);
        plan.run(&points);
        plan.output(0).iter().map(|r| r.widen()).collect()
    }

    /// Dissipation `-dPsi/dh . h'` times the duration of the step.
    fn dissipation(&mut self, params: &[T]) -> Vec<f64> {
        let batch = self.batches.current();
        self.power.set_params(params);
        let mut powers = Vec::with_capacity(batch.steps.len() * batch.count);
        for step in &batch.steps {
            self.power.run(step);
            powers.extend(self.power.output(0).iter().map(|p| -p.widen()));
        }
        powers.iter_mut().zip(&batch.durations).for_each(|(power, dt)| *power *= dt.widen());
        powers
    }
}

/// Records the loss over x, h, B and S with its derivatives. Returns the outputs, including the cotangent of h, and the derivatives with respect to
/// the parameters.
fn reading(graph: &mut Graph, design: &RolloutSize) -> Vec<Option<NodeId>> {
    let x = graph.input(1, design.features);
    let h = graph.input(1, design.states);
    let basis = graph.input(design.components, design.features);
    let target = graph.input(design.components, 1);
    // The parameters of the rate are declared here as well, so that all plans have one flat vector. They are not used, so the
    // value of r is irrelevant.
    let r = graph.filled(0.0, crate::graph::Shape::batched(1, design.rates));
    let recorded = record(graph, design, x, r, h);
    let slope = grad(graph, recorded.psi, &[x])[0].expect("Psi depends on the strain");
    let stress = stress(graph, basis, slope);
    let loss = squares(graph, stress, target);
    let leaves: Vec<NodeId> = [h].into_iter().chain(graph.params().iter().copied()).collect();
    let slopes = grad(graph, loss, &leaves);
    [loss, stress].map(Some).into_iter().chain(slopes).collect()
}

//! A penalty that is added to a regression. It limits the responsibilities of modes where other modes own the potential.
//!
//! At each of some points, a mask marks the forbidden modes. With the exponents `e_i = log s_i - rho f_i` of the soft minimum, the penalty is
//!
//! ```text
//! lead = lse_forbidden(e) - lse_allowed(e) + log(r / (1 - r)) + margin,      h = max(lead, 0),      mean_n h^2 / (1 + h)
//! ```
//!
//! It vanishes where the total responsibility of the allowed modes is at least r = [`MIN_OWNER_RESPONSIBILITY`], by a margin. It is quadratic near zero
//! and linear far from it, which bounds the effect of points far from their limit. Points without forbidden modes have no penalty.

use super::{Loss, LossValue, Regression, add_gradient};
use crate::grad::grad;
use crate::graph::{Axis, Graph, NodeId};
use crate::model::{Architecture, LseIcnn, Params};
use crate::numerics::shared::both_shared;
use crate::plan::{Batch, Plan, PlanOptions, Scalar};

/// Minimum total responsibility of the modes that own a point. It exceeds the half that makes a mode responsible.
pub const MIN_OWNER_RESPONSIBILITY: f64 = 0.55;
/// Distance in logits from the limit at which the penalty begins. A small violation of the penalty therefore does not violate the limit.
const LOGIT_MARGIN: f64 = 0.1;
/// Value subtracted from the exponents of excluded modes, so that their softmax weight is 0.
const EXCLUSION_EXPONENT: f64 = 1e30;
/// Interval, in steps of Adam, at which the penalty is included, with a weight multiplied by it. A step with the penalty takes a third longer.
const PENALTY_INTERVAL: u64 = 2;
/// Weight of the penalty in the first epoch.
const FIRST_WEIGHT: f64 = 0.1;

/// Points `[points, inputs]` in the units of the network, with masks `[points, modes]` of the modes that are forbidden there (1; 0 for the others).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Owners {
    /// The points.
    pub x: Vec<f64>,
    /// The masks.
    pub forbidden: Vec<f64>,
}

/// The compiled penalty with its points, which are divided into chunks of nearly equal size.
#[derive(Debug)]
struct Penalty<T: Scalar> {
    plan: Plan<T>,
    parts: Vec<Batch<T>>,
}

/// A regression with the penalty on forbidden modes. Every mini-batch, or every second one, includes the next chunk of the points.
#[derive(Debug)]
pub struct Owned<T: Scalar> {
    regression: Regression<T>,
    penalty: Penalty<T>,
    /// Interval of the mini-batches that include a chunk.
    interval: u64,
    weight: f64,
    ramp: u64,
    epoch: u64,
}

/// Records the penalty of each point, `[1, 1]`. Declares the input with the mask of the forbidden modes `[modes, 1]`.
pub fn penalty(graph: &mut Graph, model: &LseIcnn, modes: usize) -> NodeId {
    let excess = excess(graph, model, modes);
    let square = graph.mul(excess, excess);
    let one = graph.constant(1.0);
    let scale = graph.add(one, excess);
    graph.div(square, scale)
}

/// Records the excess `h` of each point, `[1, 1]`, with the same input as [`penalty`].
pub fn excess(graph: &mut Graph, model: &LseIcnn, modes: usize) -> NodeId {
    let forbidden = graph.input(modes, 1);
    let one = graph.constant(1.0);
    let allowed = graph.sub(one, forbidden);
    let excluded = graph.constant(EXCLUSION_EXPONENT);
    // Total exponent of one group of modes. The modes of the other group are excluded.
    let mut side = |others: NodeId| {
        let far = graph.mul(others, excluded);
        let exponents = graph.sub(model.exponents, far);
        graph.log_sum_exp(Axis::Modes, exponents)
    };
    let (of_forbidden, of_allowed) = (side(allowed), side(forbidden));
    let lead = graph.sub(of_forbidden, of_allowed);
    let limit = graph.constant((MIN_OWNER_RESPONSIBILITY / (1.0 - MIN_OWNER_RESPONSIBILITY)).ln() + LOGIT_MARGIN);
    let lead = graph.add(lead, limit);
    graph.relu(lead)
}

impl<T: Scalar> Penalty<T> {
    fn new(arch: &Architecture, owners: &Owners, parts: usize) -> Self {
        let mut graph = Graph::new();
        let model = LseIcnn::record(&mut graph, arch);
        let each = penalty(&mut graph, &model, arch.modes);
        let sum = graph.sum(Axis::Samples, each);
        let factor = graph.setting(1, 1, 1);
        let total = graph.mul(sum, factor);
        let leaves = graph.params().to_vec();
        let slopes = grad(&mut graph, total, &leaves);
        let outputs: Vec<Option<NodeId>> = std::iter::once(Some(total)).chain(slopes).collect();
        let plan = Plan::compile_present(&graph, &outputs, PlanOptions::default());
        let points = owners.x.len() / arch.inputs;
        let count = parts.clamp(1, points.max(1));
        // Neighbouring points belong to different chunks.
        let part = |k: usize| {
            let rows = |values: &[f64], width: usize| -> Vec<T> {
                values.chunks_exact(width).skip(k).step_by(count).flatten().map(|&v| T::narrow(v)).collect()
            };
            let x = rows(&owners.x, arch.inputs);
            let mut batch = plan.batch(x.len() / arch.inputs);
            batch.set(0, &x);
            batch.set(1, &rows(&owners.forbidden, arch.modes));
            batch
        };
        Self { parts: (0..count).map(part).collect(), plan }
    }

    /// Computes the mean penalty over a chunk, times `weight`.
    fn run(&mut self, params: &[T], part: usize, weight: f64) -> f64 {
        let batch = &self.parts[part];
        self.plan.set_setting(0, &[T::narrow(weight / batch.samples().max(1) as f64)]);
        self.plan.set_params(params);
        self.plan.run(batch);
        self.plan.output(0)[0].widen()
    }
}

impl<T: Scalar> Owned<T> {
    /// Adds the penalty to a regression of the same architecture. Its points are divided into `parts` chunks, and its weight rises to 1 within the
    /// first `ramp` epochs.
    pub fn new(arch: &Architecture, regression: Regression<T>, owners: &Owners, parts: usize, ramp: u64) -> Self {
        let weight = if ramp > 0 { FIRST_WEIGHT } else { 1.0 };
        Self { regression, penalty: Penalty::new(arch, owners, parts), interval: PENALTY_INTERVAL, weight, ramp, epoch: 0 }
    }

    /// Adds the penalty at all points to every evaluation of a regression of the same architecture.
    pub fn everywhere(arch: &Architecture, regression: Regression<T>, owners: &Owners) -> Self {
        Self { interval: 1, ..Self::new(arch, regression, owners, 1, 0) }
    }
}

impl<T: Scalar> Loss<T> for Owned<T> {
    fn params(&self) -> &Params {
        self.regression.params()
    }

    fn batches(&self) -> usize {
        self.regression.batches()
    }

    fn begin_epoch(&mut self, epoch: u64) {
        let progress = if self.ramp > 0 { (epoch as f64 / self.ramp as f64).min(1.0) } else { 1.0 };
        (self.weight, self.epoch) = (FIRST_WEIGHT + (1.0 - FIRST_WEIGHT) * progress, epoch);
    }

    fn set_epsilon(&mut self, epsilon: f64) {
        self.regression.set_epsilon(epsilon);
    }

    fn evaluate(&mut self, params: &[T], batch: usize, gradient: &mut [T]) -> LossValue {
        let steps = self.epoch * self.batches() as u64 + batch as u64;
        if !steps.is_multiple_of(self.interval) {
            return self.regression.evaluate(params, batch, gradient);
        }
        let part = (steps / self.interval % self.penalty.parts.len() as u64) as usize;
        let weight = self.weight * self.interval as f64;
        let (regression, penalty) = (&mut self.regression, &mut self.penalty);
        let (data, penalty) = both_shared(|| regression.evaluate(params, batch, gradient), || penalty.run(params, part, weight));
        add_gradient(&self.penalty.plan, 1, T::one(), gradient);
        LossValue { total: data.total + penalty, ..data }
    }

    fn value(&mut self, params: &[T]) -> LossValue {
        let data = self.regression.value(params);
        let parts = self.penalty.parts.len();
        let penalty: f64 = (0..parts).map(|part| self.penalty.run(params, part, self.weight)).sum();
        LossValue { total: data.total + penalty / parts as f64, ..data }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss::RegressionTarget;
    use crate::loss::training_set::TrainingSet;
    use crate::model::model_file::Normalization;
    use crate::model::potential::{Evaluator, Outputs};
    use crate::model::{init, potential};

    const TEST_WIDTHS: [usize; 2] = [2, 3];

    fn points(arch: &Architecture, count: usize) -> Vec<f64> {
        (0..count * arch.inputs).map(|k| 2.0 * (k as f64 * 1.7).sin()).collect()
    }

    #[test]
    fn gradient_and_value_of_ownership_loss_are_exact() {
        let arch = Architecture::new(TEST_WIDTHS[0], TEST_WIDTHS[1], &[4]);
        let params = init::paper(&potential::declared(&arch), 3);
        let (x, masks) = (points(&arch, 23), [[0.0, 1.0, 0.0], [0.0, 1.0, 1.0], [0.0; 3]]);
        let forbidden: Vec<f64> = (0..23).flat_map(|k| masks[k % 3]).collect();
        let owners = Owners { x: x.clone(), forbidden: forbidden.clone() };
        let set = TrainingSet {
            target: RegressionTarget::Gradient,
            targets: vec![0.5; x.len()],
            x: x.clone(),
            weights: None,
            inputs: 2,
        };
        let mut loss = Owned::<f64>::new(&arch, Regression::new(&arch, &set), &owners, 1, 0);
        let mut gradient = vec![0.0; params.len()];
        let value = loss.evaluate(&params, 0, &mut gradient);
        let parts = Outputs { modes: true, ..Outputs::default() };
        let r = Evaluator::<f64>::new(&arch, Normalization::identity(2), parts).evaluate(&params, &x).responsibilities;
        let mean = r.chunks(3).zip(forbidden.chunks(3)).map(|(r, forbidden)| {
            let out: f64 = r.iter().zip(forbidden).map(|(r, f)| r * f).sum();
            let h = ((out / (1.0 - out)).ln() + (0.55_f64 / 0.45).ln() + 0.1).max(0.0);
            h * h / (1.0 + h) / 23.0
        });
        let expected: f64 = mean.sum();
        assert!(expected > 0.1 && (value.total - value.data - 2.0 * expected).abs() < 1e-12, "{value:?} {expected}");
        let mut everywhere = Owned::<f64>::everywhere(&arch, Regression::new(&arch, &set), &owners);
        let every = everywhere.evaluate(&params, 0, &mut vec![0.0; params.len()]);
        assert_eq!(every, everywhere.value(&params));
        let full = loss.value(&params);
        assert!((full.total - full.data - expected).abs() < 1e-12, "{full:?} {expected}");
        assert_eq!(loss.evaluate(&params, 0, &mut vec![0.0; params.len()]), value);
        for k in 0..params.len() {
            let mut at = |d: f64| {
                let mut near = params.clone();
                near[k] += d;
                loss.evaluate(&near, 0, &mut vec![0.0; params.len()]).total
            };
            let h = 1e-5;
            let difference = (at(h) - at(-h)) / (2.0 * h);
            assert!((difference - gradient[k]).abs() < 1e-7 * (1.0 + difference.abs()), "{k}: {difference} {}", gradient[k]);
        }
    }

    #[test]
    fn ownership_weight_rises_and_parts_cover_all_points() {
        let arch = Architecture::new(1, 2, &[3]);
        let params: Vec<f32> = init::paper(&potential::declared(&arch), 3).iter().map(|&p| p as f32).collect();
        let x: Vec<f64> = (0..10).map(f64::from).collect();
        let owners = Owners { x: x.clone(), forbidden: [1.0, 0.0].repeat(10) };
        let set = TrainingSet { target: RegressionTarget::Gradient, targets: vec![0.0; 10], x, weights: None, inputs: 1 };
        let penalty = |parts: usize, epoch: u64| {
            let mut loss = Owned::<f32>::new(&arch, Regression::new(&arch, &set), &owners, parts, 10);
            loss.begin_epoch(epoch);
            let value = loss.value(&params);
            value.total - value.data
        };
        let full = penalty(1, 10);
        assert!(full > 0.0 && (penalty(1, 0) - 0.1 * full).abs() < 1e-5 * full && penalty(1, 99) == full);
        assert!((penalty(5, 10) - full).abs() < 1e-5 * full);
    }
}

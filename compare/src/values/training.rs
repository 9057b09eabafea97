//! Training of networks: Adam with a falling rate, and then Levenberg-Marquardt steps, as in the training of the LSE-ICNN.
//!
//! [`train`] finds the number of steps at which validation rows are predicted best. It then trains again with all rows for this number of steps.
//! [`refine`] trains to the end with all rows.

use multiwell::grad::grad;
use multiwell::graph::{Axis, Graph, NodeId};
use multiwell::internal::loss::residuals::Residuals;
use multiwell::internal::loss::training_set::TrainingSet;
use multiwell::internal::loss::{Loss, LossValue};
use multiwell::internal::model::{Convexity, Params, init};
use multiwell::internal::potentials::sampling;
use multiwell::internal::train::{LevenbergMarquardt, Rates, StepResult, Trainer, adam, schedule};
use multiwell::plan::{Batch, Plan, PlanOptions, Scalar};

use crate::NoFit;

/// Number of epochs of Adam, each over all rows.
const ADAM_EPOCHS: u64 = 10_000;
/// Learning rate at the first epoch; it falls to a hundredth.
const INITIAL_RATE: f64 = 1e-2;
/// Maximum number of steps of the second-order method.
const MAX_LM_STEPS: usize = 150;
/// Number of epochs between two evaluations of the validation rows.
const VALIDATION_INTERVAL: u64 = 100;
/// Fraction of validation rows, and the minimum of their number.
const VALIDATION_FRACTION: f64 = 0.15;
const MIN_VALIDATION_ROWS: usize = 5;

/// Records a network at `x` `[1, inputs]` with its parameters.
pub type RecordNetwork<'a> = &'a dyn Fn(&mut Graph, &mut Params, NodeId) -> NodeId;

/// Records the quantities that are compared with the targets of a sample: the derivatives, the value, or both, `[1, components]`.
fn found(graph: &mut Graph, params: &mut Params, set: &TrainingSet, record: RecordNetwork) -> NodeId {
    let x = graph.input(1, set.inputs);
    let psi = record(graph, params, x);
    let (slopes, components) = (set.target.slopes(set.inputs), set.target.components(set.inputs));
    if slopes == 0 {
        return psi;
    }
    let slope = grad(graph, psi, &[x])[0].expect("a network depends on its inputs");
    if components > slopes { graph.concat(Axis::Rows, &[slope, psi]) } else { slope }
}

fn narrow<T: Scalar>(values: &[f64]) -> Vec<T> {
    values.iter().map(|&v| T::narrow(v)).collect()
}

/// Mean of squared errors over all rows, with their factors.
struct MeanSquare<T: Scalar> {
    plan: Plan<T>,
    batch: Batch<T>,
    params: Params,
    share: T,
}

impl<T: Scalar> MeanSquare<T> {
    fn new(set: &TrainingSet, record: RecordNetwork) -> Self {
        let (mut graph, mut params) = (Graph::new(), Params::default());
        let found = found(&mut graph, &mut params, set, record);
        let components = set.target.components(set.inputs);
        let (target, factor) = (graph.input(1, components), graph.input(1, components));
        let error = graph.sub(found, target);
        let error = graph.mul(error, factor);
        let square = graph.mul(error, error);
        let sum = if components > 1 { graph.sum(Axis::Rows, square) } else { square };
        let sum = graph.sum(Axis::Samples, sum);
        let share = graph.setting(1, 1, 1);
        let loss = graph.mul(sum, share);
        let leaves = graph.params().to_vec();
        let outputs: Vec<_> = std::iter::once(Some(loss)).chain(grad(&mut graph, loss, &leaves)).collect();
        let plan = Plan::compile_present(&graph, &outputs, PlanOptions::default());
        let mut batch = plan.batch(set.samples());
        batch.set(0, &narrow::<T>(&set.x));
        batch.set(1, &narrow::<T>(&set.targets));
        batch.set(2, &narrow::<T>(&set.factors()));
        Self { plan, batch, params, share: T::narrow(1.0 / set.targets.len() as f64) }
    }
}

impl<T: Scalar> Loss<T> for MeanSquare<T> {
    fn params(&self) -> &Params {
        &self.params
    }

    fn evaluate(&mut self, params: &[T], _: usize, gradient: &mut [T]) -> LossValue {
        let value = self.value(params);
        self.plan.copy_gradient(1, gradient);
        value
    }

    fn value(&mut self, params: &[T]) -> LossValue {
        self.plan.set_params(params);
        self.plan.set_setting(0, &[self.share]);
        self.plan.run(&self.batch);
        let total = self.plan.output(0)[0].widen();
        LossValue { total, data: total }
    }
}

/// Separate errors: one for each row and component.
fn errors(set: &TrainingSet, record: RecordNetwork) -> Residuals {
    Residuals::of_prediction(set, |graph| {
        let mut params = Params::default();
        (found(graph, &mut params, set, record), params)
    })
}

/// End of training: number of epochs and of second-order steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct TrainingEnd {
    epochs: u64,
    steps: usize,
}

/// Trains a network from `start`.
///
/// # Errors
/// If training diverges, or if the user has stopped it.
pub fn train(
    set: &TrainingSet,
    record: RecordNetwork,
    start: &[f64],
    seed: u64,
    is_stopped: &dyn Fn() -> bool,
) -> Result<Vec<f64>, NoFit> {
    let samples = set.samples();
    let count = (VALIDATION_FRACTION * samples as f64).round() as usize;
    let whole = TrainingEnd { epochs: ADAM_EPOCHS, steps: MAX_LM_STEPS };
    let end = if count < MIN_VALIDATION_ROWS {
        whole
    } else {
        let watched = sampling::subset(samples, count, &mut init::stream(seed));
        let is_watched = |row: usize| watched.binary_search(&row).is_ok();
        let mut judge = MeanSquare::<f64>::new(&set.subset(is_watched), record);
        let mut best = (f64::INFINITY, TrainingEnd { epochs: ADAM_EPOCHS, steps: 0 });
        let mut look = |params: &[f64], end: TrainingEnd| {
            let error = judge.value(params).total;
            if error < best.0 {
                best = (error, end);
            }
        };
        run(&set.subset(|row| !is_watched(row)), record, start, whole, is_stopped, &mut look)?;
        best.1
    };
    run(set, record, start, end, is_stopped, &mut |_, _| ())
}

/// Improves `start` with all rows. If `start` has been trained already, only the second-order method is used. Returns the final mean squared error
/// and the parameters.
///
/// # Errors
/// If training diverges, or if the user has stopped it.
pub fn refine(
    set: &TrainingSet,
    record: RecordNetwork,
    start: &[f64],
    is_trained: bool,
    is_stopped: &dyn Fn() -> bool,
) -> Result<(f64, Vec<f64>), NoFit> {
    let end = TrainingEnd { epochs: if is_trained { 0 } else { ADAM_EPOCHS }, steps: MAX_LM_STEPS };
    let params = run(set, record, start, end, is_stopped, &mut |_, _| ())?;
    Ok((MeanSquare::<f64>::new(set, record).value(&params).total, params))
}

/// Trains until `end`, and calls `look` with the parameters at intervals.
fn run(
    set: &TrainingSet,
    record: RecordNetwork,
    start: &[f64],
    end: TrainingEnd,
    is_stopped: &dyn Fn() -> bool,
    look: &mut dyn FnMut(&[f64], TrainingEnd),
) -> Result<Vec<f64>, NoFit> {
    let mut loss = MeanSquare::<f32>::new(set, record);
    let groups = adam::groups(&loss.params, Convexity::Projection);
    let mut trainer = Trainer::new(narrow::<f32>(start), groups.clone());
    let wide = |params: &[f32]| params.iter().map(|&p| f64::from(p)).collect::<Vec<f64>>();
    for epoch in 0..end.epochs {
        let factor = schedule::cosine(epoch, ADAM_EPOCHS);
        let rates = Rates { network: INITIAL_RATE * factor, gate: INITIAL_RATE * factor };
        trainer
            .evaluate(&mut loss)
            .and_then(|_| trainer.step(&mut loss, |_| rates))
            .map_err(|_| NoFit::unsuitable("its training diverged"))?;
        if (epoch + 1) % VALIDATION_INTERVAL == 0 {
            if is_stopped() {
                return Err(NoFit::Stopped);
            }
            look(&wide(trainer.params()), TrainingEnd { epochs: epoch + 1, steps: 0 });
        }
    }
    // Single precision is sufficient for parameters that Adam has trained in it; other parameters keep double precision.
    let begin = if end.epochs > 0 { wide(trainer.params()) } else { start.to_vec() };
    if end.steps == 0 {
        return Ok(begin);
    }
    let mut second = LevenbergMarquardt::new(errors(set, record), &groups, begin);
    for step in 0..end.steps {
        loop {
            if is_stopped() {
                return Err(NoFit::Stopped);
            }
            match second.work() {
                StepResult::Unfinished => {}
                StepResult::Rejected => break,
                StepResult::Proposed => {
                    second.decide(true);
                    break;
                }
            }
        }
        look(second.params(), TrainingEnd { epochs: end.epochs, steps: step + 1 });
        if second.is_stalled() {
            break;
        }
    }
    Ok(second.params().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use multiwell::graph::Unary;
    use multiwell::internal::model::mlp;

    #[test]
    fn losses_errors_and_differences_agree() {
        let record: RecordNetwork = &|graph, params, x| mlp::record(graph, params, x, &[5, 1], Unary::Tanh);
        let data = multiwell::internal::potentials::sampling::uniform(
            &*multiwell::internal::potentials::find("gene-circuit").unwrap(),
            12,
            0.0,
            3,
        );
        let scaling = multiwell::internal::loss::training_set::standard(&data);
        for weight in [0.0, 1.0] {
            let set = TrainingSet::new(&data, &scaling, weight);
            let mut loss = MeanSquare::<f64>::new(&set, record);
            let mut errors = super::errors(&set, record);
            let params: Vec<f64> = init::by_fan_in(&loss.params, 0.0, 4);
            let mut gradient = vec![0.0; params.len()];
            let value = loss.evaluate(&params, 0, &mut gradient).total;
            let all = errors.errors(&params);
            assert!((all.iter().map(|e| e * e).sum::<f64>() / all.len() as f64 / value - 1.0).abs() < 1e-12);
            let jacobian = errors.jacobian(&params);
            for k in 0..params.len() {
                let by: f64 = all.iter().zip(jacobian.chunks_exact(params.len())).map(|(e, row)| 2.0 * e * row[k]).sum();
                assert!((by / all.len() as f64 - gradient[k]).abs() < 1e-10);
                let mut near = |by: f64| {
                    let mut params = params.clone();
                    params[k] += by;
                    loss.value(&params).total
                };
                assert!(((near(1e-5) - near(-1e-5)) / 2e-5 - gradient[k]).abs() < 1e-7);
            }
        }
    }
}

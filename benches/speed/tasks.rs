//! Tasks of the benches. A native program and a browser time the same work: one epoch of a task (forward, backward, Adam,
//! projection, on one thread in `f32`), with its data and its initial parameters, so that other tools can train the same network.

use serde::{Deserialize, Serialize};
use web_time::Instant;

use multiwell::internal::data::trajectories::Trajectory;
use multiwell::internal::dynamics::metamaterial::{TriangularLoad, loads};
use multiwell::internal::loss::training_set::TrainingSet;
use multiwell::internal::loss::trajectories::{Smoothing, TrajectoryLoss};
use multiwell::internal::loss::{Loss, Regression, RegressionTarget};
use multiwell::internal::model::model_file::Normalization;
use multiwell::internal::model::potential::{Evaluator, Outputs, declared};
use multiwell::internal::model::{Architecture, Convexity, Param, init};
use multiwell::internal::potentials;
use multiwell::internal::potentials::sampling;
use multiwell::internal::problem::Settings;
use multiwell::internal::problem::material::features::Features;
use multiwell::internal::problem::material::{Dynamics, MetamaterialSettings, model, trajectory_of};
use multiwell::internal::recipe::{Recipe, TrainingSettings};
use multiwell::internal::train::{Rates, Trainer, adam};

/// Seed of the initial parameters.
const INITIAL_SEED: u64 = 1;
/// Learning rate of the trajectories: small, so that what tools round differently stays small too.
const ROLLOUT_LR: f64 = 3e-4;
/// Seed of the points.
const DATA_SEED: u64 = 1;
/// Milliseconds between readings of the clock, so that these cost nothing.
const BETWEEN_LOOKS: f64 = 5.0;

/// Kind of training on the samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimedWork {
    /// An epoch of fitting values.
    Values,
    /// An epoch of fitting derivatives.
    Gradients,
    /// An epoch of fitting trajectories of the metamaterial with the paper's dynamics, in mini-batches.
    Trajectories,
    /// Evaluating a fit, without training.
    Evaluation,
}

/// Something that can be timed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct TimedTask {
    /// Name in tables and records.
    pub name: String,
    /// Operation that is timed.
    pub work: TimedWork,
    /// Number of inputs.
    pub inputs: usize,
    /// Number of modes.
    pub modes: usize,
    /// Widths of the hidden layers of each mode.
    pub hidden: Vec<usize>,
    /// Number of samples.
    pub samples: usize,
}

/// A named array of parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Array {
    /// Its name, as in a model file.
    pub name: String,
    /// Its extent, `[modes, rows, columns]`.
    pub shape: [usize; 3],
    /// Its numbers, the last index fastest.
    pub values: Vec<f64>,
}

/// A task with everything that another tool needs to do the same. All numbers are exact in single precision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Workload {
    /// The task.
    pub task: TimedTask,
    /// Weight of the penalty on the gates.
    pub epsilon: f64,
    /// Learning rate of weights and biases.
    pub lr: f64,
    /// Learning rate of gates and sharpness.
    pub gate_lr: f64,
    /// The points, `[samples, inputs]`; of trajectories `[trajectories, samples, features and rates]`.
    pub x: Vec<f64>,
    /// Target: `[samples]`, or `[samples, inputs]` for derivatives; of trajectories `[trajectories, samples, components]`.
    pub y: Vec<f64>,
    /// The parameters at the start.
    pub params: Vec<Array>,
}

/// Independent training runs in the paper's set-up, one for each of the first `runs` seeds.
pub fn ensemble(runs: u64, epochs: u64) -> Vec<Settings> {
    (0..runs)
        .map(|seed| Settings {
            training: TrainingSettings { epochs, seed, ..TrainingSettings::for_recipe(Recipe::Paper) },
            ..Settings::from_recipe(Recipe::Paper)
        })
        .collect()
}

fn architecture(task: &TimedTask) -> Architecture {
    Architecture::new(task.inputs, task.modes, &task.hidden)
}

/// The task's data, rates and start. Values are those of the cosine-modulated well; derivatives those of
/// `sum_j x_j^2/2 + cos(3 x_j)/3`, which has many wells.
///
/// # Panics
/// If values are to be learnt from more than one input.
pub fn workload(task: &TimedTask) -> Workload {
    let TrainingSettings { epsilon, lr, gate_lr, .. } = TrainingSettings::for_recipe(Recipe::Paper);
    let exact = |x: f64| f64::from(x as f32);
    if task.work == TimedWork::Trajectories {
        return trajectories_workload(task);
    }
    let (x, y): (Vec<f64>, Vec<f64>) = if task.work == TimedWork::Gradients {
        let x = (0..task.samples * task.inputs).map(|k| exact(2.0 * (0.61 * k as f64).sin()));
        x.map(|x| (x, exact(x - (3.0 * x).sin()))).unzip()
    } else {
        assert!(task.inputs == 1, "values are learnt in one dimension");
        let truth = potentials::find("cosine-well").expect("a benchmark");
        let data = sampling::uniform(&*truth, task.samples, 0.0, DATA_SEED);
        data.x.iter().zip(&data.y).map(|(&x, &y)| (exact(x), exact(y))).unzip()
    };
    let declared = declared(&architecture(task));
    let start = init::paper(&declared, INITIAL_SEED);
    let array = |values: &[f64]| values.iter().map(|&p| exact(p)).collect();
    let params =
        declared.iter().map(|p| Array { name: p.name.clone(), shape: p.shape, values: array(&start[p.range()]) }).collect();
    Workload { task: task.clone(), epsilon, lr, gate_lr, x, y, params }
}

/// A task that is ready to be done again and again.
enum Bench {
    Training { loss: Box<dyn Loss<f32>>, trainer: Box<Trainer<f32>>, rates: Rates },
    Evaluation { evaluator: Box<Evaluator<f32>>, params: Vec<f32>, x: Vec<f64> },
}

/// Trajectories of the metamaterial in mini-batches that keep their order, and the start of their training.
fn trajectories(task: &TimedTask) -> (TrajectoryLoss<f32>, Vec<f32>) {
    let own = MetamaterialSettings { hidden: task.hidden.clone(), ..MetamaterialSettings::from_dynamics(Dynamics::Node, false) };
    let measured = |load: &TriangularLoad| {
        let strains = load.strains();
        Trajectory { outputs: own.follow(&strains).stress.as_flattened().to_vec(), ..trajectory_of(&strains) }
    };
    let trajectories: Vec<_> = loads(task.samples, DATA_SEED).iter().map(measured).collect();
    let features = Features::from_trajectories(&trajectories, 1, 2, &own);
    let exact = |values: &mut Vec<f64>| values.iter_mut().for_each(|v| *v = f64::from(*v as f32));
    let mut trajectories = features.scaled(&trajectories);
    [&mut trajectories.features, &mut trajectories.rates, &mut trajectories.stress].into_iter().for_each(exact);
    // Every tool takes steps of equal length.
    trajectories.durations.clear();
    let model = model::compile(Dynamics::Node, &features, &own.hidden, &[1.0, 1.0]);
    let start = model::start(Dynamics::Node, &*model, INITIAL_SEED);
    let smoothing = Smoothing { first: 1.0, last: 1.0, steps: 1 };
    (TrajectoryLoss::new(model, trajectories, own.batch, None, smoothing), start)
}

fn trajectories_workload(task: &TimedTask) -> Workload {
    let (loss, start) = trajectories(task);
    let trajectories = &loss.trajectories;
    let x = trajectories.features.chunks(3).zip(trajectories.rates.chunks(6)).flat_map(|(x, r)| [x, r].concat()).collect();
    let array = |p: &Param| Array {
        name: p.name.clone(),
        shape: p.shape,
        values: start[p.range()].iter().map(|&v| f64::from(v)).collect(),
    };
    let (y, params) = (trajectories.stress.clone(), loss.params().iter().map(array).collect());
    Workload { task: task.clone(), epsilon: 0.0, lr: ROLLOUT_LR, gate_lr: ROLLOUT_LR, x, y, params }
}

impl Bench {
    fn new(task: &TimedTask) -> Self {
        let trained = |loss: Box<dyn Loss<f32>>, start: Vec<f32>, rates: Rates| {
            let groups = adam::groups(loss.params(), Convexity::Projection);
            Self::Training { loss, trainer: Box::new(Trainer::new(start, groups)), rates }
        };
        if task.work == TimedWork::Trajectories {
            let (loss, start) = trajectories(task);
            return trained(Box::new(loss), start, Rates { network: ROLLOUT_LR, gate: ROLLOUT_LR });
        }
        let arch = architecture(task);
        let Workload { epsilon, lr, gate_lr, x, y, params, .. } = workload(task);
        let start: Vec<f32> = params.iter().flat_map(|array| &array.values).map(|&p| p as f32).collect();
        let target = match task.work {
            TimedWork::Values => RegressionTarget::Value,
            TimedWork::Gradients => RegressionTarget::Gradient,
            TimedWork::Trajectories | TimedWork::Evaluation => {
                let evaluator = Evaluator::new(&arch, Normalization::identity(task.inputs), Outputs::default());
                return Self::Evaluation { evaluator: Box::new(evaluator), params: start, x };
            }
        };
        let set = TrainingSet { target, x, targets: y, weights: None, inputs: task.inputs };
        let mut loss = Box::new(Regression::new(&arch, &set));
        loss.set_epsilon(epsilon);
        trained(loss, start, Rates { network: lr, gate: gate_lr })
    }

    fn repeat(&mut self, times: u64) {
        for _ in 0..times {
            match self {
                Self::Training { loss, trainer, rates } => {
                    let epoch = trainer.evaluate(&mut **loss).and_then(|_| trainer.step(&mut **loss, |_| *rates));
                    epoch.expect("the tasks of the benches do not diverge");
                }
                Self::Evaluation { evaluator, params, x } => {
                    std::hint::black_box(evaluator.evaluate(params, x));
                }
            }
        }
    }
}

/// Mean duration of the task in milliseconds, over about `seconds` seconds, after a warm-up of a fifth of that.
pub fn time(task: &TimedTask, seconds: f64) -> f64 {
    let mut bench = Bench::new(task);
    let (mut chunk, warm) = (1, Instant::now());
    while warm.elapsed().as_secs_f64() < seconds / 5.0 {
        let before = Instant::now();
        bench.repeat(chunk);
        if before.elapsed().as_secs_f64() * 1e3 < BETWEEN_LOOKS {
            chunk *= 2;
        }
    }
    let (mut done, start) = (0, Instant::now());
    loop {
        bench.repeat(chunk);
        done += chunk;
        let elapsed = start.elapsed().as_secs_f64();
        if elapsed >= seconds {
            return 1e3 * elapsed / done as f64;
        }
    }
}

/// Loss after `epochs` epochs from the start.
///
/// # Errors
/// A sentence, if the task trains nothing.
pub fn loss(task: &TimedTask, epochs: u64) -> Result<f64, String> {
    let mut bench = Bench::new(task);
    bench.repeat(epochs);
    match bench {
        Bench::Training { mut loss, trainer, .. } => Ok(loss.value(trainer.params()).total),
        Bench::Evaluation { .. } => Err(format!("the task `{}` trains nothing", task.name)),
    }
}

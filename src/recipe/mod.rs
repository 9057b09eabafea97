//! How a fit is trained: recipes, which are sequences of stages over losses. To the caller each is a [`Fitting`].

pub mod gradient;
pub mod paper;
pub mod reliable;

use serde::{Deserialize, Serialize};

use crate::loss::training_set::TrainingSet;
use crate::loss::{Loss, LossValue, Regression, Target};
use crate::model::{Architecture, init};
use crate::text::whole;
use crate::train::Divergence;
use gradient::Gradient;
use paper::Paper;
use reliable::{Reliable, ScaledData};

/// The named set of choices that a run starts from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recipe {
    /// What the paper does: soft start, projection, two constant learning rates, one penalty on the gates.
    Paper,
    /// Starts on the data, fits from below, removes modes while that costs little, and ends with a second-order method.
    #[default]
    Reliable,
}

/// How the learning rates change with the epochs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// A constant rate.
    #[default]
    Constant,
    /// Half a cosine from the full rate at the first epoch down to one hundredth of it at the last.
    Cosine,
}

/// The model's size and how it is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Training {
    /// The recipe.
    pub recipe: Recipe,
    /// Modes offered, N.
    pub modes: usize,
    /// Widths of the hidden layers of each mode.
    pub hidden: Vec<usize>,
    /// Weight of the penalty on the gates, epsilon in `epsilon * sum |a_i|`.
    pub epsilon: f64,
    /// Learning rate of weights and biases.
    pub lr: f64,
    /// Learning rate of the gates' `a_i` and of the sharpness rho.
    pub gate_lr: f64,
    /// How both learning rates change with the epochs.
    pub schedule: Schedule,
    /// Training stops at this epoch.
    pub epochs: u64,
    /// Training stops when the loss falls below this value; never if absent.
    pub stop_loss: Option<f64>,
    /// Seed of the initial parameters.
    pub seed: u64,
}

impl Training {
    /// What a recipe begins with on a curve: for `paper` the paper's one-dimensional set-up (Sec. 3).
    pub fn of(recipe: Recipe) -> Self {
        let (lr, gate_lr, epochs) = match recipe {
            Recipe::Paper => (1e-3, 1e-4, 50_000),
            Recipe::Reliable => (1e-2, 1e-2, 30_000),
        };
        let (modes, hidden, epsilon, schedule) = (10, vec![10, 10], 1e-4, Schedule::Constant);
        Self { recipe, modes, hidden, epsilon, lr, gate_lr, schedule, epochs, stop_loss: None, seed: 1 }
    }
}

/// The stage of a recipe that a run is in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// What it is, for example `pretraining` or `removing mode 7`.
    pub name: String,
    /// Epochs (or steps of another kind) done in it.
    pub done: u64,
    /// How many it may take.
    pub of: u64,
    /// Whether these are steps of a second-order method, which are no epochs.
    pub by_steps: bool,
    /// One sentence: what happens and why.
    pub sentence: String,
}

/// A stage of a recipe that has ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageNote {
    /// What it was, for example `pretraining` or `removing mode 7`.
    pub name: String,
    /// Epochs that it took.
    pub epochs: u64,
    /// One sentence: why it was, or how it ended.
    pub sentence: String,
}

/// A fit in progress under a recipe. Settings that may change during training are handed over with each call.
pub trait Fitting: Send {
    /// Epochs done.
    fn epoch(&self) -> u64;

    /// Steps of the second-order method, which are no epochs.
    fn lm_steps(&self) -> u64 {
        0
    }

    /// About how many epochs the next step lasts.
    fn cost(&self) -> u64 {
        1
    }

    /// What is minimised, at the parameters as they are and on all samples.
    fn loss(&mut self, training: &Training) -> LossValue;

    /// What is minimised, at the parameters as they are: the first half of an epoch, or of a step of the second-order method.
    ///
    /// # Errors
    /// If training has diverged; the parameters are then those of a healthy epoch before.
    fn evaluate(&mut self, training: &Training) -> Result<LossValue, Divergence>;

    /// The second half of an epoch; `loss` is the result of the first half.
    ///
    /// # Errors
    /// As [`Fitting::evaluate`].
    fn step(&mut self, training: &Training, loss: LossValue) -> Result<(), Divergence>;

    /// The sentence that the run ends with, if it has come to its end; `loss` is given between the halves of an epoch.
    fn ending(&self, training: &Training, loss: Option<LossValue>) -> Option<String> {
        let epoch = whole(self.epoch());
        if self.epoch() >= training.epochs {
            return Some(format!("Reached epoch {epoch}."));
        }
        let stop = training.stop_loss.filter(|&stop| loss.is_some_and(|loss| loss.total < stop))?;
        Some(format!("Reached a loss below {stop:e} at epoch {epoch}."))
    }

    /// The parameters in the network's units, in the order of the flat vector.
    fn params(&self) -> Vec<f64>;

    /// The present stage, if there are stages and they have not come to their end.
    fn stage(&self, _training: &Training, _has_ended: bool) -> Option<Stage> {
        None
    }

    /// The stages that have ended; `rho` is the sharpness in the data's own units.
    fn notes(&self, _has_ended: bool, _rho: f64) -> Vec<StageNote> {
        Vec::new()
    }

    /// Removes modes for good; N stays. Returns whether a fit that had ended is to be trained further because of that.
    fn close(&mut self, modes: &[usize]) -> bool;
}

/// What the recipe `reliable` knows about the data besides the samples, all but the unit in the network's units.
#[derive(Clone, Debug)]
pub struct Domain {
    /// The domain in which wells are counted, `[low, high]` for each input.
    pub bounds: Vec<[f64; 2]>,
    /// Standard deviation of the noise.
    pub sigma: f64,
    /// The least barrier of a well.
    pub threshold: f64,
    /// The data's unit of energy: a sharpness of the network over this is that of the potential.
    pub unit: f64,
}

/// Begins a fit under the recipe of the training, at the parameters `fit` or at a start of the recipe.
pub fn begin(
    arch: &Architecture,
    set: TrainingSet,
    domain: &Domain,
    training: &Training,
    fit: Option<Vec<f64>>,
) -> Box<dyn Fitting> {
    match (training.recipe, set.target) {
        (Recipe::Paper, _) => {
            let loss = Box::new(Regression::new(arch, &set));
            let params = fit.unwrap_or_else(|| init::paper(loss.params(), training.seed));
            Box::new(Paper::new(loss, arch.convexity, &params))
        }
        (Recipe::Reliable, Target::Value) => {
            let data = ScaledData::new(set.x, set.targets, domain);
            Box::new(Reliable::new(arch, data, domain.unit, training.seed, fit))
        }
        (Recipe::Reliable, _) => Box::new(Gradient::new(arch, &set, training, fit)),
    }
}

fn narrow(params: &[f64]) -> Vec<f32> {
    params.iter().map(|&p| p as f32).collect()
}

fn widen(params: &[f32]) -> Vec<f64> {
    params.iter().map(|&p| f64::from(p)).collect()
}

//! The settings of training that all recipes share.

use serde::{Deserialize, Serialize};

/// The named recipe of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recipe {
    /// Recipe of the paper: its initial parameters, projection, two constant learning rates, and one penalty on the gates.
    Paper,
    /// Starts from the data, fits from below, removes modes while that costs little, and ends with a second-order method.
    #[default]
    Reliable,
}

/// Schedule of the learning rates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// A constant rate.
    #[default]
    Constant,
    /// Half a cosine from the full rate at the first epoch to one hundredth of it at the last.
    Cosine,
}

/// Size of the model and settings of its training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingSettings {
    /// The recipe.
    pub recipe: Recipe,
    /// Number of offered modes, N.
    pub modes: usize,
    /// Widths of the hidden layers of each mode.
    pub hidden: Vec<usize>,
    /// Weight of the penalty on the gates, epsilon in `epsilon * sum |a_i|`.
    pub epsilon: f64,
    /// Learning rate of weights and biases.
    pub lr: f64,
    /// Learning rate of the gates' `a_i` and of the sharpness rho.
    pub gate_lr: f64,
    /// Schedule of both learning rates.
    pub schedule: Schedule,
    /// Last epoch of training.
    pub epochs: u64,
    /// Loss below which training stops; never if absent.
    pub stop_loss: Option<f64>,
    /// Seed of the initial parameters.
    pub seed: u64,
}

impl TrainingSettings {
    /// Defaults of a recipe on a curve; for `paper` the one-dimensional settings of the paper (Sec. 3).
    pub fn for_recipe(recipe: Recipe) -> Self {
        let (lr, gate_lr, epochs) = match recipe {
            Recipe::Paper => (1e-3, 1e-4, 50_000),
            Recipe::Reliable => (1e-2, 1e-2, 30_000),
        };
        let (modes, hidden, epsilon, schedule) = (10, vec![10, 10], 1e-4, Schedule::Constant);
        Self { recipe, modes, hidden, epsilon, lr, gate_lr, schedule, epochs, stop_loss: None, seed: 1 }
    }
}

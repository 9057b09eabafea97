//! The settings of training that all recipes share.

use serde::{Deserialize, Serialize};

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

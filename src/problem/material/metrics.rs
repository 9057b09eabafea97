//! The numbers of a fitted material.

use serde::{Deserialize, Serialize};

use super::Dynamics;

/// The errors of a fitted material on trajectories that it has not seen, in the data's own units, and whether it dissipates.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MaterialMetrics {
    /// How hidden states move.
    pub dynamics: Dynamics,
    /// Whether the second phase is held fixed.
    pub fixed_phase: bool,
    /// Whether the potential sees its first input by itself.
    pub structural: bool,
    /// Steps of the optimiser so far.
    pub steps: u64,
    /// Passes over the training data so far.
    #[serde(rename = "epochs")]
    pub passes: f64,
    /// Coefficient of determination of S11, or of the first output.
    pub r2_s11: f64,
    /// Root mean squared error of the first output.
    pub rmse_s11: f64,
    /// Coefficient of determination of S22, or of the second output, if there is one.
    pub r2_s22: Option<f64>,
    /// Root mean squared error of the second output.
    pub rmse_s22: Option<f64>,
    /// The names of the outputs.
    pub outputs: Vec<String>,
    /// The coefficient of determination of each output.
    pub r2: Vec<f64>,
    /// The root mean squared error of each output.
    pub rmse: Vec<f64>,
    /// Steps of held-out trajectories at which the dissipation is negative beyond rounding.
    pub dissipation_violations: usize,
    /// Steps of held-out trajectories.
    pub dissipation_steps: usize,
    /// The smallest dissipation of a step.
    pub dissipation_min: f64,
    /// The smallest sum of dissipation over a trajectory.
    pub dissipation_least_sum: f64,
    /// The energy dissipated along a held-out trajectory, on average.
    pub dissipated: FittedConstant,
    /// Mean net work done on a held-out trajectory, as measured. It is dissipated or stored.
    pub net_work: f64,
    /// Number of parameters.
    pub parameters: usize,
    /// With play and a second phase that moves: the width of the loop, `k_plus + k_minus`.
    pub loop_width: Option<FittedConstant>,
    /// With play and a second phase that moves: the hardening M.
    pub hardening: Option<FittedConstant>,
    /// Mean loss of the last epoch, scaled.
    pub loss: f64,
}

/// A constant of the fit, and the true one if it is known.
pub type FittedConstant = (f64, Option<f64>);

//! Metrics of a fitted material.

use serde::{Deserialize, Serialize};

use super::Dynamics;

/// Errors of a fitted material on held-out trajectories, in the units of the data, and its dissipation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MaterialMetrics {
    /// Dynamics of the hidden states.
    pub dynamics: Dynamics,
    /// True if the fraction of the second phase is fixed.
    pub fixed_phase: bool,
    /// True if the first input is a separate argument of the potential.
    pub structural: bool,
    /// Number of steps of the optimiser.
    pub steps: u64,
    /// Number of passes over the training data.
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
    /// Names of the outputs.
    pub outputs: Vec<String>,
    /// Coefficient of determination of each output.
    pub r2: Vec<f64>,
    /// Root mean squared error of each output.
    pub rmse: Vec<f64>,
    /// Number of steps of held-out trajectories with a dissipation that is negative beyond rounding.
    pub dissipation_violations: usize,
    /// Number of steps of held-out trajectories.
    pub dissipation_steps: usize,
    /// Smallest dissipation of a step.
    pub dissipation_min: f64,
    /// Smallest total dissipation of a trajectory.
    pub dissipation_least_sum: f64,
    /// Mean energy dissipated along a held-out trajectory.
    pub dissipated: FittedConstant,
    /// Mean net work done on a held-out trajectory according to the data. It is dissipated or stored. `None` if an input has no
    /// output.
    pub net_work: Option<f64>,
    /// Number of parameters.
    pub parameters: usize,
    /// Width of the loop, `k_plus + k_minus`, of play with a moving second phase.
    pub loop_width: Option<FittedConstant>,
    /// Hardening M of play with a moving second phase.
    pub hardening: Option<FittedConstant>,
    /// Mean loss of the last epoch, in the units of the network.
    pub loss: f64,
}

/// Constant of the fit, and the true one if it is known.
pub type FittedConstant = (f64, Option<f64>);

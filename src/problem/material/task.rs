//! Task of a run of a material, assembled from the settings.

use super::settings::{Dynamics, MaterialSettings};
use crate::dynamics::metamaterial::{LoadPath, MAX_AMPLITUDE, MIN_PERIOD, MaterialConstants};
use crate::problem::settings::training::SamplingSettings;
use crate::recipe::TrainingSettings;

/// Fixed volume fraction of the second phase.
pub const FIXED_FRACTION: f64 = 0.5;

/// Truth, dynamics of the fit, and training.
#[derive(Clone, Debug, PartialEq)]
pub struct MetamaterialSettings {
    /// The truth.
    pub material: MaterialConstants,
    /// Dynamics of the hidden states.
    pub dynamics: Dynamics,
    /// True if the fraction of the second phase is fixed at one half.
    pub fixed_phase: bool,
    /// True if E11 is a separate argument of the potential, besides the isotropic invariants.
    pub structural: bool,
    /// Number of trajectories; a fifth of them is held out.
    pub trajectories: usize,
    /// Seed of the loads.
    pub data_seed: u64,
    /// Seed of the initial parameters and of the order of the trajectories.
    pub seed: u64,
    /// Number of trajectories in a mini-batch.
    pub batch: usize,
    /// Number of steps of the optimiser.
    pub steps: u64,
    /// Initial learning rate of a cosine schedule.
    pub lr: f64,
    /// Hidden widths of each of the two modes.
    pub hidden: Vec<usize>,
    /// Largest amplitude of the loads.
    pub amplitude: f64,
    /// Shortest period of the loads, in steps.
    pub period: f64,
}

impl MetamaterialSettings {
    /// Minimum and maximum number of trajectories of the benchmark. More would use memory and not improve the fit.
    pub const TRAJECTORY_LIMITS: [usize; 2] = [10, 5000];

    /// Defaults for a kind of dynamics. With a fixed phase E11 is a separate argument of the potential. The stress at zero
    /// strain is then anisotropic, which no function of isotropic invariants can represent.
    pub fn from_dynamics(dynamics: Dynamics, fixed_phase: bool) -> Self {
        let (steps, lr) = match dynamics {
            Dynamics::Node => (8000, 3e-3),
            Dynamics::Onsager | Dynamics::Auto => (6000, 3e-3),
            Dynamics::Play => (6000, 2e-2),
        };
        Self {
            material: MaterialConstants::default(),
            dynamics,
            fixed_phase,
            structural: fixed_phase,
            trajectories: 400,
            data_seed: 1,
            seed: 1,
            batch: 64,
            steps,
            lr,
            hidden: vec![19, 19],
            amplitude: MAX_AMPLITUDE,
            period: MIN_PERIOD,
        }
    }

    /// Weights of S11 and S22 in the loss of the benchmark. S22 is about half as large; with play it counts twice.
    pub fn weights(&self) -> [f64; 2] {
        if self.dynamics == Dynamics::Play { [1.0, 2.0] } else { [1.0, 1.0] }
    }

    /// Truth along a path of strains.
    pub fn follow(&self, strain: &[f64]) -> LoadPath {
        self.material.follow(strain, self.fixed_phase.then_some(FIXED_FRACTION))
    }

    /// Number of held-out runs of a total.
    pub fn held_out(runs: usize) -> usize {
        (runs / 5).max(1).min(runs.saturating_sub(1))
    }

    /// Number of steps of the optimiser in a pass over the training data.
    pub fn steps_of_an_epoch(&self) -> u64 {
        let train = self.trajectories - Self::held_out(self.trajectories);
        (train / self.batch.min(train).max(1)).max(1) as u64
    }
}

/// Sets the defaults of training and data under the dynamics of these settings.
pub fn set_defaults(own: &MaterialSettings, training: &mut TrainingSettings, data: &mut SamplingSettings) {
    let own = MetamaterialSettings::from_dynamics(own.dynamics, false);
    let (lr, epochs) = (own.lr, own.steps / own.steps_of_an_epoch());
    data.samples = own.trajectories;
    *training = TrainingSettings { modes: 2, hidden: own.hidden, epsilon: 0.0, lr, epochs, ..training.clone() };
}

//! Material with memory, fitted to its stress alone: the two-phase metamaterial, or runs of a user.
//!
//! [`features`] computes the inputs of the networks. [`model`] holds the three dynamics: the paper's, Onsager's, and play. [`run`] trains them, and
//! [`choice`] selects one by the data. [`mod@file`] stores a fit; [`pretrained`] is a stored fit of the program. [`transitions`] measures the
//! sharpness of transitions. [`job`] makes a fit a job. Settings are defaults of [`MetamaterialSettings::from_dynamics`].

pub mod choice;
pub mod features;
pub mod file;
pub mod job;
pub mod metrics;
pub mod model;
pub mod pretrained;
pub mod response;
pub mod run;
pub mod settings;
pub mod step;
pub mod task;
pub mod transitions;
pub mod views;

pub use metrics::MaterialMetrics;
pub use model::TrajectoryResponse;
pub use response::Material;
pub use run::{MetamaterialRun, trajectory_of};
pub use settings::Dynamics;
pub use task::MetamaterialSettings;

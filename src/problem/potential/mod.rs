//! Potential fitted to its values or to its derivatives.

mod along;
mod cache;
mod clustered_errors;
mod derivative_scale;
mod evaluation;
mod held_out;
pub mod job;
mod joint;
mod lack_of_fit;
mod landscape;
mod large;
pub mod metrics;
mod minima_search;
mod missed_wells;
mod redrawn;
mod run;
mod run_data;
pub mod settings;
mod shown;
mod size;
mod source;
mod support;
mod training;
mod unexplained;
mod viewer;
pub mod views;
mod well_warnings;

pub use along::AlongPath;
pub use held_out::is_checked_by_default;
pub use metrics::{JointMetrics, PotentialMetrics};
pub use run::PotentialRun;
pub use source::{DataSource, prepared, target};

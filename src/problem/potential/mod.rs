//! A potential learnt from its values or from its derivatives.

mod along;
mod evaluation;
mod held_out;
pub mod job;
mod joint;
mod lack_of_fit;
mod landscape;
mod large;
pub mod metrics;
mod redrawn;
mod run;
pub mod settings;
mod shown;
mod sign;
mod size;
mod source;
mod support;
mod unexplained;
mod viewer;
pub mod views;

pub use along::AlongPath;
pub use held_out::is_checked_by_default;
pub use metrics::{JointMetrics, PotentialMetrics};
pub use run::Run;
pub use shown::Shown;
pub use source::{Source, target};
pub use viewer::Viewer;

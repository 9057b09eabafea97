//! Training: Adam over parameter groups ([`adam`]), schedules ([`schedule`]), epochs with health checks and roll-back ([`trainer`]), a second-order
//! method for the final stages ([`levenberg`]), the history of a run ([`history`]) and snapshots of its parameters ([`snapshots`]).

pub mod adam;
pub mod history;
pub mod levenberg;
pub mod schedule;
pub mod snapshots;
pub mod trainer;

pub use adam::{Adam, ParameterGroup, Rates};
pub use history::{History, HistoryEntry};
pub use levenberg::{LevenbergMarquardt, StepResult};
pub use snapshots::{RunSnapshot, RunSnapshots};
pub use trainer::{Divergence, Trainer};

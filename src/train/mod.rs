//! Training: Adam over parameter groups ([`adam`]), schedules ([`schedule`]), epochs with health checks and roll-back ([`trainer`]), two
//! methods for the final stages ([`quasi_newton`], [`levenberg`]), the history of a run ([`history`]) and snapshots of its parameters ([`snapshots`]).

pub mod adam;
pub mod history;
pub mod levenberg;
pub mod quasi_newton;
pub mod schedule;
pub mod snapshots;
pub mod trainer;

pub use adam::{Adam, ParameterGroup, Rates};
pub use history::{History, HistoryEntry};
pub use levenberg::{LevenbergMarquardt, StepResult};
pub use quasi_newton::QuasiNewton;
pub use snapshots::{RunSnapshot, RunSnapshots};
pub use trainer::{Divergence, Trainer};

//! Kinds of fits: potentials, densities and materials. Each has a folder with its settings, benchmarks, fit, metrics and
//! views.
//!
//! [`settings`] describes each setting once, [`benchmarks`] lists the benchmarks, [`job`] is the interface of all fits,
//! [`frame`] is the state of a fit as data, and [`view`] is its display.

pub mod benchmark;
pub mod benchmarks;
pub mod curve;
pub mod density;
pub mod frame;
pub mod job;
pub mod jobs;
pub mod material;
pub mod metrics;
pub mod potential;
pub mod proposal;
pub mod settings;
pub mod table;
pub mod view;

pub use frame::Status as State;
pub use job::{Job, JobFile, JobProgress};
pub use metrics::Metrics;
pub use potential::{DataSource, PotentialRun};
pub use settings::{InvalidSetting, Settings};

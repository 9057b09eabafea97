//! Kinds of fits: potentials, densities and materials, each a folder with its settings, its benchmarks, its fit, its metrics and its
//! views.
//!
//! [`settings`] describes each setting once; [`benchmarks`] lists what can be trained; [`job`] is what all fits have in common;
//! [`frame`] is the state of a fit as data, [`view`] what is shown of it.

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
pub use job::{Job, JobFile, JobProgress, JobViews};
pub use metrics::Metrics;
pub use potential::{DataSource, PotentialRun};
pub use settings::{InvalidSetting, Settings};

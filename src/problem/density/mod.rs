//! A density over time, fitted to samples: at each time `q = exp(-Psi)/Z` by maximum likelihood (Sec. 4.2 of the paper).
//!
//! Two benchmarks are of this kind: the Schlögl reaction, whose samples are drawn and whose exact distribution is known, and a user's own samples.
//! Strength of the decay and pooling are chosen by cross-validation (`choice`); then each time is fitted, from the latest to the
//! earliest, and modes that the samples do not need are removed (`tasks`). The exact distribution is used for evaluation only. An epoch is
//! one step of any of these fits.

mod choice;
mod evaluation;
mod file;
mod fits;
mod fitter;
pub mod job;
pub mod metrics;
mod model;
mod removal;
mod run;
mod samples;
pub mod settings;
mod start;
mod tasks;
mod uncertainty;
pub mod views;
mod wells;

pub use evaluation::{BandwidthRule, Estimates};
pub use metrics::{DensityMetrics, FittedWell};
pub use model::Density;
pub use run::DensityRun;
pub use samples::{LARGEST_STATE, SAMPLE_TIMES, SampleSets};

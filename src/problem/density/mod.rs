//! A density over time, fitted to samples: at each time `q = exp(-Psi)/Z` by maximum likelihood (Sec. 4.2 of the paper).
//!
//! Two benchmarks are of this kind: simulated samples of the Schlögl reaction, whose exact distribution is known, and a user's own samples. Each
//! set is fitted as a joint density of one input ([`crate::problem::potential`]), from the latest to the earliest. Neighbouring times may pool
//! their samples, as chosen by cross-validation (`choice`). The exact distribution is used for evaluation only.

mod choice;
mod evaluation;
mod file;
pub mod job;
pub mod metrics;
mod model;
mod run;
mod samples;
pub mod settings;
pub mod views;

pub use metrics::{DensityMetrics, FittedWell};
pub use model::Density;
pub use run::DensityRun;
pub use samples::{LARGEST_STATE, SAMPLE_TIMES, SampleSets};

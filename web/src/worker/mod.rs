//! Everything that runs in a worker of the page. `worker.js` loads the module of the page and calls one of these:
//!
//! | function | task |
//! |---|---|
//! | `start_worker` of [`training`] | trains the run that is shown, and handles requests between slices of training |
//! | `start_member` of [`member`] | trains the runs of an ensemble one after another |
//! | `start_export` of [`export`] | writes a model file in other forms |
//! | `start_comparison` of [`comparison`] | fits the methods of a comparison |
//! | `start_tape` of [`tape`] | shows the graph of a fit, its derivative and its plan |
//!
//! All messages are encoded by [`wire`] together with their [`build`]. Those of the last two, which answer scripts, are texts in JSON ([`script`]).

pub mod build;
#[cfg(target_arch = "wasm32")]
pub mod comparison;
#[cfg(target_arch = "wasm32")]
pub mod export;
#[cfg(target_arch = "wasm32")]
mod file;
#[cfg(target_arch = "wasm32")]
pub mod member;
#[cfg(target_arch = "wasm32")]
pub mod script;
pub mod tape;
#[cfg(target_arch = "wasm32")]
pub mod training;
#[cfg(target_arch = "wasm32")]
pub mod wire;

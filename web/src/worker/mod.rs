//! Workers of the page. `worker.js` loads the module of the page and calls one of these functions:
//!
//! | function | task |
//! |---|---|
//! | `start_worker` of [`training`] | trains the current run, and handles requests between slices of training |
//! | `start_member` of [`member`] | trains the runs of an ensemble one after another |
//! | `start_export` of [`export`] | exports model files to other formats |
//! | `start_comparison` of [`comparison`] | fits the methods of a comparison |
//! | `start_tape` of [`tape`] | reports the graph of a fit, its derivative and its plan |
//!
//! [`wire`] encodes all messages together with their [`build`]. Messages of the last two, which reply to scripts, are JSON texts ([`script`]).

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

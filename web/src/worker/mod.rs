//! Everything that runs in a worker of the page. The script of each worker loads the module of the page and calls one of these:
//!
//! | script | part | task |
//! |---|---|---|
//! | `worker.js` | [`training`] | trains the run that is shown, and handles requests between slices of training |
//! | `member.js` | [`member`] | trains the runs of an ensemble one after another |
//! | `export.js` | [`export`] | writes a model file in other forms |
//! | `comparing.js` | [`comparison`] | fits the methods of a comparison |
//! | `tape-worker.js` | [`tape`] | shows the graph of a fit, its derivative and its plan |
//!
//! Messages of the first two are those of [`multiwell::internal::controller::protocol`], encoded by [`wire`] together with their [`build`].

pub mod build;
#[cfg(target_arch = "wasm32")]
pub mod comparison;
#[cfg(target_arch = "wasm32")]
pub mod export;
#[cfg(target_arch = "wasm32")]
mod file;
#[cfg(target_arch = "wasm32")]
pub mod member;
pub mod tape;
#[cfg(target_arch = "wasm32")]
pub mod training;
#[cfg(target_arch = "wasm32")]
pub mod wire;

//! The training workers: [`worker`] holds the run that is shown and handles requests between slices of training; [`member`]
//! trains the runs of an ensemble one after another; `helpers`, where landscapes and tables are trained, compute parts of an epoch. Messages are those of [`multiwell::controller::protocol`], encoded by
//! [`wire`] together with their [`build`].

pub mod build;
#[cfg(target_arch = "wasm32")]
mod file;
#[cfg(all(target_arch = "wasm32", feature = "systems"))]
pub mod helpers;
#[cfg(target_arch = "wasm32")]
pub mod member;
#[cfg(target_arch = "wasm32")]
pub mod wire;
#[cfg(target_arch = "wasm32")]
pub mod worker;

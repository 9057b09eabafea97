//! The training workers: [`worker`] holds the run that is shown and answers between slices of training, [`member`] trains one run of an
//! ensemble after another to its end. Messages are those of [`multiwell::controller::protocol`], put on the wire by [`wire`], which says which [`build`]
//! they are of.

pub mod build;
#[cfg(target_arch = "wasm32")]
pub mod member;
#[cfg(target_arch = "wasm32")]
pub mod wire;
#[cfg(target_arch = "wasm32")]
pub mod worker;

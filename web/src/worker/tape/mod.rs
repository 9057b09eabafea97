//! View of the engine: the tape of a fit.
//!
//! A model file is recorded as a graph and differentiated ([`record`]): every node has a value and an adjoint from the reverse sweep.
//! Nodes are grouped by the layers of the network. At a point each derivative is compared with central differences ([`inspection`], [`differences`]).
//! The compiled plan is reported node by node and timed kernel by kernel ([`layout`]).
//!
//! `www/tape.js` displays the results. This module runs in a dedicated worker.

mod copy;
pub mod differences;
pub mod inspection;
pub mod layout;
#[cfg(target_arch = "wasm32")]
mod page;
pub mod record;
#[cfg(test)]
mod tests;
mod words;

pub use record::Tape;

//! View of the engine at work: the tape of a fit.
//!
//! A model file is recorded as a graph, and the graph is differentiated ([`record`]): every node has its value, and the adjoint that the reverse sweep gives
//! it. Nodes are folded by the layers of the network. At a point each derivative is compared with central differences ([`look`], [`differences`]). The
//! compiled plan is reported node by node and timed kernel by kernel ([`layout`]).
//!
//! The page shows this by `www/tape.js`. This module runs in a worker of its own.

mod copy;
pub mod differences;
pub mod layout;
pub mod look;
#[cfg(target_arch = "wasm32")]
mod page;
pub mod record;
#[cfg(test)]
mod tests;
mod words;

pub use record::Tape;

#![doc = include_str!("../README.md")]
//!
//! # The modules
//!
//! - [`graph`] records operations and their shapes. [`mod@grad`] adds the nodes of derivatives to a graph.
//! - [`plan`] compiles a graph: it decides the order of operations and where each value is stored, and runs them on a batch.
//! - [`kernels`] are the loops that a plan runs: one definition and one SIMD version of each.
//!
//! Generic functions are compiled by the crate that calls them, with that crate's optimisation level. Loops that must be fast are
//! therefore reached through methods of [`plan::Scalar`] and [`kernels::Number`], which are compiled in this crate for `f32` and `f64`.

mod by_node;
pub mod grad;
pub mod graph;
pub mod kernels;
pub mod plan;

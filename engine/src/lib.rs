//! The engine: what is computed is recorded once as a graph, differentiated as a graph, compiled to a plan and replayed by kernels.
//!
//! ```text
//! graph -> grad -> plan   record once; differentiate, graph in, graph out; compile to a replay that allocates nothing
//!   kernels               what a replay runs: a naive twin and SIMD lanes for each
//! linear                  systems of equations, for second-order steps
//! ```
//!
//! Where generic code ends: a crate that uses this one compiles its own copies of what is generic, as small or as fast as it is made itself.
//! What must be fast is therefore reached through functions of [`plan::Scalar`] and [`kernels::Number`] that are compiled here.

pub mod grad;
pub mod graph;
pub mod kernels;
pub mod linear;
pub mod plan;

//! Differentiable multi-well potentials: energy landscapes with several wells, learnt from data by a gated soft minimum of
//! input convex neural networks (LSE-ICNN), after Jones, Buganza Tepole and Fuhg, arXiv 2506.17242.
//!
//! The modules stand in the order of the pipeline, and each knows only what stands above it:
//!
//! ```text
//! potentials, data          what is to be learnt: a formula, points
//!   graph -> grad -> plan   record once; differentiate, graph in, graph out; compile to a replay that allocates nothing (from the
//!                           crate `multiwell-engine`, which can so be made fast where the rest is made small)
//!     kernels               what a replay runs: a naive twin and SIMD lanes for each
//!   nn                      the LSE-ICNN as a graph, its parameters, its model file
//!   objective               what is minimised: values, gradients
//!   train                   Adam, schedules, history, roll-back
//!   landscape               minima, saddles, barriers, roles of a fit or of a truth; what removing a mode costs
//!   estimate                densities by kernels and mixtures, for comparison; distances between densities
//!   physics                 what moves on a landscape: gradient flow, Langevin dynamics, a tilt that goes up and down
//!   plot                    figures over any plotters backend
//!   run                     settings, links, messages; what can be trained, as jobs that can be stepped
//!   views                   what is shown of a job, as data: pictures, knobs, a table
//!   (worker, web, systems)  crates of their own: the only ones that know a browser
//! check                     derivatives held to finite differences; json, text: small tools
//! ```

pub use multiwell_engine::{grad, graph, kernels, plan};

/// Whether this build trains more than curves: landscapes of several inputs, densities, materials with memory. The page's own module does
/// not: it is what a visitor waits for. Code that stands behind this constant is in no other build.
pub const SYSTEMS: bool = cfg!(feature = "systems");

pub mod check;
pub mod data;
pub mod estimate;
pub mod json;
pub mod landscape;
pub mod nn;
pub mod objective;
pub mod physics;
pub mod plot;
pub mod potentials;
pub mod run;
pub mod text;
pub mod train;
pub mod views;

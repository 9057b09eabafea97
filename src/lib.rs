//! Differentiable multi-well potentials: energy landscapes with several wells, learnt from data by a gated soft minimum of
//! input convex neural networks (LSE-ICNN), after Jones, Buganza Tepole and Fuhg, arXiv 2506.17242.
//!
//! [`fit()`] learns from a table; [`Fit`] has the settings, and learns densities and materials with memory too:
//!
//! ```no_run
//! use multiwell::data::{Dataset, csv::Columns};
//!
//! fn main() -> Result<(), multiwell::Error> {
//!     let data = Dataset::open("points.csv", &Columns::default())?;
//!     let fit = multiwell::fit(&data)?;
//!     for well in fit.minima() {
//!         println!("x = {:?}, Psi = {:.4}, barrier {:?}", well.x, well.value, well.barrier);
//!     }
//!     fit.save("model.json")
//! }
//! ```
//!
//! The modules stand in the order of knowledge: each uses only what stands above it.
//!
//! ```text
//! graph -> grad -> plan     record once; differentiate, graph in, graph out; compile to a replay that allocates nothing (from the
//!   kernels                 crate `multiwell_engine`)
//! numerics                  extrema of functions of one variable, barriers
//! data, potentials          tables, samples, trajectories; benchmark potentials
//! model                     the LSE-ICNN as a graph, its parameters, its model file
//! loss                      what is minimised: values, gradients, likelihoods, errors through time
//! train                     Adam, Levenberg-Marquardt, schedules, history, roll-back
//! landscape, dynamics       minima, saddles, barriers, roles of modes; what moves on a landscape
//! recipe                    stages of training
//! plot                      figures over any plotters backend
//! problem                   potential, density, material: settings, benchmarks, fit, metrics, views
//! fit                       the front door: fit, evaluate, save and load in a few lines
//! controller                links, messages, ensembles, analysis: what a front end talks to
//! (web)                     a crate of its own: the only one that knows a browser
//! check, text               derivatives compared with finite differences; words and numbers as text
//! ```

pub use multiwell_engine::{grad, graph, kernels, plan};

pub use fit::{Error, Fit, Fitted, Learnable, Ongoing, fit};
pub use model::Potential;
pub use problem::density::Density;
pub use problem::material::Material;
pub use recipe::Recipe;

pub mod check;
pub mod controller;
pub mod data;
pub mod dynamics;
pub mod fit;
pub mod landscape;
pub mod loss;
pub mod model;
pub mod numerics;
pub mod plot;
pub mod potentials;
pub mod problem;
pub mod recipe;
pub mod text;
pub mod train;

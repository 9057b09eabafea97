//! Differentiable multi-well potentials: energy landscapes with several wells, learnt from data by a gated soft minimum of
//! input convex neural networks (LSE-ICNN), after Jones, Buganza Tepole and Fuhg, arXiv 2506.17242.
//!
//! # Tour
//!
//! **Data.** A [`Dataset`] has inputs and values, derivatives, or both. It comes from arrays ([`Dataset::curve`],
//! [`Dataset::gradients`]) or from a table, whose columns are guessed or named by [`Columns`]:
//!
//! ```
//! use multiwell::{Columns, Dataset};
//!
//! let data = Dataset::open("tests/data/curve.csv", &Columns::default())?;
//! println!("{} rows, {} inputs", data.samples(), data.inputs());
//! # assert_eq!(data.inputs(), 1);
//! # Ok::<(), multiwell::Error>(())
//! ```
//!
//! **Fit.** [`fit()`] uses the recipe that finds the number of modes and the sharpness by itself. [`Fit`] has the settings. It also fits a
//! [`Density`] to samples and a [`Material`] to trajectories. A fit has [warnings](Fitted::warnings) if it is unreliable.
//!
//! ```
//! use multiwell::Fit;
//! # use multiwell::{Columns, Dataset, Recipe};
//! # let data = Dataset::open("tests/data/curve.csv", &Columns::default())?;
//!
//! let fit = Fit::potential(&data).modes(6).seed(7);
//! # let fit = fit.recipe(Recipe::Paper).modes(2).epochs(300);
//! let fit = fit.hold_out(0.2).run()?;
//! println!("R^2 = {:.4}, sharpness {:.1}, open gates {}", fit.metrics().r2, fit.metrics().rho, fit.metrics().active_gates);
//! for warning in fit.warnings() {
//!     println!("{warning}");
//! }
//! # assert!(fit.metrics().r2.is_finite());
//! # Ok::<(), multiwell::Error>(())
//! ```
//!
//! **Landscape.** [`Fitted::minima`] has the wells with their barriers. [`Fitted::landscape`] adds saddles, paths, and the class of each mode.
//!
//! ```
//! # use multiwell::{Columns, Dataset, Fit, Recipe};
//! # let data = Dataset::open("tests/data/curve.csv", &Columns::default())?;
//! # let fit = Fit::potential(&data).recipe(Recipe::Paper).modes(2).epochs(300).run()?;
//! for well in fit.minima() {
//!     println!("x = {:?}, Psi = {:.4}, barrier {:?}, supported {}", well.x, well.value, well.barrier, well.supported);
//! }
//! let landscape = fit.landscape().expect("a potential has a landscape");
//! println!("{} wells, {} saddles", landscape.wells, landscape.saddles.len());
//! # Ok::<(), multiwell::Error>(())
//! ```
//!
//! **Evaluation.** A [`Potential`] has values, derivatives of both orders and responsibilities. Any number of threads can use it at once.
//!
//! ```
//! # use multiwell::{Columns, Dataset, Fit, Recipe};
//! # let data = Dataset::open("tests/data/curve.csv", &Columns::default())?;
//! # let fit = Fit::potential(&data).recipe(Recipe::Paper).modes(2).epochs(300).run()?;
//! let psi = &fit.model;
//! println!("Psi(0.5) = {}, Psi'(0.5) = {:?}", psi.value(&[0.5]), psi.gradient(&[0.5]));
//! println!("responsibilities {:?}", psi.responsibilities(&[0.5]));
//! # assert_eq!(psi.responsibilities(&[0.5]).len(), 2);
//! # Ok::<(), multiwell::Error>(())
//! ```
//!
//! **Saving.** The page, the command line, Python and JavaScript read the same model file.
//!
//! ```
//! use multiwell::Potential;
//! # use multiwell::{Columns, Dataset, Fit, Recipe};
//! # let data = Dataset::open("tests/data/curve.csv", &Columns::default())?;
//! # let fit = Fit::potential(&data).recipe(Recipe::Paper).modes(2).epochs(300).run()?;
//! # let path = std::env::temp_dir().join("multiwell-tour.json");
//! # let path = path.to_str().unwrap_or("fit.json");
//!
//! fit.save(path)?;
//! assert_eq!(Potential::load(path)?.value(&[0.5]), fit.model.value(&[0.5]));
//! # Ok::<(), multiwell::Error>(())
//! ```
//!
//! # The rest
//!
//! [`graph`], [`grad`], [`plan`] and [`kernels`] are the differentiation engine, the crate `multiwell_engine`: a graph is recorded once,
//! differentiated as a graph, and compiled to a plan that is replayed without allocation. [`internal`] has the modules that the front ends
//! use; they change with each release.

pub use multiwell_engine::{grad, graph, kernels, plan};

pub use data::csv::{Columns, CsvError};
pub use data::trajectories::{Trajectories, Trajectory};
pub use data::{Dataset, InvalidData};
pub use fit::{Error, Fit, Fitted, Learnable, Ongoing, fit};
pub use landscape::{CriticalPoint, Minimum, MinimumInterval, Survey};
pub use model::model_file::ModelFileError;
pub use model::{Potential, Skip};
pub use problem::Metrics;
pub use problem::density::{Density, DensityMetrics, SampleSets};
pub use problem::material::{Material, MaterialMetrics};
pub use problem::potential::PotentialMetrics;
pub use problem::settings::{Dynamics, InvalidSetting, Settings};
pub use recipe::Recipe;

mod controller;
mod data;
mod dynamics;
mod fit;
pub mod internal;
mod landscape;
mod loss;
mod model;
mod numerics;
mod plot;
mod potentials;
mod problem;
mod recipe;
mod text;
mod train;

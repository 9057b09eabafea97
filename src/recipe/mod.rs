//! Recipes, which train fits in stages over losses. Callers use them through [`Fitting`].

mod active;
mod fitting;
pub mod likelihood;
mod ownership;
pub mod paper;
mod phase;
pub mod reliable;
mod staged;
mod steps;
mod training;

use crate::loss::training_set::TrainingSet;
use crate::loss::{Loss, Regression, RegressionTarget};
use crate::model::{Architecture, init};
pub use fitting::{DensityPrior, FitDomain, Fitting, FittingProgress, Stage, StageNote};
use paper::Paper;
use reliable::ScaledData;
use staged::Staged;
pub use steps::TrainingStep;
pub use training::{Recipe, Schedule, TrainingSettings};

/// Version of the recipe `reliable`, for every kind of problem, in links and model files. It increases whenever results change,
/// so that results of an older version can be recognised. Settings without a version have version 1.
pub const RECIPE_VERSION: u32 = 9;

/// Starts a fit under the recipe of `training`, at the parameters `fit` or else at the initial parameters of the recipe.
pub fn start_fitting(
    arch: &Architecture,
    set: TrainingSet,
    domain: &FitDomain,
    training: &TrainingSettings,
    fit: Option<Vec<f64>>,
) -> Box<dyn Fitting> {
    match (training.recipe, set.target) {
        (_, RegressionTarget::Density) => Box::new(Staged::on_samples(arch, &set, domain, training, fit)),
        (Recipe::Paper, _) => {
            let loss = Box::new(Regression::new(arch, &set));
            let params = fit.unwrap_or_else(|| init::paper(loss.params(), training.seed));
            Box::new(Paper::new(loss, arch.convexity, &params))
        }
        (Recipe::Reliable, _) => Box::new(Staged::on_errors(arch, ScaledData::new(set, domain), domain, training, fit)),
    }
}

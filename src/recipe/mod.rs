//! Recipes, which train fits in stages over losses. Callers use them through [`Fitting`].

mod fitting;
pub mod gathered;
pub mod gradient;
pub mod likelihood;
pub mod paper;
pub mod reliable;
mod training;

use crate::loss::training_set::TrainingSet;
use crate::loss::{Loss, Regression, Target};
use crate::model::{Architecture, init};
pub use fitting::{Domain, Fitting, Stage, StageNote};
use gradient::Gradient;
use likelihood::Likelihood;
use paper::Paper;
use reliable::{Reliable, ScaledData};
pub use training::{Recipe, Schedule, Training};

/// Version of the recipe `reliable`, for every kind of problem, in links and model files. It is raised whenever results change, so that what was made
/// by an older one can be told. What names no version is of version 1.
pub const VERSION: u32 = 6;

/// Begins a fit under the recipe of `training`, from the parameters `fit` or else from the initial parameters of the recipe.
pub fn begin(
    arch: &Architecture,
    set: TrainingSet,
    domain: &Domain,
    training: &Training,
    fit: Option<Vec<f64>>,
) -> Box<dyn Fitting> {
    match (training.recipe, set.target) {
        (_, Target::Density) => Box::new(Likelihood::new(arch, &set, domain, training.seed, fit)),
        (Recipe::Paper, _) => {
            let loss = Box::new(Regression::new(arch, &set));
            let params = fit.unwrap_or_else(|| init::paper(loss.params(), training.seed));
            Box::new(Paper::new(loss, arch.convexity, &params))
        }
        (Recipe::Reliable, Target::Value) => {
            let data = ScaledData::new(set, domain);
            Box::new(Reliable::new(arch, data, domain.unit, training.seed, fit))
        }
        (Recipe::Reliable, _) => Box::new(Gradient::new(arch, set, domain, training, fit)),
    }
}

//! Models that can be fitted: potentials, densities and materials.

use crate::data::Dataset;
use crate::data::trajectories::Trajectories;
use crate::model::Potential;
use crate::model::model_file::{ModelFile, ModelFileError};
use crate::problem::density::{self, Density, DensityMetrics, SampleSets};
use crate::problem::job::OpenedFit;
use crate::problem::material::{self, Material, MaterialMetrics};
use crate::problem::metrics::ProblemMetrics;
use crate::problem::potential::{self, PotentialMetrics};
use crate::problem::settings::{Recipe, Settings};

/// Kind of a model: a [`Potential`], a [`Density`] or a [`Material`].
pub trait Learnable: Sized {
    /// Data of a fit.
    type Data: Clone;
    /// Metrics of a fit.
    type Metrics;

    /// Initial settings of a fit to these data under a recipe.
    fn settings(recipe: Recipe, data: &Self::Data) -> Settings;

    /// Opens a fit.
    ///
    /// # Errors
    /// All unusable settings.
    fn open(settings: Settings, data: Self::Data) -> OpenedFit;

    /// Metrics of a fit of this kind; `None` for metrics of another kind.
    fn metrics(metrics: &ProblemMetrics) -> Option<&Self::Metrics>;

    /// Reads the model in the text of a model file.
    ///
    /// # Errors
    /// A sentence if it is not a model file of this kind.
    fn read(text: &str) -> Result<Self, ModelFileError>;
}

impl Learnable for Potential {
    type Data = Dataset;
    type Metrics = PotentialMetrics;

    fn settings(recipe: Recipe, data: &Dataset) -> Settings {
        match data.gradient {
            Some(_) => Settings::on_derivatives(recipe, data.has_values()),
            None => Settings::on(recipe, Settings::OWN_DATA),
        }
    }

    fn open(settings: Settings, data: Dataset) -> OpenedFit {
        Ok(Box::new(potential::PotentialRun::new(settings, potential::DataSource::Own(data), None)?))
    }

    fn metrics(metrics: &ProblemMetrics) -> Option<&PotentialMetrics> {
        if let ProblemMetrics::Potential(own, _) = metrics { Some(own) } else { None }
    }

    fn read(text: &str) -> Result<Self, ModelFileError> {
        Self::from_file(&ModelFile::read(text)?)
    }
}

impl Learnable for Density {
    type Data = SampleSets;
    type Metrics = DensityMetrics;

    fn settings(recipe: Recipe, _: &SampleSets) -> Settings {
        Settings::on(recipe, Settings::OWN_SAMPLES)
    }

    fn open(settings: Settings, data: SampleSets) -> OpenedFit {
        Ok(Box::new(density::DensityRun::on(settings, data, None)?))
    }

    fn metrics(metrics: &ProblemMetrics) -> Option<&DensityMetrics> {
        if let ProblemMetrics::Density(own) = metrics { Some(own) } else { None }
    }

    /// Reads the last density in a file, which is the latest one of successive sets. [`Density::read_all`] returns all.
    fn read(text: &str) -> Result<Self, ModelFileError> {
        Self::read_all(text)?.pop().ok_or_else(|| ModelFileError::Field("no density had been fitted when it was written".into()))
    }
}

impl Learnable for Material {
    type Data = Trajectories;
    type Metrics = MaterialMetrics;

    fn settings(recipe: Recipe, _: &Trajectories) -> Settings {
        Settings::on(recipe, Settings::OWN_TRAJECTORIES)
    }

    fn open(settings: Settings, data: Trajectories) -> OpenedFit {
        material::job::open_trajectories(settings, data)
    }

    fn metrics(metrics: &ProblemMetrics) -> Option<&MaterialMetrics> {
        if let ProblemMetrics::Material(own) = metrics { Some(own) } else { None }
    }

    fn read(text: &str) -> Result<Self, ModelFileError> {
        Self::read(text)
    }
}

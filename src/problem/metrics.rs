//! Metrics of a fit: a part for all fits, and a part for its problem. Frames, ensembles, figures and `--json` contain the same metrics.

use serde::{Deserialize, Serialize};

use super::density::metrics::{DensityMetrics, Distances, FittedSets};
use super::material::metrics::MaterialMetrics;
use super::potential::metrics::PotentialMetrics;
use crate::landscape::{Minimum, Survey};
use crate::numerics::statistics::mean_of;
use crate::recipe::StageNote;

/// Metrics of a fit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Metrics<Own = ProblemMetrics> {
    /// Id of the benchmark, or the name of the file.
    pub benchmark: String,
    /// Seed of the initial parameters.
    pub seed: u64,
    /// Seed of the data.
    pub data_seed: u64,
    /// Number of epochs.
    pub epochs: u64,
    /// Number of steps of the second-order methods, which do not count as epochs.
    pub lm_steps: u64,
    /// Time spent training, in seconds.
    pub seconds: f64,
    /// False if training diverged; the metrics are then those of the last finite state.
    pub finite: bool,
    /// Errors on the held-out rows, if there are any.
    pub held_out: Option<HeldOut>,
    /// Completed stages in order; empty if there are none.
    pub stages: Vec<StageNote>,
    /// Warnings to read before the use of the fit, such as a larger error on held-out rows than on training rows. After
    /// training, they include a shape that suggests a wrong sign.
    pub warnings: Vec<String>,
    /// Metrics of the problem.
    pub own: Own,
}

/// Errors of a potential on the held-out rows of a user's table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HeldOut {
    /// Number of held-out rows; zero if none is held out and the errors are the expected ones on fresh rows, see [`super::potential`].
    pub rows: usize,
    /// Root mean squared error of the values, or of all derivatives if values are unknown.
    pub rmse: f64,
    /// Coefficient of determination of the same quantities; absent if they do not vary.
    pub r2: Option<f64>,
    /// Coefficient of determination of each derivative.
    pub r2_components: Vec<Option<f64>>,
    /// Root mean squared error of each derivative.
    pub rmse_components: Vec<f64>,
}

impl HeldOut {
    /// Errors of the values, if they are known, and of the derivatives: the mean squared error and the coefficient of determination of each.
    pub(super) fn new(rows: usize, values: Option<(f64, Option<f64>)>, slopes: &[(f64, Option<f64>)]) -> Self {
        let shown = values.as_ref().map_or(slopes, std::slice::from_ref);
        Self {
            rows,
            rmse: mean_of(shown.iter().map(|error| error.0)).unwrap_or(f64::NAN).sqrt(),
            r2: mean_of(shown.iter().filter_map(|error| error.1)),
            r2_components: slopes.iter().map(|error| error.1).collect(),
            rmse_components: slopes.iter().map(|error| error.0.sqrt()).collect(),
        }
    }
}

/// Metrics of one kind of problem.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::large_enum_variant)]
pub enum ProblemMetrics {
    /// Metrics of a potential. A stopped fit also has a survey of its landscape, because the search for saddles takes too long for every frame.
    Potential(PotentialMetrics, Option<Box<Survey>>),
    /// Metrics of densities.
    Density(DensityMetrics),
    /// Metrics of a material.
    Material(MaterialMetrics),
}

impl Default for ProblemMetrics {
    fn default() -> Self {
        Self::Potential(PotentialMetrics::default(), None)
    }
}

impl<Own> Metrics<Own> {
    /// Mean time of an epoch, in milliseconds.
    pub fn ms_per_epoch(&self) -> f64 {
        if self.epochs > 0 { 1e3 * self.seconds / self.epochs as f64 } else { 0.0 }
    }

    /// Same metrics with a converted part for the problem.
    pub fn map<Other>(self, change: impl FnOnce(Own) -> Other) -> Metrics<Other> {
        let Self { benchmark, seed, data_seed, epochs, lm_steps, seconds, finite, held_out, stages, warnings, own } = self;
        Metrics { benchmark, seed, data_seed, epochs, lm_steps, seconds, finite, held_out, stages, warnings, own: change(own) }
    }
}

impl Metrics {
    /// Metrics of a potential, if it is one.
    pub fn potential(&self) -> Option<&PotentialMetrics> {
        if let ProblemMetrics::Potential(own, _) = &self.own { Some(own) } else { None }
    }

    /// Loss: for densities the mean over the fitted sets, if there are any.
    pub fn loss(&self) -> Option<f64> {
        match &self.own {
            ProblemMetrics::Potential(own, _) => Some(own.loss),
            ProblemMetrics::Density(own) => {
                let losses = &own.sets.loss;
                (!losses.is_empty()).then(|| losses.iter().sum::<f64>() / losses.len() as f64)
            }
            ProblemMetrics::Material(own) => Some(own.loss),
        }
    }

    /// Root mean squared error and coefficient of determination, for a material of its first output. Densities have none.
    pub fn errors(&self) -> Option<(f64, f64)> {
        match &self.own {
            ProblemMetrics::Potential(own, _) => own.density.is_none().then_some((own.rmse, own.r2)),
            ProblemMetrics::Density(_) => None,
            ProblemMetrics::Material(own) => Some((own.rmse_s11, own.r2_s11)),
        }
    }

    /// Shown minima: of a potential, or of `-log q` of the latest density.
    pub fn minima(&self) -> &[Minimum] {
        match &self.own {
            ProblemMetrics::Potential(own, _) => &own.minima,
            ProblemMetrics::Density(own) => &own.minima,
            ProblemMetrics::Material(_) => &[],
        }
    }

    /// Number of wells among [`Metrics::minima`]. Every mode of a density is one; a material has none.
    pub fn wells(&self) -> Option<usize> {
        match &self.own {
            ProblemMetrics::Potential(own, _) => Some(own.wells),
            ProblemMetrics::Density(own) => Some(own.minima.len()),
            ProblemMetrics::Material(_) => None,
        }
    }

    /// Returns true if a search for minima and barriers was cut short.
    pub fn is_partial(&self) -> bool {
        matches!(&self.own, ProblemMetrics::Potential(_, Some(survey)) if survey.partial)
    }

    /// Object printed by `--json`: one map of the fields that apply.
    pub fn json(&self) -> impl Serialize {
        let Self { benchmark, seed, data_seed, epochs, lm_steps, seconds, finite, held_out, stages, warnings, own } = self;
        let json = Json {
            benchmark,
            seed: *seed,
            data_seed: *data_seed,
            seconds: *seconds,
            finite: *finite,
            stages,
            warnings,
            ..Json::default()
        };
        match own {
            ProblemMetrics::Potential(own, landscape) => Json {
                epochs: Some(*epochs),
                potential: Some(own),
                ms_per_epoch: Some(self.ms_per_epoch()),
                held_out: held_out.as_ref(),
                lm_steps: Some(*lm_steps),
                landscape: Some(landscape),
                ..json
            },
            ProblemMetrics::Density(own) => Json { sets: Some(&own.sets), distances: own.distances.as_ref(), ..json },
            ProblemMetrics::Material(own) => Json { material: Some(own), ..json },
        }
    }
}

/// Fields in their order. Not every problem has all of them, and `epochs` and `loss` depend on the problem.
#[derive(Default, Serialize)]
struct Json<'a> {
    benchmark: &'a str,
    seed: u64,
    data_seed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    epochs: Option<u64>,
    #[serde(flatten)]
    potential: Option<&'a PotentialMetrics>,
    #[serde(flatten)]
    sets: Option<&'a FittedSets>,
    #[serde(flatten)]
    distances: Option<&'a Distances>,
    #[serde(flatten)]
    material: Option<&'a MaterialMetrics>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ms_per_epoch: Option<f64>,
    seconds: f64,
    finite: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    held_out: Option<&'a HeldOut>,
    stages: &'a [StageNote],
    #[serde(skip_serializing_if = "Option::is_none")]
    lm_steps: Option<u64>,
    warnings: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    landscape: Option<&'a Option<Box<Survey>>>,
}

/// Best of several named fits: the finite one with the smallest error on held-out or fresh rows, or on the training samples if it is not known for
/// all. A known truth is not used.
pub fn best<'a, Name>(fits: impl IntoIterator<Item = (Name, &'a Metrics)>) -> Option<Name> {
    let healthy: Vec<(Name, &Metrics)> = fits.into_iter().filter(|(_, metrics)| metrics.finite).collect();
    let knows_fresh = healthy.iter().all(|(_, metrics)| metrics.held_out.is_some());
    let error = |metrics: &Metrics| match (&metrics.held_out, &metrics.own) {
        (Some(held_out), _) if knows_fresh => held_out.rmse,
        (_, ProblemMetrics::Potential(own, _)) => own.mse,
        (_, ProblemMetrics::Density(own)) => own.sets.loss.iter().sum(),
        (_, ProblemMetrics::Material(own)) => own.loss,
    };
    healthy.into_iter().min_by(|(_, a), (_, b)| error(a).total_cmp(&error(b))).map(|(name, _)| name)
}

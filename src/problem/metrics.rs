//! A fit in numbers: what all fits have in common, and the numbers of its problem. Frames, ensembles, figures and `--json` hold the same.

use serde::{Deserialize, Serialize};

use super::density::metrics::{DensityMetrics, Distances, FittedSets};
use super::material::metrics::MaterialMetrics;
use super::potential::metrics::PotentialMetrics;
use crate::landscape::{Minimum, Survey};
use crate::recipe::StageNote;

/// A fit in numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Metrics<Own = ProblemMetrics> {
    /// Id of the benchmark, or the name of the file.
    pub benchmark: String,
    /// Seed of the initial parameters.
    pub seed: u64,
    /// Seed of the data.
    pub data_seed: u64,
    /// Epochs done.
    pub epochs: u64,
    /// Steps of the Levenberg-Marquardt method, which are no epochs.
    pub lm_steps: u64,
    /// Time spent training, in seconds.
    pub seconds: f64,
    /// False if training diverged; the numbers are then those of the last healthy state.
    pub finite: bool,
    /// The errors on rows that are held out, if there are any.
    pub held_out: Option<HeldOut>,
    /// The stages that have ended, in order; empty if there are none.
    pub stages: Vec<StageNote>,
    /// Warnings to read before the fit is used: a larger error on held-out rows than on training rows, and, once
    /// it has ended, whether its shape suggests that a sign is wrong.
    pub warnings: Vec<String>,
    /// The numbers of the problem.
    pub own: Own,
}

/// The errors of a potential on the rows of a user's table that it did not learn from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HeldOut {
    /// Number of these rows; zero if none was held out and the errors are those expected on fresh rows, see [`super::potential`].
    pub rows: usize,
    /// Root mean squared error: of the values, or over all derivatives where values are not known.
    pub rmse: f64,
    /// Coefficient of determination of the same; absent where what is known there does not vary.
    pub r2: Option<f64>,
    /// Coefficient of determination of each derivative.
    pub r2_components: Vec<Option<f64>>,
    /// Root mean squared error of each derivative.
    pub rmse_components: Vec<f64>,
}

/// The numbers of one kind of problem.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::large_enum_variant)]
pub enum ProblemMetrics {
    /// Of a potential, with a survey of its landscape if it has stopped: the search for saddles takes too long for every frame.
    Potential(PotentialMetrics, Option<Box<Survey>>),
    /// Of densities.
    Density(DensityMetrics),
    /// Of a material.
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

    /// The same fit with the numbers of its problem in another form.
    pub fn map<Other>(self, change: impl FnOnce(Own) -> Other) -> Metrics<Other> {
        let Self { benchmark, seed, data_seed, epochs, lm_steps, seconds, finite, held_out, stages, warnings, own } = self;
        Metrics { benchmark, seed, data_seed, epochs, lm_steps, seconds, finite, held_out, stages, warnings, own: change(own) }
    }
}

impl Metrics {
    /// The numbers of a potential, if it is one.
    pub fn potential(&self) -> Option<&PotentialMetrics> {
        if let ProblemMetrics::Potential(own, _) = &self.own { Some(own) } else { None }
    }

    /// The value of the loss: of densities the mean over the sets that have been fitted, if there are any.
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

    /// Root mean squared error and coefficient of determination, of a material those of its first output. Densities have none.
    pub fn errors(&self) -> Option<(f64, f64)> {
        match &self.own {
            ProblemMetrics::Potential(own, _) => own.density.is_none().then_some((own.rmse, own.r2)),
            ProblemMetrics::Density(_) => None,
            ProblemMetrics::Material(own) => Some((own.rmse_s11, own.r2_s11)),
        }
    }

    /// The minima that are shown: of a potential, or of `-log q` of the latest density.
    pub fn minima(&self) -> &[Minimum] {
        match &self.own {
            ProblemMetrics::Potential(own, _) => &own.minima,
            ProblemMetrics::Density(own) => &own.minima,
            ProblemMetrics::Material(_) => &[],
        }
    }

    /// How many of [`Metrics::minima`] are wells. Every mode of a density is one; a material has none to count.
    pub fn wells(&self) -> Option<usize> {
        match &self.own {
            ProblemMetrics::Potential(own, _) => Some(own.wells),
            ProblemMetrics::Density(own) => Some(own.minima.len()),
            ProblemMetrics::Material(_) => None,
        }
    }

    /// Whether a search for minima and barriers was cut short.
    pub fn is_partial(&self) -> bool {
        matches!(&self.own, ProblemMetrics::Potential(_, Some(survey)) if survey.partial)
    }

    /// The object that `--json` prints: one map of the fields that apply.
    pub fn json(&self) -> impl Serialize {
        let Self { benchmark, seed, data_seed, epochs, lm_steps, seconds, finite, held_out, stages, warnings, own } = self;
        let end = EndMetrics { seconds: *seconds, finite: *finite };
        let own = match own {
            ProblemMetrics::Potential(own, landscape) => MetricsTail::Potential {
                epochs: *epochs,
                own,
                ms_per_epoch: self.ms_per_epoch(),
                end,
                held_out,
                stages,
                lm_steps: *lm_steps,
                warnings,
                landscape,
            },
            ProblemMetrics::Density(DensityMetrics { sets, distances, .. }) => {
                MetricsTail::Density { sets, distances, end, stages, warnings }
            }
            ProblemMetrics::Material(own) => MetricsTail::Material { own, end, stages, warnings },
        };
        Json { benchmark, seed: *seed, data_seed: *data_seed, own }
    }
}

#[derive(Serialize)]
struct Json<'a> {
    benchmark: &'a str,
    seed: u64,
    data_seed: u64,
    #[serde(flatten)]
    own: MetricsTail<'a>,
}

#[derive(Serialize)]
struct EndMetrics {
    seconds: f64,
    finite: bool,
}

/// The other fields, in their order: not every problem has all of them, and `epochs` and `loss` mean something else in each.
#[derive(Serialize)]
#[serde(untagged)]
enum MetricsTail<'a> {
    Potential {
        epochs: u64,
        #[serde(flatten)]
        own: &'a PotentialMetrics,
        ms_per_epoch: f64,
        #[serde(flatten)]
        end: EndMetrics,
        #[serde(skip_serializing_if = "Option::is_none")]
        held_out: &'a Option<HeldOut>,
        stages: &'a [StageNote],
        lm_steps: u64,
        warnings: &'a [String],
        landscape: &'a Option<Box<Survey>>,
    },
    Density {
        #[serde(flatten)]
        sets: &'a FittedSets,
        #[serde(flatten)]
        distances: &'a Option<Distances>,
        #[serde(flatten)]
        end: EndMetrics,
        stages: &'a [StageNote],
        warnings: &'a [String],
    },
    Material {
        #[serde(flatten)]
        own: &'a MaterialMetrics,
        #[serde(flatten)]
        end: EndMetrics,
        stages: &'a [StageNote],
        warnings: &'a [String],
    },
}

/// The best of several fits, each given with its name: the one with the smallest error on its training samples among those that did not
/// diverge. The truth, where it is known, is not asked.
pub fn best<'a, Name>(fits: impl IntoIterator<Item = (Name, &'a Metrics)>) -> Option<Name> {
    let error = |metrics: &Metrics| match &metrics.own {
        ProblemMetrics::Potential(own, _) => own.mse,
        ProblemMetrics::Density(own) => own.sets.loss.iter().sum(),
        ProblemMetrics::Material(own) => own.loss,
    };
    let healthy = fits.into_iter().filter(|(_, metrics)| metrics.finite);
    healthy.min_by(|(_, a), (_, b)| error(a).total_cmp(&error(b))).map(|(name, _)| name)
}

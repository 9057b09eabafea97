//! The numbers of a fit that has stopped, of whichever problem: what `--json` prints.

use serde::Serialize;

use super::density::DensityReport;
use super::material::MetamaterialReport;
use super::{Report, report};
use crate::landscape::Survey;

/// A potential in numbers, with its landscape.
#[derive(Clone, Debug, Serialize)]
pub struct PotentialMetrics {
    /// Errors, counts, minima.
    #[serde(flatten)]
    pub report: Report,
    /// Minima, saddles, barriers, roles of the modes.
    pub landscape: Survey,
}

/// A fit in numbers.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
#[allow(clippy::large_enum_variant)]
pub enum Metrics {
    /// Of a potential.
    Potential(PotentialMetrics),
    /// Of densities.
    Density(DensityReport),
    /// Of a material.
    Material(MetamaterialReport),
}

impl Metrics {
    /// False if training diverged; the numbers are then those of the last healthy state.
    pub fn finite(&self) -> bool {
        match self {
            Self::Potential(metrics) => metrics.report.finite,
            Self::Density(report) => report.finite,
            Self::Material(report) => report.finite,
        }
    }

    /// What the best of several runs has least of, on its training samples.
    pub fn training_error(&self) -> f64 {
        match self {
            Self::Potential(metrics) => metrics.report.mse,
            Self::Density(report) => report.loss.iter().sum(),
            Self::Material(report) => report.loss,
        }
    }

    /// What a reader should know before using the fit.
    pub fn warnings(&self) -> &[String] {
        if let Self::Potential(metrics) = self { &metrics.report.warnings } else { &[] }
    }

    /// Whether a search for minima and barriers was cut short.
    pub fn is_partial(&self) -> bool {
        matches!(self, Self::Potential(metrics) if metrics.landscape.partial)
    }
}

/// Which of several fits is the best, by [`Metrics::training_error`] among those that did not diverge.
pub fn best<'a>(all: impl IntoIterator<Item = &'a Metrics>) -> Option<usize> {
    report::least(all.into_iter().enumerate().map(|(k, metrics)| (k, metrics.finite(), metrics.training_error())))
}

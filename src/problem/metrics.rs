//! The numbers of a fit that has stopped, of whichever problem: what `--json` prints.

use serde::Serialize;

use super::Report;
use super::density::DensityReport;
use super::material::MetamaterialReport;
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

/// Which of several runs is the best: the one with the smallest error on its training samples among those that did not diverge. The truth,
/// where it is known, is not asked.
pub fn best<'a>(all: impl IntoIterator<Item = &'a Metrics>) -> Option<usize> {
    let healthy = all.into_iter().enumerate().filter(|(_, metrics)| metrics.finite());
    healthy.min_by(|(_, a), (_, b)| a.training_error().total_cmp(&b.training_error())).map(|(k, _)| k)
}

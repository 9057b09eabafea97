//! Evaluation of a fitted density.

use super::PotentialEvaluation;
use super::test_rows::TestRows;
use crate::data::Dataset;
use crate::landscape::uncertainty::Uncertainty;
use crate::landscape::{EnergyPath, Minimum, Survey};
use crate::model::Architecture;
use crate::model::model_file::Normalization;
use crate::problem::potential::joint::JointDensity;
use crate::problem::potential::large::FitParams;
use crate::problem::potential::metrics::PotentialMetrics;

impl PotentialEvaluation {
    /// Normalization of the density, if the data are samples of one.
    pub(in crate::problem::potential) fn joint(&self) -> Option<&JointDensity> {
        self.joint.as_ref()
    }

    /// Uncertainty of a density.
    pub fn uncertainty_of_density(
        &self,
        arch: &Architecture,
        scaling: &Normalization,
        params: &[f64],
        data: &Dataset,
    ) -> Option<Uncertainty> {
        self.joint()?.uncertainty(arch, scaling, &mut self.evaluators.value(), params, data)
    }

    /// Mean of `log q` over all samples of a density, if the data are samples of one.
    pub fn log_likelihood(&self, fit: &FitParams, data: &Dataset) -> Option<f64> {
        Some(self.joint()?.log_likelihood(fit, data))
    }

    /// Mean of `log q` of a leave-one-out kernel estimate, if the data are samples of a density.
    pub fn left_out(&self) -> Option<f64> {
        self.joint().map(JointDensity::left_out)
    }

    /// Adds intervals to the free energies and the populations of the basins of a density.
    pub fn describe_basins(&self, params: &[f64], metrics: &mut PotentialMetrics, uncertainty: &Uncertainty) {
        let PotentialMetrics { density, minima, .. } = metrics;
        if let (Some(joint), Some(density)) = (self.joint(), density) {
            let (energies, populations) = joint.intervals(&mut self.evaluators.value(), params, minima, density, uncertainty);
            (density.free_energy_intervals, density.population_intervals) = (Some(energies), Some(populations));
        }
    }

    /// Paths of a survey. For a density, paths through regions without samples are omitted if other paths connect their wells.
    pub fn sampled_paths(&self, params: &[f64], survey: &Survey) -> Vec<EnergyPath> {
        let mut paths = survey.paths.clone();
        if let Some(joint) = self.joint() {
            let is_sampled = joint.sampled_places(&mut self.evaluators.value(), params);
            let joins = |path: &EnergyPath| survey.merges.iter().any(|merge| merge.height.total_cmp(&path.height).is_eq());
            paths.retain(|path| joins(path) || is_sampled(&path.saddle));
        }
        paths
    }

    /// Widens the intervals of the minima of a density by the error of the fit.
    pub fn widen(&self, params: &[f64], minima: &mut [Minimum], data: &Dataset) {
        if let Some(joint) = self.joint() {
            joint.widen(&mut self.evaluators.value(), params, minima, data);
        }
    }

    /// Sentence if a kernel estimate of a density is better than the fit.
    pub fn kernel_warning(&self, params: &[f64]) -> Option<String> {
        self.joint()?.kernel_warning(&mut self.evaluators.value(), params)
    }

    /// Sentence on a region where the samples of a joint density contradict the fit.
    pub fn lack_of_fit(&self, params: &[f64], data: &Dataset) -> Option<String> {
        let region = self.joint()?.lack_of_fit(&mut self.evaluators.value(), params, data)?;
        Some(region.sentence(&data.names))
    }

    /// Marks the minima of a density that its samples do not support; returns the number of the others.
    pub fn mark_unsupported(&self, params: &[f64], minima: &mut [Minimum]) -> Option<usize> {
        self.joint()?.mark_unsupported(&mut self.evaluators.value(), params, minima);
        Some(minima.iter().filter(|minimum| minimum.supported).count())
    }

    /// Sets the density and compares fits with its kernel estimate at some of the samples.
    pub fn with_density(self, joint: JointDensity, data: &Dataset) -> Self {
        Self { test: TestRows { rows: joint.kernel(data), ..self.test }, joint: Some(joint), ..self }
    }
}

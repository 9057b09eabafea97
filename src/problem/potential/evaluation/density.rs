//! Evaluation of a fitted density.

use super::PotentialEvaluation;
use super::test_rows::TestRows;
use crate::data::Dataset;
use crate::landscape::uncertainty::Uncertainty;
use crate::landscape::{EnergyPath, Minimum, Survey};
use crate::model::potential::Evaluator;
use crate::problem::potential::joint::JointDensity;
use crate::problem::potential::metrics::PotentialMetrics;

impl PotentialEvaluation {
    /// Normalization of the density, if the data are samples of one.
    pub(in crate::problem::potential) fn joint(&self) -> Option<&JointDensity> {
        self.joint.as_ref()
    }

    /// Result of a computation with the normalised density, if the data are samples of one.
    pub(in crate::problem::potential) fn of_joint<R>(
        &self,
        compute: impl FnOnce(&JointDensity, &mut Evaluator<f64>) -> R,
    ) -> Option<R> {
        self.joint().map(|joint| compute(joint, &mut self.evaluators.value()))
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

//! Landscape of the current fit: survey, intervals and pruning.

use std::rc::Rc;

use super::evaluation::PotentialEvaluation;
use super::joint::JointDensity;
use super::run::PotentialRun;
use crate::dynamics::{Coexistence, Tilts};
use crate::landscape::uncertainty::Uncertainty;
use crate::landscape::{self, Bounds, Extrema, Minimum, Pruned, Pruning, Survey};
use crate::loss::training_set::TrainingSet;
use crate::model::Potential;
use crate::model::potential::{Evaluator, Outputs};
use crate::numerics::accuracy::Accuracy;
use crate::potentials::{KnownPotential, Tilted};

impl PotentialRun {
    /// Survey of the landscape of the current fit. The search for saddles ends early when `is_stopped` returns true.
    pub fn survey(&self, is_stopped: &dyn Fn() -> bool) -> Survey {
        self.survey_of(&self.potential(), self.truth(), Some(&|found| self.judge_wells(found)), is_stopped)
    }

    /// Survey of the current fit and of its truth under a force.
    pub fn survey_under(&self, force: &[f64]) -> Survey {
        let truth = self.truth().map(|potential| Tilted { potential, force });
        let truth = truth.as_ref().map(|truth| truth as &dyn KnownPotential);
        let fit = self.potential().tilted(force);
        let Some(accuracy) = self.accuracy() else { return self.survey_of(&fit, truth, None, &|| false) };
        let mut survey = landscape::survey_under_load(&fit, self.bounds(), &accuracy, truth, &|| false);
        self.describe(&mut survey.minima);
        survey
    }

    /// Accuracy of the current fit on its data; `None` for a density, which has no errors at rows.
    pub fn accuracy(&self) -> Option<Accuracy> {
        self.evaluation().accuracy(&self.params())
    }

    /// Forces under which two neighbouring wells of the current curve are equally deep.
    pub fn coexistences(&self) -> Vec<Coexistence> {
        let &[domain] = self.bounds() else { return Vec::new() };
        let (fit, ends, threshold) = (self.potential(), [domain], self.threshold());
        let accuracy = self.accuracy();
        let least = |from: f64, to: f64| match &accuracy {
            Some(accuracy) => accuracy.least_barrier(Bounds::from(&ends), &[from], &[to]),
            None => threshold,
        };
        Tilts::new(domain, &mut |xs: &[f64]| curve(&fit, xs)).coexistences_above(&least)
    }

    fn survey_of(
        &self,
        fit: &Potential,
        truth: Option<&dyn KnownPotential>,
        judge: Option<&dyn Fn(&mut Extrema) -> f64>,
        is_stopped: &dyn Fn() -> bool,
    ) -> Survey {
        let (evaluation, threshold) = (self.evaluation(), self.threshold());
        let rule = landscape::WellRule { threshold, judge, walls: &evaluation.domain.bounded };
        let mut survey = landscape::survey_judged(fit, self.bounds(), rule, truth, is_stopped);
        if let Some(wells) = evaluation.mark_unsupported(&self.params(), &mut survey.minima) {
            survey.wells = wells;
        }
        self.describe(&mut survey.minima);
        survey
    }

    /// Adds intervals to minima of the current fit, if the settings request them. A barrier that the data only bound has its lower bound
    /// in place of an interval.
    pub(super) fn describe(&self, minima: &mut [Minimum]) {
        if let Some(uncertainty) = self.uncertainty() {
            uncertainty.describe(self.evaluation().domain(), minima);
            self.evaluation().of_joint(|joint, psi| joint.widen(psi, &self.params(), minima, self.data()));
        }
        for minimum in minima.iter_mut().filter(|minimum| minimum.barrier_bound.is_some()) {
            if let Some([low, _]) = minimum.barrier_interval.take() {
                minimum.barrier_bound = Some(low);
            }
        }
        if !self.data().is_model {
            self.evaluation().of_joint(|joint, psi| joint.bound_barriers(psi, &self.params(), minima, self.data()));
        }
    }

    /// Uncertainty of the current fit, if the settings request it and the data determine it.
    pub(super) fn uncertainty(&self) -> Option<Rc<Uncertainty>> {
        let is_fitted = self.position() > 0 || self.data().is_density && self.training.ended.is_some();
        if self.settings.data.uncertainty == 0 || !is_fitted {
            return None;
        }
        self.caches.covariance.get_or_compute(self.position(), || {
            let params = self.params();
            let found = if self.data().is_density {
                let of_density = |joint: &JointDensity, psi: &mut Evaluator<f64>| {
                    joint.uncertainty(&self.arch, &self.scaling, psi, &params, self.data())
                };
                self.evaluation().of_joint(of_density).flatten()
            } else {
                let weight = self.settings.potential().map_or(0.0, |own| own.value_weight);
                let set = TrainingSet::new(self.data(), &self.scaling, weight);
                Uncertainty::from_fit(&self.arch, &self.scaling, &params, &set)
            };
            found.map(Rc::new)
        })
    }

    /// Successive removals of modes of the current fit, to be computed by [`PotentialRun::next_removal`].
    pub fn pruning(&self) -> Pruning {
        Pruning::new(self.potential(), self.threshold(), landscape::walls_of(self.truth(), &self.evaluation().domain.bounded))
    }

    /// The next removal with its cost, and the reduced fit on the grid of the scene (at some of the data if there is no grid).
    pub fn next_removal(&self, pruning: &mut Pruning) -> Option<(Pruned, Vec<f64>)> {
        let PotentialEvaluation { domain, test, .. } = self.evaluation();
        let (x, y): (Vec<f64>, _) = (test.rows.x.iter().copied().collect(), test.rows.y.to_vec());
        pruning.removal_cost(self.bounds(), domain.points(), (&x, &y, test.weights.as_deref()))
    }

    /// Smallest barrier of a well of the current fit.
    pub(crate) fn threshold(&self) -> f64 {
        self.evaluation().threshold_of(&self.params())
    }
}

/// Psi, Psi' and Psi'' of a curve at points.
fn curve(fit: &Potential, xs: &[f64]) -> [Vec<f64>; 3] {
    let values = fit.values(xs, Outputs { gradient: true, hessian: true, ..Outputs::default() });
    [values.psi, values.gradient, values.hessian]
}

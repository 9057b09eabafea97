//! The removal of modes that the samples do not need.
//!
//! The mode with the least probability is closed and the others fit again; if the logarithm of the likelihood falls by no more than a price,
//! it stays closed, and the next one is tried. A mode without which there were a well less costs one for each of its
//! parameters, as in Akaike's information criterion, which estimates the divergence from the density that the samples were drawn from:
//! a well is not to be missed. One that only gives the others a better shape costs half the logarithm of the number of samples for each, as in the
//! Bayesian information criterion, so that there is a mode for each well and another only where one convex mode would not do. Of sets drawn at
//! several times, what counts is a well at a neighbouring time, and the samples of the neighbouring times, at their weight in pooling, must not need
//! the mode either.

use super::fits::SampleFit;
use super::run::DensityRun;
use super::tasks::{FitTask, GRID_POINTS};
use super::wells::{WELL_REMOVAL_COST, shape_cost};
use crate::problem::settings::Pooling;

impl DensityRun {
    /// Plans the removal of the least probable mode of a set's fit, unless it has one mode only.
    pub(super) fn try_to_remove(&mut self, set: usize) {
        let Some(fit) = self.results.fits[set].clone().filter(|fit| !fit.is_settled) else { return };
        let active = self.active(&fit);
        let roles = self.fitter.roles(&fit.params, GRID_POINTS, fit.scaling);
        let least = active.iter().copied().min_by(|&a, &b| roles[a][0].total_cmp(&roles[b][0]));
        match least.filter(|_| active.len() > 1) {
            Some(mode) => self.queue.tasks.push_front(FitTask::Remove { set, mode }),
            None => self.settle(set),
        }
    }

    /// Marks the fit of a set as complete: every remaining mode is needed.
    fn settle(&mut self, set: usize) {
        let left = std::mem::take(&mut self.results.tries[set]);
        let [.., removal] = self.lengths();
        self.queue.parts -= left;
        self.queue.last_epoch -= left * removal;
        if let Some(fit) = &mut self.results.fits[set] {
            fit.is_settled = true;
        }
    }

    /// Accepts a fit with one mode fewer if the samples do not need that mode, and then tries the next. Returns whether it was accepted, and the
    /// loss of the fit that is kept.
    pub(super) fn accept_removal(&mut self, set: usize, params: Vec<f32>) -> (bool, f64) {
        let Some(fit) = self.results.fits[set].clone() else { unreachable!("modes are removed from what has been fitted") };
        let other = SampleFit { params, ..fit.clone() };
        self.results.tries[set] -= 1;
        let neighbours = (!self.samples.times.is_empty()).then_some(Pooling::Both);
        let holds_a_well = self.holds_a_well(set, &fit, &other);
        // Samples of the same row are not independent, so pooling adds none to the rows.
        let rows = self.samples.judged(set);
        // A comparison with NaN is false: nothing is removed then.
        let is_removed = [Some(fit.pooling), neighbours].into_iter().flatten().all(|pooling| {
            let (data, _) = self.data_on_states(set, pooling, None);
            let [with, without] = [&fit, &other].map(|fit| self.fitter.likelihood(&fit.params, &data, fit.scaling));
            let price = if holds_a_well { WELL_REMOVAL_COST } else { shape_cost(rows) };
            rows * (without - with) <= price
        });
        let loss = self.likelihood(set, if is_removed { &other } else { &fit });
        if is_removed {
            self.results.fits[set] = Some(other);
            self.try_to_remove(set);
        } else {
            self.settle(set);
        }
        (is_removed, loss)
    }

    /// Whether a mode of a set's fit holds a well: if there is a well less in the fit without it; of sets drawn at several times, if there were
    /// fewer modes than the fit of a neighbouring time has wells, so that chance alone makes none.
    fn holds_a_well(&mut self, set: usize, fit: &SampleFit, without: &SampleFit) -> bool {
        if self.samples.times.is_empty() {
            return self.count_wells(set, without) < self.count_wells(set, fit);
        }
        let beside: Vec<usize> = [set.checked_sub(1), Some(set + 1)].into_iter().flatten().collect();
        let count = |other: usize| self.results.fits.get(other).cloned().flatten().map(|fit| self.count_wells(other, &fit));
        let most = beside.into_iter().filter_map(count).max();
        most.is_some_and(|wells| self.active(without).len() < wells)
    }

    /// How many wells a fit of a set has.
    fn count_wells(&mut self, set: usize, fit: &SampleFit) -> usize {
        let density = self.density_of(fit);
        self.found(set, &density).len()
    }

    /// A sentence on the number of modes kept in each set.
    pub(super) fn needed(&self) -> String {
        let sets = self.results.fits.iter().flatten().map(|fit| self.active(fit).len());
        let list: Vec<String> = match self.samples.sets() {
            1 => sets.map(|count| count.to_string()).collect(),
            _ => sets.zip(&self.samples.labels).map(|(count, label)| format!("{count} for {label}")).collect(),
        };
        let modes = self.settings.training.modes;
        let list = list.join(", ");
        format!(
            "Of {modes} modes offered, kept: {list}. Removing another would lower the log-likelihood by more than {WELL_REMOVAL_COST}, or 1.5 log n if it holds no well."
        )
    }
}

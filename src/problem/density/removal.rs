//! The removal of modes that the samples do not need.
//!
//! The mode with the least probability is closed and the others fit again; if the logarithm of the likelihood falls by no more than a price,
//! it stays closed, and the next one is tried. A mode without which there were a well less costs one for each of its
//! parameters, as in Akaike's information criterion, which estimates the divergence from the density that the samples were drawn from:
//! a well is not to be missed. One that only gives the others a better shape costs half the logarithm of the number of samples for each, as in the
//! Bayesian information criterion, so that there is a mode for each well and another only where one convex mode would not do. Where samples are
//! weighted, their effective size counts as their number. Of sets drawn at several times, the samples of the neighbouring times, at their weight in
//! pooling, must not need the mode either.

use super::run::{DensityRun, Fit};
use super::tasks::{FitTask, GRID};
use super::wells::{PRICE, price_of_shape, wells};
use crate::problem::settings::Pooling;

impl DensityRun {
    /// Plans the removal of the least probable mode of a set's fit, unless it has one mode only.
    pub(super) fn try_to_remove(&mut self, set: usize) {
        let Some(fit) = self.fits[set].clone().filter(|fit| !fit.is_settled) else { return };
        let active = self.active(&fit);
        let roles = self.fitter.roles(&fit.params, GRID, fit.scaling);
        let least = active.iter().copied().min_by(|&a, &b| roles[a][0].total_cmp(&roles[b][0]));
        match least.filter(|_| active.len() > 1) {
            Some(mode) => self.tasks.push_front(FitTask::Remove { set, mode }),
            None => self.settle(set),
        }
    }

    /// Marks the fit of a set as complete: every remaining mode is needed.
    fn settle(&mut self, set: usize) {
        let left = std::mem::take(&mut self.tries[set]);
        let [.., removal] = self.lengths();
        self.parts -= left;
        self.last_epoch -= left * removal;
        if let Some(fit) = &mut self.fits[set] {
            fit.is_settled = true;
        }
    }

    /// Accepts a fit with one mode fewer if the samples do not need that mode, and then tries the next. Returns whether it was accepted, and the
    /// loss of the fit that is kept.
    pub(super) fn accept_removal(&mut self, set: usize, params: Vec<f32>) -> (bool, f64) {
        let Some(fit) = self.fits[set].clone() else { unreachable!("modes are removed from what has been fitted") };
        let other = Fit { params, ..fit.clone() };
        self.tries[set] -= 1;
        let neighbours = (!self.samples.times.is_empty()).then_some(Pooling::Both);
        let samples = self.effective_size(set);
        let count = |run: &mut Self, fit: &Fit| wells(&run.density_of(fit), samples).len();
        let has_lost_a_well = count(self, &other) < count(self, &fit);
        // A comparison with NaN is false: nothing is removed then.
        let is_removed = [Some(fit.pooling), neighbours].into_iter().flatten().all(|pooling| {
            let (data, effective) = self.data_on_states(set, pooling, None);
            let [with, without] = [&fit, &other].map(|fit| self.fitter.likelihood(&fit.params, &data, fit.scaling));
            let price = if has_lost_a_well { PRICE } else { price_of_shape(effective) };
            effective * (without - with) <= price
        });
        let loss = self.likelihood(set, if is_removed { &other } else { &fit });
        if is_removed {
            self.fits[set] = Some(other);
            self.try_to_remove(set);
        } else {
            self.settle(set);
        }
        (is_removed, loss)
    }

    /// A sentence on the number of modes kept in each set.
    pub(super) fn needed(&self) -> String {
        let sets = self.fits.iter().flatten().map(|fit| self.active(fit).len());
        let list: Vec<String> = match self.samples.sets() {
            1 => sets.map(|count| count.to_string()).collect(),
            _ => sets.zip(&self.samples.labels).map(|(count, label)| format!("{count} for {label}")).collect(),
        };
        let modes = self.settings.training.modes;
        let list = list.join(", ");
        format!(
            "Of {modes} modes offered, kept: {list}. Removing another would lower the log-likelihood by more than {PRICE}, or 1.5 log n if it holds no well."
        )
    }
}

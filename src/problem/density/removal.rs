//! The removal of modes that the samples do not need.
//!
//! The mode with the least probability is closed and the others fit again; if the logarithm of the
//! likelihood falls by less than half the logarithm of the number of samples for each parameter of the mode, as the Bayesian information criterion
//! asks, it stays closed, and the next one is tried. Where samples are weighted, their effective size counts as their number. A mode has three
//! parameters: place, width and weight. Of sets drawn at several times, place and width are known from the times beside, so that its weight alone is
//! counted, and samples of the neighbouring times, at their weight in pooling, must not need the mode either.

use super::run::{DensityRun, Fit};
use super::tasks::{FitTask, GRID};
use crate::problem::settings::Pooling;

/// Parameters of a mode: place, width and weight.
const PARAMETERS: f64 = 3.0;
/// Parameters of a mode whose place and width are known from neighbouring times: its weight.
const NEW_PARAMETERS: f64 = 1.0;

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
        let price = self.price();
        let neighbours = (!self.samples.times.is_empty()).then_some(Pooling::Both);
        // A comparison with NaN is false: nothing is removed then.
        let is_removed = [Some(fit.pooling), neighbours].into_iter().flatten().all(|pooling| {
            let (data, effective) = self.data_on_states(set, pooling, None);
            let [with, without] = [&fit, &other].map(|fit| self.fitter.likelihood(&fit.params, &data, fit.scaling));
            effective * (without - with) <= price * effective.ln()
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

    /// The gain in log-likelihood that keeps a mode, in units of the logarithm of the number of samples.
    pub(super) fn price(&self) -> f64 {
        0.5 * if self.samples.times.is_empty() { PARAMETERS } else { NEW_PARAMETERS }
    }

    /// A sentence on the number of modes kept in each set.
    pub(super) fn needed(&self) -> String {
        let sets = self.fits.iter().flatten().map(|fit| self.active(fit).len());
        let list: Vec<String> = match self.samples.sets() {
            1 => sets.map(|count| count.to_string()).collect(),
            _ => sets.zip(&self.samples.labels).map(|(count, label)| format!("{count} for {label}")).collect(),
        };
        let (modes, price) = (self.settings.training.modes, self.price());
        let list = list.join(", ");
        format!(
            "Of {modes} modes offered, kept: {list}. Removing another would lower the log-likelihood by more than {price} log n."
        )
    }
}

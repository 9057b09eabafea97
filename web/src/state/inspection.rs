//! Requests about the fit: mode classification and removal costs, and the times of new requests.

use multiwell::internal::landscape::{Pruned, Survey};

/// Minimum time between two requests of a kind during training, in milliseconds.
const REQUEST_INTERVAL_MS: f64 = 1000.0;

/// Identifies a fit: epochs, second-order steps, completed stages, and whether training has ended.
pub type FitId = (u64, u64, usize, bool);

/// The last request of a kind: its fit and its time.
#[derive(Debug, Default)]
pub struct LastRequest(pub Option<(FitId, f64)>);

impl LastRequest {
    /// Returns true if a request is due; if so, records it.
    pub fn is_due(&mut self, fit: FitId, now: f64, running: bool) -> bool {
        let due = self.0.is_none_or(|(at, time)| at != fit && (!running || now - time > REQUEST_INTERVAL_MS));
        if due {
            self.0 = Some((fit, now));
        }
        due
    }
}

/// Requests about the fit, and their answers.
#[derive(Debug, Default)]
pub struct Inspection {
    /// Survey with the classes of the modes.
    pub survey: Option<Box<Survey>>,
    /// Epoch of the survey.
    pub survey_epoch: u64,
    /// Last request for a survey.
    pub survey_request: LastRequest,
    /// Removal costs of modes known so far, with the remaining fits.
    pub removal_costs: (Vec<Pruned>, Vec<f32>),
    /// True if the removal cost of one more mode has been requested.
    pub awaits_next_cost: bool,
    /// Last request for removal costs.
    pub cost_request: LastRequest,
    /// Number of unanswered requests for removal costs.
    pub pending_costs: u32,
    /// Last request for the cycle of a tilt.
    pub cycle_request: LastRequest,
    /// Number of modes that the slider removes.
    pub removed_modes: usize,
    /// True if training continues when the slider returns to zero.
    pub resumes_training: bool,
    /// The only visible mode.
    pub single_mode: Option<usize>,
}

impl Inspection {
    /// Fit after the removal; empty if nothing is removed.
    pub fn beside(&self) -> &[f32] {
        let (steps, curves) = &self.removal_costs;
        let points = curves.len() / steps.len().max(1);
        curves.chunks(points.max(1)).nth(self.removed_modes).filter(|_| self.removed_modes > 0).unwrap_or_default()
    }

    /// Accepts removal costs of the fit `fit`: replaces the known ones or continues them.
    pub fn accept_removal_costs(&mut self, steps: Vec<Pruned>, curves: Vec<f32>, fit: FitId, now: f64) {
        // Answers arrive in the order of the requests. No request continues while the costs of another fit are pending.
        if !std::mem::take(&mut self.awaits_next_cost) {
            self.removal_costs = Default::default();
            self.pending_costs = self.pending_costs.saturating_sub(1);
            if self.pending_costs == 0 {
                self.cost_request.0 = Some((fit, now));
            }
        }
        self.removal_costs.0.extend(steps);
        self.removal_costs.1.extend(curves);
    }

    /// Discards all answers, because the fit has changed at the same epoch.
    pub fn expire(&mut self) {
        self.removal_costs = Default::default();
        (self.cost_request, self.survey_request, self.cycle_request) = Default::default();
    }
}

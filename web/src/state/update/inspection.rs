//! Requests about the fit: mode classification, removal costs, particles and tilts.

use crate::state::app::State;
use crate::state::phase::Phase;
use crate::state::timeline::TimelineStep;
use crate::state::view::{LowerPanel, ViewId};
use multiwell::internal::controller::protocol::Request;

/// Number of points of each branch of a tilt's cycle.
const BRANCH_POINTS: u32 = 301;

impl State {
    /// Requests visible data that is missing or belongs to another fit.
    pub(super) fn request_missing_data(&mut self) {
        if !self.run.has_frame || self.phase.is_idle() || !self.run.is_potential() {
            return;
        }
        let (fit, now, running, panel) =
            (self.run.fit_id(self.phase), self.environment.now.time, self.phase == Phase::Running, self.panel());
        // During training the classification is shown only in its panel. Afterwards it also marks the humps.
        if (panel == LowerPanel::Modes || !running) && self.inspection.survey_request.is_due(fit, now, running) {
            self.send_request(Request::Survey);
        }
        if panel == LowerPanel::Pruning {
            let inspection = &mut self.inspection;
            if inspection.cost_request.is_due(fit, now, running) {
                self.request_removal_costs();
            } else if inspection.removal_costs.0.len() < self.run.settings.training.modes
                && !running
                && inspection.pending_costs == 0
                && !inspection.awaits_next_cost
            {
                inspection.awaits_next_cost = true;
                self.send_request(Request::Pruning { continues: true });
            }
        }
        let physics = self.views.current == ViewId::Physics && self.run.scene.0.inputs == 1;
        if physics && self.inspection.cycle_request.is_due(fit, now, running) {
            self.send_request(Request::Tilt { range: None, points: BRANCH_POINTS });
            if !self.physics.particles.is_empty() {
                let request = self.physics.resume();
                self.send_request(request);
            } else if !self.physics.is_cleared {
                // The view starts with one moving particle.
                let [low, high] = self.run.scene.0.domain;
                self.drop_particles(&[low + 0.06 * (high - low)]);
            }
        }
    }

    /// Requests removal costs of the current fit. Modes cannot be removed until the answer arrives.
    fn request_removal_costs(&mut self) {
        self.inspection.pending_costs += 1;
        self.send_request(Request::Pruning { continues: false });
        self.queue.request_show();
    }

    /// Shows one mode alone, or all.
    pub(super) fn show_single_mode(&mut self, mode: Option<usize>) {
        self.inspection.single_mode = mode;
        self.queue.request_show();
        self.queue.request_frame();
    }

    pub(super) fn slide_pruning(&mut self, wanted: usize) {
        if self.run.frame.0.selected_snapshot.is_some() {
            // Modes are removed from the current run, at its current removal costs.
            return self.select_snapshot(self.run.frame.0.snapshots.len());
        }
        if self.inspection.removed_modes == 0 && wanted > 0 && self.phase == Phase::Running {
            // The slider refers to a fixed fit: training waits while its removal costs are computed.
            self.inspection.resumes_training = true;
            self.toggle();
            self.request_removal_costs();
        }
        self.inspection.removed_modes = if self.inspection.removal_costs.0.is_empty() { 0 } else { wanted };
        self.request_missing_data();
        self.queue.request_frame();
    }

    pub(super) fn end_pruning(&mut self, apply: bool) {
        let removed = std::mem::take(&mut self.inspection.removed_modes);
        let pruned =
            self.inspection.removal_costs.0.get(removed).filter(|_| apply && self.run.frame.0.selected_snapshot.is_none());
        if let Some(modes) = pruned.map(|pruned| pruned.removed.clone()) {
            self.queue.announce("The marked modes are removed. Undo restores them.");
            self.timeline.record(TimelineStep::Removal(self.run.number, modes.clone()));
            self.request_mode_change(Request::Prune(modes));
        }
        if std::mem::take(&mut self.inspection.resumes_training) && self.phase == Phase::Paused {
            self.toggle();
        }
        self.queue.request_frame();
    }

    /// Requests a removal or restoration of modes and stores the new fit, because an ended run is not stored later.
    pub(super) fn request_mode_change(&mut self, request: Request) {
        self.inspection.expire();
        self.send_request(request);
        if !self.environment.parts.embedded {
            self.request_file(Request::Save { is_kept: true });
        }
    }

    pub(super) fn drop_particles(&mut self, at: &[f64]) {
        if self.run.scene.0.inputs == 1 {
            let request = self.physics.drop_particles(at);
            self.send_request(request);
        }
    }

    /// Sets the forces on particles from their sliders. The range of the tilt is known after its cycle.
    pub(super) fn set_forces(&mut self) {
        let request = self.physics.set_forces(self.run.bounds.unwrap_or([0.0, 1.0]));
        self.send_request(request);
    }
}

//! Questions about the fit: what modes do, what it costs to remove them, balls and tilts.

use crate::state::app::State;
use crate::state::timeline::Step;
use crate::state::trainer::Phase;
use crate::state::view::{Panel, ViewId};
use multiwell::controller::protocol::Request;

/// Points of each branch of a tilt's cycle.
const POINTS: u32 = 301;

impl State {
    /// Asks for what is shown and not known, or known of another fit.
    pub(super) fn inquire(&mut self) {
        if !self.has_frame || self.phase.is_idle() || !self.is_of_potential() {
            return;
        }
        let (moment, now, running, panel) = (self.moment(), self.now.time, self.phase == Phase::Running, self.panel());
        // While training, roles are asked for where they are read; afterwards they also mark the humps.
        if (panel == Panel::Modes || !running) && self.inspection.survey_asked.is_due(moment, now, running) {
            self.ask(Request::Survey);
        }
        if panel == Panel::Pruning {
            let asked = &mut self.inspection;
            if asked.prices_asked.is_due(moment, now, running) {
                self.ask_for_prices();
            } else if asked.prices.0.len() < self.settings.training.modes
                && !running
                && asked.prices_awaited == 0
                && !asked.goes_on
            {
                asked.goes_on = true;
                self.ask(Request::Pruning { goes_on: true });
            }
        }
        let physics = self.view == ViewId::Physics && self.scene.0.inputs == 1;
        if physics && self.inspection.cycle_asked.is_due(moment, now, running) {
            self.ask(Request::Tilt { range: None, points: POINTS });
            if !self.physics.balls.is_empty() {
                let request = self.physics.resume();
                self.ask(request);
            } else if !self.physics.cleared {
                // Something moves before anybody has clicked.
                let [low, high] = self.scene.0.domain;
                self.drop_balls(&[low + 0.06 * (high - low)]);
            }
        }
    }

    /// Nothing is removed for a price that is out of date: until the answer it cannot be agreed to.
    fn ask_for_prices(&mut self) {
        self.inspection.prices_awaited += 1;
        self.ask(Request::Pruning { goes_on: false });
        self.show();
    }

    /// Shows one mode alone, or all.
    pub(super) fn see_alone(&mut self, mode: Option<usize>) {
        self.inspection.alone = mode;
        self.show();
        self.draw();
    }

    pub(super) fn slide_pruning(&mut self, wanted: usize) {
        if self.frame.0.back.is_some() {
            // Modes are removed from the run as it is now, and for a price of now.
            return self.look_back(self.frame.0.moments.len());
        }
        if self.inspection.removed == 0 && wanted > 0 && self.phase == Phase::Running {
            // The slider is about one fit: training waits, and the fit is priced as it is.
            self.inspection.resumes = true;
            self.toggle();
            self.ask_for_prices();
        }
        self.inspection.removed = if self.inspection.prices.0.is_empty() { 0 } else { wanted };
        self.inquire();
        self.draw();
    }

    pub(super) fn end_pruning(&mut self, apply: bool) {
        let removed = std::mem::take(&mut self.inspection.removed);
        let price = self.inspection.prices.0.get(removed).filter(|_| apply && self.frame.0.back.is_none());
        if let Some(modes) = price.map(|price| price.removed.clone()) {
            self.announce("What was marked is removed; it can be undone.");
            self.trainer.timeline.note(Step::Removal(self.trainer.run, modes.clone()));
            self.ask_of_modes(Request::Prune { modes });
        }
        if std::mem::take(&mut self.inspection.resumes) && self.phase == Phase::Paused {
            self.toggle();
        }
        self.draw();
    }

    /// Has modes removed or put back, and what is then the fit kept: the run may have ended, so that nothing else would.
    pub(super) fn ask_of_modes(&mut self, request: Request) {
        self.inspection.expire();
        self.ask(request);
        self.ask((!self.parts.embedded).then_some(Request::Save { is_kept: true }));
    }

    pub(super) fn drop_balls(&mut self, at: &[f64]) {
        if self.scene.0.inputs == 1 {
            let request = self.physics.drop_balls(at);
            self.ask(request);
        }
    }

    /// Takes the forces on balls from their sliders; the range of the tilt is known once its cycle is.
    pub(super) fn set_forces(&mut self) {
        let request = self.physics.set_forces(self.bounds.unwrap_or([0.0, 1.0]));
        self.ask(request);
    }
}

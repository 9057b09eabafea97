//! Changes of the view and the panel, and their effects.

use crate::state::app::State;
use crate::state::effect::Effect;
use crate::state::environment::FirstRun;
use crate::state::face::Face;
use crate::state::link;
use crate::state::phase::Phase;
use crate::state::speed::TrainingSpeed;
use crate::state::view::ViewId;
use multiwell::internal::controller::protocol::Request;

/// Minimum time between two changes of the displayed digits, in milliseconds. Digits that change thirty times a second are unreadable.
const DIGIT_INTERVAL_MS: f64 = 120.0;
/// Interval in milliseconds between two stored fits of a run in training.
const KEEP_INTERVAL_MS: f64 = 10_000.0;

impl State {
    /// Shows the first view of the run.
    pub(super) fn go_to_first_view(&mut self) {
        self.views.go_to(self.run.first_view());
    }

    /// Switches to the first view if the run does not have the current one.
    pub(super) fn check_view(&mut self) {
        if !self.run.has_view(self.views.name()) {
            self.go_to_first_view();
        }
    }

    /// Handles a change of view or panel, including automatic ones.
    pub(super) fn arrange(&mut self) {
        let now = (self.views.name().to_owned(), self.panel());
        if self.views.last_layout.as_ref() != Some(&now) {
            if self.views.last_layout.as_ref().is_some_and(|before| before.0 != now.0) {
                self.zoom_out(|_| false);
            }
            self.views.last_layout = Some(now);
            self.repaint();
            self.send_choice();
            self.request_missing_data();
            self.queue.request_show();
        }
    }

    /// Writes the fragment of the current state. Waits while a run is pending, while a slider moves, and until the views of
    /// the run are known.
    pub(super) fn write_link(&mut self) {
        let is_at_rest = self.requests.pending.is_none() && !self.views.own.moving && self.views.own.playing.is_none();
        if self.run.scene.0.inputs == 0 || !is_at_rest {
            return;
        }
        let link = self.fragment(false);
        let run = self.run.number;
        // An embedded page does not add entries to the history of its host.
        let is_new = !std::mem::replace(&mut self.address.records.has_entry, true) && !self.environment.parts.embedded;
        if link != self.address.link || is_new || run != self.address.records.entry_run {
            self.address.records.entry_run = run;
            self.address.link.clone_from(&link);
            self.store_run(run, &link);
            self.queue.emit(Effect::WriteLink { link, run, is_new });
        }
    }

    /// Fragment of the current run and its display. A complete one contains the defaults of the settings.
    fn fragment(&self, is_complete: bool) -> String {
        let mut shown = self.views.link_view(self.run.origin.address.clone());
        if shown.view == self.run.first_view() {
            shown.view.clear();
        }
        link::write(&self.run.settings, &shown, is_complete)
    }

    /// Fragment for copies of the link: the complete one, or that of the address before a run has begun.
    pub fn shared_fragment(&self) -> String {
        if self.run.scene.0.inputs == 0 { self.address.link.clone() } else { self.fragment(true) }
    }

    /// Shows the other face of the page. The simple face shows the first view of the run.
    pub(super) fn switch_face(&mut self) {
        let speed = self.speed();
        self.views.face = if self.views.face == Face::Simple { Face::Lab } else { Face::Simple };
        self.queue.emit(Effect::StoreFace(self.views.face));
        self.sketch.opening = None;
        if self.views.face == Face::Simple {
            self.show_single_mode(None);
            let first = self.run.first_view().to_owned();
            self.views.go_to(&first);
            self.check_view();
        }
        self.post_speed(speed);
        self.repaint();
        self.queue.request_show();
    }

    /// Sets the limit on the speed of training.
    pub(super) fn choose_speed(&mut self, speed: TrainingSpeed) {
        let before = self.speed();
        self.chosen_speed = Some(speed);
        self.post_speed(before);
        self.queue.request_show();
    }

    /// Sends the speed limit to all workers if it has changed.
    fn post_speed(&mut self, before: TrainingSpeed) {
        if self.speed() != before {
            for worker in self.workers.numbers() {
                self.queue.emit(Effect::Post(worker, Request::LimitSpeed(self.speed().limit())));
            }
        }
    }

    /// Redraws all pictures.
    pub(super) fn repaint(&mut self) {
        self.pictures.repaints += 1;
        self.queue.request_frame();
    }

    /// Requests the contents of the run's own view.
    pub(super) fn send_choice(&mut self) {
        if self.workers.is_ready
            && self.run.number != 0
            && let Some(look) = self.views.own.request(self.views.is_own(), self.environment.now.time)
        {
            self.send_request(Request::ViewState(look));
        }
    }

    /// Handles a change of the reader's choices in a view.
    pub(super) fn choice_changed(&mut self) {
        self.send_choice();
        self.views.own.choices += 1;
        self.queue.request_frame();
    }

    /// Handles an animation frame: advances everything that moves.
    pub(super) fn animation_frame(&mut self) {
        self.queue.is_frame_requested = false;
        let now = self.environment.now.time;
        if self.phase == Phase::Running && now - self.address.records.last_storage_ms > KEEP_INTERVAL_MS {
            self.keep_fit();
        }
        if self.phase != Phase::Running || self.pictures.last_digits_ms.is_none_or(|last| now - last >= DIGIT_INTERVAL_MS) {
            if self.run.has_frame {
                self.pictures.last_digits_ms = Some(now);
            }
            self.queue.emit(Effect::Numbers);
        }
        self.request_missing_data();
        self.draw_opening();
        self.follow_sketch();
        if self.views.own.playing.is_some() {
            if self.views.own.play(self.environment.now.time, self.environment.reduces_motion) {
                self.queue.request_frame();
            }
            self.choice_changed();
        }
        self.send_choice();
        if self.views.current == ViewId::Physics {
            let (moves, request) = self.physics.roll(self.environment.now.time, self.environment.reduces_motion);
            self.send_request(request);
            if moves {
                self.queue.request_frame();
            }
        }
        self.queue.emit(Effect::Paint);
        let is_drawn = !self.views.is_own() || self.views.own.seen.view == self.views.own.chosen.view;
        let awaits_end = self.environment.parts.start == FirstRun::Finished && self.phase == Phase::Running;
        if !self.pictures.is_revealed && self.run.has_frame && is_drawn && !awaits_end {
            self.pictures.is_revealed = true;
            self.queue.request_show();
        }
    }
}

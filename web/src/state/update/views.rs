//! Which view and panel are shown, and what follows from that.

use crate::state::app::State;
use crate::state::effect::Effect;
use crate::state::link::{self, Shown};
use crate::state::trainer::Phase;
use crate::state::view::{PANELS, VIEWS, ViewId, built_in, named};
use multiwell::controller::protocol::Request;

/// Least time between two changes of the digits that are shown: digits that change thirty times a second cannot be read.
const DIGITS: f64 = 120.0;

impl State {
    pub(super) fn open_tab(&mut self, id: &str) {
        if let Some(view) = id.strip_prefix("view-") {
            self.go_to(view);
        }
        if let Some(panel) = id.strip_prefix("panel-").and_then(|name| named(&PANELS, name)) {
            self.chosen_panel = Some(panel);
        }
    }

    /// Goes to another view, by its name in the link.
    pub(super) fn go_to(&mut self, view: &str) {
        self.view = built_in(view).unwrap_or(ViewId::Own);
        if self.view == ViewId::Own {
            self.own.go_to(view);
        }
    }

    /// Shows what a link has said.
    pub(super) fn go_to_shown(&mut self, Shown { view, panel, controls, .. }: Shown) {
        self.chosen_panel = panel;
        let view = if view.is_empty() { self.first_view().to_owned() } else { view };
        self.go_to(&view);
        if self.view == ViewId::Own {
            self.own.chosen.controls = controls;
        }
    }

    /// Leaves a view that this run does not have for its first.
    pub(super) fn check_view(&mut self) {
        let view = self.view_name();
        let has = self.scene.0.views.iter().any(|tab| tab.id == view)
            || VIEWS.iter().any(|(name, one)| *name == view && self.applies(*one));
        if !has {
            let first = self.first_view().to_owned();
            self.go_to(&first);
        }
    }

    /// Follows a change of view or panel, also one that has come by itself.
    pub(super) fn arrange(&mut self) {
        let now = (self.view_name().to_owned(), self.panel());
        if self.arranged.as_ref() != Some(&now) {
            if self.arranged.as_ref().is_some_and(|before| before.0 != now.0) {
                self.zoom_out(|_| false);
            }
            self.arranged = Some(now);
            self.repaint();
            self.send_choice();
            self.inquire();
            self.show();
        }
    }

    /// The fragment of the present state. It is not written while another run is awaited, which may be that of a link, nor while a slider moves;
    /// and not before it is known which views there are.
    pub(super) fn write_link(&mut self) {
        let is_at_rest = self.trainer.pending.is_none() && !self.own.moving && self.own.playing.is_none();
        if self.scene.0.inputs == 0 || !is_at_rest {
            return;
        }
        let mut shown = self.shown();
        if shown.view == self.first_view() {
            shown.view.clear();
        }
        let link = link::write(&self.settings, &shown);
        let run = self.trainer.run;
        // A frame in somebody's document leaves the history to the document.
        let is_new = !std::mem::replace(&mut self.trainer.is_addressed, true) && !self.parts.embedded;
        if link != self.link || is_new || run != self.trainer.written {
            self.trainer.written = run;
            self.link.clone_from(&link);
            self.keep(run, &link);
            self.emit(Effect::WriteLink { link, run, is_new });
        }
    }

    /// Draws all pictures anew.
    pub(super) fn repaint(&mut self) {
        self.repaints += 1;
        self.draw();
    }

    /// Asks the worker for what the run's own view shows.
    pub(super) fn send_choice(&mut self) {
        if self.trainer.ready
            && self.trainer.run != 0
            && let Some(look) = self.own.request(self.view == ViewId::Own, self.now.time)
        {
            self.ask(Request::ViewState { state: look });
        }
    }

    /// The reader has chosen something else in a view.
    pub(super) fn choice_changed(&mut self) {
        self.send_choice();
        self.own.choices += 1;
        self.draw();
    }

    /// Before the browser draws: time has passed for what moves by itself.
    pub(super) fn animation_frame(&mut self) {
        self.drawing_asked = false;
        self.keep_fit_now_and_then();
        if self.phase != Phase::Running || self.now.time - self.numbers_at >= DIGITS {
            if self.has_frame {
                self.numbers_at = self.now.time;
            }
            self.emit(Effect::Numbers);
        }
        self.inquire();
        self.follow_sketch();
        if self.own.playing.is_some() {
            if self.own.play(self.now.time, self.still) {
                self.draw();
            }
            self.choice_changed();
        }
        self.send_choice();
        if self.view == ViewId::Physics {
            let (moves, request) = self.physics.roll(self.now.time, self.still);
            self.ask(request);
            if moves {
                self.draw();
            }
        }
        self.emit(Effect::Paint);
        let is_drawn = self.view != ViewId::Own || self.own.seen.view == self.own.chosen.view;
        if !self.revealed && self.has_frame && is_drawn {
            self.revealed = true;
            self.show();
        }
    }
}

//! Storage of runs in the browser, so that a reload or a crash loses nothing.

use crate::state::action::KeptRun;
use crate::state::app::State;
use crate::state::effect::Effect;
use crate::state::link;
use multiwell::internal::controller::protocol::Request;

/// Minimum training time in seconds from which the fit is stored in addition to its settings.
const KEPT_FIT_SECONDS: f64 = 20.0;

impl State {
    /// Stores the run with its link. Embedded pages store nothing, and the opening stroke is not stored.
    pub(super) fn store_run(&mut self, run: u32, link: &str) {
        if self.environment.parts.embedded || self.sketch.opening.is_some() {
            return;
        }
        let is_new = std::mem::replace(&mut self.address.records.stored_run, run) != run;
        let table = self.run.origin.table.clone().filter(|_| is_new);
        self.queue.emit(Effect::Keep { run, title: self.run.title(), link: link.into(), table });
    }

    /// Stores the fit if the link does not replay it, or only slowly.
    pub(super) fn keep_fit(&mut self) {
        let is_replayed = self.run.follows_from_settings() && self.run.frame.0.metrics.seconds < KEPT_FIT_SECONDS;
        if self.run.has_frame && !is_replayed && !self.environment.parts.embedded && self.requests.pending.is_none() {
            self.address.records.last_storage_ms = self.environment.now.time;
            self.request_file(Request::Save { is_kept: true });
        }
    }

    /// Opens a stored run: its fit if it was stored, else a new run from its settings.
    pub(super) fn open_kept(&mut self, kept: KeptRun) {
        self.feedback.message = None;
        self.queue.link_problems.clear();
        let (settings, _, shown) = link::read(&kept.link);
        self.address.requested_view = Some(shown);
        let running = kept.model.is_none();
        self.start(settings, kept.table, kept.model, running);
        if let Some(pending) = &mut self.requests.pending {
            // The run gets its own history entry, unless it is the first run of the page.
            pending.is_addressed = false;
        }
    }
}

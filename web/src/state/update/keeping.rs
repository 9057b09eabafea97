//! Records of the runs in the browser, so that a reload or a crash loses nothing, and their opening.

use crate::state::action::KeptRun;
use crate::state::app::State;
use crate::state::effect::Effect;
use crate::state::link;
use crate::state::phase::Phase;
use multiwell::internal::controller::protocol::Request;

/// Seconds of training from which on a fit is kept, and not only how to train it again.
const KEPT_FIT_SECONDS: f64 = 20.0;
/// Milliseconds between two times that the fit of a long run is kept while it is trained.
const KEEP_INTERVAL_MS: f64 = 10_000.0;

impl State {
    /// Keeps the run that is shown under its link. Embedded pages keep nothing, and the stroke with which the page opens is not the reader's.
    pub(super) fn store_run(&mut self, run: u32, link: &str) {
        if self.environment.parts.embedded || self.sketch.opening.is_some() {
            return;
        }
        let is_new = self.address.records.store(run);
        let table = self.run.origin.table.clone().filter(|_| is_new);
        self.queue.emit(Effect::Keep { run, title: self.run.title(), link: link.into(), table });
    }

    /// Keeps the fit too, where the link would not replay it, or not soon.
    pub(super) fn keep_fit(&mut self) {
        let is_replayed = self.run.follows_from_settings() && self.run.frame.0.metrics.seconds < KEPT_FIT_SECONDS;
        if self.run.has_frame && !is_replayed && !self.environment.parts.embedded && self.requests.pending.is_none() {
            self.address.records.fit_stored_at = self.environment.now.time;
            self.request_file(Request::Save { is_kept: true });
        }
    }

    /// Keeps the fit of a run that is trained for long, now and then.
    pub(super) fn keep_fit_now_and_then(&mut self) {
        if self.phase == Phase::Running && self.environment.now.time - self.address.records.fit_stored_at > KEEP_INTERVAL_MS {
            self.keep_fit();
        }
    }

    /// Shows a run again that was kept: its fit where that was kept too, and else from its settings.
    pub(super) fn open_kept(&mut self, kept: KeptRun) {
        self.feedback.message = None;
        self.queue.link_problems.clear();
        let (settings, _, shown) = link::read(&kept.link);
        self.address.requested_view = Some(shown);
        let running = kept.model.is_none();
        self.start(settings, kept.table, kept.model, running);
        if let Some(pending) = &mut self.requests.pending {
            // It gets an entry of its own, unless the page begins with it.
            pending.is_addressed = false;
        }
    }
}

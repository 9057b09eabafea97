//! What the browser keeps of the runs, so that a reload or a crash loses nothing, and what is opened again of it.

use crate::state::action::Kept;
use crate::state::app::State;
use crate::state::effect::Effect;
use crate::state::form::difference;
use crate::state::link;
use crate::state::trainer::Phase;
use multiwell::controller::protocol::Request;
use multiwell::problem::settings::Settings;

/// Seconds of training from which on a fit is kept, and not only how to train it again.
const LONG: f64 = 20.0;
/// Milliseconds between two times that the fit of a long run is kept while it is trained.
const OFTEN: f64 = 10_000.0;

impl State {
    /// Keeps the run that is shown under its link; embedded pages keep nothing.
    pub(super) fn keep(&mut self, run: u32, link: &str) {
        if self.parts.embedded {
            return;
        }
        let is_new = std::mem::replace(&mut self.trainer.kept, run) != run;
        let table = self.origin.table.clone().filter(|_| is_new);
        self.emit(Effect::Keep { run, title: self.title(), link: link.into(), table });
    }

    /// What the run is called: the table or the benchmark, and what has been set.
    fn title(&self) -> String {
        let usual = Settings::on(self.settings.training.recipe, &self.settings.benchmark);
        let what = self.origin.table.as_ref().map_or_else(|| self.settings.what().to_owned(), |table| table.name.clone());
        [what, difference(&self.settings, &usual)].iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(", ")
    }

    /// Keeps the fit too, where the link would not replay it, or not soon.
    pub(super) fn keep_fit(&mut self) {
        let is_replayed = !self.frame.0.altered && !self.origin.from_model && self.frame.0.metrics.seconds < LONG;
        if self.has_frame && !is_replayed && !self.parts.embedded && self.trainer.pending.is_none() {
            self.trainer.fit_kept = self.now.time;
            self.ask(Request::Save { is_kept: true });
        }
    }

    /// Keeps the fit of a run that is trained for long, now and then.
    pub(super) fn keep_fit_now_and_then(&mut self) {
        if self.phase == Phase::Running && self.now.time - self.trainer.fit_kept > OFTEN {
            self.keep_fit();
        }
    }

    /// Shows a run again that was kept: its fit where that was kept too, and else from its settings.
    pub(super) fn open_kept(&mut self, kept: Kept) {
        self.message = None;
        self.problems.clear();
        let (settings, shown) = link::read_kept(&kept.link);
        self.followed = Some(shown);
        let running = kept.model.is_none();
        self.start(settings, kept.table, kept.model, running);
        if let Some(pending) = &mut self.trainer.pending {
            // It gets an entry of its own, unless the page begins with it.
            pending.is_addressed = false;
        }
    }
}

//! The controls of the settings.

use crate::state::action::Action;
use crate::state::app::State;
use crate::state::message::Note;
use crate::state::own_view::value_at;
use multiwell::problem::settings::Settings;
use multiwell::problem::settings::form::put;
use multiwell::problem::view::{Control, ControlKind};
use multiwell::text::sentence;

impl State {
    pub(super) fn commit(&mut self, name: &'static str, text: &str) {
        self.editing = "";
        let mut settings = self.settings.clone();
        if let Err(problem) = put(&mut settings, name, text) {
            let words = sentence(&problem.in_words());
            self.notes.insert(name, Note::new(&words, true));
            return;
        }
        self.notes.remove(name);
        if settings != self.settings {
            let restarts = self.restarts(name);
            if !restarts {
                self.note_change();
            }
            if matches!(name, "epochs" | "stop-loss") {
                self.origin.limits = None;
            }
            self.apply(settings, restarts);
        }
    }

    /// What a change costs is said while it is being typed, before it happens.
    pub(super) fn typed(&mut self, name: &'static str, text: &str) {
        self.editing = name;
        let mut settings = self.settings.clone();
        self.notes.remove(name);
        if put(&mut settings, name, text).is_ok() && settings != self.settings && self.restarts(name) {
            self.notes.insert(name, Note { words: "Enter restarts the run.".into(), is_fault: false });
        }
    }

    /// The control is given up, by Escape or by leaving it; what was refused stays until Escape.
    pub(super) fn restore(&mut self, name: &'static str, leaves: bool) {
        self.editing = "";
        if !leaves || self.notes.get(name).is_some_and(|note| !note.is_fault) {
            self.notes.remove(name);
        }
    }

    /// A change that restarts the run waits until the slider rests.
    pub(super) fn slide_setting(&mut self, name: &'static str, value: f64, rests: bool) {
        let begins = self.sliding != name;
        self.sliding = if rests { "" } else { name };
        if !rests && self.restarts(name) {
            return;
        }
        let mut settings = self.settings.clone();
        // Two digits are the resolution of a slider.
        if put(&mut settings, name, &format!("{value:.1e}")).is_ok() && settings != self.settings {
            self.notes.remove(name);
            let restarts = self.restarts(name);
            // A slider is taken back to where it was taken hold of.
            if begins && !restarts {
                self.note_change();
            }
            self.apply(settings, restarts);
        }
    }

    /// The slider of a formula's letter is moved; false if it is none.
    pub(super) fn slide_letter(&mut self, id: &str, position: f64) -> bool {
        let found = self.scene.0.letters.iter().find(|letter| letter.id == id);
        let value = found.map(|letter| value_at(&letter.kind, position));
        self.letter = value.map(|value| (id.into(), value));
        value.is_some()
    }

    /// The slider of a letter rests: a run with its new value begins, and its ends stay where they are.
    pub(super) fn set_letter(&mut self) {
        let Some((id, value)) = self.letter.take() else { return };
        let one = |letter: &Control| {
            let ControlKind::Slide { range: [low, high], .. } = letter.kind else { return String::new() };
            let value = if letter.id == id { value } else { letter.value };
            format!("{}={value} in {low}..{high}", letter.label)
        };
        let text = self.scene.0.letters.iter().map(one).collect::<Vec<_>>().join(", ");
        self.act(Action::Commit("set", text));
    }

    pub(super) fn choose(&mut self, benchmark: &str) {
        self.deferred.clear();
        if benchmark != self.settings.benchmark || self.trainer.pending.is_some() {
            self.message = None;
            let mut settings = self.settings_for(benchmark);
            if self.settings.has_own_data() {
                // The scaling was chosen for the file that is left.
                let usual = Settings::on(settings.training.recipe, benchmark);
                if let (Some(own), Some(usual)) = (settings.potential_mut(), usual.potential()) {
                    own.scaling = usual.scaling;
                }
            }
            self.apply(settings, true);
        }
    }
}

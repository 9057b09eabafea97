//! The controls of the settings.

use crate::state::app::State;
use crate::state::effect::Effect;
use crate::state::form::by_slider;
use crate::state::message::{Message, MessageAction};
use multiwell::internal::potentials::RandomWells;
use multiwell::internal::problem::settings::form::set_from_text;
use multiwell::internal::problem::settings::{InvalidSetting, Settings};
use multiwell::internal::text::sentence;

impl State {
    pub(super) fn commit(&mut self, name: &'static str, text: &str) {
        self.edits.typed_setting = "";
        if let Err(problem) = self.change_setting(name, text, true) {
            self.feedback.notes.insert(name, Message::error(&sentence(&problem.in_words())));
        }
    }

    /// Changes a setting to the value of a text. If `is_recorded`, the change can be undone without a restart.
    fn change_setting(&mut self, name: &'static str, text: &str, is_recorded: bool) -> Result<(), InvalidSetting> {
        let mut settings = self.run.settings.clone();
        set_from_text(&mut settings, name, text)?;
        self.feedback.notes.remove(name);
        if settings != self.run.settings {
            let restarts = self.run.restarts(name);
            // A run that takes no changes cannot undo one either.
            if is_recorded && !restarts && self.run.takes_changes() {
                self.note_change();
            }
            if matches!(name, "epochs" | "stop-loss") {
                self.run.origin.limits = None;
            }
            self.apply(settings, restarts);
        }
        Ok(())
    }

    /// Reports the effect of a change while it is typed.
    pub(super) fn typed(&mut self, name: &'static str, text: &str) {
        self.edits.typed_setting = name;
        let mut settings = self.run.settings.clone();
        self.feedback.notes.remove(name);
        if set_from_text(&mut settings, name, text).is_ok() && settings != self.run.settings && self.run.restarts(name) {
            self.feedback.notes.insert(name, Message::new("Enter restarts the run.", false, MessageAction::None));
        }
    }

    /// Ends the editing of a control that loses the focus, or whose text is reverted. A note on a fault stays if `keeps_fault`.
    pub(super) fn leave_field(&mut self, name: &'static str, keeps_fault: bool) {
        self.edits.typed_setting = "";
        self.feedback.notes.retain(|of, note| *of != name || note.is_error && keeps_fault);
    }

    /// Follows the slider of a setting. A change that restarts the run waits until the slider is released.
    pub(super) fn slide_setting(&mut self, name: &'static str, value: f64) {
        let begins = std::mem::replace(&mut self.edits.sliding_setting, name) != name;
        if !self.run.restarts(name) {
            self.set_by_slider(name, value, begins);
        }
    }

    /// Applies the value at which the slider of a setting is released.
    pub(super) fn release_setting(&mut self, name: &'static str, value: f64) {
        let begins = std::mem::take(&mut self.edits.sliding_setting) != name;
        self.set_by_slider(name, value, begins);
    }

    /// Changes a setting to the value of its slider, which is in the range of the setting. The first movement is recorded for undo.
    fn set_by_slider(&mut self, name: &'static str, value: f64, begins: bool) {
        let _ = self.change_setting(name, &by_slider(value), begins);
    }

    /// Starts a run on a landscape. The choice of the random one that is shown draws another. The choice of own data returns to the open table,
    /// and asks for another file if it is shown.
    pub(super) fn choose(&mut self, benchmark: &str) {
        self.queue.deferred.clear();
        if benchmark == Settings::OWN_DATA {
            return match self.left_table().map(|left| left.run) {
                Some(run) => _ = self.go_to_run(run, false),
                None => self.queue.emit(Effect::ChooseFile),
            };
        }
        let is_shown = benchmark == self.run.settings.benchmark && self.requests.pending.is_none();
        if is_shown && benchmark == RandomWells::ID {
            let mut settings = self.run.settings.clone();
            if let Some(own) = settings.potential_mut() {
                own.target_seed = own.target_seed.wrapping_add(1);
            }
            self.apply(settings, true);
        } else if !is_shown {
            self.feedback.message = None;
            let mut settings = self.run.settings_for(benchmark);
            if self.run.settings.has_own_data() {
                // The scaling belongs to the former file.
                let usual = Settings::on(settings.training.recipe, benchmark);
                if let (Some(own), Some(usual)) = (settings.potential_mut(), usual.potential()) {
                    own.scaling = usual.scaling;
                }
            }
            let left = self.sketch.left.iter().find(|left| left.0 == benchmark);
            if let (Some(own), Some((_, drawing))) = (settings.potential_mut(), left) {
                own.drawing.clone_from(drawing);
            }
            self.apply(settings, true);
        }
    }
}

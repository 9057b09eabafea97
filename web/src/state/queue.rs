//! Pending work: actions for the reducer and effects for the browser.

use std::collections::VecDeque;

use super::action::Action;
use super::effect::Effect;
use multiwell::internal::problem::settings::InvalidSetting;

/// Deferred actions, problems and effects.
#[derive(Debug, Default)]
pub struct WorkQueue {
    /// Actions deferred until the pending run has begun.
    pub deferred: VecDeque<Action>,
    /// Problems of the first link, shown when the first run starts.
    pub link_problems: Vec<InvalidSetting>,
    /// Effects of the current action, in order.
    pub effects: Vec<Effect>,
    /// True if an animation frame has been requested.
    pub is_frame_requested: bool,
}

impl WorkQueue {
    /// Adds an effect, if there is one.
    pub fn emit(&mut self, effect: impl Into<Option<Effect>>) {
        self.effects.extend(effect.into());
    }

    /// Requests that the document shows the state.
    pub fn request_show(&mut self) {
        if !self.effects.iter().any(|effect| matches!(effect, Effect::Show)) {
            self.emit(Effect::Show);
        }
    }

    /// Requests new pictures in the next animation frame.
    pub fn request_frame(&mut self) {
        if !std::mem::replace(&mut self.is_frame_requested, true) {
            self.emit(Effect::Draw);
        }
    }

    /// Announces a text to screen readers.
    pub fn announce(&mut self, words: impl Into<String>) {
        self.emit(Effect::Announce(words.into()));
    }

    /// Offers a text or bytes as a file.
    pub fn download(&mut self, name: impl Into<String>, kind: &'static str, contents: impl Into<Vec<u8>>) {
        self.emit(Effect::Download { name: name.into(), kind, bytes: contents.into() });
    }
}

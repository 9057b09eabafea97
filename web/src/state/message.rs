//! The message line, and notes at the controls.

use std::collections::HashMap;

use multiwell::internal::text::limited;

/// Action offered by the message line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MessageAction {
    /// No action except closing it.
    #[default]
    None,
    /// Starting a new worker.
    Restart,
    /// Reloading the page.
    Reload,
    /// Returning to the previous run while a large file is read.
    Cancel,
    /// Opening the file for the run of a link.
    OpenFile,
    /// Treating inputs that cover a full turn as angles.
    SetPeriods,
    /// Fitting the density of the columns of a table instead of a potential.
    FitDensity,
}

/// A text in the message line, or a note below a control, which offers no action.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The text.
    pub words: String,
    /// True if it reports an error, such as an invalid value in a control.
    pub is_error: bool,
    /// Action that it offers.
    pub action: MessageAction,
}

impl Message {
    /// A message, shortened if it exceeds the maximum length.
    pub fn new(words: &str, is_error: bool, action: MessageAction) -> Self {
        Self { words: limited(words), is_error, action }
    }

    /// A message about an error, without an action.
    pub fn error(words: &str) -> Self {
        Self::new(words, true, MessageAction::None)
    }
}

/// Message line and notes below the controls.
#[derive(Debug, Default)]
pub struct Feedback {
    /// Current message.
    pub message: Option<Message>,
    /// Notes below the controls, by the names of the settings.
    pub notes: HashMap<&'static str, Message>,
}

impl Feedback {
    /// Shows a message.
    pub fn show_message(&mut self, words: impl Into<String>) {
        self.message = Some(Message::new(&words.into(), false, MessageAction::None));
    }

    /// Shows an error.
    pub fn show_error(&mut self, words: impl Into<String>) {
        self.message = Some(Message::error(&words.into()));
    }

    /// Action that the message offers.
    pub fn action(&self) -> Option<MessageAction> {
        self.message.as_ref().map(|message| message.action)
    }
}

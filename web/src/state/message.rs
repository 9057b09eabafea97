//! The message line, and notes at the controls.

/// What the message line offers to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Remedy {
    /// No action except closing it.
    #[default]
    None,
    /// Starting a new worker.
    Restart,
    /// Loading the page anew.
    Reload,
}

/// The message line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The text.
    pub words: String,
    /// Whether it reports an error.
    pub alarming: bool,
    /// What it offers to do.
    pub remedy: Remedy,
}

impl Message {
    /// Whether it must be closed by its reader.
    pub fn must_stay(&self) -> bool {
        self.alarming || self.remedy != Remedy::None
    }
}

/// A note below a control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The text.
    pub words: String,
    /// Whether the control holds an invalid value.
    pub is_fault: bool,
}

//! What the page says: one message above everything, and notes at the controls.

/// What the message line offers to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Remedy {
    /// Nothing but closing it.
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
    /// What it says.
    pub words: String,
    /// Whether it is about a fault.
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

/// What stands below a control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What it says.
    pub words: String,
    /// Whether the control holds what cannot be used.
    pub is_fault: bool,
}

//! The message line, and notes at the controls.

use multiwell::text::limited;

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
    /// Going back to the run before while a large file is read.
    Cancel,
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
    /// A message that is cut if it is longer than any other of the program.
    pub fn new(words: &str, alarming: bool, remedy: Remedy) -> Self {
        Self { words: limited(words), alarming, remedy }
    }

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

/// The notes below the controls, by the names of the settings: few at a time.
#[derive(Debug, Default)]
pub struct Notes(Vec<(&'static str, Note)>);

impl Note {
    /// A note that is cut likewise.
    pub fn new(words: &str, is_fault: bool) -> Self {
        Self { words: limited(words), is_fault }
    }
}

impl Notes {
    /// The note at the control of this setting.
    pub fn get(&self, name: &str) -> Option<&Note> {
        self.0.iter().find(|(at, _)| *at == name).map(|(_, note)| note)
    }

    /// Puts a note at the control of a setting, in place of what stands there.
    pub fn insert(&mut self, name: &'static str, note: Note) {
        self.remove(name);
        self.0.push((name, note));
    }

    /// Removes the note at the control of this setting.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(at, _)| *at != name);
    }

    /// Removes all notes.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Whether there are no notes.
    #[cfg(test)]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
impl std::ops::Index<&str> for Notes {
    type Output = Note;

    fn index(&self, name: &str) -> &Note {
        self.get(name).expect("there is a note")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use multiwell::text::MAX_MESSAGE;

    #[test]
    fn messages_and_notes_have_at_most_300_characters() {
        let long = "a name of a column ".repeat(500) + "is too long; give another one";
        for words in [Message::new(&long, true, Remedy::None).words, Note::new(&long, true).words] {
            assert!(words.chars().count() <= MAX_MESSAGE && words.ends_with("is too long; give another one"), "{words}");
        }
    }
}

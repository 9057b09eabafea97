//! A table that a user brings, with the roles of its columns.

use serde::{Deserialize, Serialize};

use crate::data::csv::Columns;
use crate::data::unpack::unpack;

/// A user's own table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UserTable {
    /// Name of the file, for messages.
    pub name: String,
    /// Its text, CSV with a header line.
    pub text: String,
    /// The number of the large file that holds its text, of which `text` is an excerpt or nothing; 0 where `text` is all of it. On the page files
    /// travel beside messages, and are read where they are learnt from.
    pub held: u32,
    /// Roles of its columns.
    pub columns: Columns,
}

impl UserTable {
    /// Gives the table its text from the bytes of its file. Bytes that are no text leave an empty one, which is refused wherever it is learnt from.
    pub fn fill(&mut self, bytes: Vec<u8>) {
        (self.text, self.held) = (unpack(bytes).map(|unpacked| unpacked.text).unwrap_or_default(), 0);
    }

    /// The table with its roles, but without its text.
    pub fn clone_without_text(&self) -> Self {
        Self { name: self.name.clone(), text: String::new(), held: self.held, columns: self.columns.clone() }
    }
}

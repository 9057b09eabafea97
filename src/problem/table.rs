//! User's table with the roles of its columns.

use serde::{Deserialize, Serialize};

use crate::data::csv::Columns;
use crate::data::unpack::unpack;

/// User's own table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UserTable {
    /// Name of the file, for messages.
    pub name: String,
    /// Text: CSV with a header line.
    pub text: String,
    /// Number of the large file that holds the text, of which `text` is an excerpt or nothing; 0 if `text` is complete. On
    /// the page, files are sent separately from messages and read before training.
    pub held: u32,
    /// Roles of the columns.
    pub columns: Columns,
}

impl UserTable {
    /// Sets the text from the bytes of its file. Bytes that are not text leave it empty, which every reader refuses.
    pub fn fill(&mut self, bytes: Vec<u8>) {
        (self.text, self.held) = (unpack(bytes).map(|unpacked| unpacked.text).unwrap_or_default(), 0);
    }
}

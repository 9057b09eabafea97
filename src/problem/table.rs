//! A table that a user brings, with the roles of its columns.

use serde::{Deserialize, Serialize};

use crate::data::unpack::unpack;

/// A user's own table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Name of the file, for messages.
    pub name: String,
    /// Its text, CSV with a header line.
    pub text: String,
    /// The number of the large file that holds its text, of which `text` is an excerpt or nothing; 0 where `text` is all of it. On the page files
    /// travel beside messages, and are read where they are learnt from.
    pub held: u32,
    /// Columns that are inputs; may be empty where the table leaves no choice.
    pub inputs: Vec<String>,
    /// Column that is learnt; may be empty likewise.
    pub target: String,
    /// Columns of the derivatives by the inputs, in their order, `-` for one that was not measured; empty if none was.
    pub gradient: Vec<String>,
    /// Columns of the forces, minus the derivatives, in the same form.
    pub forces: Vec<String>,
    /// Column that says which rows are held out, `-` for none; if it is empty, a column called `split` is used.
    pub split: String,
    /// Column that holds the standard error of each row; empty for none.
    pub sigma: String,
    /// Columns that have a part of another name in what is learnt: the part, and the column.
    pub others: Vec<(String, String)>,
}

impl Table {
    /// Whether derivatives or forces are learnt from.
    pub fn has_slopes(&self) -> bool {
        !self.gradient.is_empty() || !self.forces.is_empty()
    }

    /// Gives the table its text from the bytes of its file. Bytes that are no text leave an empty one, which is refused wherever it is learnt from.
    pub fn fill(&mut self, bytes: Vec<u8>) {
        (self.text, self.held) = (unpack(bytes).map(|unpacked| unpacked.text).unwrap_or_default(), 0);
    }

    /// The table with its roles, but without its text.
    pub fn clone_without_text(&self) -> Self {
        Self {
            name: self.name.clone(),
            text: String::new(),
            held: self.held,
            inputs: self.inputs.clone(),
            target: self.target.clone(),
            gradient: self.gradient.clone(),
            forces: self.forces.clone(),
            split: self.split.clone(),
            sigma: self.sigma.clone(),
            others: self.others.clone(),
        }
    }

    /// Columns that have this part, one of [`Table::others`].
    pub fn columns(&self, part: &str) -> Vec<String> {
        self.others.iter().filter(|(of, _)| of == part).map(|(_, column)| column.clone()).collect()
    }
}

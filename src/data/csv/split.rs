//! Column of a table that marks held-out rows.

use super::{Columns, NOT_MEASURED, Reason, Table};
use crate::text::{decimal, shortened};

/// Name of the column that marks held-out rows by default.
pub const SPLIT_COLUMN: &str = "split";
/// Words for training rows and held-out rows. The values 0 and 1 are read as numbers, so that `1.0` is valid too.
const TRAINING_WORDS: [&str; 5] = ["train", "training", "fit", "false", "no"];
const HELD_OUT_WORDS: [&str; 10] =
    ["test", "testing", "held-out", "held_out", "held out", "heldout", "validation", "val", "true", "yes"];

/// Returns true if a word marks a held-out row; `None` if the word is unknown.
fn is_held_out(word: &str) -> Option<bool> {
    let word = word.trim().to_ascii_lowercase();
    match decimal(&word) {
        Some(0.0) => Some(false),
        Some(1.0) => Some(true),
        _ if TRAINING_WORDS.contains(&word.as_str()) => Some(false),
        _ => HELD_OUT_WORDS.contains(&word.as_str()).then_some(true),
    }
}

impl Table<'_> {
    /// Held-out rows, from the words of the column.
    pub(super) fn held_out(words: &[String]) -> Vec<usize> {
        (0..words.len()).filter(|&row| is_held_out(&words[row]) == Some(true)).collect()
    }

    /// Finds the column that marks held-out rows, if it exists.
    pub(super) fn split(&self, columns: &Columns) -> Result<Option<usize>, Reason> {
        if let Some(name) = columns.split.as_deref().filter(|name| name.trim() != NOT_MEASURED) {
            let column = self.column(name)?;
            if columns.uses(name.trim()) {
                return Err(Reason::UsedTwice(name.into()));
            }
            let refused = |(row, text): (usize, String)| {
                Reason::File(format!(
                    "row {row}, column \"{}\" holds \"{}\"; write train or 0 for rows to learn from, and test, held-out or 1 for rows that are held out",
                    shortened(name),
                    shortened(&text)
                ))
            };
            return self.unknown_word(column).map_or(Ok(Some(column)), |found| Err(refused(found)));
        }
        let is_free = |c: &usize| self.header[*c].eq_ignore_ascii_case(SPLIT_COLUMN) && !columns.uses(&self.header[*c]);
        let mut free = self.named().into_iter().filter(is_free);
        let only = free.next().filter(|_| columns.split.is_none() && free.next().is_none());
        Ok(only.filter(|&column| self.unknown_word(column).is_none()))
    }

    /// Number, from 1, and word of the first row whose word in a column is unknown.
    fn unknown_word(&self, column: usize) -> Option<(usize, String)> {
        let mut rows = self.rows();
        let mut record = ::csv::ByteRecord::new();
        let mut row = 0;
        // Reading the numbers reports a row that cannot be read.
        while rows.read_byte_record(&mut record).unwrap_or(false) {
            row += 1;
            let word = String::from_utf8_lossy(record.get(column).unwrap_or_default()).into_owned();
            if is_held_out(&word).is_none() {
                return Some((row, word));
            }
        }
        None
    }
}

//! The column of a table that says which rows are held out.

use super::{Columns, NOT_MEASURED, Reason, Table};
use crate::text::decimal;

/// The name of a column that is used without being named.
pub const SPLIT: &str = "split";
/// What rows to learn from and rows that are held out are called; 0 and 1 are numbers, so that `1.0` is understood too.
const LEARNT: [&str; 5] = ["train", "training", "fit", "false", "no"];
const HELD_OUT: [&str; 10] =
    ["test", "testing", "held-out", "held_out", "held out", "heldout", "validation", "val", "true", "yes"];

/// Whether a row that a word stands for is held out; `None` if the word does not say.
fn is_held_out(word: &str) -> Option<bool> {
    let word = word.trim().to_ascii_lowercase();
    match decimal(&word) {
        Some(0.0) => Some(false),
        Some(1.0) => Some(true),
        _ if LEARNT.contains(&word.as_str()) => Some(false),
        _ => HELD_OUT.contains(&word.as_str()).then_some(true),
    }
}

impl Table<'_> {
    /// The rows that are held out, from the words of that column.
    pub(super) fn held_out(words: &[String]) -> Vec<usize> {
        (0..words.len()).filter(|&row| is_held_out(&words[row]) == Some(true)).collect()
    }

    /// The column that says which rows are held out, if there is one.
    pub(super) fn split(&self, columns: &Columns) -> Result<Option<usize>, Reason> {
        if let Some(name) = columns.split.as_deref().filter(|name| name.trim() != NOT_MEASURED) {
            let column = self.column(name)?;
            if columns.uses(name.trim()) {
                return Err(Reason::UsedTwice { column: name.into() });
            }
            return self
                .unclear(column)
                .map_or(Ok(Some(column)), |(row, text)| Err(Reason::Split { row, column: name.into(), text }));
        }
        let is_free = |c: &usize| self.header[*c].eq_ignore_ascii_case(SPLIT) && !columns.uses(&self.header[*c]);
        let mut free = self.named().into_iter().filter(is_free);
        let only = free.next().filter(|_| columns.split.is_none() && free.next().is_none());
        Ok(only.filter(|&column| self.unclear(column).is_none()))
    }

    /// The first row, from 1, whose word in a column does not say whether it is held out.
    fn unclear(&self, column: usize) -> Option<(usize, String)> {
        let mut rows = self.rows();
        let mut record = ::csv::ByteRecord::new();
        let mut row = 0;
        // What cannot be read is reported where the numbers are.
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

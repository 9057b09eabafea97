//! A first look at a file that a user brings: its text, the names of its columns, and what they may be.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// Bytes, which travel as one piece: there may be many.
pub use serde_bytes::ByteBuf as Bytes;

use super::guess::{MAX_CHOICE, are_samples, aside, guess, remarks};
use super::layout::Layout;
use super::{Columns, CsvError, Reason, Table, read_text, sets_of};
use crate::data::unpack::{Unpacked, unpack};

/// Characters of a table in which inputs are looked for that are periodic.
const FIRST: usize = 300_000;

/// A file: its name and its bytes.
pub type File = (String, Bytes);

/// What is seen of a table before the roles of its columns are known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// The name of the file.
    pub name: String,
    /// The text of the table, as [`super::read`] takes it.
    pub text: String,
    /// The names of its columns.
    pub names: Vec<String>,
    /// Sentences on how it was read.
    pub notes: Vec<String>,
    /// Whether two columns can be nothing but a function of the first.
    pub is_function: bool,
    /// Whether the columns are samples, as their names say or as they come from several files.
    pub are_samples: bool,
}

/// A look at the text of a table.
///
/// # Errors
/// One sentence, if it is no table.
pub fn look(name: String, text: String) -> Result<Look, CsvError> {
    let layout = Layout::of(Cow::Borrowed(text.as_str())).map_err(|reason| CsvError { file: name.clone(), reason })?;
    let table = Table::open_any(&layout);
    let (names, notes) = (table.names(), table.notes);
    if names.len() > MAX_CHOICE {
        return Ok(Look { name, text, names, notes, is_function: false, are_samples: false });
    }
    let columns = guess(&names);
    let reads_so = names.len() == 2 && !columns.has_slopes() && columns.inputs == names[..1];
    let is_plain = reads_so && remarks(&names, &columns).is_empty() && names.iter().all(|name| aside(name, &names).is_none());
    // A table that cannot be read is refused by whoever learns from it, with a sentence.
    let is_function = is_plain && !read_text(&name, &text, &columns).is_ok_and(|data| data.looks_like_samples());
    let are_samples = are_samples(&names);
    let notes = if are_samples { notes } else { notes.into_iter().chain(on_periods(&text, &columns)).collect() };
    Ok(Look { name, text, names, notes, is_function, are_samples })
}

/// Remarks on periodic inputs, by the first rows of a table.
fn on_periods(text: &str, columns: &Columns) -> Vec<String> {
    let end = text.char_indices().nth(FIRST).map_or(text.len(), |(at, _)| text[..at].rfind('\n').unwrap_or(at));
    read_text("", &text[..end], columns).map(|data| data.remarks_on_periods()).unwrap_or_default()
}

/// A look at files of any kind: a table, or several of samples, which become one.
///
/// # Errors
/// One sentence, if a file is no table.
pub fn look_into(files: Vec<File>) -> Result<Look, CsvError> {
    if files.len() > 1 {
        let Unpacked { text, notes } = sets_of(&files)?;
        let name = format!("{} and {} more", files[0].0, files.len() - 1);
        return Ok(Look { notes, are_samples: true, is_function: false, ..look(name, text)? });
    }
    let (name, bytes) = files.into_iter().next().unwrap_or_default();
    let Unpacked { text, notes } =
        unpack(bytes.into_vec()).map_err(|error| CsvError { file: name.clone(), reason: Reason::File(error.to_string()) })?;
    let seen = look(name, text)?;
    Ok(Look { notes: notes.into_iter().chain(seen.notes).collect(), ..seen })
}

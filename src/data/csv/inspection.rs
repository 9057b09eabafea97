//! Inspection of a file of the user: its text, the names of its columns, and their possible roles.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// Bytes that are serialized as one block, because there may be many.
pub use serde_bytes::ByteBuf as Bytes;

use super::guess::{MAX_CHOICE, OtherRole, are_samples, guess, is_run, names_show_roles, other_role, remarks};
use super::layout::TextLayout;
use super::{CsvError, Reason, Table, read_text, sets_of};
use crate::data::unpack::{Unpacked, unpack};
use crate::data::{Dataset, is_uniform};
use crate::text::shortened;

/// Number of characters of a table that are searched for periodic inputs.
const PERIOD_SEARCH_CHARS: usize = 300_000;

/// Name and bytes of a file.
pub type NamedBytes = (String, Bytes);

/// Inspected table, before the roles of its columns are known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawTable {
    /// Name of the file.
    pub name: String,
    /// Text of the table, as input for [`super::read`].
    pub text: String,
    /// Names of the columns.
    pub names: Vec<String>,
    /// Sentences on how the table was read.
    pub notes: Vec<String>,
    /// Names of the columns that hold words and so have no role. Words can name trajectories and mark rows.
    #[serde(skip)]
    pub words: Vec<String>,
    /// True if the table has two columns and the second one is a function of the first.
    pub is_function: bool,
    /// True if the table has two columns that look like samples drawn together.
    #[serde(skip)]
    pub is_cloud: bool,
    /// True if the columns hold samples, by their names, because all of them are angles, or because they come from several files.
    pub are_samples: bool,
    /// Columns that cover a full turn, or are named as angles beside one that does, with their periods as in the setting `periodic`.
    #[serde(skip)]
    pub periods: String,
}

/// Inspects the text of a table.
pub(super) fn inspect_text(name: String, text: String) -> Result<RawTable, CsvError> {
    let layout = TextLayout::detect(Cow::Borrowed(text.as_str())).map_err(|reason| CsvError { file: name.clone(), reason })?;
    let table = Table::open_any(&layout);
    let (all, mut words, mut notes) = (table.names(), table.words(), table.notes);
    if all.len() > MAX_CHOICE {
        return Ok(RawTable { name, text, names: all, notes, ..RawTable::default() });
    }
    words.retain(|name| !is_run(name) && other_role(name, &all) != Some(OtherRole::Split));
    let names: Vec<String> = all.iter().filter(|name| !words.contains(name)).cloned().collect();
    let columns = guess(&names);
    let reads_so = all.len() == 2 && names.len() == 2 && !columns.has_slopes() && columns.inputs == names[..1];
    let is_plain =
        reads_so && remarks(&names, &columns).is_empty() && names.iter().all(|name| other_role(name, &names).is_none());
    // The fit itself refuses a table that cannot be read.
    let cloud = is_plain.then(|| read_text(&name, &text, &columns).ok().filter(Dataset::looks_like_samples)).flatten();
    let is_function = is_plain && cloud.is_none();
    let is_cloud = !names_show_roles(&names) && cloud.as_ref().is_some_and(|data| !is_uniform(&data.x.column(0)));
    let end = text.char_indices().nth(PERIOD_SEARCH_CHARS).map_or(text.len(), |(at, _)| text[..at].rfind('\n').unwrap_or(at));
    let beginning = read_text("", &text[..end], &columns).ok();
    let periods = beginning.as_ref().map(|data| data.stated_and_likely_periods(true)).unwrap_or_default();
    let are_angles = !is_function && !names_show_roles(&names) && periods.split(',').count() == names.len() && names.len() > 1;
    let are_samples = are_angles || are_samples(&names);
    notes.extend(beginning.filter(|_| !are_samples).and_then(|data| data.remark_on_stated_periods()));
    notes.extend(cloud.filter(|_| !are_samples).map(|data| data.remark_on_scatter()));
    notes.extend(words.iter().map(|name| format!("Column {} holds words and is not used.", shortened(name))));
    Ok(RawTable { name, text, names: all, notes, words, is_function, are_samples, is_cloud, periods })
}

/// Inspects files of any kind: one table, or several files of samples, which become one table.
///
/// # Errors
/// A sentence if a file is no table.
pub fn inspect_files(files: Vec<NamedBytes>) -> Result<RawTable, CsvError> {
    if files.len() > 1 {
        let Unpacked { text, notes } = sets_of(&files)?;
        let name = format!("{} and {} more", files[0].0, files.len() - 1);
        return Ok(RawTable {
            notes,
            are_samples: true,
            is_function: false,
            is_cloud: false,
            periods: String::new(),
            ..inspect_text(name, text)?
        });
    }
    let (name, bytes) = files.into_iter().next().unwrap_or_default();
    let Unpacked { text, notes } =
        unpack(bytes.into_vec()).map_err(|error| CsvError { file: name.clone(), reason: Reason::File(error.to_string()) })?;
    let table = inspect_text(name, text)?;
    Ok(RawTable { notes: notes.into_iter().chain(table.notes).collect(), ..table })
}

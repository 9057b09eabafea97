//! Large opened files. The page reads only their beginnings; workers read the whole files.

use std::cell::RefCell;

use js_sys::Uint8Array;
use web_sys::{Blob, File};

use super::dom;
use super::events::send;
use crate::state::action::Action;
use multiwell::internal::controller::protocol::{Bytes, UserTable};

/// Minimum size of a large file, in bytes. Copying it takes longer than inspecting it.
pub const LARGE_FILE_BYTES: f64 = 4e6;
/// Number of bytes inspected before a large file is read.
const BEGINNING_BYTES: f64 = 3e5;

thread_local! {
    static OPENED_FILES: RefCell<Vec<File>> = const { RefCell::new(Vec::new()) };
}

/// File with the text of a table.
pub fn table_blob(table: Option<&UserTable>) -> Option<Blob> {
    let place = (table?.held as usize).checked_sub(1)?;
    OPENED_FILES.with_borrow(|files| files.get(place).map(|file| file.clone().into()))
}

/// Stores a large file and returns its number, counted from 1.
pub fn add_large_file(file: File) -> u32 {
    OPENED_FILES.with_borrow_mut(|files| {
        files.push(file);
        files.len() as u32
    })
}

/// Reads the beginning of a large file. `otherwise` handles models and files that are not plain text.
pub fn open(file: File, otherwise: impl FnOnce(File) + 'static) {
    let beginning = file.slice_with_f64_and_f64(0.0, BEGINNING_BYTES).map(|part| part.array_buffer());
    let Ok(beginning) = beginning else { return otherwise(file) };
    dom::then(beginning, move |bytes| {
        let mut bytes = bytes.map(|bytes| Uint8Array::new(&bytes).to_vec()).unwrap_or_default();
        let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        bytes.truncate(end);
        if end == 0 || std::str::from_utf8(&bytes).is_err() || bytes.contains(&0) || bytes.trim_ascii_start().starts_with(b"{") {
            return otherwise(file);
        }
        let name = file.name();
        send(Action::OpenedLarge((name, Bytes::from(bytes)), add_large_file(file)));
    });
}

//! Large files, which workers read through handles. Reading in pieces leaves time for messages in between.

use js_sys::Uint8Array;
use multiwell::internal::problem::table::UserTable;
use web_sys::{Blob, FileReaderSync};

/// Number of bytes read at once, in a few milliseconds.
const PIECE_BYTES: f64 = 4e6;
/// Message on a file that cannot be read.
pub const GONE_MESSAGE: &str = "the file was changed, moved or removed after it was opened; please open it again";

/// A file that is being read.
pub struct FileReading {
    /// Number of the file.
    pub held: u32,
    file: Blob,
    /// Bytes that have been read.
    pub bytes: Vec<u8>,
}

impl FileReading {
    /// Starts to read the file with this number.
    pub fn new(held: u32, file: Blob) -> Self {
        let bytes = Vec::with_capacity(file.size() as usize);
        Self { held, file, bytes }
    }

    /// Reads the next piece; `None` if the file cannot be read.
    pub fn read_piece(mut self) -> Option<Self> {
        let from = self.bytes.len() as f64;
        let piece = part(&self.file, [from, (from + PIECE_BYTES).min(self.file.size())])?;
        let before = self.bytes.len();
        self.bytes.resize(before + piece.length() as usize, 0);
        piece.copy_to(&mut self.bytes[before..]);
        Some(self)
    }

    /// Number of bytes read, and size of the file in bytes.
    pub fn progress(&self) -> [u64; 2] {
        [self.bytes.len() as u64, self.file.size() as u64]
    }
}

/// Bytes of a file within a range.
pub fn part(file: &Blob, [from, to]: [f64; 2]) -> Option<Uint8Array> {
    let piece = file.slice_with_f64_and_f64(from, to).ok()?;
    FileReaderSync::new().ok()?.read_as_array_buffer(&piece).ok().map(|buffer| Uint8Array::new(&buffer))
}

/// Reads the large file of a table, if it has one. An unreadable file gives an empty text, which training refuses.
pub fn fill(table: Option<&mut UserTable>, file: Option<Blob>) {
    if let (Some(table), Some(file)) = (table, file) {
        table.fill(part(&file, [0.0, file.size()]).map(|bytes| bytes.to_vec()).unwrap_or_default());
    }
}

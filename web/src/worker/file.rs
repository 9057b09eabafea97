//! Large files, of which workers are given handles: they are read piece by piece, so that messages are handled in between.

use js_sys::Uint8Array;
use multiwell::internal::problem::table::UserTable;
use web_sys::{Blob, FileReaderSync};

/// Bytes that are read at once: what takes a few milliseconds.
const PIECE_BYTES: f64 = 4e6;
/// Message on a file that cannot be read.
pub const GONE_MESSAGE: &str = "the file was changed, moved or removed after it was opened; please open it again";

/// A file that is being read.
pub struct FileReading {
    /// Its number.
    pub held: u32,
    file: Blob,
    bytes: Vec<u8>,
}

impl FileReading {
    /// Begins with a file of this number.
    pub fn new(held: u32, file: Blob) -> Self {
        let bytes = Vec::with_capacity(file.size() as usize);
        Self { held, file, bytes }
    }

    /// Reads the next piece; `None` if the file cannot be read.
    pub fn go_on(mut self) -> Option<Self> {
        let from = self.bytes.len() as f64;
        let piece = part(&self.file, [from, (from + PIECE_BYTES).min(self.file.size())])?;
        let before = self.bytes.len();
        self.bytes.resize(before + piece.length() as usize, 0);
        piece.copy_to(&mut self.bytes[before..]);
        Some(self)
    }

    /// Bytes that have been read, and those of the file.
    pub fn progress(&self) -> [u64; 2] {
        [self.bytes.len() as u64, self.file.size() as u64]
    }

    /// Whether all has been read.
    pub fn is_over(&self) -> bool {
        self.bytes.len() as f64 >= self.file.size()
    }

    /// Bytes that have been read.
    pub fn bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// The bytes of a file within a range.
pub fn part(file: &Blob, [from, to]: [f64; 2]) -> Option<Uint8Array> {
    let piece = file.slice_with_f64_and_f64(from, to).ok()?;
    FileReaderSync::new().ok()?.read_as_array_buffer(&piece).ok().map(|buffer| Uint8Array::new(&buffer))
}

/// Gives a table the text of its large file, if it has one. A file that cannot be read leaves an empty text, which is refused wherever it is learnt from.
pub fn fill(table: Option<&mut UserTable>, file: Option<Blob>) {
    if let (Some(table), Some(file)) = (table, file) {
        table.fill(part(&file, [0.0, file.size()]).map(|bytes| bytes.to_vec()).unwrap_or_default());
    }
}

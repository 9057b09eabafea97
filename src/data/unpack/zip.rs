//! Zip archives, as far as `numpy.savez` writes them: files that are stored or deflated, listed at the end of the archive.

use std::collections::BTreeSet;

use super::Unusable;
use super::inflate::{checksum, inflate};

/// What the list of files ends with, what begins each entry of it, and what begins a file.
const END: &[u8] = b"PK\x05\x06";
const ENTRY: &[u8] = b"PK\x01\x02";
const FILE: &[u8] = b"PK\x03\x04";
/// Lengths of these parts without their names and remarks.
const END_LENGTH: usize = 22;
const ENTRY_LENGTH: usize = 46;
const FILE_LENGTH: usize = 30;
/// Longest remark at the end of an archive.
const LONGEST_REMARK: usize = 0xffff;

/// A file in an archive.
pub struct Entry {
    /// Its name.
    pub name: String,
    method: usize,
    checksum: u32,
    compressed: usize,
    offset: usize,
}

/// The files of an archive.
///
/// # Errors
/// If their list cannot be read.
pub fn entries(archive: &[u8]) -> Result<Vec<Entry>, Unusable> {
    let damaged = || Unusable::Damaged("its list of files is missing".into());
    let last = archive.len().checked_sub(END_LENGTH).ok_or_else(damaged)?;
    let begins = |at: &usize| archive[*at..].starts_with(END);
    let end = (last.saturating_sub(LONGEST_REMARK)..=last).rev().find(begins).ok_or_else(damaged)?;
    let count = number(archive, end + 10, 2).ok_or_else(damaged)?;
    let mut at = number(archive, end + 16, 4).ok_or_else(damaged)?;
    let (mut entries, mut offsets) = (Vec::new(), BTreeSet::new());
    for _ in 0..count {
        let head = archive.get(at..).filter(|rest| rest.starts_with(ENTRY)).ok_or_else(damaged)?;
        let field = |place, length| number(head, place, length).ok_or_else(damaged);
        let of_name = field(28, 2)?;
        let name = head.get(ENTRY_LENGTH..ENTRY_LENGTH + of_name).ok_or_else(damaged)?;
        entries.push(Entry {
            name: String::from_utf8_lossy(name).into_owned(),
            method: field(10, 2)?,
            checksum: field(16, 4)? as u32,
            compressed: field(20, 4)?,
            offset: field(42, 4)?,
        });
        // Else a small archive would expand to as much as its list is long.
        if !offsets.insert(field(42, 4)?) {
            return Err(Unusable::Damaged("its list names a file twice".into()));
        }
        at += ENTRY_LENGTH + of_name + field(30, 2)? + field(32, 2)?;
    }
    Ok(entries)
}

impl Entry {
    /// The bytes of the file.
    ///
    /// # Errors
    /// If they are damaged, or compressed in a way that `numpy.savez` does not use.
    pub fn read(&self, archive: &[u8]) -> Result<Vec<u8>, Unusable> {
        let damaged = || Unusable::Damaged("a file of the archive is cut off".into());
        let head = archive.get(self.offset..).filter(|rest| rest.starts_with(FILE)).ok_or_else(damaged)?;
        let field = |place| number(head, place, 2).ok_or_else(damaged);
        let begin = FILE_LENGTH + field(26)? + field(28)?;
        let packed = head.get(begin..begin + self.compressed).ok_or_else(damaged)?;
        let bytes = match self.method {
            0 => packed.to_vec(),
            8 => inflate(packed)?,
            _ => return Err(Unusable::Kind("the archive is compressed in an unusual way; write it with numpy.savez_compressed")),
        };
        if checksum(&bytes) == self.checksum { Ok(bytes) } else { Err(Unusable::Damaged("its checksum is wrong".into())) }
    }
}

/// A number of `length` bytes, the smallest first.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<usize> {
    let digits = bytes.get(at..at + length)?;
    Some(digits.iter().rev().fold(0, |number, &digit| number << 8 | usize::from(digit)))
}

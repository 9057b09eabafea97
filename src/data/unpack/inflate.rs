//! Decompression of what `gzip` and `zip` have deflated.

use std::io::Read;

use flate2::Crc;
use flate2::bufread::{DeflateDecoder, MultiGzDecoder};

use super::{MOST_MEGABYTES, Unusable};

/// What begins a member of a gzip file.
pub const GZIP: &[u8] = b"\x1f\x8b";

/// The data of a gzip file, which may have several members, one after another.
///
/// # Errors
/// If the file is damaged or expands to too much.
pub fn gunzip(file: &[u8]) -> Result<Vec<u8>, Unusable> {
    unpacked(MultiGzDecoder::new(file))
}

/// The data that were deflated.
///
/// # Errors
/// If the bytes are damaged or expand to too much.
pub fn inflate(packed: &[u8]) -> Result<Vec<u8>, Unusable> {
    unpacked(DeflateDecoder::new(packed))
}

fn unpacked(packed: impl Read) -> Result<Vec<u8>, Unusable> {
    let most = MOST_MEGABYTES << 20;
    let mut data = Vec::new();
    let read = packed.take(most as u64 + 1).read_to_end(&mut data);
    read.map_err(|_| Unusable::Damaged("the file is cut off or changed".into()))?;
    if data.len() > most { Err(Unusable::Large) } else { Ok(data) }
}

/// The checksum of zip, CRC-32.
pub fn checksum(data: &[u8]) -> u32 {
    let mut sum = Crc::new();
    sum.update(data);
    sum.sum()
}

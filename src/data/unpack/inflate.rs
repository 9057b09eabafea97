//! Decompression of what `gzip` and `zip` have deflated.

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

use super::{MOST_MEGABYTES, Unusable};

/// What begins a member of a gzip file.
pub const GZIP: &[u8] = b"\x1f\x8b";
/// Lengths of what stands before and behind the data of a member.
const HEAD: usize = 10;
const TAIL: usize = 8;
/// Marks in a head that say what else stands before the data.
const HAS_CHECKSUM: u8 = 2;
const HAS_MORE: u8 = 4;
const HAS_NAME: u8 = 8;
const HAS_REMARK: u8 = 16;
/// The polynomial of the checksum, its lowest bit first.
const POLYNOMIAL: u32 = 0xedb8_8320;

/// The data of a gzip file, which may have several members, one after another.
///
/// # Errors
/// If the file is damaged or expands to too much.
pub fn gunzip(mut file: &[u8]) -> Result<Vec<u8>, Unusable> {
    let damaged = |why: &str| Unusable::Damaged(why.into());
    let cut = || damaged("the file is cut off");
    let mut all = Vec::new();
    while file.starts_with(GZIP) {
        let head = head(file).ok_or_else(cut)?;
        let (data, consumed) = inflate(&file[head..], all.len())?;
        let tail = file.get(head + consumed..head + consumed + TAIL).ok_or_else(cut)?;
        if tail[..4] != checksum(&data).to_le_bytes() || tail[4..] != (data.len() as u32).to_le_bytes() {
            return Err(damaged("its checksum is wrong"));
        }
        all.extend(data);
        file = &file[head + consumed + TAIL..];
    }
    Ok(all)
}

/// The length of what stands before the data of a member.
fn head(member: &[u8]) -> Option<usize> {
    let marks = *member.get(3)?;
    let mut at = HEAD;
    if marks & HAS_MORE != 0 {
        at += 2 + usize::from(u16::from_le_bytes([*member.get(at)?, *member.get(at + 1)?]));
    }
    for mark in [HAS_NAME, HAS_REMARK] {
        if marks & mark != 0 {
            at += 1 + member.get(at..)?.iter().position(|&byte| byte == 0)?;
        }
    }
    if marks & HAS_CHECKSUM != 0 {
        at += 2;
    }
    (at <= member.len()).then_some(at)
}

/// The data that were deflated, beside `before` bytes unpacked already, and how many bytes they were deflated to.
///
/// # Errors
/// If the bytes are damaged or expand to too much.
pub fn inflate(packed: &[u8], before: usize) -> Result<(Vec<u8>, usize), Unusable> {
    let most = (MOST_MEGABYTES << 20).saturating_sub(before);
    let mut decompressor = Box::<DecompressorOxide>::default();
    let mut data = vec![0; packed.len().saturating_mul(4).clamp(1 << 10, most.max(1))];
    let (mut read, mut written) = (0, 0);
    loop {
        let flags = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        let (status, more_read, more_written) = decompress(&mut decompressor, &packed[read..], &mut data, written, flags);
        (read, written) = ((read + more_read).min(packed.len()), written + more_written);
        match status {
            TINFLStatus::Done => {
                data.truncate(written);
                return Ok((data, read));
            }
            TINFLStatus::HasMoreOutput if data.len() >= most => return Err(Unusable::Large),
            TINFLStatus::HasMoreOutput => data.resize(data.len().saturating_mul(2).min(most), 0),
            _ => return Err(Unusable::Damaged("the file is cut off or changed".into())),
        }
    }
}

/// The checksum of gzip and zip, CRC-32.
pub fn checksum(data: &[u8]) -> u32 {
    let step = |sum: u32| if sum & 1 == 1 { POLYNOMIAL ^ (sum >> 1) } else { sum >> 1 };
    let table: [u32; 256] = std::array::from_fn(|byte| (0..8).fold(byte as u32, |sum, _| step(sum)));
    !data.iter().fold(!0, |sum, &byte| table[((sum ^ u32::from(byte)) & 0xff) as usize] ^ (sum >> 8))
}

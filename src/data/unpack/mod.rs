//! Extracts the text of a table from a file of any kind: compressed by gzip, arrays of numpy (`.npy`, `.npz`), or a text in an encoding
//! other than UTF-8. Any other file is refused with a sentence that advises the user.

mod numpy;
#[cfg(test)]
mod tests;

use std::fmt::Write;
use std::io::Read;

use flate2::bufread::MultiGzDecoder;

use crate::text::shortened;

/// Largest size of an expanded file in megabytes. It equals the limit for a file that is not compressed.
const MAX_MEGABYTES: usize = 512;
/// Largest number of nested compressions of a file.
const MAX_LAYERS: usize = 3;

const GZIP_MAGIC: &[u8] = b"\x1f\x8b";

/// Beginnings of files that hold no text, each with advice.
const REFUSED_KINDS: [(&[u8], &str); 9] = [
    (b"\x89HDF", "this is an HDF5 file; save its arrays with numpy.savez, or as CSV"),
    (b"PAR1", "this is a Parquet file; save the table as CSV"),
    (b"\xd0\xcf\x11\xe0", "this is an old Excel workbook; save its sheet as CSV: in Excel by File, Save As, CSV UTF-8"),
    (b"BZh", "this file is compressed by bzip2; unpack it, or compress it by gzip"),
    (b"\xfd7zXZ", "this file is compressed by xz; unpack it, or compress it by gzip"),
    (b"\x28\xb5\x2f\xfd", "this file is compressed by zstd; unpack it, or compress it by gzip"),
    (b"\x80\x02", "this is a pickle of Python; save its arrays with numpy.savez, or as CSV"),
    (b"\x80\x04", "this is a pickle of Python; save its arrays with numpy.savez, or as CSV"),
    (b"PK\x05\x06", "this archive is empty"),
];

const JSON_ADVICE: &str =
    "this is JSON, not a table; save it as CSV, such as by pandas.read_json(file, lines=True).to_csv(\"table.csv\", index=False)";

/// Reason why a file holds no table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnpackError {
    /// The file is of a kind that is not supported.
    #[error("{0}")]
    Kind(&'static str),
    /// The bytes are not text.
    #[error("this file is not a table; save the data as CSV or .npy")]
    Binary,
    /// The compressed data are damaged.
    #[error("the compressed data are damaged ({0}); write the file again")]
    Damaged(String),
    /// The compressed data expand to too many bytes.
    #[error("unpacked, the file has more than {MAX_MEGABYTES} MB, which is all that is read; leave rows or columns out")]
    Large,
    /// The archive holds no arrays.
    #[error("the archive holds no array of numpy; unpack it and open the table that it contains")]
    NoArray,
    /// An array of this name in its archive holds no columns of numbers, with the fault. Archives are read without it.
    #[error("{} {fault}", named(.0), fault = .1)]
    NoColumns(String, String),
    /// An array of this name in its archive cannot be read, with the fault.
    #[error("{} {fault}", named(.0), fault = .1)]
    Array(String, String),
}

fn named(array: &str) -> String {
    if array.is_empty() { "the array".into() } else { format!("the array \"{}\"", shortened(array)) }
}

/// Text of a table, with sentences on omitted or added parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unpacked {
    /// Text of the table.
    pub text: String,
    /// Sentences on omitted or added parts.
    pub notes: Vec<String>,
}

/// Extracts the text of a file.
///
/// # Errors
/// A sentence if the file is damaged or of an unsupported kind.
pub fn unpack(mut bytes: Vec<u8>) -> Result<Unpacked, UnpackError> {
    for _ in 0..MAX_LAYERS {
        if !bytes.starts_with(GZIP_MAGIC) {
            break;
        }
        bytes = read_limited(MultiGzDecoder::new(bytes.as_slice()))?;
    }
    if let Some((_, sentence)) = REFUSED_KINDS.iter().find(|(beginning, _)| bytes.starts_with(beginning)) {
        return Err(UnpackError::Kind(sentence));
    }
    if bytes.starts_with(numpy::NUMPY_MAGIC) {
        return numpy::table(&bytes);
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return numpy::tables(&bytes);
    }
    let text = decoded(bytes)?;
    let begin = text.trim_start();
    if begin.starts_with("{\"") || begin.starts_with("[{") || begin.starts_with("[[") {
        return Err(UnpackError::Kind(JSON_ADVICE));
    }
    Ok(Unpacked { text, notes: Vec::new() })
}

/// Reads decompressed data to the end, up to the size limit.
fn read_limited(source: impl Read) -> Result<Vec<u8>, UnpackError> {
    let max_bytes = MAX_MEGABYTES << 20;
    let mut data = Vec::new();
    let read = source.take(max_bytes as u64 + 1).read_to_end(&mut data);
    read.map_err(|error| UnpackError::Damaged(error.to_string()))?;
    if data.len() > max_bytes { Err(UnpackError::Large) } else { Ok(data) }
}

/// Decodes a text: UTF-8, UTF-16 with a byte order mark, or else the western European encoding, in which each byte is a character.
fn decoded(mut bytes: Vec<u8>) -> Result<String, UnpackError> {
    let unit: Option<fn([u8; 2]) -> u16> = match bytes.as_slice() {
        [0xff, 0xfe, ..] => Some(u16::from_le_bytes),
        [0xfe, 0xff, ..] => Some(u16::from_be_bytes),
        _ => None,
    };
    if let Some(unit) = unit {
        let units: Vec<u16> = bytes[2..].chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        return Ok(String::from_utf16_lossy(&units));
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    if bytes.contains(&0) {
        return Err(UnpackError::Binary);
    }
    Ok(String::from_utf8(bytes).unwrap_or_else(|error| error.as_bytes().iter().copied().map(char::from).collect()))
}

/// Writes a table as text, without a header if there are no names. Fields after the end of a shorter column are empty.
pub fn written(names: &[String], columns: &[Vec<f64>]) -> String {
    let quoted = |name: &String| format!("\"{}\"", name.replace('"', "\"\""));
    let mut text = names.iter().map(quoted).collect::<Vec<_>>().join(",");
    if !names.is_empty() {
        text.push('\n');
    }
    for row in 0..columns.iter().map(Vec::len).max().unwrap_or_default() {
        for (k, column) in columns.iter().enumerate() {
            if k > 0 {
                text.push(',');
            }
            if let Some(number) = column.get(row) {
                // The shortest form that keeps all bits.
                write!(text, "{number:?}").expect("writing to memory does not fail");
            }
        }
        text.push('\n');
    }
    text
}

//! Numpy arrays in the versions 1 to 3 of the format, and archives of them.

use std::io::{Cursor, Read};

use flate2::Crc;
use flate2::read::DeflateDecoder;
use zip::read::ZipFile;
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::{MAX_MEGABYTES, UnpackError, Unpacked, read_limited, written};
use crate::text::shortened;

/// First bytes of a numpy file.
pub const NUMPY_MAGIC: &[u8] = b"\x93NUMPY";
/// Largest number of columns of an array with fewer rows than columns. Above it, each row probably holds a quantity rather than a sample.
const MAX_COLUMNS: usize = 200;

const MAX_NUMBERS: usize = 1 << 26;

const UNUSUAL_COMPRESSION: UnpackError =
    UnpackError::Kind("the archive is compressed in an unusual way; write it with numpy.savez_compressed");

/// Columns of numbers of equal length.
struct NumberColumns {
    shape: Vec<usize>,
    numbers: Vec<Vec<f64>>,
}

struct ArrayHeader<'a> {
    kind: &'a str,
    is_by_columns: bool,
    shape: Vec<usize>,
}

/// Table in a file with a single array, whose columns have no names.
///
/// # Errors
/// A sentence if the array is damaged or holds no columns of numbers.
pub fn table(bytes: &[u8]) -> Result<Unpacked, UnpackError> {
    let NumberColumns { shape, numbers } = read("", bytes)?;
    if shape.is_empty() {
        return Err(unusual_shape("", &shape));
    }
    Ok(Unpacked { text: written(&[], &numbers), notes: Vec::new() })
}

/// Table in an archive of arrays. An array of one dimension is a column with its name. An array of two dimensions gives a column for each
/// of its columns, with the name of the array and a number. Arrays without numbers are left out.
///
/// # Errors
/// A sentence if the archive is damaged or holds no columns of numbers.
pub fn tables(archive: &[u8]) -> Result<Unpacked, UnpackError> {
    let damaged = |error: ZipError| match error {
        ZipError::UnsupportedArchive(_) => UNUSUAL_COMPRESSION,
        error => UnpackError::Damaged(error.to_string()),
    };
    let mut archive = ZipArchive::new(Cursor::new(archive)).map_err(damaged)?;
    if archive.index_for_name("[Content_Types].xml").is_some() {
        return Err(UnpackError::Kind("this is a workbook; save its sheet as CSV: in Excel by File, Save As, CSV UTF-8"));
    }
    let (mut names, mut columns, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    let (mut refused, mut expanded) = (None, 0);
    for k in 0..archive.len() {
        let file = archive.by_index_raw(k).map_err(damaged)?;
        let name = file.name().to_owned();
        let Some(array) = name.strip_suffix(".npy") else { continue };
        let bytes = expanded_bytes(file)?;
        // A number takes eight bytes in memory, regardless of its size in the file.
        expanded += bytes.len().max(8 * read_count(&bytes));
        if expanded > MAX_MEGABYTES << 20 {
            return Err(UnpackError::Large);
        }
        match read(array, &bytes) {
            Ok(NumberColumns { shape, .. }) if shape.is_empty() => left_out.push(array.to_owned()),
            Ok(NumberColumns { shape, numbers }) => {
                let numbered = |k: usize| if shape.len() > 1 { format!("{array}{}", k + 1) } else { array.to_owned() };
                names.extend((0..numbers.len()).map(numbered));
                columns.extend(numbers);
            }
            Err(error @ UnpackError::NoColumns(..)) => {
                left_out.push(array.to_owned());
                refused.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
    }
    if columns.is_empty() {
        return Err(refused.unwrap_or(UnpackError::NoArray));
    }
    let mut notes = Vec::new();
    if !left_out.is_empty() {
        let listed = left_out.iter().map(|name| shortened(name)).collect::<Vec<_>>().join(", ");
        notes.push(format!("Not used, as they are no columns of numbers: {listed}."));
    }
    let length = |column: &Vec<f64>| column.len();
    if columns.iter().any(|column| column.len() != columns[0].len()) {
        let (least, most) = (columns.iter().map(length).min().unwrap_or(0), columns.iter().map(length).max().unwrap_or(0));
        notes.push(format!(
            "The arrays have different lengths, from {least} to {most}; the fields behind the shorter ones are empty."
        ));
    }
    Ok(Unpacked { text: written(&names, &columns), notes })
}

/// Reads a file of an archive. The archive itself does not decompress, because its reader would contain a compressor.
fn expanded_bytes(file: ZipFile<impl Read>) -> Result<Vec<u8>, UnpackError> {
    let sum = file.crc32();
    let bytes = match file.compression() {
        _ if file.encrypted() => return Err(UNUSUAL_COMPRESSION),
        CompressionMethod::STORE => read_limited(file)?,
        CompressionMethod::DEFLATE => read_limited(DeflateDecoder::new(file))?,
        _ => return Err(UNUSUAL_COMPRESSION),
    };
    let mut found = Crc::new();
    found.update(&bytes);
    if found.sum() == sum { Ok(bytes) } else { Err(UnpackError::Damaged("Invalid checksum".into())) }
}

/// Number of elements that an array declares, up to the largest possible one.
fn read_count(bytes: &[u8]) -> usize {
    let header = parts(bytes).and_then(|(header, _)| parse_header(std::str::from_utf8(header).ok()?));
    header.map_or(0, |header| header.shape.iter().fold(1, |count: usize, size| count.saturating_mul(*size))).min(bytes.len())
}

/// Reads the columns of an array, which is called `array` in messages.
fn read(array: &str, bytes: &[u8]) -> Result<NumberColumns, UnpackError> {
    let unreadable = |fault: &str| UnpackError::Array(array.into(), fault.into());
    let strange = || unreadable("has a header that numpy does not write; save it again with numpy.save");
    let (header, data) = parts(bytes).ok_or_else(strange)?;
    let text = std::str::from_utf8(header).map_err(|_| strange())?;
    if text.contains("'descr': [") {
        let fault = "is a structured array; save its fields as columns, numpy.savez(file, **{n: a[n] for n in a.dtype.names})";
        return Err(UnpackError::NoColumns(array.into(), fault.into()));
    }
    let ArrayHeader { kind, is_by_columns, shape } = parse_header(text).ok_or_else(strange)?;
    let (size, convert) = conversion(kind).ok_or_else(|| {
        let kind = match kind.trim_start_matches(['<', '>', '|', '=']).chars().next() {
            Some('c') => "complex numbers".into(),
            Some('U' | 'S' | 'a') => "texts".into(),
            Some('O') => "objects of Python".into(),
            Some('M' | 'm') => "times".into(),
            _ => format!("numbers of the type {}", shortened(kind)),
        };
        let fault = format!("holds {kind}, not real numbers; save it as numbers, such as array.astype(float)");
        UnpackError::NoColumns(array.into(), fault)
    })?;
    let (rows, columns) = match *shape.as_slice() {
        [] => (1, 1),
        [rows] => (rows, 1),
        [rows, columns] => (rows, columns),
        _ => return Err(unusual_shape(array, &shape)),
    };
    if columns > MAX_COLUMNS && rows < columns {
        let fault = format!("has {rows} rows and {columns} columns; give it a row for each sample, such as array.T");
        return Err(unreadable(&fault));
    }
    if rows.saturating_mul(columns) > MAX_NUMBERS {
        let fault =
            format!("has {rows} rows and {columns} columns, which are more numbers than are read; leave rows or columns out");
        return Err(unreadable(&fault));
    }
    let needed = rows.checked_mul(columns).and_then(|count| count.checked_mul(size));
    let data = needed.and_then(|needed| data.get(..needed));
    let data = data.ok_or_else(|| unreadable("is cut off: it has fewer numbers than its header says; write the file again"))?;
    let number = |row: usize, column: usize| {
        let place = if is_by_columns { column * rows + row } else { row * columns + column };
        convert(&data[place * size..(place + 1) * size])
    };
    let numbers = (0..columns).map(|column| (0..rows).map(|row| number(row, column)).collect()).collect();
    Ok(NumberColumns { shape, numbers })
}

/// Error of an array that has neither one nor two dimensions.
fn unusual_shape(array: &str, shape: &[usize]) -> UnpackError {
    let shape = shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let advice = "give it one or two dimensions, a row for each sample: array.reshape(len(array), -1)";
    UnpackError::NoColumns(array.into(), format!("has the shape ({shape}); {advice}"))
}

/// Splits an array into its header and its data.
fn parts(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = bytes.strip_prefix(NUMPY_MAGIC)?;
    let (begin, length): (usize, usize) = match rest {
        [1, _, a, b, ..] => (4, usize::from(u16::from_le_bytes([*a, *b]))),
        [2 | 3, _, a, b, c, d, ..] => (6, u32::from_le_bytes([*a, *b, *c, *d]) as usize),
        _ => return None,
    };
    Some((rest.get(begin..begin.checked_add(length)?)?, &rest[begin + length..]))
}

/// Reads a header: `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }`.
fn parse_header(text: &str) -> Option<ArrayHeader<'_>> {
    let after = |key: &str| text.split_once(key).map(|(_, rest)| rest.trim_start());
    let kind = after("'descr':")?.strip_prefix('\'')?.split('\'').next()?;
    let order = after("'fortran_order':")?;
    let is_by_columns = order.starts_with("True");
    if !is_by_columns && !order.starts_with("False") {
        return None;
    }
    let shape = after("'shape':")?.strip_prefix('(')?.split(')').next()?;
    // Python 2 writes long numbers as 3L.
    let sizes = shape.split(',').map(|size| size.trim().trim_end_matches('L')).filter(|size| !size.is_empty());
    let shape = sizes.map(|size| size.parse().ok()).collect::<Option<Vec<usize>>>()?;
    Some(ArrayHeader { kind, is_by_columns, shape })
}

/// Converts the bytes of an entry to a number.
type Convert = fn(&[u8]) -> f64;

/// Size in bytes of a number of a type such as `<f8`, and its conversion; `None` for other types than real numbers.
fn conversion(kind: &str) -> Option<(usize, Convert)> {
    /// Conversion of a number of a type in either byte order.
    macro_rules! read {
        ($type:ty, $is_big:expr, $number:expr) => {{
            const TYPE_SIZE: usize = size_of::<$type>();
            let little: Convert = |bytes| $number(<$type>::from_le_bytes(bytes.try_into().expect("as many as its size")));
            let big: Convert = |bytes| $number(<$type>::from_be_bytes(bytes.try_into().expect("as many as its size")));
            (TYPE_SIZE, if $is_big { big } else { little })
        }};
    }
    let is_big = kind.starts_with('>');
    Some(match kind.trim_start_matches(['<', '>', '|', '=']) {
        "f8" => read!(f64, is_big, f64::from),
        "f4" => read!(f32, is_big, f64::from),
        "f2" => read!(u16, is_big, half),
        "i8" => read!(i64, is_big, |number| number as f64),
        "i4" => read!(i32, is_big, f64::from),
        "i2" => read!(i16, is_big, f64::from),
        "i1" => read!(i8, is_big, f64::from),
        "u8" => read!(u64, is_big, |number| number as f64),
        "u4" => read!(u32, is_big, f64::from),
        "u2" => read!(u16, is_big, f64::from),
        "u1" | "b1" => read!(u8, is_big, f64::from),
        _ => return None,
    })
}

/// Converts a number of half precision: a sign, five bits of the exponent and ten of the fraction.
fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    match exponent {
        0 => sign * fraction * 2_f64.powi(-24),
        31 if fraction == 0.0 => sign * f64::INFINITY,
        31 => f64::NAN,
        _ => sign * (1.0 + fraction / 1024.0) * 2_f64.powi(exponent - 15),
    }
}

//! Components of random inputs: choices by `arbitrary`, odd numbers, damage.

use arbitrary::{Result, Unstructured};

/// Numbers in valid and in odd notation.
const ODD_NUMBERS: [&str; 48] = [
    "0",
    "1",
    "-1",
    "2",
    "10",
    "0.5",
    "-0.0",
    "1e-3",
    "1E5",
    "+3",
    ".5",
    "5.",
    "1e308",
    "-1e308",
    "1e309",
    "1e-308",
    "5e-324",
    "1e-400",
    "1e100",
    "1.7976931348623157e308",
    "NaN",
    "nan",
    "inf",
    "-inf",
    "Infinity",
    "1,5",
    "1.234,5",
    "1,234.5",
    "1 234",
    "1_000",
    "0x10",
    "1d3",
    "1D-3",
    "--1",
    "1e",
    "e1",
    "-",
    "",
    "9007199254740993",
    "18446744073709551616",
    "-9223372036854775809",
    "1e2147483648",
    "1e-99999999999",
    "٣",
    "½",
    "−1",
    "1\u{a0}000",
    "100000000000000000000000000000000000000000",
];

/// A random number: an odd one, or the decimal text of random bits.
pub fn number(u: &mut Unstructured) -> Result<String> {
    Ok(match u.int_in_range(0..=5)? {
        0 | 1 => (*u.choose(&ODD_NUMBERS)?).to_owned(),
        2 => format!("{}", i32::from(u.arbitrary::<i8>()?)),
        3 => format!("{}", f64::from(u.arbitrary::<i16>()?) / 64.0),
        4 => format!("{:?}", u.arbitrary::<f64>()?),
        _ => format!("{:e}", u.arbitrary::<f32>()?),
    })
}

/// A random text of a list.
pub fn one<'a>(u: &mut Unstructured, of: &[&'a str]) -> Result<&'a str> {
    u.choose(of).copied()
}

/// A random text of at most `most` bytes.
pub fn text(u: &mut Unstructured, most: usize) -> Result<String> {
    let length = u.int_in_range(0..=most)?;
    let bytes = u.bytes(length.min(u.len()))?;
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

/// Bytes of an input: the raw rest, or the result of `build` on the choices in it.
pub fn raw_or_built(input: &[u8], build: impl FnOnce(&mut Unstructured) -> Result<Vec<u8>>) -> Vec<u8> {
    match input.split_first() {
        Some((first, rest)) if first & 1 == 1 => build(&mut Unstructured::new(rest)).unwrap_or_default(),
        Some((_, rest)) => rest.to_vec(),
        None => Vec::new(),
    }
}

/// Changes some bytes: overwrites, removes, inserts, repeats, cuts.
pub fn damage(u: &mut Unstructured, bytes: &mut Vec<u8>) -> Result<()> {
    for _ in 0..u.int_in_range(0..=4)? {
        if bytes.is_empty() {
            return Ok(());
        }
        let at = u.choose_index(bytes.len())?;
        match u.int_in_range(0..=5)? {
            0 => bytes[at] = u.arbitrary()?,
            1 => bytes[at] ^= 1 << u.int_in_range(0..=7)?,
            2 => {
                bytes.remove(at);
            }
            3 => bytes.truncate(at),
            4 => bytes.insert(at, u.arbitrary()?),
            _ => {
                let end = (at + u.int_in_range(1..=16)?).min(bytes.len());
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
        }
    }
    Ok(())
}

//! Components of random inputs: choices by `arbitrary`, odd numbers, damage.

use std::collections::HashMap;
use std::sync::LazyLock;

use arbitrary::{Result, Unstructured};

/// Lists of words by name. Stored inputs select words by position.
static WORDS: LazyLock<HashMap<String, Vec<String>>> =
    LazyLock::new(|| serde_json::from_str(include_str!("words.json")).expect("lists of words"));

/// A random word of a list in `words.json`.
pub fn word(u: &mut Unstructured, list: &str) -> Result<&'static str> {
    u.choose(&WORDS[list]).map(String::as_str)
}

/// A random number: an odd one, or the decimal text of random bits.
pub fn number(u: &mut Unstructured) -> Result<String> {
    Ok(match u.int_in_range(0..=5)? {
        0 | 1 => word(u, "odd numbers")?.to_owned(),
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

/// Bytes of a text, changed in one of `rarity` cases.
pub fn sometimes_damaged(u: &mut Unstructured, text: String, rarity: u8) -> Result<Vec<u8>> {
    let mut bytes = text.into_bytes();
    if u.ratio(1, rarity)? {
        damage(u, &mut bytes)?;
    }
    Ok(bytes)
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

//! Lists and ranges of the command line.

use arbitrary::{Result, Unstructured};
use multiwell::internal::text::printable;

use crate::command::{seeds, sweep};
use crate::is_sentence;
use crate::odd::{number, one, raw_or_built, sometimes_damaged};

/// A random list.
fn list(u: &mut Unstructured) -> Result<Vec<u8>> {
    let mut parts = Vec::new();
    for _ in 0..u.int_in_range(0..=4)? {
        let name = one(u, &["", "", "", "soft-parabolas-", "-", "a"])?;
        let mut part = format!("{name}{}", number(u)?);
        if u.ratio(2, 3)? {
            part += "..";
            part += &number(u)?;
            if u.arbitrary()? {
                part += one(u, &[":", "x"])?;
                part += &number(u)?;
            }
        }
        parts.push(part);
    }
    sometimes_damaged(u, parts.join(","), 3)
}

/// Reads a text as a list of values and as a list of seeds.
pub fn check(input: &[u8]) {
    let bytes = raw_or_built(input, list);
    let text = String::from_utf8_lossy(&bytes);
    match sweep::expand("--modes", &text) {
        // The program prints its sentences on one line, for any quoted text.
        Err(sentence) => is_sentence(&printable(&sentence)),
        Ok(values) => {
            assert!(!values.is_empty() && values.len() <= 100_000);
            // The expanded list expands to itself.
            if values.len() < 1000 && !values.iter().any(|value| value.contains("..")) {
                assert!(sweep::expand("--modes", &values.join(",")).as_ref() == Ok(&values), "{values:?}");
            }
        }
    }
    match seeds::read(&text) {
        Err(sentence) => is_sentence(&printable(&sentence)),
        Ok(seeds) => assert!(seeds.windows(2).all(|pair| pair[0] < pair[1]) && !seeds.is_empty() && seeds.len() <= 10_000),
    }
}

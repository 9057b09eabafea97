//! Reads numbers in the notations of other programs.

use super::Reason;
use crate::text::{decimal, shortened};

/// Number that a field holds. Fortran marks an exponent by D. With `has_commas`, a comma is read as the decimal point.
pub(super) fn number(field: &str, has_commas: bool) -> Option<f64> {
    let parsed = decimal(field);
    if parsed.is_some() {
        return parsed;
    }
    let with = |from: &[char], to: &str| field.contains(from).then(|| decimal(&field.replacen(from, to, 1))).flatten();
    if has_commas { with(&[','], ".") } else { None }.or_else(|| with(&['D', 'd'], "e"))
}

/// Marks of a missing number in other programs, in lower case.
const MISSING_MARKS: [&str; 23] = [
    "na", "n/a", "nan", "null", "none", "nil", "-", "--", "---", "\u{2013}", "\u{2014}", "?", ".", "*", "<na>", "#n/a", "#na",
    "#value!", "#div/0!", "#num!", "#ref!", "#name?", "#null!",
];

/// Returns true if a field marks a missing number.
pub(super) fn is_missing(field: &str) -> bool {
    let field = field.trim();
    // All marks are shorter than eight characters.
    field.is_empty() || (field.len() < 8 && MISSING_MARKS.contains(&field.to_ascii_lowercase().as_str()))
}

/// Returns true if the fields form a row of numbers, some of which may be missing, rather than a row of names.
pub(super) fn is_row<'a>(mut fields: impl Iterator<Item = &'a str> + Clone, has_commas: bool) -> bool {
    let is_number = |field: &str| number(field, has_commas).is_some();
    let all_empty = fields.clone().all(str::is_empty);
    all_empty || (fields.clone().any(is_number) && fields.all(|field| is_missing(field) || is_number(field)))
}

/// Returns true if the fields, of a table with another separator, have decimal commas. Then each comma is in a number, no number has a
/// point, and at least one comma cannot separate thousands.
pub(super) fn has_decimal_commas<'a>(fields: impl Iterator<Item = &'a str>) -> Result<bool, Reason> {
    let mut doubtful = None;
    let mut is_certain = false;
    for field in fields {
        let has_comma = field.contains(',');
        if field.contains('.') && number(field, false).is_some() {
            return Ok(false);
        }
        if !has_comma || number(field, true).is_none() {
            continue;
        }
        if may_be_thousands(field) {
            doubtful.get_or_insert_with(|| field.to_owned());
        } else {
            is_certain = true;
        }
    }
    match doubtful {
        Some(field) if !is_certain => Err(Reason::File(format!(
            "the comma in \"{}\" may stand before decimals or between thousands; write a point before decimals, and nothing between thousands",
            shortened(&field)
        ))),
        _ => Ok(is_certain),
    }
}

/// Returns true if a comma in a number may separate thousands: at most three digits before it, not only a zero, and three digits after it.
fn may_be_thousands(field: &str) -> bool {
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    field.trim_start_matches(['-', '+']).split_once(',').is_some_and(|(before, behind)| {
        digits(before) && digits(behind) && behind.len() == 3 && (1..=3).contains(&before.len()) && !before.starts_with('0')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_other_programs_are_read() {
        assert_eq!(number("-1.5e3", false), Some(-1500.0));
        assert_eq!(number("-0.15D+04", false), Some(-1500.0));
        assert_eq!(number("−1.5e−3", false), Some(-1.5e-3));
        assert_eq!((number("1,5", true), number("1,5", false)), (Some(1.5), None));
        for text in ["", "x", "1.2.3", "1,2,3", "D", "d1", "1dd5", "0x10", "1_000"] {
            assert_eq!(number(text, true), None, "{text}");
        }
    }

    #[test]
    fn words_for_missing_numbers_are_recognised() {
        for text in ["", "NA", "N/A", "NaN", "-", "null", "None", "#N/A", "#DIV/0!", "<NA>", "."] {
            assert!(is_missing(text), "{text}");
        }
        for text in ["0", "four", "-1", "inf", "n", "x-"] {
            assert!(!is_missing(text), "{text}");
        }
        let row = |fields: &[&str]| is_row(fields.iter().copied(), false);
        assert!(row(&["1", "NA"]) && row(&["", ""]) && row(&["", "2"]));
        assert!(!row(&["x", "NA"]) && !row(&["-"]) && !row(&["", "x"]));
    }

    #[test]
    fn decimal_commas_are_accepted_only_if_unambiguous() {
        let told = |fields: &[&str]| has_decimal_commas(fields.iter().copied());
        assert_eq!(told(&["1,5", "2", "-3,25e2"]), Ok(true));
        assert_eq!(told(&["1,234", "0,5"]), Ok(true));
        assert_eq!(told(&["0,125"]), Ok(true));
        assert_eq!(told(&["1,5", "2.5"]), Ok(false));
        assert_eq!(told(&["a,b", "2"]), Ok(false));
        assert!(told(&["1,234", "56,789"]).unwrap_err().to_string().starts_with("the comma in \"1,234\" may stand"));
    }
}

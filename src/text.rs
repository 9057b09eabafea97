//! Numbers in a form that is easy to read (0.02, 1e-4, 12,400, never 0.020000001), and text for messages about user input.

/// List in words.
pub fn listed<T: ToString>(items: &[T]) -> String {
    let list: Vec<String> = items.iter().map(ToString::to_string).collect();
    match list.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => list.concat(),
    }
}

/// A number of things: `1 well`, `2 wells`.
pub fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

/// User input on one line, shortened to fit into a sentence. The limit includes the escapes of its characters.
pub fn shortened(text: &str) -> String {
    const MAX_QUOTED_CHARS: usize = 40;
    let mut short = String::new();
    for c in text.chars() {
        let before = short.len();
        print(c, &mut short);
        if short.chars().count() > MAX_QUOTED_CHARS {
            short.truncate(before);
            short.push('…');
            break;
        }
    }
    short
}

/// Maximum number of characters of a message.
pub const MAX_MESSAGE: usize = 300;

/// A message of at most [`MAX_MESSAGE`] characters. Long words (names of a user, paths) are cut first, and then the middle of the message. The
/// beginning contains the error and the end contains the remedy.
pub fn limited(message: &str) -> String {
    /// Maximum number of characters of a word in a message that is too long.
    const MAX_WORD_CHARS: usize = 60;
    /// Number of characters at the end of a message that are kept.
    const KEPT_END_CHARS: usize = 120;
    if message.chars().count() <= MAX_MESSAGE {
        return message.to_owned();
    }
    let first = |text: &str, count: usize| text.chars().take(count).collect::<String>();
    let cut = |word: &str| {
        if word.chars().count() > MAX_WORD_CHARS { first(word, MAX_WORD_CHARS - 1) + "…" } else { word.to_owned() }
    };
    let words: Vec<String> = message.split(' ').map(cut).collect();
    let short = words.join(" ");
    let count = short.chars().count();
    if count <= MAX_MESSAGE {
        return short;
    }
    let end: String = short.chars().skip(count - KEPT_END_CHARS).collect();
    let end = end.split_once(' ').map_or(end.as_str(), |(_, whole)| whole);
    let beginning = first(&short, MAX_MESSAGE - KEPT_END_CHARS - 3);
    let beginning = beginning.rsplit_once(' ').map_or(beginning.as_str(), |(whole, _)| whole);
    format!("{beginning} … {end}")
}

/// A text on one line. Control characters, which could break the line or control a terminal, are escaped, for example as `\u{1b}`.
pub fn printable(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    text.chars().for_each(|c| print(c, &mut line));
    line
}

fn print(c: char, line: &mut String) {
    // Some characters that are not control characters also end a line. Characters that change the direction of writing or have no width can hide
    // text.
    let is_hidden = matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let is_plain = !c.is_control() && !is_hidden;
    if is_plain { line.push(c) } else { line.extend(c.escape_default()) }
}

/// Converts a clause to a sentence with a capital letter and a full stop.
pub fn sentence(clause: &str) -> String {
    let end = if clause.ends_with(['.', '?', '!']) { "" } else { "." };
    let mut characters = clause.chars();
    match characters.next() {
        // The name of a file keeps its spelling.
        Some(first) if !clause.split(' ').next().is_some_and(|word| word.contains('.')) => {
            format!("{}{}{end}", first.to_ascii_uppercase(), characters.as_str())
        }
        _ => format!("{clause}{end}"),
    }
}

/// Coordinates of a point, with four significant digits.
pub fn place_of(x: &[f64]) -> String {
    x.iter().map(|x| number(*x, 4)).collect::<Vec<_>>().join(", ")
}

/// A number with `digits` significant digits, in scientific notation below 1e-3 and from 1e6.
pub fn number(value: f64, digits: usize) -> String {
    if value.is_nan() {
        return "not a number".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞".into() } else { "−∞".into() };
    }
    let written = format!("{:.*e}", digits.max(1) - 1, value.abs());
    let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let text = if value == 0.0 {
        "0".into()
    } else if (-3..6).contains(&exponent) {
        let decimals = usize::try_from(-i64::from(exponent))
            .map_or(digits.saturating_sub(1 + exponent.unsigned_abs() as usize), |below| digits - 1 + below);
        group(trim(&format!("{:.*}", decimals, value.abs())))
    } else {
        format!("{}e{exponent}", trim(mantissa))
    };
    if value < 0.0 { format!("−{text}") } else { text }
}

/// A number with four significant digits, as in a table: in decimals from 0.001 to 99,999, else with an exponent.
pub fn significant(value: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    if !value.is_finite() {
        return value.to_string();
    }
    let exponent = value.abs().log10().floor() as i32;
    if (-3..5).contains(&exponent) {
        format!("{value:.*}", usize::try_from(3 - exponent).unwrap_or(0))
    } else {
        format!("{value:.3e}")
    }
}

/// Numbers of one column with four significant digits, or with enough decimals to distinguish different ones. Numbers with a large common offset
/// would otherwise look equal.
pub fn distinct_numbers(values: &[f64]) -> Vec<String> {
    let plain: Vec<String> = values.iter().map(|&value| significant(value)).collect();
    let size = values.iter().copied().filter(|value| value.is_finite()).fold(0.0_f64, |size, value| size.max(value.abs()));
    let mut least = f64::INFINITY;
    for (k, a) in values.iter().enumerate() {
        for (j, b) in values.iter().enumerate().take(k) {
            let apart = (a - b).abs();
            if plain[k] == plain[j] && apart > 1e-12 * size {
                least = least.min(apart);
            }
        }
    }
    if least == f64::INFINITY {
        return plain;
    }
    let decimals = decimals_of(least);
    values.iter().map(|value| format!("{value:.decimals$}")).collect()
}

/// Number of decimals that show two significant digits of an uncertainty. This is also the number of meaningful decimals of the uncertain quantity.
pub fn decimals_of(uncertainty: f64) -> usize {
    let power = if uncertainty > 0.0 && uncertainty.is_finite() { uncertainty.log10().floor() } else { 0.0 };
    (1.0 - power).clamp(0.0, 12.0) as usize
}

/// A number with half the width of its interval, both with the decimals that the interval allows: `1.234 ± 0.012`.
pub fn with_half_width(value: f64, half: f64) -> String {
    let decimals = decimals_of(half);
    format!("{} ± {}", fixed(value, decimals), fixed(half, decimals))
}

/// A number with a fixed number of decimals, for aligned columns.
pub fn fixed(value: f64, decimals: usize) -> String {
    if !value.is_finite() || value.abs() >= 1e6 {
        return number(value, decimals.max(1));
    }
    let text = format!("{:.*}", decimals, value.abs());
    let nothing = text.bytes().all(|b| b == b'0' || b == b'.');
    if value < 0.0 && !nothing { format!("−{}", group(&text)) } else { group(&text) }
}

/// An integer with commas between thousands.
pub fn whole(value: u64) -> String {
    group(value.to_string())
}

/// Largest coefficient of determination that is written with its digits.
const LARGEST_DETERMINATION: f64 = 0.999_999;

/// Coefficient of determination, with enough digits to distinguish it from 1. Beyond six nines the error itself is more informative.
pub fn determination(r2: f64) -> String {
    if !(0.0..1.0).contains(&r2) {
        return number(r2, 3);
    }
    if r2 > LARGEST_DETERMINATION {
        return format!("> {LARGEST_DETERMINATION}");
    }
    let digits = (-(1.0 - r2).log10()).ceil().max(2.0) as usize + 1;
    fixed(r2, digits)
}

fn trim(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

fn group(text: impl AsRef<str>) -> String {
    let text = text.as_ref();
    let (whole, rest) = text.find('.').map_or((text, ""), |dot| text.split_at(dot));
    let mut out = String::with_capacity(text.len() + whole.len() / 3);
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out + rest
}

/// Number in a text, by the grammar of [`str::parse`]. The minus may be the sign U+2212, which this program and typeset tables have.
pub fn decimal(text: &str) -> Option<f64> {
    text.parse().ok().or_else(|| text.contains('−').then(|| text.replace('−', "-").parse().ok())?)
}

/// Number, which may be a multiple of pi: `-pi`, `2*pi`, `2pi`, `pi/2`.
pub fn angle(text: &str) -> Option<f64> {
    if let Some(number) = decimal(text) {
        return Some(number).filter(|number| number.is_finite());
    }
    let (sign, text) = text.strip_prefix('-').map_or((1.0, text), |rest| (-1.0, rest));
    let (before, behind) = text.split_once("pi")?;
    let factor = before.trim_end_matches('*');
    let factor: f64 = if factor.is_empty() { 1.0 } else { decimal(factor)? };
    let divisor: f64 = if behind.is_empty() { 1.0 } else { decimal(behind.strip_prefix('/')?)? };
    Some(sign * factor * std::f64::consts::PI / divisor).filter(|number| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_large_offset_have_enough_digits() {
        assert_eq!(distinct_numbers(&[-13.8704, -13.8722, -13.8741]), ["-13.8704", "-13.8722", "-13.8741"]);
        assert_eq!(distinct_numbers(&[0.5, -2.0, 0.5]), ["0.5000", "-2.000", "0.5000"]);
        assert_eq!(distinct_numbers(&[100_000.25, 100_000.5, f64::NAN])[..2], ["100000.25", "100000.50"]);
    }

    #[test]
    fn numbers_are_written_in_common_notation() {
        for (value, digits, text) in [
            (0.020_000_001, 3, "0.02"),
            (1e-4, 3, "1e-4"),
            (12_400.0, 6, "12,400"),
            (8.12e-4, 2, "8.1e-4"),
            (0.0, 3, "0"),
            (-0.228_4, 3, "−0.228"),
            (0.999_96, 3, "1"),
            (21.34, 3, "21.3"),
            (1.5e7, 3, "1.5e7"),
            (f64::INFINITY, 3, "∞"),
        ] {
            assert_eq!(number(value, digits), text);
        }
        assert_eq!(number(f64::NAN, 3), "not a number");
        assert_eq!(fixed(-0.000_01, 4), "0.0000");
        assert_eq!(fixed(1234.5, 2), "1,234.50");
        assert_eq!(whole(50_000), "50,000");
        assert_eq!(whole(999), "999");
        assert_eq!(determination(0.999_987), "0.999987");
        assert_eq!(determination(0.5), "0.500");
        assert_eq!(determination(0.999_999_999), "> 0.999999");
    }

    #[test]
    fn quoted_text_is_escaped_and_shortened() {
        assert_eq!(shortened("E\u{1b}[31m\n\0x"), "E\\u{1b}[31m\\n\\u{0}x");
        assert_eq!(printable("strain E₁₁, σ"), "strain E₁₁, σ");
        assert_eq!(printable("a\u{2028}b\u{202e}c\u{200f}"), "a\\u{2028}b\\u{202e}c\\u{200f}");
        let long = shortened(&"\u{7}".repeat(70_000));
        assert_eq!(long, "\\u{7}".repeat(8) + "…");
        let just = "x".repeat(40);
        assert_eq!([shortened(&just), shortened(&format!("{just}y"))], [just.clone(), just + "…"]);
    }

    #[test]
    fn long_messages_are_shortened_in_the_middle() {
        assert_eq!(limited("short; do this"), "short; do this");
        let path = format!("error: {}/m.json cannot be written; give another name", "x/".repeat(400));
        let short = limited(&path);
        assert!(short.starts_with("error: x/x/") && short.ends_with("… cannot be written; give another name"), "{short}");
        let list = format!("there is no column \"y\"; the columns are {}; name one of them", "a b, ".repeat(200));
        let short = limited(&list);
        assert!(short.chars().count() <= MAX_MESSAGE && short.contains(" … "), "{short}");
        assert!(short.starts_with("there is no column \"y\"; the") && short.ends_with("; name one of them"), "{short}");
        assert!(limited(&"é".repeat(1000)).chars().count() <= MAX_MESSAGE);
        assert!(limited(&"é ".repeat(1000)).chars().count() <= MAX_MESSAGE);
    }

    #[test]
    fn numbers_in_tables_have_four_significant_digits() {
        let written = [0.0, 1.0, -0.573_621, 21.345_67, 12_345.678, 123_456.0, 0.001_234_56, 8.1e-5, f64::NAN].map(significant);
        assert_eq!(written, ["0", "1.000", "-0.5736", "21.35", "12346", "1.235e5", "0.001235", "8.100e-5", "NaN"]);
    }
}

//! Lists and ranges of values: `1,2,5`, `0..9`, `0..1:0.25` (a step that is added), `1e-6..1e-2x10` (a factor). The ends of a range may have a name
//! before the number, as in ids of benchmarks: `soft-parabolas-1..1e3x10`.

use itertools::Itertools;
use multiwell::internal::text::shortened;

/// Maximum number of values of one setting.
const MAX_VALUES: usize = 100_000;

/// Values in `text`, in their order and without duplicates.
pub fn expand(name: &str, text: &str) -> Result<Vec<String>, String> {
    let mut values: Vec<String> = Vec::new();
    for part in text.split(',').map(str::trim) {
        let new = match part.split_once("..") {
            Some((first, rest)) => {
                range(first, rest).map_err(|why| format!("{name}: {} is no range that can be used: {why}", shortened(part)))?
            }
            None => vec![part.to_string()],
        };
        if values.len() + new.len() > MAX_VALUES {
            return Err(format!("{name}: {} makes more than {MAX_VALUES} values; ask for fewer", shortened(part)));
        }
        values.extend(new);
    }
    Ok(values.into_iter().unique().collect())
}

/// Values of a range of numbers, or of ids that end in a number.
fn range(first: &str, rest: &str) -> Result<Vec<String>, String> {
    // The number is the longest suffix of the text that is a number. It begins at the beginning of the text or after a hyphen, for example 1e-2 in
    // soft-parabolas-1e-2.
    let cut =
        [0].into_iter().chain(first.match_indices('-').map(|(at, _)| at + 1)).find(|&at| first[at..].parse::<f64>().is_ok());
    let (prefix, low) = first.split_at(cut.ok_or("write it as 0..9, 0..1:0.25 or 1e-6..1e-2x10")?);
    let (high, step) = match (rest.split_once(':'), rest.split_once('x')) {
        (Some((high, step)), _) => (high, RangeStep::Add(number(step)?)),
        (None, Some((high, factor))) => (high, RangeStep::Multiply(number(factor)?)),
        (None, None) => (rest, RangeStep::Add(1.0)),
    };
    Ok(steps(number(low)?, number(high)?, step)?.into_iter().map(|value| format!("{prefix}{value}")).collect())
}

#[derive(Clone, Copy)]
enum RangeStep {
    Add(f64),
    Multiply(f64),
}

fn number(text: &str) -> Result<f64, String> {
    text.trim().parse().ok().filter(|v: &f64| v.is_finite()).ok_or_else(|| format!("\"{}\" is no number", shortened(text)))
}

/// Values from `low` to `high`. `high` is included if a step reaches it.
fn steps(low: f64, high: f64, step: RangeStep) -> Result<Vec<f64>, String> {
    let count = match step {
        _ if high < low => return Err("its end lies below its beginning".into()),
        RangeStep::Add(step) if step > 0.0 => (high - low) / step,
        RangeStep::Multiply(factor) if factor > 1.0 && low > 0.0 => (high / low).ln() / factor.ln(),
        RangeStep::Add(_) => return Err("its step must be above 0".into()),
        RangeStep::Multiply(_) => return Err("its factor must be above 1 and its beginning above 0".into()),
    };
    if count >= MAX_VALUES as f64 {
        return Err(format!("it has more than {MAX_VALUES} values"));
    }
    let value = |k: f64| match step {
        RangeStep::Add(step) => low + k * step,
        RangeStep::Multiply(factor) => low * factor.powf(k),
    };
    Ok((0..=(count + 1e-9) as usize).map(|k| without_last_digits(value(k as f64))).collect())
}

/// Rounds to remove the last digits: 0.3 instead of 0.30000000000000004.
fn without_last_digits(value: f64) -> f64 {
    if value.fract() == 0.0 { value } else { format!("{value:.13e}").parse().unwrap_or(value) }
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn lists_and_ranges_are_expanded_in_order() {
        for (text, values) in [
            ("3", "3"),
            ("3, 1,3,2", "3 1 2"),
            ("0..3", "0 1 2 3"),
            ("8,0..2,1", "8 0 1 2"),
            ("0..0.5:0.1", "0 0.1 0.2 0.3 0.4 0.5"),
            ("0..0.45:0.1", "0 0.1 0.2 0.3 0.4"),
            ("1e-6..1e-3x10", "0.000001 0.00001 0.0001 0.001"),
            ("1..8x2", "1 2 4 8"),
            ("9007199254740990..9007199254740991", "9007199254740990 9007199254740991"),
            ("soft-parabolas-7..9", "soft-parabolas-7 soft-parabolas-8 soft-parabolas-9"),
            ("double-well,soft-parabolas-1e-2..1x10", "double-well soft-parabolas-0.01 soft-parabolas-0.1 soft-parabolas-1"),
        ] {
            assert_eq!(expand("s", text).unwrap().join(" "), values, "{text}");
        }
    }

    #[test]
    fn invalid_ranges_are_refused() {
        for (text, words) in [
            ("3..1", "below its beginning"),
            ("1..", "\"\" is no number"),
            ("a..b", "write it as"),
            ("0..9:0", "above 0"),
            ("0..9x2", "its beginning above 0"),
            ("1..9x1", "above 1"),
            ("0..inf", "\"inf\" is no number"),
            ("0..1e9", "more than 100000"),
            ("0..99999,1..99999", "more than 100000"),
        ] {
            let sentence = expand("seed", text).unwrap_err();
            assert!(sentence.starts_with("seed: ") && sentence.contains(words), "{text}: {sentence}");
        }
    }
}

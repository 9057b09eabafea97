//! Where an axis is marked, and how a number is written: 0.02, 1e-4, 12,400, never 0.020000001.

/// Round numbers that cut `[low, high]` into about `wanted` steps of 1, 2 or 5 times a power of ten. Empty if the range is.
pub fn linear(low: f64, high: f64, wanted: usize) -> Vec<f64> {
    let span = high - low;
    if span.is_nan() || span <= 0.0 || span.is_infinite() {
        return Vec::new();
    }
    let step = nice_step(span / wanted.max(1) as f64);
    let (first, last) = ((low / step - 1e-9).ceil(), (high / step + 1e-9).floor());
    // Multiples of the step, not sums of steps: no rounding adds up.
    (0..=((last - first) as usize).min(50)).map(|i| round_to((first + i as f64) * step, step)).collect()
}

/// The smallest of 1, 2, 5 times a power of ten that is not below `value`.
pub fn nice_step(value: f64) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    let factor = value / power;
    let nice = [1.0, 2.0, 5.0, 10.0].into_iter().find(|&n| factor <= n * (1.0 + 1e-9)).unwrap_or(10.0);
    if power < 1.0 { nice / (1.0 / power).round() } else { nice * power }
}

fn round_to(value: f64, step: f64) -> f64 {
    let digits = (-step.log10().floor()).clamp(0.0, 300.0) as i32;
    if digits > 15 {
        return value;
    }
    let scale = 10f64.powi(digits);
    let rounded = (value * scale).round() / scale;
    if rounded == 0.0 { 0.0 } else { rounded }
}

/// Exponents of ten inside `[low, high]` (both exponents of ten), every so many that about `wanted` remain.
pub fn decades(low: f64, high: f64, wanted: usize) -> Vec<i32> {
    let (low, high) = (low.ceil() as i64, high.floor() as i64);
    if high < low {
        return Vec::new();
    }
    let stride = (high - low) / i64::try_from(wanted.max(1)).unwrap_or(i64::MAX) + 1;
    (low..=high).filter(|k| k.rem_euclid(stride) == 0).map(|k| k as i32).collect()
}

/// A number with `digits` significant digits, as people write it. Below 1e-3 and from 1e6 on as a power of ten.
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

/// A number with a fixed number of decimals, for columns that should line up.
pub fn fixed(value: f64, decimals: usize) -> String {
    if !value.is_finite() || value.abs() >= 1e6 {
        return number(value, decimals.max(1));
    }
    let text = format!("{:.*}", decimals, value.abs());
    let nothing = text.bytes().all(|b| b == b'0' || b == b'.');
    if value < 0.0 && !nothing { format!("−{}", group(&text)) } else { group(&text) }
}

/// A whole number with a comma between thousands.
pub fn whole(value: u64) -> String {
    group(value.to_string())
}

/// A coefficient of determination: as many digits as tell it from 1.
pub fn determination(r2: f64) -> String {
    if !(0.0..1.0).contains(&r2) {
        return number(r2, 3);
    }
    let digits = (-(1.0 - r2).log10()).ceil().max(2.0) as usize + 1;
    fixed(r2, digits.min(9))
}

/// Ten to a power, for a log axis: 1, 10, 100, 0.1, 0.01, then 1e-3 and so on.
pub fn power_of_ten(exponent: i32) -> String {
    match exponent {
        -2 => "0.01".into(),
        -1 => "0.1".into(),
        0 => "1".into(),
        1 => "10".into(),
        2 => "100".into(),
        k => format!("1e{k}"),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_write_them() {
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
        assert_eq!(power_of_ten(-6), "1e-6");
    }

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(linear(-3.0, 3.0, 6), [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0]);
        assert_eq!(linear(-0.06, 0.62, 4), [0.0, 0.2, 0.4, 0.6]);
        assert_eq!(linear(0.0, 12_400.0, 4), [0.0, 5000.0, 10_000.0]);
        assert_eq!(linear(0.0, 0.3, 3), [0.0, 0.1, 0.2, 0.3]);
        assert!(
            linear(1.0, 1.0, 4).is_empty() && linear(f64::NAN, 1.0, 4).is_empty() && linear(0.0, f64::INFINITY, 4).is_empty()
        );
        for tick in linear(-1.234e-7, 4.5e-7, 5) {
            assert!((-1.234e-7..=4.5e-7).contains(&tick));
        }
    }

    #[test]
    fn decades_thin_out_on_long_axes() {
        assert_eq!(decades(-6.2, 0.6, 4), [-6, -4, -2, 0]);
        assert_eq!(decades(-1.5, 0.0, 4), [-1, 0]);
        assert!(decades(0.2, 0.8, 4).is_empty());
    }
}

//! Ticks of axes.

pub use crate::text::{determination, fixed, number, whole};

/// Smallest number of marks of an axis, unless fewer are wanted. One or two marks hardly show its scale.
const MIN_TICKS: usize = 3;

/// Round numbers that divide `[low, high]` into about `wanted` steps of 1, 2 or 5 times a power of ten. Empty if the range is
/// empty.
pub fn linear(low: f64, high: f64, wanted: usize) -> Vec<f64> {
    let span = high - low;
    if span.is_nan() || span <= 0.0 || span.is_infinite() {
        return Vec::new();
    }
    let mut step = nice_step(span / wanted.max(1) as f64);
    let ends = |step: f64| ((low / step - 1e-9).ceil(), (high / step + 1e-9).floor());
    let (mut first, mut last) = ends(step);
    while ((last - first + 1.0) as usize) < wanted.min(MIN_TICKS) {
        // Next smaller one of 1, 2, 5, 10.
        step = nice_step(step / 2.6);
        (first, last) = ends(step);
    }
    // Multiples of the step avoid the rounding errors of repeated sums.
    (0..=((last - first) as usize).min(50)).map(|i| round_to((first + i as f64) * step, step)).collect()
}

/// Smallest number of the form 1, 2 or 5 times a power of ten that is at least `value`.
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

/// Exponents of ten inside `[low, high]` (both exponents of ten), spaced so that about `wanted` remain.
pub fn decades(low: f64, high: f64, wanted: usize) -> Vec<i32> {
    let (low, high) = (low.ceil() as i64, high.floor() as i64);
    if high < low {
        return Vec::new();
    }
    let stride = (high - low) / i64::try_from(wanted.max(1)).unwrap_or(i64::MAX) + 1;
    (low..=high).filter(|k| k.rem_euclid(stride) == 0).map(|k| k as i32).collect()
}

/// Label of a power of ten on a logarithmic axis: 1, 10, 100, 0.1, 0.01, then 1e-3 and so on.
pub fn power_of_ten(exponent: i32) -> String {
    if exponent.abs() > 2 {
        return format!("1e{exponent}");
    }
    fixed(10f64.powi(exponent), exponent.min(0).unsigned_abs() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(linear(-3.0, 3.0, 6), [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0]);
        assert_eq!(linear(-0.06, 0.62, 4), [0.0, 0.2, 0.4, 0.6]);
        assert_eq!(linear(0.0, 12_400.0, 4), [0.0, 5000.0, 10_000.0]);
        assert_eq!(linear(0.0, 0.3, 3), [0.0, 0.1, 0.2, 0.3]);
        assert_eq!(linear(-0.9, 0.95, 3), [-0.5, 0.0, 0.5]);
        assert_eq!(linear(0.1, 5.9, 3), [1.0, 2.0, 3.0, 4.0, 5.0]);
        assert!(
            linear(1.0, 1.0, 4).is_empty() && linear(f64::NAN, 1.0, 4).is_empty() && linear(0.0, f64::INFINITY, 4).is_empty()
        );
        for tick in linear(-1.234e-7, 4.5e-7, 5) {
            assert!((-1.234e-7..=4.5e-7).contains(&tick));
        }
    }

    #[test]
    fn axis_has_at_least_three_ticks() {
        for k in 0..500 {
            let (low, width) = ((f64::from(k) * 0.37).sin() * 10.0, 10_f64.powf(f64::from(k % 41) / 10.0 - 2.0));
            assert!(linear(low, low + width, 3).len() >= 3, "{:?} from {low}, {width} wide", linear(low, low + width, 3));
        }
    }

    #[test]
    fn long_axes_have_fewer_decades() {
        assert_eq!(power_of_ten(-6), "1e-6");
        assert_eq!(decades(-6.2, 0.6, 4), [-6, -4, -2, 0]);
        assert_eq!(decades(-1.5, 0.0, 4), [-1, 0]);
        assert!(decades(0.2, 0.8, 4).is_empty());
    }
}

//! Schedules of learning rates.

use std::f64::consts::PI;

/// Factor on a rate at the end of a cosine.
pub const FINAL_RATE_FACTOR: f64 = 0.01;

/// Factor on a rate at `epoch` of `epochs`, counted from 0: half a cosine from 1 to [`FINAL_RATE_FACTOR`].
pub fn cosine(epoch: u64, epochs: u64) -> f64 {
    fall(epoch, epochs, FINAL_RATE_FACTOR)
}

/// The factor on a rate at `epoch` of `epochs`: half a cosine from 1 to `last`.
pub fn fall(epoch: u64, epochs: u64, last: f64) -> f64 {
    let progress = (epoch as f64 / epochs.saturating_sub(1).max(1) as f64).min(1.0);
    last + (1.0 - last) * 0.5 * (1.0 + (PI * progress).cos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cosine_schedule_falls_from_one_to_final_value() {
        assert_eq!(cosine(0, 100), 1.0);
        assert!((cosine(99, 100) - FINAL_RATE_FACTOR).abs() < 1e-15 && (cosine(1000, 100) - FINAL_RATE_FACTOR).abs() < 1e-15);
        assert!((1..100).all(|e| cosine(e, 100) < cosine(e - 1, 100)));
        assert_eq!(cosine(0, 1), 1.0);
    }
}

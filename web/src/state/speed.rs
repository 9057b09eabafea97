//! Limit on the speed of training.

use multiwell::internal::text::counted;

/// Last position of the slider: no limit.
pub const LAST_POSITION: f64 = 100.0;
/// Largest limit of the slider, as a power of ten, in epochs per second. The smallest one is one epoch per second.
const LARGEST_EXPONENT: f64 = 4.0;

/// Limit on the speed of training, by the position of its logarithmic slider.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrainingSpeed(f64);

impl TrainingSpeed {
    /// No limit.
    pub const FULL: Self = Self(LAST_POSITION);
    /// 600 epochs per second: the default recipe takes about eight seconds on a curve.
    pub const OBSERVABLE: Self = Self(69.0);

    /// Limit at a position of the slider.
    pub fn at(position: f64) -> Self {
        Self(position.clamp(0.0, LAST_POSITION))
    }

    /// Position of the slider.
    pub fn position(self) -> f64 {
        self.0
    }

    /// Maximum number of epochs per second, a number of one digit. `None` for no limit.
    pub fn limit(self) -> Option<f64> {
        (self.0 < LAST_POSITION).then(|| {
            let exponent = LARGEST_EXPONENT * self.0 / (LAST_POSITION - 1.0);
            let power = 10f64.powf(exponent.floor());
            (10f64.powf(exponent) / power).round() * power
        })
    }

    /// Text beside the slider.
    pub fn text(self) -> String {
        self.limit().map_or_else(|| "full".into(), |limit| format!("{}/s", counted(limit as usize, "epoch")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slider_of_speed_is_logarithmic_and_ends_without_limit() {
        assert_eq!(TrainingSpeed::at(0.0).limit(), Some(1.0));
        assert!((TrainingSpeed::at(99.0).limit().unwrap() - 1e4).abs() < 1e-6);
        assert_eq!(TrainingSpeed::at(100.0).limit(), None);
        assert_eq!(
            [TrainingSpeed::at(0.0), TrainingSpeed::OBSERVABLE, TrainingSpeed::FULL].map(TrainingSpeed::text),
            ["1 epoch/s", "600 epochs/s", "full"]
        );
    }
}

//! Measurement of the speed of training.

use super::epoch_rate::{DecayingSums, EpochRate};

/// Time over which speeds are averaged, in milliseconds.
const SPEED_AVERAGING_TIME_MS: f64 = 500.0;

/// Measured times of the training of a job.
#[derive(Default)]
pub(super) struct TrainingClock {
    /// Sums for the speed in epochs, and in steps of a second-order method.
    speed: [DecayingSums; 2],
    /// Number of steps of a second-order method in the last slice of training.
    pub(super) steps: u64,
    /// Milliseconds spent in an unfinished step.
    amid: f64,
    /// Estimate of the remaining time.
    pub(super) epoch_rate: EpochRate,
}

impl TrainingClock {
    /// Records the duration in milliseconds of the last slice of training, with its number of epochs.
    pub(super) fn measure(&mut self, epochs: u64, milliseconds: f64) {
        self.amid += milliseconds;
        if epochs == 0 && self.steps == 0 {
            return;
        }
        // A stage consists of epochs or of other steps. A speed measured in the previous stage does not apply.
        let [of_epochs, of_steps] = &mut self.speed;
        let (now, over, done) = if self.steps > 0 { (of_steps, of_epochs, self.steps) } else { (of_epochs, of_steps, epochs) };
        now.add(done, std::mem::take(&mut self.amid), SPEED_AVERAGING_TIME_MS);
        *over = DecayingSums::default();
    }

    /// Epochs, and steps of a second-order method, per second.
    pub(super) fn speeds(&self) -> [f64; 2] {
        self.speed.map(|DecayingSums { done, milliseconds }| if milliseconds > 0.0 { 1e3 * done / milliseconds } else { 0.0 })
    }
}

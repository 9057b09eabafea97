//! Speed of training, and estimate of the remaining wall-clock time of a run.
//!
//! Epochs differ in duration, and pictures are drawn between them. The estimate therefore uses the mean speed over about
//! the last 15 seconds of training.

/// Time over which speeds are averaged, in milliseconds.
const SPEED_AVERAGING_TIME_MS: f64 = 500.0;
/// Time in milliseconds in which the weight of a measurement falls by a factor of e.
const AVERAGING_TIME_MS: f64 = 15_000.0;
/// Smallest duration of training with an estimate, in milliseconds.
const MIN_MEASURED_MS: f64 = 1_000.0;

/// Work done and its time, with exponentially decaying weights.
#[derive(Clone, Copy, Debug, Default)]
struct DecayingSums {
    done: f64,
    milliseconds: f64,
}

impl DecayingSums {
    /// Adds work. The weight of previous work falls by a factor of e in the averaging time, in milliseconds.
    fn add(&mut self, done: u64, milliseconds: f64, averaging_time: f64) {
        let keep = (-milliseconds / averaging_time).exp();
        self.done = self.done * keep + done as f64;
        self.milliseconds = self.milliseconds * keep + milliseconds;
    }
}

/// Mean speed of training in epochs.
#[derive(Clone, Copy, Debug, Default)]
pub struct EpochRate {
    sums: DecayingSums,
    last: Option<(f64, u64)>,
}

impl EpochRate {
    /// Records the time in milliseconds, and the number of epochs done.
    pub fn record(&mut self, now: f64, epoch: u64) {
        if let Some((then, before)) = self.last.filter(|(then, before)| now >= *then && epoch >= *before) {
            self.sums.add(epoch - before, now - then, AVERAGING_TIME_MS);
        }
        self.last = Some((now, epoch));
    }

    /// Excludes the time until the next [`EpochRate::record`] from the training time.
    pub fn rest(&mut self) {
        self.last = None;
    }

    /// Estimated seconds for a number of epochs; `None` while too little has been recorded.
    pub fn seconds_for(&self, epochs: u64) -> Option<f64> {
        let DecayingSums { done, milliseconds } = self.sums;
        (milliseconds >= MIN_MEASURED_MS && done > 0.0).then(|| epochs as f64 * milliseconds / (1e3 * done))
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remaining_time_decreases_evenly_for_uneven_epochs() {
        // Epochs take 60 ms, or 120 ms for one second at a time; each picture takes another 20 ms.
        let (mut rate, mut now, mut told) = (EpochRate::default(), 0.0, Vec::new());
        for epoch in 0..1200 {
            rate.record(now, epoch);
            told.extend(rate.seconds_for(1200 - epoch));
            now += if (now as u64 / 1000).is_multiple_of(2) { 80.0 } else { 140.0 };
        }
        let whole = now / 1e3;
        // After 15 seconds, the mean over both kinds of seconds is accurate to a tenth.
        let late = &told[200..];
        let off = |(k, left): (usize, &f64)| (left - whole * (late.len() - k) as f64 / 1200.0).abs() / left.max(1.0);
        assert!(late.iter().enumerate().all(|at| off(at) < 0.1), "it is off");
        // From one epoch to the next, the estimate changes by the duration of that epoch and by at most a few per cent.
        let step = |pair: &[f64]| (pair[1] - pair[0]).abs() - 0.03 * pair[0];
        assert!(late.windows(2).all(|pair| step(pair) < 0.2), "it jumps");
    }

    #[test]
    fn pauses_do_not_change_remaining_time() {
        let mut rate = EpochRate::default();
        (0..=20_u32).for_each(|k| rate.record(f64::from(k) * 100.0, k.into()));
        let before = rate.seconds_for(10).unwrap();
        rate.rest();
        rate.record(1e6, 20);
        assert!((rate.seconds_for(10).unwrap() - before).abs() < 1e-9 && (before - 1.0).abs() < 1e-9);
    }
}

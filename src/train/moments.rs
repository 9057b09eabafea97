//! Snapshots of the parameters of a run, for views of earlier states.

use crate::loss::LossValue;

/// Maximum number of kept snapshots.
pub const MAX_MOMENTS: usize = 64;

/// Recorded state of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSnapshot {
    /// Number of epochs done.
    pub epoch: u64,
    /// Number of epochs and of steps of the second-order method done.
    pub position: u64,
    /// Loss of the epoch that started in this state, as in the history.
    pub loss: LossValue,
    /// Parameters as a flat vector, in the units of the network.
    pub params: Vec<f32>,
}

/// Snapshots of a run at equal distances, the oldest first. At least a quarter of [`MAX_MOMENTS`] are kept as soon as that number has been reached.
#[derive(Clone, Debug)]
pub struct Moments {
    kept: Vec<RunSnapshot>,
    stride: u64,
}

impl Default for Moments {
    fn default() -> Self {
        Self { kept: Vec::new(), stride: 1 }
    }
}

impl Moments {
    /// Snapshots, oldest first.
    pub fn kept(&self) -> &[RunSnapshot] {
        &self.kept
    }

    /// Keeps the result of `moment` if a snapshot is due at this position of the run.
    pub fn record(&mut self, position: u64, moment: impl FnOnce() -> RunSnapshot) {
        if !position.is_multiple_of(self.stride) || self.kept.last().is_some_and(|last| last.position >= position) {
            return;
        }
        self.kept.push(moment());
        if self.kept.len() > MAX_MOMENTS {
            self.stride *= 2;
            self.kept.retain(|moment| moment.position.is_multiple_of(self.stride));
        }
    }

    /// Removes the snapshots after a position.
    pub fn rewind(&mut self, position: u64) {
        self.kept.retain(|moment| moment.position <= position);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_equally_spaced_and_limited_in_number() {
        let mut moments = Moments::default();
        for position in 0..10_000 {
            moments.record(position, || RunSnapshot {
                epoch: position,
                position,
                loss: LossValue::default(),
                params: vec![position as f32],
            });
            let kept = moments.kept();
            assert!(kept.len() <= MAX_MOMENTS && kept[0].position == 0);
            assert!(kept.windows(2).all(|pair| pair[1].position - pair[0].position == moments.stride));
        }
        assert!(moments.kept().len() >= MAX_MOMENTS / 4);
        moments.rewind(5_000);
        assert!(moments.kept().iter().all(|moment| moment.position <= 5_000));
        moments.record(4_096, || unreachable!("it has been there"));
    }
}

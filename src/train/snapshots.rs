//! Snapshots of the parameters of a run, for views of earlier states.

use crate::loss::LossValue;

/// Maximum number of kept snapshots.
pub const MAX_SNAPSHOTS: usize = 64;

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

/// Snapshots of a run at equal distances, the oldest first. At least a quarter of [`MAX_SNAPSHOTS`] are kept as soon as that number has been reached.
#[derive(Clone, Debug)]
pub struct RunSnapshots {
    kept: Vec<RunSnapshot>,
    stride: u64,
}

impl Default for RunSnapshots {
    fn default() -> Self {
        Self { kept: Vec::new(), stride: 1 }
    }
}

impl RunSnapshots {
    /// Snapshots, oldest first.
    pub fn kept(&self) -> &[RunSnapshot] {
        &self.kept
    }

    /// Keeps the result of `snapshot` if a snapshot is due at this position of the run.
    pub fn record(&mut self, position: u64, snapshot: impl FnOnce() -> RunSnapshot) {
        if !position.is_multiple_of(self.stride) || self.kept.last().is_some_and(|last| last.position >= position) {
            return;
        }
        self.kept.push(snapshot());
        if self.kept.len() > MAX_SNAPSHOTS {
            self.stride *= 2;
            self.kept.retain(|snapshot| snapshot.position.is_multiple_of(self.stride));
        }
    }

    /// Removes the snapshots after a position.
    pub fn rewind(&mut self, position: u64) {
        self.kept.retain(|snapshot| snapshot.position <= position);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snapshots_are_equally_spaced_and_limited_in_number() {
        let mut snapshots = RunSnapshots::default();
        for position in 0..10_000 {
            snapshots.record(position, || RunSnapshot {
                epoch: position,
                position,
                loss: LossValue::default(),
                params: vec![position as f32],
            });
            let kept = snapshots.kept();
            assert!(kept.len() <= MAX_SNAPSHOTS && kept[0].position == 0);
            assert!(kept.windows(2).all(|pair| pair[1].position - pair[0].position == snapshots.stride));
        }
        assert!(snapshots.kept().len() >= MAX_SNAPSHOTS / 4);
        snapshots.rewind(5_000);
        assert!(snapshots.kept().iter().all(|snapshot| snapshot.position <= 5_000));
        snapshots.record(4_096, || unreachable!("it has been there"));
    }
}

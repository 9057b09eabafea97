//! Parameters at some moments of a run, so that one can look back.

use crate::loss::LossValue;

/// Most moments that are kept.
pub const MOST: usize = 64;

/// What a run was at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// Epochs done.
    pub epoch: u64,
    /// Epochs, and steps of the second-order method, done.
    pub position: u64,
    /// The loss of the epoch that began here, as in the history.
    pub loss: LossValue,
    /// The parameters as a flat vector, in the units of the network.
    pub params: Vec<f32>,
}

/// Moments of a run at equal distances, at least a quarter of [`MOST`] as soon as there are that many, the oldest first.
#[derive(Clone, Debug)]
pub struct Moments {
    kept: Vec<Moment>,
    stride: u64,
}

impl Default for Moments {
    fn default() -> Self {
        Self { kept: Vec::new(), stride: 1 }
    }
}

impl Moments {
    /// The moments, oldest first.
    pub fn kept(&self) -> &[Moment] {
        &self.kept
    }

    /// Keeps what `moment` gives if it is time to keep something at this position, at which the run has arrived.
    pub fn note(&mut self, position: u64, moment: impl FnOnce() -> Moment) {
        if !position.is_multiple_of(self.stride) || self.kept.last().is_some_and(|last| last.position >= position) {
            return;
        }
        self.kept.push(moment());
        if self.kept.len() > MOST {
            self.stride *= 2;
            self.kept.retain(|moment| moment.position.is_multiple_of(self.stride));
        }
    }

    /// Forgets the moments after a position.
    pub fn rewind(&mut self, position: u64) {
        self.kept.retain(|moment| moment.position <= position);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_equally_spaced_and_bounded_however_long_a_run_is() {
        let mut moments = Moments::default();
        for position in 0..10_000 {
            moments.note(position, || Moment {
                epoch: position,
                position,
                loss: LossValue::default(),
                params: vec![position as f32],
            });
            let kept = moments.kept();
            assert!(kept.len() <= MOST && kept[0].position == 0);
            assert!(kept.windows(2).all(|pair| pair[1].position - pair[0].position == moments.stride));
        }
        assert!(moments.kept().len() >= MOST / 4);
        moments.rewind(5_000);
        assert!(moments.kept().iter().all(|moment| moment.position <= 5_000));
        moments.note(4_096, || unreachable!("it has been there"));
    }
}

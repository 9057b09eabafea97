//! What the worker that trains a run has of its helpers, each of which computes a part of the sums of an epoch over very many samples.

pub use crate::loss::helper::Helper;
pub use crate::loss::shares::Identity;

/// An epoch that is computed by several workers.
#[derive(Debug)]
pub struct Round {
    /// Whose samples these are.
    pub identity: Identity,
    number: u32,
    given: Vec<f32>,
    /// The sums of each worker, the first of which is the one that trains; none as long as it has not answered.
    sums: Vec<Vec<f32>>,
}

impl Round {
    /// Before the first epoch of so many workers.
    pub fn new(identity: Identity, workers: usize) -> Self {
        Self { identity, number: 0, given: Vec::new(), sums: vec![Vec::new(); workers] }
    }

    /// Begins another epoch at these values; returns its number, from 1 on.
    pub fn begin(&mut self, given: &[f32]) -> u32 {
        self.given = given.to_vec();
        self.sums.iter_mut().for_each(Vec::clear);
        self.number += 1;
        self.number
    }

    /// Takes the sums of a worker; those of another epoch are not taken.
    pub fn take(&mut self, worker: usize, number: u32, sums: Vec<f32>) {
        if number == self.number {
            self.sums[worker] = sums;
        }
    }

    /// The values of this epoch and the sums of each worker, once they are there.
    pub fn ended(&self) -> Option<(&[f32], &[Vec<f32>])> {
        self.sums.iter().all(|sums| !sums.is_empty()).then_some((&self.given, &self.sums))
    }
}

//! What a worker does that is given a part of an evaluation by another one, with which it shares no memory.

use super::shares::{Blueprint, sums};
use super::{Regression, Target};
use crate::plan::{Batch, Plan};

/// A worker that computes its part.
#[derive(Debug)]
pub struct Helper {
    plan: Plan<f32>,
    batch: Batch<f32>,
    /// The number of tiles of all workers.
    of: usize,
    /// Its own number, and that of all.
    place: [usize; 2],
}

impl Helper {
    /// A helper for a [part](super::shares::Shared::part); `None` if the numbers are not those of one.
    pub fn new(part: &[u32]) -> Option<Self> {
        let (arch, target, is_weighted, rest) = Blueprint::read(part)?;
        let target = *[Target::Value, Target::Gradient, Target::Both, Target::Cells].get(target)?;
        let plan = Regression::plan(&arch, target, is_weighted);
        let (counts, samples) = rest.split_first_chunk::<5>()?;
        let [worker, workers, of, tile_samples, count] = counts.map(|count| count as usize);
        let numbers: Vec<f32> = samples.iter().map(|&bits| f32::from_bits(bits)).collect();
        let batch = plan.batch(1).of_tiles(tile_samples, count, &numbers)?;
        Some(Self { plan, batch, of, place: [worker, workers] })
    }

    /// The sums of its part at these values; `None` if there are not as many values as the plan has.
    pub fn sums(&mut self, given: &[f32]) -> Option<Vec<f32>> {
        if given.len() != self.plan.given().len() {
            return None;
        }
        self.plan.give(given);
        sums(&mut self.plan, &self.batch, self.of, self.place)
    }
}

//! The sums of a plan's pass, computed in parts by several runs of it in different places, for instance in workers of a browser that share no memory:
//! parts of the tree along which one run adds them, so that they have the same bits.

use std::ops::Range;

use super::{Batch, Drain, Plan, Scalar};
use crate::kernels::Lane;

/// Sums of a plan's only pass, which the run at these values need not compute.
#[derive(Clone, Debug)]
pub(super) struct Known<T: Scalar> {
    /// Parameters and settings.
    given: Vec<T>,
    /// How many samples the batch had.
    samples: usize,
    pub sums: Vec<T::Lane>,
}

impl<T: Scalar> Known<T> {
    /// Writes them, if they are those of a run at these values on such a batch.
    pub fn copy(&self, uniform: &[T], batch: &Batch<T>, sums: &mut [T::Lane]) -> bool {
        let are_of = self.samples == batch.samples() && self.given == uniform[..self.given.len()];
        if are_of {
            sums.copy_from_slice(&self.sums);
        }
        are_of
    }
}

impl<T: Scalar> Plan<T> {
    /// Into how many shares, up to `most`, the tiles of a batch can be divided, so many in all, whose [`Plan::append_sums`] can be computed in different places; 1 where
    /// that is not worth it, or not possible because an output is wanted of each sample or the plan consists of several passes.
    pub fn shares(&self, tiles: usize, most: usize) -> usize {
        let is_one_sum = self.drain == Drain::Summed
            && self.program.passes.len() == 1
            && self.program.outputs.iter().all(|output| !output.batched)
            && !self.program.sinks.is_empty();
        let mut shares = 1;
        // The last one is the smallest.
        while is_one_sum && 2 * shares <= most && self.share(tiles, 2 * shares, 2 * shares - 1).is_some() {
            shares *= 2;
        }
        shares
    }

    /// The tiles of one of so many shares, a power of two; `None` if there are not so many shares.
    pub fn share(&self, tiles: usize, shares: usize, number: usize) -> Option<Range<usize>> {
        let (mut share, mut half) = (0..tiles, shares / 2);
        while half > 0 {
            let [left, right] = super::parts::halves(&share, tiles, true)?;
            share = if number & half > 0 { right } else { left };
            half /= 2;
        }
        Some(share)
    }

    /// The values of parameters and settings, which a run begins with, one after another.
    pub fn given(&self) -> &[T] {
        let settings = self.settings.iter().map(|&(_, len)| len).sum::<usize>();
        &self.uniform[..self.params.iter().sum::<usize>() + settings]
    }

    /// Sets parameters and settings to the [`Plan::given`] of a plan of the same graph.
    ///
    /// # Panics
    /// If there are fewer or more.
    pub fn give(&mut self, given: &[T]) {
        let len = self.given().len();
        self.uniform[..len].copy_from_slice(given);
    }

    /// Appends the sums of a [share](Plan::share) of `of` tiles, lane by lane, at the values given. The first tile of `batch` has the number `first` among them, and its
    /// last one is at least the last one of the share.
    ///
    /// # Panics
    /// If the batch does not suit the plan, or has no such tiles.
    pub fn append_sums(&mut self, sums: &mut Vec<T>, batch: &Batch<T>, first: usize, share: &Range<usize>, of: usize) {
        let tiles = share.start - first..share.end - first;
        assert!(tiles.end <= batch.tiles(), "a batch without these tiles");
        self.share = Some((tiles, of));
        self.run(batch);
        self.share = None;
        super::batch::append(sums, &self.sums);
    }

    /// Takes the sums of all shares of a batch, in their order and in any number of pieces: the next runs at the values that are given now, on that batch, need not
    /// compute them. [`Plan::forget`] is to be called before a run on another batch of as many samples.
    ///
    /// # Panics
    /// If they are not those of a power of two of shares.
    pub fn know(&mut self, batch: &Batch<T>, sums: &[Vec<T>]) {
        let (mut lanes, one) = (Vec::new(), self.sums.len());
        for sums in sums {
            lanes.extend(sums.chunks_exact(T::Lane::LANES).map(T::Lane::load));
        }
        let mut sums = lanes;
        assert!((sums.len() / one).is_power_of_two() && sums.len().is_multiple_of(one), "sums of another plan");
        while sums.len() > one {
            for pair in 0..sums.len() / (2 * one) {
                let (left, right) = sums[2 * pair * one..][..2 * one].split_at_mut(one);
                super::parts::combine(&self.program.sinks, left, right);
                sums.copy_within(2 * pair * one..(2 * pair + 1) * one, pair * one);
            }
            sums.truncate(sums.len() / 2);
        }
        let given = self.given().to_vec();
        self.known = Some(Known { given, samples: batch.samples(), sums });
    }

    /// Forgets the sums that it was told.
    pub fn forget(&mut self) {
        self.known = None;
    }
}

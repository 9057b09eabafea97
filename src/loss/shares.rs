//! One evaluation of a loss over very many samples, shared out to workers that have no memory in common: each is given the samples of its part once, and the
//! parameters in each epoch, and answers with sums. The bits are those of one worker ([`Plan::append_sums`]).

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::model::{Architecture, Convexity, Skip, Symmetry};
use crate::plan::{Batch, Plan, Scalar};

/// What the plan of a regression is compiled from, as numbers for a message.
#[derive(Clone, Debug)]
pub(super) struct Blueprint(Vec<u32>);

impl Blueprint {
    /// That of a network and the number of a target, of samples with weights or without.
    pub(super) fn new(arch: &Architecture, target: usize, is_weighted: bool) -> Self {
        let Architecture { inputs, modes, offered, hidden, convexity, skip, symmetry, periodic } = arch;
        let kinds = [target, usize::from(is_weighted), *convexity as usize, *skip as usize, *symmetry as usize];
        let counts = [*inputs, *modes, *offered, hidden.len(), periodic.len()];
        let mut numbers = Vec::new();
        for list in [&kinds[..], &counts, hidden] {
            numbers.extend(list.iter().map(|&number| number as u32));
        }
        numbers.extend(periodic.iter().map(|&is| u32::from(is)));
        Self(numbers)
    }

    /// What it was made of, and the numbers that follow; `None` if it is not one.
    pub(super) fn read(numbers: &[u32]) -> Option<(Architecture, usize, bool, &[u32])> {
        let (kinds, rest) = numbers.split_first_chunk::<5>()?;
        let (counts, rest) = rest.split_first_chunk::<5>()?;
        let [target, is_weighted, convexity, skip, symmetry] = kinds.map(|kind| kind as usize);
        let [inputs, modes, offered, layers, periods] = counts.map(|count| count as usize);
        let (hidden, rest) = rest.split_at_checked(layers)?;
        let (periodic, rest) = rest.split_at_checked(periods)?;
        let arch = Architecture {
            inputs,
            modes,
            offered,
            hidden: hidden.iter().map(|&width| width as usize).collect(),
            convexity: *[Convexity::Projection, Convexity::Absolute].get(convexity)?,
            skip: *[Skip::None, Skip::Quadratic, Skip::Quartic].get(skip)?,
            symmetry: *[Symmetry::None, Symmetry::Exchange].get(symmetry)?,
            periodic: periodic.iter().map(|&is| is > 0).collect(),
        };
        Some((arch, target, is_weighted > 0, rest))
    }
}

/// The number of a loss and its samples, which no other has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity(u64);

impl Identity {
    /// Another number.
    pub(super) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// An evaluation over all samples that can be shared out, at the parameters that the plan has been given.
#[derive(Debug)]
pub struct Shared<'a, T: Scalar> {
    pub(super) identity: Identity,
    pub(super) blueprint: &'a Blueprint,
    pub(super) plan: &'a mut Plan<T>,
    pub(super) batch: &'a Batch<T>,
}

/// The numbers of the shares that one of some workers is dealt, and how many shares there are, of a batch with so many tiles; `None` where these are too few.
fn dealt<T: Scalar>(plan: &Plan<T>, tiles: usize, [worker, workers]: [usize; 2]) -> Option<(Range<usize>, usize)> {
    // With four shares for each, if there are tiles enough, no worker has more than a fifth above the mean.
    let shares = plan.shares(tiles, (4 * workers).next_power_of_two());
    (workers > 1 && shares >= workers).then(|| (worker * shares / workers..(worker + 1) * shares / workers, shares))
}

/// The tiles of all shares that a worker is dealt.
fn span<T: Scalar>(plan: &Plan<T>, tiles: usize, place: [usize; 2]) -> Option<Range<usize>> {
    let (numbers, shares) = dealt(plan, tiles, place)?;
    Some(plan.share(tiles, shares, numbers.start)?.start..plan.share(tiles, shares, numbers.end - 1)?.end)
}

/// The sums that a worker is dealt, of so many tiles; the batch begins with the first tile of its share, or of all.
pub(super) fn sums<T: Scalar>(plan: &mut Plan<T>, batch: &Batch<T>, tiles: usize, place: [usize; 2]) -> Option<Vec<T>> {
    let (first, (numbers, shares)) = (span(plan, tiles, place)?.start, dealt(plan, tiles, place)?);
    let mut sums = Vec::new();
    for number in numbers {
        let share = plan.share(tiles, shares, number)?;
        plan.append_sums(&mut sums, batch, first, &share, tiles);
    }
    Some(sums)
}

impl<T: Scalar> Shared<'_, T> {
    /// Which loss and samples are evaluated: what was dealt out stays so as long as it is the same.
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// Whether there are enough samples for so many workers.
    pub fn suits(&self, workers: usize) -> bool {
        dealt(self.plan, self.batch.tiles(), [0, workers]).is_some()
    }

    /// The values that helpers are to be given in this epoch.
    pub fn given(&self) -> &[T] {
        self.plan.given()
    }

    /// The sums of the first of so many workers, the one that trains.
    pub fn sums(&mut self, workers: usize) -> Vec<T> {
        sums(self.plan, self.batch, self.batch.tiles(), [0, workers]).unwrap_or_default()
    }

    /// Takes the sums of all workers, in their order, which were computed at these values; nothing happens if they are not those of now. The next evaluation
    /// is then done but for what follows the sums.
    pub fn know(&mut self, given: &[T], sums: &[Vec<T>]) {
        if given == self.plan.given() {
            self.plan.know(self.batch, sums);
        }
    }
}

impl Shared<'_, f32> {
    /// The part of one of so many workers that [suit](Shared::suits), with its samples, as numbers for [`super::helper::Helper::new`].
    pub fn part(&self, worker: usize, workers: usize) -> Vec<u32> {
        let of = self.batch.tiles();
        let tiles = span(self.plan, of, [worker, workers]).unwrap_or_default();
        let tile_samples = self.batch.tile_samples();
        let samples = (tiles.end * tile_samples).min(self.batch.samples()) - tiles.start * tile_samples;
        let mut part = self.blueprint.0.clone();
        part.extend([worker, workers, of, tile_samples, samples].map(|number| number as u32));
        part.extend(self.batch.numbers(tiles).into_iter().map(f32::to_bits));
        part
    }
}

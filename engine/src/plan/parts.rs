//! Chunks of the tiles of a pass. The sums of the chunks over the samples are added along a binary tree that depends on the number of tiles alone.
//! Any number of threads therefore gives the same bits.

use std::ops::Range;

use super::program::{Code, Program, Sink, StageInstr};
use super::stage::{copy_out, run_stage};
use super::tile::{TilePosition, TileRun};
use super::{Batch, Scalar};
use crate::graph::Binary;
use crate::kernels::{Kernels, Lane};

/// Maximum number of chunks into which the tiles are halved. It allows an even distribution over any number of threads.
const MAX_PARTS: usize = 256;
/// Approximate minimum work of a chunk, in rows of the tile times samples: some tens of microseconds. It must outweigh the start of another thread
/// and the addition of the sums.
const MIN_PART_WORK: usize = 1 << 16;

/// One pass over a batch.
#[derive(Clone, Copy)]
pub struct BatchPass<'a, T: Scalar> {
    pub program: &'a Program,
    pub codes: &'a [Code],
    pub sinks: &'a [Sink],
    /// Instructions after each sample, if each sample has outputs.
    pub after: Option<&'a [StageInstr]>,
    pub batch: &'a Batch<T>,
}

/// Combines `sums` with `later`, the sums of the tiles that follow, by addition or by the maximum.
#[inline]
pub(super) fn combine<L: Lane>(sinks: &[Sink], sums: &mut [L], later: &[L]) {
    for sink in sinks {
        let range = sink.base..sink.base + sink.len * sink.modes;
        let pairs = sums[range.clone()].iter_mut().zip(&later[range]);
        match sink.f {
            Binary::Max => pairs.for_each(|(sum, &other)| *sum = sum.larger(other)),
            _ => pairs.for_each(|(sum, &other)| *sum = *sum + other),
        }
    }
}

impl<T: Scalar> BatchPass<'_, T> {
    /// Returns true if the pass has sums over the samples.
    pub(super) fn sums(&self) -> bool {
        self.after.is_none() && !self.sinks.is_empty()
    }

    /// Halves a range of tiles that is too long for one chunk. Returns `None` if it is short enough.
    pub(super) fn halves(&self, tiles: &Range<usize>) -> Option<[Range<usize>; 2]> {
        let work = (self.program.tile_len * self.batch.tile_samples()).max(1);
        let part = self.batch.tiles().div_ceil(MAX_PARTS).max(MIN_PART_WORK.div_ceil(work));
        let middle = tiles.start + tiles.len().div_ceil(2);
        (tiles.len() > part).then_some([tiles.start..middle, middle..tiles.end])
    }

    /// Runs the instructions on some tiles. Their first sample is number `first` in `outputs`, and the sums include these tiles only.
    pub(super) fn part<K: Kernels<T::Lane>>(
        &self,
        run: &mut TileRun<T, K>,
        tiles: Range<usize>,
        outputs: &mut [impl AsMut<[T]>],
        mut first: usize,
    ) {
        let (batch, start) = (self.batch, tiles.start);
        for sink in if tiles.is_empty() { self.sinks } else { &[] } {
            run.sums[sink.base..][..sink.len * sink.modes].fill(T::Lane::splat(sink.start()));
        }
        for tile in tiles {
            let before = tile * batch.tile_samples();
            let valid = (batch.samples() - before).min(batch.tile_samples());
            let at = TilePosition { batch, tile, first, valid, is_first: tile == start };
            run.width = batch.tile_width(tile);
            for code in self.codes {
                run.segment(code, &at, outputs, self.after.is_some());
            }
            for lane in 0..if self.after.is_some() { at.valid } else { 0 } {
                run.write_sample(self.codes, lane);
                run_stage(self.after.unwrap_or_default(), run.uniform);
                for (output, place) in outputs.iter_mut().zip(&self.program.outputs) {
                    if let Some(source) = place.source {
                        copy_out(
                            run.uniform,
                            source,
                            place.shape,
                            &mut output.as_mut()[(first + lane) * place.len..][..place.len],
                        );
                    }
                }
            }
            first += at.valid;
        }
    }

    /// Runs tiles one after another. `spare` keeps scratch buffers for sums between runs.
    pub fn run_serially<K: Kernels<T::Lane>>(
        &self,
        run: &mut TileRun<T, K>,
        tiles: Range<usize>,
        outputs: &mut [impl AsMut<[T]>],
        spare: &mut Vec<Vec<T::Lane>>,
    ) {
        let halves = self.halves(&tiles).filter(|_| self.sums());
        let Some([left, right]) = halves else {
            let first = tiles.start * self.batch.tile_samples();
            return self.part(run, tiles, outputs, first);
        };
        self.run_serially(run, left, outputs, spare);
        let mut sums = spare.pop().unwrap_or_default();
        sums.clear();
        sums.extend_from_slice(run.sums);
        self.run_serially(run, right, outputs, spare);
        combine(self.sinks, &mut sums, run.sums);
        run.sums.copy_from_slice(&sums);
        spare.push(sums);
    }
}

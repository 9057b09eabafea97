//! The tiles of a pass in parts, whose sums over the samples are added along a binary tree that depends on the number of tiles alone: any number of
//! threads gives the same bits.

use std::ops::Range;
#[cfg(feature = "threads")]
use std::sync::{Mutex, PoisonError};

use super::program::{Code, Program, Sink, StageInstr};
use super::stage::{copy_out, run_stage};
use super::tile::{Position, TileRun};
use super::{Batch, Scalar};
use crate::graph::Binary;
use crate::kernels::{Kernels, Lane};

/// The sums of up to so many tiles are added one tile after another, by one thread.
pub(super) const ONE_PART: usize = 64;
/// Where nothing is summed, so few tiles are not worth a second thread.
#[cfg(feature = "threads")]
const FEW: usize = 4;
/// Tiles are halved until there are this many parts, or a few less: enough to share them out evenly, whatever the number of threads.
const MOST_PARTS: usize = 256;
/// Fewer tiles are no part: their work must outweigh that of adding its sums.
const LEAST: usize = 2;

/// One pass over a batch.
#[derive(Clone, Copy)]
pub struct Pass<'a, T: Scalar> {
    pub program: &'a Program,
    pub codes: &'a [Code],
    pub sinks: &'a [Sink],
    /// What follows each sample, if outputs are wanted for each.
    pub after: Option<&'a [StageInstr]>,
    pub batch: &'a Batch<T>,
}

/// Combines `sums` with those of the tiles that follow, `later`: adds them, or takes the larger.
#[inline]
fn combine<L: Lane>(sinks: &[Sink], sums: &mut [L], later: &[L]) {
    for sink in sinks {
        let range = sink.base..sink.base + sink.len * sink.modes;
        let pairs = sums[range.clone()].iter_mut().zip(&later[range]);
        match sink.f {
            Binary::Max => pairs.for_each(|(sum, &other)| *sum = sum.larger(other)),
            _ => pairs.for_each(|(sum, &other)| *sum = *sum + other),
        }
    }
}

impl<T: Scalar> Pass<'_, T> {
    /// Whether anything is summed over the samples.
    fn sums(&self) -> bool {
        self.after.is_none() && !self.sinks.is_empty()
    }

    /// Whether there are several parts.
    #[cfg(feature = "threads")]
    pub fn has_parts(&self) -> bool {
        self.batch.tiles() > if self.sums() { ONE_PART } else { FEW }
    }

    /// Divides a range of tiles that is too long for a part.
    fn halves(&self, tiles: &Range<usize>) -> Option<[Range<usize>; 2]> {
        let all = self.batch.tiles();
        let part = if self.sums() && all <= ONE_PART { ONE_PART } else { all.div_ceil(MOST_PARTS).max(LEAST) };
        let middle = tiles.start + tiles.len().div_ceil(2);
        (tiles.len() > part).then_some([tiles.start..middle, middle..tiles.end])
    }

    /// Runs the instructions on some tiles, the first of whose samples is number `first` in `outputs`; the sums are those of these tiles.
    fn part<K: Kernels<T::Lane>>(&self, run: &mut TileRun<T, K>, tiles: Range<usize>, outputs: &mut [Vec<T>], mut first: usize) {
        let (batch, start) = (self.batch, tiles.start);
        for sink in if tiles.is_empty() { self.sinks } else { &[] } {
            run.sums[sink.base..][..sink.len * sink.modes].fill(T::Lane::splat(sink.start()));
        }
        for tile in tiles {
            let before = tile * batch.tile_samples();
            let valid = (batch.samples() - before).min(batch.tile_samples());
            let at = Position { batch, tile, first, valid, is_first: tile == start };
            run.width = batch.tile_width(tile);
            for code in self.codes {
                run.segment(code, &at, outputs, self.after.is_some());
            }
            for lane in 0..if self.after.is_some() { at.valid } else { 0 } {
                run.drain_one(self.codes, lane);
                run_stage(self.after.unwrap_or_default(), run.uniform);
                for (output, place) in outputs.iter_mut().zip(&self.program.outputs) {
                    if let Some(source) = place.source {
                        copy_out(run.uniform, source, place.shape, &mut output[(first + lane) * place.len..][..place.len]);
                    }
                }
            }
            first += at.valid;
        }
    }

    /// Runs tiles one after another. `spare` keeps room for sums between runs.
    pub fn alone<K: Kernels<T::Lane>>(
        &self,
        run: &mut TileRun<T, K>,
        tiles: Range<usize>,
        outputs: &mut [Vec<T>],
        spare: &mut Vec<Vec<T::Lane>>,
    ) {
        let halves = self.halves(&tiles).filter(|_| self.sums());
        let Some([left, right]) = halves else {
            let first = tiles.start * self.batch.tile_samples();
            return self.part(run, tiles, outputs, first);
        };
        self.alone(run, left, outputs, spare);
        let mut sums = spare.pop().unwrap_or_default();
        sums.clear();
        sums.extend_from_slice(run.sums);
        self.alone(run, right, outputs, spare);
        combine(self.sinks, &mut sums, run.sums);
        run.sums.copy_from_slice(&sums);
        spare.push(sums);
    }
}

/// What a thread writes to while it runs some tiles.
#[cfg(feature = "threads")]
#[derive(Debug)]
struct Workspace<T: Scalar> {
    uniform: Vec<T>,
    tile: Vec<T::Lane>,
    scratch: Vec<T::Lane>,
    outputs: Vec<Vec<T>>,
}

/// The workspaces of threads, kept between runs, and room for sums.
#[cfg(feature = "threads")]
#[derive(Debug)]
pub struct Workspaces<T: Scalar> {
    idle: Mutex<Vec<Workspace<T>>>,
    sums: Mutex<Vec<Vec<T::Lane>>>,
}

#[cfg(feature = "threads")]
impl<T: Scalar> Default for Workspaces<T> {
    fn default() -> Self {
        Self { idle: Mutex::new(Vec::new()), sums: Mutex::new(Vec::new()) }
    }
}

#[cfg(feature = "threads")]
impl<T: Scalar> Clone for Workspaces<T> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// A value that was kept; a panic cannot have left it half-changed, for what is in use is not in the list.
#[cfg(feature = "threads")]
fn take<V>(kept: &Mutex<Vec<V>>) -> Option<V> {
    kept.lock().unwrap_or_else(PoisonError::into_inner).pop()
}

#[cfg(feature = "threads")]
fn give<V>(kept: &Mutex<Vec<V>>, value: V) {
    kept.lock().unwrap_or_else(PoisonError::into_inner).push(value);
}

/// A pass that threads share.
#[cfg(feature = "threads")]
pub struct Shared<'a, T: Scalar> {
    pub pass: Pass<'a, T>,
    /// The values that are the same for all samples.
    pub uniform: &'a [T],
    /// Lane vectors of the tile, of the sums and of the scratch space.
    pub extents: [usize; 3],
    pub workspaces: &'a Workspaces<T>,
}

#[cfg(feature = "threads")]
impl<T: Scalar> Shared<'_, T> {
    /// Runs all tiles, shared out over the threads, and writes the sums.
    pub fn all<K: Kernels<T::Lane>>(&self, outputs: Vec<&mut [T]>, sums: &mut [T::Lane]) {
        let results = self.run::<K>(0..self.pass.batch.tiles(), outputs);
        sums.copy_from_slice(&results);
        give(&self.workspaces.sums, results);
    }

    /// Runs some tiles, and returns their sums. Of each output, `outputs` has the numbers of these tiles' samples, or none.
    fn run<K: Kernels<T::Lane>>(&self, tiles: Range<usize>, mut outputs: Vec<&mut [T]>) -> Vec<T::Lane> {
        let Some([left, right]) = self.pass.halves(&tiles) else {
            return self.part::<K>(tiles, &mut outputs);
        };
        let samples = left.len() * self.pass.batch.tile_samples();
        let later = outputs.iter_mut().zip(&self.pass.program.outputs).map(|(output, place)| {
            let all = std::mem::take(output);
            let (now, later) = all.split_at_mut((samples * place.len).min(all.len()));
            *output = now;
            later
        });
        let later = later.collect();
        let (mut sums, others) = rayon::join(|| self.run::<K>(left, outputs), || self.run::<K>(right, later));
        if self.pass.sums() {
            combine(self.pass.sinks, &mut sums, &others);
        }
        give(&self.workspaces.sums, others);
        sums
    }

    fn part<K: Kernels<T::Lane>>(&self, tiles: Range<usize>, outputs: &mut [&mut [T]]) -> Vec<T::Lane> {
        let [tile, sums, scratch] = self.extents;
        let mut results = take(&self.workspaces.sums).unwrap_or_default();
        let mut workspace = take(&self.workspaces.idle).unwrap_or_else(|| Workspace {
            uniform: Vec::new(),
            tile: Vec::new(),
            scratch: Vec::new(),
            outputs: Vec::new(),
        });
        workspace.uniform.clear();
        workspace.uniform.extend_from_slice(self.uniform);
        workspace.tile.resize(tile, T::Lane::zero());
        workspace.scratch.resize(scratch, T::Lane::zero());
        results.resize(sums, T::Lane::zero());
        workspace.outputs.resize_with(outputs.len(), Vec::new);
        for (room, output) in workspace.outputs.iter_mut().zip(outputs.iter()) {
            // What another pass has written stays.
            room.clear();
            room.extend_from_slice(output);
        }
        let mut run = TileRun {
            uniform: &mut workspace.uniform,
            tile: &mut workspace.tile,
            sums: &mut results,
            scratch: &mut workspace.scratch,
            sinks: &self.pass.program.sinks,
            width: 0,
            kernels: std::marker::PhantomData::<K>,
        };
        self.pass.part(&mut run, tiles, &mut workspace.outputs, 0);
        for (room, output) in workspace.outputs.iter().zip(outputs) {
            output.copy_from_slice(room);
        }
        give(&self.workspaces.idle, workspace);
        results
    }
}

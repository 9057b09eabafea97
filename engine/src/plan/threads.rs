//! Distribution of a pass over the threads of the rayon pool in which [`Plan::run`](super::Plan::run) is called. Within [`single_threaded`], one thread runs
//! the whole pass.

use std::cell::Cell;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::Scalar;
use super::parts::{BatchPass, combine};
use super::tile::TileRun;
use crate::kernels::{Kernels, Lane};

thread_local! {
    static RUNS_ALONE: Cell<bool> = const { Cell::new(false) };
}

/// Calls `work`. Within it, the calling thread runs each plan alone. This is faster if there are as many concurrent runs as threads.
pub fn single_threaded<R>(work: impl FnOnce() -> R) -> R {
    struct Before(bool);
    impl Drop for Before {
        fn drop(&mut self) {
            RUNS_ALONE.set(self.0);
        }
    }
    let _before = Before(RUNS_ALONE.replace(true));
    work()
}

/// Returns true if work that is done now may be distributed over threads. Outside of a pool, one thread does it: the global pool would not survive a
/// fork of the process.
pub fn may_share() -> bool {
    !RUNS_ALONE.get() && rayon::current_thread_index().is_some() && rayon::current_num_threads() > 1
}

/// Calls both functions, on two threads if that is allowed.
pub fn join<A: Send, B: Send>(first: impl FnOnce() -> A + Send, second: impl FnOnce() -> B + Send) -> (A, B) {
    if may_share() { rayon::join(first, second) } else { (first(), second()) }
}

/// Buffers that a thread writes to while it runs some tiles.
#[derive(Debug)]
struct Workspace<T: Scalar> {
    uniform: Vec<T>,
    tile: Vec<T::Lane>,
    scratch: Vec<T::Lane>,
}

/// Workspaces of threads and buffers of sums, kept between runs.
#[derive(Debug)]
pub(super) struct Workspaces<T: Scalar> {
    idle: Mutex<Vec<Workspace<T>>>,
    sums: Mutex<Vec<Vec<T::Lane>>>,
}

impl<T: Scalar> Default for Workspaces<T> {
    fn default() -> Self {
        Self { idle: Mutex::new(Vec::new()), sums: Mutex::new(Vec::new()) }
    }
}

impl<T: Scalar> Clone for Workspaces<T> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// Removes a value from a list of kept values and returns it. A panic cannot leave a half-changed value, because values in use are not in the list.
fn pop<V>(kept: &Mutex<Vec<V>>) -> Option<V> {
    kept.lock().unwrap_or_else(PoisonError::into_inner).pop()
}

fn push<V>(kept: &Mutex<Vec<V>>, value: V) {
    kept.lock().unwrap_or_else(PoisonError::into_inner).push(value);
}

/// A pass that is distributed over threads.
pub(super) struct SharedPass<'a, T: Scalar> {
    pub pass: BatchPass<'a, T>,
    /// The values that are the same for all samples.
    pub uniform: &'a [T],
    /// Lane vectors of the tile, of the sums and of the scratch space.
    pub extents: [usize; 3],
    pub workspaces: &'a Workspaces<T>,
}

impl<T: Scalar> SharedPass<'_, T> {
    /// Runs all tiles, distributed over the threads, and writes the sums.
    pub fn all<K: Kernels<T::Lane>>(&self, outputs: Vec<&mut [T]>, sums: &mut [T::Lane]) {
        let results = self.run::<K>(0..self.pass.batch.tiles(), outputs);
        sums.copy_from_slice(&results);
        push(&self.workspaces.sums, results);
    }

    /// Runs some tiles and returns their sums. Each entry of `outputs` holds the numbers of these tiles' samples, or is empty.
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
        push(&self.workspaces.sums, others);
        sums
    }

    fn part<K: Kernels<T::Lane>>(&self, tiles: Range<usize>, outputs: &mut [&mut [T]]) -> Vec<T::Lane> {
        let [tile, sums, scratch] = self.extents;
        let mut results = pop(&self.workspaces.sums).unwrap_or_default();
        let mut workspace = pop(&self.workspaces.idle).unwrap_or_else(|| Workspace {
            uniform: Vec::new(),
            tile: Vec::new(),
            scratch: Vec::new(),
        });
        workspace.uniform.clear();
        workspace.uniform.extend_from_slice(self.uniform);
        workspace.tile.resize(tile, T::Lane::zero());
        workspace.scratch.resize(scratch, T::Lane::zero());
        results.resize(sums, T::Lane::zero());
        let mut run = TileRun {
            uniform: &mut workspace.uniform,
            tile: &mut workspace.tile,
            sums: &mut results,
            scratch: &mut workspace.scratch,
            sinks: &self.pass.program.sinks,
            width: 0,
            kernels: std::marker::PhantomData::<K>,
        };
        self.pass.part(&mut run, tiles, outputs, 0);
        push(&self.workspaces.idle, workspace);
        results
    }
}

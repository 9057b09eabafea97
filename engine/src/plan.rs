//! A graph compiled for replay: dead nodes pruned, storage assigned, samples processed in tiles.
//!
//! A replay runs *stages* and *passes* in turn. A stage computes what is the same for all samples; a pass goes over the
//! batch tile by tile and ends in sums over the samples (or in outputs for each sample). One pass is enough unless a value
//! of every sample depends on a sum over all of them. Within a tile, nodes that do not mix modes are grouped into segments,
//! and a segment runs mode by mode, so that what only one mode needs is soon read again.
//!
//! What must hold: after [`Plan::compile`] and a first run, a replay allocates nothing; the same graph, values and batch
//! give the same bits.
//!
//! [`schedule`] decides what runs when, [`layout`] where everything is stored, [`exec`] runs it.

mod batch;
mod exec;
mod free_list;
mod lower;
mod program;
mod schedule;
mod stage;
mod storage;
mod tile;

pub use batch::Batch;

use crate::graph::{Graph, NodeId, Shape};
use crate::kernels::{Lane, Number};
use program::Program;

/// Which set of kernels a plan runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KernelSet {
    /// SIMD lanes: what trains.
    #[default]
    Simd,
    /// The plain loops that define them.
    #[cfg(feature = "naive")]
    Naive,
}

/// How sums over the samples leave a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Drain {
    /// Summed, as written.
    #[default]
    Summed,
    /// One value for each sample, as if the batch held that sample alone: the rows of a Jacobian.
    PerSample,
}

/// How to compile.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The kernels.
    pub kernels: KernelSet,
    /// How sums leave the plan.
    pub drain: Drain,
    /// Most lane vectors in a row of a tile; as many as suit the second-level cache if absent.
    pub width: Option<usize>,
    /// Whether pairs of nodes that one kernel does together are merged.
    pub fuse: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { kernels: KernelSet::Simd, drain: Drain::Summed, width: None, fuse: true }
    }
}

/// A kind of number that plans are compiled for.
pub trait Scalar: Number {
    /// [`Plan::run`].
    fn run(plan: &mut Plan<Self>, batch: &Batch<Self>);
    /// [`Batch::set`].
    fn set(batch: &mut Batch<Self>, input: usize, values: &[Self]);
    /// [`Batch::gather`].
    fn gather(batch: &mut Batch<Self>, input: usize, from: &Batch<Self>, picks: &[usize]);
}

macro_rules! scalar {
    ($number:ty) => {
        impl Scalar for $number {
            fn run(plan: &mut Plan<Self>, batch: &Batch<Self>) {
                exec::run(plan, batch);
            }

            fn set(batch: &mut Batch<Self>, input: usize, values: &[Self]) {
                batch::set(batch, input, values);
            }

            fn gather(batch: &mut Batch<Self>, input: usize, from: &Batch<Self>, picks: &[usize]) {
                batch::gather(batch, input, from, picks);
            }
        }
    };
}
scalar!(f32);
scalar!(f64);

/// Bytes of tile storage that stay close to the processor.
const TILE_BYTES: usize = 384 << 10;
/// No tile is wider: longer rows no longer pay.
const WIDEST: usize = 64;
/// No tile is narrower: the work for each instruction must outweigh its dispatch.
const NARROWEST: usize = 24;

/// The widest tile of so many rows that stays close to the processor.
fn comfortable_width<T: Scalar>(rows: usize) -> usize {
    (TILE_BYTES / (size_of::<T::Lane>() * rows.max(1))).clamp(NARROWEST, WIDEST)
}

/// A compiled graph with its storage.
#[derive(Debug)]
pub struct Plan<T: Scalar> {
    kernels: KernelSet,
    drain: Drain,
    program: Program,
    width: usize,
    inputs: Vec<Shape>,
    param_len: usize,
    settings: Vec<(usize, usize)>,
    /// Values that are the same for all samples: parameters first, then settings, then the rest.
    uniform: Vec<T>,
    /// Values of the tile at work.
    tile: Vec<T::Lane>,
    /// Sums over samples, lane by lane.
    sums: Vec<T::Lane>,
    scratch: Vec<T::Lane>,
    outputs: Vec<Vec<T>>,
}

impl<T: Scalar> Plan<T> {
    /// Compiles what `outputs` need.
    ///
    /// # Panics
    /// With [`Drain::PerSample`], if an output needs more than one pass over the batch.
    pub fn compile(graph: &Graph, outputs: &[NodeId], options: Options) -> Self {
        let schedule = schedule::Schedule::new(graph, outputs, &options);
        let program = lower::lower(graph, outputs, &schedule);
        let width = options.width.unwrap_or_else(|| comfortable_width::<T>(program.tile_len));
        let mut uniform = vec![T::zero(); program.uniform_len];
        for &(at, value) in &program.constants {
            uniform[at] = T::narrow(value);
        }
        Self {
            kernels: options.kernels,
            drain: options.drain,
            width,
            inputs: graph.inputs().iter().map(|&x| graph.shape(x)).collect(),
            param_len: graph.param_len(),
            settings: program.settings.clone(),
            uniform,
            tile: vec![T::Lane::zero(); program.tile_len * width],
            sums: vec![T::Lane::zero(); program.sums_len],
            scratch: vec![T::Lane::zero(); program.scratch_len * width],
            outputs: program.outputs.iter().map(|o| Vec::with_capacity(if o.batched { 0 } else { o.len })).collect(),
            program,
        }
    }

    /// An empty batch of so many samples for this plan's inputs.
    pub fn batch(&self, samples: usize) -> Batch<T> {
        self.batch_with(&[], samples)
    }

    /// An empty batch of so many samples that this plan and `others` run: its tiles are no wider than the narrowest plan's.
    ///
    /// # Panics
    /// If the plans have different inputs.
    pub fn batch_with(&self, others: &[&Self], samples: usize) -> Batch<T> {
        assert!(others.iter().all(|other| other.inputs == self.inputs), "plans that share a batch have the same inputs");
        let widest = others.iter().map(|other| other.width).fold(self.width, usize::min);
        Batch::new(&self.inputs, samples, widest)
    }

    /// Sets all parameters, one after the other in the order of their declaration, each `[modes, rows, cols]` row by row.
    ///
    /// # Panics
    /// If there are not exactly as many numbers as the parameters hold.
    pub fn set_params(&mut self, params: &[T]) {
        self.uniform[..self.param_len].copy_from_slice(params);
    }

    /// Sets the `k`-th setting.
    ///
    /// # Panics
    /// If there are not exactly as many numbers as it holds.
    pub fn set_setting(&mut self, k: usize, value: &[T]) {
        let (start, len) = self.settings[k];
        self.uniform[start..start + len].copy_from_slice(value);
    }

    /// Computes the outputs for a batch.
    ///
    /// # Panics
    /// If the batch has other inputs or wider tiles: one that several plans run is made by [`Plan::batch_with`].
    pub fn run(&mut self, batch: &Batch<T>) {
        assert!(
            batch.shapes() == self.inputs && batch.width() <= self.width,
            "a batch of inputs {:?} in tiles of {} for a plan of inputs {:?} in tiles of at most {}",
            batch.shapes(),
            batch.width(),
            self.inputs,
            self.width
        );
        T::run(self, batch);
    }

    /// The `k`-th output of the last run. One that is the same for all samples: `[modes, rows, cols]`. One with a value for
    /// each sample, or drained for each sample: `[samples, modes, rows, cols]`.
    pub fn output(&self, k: usize) -> &[T] {
        &self.outputs[k]
    }

    /// Numbers of storage in use: tile vectors, sums, values for all samples.
    pub fn storage(&self) -> [usize; 3] {
        [self.tile.len(), self.sums.len(), self.uniform.len()]
    }
}

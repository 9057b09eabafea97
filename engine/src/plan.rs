//! Compiles a graph and runs it on batches of samples.
//!
//! A plan consists of *stages* and *passes* that alternate. A stage computes values that are the same for all samples. A pass processes the batch
//! in tiles of samples. It ends in sums over the samples or in outputs for each sample. One pass is enough unless a value of a sample depends on a
//! sum over all samples. Within a tile, nodes that do not mix modes are grouped into segments. A segment runs mode by mode, so that values of one
//! mode are still in the cache when they are read. Values with a single row for each mode, such as those of the soft minimum, are computed for all
//! modes by one instruction.
//!
//! Two properties hold. After [`Plan::compile`] and a first run, a run with a batch of the same size allocates nothing on one thread. The same graph,
//! values and batch give the same bits, on any number of threads.
//!
//! The module `schedule` determines the order of operations. `storage`, with `free_list`, determines the location of each value. `lower` writes the
//! instructions, whose types are in `program`. `exec`, `parts`, `threads`, `tile` and `stage` run them. `reading` maps the instructions and the
//! storage of a plan back to the nodes of its graph.

mod batch;
mod exec;
mod free_list;
mod lower;
mod parts;
pub mod program;
pub mod reading;
mod schedule;
mod stage;
mod storage;
#[cfg(feature = "threads")]
pub mod threads;
mod tile;

pub use batch::Batch;

use std::ops::Range;

use crate::graph::{Graph, NodeId, Shape};
use crate::kernels::{EVEN, Lane, Number};
use program::Program;

/// The kernels that a plan runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KernelSet {
    /// Loops over SIMD lanes, for speed.
    #[default]
    Simd,
    /// Plain loops that define every operation, for tests.
    #[cfg(feature = "naive")]
    Naive,
}

/// Treatment of outputs that are sums over the samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reduction {
    /// Sums over all samples, as the graph defines them.
    #[default]
    Summed,
    /// One value for each sample, as if the batch consisted of that sample alone. If the sum is a gradient, the values are the rows of a Jacobian.
    PerSample,
}

/// Options of a compilation.
#[derive(Clone, Copy, Debug)]
pub struct PlanOptions {
    /// The kernels.
    pub kernels: KernelSet,
    /// Treatment of outputs that are sums over the samples.
    pub reduction: Reduction,
    /// Maximum number of lane vectors in a row of a tile. If absent, the width follows from the size of the second-level cache.
    pub width: Option<usize>,
    /// True if nodes that one kernel can compute together are merged.
    pub fuse: bool,
}

impl Default for PlanOptions {
    fn default() -> Self {
        Self { kernels: KernelSet::Simd, reduction: Reduction::Summed, width: None, fuse: true }
    }
}

/// The types of number that plans are compiled for: `f32` and `f64`.
pub trait Scalar: Number {
    /// Implements [`Plan::run`].
    fn run(plan: &mut Plan<Self>, batch: &Batch<Self>);
    /// Implements [`Batch::set`].
    fn set(batch: &mut Batch<Self>, input: usize, values: &[Self]);
    /// Implements [`Batch::set_with`].
    fn set_with(batch: &mut Batch<Self>, input: usize, value: &dyn Fn(usize, usize) -> Self);
    /// Implements [`Batch::cut_out`].
    fn cut_out(batch: &mut Batch<Self>, from: &Batch<Self>, first: usize);
    /// Implements [`Plan::repeat`] for the step at this pass, segment and instruction.
    fn repeat(plan: &mut Plan<Self>, batch: &Batch<Self>, at: [usize; 3], times: usize);
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

            fn set_with(batch: &mut Batch<Self>, input: usize, value: &dyn Fn(usize, usize) -> Self) {
                batch::set_with(batch, input, value);
            }

            fn cut_out(batch: &mut Batch<Self>, from: &Batch<Self>, first: usize) {
                batch::cut_out(batch, from, first);
            }

            fn repeat(plan: &mut Plan<Self>, batch: &Batch<Self>, at: [usize; 3], times: usize) {
                exec::repeat(plan, batch, at, times);
            }
        }
    };
}
scalar!(f32);
scalar!(f64);

/// Bytes of tile storage that stay in the second-level cache.
const TILE_BYTES: usize = 384 << 10;
/// Maximum width of a tile in lane vectors. Longer rows are not faster.
const MAX_TILE_WIDTH: usize = 64;
/// Minimum width of a tile in lane vectors. The work of an instruction must outweigh its dispatch.
const MIN_TILE_WIDTH: usize = 24;

/// The width of a tile of `rows` rows that stays in the cache, in whole register tiles.
fn comfortable_width<T: Scalar>(rows: usize) -> usize {
    (TILE_BYTES / (size_of::<T::Lane>() * rows.max(1))).clamp(MIN_TILE_WIDTH, MAX_TILE_WIDTH).next_multiple_of(EVEN)
}

/// A compiled graph with its storage.
#[derive(Clone, Debug)]
pub struct Plan<T: Scalar> {
    kernels: KernelSet,
    reduction: Reduction,
    program: Program,
    /// Largest number of lane vectors in a row of a tile.
    width: usize,
    inputs: Vec<Shape>,
    /// Numbers in each parameter.
    params: Vec<usize>,
    settings: Vec<(usize, usize)>,
    /// Values that are the same for all samples: parameters, settings, constants and results, in this order.
    uniform: Vec<T>,
    /// Values of the samples of the current tile.
    tile: Vec<T::Lane>,
    /// Partial sums over the samples, lane by lane.
    sums: Vec<T::Lane>,
    scratch: Vec<T::Lane>,
    /// Scratch buffer for the sums of some of the tiles.
    spare: Vec<Vec<T::Lane>>,
    #[cfg(feature = "threads")]
    workspaces: threads::Workspaces<T>,
    outputs: Vec<Vec<T>>,
    /// Index in `outputs` of each requested output; `None` for an absent output.
    places: Vec<Option<usize>>,
}

impl<T: Scalar> Plan<T> {
    /// Compiles `outputs` and everything that they are computed from.
    ///
    /// # Panics
    /// With [`Reduction::PerSample`], if an output needs more than one pass over the batch.
    pub fn compile(graph: &Graph, outputs: &[NodeId], options: PlanOptions) -> Self {
        Self::compile_present(graph, &outputs.iter().copied().map(Some).collect::<Vec<_>>(), options)
    }

    /// Compiles outputs, some of which may be absent, such as the derivatives that [`grad`](crate::grad::grad) returns. An absent output keeps its
    /// number. [`Plan::try_output`] returns `None` for it, and [`Plan::copy_gradient`] writes zeros.
    ///
    /// # Panics
    /// With [`Reduction::PerSample`], if an output needs more than one pass over the batch.
    pub fn compile_present(graph: &Graph, outputs: &[Option<NodeId>], options: PlanOptions) -> Self {
        let present: Vec<NodeId> = outputs.iter().flatten().copied().collect();
        let mut numbers = 0..present.len();
        let places = outputs.iter().map(|output| output.and_then(|_| numbers.next())).collect();
        let schedule = schedule::OperationOrder::new(graph, &present, &options);
        let program = lower::lower(graph, &present, &schedule);
        let width = options.width.unwrap_or_else(|| comfortable_width::<T>(program.tile_len));
        let mut uniform = vec![T::zero(); program.uniform_len];
        for &(at, value) in &program.constants {
            uniform[at] = T::narrow(value);
        }
        Self {
            kernels: options.kernels,
            reduction: options.reduction,
            width,
            inputs: graph.inputs().iter().map(|&x| graph.shape(x)).collect(),
            params: graph.params().iter().map(|&p| graph.shape(p).len()).collect(),
            settings: program.settings.clone(),
            uniform,
            tile: vec![T::Lane::zero(); program.tile_len * width],
            sums: vec![T::Lane::zero(); program.sums_len],
            scratch: vec![T::Lane::zero(); program.scratch_len * width],
            spare: Vec::new(),
            #[cfg(feature = "threads")]
            workspaces: threads::Workspaces::default(),
            outputs: program.outputs.iter().map(|o| Vec::with_capacity(if o.batched { 0 } else { o.len })).collect(),
            places,
            program,
        }
    }

    /// A batch for this plan's inputs, filled with zeros.
    pub fn batch(&self, samples: usize) -> Batch<T> {
        self.batch_with(&[], samples)
    }

    /// A batch, filled with zeros, that this plan and `others` can run. The width of its tiles is the smallest that the plans require.
    ///
    /// # Panics
    /// If the plans have different inputs.
    pub fn batch_with(&self, others: &[&Self], samples: usize) -> Batch<T> {
        assert!(others.iter().all(|other| other.inputs == self.inputs), "plans that share a batch must have the same inputs");
        let widest = others.iter().map(|other| other.width).fold(self.width, usize::min);
        Batch::new(&self.inputs, samples, widest)
    }

    /// Sets all parameters from a flat vector. The parameters follow one another in the order of their declaration, each `[modes, rows, cols]` row by
    /// row.
    ///
    /// # Panics
    /// If `params` has another length than the parameters together.
    pub fn set_params(&mut self, params: &[T]) {
        let len: usize = self.params.iter().sum();
        self.uniform[..len].copy_from_slice(params);
    }

    /// Sets the `k`-th setting.
    ///
    /// # Panics
    /// If `value` has another length than the setting.
    pub fn set_setting(&mut self, k: usize, value: &[T]) {
        let (start, len) = self.settings[k];
        self.uniform[start..start + len].copy_from_slice(value);
    }

    /// Computes the outputs for a batch.
    ///
    /// # Panics
    /// If the batch has other inputs or wider tiles. [`Plan::batch_with`] makes a batch for several plans.
    pub fn run(&mut self, batch: &Batch<T>) {
        self.check(batch);
        T::run(self, batch);
    }

    /// # Panics
    /// If the batch has other inputs or wider tiles.
    fn check(&self, batch: &Batch<T>) {
        assert!(
            batch.shapes == *self.inputs && batch.width <= self.width,
            "a batch of inputs {:?} in tiles of {} for a plan of inputs {:?} in tiles of at most {}",
            batch.shapes,
            batch.width,
            self.inputs,
            self.width
        );
    }

    /// The `k`-th output of the last run. Its shape is `[modes, rows, cols]` if it is the same for all samples. The shape is
    /// `[samples, modes, rows, cols]` if there is one value for each sample or if the plan was compiled with [`Reduction::PerSample`].
    ///
    /// # Panics
    /// If the output is absent.
    pub fn output(&self, k: usize) -> &[T] {
        self.try_output(k).expect("the output was present when the plan was compiled")
    }

    /// The `k`-th output of the last run, as [`Plan::output`] returns it; `None` if it is absent.
    pub fn try_output(&self, k: usize) -> Option<&[T]> {
        self.places[k].map(|place| self.outputs[place].as_slice())
    }

    /// Range of each parameter in the flat vector of [`Plan::set_params`], and the output that belongs to it. The parameters are in the order of
    /// their declaration. The output of the first parameter is number `first`, and the others follow.
    pub fn outputs_by_param(&self, first: usize) -> impl Iterator<Item = (Range<usize>, Option<&[T]>)> {
        let mut end = 0;
        self.params.iter().enumerate().map(move |(k, &len)| {
            end += len;
            (end - len..end, self.try_output(first + k))
        })
    }

    /// Copies the outputs from `first` on, one for each parameter, to a flat vector in the order of [`Plan::set_params`]. Absent outputs become
    /// zeros.
    ///
    /// # Panics
    /// If `gradient` has another length than the parameters, or an output another length than its parameter.
    pub fn copy_gradient(&self, first: usize, gradient: &mut [T]) {
        assert!(gradient.len() == self.params.iter().sum::<usize>(), "a gradient of {} numbers", gradient.len());
        for (range, output) in self.outputs_by_param(first) {
            match output {
                Some(output) => gradient[range].copy_from_slice(output),
                None => gradient[range].fill(T::zero()),
            }
        }
    }

    /// The instructions.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Values of the last run that are the same for all samples, at the offsets of [`StorageKind::Uniform`](program::StorageKind::Uniform).
    pub fn uniform(&self) -> &[T] {
        &self.uniform
    }

    /// Extents of the plan's storage: number of lane vectors of the tile, of lane vectors of partial sums, and of numbers that are the same for all
    /// samples.
    pub fn storage(&self) -> [usize; 3] {
        [self.tile.len(), self.sums.len(), self.uniform.len()]
    }
}

//! Content of a compiled plan: instructions, with the locations that each of them reads and writes.
//!
//! A program can be read ([`Plan::program`](super::Plan::program)). Other back ends than the kernels of this crate can therefore be built from it.

use crate::graph::{Axis, Binary, Op, Shape, Unary};
use crate::kernels::{Lane, Number, SUMS_BEGIN_IN_REGISTERS};

/// The two kinds of storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StorageKind {
    /// Values of the samples of the current tile. Offsets and strides count rows of lane vectors, since tiles differ in width.
    Tile,
    /// Values that are the same for all samples. Offsets and strides count numbers.
    Uniform,
}

/// Location of a value that is read: entry `(mode, row, col)` is at `base + mode * strides[0] + row * strides[1] + col * strides[2]`.
#[derive(Clone, Copy, Debug)]
pub struct TileSource {
    /// Storage that is read.
    pub space: StorageKind,
    /// Offset of entry (0, 0, 0).
    pub base: usize,
    /// Distances between modes, rows and columns; 0 along an axis that is repeated.
    pub strides: [usize; 3],
}

/// Location of a value that is written to the tile: mode `m` begins at row `base + m * stride` and has `rows` rows.
#[derive(Clone, Copy, Debug)]
pub struct TileTarget {
    /// First row of the first mode.
    pub base: usize,
    /// Rows between two modes.
    pub stride: usize,
    /// Rows of a mode.
    pub rows: usize,
}

/// A reduction over the samples. It accumulates partial results lane by lane and writes one result.
#[derive(Clone, Copy, Debug)]
pub struct Sink {
    /// Addition or maximum.
    pub f: Binary,
    /// First lane vector of the partial results.
    pub base: usize,
    /// Entries for each mode.
    pub len: usize,
    /// Number of modes.
    pub modes: usize,
    /// Offset of the result among the uniform values.
    pub result: usize,
}

impl Sink {
    /// Value of the reduction without a sample.
    pub(super) fn start<T: Number>(&self) -> T {
        if self.f == Binary::Max { T::neg_infinity() } else { T::zero() }
    }

    /// Range of the partial results of one mode.
    #[inline(always)]
    pub(super) fn range(&self, mode: usize) -> std::ops::Range<usize> {
        let start = self.base + mode * self.len;
        start..start + self.len
    }

    /// Initial value of each of these partial results before the first tile. If sums cannot be initialized in registers, writes it to `sums` and
    /// returns `None`.
    #[inline(always)]
    pub(super) fn initial_sum<V: Lane>(&self, sums: &mut [V], is_first: bool) -> Option<V> {
        let start = V::splat(self.start());
        if is_first && !SUMS_BEGIN_IN_REGISTERS {
            sums.fill(start);
        }
        (is_first && SUMS_BEGIN_IN_REGISTERS).then_some(start)
    }
}

/// A matrix, the vector that it multiplies, and the number of its columns.
#[derive(Clone, Copy, Debug)]
pub struct ProductSource {
    /// The matrix.
    pub w: TileSource,
    /// The vector.
    pub h: TileSource,
    /// Columns of the matrix.
    pub cols: usize,
}

/// A function of entries.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EntryFunction {
    /// A function of one number.
    Unary(Unary),
    /// A function of two numbers.
    Binary(Binary),
    /// An integer power.
    Powi(i32),
    /// A real power.
    Powf(f64),
    /// The second number where the first one is above zero, else the third.
    Select,
}

/// An instruction of a segment. It is run once for each mode of the segment unless stated otherwise.
#[derive(Clone, Copy, Debug)]
pub enum Instr {
    /// Copies an input of the batch into the tile.
    Load {
        /// The result.
        dst: TileTarget,
        /// Number of the input.
        input: usize,
    },
    /// A function of the entries of up to three values.
    Entries {
        /// The function.
        f: EntryFunction,
        /// The result.
        dst: TileTarget,
        /// The operands. A function of fewer values repeats the first one.
        operands: [TileSource; 3],
    },
    /// Softplus and sigmoid of one operand.
    SoftplusSigmoid {
        /// The softplus.
        h: TileTarget,
        /// The sigmoid.
        s: TileTarget,
        /// The operand.
        x: TileSource,
    },
    /// Sum or maximum over the rows.
    ReduceRows {
        /// The function.
        f: Binary,
        /// The result.
        dst: TileTarget,
        /// The operand.
        x: TileSource,
        /// Rows of a mode.
        rows: usize,
    },
    /// Runs once, since it combines all modes.
    ReduceModes {
        /// The function.
        f: Binary,
        /// The result.
        dst: TileTarget,
        /// The operand.
        x: TileSource,
        /// Number of modes.
        modes: usize,
    },
    /// `len` rows, or modes, of `x` copied to `start`, with zeros elsewhere.
    Pad {
        /// The result.
        dst: TileTarget,
        /// The operand.
        x: TileSource,
        /// The axis.
        axis: Axis,
        /// Index of the first entry of the operand in the result.
        start: usize,
        /// Extent of the operand.
        len: usize,
    },
    /// `(start + sum of the products) * factor`.
    MatVec {
        /// The result.
        dst: TileTarget,
        /// Value to which the products are added.
        start: Option<TileSource>,
        /// A product.
        first: ProductSource,
        /// Another one, if there are two.
        second: Option<ProductSource>,
        /// Factor of the sum.
        factor: Option<TileSource>,
    },
    /// Adds an outer product, summed over the samples of the tile, to a sink.
    Outer {
        /// Number of the sink.
        sink: usize,
        /// Sink to which the left vector itself is added, if there is one.
        sum: Option<usize>,
        /// The left vector.
        g: TileSource,
        /// The right vector.
        h: TileSource,
        /// Entries of the left vector.
        rows: usize,
        /// Entries of the right vector.
        cols: usize,
    },
    /// Reduces the samples of the tile into a sink.
    ReduceSamples {
        /// Number of the sink.
        sink: usize,
        /// The operand.
        x: TileSource,
        /// Rows of a mode.
        rows: usize,
    },
    /// Copies a value for each sample into an output. Runs once, for all modes.
    Store {
        /// Number of the output.
        output: usize,
        /// The operand.
        x: TileSource,
        /// Number of modes.
        modes: usize,
        /// Rows of a mode.
        rows: usize,
    },
}

/// An instruction of a stage: an operation on values that are the same for all samples.
#[derive(Clone, Copy, Debug)]
pub struct StageInstr {
    /// The operation.
    pub op: Op,
    /// Offset of the result among the uniform values.
    pub dst: usize,
    /// Shape of the result.
    pub shape: Shape,
    /// Locations and shapes of the operands.
    pub operands: [Option<(TileSource, Shape)>; 3],
}

/// Instructions of a segment, and the number of modes over which they loop.
#[derive(Clone, Debug)]
pub struct Code {
    /// Number of modes.
    pub modes: usize,
    /// The instructions, in order.
    pub instrs: Vec<Instr>,
}

/// An output of a plan.
#[derive(Clone, Copy, Debug)]
pub struct PlanOutput {
    /// True if there is one value for each sample.
    pub batched: bool,
    /// Numbers in it, for one sample if it is batched.
    pub len: usize,
    /// Its shape.
    pub shape: Shape,
    /// Location of the output if it is the same for all samples.
    pub source: Option<TileSource>,
}

/// A compiled graph: instructions and the extents of the storage that they need.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// Instructions before the first pass, and after each pass.
    pub stages: Vec<Vec<StageInstr>>,
    /// The segments of each pass over the samples.
    pub passes: Vec<Vec<Code>>,
    /// Range in `sinks` that belongs to each pass.
    pub pass_sinks: Vec<std::ops::Range<usize>>,
    /// The reductions over the samples.
    pub sinks: Vec<Sink>,
    /// The outputs, in order.
    pub outputs: Vec<PlanOutput>,
    /// Offset and length of each setting.
    pub settings: Vec<(usize, usize)>,
    /// Offset and value of each constant.
    pub constants: Vec<(usize, f64)>,
    /// Numbers of uniform storage.
    pub uniform_len: usize,
    /// Rows of tile storage.
    pub tile_len: usize,
    /// Lane vectors of partial results.
    pub sums_len: usize,
    /// Rows of scratch storage.
    pub scratch_len: usize,
}

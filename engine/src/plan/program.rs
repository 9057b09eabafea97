//! What a compiled plan consists of: instructions, and where each of them reads and writes.
//!
//! A program can be read ([`Plan::program`](super::Plan::program)), so that other back ends can be made of it than the kernels of this crate.

use crate::graph::{Axis, Binary, Op, Shape, Unary};
use crate::kernels::{BEGINS, Lane, Number};

/// The two kinds of storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// Values of the samples of the current tile. Offsets and strides count rows of lane vectors, since tiles differ in width.
    Tile,
    /// Values that are the same for all samples. Offsets and strides count numbers.
    Uniform,
}

/// How to read a value: entry `(mode, row, col)` is at `base + mode * strides[0] + row * strides[1] + col * strides[2]`.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// Which storage is read.
    pub space: Space,
    /// Where entry (0, 0, 0) is.
    pub base: usize,
    /// Distances between modes, rows and columns; 0 along an axis that is repeated.
    pub strides: [usize; 3],
}

/// Where to write a value of the tile: mode `m` begins at row `base + m * stride` and has `rows` rows.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// First row of the first mode.
    pub base: usize,
    /// Rows between two modes.
    pub stride: usize,
    /// Rows of a mode.
    pub rows: usize,
}

/// A reduction over the samples: where its partial results are accumulated lane by lane, and where its result is written.
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
    /// What it is without a sample.
    pub(super) fn start<T: Number>(&self) -> T {
        if self.f == Binary::Max { T::neg_infinity() } else { T::zero() }
    }

    /// Where one mode of its partial results is.
    #[inline(always)]
    pub(super) fn range(&self, mode: usize) -> std::ops::Range<usize> {
        let start = self.base + mode * self.len;
        start..start + self.len
    }

    /// What each of these partial results is to start from if the first tile is to come.
    #[inline(always)]
    pub(super) fn begin<V: Lane>(&self, sums: &mut [V], is_first: bool) -> Option<V> {
        let start = V::splat(self.start());
        if is_first && !BEGINS {
            sums.fill(start);
        }
        (is_first && BEGINS).then_some(start)
    }
}

/// A matrix, the vector that it multiplies, and the number of its columns.
#[derive(Clone, Copy, Debug)]
pub struct Product {
    /// The matrix.
    pub w: Source,
    /// The vector.
    pub h: Source,
    /// Columns of the matrix.
    pub cols: usize,
}

/// An instruction of a segment. It is run once for each mode of the segment unless stated otherwise.
#[derive(Clone, Copy, Debug)]
pub enum Instr {
    /// Copies an input of the batch into the tile.
    Load {
        /// The result.
        dst: Target,
        /// Number of the input.
        input: usize,
    },
    /// A function of each entry.
    Unary {
        /// The function.
        f: Unary,
        /// The result.
        dst: Target,
        /// The operand.
        x: Source,
    },
    /// Softplus and sigmoid of one operand.
    SoftplusSigmoid {
        /// The softplus.
        h: Target,
        /// The sigmoid.
        s: Target,
        /// The operand.
        x: Source,
    },
    /// A function of two values, entry by entry.
    Binary {
        /// The function.
        f: Binary,
        /// The result.
        dst: Target,
        /// The first operand.
        a: Source,
        /// The second operand.
        b: Source,
    },
    /// Each entry to an integer power.
    Powi {
        /// The result.
        dst: Target,
        /// The operand.
        x: Source,
        /// The power.
        n: i32,
    },
    /// Each entry to a real power.
    Powf {
        /// The result.
        dst: Target,
        /// The operand.
        x: Source,
        /// The power.
        power: f64,
    },
    /// `b` where `a > 0`, else `c`.
    Select {
        /// The result.
        dst: Target,
        /// The first operand.
        a: Source,
        /// The second operand.
        b: Source,
        /// The third operand.
        c: Source,
    },
    /// Sum or maximum over the rows.
    ReduceRows {
        /// The function.
        f: Binary,
        /// The result.
        dst: Target,
        /// The operand.
        x: Source,
        /// Rows of a mode.
        rows: usize,
    },
    /// Runs once, since it combines all modes.
    ReduceModes {
        /// The function.
        f: Binary,
        /// The result.
        dst: Target,
        /// The operand.
        x: Source,
        /// Number of modes.
        modes: usize,
    },
    /// `len` rows, or modes, of `x` copied to `start`, with zeros elsewhere.
    Pad {
        /// The result.
        dst: Target,
        /// The operand.
        x: Source,
        /// The axis.
        axis: Axis,
        /// Where the operand begins.
        start: usize,
        /// Extent of the operand.
        len: usize,
    },
    /// `(start + sum of the products) * factor`.
    MatVec {
        /// The result.
        dst: Target,
        /// What the products are added to.
        start: Option<Source>,
        /// A product.
        first: Product,
        /// Another one, if there are two.
        second: Option<Product>,
        /// What the sum is multiplied by.
        factor: Option<Source>,
    },
    /// Adds an outer product, summed over the samples of the tile, to a sink.
    Outer {
        /// Number of the sink.
        sink: usize,
        /// The sink that the left vector itself is added to, if there is one.
        sum: Option<usize>,
        /// The left vector.
        g: Source,
        /// The right vector.
        h: Source,
        /// Entries of the left vector.
        rows: usize,
        /// Entries of the right vector.
        cols: usize,
    },
    /// Reduces the samples of the tile into a sink.
    Drain {
        /// Number of the sink.
        sink: usize,
        /// The operand.
        x: Source,
        /// Rows of a mode.
        rows: usize,
    },
    /// Copies a value for each sample into an output. Runs once, for all modes.
    Store {
        /// Number of the output.
        output: usize,
        /// The operand.
        x: Source,
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
    /// Where the operands are read, and their shapes.
    pub operands: [Option<(Source, Shape)>; 3],
}

/// The instructions of a segment, and the number of modes that they loop over.
#[derive(Clone, Debug)]
pub struct Code {
    /// Number of modes.
    pub modes: usize,
    /// The instructions, in order.
    pub instrs: Vec<Instr>,
}

/// An output of a plan.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// Whether there is one value for each sample.
    pub batched: bool,
    /// Numbers in it, for one sample if it is batched.
    pub len: usize,
    /// Its shape.
    pub shape: Shape,
    /// Where to read it if it is the same for all samples.
    pub source: Option<Source>,
}

/// A compiled graph: instructions and the extents of the storage that they need.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// What is computed before the first pass, and after each pass.
    pub stages: Vec<Vec<StageInstr>>,
    /// The segments of each pass over the samples.
    pub passes: Vec<Vec<Code>>,
    /// Which of `sinks` belong to each pass.
    pub pass_sinks: Vec<std::ops::Range<usize>>,
    /// The reductions over the samples.
    pub sinks: Vec<Sink>,
    /// The outputs, in order.
    pub outputs: Vec<Output>,
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

//! What a compiled plan consists of: instructions, and where each of them reads and writes.

use crate::graph::{Axis, Binary, Op, Shape, Unary};

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
    pub space: Space,
    pub base: usize,
    pub strides: [usize; 3],
}

/// Where to write a value of the tile: mode `m` begins at row `base + m * stride` and has `rows` rows.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    pub base: usize,
    pub stride: usize,
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
    pub modes: usize,
    /// Offset of the result among the uniform values.
    pub result: usize,
}

/// A matrix, the vector that it multiplies, and the number of its columns.
#[derive(Clone, Copy, Debug)]
pub struct Product {
    pub w: Source,
    pub h: Source,
    pub cols: usize,
}

/// An instruction of a segment. It is run once for each mode of the segment unless stated otherwise.
#[derive(Clone, Copy, Debug)]
pub enum Instr {
    /// Copies an input of the batch into the tile.
    Load {
        dst: Target,
        input: usize,
    },
    Unary {
        f: Unary,
        dst: Target,
        x: Source,
    },
    SoftplusSigmoid {
        h: Target,
        s: Target,
        x: Source,
    },
    Binary {
        f: Binary,
        dst: Target,
        a: Source,
        b: Source,
    },
    Powi {
        dst: Target,
        x: Source,
        n: i32,
    },
    Powf {
        dst: Target,
        x: Source,
        power: f64,
    },
    Select {
        dst: Target,
        a: Source,
        b: Source,
        c: Source,
    },
    ReduceRows {
        f: Binary,
        dst: Target,
        x: Source,
        rows: usize,
    },
    /// Runs once, since it combines all modes.
    ReduceModes {
        f: Binary,
        dst: Target,
        x: Source,
        modes: usize,
    },
    /// `len` rows, or modes, of `x` copied to `start`, with zeros elsewhere.
    Pad {
        dst: Target,
        x: Source,
        axis: Axis,
        start: usize,
        len: usize,
    },
    /// `(start + sum of the products) * factor`.
    MatVec {
        dst: Target,
        start: Option<Source>,
        products: [Option<Product>; 2],
        factor: Option<Source>,
    },
    /// Adds an outer product, summed over the samples of the tile, to a sink.
    Outer {
        sink: usize,
        g: Source,
        h: Source,
        rows: usize,
        cols: usize,
    },
    /// Reduces the samples of the tile into a sink.
    Drain {
        sink: usize,
        x: Source,
        rows: usize,
    },
    /// Copies a value for each sample into an output. Runs once, for all modes.
    Store {
        output: usize,
        x: Source,
        modes: usize,
        rows: usize,
    },
}

/// An instruction of a stage: an operation on values that are the same for all samples.
#[derive(Clone, Copy, Debug)]
pub struct StageInstr {
    pub op: Op,
    /// Offset of the result among the uniform values.
    pub dst: usize,
    pub shape: Shape,
    pub operands: [Option<(Source, Shape)>; 3],
}

/// The instructions of a segment, and the number of modes that they loop over.
#[derive(Clone, Debug)]
pub struct Code {
    pub modes: usize,
    pub instrs: Vec<Instr>,
}

/// An output of a plan.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    pub batched: bool,
    /// Numbers in it, for one sample if it is batched.
    pub len: usize,
    pub shape: Shape,
    /// Where to read it if it is the same for all samples.
    pub source: Option<Source>,
}

/// A compiled graph: instructions and the extents of the storage that they need.
#[derive(Clone, Debug, Default)]
pub struct Program {
    pub stages: Vec<Vec<StageInstr>>,
    pub passes: Vec<Vec<Code>>,
    /// Which of `sinks` belong to each pass.
    pub pass_sinks: Vec<std::ops::Range<usize>>,
    pub sinks: Vec<Sink>,
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

//! The instructions of a segment, run on one tile of samples.

use std::marker::PhantomData;
use std::ops::Range;

use super::program::{Code, EntryFunction, Instr, ProductSource, Sink, StorageKind, TileSource, TileTarget};
use super::{Batch, Scalar};
use crate::graph::{Axis, Binary, Unary};
use crate::kernels::{self, Kernels, Lane, Matrix, Number, Rows, naive};

/// The function that copies its argument.
const COPY_FUNCTION: Unary = Unary::StopGradient;

/// The position of a tile in its batch.
pub struct TilePosition<'a, T: Scalar> {
    pub batch: &'a Batch<T>,
    pub tile: usize,
    /// Number of its first sample.
    pub first: usize,
    /// Number of its lanes that hold samples.
    pub valid: usize,
    /// True if it is the first tile of the sums.
    pub is_first: bool,
}

/// Storage that the instructions of a segment read and write.
pub struct TileRun<'a, T: Scalar, K> {
    /// Values that are the same for all samples.
    pub uniform: &'a mut [T],
    /// Values of the samples of the current tile.
    pub tile: &'a mut [T::Lane],
    /// Partial results of the sinks.
    pub sums: &'a mut [T::Lane],
    pub scratch: &'a mut [T::Lane],
    pub sinks: &'a [Sink],
    /// Lane vectors in a row of the current tile.
    pub width: usize,
    pub kernels: PhantomData<K>,
}

/// Operands of an instruction for one mode: the uniform values, and the tile without the range that is written. That range lies between `before` and
/// `after`.
#[derive(Clone, Copy)]
struct Operands<'a, T: Scalar> {
    uniform: &'a [T],
    before: &'a [T::Lane],
    after: &'a [T::Lane],
    /// Offset of `after` in the tile.
    after_starts: usize,
    mode: usize,
    width: usize,
}

impl<'a, T: Scalar> Operands<'a, T> {
    /// Operands of an instruction that does not write to the tile: the whole tile.
    fn all(uniform: &'a [T], tile: &'a [T::Lane], mode: usize, width: usize) -> Self {
        Self { uniform, before: tile, after: &[], after_starts: 0, mode, width }
    }

    /// The rows of a value.
    #[inline(always)]
    fn read(&self, x: TileSource, rows: usize) -> Rows<'a, T::Lane> {
        self.read_mode(self.mode, x, rows)
    }

    /// The rows of another mode of a value.
    #[inline(always)]
    fn read_mode(&self, mode: usize, x: TileSource, rows: usize) -> Rows<'a, T::Lane> {
        if x.space == StorageKind::Uniform {
            return Rows::Splat { values: &self.uniform[x.base + mode * x.strides[0]..], stride: x.strides[1] };
        }
        let (range, is_repeated) = tile_range(x, mode, rows, self.width);
        let lanes = if range.start < self.before.len() {
            &self.before[range]
        } else {
            &self.after[range.start - self.after_starts..range.end - self.after_starts]
        };
        if is_repeated { Rows::Same(lanes) } else { Rows::Each(lanes) }
    }

    /// A matrix and the vector that it multiplies.
    #[inline(always)]
    fn product(&self, ProductSource { w, h, cols }: ProductSource) -> kernels::MatrixVector<'a, T::Lane> {
        let values = &self.uniform[w.base + self.mode * w.strides[0]..];
        kernels::MatrixVector { w: Matrix { values, row: w.strides[1], col: w.strides[2] }, h: self.read(h, cols), cols }
    }

    /// Rows of a value with `filler` in the lanes that hold no sample, so that these lanes do not affect a reduction. If there are such lanes, the
    /// rows are copied to `scratch`.
    fn masked(&self, x: TileSource, rows: usize, valid: usize, filler: T, scratch: &'a mut [T::Lane]) -> Rows<'a, T::Lane> {
        let (from, width) = (self.read(x, rows), self.width);
        if valid == width * T::Lane::LANES {
            return from;
        }
        // A tile is no wider than its samples require. Only the last vector of a row therefore has lanes to fill.
        let last = width - 1;
        let left = valid - last * T::Lane::LANES;
        let scratch = &mut scratch[..rows * width];
        for (r, row) in scratch.chunks_exact_mut(width).enumerate() {
            let from = from.row(r, width);
            row.iter_mut().enumerate().for_each(|(t, vector)| *vector = from.get(t));
            row[last] = row[last].first(left, filler);
        }
        Rows::Each(scratch)
    }
}

/// Range of the rows of one mode of a value of the tile, and whether one stored row represents all of them.
#[inline(always)]
fn tile_range(x: TileSource, mode: usize, rows: usize, width: usize) -> (Range<usize>, bool) {
    let start = (x.base + mode * x.strides[0]) * width;
    let is_repeated = x.strides[1] == 0 && rows != 1;
    (start..start + if is_repeated { width } else { rows * width }, is_repeated)
}

impl<T: Scalar, K: Kernels<T::Lane>> TileRun<'_, T, K> {
    /// Runs a segment mode by mode. If `per_sample`, sums over the samples are omitted.
    pub fn segment(&mut self, code: &Code, at: &TilePosition<T>, outputs: &mut [impl AsMut<[T]>], per_sample: bool) {
        for mode in 0..code.modes {
            for instr in &code.instrs {
                match *instr {
                    Instr::Outer { .. } | Instr::ReduceSamples { .. } if per_sample => {}
                    _ => self.step(instr, mode, at, outputs),
                }
            }
        }
    }

    /// Range to which one mode of a value is written.
    #[inline(always)]
    fn range(&self, dst: TileTarget, mode: usize) -> Range<usize> {
        let start = (dst.base + mode * dst.stride) * self.width;
        start..start + dst.rows * self.width
    }

    /// Splits the tile into the range that is written and the operands that may be read meanwhile.
    #[inline(always)]
    fn split(&mut self, dst: TileTarget, mode: usize) -> (&mut [T::Lane], Operands<'_, T>) {
        let range = self.range(dst, mode);
        let (before, rest) = self.tile.split_at_mut(range.start);
        let (to, after) = rest.split_at_mut(range.len());
        (to, Operands { uniform: self.uniform, before, after, after_starts: range.end, mode, width: self.width })
    }

    /// Runs an instruction.
    #[inline(always)]
    fn step(&mut self, instr: &Instr, mode: usize, at: &TilePosition<T>, outputs: &mut [impl AsMut<[T]>]) {
        let width = self.width;
        match *instr {
            Instr::Outer { sink, sum, g, h, rows, cols } => self.outer([Some(sink), sum], [g, h], [rows, cols], mode, at),
            Instr::ReduceSamples { sink, x, rows } => self.reduce_samples(sink, x, rows, mode, at),
            Instr::Load { dst, input } => {
                let range = self.range(dst, mode);
                let from = &at.batch.tile(input, at.tile)[mode * range.len()..(mode + 1) * range.len()];
                self.tile[range].copy_from_slice(from);
            }
            Instr::Store { output, x, modes, rows } => self.store(outputs[output].as_mut(), x, [modes, rows], at),
            Instr::SoftplusSigmoid { h, s, x } => self.softplus_sigmoid([h, s], x, mode),
            Instr::Entries { f, dst, operands } => {
                let (to, from) = self.split(dst, mode);
                let read = |k: usize| from.read(operands[k], dst.rows);
                match f {
                    EntryFunction::Unary(f) => K::unary(f, to, read(0), width),
                    EntryFunction::Binary(f) => K::binary(f, to, read(0), read(1), width),
                    EntryFunction::Powi(n) => K::powi(to, read(0), n, width),
                    EntryFunction::Powf(power) => K::powf(to, read(0), Number::narrow(power), width),
                    EntryFunction::Select => K::select(to, read(0), read(1), read(2), width),
                }
            }
            Instr::ReduceRows { f, dst, x, rows } => {
                let (to, from) = self.split(dst, mode);
                K::reduce_rows(f, to, from.read(x, rows), rows, width);
            }
            Instr::ReduceModes { f, dst, x, modes } => {
                let (to, from) = self.split(dst, mode);
                // Modes that are stored one after another are rows of a matrix. Small modules have no faster kernel for them.
                let is_matrix = x.space == StorageKind::Tile && x.strides[0] == dst.rows && (x.strides[1] == 1 || dst.rows == 1);
                if is_matrix && !cfg!(target_arch = "wasm32") {
                    let all = from.read(TileSource { strides: [0, 1, 0], ..x }, modes * dst.rows);
                    return K::reduce_rows(f, to, all, modes, dst.rows * width);
                }
                K::unary(COPY_FUNCTION, to, from.read_mode(0, x, dst.rows), width);
                for other in 1..modes {
                    K::accumulate(f, to, from.read_mode(other, x, dst.rows), width);
                }
            }
            Instr::Pad { dst, x, axis, start, len } => {
                let (to, from) = self.split(dst, mode);
                to.fill(T::Lane::zero());
                if axis == Axis::Rows {
                    K::unary(COPY_FUNCTION, &mut to[start * width..(start + len) * width], from.read(x, len), width);
                } else if (start..start + len).contains(&mode) {
                    K::unary(COPY_FUNCTION, to, from.read_mode(mode - start, x, dst.rows), width);
                }
            }
            Instr::MatVec { dst, start, first, second, factor } => {
                let (to, from) = self.split(dst, mode);
                let rows = |x: Option<TileSource>| x.map(|x| from.read(x, dst.rows));
                let second = second.map(|product| from.product(product));
                K::matvec(to, rows(start), from.product(first), second, rows(factor), width);
            }
        }
    }

    /// Writes the softplus to `h` and the sigmoid to `s`.
    fn softplus_sigmoid(&mut self, [h, s]: [TileTarget; 2], x: TileSource, mode: usize) {
        let (rows, width) = (h.rows, self.width);
        let [h, s] = [h, s].map(|dst| self.range(dst, mode));
        let disjoint = "an operation's operand and results are stored apart";
        if x.space == StorageKind::Uniform {
            let [h, s] = self.tile.get_disjoint_mut([h, s]).expect(disjoint);
            K::softplus_sigmoid(h, s, Operands::all(self.uniform, &[], mode, width).read(x, rows), width);
            return;
        }
        let (range, is_repeated) = tile_range(x, mode, rows, width);
        let [h, s, x] = self.tile.get_disjoint_mut([h, s, range]).expect(disjoint);
        K::softplus_sigmoid(h, s, if is_repeated { Rows::Same(x) } else { Rows::Each(x) }, width);
    }

    /// Adds the outer products of the tile's samples to a sink. If a second sink is given, adds their left vectors to it.
    fn outer(
        &mut self,
        sinks: [Option<usize>; 2],
        [g, h]: [TileSource; 2],
        [rows, cols]: [usize; 2],
        mode: usize,
        at: &TilePosition<T>,
    ) {
        let sinks = sinks.map(|sink| sink.map(|sink| &self.sinks[sink]));
        let ranges = sinks.map(|sink| sink.map_or(0..0, |sink| sink.range(mode)));
        let mut sums = self.sums.get_disjoint_mut(ranges).expect("sinks are stored apart");
        let starts = std::array::from_fn::<_, 2, _>(|k| sinks[k].and_then(|sink| sink.initial_sum(&mut *sums[k], at.is_first)));
        let from = Operands::all(self.uniform, self.tile, mode, self.width);
        let g = from.masked(g, rows, at.valid, T::zero(), self.scratch);
        K::outer(sums, starts[0], [g, from.read(h, cols)], cols, self.width);
    }

    /// Reduces the tile's samples into a sink.
    fn reduce_samples(&mut self, sink: usize, x: TileSource, rows: usize, mode: usize, at: &TilePosition<T>) {
        let sink = &self.sinks[sink];
        let sums = &mut self.sums[sink.range(mode)];
        let start = sink.initial_sum(sums, at.is_first);
        let x = Operands::all(self.uniform, self.tile, mode, self.width).masked(x, rows, at.valid, sink.start(), self.scratch);
        K::reduce_samples(sink.f, sums, start, x, self.width);
    }

    /// Combines the lanes of a sink and writes its result.
    pub fn finish(&mut self, sink: &Sink) {
        let len = sink.len * sink.modes;
        let results = &mut self.uniform[sink.result..sink.result + len];
        let sums = &self.sums[sink.base..sink.base + len];
        match sink.f {
            Binary::Add => T::Lane::sums(sums, results),
            f => results.iter_mut().zip(sums).for_each(|(result, lanes)| *result = lanes.fold(|a, b| naive::binary(f, a, b))),
        }
    }

    /// Writes the contribution of one sample to each sink as the result of that sink. The sample is given by its lane in the tile.
    pub fn write_sample(&mut self, codes: &[Code], lane: usize) {
        let (t, lane) = (lane / T::Lane::LANES, lane % T::Lane::LANES);
        for code in codes {
            for mode in 0..code.modes {
                for instr in &code.instrs {
                    match *instr {
                        Instr::Outer { sink, g, h, rows, cols, .. } => {
                            let result = self.sinks[sink].result + mode * rows * cols;
                            for i in 0..rows {
                                let g = self.number(g, mode, i, [t, lane]);
                                for j in 0..cols {
                                    self.uniform[result + i * cols + j] = g * self.number(h, mode, j, [t, lane]);
                                }
                            }
                        }
                        Instr::ReduceSamples { sink, x, rows } => {
                            for r in 0..rows {
                                self.uniform[self.sinks[sink].result + mode * rows + r] = self.number(x, mode, r, [t, lane]);
                            }
                        }
                        _ => {}
                    }
                }
            }
        }
    }

    /// One entry of a value for one sample, given by a lane of the `t`-th vector.
    #[inline(always)]
    fn number(&self, x: TileSource, mode: usize, row: usize, [t, lane]: [usize; 2]) -> T {
        let at = x.base + mode * x.strides[0] + row * x.strides[1];
        match x.space {
            StorageKind::Tile => self.tile[at * self.width + t].lane(lane),
            StorageKind::Uniform => self.uniform[at],
        }
    }

    /// Copies a value for each sample of the tile into an output.
    fn store(&self, output: &mut [T], x: TileSource, [modes, rows]: [usize; 2], at: &TilePosition<T>) {
        let mut numbers = [T::zero(); 16];
        let numbers = &mut numbers[..T::Lane::LANES];
        for mode in 0..modes {
            let x = Operands::all(self.uniform, self.tile, mode, self.width).read(x, rows);
            for r in 0..rows {
                let row = x.row(r, self.width);
                for t in 0..self.width {
                    row.get(t).store(numbers);
                    let first = t * T::Lane::LANES;
                    for (lane, &number) in numbers.iter().take(at.valid - first).enumerate() {
                        output[((at.first + first + lane) * modes + mode) * rows + r] = number;
                    }
                }
            }
        }
    }
}

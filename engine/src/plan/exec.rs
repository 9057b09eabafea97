//! The replay: stages and passes, instruction by instruction.

use super::program::{Code, Instr, Product, Sink, Source, Space, StageInstr, Target};
use super::{Batch, Drain, KernelSet, Plan, Scalar};
use crate::graph::{Axis, Binary, Op, Shape};
use crate::kernels::{self, Kernels, Lane, Matrix, Rows, naive, simd::Simd};

/// Runs the whole program.
pub fn run<T: Scalar>(plan: &mut Plan<T>, batch: &Batch<T>) {
    match plan.kernels {
        KernelSet::Simd => replay::<T, Simd>(plan, batch),
        #[cfg(feature = "naive")]
        KernelSet::Naive => replay::<T, naive::Naive>(plan, batch),
    }
}

fn replay<T: Scalar, K: Kernels<T::Lane>>(plan: &mut Plan<T>, batch: &Batch<T>) {
    let program = &plan.program;
    let per_sample = plan.drain == Drain::PerSample;
    for (output, place) in plan.outputs.iter_mut().zip(&program.outputs) {
        let copies = if place.batched || per_sample { batch.samples() } else { 1 };
        output.resize(copies * place.len, T::zero());
    }
    let mut tile = TileRun {
        tile: &mut plan.tile,
        sums: &mut plan.sums,
        scratch: &mut plan.scratch,
        sinks: &program.sinks,
        width: plan.width,
        kernels: std::marker::PhantomData::<K>,
    };
    for (pass, codes) in program.passes.iter().enumerate() {
        run_stage(&program.stages[pass], &mut plan.uniform);
        let sinks = &program.sinks[program.pass_sinks[pass].clone()];
        for sink in sinks {
            let start = if sink.f == Binary::Max { T::neg_infinity() } else { T::zero() };
            tile.sums[sink.base..sink.base + sink.len * sink.modes].fill(T::Lane::splat(start));
        }
        for k in 0..batch.tiles() {
            let first = k * batch.tile_samples();
            let at = Position { batch, tile: k, first, valid: (batch.samples() - first).min(batch.tile_samples()) };
            // The last tile is only as wide as its samples need.
            tile.width = batch.tile_width(k);
            for code in codes {
                tile.segment(code, &at, &plan.uniform, &mut plan.outputs, per_sample);
            }
            if per_sample {
                for lane in 0..at.valid {
                    tile.drain_one(codes, lane, &mut plan.uniform);
                    run_stage(&program.stages[pass + 1], &mut plan.uniform);
                    for (output, place) in plan.outputs.iter_mut().zip(&program.outputs) {
                        if let Some(source) = place.source {
                            let row = &mut output[(first + lane) * place.len..][..place.len];
                            copy_out(&plan.uniform, source, place.shape, row);
                        }
                    }
                }
            }
        }
        if !per_sample {
            for sink in sinks {
                tile.finish(sink, &mut plan.uniform);
            }
        }
    }
    if !per_sample || program.passes.is_empty() {
        run_stage(&program.stages[program.passes.len()], &mut plan.uniform);
        for (output, place) in plan.outputs.iter_mut().zip(&program.outputs) {
            if let Some(source) = place.source {
                for row in output.chunks_exact_mut(place.len) {
                    copy_out(&plan.uniform, source, place.shape, row);
                }
            }
        }
    }
}

/// A tile of a batch.
struct Position<'a, T: Scalar> {
    batch: &'a Batch<T>,
    tile: usize,
    /// Number of its first sample.
    first: usize,
    /// How many of its lanes hold samples.
    valid: usize,
}

struct TileRun<'a, T: Scalar, K> {
    tile: &'a mut [T::Lane],
    sums: &'a mut [T::Lane],
    scratch: &'a mut [T::Lane],
    sinks: &'a [Sink],
    /// Lane vectors in a row of the tile at work.
    width: usize,
    kernels: std::marker::PhantomData<K>,
}

/// A part of the tile to write, and the rest to read.
struct Split<'a, V> {
    before: &'a [V],
    after: &'a [V],
    after_starts: usize,
}

impl<'a, V> Split<'a, V> {
    #[inline(always)]
    fn get(&self, start: usize, len: usize) -> &'a [V] {
        if start < self.before.len() { &self.before[start..start + len] } else { &self.after[start - self.after_starts..][..len] }
    }
}

fn split<V>(tile: &mut [V], start: usize, len: usize) -> (&mut [V], Split<'_, V>) {
    let (before, rest) = tile.split_at_mut(start);
    let (dst, after) = rest.split_at_mut(len);
    (dst, Split { before, after, after_starts: start + len })
}

impl<T: Scalar, K: Kernels<T::Lane>> TileRun<'_, T, K> {
    fn segment(&mut self, code: &Code, at: &Position<T>, uniform: &[T], outputs: &mut [Vec<T>], per_sample: bool) {
        for mode in 0..code.modes {
            for instr in &code.instrs {
                match *instr {
                    Instr::Outer { .. } | Instr::Drain { .. } if per_sample => {}
                    Instr::Outer { sink, g, h, rows, cols } => self.outer(sink, g, h, [rows, cols], mode, at.valid, uniform),
                    Instr::Drain { sink, x, rows } => self.drain(sink, x, rows, mode, at.valid, uniform),
                    Instr::Load { dst, input } => {
                        let len = dst.rows * self.width;
                        let from = &at.batch.tile(input, at.tile)[mode * len..(mode + 1) * len];
                        self.tile[(dst.base + mode * dst.stride) * self.width..][..len].copy_from_slice(from);
                    }
                    Instr::Store { output, x, modes, rows } => self.store(&mut outputs[output], x, [modes, rows], at, uniform),
                    _ => self.compute(instr, mode, uniform),
                }
            }
        }
    }

    /// The instructions that write a tile value.
    #[inline(always)]
    fn compute(&mut self, instr: &Instr, mode: usize, uniform: &[T]) {
        let width = self.width;
        let begin = |dst: Target| ((dst.base + mode * dst.stride) * width, dst.rows * width);
        match *instr {
            Instr::SoftplusSigmoid { h, s, x } => {
                let (h, s) = (begin(h), begin(s));
                let (first, second) = if h.0 < s.0 { (h, s) } else { (s, h) };
                let (before, rest) = self.tile.split_at_mut(first.0);
                let (one, rest) = rest.split_at_mut(first.1);
                let (between, rest) = rest.split_at_mut(second.0 - first.0 - first.1);
                let (two, after) = rest.split_at_mut(second.1);
                let (to_h, to_s) = if h.0 < s.0 { (one, two) } else { (two, one) };
                let source = (x.base + mode * x.strides[0]) * width;
                let x = match x.space {
                    Space::Uniform => read(&Split { before: &[], after: &[], after_starts: 0 }, uniform, x, mode, h.1, width),
                    Space::Tile if source >= first.0 + first.1 && source < second.0 => {
                        let rest = Split { before: &[], after: between, after_starts: first.0 + first.1 };
                        read(&rest, uniform, x, mode, h.1, width)
                    }
                    Space::Tile => {
                        let rest = Split { before, after, after_starts: second.0 + second.1 };
                        read(&rest, uniform, x, mode, h.1, width)
                    }
                };
                K::softplus_sigmoid(to_h, to_s, x, width);
            }
            Instr::Unary { f, dst, x } => {
                let (start, len) = begin(dst);
                let (dst, rest) = split(self.tile, start, len);
                K::unary(f, dst, read(&rest, uniform, x, mode, len, width), width);
            }
            Instr::Binary { f, dst, a, b } => {
                let (start, len) = begin(dst);
                let (dst, rest) = split(self.tile, start, len);
                let read = |x| read(&rest, uniform, x, mode, len, width);
                K::binary(f, dst, read(a), read(b), width);
            }
            Instr::Powi { dst, x, n } => {
                let (start, len) = begin(dst);
                let (dst, rest) = split(self.tile, start, len);
                K::powi(dst, read(&rest, uniform, x, mode, len, width), n, width);
            }
            Instr::Select { dst, a, b, c } => {
                let (start, len) = begin(dst);
                let (dst, rest) = split(self.tile, start, len);
                let read = |x| read(&rest, uniform, x, mode, len, width);
                K::select(dst, read(a), read(b), read(c), width);
            }
            Instr::ReduceRows { f, dst, x, rows } => {
                let (start, len) = begin(dst);
                let (dst, rest) = split(self.tile, start, len);
                K::reduce_rows(f, dst, read(&rest, uniform, x, mode, rows * width, width), rows, width);
            }
            Instr::ReduceModes { f, dst, x, modes } => {
                let (start, len) = begin(dst);
                let (dst, rest) = split(self.tile, start, len);
                K::unary(crate::graph::Unary::StopGradient, dst, read(&rest, uniform, x, 0, len, width), width);
                for other in 1..modes {
                    K::accumulate(f, dst, read(&rest, uniform, x, other, len, width), width);
                }
            }
            Instr::Pad { dst, x, axis, start, len } => {
                let (at, size) = begin(dst);
                let (dst, rest) = split(self.tile, at, size);
                dst.fill(T::Lane::zero());
                let copy = crate::graph::Unary::StopGradient;
                if axis == Axis::Rows {
                    K::unary(
                        copy,
                        &mut dst[start * width..(start + len) * width],
                        read(&rest, uniform, x, mode, len * width, width),
                        width,
                    );
                } else if (start..start + len).contains(&mode) {
                    K::unary(copy, dst, read(&rest, uniform, x, mode - start, size, width), width);
                }
            }
            Instr::MatVec { dst, start, products, factor } => {
                let (at, len) = begin(dst);
                let (dst, rest) = split(self.tile, at, len);
                let rows = |x: Option<Source>| x.map(|x| read(&rest, uniform, x, mode, len, width));
                let product = |p: Option<Product>| {
                    p.map(|Product { w, h, cols }| kernels::Product {
                        w: Matrix { values: &uniform[w.base + mode * w.strides[0]..], row: w.strides[1], col: w.strides[2] },
                        h: read(&rest, uniform, h, mode, cols * width, width),
                        cols,
                    })
                };
                K::matvec(dst, rows(start), products.map(product), rows(factor), width);
            }
            Instr::Load { .. } | Instr::Store { .. } | Instr::Outer { .. } | Instr::Drain { .. } => {}
        }
    }

    /// The rows of `x` with the lanes that hold no sample filled, in the scratch.
    fn masked(&mut self, x: Source, rows: usize, mode: usize, valid: usize, filler: T, uniform: &[T]) {
        let width = self.width;
        let rest = Split { before: self.tile, after: &[], after_starts: 0 };
        let from = read(&rest, uniform, x, mode, rows * width, width);
        // A tile is as wide as its samples need, so only the last vector of a row has lanes to fill.
        let last = width - 1;
        let left = valid - last * T::Lane::LANES;
        for (r, row) in self.scratch[..rows * width].chunks_exact_mut(width).enumerate() {
            let from = from.row(r, width);
            row.iter_mut().enumerate().for_each(|(t, vector)| *vector = from.get(t));
            row[last] = row[last].first(left, filler);
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn outer(&mut self, sink: usize, g: Source, h: Source, [rows, cols]: [usize; 2], mode: usize, valid: usize, uniform: &[T]) {
        let width = self.width;
        let whole = valid == width * T::Lane::LANES;
        if !whole {
            self.masked(g, rows, mode, valid, T::zero(), uniform);
        }
        let sink = &self.sinks[sink];
        let sums = &mut self.sums[sink.base + mode * sink.len..][..sink.len];
        let rest = Split { before: self.tile, after: &[], after_starts: 0 };
        let g =
            if whole { read(&rest, uniform, g, mode, rows * width, width) } else { Rows::Each(&self.scratch[..rows * width]) };
        let h = read(&rest, uniform, h, mode, cols * width, width);
        K::outer(sums, g, h, rows, cols, width);
    }

    fn drain(&mut self, sink: usize, x: Source, rows: usize, mode: usize, valid: usize, uniform: &[T]) {
        let width = self.width;
        let f = self.sinks[sink].f;
        let whole = valid == width * T::Lane::LANES;
        if !whole {
            let filler = if f == Binary::Max { T::neg_infinity() } else { T::zero() };
            self.masked(x, rows, mode, valid, filler, uniform);
        }
        let sink = &self.sinks[sink];
        let sums = &mut self.sums[sink.base + mode * sink.len..][..sink.len];
        let rest = Split { before: self.tile, after: &[], after_starts: 0 };
        let x =
            if whole { read(&rest, uniform, x, mode, rows * width, width) } else { Rows::Each(&self.scratch[..rows * width]) };
        K::reduce_samples(f, sums, x, width);
    }

    /// The collected lanes of a sink into its result.
    fn finish(&self, sink: &Sink, uniform: &mut [T]) {
        let len = sink.len * sink.modes;
        let results = &mut uniform[sink.result..sink.result + len];
        let sums = results.iter_mut().zip(&self.sums[sink.base..sink.base + len]);
        // Nearly every sink is a sum: that loop is worth its own code.
        match sink.f {
            Binary::Add => sums.for_each(|(result, lanes)| *result = lanes.fold(|a, b| a + b)),
            f => sums.for_each(|(result, lanes)| *result = lanes.fold(|a, b| naive::binary(f, a, b))),
        }
    }

    /// All sinks for one lane of the tile, straight into their results.
    fn drain_one(&self, codes: &[Code], lane: usize, uniform: &mut [T]) {
        let (t, lane) = (lane / T::Lane::LANES, lane % T::Lane::LANES);
        let number = |x: Source, mode: usize, row: usize, uniform: &[T]| {
            let at = x.base + mode * x.strides[0] + row * x.strides[1];
            match x.space {
                Space::Tile => self.tile[at * self.width + t].lane(lane),
                Space::Uniform => uniform[at],
            }
        };
        for code in codes {
            for mode in 0..code.modes {
                for instr in &code.instrs {
                    match *instr {
                        Instr::Outer { sink, g, h, rows, cols } => {
                            let result = self.sinks[sink].result + mode * rows * cols;
                            for i in 0..rows {
                                let g = number(g, mode, i, uniform);
                                for j in 0..cols {
                                    uniform[result + i * cols + j] = g * number(h, mode, j, uniform);
                                }
                            }
                        }
                        Instr::Drain { sink, x, rows } => {
                            for r in 0..rows {
                                uniform[self.sinks[sink].result + mode * rows + r] = number(x, mode, r, uniform);
                            }
                        }
                        _ => {}
                    }
                }
            }
        }
    }

    fn store(&self, output: &mut [T], x: Source, [modes, rows]: [usize; 2], at: &Position<T>, uniform: &[T]) {
        let width = self.width;
        let rest = Split { before: self.tile, after: &[], after_starts: 0 };
        for mode in 0..modes {
            let x = read(&rest, uniform, x, mode, rows * width, width);
            for r in 0..rows {
                let row = x.row(r, width);
                let mut numbers = [T::zero(); 16];
                let numbers = &mut numbers[..T::Lane::LANES];
                for t in 0..width {
                    row.get(t).store(numbers);
                    let first = at.first + t * T::Lane::LANES;
                    let valid = at.first + at.valid - first;
                    for (lane, &number) in numbers.iter().take(valid).enumerate() {
                        output[((first + lane) * modes + mode) * rows + r] = number;
                    }
                }
            }
        }
    }
}

/// The rows of one mode of a source; `len` vectors if it is stored row after row.
#[inline(always)]
fn read<'a, T: Scalar>(
    rest: &Split<'a, T::Lane>,
    uniform: &'a [T],
    x: Source,
    mode: usize,
    len: usize,
    width: usize,
) -> Rows<'a, T::Lane>
where
{
    let base = x.base + mode * x.strides[0];
    match x.space {
        Space::Uniform => Rows::Splat { values: &uniform[base..], stride: x.strides[1] },
        Space::Tile => {
            let same = x.strides[1] == 0 && len != width;
            let len = if same { width } else { len };
            let from = rest.get(base * width, len);
            if same { Rows::Same(from) } else { Rows::Each(from) }
        }
    }
}

fn copy_out<T: Scalar>(uniform: &[T], source: Source, shape: Shape, row: &mut [T]) {
    if is_whole(source, shape) {
        row.copy_from_slice(&uniform[source.base..source.base + shape.len()]);
        return;
    }
    for (k, number) in row.iter_mut().enumerate() {
        *number = uniform[index(source, shape, k)];
    }
}

/// Whether the entries of a value lie one after the other.
fn is_whole(source: Source, shape: Shape) -> bool {
    let [modes, rows, cols] = source.strides;
    (shape.modes == 1 || modes == shape.rows * shape.cols)
        && (shape.rows == 1 || rows == shape.cols)
        && (shape.cols == 1 || cols == 1)
}

/// Where the `k`-th entry of a value of this shape is.
fn index(source: Source, shape: Shape, k: usize) -> usize {
    let (mode, row, col) = (k / (shape.rows * shape.cols), k / shape.cols % shape.rows, k % shape.cols);
    source.base + mode * source.strides[0] + row * source.strides[1] + col * source.strides[2]
}

fn run_stage<T: Scalar>(stage: &[StageInstr], uniform: &mut [T]) {
    for instr in stage {
        let len = instr.shape.len();
        // The common cases run straight through; everything else is looked up entry by entry.
        let whole = instr.operands.iter().flatten().all(|&(source, shape)| shape == instr.shape && is_whole(source, shape));
        let base = |n: usize| instr.operands[n].map_or(0, |(source, _)| source.base);
        match instr.op {
            Op::Unary(f, _) if whole => (0..len).for_each(|k| uniform[instr.dst + k] = naive::unary(f, uniform[base(0) + k])),
            Op::Binary(f, ..) if whole => {
                let (a, b) = (base(0), base(1));
                (0..len).for_each(|k| uniform[instr.dst + k] = naive::binary(f, uniform[a + k], uniform[b + k]));
            }
            _ => (0..len).for_each(|k| uniform[instr.dst + k] = stage_entry(instr, k, uniform)),
        }
    }
}

/// The `k`-th entry of the result of a stage's instruction.
fn stage_entry<T: Scalar>(instr: &StageInstr, k: usize, uniform: &[T]) -> T {
    let shape = instr.shape;
    let operand = |n: usize| instr.operands[n].expect("an operation has its operands");
    let same = |n: usize| {
        let (source, of) = operand(n);
        uniform[index(source, of, k)]
    };
    let (mode, row, col) = (k / (shape.rows * shape.cols), k / shape.cols % shape.rows, k % shape.cols);
    let at = |n: usize, [mode, row, col]: [usize; 3]| {
        let (source, _) = operand(n);
        uniform[source.base + mode * source.strides[0] + row * source.strides[1] + col * source.strides[2]]
    };
    match instr.op {
        Op::Unary(f, _) => naive::unary(f, same(0)),
        Op::Binary(f, ..) => naive::binary(f, same(0), same(1)),
        Op::Powi(_, n) => same(0).powi(n),
        Op::Select(..) => naive::select(same(0), same(1), same(2)),
        Op::Sum(axis, _) | Op::Max(axis, _) => {
            let f = if matches!(instr.op, Op::Sum(..)) { Binary::Add } else { Binary::Max };
            let extent = operand(0).1.extent(axis).unwrap_or(1);
            let entry = |n: usize| match axis {
                Axis::Modes => at(0, [n, row, col]),
                Axis::Rows => at(0, [mode, n, col]),
                _ => at(0, [mode, row, n]),
            };
            (1..extent).fold(entry(0), |sum, n| naive::binary(f, sum, entry(n)))
        }
        Op::Pad { axis, start, .. } => {
            let of = operand(0).1;
            let (start, len) = (start as usize, of.extent(axis).unwrap_or(1));
            let mut place = [mode, row, col];
            let along = match axis {
                Axis::Modes => 0,
                Axis::Rows => 1,
                _ => 2,
            };
            if (start..start + len).contains(&place[along]) {
                place[along] -= start;
                at(0, place)
            } else {
                T::zero()
            }
        }
        Op::MatVec(..) => (0..operand(1).1.rows).map(|j| at(0, [mode, row, j]) * at(1, [mode, j, 0])).sum(),
        Op::MatVecT(..) => (0..operand(1).1.rows).map(|j| at(0, [mode, j, row]) * at(1, [mode, j, 0])).sum(),
        Op::Outer(..) => at(0, [mode, row, 0]) * at(1, [mode, col, 0]),
        op => unreachable!("{op:?} is read, not run"),
    }
}

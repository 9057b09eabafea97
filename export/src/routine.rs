//! A function as the instructions of its compiled plan, with the tables of numbers that they read.

use multiwell::internal::numerics::statistics::sort_by;
use multiwell_engine::graph::Axis;
use multiwell_engine::plan::program::{Instr, Program, StorageKind, TileSource};

use super::function::Function;

/// Tables of numbers that are known when the code is written. Equal tables are stored once.
#[derive(Debug, Default)]
pub struct Tables {
    list: Vec<Vec<f64>>,
}

impl Tables {
    /// Index of a table.
    pub fn number_of(&mut self, values: &[f64]) -> usize {
        let same =
            |table: &Vec<f64>| table.len() == values.len() && table.iter().zip(values).all(|(a, b)| a.to_bits() == b.to_bits());
        self.list.iter().position(same).unwrap_or_else(|| {
            self.list.push(values.to_vec());
            self.list.len() - 1
        })
    }

    /// All tables, in the order of their indices.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &[f64])> {
        self.list.iter().map(Vec::as_slice).enumerate()
    }
}

/// Source of an entry.
#[derive(Clone, Copy, Debug)]
pub enum EntrySource {
    Number(f64),
    /// A table: entry (mode, row, col) at `base + mode * strides[0] + row * strides[1] + col * strides[2]`.
    Table {
        table: usize,
        base: usize,
        strides: [usize; 3],
    },
    /// The computed values: entry (mode, row, col) at `base + mode * strides[0] + row * strides[1] + col * strides[2]`.
    Tile {
        base: usize,
        strides: [usize; 3],
    },
}

/// A function as instructions.
#[derive(Debug)]
pub struct Routine {
    program: Program,
    /// The known values, at the offsets of [`StorageKind::Uniform`].
    uniform: Vec<f64>,
    /// Ranges of the known values that are read, with the index of their table. The ranges do not overlap.
    spans: Vec<([usize; 2], usize)>,
}

impl Routine {
    /// Compiles functions. Their tables are shared.
    pub fn all(functions: &[Function]) -> (Vec<Self>, Tables) {
        let mut tables = Tables::default();
        (functions.iter().map(|function| Self::new(function, &mut tables)).collect(), tables)
    }

    /// Compiles a function. The arrays that it reads are added to `tables`.
    fn new(function: &Function, tables: &mut Tables) -> Self {
        let plan = function.plan_of(&function.nodes());
        let (program, uniform) = (plan.program().clone(), plan.uniform().to_vec());
        let codes = program.passes.iter().flatten();
        let reads = codes.flat_map(|code| code.instrs.iter().flat_map(|instr| reads(instr, code.modes)));
        let known = |source: &TileSource| source.space == StorageKind::Uniform;
        let end = |source: &TileSource, extents: &[usize; 3]| {
            source.base + source.strides.iter().zip(extents).map(|(stride, extent)| stride * (extent - 1)).sum::<usize>()
        };
        let mut ranges: Vec<[usize; 2]> = reads
            .filter(|(source, _)| known(source))
            .map(|(source, extents)| [source.base, end(&source, &extents) + 1])
            .filter(|[low, high]| high - low > 1)
            .collect();
        sort_by(&mut ranges, |[low, _]| *low as f64);
        let mut merged: Vec<[usize; 2]> = Vec::new();
        for [low, high] in ranges {
            match merged.last_mut() {
                Some([_, end]) if low < *end => *end = high.max(*end),
                _ => merged.push([low, high]),
            }
        }
        let spans = merged.into_iter().map(|[low, high]| ([low, high], tables.number_of(&uniform[low..high]))).collect();
        Self { program, uniform, spans }
    }

    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Source of a value with the given extents.
    pub fn place(&self, source: TileSource, extents: [usize; 3]) -> EntrySource {
        let mut strides = source.strides;
        strides.iter_mut().zip(extents).filter(|(_, extent)| *extent == 1).for_each(|(stride, _)| *stride = 0);
        match source.space {
            StorageKind::Tile => EntrySource::Tile { base: source.base, strides },
            StorageKind::Uniform if strides == [0; 3] => EntrySource::Number(self.uniform[source.base]),
            StorageKind::Uniform => {
                let span = self.spans.iter().find(|([low, high], _)| (*low..*high).contains(&source.base));
                let &([low, _], table) = span.expect("what an instruction reads is in a table");
                EntrySource::Table { table, base: source.base - low, strides }
            }
        }
    }
}

/// Operands of an instruction, with the extents `[modes, rows, cols]` of each.
fn reads(instr: &Instr, modes: usize) -> Vec<(TileSource, [usize; 3])> {
    match *instr {
        Instr::Load { .. } => Vec::new(),
        Instr::Entries { dst, operands, .. } => operands.map(|x| (x, [modes, dst.rows, 1])).into(),
        Instr::SoftplusSigmoid { h, x, .. } => vec![(x, [modes, h.rows, 1])],
        Instr::ReduceRows { x, rows, .. } | Instr::ReduceSamples { x, rows, .. } => vec![(x, [modes, rows, 1])],
        Instr::ReduceModes { dst, x, modes, .. } => vec![(x, [modes, dst.rows, 1])],
        Instr::Pad { dst, x, axis: Axis::Modes, len, .. } => vec![(x, [len, dst.rows, 1])],
        Instr::Pad { x, len, .. } => vec![(x, [modes, len, 1])],
        Instr::MatVec { dst, start, first, second, factor } => {
            let rows = [start, factor].into_iter().flatten().map(|x| (x, [modes, dst.rows, 1]));
            let products = std::iter::once(first).chain(second);
            rows.chain(products.flat_map(|p| [(p.w, [modes, dst.rows, p.cols]), (p.h, [modes, p.cols, 1])])).collect()
        }
        Instr::Outer { g, h, rows, cols, .. } => vec![(g, [modes, rows, 1]), (h, [modes, cols, 1])],
        Instr::Store { x, modes, rows, .. } => vec![(x, [modes, rows, 1])],
    }
}

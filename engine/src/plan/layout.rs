//! Where everything is stored, and the instructions that follow from it.
//!
//! A tile value that lives beyond its segment has room for all its modes; one that is used up within its segment has room
//! for one mode only, which every mode takes in turn. Broadcasts and slices are never stored: they are [`Source`]s with
//! their own strides.

use std::collections::HashMap;

use super::schedule::{Item, Products, Schedule, Segment, is_drain, is_view, origin};
use crate::graph::{Axis, Binary, Graph, NodeId, Op, Shape, Unary};

/// Where numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// In the tile; offsets and strides count rows, since tiles may differ in width.
    Tile,
    /// Among the values that are the same for all samples; offsets and strides count numbers.
    Uniform,
}

/// How to read a value: entry `(mode, row, col)` is at `base + mode * strides[0] + row * strides[1] + col * strides[2]`.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    pub space: Space,
    pub base: usize,
    pub strides: [usize; 3],
}

/// Where to write a tile value: mode `m` begins at row `base + m * stride`.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    pub base: usize,
    pub stride: usize,
    pub rows: usize,
}

/// A sum (or maximum) over the samples: where it is collected lane by lane, and where its result goes.
#[derive(Clone, Copy, Debug)]
pub struct Sink {
    pub f: Binary,
    /// First lane vector of the collection.
    pub base: usize,
    /// Entries for each mode.
    pub len: usize,
    pub modes: usize,
    /// First number of the result among the uniform values.
    pub result: usize,
}

/// A matrix-vector product.
#[derive(Clone, Copy, Debug)]
pub struct Product {
    pub w: Source,
    pub h: Source,
    pub cols: usize,
}

/// One step of a segment, for one mode.
#[derive(Clone, Copy, Debug)]
pub enum Instr {
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
    /// Runs once for all modes.
    ReduceModes {
        f: Binary,
        dst: Target,
        x: Source,
        modes: usize,
    },
    /// Rows from `start`, or modes from `start`, taken from `x`; zeros elsewhere.
    Pad {
        dst: Target,
        x: Source,
        axis: Axis,
        start: usize,
        len: usize,
    },
    MatVec {
        dst: Target,
        start: Option<Source>,
        products: [Option<Product>; 2],
        factor: Option<Source>,
    },
    Outer {
        sink: usize,
        g: Source,
        h: Source,
        rows: usize,
        cols: usize,
    },
    Drain {
        sink: usize,
        x: Source,
        rows: usize,
    },
    /// Runs once for all modes.
    Store {
        output: usize,
        x: Source,
        modes: usize,
        rows: usize,
    },
}

/// One step of a stage: an operation on values that are the same for all samples.
#[derive(Clone, Copy, Debug)]
pub struct StageInstr {
    pub op: Op,
    pub dst: usize,
    pub shape: Shape,
    pub operands: [Option<(Source, Shape)>; 3],
}

/// A segment ready to run.
#[derive(Clone, Debug)]
pub struct Code {
    pub modes: usize,
    pub instrs: Vec<Instr>,
}

/// One output.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    pub batched: bool,
    /// Numbers in it (for one sample).
    pub len: usize,
    pub shape: Shape,
    /// Where to read one that is the same for all samples.
    pub source: Option<Source>,
}

/// Everything that a replay does.
#[derive(Clone, Debug)]
pub struct Program {
    pub stages: Vec<Vec<StageInstr>>,
    pub passes: Vec<Vec<Code>>,
    /// The sinks of each pass: a range of `sinks`.
    pub pass_sinks: Vec<std::ops::Range<usize>>,
    pub sinks: Vec<Sink>,
    pub outputs: Vec<Output>,
    /// Offset and length of each setting.
    pub settings: Vec<(usize, usize)>,
    pub constants: Vec<(usize, f64)>,
    pub uniform_len: usize,
    /// Rows of tile storage.
    pub tile_len: usize,
    pub sums_len: usize,
    /// Rows of scratch.
    pub scratch_len: usize,
}

/// Offsets of the values that are the same for all samples.
struct UniformStore {
    at: HashMap<NodeId, usize>,
    len: usize,
}

impl UniformStore {
    fn place(&mut self, graph: &Graph, node: NodeId) -> usize {
        let at = self.len;
        self.at.insert(node, at);
        self.len += graph.shape(node).len();
        at
    }
}

/// Assigns storage and writes the instructions.
pub fn lower(graph: &Graph, outputs: &[NodeId], schedule: &Schedule) -> Program {
    let mut store = UniformStore { at: HashMap::new(), len: 0 };
    for &p in graph.params() {
        store.place(graph, p);
    }
    let settings = graph.settings().iter().map(|&s| (store.place(graph, s), graph.shape(s).len())).collect();
    let mut constants = Vec::new();
    for &node in schedule.stages.iter().flatten() {
        if let Op::Const(value) = graph.op(node) {
            constants.push((store.place(graph, node), value.value()));
        } else if !store.at.contains_key(&node) {
            store.place(graph, node);
        }
    }
    let mut sinks = Vec::new();
    let mut sums_len = 0;
    let mut pass_sinks = Vec::new();
    for pass in &schedule.passes {
        let first = sinks.len();
        for node in pass.iter().flat_map(|s| &s.items).flat_map(|i| i.results()).filter(|&n| is_drain(graph, n)) {
            let shape = graph.shape(node);
            let f = if matches!(graph.op(node), Op::Max(..)) { Binary::Max } else { Binary::Add };
            let result = store.place(graph, node);
            sinks.push((node, Sink { f, base: sums_len, len: shape.rows * shape.cols, modes: shape.modes, result }));
            sums_len += shape.len();
        }
        pass_sinks.push(first..sinks.len());
    }
    let sink_of: HashMap<NodeId, usize> = sinks.iter().enumerate().map(|(k, (node, _))| (*node, k)).collect();

    let uniform = |node: NodeId| uniform_source(graph, &store, node);
    let stages = schedule.stages.iter().map(|nodes| stage(graph, &store, nodes)).collect();
    let mut tile_len = 0;
    let mut scratch_len = 0;
    let mut passes = Vec::new();
    for segments in &schedule.passes {
        let (places, len) = place_tiles(graph, segments);
        tile_len = tile_len.max(len);
        let lower = Lower { graph, store: &store, places: &places, sink_of: &sink_of };
        let codes: Vec<Code> = segments
            .iter()
            .map(|s| Code { modes: s.modes, instrs: s.items.iter().map(|&item| lower.item(item)).collect() })
            .collect();
        for instr in codes.iter().flat_map(|c| &c.instrs) {
            if let Instr::Outer { rows, .. } | Instr::Drain { rows, .. } = instr {
                scratch_len = scratch_len.max(*rows);
            }
        }
        passes.push(codes);
    }
    let outputs = outputs
        .iter()
        .map(|&node| {
            let shape = graph.shape(node);
            Output { batched: shape.batched, len: shape.len(), shape, source: (!shape.batched).then(|| uniform(node)) }
        })
        .collect();
    Program {
        stages,
        passes,
        pass_sinks,
        sinks: sinks.into_iter().map(|(_, sink)| sink).collect(),
        outputs,
        settings,
        constants,
        uniform_len: store.len,
        tile_len,
        sums_len,
        scratch_len,
    }
}

/// Strides of a value stored whole, with 0 along axes of extent one.
fn strides(shape: Shape, unit: usize) -> [usize; 3] {
    let keep = |extent: usize, stride: usize| if extent == 1 { 0 } else { stride };
    [keep(shape.modes, shape.rows * shape.cols * unit), keep(shape.rows, shape.cols * unit), keep(shape.cols, unit)]
}

/// Reads a view through its operand's source.
fn through_view(graph: &Graph, view: NodeId, mut source: Source, from: Shape) -> Source {
    match graph.op(view) {
        Op::Broadcast(_, to) => {
            for (axis, (from, to)) in [(from.modes, to.modes), (from.rows, to.rows), (from.cols, to.cols)].into_iter().enumerate()
            {
                if from == 1 && to != 1 {
                    source.strides[axis] = 0;
                }
            }
        }
        Op::Slice { axis, start, len, .. } => {
            let axis = match axis {
                Axis::Modes => 0,
                Axis::Rows => 1,
                Axis::Cols | Axis::Samples => 2,
            };
            source.base += start as usize * source.strides[axis];
            if len == 1 {
                source.strides[axis] = 0;
            }
        }
        _ => {}
    }
    source
}

fn uniform_source(graph: &Graph, store: &UniformStore, node: NodeId) -> Source {
    if is_view(graph, node) {
        let inner = graph.op(node).operands().next().expect("a view has an operand");
        return through_view(graph, node, uniform_source(graph, store, inner), graph.shape(inner));
    }
    Source { space: Space::Uniform, base: store.at[&node], strides: strides(graph.shape(node), 1) }
}

fn stage(graph: &Graph, store: &UniformStore, nodes: &[NodeId]) -> Vec<StageInstr> {
    let computed = |node: &&NodeId| !matches!(graph.op(**node), Op::Param(_) | Op::Setting(_) | Op::Const(_));
    nodes
        .iter()
        .filter(computed)
        .map(|&node| {
            let mut operands = [None; 3];
            for (slot, x) in operands.iter_mut().zip(graph.op(node).operands()) {
                *slot = Some((uniform_source(graph, store, x), graph.shape(x)));
            }
            StageInstr { op: graph.op(node), dst: store.at[&node], shape: graph.shape(node), operands }
        })
        .collect()
}

/// A hole-filling allocator of tile rows.
#[derive(Default)]
struct Holes {
    free: Vec<(usize, usize)>,
    end: usize,
}

impl Holes {
    fn take(&mut self, len: usize) -> usize {
        let fit = (0..self.free.len()).filter(|&k| self.free[k].1 >= len).min_by_key(|&k| self.free[k].1);
        if let Some(k) = fit {
            let (at, size) = self.free[k];
            if size == len {
                self.free.swap_remove(k);
            } else {
                self.free[k] = (at + len, size - len);
            }
            return at;
        }
        let at = self.end;
        self.end += len;
        at
    }

    fn give(&mut self, at: usize, len: usize) {
        let place = self.free.partition_point(|&free| free < (at, len));
        self.free.insert(place, (at, len));
        let mut merged: Vec<(usize, usize)> = Vec::with_capacity(self.free.len());
        for &(at, len) in &self.free {
            match merged.last_mut() {
                Some(last) if last.0 + last.1 == at => last.1 += len,
                _ => merged.push((at, len)),
            }
        }
        self.free = merged;
    }
}

/// Places the tile values of one pass: those that outlive their segment first, then room for the others.
fn place_tiles(graph: &Graph, segments: &[Segment]) -> (HashMap<NodeId, Target>, usize) {
    let mut last_segment: HashMap<NodeId, usize> = HashMap::new();
    let mut last_item: HashMap<NodeId, (usize, usize)> = HashMap::new();
    for (s, segment) in segments.iter().enumerate() {
        for (i, &item) in segment.items.iter().enumerate() {
            for x in item.operands(graph) {
                let from = origin(graph, x);
                last_segment.insert(from, s);
                last_item.insert(from, (s, i));
            }
        }
    }
    let stored = |item: &Item| item.results().filter(|&n| graph.shape(n).batched).collect::<Vec<_>>();
    let mut places = HashMap::new();
    let mut shared = Holes::default();
    for (s, segment) in segments.iter().enumerate() {
        for node in segment.items.iter().flat_map(stored) {
            if last_segment.get(&node).is_some_and(|&last| last > s) {
                let shape = graph.shape(node);
                let base = shared.take(shape.len());
                places.insert(node, Target { base, stride: shape.rows, rows: shape.rows });
            }
        }
        for (&node, _) in last_segment.iter().filter(|(_, last)| **last == s) {
            if let Some(place) = places.get(&node) {
                shared.give(place.base, graph.shape(node).len());
            }
        }
    }
    let mut len = shared.end;
    for segment in segments {
        let mut own = Holes::default();
        let mut living: Vec<(NodeId, usize, usize)> = Vec::new();
        for (i, item) in segment.items.iter().enumerate() {
            for node in stored(item) {
                places.entry(node).or_insert_with(|| {
                    let rows = graph.shape(node).rows;
                    let at = own.take(rows);
                    living.push((node, at, rows));
                    Target { base: shared.end + at, stride: 0, rows }
                });
            }
            living.retain(|&(node, at, len)| {
                let lives = last_item.get(&node).is_some_and(|&(_, last)| last > i);
                if !lives {
                    own.give(at, len);
                }
                lives
            });
        }
        len = len.max(shared.end + own.end);
    }
    (places, len)
}

/// Writes the instructions of one pass.
struct Lower<'a> {
    graph: &'a Graph,
    store: &'a UniformStore,
    places: &'a HashMap<NodeId, Target>,
    sink_of: &'a HashMap<NodeId, usize>,
}

impl Lower<'_> {
    fn source(&self, node: NodeId) -> Source {
        if !self.graph.shape(node).batched {
            return uniform_source(self.graph, self.store, node);
        }
        if is_view(self.graph, node) {
            let inner = self.graph.op(node).operands().next().expect("a view has an operand");
            return through_view(self.graph, node, self.source(inner), self.graph.shape(inner));
        }
        let place = self.places[&node];
        let row = usize::from(place.rows != 1);
        let modes = if self.graph.shape(node).modes == 1 { 0 } else { place.stride };
        Source { space: Space::Tile, base: place.base, strides: [modes, row, 0] }
    }

    fn item(&self, item: Item) -> Instr {
        match item {
            Item::Plain(node) => self.plain(node),
            Item::SoftplusSigmoid(h, s) => {
                let x = self.graph.op(h).operands().next().expect("softplus has an operand");
                Instr::SoftplusSigmoid { h: self.places[&h], s: self.places[&s], x: self.source(x) }
            }
            Item::MatVec(products) => self.matvec(products),
            Item::Store(node, output) => {
                let shape = self.graph.shape(node);
                Instr::Store { output, x: self.source(node), modes: shape.modes, rows: shape.rows }
            }
        }
    }

    fn matvec(&self, products: Products) -> Instr {
        Instr::MatVec {
            dst: self.places[&products.result],
            start: products.start.map(|x| self.source(x)),
            products: [Some(products.first), products.second].map(|p| p.map(|p| self.product(p))),
            factor: products.factor.map(|x| self.source(x)),
        }
    }

    fn product(&self, node: NodeId) -> Product {
        let (w, h, transposed) = match self.graph.op(node) {
            Op::MatVec(w, h) => (w, h, false),
            Op::MatVecT(w, h) => (w, h, true),
            op => unreachable!("{op:?} is no matrix-vector product"),
        };
        let mut source = self.source(w);
        if transposed {
            source.strides.swap(1, 2);
        }
        Product { w: source, h: self.source(h), cols: self.graph.shape(h).rows }
    }

    fn plain(&self, node: NodeId) -> Instr {
        let op = self.graph.op(node);
        let dst = self.places.get(&node).copied().unwrap_or(Target { base: 0, stride: 0, rows: 0 });
        let source = |x| self.source(x);
        let rows = |x| self.graph.shape(x).rows;
        match op {
            Op::Input(k) => Instr::Load { dst, input: k as usize },
            Op::Unary(f, x) => Instr::Unary { f, dst, x: source(x) },
            Op::Binary(f, a, b) => Instr::Binary { f, dst, a: source(a), b: source(b) },
            Op::Powi(x, n) => Instr::Powi { dst, x: source(x), n },
            Op::Select(a, b, c) => Instr::Select { dst, a: source(a), b: source(b), c: source(c) },
            Op::Sum(Axis::Samples, x) | Op::Max(Axis::Samples, x) => {
                Instr::Drain { sink: self.sink_of[&node], x: source(x), rows: rows(x) }
            }
            Op::Sum(axis, x) | Op::Max(axis, x) => {
                let f = if matches!(op, Op::Sum(..)) { Binary::Add } else { Binary::Max };
                match axis {
                    Axis::Modes => Instr::ReduceModes { f, dst, x: source(x), modes: self.graph.shape(x).modes },
                    _ => Instr::ReduceRows { f, dst, x: source(x), rows: rows(x) },
                }
            }
            Op::Pad { x, axis, start, .. } => {
                let len = self.graph.shape(x).extent(axis).expect("padding is not done over samples");
                Instr::Pad { dst, x: source(x), axis, start: start as usize, len }
            }
            Op::MatVec(..) | Op::MatVecT(..) => self.matvec(Products::of(node)),
            Op::Outer(g, h) => {
                Instr::Outer { sink: self.sink_of[&node], g: source(g), h: source(h), rows: rows(g), cols: rows(h) }
            }
            Op::Param(_) | Op::Setting(_) | Op::Const(_) | Op::Free(_) | Op::Broadcast(..) | Op::Slice { .. } => {
                unreachable!("{op:?} is read, not run")
            }
        }
    }
}

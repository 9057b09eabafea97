//! Writes the instructions of a plan. It determines the location of each value and the sources of each operation.
//!
//! Broadcasts and slices are not stored. They are read in place, as a [`TileSource`] with different strides.

use super::program::{
    Code, EntryFunction, Instr, PlanOutput, ProductSource, Program, Sink, StageInstr, StorageKind, TileSource, TileTarget,
};
use super::schedule::{Item, OperationOrder, Products, is_sample_reduction, is_view};
use super::storage::{UniformStore, place_tiles};
use crate::by_node::ByNode;
use crate::graph::{Axis, Binary, Graph, NodeId, Op, Shape};

/// Assigns storage and writes the instructions.
pub fn lower(graph: &Graph, outputs: &[NodeId], schedule: &OperationOrder) -> Program {
    let mut program = Program::default();
    let mut store = UniformStore::default();
    place_leaves(graph, schedule, &mut store, &mut program);
    let sink_of = place_sinks(graph, schedule, &mut store, &mut program);
    program.uniform_len = store.len;
    program.stages = schedule.stages.iter().map(|nodes| stage(graph, &store, nodes)).collect();
    for segments in &schedule.passes {
        let (places, len) = place_tiles(graph, segments);
        program.tile_len = program.tile_len.max(len);
        let lower = Lower { graph, store: &store, places: &places, sink_of: &sink_of };
        let codes: Vec<Code> = segments
            .iter()
            .map(|s| Code { modes: s.modes, instrs: s.items.iter().map(|&item| lower.item(item)).collect() })
            .collect();
        for instr in codes.iter().flat_map(|c| &c.instrs) {
            if let Instr::Outer { rows, .. } | Instr::ReduceSamples { rows, .. } = instr {
                program.scratch_len = program.scratch_len.max(*rows);
            }
        }
        program.passes.push(codes);
    }
    let output = |&node: &NodeId| {
        let shape = graph.shape(node);
        let source = (!shape.batched).then(|| uniform_source(graph, &store, node));
        PlanOutput { batched: shape.batched, len: shape.len(), shape, source }
    };
    program.outputs = outputs.iter().map(output).collect();
    program
}

/// Offsets, in a plan of this schedule, of all values that are the same for all samples.
pub fn uniform_places(graph: &Graph, schedule: &OperationOrder) -> Vec<(NodeId, usize)> {
    let (mut store, mut program) = (UniformStore::default(), Program::default());
    place_leaves(graph, schedule, &mut store, &mut program);
    place_sinks(graph, schedule, &mut store, &mut program);
    graph.nodes().filter_map(|node| store.at.get(node).map(|&at| (node, at))).collect()
}

/// Places parameters, settings, constants and the results of stages.
fn place_leaves(graph: &Graph, schedule: &OperationOrder, store: &mut UniformStore, program: &mut Program) {
    for &p in graph.params() {
        store.place(graph, p);
    }
    program.settings = graph.settings().iter().map(|&s| (store.place(graph, s), graph.shape(s).len())).collect();
    for &node in schedule.stages.iter().flatten() {
        if let Op::Const(value) = graph.op(node) {
            program.constants.push((store.place(graph, node), value.value()));
        } else if !store.at.contains(node) {
            store.place(graph, node);
        }
    }
}

/// Places reductions over the samples and their results. Returns the number of the sink of each node.
fn place_sinks(graph: &Graph, schedule: &OperationOrder, store: &mut UniformStore, program: &mut Program) -> ByNode<usize> {
    let mut sink_of = ByNode::default();
    for pass in &schedule.passes {
        let first = program.sinks.len();
        for item in pass.iter().flat_map(|s| &s.items) {
            for node in item.results().filter(|&n| is_sample_reduction(graph, n)) {
                let shape = graph.shape(node);
                let f = if matches!(graph.op(node), Op::Max(..)) { Binary::Max } else { Binary::Add };
                let modes = if item.is_flat() { 1 } else { shape.modes };
                let (base, len, result) = (program.sums_len, shape.len() / modes, store.place(graph, node));
                sink_of.insert(node, program.sinks.len());
                program.sinks.push(Sink { f, base, len, modes, result });
                program.sums_len += shape.len();
            }
        }
        program.pass_sinks.push(first..program.sinks.len());
    }
    sink_of
}

/// Strides of a value whose entries are stored one after the other. A stride is 0 along an axis of extent one.
fn strides(shape: Shape, unit: usize) -> [usize; 3] {
    let keep = |extent: usize, stride: usize| if extent == 1 { 0 } else { stride };
    [keep(shape.modes, shape.rows * shape.cols * unit), keep(shape.rows, shape.cols * unit), keep(shape.cols, unit)]
}

/// The source of a broadcast or slice, given the source and the shape of its operand.
fn through_view(graph: &Graph, view: NodeId, mut source: TileSource, from: Shape) -> TileSource {
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

/// The source of a value that is the same for all samples.
fn uniform_source(graph: &Graph, store: &UniformStore, node: NodeId) -> TileSource {
    if is_view(graph, node) {
        let inner = graph.op(node).operands().next().expect("a view has an operand");
        return through_view(graph, node, uniform_source(graph, store, inner), graph.shape(inner));
    }
    TileSource { space: StorageKind::Uniform, base: store.at[node], strides: strides(graph.shape(node), 1) }
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
            StageInstr { op: graph.op(node), dst: store.at[node], shape: graph.shape(node), operands }
        })
        .collect()
}

/// Writes the instructions of a pass.
struct Lower<'a> {
    graph: &'a Graph,
    store: &'a UniformStore,
    places: &'a ByNode<TileTarget>,
    sink_of: &'a ByNode<usize>,
}

impl Lower<'_> {
    fn source(&self, node: NodeId) -> TileSource {
        if !self.graph.shape(node).batched {
            return uniform_source(self.graph, self.store, node);
        }
        if is_view(self.graph, node) {
            let inner = self.graph.op(node).operands().next().expect("a view has an operand");
            return through_view(self.graph, node, self.source(inner), self.graph.shape(inner));
        }
        let place = self.places[node];
        let row = usize::from(place.rows != 1);
        let modes = if self.graph.shape(node).modes == 1 { 0 } else { place.stride };
        TileSource { space: StorageKind::Tile, base: place.base, strides: [modes, row, 0] }
    }

    fn item(&self, item: Item) -> Instr {
        match item {
            Item::Plain(node) | Item::Flat(node) => self.operation(node, item.is_flat()),
            Item::OuterSum { outer, sum, is_flat } => self.outer(outer, Some(sum), is_flat),
            Item::SoftplusSigmoid(h, s) => {
                let x = self.graph.op(h).operands().next().expect("softplus has an operand");
                Instr::SoftplusSigmoid { h: self.places[h], s: self.places[s], x: self.source(x) }
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
            dst: self.places[products.result],
            start: products.start.map(|x| self.source(x)),
            first: self.product(products.first),
            second: products.second.map(|p| self.product(p)),
            factor: products.factor.map(|x| self.source(x)),
        }
    }

    fn product(&self, node: NodeId) -> ProductSource {
        let (w, h, transposed) = match self.graph.op(node) {
            Op::MatVec(w, h) => (w, h, false),
            Op::MatVecT(w, h) => (w, h, true),
            op => unreachable!("{op:?} is not a matrix-vector product"),
        };
        let mut source = self.source(w);
        if transposed {
            source.strides.swap(1, 2);
        }
        ProductSource { w: source, h: self.source(h), cols: self.graph.shape(h).rows }
    }

    /// Operand of a call. In a flat call, the rows of the operand are the modes.
    fn operand(&self, node: NodeId, is_flat: bool) -> TileSource {
        let source = self.source(node);
        if is_flat { TileSource { strides: [0, source.strides[0], 0], ..source } } else { source }
    }

    /// The rows of an operand.
    fn rows(&self, node: NodeId, is_flat: bool) -> usize {
        let shape = self.graph.shape(node);
        if is_flat { shape.modes } else { shape.rows }
    }

    /// Outer product, summed over the samples, optionally with the sum of its left vector. In a flat call, the left vector has one entry for each
    /// mode, and the right one is the same for all modes.
    fn outer(&self, node: NodeId, sum: Option<NodeId>, is_flat: bool) -> Instr {
        let Op::Outer(g, h) = self.graph.op(node) else { unreachable!("{:?} is no outer product", self.graph.op(node)) };
        Instr::Outer {
            sink: self.sink_of[node],
            sum: sum.map(|sum| self.sink_of[sum]),
            g: self.operand(g, is_flat),
            h: self.source(h),
            rows: self.rows(g, is_flat),
            cols: self.rows(h, false),
        }
    }

    /// The operation of one node: mode by mode, or flat, with the modes as rows.
    fn operation(&self, node: NodeId, is_flat: bool) -> Instr {
        let op = self.graph.op(node);
        let dst = self.places.get(node).copied().unwrap_or(TileTarget { base: 0, stride: 0, rows: 0 });
        let dst = if is_flat { TileTarget { stride: 0, rows: dst.rows * self.graph.shape(node).modes, ..dst } } else { dst };
        let source = |x| self.operand(x, is_flat);
        let entries = |f, operands: [NodeId; 3]| Instr::Entries { f, dst, operands: operands.map(source) };
        let rows = |x| self.rows(x, is_flat);
        match op {
            Op::Input(k) => Instr::Load { dst, input: k as usize },
            Op::Unary(f, x) => entries(EntryFunction::Unary(f), [x; 3]),
            Op::Binary(f, a, b) => entries(EntryFunction::Binary(f), [a, b, a]),
            Op::Powi(x, n) => entries(EntryFunction::Powi(n), [x; 3]),
            Op::Powf(x, power) => entries(EntryFunction::Powf(power.value()), [x; 3]),
            Op::Select(a, b, c) => entries(EntryFunction::Select, [a, b, c]),
            Op::Sum(Axis::Samples, x) | Op::Max(Axis::Samples, x) => {
                Instr::ReduceSamples { sink: self.sink_of[node], x: source(x), rows: rows(x) }
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
            Op::MatVec(..) | Op::MatVecT(..) => self.matvec(Products::single(node)),
            Op::Outer(..) => self.outer(node, None, is_flat),
            Op::Param(_) | Op::Setting(_) | Op::Const(_) | Op::Free(_) | Op::Broadcast(..) | Op::Slice { .. } => {
                unreachable!("{op:?} has no instruction")
            }
        }
    }
}

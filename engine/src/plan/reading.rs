//! Introspection: maps instructions, storage and lifetimes of a compiled plan back to graph nodes. Single instructions of a plan can be run and
//! timed.
//!
//! The mapping repeats the decisions of [`Plan::compile`], which are the same for the same graph, outputs and options.

use super::program::TileTarget;
use super::schedule::{self, Item, OperationOrder};
use super::storage::place_tiles;
use super::{Batch, Plan, PlanOptions, Scalar, lower};
use crate::by_node::ByNode;
use crate::graph::{Graph, NodeId};

/// Location of the value of a node.
#[derive(Clone, Copy, Debug)]
pub enum ValueLocation {
    /// In rows of the tile.
    Tile {
        /// The pass in which it is computed.
        pass: usize,
        /// The rows. If the stride is zero, the modes use the same rows one after another.
        target: TileTarget,
        /// Numbers, in [`PlanReading::steps`], of the step that writes the value and of the last step that reads it.
        live_steps: [usize; 2],
    },
    /// Among the values that are the same for all samples, from this offset on.
    Uniform(usize),
    /// No separate location: the value is read as a broadcast or a slice of this node.
    View(NodeId),
    /// No location: the kernel of this node computes the value as an intermediate result.
    Merged(NodeId),
    /// No location: no output depends on the value.
    Absent,
}

/// An instruction of a pass, with the nodes that it computes and reads.
#[derive(Clone, Debug)]
pub struct PlanStep {
    /// The pass.
    pub pass: usize,
    /// The segment in the pass.
    pub segment: usize,
    /// The instruction in the segment.
    pub instr: usize,
    /// Number of modes for which it is repeated.
    pub modes: usize,
    /// Nodes whose values it writes. A copy to an output has none.
    pub writes: Vec<NodeId>,
    /// Nodes whose values it reads. They may be views.
    pub reads: Vec<NodeId>,
}

/// Steps of a plan and locations of its values.
///
/// ```
/// use multiwell_engine::{graph::Graph, plan::{PlanOptions, Plan, reading::{PlanReading, ValueLocation}}};
///
/// let mut graph = Graph::new();
/// let x = graph.input(1, 2);
/// let y = graph.exp(x);
/// let reading = PlanReading::new(&graph, &[y], PlanOptions::default());
/// let plan = Plan::<f64>::compile(&graph, &[y], PlanOptions::default());
/// // The input is loaded, its exponential is computed and copied to the output.
/// assert_eq!(reading.steps().len(), plan.program().passes[0][0].instrs.len() + 1);
/// assert!(matches!(reading.place(y), ValueLocation::Tile { live_steps: [1, 2], .. }));
/// ```
#[derive(Clone, Debug)]
pub struct PlanReading {
    steps: Vec<PlanStep>,
    places: ByNode<ValueLocation>,
}

impl PlanReading {
    /// Reading of the plan that [`Plan::compile`] returns for these outputs and options.
    ///
    /// # Panics
    /// As [`Plan::compile`].
    pub fn new(graph: &Graph, outputs: &[NodeId], options: PlanOptions) -> Self {
        let schedule = OperationOrder::new(graph, outputs, &options);
        let mut reading = Self { steps: Vec::new(), places: ByNode::default() };
        for (node, at) in lower::uniform_places(graph, &schedule) {
            reading.places.insert(node, ValueLocation::Uniform(at));
        }
        for (pass, segments) in schedule.passes.iter().enumerate() {
            let (targets, _) = place_tiles(graph, segments);
            for (segment, code) in segments.iter().enumerate() {
                for (instr, item) in code.items.iter().enumerate() {
                    reading.step(graph, *item, [pass, segment, instr], code.modes, &targets);
                }
            }
        }
        reading.rest(graph, outputs);
        reading
    }

    /// Adds a step and the locations of the values that it writes.
    fn step(
        &mut self,
        graph: &Graph,
        item: Item,
        [pass, segment, instr]: [usize; 3],
        modes: usize,
        targets: &ByNode<TileTarget>,
    ) {
        let now = self.steps.len();
        let (writes, reads): (Vec<NodeId>, _) = (item.results().collect(), item.operands(graph));
        for &node in &writes {
            if let (Some(&target), false) = (targets.get(node), self.places.contains(node)) {
                self.places.insert(node, ValueLocation::Tile { pass, target, live_steps: [now; 2] });
            }
        }
        for &node in &reads {
            if let Some(ValueLocation::Tile { live_steps, .. }) = self.places.slot(schedule::origin(graph, node)) {
                live_steps[1] = now;
            }
        }
        self.steps.push(PlanStep { pass, segment, instr, modes, writes, reads });
    }

    /// Finds the locations of nodes that are not stored.
    fn rest(&mut self, graph: &Graph, outputs: &[NodeId]) {
        let needed = schedule::closure(graph, outputs.iter().copied(), |_| true);
        // The user of a merged node comes after it.
        for node in graph.nodes().rev().filter(|&node| needed.contains(node)) {
            if self.places.contains(node) {
                continue;
            }
            let place = if schedule::is_view(graph, node) {
                graph.op(node).operands().next().map(ValueLocation::View)
            } else {
                let user = graph.nodes().find(|&user| needed.contains(user) && graph.op(user).operands().any(|x| x == node));
                user.map(|user| match self.place(user) {
                    ValueLocation::Merged(into) => ValueLocation::Merged(into),
                    _ => ValueLocation::Merged(user),
                })
            };
            self.places.insert(node, place.unwrap_or(ValueLocation::Absent));
        }
    }

    /// The instructions of all passes, in the order in which they run on a tile.
    pub fn steps(&self) -> &[PlanStep] {
        &self.steps
    }

    /// Location of the value of a node.
    pub fn place(&self, node: NodeId) -> ValueLocation {
        self.places.get(node).copied().unwrap_or(ValueLocation::Absent)
    }
}

impl<T: Scalar> Plan<T> {
    /// Runs all instructions before a step on the first tile of a batch. Then runs the step alone, for all of its modes, `times` times. The batch
    /// must be that of the last run.
    ///
    /// # Panics
    /// If the plan has no such step, or if the batch has other inputs or wider tiles.
    pub fn repeat(&mut self, batch: &Batch<T>, step: &PlanStep, times: usize) {
        self.check(batch);
        T::repeat(self, batch, [step.pass, step.segment, step.instr], times);
    }
}

//! What a plan does, told of the nodes that it was compiled from: which instruction computes which node, where each value is, and how long it lives there.
//! And single instructions of a plan, run by themselves, so that they can be timed.
//!
//! This is for looking at a plan. It repeats the decisions of [`Plan::compile`], which are the same for the same graph, outputs and options.

use super::program::Target;
use super::schedule::{self, Item, Schedule};
use super::storage::place_tiles;
use super::{Batch, Options, Plan, Scalar, lower};
use crate::by_node::ByNode;
use crate::graph::{Graph, NodeId};

/// Where the value of a node is.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// In rows of the tile.
    Tile {
        /// The pass in which it is computed.
        pass: usize,
        /// The rows. Modes take turns in them if the stride is zero.
        target: Target,
        /// Numbers of the steps, in [`Reading::steps`], that write it and that read it last.
        lives: [usize; 2],
    },
    /// Among the values that are the same for all samples, from this offset on.
    Uniform(usize),
    /// Nowhere of its own: it is read in the place of this node, as a broadcast or a slice of it.
    View(NodeId),
    /// Nowhere: the kernel that computes this node computes it on the way.
    Merged(NodeId),
    /// Nowhere: no output depends on it.
    Absent,
}

/// An instruction of a pass, with the nodes that it is about.
#[derive(Clone, Debug)]
pub struct Step {
    /// The pass.
    pub pass: usize,
    /// The segment in the pass.
    pub segment: usize,
    /// The instruction in the segment.
    pub instr: usize,
    /// The number of modes that it is repeated for.
    pub modes: usize,
    /// The nodes whose values it writes; none for a copy to an output.
    pub writes: Vec<NodeId>,
    /// The nodes whose values it reads. They may be views.
    pub reads: Vec<NodeId>,
}

/// The steps of a plan and the places of its values.
///
/// ```
/// use multiwell_engine::{graph::Graph, plan::{Options, Plan, reading::{Place, Reading}}};
///
/// let mut graph = Graph::new();
/// let x = graph.input(1, 2);
/// let y = graph.exp(x);
/// let reading = Reading::new(&graph, &[y], Options::default());
/// let plan = Plan::<f64>::compile(&graph, &[y], Options::default());
/// // It is loaded, its exponential is computed, and that is copied to the output.
/// assert_eq!(reading.steps().len(), plan.program().passes[0][0].instrs.len() + 1);
/// assert!(matches!(reading.place(y), Place::Tile { lives: [1, 2], .. }));
/// ```
#[derive(Clone, Debug)]
pub struct Reading {
    steps: Vec<Step>,
    places: ByNode<Place>,
}

impl Reading {
    /// The reading of the plan that is compiled of these outputs with these options.
    ///
    /// # Panics
    /// As [`Plan::compile`].
    pub fn new(graph: &Graph, outputs: &[NodeId], options: Options) -> Self {
        let schedule = Schedule::new(graph, outputs, &options);
        let mut reading = Self { steps: Vec::new(), places: ByNode::default() };
        for (node, at) in lower::uniform_places(graph, &schedule) {
            reading.places.insert(node, Place::Uniform(at));
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

    /// Adds a step and the places of what it writes.
    fn step(&mut self, graph: &Graph, item: Item, [pass, segment, instr]: [usize; 3], modes: usize, targets: &ByNode<Target>) {
        let now = self.steps.len();
        let (writes, reads): (Vec<NodeId>, _) = (item.results().collect(), item.operands(graph));
        for &node in &writes {
            if let (Some(&target), false) = (targets.get(node), self.places.contains(node)) {
                self.places.insert(node, Place::Tile { pass, target, lives: [now; 2] });
            }
        }
        for &node in &reads {
            if let Some(Place::Tile { lives, .. }) = self.places.slot(schedule::origin(graph, node)) {
                lives[1] = now;
            }
        }
        self.steps.push(Step { pass, segment, instr, modes, writes, reads });
    }

    /// Finds the places of nodes that are not stored.
    fn rest(&mut self, graph: &Graph, outputs: &[NodeId]) {
        let needed = schedule::closure(graph, outputs.iter().copied(), |_| true);
        // The user of a merged node comes after it.
        for node in graph.nodes().rev().filter(|&node| needed.contains(node)) {
            if self.places.contains(node) {
                continue;
            }
            let place = if schedule::is_view(graph, node) {
                graph.op(node).operands().next().map(Place::View)
            } else {
                let user = graph.nodes().find(|&user| needed.contains(user) && graph.op(user).operands().any(|x| x == node));
                user.map(|user| match self.place(user) {
                    Place::Merged(into) => Place::Merged(into),
                    _ => Place::Merged(user),
                })
            };
            self.places.insert(node, place.unwrap_or(Place::Absent));
        }
    }

    /// The instructions of all passes, in the order in which they run on a tile.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Where the value of a node is.
    pub fn place(&self, node: NodeId) -> Place {
        self.places.get(node).copied().unwrap_or(Place::Absent)
    }
}

impl<T: Scalar> Plan<T> {
    /// Runs what comes before a step on the first tile of a batch, and then the step alone, for all of its modes, `times` times. The batch is the one of the
    /// last run.
    ///
    /// # Panics
    /// If the plan has no such step, or if the batch has other inputs or wider tiles.
    pub fn repeat(&mut self, batch: &Batch<T>, step: &Step, times: usize) {
        self.check(batch);
        T::repeat(self, batch, [step.pass, step.segment, step.instr], times);
    }
}

//! Compiled plan of value and derivatives: its steps, the slots of its values, and the times of its kernels.

use multiwell_engine::graph::NodeId;
use multiwell_engine::kernels::Lane;
use multiwell_engine::plan::reading::{PlanReading, ValueLocation};
use multiwell_engine::plan::{Batch, Plan, PlanOptions};
use serde::Serialize;

use super::{Tape, words};

/// Number of values in a lane vector of single precision.
const F32_LANES: usize = <<f32 as multiwell_engine::kernels::Number>::Lane as Lane>::LANES;

/// Plan of a tape in single precision, as in training, with a batch that fills a tile.
#[derive(Debug)]
pub struct TapeLayout {
    /// The tape.
    pub tape: Tape,
    reading: PlanReading,
    plan: Plan<f32>,
    batch: Batch<f32>,
}

/// Storage of a plan.
#[derive(Clone, Debug, Serialize)]
pub struct Extents {
    /// Number of samples in a tile.
    pub samples: usize,
    /// Number of values in a lane vector.
    pub lanes: usize,
    /// Number of rows of slots in a tile.
    pub rows: usize,
    /// Number of rows without reuse of slots.
    pub rows_of_all: usize,
    /// Size of a tile in bytes.
    pub bytes: usize,
    /// Number of values that are the same for all samples.
    pub uniform: usize,
    /// Number of lane vectors of partial sums over the samples.
    pub sums: usize,
    /// Number of passes over the batch.
    pub passes: usize,
    /// Number of segments of all passes.
    pub segments: usize,
    /// Number of instructions on values that are the same for all samples. They run once per batch.
    pub once: usize,
}

/// A step of the plan.
#[derive(Clone, Debug, Serialize)]
pub struct TapeStep {
    /// Name of its kernel.
    pub kernel: String,
    /// Number of its segment, counted through all passes.
    pub segment: usize,
    /// Number of runs on a tile, one per mode.
    pub modes: usize,
    /// Numbers of the nodes that it writes.
    pub writes: Vec<usize>,
    /// Numbers of the nodes that it reads.
    pub reads: Vec<usize>,
}

/// Slots of a value.
#[derive(Clone, Debug, Serialize)]
pub struct Slots {
    /// Number of its node.
    pub node: usize,
    /// First row.
    pub first: usize,
    /// Number of rows.
    pub rows: usize,
    /// The step that writes the value and the last step that reads it.
    pub live_steps: [usize; 2],
}

impl TapeLayout {
    /// Compiles the plan, and fills a tile with points in the ranges of the coordinates.
    pub fn new(tape: Tape) -> Self {
        let (outputs, options) = (tape.outputs(), PlanOptions::default());
        let reading = PlanReading::new(&tape.graph, &outputs, options);
        let mut plan = Plan::<f32>::compile(&tape.graph, &outputs, options);
        let params: Vec<f32> = tape.params.iter().map(|&value| value as f32).collect();
        plan.set_params(&params);
        for (k, setting) in tape.settings.iter().enumerate() {
            plan.set_setting(k, &setting.iter().map(|&value| value as f32).collect::<Vec<f32>>());
        }
        let [vectors, ..] = plan.storage();
        let samples = vectors / plan.program().tile_len.max(1) * F32_LANES;
        let mut batch = plan.batch(samples);
        let mut first = 0;
        for (k, &len) in tape.arguments.iter().enumerate() {
            let number = |sample: usize, coordinate: usize| {
                let [low, high] = tape.coordinates[coordinate].range;
                // Multiples of powers of the golden ratio fill the range evenly.
                let part = (sample as f64 * 0.618_033_988_749_895_f64.powf((coordinate + 1) as f64) + 0.5).fract();
                (low + part * (high - low)) as f32
            };
            let values: Vec<f32> = (0..samples * len).map(|n| number(n / len, first + n % len)).collect();
            batch.set(k, &values);
            first += len;
        }
        plan.run(&batch);
        Self { tape, reading, plan, batch }
    }

    /// Storage of the plan.
    pub fn extents(&self) -> Extents {
        let program = self.plan.program();
        let [tile, sums, uniform] = self.plan.storage();
        let stored = self.reading.steps().iter().flat_map(|step| &step.writes);
        let stored = stored.filter(|&&node| matches!(self.reading.place(node), ValueLocation::Tile { .. }));
        Extents {
            samples: self.batch.tile_samples(),
            lanes: F32_LANES,
            rows: program.tile_len,
            rows_of_all: stored.map(|&node| self.tape.graph.shape(node).len()).sum(),
            bytes: tile * F32_LANES * size_of::<f32>(),
            uniform,
            sums,
            passes: program.passes.len(),
            segments: program.passes.iter().map(Vec::len).sum(),
            once: program.stages.iter().map(Vec::len).sum(),
        }
    }

    /// Steps in the order in which they run on a tile.
    pub fn steps(&self) -> Vec<TapeStep> {
        let passes = &self.plan.program().passes;
        let step = |step: &multiwell_engine::plan::reading::PlanStep| TapeStep {
            kernel: words::kernel(&passes[step.pass][step.segment].instrs[step.instr]),
            segment: passes[..step.pass].iter().map(Vec::len).sum::<usize>() + step.segment,
            modes: step.modes,
            writes: step.writes.iter().map(|node| node.index()).collect(),
            reads: step.reads.iter().map(|node| node.index()).collect(),
        };
        self.reading.steps().iter().map(step).collect()
    }

    /// Slots of all values that are stored in a tile.
    pub fn slots(&self) -> Vec<Slots> {
        let slots = |node: NodeId| match self.reading.place(node) {
            ValueLocation::Tile { target, live_steps, .. } => {
                let modes = if target.stride == 0 { 1 } else { self.tape.graph.shape(node).modes };
                Some(Slots { node: node.index(), first: target.base, rows: target.rows * modes, live_steps })
            }
            _ => None,
        };
        self.tape.graph.nodes().filter_map(slots).collect()
    }

    /// Location of the value of a node, in a sentence.
    pub fn place(&self, node: NodeId) -> String {
        let shape = self.tape.graph.shape(node);
        let rows = |first: usize, rows: usize| {
            if rows == 1 { format!("slot {first}") } else { format!("slots {first} to {}", first + rows - 1) }
        };
        match self.reading.place(node) {
            ValueLocation::Tile { target, live_steps, .. } => {
                let (own, turns) = match (target.stride, shape.modes) {
                    (0, 2..) => (target.rows, ", shared by the modes in turn"),
                    (_, modes) => (target.rows * modes, ""),
                };
                format!(
                    "{} of the tile{turns}, from step {} to step {}",
                    rows(target.base, own),
                    live_steps[0] + 1,
                    live_steps[1] + 1
                )
            }
            ValueLocation::Uniform(at) if shape.len() == 1 => format!("number {at} of those with one value for all samples"),
            ValueLocation::Uniform(at) => {
                format!("numbers {at} to {} of those with one value for all samples", at + shape.len() - 1)
            }
            ValueLocation::View(of) => format!("no slot: it is read as a view of {}", words::reference(of)),
            ValueLocation::Merged(into) => format!("no slot: the kernel of {} computes it", words::reference(into)),
            ValueLocation::Absent => "no slot: no output of the plan depends on it".into(),
        }
    }

    /// Runs the whole plan on a full tile.
    pub fn run(&mut self, times: usize) {
        for _ in 0..times {
            self.plan.run(&self.batch);
        }
    }

    /// Runs a single step on a full tile, after the steps before it.
    pub fn repeat(&mut self, step: usize, times: usize) {
        self.plan.repeat(&self.batch, &self.reading.steps()[step], times);
    }
}

//! Replies to the page's script.

use multiwell_engine::graph::{NodeId, Shape};
use serde::Deserialize;
use serde_json::{Value, json};
use wasm_bindgen::prelude::*;
use web_time::Instant;

use super::super::script;
use super::Tape;
use super::layout::TapeLayout;
use super::record::TapeLayer;
use multiwell::internal::numerics::statistics::sorted;
use multiwell::internal::text::counted;

/// Maximum number of displayed entries of a node.
const MAX_ENTRIES: usize = 100;
/// Minimum number of displayed entries, for a large model. The differences of each entry need dozens of evaluations.
const MIN_ENTRIES: usize = 10;
/// Approximate maximum of the number of parameters times the number of entries for a reply without delay.
const MAX_PARAMETER_ENTRIES: usize = 2_000_000;

/// Minimum duration of a measuring round in milliseconds.
const ROUND_MS: f64 = 3.0;
/// Maximum number of repetitions in a round, however coarse the clock is.
const MAX_REPETITIONS: usize = 10_000_000;
/// Number of repetitions for timing the preparation of a step.
const PREPARATION_REPETITIONS: usize = 20;

/// Request of the script. Each has one reply.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum TapeRequest {
    /// Record the model of a model file, and send the [`TapeLayout::outline`].
    Open(String),
    /// Send the [`TapeLayout::inspect`]: number of a node, number of a mode, point, and coordinate of the derivatives.
    Inspect(usize, usize, Vec<f64>, usize),
    /// Send the time of a step in milliseconds.
    Step(usize),
    /// Send the time of the whole plan in milliseconds.
    Whole,
}

/// A shape in words.
fn spelled(shape: Shape) -> String {
    let mut text = format!("{} × {}", counted(shape.modes, "mode"), counted(shape.rows, "row"));
    if shape.cols != 1 {
        text += &format!(" × {}", counted(shape.cols, "column"));
    }
    text + if shape.batched { ", one for each sample" } else { ", the same for all samples" }
}

/// Registers the handler of requests. Called once, in a dedicated worker.
#[wasm_bindgen]
pub fn start_tape() {
    let mut opened = None;
    script::listen(move |request, _| {
        match (request, &mut opened) {
            (TapeRequest::Open(text), opened) => {
                let tape = Tape::read(&text).map_err(|error| format!("There is no tape: {error}."))?;
                script::post(&opened.insert(TapeLayout::new(tape)).outline());
            }
            (_, None) => return Err("There is no tape: open it again.".into()),
            (TapeRequest::Inspect(node, mode, point, along), Some(layout)) => {
                script::post(&layout.inspect(node, mode, &point, along));
            }
            (TapeRequest::Step(step), Some(layout)) => script::post(&layout.measure_step(step).into()),
            (TapeRequest::Whole, Some(layout)) => script::post(&measure_median(|times| layout.run(times), 0.0).into()),
        }
        Ok(())
    });
}

fn measure(act: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    act();
    begun.elapsed().as_secs_f64() * 1e3
}

/// Median duration of a repeatable action in milliseconds, over five rounds. `overhead` is the additional duration of each round.
fn measure_median(mut repeat: impl FnMut(usize), overhead: f64) -> f64 {
    let mut round = |times: usize| (measure(|| repeat(times)) - overhead).max(0.0);
    let mut times = 1;
    loop {
        // The shorter of two durations, because other load of the processor may extend one of them.
        let duration = round(times).min(round(times));
        if duration >= ROUND_MS || times >= MAX_REPETITIONS {
            break;
        }
        times = (times as f64 * (1.3 * ROUND_MS / duration.max(0.05)).min(10.0)).ceil() as usize;
    }
    sorted((0..5).map(|_| round(times) / times as f64).collect())[2]
}

impl TapeLayout {
    /// All nodes by layers, and the plan.
    fn outline(&self) -> Value {
        let tape = &self.tape;
        let line = |&node: &NodeId| {
            json!({
                "id": node.index(),
                "operation": tape.operation(node),
                "shape": tape.graph.shape(node).to_string(),
                "reads": tape.graph.op(node).operands().map(NodeId::index).collect::<Vec<_>>(),
                "adjoint": tape.adjoint(node).map(NodeId::index),
            })
        };
        let layer = |layer: &TapeLayer| {
            let nodes: Vec<Value> = layer.nodes.iter().map(line).collect();
            json!({ "name": layer.name, "is_reverse": layer.is_reverse, "nodes": nodes })
        };
        json!({
            "title": tape.title,
            "quantity": tape.quantity,
            "coordinates": tape.coordinates,
            "point": tape.point(),
            "layers": tape.layers.iter().map(layer).collect::<Vec<_>>(),
            "extents": self.extents(),
            "steps": self.steps(),
            "slots": self.slots(),
        })
    }

    /// A node at a point: the entries of one of its modes, with derivatives with respect to coordinate `along`.
    fn inspect(&self, node: usize, mode: usize, point: &[f64], along: usize) -> Value {
        let tape = &self.tape;
        let node = tape.graph.nodes().nth(node).expect_throw("a node of the tape");
        let shape = tape.graph.shape(node);
        let of_mode = shape.rows * shape.cols;
        let most = (MAX_PARAMETER_ENTRIES / tape.params.len().max(1)).clamp(MIN_ENTRIES, MAX_ENTRIES);
        // Small nodes show all modes at once.
        let entries = if shape.len() <= most / 4 { 0..shape.len() } else { mode * of_mode..mode * of_mode + of_mode.min(most) };
        json!({
            "shape": spelled(shape),
            "place": self.place(node),
            "modes": shape.modes,
            "of_mode": of_mode,
            "entries": tape.inspect(node, entries, point, along),
        })
    }

    /// Time in milliseconds of a single step on a full tile, without the steps before it.
    fn measure_step(&mut self, step: usize) -> f64 {
        let mut prepare = || measure(|| (0..PREPARATION_REPETITIONS).for_each(|_| self.repeat(step, 0)));
        let overhead = prepare().min(prepare()).min(prepare()) / PREPARATION_REPETITIONS as f64;
        measure_median(|times| self.repeat(step, times), overhead)
    }
}

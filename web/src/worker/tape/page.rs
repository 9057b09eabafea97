//! Functions for the page's script. Replies are JSON.

use multiwell_engine::graph::{NodeId, Shape};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::Tape;
use super::layout::{Extents, Slots, TapeLayout, TapeStep};
use super::look::NodeEntry;
use super::record::TapeInput;

/// Most entries of a node that are shown at once.
const MAX_ENTRIES: usize = 100;
/// Fewest of them, where the model is large: the differences of each entry compute it dozens of times.
const MIN_ENTRIES: usize = 10;
/// About how many parameters times entries are read without a wait.
const READ_AT_ONCE: usize = 2_000_000;

/// An opened tape.
#[wasm_bindgen]
#[derive(Debug)]
pub struct OpenTape {
    tape: Tape,
    layout: TapeLayout,
}

#[derive(Serialize)]
struct TapeLine {
    id: usize,
    operation: String,
    shape: String,
    /// The nodes that it is computed from.
    reads: Vec<usize>,
    adjoint: Option<usize>,
}

#[derive(Serialize)]
struct Folded<'a> {
    name: &'a str,
    is_reverse: bool,
    nodes: Vec<TapeLine>,
}

#[derive(Serialize)]
struct Outline<'a> {
    title: &'a str,
    quantity: &'a str,
    coordinates: &'a [TapeInput],
    point: Vec<f64>,
    value: usize,
    layers: Vec<Folded<'a>>,
    extents: Extents,
    steps: Vec<TapeStep>,
    slots: Vec<Slots>,
}

#[derive(Serialize)]
struct NodeDetails {
    shape: String,
    place: String,
    modes: usize,
    /// Entries of a mode.
    of_mode: usize,
    entries: Vec<NodeEntry>,
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain data can be written")
}

/// A shape, with what it counts.
fn spelled(shape: Shape) -> String {
    let count = |count: usize, word: &str| if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") };
    let mut text = format!("{} × {}", count(shape.modes, "mode"), count(shape.rows, "row"));
    if shape.cols != 1 {
        text += &format!(" × {}", count(shape.cols, "column"));
    }
    text + if shape.batched { ", one for each sample" } else { ", the same for all samples" }
}

#[wasm_bindgen]
impl OpenTape {
    /// Records the model in the text of a model file.
    ///
    /// # Errors
    /// A sentence, if it is none.
    #[wasm_bindgen(constructor)]
    pub fn new(text: &str) -> Result<Self, JsValue> {
        let tape = Tape::read(text).map_err(|error| JsValue::from(error.to_string()))?;
        let layout = TapeLayout::new(&tape);
        Ok(Self { tape, layout })
    }

    /// All nodes by layers, and the plan.
    pub fn outline(&self) -> String {
        let (tape, layout) = (&self.tape, &self.layout);
        let line = |&node: &NodeId| TapeLine {
            id: node.index(),
            operation: tape.operation(node),
            shape: tape.graph.shape(node).to_string(),
            reads: tape.graph.op(node).operands().map(NodeId::index).collect(),
            adjoint: tape.adjoint(node).map(NodeId::index),
        };
        let layers = tape.layers.iter();
        json(&Outline {
            title: &tape.title,
            quantity: tape.quantity,
            coordinates: &tape.coordinates,
            point: tape.point(),
            value: tape.value.index(),
            layers: layers
                .map(|layer| Folded {
                    name: &layer.name,
                    is_reverse: layer.is_reverse,
                    nodes: layer.nodes.iter().map(line).collect(),
                })
                .collect(),
            extents: layout.extents(tape),
            steps: layout.steps(),
            slots: layout.slots(tape),
        })
    }

    /// A node at a point: the entries of one of its modes, with derivatives by the coordinate `along`.
    pub fn look(&self, node: usize, mode: usize, point: &[f64], along: usize) -> String {
        let tape = &self.tape;
        let node = tape.graph.nodes().nth(node).expect_throw("a node of the tape");
        let shape = tape.graph.shape(node);
        let of_mode = shape.rows * shape.cols;
        let most = (READ_AT_ONCE / tape.params.len().max(1)).clamp(MIN_ENTRIES, MAX_ENTRIES);
        // Of small nodes all modes are seen at once.
        let entries = if shape.len() <= most / 4 { 0..shape.len() } else { mode * of_mode..mode * of_mode + of_mode.min(most) };
        json(&NodeDetails {
            shape: spelled(shape),
            place: self.layout.place(tape, node),
            modes: shape.modes,
            of_mode,
            entries: tape.look(node, entries, point, along),
        })
    }

    /// Runs the plan on a full tile.
    pub fn run(&mut self, times: usize) {
        self.layout.run(times);
    }

    /// Runs a step alone on a full tile, after what comes before it.
    pub fn repeat(&mut self, step: usize, times: usize) {
        self.layout.repeat(step, times);
    }
}

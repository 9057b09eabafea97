//! Graph of a model file with its derivative, grouped by layers.

use multiwell_engine::grad::{dependents, pull};
use multiwell_engine::graph::{Graph, NodeId, Op};
use multiwell_export::function::Function;
use multiwell_export::{ExportError, Model};
use serde::Serialize;

use super::copy::copy;
use super::words;

/// Layer of the nodes before the first parameter.
const FIRST_LAYER: &str = "inputs";

/// Coordinate of the point of a function.
#[derive(Clone, Debug, Serialize)]
pub struct TapeInput {
    /// Name for readers.
    pub name: String,
    /// Range of interest.
    pub range: [f64; 2],
}

/// Nodes that are displayed as one until the reader unfolds them.
#[derive(Clone, Debug)]
pub struct TapeLayer {
    /// Name for readers.
    pub name: String,
    /// True if the layer belongs to the reverse sweep.
    pub is_reverse: bool,
    /// Nodes, operands before users.
    pub nodes: Vec<NodeId>,
}

/// A recorded scalar function of a point, with the adjoints of its nodes.
#[derive(Clone, Debug)]
pub struct Tape {
    /// Title as a phrase.
    pub title: String,
    /// Name of the function value.
    pub quantity: &'static str,
    /// Coordinates of the point.
    pub coordinates: Vec<TapeInput>,
    /// Graph of the value and the adjoints.
    pub graph: Graph,
    /// Node of the value.
    pub value: NodeId,
    /// All nodes by layer: the forward sweep, then the reverse sweep.
    pub layers: Vec<TapeLayer>,
    /// Number of coordinates in each input of the graph.
    pub(crate) arguments: Vec<usize>,
    /// Parameters in the order of their declaration.
    pub(crate) params: Vec<f64>,
    pub(crate) settings: Vec<Vec<f64>>,
    /// Names of inputs and parameters.
    names: [Vec<String>; 2],
    /// Adjoint of each node; `None` if the value has no derivative with respect to the node.
    adjoints: Vec<Option<NodeId>>,
}

impl Tape {
    /// Records the model of a model file and differentiates it: the free energy after a step for a material, else the value.
    ///
    /// # Errors
    /// If the text is not a model file.
    pub fn read(text: &str) -> Result<Self, ExportError> {
        let model = Model::read(text, None)?;
        let function = model.functions.first().expect("a model has a function");
        let (quantity, result) = ["value", "energy"]
            .into_iter()
            .find_map(|name| function.results.iter().find(|result| result.name == name).map(|result| (name, result.nodes[0])))
            .expect("a model has a value or an energy");
        let (graph, value, layer_of) = forward(function, result);
        let differentiated = Differentiated::from_graph(&graph, value, &layer_of);
        let layers = differentiated.layers();
        let Differentiated { graph, value, adjoints, .. } = differentiated;
        let several = function.arguments.len() > 1;
        let coordinate = |argument: &multiwell_export::function::Argument, k: usize| {
            let name = match model.inputs.get(k) {
                Some(input) if argument.len == model.inputs.len() && !several => input.name.clone(),
                Some(input) if argument.len == model.inputs.len() && argument.name != "state" => {
                    format!("{} {}", argument.name, input.name)
                }
                _ if argument.len == 1 => argument.name.into(),
                _ => format!("{} {}", argument.name, k + 1),
            };
            TapeInput { name, range: argument.ranges[k] }
        };
        let coordinates =
            function.arguments.iter().flat_map(|argument| (0..argument.len).map(move |k| coordinate(argument, k))).collect();
        let inputs = function.arguments.iter().map(|argument| argument.name.to_owned()).collect();
        Ok(Self {
            title: model.title,
            quantity: if quantity == "value" { "Ψ" } else { "the energy" },
            coordinates,
            arguments: function.arguments.iter().map(|argument| argument.len).collect(),
            params: function.params.clone(),
            settings: function.settings.clone(),
            names: [inputs, function.names.clone()],
            graph,
            value,
            layers,
            adjoints,
        })
    }

    /// Node of the derivative of the value with respect to a node. `None` for constants, for nodes without a differentiable path to the value,
    /// and for nodes of the reverse sweep.
    pub fn adjoint(&self, node: NodeId) -> Option<NodeId> {
        self.adjoints.get(node.index()).copied().flatten()
    }

    /// Operation of a node in words.
    pub fn operation(&self, node: NodeId) -> String {
        let op = self.graph.op(node);
        let leaf = match op {
            Op::Input(k) => self.names[0].get(k as usize),
            Op::Param(k) => self.names[1].get(k as usize),
            _ => None,
        };
        words::operation(op, leaf.map_or("", String::as_str))
    }

    /// Outputs of a run of the plan: the value, and its derivatives with respect to all inputs and parameters.
    pub fn outputs(&self) -> Vec<NodeId> {
        let leaves = self.graph.inputs().iter().chain(self.graph.params());
        [self.value].into_iter().chain(leaves.filter_map(|&leaf| self.adjoint(leaf))).collect()
    }

    /// A point within the ranges, at a different fraction of each. It avoids the middles, where functions may be symmetric.
    pub fn point(&self) -> Vec<f64> {
        let part = |k: usize| (0.37 + 0.618 * k as f64).fract();
        let ranges = self.coordinates.iter().map(|coordinate| coordinate.range);
        ranges.enumerate().map(|(k, [low, high])| low + part(k) * (high - low)).collect()
    }
}

/// Ancestors of a result, with the layer of each node. A layer starts with its first parameter.
fn forward(function: &Function, result: NodeId) -> (Graph, NodeId, Vec<String>) {
    let (mut now, mut layer_of): (String, Vec<String>) = (FIRST_LAYER.into(), Vec::new());
    let from = &function.graph;
    let copied = copy(from, &[result], |graph, original, made| {
        if let Op::Param(k) = from.op(original) {
            now = function.names.get(k as usize).map_or_else(|| "parameters".into(), |name| words::layer(name));
        }
        layer_of.resize(graph.len(), now.clone());
        made
    });
    let value = copied.node(result).expect("what is wanted is copied");
    (copied.graph, value, layer_of)
}

/// Graph with the adjoints of all nodes on differentiable paths to the value.
struct Differentiated {
    graph: Graph,
    value: NodeId,
    /// Layer of each node of the forward sweep.
    layer_of: Vec<Option<String>>,
    /// Adjoint of each node of the forward sweep.
    adjoints: Vec<Option<NodeId>>,
}

impl Differentiated {
    /// Differentiates a value and removes unused nodes.
    fn from_graph(forward: &Graph, value: NodeId, layer_of: &[String]) -> Self {
        let mut graph = forward.clone();
        let active = dependents(forward, &[forward.inputs(), forward.params()].concat());
        let active: Vec<NodeId> = forward.nodes().filter(|node| active[node.index()]).collect();
        let seed = graph.filled(1.0, graph.shape(value));
        let pulled = pull(&mut graph, &[(value, seed)], &active);
        let wanted: Vec<NodeId> = [value].into_iter().chain(pulled.iter().flatten().copied()).collect();
        let copied = copy(&graph, &wanted, |_, _, made| made);
        let mut layers = vec![None; copied.graph.len()];
        for (node, layer) in graph.nodes().zip(layer_of) {
            if let Some(node) = copied.node(node) {
                layers[node.index()] = Some(layer.clone());
            }
        }
        let mut adjoints = vec![None; copied.graph.len()];
        for (&node, adjoint) in active.iter().zip(pulled) {
            if let Some(node) = copied.node(node) {
                adjoints[node.index()] = adjoint.and_then(|adjoint| copied.node(adjoint));
            }
        }
        let value = copied.node(value).expect("what is wanted is copied");
        Self { graph: copied.graph, value, layer_of: layers, adjoints }
    }

    /// All nodes by layers. Nodes of the forward sweep are in the layer of their recording. Nodes of the reverse sweep are in the last layer
    /// whose adjoints need them.
    fn layers(&self) -> Vec<TapeLayer> {
        let mut layers: Vec<TapeLayer> = Vec::new();
        // Index of the layer of each node.
        let mut place: Vec<Option<usize>> = Vec::new();
        for name in &self.layer_of {
            place.push(name.as_ref().map(|name| {
                layers.iter().position(|layer| layer.name == *name).unwrap_or_else(|| {
                    layers.push(TapeLayer { name: name.clone(), is_reverse: false, nodes: Vec::new() });
                    layers.len() - 1
                })
            }));
        }
        let forward: Vec<NodeId> = self.graph.nodes().filter(|node| place[node.index()].is_some()).collect();
        for k in (0..layers.len()).rev() {
            let own = layers.len();
            let of_layer = forward.iter().filter(|node| place[node.index()] == Some(k));
            let mut stack: Vec<NodeId> = of_layer.filter_map(|node| self.adjoints[node.index()]).collect();
            stack.retain(|node| place[node.index()].is_none());
            if stack.is_empty() {
                continue;
            }
            layers.push(TapeLayer { name: layers[k].name.clone(), is_reverse: true, nodes: Vec::new() });
            while let Some(node) = stack.pop() {
                if place[node.index()].is_none() {
                    place[node.index()] = Some(own);
                    stack.extend(self.graph.op(node).operands());
                }
            }
        }
        // Nodes without users belong to the layer of their recording.
        let mut last = layers.len() - 1;
        for node in self.graph.nodes().rev() {
            last = place[node.index()].unwrap_or(last);
            place[node.index()] = Some(last);
        }
        for node in self.graph.nodes() {
            if let Some(k) = place[node.index()] {
                layers[k].nodes.push(node);
            }
        }
        layers
    }
}

//! A model file as a graph with its derivative, folded by layers.

use multiwell_engine::grad::pull;
use multiwell_engine::graph::{Graph, NodeId, Op};
use multiwell_export::function::Function;
use multiwell_export::{ExportError, Model};
use serde::Serialize;

use super::copy::copy;
use super::words;

/// The layer of what is recorded before the first parameter.
const FIRST_LAYER: &str = "inputs";

/// A number that a function is given.
#[derive(Clone, Debug, Serialize)]
pub struct TapeInput {
    /// Name for readers.
    pub name: String,
    /// Where it is of interest.
    pub range: [f64; 2],
}

/// Nodes that are shown as one until they are unfolded.
#[derive(Clone, Debug)]
pub struct TapeLayer {
    /// Name for readers.
    pub name: String,
    /// Whether it belongs to the reverse sweep.
    pub is_reverse: bool,
    /// The nodes, operands before users.
    pub nodes: Vec<NodeId>,
}

/// A recorded function, a number of a point, with the adjoints of its nodes.
#[derive(Clone, Debug)]
pub struct Tape {
    /// Title in a phrase.
    pub title: String,
    /// Name of the number.
    pub quantity: &'static str,
    /// Arguments of the function.
    pub coordinates: Vec<TapeInput>,
    /// The nodes of value and adjoints.
    pub graph: Graph,
    /// The node of the value.
    pub value: NodeId,
    /// All nodes, layer by layer: forward, then in reverse.
    pub layers: Vec<TapeLayer>,
    /// Numbers in each input of the graph.
    pub(crate) arguments: Vec<usize>,
    /// The parameters, in the order of their declaration.
    pub(crate) params: Vec<f64>,
    pub(crate) settings: Vec<Vec<f64>>,
    /// Names of inputs and parameters.
    names: [Vec<String>; 2],
    /// For each node the derivative of the value by it, unless it is none of those that the value is differentiated by.
    adjoints: Vec<Option<NodeId>>,
}

impl Tape {
    /// Records the model in the text of a model file and differentiates it: of a material its free energy after a step, of all else its value.
    ///
    /// # Errors
    /// If the text is no model file.
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

    /// The node of the derivative of the value by a node. It is absent of constants, of what no differentiable operation leads from to the value, and of the nodes of
    /// the reverse sweep.
    pub fn adjoint(&self, node: NodeId) -> Option<NodeId> {
        self.adjoints.get(node.index()).copied().flatten()
    }

    /// The operation of a node, in words.
    pub fn operation(&self, node: NodeId) -> String {
        let op = self.graph.op(node);
        let leaf = match op {
            Op::Input(k) => self.names[0].get(k as usize),
            Op::Param(k) => self.names[1].get(k as usize),
            _ => None,
        };
        words::operation(op, leaf.map_or("", String::as_str))
    }

    /// Outputs of a run of the plan: the value, and its derivatives by all inputs and parameters.
    pub fn outputs(&self) -> Vec<NodeId> {
        let leaves = self.graph.inputs().iter().chain(self.graph.params());
        [self.value].into_iter().chain(leaves.filter_map(|&leaf| self.adjoint(leaf))).collect()
    }

    /// A point within the ranges, off their middle, where much may be symmetric, and at another part of each.
    pub fn point(&self) -> Vec<f64> {
        let part = |k: usize| (0.37 + 0.618 * k as f64).fract();
        let ranges = self.coordinates.iter().map(|coordinate| coordinate.range);
        ranges.enumerate().map(|(k, [low, high])| low + part(k) * (high - low)).collect()
    }
}

/// The nodes that a result is computed from, and for each the layer that it is recorded in: a layer begins with its first parameter.
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

/// A graph with the adjoints of all nodes that the value is differentiated by.
struct Differentiated {
    graph: Graph,
    value: NodeId,
    /// The layer of each node of the forward sweep.
    layer_of: Vec<Option<String>>,
    /// The adjoint of each node of the forward sweep.
    adjoints: Vec<Option<NodeId>>,
}

impl Differentiated {
    /// Differentiates a value, and leaves out what is not needed for it.
    fn from_graph(forward: &Graph, value: NodeId, layer_of: &[String]) -> Self {
        let mut graph = forward.clone();
        let mut active = vec![false; forward.len()];
        for leaf in forward.inputs().iter().chain(forward.params()) {
            active[leaf.index()] = true;
        }
        for node in forward.nodes() {
            let op = forward.op(node);
            if !words::stops(op) && op.operands().any(|x| active[x.index()]) {
                active[node.index()] = true;
            }
        }
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

    /// All nodes by layers: those of the forward sweep by the layer that they are recorded in; those of the reverse sweep by the layer, from the last to the first,
    /// for whose adjoints they are needed first.
    fn layers(&self) -> Vec<TapeLayer> {
        let mut layers: Vec<TapeLayer> = Vec::new();
        // The number of the layer of each node.
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
        // Recorded nodes without users are shown in the layer where they were recorded.
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

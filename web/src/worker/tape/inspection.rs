//! A node at a point: its value, its adjoint and its tangent, with central differences of both derivatives.
//!
//! The adjoint of a node is the derivative of the tape's value with respect to the node; its differences add a number to an entry of the
//! node. The tangent of a node is its derivative with respect to a coordinate of the point; its differences change that coordinate.
//! Constants of differentiation (`stop_gradient`) keep their values in both cases, so that differences and derivatives agree.

use std::ops::Range;

use multiwell_engine::grad::push;
use multiwell_engine::graph::{Graph, NodeId, Op, Unary};
use multiwell_engine::plan::{Plan, PlanOptions};
use serde::Serialize;

use super::Tape;
use super::copy::copy;
use super::differences::{DifferenceCheck, compare};

/// First step of the differences, relative to the range of a coordinate or to the magnitude of an entry, which is at least 1.
const FIRST_STEP: f64 = 0.05;

/// An entry of a node.
#[derive(Clone, Debug, Serialize)]
pub struct NodeEntry {
    /// Mode, row and column, counted from 1.
    pub at: [usize; 3],
    /// Value of the entry.
    pub value: f64,
    /// Derivative of the tape's value with respect to the entry.
    pub adjoint: Option<DifferenceCheck>,
    /// Derivative of the entry with respect to a coordinate of the point.
    pub tangent: DifferenceCheck,
}

impl Tape {
    /// Evaluates nodes of a graph that starts with the leaves of this tape. `further` are values of additional settings.
    fn evaluate(&self, graph: &Graph, nodes: &[NodeId], point: &[f64], further: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let mut plan = self.plan(graph, nodes);
        self.run(&mut plan, point, further);
        (0..nodes.len()).map(|k| plan.output(k).to_vec()).collect()
    }

    fn plan(&self, graph: &Graph, nodes: &[NodeId]) -> Plan<f64> {
        let mut plan = Plan::compile(graph, nodes, PlanOptions::default());
        plan.set_params(&self.params);
        plan
    }

    fn run(&self, plan: &mut Plan<f64>, point: &[f64], further: &[Vec<f64>]) {
        for (k, setting) in self.settings.iter().chain(further).enumerate() {
            plan.set_setting(k, setting);
        }
        let mut batch = plan.batch(1);
        let mut rest = point;
        for (k, &len) in self.arguments.iter().enumerate() {
            let (own, others) = rest.split_at(len);
            batch.set(k, own);
            rest = others;
        }
        plan.run(&batch);
    }

    /// Value of a node at a point, in row-major order of mode, row and column.
    pub fn value_of(&self, node: NodeId, point: &[f64]) -> Vec<f64> {
        self.evaluate(&self.graph, &[node], point, &[]).remove(0)
    }

    /// Entries of a node at a point, numbered as in [`Tape::value_of`]. Tangents are derivatives with respect to coordinate `along`.
    ///
    /// # Panics
    /// If the number of coordinates is wrong, or if there are no such entries.
    pub fn inspect(&self, node: NodeId, entries: Range<usize>, point: &[f64], along: usize) -> Vec<NodeEntry> {
        assert!(point.len() == self.coordinates.len() && along < point.len(), "a point of {} numbers", point.len());
        let shape = self.graph.shape(node);
        let values = self.value_of(node, point);
        let tangents = self.tangents(node, &entries, point, along);
        let mut adjoints = self.adjoints(node, &entries, &values, point).into_iter();
        entries
            .zip(tangents)
            .map(|(k, tangent)| NodeEntry {
                at: [k / (shape.rows * shape.cols) + 1, k / shape.cols % shape.rows + 1, k % shape.cols + 1],
                value: values[k],
                adjoint: adjoints.next(),
                tangent,
            })
            .collect()
    }

    /// A plan in which the constants of differentiation are settings with their values at a point.
    fn constants_at(&self, wanted: &[NodeId], point: &[f64], added_to: Option<NodeId>) -> Changed {
        let (graph, mut stops) = (&self.graph, Vec::new());
        let mut added = Vec::new();
        let copied = copy(graph, wanted, |copy, original, made| {
            let shape = graph.shape(original);
            let mut read = made;
            if matches!(graph.op(original), Op::Unary(Unary::StopGradient, _)) {
                let held = copy.setting(shape.modes, shape.rows, shape.cols);
                stops.push(original);
                read = copy.broadcast(held, shape);
            }
            if added_to == Some(original) {
                let change = copy.setting(shape.modes, shape.rows, shape.cols);
                added.push(stops.len());
                read = copy.add(read, change);
            }
            read
        });
        let mut settings = if stops.is_empty() { Vec::new() } else { self.evaluate(graph, &stops, point, &[]) };
        let place = added.first().copied();
        if let (Some(place), Some(node)) = (place, added_to) {
            settings.insert(place, vec![0.0; graph.shape(node).len()]);
        }
        let nodes: Vec<NodeId> = wanted.iter().map(|&node| copied.node(node).expect("what is wanted is copied")).collect();
        Changed { plan: self.plan(&copied.graph, &nodes), settings, place }
    }

    fn tangents(&self, node: NodeId, entries: &Range<usize>, point: &[f64], along: usize) -> Vec<DifferenceCheck> {
        let (mut first, mut argument) = (0, 0);
        while along >= first + self.arguments[argument] {
            first += self.arguments[argument];
            argument += 1;
        }
        let mut graph = self.graph.clone();
        let input = graph.inputs()[argument];
        let shape = graph.shape(input);
        let direction = graph.setting(shape.modes, shape.rows, shape.cols);
        let direction = graph.broadcast(direction, shape);
        let unit: Vec<f64> = (0..self.arguments[argument]).map(|k| f64::from(u8::from(first + k == along))).collect();
        let exact = match push(&mut graph, &[node], &[(input, direction)])[0] {
            Some(tangent) => self.evaluate(&graph, &[tangent], point, &[unit])[0][entries.clone()].to_vec(),
            None => vec![0.0; entries.len()],
        };
        let Changed { mut plan, settings, .. } = self.constants_at(&[node], point, None);
        let [low, high] = self.coordinates[along].range;
        compare(&exact, FIRST_STEP * (high - low), |h| {
            let mut moved = point.to_vec();
            moved[along] += h;
            self.run(&mut plan, &moved, &settings);
            plan.output(0)[entries.clone()].to_vec()
        })
    }

    fn adjoints(&self, node: NodeId, entries: &Range<usize>, values: &[f64], point: &[f64]) -> Vec<DifferenceCheck> {
        let Some(adjoint) = self.adjoint(node) else { return Vec::new() };
        let exact = self.value_of(adjoint, point);
        let Changed { mut plan, mut settings, place } = self.constants_at(&[self.value], point, Some(node));
        let place = place.expect("what has an adjoint leads to the value");
        let of = |k: usize| {
            let first = FIRST_STEP * values[k].abs().max(1.0);
            compare(&exact[k..=k], first, |h| {
                settings[place][k] = h;
                self.run(&mut plan, point, &settings);
                settings[place][k] = 0.0;
                plan.output(0).to_vec()
            })[0]
        };
        entries.clone().map(of).collect()
    }
}

/// A plan with held values, the values of its settings, and the index of the setting that is added to a node.
struct Changed {
    plan: Plan<f64>,
    settings: Vec<Vec<f64>>,
    place: Option<usize>,
}

//! Records formulas as nodes of the engine's graph, with the condition that each function puts on its argument.

use super::parameters::FormulaParameter;
use super::parse::{Node, Operator, Parsed};
use crate::graph::{Graph, NodeId, Shape};

/// Condition on a value in the whole domain. The formula can be evaluated only if it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DomainCondition {
    /// The value is not zero, because it is a divisor.
    NotZero,
    /// The value is above zero.
    Positive,
    /// The value is not below zero.
    NotNegative,
    /// The magnitude of the value is at most one.
    AtMostOne,
}

impl DomainCondition {
    /// Returns true if a value meets the condition.
    pub fn is_met(self, value: f64) -> bool {
        match self {
            Self::NotZero => value != 0.0,
            Self::Positive => value > 0.0,
            Self::NotNegative => value >= 0.0,
            Self::AtMostOne => value.abs() <= 1.0,
        }
    }
}

/// Value with a condition.
#[derive(Clone, Copy, Debug)]
pub(super) struct Guard {
    pub condition: DomainCondition,
    pub value: NodeId,
    /// Function or operator that requires the condition: `log`, `/`, `^`.
    pub of: &'static str,
    /// Position of the function or operator in the text, from one.
    pub place: usize,
}

/// Formula recorded in a graph.
#[derive(Debug)]
pub(super) struct RecordedFormula {
    pub graph: Graph,
    /// Nodes of the inputs, each one number per sample.
    pub inputs: Vec<NodeId>,
    /// Nodes of the components. A potential has one component.
    pub roots: Vec<NodeId>,
    pub guards: Vec<Guard>,
    /// True if the components are those of a field.
    pub is_field: bool,
}

struct FormulaRecorder<'a> {
    graph: Graph,
    guards: Vec<Guard>,
    inputs: &'a [String],
    parameters: &'a [FormulaParameter],
    leaves: Vec<NodeId>,
}

/// Records a formula. Its parameters are constants: a changed parameter needs a new recording.
pub(super) fn record(parsed: &Parsed, inputs: &[String], parameters: &[FormulaParameter]) -> RecordedFormula {
    let mut graph = Graph::new();
    let leaves: Vec<NodeId> = inputs.iter().map(|_| graph.input(1, 1)).collect();
    let mut recorder = FormulaRecorder { graph, guards: Vec::new(), inputs, parameters, leaves };
    let mut values: Vec<NodeId> = Vec::with_capacity(parsed.nodes.len());
    for (node, place) in &parsed.nodes {
        let value = recorder.node(node, *place, &values);
        values.push(value);
    }
    let FormulaRecorder { mut graph, guards, leaves, .. } = recorder;
    // A value without inputs is shared by all samples until it is broadcast.
    let mut repeated = |value: NodeId| graph.broadcast(value, Shape::batched(1, 1));
    let roots = parsed.roots.iter().map(|&root| repeated(values[root])).collect();
    let guards = guards.into_iter().map(|guard| Guard { value: repeated(guard.value), ..guard }).collect();
    RecordedFormula { graph, inputs: leaves, roots, guards, is_field: parsed.is_field }
}

impl FormulaRecorder<'_> {
    fn node(&mut self, node: &Node, place: usize, values: &[NodeId]) -> NodeId {
        match node {
            Node::Number(value) => self.graph.constant(*value),
            Node::Name(name) => {
                if let Some(k) = self.inputs.iter().position(|input| input == name) {
                    return self.leaves[k];
                }
                let parameter = self.parameters.iter().find(|parameter| parameter.name == *name);
                self.graph.constant(parameter.map_or(f64::NAN, |parameter| parameter.value))
            }
            Node::Negative(x) => self.graph.neg(values[*x]),
            Node::Binary(operator, a, b) => {
                let (a, b) = (values[*a], values[*b]);
                match operator {
                    Operator::Add => self.graph.add(a, b),
                    Operator::Subtract => self.graph.sub(a, b),
                    Operator::Multiply => self.graph.mul(a, b),
                    Operator::Divide => {
                        self.condition(DomainCondition::NotZero, b, "/", place);
                        self.graph.div(a, b)
                    }
                    Operator::Power => self.power(a, b, place),
                }
            }
            Node::Call(function, arguments) => {
                let arguments: Vec<NodeId> = arguments.iter().map(|&argument| values[argument]).collect();
                self.call(function, &arguments, place)
            }
        }
    }

    fn condition(&mut self, condition: DomainCondition, value: NodeId, of: &'static str, place: usize) {
        self.guards.push(Guard { condition, value, of, place });
    }

    /// Records `a^b`. If the exponent is not a constant, the result is `e^(b log a)`.
    fn power(&mut self, a: NodeId, b: NodeId, place: usize) -> NodeId {
        let Some(power) = self.graph.known_value(b) else {
            self.condition(DomainCondition::Positive, a, "^", place);
            let log = self.graph.log(a);
            let exponent = self.graph.mul(b, log);
            return self.graph.exp(exponent);
        };
        match (power.fract() == 0.0, power < 0.0) {
            (true, true) => self.condition(DomainCondition::NotZero, a, "^", place),
            (true, false) => {}
            (false, true) => self.condition(DomainCondition::Positive, a, "^", place),
            (false, false) => self.condition(DomainCondition::NotNegative, a, "^", place),
        }
        self.graph.powf(a, power)
    }

    /// Records a function of the engine, or a combination of such functions.
    fn call(&mut self, function: &'static str, arguments: &[NodeId], place: usize) -> NodeId {
        let x = arguments[0];
        let g = &mut self.graph;
        match function {
            "sin" => g.sin(x),
            "cos" => g.cos(x),
            "atan" => g.atan(x),
            "tanh" => g.tanh(x),
            "exp" => g.exp(x),
            "abs" => g.abs(x),
            "min" => arguments[1..].iter().fold(x, |least, &other| g.min(least, other)),
            "max" => arguments[1..].iter().fold(x, |most, &other| g.max(most, other)),
            "cosh" => cosh(g, x),
            "sinh" => {
                // The difference of the exponentials would lose precision near zero.
                let (cosh, tanh) = (cosh(g, x), g.tanh(x));
                g.mul(tanh, cosh)
            }
            "tan" => {
                let (sin, cos) = (g.sin(x), g.cos(x));
                self.condition(DomainCondition::NotZero, cos, "tan", place);
                self.graph.div(sin, cos)
            }
            "log" | "ln" => {
                self.condition(DomainCondition::Positive, x, function, place);
                self.graph.log(x)
            }
            "sqrt" => {
                self.condition(DomainCondition::NotNegative, x, function, place);
                self.graph.sqrt(x)
            }
            "asin" | "acos" => {
                self.condition(DomainCondition::AtMostOne, x, function, place);
                let asin = asin(&mut self.graph, x);
                if function == "asin" {
                    return asin;
                }
                let right = self.graph.constant(std::f64::consts::FRAC_PI_2);
                self.graph.sub(right, asin)
            }
            _ => unreachable!("{function} is in the list of functions"),
        }
    }
}

fn cosh(g: &mut Graph, x: NodeId) -> NodeId {
    let minus = g.neg(x);
    let (up, down) = (g.exp(x), g.exp(minus));
    let sum = g.add(up, down);
    let half = g.constant(0.5);
    g.mul(half, sum)
}

/// Angle of a right triangle with a hypotenuse of one: `atan(x / sqrt((1 - x)(1 + x)))`.
fn asin(g: &mut Graph, x: NodeId) -> NodeId {
    let one = g.constant(1.0);
    let (below, above) = (g.sub(one, x), g.add(one, x));
    let square = g.mul(below, above);
    let side = g.sqrt(square);
    let slope = g.div(x, side);
    g.atan(slope)
}

impl RecordedFormula {
    /// Derivatives of a component with respect to each input; zero if it does not depend on the input.
    pub fn gradient(&mut self, root: NodeId) -> Vec<NodeId> {
        let found = crate::grad::grad(&mut self.graph, root, &self.inputs.clone());
        found.into_iter().map(|slope| slope.unwrap_or_else(|| self.graph.filled(0.0, Shape::batched(1, 1)))).collect()
    }

    /// Factors of a value, which is zero exactly where one of them is zero. A value that is not a product or power is its only factor.
    pub fn factors(&self, value: NodeId) -> Vec<NodeId> {
        use crate::graph::{Binary, Op, Unary};
        let (mut open, mut factors) = (vec![value], Vec::new());
        while let Some(value) = open.pop() {
            match self.graph.op(value) {
                Op::Binary(Binary::Mul, a, b) if a == b => open.push(a),
                Op::Binary(Binary::Mul, a, b) => open.extend([a, b]),
                Op::Powi(x, n) if n > 0 => open.push(x),
                Op::Unary(Unary::Neg | Unary::Sqrt | Unary::Abs, x) => open.push(x),
                _ if !factors.contains(&value) => factors.push(value),
                _ => {}
            }
        }
        factors
    }
}

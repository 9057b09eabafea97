//! The formula as one expression of numbers and symbols, as SymPy reads it.

use std::collections::HashMap;
use std::rc::Rc;

use multiwell::internal::data::units;
use multiwell_engine::graph::{Axis, Binary, Graph, NodeId, Op, Unary};

use super::super::function::Function;
use super::super::loops::digits;
use super::super::nodes::{self, NodeStep};
use super::{log_sum_exp, parts, without_broadcasts};

/// Maximum number of characters of a symbol.
const MAX_CHARACTERS: usize = 40;

/// Words of Python, and functions and constants of SymPy, that may also be names of quantities.
const RESERVED_WORDS: [&str; 50] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else",
    "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise",
    "return", "try", "while", "with", "yield", "E", "I", "N", "O", "Q", "S", "beta", "gamma", "zeta", "pi", "exp", "log", "diff",
    "Min", "Max",
];

/// A name that is also a name in SymPy: letters, digits and underscores, at most [`MAX_CHARACTERS`].
pub fn symbol(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let name: String = units::without_unit(name).chars().map(plain).take(MAX_CHARACTERS).collect();
    let is_taken = RESERVED_WORDS.contains(&name.as_str());
    let begins_well = name.starts_with(|c: char| c.is_ascii_alphabetic());
    if begins_well && !is_taken { name } else { format!("x_{}", name.trim_start_matches('_')) }
}

/// Entries of nodes as expressions.
struct ExpressionWriter<'a> {
    graph: &'a Graph,
    names: &'a [String],
    known: HashMap<NodeId, ([usize; 3], Vec<f64>)>,
    written: HashMap<(NodeId, usize, usize), Rc<str>>,
    longest: usize,
}

/// Writes the first result of a function as an expression of the inputs called `names`. Returns `None` if it would be longer than `longest`.
pub fn write(function: &Function, names: &[String], longest: usize) -> Option<String> {
    let known = nodes::steps(function).into_iter().filter_map(|step| match step {
        NodeStep::Known { node, shape, values } => Some((node, (shape, values))),
        NodeStep::Computed(_) => None,
    });
    let mut writer = ExpressionWriter { graph: &function.graph, names, known: known.collect(), written: HashMap::new(), longest };
    writer.entry(function.results[0].nodes[0], 0, 0).map(|text| text.to_string())
}

/// A number, in brackets if it is negative.
fn number(value: f64) -> String {
    if value < 0.0 { format!("({})", digits(value)) } else { digits(value) }
}

impl ExpressionWriter<'_> {
    /// Entry `(m, r)` of a node.
    fn entry(&mut self, node: NodeId, m: usize, r: usize) -> Option<Rc<str>> {
        if let Op::Broadcast(x, _) = self.graph.op(node) {
            let shape = self.graph.shape(x);
            return self.entry(x, if shape.modes == 1 { 0 } else { m }, if shape.rows == 1 { 0 } else { r });
        }
        if let Some((shape, values)) = self.known.get(&node) {
            return Some(number(values[m * shape[1] + r]).into());
        }
        if let Some(text) = self.written.get(&(node, m, r)) {
            return Some(text.clone());
        }
        let text: Rc<str> = self.operation(node, m, r).filter(|text| text.len() <= self.longest)?.into();
        self.written.insert((node, m, r), text.clone());
        Some(text)
    }

    fn sum(&mut self, terms: impl Iterator<Item = (NodeId, usize, usize)>, wrap: &str) -> Option<String> {
        let mut text = String::from("(");
        for (k, (node, m, r)) in terms.enumerate() {
            let term = self.entry(node, m, r)?;
            text += if k == 0 { "" } else { " + " };
            text += &format!("{wrap}({term})");
            if text.len() > self.longest {
                return None;
            }
        }
        Some(text + ")")
    }

    fn operation(&mut self, node: NodeId, m: usize, r: usize) -> Option<String> {
        let graph = self.graph;
        let shape = graph.shape(node);
        if let Some(x) = log_sum_exp(graph, node) {
            let modes = graph.shape(x).modes;
            return Some(format!("log{}", self.sum((0..modes).map(|mode| (x, mode, r)), "exp")?));
        }
        if let Some(parts) = parts(graph, node) {
            let mut row = r;
            for part in parts {
                let rows = graph.shape(part).rows;
                if row < rows {
                    return self.entry(part, m, row).map(|text| text.to_string());
                }
                row -= rows;
            }
        }
        Some(match graph.op(node) {
            Op::Input(_) => self.names[r].clone(),
            Op::Unary(f, x) => unary(f, &self.entry(x, m, r)?),
            Op::Binary(f, a, b) => {
                let (a, b) = (self.entry(a, m, r)?, self.entry(b, m, r)?);
                match f {
                    Binary::Add => format!("({a} + {b})"),
                    Binary::Sub => format!("({a} - {b})"),
                    Binary::Mul => format!("{a}*{b}"),
                    Binary::Div => format!("({a})/({b})"),
                    Binary::Min => format!("Min({a}, {b})"),
                    Binary::Max => format!("Max({a}, {b})"),
                }
            }
            Op::Powi(x, n) => format!("({})**{n}", self.entry(x, m, r)?),
            Op::Powf(x, power) => format!("({})**{}", self.entry(x, m, r)?, number(power.value())),
            Op::Select(a, b, c) => {
                format!("Piecewise(({}, {} > 0), ({}, True))", self.entry(b, m, r)?, self.entry(a, m, r)?, self.entry(c, m, r)?)
            }
            Op::Sum(Axis::Modes, x) => self.sum((0..graph.shape(x).modes).map(|mode| (x, mode, r)), "")?,
            Op::Sum(_, x) => self.sum((0..graph.shape(x).rows).map(|row| (x, m, row)), "")?,
            Op::Max(axis, x) => {
                let of = graph.shape(x);
                let entry = |k: usize| if axis == Axis::Modes { self.entry(x, k, r) } else { self.entry(x, m, k) };
                let count = if axis == Axis::Modes { of.modes } else { of.rows };
                format!("Max({})", (0..count).map(entry).collect::<Option<Vec<_>>>()?.join(", "))
            }
            Op::Slice { x, axis, start, .. } => {
                let start = start as usize;
                let (m, r) = if axis == Axis::Modes { (m + start, r) } else { (m, r + start) };
                self.entry(x, m, r)?.to_string()
            }
            Op::Pad { x, axis, start, .. } => {
                let (start, index) = (start as usize, if axis == Axis::Modes { m } else { r });
                let extent = graph.shape(x).extent(axis).unwrap_or(1);
                if !(start..start + extent).contains(&index) {
                    return Some("0".into());
                }
                let (m, r) = if axis == Axis::Modes { (m - start, r) } else { (m, r - start) };
                self.entry(x, m, r)?.to_string()
            }
            Op::MatVec(w, h) | Op::MatVecT(w, h) => {
                let is_transposed = matches!(graph.op(node), Op::MatVecT(..));
                let ([modes, rows, cols], values) = self.known.get(&without_broadcasts(graph, w)).cloned()?;
                let mode = if modes == 1 { 0 } else { m };
                let mut text = String::from("(");
                for k in 0..graph.shape(h).rows {
                    let (row, col) = if is_transposed { (k, r) } else { (r, k) };
                    let term = self.entry(h, m, k)?;
                    text += if k == 0 { "" } else { " + " };
                    text += &format!("{}*{term}", number(values[(mode * rows + row) * cols + col]));
                    if text.len() > self.longest {
                        return None;
                    }
                }
                text + ")"
            }
            op => unreachable!("{op:?} of shape {shape} does not depend on the sample"),
        })
    }
}

fn unary(f: Unary, x: &str) -> String {
    match f {
        Unary::Neg => format!("(-({x}))"),
        Unary::Exp => format!("exp({x})"),
        Unary::Log => format!("log({x})"),
        Unary::Softplus => format!("log(1 + exp({x}))"),
        Unary::Sigmoid => format!("1/(1 + exp(-({x})))"),
        Unary::LogSigmoid => format!("(-log(1 + exp(-({x}))))"),
        Unary::Tanh => format!("tanh({x})"),
        Unary::Abs => format!("Abs({x})"),
        Unary::Sign => format!("sign({x})"),
        Unary::Sqrt => format!("sqrt({x})"),
        Unary::Sin => format!("sin({x})"),
        Unary::Cos => format!("cos({x})"),
        Unary::Atan => format!("atan({x})"),
        Unary::Relu => format!("Max({x}, 0)"),
        Unary::Step => format!("Heaviside({x}, 0)"),
        Unary::StopGradient => x.into(),
    }
}

//! The typeset formula. Values of whole modes are symbols, and tables contain the numbers.

use std::collections::HashMap;

use itertools::Itertools;
use multiwell_engine::graph::{Axis, Binary, Graph, NodeId, Op, Unary};

use super::super::function::Function;
use super::super::nodes::{self, NodeStep};
use super::{log_sum_exp, parts, without_broadcasts};

/// Binding strength of the outermost operation of an expression.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Precedence {
    Sum,
    Product,
    Power,
    Atom,
}

struct LatexWriter<'a> {
    graph: &'a Graph,
    inputs: usize,
    /// Tables by node, with their extents and values.
    known: HashMap<NodeId, ([usize; 3], Vec<f64>)>,
    /// Nodes that have symbols, with their definitions.
    symbols: HashMap<NodeId, String>,
    definitions: Vec<String>,
    /// Tables in use.
    tables: Vec<NodeId>,
    /// Number of uses of each node.
    users: Vec<usize>,
}

/// The equations of a function's first result, and the tables that they use.
pub fn write(function: &Function) -> String {
    let graph = &function.graph;
    let mut known = HashMap::new();
    let mut users = vec![0; graph.len()];
    for step in nodes::steps(function) {
        match step {
            NodeStep::Known { node, shape, values } => {
                known.insert(node, (shape, values));
            }
            NodeStep::Computed(node) => {
                let operands: Vec<NodeId> =
                    log_sum_exp(graph, node).map_or_else(|| graph.op(node).operands().collect(), |x| vec![x]);
                for operand in operands {
                    users[without_broadcasts(graph, operand).index()] += 1;
                }
            }
        }
    }
    let inputs = function.arguments[0].len;
    let mut writer =
        LatexWriter { graph, inputs, known, symbols: HashMap::new(), definitions: Vec::new(), tables: Vec::new(), users };
    let value = writer.expression(function.results[0].nodes[0]).0;
    let mut lines = writer.definitions.clone();
    lines.push(format!("\\Psi(x) &= {value}"));
    let tables: Vec<String> = writer.tables().into_iter().map(|(name, table)| format!("{name} &= {table}")).collect();
    let align = |lines: &[String]| format!("\\begin{{align*}}\n{}\n\\end{{align*}}\n", lines.join(" \\\\\n"));
    let mut text = align(&lines);
    text +=
        "where $\\operatorname{softplus}(z) = \\log(1 + e^z)$, functions are applied entry by entry, sums run over the modes $i$";
    if tables.is_empty() {
        return text + ".\n";
    }
    text + ", and\n" + &align(&tables)
}

/// A number with six digits.
fn rounded(value: f64) -> String {
    let text = format!("{value:.5e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits = if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits };
    match exponent.parse::<i32>() {
        Ok(exponent) if (-4..6).contains(&exponent) => {
            let text = format!("{value:.*}", (5 - exponent).max(0) as usize);
            if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
        }
        _ => format!("{digits} \\cdot 10^{{{exponent}}}"),
    }
}

impl LatexWriter<'_> {
    fn expression(&mut self, node: NodeId) -> (String, Precedence) {
        let node = without_broadcasts(self.graph, node);
        if let Some((shape, values)) = self.known.get(&node) {
            if *shape == [1, 1, 1] {
                let binds = if values[0] < 0.0 { Precedence::Sum } else { Precedence::Atom };
                return (rounded(values[0]), binds);
            }
            let modes = shape[0];
            let index = self.tables.iter().position(|table| *table == node).unwrap_or_else(|| {
                self.tables.push(node);
                self.tables.len() - 1
            });
            return (format!("C_{{{}}}{}", index + 1, if modes > 1 { "^{(i)}" } else { "" }), Precedence::Atom);
        }
        if let Some(symbol) = self.symbols.get(&node) {
            return (symbol.clone(), Precedence::Atom);
        }
        if let Op::Input(_) = self.graph.op(node) {
            return ("x".into(), Precedence::Atom);
        }
        let (text, binds) = self.operation(node);
        if self.users[node.index()] < 2 || binds == Precedence::Atom && text.len() < 8 {
            return (text, binds);
        }
        let over_modes = if self.graph.shape(node).modes > 1 { "^{(i)}" } else { "" };
        let symbol = format!("u_{{{}}}{over_modes}", self.symbols.len() + 1);
        self.definitions.push(format!("{symbol} &= {text}"));
        self.symbols.insert(node, symbol.clone());
        (symbol, Precedence::Atom)
    }

    /// An operand, in brackets if it binds less tightly than the expression around it.
    fn inside(&mut self, node: NodeId, least: Precedence) -> String {
        let (text, binds) = self.expression(node);
        if binds < least { format!("\\left({text}\\right)") } else { text }
    }

    fn applied(&mut self, function: &str, x: NodeId) -> (String, Precedence) {
        let x = self.expression(x).0;
        (format!("{function}\\left({x}\\right)"), Precedence::Atom)
    }

    fn operation(&mut self, node: NodeId) -> (String, Precedence) {
        if let Some(x) = log_sum_exp(self.graph, node) {
            let x = self.expression(x).0;
            return (format!("\\log \\sum_i e^{{{x}}}"), Precedence::Product);
        }
        if let Some(parts) = parts(self.graph, node) {
            let parts: Vec<String> = parts.into_iter().map(|part| self.expression(part).0).collect();
            return (format!("\\begin{{pmatrix}} {} \\end{{pmatrix}}", parts.join(" \\\\ ")), Precedence::Atom);
        }
        match self.graph.op(node) {
            Op::Unary(f, x) => self.unary(f, x),
            Op::Binary(f, a, b) => match f {
                Binary::Add | Binary::Sub => {
                    let (a, b) = (self.expression(a).0, self.inside(b, Precedence::Product));
                    let sign = if f == Binary::Add { '+' } else { '-' };
                    (format!("{a} {sign} {b}"), Precedence::Sum)
                }
                // A vector is written by its entries: known scales and shifts of inputs, and products of features.
                Binary::Mul => {
                    let (a, b) = (self.inside(a, Precedence::Product), self.inside(b, Precedence::Product));
                    (format!("{a} \\, {b}"), Precedence::Product)
                }
                Binary::Div => {
                    let (a, b) = (self.expression(a).0, self.expression(b).0);
                    (format!("\\frac{{{a}}}{{{b}}}"), Precedence::Atom)
                }
                Binary::Min | Binary::Max => {
                    let (a, b) = (self.expression(a).0, self.expression(b).0);
                    (format!("\\{}\\left({a}, {b}\\right)", if f == Binary::Min { "min" } else { "max" }), Precedence::Atom)
                }
            },
            Op::Powi(x, n) => (format!("{}^{{{n}}}", self.inside(x, Precedence::Atom)), Precedence::Power),
            Op::Powf(x, power) => (format!("{}^{{{}}}", self.inside(x, Precedence::Atom), power.value()), Precedence::Power),
            Op::Select(a, b, c) => {
                let [a, b, c] = [a, b, c].map(|x| self.expression(x).0);
                (format!("\\begin{{cases}} {b} & {a} > 0 \\\\ {c} & \\text{{else}} \\end{{cases}}"), Precedence::Atom)
            }
            op @ (Op::Sum(axis, x) | Op::Max(axis, x)) => {
                let name = if matches!(op, Op::Sum(..)) { "sum" } else { "max" };
                let index = if axis == Axis::Modes { "i" } else { "k" };
                (format!("\\{name}_{index} {}", self.inside(x, Precedence::Product)), Precedence::Product)
            }
            Op::Slice { x, start, len, .. } => {
                let x = self.inside(x, Precedence::Atom);
                let entry = if len == 1 { format!("{}", start + 1) } else { format!("{}:{}", start + 1, start + len) };
                (if self.inputs == 1 && x == "x" { x } else { format!("{x}_{{{entry}}}") }, Precedence::Atom)
            }
            Op::Pad { x, .. } => self.applied("\\operatorname{pad}", x),
            Op::MatVec(w, h) => {
                let (w, h) = (self.inside(w, Precedence::Power), self.inside(h, Precedence::Power));
                (format!("{w} \\, {h}"), Precedence::Product)
            }
            Op::MatVecT(w, g) => {
                let (w, g) = (self.inside(w, Precedence::Atom), self.inside(g, Precedence::Power));
                (format!("{{{w}}}^\\top {g}"), Precedence::Product)
            }
            op => unreachable!("{op:?} does not depend on the sample"),
        }
    }

    fn unary(&mut self, f: Unary, x: NodeId) -> (String, Precedence) {
        match f {
            Unary::Neg => (format!("-{}", self.inside(x, Precedence::Product)), Precedence::Sum),
            Unary::Exp => (format!("e^{{{}}}", self.expression(x).0), Precedence::Power),
            Unary::Log => self.applied("\\log", x),
            Unary::Softplus => self.applied("\\operatorname{softplus}", x),
            Unary::Sigmoid => self.applied("\\operatorname{sigmoid}", x),
            Unary::LogSigmoid => {
                let x = self.expression(x).0;
                (format!("-\\operatorname{{softplus}}\\left(-\\left({x}\\right)\\right)"), Precedence::Sum)
            }
            Unary::Tanh => self.applied("\\tanh", x),
            Unary::Abs => (format!("\\left|{}\\right|", self.expression(x).0), Precedence::Atom),
            Unary::Sign => self.applied("\\operatorname{sgn}", x),
            Unary::Sqrt => (format!("\\sqrt{{{}}}", self.expression(x).0), Precedence::Atom),
            Unary::Sin => self.applied("\\sin", x),
            Unary::Cos => self.applied("\\cos", x),
            Unary::Atan => self.applied("\\arctan", x),
            Unary::Relu => (format!("\\max\\left({}, 0\\right)", self.expression(x).0), Precedence::Atom),
            Unary::Step => self.applied("\\operatorname{step}", x),
            Unary::StopGradient => self.expression(x),
        }
    }

    /// The tables in use, in the order of their indices. A table of several modes is written once for each mode.
    fn tables(&self) -> Vec<(String, String)> {
        let mut list = Vec::new();
        for (number, node) in (1..).zip(&self.tables) {
            let ([modes, rows, cols], values) = &self.known[node];
            if rows * cols == 1 {
                let numbers: Vec<String> = values.iter().map(|&value| rounded(value)).collect();
                list.push((format!("C_{{{number}}}^{{(1 \\dots {modes})}}"), numbers.join(",\\; ")));
                continue;
            }
            for (mode, values) in values.chunks(rows * cols).enumerate() {
                let row = |row: &[f64]| row.iter().map(|&value| rounded(value)).join(" & ");
                let rows: Vec<String> = values.chunks(*cols).map(row).collect();
                let of = if *modes > 1 { format!("^{{({})}}", mode + 1) } else { String::new() };
                list.push((
                    format!("C_{{{number}}}{of}"),
                    format!("\\begin{{pmatrix}} {} \\end{{pmatrix}}", rows.join(" \\\\ ")),
                ));
            }
        }
        list
    }
}

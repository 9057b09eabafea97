//! The value as a formula: LaTeX of the graph, and an expression for SymPy.

mod expression;
mod latex;

use multiwell::internal::data::units;
use multiwell::internal::numerics::statistics::sort_by;
use multiwell::internal::text::shortened;
use multiwell_engine::graph::{Axis, Binary, Graph, NodeId, Op, Unary};

use super::ExportError;
use super::comments;
use super::model::Model;
use super::sheet::NamedModel;

/// Maximum length of an expression for SymPy, in characters.
const MAX_CHARACTERS: usize = 1 << 20;

/// Writes a fragment of LaTeX that defines the value, followed by an expression in a comment.
///
/// # Errors
/// If the model is of a material.
pub fn write(sheet: &NamedModel) -> Result<String, ExportError> {
    let function = sheet.functions.iter().find(|function| function.name == "value").ok_or(ExportError::NoFormula)?;
    let usage = [String::new(), "Typeset numbers are rounded to six digits. The expression at the end is exact.".into()];
    let mut text = comments::marked("%", &[sheet.header(), usage.into()].concat());
    text += &latex::write(function);
    let names = symbols(sheet.model);
    text += &match expression::write(function, &names, MAX_CHARACTERS) {
        Some(line) => format!(
            "% For SymPy, sympify(\"...\", locals={{name: Symbol(name) for name in \"{}\".split()}}):\n% {line}\n",
            names.join(" ")
        ),
        None => "% An expression for SymPy would be longer than a megabyte; export to python or jax instead.\n".into(),
    };
    Ok(text)
}

/// Names of the inputs in the expression.
fn symbols(model: &Model) -> Vec<String> {
    units::distinct(&model.inputs.iter().map(|input| expression::symbol(&input.name)).collect::<Vec<_>>())
}

/// Sentences about inputs whose names in the expression differ from their own.
pub fn notes(model: &Model) -> Vec<String> {
    let own = model.inputs.iter().map(|input| units::without_unit(&input.name));
    let renamed = own.zip(symbols(model)).filter(|(own, symbol)| own != symbol);
    renamed.map(|(own, symbol)| format!("the input {} is called {symbol} in the expression for SymPy", shortened(own))).collect()
}

/// Operand of a node behind repetitions for each sample and operations that affect derivatives only.
fn without_broadcasts(graph: &Graph, node: NodeId) -> NodeId {
    match graph.op(node) {
        _ if !graph.shape(node).batched => node,
        Op::Broadcast(x, _) | Op::Unary(Unary::StopGradient, x) => without_broadcasts(graph, x),
        _ => node,
    }
}

/// Argument `x` of a node that is computed as a log-sum-exp, `top + log(sum(exp(x - top)))`.
fn log_sum_exp(graph: &Graph, node: NodeId) -> Option<NodeId> {
    let Op::Binary(Binary::Add, a, b) = graph.op(node) else { return None };
    let of = |top: NodeId, log: NodeId| {
        let Op::Unary(Unary::Log, sum) = graph.op(without_broadcasts(graph, log)) else { return None };
        let sum = without_broadcasts(graph, sum);
        let e = if let Op::Sum(Axis::Modes, e) = graph.op(sum) { without_broadcasts(graph, e) } else { sum };
        let Op::Unary(Unary::Exp, below) = graph.op(e) else { return None };
        let Op::Binary(Binary::Sub, x, from) = graph.op(without_broadcasts(graph, below)) else { return None };
        (without_broadcasts(graph, from) == without_broadcasts(graph, top)).then(|| without_broadcasts(graph, x))
    };
    of(a, b).or_else(|| of(b, a))
}

/// Components of a vector that is a concatenation, in order.
fn parts(graph: &Graph, node: NodeId) -> Option<Vec<NodeId>> {
    fn collect(graph: &Graph, node: NodeId, list: &mut Vec<(u32, NodeId)>) -> bool {
        match graph.op(node) {
            Op::Binary(Binary::Add, a, b) => collect(graph, a, list) && collect(graph, b, list),
            Op::Pad { x, axis: Axis::Rows, start, .. } => {
                list.push((start, x));
                true
            }
            _ => false,
        }
    }
    let mut list = Vec::new();
    if !collect(graph, node, &mut list) || list.len() < 2 {
        return None;
    }
    sort_by(&mut list, |(row, _)| f64::from(*row));
    let covered: usize = list.iter().map(|(_, part)| graph.shape(*part).rows).sum();
    (covered == graph.shape(node).rows).then(|| list.into_iter().map(|(_, part)| part).collect())
}

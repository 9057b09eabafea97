//! Names of operations, layers and kernels.

use multiwell_engine::graph::{Axis, Binary, NodeId, Op};
use multiwell_engine::plan::program::{EntryFunction, Instr};

/// Name of a function or an axis in snake case.
fn name(of: &dyn std::fmt::Debug) -> String {
    let capital = |c: char| if c.is_ascii_uppercase() { format!("_{}", c.to_ascii_lowercase()) } else { c.into() };
    format!("{of:?}").chars().map(capital).collect::<String>().split_off(1)
}

fn axis(axis: Axis) -> String {
    if axis == Axis::Cols { "columns".into() } else { name(&axis) }
}

/// Name of a node as an operand.
pub fn reference(node: NodeId) -> String {
    format!("%{}", node.index())
}

/// Operation of a node with its operands. `leaf` is the name of an input, a parameter or a setting.
pub fn operation(op: Op, leaf: &str) -> String {
    match op {
        Op::Input(_) => format!("input {leaf}"),
        Op::Param(_) => format!("parameter {leaf}"),
        Op::Setting(_) => format!("setting {leaf}"),
        Op::Const(value) => format!("constant {}", value.value()),
        Op::Free(_) => "placeholder".into(),
        Op::Unary(f, x) => format!("{}({})", name(&f), reference(x)),
        Op::Binary(f, a, b) => format!("{}({}, {})", name(&f), reference(a), reference(b)),
        Op::Powi(x, n) => format!("powi({}, {n})", reference(x)),
        Op::Powf(x, power) => format!("powf({}, {})", reference(x), power.value()),
        Op::Select(a, b, c) => format!("select({}, {}, {})", reference(a), reference(b), reference(c)),
        Op::Broadcast(x, _) => format!("broadcast({})", reference(x)),
        Op::Sum(along, x) => format!("sum over {}({})", axis(along), reference(x)),
        Op::Max(along, x) => format!("max over {}({})", axis(along), reference(x)),
        Op::Slice { x, axis: along, start, len } => {
            format!("slice({}, {} {}..{})", reference(x), axis(along), start, start + len)
        }
        Op::Pad { x, axis: along, start, len } => format!("pad({}, {} {start} of {len})", reference(x), axis(along)),
        Op::MatVec(w, h) => format!("matvec({}, {})", reference(w), reference(h)),
        Op::MatVecT(w, g) => format!("matvec_t({}, {})", reference(w), reference(g)),
        Op::Outer(g, h) => format!("outer({}, {})", reference(g), reference(h)),
    }
}

/// Name of the kernel of an instruction, with its fused operations.
pub fn kernel(instr: &Instr) -> String {
    match *instr {
        Instr::Load { .. } => "load".into(),
        Instr::Entries { f: EntryFunction::Unary(f), .. } => name(&f),
        Instr::Entries { f: EntryFunction::Binary(f), .. } => name(&f),
        Instr::Entries { f: EntryFunction::Powi(_), .. } => "powi".into(),
        Instr::Entries { f: EntryFunction::Powf(_), .. } => "powf".into(),
        Instr::Entries { f: EntryFunction::Select, .. } => "select".into(),
        Instr::SoftplusSigmoid { .. } => "softplus and sigmoid".into(),
        Instr::ReduceRows { f, .. } => format!("{} over rows", reduction(f)),
        Instr::ReduceModes { f, .. } => format!("{} over modes", reduction(f)),
        Instr::Pad { .. } => "pad".into(),
        Instr::MatVec { start, second, factor, .. } => {
            let product = if second.is_some() { "two matvecs" } else { "matvec" };
            let start = if start.is_some() { ", added to" } else { "" };
            let factor = if factor.is_some() { ", multiplied" } else { "" };
            format!("{product}{start}{factor}")
        }
        Instr::Outer { sum: None, .. } => "outer, summed".into(),
        Instr::Outer { .. } => "outer and left vector, summed".into(),
        Instr::ReduceSamples { .. } => "sum over samples".into(),
        Instr::Store { .. } => "store".into(),
    }
}

fn reduction(f: Binary) -> String {
    if f == Binary::Add { "sum".into() } else { name(&f) }
}

/// Layer of a parameter. Its name is from the model file, optionally followed by the point at which its network is evaluated.
pub fn layer(parameter: &str) -> String {
    let (name, place) = parameter.split_once(' ').unwrap_or((parameter, ""));
    let number = name.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let is_numbered = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let layer = match name.trim_end_matches(|c: char| c.is_ascii_digit()) {
        "V" | "W" | "b" if is_numbered => format!("layer {number}"),
        "A" | "c" if is_numbered => format!("rate, layer {number}"),
        "D" | "A" => "skip".into(),
        "a" | "rho" => "soft minimum".into(),
        "shift" | "scale" => "units".into(),
        "k_plus" | "k_minus" | "M" => "play".into(),
        _ => name.into(),
    };
    if place.is_empty() { layer } else { format!("{layer} {place}") }
}

//! Python with NumPy, with JAX or with PyTorch.

use itertools::Itertools;
use multiwell_engine::graph::{Axis, Binary, NodeId, Op, Unary};

use super::comments;
use super::function::{Argument, Function, FunctionOutput};
use super::loops::digits;
use super::model::Normalised;
use super::nodes::{self, NodeStep, Uses};
use super::routine::Tables;
use super::sheet::{CHECK_POINTS, CHECK_TOLERANCE, CheckedValue, NamedModel};

/// Array libraries of the exported Python code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Library {
    Numpy,
    Jax,
    Torch,
}

impl Library {
    /// Prefix of the array functions that all three libraries have.
    fn arrays(self) -> &'static str {
        if self == Self::Torch { "torch" } else { "np" }
    }

    /// Module that creates tables and compares results.
    fn numpy(self) -> &'static str {
        if self == Self::Numpy { "np" } else { "numpy" }
    }

    /// Imports and helper functions.
    fn beginning(self) -> &'static str {
        match self {
            Self::Numpy => "import functools\n\nimport numpy as np\n",
            Self::Jax => "import jax\nimport jax.numpy as np\nimport numpy\n",
            Self::Torch => "import numpy\nimport torch\n",
        }
    }

    fn helpers(self) -> &'static str {
        match self {
            Self::Numpy | Self::Jax => {
                "

def _softplus(x):
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))


def _sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x > 0.0, 1.0, e) / (1.0 + e)
"
            }
            Self::Torch => {
                "

def _tensor(x):
    x = x if isinstance(x, torch.Tensor) else torch.as_tensor(x, dtype=torch.float64)
    return x if x.is_floating_point() else x.to(torch.float64)


def _of(numbers, x):
    return torch.as_tensor(numbers, dtype=x.dtype, device=x.device)


def _softplus(x):
    return torch.logaddexp(x, torch.zeros_like(x))


def _sigmoid(x):
    return torch.sigmoid(x)
"
            }
        }
    }

    /// An expression converted to a tensor like another one, in libraries whose functions do not accept numbers.
    fn like(self, expression: &str, argument: &str) -> String {
        if self == Self::Torch { format!("_of({expression}, {argument})") } else { expression.into() }
    }

    /// Function that stops differentiation at a value.
    fn stop(self) -> &'static str {
        match self {
            Self::Numpy => "",
            Self::Jax => "jax.lax.stop_gradient",
            Self::Torch => "torch.Tensor.detach",
        }
    }
}

/// Decorator of functions of one array. Their memory is that of a chunk, besides arguments and results.
const CHUNKS: &str = "

def _in_chunks(numbers):
    def decorate(function):
        @functools.wraps(function)
        def chunked(x):
            x = np.asarray(x, dtype=float)
            if x.size <= 4096 * numbers or (numbers > 1 and x.shape[-1] != numbers):
                return function(x)
            shape = x.shape if numbers == 1 else x.shape[:-1]
            rows = x.reshape(-1) if numbers == 1 else x.reshape(-1, numbers)
            parts = [function(rows[k : k + 4096]) for k in range(0, len(rows), 4096)]
            if isinstance(parts[0], np.ndarray):
                return np.concatenate(parts).reshape(shape)
            return tuple(np.concatenate(part).reshape(shape + part[0].shape[1:]) for part in zip(*parts))

        return chunked

    return decorate
";

/// The functions of the model, as a module.
pub fn write(sheet: &NamedModel, library: Library) -> String {
    let name = &sheet.name;
    let mut tables = Tables::default();
    let bodies: String = sheet.functions.iter().map(|function| body(function, &mut tables, library)).collect();
    let about = match library {
        Library::Numpy => "Functions of arrays, with NumPy alone.",
        Library::Jax => {
            "Functions of arrays for JAX: they can be compiled, mapped and differentiated. Double precision needs\n`jax.config.update(\"jax_enable_x64\", True)` before any array is made."
        }
        Library::Torch => {
            "Functions of tensors for PyTorch: they can be differentiated any number of times. Results have the precision and the device of the\nfirst argument; other arguments become tensors of double precision."
        }
    };
    let one = sheet.model.inputs.len() == 1;
    let takes = if one {
        "`x` is a number or an array of any shape."
    } else {
        "The last axis of `x` holds the inputs; all axes before it are kept."
    };
    let usage = format!("\n{about}\n{takes}\nTo check it against ten values of multiwell: python {name}.py");
    let usage = usage.lines().map(String::from).collect();
    let mut text = comments::docstring(&[sheet.header(), usage].concat()) + "\n";
    text += library.beginning();
    text += "\n";
    // Tables are NumPy arrays, whose precision does not depend on when they are created.
    let numpy = library.numpy();
    for (number, values) in tables.iter() {
        text += &format!("_C{number} = {numpy}.array([\n{}])\n", super::sheet::numbers(values, "    "));
    }
    text += library.helpers();
    if bodies.contains("@_in_chunks") {
        text += CHUNKS;
    }
    text += &bodies;
    if let Some(density) = &sheet.model.density {
        text += &of_density(density, library);
    }
    text + &check(sheet, library)
}

fn body(function: &Function, tables: &mut Tables, library: Library) -> String {
    let names: Vec<&str> = function.arguments.iter().map(|argument| argument.name).collect();
    let results: Vec<String> = function.results.iter().map(|result| result.name.to_string()).collect();
    let chunks = match &function.arguments[..] {
        [argument] if library == Library::Numpy => format!("@_in_chunks({})\n", argument.len),
        _ => String::new(),
    };
    let mut lines = vec![format!("\n\n{chunks}def {}({}):", function.name, names.join(", "))];
    lines.push(format!("    \"\"\"Returns {}.\"\"\"", results.join(", ")));
    for argument in &function.arguments {
        lines.extend(opening(argument, library));
    }
    lines.push(format!("    n = {}.shape[0]", names[0]));
    for step in nodes::steps(function) {
        match step {
            NodeStep::Known { node, shape, values } => {
                let uses = Uses::count(function, node);
                let is_number = shape == [1, 1, 1];
                if uses.matrix || uses.transposed || !is_number {
                    let (number, [modes, rows, cols]) = (tables.number_of(&values), shape);
                    let table = library.like(&format!("_C{number}"), names[0]);
                    if uses.matrix || uses.transposed {
                        lines.push(format!("    {} = {table}.reshape({modes}, {rows}, {cols})", matrix(node)));
                    }
                    if uses.vector && !is_number {
                        lines.push(format!("    {} = {table}.reshape({modes}, {rows})", name(node)));
                    }
                }
                if uses.vector && is_number {
                    lines.push(format!("    {} = {}", name(node), digits(values[0])));
                }
            }
            NodeStep::Computed(node) => lines.push(format!("    {} = {}", name(node), computed(function, node, library))),
        }
    }
    for result in &function.results {
        lines.push(format!("    {} = {}", result.name, closing(function, result, library)));
    }
    lines.push(format!("    return {}\n", results.join(", ")));
    lines.join("\n")
}

/// Name of a value in its use as a matrix.
fn matrix(node: NodeId) -> String {
    format!("m{}", node.index())
}

fn name(node: NodeId) -> String {
    format!("v{}", node.index())
}

/// Lines that bring an argument to the shape `[samples, 1, numbers]`.
fn opening(argument: &Argument, library: Library) -> Vec<String> {
    let x = argument.name;
    let mut lines = vec![if library == Library::Torch {
        format!("    {x} = _tensor({x})")
    } else {
        format!("    {x} = np.asarray({x}, dtype=float)")
    }];
    if argument.len == 1 {
        lines.push(format!("    shape_of_{x} = {x}.shape"));
    } else {
        lines.push(format!("    if {x}.shape[-1:] != ({},):", argument.len));
        lines.push(format!(
            "        raise ValueError(f\"the last axis of {x} must have {} numbers, not the shape {{{x}.shape}}\")",
            argument.len
        ));
        lines.push(format!("    shape_of_{x} = {x}.shape[:-1]"));
    }
    lines.push(format!("    {x} = {x}.reshape(-1, 1, {})", argument.len));
    if argument.is_periodic() {
        let list = |part: usize, other: &str| {
            let mut numbers =
                (0..argument.len).map(|k| argument.periods[k].map_or_else(|| other.to_string(), |period| digits(period[part])));
            numbers.join(", ")
        };
        let is_periodic: Vec<&str> =
            (0..argument.len).map(|k| if argument.periods[k].is_some() { "1.0" } else { "0.0" }).collect();
        let array = |list: &str| {
            if library == Library::Torch { format!("_of([{list}], {x})") } else { format!("np.array([{list}])") }
        };
        let (arrays, turning) = (library.arrays(), array(&is_periodic.join(", ")));
        lines.push(format!("    middle, period = {}, {}", array(&list(0, "0.0")), array(&list(1, "1.0"))));
        lines.push(format!("    {x} = {x} - {turning} * period * {arrays}.round(({x} - middle) / period)"));
    }
    lines
}

/// A result in the shape of the first argument.
fn closing(function: &Function, result: &FunctionOutput, library: Library) -> String {
    let shape = format!("shape_of_{}", function.arguments[0].name);
    let parts: Vec<String> = result
        .nodes
        .iter()
        .map(|&node| {
            let graph = &function.graph;
            let (value, len) = (name(node), graph.shape(node).len());
            if graph.shape(node).batched {
                format!("{value}.reshape(n, {len})")
            } else {
                let arrays = library.arrays();
                let value = if arrays == "torch" { format!("{value}.reshape(1, {len})") } else { value };
                format!("{arrays}.broadcast_to({value}, (n, {len}))")
            }
        })
        .collect();
    let whole = if let [one] = &parts[..] {
        one.clone()
    } else {
        format!("{}.concatenate([{}], axis=1)", library.arrays(), parts.join(", "))
    };
    // The derivative by a single input is a number, as is the value.
    let extents = if result.numbers() == 1 {
        String::new()
    } else {
        format!(" + ({},)", result.shape.iter().map(ToString::to_string).join(", "))
    };
    format!("{whole}.reshape({shape}{extents})")
}

/// The expression of a node that depends on the arguments.
fn computed(function: &Function, node: NodeId, library: Library) -> String {
    let (graph, np) = (&function.graph, library.arrays());
    let like = |node: NodeId| library.like(&name(node), function.arguments[0].name);
    let shape = graph.shape(node);
    match graph.op(node) {
        Op::Input(k) => function.arguments[k as usize].name.into(),
        Op::Unary(f, x) => unary(f, &name(x), library),
        Op::Binary(Binary::Min, a, b) => format!("{np}.minimum({}, {})", like(a), like(b)),
        Op::Binary(Binary::Max, a, b) => format!("{np}.maximum({}, {})", like(a), like(b)),
        Op::Binary(f, a, b) => {
            let (a, b) = (name(a), name(b));
            match f {
                Binary::Add => format!("{a} + {b}"),
                Binary::Sub => format!("{a} - {b}"),
                Binary::Mul => format!("{a} * {b}"),
                _ => format!("{a} / {b}"),
            }
        }
        Op::Powi(x, n) => format!("{} ** {n}", name(x)),
        Op::Powf(x, power) => format!("{} ** {}", name(x), digits(power.value())),
        Op::Select(a, b, c) => format!("{np}.where({} > 0.0, {}, {})", like(a), like(b), like(c)),
        Op::Broadcast(x, _) => format!("{np}.broadcast_to({}, (n, {}, {}))", like(x), shape.modes, shape.rows),
        Op::Sum(axis, x) => format!("{np}.sum({}, axis={}, keepdims=True)", name(x), number_of(axis)),
        Op::Max(axis, x) if library == Library::Torch => {
            format!("torch.amax({}, dim={}, keepdim=True)", name(x), number_of(axis))
        }
        Op::Max(axis, x) => format!("np.max({}, axis={}, keepdims=True)", name(x), number_of(axis)),
        Op::Slice { x, axis, start, len } => {
            let range = format!("{start}:{}", start + len);
            let axes = if axis == Axis::Modes { format!("[:, {range}, :]") } else { format!("[:, :, {range}]") };
            name(x) + &axes
        }
        Op::Pad { x, axis, start, len } => {
            let own = graph.shape(x).extent(axis).unwrap_or(1);
            let after = len as usize - start as usize - own;
            let (modes, rows): (String, String) = if axis == Axis::Modes {
                (format!("({start}, {after})"), "(0, 0)".into())
            } else {
                ("(0, 0)".into(), format!("({start}, {after})"))
            };
            if library == Library::Torch {
                // The axes in reverse order.
                let flat = [rows, modes].join(", ").replace(['(', ')'], "");
                format!("torch.nn.functional.pad({}, ({flat}))", name(x))
            } else {
                format!("np.pad({}, ((0, 0), {modes}, {rows}))", name(x))
            }
        }
        Op::MatVec(w, h) => format!("{np}.einsum(\"mrc,nmc->nmr\", {}, {})", matrix(w), name(h)),
        Op::MatVecT(w, g) => format!("{np}.einsum(\"mrc,nmr->nmc\", {}, {})", matrix(w), name(g)),
        op => unreachable!("{op:?} does not depend on the sample"),
    }
}

fn number_of(axis: Axis) -> usize {
    if axis == Axis::Modes { 1 } else { 2 }
}

fn unary(f: Unary, x: &str, library: Library) -> String {
    let np = library.arrays();
    match f {
        Unary::Neg => format!("-{x}"),
        Unary::Exp => format!("{np}.exp({x})"),
        Unary::Log => format!("{np}.log({x})"),
        Unary::Softplus => format!("_softplus({x})"),
        Unary::Sigmoid => format!("_sigmoid({x})"),
        Unary::LogSigmoid => format!("-_softplus(-{x})"),
        Unary::Tanh => format!("{np}.tanh({x})"),
        Unary::Abs => format!("{np}.abs({x})"),
        Unary::Sign => format!("{np}.sign({x})"),
        Unary::Sqrt => format!("{np}.sqrt({x})"),
        Unary::Sin => format!("{np}.sin({x})"),
        Unary::Cos => format!("{np}.cos({x})"),
        Unary::Atan => format!("{np}.arctan({x})"),
        Unary::Relu if library == Library::Torch => format!("torch.relu({x})"),
        Unary::Relu => format!("np.maximum({x}, 0.0)"),
        Unary::Step if library == Library::Torch => format!("({x} > 0.0).to({x}.dtype)"),
        Unary::Step => format!("np.where({x} > 0.0, 1.0, 0.0)"),
        Unary::StopGradient => format!("{}({x})", library.stop()),
    }
}

fn of_density(density: &Normalised, library: Library) -> String {
    let (unit, np) = (density.divisor(), library.arrays());
    let mut text = format!("\n\ndef density(x):\n    \"\"\"Returns the density.\"\"\"\n    return {np}.exp(-value(x){unit})\n");
    if let Some(cumulative) = &density.cumulative {
        let numpy = library.numpy();
        let last = cumulative.below.len() - 1;
        let between = if library == Library::Torch {
            "    x = _tensor(x)
    edges, below = _of(_EDGES, x), _of(_BELOW, x)
    k = torch.clamp(torch.searchsorted(edges, x.detach().contiguous(), right=True), 1, len(edges) - 1)
    part = torch.clamp((x - edges[k - 1]) / (edges[k] - edges[k - 1]), 0.0, 1.0)
    return below[k - 1] + part * (below[k] - below[k - 1])
"
        } else {
            "    return np.interp(np.asarray(x, dtype=float), _EDGES, _BELOW)\n"
        };
        text += &format!(
            "\n\n_EDGES = {} + {} * {numpy}.arange({})\n_BELOW = {numpy}.array([\n{}])\n\n\ndef cumulative(x):\n    \"\"\"Returns the probability below x.\"\"\"\n{between}",
            digits(cumulative.first),
            digits(cumulative.step),
            last + 1,
            super::sheet::numbers(&cumulative.below, "    ")
        );
    }
    text
}

/// Code that checks the last function if Python runs the module as a program.
fn check(sheet: &NamedModel, library: Library) -> String {
    let (function, [arguments, results], points) = (sheet.whole(), sheet.check(), CHECK_POINTS);
    let numpy = library.numpy();
    let table = |values: &[f64], shape: &[usize]| {
        let extents = shape.iter().map(|extent| format!(", {extent}")).join("");
        format!("{numpy}.array([\n{}    ]).reshape({points}{extents})", super::sheet::numbers(values, "        "))
    };
    let mut text = String::from("\n\nif __name__ == \"__main__\":\n");
    if library == Library::Jax {
        text += "    jax.config.update(\"jax_enable_x64\", True)\n";
    }
    for CheckedValue { name, len, values } in arguments {
        let shape: &[usize] = if len == 1 { &[] } else { &[len] };
        text += &format!("    {name} = {}\n", table(&values, shape));
    }
    text += "    expected = {\n";
    for (result, of) in function.results.iter().zip(&results) {
        let shape: &[usize] = if of.len == 1 { &[] } else { &result.shape };
        text += &format!("    \"{}\": {},\n", result.name, table(&of.values, shape));
    }
    let names: Vec<&str> = function.arguments.iter().map(|argument| argument.name).collect();
    let call = format!("{}({})", function.name, names.join(", "));
    let call = if function.results.len() == 1 { format!("[{call}]") } else { call };
    text += &format!(
        "    }}
    worst = 0.0
    for found, (name, numbers) in zip({call}, expected.items()):
        difference = float({numpy}.max({numpy}.abs({numpy}.asarray(found) - numbers)) / ({numpy}.max({numpy}.abs(numbers)) or 1.0))
        print(f\"{{name}}: within {{difference:.1e}} of multiwell at {points} points\")
        worst = max(worst, difference)
    raise SystemExit(0 if worst <= {CHECK_TOLERANCE:?} else 1)
"
    );
    text
}

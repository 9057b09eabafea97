//! The instructions of a routine as loops over numbers, in any language with loops and arrays.

use multiwell_engine::graph::{Axis, Binary, Unary};
use multiwell_engine::plan::program::{Instr, Product, Source, Space, Target};

use super::function::{Argument, Function};
use super::routine::{Place, Routine};

/// The marks of a language.
#[derive(Clone, Copy, Debug)]
pub struct Marks {
    /// What stands around the place of an entry of an array.
    pub entry: [&'static str; 2],
    /// The end of a statement.
    pub statement: &'static str,
    /// What stands between two conditions of which both must hold.
    pub and: &'static str,
    /// The end of a loop.
    pub end_of_loop: &'static str,
    /// The end of what is done where a condition holds.
    pub end_of_if: &'static str,
}

/// The marks of C and of languages that look like it: `t[k] = a + b * c;`.
const LIKE_C: Marks = Marks { entry: ["[", "]"], statement: ";", and: "&&", end_of_loop: "}", end_of_if: "}" };

/// What differs from one such language to the next.
pub trait Dialect {
    /// The marks.
    fn marks(&self) -> Marks {
        LIKE_C
    }
    /// An entry of an array, whose places are counted from 0.
    fn entry(&self, array: &str, place: &str) -> String {
        let [open, close] = self.marks().entry;
        format!("{array}{open}{place}{close}")
    }
    /// The beginning of a loop of `variable` from 0 to below `count`.
    fn loop_over(&self, variable: &str, count: usize) -> String;
    /// The beginning of what is done where a condition holds.
    fn if_holds(&self, condition: &str) -> String;
    /// `a` where a condition holds, else `b`.
    fn choose(&self, condition: &str, a: &str, b: &str) -> String;
    /// A number; in brackets if it is negative, so that a sign may stand before it.
    fn number(&self, value: f64) -> String {
        if value < 0.0 { format!("({})", digits(value)) } else { digits(value) }
    }
    /// A call of a function of the language's own library: `exp`, `log`, `log1p`, `tanh`, `sqrt`, `sin`, `cos`, `atan`, `abs`, `min`, `max`, `pow`.
    fn call(&self, function: &str, arguments: &[&str]) -> String;
    /// Writes softplus and sigmoid of `count` values that are stored one after the other from `x` on to those from `h` and `s` on, if the language has
    /// a function for that.
    fn softplus_sigmoid(&self, _count: usize, _x: &str, _h: &str, _s: &str) -> Option<String> {
        None
    }
}

/// A number with all its digits, and with a point or an exponent.
pub fn digits(value: f64) -> String {
    format!("{value:?}")
}

/// The lines of a routine's body: values are computed in the array `t`, arguments are read from the arrays called `arguments`, and results are
/// written to those called `results`, each from the given offset on.
pub fn body(dialect: &dyn Dialect, routine: &Routine, arguments: &[String], results: &[(String, usize)]) -> Vec<String> {
    let mut writer = Writer { dialect, routine, lines: Vec::new(), depth: 1, modes: 1 };
    for code in routine.program().passes.iter().flatten() {
        writer.modes = code.modes;
        let is_stored = |instr: &&Instr| matches!(instr, Instr::Store { .. });
        for instr in code.instrs.iter().filter(is_stored) {
            writer.store(instr, results);
        }
        if code.instrs.iter().any(|instr| !is_stored(&instr)) {
            writer.nested("m", code.modes, |writer, m| {
                for instr in code.instrs.iter().filter(|instr| !is_stored(instr)) {
                    writer.instruction(instr, m, arguments);
                }
            });
        }
    }
    for (output, (to, at)) in routine.program().outputs.iter().zip(results) {
        if let (false, Some(source)) = (output.batched, output.source) {
            writer.copy(source, [output.shape.modes, output.shape.rows], (to, *at));
        }
    }
    writer.lines
}

/// The numbers that a routine needs for its values.
pub fn storage(routine: &Routine) -> usize {
    routine.program().tile_len.max(1)
}

struct Writer<'a> {
    dialect: &'a dyn Dialect,
    routine: &'a Routine,
    lines: Vec<String>,
    depth: usize,
    modes: usize,
}

/// `base + variable * stride + ...` without what is zero.
fn index(base: usize, terms: &[(&str, usize)]) -> String {
    let terms = terms.iter().filter(|(variable, stride)| *variable != "0" && *stride != 0);
    let term = |(variable, stride): &(&str, usize)| {
        if *stride == 1 { (*variable).to_string() } else { format!("{stride} * {variable}") }
    };
    let all: Vec<String> = (base != 0).then(|| base.to_string()).into_iter().chain(terms.map(term)).collect();
    if all.is_empty() { "0".into() } else { all.join(" + ") }
}

impl Writer<'_> {
    fn line(&mut self, text: &str) {
        self.lines.push("    ".repeat(self.depth) + text);
    }

    /// Writes a loop around what `inside` writes, which is given the variable; only that for 0 if there is nothing to loop over.
    fn nested(&mut self, variable: &str, count: usize, inside: impl FnOnce(&mut Self, &str)) {
        if count == 1 {
            return inside(self, "0");
        }
        let head = self.dialect.loop_over(variable, count);
        self.line(&head);
        self.depth += 1;
        inside(self, variable);
        self.depth -= 1;
        self.line(self.dialect.marks().end_of_loop);
    }

    /// Writes `to = value`.
    fn assign(&mut self, to: &str, value: &str) {
        let end = self.dialect.marks().statement;
        self.line(&format!("{to} = {value}{end}"));
    }

    fn read(&self, source: Source, extents: [usize; 3], [m, r, c]: [&str; 3]) -> String {
        let at = |base, strides: [usize; 3]| index(base, &[(m, strides[0]), (r, strides[1]), (c, strides[2])]);
        match self.routine.place(source, extents) {
            Place::Number(value) => self.dialect.number(value),
            Place::Table { table, base, strides } => self.dialect.entry(&format!("C{table}"), &at(base, strides)),
            Place::Tile { base, strides } => self.dialect.entry("t", &at(base, strides)),
        }
    }

    /// Entry `r` of mode `m` of an operand with as many rows as the result.
    fn operand(&self, source: Source, dst: Target, m: &str, r: &str) -> String {
        self.read(source, [self.modes, dst.rows, 1], [m, r, "0"])
    }

    fn write(&self, dst: Target, m: &str, r: &str) -> String {
        self.dialect.entry("t", &index(dst.base, &[(m, dst.stride), (r, 1)]))
    }

    /// A statement for each row.
    fn rows(&mut self, dst: Target, m: &str, value: impl Fn(&Self, &str) -> String) {
        self.nested("r", dst.rows, |writer, r| {
            let value = value(writer, r);
            let to = writer.write(dst, m, r);
            writer.assign(&to, &value);
        });
    }

    fn instruction(&mut self, instr: &Instr, m: &str, arguments: &[String]) {
        match *instr {
            Instr::Load { dst, input } => {
                let name = &arguments[input];
                self.rows(dst, m, |writer, r| writer.dialect.entry(name, &index(0, &[(m, dst.rows), (r, 1)])));
            }
            Instr::Unary { f, dst, x } => self.rows(dst, m, |writer, r| writer.unary(f, &writer.operand(x, dst, m, r))),
            Instr::SoftplusSigmoid { h, s, x } => self.softplus_sigmoid([h, s], x, m),
            Instr::Binary { f, dst, a, b } => {
                self.rows(dst, m, |writer, r| writer.binary(f, &writer.operand(a, dst, m, r), &writer.operand(b, dst, m, r)));
            }
            Instr::Powi { dst, x, n } => self.rows(dst, m, |writer, r| {
                let power = writer.dialect.number(f64::from(n));
                writer.dialect.call("pow", &[&writer.operand(x, dst, m, r), &power])
            }),
            Instr::Powf { dst, x, power } => self.rows(dst, m, |writer, r| {
                let power = writer.dialect.number(power);
                writer.dialect.call("pow", &[&writer.operand(x, dst, m, r), &power])
            }),
            Instr::Select { dst, a, b, c } => self.rows(dst, m, |writer, r| {
                let [a, b, c] = [a, b, c].map(|x| writer.operand(x, dst, m, r));
                let zero = writer.dialect.number(0.0);
                writer.dialect.choose(&format!("{a} > {zero}"), &b, &c)
            }),
            Instr::ReduceRows { f, dst, x, rows } => {
                let read = |writer: &Self, k: &str| writer.read(x, [writer.modes, rows, 1], [m, k, "0"]);
                self.reduce(f, &self.write(dst, m, "0"), rows, read);
            }
            Instr::ReduceModes { f, dst, x, modes } => self.nested("r", dst.rows, |writer, r| {
                let read = |writer: &Self, k: &str| writer.read(x, [modes, dst.rows, 1], [k, r, "0"]);
                writer.reduce(f, &writer.write(dst, m, r), modes, read);
            }),
            Instr::Pad { dst, x, axis, start, len } => self.pad(dst, x, axis, [start, len], m),
            Instr::MatVec { dst, start, first, second, factor } => self.matvec(dst, [start, factor], (first, second), m),
            Instr::Store { .. } => {}
            Instr::Outer { .. } | Instr::Drain { .. } => unreachable!("a function of one sample has no sums over samples"),
        }
    }

    fn unary(&self, f: Unary, x: &str) -> String {
        let call = |function: &str| self.dialect.call(function, &[x]);
        let [zero, one] = [0.0, 1.0].map(|value| self.dialect.number(value));
        match f {
            Unary::Neg => format!("-{x}"),
            Unary::Exp => call("exp"),
            Unary::Log => call("log"),
            Unary::Softplus => format!("softplus({x})"),
            Unary::Sigmoid => format!("sigmoid({x})"),
            Unary::LogSigmoid => format!("-softplus(-{x})"),
            Unary::Tanh => call("tanh"),
            Unary::Abs => call("abs"),
            Unary::Sqrt => call("sqrt"),
            Unary::Sin => call("sin"),
            Unary::Cos => call("cos"),
            Unary::Atan => call("atan"),
            Unary::Relu => self.dialect.call("max", &[x, &zero]),
            Unary::Step => self.dialect.choose(&format!("{x} > {zero}"), &one, &zero),
            Unary::Sign => {
                let negative = self.dialect.choose(&format!("{x} < {zero}"), &self.dialect.number(-1.0), &zero);
                self.dialect.choose(&format!("{x} > {zero}"), &one, &negative)
            }
            Unary::StopGradient => x.into(),
        }
    }

    fn binary(&self, f: Binary, a: &str, b: &str) -> String {
        match f {
            Binary::Add => format!("{a} + {b}"),
            Binary::Sub => format!("{a} - {b}"),
            Binary::Mul => format!("{a} * {b}"),
            Binary::Div => format!("{a} / {b}"),
            Binary::Min => self.dialect.call("min", &[a, b]),
            Binary::Max => self.dialect.call("max", &[a, b]),
        }
    }

    /// Softplus and sigmoid from one exponential.
    fn softplus_sigmoid(&mut self, [h, s]: [Target; 2], x: Source, m: &str) {
        let place = self.routine.place(x, [self.modes, h.rows, 1]);
        if matches!(place, Place::Tile { strides, .. } if strides[1] == 1) {
            let [x, h_at, s_at] = [self.operand(x, h, m, "0"), self.write(h, m, "0"), self.write(s, m, "0")];
            if let Some(call) = self.dialect.softplus_sigmoid(h.rows, &x, &h_at, &s_at) {
                return self.line(&call);
            }
        }
        self.nested("r", h.rows, |writer, r| {
            let x = writer.operand(x, h, m, r);
            let [zero, one] = [0.0, 1.0].map(|value| writer.dialect.number(value));
            let size = writer.dialect.call("abs", &[&x]);
            let exponential = writer.dialect.call("exp", &[&format!("-{size}")]);
            writer.assign("e", &exponential);
            let above = writer.dialect.call("max", &[&x, &zero]);
            let logarithm = writer.dialect.call("log1p", &["e"]);
            let [h, s] = [h, s].map(|dst| writer.write(dst, m, r));
            writer.assign(&h, &format!("{above} + {logarithm}"));
            let top = writer.dialect.choose(&format!("{x} > {zero}"), &one, "e");
            writer.assign(&s, &format!("{top} / ({one} + e)"));
        });
    }

    /// A sum or a maximum of `count` entries.
    fn reduce(&mut self, f: Binary, to: &str, count: usize, read: impl Fn(&Self, &str) -> String) {
        let first = match f {
            Binary::Add => self.dialect.number(0.0),
            _ => read(self, "0"),
        };
        self.assign("s", &first);
        self.nested("k", count, |writer, k| {
            let term = read(writer, k);
            let next = writer.binary(f, "s", &term);
            writer.assign("s", &next);
        });
        self.assign(to, "s");
    }

    fn pad(&mut self, dst: Target, x: Source, axis: Axis, [start, len]: [usize; 2], m: &str) {
        let zero = self.dialect.number(0.0);
        self.rows(dst, m, |_, _| zero.clone());
        if axis == Axis::Rows {
            self.nested("r", len, |writer, r| {
                let to = writer.dialect.entry("t", &index(dst.base + start, &[(m, dst.stride), (r, 1)]));
                let value = writer.read(x, [writer.modes, len, 1], [m, r, "0"]);
                writer.assign(&to, &value);
            });
            return;
        }
        // Mode m of the result is mode m - start of the operand.
        let marks = self.dialect.marks();
        let from_start = if start == 0 { String::new() } else { format!("m >= {start} {} ", marks.and) };
        let head = self.dialect.if_holds(&format!("{from_start}m < {}", start + len));
        self.line(&head);
        self.depth += 1;
        let from = if start == 0 { "m".to_string() } else { format!("(m - {start})") };
        self.rows(dst, m, |writer, r| writer.read(x, [len, dst.rows, 1], [if len == 1 { "0" } else { &from }, r, "0"]));
        self.depth -= 1;
        self.line(marks.end_of_if);
    }

    fn matvec(
        &mut self,
        dst: Target,
        [start, factor]: [Option<Source>; 2],
        (first, second): (Product, Option<Product>),
        m: &str,
    ) {
        self.nested("r", dst.rows, |writer, r| {
            let before = start.map_or_else(|| writer.dialect.number(0.0), |x| writer.operand(x, dst, m, r));
            writer.assign("s", &before);
            for Product { w, h, cols } in std::iter::once(first).chain(second) {
                writer.nested("k", cols, |writer, k| {
                    let w = writer.read(w, [writer.modes, dst.rows, cols], [m, r, k]);
                    let h = writer.read(h, [writer.modes, cols, 1], [m, k, "0"]);
                    writer.assign("s", &format!("s + {w} * {h}"));
                });
            }
            let factor = factor.map_or_else(String::new, |x| format!(" * {}", writer.operand(x, dst, m, r)));
            let to = writer.write(dst, m, r);
            writer.assign(&to, &format!("s{factor}"));
        });
    }

    fn store(&mut self, instr: &Instr, results: &[(String, usize)]) {
        if let Instr::Store { output, x, modes, rows } = *instr {
            let (to, at) = &results[output];
            self.copy(x, [modes, rows], (to, *at));
        }
    }

    fn copy(&mut self, x: Source, [modes, rows]: [usize; 2], (to, at): (&str, usize)) {
        debug_assert!(x.space == Space::Tile || modes * rows > 0);
        self.nested("m", modes, |writer, m| {
            writer.nested("r", rows, |writer, r| {
                let value = writer.read(x, [modes, rows, 1], [m, r, "0"]);
                let to = writer.dialect.entry(to, &index(at, &[(m, rows), (r, 1)]));
                writer.assign(&to, &value);
            });
        });
    }
}

/// For each node of a function's results the array that it is written to, and the offset there.
pub fn results(function: &Function) -> Vec<(String, usize)> {
    let mut places = Vec::new();
    for result in &function.results {
        let part = result.numbers() / result.nodes.len();
        places.extend((0..result.nodes.len()).map(|k| (result.name.to_string(), k * part)));
    }
    places
}

/// What the arrays are called that a function's arguments are read from.
pub fn arguments(function: &Function) -> Vec<String> {
    function
        .arguments
        .iter()
        .map(|argument| if argument.is_periodic() { argument.within() } else { argument.name.into() })
        .collect()
}

/// For each number of a periodic argument what it is within its period: `turn` is given the number, the middle and the length.
pub fn within(dialect: &dyn Dialect, argument: &Argument, turn: impl Fn(&str, &str, &str) -> String) -> Vec<String> {
    let one = |k: usize| {
        let x = dialect.entry(argument.name, &k.to_string());
        match argument.periods[k] {
            Some([middle, period]) => turn(&x, &dialect.number(middle), &dialect.number(period)),
            None => x,
        }
    };
    (0..argument.len).map(one).collect()
}

/// The variables that lines assign to.
pub fn variables(code: &[String]) -> Vec<&'static str> {
    let is_assigned = |name: &str| code.iter().any(|line| line.trim_start().starts_with(&format!("{name} = ")));
    ["s", "e"].into_iter().filter(|name| is_assigned(name)).collect()
}

/// Which of the functions called by these names some code calls, directly or by one another: those that are called before those that call them. In `all`
/// a function stands before those that it calls.
pub fn helpers(code: &str, all: &[(&str, &'static str)]) -> Vec<&'static str> {
    let mut used: Vec<&'static str> = Vec::new();
    for (name, helper) in all {
        let is_call = |text: &str, at: usize| !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let calls = |text: &str| text.match_indices(&format!("{name}(")).any(|(at, _)| is_call(text, at));
        if calls(code) || used.iter().any(|other| calls(other)) {
            used.insert(0, helper);
        }
    }
    used
}

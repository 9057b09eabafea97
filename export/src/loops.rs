//! The instructions of a routine as loops over numbers, in any language with loops and arrays.

use multiwell_engine::graph::{Axis, Binary, Unary};
use multiwell_engine::plan::program::{EntryFunction, Instr, ProductSource, StorageKind, TileSource, TileTarget};

use super::function::{Argument, Function, FunctionOutput};
use super::routine::{EntrySource, Routine};

/// Syntax elements of a language.
#[derive(Clone, Copy, Debug)]
pub struct LanguageMarks {
    /// Text around the index of an entry of an array.
    pub entry: [&'static str; 2],
    /// The end of a statement.
    pub statement: &'static str,
    /// Logical "and" between two conditions.
    pub and: &'static str,
    /// The end of a loop.
    pub end_of_loop: &'static str,
    /// The end of a conditional block.
    pub end_of_if: &'static str,
}

/// Syntax elements of C and of similar languages: `t[k] = a + b * c;`.
const C_SYNTAX: LanguageMarks = LanguageMarks { entry: ["[", "]"], statement: ";", and: "&&", end_of_loop: "}", end_of_if: "}" };

/// Differences between languages with loops.
pub trait Dialect {
    /// Syntax elements of the language.
    fn marks(&self) -> LanguageMarks {
        C_SYNTAX
    }
    /// An entry of an array, whose indices are counted from 0.
    fn entry(&self, array: &str, place: &str) -> String {
        let [open, close] = self.marks().entry;
        format!("{array}{open}{place}{close}")
    }
    /// The beginning of a loop of `variable` from 0 to `count - 1`.
    fn loop_over(&self, variable: &str, count: usize) -> String;
    /// The beginning of a conditional block.
    fn if_statement(&self, condition: &str) -> String {
        format!("if ({condition}) {{")
    }
    /// Expression with the value `a` if a condition holds, else `b`.
    fn choose(&self, condition: &str, a: &str, b: &str) -> String {
        format!("({condition} ? {a} : {b})")
    }
    /// A number. A negative number is in brackets, so that a sign may precede it.
    fn number(&self, value: f64) -> String {
        if value < 0.0 { format!("({})", digits(value)) } else { digits(value) }
    }
    /// A call of a function of the language's own library. The functions are `exp`, `log`, `log1p`, `tanh`, `sqrt`, `sin`, `cos`, `atan`, `abs`,
    /// `min`, `max` and `pow`.
    fn call(&self, function: &str, arguments: &[&str]) -> String;
    /// Call that writes softplus and sigmoid of `count` consecutive values from `x` on to those from `h` and `s` on. Returns `None` if the language
    /// has no function for this.
    fn softplus_sigmoid(&self, _count: usize, _x: &str, _h: &str, _s: &str) -> Option<String> {
        None
    }
}

/// A number with all its digits, and with a point or an exponent.
pub fn digits(value: f64) -> String {
    format!("{value:?}")
}

/// Lines of the body of a routine. Values are computed in the array `t`, and arguments are read from the arrays called `arguments`. Results are
/// written to the arrays called `results`, each from the given offset on.
pub fn body(dialect: &dyn Dialect, routine: &Routine, arguments: &[String], results: &[(String, usize)]) -> Vec<String> {
    let mut writer = LoopWriter { dialect, routine, lines: Vec::new(), depth: 1, modes: 1 };
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

/// Number of values that a routine stores.
pub fn storage(routine: &Routine) -> usize {
    routine.program().tile_len.max(1)
}

struct LoopWriter<'a> {
    dialect: &'a dyn Dialect,
    routine: &'a Routine,
    lines: Vec<String>,
    depth: usize,
    modes: usize,
}

/// `base + variable * stride + ...` without terms that are zero.
fn index(base: usize, terms: &[(&str, usize)]) -> String {
    let terms = terms.iter().filter(|(variable, stride)| *variable != "0" && *stride != 0);
    let term = |(variable, stride): &(&str, usize)| {
        if *stride == 1 { (*variable).to_string() } else { format!("{stride} * {variable}") }
    };
    let all: Vec<String> = (base != 0).then(|| base.to_string()).into_iter().chain(terms.map(term)).collect();
    if all.is_empty() { "0".into() } else { all.join(" + ") }
}

impl LoopWriter<'_> {
    fn line(&mut self, text: &str) {
        self.lines.push("    ".repeat(self.depth) + text);
    }

    /// Writes a loop around the code that `inside` writes for the given variable. If `count` is one, writes only the code for 0.
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

    fn read(&self, source: TileSource, extents: [usize; 3], [m, r, c]: [&str; 3]) -> String {
        let at = |base, strides: [usize; 3]| index(base, &[(m, strides[0]), (r, strides[1]), (c, strides[2])]);
        match self.routine.place(source, extents) {
            EntrySource::Number(value) => self.dialect.number(value),
            EntrySource::Table { table, base, strides } => self.dialect.entry(&format!("C{table}"), &at(base, strides)),
            EntrySource::Tile { base, strides } => self.dialect.entry("t", &at(base, strides)),
        }
    }

    /// Entry `r` of mode `m` of an operand that has as many rows as the result.
    fn operand(&self, source: TileSource, dst: TileTarget, m: &str, r: &str) -> String {
        self.read(source, [self.modes, dst.rows, 1], [m, r, "0"])
    }

    fn write(&self, dst: TileTarget, m: &str, r: &str) -> String {
        self.dialect.entry("t", &index(dst.base, &[(m, dst.stride), (r, 1)]))
    }

    /// Writes a statement for each row.
    fn rows(&mut self, dst: TileTarget, m: &str, value: impl Fn(&Self, &str) -> String) {
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
            Instr::Entries { f, dst, operands } => self.rows(dst, m, |writer, r| {
                let [a, b, c] = operands.map(|x| writer.operand(x, dst, m, r));
                let number = |value| writer.dialect.number(value);
                match f {
                    EntryFunction::Unary(f) => writer.unary(f, &a),
                    EntryFunction::Binary(f) => writer.binary(f, &a, &b),
                    EntryFunction::Powi(n) => writer.dialect.call("pow", &[&a, &number(f64::from(n))]),
                    EntryFunction::Powf(power) => writer.dialect.call("pow", &[&a, &number(power)]),
                    EntryFunction::Select => writer.dialect.choose(&format!("{a} > {}", number(0.0)), &b, &c),
                }
            }),
            Instr::SoftplusSigmoid { h, s, x } => self.softplus_sigmoid([h, s], x, m),
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
            Instr::Outer { .. } | Instr::ReduceSamples { .. } => {
                unreachable!("a function of one sample has no sums over samples")
            }
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

    /// Writes softplus and sigmoid from one exponential.
    fn softplus_sigmoid(&mut self, [h, s]: [TileTarget; 2], x: TileSource, m: &str) {
        let place = self.routine.place(x, [self.modes, h.rows, 1]);
        if matches!(place, EntrySource::Tile { strides, .. } if strides[1] == 1) {
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

    /// Writes a sum or a maximum of `count` entries.
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

    fn pad(&mut self, dst: TileTarget, x: TileSource, axis: Axis, [start, len]: [usize; 2], m: &str) {
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
        let head = self.dialect.if_statement(&format!("{from_start}m < {}", start + len));
        self.line(&head);
        self.depth += 1;
        let from = if start == 0 { "m".to_string() } else { format!("(m - {start})") };
        self.rows(dst, m, |writer, r| writer.read(x, [len, dst.rows, 1], [if len == 1 { "0" } else { &from }, r, "0"]));
        self.depth -= 1;
        self.line(marks.end_of_if);
    }

    fn matvec(
        &mut self,
        dst: TileTarget,
        [start, factor]: [Option<TileSource>; 2],
        (first, second): (ProductSource, Option<ProductSource>),
        m: &str,
    ) {
        self.nested("r", dst.rows, |writer, r| {
            let before = start.map_or_else(|| writer.dialect.number(0.0), |x| writer.operand(x, dst, m, r));
            writer.assign("s", &before);
            for ProductSource { w, h, cols } in std::iter::once(first).chain(second) {
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

    fn copy(&mut self, x: TileSource, [modes, rows]: [usize; 2], (to, at): (&str, usize)) {
        debug_assert!(x.space == StorageKind::Tile || modes * rows > 0);
        self.nested("m", modes, |writer, m| {
            writer.nested("r", rows, |writer, r| {
                let value = writer.read(x, [modes, rows, 1], [m, r, "0"]);
                let to = writer.dialect.entry(to, &index(at, &[(m, rows), (r, 1)]));
                writer.assign(&to, &value);
            });
        });
    }
}

/// Array and offset to which each node of a function's results is written. `array` names the array of a result.
pub fn results(function: &Function, array: impl Fn(&FunctionOutput) -> String) -> Vec<(String, usize)> {
    let mut places = Vec::new();
    for result in &function.results {
        let part = result.numbers() / result.nodes.len();
        places.extend((0..result.nodes.len()).map(|k| (array(result), k * part)));
    }
    places
}

/// Names of the arrays with the arguments of a function.
pub fn arguments(function: &Function) -> Vec<String> {
    function
        .arguments
        .iter()
        .map(|argument| if argument.is_periodic() { argument.within() } else { argument.name.into() })
        .collect()
}

/// Entries of a periodic argument after the shift into their periods. The arguments of `turn` are the entry, the middle and the length of the period.
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

/// Variables to which the lines assign.
pub fn variables(code: &[String]) -> Vec<&'static str> {
    let is_assigned = |name: &str| code.iter().any(|line| line.trim_start().starts_with(&format!("{name} = ")));
    ["s", "e"].into_iter().filter(|name| is_assigned(name)).collect()
}

/// Helper functions that some code calls, directly or through other helpers. `all` lists callers before the helpers that they call; the result lists
/// them after.
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

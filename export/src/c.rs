//! C99 without dependencies except the mathematical functions of the standard library.

use super::comments;
use super::function::Function;
use super::loops::{self, Dialect, digits};
use super::model::Normalised;
use super::routine::Routine;
use super::sheet::{CHECK_POINTS, CHECK_TOLERANCE, CheckedValue, NamedModel, numbers};
use itertools::Itertools;

#[derive(Clone, Copy, Debug)]
struct C {
    /// True if exponentials and logarithms are polynomials in the file itself.
    fast: bool,
}

impl Dialect for C {
    fn loop_over(&self, variable: &str, count: usize) -> String {
        format!("for (int {variable} = 0; {variable} < {count}; ++{variable}) {{")
    }

    fn call(&self, function: &str, arguments: &[&str]) -> String {
        let name = match function {
            "abs" => "fabs",
            // Calls of fmin and fmax are not inlined, because these functions treat NaN specially.
            "min" => "smaller",
            "max" => "larger",
            "exp" | "log1p" if self.fast => return format!("fast_{function}({})", arguments.join(", ")),
            other => other,
        };
        format!("{name}({})", arguments.join(", "))
    }

    fn softplus_sigmoid(&self, count: usize, x: &str, h: &str, s: &str) -> Option<String> {
        Some(format!("softplus_sigmoid({count}, &{x}, &{h}, &{s});"))
    }
}

/// Writes the functions of the model as a file that can be compiled or included.
pub fn write(sheet: &NamedModel, fast: bool) -> String {
    let dialect = C { fast };
    let name = &sheet.name;
    let (routines, tables) = Routine::all(sheet.functions);
    let usage = [
        String::new(),
        "C99 or C++; it allocates nothing and may be called from any thread. To check it against ten values of multiwell:".into(),
        format!("  cc -std=c99 -O2 -DMULTIWELL_CHECK {name}.c -lm && ./a.out"),
    ];
    let mut text = comments::block(&[sheet.header(), usage.into()].concat()) + "\n#include <math.h>\n\n";
    text += "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n";
    for function in sheet.functions {
        text += &format!("/* {} */\n{};\n", function.described(), signature(name, function));
    }
    if let Some(density) = &sheet.model.density {
        text += &format!("/* Returns the density. */\ndouble {name}_density(const double *x);\n");
        if density.cumulative.is_some() {
            text += &format!("/* Returns the probability below x. */\ndouble {name}_cumulative(double x);\n");
        }
    }
    text += "\n#ifdef __cplusplus\n}\n#endif\n\n";
    for (number, table) in tables.iter() {
        text += &format!("static const double C{number}[{}] = {{\n{}}};\n", table.len(), numbers(table, "    "));
    }
    let mut all: String =
        sheet.functions.iter().zip(&routines).map(|(function, routine)| body(dialect, name, function, routine)).collect();
    text += "\n";
    if let Some(density) = &sheet.model.density {
        all += &of_density(name, density);
    }
    if fast {
        text += &fast_functions();
    }
    for helper in loops::helpers(&all, &HELPER_FUNCTIONS) {
        text += &if fast { helper.replace(" exp(", " fast_exp(").replace(" log1p(", " fast_log1p(") } else { helper.to_string() };
    }
    text + &all + &check(sheet)
}

/// Helper functions of the file, each behind the functions that call it.
const HELPER_FUNCTIONS: [(&str, &str); 5] = [
    ("softplus_sigmoid", SOFTPLUS_SIGMOID),
    ("sigmoid", SIGMOID_CODE),
    ("softplus", SOFTPLUS_CODE),
    ("larger", LARGER_CODE),
    ("smaller", SMALLER_CODE),
];

/// The exponential and the logarithm of one plus a number, with their tables.
fn fast_functions() -> String {
    let powers: Vec<f64> = (0..64).map(|k| (f64::from(k) / 64.0).exp2()).collect();
    let logarithms: Vec<f64> = (0..=64).map(|k| f64::from(k) / 64.0).flat_map(|x| [1.0 / (1.0 + x), x.ln_1p()]).collect();
    format!(
        "static const double POWER[64] = {{\n{}}};\nstatic const double LOGARITHM[130] = {{\n{}}};\n{FAST_CODE}",
        numbers(&powers, "    "),
        numbers(&logarithms, "    ")
    )
}

const LARGER_CODE: &str = "
static double larger(double a, double b) {
    return a > b ? a : b;
}
";

const SMALLER_CODE: &str = "
static double smaller(double a, double b) {
    return a < b ? a : b;
}
";

/// Softplus and sigmoid of arrays. If the arrays may not overlap, a compiler can process several numbers at a time.
const SOFTPLUS_SIGMOID: &str = "
#ifdef __cplusplus
#define MULTIWELL_RESTRICT
#else
#define MULTIWELL_RESTRICT restrict
#endif

/* h = log(1 + e^x) and s = 1 / (1 + e^-x) of n numbers, from one exponential each. */
static void softplus_sigmoid(int n, const double *x, double *MULTIWELL_RESTRICT h, double *MULTIWELL_RESTRICT s) {
    for (int k = 0; k < n; ++k) {
        double e = exp(-fabs(x[k]));
        h[k] = larger(x[k], 0.0) + log1p(e);
        s[k] = (x[k] > 0.0 ? 1.0 : e) / (1.0 + e);
    }
}
";

const SOFTPLUS_CODE: &str = "
static double softplus(double x) {
    return larger(x, 0.0) + log1p(exp(-fabs(x)));
}
";

const SIGMOID_CODE: &str = "
static double sigmoid(double x) {
    double e = exp(-fabs(x));
    return (x > 0.0 ? 1.0 : e) / (1.0 + e);
}
";

/// Writes the head of a function.
fn signature(name: &str, function: &Function) -> String {
    let arguments = function.arguments.iter().map(|argument| format!("const double *{}", argument.name));
    let results = function.written().iter().map(|result| format!("double *{}", result.name));
    let kind = if function.returned().is_some() { "double" } else { "void" };
    format!("{kind} {name}_{}({})", function.name, arguments.chain(results).join(", "))
}

fn body(dialect: C, name: &str, function: &Function, routine: &Routine) -> String {
    let mut lines = vec![format!("\n{} {{", signature(name, function))];
    lines.push(format!("    double t[{}];", loops::storage(routine)));
    let code =
        loops::body(&dialect, routine, &loops::arguments(function), &loops::results(function, |result| result.name.into()));
    for variable in loops::variables(&code) {
        lines.push(format!("    double {variable};"));
    }
    if let Some(result) = function.returned() {
        lines.push(format!("    double {}[1];", result.name));
    }
    for argument in function.arguments.iter().filter(|argument| argument.is_periodic()) {
        let within = loops::within(&dialect, argument, |x, middle, period| {
            format!("{x} - {period} * floor(({x} - {middle}) / {period} + 0.5)")
        });
        lines.push(format!("    double {}[{}];", argument.within(), argument.len));
        lines.extend(within.iter().enumerate().map(|(k, value)| format!("    {}[{k}] = {value};", argument.within())));
    }
    lines.extend(code);
    if let Some(result) = function.returned() {
        lines.push(format!("    return {}[0];", result.name));
    }
    lines.push("}\n".into());
    lines.join("\n")
}

/// Writes the density, and the probability below a position.
fn of_density(name: &str, density: &Normalised) -> String {
    let unit = density.divisor();
    let mut text = format!("\ndouble {name}_density(const double *x) {{\n    return exp(-{name}_value(x){unit});\n}}\n");
    if let Some(cumulative) = &density.cumulative {
        let (last, first, step) = (cumulative.below.len() - 1, digits(cumulative.first), digits(cumulative.step));
        text += &format!(
            "\nstatic const double BELOW[{}] = {{\n{}}};\n\ndouble {name}_cumulative(double x) {{\n    double edge = smaller(larger((x - ({first})) / {step}, 0.0), {last}.0);\n    int k = edge < {last}.0 ? (int)edge : {};\n    return BELOW[k] + (edge - k) * (BELOW[k + 1] - BELOW[k]);\n}}\n",
            last + 1,
            numbers(&cumulative.below, "    "),
            last - 1
        );
    }
    text
}

/// Writes a program that checks the last function.
fn check(sheet: &NamedModel) -> String {
    let (function, points) = (sheet.whole(), CHECK_POINTS);
    let mut text = String::from("\n#ifdef MULTIWELL_CHECK\n#include <stdio.h>\n\n");
    for CheckedValue { name, len, values } in sheet.check().concat() {
        text += &format!("static const double check_{name}[{}] = {{\n{}}};\n", points * len, numbers(&values, "    "));
    }
    text += "
/* The largest difference, relative to the largest expected number. */
static double difference(const double *found, const double *expected, int count) {
    double worst = 0.0, largest = 0.0;
    for (int k = 0; k < count; ++k) {
        double size = fabs(found[k] - expected[k]);
        worst = size <= worst ? worst : size;
        largest = fmax(largest, fabs(expected[k]));
    }
    return worst / (largest > 0.0 ? largest : 1.0);
}

int main(void) {
    double worst = 0.0;
";
    for result in &function.results {
        text += &format!("    static double {}[{}];\n", result.name, points * result.numbers());
    }
    let arguments = function.arguments.iter().map(|argument| format!("check_{} + {} * k", argument.name, argument.len));
    let written = function.written().iter().map(|result| format!("{} + {} * k", result.name, result.numbers()));
    let call = format!("{}_{}({})", sheet.name, function.name, arguments.chain(written).join(", "));
    let call = function.returned().map_or_else(|| call.clone(), |result| format!("{}[k] = {call}", result.name));
    text += &format!("    for (int k = 0; k < {points}; ++k) {{\n        {call};\n    }}\n");
    for result in &function.results {
        let (called, count) = (result.name, points * result.numbers());
        text += &format!(
            "    {{\n        double d = difference({called}, check_{called}, {count});\n        printf(\"{called}: within %.1e of multiwell at {points} points\\n\", d);\n        worst = d <= worst ? worst : d;\n    }}\n"
        );
    }
    text + &format!("    return worst <= {} ? 0 : 1;\n}}\n#endif\n", digits(CHECK_TOLERANCE))
}

const FAST_CODE: &str = include_str!("fast.c");

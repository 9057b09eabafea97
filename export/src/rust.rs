//! Rust, without dependencies.

use super::comments;
use super::function::Function;
use super::loops::{self, Dialect, digits};
use super::model::Normalised;
use super::routine::Routine;
use super::sheet::{CHECK_POINTS, CHECK_TOLERANCE, CheckedValue, NamedModel, numbers, rows};
use itertools::Itertools;

#[derive(Clone, Copy, Debug)]
struct Rust;

impl Dialect for Rust {
    fn loop_over(&self, variable: &str, count: usize) -> String {
        format!("for {variable} in 0..{count} {{")
    }

    fn if_statement(&self, condition: &str) -> String {
        format!("if {condition} {{")
    }

    fn choose(&self, condition: &str, a: &str, b: &str) -> String {
        format!("(if {condition} {{ {a} }} else {{ {b} }})")
    }

    fn number(&self, value: f64) -> String {
        if value < 0.0 { format!("({}_f64)", digits(value)) } else { format!("{}_f64", digits(value)) }
    }

    fn call(&self, function: &str, arguments: &[&str]) -> String {
        let name = match function {
            "log" => "ln",
            "log1p" => "ln_1p",
            "pow" => "powf",
            other => other,
        };
        // The first argument is the receiver of the method.
        let first = if arguments[0].starts_with('-') { format!("({})", arguments[0]) } else { arguments[0].into() };
        format!("{first}.{name}({})", arguments[1..].join(", "))
    }
}

/// Writes the functions of the model as a module or a program.
pub fn write(sheet: &NamedModel) -> String {
    let name = &sheet.name;
    let (routines, tables) = Routine::all(sheet.functions);
    // The header is not a documentation comment, because examples in documentation are run.
    let mut text = comments::marked("//", &sheet.header());
    text += &format!(
        "\n//! A module without dependencies. To check it against ten values of multiwell: `rustc -O {name}.rs && ./{name}`\n\n#![allow(dead_code, unused_parens, clippy::all, clippy::pedantic)]\n\n"
    );
    for (number, table) in tables.iter() {
        text += &format!("static C{number}: [f64; {}] = [\n{}];\n", table.len(), numbers(table, "    "));
    }
    let all: String = sheet.functions.iter().zip(&routines).map(|(function, routine)| body(function, routine)).collect();
    text += &loops::helpers(&all, &[("softplus", SOFTPLUS_CODE), ("sigmoid", SIGMOID_CODE)]).concat();
    text += &all;
    if let Some(density) = &sheet.model.density {
        text += &of_density(sheet.whole().arguments[0].len, density);
    }
    text + &check(sheet)
}

const SOFTPLUS_CODE: &str = "
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}
";

const SIGMOID_CODE: &str = "
fn sigmoid(x: f64) -> f64 {
    let e = (-x.abs()).exp();
    (if x > 0.0 { 1.0 } else { e }) / (1.0 + e)
}
";

fn body(function: &Function, routine: &Routine) -> String {
    let arguments = function.arguments.iter().map(|argument| format!("{}: &[f64; {}]", argument.name, argument.len));
    let results = function.written().iter().map(|result| format!("{}: &mut [f64; {}]", result.name, result.numbers()));
    let signature = arguments.chain(results).join(", ");
    let end = if function.returned().is_some() { " -> f64" } else { "" };
    let mut lines = vec![format!("\n/// {}\npub fn {}({signature}){end} {{", function.described(), function.name)];
    let code = loops::body(&Rust, routine, &loops::arguments(function), &loops::results(function, |result| result.name.into()));
    lines.push(format!("    let mut t = [0.0_f64; {}];", loops::storage(routine)));
    for variable in loops::variables(&code) {
        lines.push(format!("    let mut {variable}: f64;"));
    }
    if let Some(result) = function.returned() {
        lines.push(format!("    let mut {} = [0.0_f64; 1];", result.name));
    }
    for argument in function.arguments.iter().filter(|argument| argument.is_periodic()) {
        let within =
            loops::within(&Rust, argument, |x, middle, period| format!("{x} - {period} * (({x} - {middle}) / {period}).round()"));
        lines.push(format!("    let {} = [{}];", argument.within(), within.join(", ")));
    }
    lines.extend(code);
    if let Some(result) = function.returned() {
        lines.push(format!("    {}[0]", result.name));
    }
    lines.join("\n") + "\n}\n"
}

fn of_density(inputs: usize, density: &Normalised) -> String {
    let unit = density.divisor();
    let mut text = format!(
        "\n/// The density at `x` [{inputs}].\npub fn density(x: &[f64; {inputs}]) -> f64 {{\n    (-value(x){unit}).exp()\n}}\n"
    );
    if let Some(cumulative) = &density.cumulative {
        let (last, first, step) = (cumulative.below.len() - 1, digits(cumulative.first), digits(cumulative.step));
        text += &format!(
            "\nstatic BELOW: [f64; {}] = [\n{}];\n\n/// The probability below `x`.\npub fn cumulative(x: f64) -> f64 {{\n    let edge = ((x - ({first})) / {step}).clamp(0.0, {last}.0);\n    let k = (edge as usize).min({});\n    BELOW[k] + (edge - k as f64) * (BELOW[k + 1] - BELOW[k])\n}}\n",
            last + 1,
            numbers(&cumulative.below, "    "),
            last - 1
        );
    }
    text
}

/// A program that checks the last function.
fn check(sheet: &NamedModel) -> String {
    let (function, points) = (sheet.whole(), CHECK_POINTS);
    let mut text = String::new();
    for CheckedValue { name, len, values } in sheet.check().concat() {
        let rows = rows(&values, len);
        text += &format!("\nstatic CHECK_{}: [[f64; {len}]; {points}] = [\n{rows}];\n", name.to_uppercase());
    }
    text += "
/// The largest difference, relative to the largest expected number.
fn difference<const N: usize>(found: &[[f64; N]], expected: &[[f64; N]]) -> f64 {
    let (mut worst, mut largest) = (0.0_f64, 0.0_f64);
    for (a, b) in found.iter().flatten().zip(expected.iter().flatten()) {
        let size = (a - b).abs();
        worst = if size <= worst { worst } else { size };
        largest = largest.max(b.abs());
    }
    worst / if largest > 0.0 { largest } else { 1.0 }
}

/// Checks the functions against ten values of multiwell.
pub fn main() {
";
    for result in &function.results {
        text += &format!("    let mut found_{} = [[0.0_f64; {}]; {points}];\n", result.name, result.numbers());
    }
    let arguments = function.arguments.iter().map(|argument| format!("&CHECK_{}[k]", argument.name.to_uppercase()));
    let written = function.written().iter().map(|result| format!("&mut found_{}[k]", result.name));
    let call = format!("{}({})", function.name, arguments.chain(written).join(", "));
    let call = function.returned().map_or_else(|| call.clone(), |result| format!("found_{}[k][0] = {call}", result.name));
    text += &format!("    for k in 0..{points} {{\n        {call};\n    }}\n    let mut worst = 0.0_f64;\n");
    for result in &function.results {
        let (called, capital) = (result.name, result.name.to_uppercase());
        text += &format!(
            "    let d = difference(&found_{called}, &CHECK_{capital});\n    println!(\"{called}: within {{d:.1e}} of multiwell at {points} points\");\n    worst = if d <= worst {{ worst }} else {{ d }};\n"
        );
    }
    text + &format!("    std::process::exit(i32::from(!(worst <= {CHECK_TOLERANCE:?})));\n}}\n")
}

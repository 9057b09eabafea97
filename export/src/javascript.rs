//! JavaScript: a module for browsers, Node and other engines.

use super::comments;
use super::function::{Function, FunctionOutput};
use super::loops::{self, Dialect, digits};
use super::model::Normalised;
use super::routine::Routine;
use super::sheet::{CHECK_POINTS, CHECK_TOLERANCE, CheckedValue, NamedModel, numbers, rows};
use itertools::Itertools;

#[derive(Clone, Copy, Debug)]
struct JavaScript;

impl Dialect for JavaScript {
    fn loop_over(&self, variable: &str, count: usize) -> String {
        format!("for (let {variable} = 0; {variable} < {count}; ++{variable}) {{")
    }

    fn call(&self, function: &str, arguments: &[&str]) -> String {
        format!("Math.{function}({})", arguments.join(", "))
    }
}

/// The functions of the model, as a module.
pub fn write(sheet: &NamedModel) -> String {
    let name = &sheet.name;
    let (routines, tables) = Routine::all(sheet.functions);
    let usage =
        [String::new(), format!("A module for browsers and Node. To check it against ten values of multiwell: node {name}.mjs")];
    let mut text = comments::block(&[sheet.header(), usage.into()].concat()) + "\n";
    for (number, table) in tables.iter() {
        text += &format!("const C{number} = new Float64Array([\n{}]);\n", numbers(table, "  "));
    }
    let all: String = sheet.functions.iter().zip(&routines).map(|(function, routine)| body(function, routine)).collect();
    text += &loops::helpers(&all, &[("softplus", SOFTPLUS_CODE), ("sigmoid", SIGMOID_CODE)]).concat();
    text += &all;
    if let Some(density) = &sheet.model.density {
        text += &of_density(density);
    }
    text + &check(sheet)
}

const SOFTPLUS_CODE: &str = "
function softplus(x) {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
";

const SIGMOID_CODE: &str = "
function sigmoid(x) {
  const e = Math.exp(-Math.abs(x));
  return (x > 0 ? 1 : e) / (1 + e);
}
";

/// Writes a function. It returns its number, or an object with all of its results.
fn body(function: &Function, routine: &Routine) -> String {
    let names: Vec<&str> = function.arguments.iter().map(|argument| argument.name).collect();
    let results: Vec<&str> = function.results.iter().map(|result| result.name).collect();
    let about =
        if let [one] = results[..] { format!("Returns the {one}") } else { format!("Returns {{ {} }}", results.join(", ")) };
    let given: Vec<String> =
        function.arguments.iter().map(|argument| format!("`{}`, {} numbers", argument.name, argument.len)).collect();
    let mut lines =
        vec![format!("\n/** {about} at {}. */\nexport function {}({}) {{", given.join(" and "), function.name, names.join(", "))];
    let code =
        loops::body(&JavaScript, routine, &loops::arguments(function), &loops::results(function, |result| result.name.into()));
    lines.push(format!("    const t = new Float64Array({});", loops::storage(routine)));
    let variables = loops::variables(&code);
    if !variables.is_empty() {
        lines.push(format!("    let {};", variables.join(", ")));
    }
    for result in &function.results {
        lines.push(format!("    const {} = new Float64Array({});", result.name, result.numbers()));
    }
    for argument in function.arguments.iter().filter(|argument| argument.is_periodic()) {
        let within = loops::within(&JavaScript, argument, |x, middle, period| {
            format!("{x} - {period} * Math.round(({x} - {middle}) / {period})")
        });
        lines.push(format!("    const {} = [{}];", argument.within(), within.join(", ")));
    }
    lines.extend(code);
    let value = |result: &FunctionOutput| {
        if result.is_number() { format!("{}[0]", result.name) } else { result.name.to_string() }
    };
    let returned = if let [one] = &function.results[..] {
        value(one)
    } else {
        let mut all = function.results.iter().map(|result| format!("{}: {}", result.name, value(result)));
        format!("{{ {} }}", all.join(", "))
    };
    lines.push(format!("    return {returned};\n}}\n"));
    lines.join("\n").replace("    ", "  ")
}

fn of_density(density: &Normalised) -> String {
    let unit = density.divisor();
    let mut text =
        format!("\n/** Returns the density. */\nexport function density(x) {{\n  return Math.exp(-value(x){unit});\n}}\n");
    if let Some(cumulative) = &density.cumulative {
        let (last, first, step) = (cumulative.below.len() - 1, digits(cumulative.first), digits(cumulative.step));
        text += &format!(
            "\nconst BELOW = new Float64Array([\n{}]);\n\n/** Returns the probability below x, a number. */\nexport function cumulative(x) {{\n  const edge = Math.min(Math.max((x - ({first})) / {step}, 0), {last});\n  const k = Math.min(Math.floor(edge), {});\n  return BELOW[k] + (edge - k) * (BELOW[k + 1] - BELOW[k]);\n}}\n",
            numbers(&cumulative.below, "  "),
            last - 1
        );
    }
    text
}

/// Writes code that checks the last function if Node runs the module.
fn check(sheet: &NamedModel) -> String {
    let (function, points) = (sheet.whole(), CHECK_POINTS);
    let one = |of: CheckedValue| format!("  {}: [\n{}  ],\n", of.name, rows(&of.values, of.len));
    let [arguments, results] = sheet.check().map(|all| all.into_iter().map(one).join(""));
    let names: Vec<String> = function.arguments.iter().map(|argument| format!("CHECK_ARGUMENTS.{}[k]", argument.name)).collect();
    let call = format!("{}({})", function.name, names.join(", "));
    let call = if let [one] = &function.results[..] { format!("{{ {}: {call} }}", one.name) } else { call };
    format!(
        "
const CHECK_ARGUMENTS = {{
{arguments}}};
const CHECK_RESULTS = {{
{results}}};

/** Returns the largest differences from ten values of multiwell, each relative to the largest expected number of its kind. */
export function check() {{
  const worst = {{}};
  for (const name in CHECK_RESULTS) {{
    let [difference, largest] = [0, 0];
    for (let k = 0; k < {points}; ++k) {{
      const found = {call}[name];
      CHECK_RESULTS[name][k].forEach((expected, n) => {{
        difference = Math.max(difference, Math.abs((found.length === undefined ? found : found[n]) - expected));
        largest = Math.max(largest, Math.abs(expected));
      }});
    }}
    worst[name] = difference / (largest || 1);
  }}
  return worst;
}}

if (typeof process !== 'undefined' && process.argv && import.meta.url.endsWith('/' + process.argv[1]?.split(/[\\\\/]/).pop())) {{
  const worst = check();
  for (const name in worst) {{
    console.log(`${{name}}: within ${{worst[name].toExponential(1)}} of multiwell at {points} points`);
  }}
  process.exitCode = Object.values(worst).every((difference) => difference <= {CHECK_TOLERANCE:?}) ? 0 : 1;
}}
"
    )
}

//! Common part of all exported texts: a header, the arguments of the functions, and values for a check.

use itertools::Itertools;
use sha2::{Digest, Sha256};

use super::function::Function;
use super::loops::digits;
use super::model::Model;

/// Number of points at which exported code checks itself.
pub const CHECK_POINTS: usize = 10;

/// Maximum difference from the engine in double precision that a check allows, relative to the largest number of its kind.
pub const CHECK_TOLERANCE: f64 = 1e-12;

/// A model with the prefix of its functions' names.
#[derive(Debug)]
pub struct NamedModel<'a> {
    /// Prefix of the functions' names.
    pub name: String,
    pub model: &'a Model,
    pub functions: &'a [Function],
    /// SHA-256 of the model file, in hexadecimal digits.
    checksum: String,
}

/// An argument or a result of a function at the points of a check.
#[derive(Clone, Debug)]
pub struct CheckedValue {
    pub name: &'static str,
    /// Number of its numbers at a point.
    pub len: usize,
    /// Its numbers at all points, one point after the other.
    pub values: Vec<f64>,
}

/// Converts text to a name that is valid in every language: lower-case letters, digits and underscores, beginning with a letter.
fn identifier(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let name: String = text.chars().map(plain).collect();
    let name = name.trim_matches('_');
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name.into()
    } else {
        format!("model_{name}").trim_end_matches('_').into()
    }
}

/// Numbers of a table, six a line.
pub fn numbers(values: &[f64], indent: &str) -> String {
    let line = |values: &[f64]| format!("{indent}{},\n", values.iter().map(|&value| digits(value)).join(", "));
    values.chunks(6).map(line).join("")
}

/// Rows of `len` numbers, each row in brackets on a separate line.
pub fn rows(values: &[f64], len: usize) -> String {
    values.chunks(len).map(|row| format!("    [{}],\n", row.iter().map(|&value| digits(value)).join(", "))).join("")
}

/// The `index`-th number of the van der Corput sequence in a base. The sequence is evenly distributed between 0 and 1.
fn van_der_corput(mut index: usize, base: usize) -> f64 {
    let (mut value, mut digit) = (0.0, 1.0 / base as f64);
    while index > 0 {
        value += digit * (index % base) as f64;
        (index, digit) = (index / base, digit / base as f64);
    }
    value
}

impl<'a> NamedModel<'a> {
    /// Reads a model from the text of its file.
    pub fn new(name: &str, text: &str, model: &'a Model, functions: &'a [Function]) -> Self {
        let checksum = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).join("");
        Self { name: identifier(name), model, functions, checksum }
    }

    /// The function with the most results.
    pub fn whole(&self) -> &Function {
        self.functions.last().expect("a model has functions")
    }

    /// Lines of the header. Names may contain any characters, which `comments` replaces by harmless ones.
    pub fn header(&self) -> Vec<String> {
        let mut lines = vec![
            format!("{}: {}.", self.name, self.model.title),
            format!("Written by multiwell {} from a model file with the SHA-256", env!("CARGO_PKG_VERSION")),
            format!("{}.", self.checksum),
            String::new(),
        ];
        lines.extend(self.model.about.iter().cloned());
        lines
    }

    /// Arguments and results of the last function at the points of its check.
    pub fn check(&self) -> [Vec<CheckedValue>; 2] {
        let function = self.whole();
        let arguments = spread(function, CHECK_POINTS);
        let results = function.results.iter().zip(function.evaluate(&arguments));
        let results = results.map(|(of, values)| CheckedValue { name: of.name, len: of.numbers(), values });
        let arguments = function.arguments.iter().zip(arguments);
        [arguments.map(|(of, values)| CheckedValue { name: of.name, len: of.len, values }).collect(), results.collect()]
    }
}

/// Points distributed over the ranges of interest of a function. Each argument contains its numbers, one point after the other.
pub fn spread(function: &Function, points: usize) -> Vec<Vec<f64>> {
    const HALTON_PRIMES: [usize; 12] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];
    let mut axis = 0;
    let mut arguments = Vec::new();
    for ranges in function.arguments.iter().map(|argument| &argument.ranges) {
        let base = |k: usize| HALTON_PRIMES[(axis + k) % HALTON_PRIMES.len()];
        let place = |point: usize, (k, [low, high]): (usize, &[f64; 2])| low + (high - low) * van_der_corput(point, base(k));
        arguments.push((1..=points).flat_map(|point| ranges.iter().enumerate().map(move |range| place(point, range))).collect());
        axis += ranges.len();
    }
    arguments
}

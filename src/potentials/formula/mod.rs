//! Potential from a formula of the user: `x^4 - 2*x^2 + 0.3*x`, `sin(x)*cos(y)`. With commas or semicolons between its components, the
//! formula is the vector field that is minus the gradient: `x - x^3, -y`.
//!
//! - inputs: `x`, `y`, `z` or `x1`, `x2`, `x3`, at most three, and all names in the bounds
//! - parameters: every other name; [`values`] reads their values from a text such as `a=0.3`. A name of several letters needs a value,
//!   because `xy` and `sinx` probably mean `x*y` and `sin(x)`
//! - functions: sin cos tan asin acos atan sinh cosh tanh exp log ln sqrt abs min max; constants: pi e
//! - domain: `-2..2` for each input, unless bounds are given; one period of a periodic input
//!
//! The formula is recorded as a graph of the engine, which differentiates it exactly.
//!
//! ```
//! use multiwell::internal::potentials::{Formula, KnownPotential};
//! let well = Formula::new("a*(x^2 - 1)^2", "a=2", "").unwrap();
//! assert_eq!((well.value(&[0.0]), well.gradient(&[2.0])), (2.0, vec![48.0]));
//! ```

mod columns;
mod compiled;
mod domain;
mod error;
mod parameters;
mod parse;
mod points;
mod record;
#[cfg(test)]
mod tests;
mod typeset;

use std::sync::OnceLock;

pub use columns::OfColumns;
pub use error::FormulaError;
pub use parameters::{FormulaParameter, MAX_INPUTS, described, is_field, misplaced, parameters, unused, values};
pub use parse::MAX_CHARACTERS;
pub use typeset::mathml;

use super::{KnownPotential, Observed, Preset};
use crate::data::{periods, units};
use crate::text::number;
use compiled::Compiled;
use domain::Domain;

/// Default domain of an input.
const DEFAULT_DOMAIN: [f64; 2] = [-2.0, 2.0];
/// Largest difference of bounds and a period that count as equal, relative to the period.
const EQUALITY_TOLERANCE: f64 = 1e-9;

/// Potential from a formula.
#[derive(Debug)]
pub struct Formula {
    inputs: Vec<String>,
    bounds: Vec<[f64; 2]>,
    periodic: Vec<bool>,
    is_field: bool,
    /// Compiled formula, created at the first evaluation, because the list of benchmarks contains one.
    compiled: OnceLock<Compiled>,
}

impl Default for Formula {
    fn default() -> Self {
        Self {
            inputs: vec!["x".into()],
            bounds: vec![DEFAULT_DOMAIN],
            periodic: Vec::new(),
            is_field: false,
            compiled: OnceLock::new(),
        }
    }
}

impl Formula {
    /// The id of this benchmark.
    pub const ID: &'static str = "formula";
    /// Formula that the page shows first.
    pub const FIRST: &'static str = "a*(x^2 - 1)^2 + 0.3*x";

    /// Creates the potential of a formula, with the values of its parameters (`a=0.3, b=2`; 1 by default) and the bounds of its inputs
    /// (`-2..2` for all of them, `x=-2..2, y=0..2*pi`).
    ///
    /// # Errors
    /// One sentence on the first character that cannot be read, or on a point of the domain at which the formula cannot be evaluated.
    pub fn new(formula: &str, set: &str, bounds: &str) -> Result<Self, FormulaError> {
        Self::with_periods(formula, set, bounds, "")
    }

    /// Creates the potential as [`Formula::new`] does, with the periods of its inputs: `phi:2pi`, `theta:-pi..pi`, or one for all. The
    /// domain of a periodic input is one period. Bounds may shift it but not change its length.
    ///
    /// # Errors
    /// One sentence as by [`Formula::new`], or on a point at which the formula is not periodic.
    pub fn with_periods(formula: &str, set: &str, bounds: &str, periodic: &str) -> Result<Self, FormulaError> {
        let parsed = parse::parse(formula)?;
        let components = if parsed.is_field { parsed.roots.len() } else { 0 };
        parameters::values(set)?;
        parameters::bounds(bounds)?;
        if let Some(error) = parameters::unknown(formula, set, bounds) {
            return Err(error);
        }
        let inputs = parameters::inputs(formula, bounds, components)?;
        let parameters = parameters::parameters(formula, set, bounds);
        let (bounds, periodic) = with_periods(&inputs, bounds, periodic)?;
        let domain = Domain { inputs: &inputs, bounds: &bounds };
        let compiled = Compiled::new(record::record(&parsed, &inputs, &parameters), domain)?;
        compiled.check_periods(domain, &periodic)?;
        Ok(Self { inputs, bounds, periodic, is_field: parsed.is_field, compiled: OnceLock::from(compiled) })
    }

    fn compiled(&self) -> &Compiled {
        self.compiled.get_or_init(|| {
            let first = Self::new(Self::FIRST, "", "").ok().and_then(|first| first.compiled.into_inner());
            first.expect("the first formula is valid")
        })
    }
}

/// Reads the bounds of each input from a text. Examples are `-2..2`, which holds for every input, `-2..2, 0..2*pi` in their order, and
/// `phi=-pi..pi`. Inputs without bounds in the text have their `usual` bounds.
///
/// # Errors
/// One sentence on the first part that cannot be read.
pub fn domain_of(inputs: &[String], text: &str, usual: &[[f64; 2]]) -> Result<Vec<[f64; 2]>, FormulaError> {
    let given = parameters::bounds(text)?;
    let nameless: Vec<&[&str; 2]> = given.iter().filter(|(name, _)| name.is_none()).map(|(_, ends)| ends).collect();
    let of_input = |(k, input): (usize, &String)| {
        let is_name = |name: &str| name == input || name == units::without_unit(input);
        let named = given.iter().find(|(name, _)| name.is_some_and(is_name)).map(|(_, ends)| ends);
        // A single range holds for every input.
        let by_place = if nameless.len() == 1 { nameless.first() } else { nameless.get(k) };
        named.or(by_place.copied()).map_or(Ok(usual[k]), |ends| {
            let [low, high] = ends.map(constant);
            let found = low.zip(high).filter(|(low, high)| low < high).map(|(low, high)| [low, high]);
            found.ok_or_else(|| parameters::wrong_bounds(&ends.join("..")))
        })
    };
    inputs.iter().enumerate().map(of_input).collect()
}

/// Domain of the inputs from the texts of their bounds and periods, and marks of the periodic inputs. The marks are empty if no input is
/// periodic.
fn with_periods(inputs: &[String], bounds: &str, periodic: &str) -> Result<(Vec<[f64; 2]>, Vec<bool>), FormulaError> {
    let mut ends = domain_of(inputs, bounds, &vec![DEFAULT_DOMAIN; inputs.len()])?;
    let given = domain_of(inputs, bounds, &vec![[f64::NAN; 2]; inputs.len()])?;
    let wrong = |sentence: String| FormulaError::new("periodic", sentence.trim_start_matches("periodic ").to_string());
    let periods = periods::parse(periodic, inputs, &ends).map_err(wrong)?;
    for (k, period) in periods.iter().enumerate() {
        let Some([low, high]) = *period else { continue };
        let is_free = given[k][0].is_nan();
        let is_one_turn = ((given[k][1] - given[k][0]) / (high - low) - 1.0).abs() < EQUALITY_TOLERANCE;
        if is_free {
            ends[k] = [low, high];
        } else if !is_one_turn {
            let (input, [first, last]) = (&inputs[k], given[k].map(|end| number(end, 4)));
            let sentence = format!(
                "gives {input} a period of {}, and its bounds are {first}..{last}: leave {input} out of the bounds, or give one period there",
                number(high - low, 5)
            );
            return Err(FormulaError::new("periodic", sentence));
        }
    }
    let is_periodic: Vec<bool> = periods.iter().map(Option::is_some).collect();
    Ok((ends, if is_periodic.contains(&true) { is_periodic } else { Vec::new() }))
}

/// Value of an expression without inputs and parameters.
fn constant(text: &str) -> Option<f64> {
    let parsed = parse::parse(text).ok()?;
    let recorded = record::record(&parsed, &[], &[]);
    let value = recorded.graph.known_value(recorded.roots[0])?;
    (value.is_finite() && !parsed.is_field).then_some(value)
}

impl KnownPotential for Formula {
    fn id(&self) -> &'static str {
        Self::ID
    }

    fn description(&self) -> [&'static str; 2] {
        ["Your own formula", "A formula that you type, of a potential or of a field of forces, learnt from random points."]
    }

    fn inputs(&self) -> Vec<&str> {
        self.inputs.iter().map(String::as_str).collect()
    }

    fn bounds(&self) -> Vec<[f64; 2]> {
        self.bounds.clone()
    }

    fn periodic(&self) -> Vec<bool> {
        self.periodic.clone()
    }

    fn value(&self, x: &[f64]) -> f64 {
        self.compiled().value(x)
    }

    fn gradient(&self, x: &[f64]) -> Vec<f64> {
        self.compiled().gradient(x)
    }

    fn hessian(&self, x: &[f64]) -> Vec<f64> {
        self.compiled().hessian(x)
    }

    fn observed(&self) -> Observed {
        if self.is_field { Observed::Gradient } else { Observed::Values }
    }

    fn preset(&self) -> Option<Preset> {
        Some(Preset { modes: 10, hidden: &[10, 10], samples: 800, epochs: 30_000 })
    }
}

//! Names in a formula: inputs, and parameters with a value. Reads the texts of values and bounds.
//!
//! This module does not parse the formula. So a form can show a slider for each parameter while a worker parses.

use super::error::FormulaError;
use crate::data::units;
use crate::text::{decimal, shortened};

/// Names of the functions, each with its smallest number of arguments.
pub(super) const FUNCTION_NAMES: [(&str, usize); 16] = [
    ("sin", 1),
    ("cos", 1),
    ("tan", 1),
    ("asin", 1),
    ("acos", 1),
    ("atan", 1),
    ("sinh", 1),
    ("cosh", 1),
    ("tanh", 1),
    ("exp", 1),
    ("log", 1),
    ("ln", 1),
    ("sqrt", 1),
    ("abs", 1),
    ("min", 2),
    ("max", 2),
];
/// Names and values of the constants.
pub(super) const NAMED_CONSTANTS: [(&str, f64); 2] = [("pi", std::f64::consts::PI), ("e", std::f64::consts::E)];
/// Names that are always inputs, in their order.
const INPUT_NAMES: [&str; 6] = ["x", "y", "z", "x1", "x2", "x3"];
/// Largest number of inputs.
pub const MAX_INPUTS: usize = 3;
/// Default value of a parameter, and smallest half-width of the range of a slider.
const DEFAULT_VALUE: f64 = 1.0;
const MIN_REACH: f64 = 2.0;

/// Parameter of a formula: a name that is not an input, with a value that the user chooses.
#[derive(Clone, Debug, PartialEq)]
pub struct FormulaParameter {
    /// Name of the parameter.
    pub name: String,
    /// Value of the parameter.
    pub value: f64,
    /// Ends of the slider.
    pub range: [f64; 2],
}

/// Default ends of a slider for a value: two to either side of zero, or the next one of 5, 10, 20, 50 and so on that contains the value.
fn usual_range(value: f64) -> [f64; 2] {
    let steps = (0..).flat_map(|power| [2.0, 5.0, 10.0].map(|step| step * 10f64.powi(power)));
    let reach = steps.take(900).find(|reach| *reach >= value.abs()).unwrap_or(f64::MAX / 2.0);
    [-reach.max(MIN_REACH), reach.max(MIN_REACH)]
}

/// Reads the values of parameters from a text such as `a=0.3, k=7 in 0..9`.
///
/// # Errors
/// One sentence on the first part that cannot be read.
pub fn values(text: &str) -> Result<Vec<FormulaParameter>, FormulaError> {
    let one = |part: &str| -> Option<FormulaParameter> {
        let (name, rest) = part.split_once('=')?;
        let (value, range) = match rest.split_once(" in ") {
            Some((value, range)) => (value, Some(range.split_once("..")?)),
            None => (rest, None),
        };
        let number = |text: &str| decimal(text.trim()).filter(|value| value.is_finite());
        let value = number(value)?;
        let range = match range {
            Some((low, high)) => [number(low)?, number(high)?],
            None => usual_range(value),
        };
        let name = name.trim().to_string();
        (is_name(&name) && range[0] < range[1] && range[0] <= value && value <= range[1]).then_some(FormulaParameter {
            name,
            value,
            range,
        })
    };
    let wrong = |part: &str| {
        FormulaError::new(
            "set",
            format!("must give parameters their values, such as a=0.3, k=7 in 0..9, not \"{}\"", shortened(part.trim())),
        )
    };
    parts(text).map(|part| one(part).ok_or_else(|| wrong(part))).collect()
}

/// Name of an input, if it is given, and the text of the ends of its domain.
type Range<'a> = (Option<&'a str>, [&'a str; 2]);

/// Reads the ends of the inputs' domain from a text. Examples are `-2..2`, which holds for every input, `-2..2, 0..pi` in the order of the
/// inputs, and `phi=-pi..pi`.
///
/// # Errors
/// One sentence on the first part that cannot be read.
pub(super) fn bounds(text: &str) -> Result<Vec<Range<'_>>, FormulaError> {
    let ranges: Vec<Range<'_>> =
        parts(text).map(|part| range(part).ok_or_else(|| wrong_bounds(part))).collect::<Result<_, FormulaError>>()?;
    let names: Vec<&str> = ranges.iter().filter_map(|(name, _)| *name).collect();
    match names.iter().enumerate().find(|(k, name)| names[..*k].contains(name)) {
        Some((_, twice)) => {
            Err(FormulaError::new("bounds", format!("gives {} two ranges; leave one of them out", shortened(twice))))
        }
        None => Ok(ranges),
    }
}

/// Error, if the bounds name an input that does not exist, or have more ranges than there are inputs.
pub fn misplaced(inputs: &[String], bounds_text: &str) -> Option<FormulaError> {
    let ranges = bounds(bounds_text).ok()?;
    let listed = || inputs.iter().map(|input| shortened(input)).collect::<Vec<_>>().join(", ");
    let is_input = |name: &&str| inputs.iter().any(|input| input == name || units::without_unit(input) == *name);
    if let Some(name) = ranges.iter().filter_map(|(name, _)| *name).find(|name| !is_input(name)) {
        return Some(FormulaError::new("bounds", format!("names {}, but the inputs are {}", shortened(name), listed())));
    }
    let nameless = ranges.iter().filter(|(name, _)| name.is_none()).count();
    let sentence = || format!("has {nameless} ranges without a name, but the inputs are {}", listed());
    (nameless > 1 && nameless > inputs.len()).then(|| FormulaError::new("bounds", sentence()))
}

fn range(part: &str) -> Option<Range<'_>> {
    let (name, ends) = part.split_once('=').map_or((None, part), |(name, ends)| (Some(name.trim()), ends));
    let (low, high) = ends.split_once("..").or_else(|| ends.split_once(':'))?;
    Some((name, [low, high])).filter(|_| name.is_none_or(is_name))
}

/// Error for bounds that cannot be read.
pub(super) fn wrong_bounds(part: &str) -> FormulaError {
    FormulaError::new("bounds", format!("must be ranges such as -2..2 or x=-2..2, y=0..2*pi, not \"{}\"", shortened(part.trim())))
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ';']).filter(|part| !part.trim().is_empty())
}

/// Returns true if a text is a name: a letter, then letters, digits and underscores.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(is_of_name)
}

/// Returns true if a name may contain the character.
pub(super) fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Names in a formula that are neither functions nor constants, each once, in the order of their first occurrence.
fn names(formula: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for word in formula.split(|c| !is_of_name(c)) {
        // A name may follow a number directly: `2x`, `3e5k`.
        let name = word.trim_start_matches(|c: char| c.is_ascii_digit());
        let has_exponent = name.len() < word.len() && name.len() > 1 && name.starts_with(['e', 'E']);
        let after = name.get(1..).unwrap_or_default().trim_start_matches(|c: char| c.is_ascii_digit());
        let name = if has_exponent && after.len() + 1 < name.len() { after } else { name };
        let is_known =
            FUNCTION_NAMES.iter().any(|(known, _)| *known == name) || NAMED_CONSTANTS.iter().any(|(known, _)| *known == name);
        if is_name(name) && !is_known && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Inputs of a formula: `x`, `y`, `z` or `x1`, `x2`, `x3` where they occur, and the names in the bounds. A field has as many inputs as
/// components.
pub(super) fn inputs(formula: &str, bounds_text: &str, components: usize) -> Result<Vec<String>, FormulaError> {
    let names = names(formula);
    let named = bounds(bounds_text)?.into_iter().filter_map(|(name, _)| name).filter(|name| !INPUT_NAMES.contains(name));
    let mut inputs: Vec<&str> = INPUT_NAMES.into_iter().chain(named).filter(|input| names.contains(input)).collect();
    // A component may lack an input, which then follows from the other inputs.
    let series =
        if inputs.iter().any(|input| input.starts_with('x') && input.len() == 2) { &INPUT_NAMES[3..] } else { &INPUT_NAMES[..3] };
    let first = &series[..components.min(series.len())];
    if components > inputs.len() && inputs.iter().all(|input| first.contains(input)) {
        inputs = first.to_vec();
    }
    let count = inputs.len();
    let wrong = match () {
        () if count == 0 => "has no input: write it in x, y and z, or name an input in the bounds, such as t=0..1".to_string(),
        () if count > MAX_INPUTS => format!("has {count} inputs ({}), but a formula may have three", inputs.join(", ")),
        () if components > 0 && count != components => {
            format!("has {components} components, but {count} inputs ({}): a field has as many of both", inputs.join(", "))
        }
        () => return Ok(inputs.into_iter().map(String::from).collect()),
    };
    Err(FormulaError::new("formula", wrong))
}

/// Parameters of a formula with the values from `set`, or the default value for those that `set` does not name. A text that cannot be read
/// has no effect.
pub fn parameters(formula: &str, set: &str, bounds_text: &str) -> Vec<FormulaParameter> {
    let (given, named) = (values(set).unwrap_or_default(), bounds(bounds_text).unwrap_or_default());
    let is_input = |name: &str| INPUT_NAMES.contains(&name) || named.iter().any(|(of, _)| *of == Some(name));
    let parameter = |name: &str| {
        let known = given.iter().rev().find(|parameter| parameter.name == name).cloned();
        known.unwrap_or_else(|| FormulaParameter { name: name.into(), value: DEFAULT_VALUE, range: usual_range(DEFAULT_VALUE) })
    };
    names(formula).into_iter().filter(|name| !is_input(name)).map(parameter).collect()
}

/// Error, if `set` or the bounds contain a name that the formula does not contain, which is probably mistyped.
pub fn unused(formula: &str, set: &str, bounds_text: &str) -> Option<FormulaError> {
    let names = names(formula);
    let holds = || if names.is_empty() { "no parameter".to_string() } else { names.join(", ") };
    let missing = |field: &'static str, name: &str| {
        let sentence = format!("names {}, but the formula holds {}", shortened(name), holds());
        (!names.contains(&name)).then(|| FormulaError::new(field, sentence))
    };
    let (given, ends) = (values(set).unwrap_or_default(), bounds(bounds_text).unwrap_or_default());
    let of_set = given.iter().find_map(|parameter| missing("set", &parameter.name));
    of_set.or_else(|| ends.iter().find_map(|(name, _)| missing("bounds", (*name)?)))
}

/// Error on the first unknown name of several letters, with a proposal. It is not a function, a constant or an input, and `set` does not
/// give its value. A single letter, possibly with a number or an index after it, needs no value.
pub(super) fn unknown(formula: &str, set: &str, bounds_text: &str) -> Option<FormulaError> {
    let (given, named) = (values(set).unwrap_or_default(), bounds(bounds_text).unwrap_or_default());
    let named: Vec<&str> = named.into_iter().filter_map(|(name, _)| name).collect();
    let inputs: Vec<&str> = INPUT_NAMES.into_iter().chain(named).collect();
    let is_unknown = |name: &str| {
        let is_letter = power(name).is_none() && name.chars().filter(char::is_ascii_alphabetic).count() == 1;
        !is_letter && !inputs.contains(&name) && given.iter().all(|parameter| parameter.name != name)
    };
    let name = names(formula).into_iter().find(|name| is_unknown(name))?;
    let proposal = power(name).or_else(|| call(name, &inputs)).or_else(|| product(name, &inputs));
    let instead = proposal.map(|proposal| format!("write {}, or ", shortened(&proposal))).unwrap_or_default();
    let name = shortened(name);
    Some(FormulaError::new(
        "formula",
        format!("holds {name}, which has no value: {instead}give it one under Parameters, such as {name}=1"),
    ))
}

/// Power meant by a name such as `x4`. The name is an input with a number that does not belong to its series.
fn power(name: &str) -> Option<String> {
    let (input, number) = name.split_at(1);
    let is_power = INPUT_NAMES.contains(&input) && number.parse::<u32>().is_ok_and(|number| number > 1);
    is_power.then(|| format!("{input}^{number}"))
}

/// Function call meant by a name such as `sinx`.
fn call(name: &str, inputs: &[&str]) -> Option<String> {
    let of = |(function, least): &(&str, usize)| {
        let rest = name.strip_prefix(function).filter(|_| *least == 1)?;
        let argument = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let (factor, argument) = (&rest[..rest.len() - argument.len()], product(argument, inputs)?);
        Some(if factor.is_empty() { format!("{function}({argument})") } else { format!("{function}({factor}*{argument})") })
    };
    // The longest function name counts: `sinhx` is not a sine.
    FUNCTION_NAMES.iter().filter_map(of).min_by_key(String::len)
}

/// Product meant by a name such as `xy` or `kx`: inputs, constants, and at most one other letter. A single input is its own product.
fn product(name: &str, inputs: &[&str]) -> Option<String> {
    let known = || inputs.iter().copied().chain(NAMED_CONSTANTS.iter().map(|(constant, _)| *constant));
    let (mut factors, mut rest, mut letters) = (Vec::new(), name, 0);
    while !rest.is_empty() {
        let longest = known().filter(|known| rest.starts_with(known)).max_by_key(|known| known.len());
        let factor = longest.or_else(|| rest.get(..1).filter(|letter| letter.starts_with(|c: char| c.is_ascii_alphabetic())))?;
        letters += usize::from(longest.is_none());
        factors.push(factor);
        rest = &rest[factor.len()..];
    }
    let is_likely = letters <= 1 && factors.iter().any(|factor| inputs.contains(factor));
    is_likely.then(|| factors.join("*"))
}

/// Sentence on the parameters and their values, with a separate list of those that `set` does not name; `None` if there are no parameters.
pub fn described(formula: &str, set: &str, bounds_text: &str) -> Option<String> {
    let given = values(set).unwrap_or_default();
    let is_given = |parameter: &FormulaParameter| given.iter().any(|given| given.name == parameter.name);
    let (stated, usual): (Vec<FormulaParameter>, Vec<FormulaParameter>) =
        parameters(formula, set, bounds_text).into_iter().partition(is_given);
    let list = |parameters: &[FormulaParameter]| {
        parameters.iter().map(|FormulaParameter { name, value, .. }| format!("{name} = {value}")).collect::<Vec<_>>().join(", ")
    };
    let usual_words = || format!("{}, the value of parameters without one", list(&usual));
    let parts = [(!stated.is_empty()).then(|| list(&stated)), (!usual.is_empty()).then(usual_words)];
    parts.into_iter().flatten().reduce(|stated, usual| format!("{stated}; {usual}"))
}

/// Returns true if a formula is a vector field: it has components, separated by commas or semicolons outside all parentheses.
pub fn is_field(formula: &str) -> bool {
    let mut depth = 0_i32;
    formula.chars().any(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth <= 0 && matches!(c, ',' | ';')
    })
}

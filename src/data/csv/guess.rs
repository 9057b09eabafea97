//! Guesses the roles of columns from their names, for the user to confirm. Lists remarks about a choice of columns.

use std::fmt;

use super::Columns;
use super::NOT_MEASURED;
use super::split::SPLIT_COLUMN;
use crate::text::listed;

/// Largest number of columns whose names are compared with each other, and from which the page offers a choice.
pub const MAX_CHOICE: usize = 200;
/// Names of angles. A number may follow such a name.
const ANGLE_NAMES: [&str; 8] = ["phi", "psi", "chi", "omega", "theta", "dihedral", "torsion", "angle"];
/// Prefixes of the name or number of an input in the name of a derivative, and in the name of a force, which is minus a derivative.
const GRADIENT_PREFIXES: [&str; 10] = ["gradients", "gradient_", "gradient", "grad_", "grad", "deriv_", "der_", "d_", "g_", "g"];
const FORCE_PREFIXES: [&str; 5] = ["forces", "force_", "force", "f_", "f"];
/// Names of a derivative or a force in a table with a single input. A stress is the derivative of an energy with respect to a strain.
const DERIVATIVE_NAMES: [&str; 6] = ["derivative", "deriv", "gradient", "grad", "slope", "stress"];
const FORCE_NAME: &str = "force";
/// Names of a value that depends on the other columns.
const VALUE_NAMES: &str = "e energy energies epot potential psi pmf fes free enthalpy value values target output";
/// Names of a differentiated quantity without a column: `dE`, `dV`, `dPsi`.
const NUMERATOR_NAMES: [&str; 12] = ["e", "u", "v", "w", "f", "g", "a", "psi", "phi", "y", "energy", "potential"];
/// Names of columns that are neither inputs nor values.
const ACCOMPANYING_NAMES: [(OtherRole, &str); 5] = [
    (OtherRole::Uncertainty, "sigma error errors err yerr eerr stderr std stdev sd sem uncertainty unc variance"),
    (OtherRole::Weight, "weight weights logweight logweights w"),
    (OtherRole::Bias, "bias rbias"),
    (OtherRole::Split, SPLIT_COLUMN),
    (OtherRole::Counter, "time step frame index row id"),
];

/// Further outputs of enhanced sampling, which accompany a bias: `metad.rct`, `opes.zed`.
const BIAS_COMPANION_NAMES: &str = "work rct zed neff nker rfact";

/// Role of a column that is neither an input nor a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherRole {
    /// Standard error of the value.
    Uncertainty,
    /// Statistical weight of the row.
    Weight,
    /// Bias potential under which the row was drawn.
    Bias,
    /// Mark of held-out rows.
    Split,
    /// Number or time of the row.
    Counter,
}

/// Relation of the name of one column to the name of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slope {
    Gradient,
    Force,
}

/// Remark about a choice of columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// Columns used as derivatives although their names mean forces, which have the opposite sign.
    Forces(Vec<String>),
    /// Columns used as forces although their names mean derivatives.
    Derivatives(Vec<String>),
    /// A column used as a value although its name means the derivative with respect to the other column.
    SlopeAsValue(String, String),
    /// An unused column whose name means an uncertainty.
    Uncertainty(String),
    /// An unused column whose name means a statistical weight.
    Weight(String),
    /// An unused column whose name means a bias potential.
    Bias(String),
    /// Other unused columns.
    Unused(Vec<String>),
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Forces(columns) => {
                let (read, are) = if columns.len() == 1 {
                    ("reads as a force", "it is one, give it")
                } else {
                    ("read as forces", "they are, give them")
                };
                write!(
                    f,
                    "{} {read}, but the sign of a derivative is assumed. A force is minus the gradient: if {are} \
                     that role, or the landscape is upside down.",
                    listed(columns)
                )
            }
            Self::Derivatives(columns) => {
                let read = if columns.len() == 1 { "reads as a derivative" } else { "read as derivatives" };
                write!(f, "{} {read}, but the sign of a force, minus the gradient, is assumed.", listed(columns))
            }
            Self::SlopeAsValue(column, by) => {
                write!(f, "{column} reads as the derivative with respect to {by}, but is learnt as a value.")
            }
            Self::Uncertainty(column) => {
                write!(
                    f,
                    "{column} reads as an uncertainty and is not used: all rows count alike. If it is a standard error, give it that role."
                )
            }
            Self::Weight(column) => write!(f, "{column} reads as a statistical weight and is not used: all rows count alike."),
            Self::Bias(column) => write!(
                f,
                "{column} reads as a bias and is not used: nothing is subtracted from the values, and all rows count alike."
            ),
            Self::Unused(columns) => write!(f, "Not used: {}.", listed(columns)),
        }
    }
}

/// Guesses inputs, target and derivatives from the names of the columns. A column such as `grad_x`, `der_x`, `dy_dx` or
/// `dydx` is the derivative with respect to `x`. A column such as `fx`, `f_x` or `force_x` is the force along `x`, and `f1`
/// is the force along `x1`. The target is the column that the names of derivatives refer to (`E` for `dEdx`), else a column
/// whose name means a value, else the last remaining column. Uncertainties, weights, biases and row numbers are left out.
pub fn guess(names: &[String]) -> Columns {
    let names: Vec<&String> = names.iter().filter(|name| !name.trim().is_empty()).collect();
    let slopes = slopes(&names);
    let by: Vec<Option<usize>> = slopes.iter().map(|slope| slope.map(|(_, by)| by)).collect();
    let free = |k: &usize| by[*k].is_none() && other_role(names[*k], &names).is_none();
    if by.iter().all(Option::is_none) {
        return of_values(&names);
    }
    let of_input = |x: usize| (0..names.len()).find(|&k| by[k] == Some(x));
    let inputs: Vec<usize> = (0..names.len()).filter(|&x| of_input(x).is_some()).collect();
    let left: Vec<usize> = (0..names.len()).filter(free).filter(|k| !inputs.contains(k)).collect();
    let is_of = |k: usize| {
        inputs
            .iter()
            .any(|&x| of_input(x).is_some_and(|g| numerator(names[g], names[x]).is_some_and(|(of, _)| of == plain(names[k]))))
    };
    let last = |test: &dyn Fn(usize) -> bool| left.iter().rev().copied().find(|&k| test(k));
    let target = last(&is_of).or_else(|| last(&|k| is_value(names[k]))).or_else(|| last(&|_| true));
    let of_kind = |kind: Slope| {
        let column = |x: usize| of_input(x).filter(|&k| slopes[k].is_some_and(|(of, _)| of == kind));
        let is_any = inputs.iter().any(|&x| column(x).is_some());
        let name = |&x: &usize| column(x).map_or_else(|| NOT_MEASURED.into(), |k| names[k].clone());
        if is_any { inputs.iter().map(name).collect() } else { Vec::new() }
    };
    Columns {
        gradient: of_kind(Slope::Gradient),
        forces: of_kind(Slope::Force),
        split: split(&names),
        sigma: sigma(&names),
        inputs: inputs.iter().map(|&x| names[x].clone()).collect(),
        target: target.map(|k| names[k].clone()),
        ..Columns::default()
    }
}

/// Returns true if the names of the columns reveal more about their roles than their order does. One name then means a
/// value, a derivative, or a quantity that accompanies these.
pub fn names_show_roles(names: &[String]) -> bool {
    let known: Vec<&String> = names.iter().collect();
    let means = |name: &&String| is_value(name) || other_role(name, names).is_some();
    known.iter().any(means) || slopes(&known).iter().any(Option::is_some)
}

/// Returns true if the columns, besides those that accompany them, are at least two angles, such as those of a molecule's shape.
pub fn are_angles(names: &[String]) -> bool {
    let others = || names.iter().filter(|name| other_role(name, names).is_none());
    others().count() > 1 && others().all(|name| is_angle_name(name))
}

/// Returns true for usual names of angles, also with a number.
pub fn is_angle_name(name: &str) -> bool {
    ANGLE_NAMES.contains(&plain(name).trim_end_matches(|c: char| c.is_ascii_digit() || c == '_'))
}

/// Returns true if a single quantity accompanies a time or a row number, as along a trajectory.
fn is_along_time(names: &[String]) -> bool {
    let count = |wanted: Option<OtherRole>| names.iter().filter(|name| other_role(name, names) == wanted).count();
    let lone = || names.iter().find(|name| other_role(name, names).is_none());
    count(None) == 1
        && count(Some(OtherRole::Counter)) + 1 == names.len()
        && names.len() > 1
        && lone().is_some_and(|name| !is_value(name))
}

/// Returns true if the names of the columns show that the rows are samples. The columns are angles, one accompanies a time, or one is a
/// weight or a bias and none is a value or a derivative.
pub fn are_samples(names: &[String]) -> bool {
    let known: Vec<&String> = names.iter().collect();
    let has = |wanted: &dyn Fn(&String) -> bool| names.iter().any(wanted);
    if are_angles(names) || is_along_time(names) {
        return true;
    }
    has(&|name| matches!(other_role(name, names), Some(OtherRole::Weight | OtherRole::Bias)))
        && !has(&|name| is_value(name) && !is_angle(name, &known))
        && slopes(&known).iter().all(Option::is_none)
}

/// Finds the column whose name means the mark of held-out rows.
fn split(names: &[&String]) -> Option<String> {
    names.iter().find(|name| other_role(name, names) == Some(OtherRole::Split)).map(ToString::to_string)
}

/// Finds the column whose name means the standard error of the values, if it is the only one. A variance does not count.
fn sigma(names: &[&String]) -> Option<String> {
    let is_it = |name: &&&String| other_role(name, names) == Some(OtherRole::Uncertainty) && !has_word(name, "variance");
    let mut found = names.iter().filter(is_it);
    let only = found.next().filter(|_| found.next().is_none());
    only.map(ToString::to_string)
}

/// Chooses inputs and target of a table without derivatives. Columns after the target are inputs only if no column precedes it.
fn of_values(names: &[&String]) -> Columns {
    let kept: Vec<&String> = names.iter().copied().filter(|name| other_role(name, names).is_none()).collect();
    // There must be at least one input.
    let kept = if kept.len() < 2 { names.to_vec() } else { kept };
    let Some((last, _)) = kept.split_last() else { return Columns::default() };
    let at = kept.iter().rposition(|name| is_value(name) && !is_angle(name, &kept)).unwrap_or(kept.len() - 1);
    let before: Vec<String> = kept[..at].iter().map(ToString::to_string).collect();
    let after = || kept[at + 1..].iter().map(ToString::to_string).collect();
    let inputs = if before.is_empty() { after() } else { before };
    let target = if inputs.is_empty() { last } else { kept[at] };
    let split = split(names).filter(|split| split != target && !inputs.contains(split));
    let sigma = sigma(names).filter(|sigma| sigma != target && !inputs.contains(sigma));
    Columns { inputs, target: Some(target.clone()), split, sigma, ..Columns::default() }
}

/// Remarks on a fit with the roles `columns` of a table whose columns are called `names`.
pub fn remarks(names: &[String], columns: &Columns) -> Vec<Remark> {
    let known: Vec<&String> = names.iter().filter(|name| !name.trim().is_empty()).collect();
    let slopes = slopes(&known);
    let slope = |name: &String| known.iter().position(|n| *n == name).and_then(|k| slopes[k]);
    let mut remarks = Vec::new();
    let reading_as = |kind: Slope, columns: &[String]| -> Vec<String> {
        columns.iter().filter(|name| slope(name).is_some_and(|(of, _)| of == kind)).cloned().collect()
    };
    let forces = reading_as(Slope::Force, &columns.gradient);
    let derivatives = reading_as(Slope::Gradient, &columns.forces);
    remarks.extend((!forces.is_empty()).then_some(Remark::Forces(forces)));
    remarks.extend((!derivatives.is_empty()).then_some(Remark::Derivatives(derivatives)));
    if let Some((target, (_, by))) = columns.target.as_ref().and_then(|target| Some((target, slope(target)?)))
        && columns.inputs.contains(known[by])
    {
        remarks.push(Remark::SlopeAsValue(target.clone(), known[by].clone()));
    }
    let used = |name: &String| columns.uses(name.trim()) || columns.split.as_ref() == Some(name);
    let mut others = Vec::new();
    for name in known.iter().filter(|name| !used(name)).map(ToString::to_string) {
        match other_role(&name, names) {
            Some(OtherRole::Uncertainty) => remarks.push(Remark::Uncertainty(name)),
            Some(OtherRole::Weight) => remarks.push(Remark::Weight(name)),
            Some(OtherRole::Bias) => remarks.push(Remark::Bias(name)),
            Some(OtherRole::Counter | OtherRole::Split) | None => others.push(name),
        }
    }
    if !others.is_empty() {
        remarks.push(Remark::Unused(others));
    }
    remarks
}

/// Returns for each column whether its name means a derivative or a force, and the index of the column of the input. That
/// column is never a derivative itself.
fn slopes(names: &[&String]) -> Vec<Option<(Slope, usize)>> {
    if names.len() > MAX_CHOICE {
        return vec![None; names.len()];
    }
    let one = |name: &String| {
        let by = |x: usize| Some((slope(name, names[x], names)?, x)).filter(|_| names[x] != name);
        (0..names.len()).find_map(by)
    };
    let mut found: Vec<Option<(Slope, usize)>> = names.iter().map(|name| one(name)).collect();
    let named = found.clone();
    for slope in &mut found {
        *slope = slope.filter(|(_, by)| named[*by].is_none());
    }
    // `force` or `gradient` alone refers to the only input.
    let plain_names: Vec<String> = names.iter().map(|name| plain(name)).collect();
    let word = |k: usize| match plain_names[k].as_str() {
        FORCE_NAME => Some(Slope::Force),
        name if DERIVATIVE_NAMES.contains(&name) => Some(Slope::Gradient),
        _ => None,
    };
    let mut may_be_input = (0..names.len())
        .filter(|&k| found[k].is_none() && word(k).is_none() && other_role(names[k], names).is_none() && !is_value(names[k]));
    if let (Some(input), None) = (may_be_input.next(), may_be_input.next()) {
        for (k, slope) in found.iter_mut().enumerate() {
            *slope = slope.or_else(|| word(k).map(|kind| (kind, input)));
        }
    }
    found
}

/// A name in lower case, without a unit in brackets at its end.
fn plain(name: &str) -> String {
    let name = name.trim().to_ascii_lowercase();
    let bracket = name.find(['[', '(']).filter(|&at| at > 0 && name.ends_with([']', ')']));
    bracket.map_or(name.as_str(), |at| name[..at].trim_end()).to_owned()
}

/// Returns true if one of the words of a name is among these words. A single letter has to be the whole name.
fn has_word(name: &str, words: &str) -> bool {
    let name = plain(name);
    let is_among = |part: &str| words.split(' ').any(|word| word == part);
    is_among(&name) || name.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| part.chars().count() > 1 && is_among(part))
}

fn is_value(name: &str) -> bool {
    has_word(name, VALUE_NAMES)
}

/// Returns true if a name that may mean a value is an angle, such as `psi` beside `phi`.
fn is_angle(name: &str, names: &[&String]) -> bool {
    plain(name) == "psi" && names.iter().any(|other| plain(other) == "phi")
}

/// Returns true if a name means the time or the number of a row.
pub(super) fn is_time(name: &str) -> bool {
    has_word(name, "t time step frame")
}

/// Returns true for a name of the column that names the trajectory of each row.
pub fn is_run(name: &str) -> bool {
    ["run", "id"].contains(&name.to_ascii_lowercase().as_str())
}

/// Role of a column that is neither input nor value, by its name among `names`.
pub fn other_role<N: AsRef<str>>(name: &str, names: &[N]) -> Option<OtherRole> {
    // After `v`, the name `w` means a coordinate.
    let is_coordinate = plain(name) == "w" && names.iter().any(|other| plain(other.as_ref()) == "v");
    if is_coordinate { None } else { by_name(name) }
}

/// Role of a column that is neither input nor value, by its name alone.
fn by_name(name: &str) -> Option<OtherRole> {
    if name.contains('.') && has_word(name, BIAS_COMPANION_NAMES) {
        return Some(OtherRole::Counter);
    }
    ACCOMPANYING_NAMES.iter().find(|(_, words)| has_word(name, words)).map(|(aside, _)| *aside)
}

/// Returns the differentiated quantity in the name of a derivative with respect to `by`, and whether a character separates the two: `e` for
/// `dE/dx`, `dE_dx` and `dEdx`.
fn numerator(name: &str, by: &str) -> Option<(String, bool)> {
    let (name, by) = (plain(name), plain(by));
    let rest = name.strip_prefix(['d', '∂'])?;
    let rest = rest.strip_suffix(by.as_str())?.strip_suffix(['d', '∂'])?;
    let of = rest.trim_end_matches(['_', '/', ' ']);
    Some((of.to_owned(), of.len() < rest.len()))
}

/// Reads the name of a column as a derivative with respect to another column.
fn slope(name: &str, by: &str, names: &[&String]) -> Option<Slope> {
    if let Some((of, divided)) = numerator(name, by)
        // Without a separator, the two letters could be part of any word.
        && (divided || NUMERATOR_NAMES.contains(&of.as_str()) || names.iter().any(|other| plain(other) == of))
    {
        return Some(Slope::Gradient);
    }
    let (name, by) = (plain(name), plain(by));
    // PLUMED writes a grid with `dfes_phi` beside `fes` and `phi`.
    let of = name.strip_prefix('d').and_then(|rest| rest.strip_suffix(by.as_str())?.strip_suffix('_'));
    if of.is_some_and(|of| names.iter().any(|other| plain(other) == of)) {
        return Some(Slope::Gradient);
    }
    let number = by.trim_start_matches(|c: char| !c.is_ascii_digit());
    let numbered = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    let has = |mark: &&str| {
        name.strip_prefix(mark).is_some_and(|rest| rest == by || (numbered && rest == number && !by.starts_with(mark)))
    };
    if GRADIENT_PREFIXES.iter().any(has) { Some(Slope::Gradient) } else { FORCE_PREFIXES.iter().any(has).then_some(Slope::Force) }
}

#[cfg(test)]
mod tests;

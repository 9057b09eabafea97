//! Proposal from the names of a table's columns: the kind of fit, and the role of each column.

use serde::{Deserialize, Serialize};

use super::benchmark::Benchmark;
use super::benchmarks;
use super::settings::Settings;
pub use crate::data::MAX_DENSITY_INPUTS;
use crate::data::csv::{self, Columns, Look, MAX_CHOICE, OtherRole, guess};
use crate::text::decimal;

/// The role of an input.
pub const INPUT_ROLE: &str = "input";
/// The role of the values.
pub const VALUE_ROLE: &str = "value";
/// The role of a derivative, followed by the number of the input's column.
pub const DERIVATIVE_ROLE: &str = "derivative";
/// The role of a force, minus the derivative, followed likewise.
pub const FORCE_ROLE: &str = "force";
/// The role of the column that says which rows are held out.
pub const SPLIT_ROLE: &str = "split";
/// The role of the standard errors of the rows.
pub const SIGMA_ROLE: &str = "sigma";
/// The role of a column that says how much a sample counts.
pub const WEIGHT_ROLE: &str = "weight";
/// The role of a column of biases, from which that follows.
pub const BIAS_ROLE: &str = "bias";
/// The role of the column that names the trajectory of each row.
pub const RUN_ROLE: &str = "run";
/// The role of the time of a trajectory.
pub const TIME_ROLE: &str = "time";
/// The role of an output of a trajectory.
pub const OUTPUT_ROLE: &str = "output";

/// Proposal for a table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// The id of the benchmark that the table is learnt as.
    pub kind: String,
    /// The part of each column, empty for one that is not used, by the ids of all benchmarks that learn from tables.
    pub parts: Vec<(String, Vec<String>)>,
}

impl Proposal {
    /// Proposal from the names of the columns of a table.
    pub fn from_columns(seen: &Look) -> Self {
        // Of more columns none is chosen.
        if seen.names.len() > MAX_CHOICE {
            return Self { kind: Settings::OWN_DATA.into(), parts: Vec::new() };
        }
        let kind = if seen.are_samples { kind_of_samples(&seen.names) } else { likely_kind(&seen.names) };
        Self {
            kind: kind.into(),
            parts: benchmarks::own_data_benchmarks().map(|own| (own.id.into(), parts(&own, &seen.names))).collect(),
        }
    }
}

/// The part of each column that its name suggests where this is learnt.
fn parts(kind: &Benchmark, names: &[String]) -> Vec<String> {
    let Columns { inputs, target, gradient, forces, split, sigma, .. } = guess(names);
    let at = |name: &String| names.iter().position(|n| n == name);
    let is_beside = |name: &String| csv::other_role(name, names).is_some();
    // If all columns seem to accompany others, they are what was measured.
    let accompanies = |name: &String| is_beside(name) && !names.iter().all(is_beside);
    let parts = kind.parts;
    let propose = |(k, name): (usize, &String)| {
        if kind.id == Settings::OWN_JOINT {
            return part_in_samples(name, names).into();
        }
        if kind.id == Settings::OWN_SAMPLES && accompanies(name) {
            return String::new();
        }
        if !parts.contains(&VALUE_ROLE) {
            return likely(name, k, names.len(), parts);
        }
        let input = |slopes: &[String]| slopes.iter().position(|slope| slope == name).and_then(|k| at(&inputs[k]));
        match (input(&gradient), input(&forces)) {
            (Some(input), _) => format!("{DERIVATIVE_ROLE} {input}"),
            (_, Some(input)) => format!("{FORCE_ROLE} {input}"),
            _ if inputs.contains(name) => INPUT_ROLE.into(),
            _ if target.as_ref() == Some(name) => VALUE_ROLE.into(),
            _ if split.as_ref() == Some(name) => SPLIT_ROLE.into(),
            _ if sigma.as_ref() == Some(name) => SIGMA_ROLE.into(),
            _ => String::new(),
        }
    };
    names.iter().enumerate().map(propose).collect()
}

/// Proposal by the names of columns of samples: rows of angles, and rows with a weight or a bias, which belongs to all that stands in the row, were drawn
/// together.
fn kind_of_samples(names: &[String]) -> &'static str {
    let count = |is_it: fn(&str) -> bool| names.iter().filter(|name| is_it(part_in_samples(name, names))).count();
    let is_drawn_together = count(|part| part == WEIGHT_ROLE || part == BIAS_ROLE) > 0 || csv::are_angles(names);
    let is_joint = is_drawn_together && (2..=MAX_DENSITY_INPUTS).contains(&count(|part| part == INPUT_ROLE));
    if is_joint { Settings::OWN_JOINT } else { Settings::OWN_SAMPLES }
}

/// The part that a column's name suggests among samples that were drawn together.
fn part_in_samples(name: &str, names: &[String]) -> &'static str {
    match csv::other_role(name, names) {
        None => INPUT_ROLE,
        Some(OtherRole::Weight) => WEIGHT_ROLE,
        Some(OtherRole::Bias) => BIAS_ROLE,
        _ => "",
    }
}

/// Kind of fit by the names of all columns: names of samples are times, and runs in time have a column for the run and one for the time.
fn likely_kind(names: &[String]) -> &'static str {
    let has = |words: [&str; 2]| names.iter().any(|name| words.contains(&name.to_ascii_lowercase().as_str()));
    let is_time = |name: &String| decimal(name.trim_start_matches(['t', ' ', '='])).is_some();
    if names.len() == 1 || (names.len() > 2 && names.iter().all(is_time)) {
        Settings::OWN_SAMPLES
    } else if has(["run", "id"]) && has(["time", "t"]) {
        Settings::OWN_TRAJECTORIES
    } else {
        Settings::OWN_DATA
    }
}

/// Role of a column by its name, for other fits than potentials.
fn likely(name: &str, k: usize, columns: usize, parts: &[&str]) -> String {
    let [.., before, last] = *parts else { return parts.concat() };
    let name = name.to_ascii_lowercase();
    let synonym = match name.as_str() {
        "id" => "run",
        "t" => "time",
        name => name,
    };
    // Of columns without telling names, the first half are inputs and the rest outputs.
    let rest = columns.saturating_sub(parts.len() - 2);
    let is_input = columns - k > rest / 2;
    let by_name = parts.iter().find(|part| **part == synonym);
    by_name.copied().unwrap_or(if is_input { before } else { last }).to_owned()
}

//! Proposal from the names of a table's columns: the kind of fit, and the role of each column.

use serde::{Deserialize, Serialize};

use super::benchmark::Benchmark;
use super::benchmarks;
pub use super::potential::settings::{BIAS_ROLE, WEIGHT_ROLE};
use super::settings::Settings;
pub use crate::data::MAX_DENSITY_INPUTS;
use crate::data::csv::{self, Columns, MAX_CHOICE, OtherRole, RawTable, guess};
use crate::text::decimal;

/// Role of an input.
pub const INPUT_ROLE: &str = "input";
/// Beginning of the role of an input that is an angle. Its name and period follow, as in the setting `periodic`.
pub const ANGLE_ROLE: &str = "angle ";
/// Role of the values.
pub const VALUE_ROLE: &str = "value";
/// Role of a derivative, followed by the number of the input's column.
pub const DERIVATIVE_ROLE: &str = "derivative";
/// Role of a force (minus a derivative), followed likewise.
pub const FORCE_ROLE: &str = "force";
/// Role of the column that marks held-out rows.
pub const SPLIT_ROLE: &str = "split";
/// Role of the standard errors of the rows.
pub const SIGMA_ROLE: &str = "sigma";
/// Role of the column that names the trajectory of each row.
pub const RUN_ROLE: &str = "run";
/// Role of the time of a trajectory.
pub const TIME_ROLE: &str = "time";
/// Role of an output of a trajectory.
pub const OUTPUT_ROLE: &str = "output";

/// Proposal for a table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Id of the proposed benchmark.
    pub kind: String,
    /// Role of each column, empty for an unused one, by the ids of all benchmarks with a user's table.
    pub roles: Vec<(String, Vec<String>)>,
    /// Role as an angle of each column, empty for a column that seems to be none.
    pub angles: Vec<String>,
}

impl Proposal {
    /// Proposal from the names of the columns of a table.
    pub fn from_columns(table: &RawTable) -> Self {
        // No roles are proposed for more columns.
        if table.names.len() > MAX_CHOICE {
            return Self { kind: Settings::OWN_DATA.into(), ..Self::default() };
        }
        let names: Vec<String> = table.names.iter().filter(|name| !table.words.contains(name)).cloned().collect();
        let kind = if table.are_samples || table.is_cloud { kind_of_samples(table, &names) } else { likely_kind(&names) };
        let angle = |name: &String| {
            let is_period = |part: &&str| part.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with(':'));
            table.periods.split(',').find(is_period).map_or_else(String::new, |period| [ANGLE_ROLE, period].concat())
        };
        let angles: Vec<String> = table.names.iter().map(angle).collect();
        let roles_of = |own: Benchmark| {
            let mut roles = roles(&own, &table.names, &names);
            // The rows of values can contradict a period that only the range of an input suggests.
            if own.id == Settings::OWN_JOINT {
                let inputs = roles.iter_mut().zip(&angles).filter(|(role, angle)| *role == INPUT_ROLE && !angle.is_empty());
                inputs.for_each(|(role, angle)| role.clone_from(angle));
            }
            (own.id.into(), roles)
        };
        Self { kind: kind.into(), roles: benchmarks::own_data_benchmarks().map(roles_of).collect(), angles }
    }
}

/// Role of each column for this benchmark, as its name suggests, among the columns without words. Columns of words have none.
fn roles(kind: &Benchmark, all: &[String], names: &[String]) -> Vec<String> {
    let Columns { inputs, target, gradient, forces, split, sigma, .. } = guess(names);
    let at = |name: &String| all.iter().position(|n| n == name);
    let is_beside = |name: &String| csv::other_role(name, names).is_some();
    // If all columns seem to accompany others, they are the measured quantities.
    let accompanies = |name: &String| is_beside(name) && !names.iter().all(is_beside);
    let roles = kind.roles;
    let propose = |(k, name): (usize, &String)| {
        if kind.id == Settings::OWN_JOINT {
            return sample_role(name, names).into();
        }
        if kind.id == Settings::OWN_SAMPLES && accompanies(name) {
            return String::new();
        }
        if !roles.contains(&VALUE_ROLE) {
            return likely_role(name, k, names.len(), roles);
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
    let mut proposed = names.iter().enumerate().map(propose);
    all.iter().map(|name| if names.contains(name) { proposed.next().unwrap_or_default() } else { String::new() }).collect()
}

/// Benchmark for columns of samples. Rows of angles, and rows with a weight or a bias, are joint samples, because a weight applies to the
/// whole row.
fn kind_of_samples(RawTable { periods, is_cloud, .. }: &RawTable, names: &[String]) -> &'static str {
    let count = |is_it: fn(&str) -> bool| names.iter().filter(|name| is_it(sample_role(name, names))).count();
    let is_drawn_together =
        *is_cloud || count(|role| role == WEIGHT_ROLE || role == BIAS_ROLE) > 0 || csv::are_angles(names) || !periods.is_empty();
    let is_joint = is_drawn_together && (2..=MAX_DENSITY_INPUTS).contains(&count(|role| role == INPUT_ROLE));
    if is_joint { Settings::OWN_JOINT } else { Settings::OWN_SAMPLES }
}

/// Role of a column of joint samples, as its name suggests.
fn sample_role(name: &str, names: &[String]) -> &'static str {
    match csv::other_role(name, names) {
        None => INPUT_ROLE,
        Some(OtherRole::Weight) => WEIGHT_ROLE,
        Some(OtherRole::Bias) => BIAS_ROLE,
        _ => "",
    }
}

/// Benchmark by the names of all columns. Names of samples are times; runs in time have a column for the run and one for the time.
fn likely_kind(names: &[String]) -> &'static str {
    let has_time = || names.iter().any(|name| ["time", "t"].contains(&name.to_ascii_lowercase().as_str()));
    let is_time = |name: &String| decimal(name.trim_start_matches(['t', ' ', '='])).is_some();
    if names.len() == 1 || (names.len() > 2 && names.iter().all(is_time)) {
        Settings::OWN_SAMPLES
    } else if names.iter().any(|name| csv::is_run(name)) && has_time() {
        Settings::OWN_TRAJECTORIES
    } else {
        Settings::OWN_DATA
    }
}

/// Role of a column by its name, for other fits than potentials.
fn likely_role(name: &str, k: usize, columns: usize, roles: &[&str]) -> String {
    let [.., before, last] = *roles else { return roles.concat() };
    let name = name.to_ascii_lowercase();
    let synonym = match name.as_str() {
        "id" => "run",
        "t" => "time",
        name => name,
    };
    // Without informative names, the first half of the columns are inputs and the rest outputs.
    let rest = columns.saturating_sub(roles.len() - 2);
    let is_input = columns - k > rest / 2;
    let by_name = roles.iter().find(|role| **role == synonym);
    by_name.copied().unwrap_or(if is_input { before } else { last }).to_owned()
}

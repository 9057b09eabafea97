//! Roles of a table's columns: the proposal from their names, the reader's choice, and its errors.

use multiwell::internal::controller::protocol::UserTable;
use multiwell::internal::data::csv::{Columns, MAX_CHOICE, RawTable, remarks};
use multiwell::internal::problem::benchmark::Benchmark;
use multiwell::internal::problem::benchmarks;
use multiwell::internal::problem::density::settings::SAMPLES_ROLE;
use multiwell::internal::problem::proposal::{
    ANGLE_ROLE, BIAS_ROLE, DERIVATIVE_ROLE, FORCE_ROLE, INPUT_ROLE, MAX_DENSITY_INPUTS, OUTPUT_ROLE, Proposal, RUN_ROLE,
    SIGMA_ROLE, SPLIT_ROLE, TIME_ROLE, VALUE_ROLE, WEIGHT_ROLE,
};
use multiwell::internal::problem::settings::Settings;

/// Name that stands for a derivative that the table does not contain.
const NOT_MEASURED: &str = "-";

/// One way to read a table.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Id of the benchmark.
    pub benchmark: String,
    /// Roles of the columns.
    roles: Vec<String>,
    /// Picture of a short fit as SVG, or an error message. `None` while the fit is trained.
    pub picture: Option<Result<String, String>>,
}

/// An opened table with the roles of its columns.
#[derive(Clone, Debug, Default)]
pub struct ColumnChoice {
    table: UserTable,
    /// Names of the columns.
    pub names: Vec<String>,
    /// Id of the benchmark.
    pub kind: String,
    /// Role of each column; empty for an unused column.
    pub roles: Vec<String>,
    /// Proposal from the names of the columns, by the ids of benchmarks.
    proposed: Vec<(String, Vec<String>)>,
    /// Role of each column as an angle, empty for a column that seems to be none.
    angles: Vec<String>,
    /// Sentences on how the table was read.
    notes: Vec<String>,
    /// Error of the choice.
    pub problem: String,
    /// All ways to read the table. Empty for a large file.
    pub readings: Vec<Reading>,
}

/// Next step for a table.
pub enum TableStep {
    /// Learn it as the benchmark with this id and these periods.
    Learn(UserTable, String, String),
    /// Ask for the roles of the columns.
    Ask(ColumnChoice),
    /// Report why it cannot be used.
    Refuse(String),
}

/// Next step for a table, which may leave no choice of columns. The worker that reads the table reports all other errors.
/// `held` is the number of a large file, else 0. Of a large file only the beginning was inspected, so its rows are not used.
pub fn open((inspected, Proposal { kind, roles: proposed, angles }): (RawTable, Proposal), held: u32) -> TableStep {
    let RawTable { name, text, names, notes, is_function, .. } = inspected;
    let text = if held == 0 { text } else { String::new() };
    let table = UserTable { name, text, held, ..UserTable::default() };
    if names.len() > MAX_CHOICE {
        return TableStep::Refuse(format!(
            "{} has {} columns; at most {MAX_CHOICE} are possible. Please save only the relevant columns.",
            table.name,
            names.len()
        ));
    }
    if names.len() < 2 || (kind == Settings::OWN_DATA && is_function && held == 0) {
        return TableStep::Learn(table, kind, String::new());
    }
    let mut choice = ColumnChoice { table, names, kind, proposed, angles, notes, ..ColumnChoice::default() };
    choice.roles = choice.proposal(&choice.kind);
    TableStep::Ask(choice)
}

/// Next step for a table that a link names. The reader is asked only if the roles remain ambiguous.
/// `kind` is the benchmark of the link, or empty.
pub fn open_as(inspected: (RawTable, Proposal), kind: &str) -> TableStep {
    match open(inspected, 0) {
        TableStep::Ask(mut choice) => {
            if !kind.is_empty() {
                choice.choose_kind(kind.into());
            }
            choice.finish()
        }
        opened => opened,
    }
}

/// Role without the period of an angle.
fn plain(role: &str) -> &str {
    if role.starts_with(ANGLE_ROLE) { INPUT_ROLE } else { role }
}

impl ColumnChoice {
    /// Benchmark of the choice.
    pub fn benchmark(&self) -> Option<Benchmark> {
        benchmarks::find(&self.kind)
    }

    /// Roles that a column can have, with their labels. The label of a derivative contains its input.
    pub fn offered(&self, column: usize) -> Vec<(String, String)> {
        let roles = self.benchmark().map_or(&[][..], |kind| kind.roles);
        let of_inputs = [DERIVATIVE_ROLE, FORCE_ROLE];
        let words = |role: &str| match role {
            SPLIT_ROLE => "rows to hold out".into(),
            SIGMA_ROLE => "standard error of the row".into(),
            role => role.to_owned(),
        };
        let known = roles.iter().filter(|role| !of_inputs.contains(role)).map(|role| ((*role).to_owned(), words(role)));
        let inputs = (0..self.names.len())
            .filter(|&i| roles.contains(&DERIVATIVE_ROLE) && i != column && plain(&self.roles[i]) == INPUT_ROLE);
        let slopes = |i: usize| {
            let name = &self.names[i];
            [
                (format!("{DERIVATIVE_ROLE} {i}"), format!("derivative with respect to {name}")),
                (format!("{FORCE_ROLE} {i}"), format!("force along {name}")),
            ]
        };
        let takes_angles = [Settings::OWN_DATA, Settings::OWN_JOINT].contains(&self.kind.as_str());
        let angle = self.angles.get(column).filter(|role| takes_angles && !role.is_empty());
        let angle = angle.map(|role| (role.clone(), role.clone()));
        angle.into_iter().chain(known).chain(inputs.flat_map(slopes)).collect()
    }

    fn is_potential(&self) -> bool {
        self.benchmark().is_some_and(|kind| kind.roles.contains(&VALUE_ROLE))
    }

    /// Chooses the benchmark with this id and gives each column the role that its name suggests.
    pub fn choose_kind(&mut self, kind: String) {
        self.roles = self.proposal(&kind);
        self.kind = kind;
        self.problem.clear();
    }

    fn proposal(&self, kind: &str) -> Vec<String> {
        let proposed = self.proposed.iter().find(|(id, _)| id == kind);
        let mut roles = proposed.map(|(_, roles)| roles.clone()).unwrap_or_default();
        roles.resize(self.names.len(), String::new());
        roles
    }

    /// Updates the readings; the chosen reading gets the reader's roles. Returns the tables and benchmarks of readings
    /// without a picture, the chosen one first.
    pub fn tables_to_draw(&mut self) -> Vec<(UserTable, String, String)> {
        if self.table.held != 0 {
            return Vec::new();
        }
        let before = std::mem::take(&mut self.readings);
        let mut tables = Vec::new();
        for benchmark in benchmarks::own_data_benchmarks().map(|own| own.id.to_owned()) {
            let roles = if benchmark == self.kind { self.roles.clone() } else { self.proposal(&benchmark) };
            let known = before.iter().find(|reading| reading.benchmark == benchmark && reading.roles == roles);
            let mut picture = known.and_then(|reading| reading.picture.clone());
            if picture.is_none() {
                match (Self { kind: benchmark.clone(), roles: roles.clone(), ..self.clone() }).finish() {
                    TableStep::Learn(table, benchmark, periods) => tables.push((table, benchmark, periods)),
                    TableStep::Ask(choice) => picture = Some(Err(choice.problem)),
                    TableStep::Refuse(why) => picture = Some(Err(why)),
                }
            }
            self.readings.push(Reading { benchmark, roles, picture });
        }
        if let Some(chosen) = tables.iter().position(|(_, benchmark, _)| *benchmark == self.kind) {
            tables[..=chosen].rotate_right(1);
        }
        tables
    }

    /// Reports that the remaining readings get no picture.
    pub fn end_pictures(&mut self, why: &str) {
        self.readings.retain(|reading| reading.picture.is_some());
        self.problem = format!("There are no more pictures: {why}.");
    }

    /// Sets the picture of a reading.
    pub fn set_picture(&mut self, benchmark: &str, picture: Result<String, String>) {
        if let Some(reading) = self.readings.iter_mut().find(|reading| reading.benchmark == benchmark) {
            reading.picture = Some(picture);
        }
    }

    /// Sets the roles that the reader has chosen; roles that are no longer available become empty.
    pub fn choose(&mut self, roles: Vec<String>) {
        self.problem.clear();
        self.roles = roles;
        self.roles.resize(self.names.len(), String::new());
        self.roles = (0..self.names.len())
            .map(|k| {
                self.offered(k).into_iter().find(|(role, _)| *role == self.roles[k]).map(|(role, _)| role).unwrap_or_default()
            })
            .collect();
    }

    /// Adds a column computed by an expression. It takes over the role of the used column with the longest name in the expression.
    pub fn add(&mut self, expression: &str) {
        if expression.is_empty() || self.names.iter().any(|name| name == expression) {
            return;
        }
        let is_used = |k: &usize| !self.roles[*k].is_empty() && expression.contains(&self.names[*k]);
        let base = (0..self.names.len()).filter(is_used).max_by_key(|&k| self.names[k].len());
        let role = base.map(|k| plain(&std::mem::take(&mut self.roles[k])).to_owned()).unwrap_or_default();
        self.names.push(expression.into());
        self.roles.push(role);
    }

    /// Notes on how the table was read, and hints about columns that the choice leaves out or may misinterpret.
    pub fn remarks(&self) -> Vec<String> {
        let samples = || Columns { inputs: self.chosen_as(|role| !role.is_empty()), ..Columns::default() };
        let columns = match self.kind.as_str() {
            Settings::OWN_SAMPLES | Settings::OWN_JOINT => Ok(samples()),
            _ if self.is_potential() => self.columns(),
            _ => Err(String::new()),
        };
        let remarks = columns.map(|columns| remarks(&self.names, &columns)).unwrap_or_default();
        self.notes.iter().cloned().chain(remarks.iter().map(ToString::to_string)).collect()
    }

    /// Names of the columns whose roles satisfy a condition.
    fn chosen_as(&self, is_it: impl Fn(&str) -> bool) -> Vec<String> {
        self.names.iter().zip(&self.roles).filter(|(_, role)| is_it(plain(role))).map(|(name, _)| name.clone()).collect()
    }

    /// Columns of a potential: inputs, values and derivatives; or an error message.
    fn columns(&self) -> Result<Columns, String> {
        let with = |role: &str| (0..self.names.len()).filter(|&k| plain(&self.roles[k]) == role).collect::<Vec<_>>();
        let (inputs, values, split, sigma) = (with(INPUT_ROLE), with(VALUE_ROLE), with(SPLIT_ROLE), with(SIGMA_ROLE));
        let of = |slope: &str| -> Vec<Vec<usize>> { inputs.iter().map(|input| with(&format!("{slope} {input}"))).collect() };
        let (gradient, forces) = (of(DERIVATIVE_ROLE), of(FORCE_ROLE));
        let is_any = |slopes: &[Vec<usize>]| slopes.iter().any(|columns| !columns.is_empty());
        let both: Vec<Vec<usize>> = gradient.iter().zip(&forces).map(|(a, b)| [&a[..], b].concat()).collect();
        let name = |k: &usize| self.names[*k].clone();
        if inputs.is_empty() {
            Err("No column was chosen as an input.".into())
        } else if let Some([first, second, ..]) =
            both.iter().chain([&values, &split, &sigma]).map(Vec::as_slice).find(|all| all.len() > 1)
        {
            Err(format!("The columns {} and {} have the same role. Change one of them.", name(first), name(second)))
        } else if values.is_empty() && !is_any(&both) {
            Err("No column was chosen as the value, as a derivative or as a force.".into())
        } else {
            let by = |columns: &Vec<usize>| columns.first().map_or_else(|| NOT_MEASURED.into(), name);
            let named = |slopes: &[Vec<usize>]| if is_any(slopes) { slopes.iter().map(by).collect() } else { Vec::new() };
            Ok(Columns {
                inputs: inputs.iter().map(name).collect(),
                target: values.first().map(name),
                gradient: named(&gradient),
                forces: named(&forces),
                split: Some(split.first().map_or_else(|| NOT_MEASURED.into(), name)),
                sigma: sigma.first().map(name),
                ..Columns::default()
            })
        }
    }

    /// Error in the choice of columns for a joint density.
    fn problem_of_joint(&self) -> Option<&'static str> {
        let count = |role: &str| self.roles.iter().filter(|chosen| plain(chosen) == role).count();
        match (count(INPUT_ROLE), count(WEIGHT_ROLE), count(BIAS_ROLE)) {
            (0, ..) => Some("No column was chosen as an input."),
            (inputs, ..) if inputs > MAX_DENSITY_INPUTS => Some("A joint density has at most three inputs: choose fewer."),
            (_, weights, biases) if weights > 1 || weights == 1 && biases > 0 => {
                Some("Weights are one column, or follow from the biases: choose either.")
            }
            _ => None,
        }
    }

    /// Error of the reading with the chosen roles.
    fn refusal(&self) -> Option<String> {
        let is_chosen = |reading: &&Reading| reading.benchmark == self.kind && reading.roles == self.roles;
        self.readings.iter().find(is_chosen)?.picture.as_ref()?.as_ref().err().cloned()
    }

    /// Table with the chosen columns, or the choice with its error.
    pub fn finish(mut self) -> TableStep {
        if let Some(problem) = self.refusal() {
            return TableStep::Ask(Self { problem, ..self });
        }
        if self.is_potential() {
            match self.columns() {
                Ok(columns) => self.table.columns = columns,
                Err(problem) => return TableStep::Ask(Self { problem, ..self }),
            }
        } else {
            if let Some(problem) = self.problem_of_joint().filter(|_| self.kind == Settings::OWN_JOINT) {
                return TableStep::Ask(Self { problem: problem.into(), ..self });
            }
            let all = |role: &str| self.chosen_as(|chosen| chosen == role);
            let first = |role: &str| all(role).into_iter().next();
            let inputs = if self.kind == Settings::OWN_SAMPLES { all(SAMPLES_ROLE) } else { all(INPUT_ROLE) };
            self.table.columns = Columns {
                inputs,
                weight: first(WEIGHT_ROLE),
                biases: all(BIAS_ROLE),
                run: first(RUN_ROLE),
                time: first(TIME_ROLE),
                outputs: all(OUTPUT_ROLE),
                ..Columns::default()
            };
        }
        let periods: Vec<&str> = self.roles.iter().filter_map(|role| role.strip_prefix(ANGLE_ROLE)).collect();
        TableStep::Learn(self.table, self.kind, periods.join(","))
    }
}

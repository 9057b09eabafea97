//! The roles of a table's columns: those proposed by their names, the reader's choice, and what is wrong with it.

use multiwell::controller::protocol::Table;
use multiwell::data::csv::{Columns, Look, MAX_CHOICE, remarks};
use multiwell::problem::benchmark::Benchmark;
use multiwell::problem::benchmarks;
use multiwell::problem::proposal::{BIAS, DERIVATIVE, FORCE, INPUT, MOST_OF_DENSITY, Proposal, SIGMA, SPLIT, VALUE, WEIGHT};
use multiwell::problem::settings::Settings;

/// Stands for a derivative that a table does not hold.
const NOT_MEASURED: &str = "-";

/// A table that was opened, and the choice of its columns.
#[derive(Debug)]
pub struct Choice {
    table: Table,
    /// The names of its columns.
    pub names: Vec<String>,
    /// The id of the benchmark.
    pub kind: String,
    /// The part of each column; empty for one that is not used.
    pub parts: Vec<String>,
    /// What the names of the columns suggest, by the ids of benchmarks.
    proposed: Vec<(String, Vec<String>)>,
    /// Sentences on how the table was read.
    notes: Vec<String>,
    /// What is wrong with the choice.
    pub problem: &'static str,
}

/// What is to be done with a table.
pub enum Opened {
    /// Learn it as the benchmark of this id.
    Learn(Table, String),
    /// Ask which column is what.
    Ask(Choice),
    /// Say why it cannot be used.
    Refuse(String),
}

/// Decides what to do with a table, whose columns may leave no choice. All other errors are reported by the worker that reads it. Of a large file, of this
/// number, only the beginning has been seen: nothing follows from its rows.
pub fn open((seen, Proposal { kind, parts: proposed }): (Look, Proposal), held: u32) -> Opened {
    let Look { name, text, names, notes, is_function, .. } = seen;
    let text = if held == 0 { text } else { String::new() };
    let table = Table { name, text, held, ..Table::default() };
    if names.len() > MAX_CHOICE {
        return Opened::Refuse(format!(
            "{} has {} columns; at most {MAX_CHOICE} can be chosen from. Please save those that matter.",
            table.name,
            names.len()
        ));
    }
    if names.len() < 2 || (kind == Settings::OWN_DATA && is_function && held == 0) {
        return Opened::Learn(table, kind);
    }
    let mut choice = Choice { table, names, kind, parts: Vec::new(), proposed, notes, problem: "" };
    choice.propose();
    Opened::Ask(choice)
}

/// The same for a table that a link names, where nobody is asked unless its columns leave too much open: `kind` is the benchmark of the link, or
/// empty.
pub fn open_as(seen: (Look, Proposal), kind: &str) -> Opened {
    match open(seen, 0) {
        Opened::Ask(mut choice) => {
            if !kind.is_empty() {
                choice.kind = kind.into();
                choice.propose();
            }
            choice.finish()
        }
        opened => opened,
    }
}

impl Choice {
    /// What is learnt.
    pub fn benchmark(&self) -> Option<Benchmark> {
        benchmarks::find(&self.kind)
    }

    /// The parts that a column can have, by their names; a derivative is named with its input.
    pub fn offered(&self, column: usize) -> Vec<(String, String)> {
        let parts = self.benchmark().map_or(&[][..], |kind| kind.parts);
        let of_inputs = [DERIVATIVE, FORCE];
        let words = |part: &str| match part {
            SPLIT => "which rows are held out".into(),
            SIGMA => "standard error of the row".into(),
            part => part.to_owned(),
        };
        let plain = parts.iter().filter(|part| !of_inputs.contains(part)).map(|part| ((*part).to_owned(), words(part)));
        let inputs = (0..self.names.len()).filter(|&i| parts.contains(&DERIVATIVE) && i != column && self.parts[i] == INPUT);
        let slopes = |i: usize| {
            let name = &self.names[i];
            [
                (format!("{DERIVATIVE} {i}"), format!("derivative by {name}")),
                (format!("{FORCE} {i}"), format!("force by {name} (minus the gradient)")),
            ]
        };
        plain.chain(inputs.flat_map(slopes)).collect()
    }

    fn is_potential(&self) -> bool {
        self.benchmark().is_some_and(|kind| kind.parts.contains(&VALUE))
    }

    /// Gives each column the part that its name suggests.
    pub fn propose(&mut self) {
        let proposed = self.proposed.iter().find(|(kind, _)| *kind == self.kind);
        self.parts = proposed.map(|(_, parts)| parts.clone()).unwrap_or_default();
        self.parts.resize(self.names.len(), String::new());
    }

    /// Sets the roles that the reader has chosen; roles that are no longer available become empty.
    pub fn choose(&mut self, parts: Vec<String>) {
        self.parts = parts;
        self.parts.resize(self.names.len(), String::new());
        self.parts = (0..self.names.len())
            .map(|k| {
                self.offered(k).into_iter().find(|(part, _)| *part == self.parts[k]).map(|(part, _)| part).unwrap_or_default()
            })
            .collect();
    }

    /// Adds a column that an expression of others gives. It takes the part of the column with the longest name that it contains and that is used.
    pub fn add(&mut self, expression: &str) {
        if expression.is_empty() || self.names.iter().any(|name| name == expression) {
            return;
        }
        let is_used = |k: &usize| !self.parts[*k].is_empty() && expression.contains(&self.names[*k]);
        let base = (0..self.names.len()).filter(is_used).max_by_key(|&k| self.names[k].len());
        let part = base.map(|k| std::mem::take(&mut self.parts[k])).unwrap_or_default();
        self.names.push(expression.into());
        self.parts.push(part);
    }

    /// How the table was read, and hints about columns that the current choice leaves out or may misinterpret.
    pub fn remarks(&self) -> Vec<String> {
        let samples = || Columns { inputs: self.chosen_as(|part| !part.is_empty()), ..Columns::default() };
        let columns = match self.kind.as_str() {
            Settings::OWN_SAMPLES | Settings::OWN_JOINT => Ok(samples()),
            _ if self.is_potential() => self.columns(),
            _ => Err(""),
        };
        let remarks = columns.map(|columns| remarks(&self.names, &columns)).unwrap_or_default();
        self.notes.iter().cloned().chain(remarks.iter().map(ToString::to_string)).collect()
    }

    /// The names of the columns whose parts are of some kind.
    fn chosen_as(&self, is_it: impl Fn(&str) -> bool) -> Vec<String> {
        self.names.iter().zip(&self.parts).filter(|(_, part)| is_it(part)).map(|(name, _)| name.clone()).collect()
    }

    /// Inputs, values and derivatives of a potential; or what is wrong with them.
    fn columns(&self) -> Result<Columns, &'static str> {
        let with = |part: &str| (0..self.names.len()).filter(|&k| self.parts[k] == part).collect::<Vec<_>>();
        let (inputs, values, split, sigma) = (with(INPUT), with(VALUE), with(SPLIT), with(SIGMA));
        let of = |slope: &str| -> Vec<Vec<usize>> { inputs.iter().map(|input| with(&format!("{slope} {input}"))).collect() };
        let (gradient, forces) = (of(DERIVATIVE), of(FORCE));
        let is_any = |slopes: &[Vec<usize>]| slopes.iter().any(|columns| !columns.is_empty());
        let both: Vec<Vec<usize>> = gradient.iter().zip(&forces).map(|(a, b)| [&a[..], b].concat()).collect();
        let name = |k: &usize| self.names[*k].clone();
        if inputs.is_empty() {
            Err("No column was chosen as an input.")
        } else if both.iter().chain([&values, &split, &sigma]).any(|columns| columns.len() > 1) {
            Err("Two columns were chosen as the same thing.")
        } else if values.is_empty() && !is_any(&both) {
            Err("No column was chosen as the value, as a derivative or as a force.")
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
            })
        }
    }

    /// What is wrong with the choice of a joint density's columns.
    fn problem_of_joint(&self) -> Option<&'static str> {
        let count = |part: &str| self.parts.iter().filter(|chosen| *chosen == part).count();
        match (count(INPUT), count(WEIGHT), count(BIAS)) {
            (0, ..) => Some("No column was chosen as an input."),
            (inputs, ..) if inputs > MOST_OF_DENSITY => Some("A joint density has at most three inputs: choose fewer."),
            (_, weights, biases) if weights > 1 || weights == 1 && biases > 0 => {
                Some("Weights are one column, or follow from the biases: choose either.")
            }
            _ => None,
        }
    }

    /// The table with the columns that were chosen, or the choice again with what is wrong with it.
    pub fn finish(mut self) -> Opened {
        if self.is_potential() {
            match self.columns() {
                Ok(Columns { inputs, target, gradient, forces, split, sigma }) => {
                    let [target, split, sigma] = [target, split, sigma].map(Option::unwrap_or_default);
                    let Table { name, text, held, others, .. } = self.table;
                    self.table = Table { name, text, held, inputs, target, gradient, forces, split, sigma, others };
                }
                Err(problem) => return Opened::Ask(Self { problem, ..self }),
            }
        } else {
            if let Some(problem) = self.problem_of_joint().filter(|_| self.kind == Settings::OWN_JOINT) {
                return Opened::Ask(Self { problem, ..self });
            }
            let used = self.parts.iter().cloned().zip(self.names).filter(|(part, _)| !part.is_empty());
            let (inputs, others): (Vec<_>, Vec<_>) = used.partition(|(part, _)| part == INPUT);
            (self.table.inputs, self.table.others) = (inputs.into_iter().map(|(_, name)| name).collect(), others);
        }
        Opened::Learn(self.table, self.kind)
    }
}

//! Lines of sweeps' tables, by the names of their columns, and groups of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use multiwell::run::courses::median;

use crate::cli::Failure;

/// One run: the line of a table.
#[derive(Debug)]
pub struct Run(BTreeMap<String, String>);

impl Run {
    /// What stands in a column; nothing if there is no such column.
    pub fn text(&self, column: &str) -> &str {
        self.0.get(column).map_or("", String::as_str)
    }

    /// The number in a column.
    pub fn number(&self, column: &str) -> f64 {
        self.text(column).parse().unwrap_or(f64::NAN)
    }

    /// Whether a count is that of the truth's wells.
    pub fn is_right(&self, count: &str) -> bool {
        self.number(count) == self.number("true_wells")
    }
}

/// The runs in the table at `path`.
pub fn read(path: &Path) -> Result<Vec<Run>, Failure> {
    let name = path.display();
    let failure = |error: csv::Error| Failure::bad_input(format!("{name} cannot be read ({error})"));
    let mut reader = csv::Reader::from_path(path).map_err(failure)?;
    let header = reader.headers().map_err(failure)?.clone();
    let needed = ["recipe", "benchmark", "modes", "epsilon", "responsible_modes", "wells", "true_wells", "rho", "true_rho"];
    if let Some(missing) = needed.iter().find(|name| header.iter().all(|h| h != **name)) {
        return Err(Failure::bad_input(format!("{name} is no table of `multiwell sweep`: it has no column {missing}")));
    }
    let mut runs = Vec::new();
    for row in reader.records() {
        let row = row.map_err(failure)?;
        // Tables that were put one after another have their headers in the middle.
        if row != header {
            runs.push(Run(header.iter().map(String::from).zip(row.iter().map(String::from)).collect()));
        }
    }
    Ok(runs)
}

/// Some runs.
#[derive(Clone, Debug)]
pub struct Runs<'a>(pub Vec<&'a Run>);

impl<'a> Runs<'a> {
    /// Those of them with this value in a column.
    pub fn with(&self, column: &str, value: &str) -> Self {
        self.only(|run| run.text(column) == value)
    }

    /// Those of them for which `is` holds.
    pub fn only(&self, is: impl Fn(&Run) -> bool) -> Self {
        Self(self.0.iter().copied().filter(|run| is(run)).collect())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The first of them.
    pub fn first(&self) -> Option<&'a Run> {
        self.0.first().copied()
    }

    /// The numbers in a column.
    pub fn numbers(&self, column: &str) -> Vec<f64> {
        self.0.iter().map(|run| run.number(column)).collect()
    }

    /// The median of a column.
    pub fn median(&self, column: &str) -> f64 {
        median(self.numbers(column))
    }

    /// The smallest number that so large a part of the runs does not exceed.
    pub fn reached_by(&self, column: &str, part: f64) -> f64 {
        let mut numbers = self.numbers(column);
        numbers.sort_by(f64::total_cmp);
        let at = (part * numbers.len() as f64 - 1e-9).ceil() as usize;
        numbers.get(at.saturating_sub(1)).copied().unwrap_or(f64::NAN)
    }

    /// Smallest and largest number of a column.
    pub fn ends(&self, column: &str) -> [f64; 2] {
        let widen = |[low, high]: [f64; 2], v: f64| [low.min(v), high.max(v)];
        self.numbers(column).into_iter().fold([f64::INFINITY, f64::NEG_INFINITY], widen)
    }

    /// The different values of a column: numbers by size, words as they come first.
    pub fn values(&self, column: &str) -> Vec<&'a str> {
        let mut seen = BTreeSet::new();
        let mut values: Vec<&str> = self.0.iter().map(|run| run.text(column)).filter(|value| seen.insert(*value)).collect();
        let size = |value: &str| value.parse::<f64>();
        if values.iter().all(|value| size(value).is_ok()) {
            values.sort_by(|a, b| size(a).unwrap_or_default().total_cmp(&size(b).unwrap_or_default()));
        }
        values
    }
}

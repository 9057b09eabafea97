//! Lines of the tables of sweeps, whose fields are found by the names of the columns, and groups of lines.

use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;

use multiwell::internal::numerics::statistics::{extent, median};
use multiwell::internal::problem::settings;
use multiwell::internal::problem::settings::setting::SettingKind;
use multiwell::internal::text::shortened;

use crate::sweep::{compare, settings_names};
use crate::{Failure, input};

/// One run: the line of a table.
#[derive(Debug)]
pub struct StudyRun {
    places: Rc<HashMap<String, usize>>,
    fields: csv::StringRecord,
}

impl StudyRun {
    /// The text in a column; empty if there is no such column.
    pub fn text(&self, column: &str) -> &str {
        self.places.get(column).and_then(|&place| self.fields.get(place)).unwrap_or("")
    }

    pub fn number(&self, column: &str) -> f64 {
        self.text(column).parse().unwrap_or(f64::NAN)
    }

    /// Returns true if a count equals the number of wells of the truth.
    pub fn is_right(&self, count: &str) -> bool {
        self.number(count) == self.number("true_wells")
    }
}

/// Columns that figures require.
const REQUIRED_COLUMNS: [&str; 9] =
    ["recipe", "benchmark", "modes", "epsilon", "responsible_modes", "wells", "true_wells", "rho", "true_rho"];

/// The runs in the table at `path`, in the order of their settings.
pub fn read(path: &Path) -> Result<Vec<StudyRun>, Failure> {
    let bytes = input::read(path)?;
    runs(&bytes).map_err(|why| Failure::bad_input(format!("{}: {why}", path.display())))
}

fn runs(bytes: &[u8]) -> Result<Vec<StudyRun>, String> {
    let unreadable = |error: csv::Error| format!("the table cannot be read ({error})");
    let mut reader = csv::Reader::from_reader(bytes);
    let header = reader.headers().map_err(unreadable)?.clone();
    let mut places = HashMap::new();
    for (place, name) in header.iter().enumerate() {
        if places.insert(name.to_string(), place).is_some() {
            return Err(format!("several columns are called \"{}\"; remove all but one", shortened(name)));
        }
    }
    if let Some(missing) = REQUIRED_COLUMNS.iter().find(|name| !places.contains_key(**name)) {
        return Err(format!("this is no table of `multiwell sweep`: it has no column {missing}"));
    }
    let places = Rc::new(places);
    let mut runs = Vec::new();
    for fields in reader.into_records() {
        let fields = fields.map_err(unreadable)?;
        // Concatenated tables have headers between their lines.
        if fields == header {
            continue;
        }
        let run = StudyRun { places: Rc::clone(&places), fields };
        if let Some((column, why)) = header.iter().find_map(|column| Some((column, fault(&run, column)?))) {
            let line = run.fields.position().map_or(0, csv::Position::line);
            let text = shortened(run.text(column));
            return Err(format!("line {line}, column \"{}\": \"{text}\" {why}; no sweep writes that", shortened(column)));
        }
        runs.push(run);
    }
    // A sweep writes its lines in the order in which its runs end. The figures must not depend on this order.
    let names = settings_names();
    runs.sort_by(|a, b| compare(names.iter().map(|name| (a.text(name), b.text(name)))));
    Ok(runs)
}

/// Error of the text in a column, if a sweep cannot have written it.
fn fault(run: &StudyRun, column: &str) -> Option<String> {
    let text = run.text(column);
    let is_number = |is: &dyn Fn(f64) -> bool| text.parse().is_ok_and(is);
    // The numbers of a diverged run can have any values.
    let diverged = run.text("finite") == "false";
    let (is_good, complaint) = match column {
        "stop-loss" | "true_rho" | "true_wells" | "location_error" | "barrier_error" | "decay" | "kT" if text.is_empty() => {
            return None;
        }
        "benchmark" => (!text.is_empty() && !text.contains(char::is_control), "is no name"),
        "message" => (!text.contains(char::is_control), "is not a sentence"),
        "finite" => (["true", "false"].contains(&text), "is neither true nor false"),
        "active_gates" | "responsible_modes" | "wells" | "true_wells" | "lm_steps" | "minima" | "epochs_done" => {
            (text.parse::<u64>().is_ok(), "is no count")
        }
        "true_rho" | "seconds" | "ms_per_epoch" => (is_number(&|n| n.is_finite() && n >= 0.0), "is not a number from 0 up"),
        "loss" | "mse" | "rmse" | "r2" | "rho" | "location_error" | "barrier_error" => {
            (is_number(&|n| n.is_finite() || diverged), "is not a finite number")
        }
        "hidden" => (settings::find(column)?.read(text).is_ok(), "is no list of widths"),
        name => {
            let setting = settings::find(name)?;
            let is_good = setting.read(text).and_then(|value| setting.check(&value)).is_ok();
            match setting.kind {
                SettingKind::Choice { names, .. } if !is_good => return Some(format!("is not {}", names().join(" or "))),
                _ => (is_good, "is not a value of this setting"),
            }
        }
    };
    (!is_good).then(|| complaint.into())
}

#[derive(Clone, Debug, Default)]
pub struct StudyRuns<'a>(pub Vec<&'a StudyRun>);

impl<'a> StudyRuns<'a> {
    /// The runs for which `is` holds.
    pub fn filter(&self, is: impl Fn(&StudyRun) -> bool) -> Self {
        Self(self.0.iter().copied().filter(|run| is(run)).collect())
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn first(&self) -> Option<&'a StudyRun> {
        self.0.first().copied()
    }

    pub fn numbers(&self, column: &str) -> Vec<f64> {
        self.0.iter().map(|run| run.number(column)).collect()
    }

    pub fn median(&self, column: &str) -> f64 {
        median(self.numbers(column)).unwrap_or(f64::NAN)
    }

    /// Quantile of a column: the smallest number that is at least as large as those of a fraction `part` of the runs.
    pub fn quantile(&self, column: &str, part: f64) -> f64 {
        let mut numbers = self.numbers(column);
        numbers.sort_by(f64::total_cmp);
        let at = (part * numbers.len() as f64 - 1e-9).ceil() as usize;
        numbers.get(at.saturating_sub(1)).copied().unwrap_or(f64::NAN)
    }

    /// Minimum and maximum of a column.
    pub fn ends(&self, column: &str) -> [f64; 2] {
        extent(self.numbers(column))
    }

    /// Different values of a column: numbers by size, words in the order of their first runs.
    pub fn values(&self, column: &str) -> Vec<&'a str> {
        self.by(column).into_iter().map(|(value, _)| value).collect()
    }

    /// Runs for each value of a column, in the order of [`StudyRuns::values`].
    pub fn by(&self, column: &str) -> Vec<(&'a str, Self)> {
        let mut groups = grouped(&self.0, |run| run.text(column));
        let size = |value: &str| value.parse::<f64>();
        if groups.iter().all(|(value, _)| size(value).is_ok()) {
            groups.sort_by(|(a, _), (b, _)| size(a).unwrap_or_default().total_cmp(&size(b).unwrap_or_default()));
        }
        groups
    }
}

/// Groups of runs with equal keys, in the order of their first runs.
pub fn grouped<'a, Key: Clone + Eq + std::hash::Hash>(
    runs: &[&'a StudyRun],
    key: impl Fn(&'a StudyRun) -> Key,
) -> Vec<(Key, StudyRuns<'a>)> {
    let mut places: HashMap<Key, usize> = HashMap::new();
    let mut groups: Vec<(Key, StudyRuns)> = Vec::new();
    for run in runs {
        let key = key(run);
        let place = *places.entry(key).or_insert_with_key(|key| {
            groups.push((key.clone(), StudyRuns::default()));
            groups.len() - 1
        });
        groups[place].1.0.push(run);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::line;

    const TEST_CELLS: [(&str, &str); 12] = [
        ("benchmark", "double-well"),
        ("recipe", "paper"),
        ("modes", "10"),
        ("epsilon", "1e-4"),
        ("hidden", "10,10"),
        ("responsible_modes", "2"),
        ("wells", "2"),
        ("true_wells", "2"),
        ("rho", "30.5"),
        ("true_rho", ""),
        ("rmse", "1e-3"),
        ("finite", "true"),
    ];

    fn table(change: Option<(&str, &str)>) -> Vec<u8> {
        let value = |(name, good): &(&str, &str)| match change {
            Some((changed, text)) if changed == *name => text.to_string(),
            _ => good.to_string(),
        };
        [line(TEST_CELLS.map(|(name, _)| name)), line(TEST_CELLS.iter().map(value))].concat()
    }

    #[test]
    fn invalid_cells_are_refused_with_line_and_column() {
        assert_eq!(runs(&table(None)).unwrap().len(), 1);
        for (column, text) in
            TEST_CELLS.map(|(name, _)| name).into_iter().flat_map(|name| [(name, "x/../../y\u{1b}"), (name, "\n")])
        {
            let sentence = runs(&table(Some((column, text)))).unwrap_err();
            assert!(sentence.starts_with(&format!("line 2, column \"{column}\"")), "{sentence}");
            assert!(!sentence.contains(char::is_control), "{sentence}");
        }
        for (column, text) in
            [("rho", "NaN"), ("rho", "inf"), ("wells", "2.5"), ("wells", "-1"), ("modes", "0"), ("recipe", "..")]
        {
            assert!(runs(&table(Some((column, text)))).is_err(), "{column} {text}");
        }
    }

    #[test]
    fn runs_are_grouped_in_order_of_values() {
        let text = [table(None), table(Some(("modes", "9"))), table(Some(("epsilon", "0")))].concat();
        let runs = runs(&text).unwrap();
        let all = StudyRuns(runs.iter().collect());
        let counts = |column: &str| all.by(column).into_iter().map(|(value, of)| (value, of.len())).collect::<Vec<_>>();
        assert_eq!(counts("modes"), [("9", 1), ("10", 2)]);
        assert_eq!(counts("epsilon"), [("0", 1), ("1e-4", 2)]);
    }
}

//! The scores of all methods as a table, and what it says.

use itertools::Itertools;
use multiwell::numerics::statistics::{median, sorted};
use multiwell::text::significant;
use serde::Serialize;

use crate::comparison::{Comparison, Method};

/// What came of a method with one seed.
#[derive(Clone, Debug, Serialize)]
pub struct Line<S> {
    /// The benchmark's id, or the name of the file.
    pub benchmark: String,
    /// Seed of initial parameters.
    pub seed: u64,
    /// Seed of the data.
    pub data_seed: u64,
    /// The name of the method; `truth` for the truth.
    pub method: &'static str,
    /// Time of the fit.
    pub seconds: Option<f64>,
    /// The scores, unless the method does not suit the data.
    #[serde(flatten)]
    pub score: Option<S>,
    /// Why there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
}

/// The name of the truth among the methods.
pub const TRUTH: &str = "truth";
/// The name of the method with which the others are compared.
pub const OWN: &str = "lse-icnn";

/// Errors that differ by more are told as numbers.
const LARGEST_FACTOR: f64 = 1e4;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Numbers of which nothing is concluded.
    Plain,
    /// Numbers that are compared: the smaller, the better.
    Error,
    /// Numbers that are compared: the larger, the better.
    Likelihood,
    /// Counts.
    Count,
    /// Counts of what should not be.
    Fault,
    /// Counts that should be those of the truth.
    Matched,
}

impl Kind {
    fn counts(self) -> bool {
        matches!(self, Self::Count | Self::Fault | Self::Matched)
    }
}

/// A column of scores.
pub struct Column<S> {
    /// Its head.
    pub head: &'static str,
    /// What it means, in a sentence.
    pub meaning: &'static str,
    /// What it is in a sentence on the best method.
    pub words: &'static str,
    /// What stands in it.
    pub of: fn(&S) -> Option<f64>,
    /// What it holds.
    pub kind: Kind,
}

impl<S> Column<S> {
    /// How many parameters a method has, or none where nothing was fitted.
    pub const fn parameters(of: fn(&S) -> Option<f64>) -> Self {
        Self { head: "parameters", meaning: "How many numbers were fitted.", words: "", of, kind: Kind::Count }
    }
}

/// The head of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Head {
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// What it is in a sentence.
    #[serde(skip)]
    pub words: &'static str,
    /// What it holds.
    pub kind: Kind,
}

/// A cell: a number, if there is one, and how it is written.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cell {
    /// How it is written; of counts that differ from seed to seed with their range.
    pub text: String,
    /// The median over the seeds.
    pub value: Option<f64>,
}

/// What came of a method.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Its name on the command line.
    pub method: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// A cell for each head.
    pub cells: Vec<Cell>,
    /// The median time of a fit.
    pub seconds: Option<f64>,
    /// What was chosen in fitting, most often.
    pub choice: String,
}

/// A method that does not suit the data.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Unsuited {
    /// Its name on the command line.
    pub method: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// Why, as a clause.
    pub why: String,
}

/// The scores of all methods that have ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Table {
    /// The heads of the columns of which anything is known.
    pub heads: Vec<Head>,
    /// What came of each method, in the order in which they were compared.
    pub rows: Vec<Row>,
    /// Those that do not suit the data.
    pub unsuited: Vec<Unsuited>,
}

impl Table {
    /// The table of lines in the order of their seeds and methods, with medians over the seeds.
    pub fn of<C: Comparison>(lines: &[Line<C::Score>]) -> Self {
        let scores = || lines.iter().filter_map(|line| line.score.as_ref());
        let is_known = |column: &&Column<C::Score>| scores().any(|score| (column.of)(score).is_some());
        let shown: Vec<&Column<C::Score>> = C::COLUMNS.iter().filter(is_known).collect();
        let heads = shown.iter().map(|&&Column { head: name, meaning, words, kind, .. }| Head { name, meaning, words, kind });
        let (mut rows, mut unsuited) = (Vec::new(), Vec::new());
        for method in lines.iter().map(|line| line.method).unique() {
            let own = || lines.iter().filter(|line| line.method == method);
            let scores: Vec<&C::Score> = own().filter_map(|line| line.score.as_ref()).collect();
            let title = C::Method::LIST.iter().find(|known| known.name() == method).map_or(TRUTH, |known| known.title());
            if let Some(why) = own().find_map(|line| line.why_not.clone()) {
                unsuited.push(Unsuited { method, title, why });
            }
            if scores.is_empty() {
                continue;
            }
            let cell = |column: &&Column<C::Score>| cell(scores.iter().filter_map(|score| (column.of)(score)), column.kind);
            let chosen =
                scores.iter().map(|score| C::choice(score)).counts().into_iter().sorted().max_by_key(|(_, count)| *count);
            rows.push(Row {
                method,
                title,
                cells: shown.iter().map(cell).collect(),
                seconds: median(own().filter_map(|line| line.seconds).collect()),
                choice: chosen.map_or_else(String::new, |(choice, _)| choice.to_owned()),
            });
        }
        Self { heads: heads.collect(), rows, unsuited }
    }

    /// What the table says, in sentences: which method has the smallest error and how far the LSE-ICNN is from it, and which minima are missed or
    /// made up. Empty where there is nothing to compare.
    pub fn says(&self) -> Vec<String> {
        let fits: Vec<&Row> = self.rows.iter().filter(|row| row.method != TRUTH).collect();
        if fits.len() < 2 {
            return Vec::new();
        }
        let kind = |wanted: Kind| self.heads.iter().positions(move |head| head.kind == wanted).collect::<Vec<_>>();
        let error = kind(Kind::Error).into_iter().find_map(|k| self.best(&fits, k, 1.0));
        let likelihood = || kind(Kind::Likelihood).into_iter().find_map(|k| self.best(&fits, k, -1.0));
        let mut said: Vec<String> = error.or_else(likelihood).into_iter().collect();
        for k in kind(Kind::Fault) {
            said.push(self.faults(&fits, k));
        }
        for k in kind(Kind::Matched) {
            said.extend(self.unmatched(&fits, k));
        }
        said
    }

    /// Which row is the best in a column, and how far the LSE-ICNN is from it. `sign` is -1 where more is better.
    fn best(&self, fits: &[&Row], k: usize, sign: f64) -> Option<String> {
        let known: Vec<(&Row, f64)> =
            fits.iter().filter_map(|row| Some((*row, row.cells[k].value?))).filter(|(_, value)| value.is_finite()).collect();
        let (best, least) = known.iter().min_by(|a, b| (sign * a.1).total_cmp(&(sign * b.1)))?;
        let words = self.heads[k].words;
        let first = format!("{} has the {words}, {}", best.title, significant(*least));
        let (own, others): (Vec<&(&Row, f64)>, Vec<_>) = known.iter().partition(|(row, _)| row.method == OWN);
        let is_own = best.method == OWN;
        // The LSE-ICNN beside the best, or the next one beside the LSE-ICNN.
        let next = || others.into_iter().min_by(|a, b| (sign * a.1).total_cmp(&(sign * b.1)));
        let Some((other, value)) = (if is_own { next() } else { own.into_iter().next() }) else { return Some(first + ".") };
        // Beside an error that is rounding, a factor says nothing.
        let has_factor = sign > 0.0 && *least > 0.0 && value / least < LARGEST_FACTOR;
        let second = match (has_factor, is_own) {
            (true, true) => format!("next is {} with {} times as much", other.title, times(value / least)),
            (true, false) => format!("{} has {} times as much", other.title, times(value / least)),
            (false, true) => format!("next is {} with {}", other.title, significant(*value)),
            (false, false) => format!("{} has {}", other.title, significant(*value)),
        };
        Some(format!("{first}; {second}."))
    }

    /// Who has how many of what should not be.
    fn faults(&self, fits: &[&Row], k: usize) -> String {
        let is_bad = |row: &&&Row| row.cells[k].value.is_some_and(|count| count > 0.0);
        let who = fits.iter().filter(is_bad).map(|row| format!("{} {}", row.title, row.cells[k].text)).join(", ");
        format!("{}: {}.", self.heads[k].words, if who.is_empty() { "none" } else { &who })
    }

    /// Whose counts are not those of the truth; nothing without a truth.
    fn unmatched(&self, fits: &[&Row], k: usize) -> Option<String> {
        let truth = self.rows.iter().find(|row| row.method == TRUTH)?.cells[k].value?;
        let (others, same): (Vec<&Row>, Vec<&Row>) = fits.iter().partition(|row| row.cells[k].value != Some(truth));
        let who = others.iter().map(|row| format!("{} {}", row.title, row.cells[k].text)).join(", ");
        let said = match (others.is_empty(), same.is_empty()) {
            (true, _) => "as many in all fits".into(),
            (false, true) => who,
            (false, false) => format!("{who}; as many in the others"),
        };
        Some(format!("{}, {truth} in the truth: {said}.", self.heads[k].words))
    }
}

/// A factor as one says it.
fn times(factor: f64) -> String {
    multiwell::text::number(factor, 2)
}

/// The median over the seeds, and of counts that differ the range too.
fn cell(values: impl Iterator<Item = f64>, kind: Kind) -> Cell {
    let values = sorted(values.collect());
    let Some(middle) = median(values.clone()) else { return Cell { text: "-".into(), value: None } };
    let (low, high) = (values[0], values[values.len() - 1]);
    let text = match (kind.counts(), low == high) {
        (false, _) => significant(middle),
        (true, true) => format!("{low}"),
        (true, false) => format!("{middle} ({low} to {high})"),
    };
    Cell { text, value: Some(middle) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_the_median_and_counts_that_differ_have_their_range() {
        let text = |values: &[f64], kind| cell(values.iter().copied(), kind).text;
        assert_eq!(text(&[1.0, 2.0, 9.0], Kind::Error), "2.000");
        assert_eq!(text(&[2.0, 2.0, 2.0], Kind::Count), "2");
        assert_eq!(text(&[2.0, 2.0, 5.0], Kind::Fault), "2 (2 to 5)");
        assert_eq!(text(&[], Kind::Count), "-");
    }

    fn table(errors: &[(&'static str, f64, f64)]) -> Table {
        let head = |name, words, kind| Head { name, meaning: "", words, kind };
        let heads = vec![head("RMSE", "smallest error", Kind::Error), head("spurious", "Minima that are not there", Kind::Fault)];
        let cells = |error, fault| vec![cell(std::iter::once(error), Kind::Error), cell(std::iter::once(fault), Kind::Fault)];
        let row = |&(method, error, fault)| Row {
            method,
            title: method,
            cells: cells(error, fault),
            seconds: None,
            choice: String::new(),
        };
        Table { heads, rows: errors.iter().map(row).collect(), unsuited: Vec::new() }
    }

    #[test]
    fn a_table_says_who_is_best_and_how_far_the_first_method_is_from_it() {
        let said = table(&[(TRUTH, 0.0, 0.0), (OWN, 0.2, 0.0), ("b", 0.1, 0.0), ("c", 0.4, 2.0)]).says();
        assert_eq!(said, ["b has the smallest error, 0.1000; lse-icnn has 2 times as much.", "Minima that are not there: c 2."]);
        let said = table(&[(OWN, 0.1, 0.0), ("b", 0.3, 0.0)]).says();
        assert_eq!(
            said,
            ["lse-icnn has the smallest error, 0.1000; next is b with 3 times as much.", "Minima that are not there: none."]
        );
        let said = table(&[(OWN, 0.1, 0.0), ("b", 1e-15, 0.0)]).says();
        assert_eq!(said[0], "b has the smallest error, 1.000e-15; lse-icnn has 0.1000.");
        assert!(table(&[(TRUTH, 0.0, 0.0), (OWN, 0.2, 0.0)]).says().is_empty());
        // Nothing is said of what is not known.
        let said = table(&[(OWN, f64::NAN, 0.0), ("b", 0.3, 0.0)]).says();
        assert_eq!(said[0], "b has the smallest error, 0.3000.");
    }
}

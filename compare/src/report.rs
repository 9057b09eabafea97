//! Table of the scores of all methods, and its summary.

use itertools::Itertools;
use multiwell::internal::numerics::statistics::{median, sorted};
use multiwell::internal::text::significant;
use serde::Serialize;

use crate::comparison::{ComparedData, Method};

/// Result of a method with one seed.
#[derive(Clone, Debug, Serialize)]
pub struct MethodResult<S> {
    /// The benchmark's id, or the name of the file.
    pub benchmark: String,
    /// Seed of initial parameters.
    pub seed: u64,
    /// Seed of the data.
    pub data_seed: u64,
    /// Name of the method, or `truth`.
    pub method: &'static str,
    /// Duration of the fit in seconds.
    pub seconds: Option<f64>,
    /// The scores, unless the method does not suit the data.
    #[serde(flatten)]
    pub score: Option<S>,
    /// Reason why there are no scores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
}

/// Name of the truth among the methods.
pub const TRUTH_NAME: &str = "truth";
/// Name of the method with which the others are compared.
pub const OWN_NAME: &str = "lse-icnn";

/// Largest ratio of errors that is reported as a factor.
const LARGEST_FACTOR: f64 = 1e4;

/// Kind of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnKind {
    /// Numbers without a comparison.
    Plain,
    /// Numbers that are compared: smaller is better.
    Error,
    /// Numbers that are compared: larger is better.
    Likelihood,
    /// Counts.
    Count,
    /// Counts of errors, which should be zero.
    Fault,
    /// Counts that should equal those of the truth.
    Matched,
}

impl ColumnKind {
    fn counts(self) -> bool {
        matches!(self, Self::Count | Self::Fault | Self::Matched)
    }
}

/// A column of scores.
pub struct ScoreColumn<S> {
    /// Its head.
    pub head: &'static str,
    /// Meaning in one sentence.
    pub meaning: &'static str,
    /// Name of the score in a sentence about the best method.
    pub words: &'static str,
    /// Score of a method in this column.
    pub of: fn(&S) -> Option<f64>,
    /// Kind of the column.
    pub kind: ColumnKind,
}

impl<S> ScoreColumn<S> {
    /// Column with the number of parameters of a method; it has no value for the truth.
    pub const fn parameters(of: fn(&S) -> Option<f64>) -> Self {
        Self { head: "parameters", meaning: "Number of stored numbers of the fit.", words: "", of, kind: ColumnKind::Count }
    }
}

/// The head of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Head {
    /// Its name.
    pub name: &'static str,
    /// Meaning in one sentence.
    pub meaning: &'static str,
    /// Name of the score in a sentence.
    #[serde(skip)]
    pub words: &'static str,
    /// Kind of the column.
    pub kind: ColumnKind,
}

/// A cell: an optional number and its text.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cell {
    /// Text of the number. Counts that differ from seed to seed have their range.
    pub text: String,
    /// Median over the seeds.
    pub value: Option<f64>,
}

/// Row of a method.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScoreRow {
    /// Its name on the command line.
    pub method: &'static str,
    /// Title for readers.
    pub title: &'static str,
    /// A cell for each head.
    pub cells: Vec<Cell>,
    /// Median duration of a fit in seconds.
    pub seconds: Option<f64>,
    /// Most frequent hyperparameters.
    pub choice: String,
}

/// A method that does not suit the data.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UnsuitedMethod {
    /// Its name on the command line.
    pub method: &'static str,
    /// Title for readers.
    pub title: &'static str,
    /// Reason as a clause.
    pub why: String,
}

/// Scores of all completed methods.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScoreTable {
    /// Heads of the columns with at least one known value.
    pub heads: Vec<Head>,
    /// Result of each method, in the order of the comparison.
    pub rows: Vec<ScoreRow>,
    /// Methods that do not suit the data.
    pub unsuited: Vec<UnsuitedMethod>,
}

impl ScoreTable {
    /// Creates the table of lines in the order of their seeds and methods, with medians over the seeds.
    pub fn from_results<C: ComparedData>(lines: &[MethodResult<C::Score>]) -> Self {
        let scores = || lines.iter().filter_map(|line| line.score.as_ref());
        let is_known = |column: &&ScoreColumn<C::Score>| scores().any(|score| (column.of)(score).is_some());
        let shown: Vec<&ScoreColumn<C::Score>> = C::COLUMNS.iter().filter(is_known).collect();
        let heads =
            shown.iter().map(|&&ScoreColumn { head: name, meaning, words, kind, .. }| Head { name, meaning, words, kind });
        let (mut rows, mut unsuited) = (Vec::new(), Vec::new());
        for method in lines.iter().map(|line| line.method).unique() {
            let own = || lines.iter().filter(|line| line.method == method);
            let scores: Vec<&C::Score> = own().filter_map(|line| line.score.as_ref()).collect();
            let title = C::Method::LIST.iter().find(|known| known.name() == method).map_or(TRUTH_NAME, |known| known.words()[1]);
            if let Some(why) = own().find_map(|line| line.why_not.clone()) {
                unsuited.push(UnsuitedMethod { method, title, why });
            }
            if scores.is_empty() {
                continue;
            }
            let cell = |column: &&ScoreColumn<C::Score>| cell(scores.iter().filter_map(|score| (column.of)(score)), column.kind);
            let chosen =
                scores.iter().map(|score| C::choice(score)).counts().into_iter().max_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
            rows.push(ScoreRow {
                method,
                title,
                cells: shown.iter().map(cell).collect(),
                seconds: median(own().filter_map(|line| line.seconds).collect()),
                choice: chosen.map_or_else(String::new, |(choice, _)| choice.to_owned()),
            });
        }
        Self { heads: heads.collect(), rows, unsuited }
    }

    /// Summary of the table in sentences. It names the method with the smallest error, the distance of the LSE-ICNN from it, and the missed and
    /// spurious minima. It is empty if there is nothing to compare.
    pub fn summary(&self) -> Vec<String> {
        let fits: Vec<&ScoreRow> = self.rows.iter().filter(|row| row.method != TRUTH_NAME).collect();
        if fits.len() < 2 {
            return Vec::new();
        }
        let kind = |wanted: ColumnKind| self.heads.iter().positions(move |head| head.kind == wanted).collect::<Vec<_>>();
        let error = kind(ColumnKind::Error).into_iter().find_map(|k| self.best(&fits, k, 1.0));
        let likelihood = || kind(ColumnKind::Likelihood).into_iter().find_map(|k| self.best(&fits, k, -1.0));
        let mut said: Vec<String> = error.or_else(likelihood).into_iter().collect();
        for k in kind(ColumnKind::Fault) {
            said.push(self.faults(&fits, k));
        }
        for k in kind(ColumnKind::Matched) {
            said.extend(self.unmatched(&fits, k));
        }
        said
    }

    /// Sentence about the best row in a column and the distance of the LSE-ICNN from it. `sign` is -1 if larger is better.
    fn best(&self, fits: &[&ScoreRow], k: usize, sign: f64) -> Option<String> {
        let known: Vec<(&ScoreRow, f64)> =
            fits.iter().filter_map(|row| Some((*row, row.cells[k].value?))).filter(|(_, value)| value.is_finite()).collect();
        let (best, least) = known.iter().min_by(|a, b| (sign * a.1).total_cmp(&(sign * b.1)))?;
        let words = self.heads[k].words;
        let first = format!("{} has the {words}, {}", best.title, significant(*least));
        let (own, others): (Vec<&(&ScoreRow, f64)>, Vec<_>) = known.iter().partition(|(row, _)| row.method == OWN_NAME);
        let is_own = best.method == OWN_NAME;
        // The second row is the LSE-ICNN, or the next best one if the LSE-ICNN is the best.
        let next = || others.into_iter().min_by(|a, b| (sign * a.1).total_cmp(&(sign * b.1)));
        let Some((other, value)) = (if is_own { next() } else { own.into_iter().next() }) else { return Some(first + ".") };
        // A factor is meaningless relative to an error that is rounding.
        let has_factor = sign > 0.0 && *least > 0.0 && value / least < LARGEST_FACTOR;
        let second = match (has_factor, is_own) {
            (true, true) => format!("next is {} with {} times as much", other.title, times(value / least)),
            (true, false) => format!("{} has {} times as much", other.title, times(value / least)),
            (false, true) => format!("next is {} with {}", other.title, significant(*value)),
            (false, false) => format!("{} has {}", other.title, significant(*value)),
        };
        Some(format!("{first}; {second}."))
    }

    /// Sentence about the methods with errors in a count, such as spurious minima.
    fn faults(&self, fits: &[&ScoreRow], k: usize) -> String {
        let is_bad = |row: &&&ScoreRow| row.cells[k].value.is_some_and(|count| count > 0.0);
        let who = fits.iter().filter(is_bad).map(|row| format!("{} {}", row.title, row.cells[k].text)).join(", ");
        format!("{}: {}.", self.heads[k].words, if who.is_empty() { "none" } else { &who })
    }

    /// Sentence about the methods whose counts differ from those of the truth; `None` without a truth.
    fn unmatched(&self, fits: &[&ScoreRow], k: usize) -> Option<String> {
        let truth = self.rows.iter().find(|row| row.method == TRUTH_NAME)?.cells[k].value?;
        let (others, same): (Vec<&ScoreRow>, Vec<&ScoreRow>) = fits.iter().partition(|row| row.cells[k].value != Some(truth));
        let who = others.iter().map(|row| format!("{} {}", row.title, row.cells[k].text)).join(", ");
        let said = match (others.is_empty(), same.is_empty()) {
            (true, _) => "as many in all fits".into(),
            (false, true) => who,
            (false, false) => format!("{who}; as many in the others"),
        };
        Some(format!("{}, {truth} in the truth: {said}.", self.heads[k].words))
    }
}

/// A factor with two digits.
fn times(factor: f64) -> String {
    multiwell::internal::text::number(factor, 2)
}

/// Cell with the median over the seeds. Counts that differ also have their range.
fn cell(values: impl Iterator<Item = f64>, kind: ColumnKind) -> Cell {
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
    fn cell_shows_median_and_range_of_different_counts() {
        let text = |values: &[f64], kind| cell(values.iter().copied(), kind).text;
        assert_eq!(text(&[1.0, 2.0, 9.0], ColumnKind::Error), "2.000");
        assert_eq!(text(&[2.0, 2.0, 2.0], ColumnKind::Count), "2");
        assert_eq!(text(&[2.0, 2.0, 5.0], ColumnKind::Fault), "2 (2 to 5)");
        assert_eq!(text(&[], ColumnKind::Count), "-");
    }

    fn table(errors: &[(&'static str, f64, f64)]) -> ScoreTable {
        let head = |name, words, kind| Head { name, meaning: "", words, kind };
        let heads = vec![
            head("RMSE", "smallest error", ColumnKind::Error),
            head("spurious", "Minima that are not there", ColumnKind::Fault),
        ];
        let cells =
            |error, fault| vec![cell(std::iter::once(error), ColumnKind::Error), cell(std::iter::once(fault), ColumnKind::Fault)];
        let row = |&(method, error, fault)| ScoreRow {
            method,
            title: method,
            cells: cells(error, fault),
            seconds: None,
            choice: String::new(),
        };
        ScoreTable { heads, rows: errors.iter().map(row).collect(), unsuited: Vec::new() }
    }

    #[test]
    fn table_names_best_method_and_ratio_to_first_method() {
        let said = table(&[(TRUTH_NAME, 0.0, 0.0), (OWN_NAME, 0.2, 0.0), ("b", 0.1, 0.0), ("c", 0.4, 2.0)]).summary();
        assert_eq!(said, ["b has the smallest error, 0.1000; lse-icnn has 2 times as much.", "Minima that are not there: c 2."]);
        let said = table(&[(OWN_NAME, 0.1, 0.0), ("b", 0.3, 0.0)]).summary();
        assert_eq!(
            said,
            ["lse-icnn has the smallest error, 0.1000; next is b with 3 times as much.", "Minima that are not there: none."]
        );
        let said = table(&[(OWN_NAME, 0.1, 0.0), ("b", 1e-15, 0.0)]).summary();
        assert_eq!(said[0], "b has the smallest error, 1.000e-15; lse-icnn has 0.1000.");
        assert!(table(&[(TRUTH_NAME, 0.0, 0.0), (OWN_NAME, 0.2, 0.0)]).summary().is_empty());
        // Unknown values are not reported.
        let said = table(&[(OWN_NAME, f64::NAN, 0.0), ("b", 0.3, 0.0)]).summary();
        assert_eq!(said[0], "b has the smallest error, 0.3000.");
    }
}

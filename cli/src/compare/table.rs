//! The scores of all methods as a table, or as lines of JSON.

use std::fmt::Write;

use itertools::Itertools;
use multiwell::numerics::statistics::{median, sorted};
use serde::Serialize;

use crate::table::{Side, columns, number};
use crate::{Failure, print};

/// What came of a method with one seed.
#[derive(Clone, Debug, Serialize)]
pub struct Line<S> {
    /// The benchmark's id, or the name of the file.
    pub benchmark: String,
    /// Seed of initial parameters.
    pub seed: u64,
    /// Seed of the data.
    pub data_seed: u64,
    /// The name of the method.
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

/// A column of scores.
pub struct Column<S> {
    /// Its head.
    pub head: &'static str,
    /// What stands in it.
    pub of: fn(&S) -> Option<f64>,
    /// Whether these are counts.
    pub counts: bool,
}

impl<S> Column<S> {
    /// A column of numbers.
    pub const fn of(head: &'static str, of: fn(&S) -> Option<f64>) -> Self {
        Self { head, of, counts: false }
    }

    /// A column of counts.
    pub const fn counts(head: &'static str, of: fn(&S) -> Option<f64>) -> Self {
        Self { head, of, counts: true }
    }

    /// The median over the seeds, and of counts that differ the range too.
    fn cell<'a>(&self, scores: impl Iterator<Item = &'a S>) -> String
    where
        S: 'a,
    {
        let values = sorted(scores.filter_map(self.of).collect());
        let Some(middle) = median(values.clone()) else { return "-".into() };
        let (low, high) = (values[0], values[values.len() - 1]);
        match (self.counts, low == high) {
            (false, _) => number(middle),
            (true, true) => format!("{low}"),
            (true, false) => format!("{middle} ({low} to {high})"),
        }
    }
}

/// Prints all lines, in the order of their seeds and methods; `head` is a sentence on the data.
pub fn written<S: Serialize>(
    lines: &[Line<S>],
    of: &[Column<S>],
    choice: fn(&S) -> &str,
    head: &str,
    as_json: bool,
) -> Result<(), Failure> {
    if as_json {
        let line = |line| serde_json::to_string(line).map_err(|error| Failure::Failed(error.to_string()));
        let text = lines.iter().map(|each| Ok(line(each)? + "\n")).collect::<Result<String, Failure>>()?;
        return print(&text);
    }
    let methods: Vec<&'static str> = lines.iter().map(|line| line.method).unique().collect();
    let of_method = |method: &'static str| lines.iter().filter(move |line| line.method == method);
    let is_known =
        |column: &&Column<S>| lines.iter().filter_map(|line| line.score.as_ref()).any(|score| (column.of)(score).is_some());
    let shown: Vec<&Column<S>> = of.iter().filter(is_known).collect();
    let heads = shown.iter().map(|column| column.head);
    let mut rows: Vec<Vec<String>> = vec![["method"].into_iter().chain(heads).chain(["seconds", ""]).map(String::from).collect()];
    for &method in &methods {
        let scores = || of_method(method).filter_map(|line| line.score.as_ref());
        if scores().next().is_none() {
            continue;
        }
        let seconds = median(of_method(method).filter_map(|line| line.seconds).collect()).map_or("-".into(), number);
        let chosen = scores().map(choice).counts().into_iter().sorted().max_by_key(|(_, count)| *count);
        let cells = shown.iter().map(|column| column.cell(scores()));
        let ends = [seconds, chosen.map_or_else(String::new, |(choice, _)| choice.to_owned())];
        rows.push([method.to_owned()].into_iter().chain(cells).chain(ends).collect());
    }
    let mut sides = vec![Side::Right; rows[0].len()];
    sides[0] = Side::Left;
    sides[rows[0].len() - 1] = Side::Left;
    let mut text = format!("{head}\n\n{}", columns(&rows, "", &sides));
    for &method in &methods {
        if let Some(why) = of_method(method).find_map(|line| line.why_not.as_ref()) {
            let _ = writeln!(text, "no {method}: {why}");
        }
    }
    print(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_the_median_and_counts_that_differ_have_their_range() {
        let number = Column::<f64>::of("number", |x| Some(*x));
        let count = Column::<f64>::counts("count", |x| Some(*x));
        assert_eq!(number.cell([1.0, 2.0, 9.0].iter()), "2.000");
        assert_eq!(count.cell([2.0, 2.0, 2.0].iter()), "2");
        assert_eq!(count.cell([2.0, 2.0, 5.0].iter()), "2 (2 to 5)");
        assert_eq!(count.cell([].iter()), "-");
    }
}

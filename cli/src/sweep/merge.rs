//! `multiwell sweep --merge`: merge of the tables of several shards, sorted by the settings.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};

use super::{plan, table};
use crate::{Failure, files, input, print, print_error};

/// Merges the tables of `files`, sorted by their settings, and writes the result to `out` or prints it. A run that is in several tables is
/// kept once.
pub fn merge(files: &[PathBuf], out: Option<&Path>) -> Result<(), Failure> {
    let mut rows = Vec::new();
    for path in files {
        let name = path.display().to_string();
        let bytes = input::read(path)?;
        let contents = table::read(&name, &bytes).map_err(Failure::bad_input)?;
        if contents.whole < bytes.len() {
            print_error(&format!("note: {name} ends in half a line, which is left out"));
        }
        rows.extend(contents.rows);
    }
    let rows = sorted(rows).map_err(Failure::bad_input)?;
    let mut bytes = table::line(table::header());
    bytes.extend(rows.iter().flat_map(table::line));
    let Some(path) = out else {
        return print(&String::from_utf8_lossy(&bytes));
    };
    let name = path.display();
    // An existing file is never replaced.
    files::write_new(path, &bytes)?;
    print(&format!("{} runs of {} tables in {name}\n", rows.len(), files.len()))
}

/// Rows sorted by their settings, each run once. Returns an error if a run has two different results.
fn sorted(mut rows: Vec<Vec<String>>) -> Result<Vec<Vec<String>>, String> {
    let settings = plan::names().len();
    rows.sort_by(|a, b| compare(a.iter().zip(b).map(|(a, b)| (a.as_str(), b.as_str()))));
    let timing: Vec<bool> = table::header().iter().map(|name| table::TIMING_COLUMNS.contains(name)).collect();
    let differ = |a: &[String], b: &[String]| (settings..a.len()).any(|k| !timing[k] && a[k] != b[k]);
    if let Some(pair) = rows.windows(2).find(|w| w[0][..settings] == w[1][..settings] && differ(&w[0], &w[1])) {
        let run = pair[0][..settings].join(" ");
        return Err(format!("two tables disagree about the run `{run}`; they come from different builds, so merge neither"));
    }
    rows.dedup_by(|a, b| a[..settings] == b[..settings]);
    Ok(rows)
}

/// Order of two rows by pairs of their fields. Numbers are sorted by size and precede words, which are in alphabetical order.
pub fn compare<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> Ordering {
    let one = |(a, b): (&str, &str)| match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => a.total_cmp(&b),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => a.cmp(b),
    };
    fields.map(one).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(modes: &str, loss: &str, seconds: &str) -> Vec<String> {
        let value = |name: &&str| match *name {
            "modes" => modes.into(),
            "loss" => loss.into(),
            "seconds" => seconds.into(),
            _ => String::new(),
        };
        table::header().iter().map(value).collect()
    }

    #[test]
    fn merged_runs_are_sorted_and_unique() {
        let rows = vec![row("10", "1", "0.5"), row("9", "2", "0.5"), row("10", "1", "0.7")];
        let modes: Vec<Vec<String>> = sorted(rows).unwrap();
        assert_eq!(modes, [row("9", "2", "0.5"), row("10", "1", "0.5")]);
    }

    #[test]
    fn contradictory_results_of_one_run_are_refused() {
        assert!(sorted(vec![row("10", "1", "0"), row("10", "2", "0")]).unwrap_err().contains("disagree"));
    }
}

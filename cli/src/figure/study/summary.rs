//! A summary with one line for each group of runs that differ only in their seeds.

use itertools::Itertools;
use multiwell::internal::problem::settings::shortest;

use super::runs::{StudyRun, StudyRuns, grouped};
use crate::sweep::{line, settings_names};

type Result = (&'static str, fn(&StudyRuns) -> String);

const SUMMARY_RESULTS: &[Result] = &[
    ("runs", |runs| runs.len().to_string()),
    ("responsible_right", |runs| runs.filter(|run| run.is_right("responsible_modes")).len().to_string()),
    ("wells_right", |runs| runs.filter(|run| run.is_right("wells")).len().to_string()),
    ("both_right", |runs| runs.filter(is_correct).len().to_string()),
    ("rmse_median", |runs| shortest(runs.median("rmse"))),
    ("rmse_worst", |runs| shortest(runs.ends("rmse")[1])),
    ("rmse_of_90", |runs| shortest(runs.quantile("rmse", 0.9))),
    ("rmse_of_99", |runs| shortest(runs.quantile("rmse", 0.99))),
    ("r2_lowest", |runs| shortest(runs.ends("r2")[0])),
    ("minima_within_0.01", |runs| runs.filter(|run| run.number("location_error") <= 0.01).len().to_string()),
    ("barriers_within_0.02", |runs| runs.filter(|run| run.number("barrier_error").abs() <= 0.02).len().to_string()),
    ("loss_median", |runs| shortest(runs.median("loss"))),
    ("loss_worst", |runs| shortest(runs.ends("loss")[1])),
    ("rho_median", |runs| shortest(runs.median("rho"))),
    ("epochs_median", |runs| shortest(runs.median("epochs_done"))),
    ("epochs_most", |runs| shortest(runs.ends("epochs_done")[1])),
    ("seconds_median", |runs| shortest(runs.median("seconds"))),
    ("seconds_most", |runs| shortest(runs.ends("seconds")[1])),
    ("not_finite", |runs| runs.filter(|run| run.text("finite") != "true").len().to_string()),
    ("seeds_not_right", |runs| runs.filter(|run| !is_correct(run)).0.into_iter().map(seeds).join(" ")),
];

fn is_correct(run: &StudyRun) -> bool {
    run.is_right("responsible_modes") && run.is_right("wells")
}

/// Seeds of a run: one number if the other seeds equal the seed of the weights or 1.
fn seeds(run: &StudyRun) -> String {
    let [seed, data, target] = ["seed", "data-seed", "target-seed"].map(|name| run.text(name));
    let is_plain = |other: &str| other == seed || other == "1";
    if is_plain(data) && is_plain(target) { seed.into() } else { format!("{seed}/{data}/{target}") }
}

/// Summary as CSV: all settings except the seeds, and then the results.
pub fn summary(runs: &StudyRuns) -> String {
    let fixed: Vec<&str> = settings_names().into_iter().filter(|name| !name.ends_with("seed")).collect();
    let groups = grouped(&runs.0, |run| fixed.iter().map(|name| run.text(name)).collect::<Vec<&str>>());
    let mut out = line(fixed.iter().copied().chain(SUMMARY_RESULTS.iter().map(|(name, _)| *name)));
    for (key, group) in groups {
        out.extend(line(key.into_iter().map(String::from).chain(SUMMARY_RESULTS.iter().map(|(_, of)| of(&group)))));
    }
    String::from_utf8(out).expect("texts make a text")
}

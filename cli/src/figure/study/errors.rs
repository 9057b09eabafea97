//! The distribution of the errors of many runs.

use std::fmt::Write;

use itertools::Itertools;
use multiwell::internal::plot::figures::paper::powers;
use multiwell::internal::plot::figures::study::{StudySeries, distribution};
use multiwell::internal::potentials::RandomWells;

use super::runs::{StudyRun, StudyRuns, grouped};
use super::{benchmark_title, epochs};
use crate::figure::sheet::FigureSheet;
use crate::figure::{FigureOutput, panel};

/// Cumulative distribution of errors. It has a column of panels for each benchmark (for each kind of random target), and a row for each way of
/// sampling. Each number of modes and level of noise has a series. Errors on random targets are relative to the target's spread.
pub fn figure(name: &str, recipe: &str, all: &StudyRuns) -> FigureOutput {
    let is_random = |run: &StudyRun| run.text("benchmark") == RandomWells::ID;
    let error = |run: &StudyRun| if is_random(run) { (1.0 - run.number("r2")).max(0.0).sqrt() } else { run.number("rmse") };
    let axis = powers(all.0.iter().map(|run| error(run)));
    let parts: Vec<(&str, &str)> =
        [("modes", "N ="), ("noise", "noise")].into_iter().filter(|(column, _)| all.values(column).len() > 1).collect();
    let label = |run: &StudyRun| parts.iter().map(|(column, word)| format!("{word} {}", run.text(column))).join(" ");
    let column = |run: &StudyRun| {
        let name = benchmark_title(run.text("benchmark"));
        if is_random(run) { format!("{name}, {}", run.text("target-kind")) } else { name }
    };
    let mut numbers = String::from("panel,sampling,series,error,part,responsible_right,wells_right\n");
    let mut sheet = FigureSheet::default();
    let samplings = all.by("sampling");
    let mut count = 0;
    for (sampling, row) in &samplings {
        sheet.row((400, 260));
        for (title, of) in grouped(&row.0, column) {
            let quoted = title.replace('"', "\"\"");
            let mut series: Vec<StudySeries> = Vec::new();
            for (name, runs) in grouped(&of.0, label) {
                let right = ["responsible_modes", "wells"].map(|count| runs.filter(|run| run.is_right(count)).len());
                let mut errors: Vec<f64> = runs.0.iter().map(|run| error(run)).collect();
                errors.sort_by(f64::total_cmp);
                let parts = |k: usize| (k + 1) as f64 / errors.len() as f64;
                for (k, e) in errors.iter().enumerate() {
                    let _ = writeln!(numbers, "\"{quoted}\",{sampling},{name},{e:e},{},{},{}", parts(k), right[0], right[1]);
                }
                series.push((name, errors.iter().enumerate().map(|(k, &e)| (e, parts(k))).collect()));
            }
            let title = if samplings.len() > 1 { format!("{title}, {sampling}") } else { title };
            let across = if of.first().is_some_and(is_random) { "RMSE / standard deviation" } else { "RMSE" };
            sheet.add(&panel(count, &title), &distribution(across, "part of the runs", axis, &series));
            count += 1;
        }
    }
    let [responsible, wells] = ["responsible_modes", "wells"].map(|count| all.filter(|run| run.is_right(count)).len());
    let caption = format!(
        "Part of the runs whose error against the truth is at most so large; recipe {recipe}, at most {} epochs. The modes \
         responsible somewhere are as many as the wells of the truth in {responsible} of {} runs, the wells of the fit in {wells}.",
        epochs(all),
        all.len()
    );
    FigureOutput::new(name, &sheet, &caption, numbers)
}

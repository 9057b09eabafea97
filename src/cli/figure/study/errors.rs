//! How the errors of many runs are distributed.

use std::fmt::Write;

use multiwell::plot::figures::paper::powers;
use multiwell::plot::figures::study::{Series, distribution};
use multiwell::potentials::RandomWells;

use super::runs::{Run, Runs};
use super::{epochs, panel, spoken};
use crate::cli::figure::Output;
use crate::cli::figure::sheet::Sheet;

/// The part of runs whose error is no larger than each error: a column for each benchmark (of random ones, for each kind), a row for
/// each way of sampling, a series for each number of modes and level of noise. Errors of random targets, which differ in their
/// spread, are relative to it.
pub fn figure(name: &str, recipe: &str, all: &Runs) -> Output {
    let is_random = |run: &Run| run.text("benchmark") == RandomWells::ID;
    let error = |run: &Run| if is_random(run) { (1.0 - run.number("r2")).max(0.0).sqrt() } else { run.number("rmse") };
    let axis = powers(all.0.iter().map(|run| error(run)));
    let label = |run: &Run| {
        let part = |column: &str, word: &str| match all.values(column).len() {
            0 | 1 => String::new(),
            _ => format!("{word} {} ", run.text(column)),
        };
        (part("modes", "N =") + &part("noise", "noise")).trim_end().to_string()
    };
    let column = |run: &Run| {
        let name = spoken(run.text("benchmark"));
        if is_random(run) { format!("{name}, {}", run.text("target-kind")) } else { name }
    };
    let mut numbers = String::from("panel,sampling,series,error,part,responsible_right,wells_right\n");
    let mut sheet = Sheet::default();
    let samplings = all.values("sampling");
    let mut count = 0;
    for sampling in &samplings {
        sheet.row((400, 260));
        let row = all.with("sampling", sampling);
        for title in distinct(&row, column) {
            let of = row.only(|run| column(run) == title);
            let mut series: Vec<Series> = Vec::new();
            for name in distinct(&of, label) {
                let runs = of.only(|run| label(run) == name);
                let right = ["responsible_modes", "wells"].map(|count| runs.only(|run| run.is_right(count)).len());
                let mut errors: Vec<f64> = runs.0.iter().map(|run| error(run)).collect();
                errors.sort_by(f64::total_cmp);
                let parts = |k: usize| (k + 1) as f64 / errors.len() as f64;
                for (k, e) in errors.iter().enumerate() {
                    let _ = writeln!(numbers, "\"{title}\",{sampling},{name},{e:e},{},{},{}", parts(k), right[0], right[1]);
                }
                series.push((name, errors.iter().enumerate().map(|(k, &e)| (e, parts(k))).collect()));
            }
            let title = if samplings.len() > 1 { format!("{title}, {sampling}") } else { title };
            let across = if of.first().is_some_and(is_random) { "RMSE / standard deviation" } else { "RMSE" };
            sheet.add(&panel(count, &title), &distribution(across, "part of the runs", axis, &series));
            count += 1;
        }
    }
    let [responsible, wells] = ["responsible_modes", "wells"].map(|count| all.only(|run| run.is_right(count)).len());
    let caption = format!(
        "Part of the runs whose error against the truth is at most so large; recipe {recipe}, at most {} epochs. The modes \
         responsible somewhere are as many as the wells of the truth in {responsible} of {} runs, the wells of the fit in {wells}.",
        epochs(all),
        all.len()
    );
    Output::new(name, &sheet, &caption, numbers)
}

/// The different texts that `of` gives, as they come first.
fn distinct(runs: &Runs, of: impl Fn(&Run) -> String) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for text in runs.0.iter().map(|run| of(run)) {
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts
}

//! Tests of warnings: of tables that can make a fit wrong without a large error, of points outside the domain of a fit, and of names in formulas.

use std::fs;

use crate::program::{self, err, folder, json, multiwell, path, refused, succeeded};

/// A small run.
const SMALL_FIT: [&str; 6] = ["--modes", "3", "--hidden", "5", "--epochs", "300"];

/// The warnings of a fit of these rows of `x` and `y`.
fn warnings(name: &str, rows: impl IntoIterator<Item = [f64; 2]>) -> String {
    let file = folder(name).join("rows.csv");
    let rows: String = rows.into_iter().map(|[x, y]| format!("{x},{y}\n")).collect();
    fs::write(&file, format!("x,y\n{rows}")).unwrap();
    let all = program::warnings(&json(&[&["fit", path(&file)], &SMALL_FIT[..]].concat()).0);
    assert!(all.iter().all(|warning| warning.chars().count() <= 300), "{all:?}");
    all.join("\n")
}

#[test]
fn few_and_separated_rows_give_warnings() {
    let well = |x: f64| (x * x - 1.0).powi(2);
    let few = warnings("few", (0..6).map(|k| f64::from(k) / 2.0 - 1.25).map(|x| [x, well(x)]));
    assert!(few.contains("The rows have 6 distinct values of x, and a fit needs 15"), "{few}");
    let apart = (0..60).map(|k| f64::from(k % 30) / 60.0 + if k < 30 { -1.4 } else { 0.9 }).map(|x| [x, well(x)]);
    let gap = warnings("gap", apart);
    let is_doubted = gap.contains("but the fit has a") || gap.contains("the barrier is a guess");
    assert!(gap.contains("No row has x between −0.9167 and 0.9") && is_doubted, "{gap}");
    let clean = warnings("clean", (0..60).map(|k| f64::from(k) / 20.0 - 1.5).map(|x| [x, x * x]));
    assert!(!clean.contains("distinct") && !clean.contains("No row has"), "{clean}");
}

#[test]
fn points_outside_domain_of_fit_give_one_warning() {
    let folder = folder("outside");
    let (model, points) = (folder.join("model.json"), folder.join("points.csv"));
    succeeded(multiwell(&[&["fit", "double-well", "--model-out", path(&model)], &SMALL_FIT[..]].concat()));
    fs::write(&points, "x\n0\n1\n100\n-100\n").unwrap();
    let output = multiwell(&["eval", path(&model), path(&points)]);
    let said = err(&output);
    assert!(output.status.success() && said.lines().count() == 1, "{said}");
    assert!(said.starts_with("warning: 2 of 4 points lie outside of the domain of the fit (x from "), "{said}");
    assert_eq!(err(&multiwell(&["eval", path(&model), "--grid", "20"])), "");
}

#[test]
fn parameters_of_formula_are_listed_and_unknown_names_refused() {
    refused(&["fit", "--formula", "3*xy"], "write x*y, or give it one under Parameters (--set), such as xy=1");
    refused(&["fit", "--formula", "sinx"], "write sin(x), or give it one under Parameters (--set)");
    refused(&["compare", "--formula", "x^2+kx"], "write k*x, or give it one under Parameters (--set)");
    let fit = ["fit", "--formula", "a*x^2+b*y^2", "--set", "a=2", "--samples", "40"];
    let output = multiwell(&[&fit[..], &SMALL_FIT].concat());
    let said = err(&output);
    assert!(
        said.contains("note: parameters of the formula: a = 2; b = 1, the value of parameters without one (--set)"),
        "{said}"
    );
    succeeded(multiwell(&[&["fit", "--formula", "xy*x^2", "--set", "xy=2", "--samples", "40"], &SMALL_FIT[..]].concat()));
}

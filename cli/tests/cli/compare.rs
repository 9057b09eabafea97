//! Tests of `multiwell compare`: its output, and the input that it refuses.

use std::fs;

use serde_json::Value;

use crate::program::{folder, json_lines, multiwell, out, path, refused};

/// A small run.
const SMALL_FIT: [&str; 6] = ["--modes", "3", "--hidden", "5", "--epochs", "400"];

/// Test of recorded numbers. `tests/page/tests/compare.rs` compares the page with the same file.
#[test]
fn deterministic_methods_give_recorded_numbers() {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/data");
    let recorded = fs::read_to_string(format!("{data}/compared.jsonl")).unwrap();
    let recorded: Vec<Value> = recorded.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let table = format!("{data}/points.csv");
    let drawn = ["double-well", "--samples", "60", "--noise", "0.02"];
    let compared =
        |what: &[&str], methods: &str| json_lines(&[&["compare", "--methods", methods, "--json"], what, &SMALL_FIT].concat());
    let found = [compared(&drawn, "polynomial,spline,gaussian-process"), compared(&[&table], "polynomial,spline")].concat();
    assert_eq!(recorded.len(), found.len());
    for (recorded, found) in recorded.iter().zip(found) {
        for (name, value) in recorded.as_object().unwrap().iter().filter(|(name, _)| *name != "benchmark") {
            match value.as_f64() {
                Some(value) => {
                    let other = found[name].as_f64().unwrap();
                    assert!((other - value).abs() <= 1e-6 * value.abs() + 1e-9, "{name}: {other}, {recorded}");
                }
                None => assert_eq!(*value, found[name], "{name}: {recorded}"),
            }
        }
    }
}

#[test]
fn table_is_compared_on_held_out_rows_with_medians_over_seeds() {
    let file = folder("compare").join("bowl.csv");
    let rows: Vec<String> = (0..60).map(|k| f64::from(k) / 15.0 - 2.0).map(|x| format!("{x},{}", x * x)).collect();
    fs::write(&file, format!("x,y\n{}\n", rows.join("\n"))).unwrap();
    let arguments = ["compare", path(&file), "--methods", "lse-icnn,polynomial", "--seeds", "1,2"];
    let output = multiwell(&[&arguments[..], &SMALL_FIT].concat());
    let text = out(&output);
    assert!(output.status.success() && text.contains("48 rows, medians over 2 seeds"), "{output:?}");
    assert!(text.contains("held out") && !text.contains("spurious") && text.contains("degree 2"), "{text}");
}

#[test]
fn densities_are_compared_with_known_density() {
    let arguments = ["compare", "--density", "--formula", "2*(x^2-1)^2", "--bounds=-3..3", "--samples", "300", "--json"];
    let lines = json_lines(&[&arguments[..], &["--modes", "3", "--hidden", "5", "--epochs", "600", "--kT", "1"]].concat());
    let methods: Vec<&str> = lines.iter().map(|line| line["method"].as_str().unwrap()).collect();
    assert_eq!(methods, ["truth", "lse-icnn", "kernel", "mixture"]);
    for line in &lines[1..] {
        assert!(line["total_variation"].as_f64().unwrap() < 0.2 && line["held_out"].is_f64(), "{line}");
    }
}

#[test]
fn each_method_is_announced_on_standard_error() {
    let output =
        multiwell(&[&["compare", "double-well", "--samples", "40", "--methods", "polynomial,spline"][..], &SMALL_FIT].concat());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines, ["training lse-icnn, seed 1", "fitting polynomial, 1 of 2, seed 1", "fitting spline, 2 of 2, seed 1"]);
}

#[test]
fn invalid_comparisons_are_refused_in_one_sentence() {
    refused(&["compare"], "BENCHMARK|FILE");
    refused(
        &["compare", "double-well", "--methods", "forest"],
        "no method called \"forest\" here; choose among lse-icnn, hard-minimum",
    );
    refused(&["compare", "double-well", "--density", "--methods", "tanh"], "choose among lse-icnn, kernel, mixture");
    refused(&["compare", "metamaterial"], "compare takes potentials");
    refused(&["compare", "schlogl", "--density"], "no density is known for schlogl");
    refused(&["compare", "double-well", "--density", "--noise", "0.1"], "--noise has no effect");
    refused(&["compare", "samples.csv", "--density"], "say with --inputs");
    refused(&["compare", "double-well", "--b", "1"], "--b has no effect on double-well");
}

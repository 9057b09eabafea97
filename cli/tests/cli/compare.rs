//! Tests of `multiwell compare`: its output, and the input that it refuses.

use std::fs;

use serde_json::Value;

use crate::program::{folder, multiwell, out, path, refused};

/// A small run.
const SMALL_FIT: [&str; 6] = ["--modes", "3", "--hidden", "5", "--epochs", "400"];

#[test]
fn equal_seeds_give_equal_scores_of_methods() {
    let arguments =
        [&["compare", "double-well", "--samples", "60", "--methods", "tanh,polynomial,spline", "--json"][..], &SMALL_FIT]
            .concat();
    let lines = |arguments: &[&str]| -> Vec<Value> {
        let output = multiwell(arguments);
        assert!(output.status.success(), "{output:?}");
        let of = |line: &str| {
            let mut line: Value = serde_json::from_str(line).unwrap();
            line.as_object_mut().unwrap().remove("seconds");
            line
        };
        out(&output).lines().map(of).collect()
    };
    let found = lines(&arguments);
    assert_eq!(found, lines(&arguments));
    let methods: Vec<&str> = found.iter().map(|line| line["method"].as_str().unwrap()).collect();
    assert_eq!(methods, ["truth", "tanh", "polynomial", "spline"]);
    // The double well is a polynomial of degree 4.
    assert_eq!((&found[2]["choice"], &found[2]["wells"]), (&"degree 4".into(), &2.into()));
    assert!(found[2]["rmse"].as_f64().unwrap() < 1e-10 && found[0]["rmse"] == 0.0);
}

/// Test of recorded numbers. `tests/page/tests/compare.rs` compares the page with the same file.
#[test]
fn deterministic_methods_give_recorded_numbers() {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/data");
    let recorded = fs::read_to_string(format!("{data}/compared.jsonl")).unwrap();
    let mut found = String::new();
    let table = format!("{data}/points.csv");
    let drawn = ["double-well", "--samples", "60", "--noise", "0.02"];
    for (what, methods) in [(&drawn[..], "polynomial,spline,gaussian-process"), (&[&table], "polynomial,spline")] {
        let output = multiwell(&[&["compare", "--methods", methods, "--json"], what, &SMALL_FIT].concat());
        assert!(output.status.success(), "{output:?}");
        found += &out(&output);
    }
    let lines = |text: &str| -> Vec<Value> { text.lines().map(|line| serde_json::from_str(line).unwrap()).collect() };
    let (recorded, found) = (lines(&recorded), lines(&found));
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
    let output = multiwell(&[&arguments[..], &["--modes", "3", "--hidden", "5", "--epochs", "600", "--kT", "1"]].concat());
    assert!(output.status.success(), "{output:?}");
    let lines: Vec<Value> = out(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let methods: Vec<&str> = lines.iter().map(|line| line["method"].as_str().unwrap()).collect();
    assert_eq!(methods, ["truth", "lse-icnn", "kernel", "mixture"]);
    for line in &lines[1..] {
        assert!(line["total_variation"].as_f64().unwrap() < 0.2 && line["held_out"].is_f64(), "{line}");
    }
}

#[test]
fn periodic_inputs_are_compared_by_wells_of_one_period() {
    for (formula, wells) in [("cos(3*x)", 3), ("cos(x)", 1)] {
        let arguments = ["compare", "--formula", formula, "--periodic", "2pi", "--samples", "80", "--json"];
        let methods = ["--methods", "polynomial,spline,gaussian-process"];
        let output = multiwell(&[&arguments[..], &methods, &SMALL_FIT].concat());
        assert!(output.status.success(), "{output:?}");
        let lines: Vec<Value> = out(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 4);
        for line in &lines {
            assert_eq!((&line["wells"], &line["missed"]), (&wells.into(), &0.into()), "{line}");
        }
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

//! Tests of wells under a force, signs of forces, and minima of a band.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::program::{folder, json, multiwell, out, path, refused, warnings};

/// A table of evenly spaced rows of one input.
fn table(file: &Path, head: &str, [from, to]: [f64; 2], rows: u32, row: impl Fn(f64) -> Vec<f64>) {
    let mut text = format!("{head}\n");
    for k in 0..rows {
        let x = from + (to - from) * f64::from(k) / f64::from(rows - 1);
        let numbers: Vec<String> = row(x).iter().map(|value| format!("{value:.6}")).collect();
        let _ = writeln!(text, "{x:.6},{}", numbers.join(","));
    }
    fs::write(file, text).unwrap();
}

/// The JSON result of a fit after a few epochs.
fn fitted(arguments: &[&str]) -> Value {
    json(&[&["fit"], arguments, &["--epochs", "3000"]].concat()).0
}

fn described(model: &Path, more: &[&str]) -> Value {
    json(&[&["landscape", path(model)], more].concat()).0
}

fn expected_value(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn coexisting_wells_under_force_are_found_despite_small_barrier() {
    let folder = folder("coexistence");
    let [rows, model] = ["rip.csv", "m.json"].map(|name| folder.join(name));
    // At the rupture of the molecule, the force falls by 1.5 within a few nanometres. It rises by 13 in total. The barrier is a thousandth of the
    // work.
    table(&rows, "x [nm],F [pN]", [-190.0, 0.0], 200, |x| vec![23.0 + 0.07 * x - 1.5 / (1.0 + (-x - 95.0).exp())]);
    let arguments = [path(&rows), "--inputs", "x [nm]", "--gradient", "F [pN]", "--model-out", path(&model)];
    let said = warnings(&fitted(&arguments)).concat();
    assert!(said.contains("two equally deep ones under a force of 15.6") && !said.contains("choose force"), "{said}");
    let under = described(&model, &["--tilt", "15.6", "--rates"]);
    let found = under["coexistences"].as_array().unwrap();
    assert_eq!(found.len(), 1, "{under}");
    let wells = [0, 1].map(|k| expected_value(&found[0]["wells"][k]));
    assert!((expected_value(&found[0]["tilt"]) - 15.6).abs() < 0.03, "{found:?}");
    assert!((wells[0] + 105.7).abs() < 0.7 && (wells[1] + 84.3).abs() < 0.7, "{found:?}");
    assert_eq!((under["wells"].as_u64(), under["rates"].as_array().unwrap().len()), (Some(2), 2), "{under}");
    let words = out(&multiwell(&["landscape", path(&model), "--tilt", "15.6", "--kT", "4.11"]));
    assert!(words.contains("1 of 1 barriers are below kT 4.110"), "{words}");
    // If a file does not contain its accuracy, its errors are used.
    let mut file: Value = serde_json::from_slice(&fs::read(&model).unwrap()).unwrap();
    file["domain"].as_object_mut().unwrap().remove("accuracy").expect("it is stated");
    fs::write(&model, file.to_string()).unwrap();
    assert_eq!(described(&model, &["--tilt", "15.6"])["coexistences"].as_array().unwrap().len(), 1);
    file["domain"]["accuracy"] = serde_json::json!({ "slopes": [{ "error": -1.0, "rows": 1.0 }] });
    fs::write(&model, file.to_string()).unwrap();
    refused(&["landscape", path(&model)], "the `accuracy` in `domain`");
}

#[test]
fn monotone_force_has_one_well_at_every_load() {
    let folder = folder("monotone");
    let [rows, model] = ["chain.csv", "m.json"].map(|name| folder.join(name));
    // A chain that stiffens, with alternating errors of a tenth.
    let error = |x: f64| 0.1 * (2654.0 * x).sin();
    table(&rows, "x,F", [0.05, 0.9], 150, |x| vec![0.25 / (1.0 - x).powi(2) - 0.25 + x + error(x)]);
    let said = warnings(&fitted(&[path(&rows), "--inputs", "x", "--gradient", "F", "--model-out", path(&model)])).concat();
    assert!(said.contains("lowest at the edge of the data, at 0.05") && !said.contains("choose force"), "{said}");
    let under = described(&model, &["--tilt", "3"]);
    assert_eq!((under["wells"].as_u64(), under["coexistences"].as_array().map(Vec::len)), (Some(1), Some(0)), "{under}");
}

#[test]
fn band_with_forces_has_minima_at_its_ends() {
    let folder = folder("band");
    let rows = folder.join("neb.csv");
    // The integral from one minimum to the other.
    let slope = |s: f64| 4.0 * s * (s * s - 1.0);
    table(&rows, "s,E,F", [-1.0, 1.0], 9, |s| vec![(s * s - 1.0).powi(2), -slope(s)]);
    for columns in [&["--target", "E", "--forces", "F"][..], &["--forces", "F"]] {
        let fit = fitted(&[&[path(&rows), "--inputs", "s"], columns].concat());
        assert!(!warnings(&fit).concat().contains("choose derivative"), "{fit}");
        let edges = fit["edge_minima"].as_array().unwrap();
        let at: Vec<f64> = edges.iter().map(|edge| expected_value(&edge["x"][0])).collect();
        assert!(at.len() == 2 && (at[0] + 1.0).abs() < 0.05 && (at[1] - 1.0).abs() < 0.05, "{fit}");
        assert!(edges.iter().all(|edge| (expected_value(&edge["barrier"]) - 1.0).abs() < 0.05), "{fit}");
    }
    let wrong = fitted(&[path(&rows), "--inputs", "s", "--target", "E", "--gradient", "F"]);
    assert!(warnings(&wrong).concat().contains("The derivatives contradict the values"), "{wrong}");
    let words = out(&multiwell(&["fit", path(&rows), "--inputs", "s", "--target", "E", "--forces", "F", "--epochs", "3000"]));
    assert!(words.contains("minima at the edge of the data") && words.contains("; 2 at the edge of the data"), "{words}");
}

#[test]
fn undetermined_intervals_are_reported_as_such() {
    let folder = folder("undetermined");
    let rows = folder.join("rows.csv");
    let slope = |s: f64| 4.0 * s * (s * s - 1.0);
    table(&rows, "s,E,F", [-1.2, 1.2], 8, |s| vec![(s * s - 1.0).powi(2), -slope(s)]);
    let columns = ["--inputs", "s", "--target", "E", "--forces", "F", "--uncertainty", "1"];
    let fit = fitted(&[&[path(&rows)], &columns[..]].concat());
    let minima = fit["minima"].as_array().unwrap();
    for minimum in minima {
        if minimum["undetermined"].as_bool().unwrap() {
            assert!(minimum["interval"].is_null() || minimum["barrier_interval"].is_null(), "{minimum}");
        } else {
            let [low, high] = [0, 1].map(|k| expected_value(&minimum["interval"]["value"][k]));
            assert!(high - low < 0.5, "{minimum}");
        }
    }
    assert!(minima.iter().any(|minimum| minimum["undetermined"].as_bool().unwrap()), "{fit}");
    assert!(warnings(&fit).concat().contains("not determined by the data"), "{fit}");
    let words = out(&multiwell(&[&["fit", path(&rows)], &columns[..], &["--epochs", "3000"]].concat()));
    assert!(words.contains("\u{b1} undetermined"), "{words}");
}

#[test]
fn shallow_wells_of_exact_rows_are_counted() {
    let folder = folder("shallow");
    let rows = folder.join("rows.csv");
    // The potential is the soft minimum of two parabolas. Its wells are 0.2 deep, less than a fiftieth of the spread of the values. The fit of this
    // seed resolves them.
    let value = |x: f64| {
        let [a, b] = [(x + 0.5) * (x + 0.5), (x - 0.5) * (x - 0.5)];
        a.min(b) - (1.0 + (-20.0 * (a - b).abs()).exp()).ln() / 20.0
    };
    table(&rows, "x,E", [-7.0, 7.0], 300, |x| vec![value(x)]);
    let fit = fitted(&[path(&rows), "--seed", "2"]);
    assert_eq!((fit["wells"].as_u64(), fit["minima"].as_array().map(Vec::len)), (Some(2), Some(2)), "{fit}");
}

#[test]
fn noise_in_derivatives_adds_no_wells() {
    let folder = folder("slope-noise");
    let file = folder.join("slopes.csv");
    let noise = |x: f64| 3.0 * ((4_375.854 * (12.989_8 * x + 1.3).sin()).rem_euclid(1.0) - 0.5);
    let truths: [(&dyn Fn(f64) -> f64, u64); 3] = [(&|_| 0.0, 0), (&|x| 2.0 * x, 1), (&|x| 4.0 * x * (x * x - 1.0), 2)];
    for (slope, wells) in truths {
        table(&file, "x,dE", [-2.0, 2.0], 80, |x| vec![slope(x) + noise(x)]);
        let found = fitted(&[path(&file), "--inputs", "x", "--gradient", "dE"]);
        assert_eq!(found["wells"].as_u64(), Some(wells), "{found}");
        let fresh = expected_value(&found["held_out"]["r2"]);
        assert!(fresh < expected_value(&found["r2"]) && (wells > 0 || fresh < 0.2), "{found}");
    }
}

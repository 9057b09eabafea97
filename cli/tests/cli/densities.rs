//! Tests of densities of samples: minima that are wells, bounds of quantities, intervals, umbrella windows.

use std::fmt::Write as _;
use std::fs;

use serde_json::Value;

use crate::program::{RandomNumbers, folder, json, multiwell, out, path, refused};

/// A column of numbers below its header.
fn column(values: impl Iterator<Item = f64>) -> String {
    values.fold(String::from("x\n"), |mut text, x| {
        writeln!(text, "{x}").unwrap();
        text
    })
}

/// JSON result of a short fit, and its messages.
fn fit_of(text: &str, name: &str, arguments: &[&str]) -> (Value, String) {
    let folder = folder(name);
    let file = folder.join("x.csv");
    fs::write(&file, text).unwrap();
    json(&[&["fit", path(&file), "--density"], arguments].concat())
}

/// Minima in the result of either command.
fn minima(found: &Value) -> Vec<Value> {
    let own = &found["minima"];
    let of_first = own.get(0).filter(|first| first.is_array()).unwrap_or(own);
    of_first.as_array().unwrap().clone()
}

#[test]
fn uniform_samples_have_at_most_one_supported_well() {
    for seed in 1..=3 {
        let mut random = RandomNumbers(seed);
        let text = column((0..400).map(|_| random.next()));
        for arguments in [&["--epochs", "600"][..], &["--inputs", "x", "--epochs", "1400"]] {
            let (found, _) = fit_of(&text, "even", arguments);
            let supported = minima(&found).iter().filter(|minimum| minimum["supported"] != Value::Bool(false)).count();
            assert!(supported <= 1, "{arguments:?}: {found}");
        }
    }
}

#[test]
fn both_wells_of_a_mixture_are_supported() {
    let mut random = RandomNumbers(3);
    let text = column((0..400).map(|k| if k % 4 == 0 { 2.0 } else { -2.0 } + 0.5 * random.normal()));
    for arguments in [&["--epochs", "600"][..], &["--inputs", "x", "--epochs", "1400"]] {
        let (found, _) = fit_of(&text, "mixture", arguments);
        let supported = minima(&found).iter().filter(|minimum| minimum["supported"] == Value::Bool(true)).count();
        assert_eq!(supported, 2, "{arguments:?}: {found}");
    }
}

#[test]
fn bounds_of_quantity_are_proposed_and_applied() {
    let mut random = RandomNumbers(5);
    let text = column((0..500).map(|_| -random.next().ln()));
    for arguments in [&["--epochs", "600"][..], &["--inputs", "x", "--epochs", "1400"]] {
        let (_, said) = fit_of(&text, "edge", arguments);
        assert!(said.is_empty() || said.contains("set support to x=0.."), "{said}");
        let (found, _) = fit_of(&text, "edge", &[arguments, &["--support", "0.."]].concat());
        let all = minima(&found);
        assert_eq!(all.len(), 1, "{found}");
        assert!(all[0]["x"][0].as_f64().unwrap().abs() < 0.02, "{found}");
    }
    let folder = folder("outside");
    let file = folder.join("x.csv");
    fs::write(&file, &text).unwrap();
    refused(&["fit", path(&file), "--density", "--support", "1.."], "lie outside of its support 1..");
    refused(&["fit", path(&file), "--density", "--inputs", "x", "--support", "y=0.."], "the quantities are x");
    refused(&["fit", path(&file), "--density", "--support", "0"], "0..1");
}

#[test]
fn table_of_one_quantity_shows_intervals() {
    let folder = folder("table");
    let file = folder.join("x.csv");
    let mut random = RandomNumbers(7);
    fs::write(&file, column((0..300).map(|_| random.normal()))).unwrap();
    let output = multiwell(&["fit", path(&file), "--density", "--uncertainty", "1", "--epochs", "600"]);
    assert!(out(&output).contains(" ± ") && out(&output).contains("90 % intervals"), "{}", out(&output));
}

#[test]
fn umbrella_windows_give_unbiased_density() {
    // The potential is x^2/2 in units of kT. Under a spring s at c the samples are normal around c s/(s + 1).
    let folder = folder("umbrella");
    let mut random = RandomNumbers(11);
    let mut centres = String::from("file,centre,spring\n");
    let mut files = Vec::new();
    for k in 0..5 {
        let (centre, spring) = (f64::from(k) - 2.0, 3.0);
        let file = folder.join(format!("w{k}.csv"));
        fs::write(&file, column((0..1000).map(|_| centre * spring / (spring + 1.0) + random.normal() / 2.0))).unwrap();
        writeln!(centres, "w{k}.csv,{centre},{spring}").unwrap();
        files.push(file);
    }
    let table = folder.join("centres.csv");
    fs::write(&table, centres).unwrap();
    let paths: Vec<&str> = files.iter().map(|file| path(file)).collect();
    let rest = ["--density", "--inputs", "x", "--umbrella", path(&table), "--kT", "1", "--epochs", "1400"];
    let (found, said) = json(&[&["fit"], &paths[..], &rest].concat());
    assert!(said.contains("5 windows are combined by MBAR"), "{said}");
    let all = minima(&found);
    assert!(all.iter().filter(|minimum| minimum["supported"] == Value::Bool(true)).count() == 1, "{found}");
    assert!(all[0]["x"][0].as_f64().unwrap().abs() < 0.25, "{found}");
    let few = [&["fit"], &paths[..4], &rest].concat();
    refused(&few, "there are 5 windows, but 4 files");
}

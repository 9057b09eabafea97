//! Tests of several seeds in one command.

use std::fs;

use serde_json::Value;

use crate::program::{err, folder, interrupted, json_lines, multiwell, out, path, refused, succeeded, timeless, words};

#[test]
fn several_seeds_give_one_json_line_per_single_run() {
    let small = ["fit", "double-well", "--modes", "3", "--hidden", "6,6", "--epochs", "200", "--json"];
    let output = succeeded(multiwell(&[&small[..], &["--seeds", "4,0..2"]].concat()));
    assert_eq!(err(&output), "");
    let untimed = |line: &str| timeless(serde_json::from_str(line).expect("one JSON object a line"));
    let together: Vec<Value> = out(&output).lines().map(untimed).collect();
    let alone = ["0", "1", "2", "4"].map(|seed| untimed(&out(&multiwell(&[&small[..], &["--seed", seed]].concat()))));
    assert_eq!(together, alone);
}

#[test]
fn several_seeds_give_one_table() {
    let output =
        succeeded(multiwell(&["fit", "double-well", "--modes", "2", "--hidden", "4", "--epochs", "20", "--seeds", "0..2"]));
    let text = out(&output);
    let first: Vec<&str> = text.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(first, ["seed", "0", "1", "2", "median"], "{text}");
    assert_eq!(text.matches(" best ").count(), 1, "{text}");
}

#[test]
fn model_with_smallest_error_of_several_seeds_is_written() {
    let folder = folder("best");
    let (best, alone) = (folder.join("best.json"), folder.join("alone.json"));
    let small = ["fit", "double-well", "--modes", "3", "--hidden", "6,6", "--epochs", "200", "--recipe", "paper"];
    let reports = json_lines(&[&small[..], &["--seeds", "0..4", "--json", "--model-out", path(&best)]].concat());
    let error = |report: &&Value| report["mse"].as_f64().unwrap();
    let smallest = reports.iter().min_by(|a, b| error(a).total_cmp(&error(b))).unwrap();
    let seed = smallest["seed"].to_string();
    assert!(multiwell(&[&small[..], &["--seed", &seed, "--model-out", path(&alone)]].concat()).status.success());
    assert_eq!(fs::read_to_string(best).unwrap(), fs::read_to_string(alone).unwrap());
}

#[test]
fn invalid_seeds_are_refused() {
    refused(&["fit", "double-well", "--seeds", "9..0"], "0..9");
    refused(&["fit", "double-well", "--seeds", "0..3", "--seed", "1"], "--seed");
}

#[cfg(unix)]
#[test]
fn ctrl_c_prints_reports_of_unfinished_runs() {
    let output = interrupted(&words("fit double-well --recipe paper --modes 2 --hidden 4 --epochs 1e9 --json --seeds 0..99"));
    assert_eq!(output.status.code(), Some(130), "{}", err(&output));
    let text = out(&output);
    assert!((1..100).contains(&text.lines().count()), "{text}");
    for line in text.lines() {
        let object: Value = serde_json::from_str(line).expect("an object a line");
        assert!(object["epochs"].as_u64().unwrap() > 0);
    }
    assert!(err(&output).contains("0 of 100 runs"), "{}", err(&output));
}

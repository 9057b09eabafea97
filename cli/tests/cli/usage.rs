//! Tests of help, and of refused arguments. Each is refused in one sentence before any training.

use std::fs;
use std::time::{Duration, Instant};

use crate::program::{fit, folder, multiwell, out, path, refused};

#[test]
fn list_names_benchmarks_of_one_and_several_inputs() {
    let output = multiwell(&["list"]);
    assert!(output.status.success());
    for id in ["double-well", "cosine-well", "three-well", "mechanochemical", "gene-circuit"] {
        assert!(out(&output).contains(id));
    }
}

#[test]
fn help_and_version_exit_with_success() {
    for arguments in [&["--help"][..], &["fit", "--help"], &["--version"]] {
        let output = multiwell(arguments);
        assert!(output.status.success() && !out(&output).is_empty(), "{arguments:?}");
    }
}

#[test]
fn invalid_usage_is_reported_in_one_sentence() {
    refused(&[], "list, fit, eval, export, landscape, compare, sweep, figure or manual");
    refused(&["fit"], "BENCHMARK|FILE");
    refused(&["train"], "'train'");
    refused(&["fit", "double-well", "--colour", "red"], "'--colour'");
    refused(&["fit", "double-well", "--modes"], "'--modes <N>'");
    refused(&["fit", "double-well", "cosine-well"], "'cosine-well'");
    refused(&["fit", "quadruple-well"], "choose one of double-well, cosine-well, three-well");
    refused(&["fit", "double-well", "--inputs", "x"], "double-well is a benchmark");
}

#[test]
fn unwritable_files_are_refused_before_training() {
    let folder = folder("unwritable");
    let start = Instant::now();
    let absent = folder.join("absent").join("m.json");
    refused(&["fit", "double-well", "--epochs", "1e9", "--model-out", path(&absent)], "cannot be written");
    refused(&["fit", "double-well", "--epochs", "1e9", "--history-out", path(&folder)], "cannot be written");
    assert!(start.elapsed() < Duration::from_secs(30));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn invalid_model_files_are_refused() {
    let folder = folder("models");
    let model = folder.join("m.json");
    fit(&["double-well", "--epochs", "5", "--model-out", path(&model)]);
    let points = folder.join("points.csv");
    refused(&["fit", "double-well", "--init", path(&folder.join("absent.json"))], "cannot be read");
    refused(&["eval", path(&model), path(&folder.join("absent.csv"))], "cannot be read");
    fs::write(&points, "u\n0\n").unwrap();
    refused(&["eval", path(&model), path(&points)], "there is no column \"x\"; the columns are u");
    // The network of the file differs from the requested one, or has other inputs than the data.
    refused(&["fit", "double-well", "--init", path(&model), "--modes", "5"], "modes");
    refused(&["fit", "double-well", "--init", path(&model), "--hidden", "7"], "hidden");
    let plane = folder.join("plane.csv");
    fs::write(&plane, "u,v,y\n0,1,2\n1,2,3\n2,1,0\n").unwrap();
    refused(&["fit", path(&plane), "--inputs", "u,v", "--target", "y", "--init", path(&model)], "input");
}

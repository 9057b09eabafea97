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
fn invalid_settings_are_refused() {
    for (flag, value, words) in [
        ("--modes", "0", "modes must be a whole number from 1 to 64, not 0"),
        ("--modes", "2.5", "modes must be a whole number"),
        ("--hidden", "10,0", "hidden must list 1 to 8 widths from 1 to 256"),
        ("--hidden", "", "hidden must list"),
        ("--hidden", "ten", "hidden must list"),
        ("--epsilon", "-1e-4", "epsilon must be a number from 0 to 1, not -1e-4"),
        ("--epsilon", "NaN", "epsilon must be a number from 0 to 1, not NaN"),
        ("--lr", "-1", "lr must be a number"),
        ("--gate-lr", "inf", "gate-lr must be a number"),
        ("--samples", "1", "samples must be a whole number from 2 to"),
        ("--noise", "-0.1", "noise must be a number"),
        ("--epochs", "many", "epochs must be a whole number from 1 to 1e9, not \"many\""),
        ("--seed", "-1", "seed must be a whole number"),
        ("--data-seed", "1e30", "data-seed must be a whole number"),
        ("--stop-loss", "low", "stop-loss must be a number"),
        ("--schedule", "linear", "schedule must be constant or cosine, not \"linear\""),
        ("--recipe", "secret", "recipe must be reliable or paper, not \"secret\""),
        ("--scaling", "log", "scaling must be raw or standard, not \"log\""),
    ] {
        refused(&["fit", "double-well", flag, value], words);
    }
}

#[test]
fn invalid_usage_is_reported_in_one_sentence() {
    refused(&[], "list, fit, eval, export, landscape, compare, sweep or figure");
    refused(&["fit"], "BENCHMARK|FILE");
    refused(&["train"], "'train'");
    refused(&["fit", "double-well", "--colour", "red"], "'--colour'");
    refused(&["fit", "double-well", "--modes"], "'--modes <N>'");
    refused(&["fit", "double-well", "cosine-well"], "'cosine-well'");
    refused(&["fit", "quadruple-well"], "choose one of double-well, cosine-well, three-well");
    refused(&["fit", "double-well", "--inputs", "x"], "double-well is a benchmark");
}

#[test]
fn invalid_tables_are_refused() {
    let folder = folder("tables");
    let write = |name: &str, text: &str| {
        let file = folder.join(name);
        fs::write(&file, text).unwrap();
        file
    };
    for (name, text, words) in [
        ("empty.csv", "", "the file is empty"),
        ("headless.csv", "0,1,2\n1,2,3\n", "the columns are x, y, z"),
        ("one.csv", "x,y\n0,1\n", "only one row"),
        ("text.csv", "x,y\n0,1\n1,two\n", "row 2 (line 3), column \"y\": \"two\" is not a number"),
        ("nan.csv", "x,y\n0,NaN\n1,inf\n", "each of the 2 rows holds inf or nan"),
        ("ragged.csv", "x,y\n0,1\n1\n", "row 2 (line 3) has 1 field, but the header has 2"),
        (
            "three.csv",
            "a,b,c\n0,1,2\n1,2,3\n",
            "say which columns are the inputs and which one is the target; the columns are a, b, c",
        ),
    ] {
        refused(&["fit", path(&write(name, text))], words);
    }
    let three = folder.join("three.csv");
    refused(&["fit", path(&three), "--inputs", "a,z", "--target", "c"], "there is no column \"z\"; the columns are a, b, c");
    refused(&["fit", path(&three), "--inputs", "a,c", "--target", "c"], "column \"c\" is asked for twice");
    refused(&["fit", path(&folder.join("absent.csv"))], "cannot be read");
    refused(&["fit", path(&folder)], "cannot be read");
}

#[test]
fn unwritable_files_are_refused_before_training() {
    let folder = folder("unwritable");
    let start = Instant::now();
    let absent = folder.join("absent").join("m.json");
    refused(&["fit", "double-well", "--epochs", "1e9", "--model-out", path(&absent)], "cannot be written");
    refused(&["fit", "double-well", "--epochs", "1e9", "--history-out", path(&folder)], "cannot be written");
    let same = folder.join("same");
    let same = path(&same);
    refused(&["fit", "double-well", "--model-out", same, "--history-out", same], "name the same file");
    assert!(start.elapsed() < Duration::from_secs(30));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn invalid_model_files_are_refused() {
    let folder = folder("models");
    let model = folder.join("m.json");
    fit(&["double-well", "--epochs", "5", "--model-out", path(&model)]);
    let good = fs::read_to_string(&model).unwrap();
    let points = folder.join("points.csv");
    fs::write(&points, "x\n0\n").unwrap();
    let bad = folder.join("bad.json");
    for (text, words) in [
        (String::new(), "this is not a model file"),
        ("{}".into(), "this is not a model file"),
        (good.replace("\"version\":1", "\"version\":7"), "has version 7"),
        (good.replace("\"W2\"", "\"W22\""), "lacks the array W2"),
        (good.replace("\"rho\":", "\"rho\":-"), "must be positive"),
    ] {
        fs::write(&bad, text).unwrap();
        refused(&["fit", "double-well", "--init", path(&bad)], words);
        refused(&["eval", path(&bad), path(&points)], words);
    }
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

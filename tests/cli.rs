//! The command line from outside: what it prints, what it writes, how it ends.
#![cfg(all(not(target_arch = "wasm32"), feature = "cli"))]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A folder of its own for the files of one test.
fn folder(test: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("cli").join(test);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a folder for test files");
    path
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_multiwell"));
    command.args(arguments).stdin(Stdio::null());
    command
}

fn multiwell(arguments: &[&str]) -> Output {
    command(arguments).output().expect("the program starts")
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// Runs `fit` on a small network with `--json`, and gives the object back.
fn fit(arguments: &[&str]) -> Value {
    let output = multiwell(&[&["fit", "--modes", "3", "--hidden", "6,6", "--json"], arguments].concat());
    assert!(output.status.success(), "{}", err(&output));
    assert_eq!(err(&output), "");
    serde_json::from_str(&out(&output)).expect("one JSON object")
}

/// Asserts that these arguments are refused with exit code 2 and a single sentence that contains `words`.
fn refused(arguments: &[&str], words: &str) {
    let output = multiwell(arguments);
    let sentence = err(&output);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {sentence}");
    assert_eq!(out(&output), "", "{arguments:?}");
    assert_eq!(sentence.lines().count(), 1, "{arguments:?}: {sentence}");
    assert!(sentence.starts_with("error: ") && sentence.contains(words), "{arguments:?}: {sentence}");
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

#[test]
fn list_names_every_benchmark() {
    let output = multiwell(&["list"]);
    assert!(output.status.success());
    for id in ["double-well", "cosine-well", "three-well", "mechanochemical", "gene-circuit"] {
        assert!(out(&output).contains(id));
    }
}

#[test]
fn help_and_version_are_no_errors() {
    for arguments in [&["--help"][..], &["fit", "--help"], &["--version"]] {
        let output = multiwell(arguments);
        assert!(output.status.success() && !out(&output).is_empty(), "{arguments:?}");
    }
}

#[test]
fn settings_that_cannot_be_used_are_refused() {
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
fn bad_usage_is_one_sentence() {
    refused(&[], "list, fit, eval, landscape, sweep or figure");
    refused(&["fit"], "BENCHMARK|FILE.csv");
    refused(&["train"], "'train'");
    refused(&["fit", "double-well", "--colour", "red"], "'--colour'");
    refused(&["fit", "double-well", "--modes"], "'--modes <N>'");
    refused(&["fit", "double-well", "cosine-well"], "'cosine-well'");
    refused(&["fit", "quadruple-well"], "choose one of double-well, cosine-well, three-well");
    refused(&["fit", "double-well", "--inputs", "x"], "double-well is a benchmark");
}

#[test]
fn tables_that_cannot_be_used_are_refused() {
    let folder = folder("tables");
    let write = |name: &str, text: &str| {
        let file = folder.join(name);
        fs::write(&file, text).unwrap();
        file
    };
    for (name, text, words) in [
        ("empty.csv", "", "the file is empty"),
        ("headless.csv", "0,1\n1,2\n", "there is no header"),
        ("one.csv", "x,y\n0,1\n", "only one row"),
        ("text.csv", "x,y\n0,1\n1,two\n", "row 2 (line 3), column \"y\": \"two\" is not a number"),
        ("nan.csv", "x,y\n0,NaN\n1,2\n", "row 1 (line 2), column \"y\": NaN is not a finite number"),
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
fn files_that_cannot_be_written_are_found_before_training() {
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
fn model_files_that_cannot_be_used_are_refused() {
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
    // The network of the file is another one than that asked for, or has other inputs than the data.
    refused(&["fit", "double-well", "--init", path(&model), "--modes", "5"], "modes");
    refused(&["fit", "double-well", "--init", path(&model), "--hidden", "7"], "hidden");
    let plane = folder.join("plane.csv");
    fs::write(&plane, "u,v,y\n0,1,2\n1,2,3\n2,1,0\n").unwrap();
    refused(&["fit", path(&plane), "--inputs", "u,v", "--target", "y", "--init", path(&model)], "input");
}

#[test]
fn the_json_object_has_exactly_its_fields_in_order() {
    let output =
        multiwell(&["fit", "double-well", "--recipe", "paper", "--epochs", "20", "--seed", "3", "--data-seed", "4", "--json"]);
    let text = out(&output);
    assert_eq!(text.lines().count(), 1);
    let object: Value = serde_json::from_str(&text).unwrap();
    let fields = [
        "benchmark",
        "seed",
        "data_seed",
        "epochs",
        "loss",
        "mse",
        "rmse",
        "r2",
        "r2_components",
        "rmse_components",
        "r2_potential",
        "potential_offset",
        "trajectory_error",
        "value_error",
        "rho",
        "true_rho",
        "gates",
        "active_gates",
        "responsible_modes",
        "minima",
        "wells",
        "true_wells",
        "location_error",
        "barrier_error",
        "ms_per_epoch",
        "seconds",
        "finite",
        "stages",
        "lm_steps",
        "landscape",
    ];
    assert_eq!(object.as_object().unwrap().len(), fields.len(), "{text}");
    let places: Vec<usize> = fields.iter().map(|f| text.find(&format!("\"{f}\":")).expect(f)).collect();
    assert!(places.is_sorted(), "{text}");
    assert_eq!(object["benchmark"], "double-well");
    assert_eq!((object["seed"].as_u64(), object["data_seed"].as_u64(), object["epochs"].as_u64()), (Some(3), Some(4), Some(20)));
    assert_eq!(object["gates"].as_array().unwrap().len(), 10);
    assert_eq!(object["finite"], true);
    for field in ["loss", "mse", "rmse", "r2", "rho", "ms_per_epoch", "seconds"] {
        assert!(object[field].is_number(), "{field}: {text}");
    }
}

#[test]
fn minima_have_a_place_a_value_and_a_barrier() {
    let object = fit(&["double-well", "--epochs", "400", "--lr", "1e-2"]);
    let minima = object["minima"].as_array().unwrap();
    assert!(!minima.is_empty(), "{object}");
    for minimum in minima {
        assert_eq!(minimum["x"].as_array().unwrap().len(), 1);
        assert!((-3.0..=3.0).contains(&minimum["x"][0].as_f64().unwrap()));
        assert!(minimum["value"].is_number() && minimum["barrier"].as_f64().unwrap() >= 0.0);
    }
}

/// The object without what a clock decides.
fn timeless(mut object: Value) -> Value {
    for field in ["ms_per_epoch", "seconds"] {
        object.as_object_mut().unwrap().remove(field);
    }
    object
}

#[test]
fn equal_seeds_give_equal_fits_and_other_seeds_others() {
    let run = |seed, data_seed| timeless(fit(&["cosine-well", "--epochs", "100", "--seed", seed, "--data-seed", data_seed]));
    let first = run("1", "1");
    assert_eq!(first, run("1", "1"));
    assert_ne!(first["loss"], run("2", "1")["loss"]);
    assert_ne!(first["loss"], run("1", "2")["loss"]);
}

#[test]
fn a_saved_model_starts_where_it_was_left() {
    let folder = folder("init");
    let (model, again) = (folder.join("m.json"), folder.join("again.json"));
    let saved = fit(&["three-well", "--recipe", "paper", "--epochs", "150", "--model-out", path(&model)]);
    // Rates of zero: the parameters stay what they were, modes and hidden layers come from the file.
    let still = [
        "fit",
        "three-well",
        "--init",
        path(&model),
        "--lr",
        "0",
        "--gate-lr",
        "0",
        "--recipe",
        "paper",
        "--json",
        "--model-out",
        path(&again),
    ];
    let output = multiwell(&[&still[..], &["--epochs", "151"]].concat());
    assert!(output.status.success(), "{}", err(&output));
    let loaded: Value = serde_json::from_str(&out(&output)).unwrap();
    for field in ["rmse", "r2", "rho", "gates", "minima", "wells"] {
        assert_eq!(loaded[field], saved[field], "{field}");
    }
    let parameters = |file: &Path| serde_json::from_str::<Value>(&fs::read_to_string(file).unwrap()).unwrap()["params"].clone();
    assert_eq!(parameters(&model), parameters(&again));
}

#[test]
fn eval_agrees_with_the_fit_and_with_its_own_differences() {
    let folder = folder("eval");
    let (model, points) = (folder.join("m.json"), folder.join("p.csv"));
    let report = fit(&["double-well", "--epochs", "300", "--lr", "1e-2", "--model-out", path(&model)]);
    let h = 1e-5;
    let mut text = String::from("label,x\n");
    for k in 0..200 {
        let x = -3.0 + 6.0 * f64::from(k) / 199.0;
        writeln!(text, "{k},{}\n{k},{x}\n{k},{}", x - h, x + h).unwrap();
    }
    fs::write(&points, text).unwrap();
    let plain = multiwell(&["eval", path(&model), path(&points)]);
    assert_eq!((out(&plain).lines().next(), out(&plain).lines().count()), (Some("x,psi"), 601));

    let output = multiwell(&["eval", path(&model), path(&points), "--gradient"]);
    assert!(output.status.success(), "{}", err(&output));
    let text = out(&output);
    assert_eq!(text.lines().next(), Some("x,psi,dpsi_dx"));
    let rows: Vec<Vec<f64>> =
        text.lines().skip(1).map(|line| line.split(',').map(|field| field.parse().unwrap()).collect()).collect();
    let mut squares = 0.0;
    for row in rows.chunks(3) {
        let difference = (row[2][1] - row[0][1]) / (2.0 * h);
        // Central differences: h^2 of the third derivative, and rounding of 1e-16/h.
        assert!((difference - row[1][2]).abs() < 1e-6 * (1.0 + difference.abs()), "{row:?}");
        let x = row[1][0];
        let truth = 0.4 * (x.powi(4) / 4.0 - x * x + x.powi(3) / 8.0);
        squares += (row[1][1] - truth).powi(2) / 200.0;
    }
    let rmse = report["rmse"].as_f64().unwrap();
    assert!((squares.sqrt() - rmse).abs() < 1e-4 * rmse + 1e-6, "{} against {rmse}", squares.sqrt());
}

#[test]
fn the_history_has_a_row_for_the_epochs_and_a_column_for_each_gate() {
    let folder = folder("history");
    let history = folder.join("h.csv");
    fit(&["double-well", "--recipe", "paper", "--epochs", "60", "--history-out", path(&history)]);
    let text = fs::read_to_string(&history).unwrap();
    let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    assert_eq!(header.len(), 6 + 3, "epoch, two losses, two counts, rho, three gates: {header:?}");
    assert_eq!(header[..3], ["epoch", "loss_low", "loss_high"]);
    let rows: Vec<Vec<f64>> =
        text.lines().skip(1).map(|line| line.split(',').map(|field| field.parse().unwrap()).collect()).collect();
    assert!(rows.len() > 1 && rows.iter().all(|row| row.len() == header.len()));
    assert!(rows.is_sorted_by(|a, b| a[0] < b[0]), "epochs rise");
    assert!((58.0..=60.0).contains(&rows.last().unwrap()[0]), "up to the last epoch or the one before");
    assert!(rows.last().unwrap()[1] < rows[0][1], "the loss falls");
}

#[test]
fn a_run_that_diverges_says_so_and_keeps_its_fit_and_history() {
    let folder = folder("diverged");
    let (model, history) = (folder.join("m.json"), folder.join("h.csv"));
    let files = ["--model-out", path(&model), "--history-out", path(&history)];
    let output = multiwell(&[&["fit", "cosine-well", "--lr", "1e3", "--epochs", "20000", "--json"], &files[..]].concat());
    let object: Value = serde_json::from_str(&out(&output)).expect("the object is printed all the same");
    assert_eq!(output.status.code(), Some(1), "{}", err(&output));
    assert_eq!(object["finite"], false);
    assert!(object["loss"].is_number() && object["rmse"].is_number(), "rolled back: {object}");
    let sentence = err(&output);
    assert!(sentence.lines().count() == 1 && sentence.contains("epoch"), "{sentence}");
    let points = folder.join("p.csv");
    fs::write(&points, "x\n0.5\n").unwrap();
    assert!(multiwell(&["eval", path(&model), path(&points)]).status.success());
    assert!(fs::read_to_string(&history).unwrap().lines().count() > 1);
}

#[test]
fn a_run_stops_at_the_loss_asked_for() {
    let whole = fit(&["double-well", "--epochs", "400", "--lr", "1e-2"]);
    let stop = 2.0 * whole["loss"].as_f64().unwrap();
    let stopped = fit(&["double-well", "--epochs", "400", "--lr", "1e-2", "--stop-loss", &stop.to_string()]);
    assert!(stopped["epochs"].as_u64().unwrap() < 400, "{stopped}");
    assert!(stopped["loss"].as_f64().unwrap() < stop, "{stopped}");
}

#[test]
fn rows_of_a_file_are_learnt_in_one_and_more_inputs() {
    let folder = folder("own");
    let (line, plane) = (folder.join("line.csv"), folder.join("plane.csv"));
    let (mut one, mut two) = (String::from("t;energy\n"), String::from("u,v,w,y\n"));
    for k in 0..60 {
        let t = f64::from(k) / 10.0;
        writeln!(one, "{t};{}", (t - 3.0).powi(2) * 50.0).unwrap();
        let (u, v) = (f64::from(k % 8), f64::from(k / 8));
        writeln!(two, "{u},{v},text,{}", u * u - 3.0 * u + v * v).unwrap();
    }
    fs::write(&line, one).unwrap();
    fs::write(&plane, two).unwrap();
    let first = fit(&[path(&line), "--epochs", "300", "--lr", "1e-2"]);
    assert!(first["r2"].as_f64().unwrap() > 0.9, "{first}");
    assert!(first["benchmark"].as_str().unwrap().ends_with("line.csv"));
    let model = folder.join("m.json");
    let second =
        fit(&[path(&plane), "--inputs", "v,u", "--target", "y", "--epochs", "300", "--lr", "1e-2", "--model-out", path(&model)]);
    assert!(second["r2"].as_f64().unwrap() > 0.9, "{second}");
    let evaluated = multiwell(&["eval", path(&model), path(&plane), "--gradient"]);
    assert_eq!(out(&evaluated).lines().next(), Some("v,u,psi,dpsi_dv,dpsi_du"), "{}", err(&evaluated));
}

#[test]
fn derivatives_in_a_file_are_learnt_alone_in_part_and_beside_values() {
    let folder = folder("gradient");
    let table = folder.join("forces.csv");
    let mut text = String::from("u,v,fu,fv,y\n");
    for k in 0..120 {
        let (u, v) = ((1.7 * f64::from(k)).sin(), (0.9 * f64::from(k)).cos());
        let fv = if k % 3 == 0 { String::new() } else { (4.0 * v).to_string() };
        writeln!(text, "{u},{v},{},{fv},{}", 2.0 * u - 1.0, u * u - u + 2.0 * v * v + 7.0).unwrap();
    }
    fs::write(&table, text).unwrap();
    let learnt = |more: &[&str]| fit(&[&[path(&table), "--inputs", "u,v", "--epochs", "3000"], more].concat());
    let alone = learnt(&["--gradient", "fu,fv"]);
    let r2: Vec<f64> = alone["r2_components"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
    assert!(r2.len() == 2 && r2.iter().all(|&r2| r2 > 0.99), "{alone}");
    assert!(alone["r2_potential"].is_null() && alone["potential_offset"].is_number());
    let minimum = &alone["minima"][0]["x"];
    assert!((minimum[0].as_f64().unwrap() - 0.5).abs() < 0.05 && minimum[1].as_f64().unwrap().abs() < 0.05, "{alone}");
    let both = learnt(&["--gradient", "fu,fv", "--target", "y"]);
    assert!(both["r2_potential"].as_f64().unwrap() > 0.99, "{both}");
    // A derivative that was not measured is not judged, but the other one still bends the fit.
    let part = learnt(&["--gradient", "fu,-"]);
    assert!(part["r2_components"][0].as_f64().unwrap() > 0.99, "{part}");

    let arguments = |more: &[&'static str]| [&["fit", path(&table), "--inputs", "u,v"][..], more].concat();
    refused(&arguments(&["--gradient", "fu"]), "the derivatives named are 1, the inputs 2");
    refused(&arguments(&["--gradient", "fu,no"]), "no column");
    refused(&arguments(&["--gradient", "-,-"]), "nothing to learn from");
    refused(&arguments(&["--gradient", "fu,u"]), "twice");
    refused(&["fit", "gene-circuit", "--gradient", "a,b"], "name columns of a file");
}

#[test]
fn a_large_file_is_learnt() {
    // Unoptimised code is spared most of the million rows.
    let rows = if cfg!(debug_assertions) { 20_000 } else { 1_000_000 };
    let folder = folder("large");
    let file = folder.join("large.csv");
    let mut text = String::from("x,y\n");
    for k in 0..rows {
        let x = 6.0 * f64::from(k) / f64::from(rows) - 3.0;
        writeln!(text, "{x},{}", x * x).unwrap();
    }
    fs::write(&file, text).unwrap();
    let start = Instant::now();
    assert_eq!(fit(&[path(&file), "--epochs", "2"])["finite"], true);
    assert!(start.elapsed() < Duration::from_mins(1), "{:?}", start.elapsed());
}

#[test]
fn the_table_for_people_is_short_and_has_no_progress_in_it() {
    let output = multiwell(&["fit", "double-well", "--epochs", "50"]);
    assert!(output.status.success());
    assert_eq!(err(&output), "", "no progress bar where there is no terminal");
    for words in ["double-well", "RMSE", "sharpness rho", "wells", "responsible modes"] {
        assert!(out(&output).contains(words), "{}", out(&output));
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_and_keeps_what_there_is() {
    let folder = folder("interrupt");
    let model = folder.join("m.json");
    let arguments = [
        "fit",
        "double-well",
        "--recipe",
        "paper",
        "--modes",
        "2",
        "--hidden",
        "4",
        "--epochs",
        "1e9",
        "--json",
        "--model-out",
        path(&model),
    ];
    let child = command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    std::thread::sleep(Duration::from_secs(3));
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", err(&output));
    let object: Value = serde_json::from_str(&out(&output)).expect("the object is printed");
    assert!(object["epochs"].as_u64().unwrap() > 0);
    assert!(err(&output).contains("Ctrl-C"), "{}", err(&output));
    assert!(model.exists());
}

#[test]
fn several_seeds_give_the_reports_of_single_runs_a_line_each() {
    let small = ["fit", "double-well", "--modes", "3", "--hidden", "6,6", "--epochs", "200", "--json"];
    let output = multiwell(&[&small[..], &["--seeds", "4,0..2"]].concat());
    assert!(output.status.success(), "{}", err(&output));
    assert_eq!(err(&output), "");
    // All but the time that it took.
    let untimed = |line: &str| {
        let mut object: Value = serde_json::from_str(line).expect("one JSON object a line");
        for key in ["seconds", "ms_per_epoch"] {
            object.as_object_mut().unwrap().remove(key).expect(key);
        }
        object
    };
    let together: Vec<Value> = out(&output).lines().map(untimed).collect();
    let alone = ["0", "1", "2", "4"].map(|seed| untimed(&out(&multiwell(&[&small[..], &["--seed", seed]].concat()))));
    assert_eq!(together, alone);
}

#[test]
fn several_seeds_give_people_one_table() {
    let output = multiwell(&["fit", "double-well", "--modes", "2", "--hidden", "4", "--epochs", "20", "--seeds", "0..2"]);
    assert!(output.status.success(), "{}", err(&output));
    let text = out(&output);
    let first: Vec<&str> = text.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(first, ["seed", "0", "1", "2", "median"], "{text}");
    assert_eq!(text.matches(" best ").count(), 1, "{text}");
}

#[test]
fn of_several_seeds_the_one_with_the_smallest_error_is_written() {
    let folder = folder("best");
    let (best, alone) = (folder.join("best.json"), folder.join("alone.json"));
    let small = ["fit", "double-well", "--modes", "3", "--hidden", "6,6", "--epochs", "200", "--recipe", "paper"];
    let output = multiwell(&[&small[..], &["--seeds", "0..4", "--json", "--model-out", path(&best)]].concat());
    assert!(output.status.success(), "{}", err(&output));
    let reports: Vec<Value> = out(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let error = |report: &&Value| report["mse"].as_f64().unwrap();
    let smallest = reports.iter().min_by(|a, b| error(a).total_cmp(&error(b))).unwrap();
    let seed = smallest["seed"].to_string();
    assert!(multiwell(&[&small[..], &["--seed", &seed, "--model-out", path(&alone)]].concat()).status.success());
    assert_eq!(fs::read_to_string(best).unwrap(), fs::read_to_string(alone).unwrap());
}

#[test]
fn seeds_that_make_no_sense_are_refused() {
    refused(&["fit", "double-well", "--seeds", "9..0"], "0..9");
    refused(&["fit", "double-well", "--seeds", "0..3", "--seed", "1"], "--seed");
}

#[cfg(unix)]
#[test]
fn ctrl_c_gives_the_reports_of_the_runs_under_way() {
    let arguments = [
        "fit",
        "double-well",
        "--recipe",
        "paper",
        "--modes",
        "2",
        "--hidden",
        "4",
        "--epochs",
        "1e9",
        "--json",
        "--seeds",
        "0..99",
    ];
    let child = command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    std::thread::sleep(Duration::from_secs(3));
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", err(&output));
    let text = out(&output);
    assert!((1..100).contains(&text.lines().count()), "{text}");
    for line in text.lines() {
        let object: Value = serde_json::from_str(line).expect("an object a line");
        assert!(object["epochs"].as_u64().unwrap() > 0);
    }
    assert!(err(&output).contains("0 of 100 runs"), "{}", err(&output));
}

#[test]
fn a_landscape_is_described_against_its_truth() {
    let folder = folder("landscape");
    let model = folder.join("fit.json");
    let whole = fit(&["double-well", "--recipe", "paper", "--epochs", "3000", "--lr", "1e-2", "--model-out", path(&model)]);
    let output = multiwell(&["landscape", path(&model), "--prune", "--json"]);
    assert!(output.status.success(), "{}", err(&output));
    let survey: Value = serde_json::from_str(&out(&output)).expect("one JSON object");
    // The file has the digits of the run, so that both say the same.
    assert_eq!(survey["minima"], whole["landscape"]["minima"]);
    assert_eq!(survey["wells"], whole["wells"]);
    assert_eq!(survey["truth"]["wells"], 2);
    assert_eq!(survey["roles"].as_array().map(Vec::len), Some(3));
    assert!(survey["convexity"].as_array().unwrap().iter().all(|c| c["proven"] == true));
    assert_eq!(survey["pruning"].as_array().map(Vec::len), Some(3));
    let rmse = |value: &Value| value["rmse"].as_f64().unwrap();
    assert!((rmse(&survey["pruning"][0]) - rmse(&whole)).abs() < 1e-9);

    let words = out(&multiwell(&["landscape", path(&model), "--benchmark", "double-well"]));
    for word in ["minima", "maxima", "against the truth", "modes", "convexity", "proven for 3 of 3 modes"] {
        assert!(words.contains(word), "{word}: {words}");
    }
    refused(&["landscape", path(&model), "--benchmark", "no-well"], "there is no benchmark");
    refused(&["landscape", path(&folder.join("none.json"))], "cannot be read");

    let rows = folder.join("rows.csv");
    fs::write(&rows, "x,y\n-1,1\n-0.5,0.2\n0,0\n0.5,0.3\n1,1\n").unwrap();
    let own = folder.join("own.json");
    fit(&[path(&rows), "--epochs", "50", "--recipe", "paper", "--model-out", path(&own)]);
    refused(&["landscape", path(&own)], "--benchmark");
    let survey = multiwell(&["landscape", path(&own), "--data", path(&rows), "--json"]);
    assert!(survey.status.success(), "{}", err(&survey));
    assert_eq!(serde_json::from_str::<Value>(&out(&survey)).unwrap()["truth"], Value::Null);
}

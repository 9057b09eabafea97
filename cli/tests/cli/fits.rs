//! Tests of the output, files and exit codes of `fit`.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::program::{err, fit, folder, interrupted, json, multiwell, out, path, refused, timeless, warnings, words};

#[test]
fn json_object_has_exactly_its_fields_in_order() {
    let output =
        multiwell(&["fit", "double-well", "--recipe", "paper", "--epochs", "20", "--seed", "3", "--data-seed", "4", "--json"]);
    let text = out(&output);
    assert_eq!(text.lines().count(), 1);
    let object: Value = serde_json::from_str(&text).unwrap();
    let fields = words(
        "benchmark seed data_seed epochs loss mse rmse r2 r2_components rmse_components r2_potential potential_offset \
         trajectory_error value_error rho true_rho gates active_gates responsible_modes minima edge_minima wells true_wells \
         location_error barrier_error density ms_per_epoch seconds finite stages lm_steps warnings landscape",
    );
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
fn history_has_rows_of_epochs_and_a_column_for_each_gate() {
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
fn diverged_run_is_reported_and_keeps_fit_and_history() {
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
fn run_stops_at_requested_loss() {
    let whole = fit(&["double-well", "--epochs", "400", "--lr", "1e-2"]);
    let stop = 2.0 * whole["loss"].as_f64().unwrap();
    let stopped = fit(&["double-well", "--epochs", "400", "--lr", "1e-2", "--stop-loss", &stop.to_string()]);
    assert!(stopped["epochs"].as_u64().unwrap() < 400, "{stopped}");
    assert!(stopped["loss"].as_f64().unwrap() < stop, "{stopped}");
}

#[test]
fn table_output_has_main_numbers_and_no_progress_bar() {
    let output = multiwell(&["fit", "double-well", "--epochs", "50"]);
    assert!(output.status.success());
    assert_eq!(err(&output), "", "no progress bar where there is no terminal");
    for words in ["double-well", "RMSE", "sharpness rho", "wells", "responsible modes"] {
        assert!(out(&output).contains(words), "{}", out(&output));
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_fit_and_writes_model() {
    let folder = folder("interrupt");
    let model = folder.join("m.json");
    let arguments = words("fit double-well --recipe paper --modes 2 --hidden 4 --epochs 1e9 --json --model-out");
    let output = interrupted(&[&arguments[..], &[path(&model)]].concat());
    assert_eq!(output.status.code(), Some(130), "{}", err(&output));
    let object: Value = serde_json::from_str(&out(&output)).expect("the object is printed");
    assert!(object["epochs"].as_u64().unwrap() > 0);
    assert!(err(&output).contains("Ctrl-C"), "{}", err(&output));
    assert!(model.exists());
}

#[test]
fn fit_without_minimum_gives_warning_about_sign() {
    let folder = folder("signs");
    let table = |name: &str, column: &str, value: fn(f64) -> f64| {
        let rows = (0..60).map(|k| f64::from(k) / 15.0 - 2.0).map(|x| format!("{x},{}\n", value(x)));
        let text = format!("x,{column}\n{}", rows.collect::<String>());
        let file = folder.join(name);
        fs::write(&file, text).unwrap();
        path(&file).to_string()
    };
    // Tables of the potential x^2/2: its force in place of the gradient; its negated values; and its gradient.
    let force = table("force.csv", "f", |x| -x);
    let upside_down = table("values.csv", "e", |x| -x * x / 2.0);
    let gradient = table("gradient.csv", "g", |x| x);
    let run = |data: &str, columns: [&str; 2]| {
        let arguments =
            ["fit", data, "--inputs", "x", columns[0], columns[1], "--modes", "3", "--hidden", "6", "--epochs", "1500"];
        let warnings = warnings(&json(&arguments).0);
        let said = err(&multiwell(&arguments));
        assert!(said.is_empty() == warnings.is_empty(), "{said}");
        // Text on the terminal names the flags.
        assert!(warnings.iter().all(|warning| said.contains(warning.trim_end_matches('.')) && !warning.contains("--")), "{said}");
        (warnings, said)
    };
    let (warnings, said) = run(&force, ["--gradient", "f"]);
    assert!(warnings.len() == 1 && warnings[0].contains("no minimum inside the domain") && said.contains("(--forces)"));
    assert!(run(&force, ["--forces", "f"]).0.is_empty());
    let (warnings, said) = run(&gradient, ["--forces", "g"]);
    assert!(warnings.len() == 1 && said.contains("(--gradient)"), "{said}");
    // A negated double well has a minimum between its maxima.
    let double = table("double.csv", "f", |x| -4.0 * x * (x * x - 1.0));
    let (warnings, _) = run(&double, ["--gradient", "f"]);
    assert!(warnings.len() == 1 && warnings[0].contains("more maxima than minima (2 and 1)"), "{warnings:?}");
    assert!(run(&double, ["--forces", "f"]).0.is_empty());
    let (warnings, _) = run(&upside_down, ["--target", "e"]);
    assert!(warnings.len() == 1 && warnings[0].contains("If the values are minus the energy"), "{warnings:?}");
    assert!(run(&gradient, ["--gradient", "g"]).0.is_empty());
}

#[test]
fn errors_on_held_out_rows_are_reported() {
    let folder = folder("held-out");
    let x = |k: u32| f64::from(k) / 10.0 - 2.0;
    // A parabola, with values in every fifth row that do not belong to it.
    let rows = |wrong: f64| -> String {
        let row = |k: u32| {
            let (part, added) = if k % 5 == 2 { ("test", wrong * f64::from(1 + k % 3)) } else { ("train", 0.0) };
            format!("{},{},{part}\n", x(k), x(k) * x(k) + added)
        };
        (0..41).map(row).collect::<String>()
    };
    let (good, bad, plain) = (folder.join("good.csv"), folder.join("bad.csv"), folder.join("plain.csv"));
    fs::write(&good, format!("x,y,split\n{}", rows(0.0))).unwrap();
    fs::write(&bad, format!("x,y,part\n{}", rows(2.0))).unwrap();
    fs::write(&plain, (0..41).fold("x,y\n".to_string(), |text, k| text + &format!("{},{}\n", x(k), x(k) * x(k)))).unwrap();
    let run = |file: &PathBuf, more: &[&str]| {
        json(&[&["fit", path(file)], &words("--recipe paper --modes 1 --hidden 6 --epochs 900 --lr 1e-2")[..], more].concat())
    };
    let (object, said) = run(&good, &[]);
    assert_eq!(
        (object["held_out"]["rows"].as_u64(), said.contains("8 of 41 rows are held out")),
        (Some(8), true),
        "{object} {said}"
    );
    assert!(object["held_out"]["r2"].as_f64().unwrap() > 0.9 && object["warnings"].as_array().unwrap().is_empty(), "{object}");
    let (object, _) = run(&bad, &["--split", "part", "--inputs", "x", "--target", "y"]);
    assert!(object["r2"].as_f64().unwrap() > 0.9 && object["held_out"]["r2"].as_f64().unwrap() < 0.5, "{object}");
    assert!(object["warnings"][0].as_str().unwrap().contains("On the 8 held-out rows the error is"), "{object}");
    // Without held-out rows, the errors on fresh rows are estimated.
    let (object, _) = run(&good, &["--split", "-", "--inputs", "x", "--target", "y"]);
    assert_eq!(object["held_out"]["rows"].as_u64(), Some(0), "{object}");
    let drawn = |seed: &str| run(&plain, &["--hold-out", "0.2", "--data-seed", seed]).0;
    assert_eq!(drawn("3")["held_out"], drawn("3")["held_out"]);
    assert_ne!(drawn("3")["held_out"]["rmse"], drawn("4")["held_out"]["rmse"]);
    let printed =
        out(&multiwell(&["fit", path(&plain), "--hold-out", "0.2", "--recipe", "paper", "--modes", "1", "--epochs", "20"]));
    assert!(printed.contains("RMSE, 8 rows held out") && printed.contains("R^2, rows learnt from"), "{printed}");
    refused(&["fit", path(&good), "--hold-out", "0.2"], "where a column says which rows are held out");
    refused(&["fit", path(&plain), "--data-seed", "3"], "--data-seed has no effect");
    refused(&["fit", "double-well", "--hold-out", "0.2"], "--hold-out has no effect on double-well");
    refused(&["fit", path(&plain), "--hold-out", "1.5"], "hold-out must be a number from 0 to 0.9");
    refused(&["sweep", path(&plain), "--hold-out", "0.2", "--out", "runs.csv"], "--hold-out has no effect on sweeps");
}

#[test]
fn fit_has_same_numbers_for_any_number_of_threads() {
    for name in ["gene-circuit", "muller-brown"] {
        let report = |threads: &str| timeless(json(&["--threads", threads, "fit", name]).0);
        assert_eq!(report("1"), report("3"), "{name}");
    }
}

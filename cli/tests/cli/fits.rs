//! What `fit` prints and writes, and how it ends.

use std::fs;

use serde_json::Value;

use crate::program::{err, fit, folder, interrupted, multiwell, out, path, timeless};

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
        "warnings",
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

#[test]
fn equal_seeds_give_equal_fits_and_other_seeds_others() {
    let run = |seed, data_seed| timeless(fit(&["cosine-well", "--epochs", "100", "--seed", seed, "--data-seed", data_seed]));
    let first = run("1", "1");
    assert_eq!(first, run("1", "1"));
    assert_ne!(first["loss"], run("2", "1")["loss"]);
    assert_ne!(first["loss"], run("1", "2")["loss"]);
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
    let output = interrupted(&arguments);
    assert_eq!(output.status.code(), Some(130), "{}", err(&output));
    let object: Value = serde_json::from_str(&out(&output)).expect("the object is printed");
    assert!(object["epochs"].as_u64().unwrap() > 0);
    assert!(err(&output).contains("Ctrl-C"), "{}", err(&output));
    assert!(model.exists());
}

#[test]
fn a_fit_without_a_minimum_says_so_and_names_the_sign() {
    let folder = folder("signs");
    let table = |name: &str, column: &str, value: fn(f64) -> f64| {
        let rows = (0..60).map(|k| f64::from(k) / 15.0 - 2.0).map(|x| format!("{x},{}\n", value(x)));
        let text = format!("x,{column}\n{}", rows.collect::<String>());
        let file = folder.join(name);
        fs::write(&file, text).unwrap();
        path(&file).to_string()
    };
    // Of the potential x^2/2 the force, in place of the gradient; its values upside down; and its gradient.
    let force = table("force.csv", "f", |x| -x);
    let upside_down = table("values.csv", "e", |x| -x * x / 2.0);
    let gradient = table("gradient.csv", "g", |x| x);
    let run = |data: &str, columns: [&str; 2]| {
        let arguments =
            ["fit", data, "--inputs", "x", columns[0], columns[1], "--modes", "3", "--hidden", "6", "--epochs", "400"];
        let output = multiwell(&[&arguments[..], &["--json"]].concat());
        let object: Value = serde_json::from_str(&out(&output)).unwrap();
        let warnings = object["warnings"].as_array().unwrap().iter().map(|w| w.as_str().unwrap().to_string()).collect::<Vec<_>>();
        let said = err(&multiwell(&arguments));
        assert!(warnings.iter().all(|warning| said.contains(warning)) && said.is_empty() == warnings.is_empty(), "{said}");
        warnings
    };
    let warnings = run(&force, ["--gradient", "f"]);
    assert!(
        warnings.len() == 1 && warnings[0].contains("no minimum inside the domain") && warnings[0].contains("change their sign")
    );
    let warnings = run(&upside_down, ["--target", "e"]);
    assert!(warnings.len() == 1 && warnings[0].contains("If the values are minus the energy"), "{warnings:?}");
    assert!(run(&gradient, ["--gradient", "g"]).is_empty());
}

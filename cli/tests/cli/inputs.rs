//! Tests of input files: damaged, endless, of unusual scales, and with names that contain terminal commands.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::program::{err, fit, folder, json, multiwell, out, path, refused, succeeded, words};

/// A table of a parabola-like curve with two wells, scaled.
fn curve(x: f64, y: f64) -> String {
    let row = |k: i32| {
        let at = f64::from(k) / 20.0 - 1.0;
        format!("{:e},{:e}\n", x * at, y * (at.powi(4) - at * at))
    };
    (0..=40).map(row).fold("x,y\n".to_string(), |text, row| text + &row)
}

#[test]
fn values_of_any_scale_are_fitted_equally_or_refused() {
    let folder = folder("scales");
    let file = folder.join("t.csv");
    let learn = |x: f64, y: f64| {
        fs::write(&file, curve(x, y)).unwrap();
        fit(&[path(&file), "--epochs", "400"])
    };
    let plain = learn(1.0, 1.0);
    for (x, y) in [(1e-90, 1.0), (1.0, 1e-90), (1.0, 1e90), (1e-13, 1e-13)] {
        let scaled = learn(x, y);
        assert_eq!(scaled["wells"], plain["wells"], "{x:e} {y:e}: {scaled}");
        assert!(scaled["r2"].as_f64().unwrap() > 0.99, "{x:e} {y:e}: {scaled}");
    }
    for (x, y, column) in [(1.0, 1e-170, "y"), (1e-170, 1.0, "x")] {
        fs::write(&file, curve(x, y)).unwrap();
        refused(&["fit", path(&file)], &format!("the numbers in column \"{column}\" differ by less than 1e-100"));
    }
}

#[test]
fn material_with_tiny_strains_is_fitted_equally() {
    let folder = folder("strains");
    let file = folder.join("t.csv");
    let learn = |strain: f64, stress: f64| {
        let mut text = String::from("run,t,E,S\n");
        for run in 0..10 {
            for n in 0..20 {
                let e = f64::sin(0.3 * f64::from(n) + f64::from(run)) * (0.5 + 0.05 * f64::from(run));
                text += &format!("{run},{n},{:e},{:e}\n", strain * e, stress * (e + 0.3 * e * e * e));
            }
        }
        fs::write(&file, text).unwrap();
        let arguments = words("--run run --time t --inputs E --outputs S --hidden 8 --epochs 150");
        json(&[&["fit", path(&file)], &arguments[..]].concat()).0["r2"][0].as_f64().unwrap()
    };
    let plain = learn(1.0, 1.0);
    assert!(plain > 0.9, "{plain}");
    for (strain, stress) in [(1e-13, 1.0), (1e-13, 1e-13), (1e-90, 1e-90)] {
        let scaled = learn(strain, stress);
        assert!((scaled - plain).abs() < 0.05, "{strain:e} {stress:e}: {scaled} against {plain}");
    }
}

#[test]
fn long_names_are_shortened_and_control_characters_escaped() {
    let folder = folder("names");
    let (file, model) = (folder.join("t.csv"), folder.join("m.json"));
    let long = "x".repeat(70_000);
    fs::write(&file, curve(1.0, 1.0).replacen("x,", &format!("{long},"), 1)).unwrap();
    fit(&[path(&file), "--epochs", "20", "--recipe", "paper", "--model-out", path(&model)]);
    let described = succeeded(multiwell(&["landscape", path(&model), "--data", path(&file)]));
    assert!(out(&described).lines().all(|line| line.chars().count() < 400), "{}", out(&described));
    let samples = (0..30).fold(String::new(), |text, k| text + &format!("{}\n", k * k % 17));
    fs::write(&file, format!("{long}\n{samples}")).unwrap();
    let density = multiwell(&["fit", path(&file), "--density", "--epochs", "20"]);
    assert!(density.status.success() && out(&density).len() < 2000, "{}", err(&density));
    // Control characters of a terminal are escaped.
    fs::write(&file, "\"a\u{1b}[31m\nb\",y,z\n1,2,3\n").unwrap();
    for arguments in [&["fit", path(&file)][..], &["fit", path(&file), "--inputs", "q\u{1b}]0;\u{7}", "--target", "y"]] {
        let output = multiwell(arguments);
        let sentence = err(&output);
        assert_eq!((output.status.code(), sentence.lines().count()), (Some(2), 1), "{sentence}");
        assert!(sentence.contains("\\u{1b}") && !sentence.trim_end().contains(char::is_control), "{sentence:?}");
    }
}

#[test]
fn overflowing_or_contradictory_model_is_reported() {
    let folder = folder("models-bad");
    let (model, points) = (folder.join("m.json"), folder.join("p.csv"));
    fit(&["double-well", "--epochs", "5", "--recipe", "paper", "--model-out", path(&model)]);
    fs::write(&points, "x\n0.5\n").unwrap();
    let good = fs::read_to_string(&model).unwrap();
    let mut huge: Value = serde_json::from_str(&good).unwrap();
    for layer in ["W2", "W3"] {
        for row in huge["params"][layer].as_array_mut().unwrap().iter_mut().flat_map(|mode| mode.as_array_mut().unwrap()) {
            row.as_array_mut().unwrap().iter_mut().for_each(|weight| *weight = 1e300.into());
        }
    }
    let bad = folder.join("bad.json");
    fs::write(&bad, huge.to_string()).unwrap();
    let output = multiwell(&["eval", path(&bad), path(&points)]);
    assert_eq!(output.status.code(), Some(1), "{}", out(&output));
    assert!(err(&output).contains("overflows at 1 of 1 points"), "{}", err(&output));
    let output = multiwell(&["landscape", path(&bad)]);
    assert!(output.status.code() == Some(1) && err(&output).contains("overflows"), "{}", err(&output));

    fs::write(&bad, good.replacen("\"version\":1", "\"version\":1,\"modes\":3", 1)).unwrap();
    refused(&["eval", path(&bad), path(&points)], "duplicate field `modes`");
    fs::write(&bad, good.replacen("\"inputs\":[\"x\"]", "\"inputs\":[\"x\",\"x\"]", 1)).unwrap();
    refused(&["eval", path(&bad), path(&points)], "two inputs one name");
}

#[cfg(unix)]
#[test]
fn endless_files_are_refused_and_pipes_are_read() {
    use crate::program::shell;
    let folder = folder("pipes");
    let start = Instant::now();
    refused(&["fit", "/dev/zero"], "more than 512 MB");
    refused(&["eval", "/dev/zero", "/dev/null"], "more than 512 MB");
    assert!(start.elapsed() < Duration::from_mins(1), "{:?}", start.elapsed());
    fs::write(folder.join("t.csv"), curve(1.0, 1.0)).unwrap();
    succeeded(shell(&folder, "mkfifo p && { cat t.csv > p & } && \"$MULTIWELL\" fit p --epochs 20 --recipe paper --json"));
    succeeded(shell(&folder, "cat t.csv | \"$MULTIWELL\" fit /dev/stdin --epochs 20 --recipe paper --json"));
    let devices = shell(&folder, "\"$MULTIWELL\" sweep double-well --out p");
    assert!(devices.status.code() == Some(2) && err(&devices).contains("pipe or a device"), "{}", err(&devices));
}

#[test]
fn study_of_large_table_takes_linear_time() {
    let folder = folder("study");
    let (table, drawn) = (folder.join("t.csv"), folder.join("drawn"));
    let sweep =
        ["sweep", "double-well", "--recipe", "paper", "--modes", "2", "--hidden", "3", "--samples", "12", "--epochs", "3"];
    assert!(multiwell(&[&sweep[..], &["--out", path(&table)]].concat()).status.success());
    let text = fs::read_to_string(&table).unwrap();
    let (header, row) = text.trim_end().split_once('\n').unwrap();
    let names: Vec<&str> = header.split(',').collect();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let fields: Vec<String> = reader.records().next().unwrap().unwrap().iter().map(String::from).collect();
    assert_eq!(names.len(), fields.len(), "{row}");
    // Builds without optimisation use a small number of rows.
    let rows = if cfg!(debug_assertions) { 2_000 } else { 48_000 };
    let at = |name: &str| names.iter().position(|n| *n == name).unwrap();
    let (seed, noise, rmse) = (at("seed"), at("noise"), at("rmse"));
    let mut writer = csv::Writer::from_path(&table).unwrap();
    writer.write_record(&names).unwrap();
    for k in 0..rows {
        let mut row = fields.clone();
        (row[seed], row[noise], row[rmse]) = (k.to_string(), format!("{}", k % 7), format!("{:e}", 1e-3 * f64::from(k + 1)));
        writer.write_record(&row).unwrap();
    }
    writer.flush().unwrap();
    let start = Instant::now();
    succeeded(multiwell(&["figure", "study", "--runs", path(&table), "--out", path(&drawn)]));
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}

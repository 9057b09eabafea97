//! Model files: gone on from, evaluated, described.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::program::{err, fit, folder, multiwell, out, path, refused};

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

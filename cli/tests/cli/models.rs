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

#[test]
fn densities_and_materials_are_evaluated_and_described() {
    let folder = folder("others");
    let [samples, points, density, material, runs] =
        ["s.csv", "p.csv", "d.json", "m.json", "r.csv"].map(|name| folder.join(name));
    fs::write(&samples, (0..60).fold("x\n".to_string(), |text, k| text + &format!("{}\n", (f64::from(k * 37 % 60) / 9.0).sin())))
        .unwrap();
    let fitted = ["fit", path(&samples), "--density", "--modes", "2", "--hidden", "4", "--decay", "1", "--epochs", "60"];
    assert!(multiwell(&[&fitted[..], &["--model-out", path(&density)]].concat()).status.success());
    let described: Vec<Value> = serde_json::from_str(&out(&multiwell(&["landscape", path(&density), "--json"]))).unwrap();
    let ends = [0, 1].map(|end| described[0]["domain"][end].as_f64().unwrap());
    assert!(described[0]["label"] == "x" && !described[0]["wells"].as_array().unwrap().is_empty(), "{described:?}");
    // exp(-psi) is a density: its integral is one.
    let step = (ends[1] - ends[0]) / 900.0;
    fs::write(&points, (0..=900).fold("x\n".to_string(), |text, k| text + &format!("{}\n", ends[0] + step * f64::from(k))))
        .unwrap();
    let table = out(&multiwell(&["eval", path(&density), path(&points), "--gradient"]));
    assert!(table.starts_with("x,psi,dpsi_dx\n"), "{table}");
    let psi = table.lines().skip(1).map(|line| line.split(',').nth(1).unwrap().parse::<f64>().unwrap());
    let integral = step * psi.map(|psi| (-psi).exp()).sum::<f64>();
    assert!((integral - 1.0).abs() < 1e-3, "{integral}");
    refused(&["landscape", path(&density), "--prune"], "have no effect on the model of a density");
    refused(
        &["fit", "double-well", "--init", path(&density)],
        "d.json: this is a model of densities, but a potential is to be fitted",
    );

    let learn = ["fit", "metamaterial", "--samples", "20", "--hidden", "4", "--epochs", "1", "--model-out", path(&material)];
    assert!(multiwell(&learn).status.success());
    let row = |k: i32| format!("{k},{}\n", 0.02 * f64::from(k));
    fs::write(&runs, (0..9).fold("t,E11\n".to_string(), |text, k| text + &row(k))).unwrap();
    let table = multiwell(&["eval", path(&material), path(&runs), "--time", "t"]);
    assert_eq!((out(&table).lines().count(), out(&table).lines().next()), (10, Some("run,t,E11,S11,S22")), "{}", err(&table));
    refused(&["eval", path(&material), path(&runs)], "--time");
    refused(&["landscape", path(&material)], "hidden states");
    // A bad setting in a model file is said with the file's name.
    let mut file: Value = serde_json::from_slice(&fs::read(&density).unwrap()).unwrap();
    file["settings"]["modes"] = 500.into();
    fs::write(&density, file.to_string()).unwrap();
    refused(
        &["fit", path(&samples), "--density", "--init", path(&density)],
        "d.json: modes must be a whole number from 1 to 64, not 500",
    );
}

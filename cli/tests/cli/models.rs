//! Tests of model files that are trained further, evaluated or described.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::program::{err, fit, folder, json, multiwell, out, path, refused, words};

#[test]
fn loaded_model_has_same_parameters_and_report() {
    let folder = folder("init");
    let (model, again) = (folder.join("m.json"), folder.join("again.json"));
    let saved = fit(&["three-well", "--recipe", "paper", "--epochs", "150", "--model-out", path(&model)]);
    // With rates of zero, the parameters stay unchanged. Modes and hidden layers come from the file.
    let still = words("fit three-well --recipe paper --lr 0 --gate-lr 0 --epochs 151");
    let loaded = json(&[&still[..], &["--init", path(&model), "--model-out", path(&again)]].concat()).0;
    for field in ["rmse", "r2", "rho", "gates", "minima", "wells"] {
        assert_eq!(loaded[field], saved[field], "{field}");
    }
    let parameters = |file: &Path| serde_json::from_str::<Value>(&fs::read_to_string(file).unwrap()).unwrap()["params"].clone();
    assert_eq!(parameters(&model), parameters(&again));
}

#[test]
fn eval_agrees_with_error_of_fit() {
    let folder = folder("eval");
    let (model, points) = (folder.join("m.json"), folder.join("p.csv"));
    let report = fit(&["double-well", "--epochs", "300", "--lr", "1e-2", "--model-out", path(&model)]);
    let place = |k: u32| -3.0 + 6.0 * f64::from(k) / 199.0;
    fs::write(&points, (0..200).fold("label,x\n".to_string(), |text, k| text + &format!("{k},{}\n", place(k)))).unwrap();
    let plain = multiwell(&["eval", path(&model), path(&points)]);
    assert_eq!((out(&plain).lines().next(), out(&plain).lines().count()), (Some("x,psi"), 201));
    let text = out(&multiwell(&["eval", path(&model), path(&points), "--gradient"]));
    assert_eq!(text.lines().next(), Some("x,psi,dpsi_dx"));
    let rows = text.lines().skip(1).map(|line| line.split(',').map(|field| field.parse().unwrap()).collect::<Vec<f64>>());
    let error = |row: Vec<f64>| row[1] - 0.4 * (row[0].powi(4) / 4.0 - row[0] * row[0] + row[0].powi(3) / 8.0);
    let squares = rows.map(|row| error(row).powi(2) / 200.0).sum::<f64>();
    let rmse = report["rmse"].as_f64().unwrap();
    assert!((squares.sqrt() - rmse).abs() < 1e-4 * rmse + 1e-6, "{} against {rmse}", squares.sqrt());
}

#[test]
fn landscape_is_compared_with_its_truth() {
    let folder = folder("landscape");
    let model = folder.join("fit.json");
    let whole = fit(&["double-well", "--recipe", "paper", "--epochs", "3000", "--lr", "1e-2", "--model-out", path(&model)]);
    let survey = json(&["landscape", path(&model), "--prune"]).0;
    // The file has all digits of the run, so that both results are equal.
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
    // The model contains its domain, but no rows for a comparison.
    assert!(multiwell(&["landscape", path(&own)]).status.success());
    refused(&["landscape", path(&own), "--prune"], "--benchmark");
    assert_eq!(json(&["landscape", path(&own), "--data", path(&rows)]).0["truth"], Value::Null);
}

#[test]
fn model_is_evaluated_on_grid_and_described_without_data() {
    let folder = folder("grid");
    let [table, model, array, again] = ["t.csv", "m.json", "g.npy", "g.csv"].map(|name| folder.join(name));
    let row = |k: i32| {
        let (x, y) = (f64::from(k % 12) / 4.0 - 1.4, f64::from(k / 12) / 5.0 - 1.0);
        format!("{x},{y},{}\n", (x * x - 1.0).powi(2) + y * y)
    };
    fs::write(&table, (0..132).fold("u,v,E\n".to_string(), |text, k| text + &row(k))).unwrap();
    let fitted = ["fit", path(&table), "--inputs", "u,v", "--target", "E", "--modes", "3", "--hidden", "6", "--epochs", "1500"];
    assert!(multiwell(&[&fitted[..], &["--model-out", path(&model)]].concat()).status.success());
    // The domain is that of the data. The last input changes fastest.
    let everything = ["--gradient", "--hessian", "--responsibilities"];
    let text = out(&multiwell(&[&["eval", path(&model), "--grid", "3x5"], &everything[..]].concat()));
    let head = "u,v,psi,dpsi_du,dpsi_dv,d2psi_du_du,d2psi_du_dv,d2psi_dv_dv,mode_0,mode_1,mode_2";
    assert_eq!((text.lines().next(), text.lines().count()), (Some(head), 16));
    let rows: Vec<Vec<f64>> = text.lines().skip(1).map(|line| line.split(',').map(|v| v.parse().unwrap()).collect()).collect();
    let ends = [&rows[0], &rows[1], &rows[14]].map(|row| [row[0], row[1]]);
    assert_eq!((ends[0], ends[2]), ([-1.4, -1.0], [1.35, 1.0]));
    assert!(ends[1][0] == -1.4 && (ends[1][1] + 0.5).abs() < 1e-12, "{ends:?}");
    assert!(rows.iter().all(|row| (row[8..].iter().sum::<f64>() - 1.0).abs() < 1e-9));
    // A NumPy array has the same numbers, and can be read as a table of points.
    let wanted = ["eval", path(&model), "--grid", "4", "--bounds", "u=-1..1", "--out"];
    assert!(multiwell(&[&wanted[..], &[path(&array)]].concat()).status.success());
    assert!(multiwell(&[&wanted[..], &[path(&again)]].concat()).status.success());
    let bytes = fs::read(&array).unwrap();
    let csv = fs::read_to_string(&again).unwrap();
    let first = csv.lines().nth(1).unwrap().split(',').nth(2).unwrap().parse::<f64>().unwrap();
    let data = bytes.len() - 3 * 16 * 8;
    assert_eq!(bytes[data + 2 * 16 * 8..data + 2 * 16 * 8 + 8], first.to_le_bytes());

    let alone = json(&["landscape", path(&model)]).0;
    let beside = json(&["landscape", path(&model), "--data", path(&table)]).0;
    // The parameters of a run are in single precision.
    for k in [0, 1] {
        let at = |survey: &Value| survey["minima"][k]["x"][0].as_f64().unwrap();
        assert!((at(&alone) - at(&beside)).abs() < 1e-6);
    }
    let ends = |survey: &Value| survey["paths"].as_array().unwrap().iter().map(|path| path["minima"].clone()).collect::<Vec<_>>();
    assert!(ends(&alone) == ends(&beside) && ends(&alone).len() == 1);

    refused(&["eval", path(&model), "--grid", "3x3x3"], "one for each (u, v)");
    refused(&["eval", path(&model), "--grid", "100000"], "at most 10000000 points");
    refused(&["eval", path(&model), "--grid", "3", "--bounds", "2..1"], "must be ranges");
    refused(&["eval", path(&model), "--grid", "3", "--density"], "--density cannot be used with the model of a potential");
    refused(&["eval", path(&model), path(&table), "--out", path(&model)], "m.json");
    let mut file: Value = serde_json::from_slice(&fs::read(&model).unwrap()).unwrap();
    file["domain"]["bounds"] = serde_json::json!([[0.0, 1.0]]);
    fs::write(&model, file.to_string()).unwrap();
    refused(&["landscape", path(&model)], "`domain` must have `bounds`");
    file.as_object_mut().unwrap().remove("domain");
    fs::write(&model, file.to_string()).unwrap();
    refused(&["eval", path(&model), "--grid", "3"], "give the ends of the grid with --bounds");
    refused(&["landscape", path(&model)], "its rows with --data");
}

#[test]
fn landscape_has_coexistence_and_rates_under_force() {
    let folder = folder("load");
    let [rows, model] = ["rows.csv", "m.json"].map(|name| folder.join(name));
    // The potential is (x² - 1)² + 0.3 x in kT, with units.
    let row = |x: f64| format!("{x},{}\n", (x * x - 1.0).powi(2) + 0.3 * x);
    let table = (0..=120).fold("x [nm],E [kT]\n".to_string(), |text, k| text + &row(f64::from(k) / 37.5 - 1.6));
    fs::write(&rows, table).unwrap();
    assert!(multiwell(&["fit", path(&rows), "--epochs", "2000", "--model-out", path(&model)]).status.success());
    let json = |more: &[&str]| json(&[&["landscape", path(&model)], more].concat()).0;
    let known = |value: &Value| value.as_f64().unwrap();
    let under = json(&["--tilt", "0.3"]);
    let coexistence = &under["coexistences"][0];
    assert!(
        (known(&coexistence["tilt"]) - 0.3).abs() < 0.01 && (known(&coexistence["barrier"]) - 1.0).abs() < 0.02,
        "{coexistence}"
    );
    assert!((known(&under["minima"][0]["value"]) - known(&under["minima"][1]["value"])).abs() < 0.02);
    // The well disappears where the slope is extreme.
    assert!((known(&under["spans"][0]["tilts"][1]) - 0.3 - 8.0 / 27.0_f64.sqrt()).abs() < 0.03, "{}", under["spans"]);
    assert!(json(&[])["rates"].is_null() && json(&["--rates"])["rates"][0]["rate"].is_null());
    let rate = json(&["--tilt", "0.3", "--kT", "0.1", "--friction", "2"])["rates"][0].clone();
    let kramers = 32.0_f64.sqrt() / std::f64::consts::TAU / 2.0 * (-10.0_f64).exp();
    assert!((known(&rate["rate"]) / kramers - 1.0).abs() < 0.2, "{rate} {kramers}");
    let words = out(&multiwell(&["landscape", path(&model), "--tilt=-0.2", "--kT", "0.5"]));
    for word in ["under a force of -0.2000", "equally deep", "kT/(nm)^2", "assumed: overdamped", "below 3 kT"] {
        assert!(words.contains(word), "{word}: {words}");
    }
    refused(&["landscape", path(&model), "--tilt", "1,2"], "one finite number for each input (x [nm])");
    refused(&["landscape", path(&model), "--tilt", "nan"], "one finite number");
    refused(&["landscape", path(&model), "--kT", "0"], "--kT must be a finite number above 0");
}

#[test]
fn densities_and_materials_are_evaluated() {
    let folder = folder("others");
    let [samples, points, density, material, runs] =
        ["s.csv", "p.csv", "d.json", "m.json", "r.csv"].map(|name| folder.join(name));
    fs::write(&samples, (0..60).fold("x\n".to_string(), |text, k| text + &format!("{}\n", (f64::from(k * 37 % 60) / 9.0).sin())))
        .unwrap();
    let fitted = ["fit", path(&samples), "--density", "--modes", "2", "--hidden", "4", "--decay", "1", "--epochs", "60"];
    assert!(multiwell(&[&fitted[..], &["--model-out", path(&density)]].concat()).status.success());
    let described = json(&["landscape", path(&density)]).0;
    let ends = [0, 1].map(|end| described[0]["domain"][end].as_f64().unwrap());
    assert!(described[0]["label"] == "x" && !described[0]["wells"].as_array().unwrap().is_empty(), "{described:?}");
    let step = (ends[1] - ends[0]) / 900.0;
    fs::write(&points, format!("x\n{}\n", ends[0])).unwrap();
    let table = out(&multiwell(&["eval", path(&density), path(&points), "--gradient"]));
    assert!(table.starts_with("x,psi,dpsi_dx\n"), "{table}");
    // The probability below the right end of the domain is one, and that below the median is one half.
    let table = out(&multiwell(&["eval", path(&density), "--grid", "901", "--density"]));
    let below: Vec<[f64; 2]> = table
        .lines()
        .skip(1)
        .map(|line| line.split(',').map(|v| v.parse().unwrap()).collect::<Vec<f64>>())
        .map(|row| [row[2], row[3]])
        .collect();
    let sums = below.iter().scan(0.0, |sum, [q, _]| {
        *sum += q * step;
        Some(*sum)
    });
    assert!(table.starts_with("x,psi,q,F\n") && below[900][1] > 0.999);
    assert!(sums.zip(&below).all(|(sum, [q, f])| (sum - 0.5 * q * step - f).abs() < 1e-9));
    refused(&["landscape", path(&density), "--prune"], "have no effect on the model of a density");
    refused(&["landscape", path(&density), "--kT", "2"], "whose potential is in kT");
    let under = json(&["landscape", path(&density), "--tilt", "0.2", "--rates"]).0;
    assert!(under[0]["tilt"][0] == 0.2 && under[0]["rates"].is_array() && under[0]["coexistences"].is_array());
    let mass: f64 = under[0]["wells"].as_array().unwrap().iter().map(|well| well["mass"].as_f64().unwrap()).sum();
    assert!((mass - 1.0).abs() < 1e-6, "{mass}");
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
    // The message about an invalid setting of a model file names the file.
    let mut file: Value = serde_json::from_slice(&fs::read(&density).unwrap()).unwrap();
    file["settings"]["modes"] = 500.into();
    fs::write(&density, file.to_string()).unwrap();
    refused(
        &["fit", path(&samples), "--density", "--init", path(&density)],
        "d.json: modes must be a whole number from 1 to 64, not 500",
    );
}

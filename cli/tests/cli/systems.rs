//! Tests of `fit schlogl` and `fit metamaterial` by the command line.

use serde_json::Value;

use crate::program::{folder, json, json_lines, multiwell, path, refused};

fn fit(arguments: &[&str]) -> Value {
    json(&[&["fit"], arguments].concat()).0
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|v| v.as_f64().expect("a number")).collect()
}

#[test]
fn fitted_density_is_closer_to_law_than_scott_kernel_estimate() {
    let report = fit(&["schlogl", "--epochs", "800", "--decay", "0.2", "--pooling", "later", "--data-seed", "3"]);
    assert_eq!(report["finite"], true);
    let names = ["times", "tv_fit", "tv_kde_scott", "tv_kde_best", "tv_kde_oracle", "tv_mixture_3", "kl_fit", "loss"];
    assert!(names.iter().all(|name| numbers(&report[name]).len() == 7), "{report}");
    let mean = |name: &str| numbers(&report[name]).iter().sum::<f64>() / 7.0;
    assert!(mean("tv_fit") < 0.5 * mean("tv_kde_scott"), "{report}");
    assert!(mean("tv_kde_oracle") < mean("tv_kde_best") + 1e-3, "{report}");
}

#[test]
fn own_samples_are_fitted_saved_and_resumed() {
    let folder = folder("systems/samples");
    let file = |name: &str| folder.join(name).to_str().unwrap().to_string();
    let (data, model, history) = (file("samples.csv"), file("model.json"), file("history.csv"));
    let line = |k: u32| format!("{},{}\n", (f64::from(k) * 0.7).sin(), f64::from(k * k % 17));
    std::fs::write(&data, "1,2\n".to_string() + &(0..60).map(line).collect::<String>()).unwrap();
    let report = fit(&[&data, "--density", "--epochs", "30", "--model-out", &model, "--history-out", &history]);
    assert_eq!((numbers(&report["times"]), numbers(&report["loss"]).len()), (vec![1.0, 2.0], 2));
    assert!(report["tv_fit"].as_array().unwrap().is_empty() && report["tv_fit_mean"].is_null());
    let again = fit(&[&data, "--density", "--epochs", "30", "--init", &model]);
    assert_eq!(again["loss"], report["loss"]);
    assert!(std::fs::read_to_string(&history).unwrap().starts_with("epoch,fit,loss,rho\n"));
    let table = multiwell(&["fit", &data, "--density", "--epochs", "30"]);
    assert!(table.status.success() && String::from_utf8_lossy(&table.stdout).contains("pooling"));

    refused(&["fit", &data, "--density", "--samples", "9"], "--samples has no effect on a density");
    refused(&["fit", &data, "--density", "--target", "1"], "--target has no effect");
    refused(&["fit", "schlogl", "--density"], "--density is for the columns of a file");
    refused(&["fit", "schlogl", "--c1", "1"], "c1 must be a number from 1e-8 to 1e-6");
    refused(&["fit", "schlogl", "--noise", "1"], "--noise has no effect");
    refused(&["fit", "double-well", "--decay", "1"], "`fit schlogl`");
    refused(&["fit", &file("none.csv"), "--density"], "cannot be read");
}

#[test]
fn density_report_has_a_line_for_each_seed() {
    let lines =
        json_lines(&["fit", "schlogl", "--seeds", "1,2", "--data-seed", "same", "--epochs", "12", "--samples", "20", "--json"]);
    let seeds: Vec<(u64, u64)> = lines.iter().map(|r| (r["seed"].as_u64().unwrap(), r["data_seed"].as_u64().unwrap())).collect();
    assert_eq!(seeds, [(1, 1), (2, 2)]);
    assert!(multiwell(&["fit", "schlogl", "--seeds", "1,2", "--epochs", "12", "--samples", "20"]).status.success());
}

#[test]
fn diverged_density_or_material_is_reported_and_not_finite() {
    let density = ["schlogl", "--epochs", "40", "--samples", "30"];
    let alone = ["schlogl", "--epochs", "40", "--samples", "30", "--decay", "0.2", "--pooling", "alone"];
    let material = |dynamics| ["metamaterial", "--samples", "20", "--epochs", "9", "--dynamics", dynamics];
    let kinds = ["node", "onsager", "play"].map(material);
    let all = [&density[..], &alone].into_iter().chain(kinds.iter().map(|arguments| &arguments[..]));
    for arguments in all {
        let output = multiwell(&[&["fit"], arguments, &["--lr", "1e4", "--json"]].concat());
        let sentence = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {sentence}");
        let report: Value = serde_json::from_slice(&output.stdout).expect("the object is printed all the same");
        assert_eq!(report["finite"], false, "{arguments:?}");
        assert!(sentence.contains("diverged at epoch") && sentence.contains("lower the learning rate"), "{sentence}");
    }
}

/// Runs of a spring with dry friction. The force is the stretch minus the slip.
fn spring_with_friction() -> String {
    let mut text = String::from("id;time;u;F\n");
    for run in 0..12 {
        let mut slip = 0.0_f64;
        for n in 0..=40 {
            let u = (0.4 + 0.05 * f64::from(run)) * (f64::from(n) * (0.25 + 0.01 * f64::from(run))).sin();
            slip = slip.clamp(u - 0.2, u + 0.2);
            text += &format!("run {run};{};{u};{}\n", 0.5 * f64::from(n), 2.0 * (u - slip) + 0.5 * u);
        }
    }
    text
}

const COLUMN_ROLES: [&str; 8] = ["--run", "id", "--time", "time", "--inputs", "u", "--outputs", "F"];

#[test]
fn own_runs_are_learnt_saved_and_resumed_with_any_dynamics() {
    let folder = folder("systems/spring");
    let [table, model] = ["spring.csv", "spring.json"].map(|name| path(&folder.join(name)).to_string());
    std::fs::write(&table, spring_with_friction()).unwrap();
    for (dynamics, epochs) in [("node", "400"), ("onsager", "300"), ("play", "600")] {
        let learn = ["--dynamics", dynamics, "--epochs", epochs, "--lr", "1e-2", "--batch", "5", "--model-out", &model];
        let report = fit(&[&[table.as_str()], &COLUMN_ROLES[..], &learn].concat());
        assert_eq!((&report["outputs"][0], report["r2"].as_array().map(Vec::len)), (&Value::from("F"), Some(1)));
        assert!(report["r2_s11"].as_f64().unwrap() > 0.9 && report["r2_s22"].is_null(), "{report}");
        assert!(report["dissipation_steps"] == 2 * 40 && report["finite"] == true, "{report}");
        assert!(dynamics == "node" || report["dissipation_violations"] == 0, "{report}");
        let again = fit(&[&[table.as_str()], &COLUMN_ROLES[..], &["--init", &model, "--epochs", "1", "--lr", "1e-9"]].concat());
        let apart = again["r2_s11"].as_f64().unwrap() - report["r2_s11"].as_f64().unwrap();
        assert!(again["dynamics"] == dynamics && apart.abs() < 1e-3, "{again}");
    }
    let output = multiwell(&["fit", "metamaterial", "--init", &model]);
    let sentence = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && sentence.contains("choose data with the model's inputs"), "{sentence}");
}

#[test]
fn dynamics_of_own_runs_are_chosen_by_data_and_kept_in_model() {
    let folder = folder("systems/chosen");
    let [table, model] = ["spring.csv", "spring.json"].map(|name| path(&folder.join(name)).to_string());
    std::fs::write(&table, spring_with_friction()).unwrap();
    let learn = |more: &[&str]| fit(&[&[table.as_str()], &COLUMN_ROLES[..], &["--epochs", "60", "--hidden", "7"], more].concat());
    let report = learn(&["--model-out", &model]);
    let names: Vec<&str> = report["stages"].as_array().unwrap().iter().map(|stage| stage["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["try play", "try onsager", "try node", "choose dynamics"]);
    assert!(
        report["dissipated"][0].is_number() && report["dissipated"][1].is_null() && report["net_work"].is_number(),
        "{report}"
    );
    let dynamics = report["dynamics"].as_str().unwrap();
    assert_eq!(learn(&["--dynamics", "auto"])["r2"], report["r2"]);
    let again = learn(&["--init", &model]);
    assert!(again["dynamics"] == dynamics && again["stages"].as_array().unwrap().is_empty(), "{again}");
    let text = multiwell(&[&["fit", &table], &COLUMN_ROLES[..], &["--epochs", "60", "--hidden", "7"]].concat());
    let shown = String::from_utf8(text.stdout).unwrap();
    assert!(shown.contains("choose dynamics") && shown.contains("energy dissipated, a run"), "{shown}");
    // The batch size of a benchmark is unchanged.
    let benchmark = fit(&["metamaterial", "--samples", "20", "--epochs", "2", "--batch", "8"]);
    assert!(benchmark["dynamics"] == "play" && benchmark["stages"].as_array().unwrap().is_empty(), "{benchmark}");
    assert!(benchmark["dissipated"][1].as_f64().unwrap() > 0.0, "{benchmark}");
}

#[test]
fn several_seeds_of_material_equal_single_runs() {
    let settings = ["metamaterial", "--samples", "20", "--epochs", "2", "--batch", "8"];
    let model = folder("systems/best").join("best-material.json");
    let best = ["--seeds", "3,1", "--json", "--model-out", model.to_str().unwrap()];
    let members = json_lines(&[&["fit"], &settings[..], &best].concat());
    assert_eq!(members.len(), 2);
    for (member, seed) in members.iter().zip(["1", "3"]) {
        let alone = fit(&[&settings[..], &["--seed", seed]].concat());
        assert_eq!((&member["seed"], &member["rmse_s11"]), (&alone["seed"], &alone["rmse_s11"]));
    }
    // The file contains the run with the smallest loss on the training data.
    let file: Value = serde_json::from_str(&std::fs::read_to_string(model).unwrap()).unwrap();
    let losses: Vec<f64> = members.iter().map(|member| member["loss"].as_f64().unwrap()).collect();
    let best = if losses[0] <= losses[1] { 1 } else { 3 };
    assert_eq!(file["settings"]["seed"].as_u64(), Some(best));
}

#[test]
fn invalid_runs_are_refused_in_one_sentence() {
    let text = spring_with_friction();
    let folder = folder("systems/refused");
    let good = path(&folder.join("good.csv")).to_string();
    std::fs::write(&good, &text).unwrap();
    let refused = |arguments: &[&str], words: &str| refused(&[&["fit"], arguments].concat(), words);
    refused(&[good.as_str(), "--run", "id", "--time", "time"], "use --run, --time, --inputs and --outputs");
    refused(&[&[good.as_str()], &COLUMN_ROLES[..6], &["--outputs", "G"]].concat(), "no column \"G\"");
    refused(&[&[good.as_str()], &COLUMN_ROLES[..], &["--samples", "3"]].concat(), "--samples has no effect on runs in time");
    refused(&["metamaterial", "--run", "id"], "--run has no effect on metamaterial");
    refused(&[&["absent.csv"], &COLUMN_ROLES[..]].concat(), "cannot be read");
}

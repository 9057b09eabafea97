//! Tests of fits of the rows of a file.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::program::{err, fit, folder, json, multiwell, out, path, refused, succeeded};

#[test]
fn rows_of_file_are_learnt_in_one_and_two_inputs() {
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
fn derivatives_are_learnt_alone_in_part_and_with_values() {
    let folder = folder("gradient");
    let table = folder.join("forces.csv");
    let mut text = String::from("u,v,gu,gv,y\n");
    for k in 0..120 {
        let (u, v) = ((1.7 * f64::from(k)).sin(), (0.9 * f64::from(k)).cos());
        let gv = if k % 3 == 0 { String::new() } else { (4.0 * v).to_string() };
        writeln!(text, "{u},{v},{},{gv},{}", 2.0 * u - 1.0, u * u - u + 2.0 * v * v + 7.0).unwrap();
    }
    fs::write(&table, text).unwrap();
    let learnt = |more: &[&str]| fit(&[&[path(&table), "--inputs", "u,v", "--epochs", "3000"], more].concat());
    let model = folder.join("m.json");
    let alone = learnt(&["--gradient", "gu,gv", "--model-out", path(&model)]);
    let r2: Vec<f64> = alone["r2_components"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
    assert!(r2.len() == 2 && r2.iter().all(|&r2| r2 > 0.99), "{alone}");
    assert!(alone["r2_potential"].is_null() && alone["potential_offset"].is_number());
    let minimum = &alone["minima"][0]["x"];
    assert!((minimum[0].as_f64().unwrap() - 0.5).abs() < 0.05 && minimum[1].as_f64().unwrap().abs() < 0.05, "{alone}");
    // The landscape of that fit is described with the same rows.
    let landscape = multiwell(&["landscape", path(&model), "--data", path(&table), "--gradient", "gu,gv"]);
    let said = out(&landscape);
    assert!(landscape.status.success() && said.contains("wells") && said.contains("1 of 1 minima"), "{said}{}", err(&landscape));
    let both = learnt(&["--gradient", "gu,gv", "--target", "y"]);
    assert!(both["r2_potential"].as_f64().unwrap() > 0.99, "{both}");
    // A missing derivative has no error, but the other derivative still affects the fit.
    let part = learnt(&["--gradient", "gu,-"]);
    assert!(part["r2_components"][0].as_f64().unwrap() > 0.99, "{part}");
    refused(&["fit", "gene-circuit", "--gradient", "a,b"], "name columns of a file");
}

#[test]
fn large_file_is_averaged_and_learnt() {
    // Builds without optimisation use a small number of rows.
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
    let (found, said) = json(&["fit", path(&file), "--modes", "3", "--hidden", "6,6", "--epochs", "2000"]);
    assert!(said.contains("rows are averaged in 10,0"), "{said}");
    let stages = found["stages"].as_array().unwrap();
    let last = stages.last().unwrap();
    let sentence = last["sentence"].as_str().unwrap();
    assert!(last["name"] == "average" && sentence.contains("the error of the averages was 0.00"), "{sentence}");
    assert!(found["r2"].as_f64().unwrap() > 0.999 && found["finite"] == true, "{found}");
    assert!(start.elapsed() < Duration::from_mins(1), "{:?}", start.elapsed());
}

/// Numbers in no order, with a column for each name.
fn scattered(names: &str) -> String {
    let field = |k: usize| format!("{:.4}", (k as f64 * 78.233).sin() * 43.7).replace("-0.0000", "0.0000");
    let columns = names.split(',').count();
    let row = |row: usize| (0..columns).map(|column| field(7 * row + 1000 * column)).collect::<Vec<_>>().join(",") + "\n";
    format!("{names}\n") + &(0..60).map(row).collect::<String>()
}

#[test]
fn fits_to_sample_like_rows_give_notes() {
    let folder = folder("samples-or-values");
    let file = folder.join("samples.csv");
    let said = |names: &str, arguments: &[&str]| {
        fs::write(&file, scattered(names)).unwrap();
        json(&[&["fit", path(&file), "--modes", "2", "--hidden", "4", "--epochs", "16"], arguments].concat()).1
    };
    let function =
        "note: b is fitted as a function of a, of which it seems to depend little; if the rows are samples, use --density\n";
    assert_eq!(said("a,b", &["--recipe", "paper"]), function);
    assert_eq!(said("a,b", &["--recipe", "paper", "--inputs", "a", "--target", "b"]), "");
    let each = "note: each column is fitted as a density of its own; name up to three of them as inputs (--inputs) for their joint density\n";
    assert_eq!(said("a,b", &["--density", "--independent"]), each);
    assert_eq!(said("a", &["--density", "--independent"]), "");
    let times = said("1,2", &["--density"]);
    assert!(times.starts_with("note: The first line is read as the times of the sets;"), "{times}");
    assert_eq!(said("t = 1,t = 2", &["--density", "--independent"]), "");
    fs::write(&file, scattered("a,b,c")).unwrap();
    refused(&["fit", path(&file)], "--density if the rows are samples");
    fs::write(&file, scattered("a")).unwrap();
    refused(&["fit", path(&file)], "there is only one column (\"a\")");
    refused(&["fit", path(&file)], "if the rows are samples, use --density");
}

#[test]
fn column_names_of_derivatives_or_forces_give_notes() {
    let folder = folder("names");
    let file = folder.join("table.csv");
    let said = |names: &str, arguments: &[&str]| {
        // The points lie along a line, so that no column looks like samples.
        let columns = names.split(',').count();
        let row = |k: usize| (0..columns).map(|c| (k + c * k * k).to_string()).collect::<Vec<_>>().join(",");
        fs::write(&file, (0..30).fold(format!("{names}\n"), |text, k| text + &row(k) + "\n")).unwrap();
        json(&[&["fit", path(&file), "--modes", "2", "--hidden", "4", "--epochs", "4"], arguments].concat()).1
    };
    assert_eq!(said("x,y", &[]), "");
    let slope = said("x,dEdx", &[]);
    assert!(slope.contains("dEdx reads as the derivative with respect to x") && slope.contains("--gradient dEdx"), "{slope}");
    let force = said("x,Fx", &["--inputs", "x", "--gradient", "Fx"]);
    assert!(force.contains("Fx reads as a force") && force.contains("Use --forces"), "{force}");
    assert_eq!(said("x,Fx", &["--inputs", "x", "--forces", "Fx"]), "");
    assert_eq!(said("x,grad_x", &["--inputs", "x", "--gradient", "grad_x"]), "");
    assert!(said("x,grad_x", &["--inputs", "x", "--forces", "grad_x"]).contains("Use --gradient"));
}

/// A file of `tests/data/tables`.
fn of_another_program(name: &str) -> String {
    format!("{}/../tests/data/tables/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn files_of_other_programs_are_fitted_with_notes() {
    let short = ["--json", "--modes", "2", "--hidden", "4", "--epochs", "16"];
    let said = |arguments: &[&str]| json(&[&["fit"], arguments, &short[1..]].concat()).1;
    let [fes, energy, colvar, phi] = ["fes.dat", "energy.npy.gz", "COLVAR", "phi.npy"].map(of_another_program);
    let sentence = err(&multiwell(&["fit", &fes]));
    let suggested = "the names suggest --inputs phi,psi --target file.free --gradient der_phi,der_psi";
    assert!(sentence.trim_end().ends_with(suggested), "{sentence}");
    let notes =
        said(&[&fes, "--recipe", "paper", "--inputs", "phi,psi", "--target", "file.free", "--gradient", "der_phi,der_psi"]);
    let as_read = "note: Rows that hold inf or nan are left out: 3 of 64.\n";
    assert_eq!(notes, format!("{as_read}note: Periodic according to the file: phi:-pi..pi,psi:-pi..pi.\n"));
    assert_eq!(said(&[&energy, "--recipe", "paper"]), "note: The table has no header: its columns are called x and y.\n");
    let samples = said(&[&colvar, "--density"]);
    assert!(samples.contains("metad.bias reads as a bias and is not used") && samples.contains("Not used: time."), "{samples}");
    // Several files are sets of samples.
    let both = multiwell(&[&["fit", &colvar, &phi, "--density"][..], &short].concat());
    assert!(both.status.success() && out(&both).contains("\"COLVAR: phi\""), "{}{}", out(&both), err(&both));
    // For several quantities, each file has a separate density.
    let folder = folder("joint-sets");
    let (other, model) = (folder.join("other.dat"), folder.join("m.json"));
    fs::copy(&colvar, &other).unwrap();
    let fit = ["fit", &colvar, path(&other), "--density", "--inputs", "phi,psi", "--epochs", "14", "--model-out", path(&model)];
    let both = multiwell(&fit);
    let told = out(&both);
    assert!(told.contains("basins of all sets") && told.contains("population, other"), "{told}{}", err(&both));
    assert!(folder.join("m-COLVAR.json").is_file() && folder.join("m-other.json").is_file());
    let lines = out(&multiwell(&[&fit[..], &["--json"]].concat()));
    assert!(lines.lines().count() == 2 && lines.lines().all(|line| line.contains("\"populations\"")), "{lines}");
    refused(&[&fit[..], &["--seeds", "1,2"]].concat(), "--seeds is for one set of samples");
    refused(&["fit", &colvar, &phi], "Several files are sets of samples: add --density");
    refused(&["fit", &of_another_program("HILLS")], "plumed sum_hills");
    refused(&["fit", &of_another_program("structured.npy")], "numpy.savez");
}

#[test]
fn units_in_names_are_kept_and_optional_in_arguments() {
    let folder = folder("units");
    let (model, points) = (folder.join("m.json"), folder.join("p.csv"));
    let file = of_another_program("savetxt.txt");
    fit(&[&file, "--inputs", "x", "--target", "E", "--epochs", "20", "--model-out", path(&model)]);
    fs::write(&points, "x [nm]\n0.5\n").unwrap();
    let output = multiwell(&["eval", path(&model), path(&points), "--gradient"]);
    assert_eq!(out(&output).lines().next(), Some("x [nm],psi [kJ/mol],dpsi_dx [kJ/mol/nm]"), "{}", err(&output));
    // Without a header, the columns are the inputs in the order of the model.
    fs::write(&points, "0.5\n0.7\n").unwrap();
    assert_eq!(out(&multiwell(&["eval", path(&model), path(&points)])).lines().count(), 3);
}

#[test]
fn transformed_column_is_learnt() {
    let folder = folder("reading");
    let write = |name: &str, text: String| {
        let file = folder.join(name);
        fs::write(&file, text).unwrap();
        file
    };
    let rows = |sign: &str| -> String {
        (0..40).map(|k| f64::from(k) / 20.0 - 1.0).map(|x| format!("{x},{sign}{}\n", x * x + 0.5 * x)).collect()
    };
    let rmse = |file: &Path, target: &str| {
        let arguments =
            ["fit", path(file), "--target", target, "--inputs", "N", "--modes", "2", "--hidden", "4", "--epochs", "16"];
        json(&arguments).0["rmse"].as_f64().unwrap()
    };
    // A column is transformed on reading. A flag in the place of its value is not read as a column.
    let samples = write("lnpi.csv", format!("N,lnPI\n{}", rows("")));
    let minus = write("minus.csv", format!("N,E\n{}", rows("-").replace("--", "")));
    let [turned, plain] = [rmse(&samples, "-lnPI"), rmse(&minus, "E")];
    assert!((turned - plain).abs() < 1e-9, "{turned} {plain}");
    refused(&["fit", path(&samples), "--target", "--inputs", "N"], "--inputs");
    refused(&["fit", path(&samples), "--target", "-lnP"], "there is no column \"-lnP\"");
}

#[test]
fn wide_fits_are_refused_before_allocation() {
    let folder = folder("wide");
    let names: Vec<String> = (0..1200).map(|k| format!("x{k}")).collect();
    let row = |r: usize| (0..1200).map(|k| (((k + 1) * (r + 1) + r * r) % 11).to_string()).collect::<Vec<_>>().join(",");
    let text = format!("{},y\n{}", names.join(","), (0..20).map(|r| format!("{},{r}\n", row(r))).collect::<String>());
    let wide = folder.join("wide.csv");
    fs::write(&wide, text).unwrap();
    refused(&["fit", path(&wide), "--inputs", &names[1..].join(","), "--target", "y"], "GB of memory, more than is allowed");
}

#[test]
fn single_loop_is_learnt_as_material() {
    let folder = folder("loop");
    let file = folder.join("loop.csv");
    let row = |k: u32| format!("{k},{},{}\n", (0.2 * f64::from(k)).sin(), (0.2 * f64::from(k) - 0.3).sin());
    fs::write(&file, (0..40).map(row).fold(String::from("t,u,F\n"), |text, row| text + &row)).unwrap();
    let fit = succeeded(multiwell(&["fit", path(&file), "--time", "t", "--inputs", "u", "--outputs", "F", "--epochs", "20"]));
    let said = err(&fit);
    assert!(said.contains("only one run, so none is held out") && said.contains("cannot be compared on a single run"), "{said}");
}

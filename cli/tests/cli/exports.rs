//! Tests of exports of models by the command line. The crate `multiwell-export` tests the values of the functions.

use std::fs;

use crate::program::{err, fit, folder, multiwell, out, path, refused, succeeded};

#[test]
fn functions_of_exported_code_are_named_after_output_or_model() {
    let folder = folder("export-c");
    let (model, source) = (folder.join("well one.json"), folder.join("well.c"));
    fit(&["double-well", "--epochs", "200", "--model-out", path(&model)]);
    succeeded(multiwell(&["export", path(&model), "--to", "c", "--fast", "--out", path(&source)]));
    let text = fs::read_to_string(&source).unwrap();
    assert!(text.starts_with("/* well: ") && text.contains("double well_gradient(const double *x, double *gradient);"), "{text}");
    assert!(text.contains("fast_exp("), "{text}");
    let printed = out(&multiwell(&["export", path(&model), "--to", "c"]));
    assert!(printed.contains("double well_one_value(const double *x);"), "{printed}");
}

#[test]
fn exported_grid_agrees_with_eval() {
    let folder = folder("export-grid");
    let (model, grid) = (folder.join("m.json"), folder.join("grid.dat"));
    fit(&["muller-brown", "--recipe", "paper", "--epochs", "100", "--model-out", path(&model)]);
    let written = succeeded(multiwell(&["export", path(&model), "--to", "plumed", "--grid", "4x3", "--out", path(&grid)]));
    let text = fs::read_to_string(&grid).unwrap();
    assert!(text.starts_with("#! FIELDS x y external.bias der_x der_y\n#! SET min_x "), "{text}");
    assert!(text.contains("#! SET nbins_x 4\n#! SET periodic_x false\n") && text.matches("\n\n").count() == 3, "{text}");
    let points = folder.join("points.csv");
    let rows: Vec<&str> = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    let columns = |row: &str| row.split(' ').map(|number| number.parse::<f64>().unwrap()).collect::<Vec<f64>>();
    let places: Vec<String> =
        rows.iter().map(|row| columns(row)[..2].iter().map(f64::to_string).collect::<Vec<_>>().join(",")).collect();
    fs::write(&points, format!("x,y\n{}\n", places.join("\n"))).unwrap();
    let expected = out(&multiwell(&["eval", path(&model), path(&points), "--gradient"]));
    assert_eq!(expected.lines().count(), 13);
    assert!(err(&written).contains("the values in the grid contain a constant"), "{}", err(&written));
    let expected: Vec<Vec<f64>> = expected.lines().skip(1).map(|row| columns(&row.replace(',', " "))).collect();
    let constant = (columns(rows[0])[2] - expected[0][2]).round();
    for (row, expected) in rows.iter().zip(&expected) {
        let constants = [0.0, 0.0, constant, 0.0, 0.0];
        for ((found, constant), expected) in columns(row).iter().zip(constants).zip(expected) {
            assert!((found - constant - expected).abs() < 1e-10 * (1.0 + found.abs()), "{row} and {expected:?}");
        }
    }
}

#[test]
fn grid_for_plumed_names_the_unit_of_its_values() {
    let folder = folder("export-units");
    let (data, model) = (folder.join("data.csv"), folder.join("m.json"));
    let note = |unit: &str| {
        let rows: String = (0..40).map(|k| f64::from(k) / 10.0 - 2.0).map(|x| format!("{x},{}\n", x * x)).collect();
        fs::write(&data, format!("x [nm],E{unit}\n{rows}")).unwrap();
        fit(&[path(&data), "--recipe", "paper", "--epochs", "50", "--model-out", path(&model)]);
        err(&multiwell(&["export", path(&model), "--to", "plumed", "--grid", "20", "--out", path(&folder.join("psi.dat"))]))
    };
    assert!(note(" [eV]").contains("the values are in eV, while PLUMED reads kJ/mol: UNITS ENERGY=eV in its input changes that"));
    assert!(note(" [meV]").contains("the values are in meV, while PLUMED reads kJ/mol"));
    assert!(!note(" (kJ/mol)").contains("while PLUMED reads") && !note("").contains("while PLUMED reads"));
}

#[test]
fn duplicate_names_of_columns_and_arrays_are_numbered() {
    let folder = folder("export-twice");
    let (data, model, grid) = (folder.join("data.csv"), folder.join("m.json"), folder.join("grid.npz"));
    let rows: String =
        (0..60).map(|k| (f64::from(k % 8), f64::from(k / 8))).map(|(x, y)| format!("{x},{y},{}\n", x * x + y)).collect();
    fs::write(&data, format!("psi,value,E\n{rows}")).unwrap();
    let columns = ["fit", path(&data), "--inputs", "psi,value", "--target", "E"];
    succeeded(multiwell(&[&columns[..], &["--recipe", "paper", "--epochs", "100", "--model-out", path(&model)]].concat()));
    let evaluated = multiwell(&["eval", path(&model), path(&data), "--gradient"]);
    assert!(out(&evaluated).starts_with("psi,value,psi_2,dpsi_2_dpsi,dpsi_2_dvalue\n"), "{}", out(&evaluated));
    assert!(err(&evaluated).contains("is called psi_2"), "{}", err(&evaluated));
    let exported = multiwell(&["export", path(&model), "--to", "npz", "--grid", "4", "--out", path(&grid)]);
    assert!(exported.status.success() && err(&exported).contains("the input value is called value_2"), "{}", err(&exported));
    let bytes = fs::read(&grid).unwrap();
    let holds = |name: &str| bytes.windows(name.len()).any(|part| part == name.as_bytes());
    assert!(["psi.npy", "value_2.npy", "value.npy", "gradient.npy"].into_iter().all(holds));
    let model = path(&model);
    refused(&["eval", model, "--grid", "3", "--bounds", "x=0..1"], "names x, but the inputs are psi, value");
    refused(&["eval", model, "--grid", "3", "--bounds", "psi=0..1,psi=0..2"], "gives psi two ranges");
    refused(&["eval", model, "--grid", "3", "--out", path(&folder.join("x.npz"))], "end the name with .csv");
}

#[test]
fn invalid_exports_are_refused_in_one_sentence() {
    let folder = folder("export-refused");
    let model = folder.join("m.json");
    fit(&["double-well", "--epochs", "50", "--model-out", path(&model)]);
    let model = path(&model);
    refused(&["export", model, "--to", "onnx"], "name a file to write with --out");
    refused(&["export", model, "--to", "js", "--fast"], "--fast has no effect on the form js; leave it out");
    refused(&["export", model, "--to", "c", "--grid", "3"], "--grid has no effect on the form c; leave it out");
    refused(&["export", model, "--to", "c", "--set", "x"], "leave the name of the set out");
    refused(&["export", model, "--to", "plumed", "--grid", "1"], "at least 2");
    refused(&["export", model, "--to", "c", "--out", model], "--out");
    refused(&["export", model, "--to", "fortran", "--out", path(&folder.join("well.f90"))], "end the name with .f or .for");
    refused(&["export", model, "--to", "plumed", "--out", path(&folder.join("grid.npz"))], "end the name with .dat or .txt");
    refused(&["export", model, "--to", "umat"], "for example, or give its role by --roles x=11, or by x=field1");
    refused(&["export", model, "--to", "umat", "--roles", "x=11,x=22"], "the input \"x\" has two roles");
    refused(
        &["export", model, "--to", "npz", "--bounds", "y=0..1", "--out", path(&folder.join("g.npz"))],
        "names y, but the inputs are x",
    );
    let file = folder.join("no.json");
    fs::write(&file, "{}").unwrap();
    refused(&["export", path(&file), "--to", "c"], "no.json");
}

//! Models written in other forms. What the functions give is tested where they are written, in the crate `multiwell-export`.

use std::fs;
use std::process::Command;

use crate::program::{err, fit, folder, multiwell, out, path, refused};

#[test]
fn a_model_is_exported_to_c_that_agrees_with_eval() {
    let folder = folder("export-c");
    let (model, source, program) = (folder.join("well one.json"), folder.join("well.c"), folder.join("well"));
    fit(&["double-well", "--epochs", "200", "--model-out", path(&model)]);
    let output = multiwell(&["export", path(&model), "--to", "c", "--fast", "--out", path(&source)]);
    assert!(output.status.success(), "{}", err(&output));
    let text = fs::read_to_string(&source).unwrap();
    assert!(text.starts_with("/* well: ") && text.contains("double well_gradient(const double *x, double *gradient);"), "{text}");
    let points = folder.join("points.csv");
    fs::write(&points, "x\n0.25\n").unwrap();
    let expected = out(&multiwell(&["eval", path(&model), path(&points), "--gradient"]));
    let expected: Vec<f64> = expected.lines().nth(1).unwrap().split(',').skip(1).map(|number| number.parse().unwrap()).collect();
    let main = folder.join("main.c");
    fs::write(
        &main,
        "#include <stdio.h>\ndouble well_gradient(const double *x, double *gradient);\nint main(void) {\n    double x = 0.25, slope, value = well_gradient(&x, &slope);\n    printf(\"%.17g %.17g\\n\", value, slope);\n    return 0;\n}\n",
    )
    .unwrap();
    let compiled =
        Command::new("cc").args(["-std=c99", "-O2"]).args([&main, &source]).arg("-lm").arg("-o").arg(&program).status();
    assert!(compiled.unwrap().success());
    let found = String::from_utf8(Command::new(&program).output().unwrap().stdout).unwrap();
    for (found, expected) in found.split_whitespace().map(|number| number.parse::<f64>().unwrap()).zip(&expected) {
        assert!((found - expected).abs() < 1e-12 * (1.0 + expected.abs()), "{found} and {expected}");
    }
    // Without a name for the file, the functions are called after the model's.
    let printed = out(&multiwell(&["export", path(&model), "--to", "c"]));
    assert!(printed.contains("double well_one_value(const double *x);"), "{printed}");
}

#[test]
fn a_grid_is_read_by_eval_and_has_its_values() {
    let folder = folder("export-grid");
    let (model, grid) = (folder.join("m.json"), folder.join("grid.dat"));
    fit(&["muller-brown", "--recipe", "paper", "--epochs", "100", "--model-out", path(&model)]);
    let written = multiwell(&["export", path(&model), "--to", "plumed", "--grid", "4x3", "--out", path(&grid)]);
    assert!(written.status.success(), "{}", err(&written));
    let text = fs::read_to_string(&grid).unwrap();
    assert!(text.starts_with("#! FIELDS x y external.bias der_x der_y\n#! SET min_x "), "{text}");
    assert!(text.contains("#! SET nbins_x 3\n#! SET periodic_x false\n") && text.matches("\n\n").count() == 3, "{text}");
    let points = folder.join("points.csv");
    let rows: Vec<&str> = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    let columns = |row: &str| row.split(' ').map(|number| number.parse::<f64>().unwrap()).collect::<Vec<f64>>();
    let places: Vec<String> =
        rows.iter().map(|row| columns(row)[..2].iter().map(f64::to_string).collect::<Vec<_>>().join(",")).collect();
    fs::write(&points, format!("x,y\n{}\n", places.join("\n"))).unwrap();
    let expected = out(&multiwell(&["eval", path(&model), path(&points), "--gradient"]));
    assert_eq!(expected.lines().count(), 13);
    for (row, expected) in rows.iter().zip(expected.lines().skip(1)) {
        let expected = columns(&expected.replace(',', " "));
        for (found, expected) in columns(row).iter().zip(&expected) {
            assert!((found - expected).abs() < 1e-10 * (1.0 + expected.abs()), "{row} and {expected:?}");
        }
    }
}

#[test]
fn what_cannot_be_exported_gets_a_sentence() {
    let folder = folder("export-refused");
    let model = folder.join("m.json");
    fit(&["double-well", "--epochs", "50", "--model-out", path(&model)]);
    let model = path(&model);
    refused(&["export", model, "--to", "onnx"], "name a file to write with --out");
    refused(&["export", model, "--to", "js", "--fast"], "--fast has no effect on anything but C");
    refused(&["export", model, "--to", "c", "--grid", "3"], "--grid has no effect on anything but a grid");
    refused(&["export", model, "--to", "c", "--set", "x"], "leave the name of the set out");
    refused(&["export", model, "--to", "plumed", "--grid", "1"], "at least 2");
    refused(&["export", model, "--to", "c", "--out", model], "--out");
    let file = folder.join("no.json");
    fs::write(&file, "{}").unwrap();
    refused(&["export", path(&file), "--to", "c"], "no.json");
}

//! Tests of grids against PLUMED: by the rule of its source (`GridBase::create`), and by its program if `MULTIWELL_PLUMED` names one.

use std::f64::consts::PI;
use std::fs;
use std::path::Path;
use std::process::Command;

use multiwell_export::Model;
use multiwell_export::grid::{GridAxis, plumed};

use crate::models;

/// A model on a grid, with inputs of these names and periods.
fn grid(name: &str, names: &[&str], axes: &[GridAxis]) -> (Model, String) {
    let known = models::all().into_iter().find(|known| known.name == name).expect("a model");
    let mut model = Model::read(&known.text, None).expect("a model");
    model.inputs.iter_mut().zip(names).for_each(|(input, name)| input.name = (*name).into());
    let text = plumed(&model, axes).expect("a grid");
    (model, text)
}

fn value<'a>(text: &'a str, field: &str) -> &'a str {
    text.lines().find_map(|line| line.strip_prefix(&format!("#! SET {field} "))).expect("a field")
}

#[test]
fn bins_of_plumed_coincide_with_grid_points() {
    let axes = [
        GridAxis { count: 6, range: [-180.0, 180.0] },
        GridAxis { count: 4, range: [-2.0, 1.0] },
        GridAxis { count: 5, range: [0.0, 1.0] },
    ];
    let (_, text) = grid("periodic", &["a", "b", "c"], &axes);
    let mut places = Vec::new();
    for (name, axis) in ["a", "b", "c"].iter().zip(&axes) {
        let number = |field: &str| value(&text, &format!("{field}_{name}")).parse::<f64>().expect("a number");
        let is_periodic = value(&text, &format!("periodic_{name}")) == "true";
        assert_eq!(is_periodic, *name != "b");
        // `GridBase::create` uses one bin fewer for an input that is not periodic, and `GridBase::Init` adds a point.
        let bins = if is_periodic { number("nbins") } else { number("nbins") - 1.0 };
        let step = (number("max") - number("min")) / bins;
        places.push((0..axis.count).map(|k| number("min") + step * k as f64).collect::<Vec<f64>>());
    }
    let rows = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let mut count = 0;
    for (k, row) in rows.enumerate() {
        let found: Vec<f64> = row.split(' ').map(|number| number.parse().expect("a number")).collect();
        for (found, expected) in found.iter().zip([places[0][k % 6], places[1][k / 6 % 4], places[2][k / 24]]) {
            assert!((found - expected).abs() < 1e-12, "{row}");
        }
        count += 1;
    }
    assert_eq!(count, 6 * 4 * 5);
}

#[test]
fn bounds_of_angles_are_written_as_plumed_expects() {
    let [turn, other] = [[-PI, PI], [0.0, 1.0]];
    let known = models::all().into_iter().find(|known| known.name == "periodic").expect("a model");
    let mut model = Model::read(&known.text, None).expect("a model");
    model.inputs[0].period = Some(turn);
    let axes = [turn, [-2.0, 1.0], other].map(|range| GridAxis { count: 3, range });
    let text = plumed(&model, &axes).expect("a grid");
    assert_eq!(["min_x0", "max_x0", "min_x2", "max_x2"].map(|field| value(&text, field)), ["-pi", "pi", "0", "1"]);
    // Digits of pi in a table.
    let digits = |x: f64| (1e5 * x).trunc() / 1e5;
    let turn = turn.map(digits);
    model.inputs[0].period = Some(turn);
    let axes = [turn, [-2.0, 1.0], other].map(|range| GridAxis { count: 3, range });
    assert_eq!(value(&plumed(&model, &axes).expect("a grid"), "max_x0"), "pi");
}

/// Values and derivatives along a line of points, computed by `plumed driver`.
fn driven(program: &str, folder: &Path, text: &str, input: &str, points: &[f64]) -> Vec<[f64; 2]> {
    fs::write(folder.join("grid.dat"), text).expect("a grid is written");
    // Four atoms with the position as their torsion, and two atoms at that distance.
    let frame = |&x: &f64| {
        let atoms = [[1.0, 0.0, 0.0], [0.0; 3], [0.0, 0.0, 1.0], [x.cos(), x.sin(), 1.0], [5.0; 3], [5.0 + x, 5.0, 5.0]];
        let lines = atoms.map(|[x, y, z]| format!("X {x:.15} {y:.15} {z:.15}\n")).concat();
        format!("6\n100 100 100\n{lines}")
    };
    fs::write(folder.join("points.xyz"), points.iter().map(frame).collect::<String>()).expect("points are written");
    let script = format!(
        "phi: TORSION ATOMS=1,2,3,4\nd: DISTANCE ATOMS=5,6\nexternal: EXTERNAL ARG={input} FILE=grid.dat\nPRINT ARG=external.bias FILE=values FMT=%20.14f\nDUMPFORCES ARG={input} FILE=forces FMT=%20.14f\n"
    );
    fs::write(folder.join("plumed.dat"), script).expect("a script is written");
    for file in ["values", "forces"] {
        let _ = fs::remove_file(folder.join(file));
    }
    let mut command = Command::new(program);
    command.current_dir(folder).args(["driver", "--ixyz", "points.xyz", "--plumed", "plumed.dat", "--length-units", "nm"]);
    let output = command.output().expect("PLUMED starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let column = |file: &str| {
        let text = fs::read_to_string(folder.join(file)).expect("results of PLUMED");
        let rows = text.lines().filter(|line| !line.starts_with('#'));
        rows.map(|row| row.split_whitespace().nth(1).expect("a number").parse().expect("a number")).collect::<Vec<f64>>()
    };
    column("values").into_iter().zip(column("forces")).map(|(value, force)| [value, -force]).collect()
}

/// The cubic with the values and derivatives of a grid. PLUMED's splines have this form between two points.
fn cubic(places: &[f64], rows: &[[f64; 2]], x: f64) -> [f64; 2] {
    let k = (places.partition_point(|&place| place <= x).max(1) - 1).min(places.len() - 2);
    let h = places[k + 1] - places[k];
    let t = (x - places[k]) / h;
    let [a, b] = [rows[k], rows[k + 1]];
    let value = a[0] * (1.0 + 2.0 * t) * (1.0 - t).powi(2)
        + b[0] * t * t * (3.0 - 2.0 * t)
        + h * (a[1] * t * (1.0 - t).powi(2) - b[1] * t * t * (1.0 - t));
    let slope = 6.0 * t * (1.0 - t) * (b[0] - a[0]) / h + a[1] * (1.0 - t) * (1.0 - 3.0 * t) + b[1] * t * (3.0 * t - 2.0);
    [value, slope]
}

/// Test with PLUMED's program, for example that of the Python package `hillclimber`. `LD_LIBRARY_PATH`, `PLUMED_KERNEL` and `PLUMED_ROOT` locate its
/// library.
#[test]
fn plumed_gives_values_and_forces_of_model() {
    let Ok(program) = std::env::var("MULTIWELL_PLUMED") else {
        println!("skipped: MULTIWELL_PLUMED names no program of PLUMED");
        return;
    };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("plumed");
    fs::create_dir_all(&folder).expect("a folder");
    for (input, periodic, range) in [("d", false, [0.5, 2.0]), ("phi", true, [-PI, PI])] {
        let axis = GridAxis { count: 60, range };
        let known = models::all().into_iter().find(|known| known.name == "curve").expect("a model");
        let mut model = Model::read(&known.text, None).expect("a model");
        model.inputs[0].name = input.into();
        if periodic {
            model.inputs[0].period = Some(range);
        }
        let text = plumed(&model, &[axis]).expect("a grid");
        let rows: Vec<Vec<f64>> = text
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.split(' ').map(|number| number.parse().expect("a number")).collect())
            .collect();
        let places: Vec<f64> = rows.iter().map(|row| row[0]).collect();
        let at: Vec<[f64; 2]> = rows.iter().map(|row| [row[1], row[2]]).collect();
        // Points between those of the grid. The last interval of a period is omitted, where the curve is not periodic.
        let points: Vec<f64> = (0..300).map(|k| places[0] + (places[58] - places[0]) * (f64::from(k) + 0.37) / 301.0).collect();
        let found = driven(&program, &folder, &text, input, &points);
        let function = model.functions.iter().find(|function| function.name == "gradient").expect("a gradient");
        let exact = function.evaluate(std::slice::from_ref(&points));
        for (k, &x) in points.iter().enumerate() {
            let interpolated = cubic(&places, &at, x);
            for (part, scale) in [(0, 1.0), (1, 10.0)] {
                let error = (exact[part][k] - interpolated[part]).abs();
                let difference = (found[k][part] - exact[part][k]).abs();
                assert!(difference < 1.5 * error + 1e-6 * scale, "{input}={x}: {difference} beside {error}");
            }
        }
    }
}

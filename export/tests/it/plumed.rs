//! Tests of grids against the rules of PLUMED's source (`GridBase::create`). `tests/clients/plumed.py` runs PLUMED itself.

use std::f64::consts::PI;

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

#[test]
fn values_of_several_inputs_stay_away_from_zero() {
    let axes = [
        GridAxis { count: 6, range: [-180.0, 180.0] },
        GridAxis { count: 4, range: [-2.0, 1.0] },
        GridAxis { count: 5, range: [0.0, 1.0] },
    ];
    let (_, text) = grid("periodic", &["a", "b", "c"], &axes);
    let rows = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let values: Vec<f64> = rows.map(|row| row.split(' ').nth(3).expect("a value").parse().expect("a number")).collect();
    let (low, high) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &v| (low.min(v), high.max(v)));
    assert!(low >= 9.9 * (high - low), "{low} to {high}");
}

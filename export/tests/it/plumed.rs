//! Tests of grids against the rules of PLUMED's source (`GridBase::create`). `tests/clients/plumed.py` runs PLUMED itself.

use std::f64::consts::PI;

use multiwell_export::Model;
use multiwell_export::grid::{GridAxis, plumed};

use crate::models;

/// Axes of a grid of a periodic model.
const PERIODIC_AXES: [GridAxis; 3] = [
    GridAxis { count: 6, range: [-180.0, 180.0] },
    GridAxis { count: 4, range: [-2.0, 1.0] },
    GridAxis { count: 5, range: [0.0, 1.0] },
];

fn periodic_model() -> Model {
    let known = models::all().into_iter().find(|known| known.name == "periodic").expect("a model");
    Model::read(&known.text, None).expect("a model")
}

/// Rows of a grid.
fn rows(text: &str) -> impl Iterator<Item = Vec<f64>> {
    let rows = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    rows.map(|row| row.split(' ').map(|number| number.parse().expect("a number")).collect())
}

fn value<'a>(text: &'a str, field: &str) -> &'a str {
    text.lines().find_map(|line| line.strip_prefix(&format!("#! SET {field} "))).expect("a field")
}

#[test]
fn bins_of_plumed_coincide_with_grid_points() {
    let text = plumed(&periodic_model(), &PERIODIC_AXES).expect("a grid");
    let mut places = Vec::new();
    for (name, axis) in ["x0", "x1", "x2"].iter().zip(&PERIODIC_AXES) {
        let number = |field: &str| value(&text, &format!("{field}_{name}")).parse::<f64>().expect("a number");
        let is_periodic = value(&text, &format!("periodic_{name}")) == "true";
        assert_eq!(is_periodic, *name != "x1");
        // `GridBase::create` uses one bin fewer for an input that is not periodic, and `GridBase::Init` adds a point.
        let bins = if is_periodic { number("nbins") } else { number("nbins") - 1.0 };
        let step = (number("max") - number("min")) / bins;
        places.push((0..axis.count).map(|k| number("min") + step * k as f64).collect::<Vec<f64>>());
    }
    let mut count = 0;
    for (k, row) in rows(&text).enumerate() {
        for (found, expected) in row.iter().zip([places[0][k % 6], places[1][k / 6 % 4], places[2][k / 24]]) {
            assert!((found - expected).abs() < 1e-12, "{row:?}");
        }
        count += 1;
    }
    assert_eq!(count, 6 * 4 * 5);
}

#[test]
fn bounds_of_angles_are_written_as_plumed_expects() {
    let [turn, other] = [[-PI, PI], [0.0, 1.0]];
    let mut model = periodic_model();
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
    let text = plumed(&periodic_model(), &PERIODIC_AXES).expect("a grid");
    let (low, high) =
        rows(&text).fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), row| (low.min(row[3]), high.max(row[3])));
    assert!(low >= 9.9 * (high - low), "{low} to {high}");
}

//! The engine and the benchmarks against independent reference values.
//!
//! The files are read from the directory that the environment variable `MULTIWELL_REFERENCE` names, by default `tests/data`, so
//! that other files of the same layout can be tried.
#![cfg(not(target_arch = "wasm32"))]

use std::path::PathBuf;

use serde_json::Value;

/// The reference file `name`, e.g. `potentials_1d.json`.
fn reference(name: &str) -> Value {
    let directory = std::env::var_os("MULTIWELL_REFERENCE").map_or_else(|| PathBuf::from("tests/data"), PathBuf::from);
    let path = directory.join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The numbers of an array, however deeply nested, innermost index fastest.
fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(numbers).collect(),
        other => vec![other.as_f64().unwrap_or_else(|| panic!("{other} is not a number"))],
    }
}

/// Holds `found` to `expected` within `tolerance` of the largest entry expected.
fn assert_close(what: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}");
    assert!(!expected.is_empty(), "{what} is empty");
    let largest = expected.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    for (k, (f, e)) in found.iter().zip(expected).enumerate() {
        assert!((f - e).abs() <= tolerance * largest, "{what}[{k}]: {f} against {e}, largest {largest}");
    }
}

mod potentials_1d {
    use super::{assert_close, numbers, reference};
    use multiwell::{landscape, potentials};
    use serde_json::Value;

    /// Each benchmark with its reference.
    fn each(check: impl Fn(&'static dyn potentials::Potential, &Value)) {
        let file = reference("potentials_1d.json");
        let benchmarks = file["benchmarks"].as_object().expect("benchmarks");
        assert!(!benchmarks.is_empty());
        for (id, expected) in benchmarks {
            check(potentials::find(id).unwrap_or_else(|| panic!("no benchmark {id}")), expected);
        }
    }

    #[test]
    fn every_benchmark_is_in_the_reference() {
        let file = reference("potentials_1d.json");
        for p in potentials::all() {
            assert!(file["benchmarks"].get(p.id()).is_some(), "{}", p.id());
        }
    }

    #[test]
    fn values_and_slopes_agree() {
        each(|p, expected| {
            let x = numbers(&expected["x"]);
            let values: Vec<f64> = x.iter().map(|&x| p.value(x)).collect();
            let slopes: Vec<f64> = x.iter().map(|&x| p.slope(x)).collect();
            assert_close(p.id(), &values, &numbers(&expected["y"]), 1e-9);
            assert_close(p.id(), &slopes, &numbers(&expected["dy_dx"]), 1e-9);
        });
    }

    #[test]
    fn minima_and_maxima_agree() {
        each(|p, expected| {
            let found = landscape::of_potential(p);
            let minima = found.minima.iter().map(|m| (m.x[0], m.value)).collect::<Vec<_>>();
            let maxima = found.maxima.iter().map(|m| (m.x[0], m.value)).collect::<Vec<_>>();
            for (kind, found) in [("minima", minima), ("maxima", maxima)] {
                let expected = expected[kind].as_array().expect(kind);
                assert_eq!(found.len(), expected.len(), "{kind} of {}", p.id());
                for ((x, value), e) in found.into_iter().zip(expected) {
                    let (at, height) = (e["x"].as_f64().expect("x"), e["value"].as_f64().expect("value"));
                    // Near a smooth extremum the value is flat: x is the less sure of the two, in the reference as well.
                    assert!((x - at).abs() < 1e-8, "{kind} of {}: {x} against {at}", p.id());
                    assert!((value - height).abs() < 1e-9, "{kind} of {}: {value} against {height}", p.id());
                }
            }
        });
    }
}

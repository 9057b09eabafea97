//! Tests of formulas: values and derivatives against sympy, and long strings. `tests/fuzz` reads random strings.

use multiwell::internal::potentials::{Formula, KnownPotential};
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    set: String,
    bounds: String,
    cases: Vec<FormulaCase>,
}

#[derive(Deserialize)]
struct FormulaCase {
    formula: String,
    inputs: Vec<String>,
    points: Vec<Vec<f64>>,
    values: Vec<f64>,
    gradients: Vec<Vec<f64>>,
    hessians: Vec<Vec<f64>>,
}

/// Maximum difference relative to the expected number. Differences from the rounding of much larger numbers are excluded.
fn difference(found: &[f64], expected: &[f64]) -> f64 {
    let largest = expected.iter().fold(0.0, |most: f64, e| most.max(e.abs()));
    let one = |(f, e): (&f64, &f64)| if f == e { 0.0 } else { (f - e).abs() / e.abs().max(1e-3 * largest) };
    found.iter().zip(expected).map(one).fold(0.0, f64::max)
}

#[test]
fn values_and_derivatives_of_formulas_agree_with_sympy() {
    let Reference { set, bounds, cases } = serde_json::from_str(include_str!("../data/formulas.json")).unwrap();
    assert_eq!(cases.len(), 200);
    let mut worst = [0.0_f64; 3];
    for case in &cases {
        let FormulaCase { formula: text, inputs, points, .. } = case;
        let formula = Formula::new(text, &set, &bounds).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(formula.inputs(), *inputs, "{text}");
        for (k, x) in points.iter().enumerate() {
            let found = [vec![formula.value(x)], formula.gradient(x), formula.hessian(x)];
            let expected = [vec![case.values[k]], case.gradients[k].clone(), case.hessians[k].clone()];
            for order in 0..3 {
                let error = difference(&found[order], &expected[order]);
                assert!(error < 1e-12, "{text} at {x:?}, order {order}: {error:e}: {found:?}, expected {expected:?}");
                worst[order] = worst[order].max(error);
            }
        }
    }
    println!("largest relative errors of value, first and second derivatives: {worst:?}");
}

#[test]
fn deep_and_long_formulas_do_not_overflow_stack() {
    let deep = [
        "(".repeat(100_000),
        "-".repeat(400) + "x",
        "x^".repeat(200) + "x",
        "sin(".repeat(120) + "x",
        "(".repeat(240) + "x" + &")".repeat(240),
        "x+".repeat(249) + "x",
        "x*".repeat(249) + "x",
        "x".repeat(1_000_000),
        "1/(1+".repeat(59) + "x" + &")".repeat(59),
        "exp(-".repeat(28) + "x*x" + &")".repeat(28),
    ];
    for text in deep {
        let found = Formula::new(&text, "", "0.5..1.5");
        if let Err(error) = found {
            assert!(error.to_string().len() < 200, "{error}");
        }
    }
    assert!(Formula::new(&("x+".repeat(249) + "x"), "", "").is_ok());
}

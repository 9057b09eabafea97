//! Tests of formulas: values and derivatives against sympy, and random strings through parser and evaluation.

use multiwell::internal::potentials::formula::{parameters, unused};
use multiwell::internal::potentials::{Formula, KnownPotential};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::Deserialize;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

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

const OPERAND_TOKENS: [&str; 22] =
    ["x", "x", "x", "y", "x", "a", "b", "pi", "e", "1", "2", "0", "0.5", ".5", "2.", "1e3", "1e-400", "2x", "3", "-x", "4", "7"];
const OPERATOR_TOKENS: [&str; 12] = ["+", "-", "*", "/", "^", "**", "+", "*", "-", "^-", " - ", " * "];
const OPENING_TOKENS: [&str; 18] = [
    "(", "(", "sin(", "cos(", "tan(", "asin(", "acos(", "atan(", "sinh(", "cosh(", "tanh(", "exp(", "log(", "ln(", "sqrt(",
    "abs(", "min(1,", "max(x,",
];
const OTHER_TOKENS: [&str; 26] = [
    ")", "(", ",", ";", " ", "x1", "x2", "x3", "z", "1e400", "1e", "sin", "f(", "=", "|", "\u{3c0}", "\u{2212}", "\u{e9}",
    "\u{202e}", "\n", "_", "..", "min(", "@", "\u{0}", "x(",
];

fn any(rng: &mut Xoshiro256PlusPlus, pieces: &[&'static str]) -> &'static str {
    pieces[rng.random_range(0..pieces.len())]
}

/// Random string that is often a formula: alternating operands and operators, in parentheses and functions, with occasional mistakes.
fn string(rng: &mut Xoshiro256PlusPlus) -> String {
    let length = rng.random_range(1..9);
    let mistakes = if rng.random::<f64>() < 0.4 { 0.2 } else { 0.0 };
    let (mut text, mut open) = (String::new(), 0);
    for k in 0..length {
        if k > 0 {
            text += any(rng, &OPERATOR_TOKENS);
        }
        if rng.random::<f64>() < mistakes {
            text += any(rng, &OTHER_TOKENS);
        }
        if rng.random::<f64>() < 0.4 {
            text += any(rng, &OPENING_TOKENS);
            open += 1;
        }
        text += any(rng, &OPERAND_TOKENS);
        if open > 0 && rng.random::<f64>() < 0.5 {
            text += ")";
            open -= 1;
        }
    }
    text + &")".repeat(open)
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

/// Tests that train a recipe to its end: `cargo test --release -- --ignored full::`.
mod full {
    use super::*;

    #[test]
    #[ignore = "full recipe"]
    fn random_strings_do_not_panic_and_formulas_are_finite() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
        let (mut read, mut refused) = (0, 0);
        for _ in 0..100_000 {
            let (text, set) = (string(&mut rng), string(&mut rng));
            let bounds = if rng.random::<bool>() { "0.5..1.5".into() } else { string(&mut rng) };
            parameters(&text, &set, &bounds);
            unused(&text, &set, &bounds);
            match Formula::new(&text, if rng.random::<f64>() < 0.9 { "" } else { &set }, &bounds) {
                Ok(formula) => {
                    read += 1;
                    let x: Vec<f64> = formula.bounds().iter().map(|[low, high]| low + 0.37 * (high - low)).collect();
                    assert!(formula.value(&x).is_finite(), "{text:?} in {bounds:?}");
                    assert_eq!((formula.gradient(&x).len(), formula.hessian(&x).len()), (x.len(), x.len() * x.len()));
                }
                Err(error) => {
                    refused += 1;
                    let sentence = error.to_string();
                    assert!(sentence.len() < 400 && !sentence.contains('\n'), "{text:?}: {sentence}");
                }
            }
        }
        println!("{read} formulas, {refused} refused");
        assert!(read > 10_000, "{read}");
    }
}

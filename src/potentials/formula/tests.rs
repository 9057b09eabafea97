use std::f64::consts::{PI, TAU};

use super::*;
use crate::potentials::KnownPotential;

fn value(text: &str, x: &[f64]) -> f64 {
    Formula::new(text, "", "0.5..1.5").unwrap_or_else(|error| panic!("{text}: {error}")).value(x)
}

/// Error message for an invalid formula.
fn refused(text: &str, set: &str, bounds: &str) -> String {
    Formula::new(text, set, bounds).err().unwrap_or_else(|| panic!("{text} is accepted")).to_string()
}

#[test]
fn operators_have_mathematical_precedence() {
    let x = 1.25_f64;
    for (text, expected) in [
        ("-x^2", -x * x),
        ("2^-x", 2f64.powf(-x)),
        ("2^x^2", 2f64.powf(x * x)),
        ("x - 1 - 1", x - 2.0),
        ("x/2/2", x / 4.0),
        ("x/2*3", x / 2.0 * 3.0),
        ("- -x", x),
        ("x^-2", 1.0 / (x * x)),
        ("2x^2", 2.0 * x * x),
        ("2exp(x)", 2.0 * x.exp()),
        ("x − 2·x", -x),
        ("x**2", x * x),
        ("x² − 2x³ + √(x)", x * x - 2.0 * x * x * x + x.sqrt()),
        ("2√x + √2·√(x + 1) − √sqrt(x)", 2.0 * x.sqrt() + 2f64.sqrt() * (x + 1.0).sqrt() - x.sqrt().sqrt()),
        ("2e1x", 20.0 * x),
        ("x²(x²−2)²", x * x * (x * x - 2.0).powi(2)),
        ("-x²(x + 1)x", -x.powi(3) * (x + 1.0)),
        ("(x - 1)(x + 1)^2", (x - 1.0) * (x + 1.0).powi(2)),
        ("x/2*(x + 1)sin(x)", x / 2.0 * (x + 1.0) * x.sin()),
        ("2^(x)(x)", 2f64.powf(x) * x),
        ("½x⁴ − ¼x + ¾x¹⁰", x.powi(4) / 2.0 - x / 4.0 + 0.75 * x.powi(10)),
        ("max(x, 1, 2) + x", 2.0 + x),
    ] {
        assert!((value(text, &[x]) - expected).abs() < 1e-14, "{text}");
    }
    assert!(refused("3(x + 1)2x", "", "").contains("character 9: an operator such as * is missing in front"));
}

#[test]
fn syntax_errors_are_reported_with_position() {
    for (text, clause) in [
        ("", "formula is empty: write one such as x^4 - 2*x^2"),
        ("x +", "at character 4: it ends where a number, a letter or \"(\" should follow"),
        ("x + * 2", "at character 5: a number, a letter or \"(\" should stand here"),
        ("(x + 1", "at character 1: this \"(\" is not closed"),
        ("x + 1)", "at character 6: there is no \"(\" for this \")\""),
        ("sin x", "at character 1: sin needs its argument in parentheses, as in sin(x)"),
        ("x(x - 1)", "at character 1: x is no function: write x*(...) for a product"),
        ("sin(x, 1)", "at character 1: sin takes one argument, not 2"),
        ("min(x)", "at character 1: min takes two arguments or more, not 1"),
        (
            "1/2x",
            "at character 4: write * or parentheses, because a factor behind a divisor, as in 1/2x, may be read in two ways",
        ),
        ("1/-2x", "at character 5: write * or parentheses, because a factor behind a divisor"),
        ("1/x²(x + 1)", "at character 5: write * or parentheses, because a factor behind a divisor"),
        ("x/(2)(x)", "at character 6: write * or parentheses, because a factor behind a divisor"),
        ("x^2(x + 1)", "at character 4: write * or parentheses, because a factor behind an exponent, as in x^2x, may be"),
        ("2^-2x", "at character 5: write * or parentheses, because a factor behind an exponent"),
        ("1 + √2x", "at character 7: write parentheses below the root"),
        ("√x²", "at character 3: write parentheses below the root"),
        ("√", "at character 2: it ends where"),
        ("x² + αx", "at character 6: \"α\" has no meaning in a formula; names have Latin letters, such as a, or alpha"),
        ("x x", "at character 3: an operator such as * is missing in front"),
        ("V = x^2", "at character 3: give only the right side of the equation"),
        ("|x|", "at character 1: write abs(x) for |x|"),
        ("x + é", "at character 5: \"é\" has no meaning in a formula"),
        ("x^2 - 0,3", "at character 8: write decimals with a point"),
        ("1e999*x", "at character 1: the number is too large"),
        ("a + 1", "formula has no input: write it in x, y and z"),
        ("x*y*z*x1", "formula has 4 inputs (x, y, z, x1), but a formula may have three"),
        ("x, y, z, x", "at character 8: a field has at most three components"),
        ("x, y*z", "formula has 2 components, but 3 inputs (x, y, z)"),
    ] {
        let sentence = refused(text, "", "");
        assert!(sentence.contains(clause) && sentence.len() < 250, "{text}: {sentence}");
    }
    assert!(refused(&"x".repeat(501), "", "").contains("has 501 characters, but may have 500"));
    assert!(refused(&("(".repeat(61) + "x"), "", "").contains("more than 60 parts stand inside one another"));
}

#[test]
fn evaluation_errors_are_reported_with_position_and_point() {
    for (text, bounds, clause) in [
        ("log(x)", "", "at x = −2: the argument of log at character 1 must be above 0"),
        ("sqrt(x) + 1/(x + 3)", "", "at x = −2: the argument of sqrt at character 1 must not be below 0"),
        ("1/x", "", "at x = 0: the divisor at character 2 must not be 0"),
        ("1/(x - 0.1234567)", "", "at x = 0.1235: the divisor at character 2 must not be 0"),
        ("1/(x - 0.1234567)^2", "", "at x = 0.1235: the divisor"),
        ("(x - 0.1234567)^-2", "", "at x = 0.1235: the base of the power at character 16 must not be 0"),
        ("tan(x)", "", "at x = −1.571: the cosine in tan at character 1 must not be 0"),
        ("asin(x)", "", "the argument of asin at character 1 must lie from -1 to 1"),
        ("x^1.5", "", "at x = −2: the base of the power at character 2 must not be below 0"),
        ("x^y", "", "at x = −2, y = −2: the base of the power"),
        ("exp(exp(x^2))", "-9..9", "formula has the value ∞ at x = −9, which cannot be learnt"),
        ("0*x + 1", "", "formula is the same in the whole domain"),
        ("x - x, 0", "", "formula is the same in the whole domain"),
        ("x^2", "2..-2", "bounds must be ranges such as -2..2"),
        ("x^2", "x", "bounds must be ranges"),
        ("x^2", "a..2", "bounds must be ranges"),
    ] {
        let sentence = refused(text, "", bounds);
        assert!(sentence.contains(clause), "{text}: {sentence}");
    }
    assert!(refused("a*x", "a", "").starts_with("set must give parameters their values, such as a=0.3"));
    assert!(refused("a*x", "a=5 in 0..1", "").starts_with("set must give"));
}

#[test]
fn singular_slopes_are_taken_from_nearby_points() {
    let cone = Formula::new("(sqrt(x^2 + y^2) - 1)^2", "", "").unwrap();
    assert!(cone.gradient(&[0.0, 0.0]).iter().all(|slope| slope.is_finite()));
    let root = Formula::new("x^1.5 + x^0.5", "", "0..1").unwrap();
    assert!(root.gradient(&[0.0])[0] > 1e3);
    assert_eq!(Formula::new("x^1.5", "", "0..1").unwrap().gradient(&[0.0]), [0.0]);
}

#[test]
fn field_is_negative_gradient_of_its_potential() {
    let field = Formula::new("x - x^3 - y/4, -y - x/4", "", "").unwrap();
    let potential = Formula::new("x^4/4 - x^2/2 + y^2/2 + x*y/4", "", "").unwrap();
    let start = field.value(&[0.0, 0.0]) - potential.value(&[0.0, 0.0]);
    for x in [[0.3, -1.7], [2.0, 2.0], [-1.1, 0.4]] {
        assert!((field.value(&x) - potential.value(&x) - start).abs() < 1e-12);
        assert_eq!((field.observed(), potential.observed()), (Observed::Gradient, Observed::Values));
        for (found, expected) in field.gradient(&x).into_iter().zip(potential.gradient(&x)) {
            assert!((found - expected).abs() < 1e-12);
        }
        for (found, expected) in field.hessian(&x).into_iter().zip(potential.hessian(&x)) {
            assert!((found - expected).abs() < 1e-12);
        }
    }
    let steep = Formula::new("-tanh(40*(x - 0.9));", "", "").unwrap();
    let exact = |x: f64| (40.0 * (x - 0.9)).cosh().ln() / 40.0;
    for x in [-2.0, 0.95, 2.0] {
        assert!((steep.value(&[x]) - steep.value(&[0.0]) - exact(x) + exact(0.0)).abs() < 1e-9, "{x}");
    }
    let sentence = refused("y, -x", "", "");
    assert!(
        sentence.contains("field without a potential")
            && sentence.contains("component 1 by y is 1, that of component 2 by x is −1")
    );
    assert_eq!(Formula::new("-1, 0", "", "").unwrap().inputs(), ["x", "y"]);
}

#[test]
fn inputs_parameters_and_bounds_are_found_in_formula() {
    let formula = Formula::new("k*cos(3phi) + a*r^2", "k=2", "phi=-pi..pi, r=0..1.5").unwrap();
    assert_eq!(formula.inputs(), ["phi", "r"]);
    assert_eq!(formula.bounds(), [[-std::f64::consts::PI, std::f64::consts::PI], [0.0, 1.5]]);
    assert!((formula.value(&[0.0, 1.0]) - 3.0).abs() < 1e-15);
    let found = parameters("k*cos(3phi) + 2e3*a*r^2 + 1e5b + pi*e", "k=-7, a = 0.5 in 0..1", "phi=-pi..pi, r:0..1");
    let of = |name: &str, value: f64, range: [f64; 2]| FormulaParameter { name: name.into(), value, range };
    assert_eq!(found[..3], [of("k", -7.0, [-10.0, 10.0]), of("a", 0.5, [0.0, 1.0]), of("r", 1.0, [-2.0, 2.0])]);
    assert_eq!(found[3..], [of("b", 1.0, [-2.0, 2.0])]);
    let set = "k=-7, a=0.5 in 0..1, r=1, b=1";
    assert_eq!(parameters("k*a*r*b", set, "").iter().find(|l| l.name == "a"), Some(&found[1]));
    assert_eq!(Formula::new("x*y", "", "0..1, 2..3").unwrap().bounds(), [[0.0, 1.0], [2.0, 3.0]]);
    assert_eq!(Formula::new("x2 + x1", "", "0..1").unwrap().inputs(), ["x1", "x2"]);
    assert!(is_field("x, y") && is_field("x;") && !is_field("max(x, y) - min(1, x)"));
    let sentence = unused("a*x", "b=2", "").unwrap().to_string();
    assert_eq!(sentence, "set names b, but the formula holds a, x");
    assert_eq!(unused("a*x", "a=2", "w=0..1").unwrap().to_string(), "bounds names w, but the formula holds a, x");
    assert_eq!(unused("a*x", "a=2", "x=0..1"), None);
}

#[test]
fn unknown_long_name_is_refused_with_a_proposal() {
    for (text, proposal) in [
        ("3*xy", "write x*y, or give it one under Parameters, such as xy=1"),
        ("x^2 + kx", "write k*x, or"),
        ("xyz", "write x*y*z, or"),
        ("sinx", "write sin(x), or"),
        ("cos2x + y", "write cos(2*x), or"),
        ("sinhx", "write sinh(x), or"),
        ("sqrtxy", "write sqrt(x*y), or"),
        ("pix", "write pi*x, or"),
        ("x4 - 2*x^2", "write x^4, or"),
        ("barrier*(x^2 - 1)^2", "holds barrier, which has no value: give it one under Parameters, such as barrier=1"),
        ("x*expected", "no value: give it one"),
    ] {
        let sentence = refused(text, "", "");
        assert!(sentence.contains(proposal) && sentence.len() < 250, "{text}: {sentence}");
    }
    for (text, set, bounds) in [
        ("3*xy + x", "xy=2", ""),
        ("k*(y - x/2)^2 + a1*x + k_2", "", ""),
        ("(x - x0)^2 + y1*y", "", ""),
        ("cos(phi) + x*sin(psi)", "", "phi=-pi..pi, psi=-pi..pi"),
        ("barrier*x^2", "barrier=3", ""),
        ("x2 + x1", "", ""),
    ] {
        assert!(Formula::new(text, set, bounds).is_ok(), "{text}: {:?}", Formula::new(text, set, bounds));
    }
    assert!(refused("xsin(x)", "", "").contains("write x*sin(...) for a product"));
    assert_eq!(described("a*x^2 + b*x", "a=2", "").unwrap(), "a = 2; b = 1, the value of parameters without one");
    assert_eq!(described("a*x", "a=0.5", "").unwrap(), "a = 0.5");
    assert_eq!(described("x^2", "", ""), None);
}

#[test]
fn parameters_of_form_match_names_of_parser() {
    for text in ["2e3k + e*x", "1.5e-3q*x", "x + 2pi*w", "sin(x)+sinh2*k_1", "2E1m*x + x1e", "3e + 4e2e*x"] {
        let parsed = parse::parse(text).unwrap();
        let mut names: Vec<String> = Vec::new();
        for (node, _) in &parsed.nodes {
            if let parse::Node::Name(name) = node
                && !names.contains(name)
                && name != "x"
            {
                names.push(name.clone());
            }
        }
        let found: Vec<String> = parameters(text, "", "").into_iter().map(|letter| letter.name).collect();
        assert_eq!(found, names, "{text}");
    }
}

#[test]
fn period_defines_domain_of_input() {
    let of = |formula: &str, bounds: &str, periodic: &str| Formula::with_periods(formula, "", bounds, periodic);
    let torus = of("cos(x) + sin(2y)", "", "2pi").unwrap();
    assert_eq!((torus.bounds(), torus.periodic()), (vec![[-PI, PI]; 2], vec![true; 2]));
    let placed = of("cos(x)*y", "x=0..2*pi", "x:2pi").unwrap();
    assert_eq!((placed.bounds(), placed.periodic()), (vec![[0.0, TAU], [-2.0, 2.0]], vec![true, false]));
    let ranged = of("cos(phi) + sin(psi)", "phi=0..2*pi, psi=-1..1", "phi:2pi").unwrap();
    assert_eq!((ranged.bounds()[0], ranged.periodic()), ([0.0, TAU], vec![true, false]));
    assert!(of("x^2", "", "none").unwrap().periodic().is_empty());
    // The field of a washboard has a period, but its potential has none.
    let sentence = |formula: &str, bounds: &str, periodic: &str| of(formula, bounds, periodic).unwrap_err().to_string();
    for (formula, bounds, periodic, words) in [
        ("x^2", "", "4", "formula does not repeat itself after 4 in x"),
        ("sin(x) + 0.2, -y", "", "x:2pi", "formula does not repeat itself after 6.2832 in x"),
        ("abs(sin(x))*x", "", "pi", "does not repeat itself"),
        ("sqrt(3.2 - abs(x))", "", "2pi", "and one period further"),
        ("cos(x)", "-2..2", "2pi", "periodic gives x a period of 6.2832, and its bounds are −2..2"),
        ("cos(x)", "", "phi:2pi", "periodic names the input \"phi\""),
        ("cos(x)", "", "x:turn", "periodic does not understand"),
    ] {
        let told = sentence(formula, bounds, periodic);
        assert!(told.contains(words) && !told.contains("periodic periodic"), "{formula}: {told}");
    }
}

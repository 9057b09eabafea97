//! Formulas, with the values, bounds and periods of their parameters.

use arbitrary::{Result, Unstructured};
use multiwell::internal::potentials::formula::{self, values};
use multiwell::internal::potentials::{Formula, KnownPotential};

use crate::is_sentence;
use crate::odd::{number, one, raw_or_built, sometimes_damaged, word};

const VARIABLE_NAMES: [&str; 14] = ["x", "y", "z", "x1", "x2", "x3", "a", "k", "pi", "e", "phi", "E", "π", "sin"];

fn expression(u: &mut Unstructured, depth: u32, out: &mut String) -> Result<()> {
    if depth == 0 || u.is_empty() {
        *out += &if u.arbitrary()? { one(u, &VARIABLE_NAMES)?.to_owned() } else { number(u)? };
        return Ok(());
    }
    match u.int_in_range(0..=9)? {
        0 | 1 => *out += one(u, &VARIABLE_NAMES)?,
        2 => *out += &format!("{}", f64::from(u.arbitrary::<i8>()?) / 4.0),
        3 => *out += &number(u)?,
        4..=6 => {
            expression(u, depth - 1, out)?;
            *out += one(u, &["+", "-", "*", "/", "^", "**", " ", "·", "−", "^-"])?;
            expression(u, depth - 1, out)?;
        }
        7 => {
            *out += one(u, &["-", "+", "2", "--"])?;
            expression(u, depth - 1, out)?;
        }
        8 => {
            out.push('(');
            expression(u, depth - 1, out)?;
            out.push(')');
        }
        _ => {
            *out += word(u, "function names")?;
            out.push('(');
            expression(u, depth - 1, out)?;
            if u.ratio(1, 3)? {
                out.push(',');
                expression(u, depth - 1, out)?;
            }
            out.push(')');
        }
    }
    Ok(())
}

/// Formula, parameters, bounds and periods, one per line.
fn built(u: &mut Unstructured) -> Result<Vec<u8>> {
    let mut out = String::new();
    let depth = u.int_in_range(0..=6)?;
    for k in 0..if u.ratio(1, 6)? { u.int_in_range(1..=4)? } else { 1 } {
        if k > 0 {
            out += one(u, &[",", ";", ", "])?;
        }
        expression(u, depth, &mut out)?;
    }
    for most in [3, 3, 2] {
        out.push('\n');
        let mut parts = Vec::new();
        for _ in 0..if u.ratio(1, 3)? { u.int_in_range(0..=most)? } else { 0 } {
            let name = one(u, &["x=", "y=", "a=", "k=", "phi=", "x:", "phi:", ""])?;
            let ends = one(
                u,
                &["-2..2", "0..2pi", "-pi..pi", "2pi", "1..0", "0..0", "1 in 0..2", "a..b", "0..1e300", "-1e308..1e308", ".."],
            )?;
            parts.push(if u.arbitrary()? { format!("{name}{ends}") } else { format!("{name}{}", number(u)?) });
        }
        out += &parts.join(",");
    }
    sometimes_damaged(u, out, 4)
}

/// Reads a text of four lines as a formula.
pub fn check(input: &[u8]) {
    let bytes = raw_or_built(input, built);
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.splitn(4, '\n');
    let [own, set, bounds, periodic] = [(); 4].map(|()| lines.next().unwrap_or_default());
    formula::is_field(own);
    if let Some(error) = formula::unused(own, set, bounds) {
        is_sentence(&error);
    }
    let _ = values(set);
    let letters = formula::parameters(own, set, bounds);
    assert!(letters.iter().all(|letter| letter.value.is_finite()), "{letters:?}");
    match Formula::with_periods(own, set, bounds, periodic) {
        Err(error) => is_sentence(&error),
        Ok(potential) => {
            let inputs = potential.inputs().len();
            let ends = potential.bounds();
            assert!(ends.len() == inputs && ends.iter().all(|[low, high]| low < high && low.is_finite() && high.is_finite()));
            let x: Vec<f64> = ends.iter().map(|[low, high]| low + 0.37 * (high - low)).collect();
            assert!(potential.value(&x).is_finite(), "{own:?} at {x:?}");
            assert!(potential.gradient(&x).len() == inputs && potential.hessian(&x).len() == inputs * inputs);
        }
    }
}

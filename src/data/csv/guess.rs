//! What the columns of a table may be, by their names alone: a proposal, which whoever opens the table is shown.

use super::Columns;
use super::NOT_MEASURED;

/// What stands before the name of an input, or its number, in the name of a derivative.
const MARKS: [&str; 9] = ["grad_", "grad", "gradient_", "force_", "d_", "f_", "g_", "f", "g"];

/// Inputs, target and derivatives of a table with columns of these names. A column such as `fx`, `f_x`, `grad_x` or `dy_dx` is taken for
/// the derivative by `x`, and `f1` for that by `x1`; what is left over is the target, the last such column if there are several, or, where
/// there is no derivative, the last column of all.
pub fn guess(names: &[String]) -> Columns {
    let names: Vec<&String> = names.iter().filter(|name| !name.trim().is_empty()).collect();
    let by = |name: &str| names.iter().position(|x| *x != name && is_derivative(name, x));
    let found: Vec<Option<usize>> = names.iter().map(|name| by(name)).collect();
    // What a derivative is taken by is no derivative itself.
    let is_one = |k: usize| found[k].is_some_and(|x| found[x].is_none());
    if !(0..names.len()).any(is_one) {
        let Some((last, inputs)) = names.split_last() else { return Columns::default() };
        let inputs = inputs.iter().map(ToString::to_string).collect();
        return Columns { inputs, target: Some((*last).clone()), gradient: Vec::new() };
    }
    let by_it = |x: usize| (0..names.len()).find(|&k| is_one(k) && found[k] == Some(x));
    let inputs: Vec<usize> = (0..names.len()).filter(|&x| by_it(x).is_some()).collect();
    let target = (0..names.len()).rev().find(|&k| !is_one(k) && !inputs.contains(&k));
    Columns {
        gradient: inputs.iter().map(|&x| by_it(x).map_or_else(|| NOT_MEASURED.into(), |k| names[k].clone())).collect(),
        inputs: inputs.into_iter().map(|x| names[x].clone()).collect(),
        target: target.map(|k| names[k].clone()),
    }
}

/// Whether a column's name reads as the derivative by another.
fn is_derivative(name: &str, by: &str) -> bool {
    let (name, by) = (name.trim().to_lowercase(), by.trim().to_lowercase());
    if let Some(rest) = name.strip_prefix(['d', '∂']) {
        let tail = rest.rsplit(['_', '/']).next().unwrap_or_default();
        if tail.len() < rest.len() && tail.strip_prefix(['d', '∂']) == Some(&by) {
            return true;
        }
    }
    let number = by.trim_start_matches(|c: char| !c.is_ascii_digit());
    let numbered = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    MARKS.iter().any(|mark| {
        name.strip_prefix(mark).is_some_and(|rest| rest == by || (numbered && rest == number && !by.starts_with(mark)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_are_known_by_their_names() {
        for (header, inputs, target, gradient) in [
            ("x,y", "x", "y", ""),
            ("x1,x2,energy", "x1,x2", "energy", ""),
            ("x1,x2,f1,f2", "x1,x2", "", "f1,f2"),
            ("f2,x2,f1,x1", "x2,x1", "", "f2,f1"),
            ("x,y,fx,fy", "x,y", "", "fx,fy"),
            ("x,y,psi,grad_x,grad_y", "x,y", "psi", "grad_x,grad_y"),
            ("a,b,f,df_da,df_db", "a,b", "f", "df_da,df_db"),
            ("q,V,dV/dq", "q", "V", "dV/dq"),
            ("E11,c,dE,G_E11,g_c", "E11,c", "dE", "G_E11,g_c"),
            ("x1,x2,f1", "x1", "x2", "f1"),
            ("f,g", "f", "g", ""),
            ("", "", "", ""),
        ] {
            let names: Vec<String> = header.split(',').filter(|n| !n.is_empty()).map(String::from).collect();
            let Columns { inputs: found, target: value, gradient: slopes } = guess(&names);
            let told = (found.join(","), value.unwrap_or_default(), slopes.join(","));
            assert_eq!(told, (inputs.into(), target.into(), gradient.into()), "{header}");
        }
    }
}

//! Formulas of the columns of a table, such as `-lnPI` and `-2.5*log(p)`.

use super::error::FormulaError;
use super::parameters::{FUNCTION_NAMES, is_of_name};
use super::parse::{Node, parse};
use super::points::FormulaPoints;
use super::record::record;
use crate::data::units::without_unit;
use crate::numerics::statistics::sort_by;

/// Prefix of the name that replaces a column while a formula is parsed. The name of the column itself may hold any characters.
const PLACEHOLDER_PREFIX: &str = "column_number_";
/// Number of rows that are evaluated together.
const BATCH_ROWS: usize = 4096;

/// Formula of the columns of a table.
pub struct OfColumns {
    points: FormulaPoints,
}

impl OfColumns {
    /// Parses a formula, and returns it with the names of its columns. A column may be named without its unit. If several names match, the
    /// longest one counts. `None` if the text does not hold the name of any column.
    ///
    /// # Errors
    /// A sentence if the text is not a formula, or holds a name that is not a column.
    pub fn parse<'a>(text: &str, names: &[&'a str]) -> Option<Result<(Self, Vec<&'a str>), FormulaError>> {
        let (formula, found) = replaced(text, names);
        (!found.is_empty()).then(|| Ok((Self::from_formula(&formula, found.len())?, found)))
    }

    fn from_formula(formula: &str, columns: usize) -> Result<Self, FormulaError> {
        let parsed = parse(formula)?;
        let inputs: Vec<String> = (0..columns).map(|k| format!("{PLACEHOLDER_PREFIX}{k}")).collect();
        let unknown = parsed.nodes.iter().find_map(|(node, _)| match node {
            Node::Name(name) if !inputs.contains(name) => Some(name),
            _ => None,
        });
        if let Some(name) = unknown {
            return Err(FormulaError::new("formula", format!("there is no column {}", crate::text::shortened(name))));
        }
        if parsed.is_field {
            return Err(FormulaError::new("formula", "it has several parts, separated by commas"));
        }
        let recorded = record(&parsed, &inputs, &[]);
        Ok(Self { points: FormulaPoints::new(&recorded.graph, &recorded.roots) })
    }

    /// Values of the formula, from the values of its columns. Values that cannot be evaluated are not finite.
    pub fn values(&mut self, columns: &[Vec<f64>]) -> Vec<f64> {
        let rows = columns.first().map_or(0, Vec::len);
        let mut values = Vec::with_capacity(rows);
        for from in (0..rows).step_by(BATCH_ROWS) {
            let to = (from + BATCH_ROWS).min(rows);
            self.points.run(&columns.iter().map(|column| column[from..to].to_vec()).collect::<Vec<_>>());
            values.extend_from_slice(self.points.output(0));
        }
        values
    }
}

/// Replaces each column in a text by a name. Returns the text, and the columns in their order.
fn replaced<'a>(text: &str, names: &[&'a str]) -> (String, Vec<&'a str>) {
    let mut known: Vec<(&str, &'a str)> = names.iter().flat_map(|name| [(*name, *name), (without_unit(name), *name)]).collect();
    known.retain(|(called, _)| !called.is_empty());
    // The sort is stable, so that a full name takes precedence over a name without its unit.
    sort_by(&mut known, |(called, _)| -(called.len() as f64));
    let (mut formula, mut found, mut rest) = (String::new(), Vec::new(), text);
    while let Some(next) = rest.chars().next() {
        let is_inside = formula.ends_with(is_of_name);
        let begins = |(called, _): &&(&str, &str)| {
            let behind = rest.strip_prefix(called).filter(|_| !is_inside);
            let is_call = |behind: &str| {
                behind.trim_start().starts_with('(') && FUNCTION_NAMES.iter().any(|(function, _)| function == called)
            };
            let goes_on = |behind: &str| called.ends_with(is_of_name) && behind.starts_with(is_of_name);
            behind.is_some_and(|behind| !goes_on(behind) && !is_call(behind))
        };
        if let Some((called, name)) = known.iter().find(begins) {
            let k = found.iter().position(|of| of == name).unwrap_or_else(|| {
                found.push(*name);
                found.len() - 1
            });
            // Parentheses separate the name from the following characters.
            formula += &format!("({PLACEHOLDER_PREFIX}{k})");
            rest = &rest[called.len()..];
        } else {
            formula.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    (formula, found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str, names: &[&str], columns: &[Vec<f64>]) -> Vec<f64> {
        let (mut of, found) = OfColumns::parse(text, names).expect("it names a column").unwrap();
        let used: Vec<Vec<f64>> =
            found.iter().map(|name| columns[names.iter().position(|n| n == name).unwrap()].clone()).collect();
        of.values(&used)
    }

    fn refused(text: &str, names: &[&str]) -> String {
        OfColumns::parse(text, names).expect("it names a column").err().expect("refused").clause
    }

    #[test]
    fn columns_of_any_name_are_used_in_formulas() {
        let columns = [vec![1.0, 2.0], vec![10.0, 100.0]];
        assert_eq!(values("-lnPI", &["N", "lnPI"], &columns), [-10.0, -100.0]);
        assert_eq!(values("2*metad.bias - x", &["x", "metad.bias"], &columns), [19.0, 198.0]);
        assert_eq!(values("-E/2", &["E [kJ/mol]", "E2"], &columns), [-0.5, -1.0]);
        assert_eq!(values("1 - dE/dx", &["x", "dE/dx"], &columns), [-9.0, -99.0]);
        assert_eq!(values("e + log(y)*0", &["e", "y"], &columns), [1.0, 2.0]);
        assert_eq!(values("log(log)", &["log", "y"], &columns), [0.0, 2.0_f64.ln()]);
        let odd = values("log(x)", &["x"], &[vec![0.0, -1.0, 1.0]]);
        assert!(!odd[0].is_finite() && !odd[1].is_finite() && odd[2] == 0.0);
        let many: Vec<f64> = (0..10_000).map(f64::from).collect();
        assert_eq!(values("-x", &["x"], std::slice::from_ref(&many))[9_999], -9_999.0);
    }

    #[test]
    fn texts_without_column_are_not_formulas() {
        for text in ["energy", "-F", "xx", "2", "", "sin(1)"] {
            assert!(OfColumns::parse(text, &["x", "y"]).is_none(), "{text}");
        }
        assert!(refused("-x*foo", &["x"]).contains("no column foo"));
        assert!(refused("x, x", &["x"]).contains("several parts"));
        assert!(refused("x +", &["x"]).contains("should follow"));
    }
}

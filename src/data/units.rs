//! Units after the names of quantities: `x [nm]`, `E (kJ/mol)`.

use std::collections::HashSet;

/// Splits a name into the name without its unit and the unit, if the name ends with a unit in brackets.
pub fn split(name: &str) -> (&str, Option<&str>) {
    let name = name.trim();
    for (open, close) in [('[', ']'), ('(', ')')] {
        let inside = name.strip_suffix(close).and_then(|rest| rest.rfind(open).map(|at| (&rest[..at], &rest[at + 1..])));
        if let Some((before, unit)) = inside
            && !before.trim().is_empty()
            && !unit.trim().is_empty()
        {
            return (before.trim_end(), Some(unit.trim()));
        }
    }
    (name, None)
}

/// Name without its unit.
pub fn without_unit(name: &str) -> &str {
    split(name).0
}

/// Name of the derivative of one quantity with respect to another, with its unit if both have one: `dpsi_dr [kT/nm]`.
pub fn derivative(of: &str, by: &str) -> String {
    let ((of, unit), (by, per)) = (split(of), split(by));
    let unit = match (unit, per) {
        (Some(unit), Some(per)) if !unit.is_empty() => {
            let per = if per.contains(['/', ' ', '*']) { format!("({per})") } else { per.into() };
            format!(" [{unit}/{per}]")
        }
        _ => String::new(),
    };
    format!("d{of}_d{by}{unit}")
}

/// Makes names distinct. A repeated name gets a number before its unit, `psi_2 [kJ/mol]`.
pub fn distinct(names: &[String]) -> Vec<String> {
    let mut taken: HashSet<String> = HashSet::new();
    let mut new_name = |name: &String| {
        let quantity = without_unit(name);
        let behind = name.trim().strip_prefix(quantity).unwrap_or_default();
        let others = (2..).map(|number| format!("{quantity}_{number}{behind}"));
        std::iter::once(name.clone()).chain(others).find(|new| taken.insert(new.clone())).expect("numbers do not end")
    };
    names.iter().map(&mut new_name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read_from_brackets_after_name() {
        assert_eq!(split("r [nm]"), ("r", Some("nm")));
        assert_eq!(split(" E(kJ/mol) "), ("E", Some("kJ/mol")));
        for name in ["x_nm", "f(x) of it", "[nm]", "x []", "", "(a)"] {
            assert_eq!(split(name), (name, None), "{name}");
        }
        assert_eq!(derivative("E [kT]", "r (nm)"), "dE_dr [kT/nm]");
        assert_eq!(derivative("psi", "r [nm]"), "dpsi_dr");
        let names = ["r [nm]", "psi", "r [nm]", "psi_2", "psi"].map(String::from);
        assert_eq!(distinct(&names), ["r [nm]", "psi", "r_2 [nm]", "psi_2", "psi_3"]);
        assert_eq!(derivative("E [J]", "t [m/s]"), "dE_dt [J/(m/s)]");
    }
}

//! Roles of the inputs of a model at a point of a structure.

use std::str::FromStr;

use itertools::Itertools;
use multiwell::internal::data::units;
use multiwell::internal::text::shortened;

use super::super::ExportError;
use super::{PointOptions, refuse};

/// The entries of a strain in Abaqus's order.
pub const VOIGT_ENTRIES: [&str; 6] = ["11", "22", "33", "12", "13", "23"];

/// Role of an input of a model at a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputRole {
    /// An entry of the strain tensor, by its index from 0 in the order 11, 22, 33, 12, 13, 23.
    Strain(usize),
    /// A shear angle, which is twice the entry of the strain tensor.
    Angle(usize),
    /// A uniaxial strain. Its powers are interpreted as isotropic invariants of a strain in space.
    Invariants,
    /// A field variable of the finite element program, counted from 1.
    Field(usize),
    /// A constant of the material, counted from 2. The first constant is the viscosity.
    Property(usize),
}

impl InputRole {
    /// Index of the strain entry, and the factor that converts an entry of the vector with angles to the input.
    pub fn entry(self) -> Option<(usize, f64)> {
        match self {
            Self::Strain(entry) => Some((entry, if entry < 3 { 1.0 } else { 0.5 })),
            Self::Angle(entry) => Some((entry, 1.0)),
            _ => None,
        }
    }

    /// Description of the role.
    pub fn words(self) -> String {
        match self {
            Self::Strain(entry) => format!("entry {} of the tensor of strain", VOIGT_ENTRIES[entry]),
            Self::Angle(entry) => format!("the shear angle {}, twice the entry of the tensor", VOIGT_ENTRIES[entry]),
            Self::Invariants => "the strain, by its isotropic invariants".into(),
            Self::Field(number) => format!("field variable {number}"),
            Self::Property(number) => format!("constant {number} of the material"),
        }
    }

    /// Role of an input by its name. `E11`, `eps_xy` or `strain33` is an entry of the tensor, and `gamma12` or `g_xy` an angle.
    fn of_name(name: &str) -> Option<Self> {
        let name = units::split(name).0.to_lowercase();
        let (letters, axes) = name.split_at_checked(name.len().checked_sub(2)?)?;
        let entry = entry_of(axes)?;
        match letters.trim_end_matches('_') {
            "e" | "eps" | "epsilon" | "ε" | "strain" => Some(Self::Strain(entry)),
            "g" | "gamma" | "γ" if entry >= 3 => Some(Self::Angle(entry)),
            _ => None,
        }
    }
}

fn entry_of(axes: &str) -> Option<usize> {
    let digits = axes.replace('x', "1").replace('y', "2").replace('z', "3");
    let ordered: String = digits.chars().sorted().collect();
    VOIGT_ENTRIES.iter().position(|entry| *entry == ordered)
}

impl FromStr for InputRole {
    type Err = String;

    /// Reads `11`, `12`, `gamma12`, `invariants`, `field1` or `constant2`.
    fn from_str(text: &str) -> Result<Self, String> {
        let number = |prefix: &str, least: usize| {
            text.strip_prefix(prefix).and_then(|rest| rest.parse::<usize>().ok()).filter(|&number| number >= least)
        };
        let angle = || text.strip_prefix("gamma").and_then(entry_of).filter(|&entry| entry >= 3).map(Self::Angle);
        if text == "invariants" {
            return Ok(Self::Invariants);
        }
        let field = || number("field", 1).map(Self::Field);
        let constant = || number("constant", 2).map(Self::Property);
        entry_of(text).map(Self::Strain).or_else(angle).or_else(field).or_else(constant).ok_or_else(|| {
            format!(
                "\"{}\" is no role of an input: there are 11, 22, 33, 12, 13, 23 (strains), gamma12, gamma13, gamma23 (angles), invariants, field1, field2, ... \
                 and constant2, constant3, ... (constant 1 is the viscosity)",
                shortened(text)
            )
        })
    }
}

/// Roles of all inputs. An input whose role follows neither from its name nor from the options has the role `default`.
pub fn of_inputs(names: &[String], options: &PointOptions, default: Option<InputRole>) -> Result<Vec<InputRole>, ExportError> {
    let plain = |name: &str| units::split(name).0.to_owned();
    if let Some((name, _)) = options.roles.iter().find(|(name, _)| names.iter().all(|own| own != name && plain(own) != *name)) {
        let (name, names) = (shortened(name), names.iter().map(|name| shortened(name)).join(", "));
        return refuse(format!("the model has no input \"{name}\"; its inputs are {names}"));
    }
    let mut roles = Vec::new();
    for name in names {
        let mut of_input = options.roles.iter().filter(|(own, _)| own == name || *own == plain(name)).map(|(_, role)| *role);
        let given = of_input.next();
        if of_input.next().is_some() {
            return refuse(format!("the input \"{}\" has two roles; leave one of them out", shortened(name)));
        }
        match given.or(default).or_else(|| InputRole::of_name(name)) {
            Some(role) => roles.push(role),
            None => return Err(ExportError::NoRole(name.clone())),
        }
    }
    Ok(roles)
}

/// The entries of strain that a model has, in order, if elements have these.
pub fn entries(roles: &[InputRole]) -> Result<Vec<usize>, ExportError> {
    if roles.contains(&InputRole::Invariants) {
        return Ok((0..6).collect());
    }
    let entries: Vec<usize> = roles.iter().filter_map(|role| role.entry()).map(|(entry, _)| entry).sorted().collect();
    let named = entries.iter().map(|&entry| VOIGT_ENTRIES[entry]).join(", ");
    if !entries.iter().all_unique() {
        return refuse(format!("two inputs are the same entry of the strain; the inputs are {named}"));
    }
    if ![&[0][..], &[0, 1, 3], &[0, 1, 2, 3], &[0, 1, 2, 3, 4, 5]].contains(&&entries[..]) {
        return refuse(format!(
            "no elements have the strains {}: there are bars (11), plane stress (11, 22, 12), plane strain and solids of revolution (11, 22, 33, 12), and solids \
             (11, 22, 33, 12, 13, 23)",
            if named.is_empty() { "of this model, which has none" } else { &named }
        ));
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strains_are_recognised_by_name() {
        let role = |name| InputRole::of_name(name);
        assert_eq!(role("E11"), Some(InputRole::Strain(0)));
        assert_eq!(role("eps_yx [%]"), Some(InputRole::Strain(3)));
        assert_eq!(role("gamma23"), Some(InputRole::Angle(5)));
        assert_eq!(role("ε33"), Some(InputRole::Strain(2)));
        for other in ["c", "x", "gamma11", "E14", "S11", "ä", "11"] {
            assert_eq!(role(other), None, "{other}");
        }
    }

    #[test]
    fn roles_are_read_and_invalid_roles_refused() {
        assert_eq!("13".parse(), Ok(InputRole::Strain(4)));
        assert_eq!("gamma12".parse(), Ok(InputRole::Angle(3)));
        assert_eq!(
            ["field2", "constant3", "invariants"].map(str::parse),
            [Ok(InputRole::Field(2)), Ok(InputRole::Property(3)), Ok(InputRole::Invariants)]
        );
        for wrong in ["constant1", "field0", "gamma11", "14", ""] {
            assert!(wrong.parse::<InputRole>().unwrap_err().contains("is no role of an input"), "{wrong}");
        }
        let names = ["E11".to_string(), "c".to_string()];
        let refused = |roles: &[(&str, InputRole)]| {
            let roles = roles.iter().map(|(name, role)| ((*name).to_string(), *role)).collect();
            of_inputs(&names, &PointOptions { roles, ..PointOptions::default() }, None).map(|roles| entries(&roles))
        };
        assert!(refused(&[]).unwrap_err().to_string().contains("the name \"c\" is not that of a strain"));
        assert!(refused(&[("d", InputRole::Field(1))]).unwrap_err().to_string().contains("its inputs are E11, c"));
        let twice = [("c", InputRole::Strain(0)), ("c", InputRole::Strain(1))];
        assert!(refused(&twice).unwrap_err().to_string().contains("the input \"c\" has two roles"));
        assert!(refused(&[("c", InputRole::Strain(0))]).unwrap().unwrap_err().to_string().contains("the same entry"));
        assert!(
            refused(&[("c", InputRole::Strain(1))])
                .unwrap()
                .unwrap_err()
                .to_string()
                .contains("no elements have the strains 11, 22")
        );
        assert_eq!(refused(&[("c", InputRole::Field(1))]).unwrap().unwrap(), [0]);
    }
}

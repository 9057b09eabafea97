//! Values and derivatives on a grid: for PLUMED, whose tools read tables with the fields of a grid, and for NumPy.

use std::f64::consts::PI;
use std::io::{Cursor, Write};

use itertools::Itertools;
use multiwell::internal::data::units;
use multiwell::internal::numerics::statistics::extent;
use multiwell::internal::text::shortened;

use super::ExportError;
use super::model::{Input, Model};

/// Maximum number of points of a grid.
pub const MAX_POINTS: usize = 10_000_000;

/// Points of a grid along an input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GridAxis {
    /// Number of points.
    pub count: usize,
    /// Positions of the first and the last point. For a whole period the last point is omitted, because it equals the first.
    pub range: [f64; 2],
}

impl GridAxis {
    /// Returns true if the range is a whole period of an input.
    fn is_periodic(&self, input: &Input) -> bool {
        let turn = |[low, high]: [f64; 2]| high - low;
        input.period.is_some_and(|period| (turn(self.range) / turn(period) - 1.0).abs() < 1e-9)
    }

    /// Positions of the points.
    fn places(&self, input: &Input) -> Vec<f64> {
        let ([low, high], is_periodic) = (self.range, self.is_periodic(input));
        let steps = if is_periodic { self.count } else { self.count - 1 };
        (0..self.count).map(|k| low + (high - low) * k as f64 / steps as f64).collect()
    }
}

/// Values and gradients on a grid, the first input changing fastest.
struct GridValues {
    places: Vec<Vec<f64>>,
    value: Vec<f64>,
    gradient: Vec<f64>,
}

impl GridValues {
    fn evaluate(model: &Model, axes: &[GridAxis]) -> Result<Self, ExportError> {
        let function = model.functions.iter().find(|function| function.name == "gradient").ok_or(ExportError::NoGrid)?;
        let places: Vec<Vec<f64>> = axes.iter().zip(&model.inputs).map(|(axis, input)| axis.places(input)).collect();
        let points: usize = places.iter().map(Vec::len).product();
        let inputs = places.len();
        let mut x = vec![0.0; points * inputs];
        for (point, x) in x.chunks_exact_mut(inputs).enumerate() {
            let mut index = point;
            for (x, places) in x.iter_mut().zip(&places) {
                *x = places[index % places.len()];
                index /= places.len();
            }
        }
        let (mut value, mut gradient) = (Vec::with_capacity(points), Vec::with_capacity(points * inputs));
        for part in x.chunks(inputs << 16) {
            let results = function.evaluate(&[part.to_vec()]);
            value.extend(&results[0]);
            gradient.extend(&results[1]);
        }
        Ok(Self { places, value, gradient })
    }
}

/// Maximum number of characters of a field's name.
const MAX_CHARACTERS: usize = 60;

/// Converts a name to that of a field or of a file in an archive. It consists of letters, digits and `.`, `_`, `-`, `@`, which labels of PLUMED may
/// contain.
fn field(name: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || "._-@".contains(c) { c } else { '_' };
    let name = units::without_unit(name).split_whitespace().join("_");
    let name: String = name.chars().map(plain).take(MAX_CHARACTERS).collect();
    if name.chars().all(|c| "._-@".contains(c)) { format!("x{name}") } else { name }
}

/// Names of the inputs in a grid, of PLUMED or NumPy. If the grid has another field of that name, the input has a number behind its name.
fn fields(model: &Model, is_plumed: bool) -> Vec<String> {
    let (results, prefixes) =
        if is_plumed { (&[BIAS_COLUMN][..], &INPUT_FIELD_PREFIXES[..]) } else { (&ARRAY_NAMES[..], &[][..]) };
    let mut fields: Vec<String> = Vec::new();
    for input in &model.inputs {
        let name = field(&input.name);
        let others = (2..).map(|number| format!("{name}_{number}"));
        let is_free = |new: &String| {
            let of = |one: &str, other: &str| prefixes.iter().any(|what| one.strip_prefix(what) == Some(other));
            !results.contains(&new.as_str()) && !fields.iter().any(|field| field == new || of(field, new) || of(new, field))
        };
        let new = std::iter::once(name.clone()).chain(others).find(is_free).expect("numbers do not end");
        fields.push(new);
    }
    fields
}

/// Sentences about inputs whose names in a grid differ from their own, and about the periods and the constant in a grid of PLUMED.
pub fn notes(model: &Model, axes: &[GridAxis], is_plumed: bool) -> Vec<String> {
    let note = |(input, called): (&Input, String)| {
        let (name, own) = (units::without_unit(&input.name), field(&input.name));
        let why = if called == own { "it has letters that names of fields do not have" } else { "something else has that name" };
        (called != name).then(|| format!("the input {} is called {called} in the grid, because {why}", shortened(name)))
    };
    let period_note = |(axis, input): (&GridAxis, &Input)| {
        let name = shortened(units::without_unit(&input.name));
        let [low, high] = axis.range.map(bound);
        match input.period {
            Some(_) if !axis.is_periodic(input) => {
                Some(format!("the grid of {name} is not a whole period, so PLUMED refuses a variable with a period"))
            }
            Some(_) if [low.as_str(), high.as_str()] != ["-pi", "pi"] => {
                Some(format!("PLUMED takes the grid for a variable whose period is written {low},{high}; TORSION has -pi,pi"))
            }
            _ => None,
        }
    };
    let periods = axes.iter().zip(&model.inputs).filter(|_| is_plumed).filter_map(period_note);
    let has_constant = is_plumed && model.inputs.len() > 1;
    let constant = has_constant.then(|| "the values in the grid contain a constant, because PLUMED divides by them".to_owned());
    let unit = if is_plumed { unit_note(model) } else { None };
    model.inputs.iter().zip(fields(model, is_plumed)).filter_map(note).chain(periods).chain(constant).chain(unit).collect()
}

/// Unit of energies in PLUMED, unless its input names another.
const USUAL_UNIT: &str = "kJ/mol";
/// Other units that the action `UNITS` of PLUMED knows by name.
const NAMED_UNITS: [&str; 4] = ["kcal/mol", "j/mol", "eV", "Ha"];

/// Sentence about values that are not in the unit of PLUMED. Densities of samples without a thermal energy are in units of kT.
fn unit_note(model: &Model) -> Option<String> {
    if model.density.as_ref().is_some_and(|density| density.kt == 1.0) {
        return Some(format!(
            "the values are in units of kT, while PLUMED reads {USUAL_UNIT}: UNITS ENERGY=2.494 in its input means kT at 300 K"
        ));
    }
    let unit = model.unit.as_ref().filter(|unit| !unit.eq_ignore_ascii_case(USUAL_UNIT))?;
    let named = NAMED_UNITS.iter().find(|named| named.eq_ignore_ascii_case(unit));
    let remedy = named.map_or_else(String::new, |named| format!(": UNITS ENERGY={named} in its input changes that"));
    Some(format!("the values are in {unit}, while PLUMED reads {USUAL_UNIT}{remedy}"))
}

/// Names of the arrays of results in an archive.
const ARRAY_NAMES: [&str; 2] = ["value", "gradient"];
/// Name of the values in a grid of PLUMED, for an `EXTERNAL` action with the label `external`.
const BIAS_COLUMN: &str = "external.bias";
/// Prefixes of the fields of a PLUMED grid that describe an input.
const INPUT_FIELD_PREFIXES: [&str; 5] = ["der_", "min_", "max_", "nbins_", "periodic_"];

/// An end of a range in PLUMED's notation. PLUMED compares the texts of periods, and those of angles are `-pi` and `pi`.
fn bound(value: f64) -> String {
    /// Relative error of pi with five digits.
    const PI_TOLERANCE: f64 = 3e-6;
    match value / PI {
        turn if (turn - 1.0).abs() < PI_TOLERANCE => "pi".into(),
        turn if (turn + 1.0).abs() < PI_TOLERANCE => "-pi".into(),
        _ => value.to_string(),
    }
}

/// Ratio of the smallest value in a PLUMED grid of several inputs to the spread of the values.
const VALUE_SPREAD_RATIO: f64 = 10.0;

/// Constant that moves values away from zero. A spline of PLUMED along several inputs is a sum of products, in which derivatives are divided by the
/// value. Where a value is near zero, forces between the points are wrong by any factor.
fn constant_for_splines(values: &[f64]) -> f64 {
    let [low, high] = extent(values.iter().copied());
    (VALUE_SPREAD_RATIO * (high - low) - low).ceil()
}

/// A grid file of PLUMED, with the number of points along each input. If an input is not periodic, PLUMED uses one bin fewer. The values of several
/// inputs contain a constant.
///
/// # Errors
/// If the model is of a material.
pub fn plumed(model: &Model, axes: &[GridAxis]) -> Result<String, ExportError> {
    let values = GridValues::evaluate(model, axes)?;
    let inputs = axes.len();
    let names = fields(model, true);
    let derivatives: Vec<String> = names.iter().map(|name| format!("der_{name}")).collect();
    let mut text = format!("#! FIELDS {} {BIAS_COLUMN} {}\n", names.join(" "), derivatives.join(" "));
    for ((name, axis), input) in names.iter().zip(axes).zip(&model.inputs) {
        let is_periodic = axis.is_periodic(input);
        let [low, high] = axis.range.map(|end| if is_periodic { bound(end) } else { end.to_string() });
        text += &format!(
            "#! SET min_{name} {low}\n#! SET max_{name} {high}\n#! SET nbins_{name} {}\n#! SET periodic_{name} {is_periodic}\n",
            axis.count
        );
    }
    let constant = if inputs > 1 { constant_for_splines(&values.value) } else { 0.0 };
    for (point, value) in values.value.iter().map(|value| value + constant).enumerate() {
        let mut index = point;
        for places in &values.places {
            text += &format!("{} ", places[index % places.len()]);
            index /= places.len();
        }
        let gradient = &values.gradient[point * inputs..][..inputs];
        text += &format!("{value} {}\n", gradient.iter().map(ToString::to_string).join(" "));
        // A blank line after each row of the first input, as PLUMED and gnuplot separate them.
        if inputs > 1 && (point + 1) % axes[0].count == 0 {
            text.push('\n');
        }
    }
    Ok(text)
}

/// An archive of arrays for NumPy. It contains the positions along each input under its name, and `value` and `gradient`, whose axes are the inputs
/// in their order.
///
/// # Errors
/// If the model is of a material.
pub fn npz(model: &Model, axes: &[GridAxis]) -> Result<Vec<u8>, ExportError> {
    let values = GridValues::evaluate(model, axes)?;
    let counts: Vec<usize> = axes.iter().map(|axis| axis.count).collect();
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut put = |name: &str, shape: &[usize], values: &[f64], order: IndexOrder| {
        let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        archive.start_file(format!("{name}.npy"), options).expect("writing to memory does not fail");
        archive.write_all(&npy(shape, values, order)).expect("writing to memory does not fail");
    };
    for (name, places) in fields(model, false).iter().zip(&values.places) {
        put(name, &[places.len()], places, IndexOrder::C);
    }
    put("value", &counts, &values.value, IndexOrder::Fortran);
    // The component of the gradient changes fastest, and then the first input.
    let inputs = counts.len();
    let components: Vec<f64> = (0..inputs).flat_map(|k| values.gradient.iter().copied().skip(k).step_by(inputs)).collect();
    put("gradient", &[counts, vec![inputs]].concat(), &components, IndexOrder::Fortran);
    Ok(archive.finish().expect("writing to memory does not fail").into_inner())
}

/// The index of an array that changes fastest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexOrder {
    /// The last.
    C,
    /// The first.
    Fortran,
}

/// A file of version 1.0 of NumPy's format: an array of little-endian doubles.
pub fn npy(shape: &[usize], values: &[f64], order: IndexOrder) -> Vec<u8> {
    let extents = shape.iter().map(|extent| format!("{extent}, ")).join("");
    let extents = if shape.len() == 1 { extents } else { extents.trim_end_matches(", ").into() };
    let is_fortran = if order == IndexOrder::Fortran { "True" } else { "False" };
    let mut header = format!("{{'descr': '<f8', 'fortran_order': {is_fortran}, 'shape': ({extents}), }}");
    // The header ends with a line feed. The data begin at a multiple of 64 bytes.
    header += &" ".repeat((64 - (10 + header.len() + 1) % 64) % 64);
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(values.iter().flat_map(|v| v.to_le_bytes()));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numpy_array_has_header_with_type_and_shape() {
        let bytes = npy(&[2, 3], &[1.0, 0.1, -2.5, 1e-9, 3.0, 1.0 / 3.0], IndexOrder::Fortran);
        assert_eq!((bytes.len() - 6 * 8) % 64, 0);
        assert!(bytes.starts_with(b"\x93NUMPY\x01\x00") && String::from_utf8_lossy(&bytes).contains("'shape': (2, 3), }"));
        assert_eq!(bytes[bytes.len() - 8..], (1.0_f64 / 3.0).to_le_bytes());
        assert!(
            String::from_utf8_lossy(&npy(&[4], &[0.0; 4], IndexOrder::C)).contains("'fortran_order': False, 'shape': (4, ), }")
        );
    }
}

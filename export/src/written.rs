//! A model in the form of a given name, with the information that a front end needs to save it.

use super::continuum::{InputRole, PointInterface, PointOptions, StrainMeasure, export_point};
use super::formula;
use super::grid::{self, GridAxis};
use super::model::Input;
use super::{ExportError, ExportOptions, Format, Model, export};

/// Names of all forms.
pub const FORM_NAMES: [&str; 13] =
    ["c", "rust", "python", "jax", "torch", "js", "fortran", "umat", "vumat", "onnx", "formula", "npz", "plumed"];

/// Default number of points of a grid along each input.
const DEFAULT_POINTS: usize = 100;

/// Request for an export.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of some forms")]
pub struct ExportSpec<'a> {
    /// Name of the form, one of [`FORM_NAMES`].
    pub to: &'a str,
    /// Name of the model, see [`ExportOptions::name`].
    pub name: &'a str,
    /// Set of samples whose density is exported, for a file of several densities. The default is the last.
    pub set: Option<&'a str>,
    /// True if an ONNX graph has the value alone, without derivatives.
    pub values: bool,
    /// True if the Hessian is included, see [`has_hessian`].
    pub hessian: bool,
    /// True if C code computes exponentials and logarithms by its own polynomials.
    pub fast: bool,
    /// True if ONNX files use single precision.
    pub single: bool,
    /// Numbers of points of a grid along the inputs, or one number for all. An empty list stands for 100.
    pub points: &'a [usize],
    /// Ends of a grid, one pair per input. NaN, or an empty list, stands for the domain of the training data and for a whole period.
    pub bounds: &'a [[f64; 2]],
    /// Roles of inputs of a subroutine for Abaqus, see [`PointOptions::roles`].
    pub roles: &'a [(String, InputRole)],
    /// Strain measure of a subroutine for Abaqus.
    pub measure: StrainMeasure,
}

/// A model in another form.
#[derive(Clone, Debug)]
pub struct ExportedModel {
    /// The contents of the file.
    pub bytes: Vec<u8>,
    /// Extension of the file name, without the dot.
    pub extension: &'static str,
    /// Description of the model in a phrase.
    pub title: String,
    /// Sentences about the file, such as inputs that have another name in it.
    pub notes: Vec<String>,
}

/// Writes the model of a model file in the requested form.
///
/// # Errors
/// If the form does not exist, if this model does not have it, or if an option has no effect on it.
pub fn written(text: &str, wish: &ExportSpec) -> Result<ExportedModel, ExportError> {
    if !FORM_NAMES.contains(&wish.to) {
        return Err(ExportError::NoForm { asked: wish.to.into(), present: FORM_NAMES.join(", ") });
    }
    if let Some(option) = useless_option(wish) {
        return Err(ExportError::NoEffect { option, form: wish.to.into() });
    }
    if let Some(program) = subroutine(wish.to) {
        let options = PointOptions { roles: wish.roles.to_vec(), measure: wish.measure };
        let bytes = export_point(text, wish.name, program, &options)?;
        let strains = if wish.measure == StrainMeasure::Small { "small" } else { "Green-Lagrange" };
        let title = format!("a {} of {strains} strains", wish.to.to_uppercase());
        return Ok(ExportedModel { bytes, extension: "f", title, notes: Vec::new() });
    }
    let mut model = Model::read(text, wish.set)?;
    if wish.values && !model.retain_value() {
        return Err(ExportError::NoEffect { option: "values", form: "onnx of a material".into() });
    }
    let (bytes, extension, notes) = if let Some((format, extension)) = format_of(wish.to, wish.fast, wish.single) {
        let bytes = export(text, &model, &ExportOptions { name: wish.name.into(), hessian: wish.hessian, format })?;
        (bytes, extension, if format == Format::Formula { formula::notes(&model) } else { Vec::new() })
    } else {
        let (axes, is_plumed) = (axes(&model, wish)?, wish.to == "plumed");
        let bytes = if is_plumed { grid::plumed(&model, &axes)?.into_bytes() } else { grid::npz(&model, &axes)? };
        (bytes, if is_plumed { "dat" } else { "npz" }, grid::notes(&model, &axes, is_plumed))
    };
    Ok(ExportedModel { bytes, extension, title: model.title, notes })
}

/// The interface of a form that is a subroutine for Abaqus.
fn subroutine(form: &str) -> Option<PointInterface> {
    match form {
        "umat" => Some(PointInterface::Umat),
        "vumat" => Some(PointInterface::Vumat),
        _ => None,
    }
}

/// Returns true for forms that have second derivatives on request.
pub fn has_hessian(form: &str) -> bool {
    !["npz", "plumed", "formula", "umat", "vumat"].contains(&form)
}

/// Name of the first option that has no effect on the form.
fn useless_option(wish: &ExportSpec) -> Option<&'static str> {
    let (is_point, is_grid) = (subroutine(wish.to).is_some(), ["npz", "plumed"].contains(&wish.to));
    let useless = [
        ("values", wish.values && wish.to != "onnx"),
        ("hessian", wish.hessian && !has_hessian(wish.to)),
        ("fast", wish.fast && wish.to != "c"),
        ("float32", wish.single && wish.to != "onnx"),
        ("points", !wish.points.is_empty() && !is_grid),
        ("bounds", !wish.bounds.is_empty() && !is_grid),
        ("roles", !wish.roles.is_empty() && !is_point),
        ("measure", wish.measure != StrainMeasure::Small && !is_point),
        ("set", wish.set.is_some() && is_point),
    ];
    useless.into_iter().find_map(|(option, is_useless)| is_useless.then_some(option))
}

/// Format and file extension of a form, if it is code, a graph or a formula. `fast` applies to C, and `single` to ONNX.
fn format_of(name: &str, fast: bool, single: bool) -> Option<(Format, &'static str)> {
    Some(match name {
        "c" => (Format::C { fast }, "c"),
        "rust" => (Format::Rust, "rs"),
        "python" => (Format::Python, "py"),
        "jax" => (Format::Jax, "py"),
        "torch" => (Format::Torch, "py"),
        "js" => (Format::Js, "js"),
        "fortran" => (Format::Fortran, "f"),
        "onnx" => (Format::Onnx { single }, "onnx"),
        "formula" => (Format::Formula, "txt"),
        _ => return None,
    })
}

/// Axes of the requested grid.
fn axes(model: &Model, wish: &ExportSpec) -> Result<Vec<GridAxis>, ExportError> {
    let counts = match *wish.points {
        [] => vec![DEFAULT_POINTS; model.inputs.len()],
        [count] => vec![count; model.inputs.len()],
        _ => wish.points.to_vec(),
    };
    if counts.len() != model.inputs.len() {
        return Err(ExportError::Points);
    }
    let mut left = grid::MAX_POINTS;
    let axis = |(k, input): (usize, &Input)| {
        let count = counts[k];
        if !(2..=left).contains(&count) {
            return Err(ExportError::Points);
        }
        left /= count;
        let given = wish.bounds.get(k).copied().filter(|[low, _]| !low.is_nan());
        let range = given.or(input.period).or(input.domain).ok_or_else(|| ExportError::NoDomain(input.name.clone()))?;
        Ok(GridAxis { count, range })
    };
    model.inputs.iter().enumerate().map(axis).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_form_is_accepted_and_documented_by_name() {
        let wish = |to| ExportSpec { to, name: "f", ..ExportSpec::default() };
        for form in FORM_NAMES {
            let error = written("{}", &wish(form)).unwrap_err();
            assert!(!matches!(error, ExportError::NoForm { .. }), "{form}: {error}");
        }
        // Each of these files repeats the list as text.
        let file = |path: &str| std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap();
        for path in ["www/index.html", "bindings/js/index.d.ts", "bindings/python/multiwell/__init__.pyi", "docs/export.md"] {
            let text = file(path);
            let is_there = |form: &&str| text.contains(&format!("\"{form}\"")) || text.contains(&format!("`{form}`"));
            let missing: Vec<&str> = FORM_NAMES.into_iter().filter(|form| !is_there(form)).collect();
            assert!(missing.is_empty(), "{path} lacks {missing:?}");
        }
        let sentence = written("{}", &wish("cobol")).unwrap_err().to_string();
        assert!(sentence.contains("umat") && sentence.contains("cobol"), "{sentence}");
    }
}

//! A model in the form that is asked for by its name, with what a front end needs to save it.

use itertools::Itertools;

use super::continuum::{PointOptions, Program, export_point};
use super::grid::{self, Axis};
use super::model::Input;
use super::{ExportError, Format, Model, Options, export};

/// The names of all forms.
pub const FORMS: [&str; 13] =
    ["c", "rust", "python", "jax", "torch", "js", "fortran", "umat", "vumat", "onnx", "formula", "npz", "plumed"];

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// The form, one of [`FORMS`].
    pub to: &'a str,
    /// What the model is called, see [`Options::name`].
    pub name: &'a str,
    /// Of a file of several densities the one of this set of samples; the last, if it is absent.
    pub set: Option<&'a str>,
    /// Whether the Hessian is written too, where there is code for it.
    pub hessian: bool,
    /// Whether C computes exponentials and logarithms by polynomials of its own.
    pub fast: bool,
    /// Whether ONNX has numbers of single precision.
    pub single: bool,
    /// Points of a grid along each input.
    pub points: usize,
}

/// A model in another form.
#[derive(Clone, Debug)]
pub struct Written {
    /// The contents of the file.
    pub bytes: Vec<u8>,
    /// How its name ends, without the dot.
    pub extension: &'static str,
    /// Description of the model in a phrase, and the inputs that have another name in the file.
    pub title: String,
}

/// Writes the model in the text of a model file. Subroutines for Abaqus take small strains, by the names of the inputs. Grids reach where the model was
/// learnt, and over a whole period of a periodic input.
///
/// # Errors
/// If there is no such form, or none of this model.
pub fn written(text: &str, wish: &Wish) -> Result<Written, ExportError> {
    let program = match wish.to {
        "umat" => Some((Program::Umat, "a UMAT of small strains")),
        "vumat" => Some((Program::Vumat, "a VUMAT of small strains")),
        _ => None,
    };
    if let Some((program, title)) = program {
        let bytes = export_point(text, wish.name, program, &PointOptions::default())?;
        return Ok(Written { bytes, extension: "f", title: title.into() });
    }
    let (format, extension) = match format_of(wish.to, wish.fast, wish.single) {
        Some((format, extension)) => (Some(format), extension),
        None if wish.to == "npz" => (None, "npz"),
        None if wish.to == "plumed" => (None, "dat"),
        None => return Err(ExportError::NoForm { asked: wish.to.into(), present: FORMS.join(", ") }),
    };
    let model = Model::read(text, wish.set)?;
    let notes = if format.is_none() { grid::notes(&model) } else { Vec::new() };
    let bytes = match format {
        Some(format) => export(text, &model, &Options { name: wish.name.into(), hessian: wish.hessian, format })?,
        None if wish.to == "npz" => grid::npz(&model, &axes(&model, wish.points)?)?,
        None => grid::plumed(&model, &axes(&model, wish.points)?)?.into_bytes(),
    };
    Ok(Written { bytes, extension, title: std::iter::once(model.title).chain(notes).join("; ") })
}

/// The format of a name, if it is code, a graph or a formula, and how a file of it ends. `fast` is for C, `single` for ONNX.
pub fn format_of(name: &str, fast: bool, single: bool) -> Option<(Format, &'static str)> {
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

/// The axes of a grid: of a periodic input a whole turn, of others where they were learnt.
fn axes(model: &Model, points: usize) -> Result<Vec<Axis>, ExportError> {
    let count = model.inputs.len() as u32;
    if points < 2 || points.checked_pow(count).is_none_or(|all| all > grid::MOST_POINTS) {
        return Err(ExportError::Points);
    }
    let axis = |input: &Input| {
        let range = input.period.or(input.domain).ok_or_else(|| ExportError::NoDomain(input.name.clone()))?;
        Ok(Axis { count: points, range })
    };
    model.inputs.iter().map(axis).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_form_is_known_by_its_name() {
        let wish = |to| Wish { to, name: "f", set: None, hessian: false, fast: false, single: false, points: 10 };
        for form in FORMS {
            let error = written("{}", &wish(form)).unwrap_err();
            assert!(!matches!(error, ExportError::NoForm { .. }), "{form}: {error}");
        }
        // Each front end has the list once more, in a form that cannot be called.
        let file = |path: &str| std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap();
        for path in ["www/index.html", "js/index.d.ts", "python/multiwell/__init__.pyi", "docs/export.md"] {
            let text = file(path);
            let is_there = |form: &&str| text.contains(&format!("\"{form}\"")) || text.contains(&format!("`{form}`"));
            let missing: Vec<&str> = FORMS.into_iter().filter(|form| !is_there(form)).collect();
            assert!(missing.is_empty(), "{path} lacks {missing:?}");
        }
        let sentence = written("{}", &wish("cobol")).unwrap_err().to_string();
        assert!(sentence.contains("umat") && sentence.contains("cobol"), "{sentence}");
    }
}

//! Materials for finite element programs: subroutines UMAT and VUMAT in Fortran, as Abaqus calls them for each point of a structure.
//!
//! A [`Point`] is a model as functions of a strain in Voigt's order with angles for shear: a potential whose inputs are strains (others may be fields), or a step of
//! a material with memory. Stress, tangent and energies are nodes of the graph, like everything else that is exported; what is written by hand
//! (`subroutines.rs`) only moves numbers between the program's arrays and the functions, and turns tensors.

mod point;
mod roles;
mod subroutines;

use multiwell::problem::jobs::Kind;

use super::ExportError;
use super::fortran;
use super::sheet::Sheet;

pub use point::Point;
pub use roles::Role;

/// What is called for each point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// The subroutine of Abaqus/Standard, which needs the tangent.
    Umat,
    /// The subroutine of Abaqus/Explicit, which is called for blocks of points.
    Vumat,
}

/// Which strain the model is a function of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Measure {
    /// The sum of the increments of strain that the program hands over: the linear strain, where displacements are small.
    #[default]
    Small,
    /// Green and Lagrange's, `(F^T F - 1) / 2`, of the deformation gradient.
    Lagrange,
}

/// How a model becomes a subroutine.
#[derive(Clone, Debug, Default)]
pub struct PointOptions {
    /// What inputs are that are no strains by their names: pairs of a name and a role.
    pub roles: Vec<(String, Role)>,
    /// Which strain it is.
    pub measure: Measure,
}

/// A subroutine for a finite element program, from the text of a model file; its module begins with `name`.
///
/// # Errors
/// If the model is no material of a structure.
pub fn export_point(text: &str, name: &str, program: Program, options: &PointOptions) -> Result<Vec<u8>, ExportError> {
    let point = Point::read(text, options)?;
    let sheet = Sheet::new(name, text, &point.model, &point.model.functions);
    subroutines::refuse(&point, program, options.measure)?;
    Ok(fortran::fixed(&subroutines::write(&sheet, &point, program, options.measure)).into_bytes())
}

/// The sentence for a model that is no material of a structure.
fn refuse<T>(sentence: impl Into<String>) -> Result<T, ExportError> {
    Err(ExportError::Point(sentence.into()))
}

/// Whether the text is a model file of a kind that may be a material.
fn is_material(text: &str) -> Result<bool, ExportError> {
    match Kind::of_file(text) {
        Some(Kind::Density) => {
            refuse("a density is no energy of a strain; a UMAT needs a potential of strains or a material with memory")
        }
        Some(Kind::Material) => Ok(true),
        _ => Ok(false),
    }
}

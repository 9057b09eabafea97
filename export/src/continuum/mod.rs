//! Materials for finite element programs: subroutines UMAT and VUMAT in Fortran, as Abaqus calls them for each point of a structure.
//!
//! A [`Point`] is a model as functions of a strain in Voigt's order with angles for shear. The model is a potential whose inputs are strains (others
//! may be fields), or a step of a material with memory. Stress, tangent and energies are nodes of the graph, like everything else that is exported.
//! The hand-written code (`subroutines.rs`) only copies numbers between the program's arrays and the functions, and rotates tensors.

mod point;
mod roles;
mod subroutines;

use multiwell::internal::text::shortened;

use super::ExportError;
use super::fortran;
use super::sheet::NamedModel;

pub use point::Point;
pub use roles::InputRole;

/// Interface of the subroutine, which the finite element program calls for each point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointInterface {
    /// The subroutine of Abaqus/Standard, which needs the tangent.
    Umat,
    /// The subroutine of Abaqus/Explicit, which is called for blocks of points.
    Vumat,
}

/// Strain measure of the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StrainMeasure {
    /// The linear strain for small displacements: the sum of the strain increments that the program passes to the subroutine.
    #[default]
    Small,
    /// The Green-Lagrange strain of the deformation gradient, `(F^T F - 1) / 2`.
    Lagrange,
}

impl std::str::FromStr for StrainMeasure {
    type Err = String;

    /// Reads `small` or `lagrange`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "small" => Ok(Self::Small),
            "lagrange" => Ok(Self::Lagrange),
            _ => Err(format!("measure must be small or lagrange, not \"{}\"", shortened(text))),
        }
    }
}

/// Options of a subroutine.
#[derive(Clone, Debug, Default)]
pub struct PointOptions {
    /// Roles of inputs whose names do not identify them as strains: pairs of a name and a role.
    pub roles: Vec<(String, InputRole)>,
    /// Strain measure.
    pub measure: StrainMeasure,
}

/// Writes a subroutine for a finite element program from the text of a model file. Its module begins with `name`.
///
/// # Errors
/// If the model is not a material of a structure.
pub fn export_point(text: &str, name: &str, program: PointInterface, options: &PointOptions) -> Result<Vec<u8>, ExportError> {
    let point = Point::read(text, options)?;
    let sheet = NamedModel::new(name, text, &point.model, &point.model.functions);
    subroutines::refuse(&point, program, options.measure)?;
    Ok(fortran::fixed(&subroutines::write(&sheet, &point, program, options.measure)).into_bytes())
}

/// Returns the error for a model that is not a material of a structure.
fn refuse<T>(sentence: impl Into<String>) -> Result<T, ExportError> {
    Err(ExportError::Point(sentence.into()))
}

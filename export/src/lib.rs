//! Fitted models as text that other programs can use without multiwell.
//!
//! A model file is read and recorded as graphs of the engine ([`model`]), one for each [`function`]: the value, its gradient, its Hessian. The
//! exported text follows from these graphs alone. For languages with loops ([`c`]), it contains the instructions of the compiled plan ([`routine`],
//! [`loops`]). Values that do not depend on the arguments are computed here and become tables of numbers. For languages of whole arrays ([`python`],
//! [`onnx`]), the text contains the nodes of the graph ([`nodes`]).

mod c;
mod comments;
pub mod continuum;
pub mod formula;
mod fortran;
pub mod function;
pub mod grid;
mod javascript;
mod loops;
pub mod model;
mod nodes;
mod onnx;
mod python;
mod routine;
mod rust;
mod sheet;
pub mod written;

use multiwell::internal::model::model_file::ModelFileError;
use multiwell::internal::text::shortened;

pub use model::Model;

use sheet::NamedModel;

/// Reason why a model cannot be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A text that is not a model file.
    #[error(transparent)]
    File(#[from] ModelFileError),
    /// A set was named, but the file has a single model.
    #[error("the file has a single model; leave the name of the set out")]
    OneSet,
    /// A file of densities does not contain the named set.
    #[error("the file has no density of \"{}\", only of {present}", shortened(.asked))]
    NoSet {
        /// The requested name.
        asked: String,
        /// Labels of the available sets.
        present: String,
    },
    /// All modes are closed.
    #[error("every mode of the model is closed, so that there is nothing to export")]
    Nothing,
    /// A material has no Hessian.
    #[error("a material with memory has a tangent and no Hessian; please leave the Hessian out")]
    NoHessian,
    /// A material has no grid.
    #[error("a material with memory has no values on a grid; export it to c, rust, python, jax, torch, js, fortran or onnx")]
    NoGrid,
    /// The requested form does not exist.
    #[error("a model can be exported to {present}, not to \"{}\"", shortened(.asked))]
    NoForm {
        /// The requested name.
        asked: String,
        /// Names of the forms.
        present: String,
    },
    /// An option has no effect on the requested form.
    #[error("{option} has no effect on the form {form}; leave it out")]
    NoEffect {
        /// Name of the option.
        option: &'static str,
        /// Name of the form.
        form: String,
    },
    /// A grid has too few or too many points.
    #[error(
        "a grid has at least 2 points along each input, by one number or by one for each, and at most {} in all",
        grid::MAX_POINTS
    )]
    Points,
    /// A grid has an input whose domain is unknown.
    #[error("the model file does not contain the domain of {}, so the grid has no ends", shortened(.0))]
    NoDomain(String),
    /// The input of this name of a material of a structure has no known role.
    #[error("the name \"{}\" is not that of a strain; call the input e11, for example, or give its role", shortened(.0))]
    NoRole(String),
    /// A model is not a material of a structure, with the reason.
    #[error("{0}")]
    Point(String),
    /// A material has no formula.
    #[error("a material with memory has no formula; export it to c, rust, python, jax, torch, js, fortran or onnx")]
    NoFormula,
}

/// Form of an export, apart from grids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// C99.
    C {
        /// True if exponentials and logarithms are computed by polynomials in the file itself.
        fast: bool,
    },
    /// Rust.
    Rust,
    /// Python with NumPy.
    Python,
    /// Python with JAX.
    Jax,
    /// Python with PyTorch.
    Torch,
    /// JavaScript.
    Js,
    /// Fortran.
    Fortran,
    /// ONNX.
    Onnx {
        /// True if numbers are of single precision.
        single: bool,
    },
    /// LaTeX, and an expression for SymPy.
    Formula,
}

/// Options of an export.
#[derive(Clone, Debug)]
pub struct ExportOptions {
    /// Name of the model in letters, digits and underscores: other characters become underscores. In C it is the prefix of the functions.
    pub name: String,
    /// True if the Hessian is included.
    pub hessian: bool,
    /// Form of the export.
    pub format: Format,
}

/// Writes a model in another form, given the text of its file.
///
/// # Errors
/// If the model has no such form.
pub fn export(text: &str, model: &Model, options: &ExportOptions) -> Result<Vec<u8>, ExportError> {
    if options.hessian && model.functions.iter().all(|function| function.name != "hessian") {
        return Err(ExportError::NoHessian);
    }
    let last = if options.hessian { model.functions.len() } else { model.functions.len().min(2) };
    let sheet = NamedModel::new(&options.name, text, model, &model.functions[..last]);
    Ok(match options.format {
        Format::C { fast } => c::write(&sheet, fast).into_bytes(),
        Format::Rust => rust::write(&sheet).into_bytes(),
        Format::Python => python::write(&sheet, python::Library::Numpy).into_bytes(),
        Format::Jax => python::write(&sheet, python::Library::Jax).into_bytes(),
        Format::Torch => python::write(&sheet, python::Library::Torch).into_bytes(),
        Format::Js => javascript::write(&sheet).into_bytes(),
        Format::Fortran => fortran::write(&sheet).into_bytes(),
        Format::Onnx { single } => onnx::write(&sheet, single),
        Format::Formula => formula::write(&sheet)?.into_bytes(),
    })
}

//! Fitted models as text that other programs can use without multiwell.
//!
//! A model file is read and recorded as graphs of the engine ([`model`]), one for each [`function`]: the value, its gradient, its Hessian. What
//! is written follows from these graphs alone. Languages with loops ([`c`]) get the instructions of the compiled plan ([`routine`],
//! [`loops`]): what does not depend on the arguments is computed here and becomes a table of numbers. Languages of whole arrays ([`python`],
//! [`onnx`]) get its nodes ([`nodes`]).

mod c;
mod comments;
pub mod continuum;
mod formula;
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

use multiwell::model::model_file::ModelFileError;
use multiwell::text::shortened;

pub use model::Model;

use sheet::Sheet;

/// Why a model cannot be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A text that is not a model file.
    #[error(transparent)]
    File(#[from] ModelFileError),
    /// A set was named for a file of a single model.
    #[error("the file has a single model; leave the name of the set out")]
    OneSet,
    /// A file of densities without the one that was named.
    #[error("the file has no density of \"{}\", only of {present}", shortened(.asked))]
    NoSet {
        /// The expression that was asked for.
        asked: String,
        /// The labels of what there is.
        present: String,
    },
    /// All modes are closed.
    #[error("every mode of the model is closed, so that there is nothing to export")]
    Nothing,
    /// The Hessian of a material.
    #[error("a material with memory has a tangent and no Hessian; please leave the Hessian out")]
    NoHessian,
    /// A grid of a material.
    #[error("a material with memory has no values on a grid; export it to c, rust, python, jax, torch, js, fortran or onnx")]
    NoGrid,
    /// There is no such form.
    #[error("a model can be exported to {present}, not to \"{}\"", shortened(.asked))]
    NoForm {
        /// The expression that was asked for.
        asked: String,
        /// The names of the forms.
        present: String,
    },
    /// A grid of too few or too many points.
    #[error("a grid has at least 2 points along each input and at most {} in all", grid::MOST_POINTS)]
    Points,
    /// A grid over an input whose domain is not known.
    #[error("the model file does not say where {} was learnt, so that the grid has no ends", shortened(.0))]
    NoDomain(String),
    /// A model that is no material of a structure, in a sentence.
    #[error("{0}")]
    Point(String),
    /// A formula of a material.
    #[error("a material with memory has no formula; export it to c, rust, python, jax, torch, js, fortran or onnx")]
    NoFormula,
}

/// What a model can be written as, apart from grids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// C99.
    C {
        /// Whether exponentials and logarithms are computed by polynomials of the file's own.
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
        /// Whether numbers are of single precision.
        single: bool,
    },
    /// LaTeX, and an expression for SymPy.
    Formula,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// What the model is called, in letters, digits and underscores: other characters become underscores. In C its functions begin with it.
    pub name: String,
    /// Whether the Hessian is written too.
    pub hessian: bool,
    /// What is written.
    pub format: Format,
}

/// A model in another form, given the text of its file.
///
/// # Errors
/// If the model has no such form.
pub fn export(text: &str, model: &Model, options: &Options) -> Result<Vec<u8>, ExportError> {
    if options.hessian && model.functions.iter().all(|function| function.name != "hessian") {
        return Err(ExportError::NoHessian);
    }
    let last = if options.hessian { model.functions.len() } else { model.functions.len().min(2) };
    let sheet = Sheet::new(&options.name, text, model, &model.functions[..last]);
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

//! `multiwell export`: conversion of a fitted model to text that other programs use without multiwell.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use multiwell::internal::data::units;
use multiwell::internal::text::shortened;
use multiwell_export::continuum::{InputRole, StrainMeasure};
use multiwell_export::written::{ExportSpec, FORM_NAMES, written};
use multiwell_export::{ExportError, Model};

use super::eval::{counts_of, named, ranges};
use super::{Failure, files, input, print, print_error};

/// Model, format and names of an export.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Export {
    /// Model file, written by `--model-out` or by the page.
    #[arg(value_name = "MODEL.json")]
    model: PathBuf,

    /// Format. c, rust, python, jax, torch, js, fortran: one file of functions without dependencies except NumPy, JAX or PyTorch, which compares itself with ten values when it is run;
    /// umat, vumat: a material for Abaqus in Fortran; onnx: a graph with derivatives as outputs; plumed, npz: values and gradients on a grid; formula: LaTeX, and an expression for SymPy.
    #[arg(long, value_name = "FORMAT", value_parser = FORM_NAMES)]
    to: String,

    /// File for the result, required by onnx and npz [default: standard output].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Prefix of the function names in C, and name of the model in other formats [default: the name of the file].
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// Write the Hessian as well.
    #[arg(long)]
    hessian: bool,

    /// In C, compute exponentials and logarithms by polynomials in the file, which is faster.
    #[arg(long)]
    fast: bool,

    /// In ONNX, write numbers of single precision.
    #[arg(long)]
    float32: bool,

    /// In ONNX, write the value alone, without derivatives.
    #[arg(long, conflicts_with = "hessian")]
    values: bool,

    /// Label of the set of samples, for a file of several densities [default: the last set].
    #[arg(long, value_name = "LABEL")]
    set: Option<String>,

    /// Roles of inputs in a umat or vumat, for names without a known role, for example c=field1,T=constant2: 11, 22, 33, 12, 13, 23 (entries of the tensor of
    /// strain), gamma12, gamma13, gamma23 (shear angles), invariants (a uniaxial strain), field1, field2, ... (field variables), constant2, constant3, ...
    /// (constants of the material). Names like E11, exy and gamma12 have known roles.
    #[arg(long, value_name = "NAME=ROLE", value_delimiter = ',', value_parser = role)]
    roles: Vec<(String, InputRole)>,

    /// Strain measure of the model, in a umat or vumat. small: the linear strain; lagrange: the Green-Lagrange strain of large displacements [default: small].
    #[arg(long, value_name = "STRAIN", default_value = "small", hide_default_value = true, value_parser = measures())]
    measure: StrainMeasure,

    /// Number of points of a grid along each input, for example 200 or 200x100 [default: 100].
    #[arg(long, value_name = "N")]
    grid: Option<String>,

    /// Ends of the grid, for example -2..2 or phi=-pi..pi,r=0..1 [default: the training domain of the model].
    #[arg(long, value_name = "RANGES", allow_hyphen_values = true)]
    bounds: Option<String>,
}

/// Parser of the names of strain measures.
fn measures() -> impl TypedValueParser<Value = StrainMeasure> {
    PossibleValuesParser::new(["small", "lagrange"]).try_map(|name| name.parse::<StrainMeasure>())
}

/// A pair of a name and a role.
fn role(text: &str) -> Result<(String, InputRole), String> {
    let (name, role) = text.split_once('=').ok_or("give pairs like c=field1, separated by commas")?;
    Ok((name.trim().to_owned(), role.trim().parse()?))
}

/// Extensions of the names of files in a form.
fn endings(form: &str) -> &'static [&'static str] {
    match form {
        "c" => &["c", "h", "cc", "cpp", "cxx"],
        "rust" => &["rs"],
        "python" | "jax" | "torch" => &["py"],
        "js" => &["js", "mjs"],
        // Extensions of fixed source form.
        "fortran" | "umat" | "vumat" => &["f", "for"],
        "onnx" => &["onnx"],
        "plumed" => &["dat", "txt"],
        "npz" => &["npz"],
        _ => &["tex", "txt"],
    }
}

/// Writes a model in another form.
pub fn export(arguments: &Export) -> Result<(), Failure> {
    let is_binary = ["onnx", "npz"].contains(&&*arguments.to);
    match &arguments.out {
        Some(out) => {
            files::check(&[("--out", Some(out))], &[&arguments.model])?;
            files::check_ending(out, endings(&arguments.to))?;
        }
        None if is_binary => return Err(Failure::bad_input("this format is not text; name a file to write with --out")),
        None => {}
    }
    let text = input::text(&arguments.model)?;
    let named_by = arguments.out.as_deref().unwrap_or(&arguments.model);
    let stem = || named_by.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let name = arguments.name.clone().or_else(stem).unwrap_or_default();
    let (points, bounds) = grid(arguments, &text)?;
    let wish = ExportSpec {
        to: &arguments.to,
        name: &name,
        set: arguments.set.as_deref(),
        values: arguments.values,
        hessian: arguments.hessian,
        fast: arguments.fast,
        single: arguments.float32,
        points: &points,
        bounds: &bounds,
        roles: &arguments.roles,
        measure: arguments.measure,
    };
    let exported = written(&text, &wish).map_err(|error| match &error {
        ExportError::NoEffect { option, form } => {
            let flag = if *option == "points" { "grid" } else { option };
            Failure::bad_input(format!("--{flag} has no effect on the form {form}; leave it out"))
        }
        ExportError::NoRole(name) => {
            let name = shortened(units::split(name).0);
            let words = format!("{error} by --roles {name}=11, or by {name}=field1 or {name}=constant2 if it is none");
            named(&arguments.model, &words)
        }
        ExportError::NoDomain(_) => named(&arguments.model, &format!("{error}; give them with --bounds")),
        _ => named(&arguments.model, &error),
    })?;
    for note in exported.notes {
        print_error(&format!("note: {note}"));
    }
    match &arguments.out {
        Some(out) => files::write(out, &exported.bytes),
        None => print(&String::from_utf8_lossy(&exported.bytes)),
    }
}

/// Numbers of points and ends of a grid by the flags. Inputs without a range have NaN. Both are empty without the flags.
fn grid(arguments: &Export, text: &str) -> Result<(Vec<usize>, Vec<[f64; 2]>), Failure> {
    if arguments.grid.is_none() && arguments.bounds.is_none() {
        return Ok(Default::default());
    }
    let model = Model::read(text, arguments.set.as_deref()).map_err(|error| named(&arguments.model, &error))?;
    let inputs: Vec<String> = model.inputs.into_iter().map(|input| input.name).collect();
    let points = arguments.grid.as_deref().map(|grid| counts_of(grid, &inputs)).transpose()?;
    let unknown = vec![[f64::NAN; 2]; inputs.len()];
    let bounds = arguments.bounds.as_deref().map(|text| ranges(text, &inputs, &unknown)).transpose()?;
    Ok((points.unwrap_or_default(), bounds.unwrap_or_default()))
}

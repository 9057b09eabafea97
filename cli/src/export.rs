//! `multiwell export`: conversion of a fitted model to text that other programs use without multiwell.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use multiwell::internal::data::units;
use multiwell::internal::text::shortened;
use multiwell_export::continuum::{self, InputRole, PointInterface, PointOptions};
use multiwell_export::grid::{self, GridAxis};
use multiwell_export::written::format_of;
use multiwell_export::{ExportError, ExportOptions, Model, formula};

use super::eval::{counts_of, domain_of_grid, named};
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
    #[arg(long, value_name = "FORMAT")]
    to: To,

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
    #[arg(long, value_name = "STRAIN", default_value = "small", hide_default_value = true)]
    measure: StrainArgument,

    /// Number of points of a grid along each input, for example 200 or 200x100 [default: 100].
    #[arg(long, value_name = "N")]
    grid: Option<String>,

    /// Ends of the grid, for example -2..2 or phi=-pi..pi,r=0..1 [default: the training domain of the model].
    #[arg(long, value_name = "RANGES", allow_hyphen_values = true)]
    bounds: Option<String>,
}

/// The strain of a umat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum StrainArgument {
    Small,
    Lagrange,
}

/// A pair of a name and a role.
fn role(text: &str) -> Result<(String, InputRole), String> {
    let (name, role) = text.split_once('=').ok_or("give pairs like c=field1, separated by commas")?;
    Ok((name.trim().to_owned(), role.trim().parse()?))
}

/// Format of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum To {
    C,
    Rust,
    Python,
    Jax,
    Torch,
    Js,
    Fortran,
    Umat,
    Vumat,
    Onnx,
    Plumed,
    Npz,
    Formula,
}

impl To {
    /// Extensions of the names of files in this form.
    fn endings(self) -> &'static [&'static str] {
        match self {
            Self::C => &["c", "h", "cc", "cpp", "cxx"],
            Self::Rust => &["rs"],
            Self::Python | Self::Jax | Self::Torch => &["py"],
            Self::Js => &["js", "mjs"],
            // Extensions of fixed source form.
            Self::Fortran | Self::Umat | Self::Vumat => &["f", "for"],
            Self::Onnx => &["onnx"],
            Self::Plumed => &["dat", "txt"],
            Self::Npz => &["npz"],
            Self::Formula => &["tex", "txt"],
        }
    }
}

/// Default number of points along each input.
const DEFAULT_POINTS: &str = "100";

/// Writes a model in another form.
pub fn export(arguments: &Export) -> Result<(), Failure> {
    let is_grid = matches!(arguments.to, To::Plumed | To::Npz);
    let is_point = matches!(arguments.to, To::Umat | To::Vumat);
    let flags = [
        (
            "--hessian",
            arguments.hessian,
            !is_grid && !is_point && arguments.to != To::Formula,
            "a grid, a formula or a material for Abaqus",
        ),
        ("--fast", arguments.fast, arguments.to == To::C, "anything but C"),
        ("--float32", arguments.float32, arguments.to == To::Onnx, "anything but ONNX"),
        ("--values", arguments.values, arguments.to == To::Onnx, "anything but ONNX"),
        ("--roles", !arguments.roles.is_empty(), is_point, "anything but a umat or vumat"),
        ("--measure", arguments.measure != StrainArgument::Small, is_point, "anything but a umat or vumat"),
        ("--set", arguments.set.is_some(), !is_point, "a umat or vumat"),
        ("--grid", arguments.grid.is_some(), is_grid, "anything but a grid"),
        ("--bounds", arguments.bounds.is_some(), is_grid, "anything but a grid"),
    ];
    if let Some((flag, .., what)) = flags.iter().find(|(_, is_given, applies, _)| *is_given && !applies) {
        return Err(Failure::bad_input(format!("{flag} has no effect on {what}; leave it out")));
    }
    let is_binary = matches!(arguments.to, To::Onnx | To::Npz);
    match &arguments.out {
        Some(out) => {
            files::check(&[("--out", Some(out))], &[&arguments.model])?;
            files::check_ending(out, arguments.to.endings())?;
        }
        None if is_binary => return Err(Failure::bad_input("this format is not text; name a file to write with --out")),
        None => {}
    }
    let text = input::text(&arguments.model)?;
    let wrong = |error: ExportError| named(&arguments.model, &error);
    let named_by = arguments.out.as_deref().unwrap_or(&arguments.model);
    let stem = || named_by.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let name = arguments.name.clone().or_else(stem).unwrap_or_default();
    if is_point {
        let measure = match arguments.measure {
            StrainArgument::Small => continuum::StrainMeasure::Small,
            StrainArgument::Lagrange => continuum::StrainMeasure::Lagrange,
        };
        let options = PointOptions { roles: arguments.roles.clone(), measure };
        let program = if arguments.to == To::Umat { PointInterface::Umat } else { PointInterface::Vumat };
        let exported = continuum::export_point(&text, &name, program, &options).map_err(|error| match &error {
            ExportError::NoRole { name } => {
                let name = shortened(units::split(name).0);
                let words = format!("{error} with --roles {name}=11, or with {name}=field1 or {name}=constant2 if it is none");
                named(&arguments.model, &words)
            }
            _ => wrong(error),
        });
        return write(arguments, &exported?);
    }
    let mut model = Model::read(&text, arguments.set.as_deref()).map_err(wrong)?;
    if arguments.values && !model.retain_value() {
        return Err(Failure::bad_input("--values has no effect on a material; leave it out"));
    }
    let (written, notes) = if is_grid {
        let axes = axes(arguments, &model)?;
        let written = match arguments.to {
            To::Npz => grid::npz(&model, &axes),
            _ => grid::plumed(&model, &axes).map(String::into_bytes),
        };
        (written, grid::notes(&model, &axes, arguments.to == To::Plumed))
    } else {
        let named = arguments.to.to_possible_value().expect("every form has a name");
        let (format, _) =
            format_of(named.get_name(), arguments.fast, arguments.float32).expect("neither a grid nor a subroutine");
        let written = multiwell_export::export(&text, &model, &ExportOptions { name, hessian: arguments.hessian, format });
        (written, if arguments.to == To::Formula { formula::notes(&model) } else { Vec::new() })
    };
    for note in notes {
        print_error(&format!("note: {note}"));
    }
    write(arguments, &written.map_err(wrong)?)
}

fn write(arguments: &Export, written: &[u8]) -> Result<(), Failure> {
    match &arguments.out {
        Some(out) => files::write(out, written),
        None => print(&String::from_utf8_lossy(written)),
    }
}

/// Axes of the requested grid.
fn axes(arguments: &Export, model: &Model) -> Result<Vec<GridAxis>, Failure> {
    let inputs: Vec<String> = model.inputs.iter().map(|input| input.name.clone()).collect();
    let counts = counts_of(arguments.grid.as_deref().unwrap_or(DEFAULT_POINTS), &inputs)?;
    // The grid covers a whole period of a periodic input, independent of the range of the samples.
    let domain: Option<Vec<[f64; 2]>> = model.inputs.iter().map(|input| input.period.or(input.domain)).collect();
    let bounds = domain_of_grid(arguments.bounds.as_deref(), &inputs, domain.as_deref(), &arguments.model)?;
    Ok(counts.into_iter().zip(bounds).map(|(count, range)| GridAxis { count, range }).collect())
}

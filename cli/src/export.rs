//! `multiwell export`: a fitted model as text that other programs use without multiwell.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use multiwell_export::grid::{self, Axis};
use multiwell_export::{Format, Model, Options};

use super::eval::{counts_of, domain_of_grid, named};
use super::{Failure, files, input, print};

/// What to export, and how.
#[derive(Debug, Args)]
pub struct Export {
    /// A model file, as `--model-out` or the page writes it.
    #[arg(value_name = "MODEL.json")]
    model: PathBuf,

    /// What to write. c, rust, python, jax, torch, js, fortran: one file of functions without dependencies but NumPy, JAX or PyTorch, which checks itself against ten values if it is run;
    /// onnx: a graph with derivatives as outputs; plumed, npz: values and gradients on a grid; formula: LaTeX, and an expression for SymPy.
    #[arg(long, value_name = "FORMAT")]
    to: To,

    /// Write to this file instead of printing; onnx and npz need it.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// What the names of functions begin with in C, and what the model is called elsewhere; without it, the name of the file.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// Write the Hessian as well.
    #[arg(long)]
    hessian: bool,

    /// In C, compute exponentials and logarithms by polynomials of the file's own, which is faster.
    #[arg(long)]
    fast: bool,

    /// In ONNX, write numbers of single precision.
    #[arg(long)]
    float32: bool,

    /// Of a file of several densities, the one of this set of samples; without it, the last.
    #[arg(long, value_name = "LABEL")]
    set: Option<String>,

    /// Points of a grid along each input, for example 200 or 200x100; without it, 100.
    #[arg(long, value_name = "N")]
    grid: Option<String>,

    /// Ends of the grid, for example -2..2 or phi=-pi..pi,r=0..1; without them, the domain that the model was learnt on.
    #[arg(long, value_name = "RANGES", allow_hyphen_values = true)]
    bounds: Option<String>,
}

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum To {
    C,
    Rust,
    Python,
    Jax,
    Torch,
    Js,
    Fortran,
    Onnx,
    Plumed,
    Npz,
    Formula,
}

/// Points along each input, unless they are asked for.
const POINTS: &str = "100";

/// Writes a model in another form.
pub fn export(arguments: &Export) -> Result<(), Failure> {
    let is_grid = matches!(arguments.to, To::Plumed | To::Npz);
    let flags = [
        ("--hessian", arguments.hessian, !is_grid && arguments.to != To::Formula, "a grid or a formula"),
        ("--fast", arguments.fast, arguments.to == To::C, "anything but C"),
        ("--float32", arguments.float32, arguments.to == To::Onnx, "anything but ONNX"),
        ("--grid", arguments.grid.is_some(), is_grid, "anything but a grid"),
        ("--bounds", arguments.bounds.is_some(), is_grid, "anything but a grid"),
    ];
    if let Some((flag, .., what)) = flags.iter().find(|(_, is_given, applies, _)| *is_given && !applies) {
        return Err(Failure::bad_input(format!("{flag} has no effect on {what}; leave it out")));
    }
    let is_binary = matches!(arguments.to, To::Onnx | To::Npz);
    match &arguments.out {
        Some(out) => files::check(&[("--out", Some(out))], &[&arguments.model])?,
        None if is_binary => return Err(Failure::bad_input("this format is not text; name a file to write with --out")),
        None => {}
    }
    let text = input::text(&arguments.model)?;
    let wrong = |error: multiwell_export::ExportError| named(&arguments.model, &error);
    let model = Model::read(&text, arguments.set.as_deref()).map_err(wrong)?;
    let named_by = arguments.out.as_deref().unwrap_or(&arguments.model);
    let stem = || named_by.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let name = arguments.name.clone().or_else(stem).unwrap_or_default();
    let written = if is_grid {
        let axes = axes(arguments, &model)?;
        match arguments.to {
            To::Npz => grid::npz(&model, &axes),
            _ => grid::plumed(&model, &axes).map(String::into_bytes),
        }
    } else {
        let format = match arguments.to {
            To::C => Format::C { fast: arguments.fast },
            To::Rust => Format::Rust,
            To::Python => Format::Python,
            To::Jax => Format::Jax,
            To::Torch => Format::Torch,
            To::Js => Format::Js,
            To::Fortran => Format::Fortran,
            To::Onnx => Format::Onnx { single: arguments.float32 },
            _ => Format::Formula,
        };
        multiwell_export::export(&text, &model, &Options { name, hessian: arguments.hessian, format })
    };
    let written = written.map_err(wrong)?;
    match &arguments.out {
        Some(out) => files::write(out, &written),
        None => print(&String::from_utf8_lossy(&written)),
    }
}

/// The axes of the grid that is asked for.
fn axes(arguments: &Export, model: &Model) -> Result<Vec<Axis>, Failure> {
    let inputs: Vec<String> = model.inputs.iter().map(|input| input.name.clone()).collect();
    let counts = counts_of(arguments.grid.as_deref().unwrap_or(POINTS), &inputs)?;
    // Of a periodic input a whole turn is of interest, wherever the samples were.
    let domain: Option<Vec<[f64; 2]>> = model.inputs.iter().map(|input| input.period.or(input.domain)).collect();
    let bounds = domain_of_grid(arguments.bounds.as_deref(), &inputs, domain.as_deref(), &arguments.model)?;
    Ok(counts.into_iter().zip(bounds).map(|(count, range)| Axis { count, range }).collect())
}

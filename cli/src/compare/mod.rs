//! `multiwell compare`: the same data fitted by an LSE-ICNN and by what else one would use.

mod densities;
mod table;
mod values;

use std::path::PathBuf;

use clap::Args;
use clap::builder::ArgPredicate;
use itertools::Itertools;
use multiwell::data::Dataset;
use multiwell::model::init;
use multiwell::potentials::sampling;
use multiwell::problem::Settings;
use multiwell::problem::benchmarks;

use crate::arguments::{ColumnNames, Fit, Given, Runs};
use crate::{Failure, seeds};

/// The part of a table's rows that is held out, unless the table or `--hold-out` says another.
const HELD_OUT: f64 = 0.2;

/// `multiwell compare`.
#[derive(Clone, Debug, Args)]
pub struct Compare {
    /// A benchmark's id (see `multiwell list`), or the path of a table, as `fit` takes them.
    #[arg(
        value_name = "BENCHMARK|FILE",
        required = false,
        required_unless_present_any = ["formula", "drawing"],
        default_value_ifs([("formula", ArgPredicate::IsPresent, "formula"), ("drawing", ArgPredicate::IsPresent, "drawing")])
    )]
    pub data: PathBuf,

    /// The columns of points.
    #[command(flatten)]
    pub columns: ColumnNames,

    /// Compare estimates of a density: of the samples in the columns --inputs of a file, or of samples that are drawn from exp(-V/kT) of a benchmark or a formula of one to three inputs.
    #[arg(long)]
    pub density: bool,

    /// The methods to compare, separated by commas; without it, all.
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        help = "The methods to compare, separated by commas: lse-icnn, hard-minimum, softplus, tanh, polynomial, spline and \
                gaussian-process; of densities lse-icnn, kernel and mixture [default: all]"
    )]
    pub methods: Vec<String>,

    /// The settings of the LSE-ICNN and of the data.
    #[command(flatten)]
    pub given: Given,

    /// Seeds of several comparisons, which are done at once on all cores.
    #[arg(
        long,
        value_name = "SEEDS",
        conflicts_with = "seed",
        help = "Compare for each of these seeds, on all cores: 0..9 (both ends included), 3,5,8, or both mixed; the table has medians. With \
                --data-seed same or --target-seed same that seed equals each of them"
    )]
    pub seeds: Option<String>,

    /// Print one JSON object per line, for each seed and method.
    #[arg(long)]
    pub json: bool,
}

impl Compare {
    /// The arguments of a fit of the same data.
    fn as_fit(&self) -> Fit {
        Fit {
            data: self.data.clone(),
            more: Vec::new(),
            columns: self.columns.clone(),
            density: self.density,
            weights: None,
            bias: Vec::new(),
            given: self.given.clone(),
            seeds: self.seeds.clone(),
            init: None,
            runs: Runs::default(),
            json: self.json,
            model_out: None,
            history_out: None,
        }
    }

    /// Those of `all` that were asked for, or all, in the order of the list.
    fn methods<M: Copy>(&self, all: &[M], name: fn(M) -> &'static str) -> Result<Vec<M>, Failure> {
        let known = || all.iter().map(|&method| name(method)).join(", ");
        if let Some(wrong) = self.methods.iter().find(|asked| all.iter().all(|&method| name(method) != asked.trim())) {
            return Err(Failure::bad_input(format!("there is no method called \"{wrong}\" here; choose among {}", known())));
        }
        let is_asked = |&&method: &&M| self.methods.is_empty() || self.methods.iter().any(|asked| asked.trim() == name(method));
        Ok(all.iter().filter(is_asked).copied().collect())
    }

    /// The settings of each comparison.
    fn each(&self, settings: &Settings) -> Result<Vec<Settings>, Failure> {
        let Some(seeds) = &self.seeds else { return Ok(vec![settings.clone()]) };
        Ok(crate::fit::with_seeds(&self.as_fit(), settings, &seeds::read(seeds).map_err(Failure::bad_input)?))
    }
}

/// Compares methods, and prints their scores.
pub fn compare(arguments: &Compare) -> Result<(), Failure> {
    if arguments.density { densities::compare(arguments) } else { values::compare(arguments) }
}

/// Whether the data are those of a benchmark rather than of a file.
fn is_benchmark(arguments: &Compare) -> bool {
    arguments.data.to_str().is_some_and(|id| benchmarks::find(id).is_some())
}

/// The rows of a table that are learnt from, and those that are held out: those that the table names, or a fraction that is drawn by the seed of the
/// data.
fn parts(rows: Dataset, settings: &Settings) -> Result<(Dataset, Dataset), Failure> {
    let rows = if rows.held_out.is_empty() {
        let fraction = settings.data.hold_out.filter(|&part| part > 0.0).unwrap_or(HELD_OUT);
        let samples = rows.samples();
        let count = ((fraction * samples as f64).round() as usize).max(1);
        rows.hold_out(sampling::subset(samples, count, &mut init::stream(settings.data.seed))).map_err(Failure::bad_input)?
    } else {
        rows
    };
    let (learnt, held_out) = rows.parts().map_err(Failure::bad_input)?;
    Ok((learnt, held_out.expect("some rows are held out")))
}

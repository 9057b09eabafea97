//! Estimates of a density beside each other.

use std::sync::PoisonError;

use multiwell::data::Dataset;
use multiwell::problem::potential::target;
use multiwell::problem::{Settings, settings};
use multiwell_compare::comparison::NoComparison;
use multiwell_compare::densities::{Densities, Method, Samples};

use super::{Compare, compared, is_benchmark};
use crate::Failure;
use crate::arguments::{Asked, Given, INPUTS};
use crate::fit::{task, tell_letters};

/// Settings that say which potential samples are drawn from, and how many.
const OF_BENCHMARK: [&str; 12] = [
    "samples",
    "data-seed",
    "target-kind",
    "target-seed",
    "b",
    "formula",
    "set",
    "bounds",
    "drawing",
    "periodic",
    INPUTS,
    "recipe",
];
/// The thermal energy, which only the fit of a density has as a setting.
const KT: &str = "kT";

/// What is estimated.
struct Estimated {
    /// The settings of the LSE-ICNN.
    settings: Settings,
    /// The settings of the benchmark that samples are drawn from, if that is so.
    benchmark: Option<Settings>,
    /// The samples of a file.
    rows: Option<Dataset>,
}

/// Compares estimates.
pub fn compare(arguments: &Compare) -> Result<(), Failure> {
    arguments.methods::<Method>()?;
    let Estimated { settings, benchmark, rows } =
        if is_benchmark(arguments) { of_benchmark(arguments)? } else { of_file(arguments)? };
    let each = arguments.each(&settings)?;
    benchmark.iter().for_each(tell_letters);
    let benchmarks = benchmark.as_ref().map(|settings| arguments.each(settings)).transpose()?;
    compared(arguments, &each, |k, settings, watch| {
        let benchmark = benchmarks.as_ref().map(|all| Samples::Of(&all[k]));
        let samples = benchmark.or_else(|| rows.as_ref().map(Samples::Rows));
        Densities::open(settings, samples.ok_or_else(|| NoComparison::Data("there are no samples".into()))?, watch)
    })
}

/// Samples of a file.
fn of_file(arguments: &Compare) -> Result<Estimated, Failure> {
    if arguments.asked.columns.inputs.is_empty() {
        return Err(Failure::bad_input("say with --inputs which one to three columns hold the samples of the density"));
    }
    let task = task(&arguments.as_fit())?;
    let rows = task.rows.lock().unwrap_or_else(PoisonError::into_inner).take();
    Ok(Estimated { settings: task.settings, benchmark: None, rows })
}

/// Samples of a benchmark.
fn of_benchmark(arguments: &Compare) -> Result<Estimated, Failure> {
    let of = |is_wanted: &dyn Fn(&str) -> bool| {
        Given(arguments.asked.given.0.iter().filter(|(name, _)| is_wanted(name)).cloned().collect())
    };
    let asked = Asked { given: of(&|name| OF_BENCHMARK.contains(&name)), ..arguments.asked.clone() };
    let of_potential = Compare { density: false, asked, ..arguments.clone() };
    let benchmark = task(&of_potential.as_fit())?.settings;
    if target(&benchmark).is_none() {
        let what = benchmark.what();
        return Err(Failure::bad_input(format!("no density is known for {what}; name a potential, or a file with --inputs")));
    }
    let mut settings = Settings::on(benchmark.training.recipe, Settings::OWN_JOINT);
    settings.data.seed = benchmark.data.seed;
    let mut problems = Vec::new();
    for (name, text) in of(&|name| !OF_BENCHMARK.contains(&name)).iter() {
        let Some(setting) = settings::find(name) else { continue };
        if let Some(place) = settings.idle(name, None).filter(|_| name != KT) {
            return Err(Failure::bad_input(format!("--{name} has no effect {place}; leave it out")));
        }
        problems.extend(setting.parse(&mut settings, text).err());
    }
    problems.extend(settings.check().err().unwrap_or_default());
    if problems.is_empty() {
        Ok(Estimated { settings, benchmark: Some(benchmark), rows: None })
    } else {
        Err(Failure::problems(&problems))
    }
}

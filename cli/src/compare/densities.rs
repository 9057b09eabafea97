//! Comparison of estimates of a density.

use std::sync::PoisonError;

use multiwell::internal::data::Dataset;
use multiwell::internal::problem::potential::target;
use multiwell::internal::problem::{Settings, settings};
use multiwell_compare::comparison::NoComparison;
use multiwell_compare::densities::{Densities, DensityMethod, SampleSource};

use super::{Compare, compared, is_benchmark};
use crate::Failure;
use crate::arguments::{GivenSettings, INPUTS_SETTING, TrainingArguments};
use crate::fit::{print_parameters, task};

/// Settings that define the potential from which samples are drawn, and the number of samples.
const BENCHMARK_SETTINGS: [&str; 12] = [
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
    INPUTS_SETTING,
    "recipe",
];
/// Thermal energy. It is a setting only of the fit of a density.
const KT_SETTING: &str = "kT";

/// A density to be estimated.
struct Estimated {
    /// The settings of the LSE-ICNN.
    settings: Settings,
    /// Settings of the benchmark from which samples are drawn, if there is one.
    benchmark: Option<Settings>,
    /// The samples of a file.
    rows: Option<Dataset>,
}

/// Compares estimates.
pub fn compare(arguments: &Compare) -> Result<(), Failure> {
    arguments.methods::<DensityMethod>()?;
    let Estimated { settings, benchmark, rows } =
        if is_benchmark(arguments) { of_benchmark(arguments)? } else { of_file(arguments)? };
    let each = arguments.each(&settings)?;
    benchmark.iter().for_each(print_parameters);
    let benchmarks = benchmark.as_ref().map(|settings| arguments.each(settings)).transpose()?;
    compared(arguments, &each, |k, settings, watch| {
        let benchmark = benchmarks.as_ref().map(|all| SampleSource::Of(&all[k]));
        let samples = benchmark.or_else(|| rows.as_ref().map(SampleSource::Rows));
        Densities::open(settings, samples.ok_or_else(|| NoComparison::Data("there are no samples".into()))?, watch)
    })
}

/// Samples of a file.
fn of_file(arguments: &Compare) -> Result<Estimated, Failure> {
    if arguments.training.columns.inputs.is_empty() {
        return Err(Failure::bad_input("say with --inputs which one to three columns hold the samples of the density"));
    }
    let task = task(&arguments.as_fit())?;
    let rows = task.rows.lock().unwrap_or_else(PoisonError::into_inner).take();
    Ok(Estimated { settings: task.settings, benchmark: None, rows })
}

/// Samples of a benchmark.
fn of_benchmark(arguments: &Compare) -> Result<Estimated, Failure> {
    let of = |is_wanted: &dyn Fn(&str) -> bool| {
        GivenSettings(arguments.training.given.0.iter().filter(|(name, _)| is_wanted(name)).cloned().collect())
    };
    let training = TrainingArguments { given: of(&|name| BENCHMARK_SETTINGS.contains(&name)), ..arguments.training.clone() };
    let of_potential = Compare { density: false, training, ..arguments.clone() };
    let benchmark = task(&of_potential.as_fit())?.settings;
    if target(&benchmark).is_none() {
        let what = benchmark.data_name();
        return Err(Failure::bad_input(format!("no density is known for {what}; name a potential, or a file with --inputs")));
    }
    let mut settings = Settings::on(benchmark.training.recipe, Settings::OWN_JOINT);
    settings.data.seed = benchmark.data.seed;
    let mut problems = Vec::new();
    for (name, text) in of(&|name| !BENCHMARK_SETTINGS.contains(&name)).iter() {
        let Some(setting) = settings::find(name) else { continue };
        if let Some(place) = settings.idle(name, None).filter(|_| name != KT_SETTING) {
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

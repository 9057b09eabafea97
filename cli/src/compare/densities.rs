//! Comparison of estimates of a density.

use std::sync::PoisonError;

use multiwell::internal::problem::potential::target;
use multiwell::internal::problem::{Settings, settings};
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

/// Compares estimates of the density of a file's samples, or of a benchmark.
pub fn compare(arguments: &Compare) -> Result<(), Failure> {
    arguments.methods::<DensityMethod>()?;
    if is_benchmark(arguments) {
        let (settings, benchmark) = of_benchmark(arguments)?;
        let (each, benchmarks) = (arguments.each(&settings)?, arguments.each(&benchmark)?);
        print_parameters(&benchmark);
        return compared(arguments, &each, |k, settings, watch| {
            Densities::open(settings, SampleSource::Of(&benchmarks[k]), watch)
        });
    }
    if arguments.training.columns.inputs.is_empty() {
        return Err(Failure::bad_input("say with --inputs which one to three columns hold the samples of the density"));
    }
    let task = task(&arguments.as_fit())?;
    let rows = task.rows.lock().unwrap_or_else(PoisonError::into_inner).take();
    let rows = rows.ok_or_else(|| Failure::bad_input("there are no samples"))?;
    let each = arguments.each(&task.settings)?;
    compared(arguments, &each, |_, settings, watch| Densities::open(settings, SampleSource::Rows(&rows), watch))
}

/// Settings of the LSE-ICNN, and those of the benchmark from which samples are drawn.
fn of_benchmark(arguments: &Compare) -> Result<(Settings, Settings), Failure> {
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
    if problems.is_empty() { Ok((settings, benchmark)) } else { Err(Failure::problems(&problems)) }
}

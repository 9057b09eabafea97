//! `multiwell compare`: fits of the same data by an LSE-ICNN and by alternative methods.

mod densities;
mod table;
mod values;

use clap::Args;
use multiwell::internal::problem::benchmarks;
use multiwell::internal::problem::{PotentialRun, Settings};
use multiwell_compare::comparison::{ComparedData, Method, NoComparison, ProgressReceiver, chosen};
use multiwell_compare::report::MethodResult;
use serde::Serialize;

use crate::arguments::{FitArguments, TrainingArguments};
use crate::training::Session;
use crate::{Failure, print_error, seeds};

/// `multiwell compare`.
#[derive(Clone, Debug, Args)]
pub struct Compare {
    /// Data, settings of the LSE-ICNN, and seeds.
    #[command(flatten)]
    pub training: TrainingArguments,

    /// Compare estimates of a density, from the samples in the columns --inputs of a file, or from random samples of exp(-V/kT) for a benchmark or a formula of one to three inputs.
    #[arg(long)]
    pub density: bool,

    /// Methods, separated by commas: lse-icnn, hard-minimum, softplus, tanh, polynomial, spline and gaussian-process; for densities lse-icnn,
    /// kernel and mixture [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub methods: Vec<String>,
}

impl Compare {
    /// Arguments of a fit of the same data.
    fn as_fit(&self) -> FitArguments {
        FitArguments { training: self.training.clone(), density: self.density, ..FitArguments::default() }
    }

    /// Settings of each comparison.
    fn each(&self, settings: &Settings) -> Result<Vec<Settings>, Failure> {
        let Some(seeds) = &self.training.seeds else { return Ok(vec![settings.clone()]) };
        Ok(crate::fit::with_seeds(&self.as_fit(), settings, &seeds::read(seeds).map_err(Failure::bad_input)?))
    }

    /// Methods requested on the command line.
    fn methods<M: Method>(&self) -> Result<Vec<M>, Failure> {
        chosen(&self.methods).map_err(Failure::bad_input)
    }
}

/// Compares methods, and prints their scores.
pub fn compare(arguments: &Compare) -> Result<(), Failure> {
    if arguments.density { densities::compare(arguments) } else { values::compare(arguments) }
}

/// Returns true if the data are those of a benchmark rather than of a file.
fn is_benchmark(arguments: &Compare) -> bool {
    arguments.training.data.to_str().is_some_and(|id| benchmarks::find(id).is_some())
}

impl ProgressReceiver for Session {
    fn is_stopped(&self) -> bool {
        self.is_interrupted()
    }

    fn train(&self, run: &mut PotentialRun) {
        self.announce(format!("training lse-icnn, seed {}", run.settings.training.seed));
        Self::train(self, run);
    }

    fn warn(&self, sentence: &str) {
        print_error(&format!("warning: {sentence}"));
    }
}

/// Lines of all methods with one seed, and the sentence about the data.
type SeedResults<C> = (Vec<MethodResult<<C as ComparedData>::Score>>, String);

/// Compares methods for each of these settings, in parallel on all cores, and prints the table.
fn compared<C: ComparedData>(
    arguments: &Compare,
    each: &[Settings],
    open: impl Fn(usize, &Settings, &dyn ProgressReceiver) -> Result<C, NoComparison> + Sync,
) -> Result<(), Failure>
where
    C::Method: Sync,
    C::Score: Send + Serialize,
{
    let methods = arguments.methods::<C::Method>()?;
    let session = Session::of_fits(each.len() * methods.len())?;
    let found = session.each(each, |k, settings| {
        let open = |watch: &dyn ProgressReceiver| open(k, settings, watch);
        one(settings, &methods, each.len(), &session, open)
    })?;
    let found: Vec<SeedResults<C>> = found.into_iter().flatten().collect();
    let head = found.first().map_or_else(String::new, |(_, head)| head.clone());
    let lines: Vec<MethodResult<C::Score>> = found.into_iter().flat_map(|(lines, _)| lines).collect();
    if !lines.is_empty() {
        table::print::<C>(&lines, &head, arguments.training.json)?;
    }
    if session.is_interrupted() {
        return Err(Failure::Interrupted("stopped by Ctrl-C before all fits had ended".into()));
    }
    Ok(())
}

/// Results of all methods with one seed; none if Ctrl-C was pressed before the end of the training of the LSE-ICNN.
fn one<C: ComparedData>(
    settings: &Settings,
    methods: &[C::Method],
    seeds: usize,
    session: &Session,
    open: impl Fn(&dyn ProgressReceiver) -> Result<C, NoComparison>,
) -> Result<Option<SeedResults<C>>, Failure> {
    let seed = settings.training.seed;
    let comparison = match open(session) {
        Ok(comparison) => comparison,
        Err(NoComparison::Settings(problems)) => return Err(Failure::problems(&problems)),
        Err(NoComparison::Data(why)) => return Err(Failure::bad_input(why)),
        Err(NoComparison::Stopped) => return Ok(None),
    };
    let mut lines: Vec<MethodResult<C::Score>> = comparison.truth().into_iter().map(|truth| truth.line).collect();
    for (k, &method) in methods.iter().enumerate() {
        session.announce(format!("fitting {}, {} of {}, seed {seed}", method.name(), k + 1, methods.len()));
        let Some(outcome) = comparison.fit(method, &|| session.is_interrupted()) else { break };
        lines.push(outcome.line);
        session.count(1);
    }
    Ok(Some((lines, comparison.described(seeds))))
}

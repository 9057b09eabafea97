//! `multiwell fit`: training of one run, or of one run for each of several seeds, for any problem.

mod data;
mod outputs;

pub use data::{own_data, own_text};
use data::{own_rows, own_sets, umbrella};
pub use outputs::check_outputs;
use outputs::{Files, write_outputs};
use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Mutex, Once, PoisonError, RwLock};

use multiwell::internal::data::Dataset;
use multiwell::internal::data::csv::Columns;
use multiwell::internal::model::model_file::ModelFile;
use multiwell::internal::potentials::{Formula, formula};
use multiwell::internal::problem::benchmark::Benchmark;
use multiwell::internal::problem::benchmarks;
use multiwell::internal::problem::job::{FitInputs, Job};
use multiwell::internal::problem::jobs;
use multiwell::internal::problem::metrics::{self, Metrics};
use multiwell::internal::problem::potential::job::read_joint;
use multiwell::internal::problem::potential::target;
use multiwell::internal::problem::settings::{self, Problem, Scaling, Setting};
use multiwell::internal::problem::table::UserTable;
use multiwell::internal::problem::{DataSource, InvalidSetting, PotentialRun, Settings, State};
use multiwell::internal::text::shortened;

use super::arguments::{FitArguments, INPUTS_SETTING, RunColumns, TrainingArguments};
use super::training::{SIGNAL_NAMES, Session};
use super::{Failure, input, json_line, print, print_error, report, seeds, sets};

/// A fit to be trained.
pub struct FitToTrain {
    /// Settings of the run, or of the first of several.
    pub settings: Settings,
    /// Rows of a user's file for a potential, read once for all seeds. A single run takes ownership of them, because there may be very many.
    pub rows: Mutex<Option<Dataset>>,
    is_single: bool,
    /// A user's file of any other kind. A single run does not use its text after it has begun.
    table: RwLock<Option<UserTable>>,
    /// Text of a model file with which training begins.
    model: Option<String>,
}

impl FitToTrain {
    /// Returns true if there are data of the user.
    fn has_data(&self) -> bool {
        self.rows.lock().is_ok_and(|rows| rows.is_some()) || self.table.read().is_ok_and(|table| table.is_some())
    }

    fn open(&self, settings: &Settings) -> Result<Box<dyn Job>, Failure> {
        let rows = self.rows.lock().map(|mut rows| if self.is_single { rows.take() } else { rows.clone() });
        if let Some(rows) = rows.unwrap_or_default() {
            let start = self.model.as_deref().map(ModelFile::read).transpose().map_err(Failure::bad_input)?;
            let run = PotentialRun::new(settings.clone(), DataSource::Own(rows), start.as_ref());
            return Ok(Box::new(run.map_err(|problems| Failure::problems(&problems))?));
        }
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        let lacks_roles = table.as_ref().is_some_and(|table| {
            let Columns { inputs, time, outputs, .. } = &table.columns;
            settings.benchmark == Settings::OWN_TRAJECTORIES && (inputs.is_empty() || time.is_none() || outputs.is_empty())
        });
        let hinted = |problem: InvalidSetting| {
            if lacks_roles {
                problem.and("use --run, --time, --inputs and --outputs; a single run needs no --run")
            } else {
                problem
            }
        };
        let opened =
            jobs::open_with_settings(settings.clone(), FitInputs { table: table.as_ref(), model: self.model.as_deref() });
        drop(table);
        if self.is_single {
            *self.table.write().unwrap_or_else(PoisonError::into_inner) = None;
        }
        opened.map_err(|problems| Failure::problems(&problems.into_iter().map(hinted).collect::<Vec<_>>()))
    }
}

/// Metrics of a run, its end, and its files.
pub struct RunReport {
    pub metrics: Metrics,
    /// Domain of a potential, and whether each input is periodic.
    pub domain: Option<(Vec<[f64; 2]>, Vec<bool>)>,
    ended: Option<State>,
    epoch: u64,
    files: Files,
}

/// Trains, prints the result, and writes the requested files.
pub fn fit(arguments: &FitArguments) -> Result<(), Failure> {
    if sets::has_several_sets(arguments) {
        return sets::fit(arguments);
    }
    let Some(seeds) = &arguments.training.seeds else {
        let (outcome, is_interrupted) = single(arguments)?;
        return report_one(arguments, &outcome, is_interrupted);
    };
    let task = task(arguments)?;
    check_outputs(std::slice::from_ref(arguments), task.has_data())?;
    let all = with_seeds(arguments, &task.settings, &seeds::read(seeds).map_err(Failure::bad_input)?);
    let session = Session::new(all.len(), task.settings.training.epochs.saturating_mul(all.len() as u64))?;
    let first = Once::new();
    let outcomes = session.each(&all, |_, settings| trained(arguments, &task, &session, &first, settings).map(Some))?;
    report_several(arguments, &outcomes.into_iter().flatten().collect::<Vec<_>>(), all.len())
}

/// Trains a single run. Also returns whether Ctrl-C was pressed.
pub fn single(arguments: &FitArguments) -> Result<(RunReport, bool), Failure> {
    let task = task(arguments)?;
    check_outputs(std::slice::from_ref(arguments), task.has_data())?;
    let session = Session::new(1, task.settings.training.epochs)?;
    let outcome = trained(arguments, &task, &session, &Once::new(), &task.settings);
    session.finish();
    Ok((outcome?, session.is_interrupted()))
}

/// Trains a run of a session. The first run prints remarks on the data.
fn trained(
    arguments: &FitArguments,
    task: &FitToTrain,
    session: &Session,
    first: &Once,
    settings: &Settings,
) -> Result<RunReport, Failure> {
    let mut job = task.open(settings)?;
    first.call_once(|| {
        print_parameters(settings);
        job.remarks().iter().for_each(|remark| print_error(&format!("note: {remark}")));
    });
    session.train(&mut *job);
    // Ctrl-C also ends the search for minima and barriers, unless it has already ended the training.
    let before = session.is_interrupted();
    let metrics = job.full_metrics(&|| !before && session.is_interrupted());
    let files = Files::requested(arguments, &*job, metrics.finite);
    let run = (&*job as &dyn Any).downcast_ref::<PotentialRun>();
    let domain = run.map(|run| (run.bounds().to_vec(), run.data().periodic()));
    Ok(RunReport { ended: job.ended().cloned(), epoch: job.progress().epoch, metrics, domain, files })
}

/// The settings of a run for each seed.
pub fn with_seeds(arguments: &FitArguments, settings: &Settings, seeds: &[u64]) -> Vec<Settings> {
    let [data, target] = ["data-seed", "target-seed"]
        .map(|name| arguments.training.given.get(name).is_some_and(|text| follows(arguments, name, text)));
    let with = |&seed: &u64| {
        let mut settings = settings.clone();
        settings.training.seed = seed;
        if data {
            settings.data.seed = seed;
        }
        if let (true, Problem::Potential(own)) = (target, &mut settings.problem) {
            own.target_seed = seed;
        }
        settings
    };
    seeds.iter().map(with).collect()
}

/// Prints the result of a single run and writes its files.
pub fn report_one(arguments: &FitArguments, outcome: &RunReport, is_interrupted: bool) -> Result<(), Failure> {
    let RunReport { metrics, ended: state, epoch, files, .. } = outcome;
    let ending = match state {
        Some(State::Finished { .. }) if metrics.is_partial() && is_interrupted => Err(Failure::Interrupted(format!(
            "training had ended, but {SIGNAL_NAMES} stopped the search for minima and barriers"
        ))),
        Some(State::Finished { sentence }) => Ok(sentence.as_str()),
        Some(State::Diverged { sentence }) => Err(Failure::Failed(sentence.clone())),
        _ => Err(Failure::Interrupted(format!("stopped at epoch {epoch} by {SIGNAL_NAMES}"))),
    };
    let text = if arguments.training.json {
        json_line(&metrics.json())?
    } else {
        metrics.warnings.iter().for_each(|warning| print_error(&format!("warning: {warning}")));
        report::metrics(metrics, ending.as_ref().map_or("", |sentence| sentence))
    };
    // Files are written even if standard output is closed.
    let printed = print(&text);
    ended(ending.map(|_| ()), printed, write_outputs(arguments, files))
}

/// Prints the metrics of all runs in the order of their seeds, and writes the files of the best one. After Ctrl-C, the metrics are those of the
/// training so far. Runs that had not begun are omitted.
fn report_several(arguments: &FitArguments, outcomes: &[RunReport], planned: usize) -> Result<(), Failure> {
    let best = metrics::best(outcomes.iter().map(|outcome| &outcome.metrics).enumerate());
    let text = if arguments.training.json {
        outcomes.iter().map(|outcome| json_line(&outcome.metrics.json())).collect::<Result<String, _>>()?
    } else {
        let mut warnings: BTreeMap<&str, usize> = BTreeMap::new();
        let all = outcomes.iter().flat_map(|outcome| &outcome.metrics.warnings);
        all.for_each(|warning| *warnings.entry(warning).or_default() += 1);
        for (warning, runs) in &warnings {
            print_error(&format!("warning: {runs} of {} runs: {warning}", outcomes.len()));
        }
        report::overview(&outcomes.iter().map(|outcome| &outcome.metrics).collect::<Vec<_>>(), best)
    };
    let printed = print(&text);
    let kept = match best {
        Some(best) => write_outputs(arguments, &outcomes[best].files),
        None => Ok(arguments
            .model_out
            .as_ref()
            .map_or_else(String::new, |path| format!("{} was not written, because no run ended with a fit", path.display()))),
    };
    let count = |is: &dyn Fn(&RunReport) -> bool| outcomes.iter().filter(|outcome| is(outcome)).count();
    let partial = count(&|outcome| outcome.metrics.is_partial());
    if partial > 0 {
        print_error(&format!(
            "note: in {partial} of {} runs the search for minima and barriers was not completed",
            outcomes.len()
        ));
    }
    let finished = count(&|outcome| outcome.ended.is_some());
    let diverged = count(&|outcome| matches!(outcome.ended, Some(State::Diverged { .. })));
    let ending = match diverged {
        _ if finished < planned => {
            Err(Failure::Interrupted(format!("stopped by {SIGNAL_NAMES} when {finished} of {planned} runs had ended")))
        }
        0 => Ok(()),
        _ => Err(Failure::Failed(format!("{diverged} of {planned} runs diverged; lower the learning rates"))),
    };
    ended(ending, printed, kept)
}

/// Result of a command that has trained. A file that could not be written has priority over the end of training, and this over a failure to print the
/// numbers.
fn ended(ending: Result<(), Failure>, printed: Result<(), Failure>, kept: Result<String, Failure>) -> Result<(), Failure> {
    let left_out = kept?;
    match ending {
        Err(failure) => Err(failure.and(&left_out)),
        Ok(()) if left_out.is_empty() => printed,
        Ok(()) => Err(Failure::Failed(left_out)),
    }
}

/// The requested benchmark, with its id.
fn benchmark(arguments: &FitArguments) -> Result<(Benchmark, &str), Failure> {
    let known =
        arguments.training.data.to_str().and_then(|id| Some((benchmarks::find(id).filter(|found| !found.reads_table)?, id)));
    let has_runs = arguments.runs.run.is_some() || arguments.runs.time.is_some() || !arguments.runs.outputs.is_empty();
    let own = match (arguments.density, has_runs) {
        (true, _) if !arguments.training.columns.inputs.is_empty() => Settings::OWN_JOINT,
        (true, _) => Settings::OWN_SAMPLES,
        (_, true) => Settings::OWN_TRAJECTORIES,
        _ => Settings::OWN_DATA,
    };
    match known {
        Some((_, id)) if arguments.density => {
            Err(Failure::bad_input(format!("--density is for the columns of a file, but {id} is a benchmark")))
        }
        Some(known) => Ok(known),
        None => Ok((benchmarks::find(own).expect("it is in the list"), own)),
    }
}

/// Settings and data from the arguments.
pub fn task(arguments: &FitArguments) -> Result<FitToTrain, Failure> {
    let FitArguments { training: TrainingArguments { data: path, columns, .. }, runs, .. } = arguments;
    let (benchmark, id) = benchmark(arguments)?;
    if arguments.umbrella.is_some() && id != Settings::OWN_JOINT {
        return Err(Failure::bad_input("--umbrella combines samples of named columns; add --inputs"));
    }
    let is_of_several = id == Settings::OWN_SAMPLES || arguments.umbrella.is_some();
    if let (Some(second), false) = (arguments.more.first(), is_of_several) {
        let second = second.display();
        return Err(Failure::bad_input(format!("'{second}' is a second file. Several files are sets of samples: add --density")));
    }
    let given = arguments.training.given.on(id, columns);
    let roles = [
        ("inputs", "input", !columns.inputs.is_empty() && given.get(INPUTS_SETTING).is_none()),
        ("target", "value", columns.target.is_some()),
        ("gradient", "derivative", !columns.gradient.is_empty()),
        ("forces", "force", !columns.forces.is_empty()),
        ("split", "split", columns.split.is_some()),
        ("sigma", "sigma", columns.sigma.is_some()),
        ("run", "run", runs.run.is_some()),
        ("time", "time", runs.time.is_some()),
        ("outputs", "output", !runs.outputs.is_empty()),
        ("weights", "weight", arguments.weights.is_some()),
        ("bias", "bias", !arguments.bias.is_empty()),
    ];
    let model = arguments.init.as_deref().map(input::text).transpose()?;
    let settings = settings(arguments, id, model.as_deref())?;
    let is_older = settings.recipe_version().is_some() && model.as_deref().is_some_and(Settings::has_older_recipe);
    if let Some(path) = arguments.init.as_ref().filter(|_| is_older) {
        print_error(&format!("note: {}: {}", path.display(), settings::OLDER_RECIPE));
    }
    let is_used = |role: &&str| benchmark.reads_table && benchmark.roles.contains(role);
    if let Some((name, ..)) = roles.iter().find(|(_, role, is_given)| *is_given && !is_used(role)) {
        let sentence = if !benchmark.reads_table && settings.potential().is_some() {
            format!("--{name} and its like name columns of a file, but {id} is a benchmark")
        } else {
            format!("--{name} has no effect on {}; leave it out", settings.data_name())
        };
        return Err(Failure::bad_input(sentence));
    }
    if let Some(centres) = &arguments.umbrella {
        refuse_idle(given.iter().map(|(name, _)| name), &[&settings], None)?;
        let rows = Mutex::new(Some(umbrella(arguments, centres, &settings)?));
        return Ok(FitToTrain { settings, rows, is_single: arguments.training.seeds.is_none(), table: RwLock::new(None), model });
    }
    // A pipe can be read only once.
    let text = benchmark
        .reads_table
        .then(|| if arguments.more.is_empty() { own_text(path) } else { own_sets(arguments) })
        .transpose()?;
    let (text, rows) = match text {
        Some(text) if id == Settings::OWN_DATA => (None, Some(own_rows(path, text, &columns.named())?)),
        text => (text, None),
    };
    refuse_idle(given.iter().map(|(name, _)| name), &[&settings], rows.as_ref())?;
    if let Some(rows) = rows.as_ref().filter(|rows| !rows.held_out.is_empty()) {
        let (held_out, all) = (rows.held_out.len(), rows.samples());
        let column = shortened(columns.split.as_deref().unwrap_or("split"));
        print_error(&format!("note: {held_out} of {all} rows are held out according to the column {column}"));
    }
    let table = text.map(|text| {
        let RunColumns { run, time, outputs } = runs.clone();
        let (weight, biases) = (arguments.weights.clone(), arguments.bias.clone());
        let columns = Columns { weight, biases, run, time, outputs, inputs: columns.inputs.clone(), ..Columns::default() };
        UserTable { name: path.display().to_string(), text, columns, held: 0 }
    });
    let (rows, table) = match table {
        Some(table) if id == Settings::OWN_JOINT => {
            (Some(read_joint(&table, &settings).map_err(|problem| Failure::problems(&[problem]))?), None)
        }
        table => (rows, table),
    };
    Ok(FitToTrain {
        settings,
        rows: Mutex::new(rows),
        is_single: arguments.training.seeds.is_none(),
        table: RwLock::new(table),
        model,
    })
}

/// Settings requested by the arguments.
fn settings(arguments: &FitArguments, id: &str, model: Option<&str>) -> Result<Settings, Failure> {
    let recipe = settings::read_recipe(arguments.training.given.get("recipe"));
    let mut problems = Vec::from_iter(recipe.as_ref().err().cloned());
    let recipe = recipe.unwrap_or_default();
    let columns = &arguments.training.columns;
    let mut settings = if columns.named().has_slopes() && id == Settings::OWN_DATA {
        Settings::on_derivatives(recipe, columns.target.is_some())
    } else {
        Settings::on(recipe, id)
    };
    if let (Problem::Potential(own), Settings::OWN_DATA) = (&mut settings.problem, id) {
        own.scaling = Scaling::Standard;
    }
    let shape = |settings: &mut Settings| match (model, &arguments.init) {
        (Some(text), Some(path)) => {
            jobs::take_shape(settings, text).map_err(|why| Failure::bad_input(format!("{}: {why}", path.display())))
        }
        _ => Ok(()),
    };
    shape(&mut settings)?;
    if let (Err(wrong), Some(path)) = (settings.check(), &arguments.init) {
        let named = |problem: InvalidSetting| format!("{}: {problem}", path.display());
        return Err(Failure::BadInput(wrong.into_iter().map(named).collect()));
    }
    let given = arguments.training.given.on(id, &arguments.training.columns);
    let is_own = |name: &str| settings::find(name).is_some_and(|setting| setting.value(&settings).is_some());
    let own: Vec<_> = given.iter().filter(|&(name, text)| is_own(name) && !follows(arguments, name, text)).collect();
    problems.extend(settings.apply(own.into_iter()));
    problems.extend(settings.check().err().unwrap_or_default());
    problems.extend(mistyped_name(&settings));
    let mut of_model = settings.clone();
    shape(&mut of_model)?;
    let conflict = |setting: &'static Setting| {
        let (name, asked, has) = (setting.name, setting.written(&settings), setting.written(&of_model));
        let sentence = || format!("{name} is {asked}, but the model file to start from has {has}; leave --{name} out");
        (asked != has).then(|| InvalidSetting::new(name, sentence()))
    };
    problems.extend(settings::all().filter_map(conflict));
    if problems.is_empty() { Ok(settings) } else { Err(Failure::problems(&problems)) }
}

/// Prints the values of the parameters of a formula, unless the formula cannot be used.
pub fn print_parameters(settings: &Settings) {
    let own = settings.potential().filter(|_| settings.benchmark == Formula::ID && target(settings).is_some());
    if let Some(parameters) = own.and_then(|own| formula::described(&own.formula, &own.set, &own.bounds)) {
        print_error(&format!("note: parameters of the formula: {parameters}"));
    }
}

/// Name in the parameters or bounds of a formula that does not occur in the formula.
fn mistyped_name(settings: &Settings) -> Option<InvalidSetting> {
    let own = settings.potential().filter(|_| settings.benchmark == Formula::ID)?;
    formula::unused(&own.formula, &own.set, &own.bounds).map(|error| InvalidSetting::new(error.field, error.to_string()))
}

/// Refuses a flag whose setting has no effect in any of these runs.
pub fn refuse_idle<'a>(
    names: impl IntoIterator<Item = &'a str>,
    all: &[&Settings],
    data: Option<&Dataset>,
) -> Result<(), Failure> {
    for name in names {
        let mut places = all.iter().map(|settings| settings.idle(name, data));
        let Some(Some(place)) = places.next() else { continue };
        if places.all(|other| other.is_some()) {
            return Err(Failure::bad_input(format!("--{name} has no effect {place}; leave it out")));
        }
    }
    Ok(())
}

/// Returns true if `--data-seed same` or `--target-seed same` was given together with `--seeds`. That seed then equals the seed of each run.
fn follows(arguments: &FitArguments, name: &str, text: &str) -> bool {
    arguments.training.seeds.is_some() && ["data-seed", "target-seed"].contains(&name) && text.trim() == "same"
}

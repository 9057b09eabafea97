//! `multiwell fit`: trains one run, or one for each of several seeds, of any problem.

use std::any::Any;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once, PoisonError, RwLock};

use multiwell::data::Dataset;
use multiwell::data::csv::{self, Columns};
use multiwell::data::umbrella::{self, Window};
use multiwell::data::unpack::Unpacked;
use multiwell::model::model_file::ModelFile;
use multiwell::potentials::{Formula, formula};
use multiwell::problem::benchmark::Benchmark;
use multiwell::problem::benchmarks::{self, UnknownBenchmark};
use multiwell::problem::job::Given;
use multiwell::problem::job::Job;
use multiwell::problem::jobs::{self, check_model};
use multiwell::problem::metrics::{self, Metrics};
use multiwell::problem::potential::job::read_joint;
use multiwell::problem::potential::target;
use multiwell::problem::settings::{self, Choice, Problem, Recipe, Scaling, Setting};
use multiwell::problem::table::Table;
use multiwell::problem::{InvalidSetting, Run, Settings, Source, State};
use multiwell::text::shortened;

use super::arguments::{Asked, Fit, INPUTS};
use super::training::{SIGNALS, Session};
use super::{Failure, files, input, print, report, say, seeds, sets};

/// What is to be trained.
pub struct Task {
    /// The settings of the run, or of the first of several.
    pub settings: Settings,
    /// The rows of a user's file that a potential is learnt from, read once for all seeds. A single run takes them, as there may be very many.
    pub rows: Mutex<Option<Dataset>>,
    is_single: bool,
    /// A user's file of any other kind. A single run has no use for its text when it has begun.
    table: RwLock<Option<Table>>,
    /// The text of a model file to start from.
    model: Option<String>,
}

impl Task {
    /// Whether there are data of a user.
    fn has_data(&self) -> bool {
        self.rows.lock().is_ok_and(|rows| rows.is_some()) || self.table.read().is_ok_and(|table| table.is_some())
    }

    fn open(&self, settings: &Settings) -> Result<Box<dyn Job>, Failure> {
        let rows = self.rows.lock().map(|mut rows| if self.is_single { rows.take() } else { rows.clone() });
        if let Some(rows) = rows.unwrap_or_default() {
            let start = self.model.as_deref().map(ModelFile::read).transpose().map_err(Failure::bad_input)?;
            let run = Run::new(settings.clone(), Source::Own(rows), start.as_ref());
            return Ok(Box::new(run.map_err(|problems| Failure::problems(&problems))?));
        }
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        let lacks_roles = table.as_ref().is_some_and(|table| {
            let lacks = |part: &str| table.columns(part).is_empty();
            settings.benchmark == Settings::OWN_TRAJECTORIES && (table.inputs.is_empty() || lacks("time") || lacks("output"))
        });
        let hinted = |problem: InvalidSetting| {
            if lacks_roles {
                problem.and("use --run, --time, --inputs and --outputs; a single run needs no --run")
            } else {
                problem
            }
        };
        let opened = jobs::begin(settings.clone(), Given { table: table.as_ref(), model: self.model.as_deref() });
        drop(table);
        if self.is_single {
            *self.table.write().unwrap_or_else(PoisonError::into_inner) = None;
        }
        opened.map_err(|problems| Failure::problems(&problems.into_iter().map(hinted).collect::<Vec<_>>()))
    }
}

/// The numbers of a run, how it ended, and its files.
pub struct Outcome {
    /// The numbers.
    pub metrics: Metrics,
    /// Of a potential, its domain, and which inputs are periodic.
    pub domain: Option<(Vec<[f64; 2]>, Vec<bool>)>,
    ended: Option<State>,
    epoch: u64,
    files: Files,
}

/// Trains, prints the result, and writes the files that were asked for.
pub fn fit(arguments: &Fit) -> Result<(), Failure> {
    if sets::are_asked_for(arguments) {
        return sets::fit(arguments);
    }
    let Some(seeds) = &arguments.asked.seeds else {
        let (outcome, is_interrupted) = single(arguments)?;
        return report_one(arguments, &outcome, is_interrupted);
    };
    let task = task(arguments)?;
    check_outputs(arguments, task.has_data())?;
    let all = with_seeds(arguments, &task.settings, &seeds::read(seeds).map_err(Failure::bad_input)?);
    let session = Session::new(all.len(), task.settings.training.epochs.saturating_mul(all.len() as u64))?;
    let first = Once::new();
    let outcomes = session.each(&all, |_, settings| trained(arguments, &task, &session, &first, settings).map(Some))?;
    report_several(arguments, &outcomes.into_iter().flatten().collect::<Vec<_>>(), all.len())
}

/// Trains a single run; also says whether Ctrl-C was pressed.
pub fn single(arguments: &Fit) -> Result<(Outcome, bool), Failure> {
    let task = task(arguments)?;
    check_outputs(arguments, task.has_data())?;
    let session = Session::new(1, task.settings.training.epochs)?;
    let outcome = trained(arguments, &task, &session, &Once::new(), &task.settings);
    session.finish();
    Ok((outcome?, session.is_interrupted()))
}

/// Trains a run of a session, of which the first one prints remarks on the data.
fn trained(arguments: &Fit, task: &Task, session: &Session, first: &Once, settings: &Settings) -> Result<Outcome, Failure> {
    let mut job = task.open(settings)?;
    first.call_once(|| {
        tell_letters(settings);
        job.remarks().iter().for_each(|remark| say(&format!("note: {remark}")));
    });
    session.train(&mut *job);
    // Ctrl-C also ends the search for minima and barriers, unless it has already ended the training.
    let before = session.is_interrupted();
    let metrics = job.full_metrics(&|| !before && session.is_interrupted());
    let files = Files::of(arguments, &*job, metrics.finite);
    let run = (&*job as &dyn Any).downcast_ref::<Run>();
    let domain = run.map(|run| (run.bounds().to_vec(), run.data().periodic()));
    Ok(Outcome { ended: job.ended().cloned(), epoch: job.epoch(), metrics, domain, files })
}

/// The settings of a run for each seed.
pub fn with_seeds(arguments: &Fit, settings: &Settings, seeds: &[u64]) -> Vec<Settings> {
    let [data, target] = ["data-seed", "target-seed"]
        .map(|name| arguments.asked.given.get(name).is_some_and(|text| follows(arguments, name, text)));
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
pub fn report_one(arguments: &Fit, outcome: &Outcome, is_interrupted: bool) -> Result<(), Failure> {
    let Outcome { metrics, ended: state, epoch, files, .. } = outcome;
    let ending = match state {
        Some(State::Finished { .. }) if metrics.is_partial() && is_interrupted => {
            Err(Failure::Interrupted(format!("training had ended, but {SIGNALS} stopped the search for minima and barriers")))
        }
        Some(State::Finished { sentence }) => Ok(sentence.as_str()),
        Some(State::Diverged { sentence }) => Err(Failure::Failed(sentence.clone())),
        _ => Err(Failure::Interrupted(format!("stopped at epoch {epoch} by {SIGNALS}"))),
    };
    let text = if arguments.asked.json {
        json(metrics)?
    } else {
        metrics.warnings.iter().for_each(|warning| say(&format!("warning: {warning}")));
        report::metrics(metrics, ending.as_ref().map_or("", |sentence| sentence))
    };
    // Files are written even if standard output is closed.
    let printed = print(&text);
    ended(ending.map(|_| ()), printed, write_outputs(arguments, files))
}

/// Prints the metrics of all runs in the order of their seeds, and writes the files of the best one. After Ctrl-C these are the metrics of what
/// has been trained so far, without the runs that were never begun.
fn report_several(arguments: &Fit, outcomes: &[Outcome], planned: usize) -> Result<(), Failure> {
    let best = metrics::best(outcomes.iter().map(|outcome| &outcome.metrics).enumerate());
    let text = if arguments.asked.json {
        outcomes.iter().map(|outcome| json(&outcome.metrics)).collect::<Result<String, _>>()?
    } else {
        let mut warnings: BTreeMap<&str, usize> = BTreeMap::new();
        let all = outcomes.iter().flat_map(|outcome| &outcome.metrics.warnings);
        all.for_each(|warning| *warnings.entry(warning).or_default() += 1);
        for (warning, runs) in &warnings {
            say(&format!("warning: {runs} of {} runs: {warning}", outcomes.len()));
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
    let count = |is: &dyn Fn(&Outcome) -> bool| outcomes.iter().filter(|outcome| is(outcome)).count();
    let partial = count(&|outcome| outcome.metrics.is_partial());
    if partial > 0 {
        say(&format!("note: in {partial} of {} runs the search for minima and barriers was not completed", outcomes.len()));
    }
    let finished = count(&|outcome| outcome.ended.is_some());
    let diverged = count(&|outcome| matches!(outcome.ended, Some(State::Diverged { .. })));
    let ending = match diverged {
        _ if finished < planned => {
            Err(Failure::Interrupted(format!("stopped by {SIGNALS} when {finished} of {planned} runs had ended")))
        }
        0 => Ok(()),
        _ => Err(Failure::Failed(format!("{diverged} of {planned} runs diverged; lower the learning rates"))),
    };
    ended(ending, printed, kept)
}

/// The result of a command that has trained. A file that could not be written counts first, then how training ended, then whether the
/// numbers could be printed.
fn ended(ending: Result<(), Failure>, printed: Result<(), Failure>, kept: Result<String, Failure>) -> Result<(), Failure> {
    let left_out = kept?;
    match ending {
        Err(failure) => Err(failure.and(&left_out)),
        Ok(()) if left_out.is_empty() => printed,
        Ok(()) => Err(Failure::Failed(left_out)),
    }
}

/// A line of JSON.
fn json(metrics: &Metrics) -> Result<String, Failure> {
    serde_json::to_string(&metrics.json()).map(|line| line + "\n").map_err(|error| Failure::Failed(error.to_string()))
}

/// The benchmark that the arguments ask for, with its id.
fn benchmark(arguments: &Fit) -> Result<(Benchmark, &str), Failure> {
    let known = arguments.asked.data.to_str().and_then(|id| Some((benchmarks::find(id).filter(|found| !found.own)?, id)));
    let has_runs = arguments.runs.run.is_some() || arguments.runs.time.is_some() || !arguments.runs.outputs.is_empty();
    let own = match (arguments.density, has_runs) {
        (true, _) if !arguments.asked.columns.inputs.is_empty() => Settings::OWN_JOINT,
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
pub fn task(arguments: &Fit) -> Result<Task, Failure> {
    let Fit { asked: Asked { data: path, columns, .. }, runs, .. } = arguments;
    let (benchmark, id) = benchmark(arguments)?;
    if arguments.umbrella.is_some() && id != Settings::OWN_JOINT {
        return Err(Failure::bad_input("--umbrella combines samples of named columns; add --inputs"));
    }
    let is_of_several = id == Settings::OWN_SAMPLES || arguments.umbrella.is_some();
    if let (Some(second), false) = (arguments.more.first(), is_of_several) {
        let second = second.display();
        return Err(Failure::bad_input(format!(
            "'{second}' is one too many: several files are sets of samples, so add --density"
        )));
    }
    let given = arguments.asked.given.on(id, columns);
    let parts = [
        ("inputs", "input", !columns.inputs.is_empty() && given.get(INPUTS).is_none()),
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
    let is_older = settings.recipe_version().is_some() && model.as_deref().is_some_and(Settings::are_older_in);
    if let Some(path) = arguments.init.as_ref().filter(|_| is_older) {
        say(&format!("note: {}: {}", path.display(), settings::OLDER_RECIPE));
    }
    let is_used = |part: &&str| benchmark.own && benchmark.parts.contains(part);
    if let Some((name, ..)) = parts.iter().find(|(_, part, is_given)| *is_given && !is_used(part)) {
        let sentence = if !benchmark.own && settings.potential().is_some() {
            format!("--{name} and its like name columns of a file, but {id} is a benchmark")
        } else {
            format!("--{name} has no effect on {}; leave it out", settings.what())
        };
        return Err(Failure::bad_input(sentence));
    }
    if let Some(centres) = &arguments.umbrella {
        refuse_idle(given.iter().map(|(name, _)| name), &[&settings], None)?;
        let rows = Mutex::new(Some(umbrella(arguments, centres, &settings)?));
        return Ok(Task { settings, rows, is_single: arguments.asked.seeds.is_none(), table: RwLock::new(None), model });
    }
    // A pipe can be read only once.
    let text = benchmark.own.then(|| if arguments.more.is_empty() { own_text(path) } else { own_sets(arguments) }).transpose()?;
    let (text, rows) = match text {
        Some(text) if id == Settings::OWN_DATA => (None, Some(own_rows(path, text, &columns.named())?)),
        text => (text, None),
    };
    refuse_idle(given.iter().map(|(name, _)| name), &[&settings], rows.as_ref())?;
    if let Some(rows) = rows.as_ref().filter(|rows| !rows.held_out.is_empty()) {
        let (held_out, all) = (rows.held_out.len(), rows.samples());
        let column = shortened(columns.split.as_deref().unwrap_or("split"));
        say(&format!("note: {held_out} of {all} rows are held out, as the column {column} says"));
    }
    let others =
        [("run", &runs.run), ("time", &runs.time)].into_iter().flat_map(|(part, name)| name.iter().map(move |name| (part, name)));
    let others = others.chain(runs.outputs.iter().map(|name| ("output", name)));
    let others = others.chain(arguments.weights.iter().map(|name| ("weight", name)));
    let others = others.chain(arguments.bias.iter().map(|name| ("bias", name)));
    let table = text.map(|text| Table {
        name: path.display().to_string(),
        text,
        inputs: columns.inputs.clone(),
        others: others.map(|(part, name)| (part.into(), name.clone())).collect(),
        ..Table::default()
    });
    let (rows, table) = match table {
        Some(table) if id == Settings::OWN_JOINT => {
            (Some(read_joint(&table, &settings).map_err(|problem| Failure::problems(&[problem]))?), None)
        }
        table => (rows, table),
    };
    Ok(Task { settings, rows: Mutex::new(rows), is_single: arguments.asked.seeds.is_none(), table: RwLock::new(table), model })
}

/// The settings that the arguments ask for.
fn settings(arguments: &Fit, id: &str, model: Option<&str>) -> Result<Settings, Failure> {
    let recipe = arguments.asked.given.get("recipe").map_or(Ok(Recipe::default()), |text| {
        Recipe::named(text.trim()).ok_or_else(|| settings::find("recipe").and_then(|s| s.read(text).err()).unwrap_or_default())
    });
    let mut problems: Vec<InvalidSetting> = recipe.as_ref().err().cloned().into_iter().collect();
    let recipe = recipe.unwrap_or_default();
    let columns = &arguments.asked.columns;
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
    // The leading settings decide the defaults of others, so they are set first.
    let given = arguments.asked.given.on(id, &arguments.asked.columns);
    let (first, rest): (Vec<_>, Vec<_>) =
        given.iter().partition(|(name, _)| settings::find(name).is_some_and(|setting| setting.leads));
    for (name, text) in first.into_iter().chain(rest).filter(|&(name, text)| name != "recipe" && !follows(arguments, name, text))
    {
        let Some(setting) = settings::find(name) else { continue };
        if setting.value(&settings).is_some() {
            problems.extend(setting.parse(&mut settings, text).err());
        }
    }
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

/// Says which values the letters of a formula have, unless the formula cannot be used.
pub fn tell_letters(settings: &Settings) {
    let own = settings.potential().filter(|_| settings.benchmark == Formula::ID && target(settings).is_some());
    if let Some(letters) = own.and_then(|own| formula::described(&own.formula, &own.set, &own.bounds)) {
        say(&format!("note: letters of the formula: {letters}"));
    }
}

/// A name in the letters or bounds of a formula that the formula does not hold.
fn mistyped_name(settings: &Settings) -> Option<InvalidSetting> {
    let own = settings.potential().filter(|_| settings.benchmark == Formula::ID)?;
    formula::unused(&own.formula, &own.set, &own.bounds).map(|error| InvalidSetting::new(error.field, error.to_string()))
}

/// The rows of a user's file that a potential is learnt from. Prints notes about columns whose role is doubtful.
fn own_rows(path: &Path, text: String, columns: &Columns) -> Result<Dataset, Failure> {
    let data = own_data(path, &text, columns)?;
    // It may be long.
    drop(text);
    let (x, y) = (shortened(&data.names[0]), data.names.get(1).map(|name| shortened(name)).unwrap_or_default());
    if *columns == Columns::default() && csv::are_samples(&data.names) {
        say(&format!(
            "note: {y} is fitted as a function of {x}, but the names read as those of samples; for their density use --density, and --inputs {x},{y} for the joint one"
        ));
    } else if *columns == Columns::default() && data.looks_like_samples() {
        say(&format!(
            "note: {y} is fitted as a function of {x}, of which it seems to depend little; if the rows are samples, use --density"
        ));
    }
    note_columns(&data, columns);
    Ok(data)
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

/// Prints notes about columns whose names suggest another role.
fn note_columns(data: &Dataset, columns: &Columns) {
    let (inputs, target) = data.names.split_at(data.inputs());
    let has_target = !columns.has_slopes() || columns.target.is_some();
    let target = target.iter().find(|_| has_target).cloned();
    let slopes = columns.gradient.iter().chain(&columns.forces);
    let names: Vec<String> = inputs.iter().chain(&target).chain(slopes).cloned().collect();
    for remark in csv::remarks(&names, &Columns { inputs: inputs.to_vec(), target, ..columns.clone() }) {
        let way_out = match &remark {
            csv::Remark::SlopeAsValue(column, _) => format!(" To learn the potential, use --gradient {column}."),
            csv::Remark::Forces(_) => " Use --forces for forces.".into(),
            csv::Remark::Uncertainty(column) => format!(" Use --sigma {column}."),
            csv::Remark::Derivatives(_) => " Use --gradient for derivatives.".into(),
            _ => String::new(),
        };
        say(&format!("note: {remark}{way_out}"));
    }
}

/// The text of a user's file.
pub fn own_text(path: &Path) -> Result<String, Failure> {
    // A single word is more likely a misspelt benchmark than a missing file.
    if path.extension().is_none() && path.components().count() == 1 && !path.exists() {
        let unknown = UnknownBenchmark(path.display().to_string());
        return Err(Failure::bad_input(format!("{unknown}, or give the path of a table")));
    }
    input::table(path)
}

/// The samples of all umbrella windows as one set.
fn umbrella(arguments: &Fit, centres: &Path, settings: &Settings) -> Result<Dataset, Failure> {
    let inputs = &arguments.asked.columns.inputs;
    let refused = |sentence: String| Failure::bad_input(format!("{}: {sentence}", centres.display()));
    let windows = umbrella::read_windows(&input::text(centres)?, inputs.len()).map_err(refused)?;
    let files: Vec<&PathBuf> = [&arguments.asked.data].into_iter().chain(&arguments.more).collect();
    if windows.len() != files.len() {
        return Err(refused(format!(
            "there are {} windows, but {} files; give the file of each window",
            windows.len(),
            files.len()
        )));
    }
    let is_of = |window: &Window, path: &Path| {
        let name = Path::new(&window.name);
        name == path || Some(name.as_os_str()) == path.file_name() || Some(name.as_os_str()) == path.file_stem()
    };
    let mut all = Vec::new();
    for (place, path) in files.into_iter().enumerate() {
        let in_order = windows.get(place).filter(|window| window.name.is_empty());
        let window = in_order.or_else(|| windows.iter().find(|window| is_of(window, path)));
        let window =
            window.ok_or_else(|| refused(format!("no line is of the file {}", shortened(&path.display().to_string()))))?;
        let table = Table { name: path.display().to_string(), text: own_text(path)?, inputs: inputs.clone(), ..Table::default() };
        all.push((window.clone(), read_joint(&table, settings).map_err(|problem| Failure::problems(&[problem]))?));
    }
    let own = settings.potential().cloned().unwrap_or_default();
    let periods = all[0].1.stated_periods(&own.periodic).map_err(Failure::bad_input)?;
    if own.kt.is_none() {
        say("note: the spring constants are taken to be in units of kT, for no --kT is given");
    }
    umbrella::combined(all, own.kt.unwrap_or(1.0), &periods).map_err(Failure::bad_input)
}

/// The text of a table with the samples of several files.
fn own_sets(arguments: &Fit) -> Result<String, Failure> {
    let read = |path: &PathBuf| Ok((path.display().to_string(), input::read(path)?));
    let files: Vec<(String, Vec<u8>)> =
        [&arguments.asked.data].into_iter().chain(&arguments.more).map(read).collect::<Result<_, Failure>>()?;
    let Unpacked { text, notes } = csv::sets_of(&files).map_err(Failure::bad_input)?;
    input::note(&notes);
    Ok(text)
}

/// Whether `--data-seed same` or `--target-seed same` was given beside `--seeds`: that seed is then the seed of each run.
fn follows(arguments: &Fit, name: &str, text: &str) -> bool {
    arguments.asked.seeds.is_some() && ["data-seed", "target-seed"].contains(&name) && text.trim() == "same"
}

/// The rows of a user's file.
pub fn own_data(path: &Path, text: &str, columns: &Columns) -> Result<Dataset, Failure> {
    csv::read_text(&path.display().to_string(), text, columns).map_err(|error| {
        let hint = match &error.reason {
            csv::Reason::Unsaid { columns } => hint(columns),
            _ => String::new(),
        };
        Failure::bad_input(format!("{error}{hint}"))
    })
}

/// How to say which columns are meant, with the flags that the names of the columns suggest.
fn hint(names: &[String]) -> String {
    /// Most columns that are looked at.
    const MOST: usize = 12;
    let how = "; use --inputs and --target, or --density if the rows are samples";
    // Without a name that tells more than its place, there is nothing to suggest.
    if names.len() > MOST || !csv::tells(names) {
        return how.into();
    }
    let Columns { inputs, target, gradient, forces, sigma, .. } = csv::guess(names);
    let lists = [
        ("--inputs", inputs),
        ("--target", target.into_iter().collect()),
        ("--gradient", gradient),
        ("--forces", forces),
        ("--sigma", sigma.into_iter().collect()),
    ];
    let known: Vec<_> = lists.iter().filter(|(_, names)| !names.is_empty()).collect();
    let can_be_typed = |name: &String| !name.contains([',', ' ', '"']) && name.len() < 40;
    if !known.iter().all(|(_, names)| names.iter().all(can_be_typed)) {
        return how.into();
    }
    let flags: Vec<String> = known.iter().map(|(flag, names)| format!("{flag} {}", names.join(","))).collect();
    format!("{how}; the names suggest {}", flags.join(" "))
}

/// Checks before training that the results can be written after it, and that none of them replaces a file that is read.
pub fn check_outputs(arguments: &Fit, reads_data: bool) -> Result<(), Failure> {
    check_all_outputs(std::slice::from_ref(arguments), reads_data)
}

/// Does the same for fits that follow one another: no result replaces what another fit reads or writes.
pub fn check_all_outputs(fits: &[Fit], reads_data: bool) -> Result<(), Failure> {
    let (mut outputs, mut inputs) = (Vec::new(), Vec::new());
    for fit in fits {
        outputs.extend([("--model-out", fit.model_out.as_deref()), ("--history-out", fit.history_out.as_deref())]);
        inputs.extend(reads_data.then_some(fit.asked.data.as_path()));
        inputs.extend(fit.more.iter().chain(&fit.init).chain(&fit.umbrella).map(PathBuf::as_path));
    }
    files::check(&outputs, &inputs)
}

/// The files of a fit.
pub struct Files {
    /// The text of the model file, or why there is none; absent if it was not asked for.
    pub model: Option<Result<String, String>>,
    /// The history, or why there is none; absent if it was not asked for.
    pub history: Option<Result<String, String>>,
    /// Why a model file that exists must not be replaced, if it must not.
    pub second_best: Option<&'static str>,
}

impl Files {
    /// The files that were asked for.
    fn of(arguments: &Fit, job: &dyn Job, finite: bool) -> Self {
        let checked = |text: String| check_model(&text).map(|()| text);
        let history = |text: String| if text.lines().count() > 1 { Ok(text) } else { Err("nothing had been trained".into()) };
        Self {
            model: arguments.model_out.as_ref().map(|_| checked(job.model_text())),
            history: arguments.history_out.as_ref().map(|_| history(job.history_csv())),
            second_best: (!finite).then_some("training diverged"),
        }
    }
}

/// Writes the files that were asked for. Returns a clause on what was not written and why, which is empty if everything was.
pub fn write_outputs(arguments: &Fit, results: &Files) -> Result<String, Failure> {
    let wanted = [(&arguments.model_out, &results.model), (&arguments.history_out, &results.history)];
    let (mut left_out, mut written) = (Vec::new(), Ok(()));
    for (k, (path, text)) in wanted.into_iter().enumerate() {
        let (Some(path), Some(text)) = (path, text) else { continue };
        let name = path.display();
        match (text, results.second_best.filter(|_| k == 0 && path.is_file())) {
            (Err(why), _) => left_out.push(format!("{name} was not written, because {why}")),
            (Ok(_), Some(why)) => left_out.push(format!("{name} was there already and was left as it was, because {why}")),
            // If one file cannot be written, the other one still is.
            (Ok(text), None) if k == 0 => written = written.and(files::write_or_keep(path, text)),
            (Ok(text), None) => written = written.and(files::write(path, text.as_bytes())),
        }
    }
    written.map(|()| left_out.join("; "))
}

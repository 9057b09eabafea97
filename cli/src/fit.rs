//! `multiwell fit`: whatever is learnt, for one seed or for several.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once, OnceLock};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use multiwell::data::Dataset;
use multiwell::data::csv::{self, Columns};
use multiwell::problem::benchmarks::{self, Benchmark, Given, UnknownBenchmark, check_model};
use multiwell::problem::job::Job;
use multiwell::problem::metrics::{self, Metrics};
use multiwell::problem::settings::{self, Choice, Problem, Recipe, Scaling, Setting};
use multiwell::problem::table::Table;
use multiwell::problem::{InvalidSetting, Settings, State};
use multiwell::text::shortened;
use rayon::prelude::*;

use super::arguments::Fit;
use super::{Failure, files, input, print, report, say, seeds, table};

/// Time between checks of the clock and of Ctrl-C while training.
const SLICE: Duration = Duration::from_millis(50);
/// How long between updates of the loss on the progress bar.
const UPDATE: Duration = Duration::from_millis(500);
/// How many times longer than the evaluation of the fit that such an update takes: on many rows it must not become the work.
const SHARE: u32 = 20;

/// What is to be trained: the settings, a user's table, a model file to start from.
struct Task {
    settings: Settings,
    table: Option<Table>,
    model: Option<String>,
}

impl Task {
    fn open(&self, settings: &Settings) -> Result<Box<dyn Job>, Failure> {
        let given = Given { table: self.table.as_ref(), model: self.model.as_deref() };
        let lacks_roles = self.table.as_ref().is_some_and(|table| {
            settings.benchmark == Settings::OWN_TRAJECTORIES && (table.inputs.is_empty() || table.others.len() < 3)
        });
        let hinted = |problem: InvalidSetting| {
            if lacks_roles { problem.and("use --run, --time, --inputs and --outputs") } else { problem }
        };
        let opened = benchmarks::begin(settings.clone(), given);
        opened.map_err(|problems| Failure::problems(&problems.into_iter().map(hinted).collect::<Vec<_>>()))
    }
}

/// What a run comes to: its numbers, how it ended, what it leaves in files.
struct Outcome {
    metrics: Metrics,
    ended: Option<State>,
    files: Files,
}

/// Trains, prints the result, writes what was asked for.
pub fn fit(arguments: &Fit) -> Result<(), Failure> {
    let task = task(arguments)?;
    check_outputs(arguments, task.table.is_some())?;
    let is_interrupted = watch_for_interrupt()?;
    if let Some(text) = &arguments.seeds {
        return several(arguments, &task, &seeds::read(text).map_err(Failure::bad_input)?, &is_interrupted);
    }
    let mut job = task.open(&task.settings)?;
    job.remarks().iter().for_each(|remark| say(&format!("note: {remark}")));
    let bar = progress_bar(job.last_epoch());
    train(&mut *job, &bar, true, &is_interrupted);
    bar.finish_and_clear();
    let Outcome { metrics, ended: state, files } = outcome(arguments, &mut *job, &is_interrupted);
    let ending = match state {
        Some(State::Finished { .. }) if metrics.is_partial() && is_interrupted.load(Ordering::Relaxed) => {
            Err(Failure::Interrupted("training had ended, but Ctrl-C stopped the search for minima and barriers".into()))
        }
        Some(State::Finished { sentence }) => Ok(sentence),
        Some(State::Diverged { sentence }) => Err(Failure::Failed(sentence)),
        _ => Err(Failure::Interrupted(format!("stopped at epoch {} by Ctrl-C", job.epoch()))),
    };
    let text = if arguments.json {
        json(&metrics)?
    } else {
        metrics.warnings().iter().for_each(|warning| say(&format!("warning: {warning}")));
        report::metrics(&metrics, ending.as_deref().unwrap_or_default())
    };
    // A reader of standard output that has gone must not cost the files.
    let printed = print(&text);
    ended(ending.map(|_| ()), printed, write_outputs(arguments, &files))
}

/// Trains a run for each seed, prints all metrics in the order of the seeds, and writes the files of the best one. After Ctrl-C these are the
/// metrics of what has been trained so far, and runs that were never begun are left out.
fn several(arguments: &Fit, task: &Task, seeds: &[u64], is_interrupted: &AtomicBool) -> Result<(), Failure> {
    let following = ["data-seed", "target-seed"]
        .map(|name| arguments.given.get(name).is_some_and(|text| seeds::follows(arguments, name, text)));
    let with = |&seed: &u64| {
        let mut settings = task.settings.clone();
        settings.training.seed = seed;
        if following[0] {
            settings.data.seed = seed;
        }
        if let (true, Problem::Potential(own)) = (following[1], &mut settings.problem) {
            own.target_seed = seed;
        }
        settings
    };
    let all: Vec<Settings> = seeds.iter().map(with).collect();
    let bar = progress_bar(task.settings.training.epochs.saturating_mul(all.len() as u64));
    bar.set_message(format!("{} runs", all.len()));
    let first = Once::new();
    let one = |settings: &Settings| {
        if is_interrupted.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let mut job = task.open(settings)?;
        first.call_once(|| {
            bar.set_length(job.last_epoch().saturating_mul(all.len() as u64));
            job.remarks().iter().for_each(|remark| say(&format!("note: {remark}")));
        });
        train(&mut *job, &bar, false, is_interrupted);
        Ok(Some(outcome(arguments, &mut *job, is_interrupted)))
    };
    // One run at a time is taken from the list: long and short ones are spread evenly.
    let outcomes: Result<Vec<Option<Outcome>>, Failure> = all.par_iter().with_max_len(1).map(one).collect();
    bar.finish_and_clear();
    let outcomes: Vec<Outcome> = outcomes?.into_iter().flatten().collect();
    let best = metrics::best(outcomes.iter().map(|outcome| &outcome.metrics));
    let text = if arguments.json {
        outcomes.iter().map(|outcome| json(&outcome.metrics)).collect::<Result<String, _>>()?
    } else {
        let mut warnings: BTreeMap<&str, usize> = BTreeMap::new();
        let all = outcomes.iter().flat_map(|outcome| outcome.metrics.warnings());
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
    let partial = outcomes.iter().filter(|outcome| outcome.metrics.is_partial()).count();
    if partial > 0 {
        say(&format!("note: in {partial} of {} runs the search for minima and barriers was not completed", outcomes.len()));
    }
    let finished = outcomes.iter().filter(|outcome| outcome.ended.is_some()).count();
    let diverged = outcomes.iter().filter(|outcome| matches!(outcome.ended, Some(State::Diverged { .. }))).count();
    let ending = match diverged {
        _ if finished < all.len() => {
            Err(Failure::Interrupted(format!("stopped by Ctrl-C when {finished} of {} runs had ended", all.len())))
        }
        0 => Ok(()),
        _ => Err(Failure::Failed(format!("{diverged} of {} runs diverged; lower the learning rates", all.len()))),
    };
    ended(ending, printed, kept)
}

/// How a command ends that has trained: the files come first, then how training ended, then whether its numbers could be printed.
fn ended(ending: Result<(), Failure>, printed: Result<(), Failure>, kept: Result<String, Failure>) -> Result<(), Failure> {
    let left_out = kept?;
    match ending {
        Err(failure) => Err(failure.and(&left_out)),
        Ok(()) if left_out.is_empty() => printed,
        Ok(()) => Err(Failure::Failed(left_out)),
    }
}

/// A run that has stopped, in numbers and files. Ctrl-C ends the search of its landscape.
fn outcome(arguments: &Fit, job: &mut dyn Job, is_interrupted: &AtomicBool) -> Outcome {
    let before = is_interrupted.load(Ordering::Relaxed);
    let metrics = job.metrics(&|| !before && is_interrupted.load(Ordering::Relaxed));
    let files = Files::of(arguments, job, metrics.finite());
    Outcome { metrics, ended: job.ended().cloned(), files }
}

/// A line of JSON.
pub fn json(metrics: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string(metrics).map(|line| line + "\n").map_err(|error| Failure::Failed(error.to_string()))
}

/// The benchmark that the arguments ask for, with its id.
fn benchmark(arguments: &Fit) -> Result<(Benchmark, &str), Failure> {
    let known = arguments.data.to_str().and_then(|id| Some((benchmarks::find(id).filter(|found| !found.own)?, id)));
    let has_runs = arguments.runs.run.is_some() || arguments.runs.time.is_some() || !arguments.runs.outputs.is_empty();
    let own = match (arguments.density, has_runs) {
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
fn task(arguments: &Fit) -> Result<Task, Failure> {
    let (benchmark, id) = benchmark(arguments)?;
    let columns = [
        ("inputs", "input", !arguments.inputs.is_empty()),
        ("target", "value", arguments.target.is_some()),
        ("gradient", "derivative", !arguments.gradient.is_empty()),
        ("run", "run", arguments.runs.run.is_some()),
        ("time", "time", arguments.runs.time.is_some()),
        ("outputs", "output", !arguments.runs.outputs.is_empty()),
    ];
    let model = arguments.init.as_deref().map(input::text).transpose()?;
    let settings = settings(arguments, &benchmark, id, model.as_deref())?;
    if let Some((name, ..)) =
        columns.iter().find(|(_, part, is_given)| *is_given && !(benchmark.own && benchmark.parts.contains(part)))
    {
        let sentence = if !benchmark.own && benchmark.is_potential() {
            format!("--{name} and its like name columns of a file, but {id} is a benchmark")
        } else {
            format!("--{name} has no effect on {}; leave it out", settings.what())
        };
        return Err(Failure::bad_input(sentence));
    }
    // A pipe can be read once only.
    let text = benchmark.own.then(|| own_text(&arguments.data)).transpose()?;
    let data = text.as_deref().filter(|_| id == Settings::OWN_DATA).map(|text| own_rows(arguments, text)).transpose()?;
    refuse_idle(arguments.given.iter().map(|(name, _)| name), &settings, data.as_ref())?;
    let others = [("run", &arguments.runs.run), ("time", &arguments.runs.time)];
    let others = others.into_iter().filter_map(|(part, column)| column.clone().map(|column| (part.to_string(), column)));
    let outputs = arguments.runs.outputs.iter().map(|column| ("output".to_string(), column.clone()));
    let table = text.map(|text| Table {
        name: arguments.data.display().to_string(),
        text,
        inputs: arguments.inputs.clone(),
        target: arguments.target.clone().unwrap_or_default(),
        gradient: arguments.gradient.clone(),
        others: others.chain(outputs).collect(),
    });
    Ok(Task { settings, table, model })
}

/// The settings that the arguments ask for.
fn settings(arguments: &Fit, benchmark: &Benchmark, id: &str, model: Option<&str>) -> Result<Settings, Failure> {
    let recipe = arguments.given.get("recipe").map_or(Ok(Recipe::default()), |text| {
        Recipe::named(text.trim()).ok_or_else(|| settings::find("recipe").and_then(|s| s.read(text).err()).unwrap_or_default())
    });
    let mut problems: Vec<InvalidSetting> = recipe.as_ref().err().cloned().into_iter().collect();
    let recipe = recipe.unwrap_or_default();
    let mut settings = match arguments.gradient.as_slice() {
        [_, ..] if id == Settings::OWN_DATA => Settings::on_derivatives(recipe, arguments.target.is_some()),
        _ => Settings::on(recipe, id),
    };
    if let (Problem::Potential(own), Settings::OWN_DATA) = (&mut settings.problem, id) {
        own.scaling = Scaling::Standard;
    }
    let shape = |settings: &mut Settings| match (model, &arguments.init) {
        (Some(text), Some(path)) => {
            (benchmark.take_shape)(settings, text).map_err(|why| Failure::bad_input(format!("{}: {why}", path.display())))
        }
        _ => Ok(()),
    };
    shape(&mut settings)?;
    // Rate and epochs follow the dynamics, so these come first.
    let (first, rest): (Vec<_>, Vec<_>) = arguments.given.iter().partition(|(name, _)| *name == "dynamics");
    for (name, text) in
        first.into_iter().chain(rest).filter(|&(name, text)| name != "recipe" && !seeds::follows(arguments, name, text))
    {
        let Some(setting) = settings::find(name) else { continue };
        if setting.value(&settings).is_some() {
            problems.extend(setting.parse(&mut settings, text).err());
        }
    }
    problems.extend(settings.check().err().unwrap_or_default());
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

/// The rows of a user's file that a potential is learnt from, with notes on what its columns leave in doubt.
fn own_rows(arguments: &Fit, text: &str) -> Result<Dataset, Failure> {
    let Fit { inputs, target, gradient, .. } = arguments;
    let columns = Columns { inputs: inputs.clone(), target: target.clone(), gradient: gradient.clone() };
    let data = own_data(&arguments.data, text, &columns)?;
    if inputs.is_empty() && target.is_none() && gradient.is_empty() && data.looks_like_samples() {
        let (x, y) = (shortened(&data.names[0]), shortened(&data.names[1]));
        say(&format!(
            "note: {y} is fitted as a function of {x}, of which it seems to depend little; if the rows are samples, use --density"
        ));
    }
    note_columns(&data, &columns);
    Ok(data)
}

/// Refuses settings that do nothing in such a run.
pub fn refuse_idle<'a>(
    given: impl IntoIterator<Item = &'a str>,
    settings: &Settings,
    data: Option<&Dataset>,
) -> Result<(), Failure> {
    match given.into_iter().find_map(|name| settings.idle(name, data).map(|place| (name, place))) {
        Some((name, place)) => Err(Failure::bad_input(format!("--{name} has no effect {place}; leave it out"))),
        None => Ok(()),
    }
}

/// Says what the names of the columns that are learnt leave in doubt.
fn note_columns(data: &Dataset, columns: &Columns) {
    let (inputs, target) = data.names.split_at(data.inputs());
    let has_target = columns.gradient.is_empty() || columns.target.is_some();
    let target = target.iter().find(|_| has_target).cloned();
    let names: Vec<String> = inputs.iter().chain(&target).chain(&columns.gradient).cloned().collect();
    for remark in csv::remarks(&names, &Columns { inputs: inputs.to_vec(), target, gradient: columns.gradient.clone() }) {
        let way_out = if let csv::Remark::SlopeAsValue(column, _) = &remark {
            format!(" To learn the potential, use --gradient {column}.")
        } else {
            String::new()
        };
        say(&format!("note: {remark}{way_out}"));
    }
}

/// The text of a user's file.
pub fn own_text(path: &Path) -> Result<String, Failure> {
    // A bare word is more likely a benchmark misspelt than a file that is missing.
    if path.extension().is_none() && path.components().count() == 1 && !path.exists() {
        let unknown = UnknownBenchmark(path.display().to_string());
        return Err(Failure::bad_input(format!("{unknown}, or give the path of a CSV file")));
    }
    input::text(path)
}

/// The rows of a user's file.
pub fn own_data(path: &Path, text: &str, columns: &Columns) -> Result<Dataset, Failure> {
    csv::read(&path.display().to_string(), text.as_bytes(), columns).map_err(|error| {
        let hint = if matches!(error.reason, csv::Reason::Unsaid { .. }) {
            "; use --inputs and --target, or --density if the rows are samples"
        } else {
            ""
        };
        Failure::bad_input(format!("{error}{hint}"))
    })
}

/// A flag that Ctrl-C raises: the same for all who ask.
pub fn watch_for_interrupt() -> Result<Arc<AtomicBool>, Failure> {
    static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    if let Some(flag) = FLAG.get() {
        return Ok(Arc::clone(flag));
    }
    let flag = Arc::new(AtomicBool::new(false));
    let raised = Arc::clone(&flag);
    ctrlc::set_handler(move || {
        // Pressed again, it means at once.
        if raised.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    })
    .map_err(|error| Failure::Failed(format!("Ctrl-C cannot be watched for ({error})")))?;
    Ok(Arc::clone(FLAG.get_or_init(|| flag)))
}

/// Trains until the run ends by itself or the flag is raised, and moves the bar on; `alone` on it, the run shows its loss there.
pub fn train(job: &mut dyn Job, bar: &ProgressBar, alone: bool, is_interrupted: &AtomicBool) {
    let (mut slice, mut next_update) = (1, Instant::now() + UPDATE);
    while job.ended().is_none() && !is_interrupted.load(Ordering::Relaxed) {
        let start = Instant::now();
        let done = job.advance(slice);
        let elapsed = start.elapsed();
        bar.inc(done);
        let before = Instant::now();
        if alone && !bar.is_hidden() && before > next_update {
            let stage = job.stage().map(|stage| format!("{} {} of {}   ", stage.name, stage.done, stage.of));
            bar.set_message(format!("{}loss {}", stage.unwrap_or_default(), table::number(job.report().loss)));
            next_update = Instant::now() + UPDATE.max(SHARE * before.elapsed());
        }
        slice = next_slice(slice, elapsed);
    }
}

/// The number of epochs that should take about one slice, judged by the last ones.
fn next_slice(epochs: u64, elapsed: Duration) -> u64 {
    let factor = SLICE.as_secs_f64() / elapsed.as_secs_f64().max(1e-9);
    ((epochs as f64 * factor.clamp(0.25, 4.0)) as u64).clamp(1, 1 << 20)
}

/// A progress bar on standard error; it stays hidden where that is no terminal.
pub fn progress_bar(epochs: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(epochs), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{bar:30} epoch {human_pos} of {human_len}   {per_sec}   {eta} left   {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

/// Finds out before training whether the results can be written after it, and that none of them replaces what is read.
pub fn check_outputs(arguments: &Fit, reads_data: bool) -> Result<(), Failure> {
    let outputs = [("--model-out", arguments.model_out.as_deref()), ("--history-out", arguments.history_out.as_deref())];
    let data = reads_data.then_some(arguments.data.as_path());
    files::check(&outputs, &data.into_iter().chain(arguments.init.as_deref()).collect::<Vec<_>>())
}

/// What a fit leaves in files.
pub struct Files {
    /// The text of the model file, if it is asked for; or why there is none.
    pub model: Option<Result<String, String>>,
    /// The history, if it is asked for; or why there is none.
    pub history: Option<Result<String, String>>,
    /// Why a model file that is there already is worth more, if it is.
    pub second_best: Option<&'static str>,
}

impl Files {
    /// The files that are asked for.
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

/// Writes what was asked for. Says what was not written and why, in a clause that is empty if there is no such thing.
pub fn write_outputs(arguments: &Fit, results: &Files) -> Result<String, Failure> {
    let wanted = [(&arguments.model_out, &results.model), (&arguments.history_out, &results.history)];
    let (mut left_out, mut written) = (Vec::new(), Ok(()));
    for (k, (path, text)) in wanted.into_iter().enumerate() {
        let (Some(path), Some(text)) = (path, text) else { continue };
        let name = path.display();
        match (text, results.second_best.filter(|_| k == 0 && path.is_file())) {
            (Err(why), _) => left_out.push(format!("{name} was not written, because {why}")),
            (Ok(_), Some(why)) => left_out.push(format!("{name} was there already and was left as it was, because {why}")),
            // One that fails does not keep the other from being written.
            (Ok(text), None) => written = written.and(files::write(path, text.as_bytes())),
        }
    }
    written.map(|()| left_out.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_approach_their_time_whatever_an_epoch_costs() {
        for epoch in [1e-7, 1e-4, 3.0] {
            let mut slice = 1;
            for _ in 0..20 {
                slice = next_slice(slice, Duration::from_secs_f64(epoch * slice as f64));
            }
            let seconds = slice as f64 * epoch;
            assert!(slice == 1 || slice == 1 << 20 || (0.01..=0.05).contains(&seconds), "{epoch}: {slice}");
        }
    }
}

//! `multiwell fit`.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use multiwell::data::Dataset;
use multiwell::data::csv::{self, Columns};
use multiwell::landscape::Survey;
use multiwell::model::model_file::ModelFile;
use multiwell::potentials::{Observed, find};
use multiwell::problem::benchmarks::{UnknownBenchmark, check_model};
use multiwell::problem::settings::{Choice, Recipe, Scaling, choice, field, listed, pick, widths};
use multiwell::problem::{InvalidSetting, Report, Run, Settings, Source, State};
use multiwell::text::shortened;

use super::arguments::Fit;
use super::eval::read_model;
use super::{Failure, density, files, input, material, print, say, seeds, table};

/// How long training goes on between looks at the clock and at Ctrl-C.
const SLICE: Duration = Duration::from_millis(50);
/// How long between updates of the loss on the progress bar.
const UPDATE: Duration = Duration::from_millis(500);
/// How many times longer than the judging of the fit that such an update takes: on many rows it must not become the work.
const SHARE: u32 = 20;

/// One run as a line of JSON: its report, and its landscape as one more field.
pub fn json(report: &Report, landscape: &Survey) -> Result<String, Failure> {
    #[derive(serde::Serialize)]
    struct Run<'a> {
        #[serde(flatten)]
        report: &'a Report,
        landscape: &'a Survey,
    }
    let line = serde_json::to_string(&Run { report, landscape }).map_err(|error| Failure::Failed(error.to_string()))?;
    Ok(line + "\n")
}

/// Trains, prints the result, writes what was asked for.
pub fn fit(arguments: &Fit) -> Result<(), Failure> {
    if density::fit(arguments)? || material::fit(arguments)? {
        return Ok(());
    }
    let init = arguments.init.as_deref().map(read_model).transpose()?;
    let (settings, source) = what_to_do(arguments, init.as_ref())?;
    let is_interrupted = watch_for_interrupt()?;
    if let Some(text) = &arguments.seeds {
        return seeds::fit(arguments, text, &settings, &source, init.as_ref(), &is_interrupted);
    }
    check_outputs(arguments, matches!(source, Source::Own(_)))?;
    let epochs = settings.epochs;
    let mut run = Run::new(settings, source, init.as_ref()).map_err(|problems| Failure::problems(&problems))?;

    let bar = progress_bar(epochs);
    train(&mut run, &bar, true, &is_interrupted);
    bar.finish_and_clear();
    let (report, survey) = judged(&mut run, &is_interrupted);
    let ending = match run.ended() {
        Some(State::Finished { .. }) if survey.partial && is_interrupted.load(Ordering::Relaxed) => {
            Err(Failure::Interrupted("training had ended, but Ctrl-C stopped the search for minima and barriers".into()))
        }
        Some(State::Finished { sentence }) => Ok(sentence.clone()),
        Some(State::Diverged { sentence }) => Err(Failure::Failed(sentence.clone())),
        _ => Err(Failure::Interrupted(format!("stopped at epoch {} by Ctrl-C", report.epochs))),
    };
    let text = if arguments.json {
        json(&report, &survey)?
    } else {
        table::report(&report, &survey, ending.as_deref().unwrap_or_default())
    };
    if !arguments.json {
        report.warnings.iter().for_each(|warning| say(&format!("warning: {warning}")));
    }
    // A reader of standard output that has gone must not cost the files.
    let printed = print(&text);
    let kept = write_outputs(arguments, &files(arguments, &run, report.finite));
    ended(ending.map(|_| ()), printed, kept)
}

/// How a command ends that has trained: the files come first, then how training ended, then whether its numbers could be printed.
pub fn ended(ending: Result<(), Failure>, printed: Result<(), Failure>, kept: Result<String, Failure>) -> Result<(), Failure> {
    let left_out = kept?;
    match ending {
        Err(failure) => Err(failure.and(&left_out)),
        Ok(()) if left_out.is_empty() => printed,
        Ok(()) => Err(Failure::Failed(left_out)),
    }
}

/// The numbers of a run that has stopped, and its landscape, the search for which ends when Ctrl-C is pressed during it.
pub fn judged(run: &mut Run, is_interrupted: &AtomicBool) -> (Report, Survey) {
    let before = is_interrupted.load(Ordering::Relaxed);
    run.judged_unless(&|| !before && is_interrupted.load(Ordering::Relaxed))
}

/// Settings and data from the arguments.
fn what_to_do(arguments: &Fit, init: Option<&ModelFile>) -> Result<(Settings, Source), Failure> {
    let mut problems = Vec::new();
    let benchmark = arguments.data.to_str().and_then(find);
    let from_gradient = benchmark.as_ref().map_or(!arguments.gradient.is_empty(), |p| p.observed() == Observed::Gradient);
    let mut recipe = if from_gradient { Recipe::Reliable } else { Recipe::default() };
    take(&mut recipe, arguments.choices.recipe.as_deref().map(|text| choice("recipe", text)), &mut problems);
    let mut settings = match &benchmark {
        Some(potential) => Settings::on(recipe, potential.id()),
        None if from_gradient => Settings::on_derivatives(recipe, arguments.target.is_some()),
        None => Settings { scaling: Scaling::Standard, ..Settings::on(recipe, Settings::OWN_DATA) },
    };
    if let Some(model) = init {
        (settings.modes, settings.hidden) = (model.modes, model.hidden.clone());
        (settings.skip, settings.symmetry) = (model.skip, model.symmetry);
    }
    for (name, text) in arguments.numbers.given().filter(|&(name, text)| !seeds::follows(arguments, name, text)) {
        match field(name).map(|field| field.parse(text)) {
            Some(Ok(value)) => settings.set_number(name, value),
            Some(Err(problem)) => problems.push(problem),
            None => {}
        }
    }
    take(&mut settings.hidden, arguments.hidden.as_deref().map(widths), &mut problems);
    for (name, text) in arguments.choices.given().filter(|(name, _)| *name != "recipe") {
        problems.extend(pick(name).and_then(|pick| (pick.set)(&mut settings, text).err()));
    }
    problems.extend(settings.check().err().unwrap_or_default());
    problems.extend(init.into_iter().flat_map(|model| conflicts(&settings, model)));
    if !problems.is_empty() {
        return Err(Failure::problems(&problems));
    }

    let has_columns = !arguments.inputs.is_empty() || arguments.target.is_some() || !arguments.gradient.is_empty();
    match benchmark {
        Some(potential) if has_columns => Err(Failure::bad_input(format!(
            "--inputs, --target and --gradient name columns of a file, but {} is a benchmark",
            potential.id()
        ))),
        Some(_) => {
            refuse_idle(arguments, &settings, None)?;
            Ok((settings, Source::Benchmark))
        }
        None => {
            let columns = Columns {
                inputs: arguments.inputs.clone(),
                target: arguments.target.clone(),
                gradient: arguments.gradient.clone(),
            };
            let data = own_data(&arguments.data, &columns)?;
            refuse_idle(arguments, &settings, Some(&data))?;
            if !has_columns && data.looks_like_samples() {
                let (x, y) = (shortened(&data.names[0]), shortened(&data.names[1]));
                say(&format!(
                    "note: {y} is fitted as a function of {x}, of which it seems to depend little; if the rows are samples, use --density"
                ));
            }
            note_columns(&data, &columns);
            Ok((settings, Source::Own(data)))
        }
    }
}

/// Refuses settings that do nothing in such a run.
pub fn refuse_idle(arguments: &Fit, settings: &Settings, data: Option<&Dataset>) -> Result<(), Failure> {
    let mut given = arguments.numbers.given().chain(arguments.choices.given()).map(|(name, _)| name);
    match given.find_map(|name| settings.idle(name, data).map(|place| (name, place))) {
        Some((name, place)) => Err(Failure::bad_input(format!("--{name} has no effect {place}; leave it out"))),
        None => Ok(()),
    }
}

/// What was asked for that the model file to start from contradicts.
fn conflicts(settings: &Settings, model: &ModelFile) -> Vec<InvalidSetting> {
    let conflict = |field: &str, asked: String, has: String| {
        InvalidSetting::new(field, format!("{field} is {asked}, but the model file to start from has {has}; leave --{field} out"))
    };
    let mut problems = Vec::new();
    if settings.modes != model.modes {
        problems.push(conflict("modes", settings.modes.to_string(), model.modes.to_string()));
    }
    if settings.skip != model.skip {
        problems.push(conflict("skip", settings.skip.name().into(), model.skip.name().into()));
    }
    if settings.symmetry != model.symmetry {
        problems.push(conflict("symmetry", settings.symmetry.name().into(), model.symmetry.name().into()));
    }
    if settings.hidden != model.hidden {
        problems.push(conflict("hidden", listed(&settings.hidden), listed(&model.hidden)));
    }
    problems
}

fn take<T>(place: &mut T, given: Option<Result<T, InvalidSetting>>, problems: &mut Vec<InvalidSetting>) {
    match given {
        Some(Ok(value)) => *place = value,
        Some(Err(problem)) => problems.push(problem),
        None => {}
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

/// The rows of a user's file.
pub fn own_data(path: &Path, columns: &Columns) -> Result<Dataset, Failure> {
    let name = path.display().to_string();
    // A bare word is more likely a benchmark misspelt than a file that is missing.
    if path.extension().is_none() && path.components().count() == 1 && !path.exists() {
        return Err(Failure::bad_input(format!("{}, or give the path of a CSV file", UnknownBenchmark(name))));
    }
    csv::read(&name, input::read(path)?.as_slice(), columns).map_err(|error| {
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
pub fn train(run: &mut Run, bar: &ProgressBar, alone: bool, is_interrupted: &AtomicBool) {
    let (mut slice, mut next_update) = (1, Instant::now() + UPDATE);
    while run.ended().is_none() && !is_interrupted.load(Ordering::Relaxed) {
        let start = Instant::now();
        let done = run.advance(slice);
        let elapsed = start.elapsed();
        bar.inc(done);
        let before = Instant::now();
        if alone && !bar.is_hidden() && before > next_update {
            let stage = run.stage().map(|stage| format!("{} {} of {}   ", stage.name, stage.done, stage.of));
            bar.set_message(format!("{}loss {}", stage.unwrap_or_default(), table::number(run.report().loss)));
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
    /// The same of the history.
    pub history: Option<Result<String, String>>,
    /// Why a model file that is there already is worth more, if it is.
    pub second_best: Option<&'static str>,
}

impl Files {
    /// The files that are asked for.
    pub fn new(arguments: &Fit, model: impl FnOnce() -> String, history: impl FnOnce() -> String, finite: bool) -> Self {
        let checked = |text: String| check_model(&text).map(|()| text);
        Self {
            model: arguments.model_out.as_ref().map(|_| checked(model())),
            history: arguments.history_out.as_ref().map(|_| Ok(history())),
            second_best: (!finite).then_some("training diverged"),
        }
    }
}

/// The files of a run that are asked for.
pub fn files(arguments: &Fit, run: &Run, finite: bool) -> Files {
    Files::new(arguments, || run.model_file().write(), || run.history_csv(), finite)
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

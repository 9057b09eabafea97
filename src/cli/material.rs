//! `multiwell fit metamaterial`, and `multiwell fit FILE.csv --run .. --time .. --inputs .. --outputs ..`: materials with memory.

use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;
use indicatif::ProgressBar;
use multiwell::data::csv::{Roles, read_trajectories};
use multiwell::data::trajectories::Trajectories;
use multiwell::problem::Settings;
use multiwell::problem::material::file::MaterialFile;
use multiwell::problem::material::job::{OF_OWN, SETTINGS, settings_of};
use multiwell::problem::material::{MetamaterialReport, MetamaterialRun, MetamaterialSettings};
use multiwell::problem::settings::{Recipe, Structural, field, listed, pick, widths};

use multiwell::text::{printable, shortened};
use rayon::prelude::*;

use super::arguments::Fit;
use super::fit::{Files, check_outputs, ended, progress_bar, watch_for_interrupt, write_outputs};
use super::systems::{interrupted, json, refuse};
use super::table::{self, Side, number};
use super::{Failure, input, print, seeds};

/// Steps between looks at Ctrl-C.
const SLICE: u64 = 10;

/// Which columns of a file of runs in time are what.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Runs in time (a potential with memory)")]
pub struct Runs {
    /// Column that names the run that a row is of; the file is then learnt from as runs in time, with --time, --inputs and --outputs.
    #[arg(long, value_name = "NAME")]
    pub run: Option<String>,
    /// Column of the time.
    #[arg(long, value_name = "NAME")]
    pub time: Option<String>,
    /// Columns that do work on the inputs, in their order (a stress for each strain), separated by commas; beside a single input there may
    /// be a second one, across it.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub outputs: Vec<String>,
}

impl Runs {
    fn is_given(&self) -> bool {
        self.run.is_some() || self.time.is_some() || !self.outputs.is_empty()
    }
}

/// Fits a material if one was asked for, and says whether it did.
pub fn fit(arguments: &Fit) -> Result<bool, Failure> {
    let is_benchmark = arguments.data.to_str() == Some("metamaterial");
    if !is_benchmark && !arguments.runs.is_given() {
        return Ok(false);
    }
    let (name, known) = if is_benchmark { ("metamaterial", SETTINGS.to_vec()) } else { ("runs in time", OF_OWN.to_vec()) };
    let more: &[&str] = if is_benchmark { &["init", "seeds"] } else { &["init", "seeds", "run", "inputs"] };
    refuse(arguments, name, &[known.as_slice(), more].concat())?;
    let init = arguments.init.as_ref().map(|path| {
        let read = MaterialFile::read(&input::text(path)?);
        read.map_err(|e| Failure::bad_input(format!("{}: {e}", path.display())))
    });
    let init = init.transpose()?;
    let settings = settings(arguments, if is_benchmark { "metamaterial" } else { Settings::OWN_TRAJECTORIES }, init.as_ref())?;
    check_outputs(arguments, !is_benchmark)?;
    let data = if is_benchmark { None } else { Some(own(arguments)?) };
    let make = |settings: &Settings| {
        let mut run = match &data {
            None => MetamaterialRun::new(settings_of(settings, settings.samples)),
            Some(data) => MetamaterialRun::on(settings_of(settings, data.tracks.len()), data.clone()),
        };
        init.as_ref().map_or(Ok(()), |file| run.go_on_from(file)).map_err(Failure::bad_input).map(|()| run)
    };
    match &arguments.seeds {
        Some(text) => several(arguments, &seeds::read(text).map_err(Failure::bad_input)?, &settings, &make)?,
        None => one(arguments, make(&settings)?, &settings)?,
    }
    Ok(true)
}

/// Trains a run to its end, or until Ctrl-C.
fn train(run: &mut MetamaterialRun, bar: &ProgressBar, is_interrupted: &AtomicBool) {
    let (an_epoch, mut epochs) = (run.settings().steps_of_an_epoch(), 0);
    while !is_interrupted.load(Ordering::Relaxed) && run.advance(SLICE) > 0 {
        bar.inc(run.steps() / an_epoch - epochs);
        epochs = run.steps() / an_epoch;
    }
}

/// Trains a run for each seed at once, and prints one after the other.
fn several(
    arguments: &Fit,
    seeds: &[u64],
    settings: &Settings,
    make: &(dyn Fn(&Settings) -> Result<MetamaterialRun, Failure> + Sync),
) -> Result<(), Failure> {
    if arguments.model_out.is_some() {
        return Err(Failure::bad_input("--model-out writes one fit, --seeds trains several; leave one of them out"));
    }
    let is_interrupted = watch_for_interrupt()?;
    let bar = progress_bar(settings.epochs * seeds.len() as u64);
    let member = |&seed: &u64| {
        let mut run = make(&Settings { seed, ..settings.clone() })?;
        train(&mut run, &bar, &is_interrupted);
        Ok(run.report())
    };
    let reports: Result<Vec<MetamaterialReport>, Failure> = seeds.par_iter().map(member).collect();
    bar.finish_and_clear();
    let one = |report: &MetamaterialReport| if arguments.json { json(report) } else { Ok(summary(report) + "\n") };
    let printed = print(&reports?.iter().map(one).collect::<Result<String, _>>()?);
    interrupted(&is_interrupted).and(printed)
}

fn settings(arguments: &Fit, benchmark: &str, init: Option<&MaterialFile>) -> Result<Settings, Failure> {
    let mut settings = Settings::on(Recipe::Reliable, benchmark);
    let mut problems = Vec::new();
    if let Some(file) = init {
        settings = settings.with(file.dynamics);
        settings.hidden.clone_from(&file.hidden);
        settings.structural = if file.features.structural { Structural::Yes } else { Structural::No };
    }
    // Rate and epochs follow the dynamics.
    for (name, text) in arguments.choices.given() {
        problems.extend(pick(name).and_then(|pick| (pick.set)(&mut settings, text).err()));
    }
    for (name, text) in arguments.numbers.given() {
        match field(name).map(|field| field.parse(text)) {
            Some(Ok(value)) => settings.set_number(name, value),
            Some(Err(problem)) => problems.push(problem),
            None => {}
        }
    }
    match arguments.hidden.as_deref().map(widths) {
        Some(Ok(widths)) => settings.hidden = widths,
        Some(Err(problem)) => problems.push(problem),
        None => {}
    }
    problems.extend(settings.check().err().unwrap_or_default());
    if !problems.is_empty() {
        return Err(Failure::problems(&problems));
    }
    let [fewest, most] = MetamaterialSettings::TRAJECTORIES;
    if benchmark == "metamaterial" && !(fewest..=most).contains(&settings.samples) {
        let sentence =
            format!("metamaterial needs at least {fewest} trajectories (--samples) and at most {most}; a fifth is held out");
        return Err(Failure::bad_input(sentence));
    }
    if init.is_some_and(|file| file.hidden != settings.hidden || file.dynamics != settings.dynamics) {
        let file = init.map(|file| listed(&file.hidden)).unwrap_or_default();
        let sentence = format!(
            "the model file to start from has its own dynamics and hidden layers ({file}); leave --dynamics and --hidden out"
        );
        return Err(Failure::bad_input(sentence));
    }
    Ok(settings)
}

/// The runs of a user's file.
fn own(arguments: &Fit) -> Result<Trajectories, Failure> {
    let name = arguments.data.display().to_string();
    let Runs { run, time, outputs } = &arguments.runs;
    let roles = Roles {
        run: run.clone().unwrap_or_default(),
        time: time.clone().unwrap_or_default(),
        inputs: arguments.inputs.clone(),
        outputs: outputs.clone(),
    };
    read_trajectories(&name, input::read(&arguments.data)?.as_slice(), &roles).map_err(|error| {
        let hint = if matches!(error.reason, multiwell::data::csv::Reason::Roles { .. }) {
            "; use --run, --time, --inputs and --outputs"
        } else {
            ""
        };
        Failure::bad_input(format!("{error}{hint}"))
    })
}

fn one(arguments: &Fit, mut run: MetamaterialRun, settings: &Settings) -> Result<(), Failure> {
    let is_interrupted = watch_for_interrupt()?;
    let bar = progress_bar(run.settings().steps / run.settings().steps_of_an_epoch());
    train(&mut run, &bar, &is_interrupted);
    bar.finish_and_clear();
    let report = run.report();
    let text = if arguments.json { json(&report)? } else { summary(&report) };
    let printed = print(&text);
    let model = || MaterialFile { settings: serde_json::to_value(settings).ok(), ..run.file() }.write();
    let kept = write_outputs(arguments, &Files::new(arguments, model, String::new, report.finite));
    let diverged = || Failure::Failed("training diverged; lower the learning rate with --lr".into());
    let ending = interrupted(&is_interrupted).and_then(|()| if report.finite { Ok(()) } else { Err(diverged()) });
    ended(ending, printed, kept)
}

fn summary(report: &MetamaterialReport) -> String {
    let MetamaterialReport { benchmark, seed, data_seed, steps, seconds, parameters, .. } = report;
    let line = |name: &str, value: String| vec![name.to_string(), value];
    let negative = format!(
        "{} of {} steps, least {}",
        report.dissipation_violations,
        report.dissipation_steps,
        number(report.dissipation_min)
    );
    let errors = report.outputs.iter().zip(report.r2.iter().zip(&report.rmse));
    let mut rows: Vec<Vec<String>> =
        errors.map(|(name, (r2, rmse))| line(&shortened(name), format!("R\u{b2} {r2:.6}, rmse {}", number(*rmse)))).collect();
    rows.extend([line("dissipation below zero", negative), line("parameters", parameters.to_string())]);
    let mut beside = |name: &str, pair: Option<[f64; 2]>| {
        rows.extend(pair.map(|[fit, truth]| {
            let truth = if truth.is_finite() { format!(", in truth {}", number(truth)) } else { String::new() };
            line(name, number(fit) + &truth)
        }));
    };
    beside("k+ + k-", report.loop_width);
    beside("M", report.hardening);
    let phase = match (benchmark.as_str(), report.fixed_phase) {
        ("metamaterial", true) => ", phase fixed",
        ("metamaterial", false) => ", two phases",
        _ => "",
    };
    let dynamics = multiwell::problem::material::views::name_of(report.dynamics);
    format!(
        "{}   {dynamics}{phase}, seed {seed}, data seed {data_seed}\n{steps} steps, {seconds:.2} s\n\n{}",
        printable(benchmark),
        table::columns(&rows, "", &[Side::Left, Side::Left])
    )
}

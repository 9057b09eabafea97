//! `multiwell fit schlogl` and `multiwell fit SAMPLES.csv --density`: densities of one set of samples or of several.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use multiwell::controller::protocol::Table;
use multiwell::problem::benchmarks::Given;
use multiwell::problem::density::{DensityReport, DensityRun};
use multiwell::problem::job::Job;
use multiwell::problem::settings::{Choice, field, pick, widths};
use multiwell::problem::{InvalidSetting, Settings};
use multiwell::text::{printable, shortened};
use rayon::prelude::*;

use super::arguments::Fit;
use super::fit::{self, Files, progress_bar, watch_for_interrupt};
use super::systems::{interrupted, json};
use super::table::{self, Side, number};
use super::{Failure, input, print, say, seeds};

/// Steps between looks at Ctrl-C.
const SLICE: u64 = 200;

/// Fits a density if one was asked for, and says whether it did.
pub fn fit(arguments: &Fit) -> Result<bool, Failure> {
    let reaction = arguments.data.to_str() == Some("schlogl");
    if !reaction && !arguments.density {
        return Ok(false);
    }
    if reaction && arguments.density {
        return Err(Failure::bad_input("--density is for the columns of a file; schlogl is a density without it"));
    }
    let settings = settings(arguments, if reaction { "schlogl" } else { Settings::OWN_SAMPLES })?;
    let table = if reaction { None } else { Some(read(arguments)?) };
    let model = arguments.init.as_deref().map(input::text).transpose()?;
    fit::check_outputs(arguments, !reaction)?;
    let is_interrupted = watch_for_interrupt()?;
    let note = Once::new();
    let open = |settings: &Settings| {
        let given = Given { table: table.as_ref(), model: model.as_deref() };
        let run = DensityRun::open(settings.clone(), given).map_err(|problems| Failure::problems(&problems))?;
        if run.samples().sets() > 1 && run.samples().times.is_empty() {
            note.call_once(|| {
                say("note: each column is fitted as a density of its own; a joint density is not offered yet");
            });
        }
        Ok(run)
    };
    if let Some(text) = &arguments.seeds {
        several(arguments, &all(arguments, text, &settings)?, open, &is_interrupted)?;
    } else {
        let mut run = open(&settings)?;
        let bar = progress_bar(run.last_epoch());
        while !is_interrupted.load(Ordering::Relaxed) && run.ended().is_none() {
            bar.inc(run.advance(SLICE));
        }
        bar.finish_and_clear();
        let report = run.full_report();
        let printed = print(&if arguments.json { json(&report)? } else { one(&report) });
        let kept = fit::write_outputs(arguments, &files(arguments, &run));
        fit::ended(interrupted(&is_interrupted), printed, kept)?;
    }
    Ok(true)
}

/// Settings from the arguments.
fn settings(arguments: &Fit, benchmark: &str) -> Result<Settings, Failure> {
    let mut settings = Settings::on(multiwell::problem::settings::Recipe::default(), benchmark);
    let others = [
        ("inputs", !arguments.inputs.is_empty()),
        ("target", arguments.target.is_some()),
        ("gradient", !arguments.gradient.is_empty()),
        ("run", arguments.runs.run.is_some()),
        ("time", arguments.runs.time.is_some()),
        ("outputs", !arguments.runs.outputs.is_empty()),
    ];
    let mut others = others.into_iter().filter(|(_, given)| *given).map(|(name, _)| name);
    if let Some(name) = others.next() {
        let what = if benchmark == Settings::OWN_SAMPLES { "a density of your own samples" } else { benchmark };
        return Err(Failure::bad_input(format!("--{name} has no effect on {what}; leave it out")));
    }
    fit::refuse_idle(arguments, &settings, None)?;
    let mut problems: Vec<InvalidSetting> = Vec::new();
    for (name, text) in arguments.numbers.given().filter(|&(name, text)| !seeds::follows(arguments, name, text)) {
        if text.trim() == "auto" && settings.clear_number(name) {
            continue;
        }
        match field(name).map(|field| field.parse(text)) {
            Some(Ok(value)) => settings.set_number(name, value),
            Some(Err(problem)) => problems.push(problem),
            None => {}
        }
    }
    for (name, text) in arguments.choices.given() {
        problems.extend(pick(name).and_then(|pick| (pick.set)(&mut settings, text).err()));
    }
    match arguments.hidden.as_deref().map(widths) {
        Some(Ok(hidden)) => settings.hidden = hidden,
        Some(Err(problem)) => problems.push(problem),
        None => {}
    }
    problems.extend(settings.check().err().unwrap_or_default());
    if problems.is_empty() { Ok(settings) } else { Err(Failure::problems(&problems)) }
}

fn read(arguments: &Fit) -> Result<Table, Failure> {
    let name = arguments.data.display().to_string();
    Ok(Table { text: input::text(&arguments.data)?, name, ..Table::default() })
}

/// The settings of each seed.
fn all(arguments: &Fit, text: &str, settings: &Settings) -> Result<Vec<Settings>, Failure> {
    let follows = arguments.numbers.given().any(|(name, text)| seeds::follows(arguments, name, text));
    let with = |seed: u64| Settings { seed, data_seed: if follows { seed } else { settings.data_seed }, ..settings.clone() };
    Ok(seeds::read(text).map_err(Failure::bad_input)?.into_iter().map(with).collect())
}

/// Fits of several seeds, on all cores.
fn several(
    arguments: &Fit,
    all: &[Settings],
    open: impl Fn(&Settings) -> Result<DensityRun, Failure> + Sync,
    is_interrupted: &AtomicBool,
) -> Result<(), Failure> {
    let bar = progress_bar(all.len() as u64);
    let one = |settings: &Settings| {
        let mut run = open(settings)?;
        while !is_interrupted.load(Ordering::Relaxed) && run.ended().is_none() {
            run.advance(SLICE);
        }
        bar.inc(1);
        Ok((run.full_report(), files(arguments, &run)))
    };
    let done: Result<Vec<_>, Failure> = all.par_iter().with_max_len(1).map(one).collect();
    bar.finish_and_clear();
    let done = done?;
    let printed = print(&if arguments.json {
        done.iter().map(|(report, _)| json(report)).collect::<Result<String, _>>()?
    } else {
        overview(&done.iter().map(|(report, _)| report).collect::<Vec<_>>())
    });
    let likely = |report: &DensityReport| report.loss.iter().sum::<f64>();
    let best = done.iter().min_by(|a, b| likely(&a.0).total_cmp(&likely(&b.0)));
    let kept = best.map_or(Ok(String::new()), |(_, files)| fit::write_outputs(arguments, files));
    fit::ended(interrupted(is_interrupted), printed, kept)
}

fn files(arguments: &Fit, run: &DensityRun) -> Files {
    let mut files = Files::new(arguments, || run.model_text(), || run.history_csv(), true);
    if run.fitted() == 0 {
        // Nothing to replace an earlier result by.
        files.history = files.history.map(|_| Err("no fit had ended".into()));
    }
    files
}

fn mean(list: &[f64]) -> f64 {
    list.iter().sum::<f64>() / list.len().max(1) as f64
}

fn overview(reports: &[&DensityReport]) -> String {
    let head = ["seed", "data seed", "mean -log q", "fit", "kde isj", "kde oracle", "mixture 3"];
    let row = |r: &&DensityReport| {
        let distances = [&r.loss, &r.tv_fit, &r.tv_kde_best, &r.tv_kde_oracle, &r.tv_mixture_3];
        let numbers = distances.iter().map(|list| if list.is_empty() { String::new() } else { number(mean(list)) });
        [r.seed.to_string(), r.data_seed.to_string()].into_iter().chain(numbers).collect()
    };
    let rows: Vec<Vec<String>> = std::iter::once(head.map(String::from).to_vec()).chain(reports.iter().map(row)).collect();
    format!(
        "Means over the times; from \"fit\" on total variation to the exact law\n\n{}",
        table::columns(&rows, "", &[Side::Right; 7])
    )
}

fn one(report: &DensityReport) -> String {
    let DensityReport { benchmark, seed, data_seed, samples, epochs, seconds, .. } = report;
    let known = !report.tv_fit.is_empty();
    let distances = ["fit", "kde scott", "kde isj", "kde oracle", "mixture 3"];
    let mut head = vec![if report.times.is_empty() { "samples" } else { "time" }, "-log q"];
    head.extend(if known { &distances[..] } else { &[] });
    head.extend(["decay", "pooling", "active gates", "modes of the fit"]);
    let mut rows = vec![head.iter().map(ToString::to_string).collect::<Vec<String>>()];
    for (k, label) in report.labels.iter().enumerate() {
        let modes = report.modes_fit[k].iter().map(|&place| number(place)).collect::<Vec<_>>().join(" ");
        let label = report.times.get(k).map_or_else(|| shortened(label), ToString::to_string);
        let mut row = vec![label, number(report.loss[k])];
        if known {
            let of = [&report.tv_fit, &report.tv_kde_scott, &report.tv_kde_best, &report.tv_kde_oracle, &report.tv_mixture_3];
            row.extend(of.iter().map(|tv| number(tv[k])));
        }
        row.extend([number(report.decay[k]), report.pooling[k].name().into(), report.active_gates[k].to_string(), modes]);
        rows.push(row);
    }
    let mut sides = vec![Side::Right; head.len() - 3];
    sides.extend([Side::Left, Side::Right, Side::Left]);
    let data = if known {
        format!("{samples} trajectories, seed {seed}, data seed {data_seed}")
    } else {
        format!("{samples} rows, seed {seed}")
    };
    let title = if known { "Total variation to the exact law, from \"fit\" on\n\n" } else { "" };
    let mean = report.tv_fit_mean.map(|mean| format!("Mean of the fit: {}\n", number(mean))).unwrap_or_default();
    format!(
        "{}   {data}\n{epochs} epochs a fit, {seconds:.2} s\n\n{title}{}\n{mean}",
        printable(benchmark),
        table::columns(&rows, "", &sides)
    )
}

//! The paper's systems that are more than points and values: `multiwell fit schlogl`; `multiwell fit metamaterial` is in [`super::material`].

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use multiwell::run::Settings;
use multiwell::run::schlogl::{SETTINGS, SchloglReport, SchloglRun, SchloglSettings};
use multiwell::run::settings::{field, pick, widths};

use super::arguments::Fit;
use super::fit::{progress_bar, watch_for_interrupt};
use super::table::{self, Side, number};
use super::{Failure, material, print};

/// Fits one of the systems if it was asked for, and says whether it did.
pub fn fit(arguments: &Fit) -> Result<bool, Failure> {
    match arguments.data.to_str().unwrap_or_default() {
        "schlogl" => fit_schlogl(arguments).map(|()| true),
        _ => material::fit(arguments),
    }
}

/// Refuses options that this system does not know.
pub fn refuse(arguments: &Fit, system: &str, known: &[&str]) -> Result<(), Failure> {
    let others = [
        ("inputs", !arguments.inputs.is_empty() && !known.contains(&"inputs")),
        ("gradient", !arguments.gradient.is_empty()),
        ("run", arguments.runs.run.is_some() && !known.contains(&"run")),
        ("time", arguments.runs.time.is_some() && !known.contains(&"run")),
        ("outputs", !arguments.runs.outputs.is_empty() && !known.contains(&"run")),
        ("target", arguments.target.is_some()),
        ("seeds", arguments.seeds.is_some()),
        ("init", arguments.init.is_some() && !known.contains(&"init")),
        ("model-out", arguments.model_out.is_some() && !known.contains(&"init")),
        ("history-out", arguments.history_out.is_some()),
    ];
    let others = others.into_iter().filter(|(_, given)| *given).map(|(name, _)| name);
    let named = arguments.numbers.given().chain(arguments.choices.given());
    let named = named.map(|(name, _)| name).filter(|name| !known.contains(name));
    match others.chain(named).next() {
        Some(name) => Err(Failure::bad_input(format!("--{name} has no effect on {system}; leave it out"))),
        None => Ok(()),
    }
}

/// A number of the command line, held to the limits that it has everywhere.
fn given(arguments: &Fit, name: &str) -> Result<Option<f64>, Failure> {
    let Some((_, text)) = arguments.numbers.given().find(|(given, _)| *given == name) else { return Ok(None) };
    let field = field(name).ok_or_else(|| Failure::bad_input(format!("--{name} is no setting")))?;
    field.parse(text).map(Some).map_err(|problem| Failure::problems(&[problem]))
}

fn schlogl_settings(arguments: &Fit) -> Result<SchloglSettings, Failure> {
    refuse(arguments, "schlogl", SETTINGS)?;
    let mut settings = SchloglSettings::default();
    if let Some(modes) = given(arguments, "modes")? {
        settings.modes = modes as usize;
    }
    if let Some(text) = &arguments.hidden {
        settings.hidden = widths(text).map_err(|problem| Failure::problems(&[problem]))?;
    }
    settings.lr = given(arguments, "lr")?.unwrap_or(settings.lr);
    settings.epochs = given(arguments, "epochs")?.map_or(settings.epochs, |n| n as u64);
    settings.seed = given(arguments, "seed")?.map_or(settings.seed, |n| n as u64);
    settings.data_seed = given(arguments, "data-seed")?.map_or(settings.data_seed, |n| n as u64);
    settings.runs = given(arguments, "samples")?.map_or(settings.runs, |n| n as usize);
    settings.decay = given(arguments, "decay")?;
    settings.kl = given(arguments, "kl")?.unwrap_or(0.0);
    let model = &mut settings.model;
    for (name, rate) in [("c1", &mut model.c1), ("c2", &mut model.c2), ("c3", &mut model.c3), ("c4", &mut model.c4)] {
        *rate = given(arguments, name)?.unwrap_or(*rate);
    }
    let mut chosen = Settings::default();
    for (name, text) in arguments.choices.given() {
        pick(name).map_or(Ok(()), |pick| (pick.set)(&mut chosen, text)).map_err(|problem| Failure::problems(&[problem]))?;
    }
    (settings.pooling, settings.start) = (chosen.pooling, chosen.start);
    Ok(settings)
}

fn fit_schlogl(arguments: &Fit) -> Result<(), Failure> {
    let settings = schlogl_settings(arguments)?;
    let is_interrupted = watch_for_interrupt()?;
    let mut run = SchloglRun::new(settings);
    let bar = progress_bar(run.parts());
    while !is_interrupted.load(Ordering::Relaxed) && run.advance() {
        bar.inc(1);
    }
    bar.finish_and_clear();
    let report = run.report();
    let text = if arguments.json { json(&report)? } else { schlogl_table(&report) };
    print(&text)?;
    interrupted(&is_interrupted)
}

/// A report as a line of JSON.
pub fn json(report: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string(report).map(|line| line + "\n").map_err(|error| Failure::Failed(error.to_string()))
}

/// Says so if Ctrl-C was pressed.
pub fn interrupted(flag: &Arc<AtomicBool>) -> Result<(), Failure> {
    let sentence = "stopped by Ctrl-C; what was printed is what had been reached";
    if flag.load(Ordering::Relaxed) { Err(Failure::Interrupted(sentence.into())) } else { Ok(()) }
}

fn schlogl_table(report: &SchloglReport) -> String {
    let SchloglReport { seed, data_seed, samples, epochs, seconds, .. } = report;
    let mut rows = vec![
        ["time", "fit", "kde scott", "kde isj", "kde oracle", "mixture 3", "decay", "pooling", "modes of the fit"]
            .map(String::from)
            .to_vec(),
    ];
    for (k, time) in report.times.iter().enumerate() {
        let modes = report.modes_fit[k].iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let distances = [&report.tv_fit, &report.tv_kde_scott, &report.tv_kde_best, &report.tv_kde_oracle, &report.tv_mixture_3];
        let distances = distances.iter().map(|tv| number(tv[k]));
        let choice = [number(report.decay[k]), format!("{:?}", report.pooling[k]).to_lowercase(), modes];
        rows.push([time.to_string()].into_iter().chain(distances).chain(choice).collect());
    }
    let sides = [[Side::Right; 7].as_slice(), &[Side::Left; 2]].concat();
    format!(
        "schlogl   {samples} trajectories, seed {seed}, data seed {data_seed}\n{epochs} epochs a fit, {seconds:.2} s\n\n\
         Total variation to the exact law\n\n{}\nMean of the fit: {}\n",
        table::columns(&rows, "", &sides),
        number(report.tv_fit_mean)
    )
}

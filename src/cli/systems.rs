//! The paper's systems that are more than points and values: `multiwell fit schlogl` and `multiwell fit metamaterial`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;
use multiwell::run::Settings;
use multiwell::run::metamaterial::{Kind, MetamaterialReport, MetamaterialRun, MetamaterialSettings};
use multiwell::run::schlogl::{SETTINGS, SchloglReport, SchloglRun, SchloglSettings};
use multiwell::run::settings::{field, pick, widths};

use super::arguments::Fit;
use super::fit::{progress_bar, watch_for_interrupt};
use super::table::{self, Side, number};
use super::{Failure, print};

/// What only these systems know.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "The two-phase metamaterial (metamaterial)")]
pub struct Systems {
    /// metamaterial: how hidden states move: node (the paper's), onsager or play [default: play].
    #[arg(long, value_name = "NAME")]
    dynamics: Option<String>,
    /// metamaterial: hold the second phase at one half.
    #[arg(long)]
    fixed_phase: bool,
    /// metamaterial: whether the potential sees E11 itself besides isotropic invariants: yes or no [default: yes with a fixed phase].
    #[arg(long, value_name = "YES|NO")]
    structural: Option<String>,
}

impl Systems {
    /// The options that were given, with the system that each is for.
    fn given(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let given = [
            ("dynamics", "metamaterial", self.dynamics.is_some()),
            ("fixed-phase", "metamaterial", self.fixed_phase),
            ("structural", "metamaterial", self.structural.is_some()),
        ];
        given.into_iter().filter(|(.., given)| *given).map(|(name, system, _)| (name, system))
    }
}

/// Fits one of the systems if it was asked for, and says whether it did.
pub fn fit(arguments: &Fit) -> Result<bool, Failure> {
    let asked = arguments.data.to_str().unwrap_or_default();
    if let Some((name, system)) = arguments.systems.given().find(|(_, system)| *system != asked) {
        return Err(Failure::bad_input(format!("--{name} is for `fit {system}`; leave it out")));
    }
    match asked {
        "schlogl" => fit_schlogl(arguments).map(|()| true),
        "metamaterial" => fit_metamaterial(arguments).map(|()| true),
        _ => Ok(false),
    }
}

/// One of a few words, or a sentence that names them.
fn word<T: Copy>(name: &str, text: Option<&str>, words: &[(&str, T)]) -> Result<Option<T>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
    let list = words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
    found.map(Some).ok_or_else(|| Failure::bad_input(format!("--{name} is one of {list}, not \"{text}\"")))
}

/// Refuses options that this system does not know.
fn refuse(arguments: &Fit, system: &str, known: &[&str]) -> Result<(), Failure> {
    let others = [
        ("inputs", !arguments.inputs.is_empty()),
        ("target", arguments.target.is_some()),
        ("seeds", arguments.seeds.is_some()),
        ("init", arguments.init.is_some()),
        ("model-out", arguments.model_out.is_some()),
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

fn json(report: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string(report).map(|line| line + "\n").map_err(|error| Failure::Failed(error.to_string()))
}

fn interrupted(flag: &Arc<AtomicBool>) -> Result<(), Failure> {
    let sentence = "stopped by Ctrl-C; what was printed is what had been reached";
    if flag.load(Ordering::Relaxed) { Err(Failure::Interrupted(sentence.into())) } else { Ok(()) }
}

fn metamaterial_settings(arguments: &Fit) -> Result<MetamaterialSettings, Failure> {
    refuse(arguments, "metamaterial", &["lr", "epochs", "seed", "samples", "data-seed"])?;
    let systems = &arguments.systems;
    let kinds = [("node", Kind::Node), ("onsager", Kind::Onsager), ("play", Kind::Play)];
    let kind = word("dynamics", systems.dynamics.as_deref(), &kinds)?.unwrap_or_default();
    let mut settings = MetamaterialSettings::of(kind, systems.fixed_phase);
    let answers = [("yes", true), ("no", false)];
    settings.structural = word("structural", systems.structural.as_deref(), &answers)?.unwrap_or(settings.structural);
    if let Some(text) = &arguments.hidden {
        settings.hidden = widths(text).map_err(|problem| Failure::problems(&[problem]))?;
    }
    if let Some(samples) = given(arguments, "samples")? {
        if samples < 10.0 {
            return Err(Failure::bad_input(
                "metamaterial needs at least 10 trajectories (--samples), of which a fifth is held out",
            ));
        }
        settings.trajectories = samples as usize;
    }
    settings.lr = given(arguments, "lr")?.unwrap_or(settings.lr);
    let epochs = given(arguments, "epochs")?;
    settings.steps = epochs.map_or(settings.steps, |n| n as u64 * settings.steps_of_an_epoch());
    settings.seed = given(arguments, "seed")?.map_or(settings.seed, |n| n as u64);
    settings.data_seed = given(arguments, "data-seed")?.map_or(settings.data_seed, |n| n as u64);
    Ok(settings)
}

fn fit_metamaterial(arguments: &Fit) -> Result<(), Failure> {
    /// Steps between looks at Ctrl-C.
    const SLICE: u64 = 10;
    let settings = metamaterial_settings(arguments)?;
    let is_interrupted = watch_for_interrupt()?;
    let an_epoch = settings.steps_of_an_epoch();
    let bar = progress_bar(settings.steps / an_epoch);
    let mut run = MetamaterialRun::new(settings);
    while !is_interrupted.load(Ordering::Relaxed) && run.advance(SLICE) > 0 {
        bar.set_position(run.steps() / an_epoch);
    }
    bar.finish_and_clear();
    let report = run.report();
    let text = if arguments.json { json(&report)? } else { metamaterial_table(&report) };
    print(&text)?;
    interrupted(&is_interrupted)?;
    if report.finite { Ok(()) } else { Err(Failure::Failed("training diverged; lower the learning rate with --lr".into())) }
}

fn metamaterial_table(report: &MetamaterialReport) -> String {
    let MetamaterialReport { seed, data_seed, steps, seconds, parameters, .. } = report;
    let line = |name: &str, value: String| vec![name.to_string(), value];
    let negative = format!(
        "{} of {} steps, least {}",
        report.dissipation_violations,
        report.dissipation_steps,
        number(report.dissipation_min)
    );
    let mut rows = vec![
        line("S11", format!("R\u{b2} {:.6}, rmse {}", report.r2_s11, number(report.rmse_s11))),
        line("S22", format!("R\u{b2} {:.6}, rmse {}", report.r2_s22, number(report.rmse_s22))),
        line("dissipation below zero", negative),
        line("parameters", parameters.to_string()),
    ];
    let mut beside = |name: &str, pair: Option<[f64; 2]>| {
        rows.extend(pair.map(|[fit, truth]| line(name, format!("{}, in truth {}", number(fit), number(truth)))));
    };
    beside("k+ + k-", report.loop_width);
    beside("M", report.hardening);
    let phase = if report.fixed_phase { "phase fixed" } else { "two phases" };
    let dynamics = format!("{:?}", report.dynamics).to_lowercase();
    format!(
        "metamaterial   {dynamics}, {phase}, seed {seed}, data seed {data_seed}\n{steps} steps, {seconds:.2} s\n\n{}",
        table::columns(&rows, "", &[Side::Left, Side::Left])
    )
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

//! The paper's systems that are more than points and values: `multiwell fit schlogl`.

use clap::Args;
use multiwell::run::schlogl::{Pooling, SchloglReport, SchloglRun, SchloglSettings, Start};
use multiwell::run::settings::{field, widths};

use super::arguments::Fit;
use super::table::{self, Side, number};
use super::{Failure, print};

/// What only these systems know.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "The Schlögl reaction (fit schlogl)")]
pub struct Systems {
    /// Weight of the squares of all network weights [default: chosen by cross-validation].
    #[arg(long, value_name = "W", allow_hyphen_values = true)]
    decay: Option<f64>,
    /// Which other times lend their samples: alone, later or both [default: chosen by cross-validation].
    #[arg(long, value_name = "NAME")]
    pooling: Option<String>,
    /// Where the fit of a time begins: fresh, or last (at the fit of the time after it) [default: fresh].
    #[arg(long, value_name = "NAME")]
    start: Option<String>,
    /// Weight of the Kullback-Leibler distance to a uniform density [default: 0].
    #[arg(long, value_name = "W", allow_hyphen_values = true)]
    kl: Option<f64>,
    /// Rates c1 to c4 of the four reactions, separated by commas [default: 3e-7,1e-4,1e-3,3.5].
    #[arg(long, value_name = "C1,C2,C3,C4", value_delimiter = ',')]
    rates: Vec<f64>,
}

impl Systems {
    /// The first of these options that was given.
    fn first_given(&self) -> Option<&'static str> {
        let given = [
            ("decay", self.decay.is_some()),
            ("pooling", self.pooling.is_some()),
            ("start", self.start.is_some()),
            ("kl", self.kl.is_some()),
            ("rates", !self.rates.is_empty()),
        ];
        given.into_iter().find(|(_, given)| *given).map(|(name, _)| name)
    }
}

/// Fits one of the systems if it was asked for, and says whether it did.
pub fn fit(arguments: &Fit) -> Result<bool, Failure> {
    match arguments.data.to_str() {
        Some("schlogl") => fit_schlogl(arguments).map(|()| true),
        _ => match arguments.systems.first_given() {
            Some(name) => Err(Failure::bad_input(format!("--{name} is for `fit schlogl`; leave it out"))),
            None => Ok(false),
        },
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
        ("schedule", arguments.schedule.is_some()),
        ("recipe", arguments.recipe.is_some()),
        ("sampling", arguments.sampling.is_some()),
        ("target-kind", arguments.target_kind.is_some()),
        ("scaling", arguments.scaling.is_some()),
        ("init", arguments.init.is_some()),
        ("model-out", arguments.model_out.is_some()),
        ("history-out", arguments.history_out.is_some()),
    ];
    let others = others.into_iter().filter(|(_, given)| *given).map(|(name, _)| name);
    let numbers = arguments.numbers.given().map(|(name, _)| name).filter(|name| !known.contains(name));
    match others.chain(numbers).next() {
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

/// Not negative and finite.
fn weight(name: &str, value: Option<f64>) -> Result<Option<f64>, Failure> {
    match value {
        Some(w) if !(0.0..=1e3).contains(&w) => Err(Failure::bad_input(format!("--{name} is a number from 0 to 1000, not {w}"))),
        _ => Ok(value),
    }
}

fn schlogl_settings(arguments: &Fit) -> Result<SchloglSettings, Failure> {
    refuse(arguments, "schlogl", &["modes", "lr", "epochs", "seed", "samples", "data-seed"])?;
    let systems = &arguments.systems;
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
    settings.decay = weight("decay", systems.decay)?;
    settings.kl = weight("kl", systems.kl)?.unwrap_or(0.0);
    let poolings = [("alone", Pooling::Alone), ("later", Pooling::Later), ("both", Pooling::Both)];
    settings.pooling = word("pooling", systems.pooling.as_deref(), &poolings)?;
    let starts = [("fresh", Start::Fresh), ("last", Start::Last)];
    settings.start = word("start", systems.start.as_deref(), &starts)?.unwrap_or_default();
    match systems.rates[..] {
        [] => {}
        [c1, c2, c3, c4] if systems.rates.iter().all(|c| *c > 0.0 && c.is_finite()) => {
            (settings.model.c1, settings.model.c2, settings.model.c3, settings.model.c4) = (c1, c2, c3, c4);
        }
        _ => return Err(Failure::bad_input("--rates are four positive numbers, as in 3e-7,1e-4,1e-3,3.5")),
    }
    Ok(settings)
}

fn fit_schlogl(arguments: &Fit) -> Result<(), Failure> {
    let mut run = SchloglRun::new(schlogl_settings(arguments)?);
    while run.advance() {}
    let report = run.report();
    if arguments.json {
        let line = serde_json::to_string(&report).map_err(|error| Failure::Failed(error.to_string()))?;
        return print(&(line + "\n"));
    }
    print(&schlogl_table(&report))
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

//! Estimates of a density beside each other.

use std::sync::PoisonError;
use std::time::Instant;

use multiwell::data::Dataset;
use multiwell::potentials::KnownPotential;
use multiwell::problem::potential::target;
use multiwell::problem::settings;
use multiwell::problem::{Run, Settings, Source, State};
use multiwell::text::whole;
use multiwell_compare::NoFit;
use multiwell_compare::densities::{self, Boltzmann, Judge, Method, OfPotential, Score};

use super::table::{Column, Line, written};
use super::{Compare, is_benchmark, parts};
use crate::arguments::{Given, INPUTS};
use crate::fit::task;
use crate::training::Session;
use crate::{Failure, say};

/// Samples that are drawn from a known density to be held out.
const HELD_OUT: usize = 5000;
/// Settings that say which potential samples are drawn from, and how many.
const OF_BENCHMARK: [&str; 12] = [
    "samples",
    "data-seed",
    "target-kind",
    "target-seed",
    "b",
    "formula",
    "set",
    "bounds",
    "drawing",
    "periodic",
    INPUTS,
    "recipe",
];
/// The thermal energy, which only the fit of a density has as a setting.
const KT: &str = "kT";

const COLUMNS: [Column<Score>; 6] = [
    Column::counts("parameters", |score| (score.parameters > 0).then_some(score.parameters as f64)),
    Column::of("total variation", |score| score.total_variation),
    Column::of("divergence", |score| score.divergence),
    Column::of("held out", |score| score.held_out),
    Column::counts("wells", |score| Some(score.wells as f64)),
    Column::counts("modes", |score| Some(score.modes as f64)),
];

/// What is estimated.
struct Asked {
    /// The settings of the LSE-ICNN.
    settings: Settings,
    /// The settings of the benchmark that samples are drawn from, if that is so.
    benchmark: Option<Settings>,
    /// The samples of a file.
    rows: Option<Dataset>,
}

/// Compares estimates.
pub fn compare(arguments: &Compare) -> Result<(), Failure> {
    let methods = arguments.methods(&Method::ALL, Method::name)?;
    let asked = if is_benchmark(arguments) { of_benchmark(arguments)? } else { of_file(arguments)? };
    let each = arguments.each(&asked.settings)?;
    let benchmarks = asked.benchmark.as_ref().map(|settings| arguments.each(settings)).transpose()?;
    let session = Session::of_fits(each.len() * methods.len())?;
    let found = session.each(&each, |k, settings| {
        let benchmark = benchmarks.as_ref().map(|all| &all[k]);
        one(settings, benchmark, asked.rows.as_ref(), &methods, &session).map(Some)
    })?;
    let found: Vec<(Vec<Line<Score>>, usize)> = found.into_iter().flatten().collect();
    let over = if each.len() > 1 { format!(", medians over {} seeds", each.len()) } else { String::new() };
    let first = found.first().and_then(|(lines, samples)| Some((lines.first()?.benchmark.clone(), *samples)));
    let head = first.map_or_else(String::new, |(name, samples)| format!("{name}: {} samples{over}", whole(samples as u64)));
    let lines: Vec<Line<Score>> = found.into_iter().flat_map(|(lines, _)| lines).collect();
    if !lines.is_empty() {
        written(&lines, &COLUMNS, |score| &score.choice, &head, arguments.json)?;
    }
    if session.is_interrupted() {
        return Err(Failure::Interrupted("stopped by Ctrl-C before all fits had ended".into()));
    }
    Ok(())
}

/// Samples of a file.
fn of_file(arguments: &Compare) -> Result<Asked, Failure> {
    if arguments.columns.inputs.is_empty() {
        return Err(Failure::bad_input("say with --inputs which one to three columns hold the samples of the density"));
    }
    let task = task(&arguments.as_fit())?;
    let rows = task.rows.lock().unwrap_or_else(PoisonError::into_inner).take();
    Ok(Asked { settings: task.settings, benchmark: None, rows })
}

/// Samples of a benchmark.
fn of_benchmark(arguments: &Compare) -> Result<Asked, Failure> {
    let of =
        |is_wanted: &dyn Fn(&str) -> bool| Given(arguments.given.0.iter().filter(|(name, _)| is_wanted(name)).cloned().collect());
    let of_potential = Compare { density: false, given: of(&|name| OF_BENCHMARK.contains(&name)), ..arguments.clone() };
    let benchmark = task(&of_potential.as_fit())?.settings;
    if target(&benchmark).is_none() {
        let what = benchmark.what();
        return Err(Failure::bad_input(format!("no density is known for {what}; name a potential, or a file with --inputs")));
    }
    let mut settings = Settings::on(benchmark.training.recipe, Settings::OWN_JOINT);
    settings.data.seed = benchmark.data.seed;
    let mut problems = Vec::new();
    for (name, text) in of(&|name| !OF_BENCHMARK.contains(&name)).iter() {
        let Some(setting) = settings::find(name) else { continue };
        if let Some(place) = settings.idle(name, None).filter(|_| name != KT) {
            return Err(Failure::bad_input(format!("--{name} has no effect {place}; leave it out")));
        }
        problems.extend(setting.parse(&mut settings, text).err());
    }
    problems.extend(settings.check().err().unwrap_or_default());
    if problems.is_empty() {
        Ok(Asked { settings, benchmark: Some(benchmark), rows: None })
    } else {
        Err(Failure::problems(&problems))
    }
}

fn no_density(why: NoFit) -> Failure {
    match why {
        NoFit::Unsuitable(why) => Failure::bad_input(why),
        NoFit::Stopped => Failure::Interrupted("stopped by Ctrl-C".into()),
    }
}

/// All methods with one seed, and the number of samples.
fn one(
    settings: &Settings,
    benchmark: Option<&Settings>,
    rows: Option<&Dataset>,
    methods: &[Method],
    session: &Session,
) -> Result<(Vec<Line<Score>>, usize), Failure> {
    let kt = settings.potential().and_then(|own| own.kt).unwrap_or(1.0);
    let potential: Option<Box<dyn KnownPotential>> = benchmark.and_then(target);
    let truth = potential.as_deref().map(|potential| Boltzmann::new(potential, kt)).transpose().map_err(no_density)?;
    let (learnt, held_out): (Dataset, Vec<f64>) = match (&truth, benchmark, rows) {
        (Some(truth), Some(benchmark), _) => {
            let (samples, seed) = (benchmark.data.samples, benchmark.data.seed);
            (truth.draw(samples, seed).map_err(no_density)?, truth.draw_others(HELD_OUT, seed).map_err(no_density)?)
        }
        (_, _, Some(rows)) => {
            let (learnt, held_out) = parts(rows.clone(), settings)?;
            (learnt, held_out.x.iter().copied().collect())
        }
        _ => return Err(Failure::Failed("there are no samples".into())),
    };
    let mut own = settings.clone();
    own.data.hold_out = None;
    let mut run = Run::new(own, Source::Own(learnt), None).map_err(|problems| Failure::problems(&problems))?;
    let seed = settings.training.seed;
    let show = |method: Method| session.show(format!("{}, seed {seed}", method.name()));
    if methods.contains(&Method::LseIcnn) {
        show(Method::LseIcnn);
        session.train(&mut run);
        if session.is_interrupted() {
            return Ok((Vec::new(), 0));
        }
        if let Some(State::Diverged { sentence }) = run.ended() {
            say(&format!("warning: lse-icnn, seed {seed}: {sentence}"));
        }
    }
    let (data, fit) = (run.data(), run.potential());
    let domain = data.domain();
    let x: Vec<f64> = data.x.iter().copied().collect();
    let judge = Judge { truth: truth.as_ref(), domain: &domain, held_out: &held_out, samples: data.samples() };
    let line = |method: &'static str, seconds: Option<f64>, score: Option<Score>, why_not: Option<String>| Line {
        benchmark: data.name.clone(),
        seed,
        data_seed: settings.data.seed,
        method,
        seconds,
        score,
        why_not,
    };
    let mut lines: Vec<Line<Score>> = truth.iter().map(|truth| line("truth", None, Some(judge.score(truth)), None)).collect();
    for &method in methods {
        show(method);
        let begun = Instant::now();
        if method == Method::LseIcnn {
            let score = judge.score(&OfPotential::new(&fit, &domain, kt));
            lines.push(line(method.name(), Some(run.seconds()), Some(score), None));
            session.count(1);
            continue;
        }
        let found = if data.periodic().contains(&true) {
            Err(NoFit::Unsuitable("it knows no periodic inputs".into()))
        } else {
            densities::fit(method, &x, data.inputs(), seed, &|| session.is_interrupted())
        };
        let seconds = begun.elapsed().as_secs_f64();
        match found {
            Ok(estimate) => lines.push(line(method.name(), Some(seconds), Some(judge.score(&*estimate)), None)),
            Err(NoFit::Unsuitable(why)) => lines.push(line(method.name(), None, None, Some(why))),
            Err(NoFit::Stopped) => break,
        }
        session.count(1);
    }
    Ok((lines, data.samples()))
}

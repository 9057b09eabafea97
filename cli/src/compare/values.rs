//! Fits of values and of derivatives beside each other.

use std::sync::PoisonError;
use std::time::Instant;

use multiwell::data::Dataset;
use multiwell::problem::job::Job;
use multiwell::problem::metrics::ProblemMetrics;
use multiwell::problem::settings::Problem;
use multiwell::problem::{Run, Settings, Source, State};
use multiwell::text::whole;
use multiwell_compare::NoFit;
use multiwell_compare::values::{self, Fitted, Judge, Method, Score, Truth};
use ndarray::s;

use super::table::{Column, Line, written};
use super::{Compare, parts};
use crate::fit::task;
use crate::table::number;
use crate::training::Session;
use crate::{Failure, say};

/// Rows that are drawn from a benchmark to be held out, with the noise of the others.
const HELD_OUT: usize = 1000;

const COLUMNS: [Column<Score>; 9] = [
    Column::counts("parameters", |score| (score.parameters > 0).then_some(score.parameters as f64)),
    Column::of("RMSE", |score| score.rmse),
    Column::of("of slopes", |score| score.rmse_gradient),
    Column::of("held out", |score| score.held_out),
    Column::counts("wells", |score| Some(score.wells as f64)),
    Column::counts("missed", |score| score.missed.map(|count| count as f64)),
    Column::counts("spurious", |score| score.spurious.map(|count| count as f64)),
    Column::of("jump", |score| Some(score.jump)),
    Column::of("outside", |score| score.extrapolation),
];

/// Compares fits.
pub fn compare(arguments: &Compare) -> Result<(), Failure> {
    let methods = arguments.methods(&Method::ALL, Method::name)?;
    let task = task(&arguments.as_fit())?;
    let is_of_values = matches!(task.settings.problem, Problem::Potential(_)) && !task.settings.is_of_joint_density();
    if !is_of_values {
        let what = task.settings.what();
        return Err(Failure::bad_input(format!(
            "compare takes potentials, and with --density the densities of one to three quantities, but not {what}"
        )));
    }
    let rows = task.rows.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let each = arguments.each(&task.settings)?;
    let session = Session::of_fits(each.len() * methods.len())?;
    let found = session.each(&each, |_, settings| Ok(Some(one(settings, rows.as_ref(), &methods, &session)?)))?;
    let found: Vec<Compared> = found.into_iter().flatten().collect();
    let head = found.first().map_or_else(String::new, |first| described(first, each.len()));
    let lines: Vec<Line<Score>> = found.into_iter().flat_map(|compared| compared.lines).collect();
    if !lines.is_empty() {
        written(&lines, &COLUMNS, |score| &score.choice, &head, arguments.json)?;
    }
    if session.is_interrupted() {
        return Err(Failure::Interrupted("stopped by Ctrl-C before all fits had ended".into()));
    }
    Ok(())
}

/// All methods with one seed.
struct Compared {
    lines: Vec<Line<Score>>,
    samples: usize,
    spread: f64,
    threshold: f64,
}

fn described(first: &Compared, seeds: usize) -> String {
    let line = first.lines.first();
    let of = line.map_or("", |line| &line.benchmark);
    let over = if seeds > 1 { format!(", medians over {seeds} seeds") } else { String::new() };
    let spread = if first.spread.is_finite() {
        format!("; the standard deviation of the values is {}", number(first.spread))
    } else {
        String::new()
    };
    let (samples, threshold) = (whole(first.samples as u64), number(first.threshold));
    format!("{of}: {samples} rows{over}{spread}, a well has a barrier above {threshold}")
}

/// The run of the LSE-ICNN, and the rows that it does not learn from.
fn opened(settings: &Settings, rows: Option<&Dataset>) -> Result<(Run, Dataset), Failure> {
    let begin = |settings: Settings, source| Run::new(settings, source, None).map_err(|problems| Failure::problems(&problems));
    if let Some(rows) = rows {
        let (learnt, held_out) = parts(rows.clone(), settings)?;
        let mut settings = settings.clone();
        settings.data.hold_out = None;
        return Ok((begin(settings, Source::Own(learnt))?, held_out));
    }
    let samples = settings.data.samples;
    let mut more = settings.clone();
    more.data.samples += HELD_OUT;
    let all = begin(more, Source::Benchmark)?;
    let all = all.data();
    let held_out = Dataset {
        x: all.x.slice(s![samples.., ..]).to_owned(),
        y: all.y.slice(s![samples..]).to_owned(),
        gradient: all.gradient.as_ref().map(|gradient| gradient.slice(s![samples.., ..]).to_owned()),
        ..all.clone()
    };
    Ok((begin(settings.clone(), Source::Benchmark)?, held_out))
}

fn one(settings: &Settings, rows: Option<&Dataset>, methods: &[Method], session: &Session) -> Result<Compared, Failure> {
    let (mut run, held_out) = opened(settings, rows)?;
    let seed = settings.training.seed;
    let show = |method: Method| session.show(format!("{}, seed {seed}", method.name()));
    show(Method::LseIcnn);
    session.train(&mut run);
    if session.is_interrupted() {
        return Ok(Compared { lines: Vec::new(), samples: 0, spread: f64::NAN, threshold: f64::NAN });
    }
    if let Some(State::Diverged { sentence }) = run.ended() {
        say(&format!("warning: lse-icnn, seed {seed}: {sentence}"));
    }
    let is_stopped = || session.is_interrupted();
    let threshold = match run.full_metrics(&is_stopped).own {
        ProblemMetrics::Potential(_, Some(survey)) => survey.threshold,
        _ => f64::NAN,
    };
    let (rival, data) = (run.potential(), run.data());
    let value_weight = settings.potential().map_or(0.0, |own| own.value_weight);
    let judge = Judge {
        truth: run.truth(),
        bounds: run.bounds(),
        held_out: Some(&held_out),
        threshold,
        is_up_to_constant: data.gradient.is_some() && (value_weight == 0.0 || !data.has_values()),
        is_stopped: &is_stopped,
    };
    let task = values::Task { data, bounds: run.bounds(), value_weight, rival: &rival, seed, is_stopped: &is_stopped };
    let line = |method: &'static str, seconds: Option<f64>, score: Option<Score>, why_not: Option<String>| Line {
        benchmark: data.name.clone(),
        seed,
        data_seed: settings.data.seed,
        method,
        seconds,
        score,
        why_not,
    };
    let mut lines = Vec::new();
    if let Some(truth) = run.truth() {
        lines.push(line("truth", None, Some(Score { held_out: None, ..judge.score(&Truth(truth)) }), None));
    }
    let whole = |lines| Compared { lines, samples: data.samples(), spread: data.std(), threshold };
    for &method in methods {
        if session.is_interrupted() {
            break;
        }
        show(method);
        let begun = Instant::now();
        let found = match method {
            Method::LseIcnn => {
                lines.push(line(method.name(), Some(run.seconds()), Some(judge.score(&Fitted(&rival))), None));
                session.count(1);
                continue;
            }
            _ => values::fit(method, &task),
        };
        let seconds = begun.elapsed().as_secs_f64();
        match found {
            Ok(fit) => lines.push(line(method.name(), Some(seconds), Some(judge.score(&*fit)), None)),
            Err(NoFit::Unsuitable(why)) => lines.push(line(method.name(), None, None, Some(why))),
            Err(NoFit::Stopped) => return Ok(whole(lines)),
        }
        session.count(1);
    }
    // What a search for minima that was stopped has found is no score.
    if session.is_interrupted() {
        lines.pop();
    }
    Ok(whole(lines))
}

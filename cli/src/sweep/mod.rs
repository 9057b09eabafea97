//! `multiwell sweep`: every combination of settings as a run, one line of a CSV each.

mod merge;
mod plan;
mod table;
mod values;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::parallel::in_parallel;
use clap::Args;
use multiwell::data::csv::Columns;
use multiwell::problem::{Run, Settings, Source, State};

use super::arguments::Given;
use super::{Failure, files, fit, print};
use plan::{Own, Planned};
use table::{Outcome, Table};

pub use plan::names as settings_names;
pub use table::line;

/// `multiwell sweep`.
#[derive(Debug, Args)]
#[command(after_help = "Every setting takes a list (0,1e-5,1e-4) or a range (0..9; 0..1:0.25 by steps; 1e-6..1e-2x10 by \
                        factors), and so do benchmarks (soft-parabolas-1..1e3x10); networks are separated by slashes. \
                        --data-seed same and --target-seed same follow --seed. Every combination is a run. The same command goes \
                        on where it stopped; more values may be added to it.")]
pub struct Sweep {
    /// Ids of benchmarks (see `multiwell list`), or the path of a CSV file with a header.
    #[arg(value_name = "BENCHMARKS|FILE.csv", required_unless_present = "merge")]
    data: Option<String>,

    /// Columns of the file that are inputs, separated by commas; not needed if it has two columns only.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    inputs: Vec<String>,

    /// Column of the file that is learnt.
    #[arg(long, value_name = "NAME")]
    target: Option<String>,

    /// Columns of the file that are derivatives by the inputs, in their order, separated by commas; `-` for one that was not measured.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', allow_hyphen_values = true)]
    gradient: Vec<String>,

    /// The settings.
    #[command(flatten)]
    given: Given,

    /// The table: made if it is not there, else gone on with.
    #[arg(long, value_name = "FILE.csv", required_unless_present = "merge")]
    out: Option<PathBuf>,

    /// Train one part of the runs only, such as 2/3; the parts together are the sweep.
    #[arg(long, value_name = "I/N")]
    shard: Option<String>,

    /// Say how many runs there are, and train none.
    #[arg(long)]
    dry_run: bool,

    /// Put these tables together, sorted by their settings, into --out or on standard output.
    #[arg(long, value_name = "FILE.csv", num_args = 1.., conflicts_with_all = ["data", "shard", "dry_run"])]
    merge: Vec<PathBuf>,
}

/// Plans the runs, trains those that the table does not hold, and adds a line for each.
pub fn sweep(arguments: &Sweep) -> Result<(), Failure> {
    if !arguments.merge.is_empty() {
        return merge::merge(&arguments.merge, arguments.out.as_deref());
    }
    let (source, own) = data(arguments)?;
    let all = plan::plan(&given(arguments), own.as_ref()).map_err(Failure::BadInput)?;
    refuse_idle(&given(arguments), &all, &source)?;
    let planned: HashSet<Vec<String>> = all.iter().map(|run| run.key.clone()).collect();
    let is_mine = plan::shard(arguments.shard.as_deref().unwrap_or("1/1")).map_err(Failure::bad_input)?;
    let whole = all.len();
    let mine: Vec<Planned> = all.into_iter().enumerate().filter(|(k, _)| is_mine(*k)).map(|(_, run)| run).collect();
    let path = arguments.out.as_ref().expect("clap asks for it");
    if arguments.dry_run {
        return print(&format!("{whole} runs, {} of them in this part\n", mine.len()));
    }
    let data = arguments.data.as_deref().map(Path::new).filter(|_| own.is_some());
    files::check_apart(&[("--out", Some(path))], &data.into_iter().collect::<Vec<_>>())?;
    let is_interrupted = fit::watch_for_interrupt()?;
    let (table, done) = Table::open(path, &planned)?;
    let left: Vec<Planned> = mine.iter().filter(|run| !done.contains(&run.key)).cloned().collect();
    let summary = train(&left, &source, mine.len(), &table, &is_interrupted)?;
    let (had, diverged) = (mine.len() - left.len(), summary.diverged);
    let ending = format!("{} of {} runs are in {}", had + summary.trained, mine.len(), path.display());
    if had + summary.trained < mine.len() {
        return Err(Failure::Interrupted(format!("stopped by Ctrl-C: {ending}; the same command goes on with the others")));
    }
    let of_them = if diverged > 0 { format!("; {diverged} of them diverged") } else { String::new() };
    print(&format!("{ending}, {} of them trained now{of_them}\n", summary.trained))
}

/// Refuses settings that do nothing in any of the runs.
fn refuse_idle(given: &[(&str, &str)], all: &[Planned], source: &Source) -> Result<(), Failure> {
    let data = match source {
        Source::Own(data) => Some(data),
        Source::Benchmark => None,
    };
    for (name, _) in given.iter().filter(|(name, _)| *name != "benchmark") {
        let mut places = all.iter().map(|run| run.settings.idle(name, data));
        let Some(Some(place)) = places.next() else { continue };
        if places.all(|other| other.is_some()) {
            return Err(Failure::bad_input(format!("--{name} has no effect {place}; leave it out")));
        }
    }
    Ok(())
}

/// Where the data come from, with what stands in the column of benchmarks if that is a file: its name, and a number made of its
/// rows, so that no table mixes runs on two versions of it.
fn data(arguments: &Sweep) -> Result<(Source, Option<Own>), Failure> {
    let text = arguments.data.as_deref().unwrap_or_default();
    let path = Path::new(text);
    let is_csv = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
    if !is_csv && !path.is_file() {
        if arguments.inputs.is_empty() && arguments.target.is_none() && arguments.gradient.is_empty() {
            return Ok((Source::Benchmark, None));
        }
        return Err(Failure::bad_input("--inputs, --target and --gradient name columns of a file, but benchmarks were given"));
    }
    let Sweep { inputs, target, gradient, .. } = arguments;
    let columns = Columns { inputs: inputs.clone(), target: target.clone(), gradient: gradient.clone() };
    let rows = fit::own_data(path, &fit::own_text(path)?, &columns)?;
    // The hash of Fowler, Noll and Vo over the bits of all numbers.
    let step = |hash: u64, number: &f64| (hash ^ number.to_bits()).wrapping_mul(0x0100_0000_01b3);
    let slopes = rows.gradient.iter().flatten();
    let hash = rows.x.iter().chain(&rows.y).chain(slopes).fold(0xcbf2_9ce4_8422_2325, step);
    let name = path.file_name().map_or(text.into(), |name| name.to_string_lossy());
    let label = format!("{name}:{:08x}", (hash >> 32) ^ (hash & 0xffff_ffff));
    let has_values = target.is_some();
    Ok((Source::Own(rows), Some(Own { label, derivatives: (!gradient.is_empty()).then_some(has_values) })))
}

/// The settings that were given, by name, with the text of their values.
fn given(arguments: &Sweep) -> Vec<(&str, &str)> {
    arguments.data.as_deref().map(|text| ("benchmark", text)).into_iter().chain(arguments.given.iter()).collect()
}

/// What was done.
#[derive(Clone, Copy, Debug, Default)]
struct Summary {
    trained: usize,
    diverged: usize,
}

/// Trains the runs, each on a thread of its own, and adds the line of each when it has ended.
fn train(left: &[Planned], source: &Source, all: usize, table: &Table, is_interrupted: &AtomicBool) -> Result<Summary, Failure> {
    let settings: Vec<Settings> = left.iter().map(|run| run.settings.clone()).collect();
    let bar = fit::progress_bar(settings.iter().map(|settings| settings.training.epochs).sum());
    let progress = Mutex::new((Summary::default(), None::<String>));
    let say = |summary: Summary| bar.set_message(format!("{} of {all} runs", all - left.len() + summary.trained));
    say(Summary::default());
    let one = |k: usize, run: &mut Run| {
        if is_interrupted.load(Ordering::Relaxed) {
            return;
        }
        fit::train(run, &bar, false, is_interrupted);
        let Some((ended, message)) = run.ended().and_then(|state| Some((state.clone(), sentence(state)?))) else { return };
        let outcome = Outcome { report: run.judged().0, message };
        // An ending before the last epoch leaves the bar behind.
        bar.inc(settings[k].training.epochs.saturating_sub(outcome.report.epochs));
        let mut progress = progress.lock().expect("nobody panics with it");
        match table.append(&left[k].key, &outcome) {
            Ok(()) => progress.0.trained += 1,
            Err(sentence) => {
                // Nothing that is trained from now on could be kept.
                is_interrupted.store(true, Ordering::Relaxed);
                progress.1.get_or_insert(sentence);
            }
        }
        progress.0.diverged += usize::from(matches!(ended, State::Diverged { .. }));
        say(progress.0);
    };
    let trained = in_parallel(&settings, source, None, one);
    bar.finish_and_clear();
    trained.map_err(|problems| Failure::problems(&problems))?;
    let (summary, failure) = progress.into_inner().expect("nobody panics with it");
    failure.map_or(Ok(summary), |sentence| Err(Failure::Failed(sentence)))
}

/// How a run ended, if it did.
fn sentence(state: &State) -> Option<String> {
    match state {
        State::Finished { sentence } | State::Diverged { sentence } => Some(sentence.clone()),
        _ => None,
    }
}

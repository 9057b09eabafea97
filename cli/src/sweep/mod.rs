//! `multiwell sweep`: training of every combination of settings, with one CSV line for each.

mod merge;
mod plan;
mod table;
mod values;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::Args;
use multiwell::internal::data::Dataset;
use multiwell::internal::data::csv::Columns;
use multiwell::internal::problem::settings;
use multiwell::internal::problem::settings::setting::SettingKind;
use multiwell::internal::problem::{DataSource, Job, PotentialRun, State};

use super::arguments::{ColumnNames, GivenSettings, INPUTS_SETTING};
use super::training::{SIGNAL_NAMES, Session};
use super::{Failure, files, fit, print};
use plan::{PlannedRun, UserData};
use table::{CompletedRun, SweepTable};

pub use merge::compare;
pub use plan::names as settings_names;
pub use table::line;
pub use values::expand;

/// `multiwell sweep`.
#[derive(Debug, Args)]
#[command(after_help = "Each setting is a value, a list (0,1e-5,1e-4) or a range (0..9; 0..1:0.25 by steps; 1e-6..1e-2x10 by \
                        factors). Benchmarks can be ranges, too (soft-parabolas-1..1e3x10). Slashes separate networks. \
                        With --data-seed same or --target-seed same, that seed equals --seed. Each combination is a run. The same \
                        command continues an interrupted sweep, also with more values.")]
pub struct Sweep {
    /// Ids of benchmarks (see `multiwell list`), or the path of a CSV file with a header.
    #[arg(value_name = "BENCHMARKS|FILE.csv", required_unless_present = "merge")]
    data: Option<String>,

    /// The columns of the file.
    #[command(flatten)]
    columns: ColumnNames,

    /// The settings.
    #[command(flatten)]
    given: GivenSettings,

    /// Table of the results, which is created or continued.
    #[arg(long, value_name = "FILE.csv", required_unless_present = "merge")]
    out: Option<PathBuf>,

    /// Shard of the sweep to train, such as 2/3. All shards together are the sweep.
    #[arg(long, value_name = "I/N")]
    shard: Option<String>,

    /// Print the number of runs without training.
    #[arg(long)]
    dry_run: bool,

    /// Tables to merge, sorted by their settings, into --out or to standard output.
    #[arg(long, value_name = "FILE.csv", num_args = 1.., conflicts_with_all = ["data", "shard", "dry_run"])]
    merge: Vec<PathBuf>,
}

/// Plans the runs, trains those that are not in the table, and adds a line for each.
pub fn sweep(arguments: &Sweep) -> Result<(), Failure> {
    if !arguments.merge.is_empty() {
        return merge::merge(&arguments.merge, arguments.out.as_deref());
    }
    if arguments.given.get(plan::HOLD_OUT).is_some() {
        return Err(Failure::bad_input(
            "--hold-out has no effect on sweeps; use it with fit, or mark the held-out rows in a column called split",
        ));
    }
    let is_text = |name: &&str| settings::find(name).is_some_and(|setting| matches!(setting.kind, SettingKind::Text));
    if let Some(name) = arguments.given.iter().map(|(name, _)| name).find(is_text) {
        return Err(Failure::bad_input(format!(
            "--{name} has no effect on sweeps; use it with fit, whose --seeds trains several runs"
        )));
    }
    let (rows, own) = data(arguments)?.unzip();
    let given = arguments.given.on(arguments.data.as_deref().unwrap_or_default(), &arguments.columns);
    let benchmarks = arguments.data.as_deref().map(|text| ("benchmark", text));
    let axes: Vec<(&str, &str)> = benchmarks.into_iter().chain(given.iter()).collect();
    let all = plan::plan(&axes, own.as_ref()).map_err(Failure::BadInput)?;
    let names = given.iter().map(|(name, _)| name);
    fit::refuse_idle(names, &all.iter().map(|run| &run.settings).collect::<Vec<_>>(), rows.as_ref())?;
    let planned: HashSet<Vec<String>> = all.iter().map(|run| run.key.clone()).collect();
    let is_mine = plan::shard(arguments.shard.as_deref().unwrap_or("1/1")).map_err(Failure::bad_input)?;
    let whole = all.len();
    let mine: Vec<PlannedRun> = all.into_iter().enumerate().filter(|(k, _)| is_mine(*k)).map(|(_, run)| run).collect();
    let path = arguments.out.as_ref().expect("clap asks for it");
    if arguments.dry_run {
        return print(&format!("{whole} runs, {} of them in this part\n", mine.len()));
    }
    let data = arguments.data.as_deref().map(Path::new).filter(|_| own.is_some());
    files::check_apart(&[("--out", Some(path))], &data.into_iter().collect::<Vec<_>>())?;
    let (table, done) = SweepTable::open(path, &planned)?;
    let left: Vec<PlannedRun> = mine.iter().filter(|run| !done.contains(&run.key)).cloned().collect();
    let trained = train(&left, rows, mine.len(), &table)?;
    let diverged = trained.iter().filter(|&&diverged| diverged).count();
    let done = mine.len() - left.len() + trained.len();
    let ending = format!("{done} of {} runs are in {}", mine.len(), path.display());
    if done < mine.len() {
        return Err(Failure::Interrupted(format!(
            "stopped by {SIGNAL_NAMES}: {ending}; the same command goes on with the others"
        )));
    }
    let of_them = if diverged > 0 { format!("; {diverged} of them diverged") } else { String::new() };
    print(&format!("{ending}, {} of them trained now{of_them}\n", trained.len()))
}

/// Rows of a user's file, if one was given. Its label in the column of benchmarks is the file's name with a hash of the rows. A table therefore
/// cannot mix runs on two versions of the file.
fn data(arguments: &Sweep) -> Result<Option<(Dataset, UserData)>, Failure> {
    let text = arguments.data.as_deref().unwrap_or_default();
    let path = Path::new(text);
    let columns = arguments.columns.named();
    let is_csv = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
    if !is_csv && !path.is_file() {
        let is_setting = arguments.given.on(text, &arguments.columns).get(INPUTS_SETTING).is_some();
        if columns == Columns::default() || is_setting {
            return Ok(None);
        }
        return Err(Failure::bad_input("--inputs, --target and their like name columns of a file, but benchmarks were given"));
    }
    let rows = fit::own_data(path, &fit::own_text(path)?, &columns)?;
    // The Fowler-Noll-Vo hash over the bits of all numbers.
    let step = |hash: u64, number: &f64| (hash ^ number.to_bits()).wrapping_mul(0x0100_0000_01b3);
    let slopes = rows.gradient.iter().flatten();
    let held_out: Vec<f64> = rows.held_out.iter().map(|&row| row as f64).collect();
    let hash = rows.x.iter().chain(&rows.y).chain(slopes).chain(&held_out).chain(&rows.sigmas).fold(0xcbf2_9ce4_8422_2325, step);
    let name = path.file_name().map_or(text.into(), |name| name.to_string_lossy());
    let label = format!("{name}:{:08x}", (hash >> 32) ^ (hash & 0xffff_ffff));
    let derivatives = columns.has_slopes().then_some(columns.target.is_some());
    Ok(Some((rows, UserData { label, derivatives })))
}

/// Trains the runs, each on one thread, and adds the line of each run at its end. Returns for each trained run whether it diverged.
fn train(left: &[PlannedRun], rows: Option<Dataset>, all: usize, table: &SweepTable) -> Result<Vec<bool>, Failure> {
    let session = Session::new(left.len(), left.iter().map(|run| run.settings.training.epochs).sum())?;
    let source = rows.map_or(DataSource::Benchmark, DataSource::Own);
    let trained = AtomicUsize::new(0);
    let show = |trained: usize| session.show(format!("{} of {all} runs", all - left.len() + trained));
    show(0);
    let one = |_: usize, planned: &PlannedRun| {
        let run = PotentialRun::new(planned.settings.clone(), source.clone(), None);
        let mut run = run.map_err(|problems| Failure::problems(&problems))?;
        session.train(&mut run);
        let Some(State::Finished { sentence: message } | State::Diverged { sentence: message }) = run.ended().cloned() else {
            return Ok(None);
        };
        let outcome = CompletedRun { metrics: run.surveyed(&|| false).0, message };
        // After a failure, no further result could be stored.
        table.append(&planned.key, &outcome).inspect_err(|_| session.stop())?;
        show(trained.fetch_add(1, Ordering::Relaxed) + 1);
        Ok(Some(matches!(run.ended(), Some(State::Diverged { .. }))))
    };
    Ok(session.each(left, one)?.into_iter().flatten().collect())
}

//! `cargo xtask bench`: measures the speed natively and in Chrome, and compares it with the last recorded run.
//!
//! Both targets answer the same questions (`benches/speed`): a native program by its standard input and output, and the built
//! module in a dedicated worker of a page in headless Chrome. They take turns, round after round, so that other load on the
//! machine affects both; the result is the median of the rounds.

mod ask;
mod record;
mod table;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::serve::Site;
use crate::{Outcome, setup, site};
use ask::{Answers, Browser, Program};
use record::{Figure, Record};

/// The recorded run, in the repository.
const RECORDED: &str = "benches/recorded.json";
/// The page of the bench, in the repository.
const PAGE: &str = "benches/web";
/// The tasks for comparison with other tools, with their file names.
const FOR_PEERS: [(&str, &str); 3] =
    [("paper", "paper.json"), ("gradient matching", "gradient.json"), ("trajectories", "trajectories.json")];
/// Seconds of timing per task and round.
const SECONDS: f64 = 0.3;
/// Number of independent runs, and of epochs in each, for measuring the gain by a second worker.
const RUNS: (u64, u64) = (8, 3_000);
/// Number of epochs after which both targets must have the same loss, and the tolerance: their lanes have different widths, so
/// sums are rounded differently.
const SAME_LOSS: (u64, f64) = (100, 1e-3);

/// Options of the command line.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Number of rounds.
    pub rounds: usize,
    /// Whether the run is recorded.
    pub record: bool,
    /// Writes the workloads for `benches/peers` into this folder, and nothing else.
    pub export: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self { rounds: 7, record: false, export: None }
    }
}

/// Builds both targets and times them.
pub fn run(root: &Path, options: &Options) -> Outcome {
    setup::for_page(root)?;
    let chrome = setup::for_tests(root)?;
    site::build_with(root, &["--features", "bench"])?;
    let mut native = Program::start(root)?;
    let folder = options.export.clone().unwrap_or_else(|| root.join("target/bench"));
    put_site_together(root, &folder.join("site"))?;
    if options.export.is_some() {
        return export(&mut native, &folder);
    }
    let site = Site::start(&folder.join("site"), 0)?;
    let mut browser = Browser::open(&chrome, &site.url, &root.join("target/bench/webdriver.json"))?;
    same_losses(&mut native, &mut browser)?;

    let tasks = native.ask(&json!("tasks"))?;
    let tasks: Vec<Value> = tasks.as_array().cloned().unwrap_or_default();
    let mut figures: Vec<Figure> = tasks.iter().map(Figure::of_task).collect();
    figures.extend([1, 2].map(|workers| Figure::named(&table::runs_on(workers))));
    let mut times = vec![[Vec::new(), Vec::new()]; figures.len()];
    // Round 0 is discarded, because a browser first compiles quickly, and optimises later.
    for round in 0..=options.rounds {
        println!("[bench] round {round} of {}", options.rounds);
        let questions = tasks.iter().map(|task| json!({"time": {"task": task, "seconds": SECONDS}}));
        let (runs, epochs) = RUNS;
        let of_runs = [1, 2].map(|workers| json!({"runs": {"workers": workers, "runs": runs, "epochs": epochs}}));
        for (k, question) in questions.chain(of_runs).enumerate() {
            // Answers are in seconds for all runs, and in milliseconds per epoch for tasks.
            let scale = if k < tasks.len() { 1.0 } else { 1e3 / runs as f64 };
            let found = [number(&native.ask(&question)?)?, number(&browser.ask(&question)?)?];
            if round > 0 {
                times[k].iter_mut().zip(found).for_each(|(times, found)| times.push(scale * found));
            }
        }
    }
    for (figure, [native, chrome]) in figures.iter_mut().zip(times) {
        (figure.native, figure.chrome) = (median(native), median(chrome));
    }
    let now = Record::of(root, &chrome, figures);
    println!("\n{}\n{}", table::table(&now), table::claims(&now));
    let file = root.join(RECORDED);
    match Record::read(&file)? {
        Some(before) => println!("{}", table::comparison(&before, &now)),
        None => println!("Nothing has been recorded yet; --record does it."),
    }
    if options.record {
        now.write(&file)?;
        println!("Recorded in {RECORDED}.");
    }
    Ok(())
}

/// The built module and the page of the bench, side by side.
fn put_site_together(root: &Path, to: &Path) -> Outcome {
    let copy = |from: PathBuf| {
        let name = from.file_name().expect("a file has a name").to_owned();
        std::fs::copy(&from, to.join(name)).map(drop).map_err(|error| format!("could not copy {}: {error}", from.display()))
    };
    std::fs::create_dir_all(to).map_err(|error| format!("could not make {}: {error}", to.display()))?;
    for name in ["multiwell_web.js", "multiwell_web_bg.wasm", "member.js"] {
        copy(root.join(site::DIST).join(name))?;
    }
    for name in ["index.html", "bench.js", "bench-worker.js"] {
        copy(root.join(PAGE).join(name))?;
    }
    Ok(())
}

/// Writes the workloads for timing other tools.
fn export(native: &mut Program, folder: &Path) -> Outcome {
    for (name, file) in FOR_PEERS {
        let task = task_named(native, name)?;
        let workload = native.ask(&json!({ "workload": task }))?;
        let file = folder.join(file);
        std::fs::write(&file, format!("{workload}\n")).map_err(|error| format!("could not write {}: {error}", file.display()))?;
        println!("[bench] wrote {}", file.display());
    }
    Ok(())
}

fn task_named(native: &mut Program, name: &str) -> Outcome<Value> {
    let tasks = native.ask(&json!("tasks"))?;
    let found = tasks.as_array().into_iter().flatten().find(|task| task["name"] == name);
    found.cloned().ok_or_else(|| format!("the native program knows no task `{name}`"))
}

/// Checks that both targets do the same work: they have the same loss after some epochs.
fn same_losses(native: &mut Program, browser: &mut Browser) -> Outcome {
    let (epochs, tolerance) = SAME_LOSS;
    for (name, _) in FOR_PEERS {
        let question = json!({"loss": {"task": task_named(native, name)?, "epochs": epochs}});
        let (here, there) = (number(&native.ask(&question)?)?, number(&browser.ask(&question)?)?);
        println!("[bench] {name}: loss after {epochs} epochs {here:.6e} natively, {there:.6e} in Chrome");
        if (here - there).abs() > tolerance * here.abs() {
            return Err(format!("the losses of `{name}` differ between native code and Chrome: {here:e} and {there:e}"));
        }
    }
    Ok(())
}

fn number(answer: &Value) -> Outcome<f64> {
    answer.as_f64().ok_or_else(|| format!("a number was expected, not {answer}"))
}

/// The median.
fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    let middle = times.len() / 2;
    if times.len() % 2 == 1 { times[middle] } else { f64::midpoint(times[middle - 1], times[middle]) }
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn one_slow_round_does_not_move_the_median() {
        assert_eq!(median(vec![3.0, 1.0, 90.0]), 3.0);
        assert_eq!(median(vec![4.0, 1.0, 90.0, 2.0]), 3.0);
    }
}

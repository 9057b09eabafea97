//! The native side of `cargo xtask bench`: answers the questions of [`multiwell::controller::speed`], one line of JSON for one line of
//! JSON, and times independent runs on several threads: `{"runs": {"workers": 2, "runs": 8, "epochs": 4000}}` is answered by the
//! seconds that they took. An answer that is an object with the key `error` is a sentence.

use std::io::{BufRead, Write, stdin, stdout};
use std::time::Instant;

use multiwell::controller::ensemble::in_parallel;
use multiwell::controller::speed;
use multiwell::problem::Source;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Question {
    Runs { workers: usize, runs: u64, epochs: u64 },
}

fn main() -> std::io::Result<()> {
    // A test run of all targets passes no questions, and ends here at once.
    for line in stdin().lock().lines() {
        let answer = answer(&line?).unwrap_or_else(|error| serde_json::json!({ "error": error }).to_string());
        let mut out = stdout().lock();
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

fn answer(line: &str) -> Result<String, String> {
    match serde_json::from_str(line) {
        Ok(Question::Runs { workers, runs, epochs }) => seconds_of_runs(workers, runs, epochs).map(|s| s.to_string()),
        Err(_) => speed::answer(line),
    }
}

fn seconds_of_runs(workers: usize, runs: u64, epochs: u64) -> Result<f64, String> {
    let threads = rayon::ThreadPoolBuilder::new().num_threads(workers).build().map_err(|error| error.to_string())?;
    let settings = speed::ensemble(runs, epochs);
    let start = Instant::now();
    let done = threads.install(|| in_parallel(&settings, &Source::Benchmark, None, |_, run| run.advance(epochs)));
    let done = done.map_err(|problems| problems[0].to_string())?;
    if done.iter().any(|&done| done != epochs) {
        return Err("a run ended before its last epoch".into());
    }
    Ok(start.elapsed().as_secs_f64())
}

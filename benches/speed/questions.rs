//! The questions that the native side of the benches is asked, and their answers: texts in JSON, one line each. A question is `"tasks"`,
//! `{"time": {"task": .., "seconds": 0.3}}`, `{"workload": ..}`, `{"loss": {"task": .., "epochs": 100}}` or
//! `{"runs": {"workers": 2, "runs": 8, "epochs": 4000}}`.

use std::time::Instant;

use multiwell::internal::problem::{DataSource, Job, PotentialRun, Settings};
use rayon::prelude::*;
use serde::Deserialize;
use serde_json::json;

use super::tasks::{self, TimedTask, TimedWork};

/// Questions about the tasks.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Question {
    /// The list of tasks.
    Tasks,
    /// Milliseconds that an epoch (or an evaluation) takes.
    Time {
        /// Of which task.
        task: TimedTask,
        /// How long it is measured.
        seconds: f64,
    },
    /// The task with its data and its start.
    Workload(TimedTask),
    /// The loss after some epochs.
    Loss {
        /// Of which task.
        task: TimedTask,
        /// After how many epochs.
        epochs: u64,
    },
    /// The seconds that independent runs take on several threads.
    Runs {
        /// The number of threads.
        workers: usize,
        /// The number of runs.
        runs: u64,
        /// Epochs of each run.
        epochs: u64,
    },
}

/// The tasks of the benches, the paper's first.
pub fn all() -> Vec<TimedTask> {
    let task = |name: &str, work, inputs, modes, width, samples| TimedTask {
        name: name.into(),
        work,
        inputs,
        modes,
        hidden: vec![width, width],
        samples,
    };
    let values = |name: String, modes, width, samples| task(&name, TimedWork::Values, 1, modes, width, samples);
    let mut list = vec![
        values("paper".into(), 10, 10, 200),
        task("gradient matching", TimedWork::Gradients, 7, 5, 10, 800),
        task("trajectories", TimedWork::Trajectories, 3, 2, 19, 320),
        task("evaluation", TimedWork::Evaluation, 1, 10, 10, 20_000),
    ];
    list.extend([200, 2_000, 20_000].map(|samples| values(format!("samples {samples}"), 10, 10, samples)));
    list.extend([5, 10, 20, 40].map(|modes| values(format!("modes {modes}"), modes, 10, 200)));
    list.extend([10, 16, 32, 64].map(|width| values(format!("width {width}"), 10, width, 200)));
    list
}

/// Answers a question, given and returned as JSON.
///
/// # Errors
/// A sentence, if the question cannot be read or makes no sense.
pub fn answer(question: &str) -> Result<String, String> {
    let question = serde_json::from_str(question).map_err(|e| format!("the question could not be read: {e}"))?;
    let answer = match question {
        Question::Tasks => json!(all()),
        Question::Time { task, seconds } => json!(tasks::time(&task, seconds)),
        Question::Workload(task) => json!(tasks::workload(&task)),
        Question::Loss { task, epochs } => json!(tasks::loss(&task, epochs)?),
        Question::Runs { workers, runs, epochs } => json!(seconds_of_runs(workers, runs, epochs)?),
    };
    Ok(answer.to_string())
}

fn seconds_of_runs(workers: usize, runs: u64, epochs: u64) -> Result<f64, String> {
    let threads = rayon::ThreadPoolBuilder::new().num_threads(workers).build().map_err(|error| error.to_string())?;
    let settings = tasks::ensemble(runs, epochs);
    let one = |settings: &Settings| {
        let mut run =
            PotentialRun::new(settings.clone(), DataSource::Benchmark, None).map_err(|problems| problems[0].to_string())?;
        if run.advance(epochs) == epochs { Ok(()) } else { Err("a run ended before its last epoch".to_string()) }
    };
    let start = Instant::now();
    threads.install(|| settings.par_iter().with_max_len(1).try_for_each(one))?;
    Ok(start.elapsed().as_secs_f64())
}

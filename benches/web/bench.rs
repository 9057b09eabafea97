//! The browser's side of the benches: the same questions as natively, answered by the module that the page loads. What reads and
//! writes JSON stays in the scripts of `benches/web`, so that the page does not carry it.

#[path = "../speed/tasks.rs"]
mod tasks;

use std::cell::{Cell, RefCell};

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use web_time::Instant;

use super::pool::Pool;
use multiwell::internal::controller::ensemble::{EnsembleEvent, EnsembleTask};
use multiwell::internal::controller::protocol::Status;
use tasks::{TimedTask, TimedWork};

thread_local! {
    /// The workers of the last question, idle until the next one replaces them.
    static WORKER_POOL: RefCell<Option<Pool>> = const { RefCell::new(None) };
}

/// Milliseconds that a task of [`tasks`] takes once, in whatever thread this is called: for the benches, in a dedicated worker.
/// The arguments are the task's fields, and for how many seconds it is timed.
///
/// # Errors
/// A sentence, if there is no such work.
#[wasm_bindgen]
pub fn bench_time(
    work: &str,
    inputs: usize,
    modes: usize,
    hidden: Vec<usize>,
    samples: usize,
    seconds: f64,
) -> Result<f64, String> {
    Ok(tasks::time(&task(work, inputs, modes, hidden, samples)?, seconds))
}

/// Loss of a task after `epochs` epochs.
///
/// # Errors
/// A sentence, if there is no such work, or if it trains nothing.
#[wasm_bindgen]
pub fn bench_loss(
    work: &str,
    inputs: usize,
    modes: usize,
    hidden: Vec<usize>,
    samples: usize,
    epochs: u32,
) -> Result<f64, String> {
    tasks::loss(&task(work, inputs, modes, hidden, samples)?, u64::from(epochs))
}

fn task(work: &str, inputs: usize, modes: usize, hidden: Vec<usize>, samples: usize) -> Result<TimedTask, String> {
    let work = match work {
        "values" => TimedWork::Values,
        "gradients" => TimedWork::Gradients,
        "trajectories" => TimedWork::Trajectories,
        "evaluation" => TimedWork::Evaluation,
        other => return Err(format!("there is no work called `{other}`")),
    };
    Ok(TimedTask { name: String::new(), work, inputs, modes, hidden, samples })
}

/// The seconds that independent training runs take on a number of workers, from the first task handed out to the end of the last. The
/// workers are started before.
#[wasm_bindgen]
pub fn bench_runs(workers: u32, runs: u32, epochs: u32) -> Promise {
    Promise::new(&mut |resolve, reject| {
        let started = Pool::new(workers as usize, listen(workers, runs, epochs, resolve, reject.clone()));
        match started {
            Ok(pool) => drop(WORKER_POOL.replace(Some(pool))),
            Err(message) => settle(&reject, message),
        }
    })
}

fn settle(function: &Function, value: impl Into<JsValue>) {
    // The functions of a promise do not throw.
    let _ = function.call1(&JsValue::NULL, &value.into());
}

/// Hands the tasks out once all workers are ready, and waits until all are done.
fn listen(workers: u32, runs: u32, epochs: u32, resolve: Function, reject: Function) -> impl Fn(EnsembleEvent, Vec<f32>) {
    let (ready, done, start) = (Cell::new(0), Cell::new(0), Cell::new(None));
    move |event, _| match event {
        EnsembleEvent::Ready => {
            ready.set(ready.get() + 1);
            if ready.get() == workers {
                let settings = tasks::ensemble(u64::from(runs), u64::from(epochs));
                let tasks = (0..).zip(settings).map(|(number, settings)| EnsembleTask { number, settings, table: None });
                start.set(Some(Instant::now()));
                WORKER_POOL.with_borrow(|pool| pool.iter().for_each(|pool| pool.add(tasks.clone())));
            }
        }
        EnsembleEvent::Done { frame, .. } if matches!(frame.status, Status::Finished { .. }) => {
            done.set(done.get() + 1);
            if let Some(start) = start.get().filter(|_| done.get() == runs) {
                settle(&resolve, start.elapsed().as_secs_f64());
            }
        }
        EnsembleEvent::Progress { .. } => {}
        EnsembleEvent::Done { frame, .. } => {
            settle(&reject, format!("a run ended otherwise than at its last epoch: {:?}", frame.status));
        }
        EnsembleEvent::Refused { problems, .. } => settle(&reject, format!("a run was refused: {problems:?}")),
        EnsembleEvent::Failed { message } => settle(&reject, message),
    }
}

//! Measurements of the module in a browser: the tasks of the native program, given as JSON.

#[path = "../speed/tasks.rs"]
mod tasks;

use std::cell::{Cell, RefCell};

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use web_time::Instant;

use super::pool::Pool;
use multiwell::internal::controller::ensemble::{EnsembleEvent, EnsembleTask};
use multiwell::internal::controller::protocol::Status;
use tasks::TimedTask;

thread_local! {
    /// The workers of the last question, idle until the next one replaces them.
    static WORKER_POOL: RefCell<Option<Pool>> = const { RefCell::new(None) };
}

/// Milliseconds that a task of [`tasks`] takes once in the calling thread, timed for some seconds.
///
/// # Errors
/// A sentence, if the text is not a task.
#[wasm_bindgen]
pub fn bench_time(task: &str, seconds: f64) -> Result<f64, String> {
    Ok(tasks::time(&read(task)?, seconds))
}

/// Loss of a task after `epochs` epochs.
///
/// # Errors
/// A sentence, if the text is not a task, or if the task trains nothing.
#[wasm_bindgen]
pub fn bench_loss(task: &str, epochs: u32) -> Result<f64, String> {
    tasks::loss(&read(task)?, u64::from(epochs))
}

fn read(task: &str) -> Result<TimedTask, String> {
    serde_json::from_str(task).map_err(|error| error.to_string())
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
        EnsembleEvent::Done(_, frame) if matches!(frame.status, Status::Finished { .. }) => {
            done.set(done.get() + 1);
            if let Some(start) = start.get().filter(|_| done.get() == runs) {
                settle(&resolve, start.elapsed().as_secs_f64());
            }
        }
        EnsembleEvent::Progress(..) => {}
        EnsembleEvent::Done(_, frame) => {
            settle(&reject, format!("a run ended otherwise than at its last epoch: {:?}", frame.status));
        }
        EnsembleEvent::Refused(_, problems) => settle(&reject, format!("a run was refused: {problems:?}")),
        EnsembleEvent::Failed(message) => settle(&reject, message),
    }
}

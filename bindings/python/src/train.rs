//! Training on other threads, without the lock of the interpreter. Meanwhile the calling thread handles Ctrl-C and reports progress.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use multiwell::Error;
use multiwell::internal::fit::by_name::TimedTraining;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use rayon::ThreadPoolBuilder;

/// Duration of a slice of training, after which it can end, and of the waits between two checks for Ctrl-C.
const SLICE_TIME: Duration = Duration::from_millis(50);
/// Size of the stack of a thread.
const STACK_BYTES: usize = 8 << 20;

/// Settings by their names, as texts.
pub type PySettings = Vec<(String, String)>;
/// Text of the model file, numbers of the fit as JSON, remarks on the data, history as CSV, and covariance of the parameters.
pub type Trained = (String, String, Vec<String>, String, Option<Vec<u8>>);

/// Exception for an error that the caller can correct.
pub fn refused(error: impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// Exception for a failed fit.
fn failed(error: Error) -> PyErr {
    if let Error::Diverged(sentence) = error { PyRuntimeError::new_err(sentence) } else { refused(error) }
}

/// Progress of a fit: work done, estimated total, and stage.
type Progress = (u64, u64, String);

/// Requests to the threads of a fit.
#[derive(Default)]
struct Requests {
    /// End training and return the fit.
    end: AtomicBool,
    /// Return at once, because of an exception.
    abort: AtomicBool,
}

/// Trains a fit to its end in a pool of `jobs` threads, which ends with the call, so that a process may fork afterwards. `report` is called with
/// the work done, the estimated total, and the stage of the recipe. Training ends if it returns true.
pub fn train(
    py: Python,
    jobs: usize,
    report: Option<Py<PyAny>>,
    open: impl FnOnce() -> Result<TimedTraining, Error> + Send,
) -> PyResult<Trained> {
    let pool = ThreadPoolBuilder::new().num_threads(jobs).stack_size(STACK_BYTES).build().map_err(refused)?;
    py.detach(|| {
        let (requests, (sender, progress)) = (Requests::default(), sync_channel(1));
        thread::scope(|scope| {
            // The channel closes when the function ends.
            let fit = scope.spawn(|| pool.install(|| fit(open, &requests, &{ sender })));
            let heard = listen(&progress, report.as_ref(), &requests);
            let fitted = fit.join().unwrap_or_else(|panic| resume_unwind(panic));
            heard.and(fitted)
        })
    })
}

/// Trains in slices and searches the landscape.
fn fit(
    open: impl FnOnce() -> Result<TimedTraining, Error>,
    requests: &Requests,
    progress: &SyncSender<Progress>,
) -> PyResult<Trained> {
    let is_aborted = || requests.abort.load(Ordering::Relaxed);
    let now = |training: &TimedTraining| {
        let ([done, all], stage) = (training.total_progress(), training.stage());
        (done, all, stage)
    };
    let mut training = open().map_err(failed)?;
    while training.advance(SLICE_TIME) && !requests.end.load(Ordering::Relaxed) && !is_aborted() {
        // A report is left out while the caller's function runs.
        let _ = progress.try_send(now(&training));
    }
    let _ = progress.send(now(&training));
    let found = training.result(&is_aborted).map_err(failed)?;
    Ok((found.text, found.metrics, found.notes, found.history, found.covariance))
}

/// Reports progress and handles Ctrl-C until the channel closes. Returns the first exception. The thread of the caller does both, because
/// Python delivers signals to the main thread only.
fn listen(progress: &Receiver<Progress>, report: Option<&Py<PyAny>>, requests: &Requests) -> PyResult<()> {
    let mut outcome = Ok(());
    loop {
        let received = progress.recv_timeout(SLICE_TIME);
        if received == Err(RecvTimeoutError::Disconnected) {
            return outcome;
        }
        let ends = Python::attach(|py| {
            py.check_signals()?;
            report.zip(received.ok()).map_or(Ok(false), |(report, progress)| report.call1(py, progress)?.is_truthy(py))
        });
        match ends {
            Ok(false) => {}
            Ok(true) => requests.end.store(true, Ordering::Relaxed),
            Err(error) => {
                requests.abort.store(true, Ordering::Relaxed);
                outcome = outcome.and(Err(error));
            }
        }
    }
}

//! Training without the lock of the interpreter, in slices. Ctrl-C is handled and progress is reported between them.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use multiwell::Error;
use multiwell::internal::fit::by_name::TimedTraining;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;

/// Duration of a slice. Ctrl-C is handled after each slice.
const SLICE_TIME: Duration = Duration::from_millis(50);
/// Minimum time between two progress reports.
const REPORT_INTERVAL: Duration = Duration::from_millis(100);

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

/// Calls into the interpreter between slices.
struct InterpreterCalls {
    report: Option<Py<PyAny>>,
    next_update: Instant,
    /// Exception raised by Ctrl-C or the caller's function.
    raised: Option<PyErr>,
}

impl InterpreterCalls {
    /// Returns true if Ctrl-C was pressed.
    fn is_interrupted(&mut self) -> bool {
        if self.raised.is_none() {
            #[allow(clippy::redundant_closure_for_method_calls, reason = "the method is not general enough in its lifetime")]
            let heard = Python::attach(|py| py.check_signals());
            self.raised = heard.err();
        }
        self.raised.is_some()
    }

    /// Reports the progress of a fit. Returns whether the caller's function ends training, or has raised an exception.
    fn report(&mut self, training: &TimedTraining, is_last: bool) -> bool {
        let Some(report) = self.report.as_ref().filter(|_| is_last || Instant::now() >= self.next_update) else { return false };
        self.next_update = Instant::now() + REPORT_INTERVAL;
        let ([done, all], stage) = (training.total_progress(), training.stage());
        match Python::attach(|py| report.call1(py, (done, all, stage))?.is_truthy(py)) {
            Ok(stops) => stops,
            Err(error) => {
                self.raised = Some(error);
                true
            }
        }
    }
}

/// Trains a fit to its end. `report` is called at intervals with the work done, the estimated total, and the stage of the
/// recipe. Training ends if it returns true.
pub fn train(
    py: Python,
    report: Option<Py<PyAny>>,
    open: impl FnOnce() -> Result<TimedTraining, Error> + Send,
) -> PyResult<Trained> {
    py.detach(|| {
        let mut training = open().map_err(failed)?;
        let mut listener = InterpreterCalls { report, next_update: Instant::now(), raised: None };
        while training.advance(SLICE_TIME) {
            if listener.is_interrupted() || listener.report(&training, false) {
                break;
            }
        }
        listener.report(&training, true);
        if let Some(error) = listener.raised {
            return Err(error);
        }
        result(&mut training, listener)
    })
}

/// Result of a fit. Ctrl-C ends the search for minima and barriers.
fn result(training: &mut TimedTraining, listener: InterpreterCalls) -> PyResult<Trained> {
    let listener = RefCell::new((listener, Instant::now()));
    let found = training.result(&|| {
        let (listener, next) = &mut *listener.borrow_mut();
        if listener.raised.is_some() || Instant::now() < *next {
            return listener.raised.is_some();
        }
        *next = Instant::now() + SLICE_TIME;
        listener.is_interrupted()
    });
    if let Some(error) = listener.into_inner().0.raised {
        return Err(error);
    }
    let found = found.map_err(failed)?;
    Ok((found.text, found.metrics, found.notes, found.history, found.covariance))
}

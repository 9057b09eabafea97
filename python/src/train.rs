//! Training without the lock of the interpreter, in slices between which Ctrl-C is heard and progress is told.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use multiwell::Error;
use multiwell::fit::by_name::Training;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;

/// Time of a slice, after which Ctrl-C is heard.
const SLICE: Duration = Duration::from_millis(50);
/// Time between calls that tell the progress.
const UPDATE: Duration = Duration::from_millis(100);

/// Settings by their names, as texts.
pub type Given = Vec<(String, String)>;
/// The text of the model file, the numbers of the fit as JSON, remarks on the data, and the history as CSV.
pub type Trained = (String, String, Vec<String>, String);

/// An exception for what a caller can mend.
pub fn refused(error: impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// An exception for a fit that was not made.
fn failed(error: Error) -> PyErr {
    if let Error::Diverged(sentence) = error { PyRuntimeError::new_err(sentence) } else { refused(error) }
}

/// What the interpreter is asked between slices.
struct Listener {
    report: Option<Py<PyAny>>,
    next_update: Instant,
    /// What Ctrl-C or the caller's function raised.
    raised: Option<PyErr>,
}

impl Listener {
    /// Whether Ctrl-C was pressed.
    fn is_interrupted(&mut self) -> bool {
        if self.raised.is_none() {
            #[allow(clippy::redundant_closure_for_method_calls, reason = "the method is not general enough in its lifetime")]
            let heard = Python::attach(|py| py.check_signals());
            self.raised = heard.err();
        }
        self.raised.is_some()
    }

    /// Tells the progress of a fit; true if the caller's function asks for an early end, or has raised an exception.
    fn tells(&mut self, training: &Training, is_last: bool) -> bool {
        let Some(report) = self.report.as_ref().filter(|_| is_last || Instant::now() >= self.next_update) else { return false };
        self.next_update = Instant::now() + UPDATE;
        let ([done, all], stage) = (training.done_of_all(), training.stage());
        match Python::attach(|py| report.call1(py, (done, all, stage))?.is_truthy(py)) {
            Ok(stops) => stops,
            Err(error) => {
                self.raised = Some(error);
                true
            }
        }
    }
}

/// Opens a fit and trains it to its end. `report` is called now and then with the work done, all work as far as it is known, and the stage of the
/// recipe, and may end training by a true answer.
pub fn train(py: Python, report: Option<Py<PyAny>>, open: impl FnOnce() -> Result<Training, Error> + Send) -> PyResult<Trained> {
    py.detach(|| {
        let mut training = open().map_err(failed)?;
        let mut listener = Listener { report, next_update: Instant::now(), raised: None };
        while training.advance(SLICE) {
            if listener.is_interrupted() || listener.tells(&training, false) {
                break;
            }
        }
        listener.tells(&training, true);
        if let Some(error) = listener.raised {
            return Err(error);
        }
        result(&mut training, listener)
    })
}

/// The result of a fit. Ctrl-C ends the search for minima and barriers.
fn result(training: &mut Training, listener: Listener) -> PyResult<Trained> {
    let listener = RefCell::new((listener, Instant::now()));
    let found = training.result(&|| {
        let (listener, next) = &mut *listener.borrow_mut();
        if listener.raised.is_some() || Instant::now() < *next {
            return listener.raised.is_some();
        }
        *next = Instant::now() + SLICE;
        listener.is_interrupted()
    });
    if let Some(error) = listener.into_inner().0.raised {
        return Err(error);
    }
    let found = found.map_err(failed)?;
    Ok((found.text, found.metrics, found.notes, found.history))
}

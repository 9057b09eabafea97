//! Training without the lock of the interpreter, in slices between which Ctrl-C is heard and progress is told.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use multiwell::problem::jobs::check_model;
use multiwell::problem::settings::{self, Choice, Recipe};
use multiwell::problem::{InvalidSetting, Job, Settings, State};
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

/// An exception for settings that cannot be used.
pub fn problems(problems: &[InvalidSetting]) -> PyErr {
    refused(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
}

/// Changes the settings that `begin` gives for the recipe asked for. The leading settings decide the defaults of others, so they are set first.
pub fn settings(given: &Given, begin: impl FnOnce(Recipe) -> Settings) -> Result<Settings, Vec<InvalidSetting>> {
    let mut wrong = Vec::new();
    let recipe = match given.iter().find(|(name, _)| name == "recipe") {
        Some((_, text)) => Recipe::named(text.trim()).unwrap_or_else(|| {
            wrong.extend(settings::find("recipe").and_then(|setting| setting.read(text).err()));
            Recipe::default()
        }),
        None => Recipe::default(),
    };
    let mut settings = begin(recipe);
    let (first, rest): (Vec<_>, Vec<_>) =
        given.iter().partition(|(name, _)| settings::find(name).is_some_and(|setting| setting.leads));
    for (name, text) in first.into_iter().chain(rest) {
        match settings::find(name) {
            Some(_) if name == "recipe" => {}
            Some(setting) => wrong.extend(setting.parse(&mut settings, text).err()),
            None => wrong.push(InvalidSetting::new(name, format!("there is no setting called {name}"))),
        }
    }
    if wrong.is_empty() {
        let idle = |name: &String| Some(format!("{name} has no effect {}; leave it out", settings.idle(name, None)?));
        wrong.extend(given.iter().filter_map(|(name, _)| Some(InvalidSetting::new(name, idle(name)?))));
    }
    wrong.extend(settings.check().err().unwrap_or_default());
    if wrong.is_empty() { Ok(settings) } else { Err(wrong) }
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
    fn tells(&mut self, job: &dyn Job, is_last: bool) -> bool {
        let Some(report) = self.report.as_ref().filter(|_| is_last || Instant::now() >= self.next_update) else { return false };
        self.next_update = Instant::now() + UPDATE;
        let [done, left] = job.work_done_and_left();
        let stage = job.stage().map(|stage| stage.name.clone()).unwrap_or_default();
        let answer = Python::attach(|py| report.call1(py, (done, done + left, stage))?.is_truthy(py));
        match answer {
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
pub fn train(
    py: Python,
    report: Option<Py<PyAny>>,
    open: impl FnOnce() -> Result<Box<dyn Job>, PyErr> + Send,
) -> PyResult<Trained> {
    py.detach(|| {
        let mut job = open()?;
        let notes = job.remarks();
        let mut listener = Listener { report, next_update: Instant::now(), raised: None };
        let mut slice = 1;
        while job.ended().is_none() {
            let start = Instant::now();
            job.advance_in_parts(slice);
            slice = next_slice(slice, start.elapsed());
            if listener.is_interrupted() || listener.tells(&*job, false) {
                break;
            }
        }
        listener.tells(&*job, true);
        if let Some(error) = listener.raised {
            return Err(error);
        }
        if let Some(State::Diverged { sentence }) = job.ended() {
            return Err(PyRuntimeError::new_err(sentence.clone()));
        }
        numbers(&mut *job, listener, notes)
    })
}

/// The result of a fit. Ctrl-C ends the search for minima and barriers.
fn numbers(job: &mut dyn Job, listener: Listener, notes: Vec<String>) -> PyResult<Trained> {
    let listener = RefCell::new((listener, Instant::now()));
    let metrics = job.full_metrics(&|| {
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
    let text = job.model_text();
    check_model(&text).map_err(|why| PyRuntimeError::new_err(format!("There is no fit, because {why}.")))?;
    let json = serde_json::to_string(&metrics.json()).map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
    Ok((text, json, notes, job.history_csv()))
}

/// The number of epochs that should take about one slice, judged by the last ones.
fn next_slice(epochs: u64, elapsed: Duration) -> u64 {
    let factor = SLICE.as_secs_f64() / elapsed.as_secs_f64().max(1e-9);
    ((epochs as f64 * factor.clamp(0.25, 4.0)) as u64).clamp(1, 1 << 20)
}

//! Files that a fit writes.

use std::path::PathBuf;

use multiwell::internal::problem::job::{Job, JobFile};
use multiwell::internal::problem::jobs::check_model;

use crate::arguments::FitArguments;
use crate::{Failure, files};

/// Checks before training that the results of successive fits can be written after it. No result may replace a file that is read, or one that another
/// fit writes.
pub fn check_outputs(fits: &[FitArguments], reads_data: bool) -> Result<(), Failure> {
    let (mut outputs, mut inputs) = (Vec::new(), Vec::new());
    for fit in fits {
        outputs.extend([("--model-out", fit.model_out.as_deref()), ("--history-out", fit.history_out.as_deref())]);
        inputs.extend(reads_data.then_some(fit.training.data.as_path()));
        inputs.extend(fit.more.iter().chain(&fit.init).chain(&fit.umbrella).map(PathBuf::as_path));
    }
    files::check(&outputs, &inputs)
}

/// The files of a fit.
pub struct Files {
    /// Text of the model file, or the reason why there is none; absent if it was not requested.
    pub model: Option<Result<String, String>>,
    /// The history, or the reason why there is none; absent if it was not requested.
    pub history: Option<Result<String, String>>,
    /// Reason why an existing model file must not be replaced, if there is one.
    pub second_best: Option<&'static str>,
}

impl Files {
    /// Requested files.
    pub(super) fn requested(arguments: &FitArguments, job: &dyn Job, finite: bool) -> Self {
        let checked = |text: String| check_model(&text).map(|()| text);
        let history = |text: String| if text.lines().count() > 1 { Ok(text) } else { Err("nothing had been trained".into()) };
        Self {
            model: arguments.model_out.as_ref().map(|_| checked(job.file_text(JobFile::Model))),
            history: arguments.history_out.as_ref().map(|_| history(job.file_text(JobFile::History))),
            second_best: (!finite).then_some("training diverged"),
        }
    }
}

/// Writes the requested files. Returns a clause about the files that were not written, with the reasons. The clause is empty if all were written.
pub fn write_outputs(arguments: &FitArguments, results: &Files) -> Result<String, Failure> {
    let wanted = [(&arguments.model_out, &results.model), (&arguments.history_out, &results.history)];
    let (mut left_out, mut written) = (Vec::new(), Ok(()));
    for (k, (path, text)) in wanted.into_iter().enumerate() {
        let (Some(path), Some(text)) = (path, text) else { continue };
        let name = path.display();
        match (text, results.second_best.filter(|_| k == 0 && path.is_file())) {
            (Err(why), _) => left_out.push(format!("{name} was not written, because {why}")),
            (Ok(_), Some(why)) => left_out.push(format!("{name} was there already and was left as it was, because {why}")),
            // If one file cannot be written, the other one is written nevertheless.
            (Ok(text), None) if k == 0 => written = written.and(files::write_or_keep(path, text)),
            (Ok(text), None) => written = written.and(files::write(path, text.as_bytes())),
        }
    }
    written.map(|()| left_out.join("; "))
}

//! Worker of an ensemble. It trains one run after another to the end. It handles no messages during training; `terminate`
//! stops it.

use wasm_bindgen::prelude::*;

use super::{file, wire};
use multiwell::internal::controller::ensemble::{EnsembleEvent, EnsembleTask, work};
use multiwell::internal::problem::{Job, JobProgress};

/// Approximate number of milliseconds between progress reports.
const REPORT_INTERVAL_MS: f64 = 250.0;

/// Registers the handler of tasks and reports that the worker is ready. Called once, in a dedicated worker.
#[wasm_bindgen]
pub fn start_member() {
    wire::listen(|mut task: EnsembleTask, blob| {
        file::fill(task.table.as_mut(), blob);
        let (event, numbers) = work(task, slice, |event| wire::post(event, None));
        wire::post(&event, Some(&numbers));
    });
    wire::post(&EnsembleEvent::Ready, None);
}

/// Number of epochs for one slice, estimated from the speed so far.
fn slice(job: &dyn Job) -> u64 {
    let JobProgress { epoch, seconds, .. } = job.progress();
    if epoch == 0 { 16 } else { (REPORT_INTERVAL_MS * epoch as f64 / (1e3 * seconds).max(1.0)).max(1.0) as u64 }
}

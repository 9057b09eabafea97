//! The worker of an ensemble: takes one job after another and trains each to its end. Nothing interrupts it but its end by
//! `terminate`, so that all of its time is spent on training.

use wasm_bindgen::prelude::*;

use super::wire;
use multiwell::controller::ensemble::{EnsembleEvent, EnsembleTask, work};
use multiwell::problem::Job;

/// Milliseconds between two words on progress, about.
const SLICE: f64 = 250.0;

/// Listens for tasks and says that it does. Called once by `member.js`, in a dedicated worker.
#[wasm_bindgen]
pub fn start_member() {
    wire::listen(
        |message| EnsembleEvent::Failed { message },
        |task: EnsembleTask| {
            let (event, numbers) = work(task, slice(), |event| wire::post(event, None));
            wire::post(&event, Some(&numbers));
        },
    );
    wire::post(&EnsembleEvent::Ready, None);
}

/// Epochs that should take a slice's time, by the time that the run has taken so far.
fn slice() -> impl Fn(&dyn Job) -> u64 {
    |job| {
        let epoch = job.epoch();
        if epoch == 0 { 16 } else { (SLICE * epoch as f64 / (1e3 * job.seconds()).max(1.0)).max(1.0) as u64 }
    }
}

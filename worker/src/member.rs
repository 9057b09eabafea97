//! The worker of an ensemble: takes one job after another and trains each to its end. Nothing interrupts it but its end by
//! `terminate`, so that all of its time is spent on training.

use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use super::wire;
use multiwell::controller::ensemble::{EnsembleEvent, EnsembleTask, work};
use multiwell::problem::Job;

/// Milliseconds between two words on progress, about.
const SLICE: f64 = 250.0;

/// Listens for jobs and says that it does. Called once by `member.js`, in a dedicated worker.
#[wasm_bindgen]
pub fn start_member() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        post(&EnsembleEvent::Failed { message: info.to_string() }, None);
    }));
    let closure =
        Closure::<dyn FnMut(MessageEvent)>::new(|event: MessageEvent| match wire::unpack::<EnsembleTask>(&event.data()) {
            Ok((task, _)) => {
                let (event, numbers) = work(task, slice(), |event| post(event, None));
                post(&event, Some(&numbers));
            }
            Err(message) => post(&EnsembleEvent::Failed { message }, None),
        });
    scope().set_onmessage(Some(closure.as_ref().unchecked_ref()));
    // The worker listens as long as it lives.
    closure.forget();
    post(&EnsembleEvent::Ready, None);
}

/// Epochs that should take a slice's time, by the time that the run has taken so far.
fn slice() -> impl Fn(&dyn Job) -> u64 {
    |job| {
        let epoch = job.epoch();
        if epoch == 0 { 16 } else { (SLICE * epoch as f64 / (1e3 * job.seconds()).max(1.0)).max(1.0) as u64 }
    }
}

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

fn post(event: &EnsembleEvent, numbers: Option<&[f32]>) {
    let sent =
        wire::pack(event, numbers).map(|(message, handed_over)| scope().post_message_with_transfer(&message, &handed_over));
    if !matches!(sent, Ok(Ok(()))) {
        web_sys::console::error_1(&"event could not be posted".into());
    }
}

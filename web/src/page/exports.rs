//! Worker that exports fits to other formats. It starts when an export becomes likely.

use std::cell::RefCell;

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;

use super::events::send;
use crate::state::action::Action;
use crate::worker::export::{ExportReply, ExportRequest};
use crate::worker::wire::WorkerHandle;
use multiwell::internal::controller::protocol::ExportForm;

/// Format of the model file itself, for the view of the engine.
const TAPE_FORM: &str = "tape";

thread_local! {
    static EXPORT_WORKER: RefCell<Option<WorkerHandle>> = const { RefCell::new(None) };
    static MODEL_RESOLVERS: RefCell<Vec<Function>> = const { RefCell::new(Vec::new()) };
}

/// Returns a promise of the model file of the current fit. The promise stays pending while there is no fit.
/// Called by `tape-parts.js`.
#[wasm_bindgen]
pub fn model_file() -> Promise {
    Promise::new(&mut |resolve, _| {
        MODEL_RESOLVERS.with_borrow_mut(|resolvers| resolvers.push(resolve));
        send(Action::SaveCode(ExportForm { name: TAPE_FORM.into(), hessian: false }));
    })
}

/// Starts the worker unless it is running.
///
/// # Errors
/// A clause, if the browser refuses.
pub fn prepare() -> Result<(), String> {
    if EXPORT_WORKER.with_borrow(Option::is_none) {
        let worker = WorkerHandle::start("start_export", "", |reply: Result<(ExportReply, _), String>| {
            if reply.is_err() {
                // The next request starts a new worker.
                EXPORT_WORKER.take();
            }
            send(Action::Exported(reply.and_then(|(exported, _)| exported)));
        })?;
        EXPORT_WORKER.set(Some(worker));
    }
    Ok(())
}

/// Requests a model in another format.
pub fn export(model: String, form: ExportForm) {
    if form.name == TAPE_FORM {
        for resolve in MODEL_RESOLVERS.take() {
            // Calling the resolver of a promise does not throw.
            let _ = resolve.call1(&JsValue::NULL, &model.as_str().into());
        }
        return;
    }
    let request: ExportRequest = (model, form);
    let post = |worker: &Option<WorkerHandle>| worker.as_ref().map_or(Ok(()), |worker| worker.post(&request, None));
    if let Err(clause) = prepare().and_then(|()| EXPORT_WORKER.with_borrow(post)) {
        send(Action::Exported(Err(clause)));
    }
}

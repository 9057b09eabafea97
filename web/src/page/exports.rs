//! The worker that writes fits in other forms, started when an export is near.

use std::cell::RefCell;

use js_sys::{Array, Function, Promise, Uint8Array};
use wasm_bindgen::JsValue;
use web_sys::{Event, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::dom;
use super::events::send;
use crate::state::action::Action;

/// Points of a grid along each input.
const GRID_POINTS: u32 = 100;

/// The form of an export that is the model file itself, for the view of the engine.
const TAPE_FORM: &str = "tape";

thread_local! {
    static EXPORT_WORKER: RefCell<Option<Worker>> = const { RefCell::new(None) };
    static MODEL_RESOLVERS: RefCell<Vec<Function>> = const { RefCell::new(Vec::new()) };
}

/// Returns a promise of the model file of the present fit. The promise stays pending while there is no fit.
pub fn model_file() -> Promise {
    Promise::new(&mut |resolve, _| {
        MODEL_RESOLVERS.with_borrow_mut(|resolvers| resolvers.push(resolve));
        send(Action::SaveCode { form: TAPE_FORM.into(), hessian: false });
    })
}

/// Starts the worker, if there is none; says whether there is one now.
pub fn prepare() -> bool {
    if EXPORT_WORKER.with_borrow(Option::is_some) {
        return true;
    }
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    let Ok(worker) = Worker::new_with_options("export.js", &options) else { return false };
    dom::on(&worker, "message", |event: MessageEvent| {
        let answer = event.data();
        let parts = answer.as_string().map_or_else(|| Array::from(&answer), |sentence| Array::of1(&sentence.into()));
        let text = |k| parts.get(k).as_string().unwrap_or_default();
        if answer.is_string() {
            // Without the module the next request begins anew.
            end();
        }
        let is_written = parts.length() > 1;
        let exported = if is_written { Ok((Uint8Array::new(&parts.get(0)).to_vec(), text(1), text(2))) } else { Err(text(0)) };
        send(Action::Exported(exported));
    });
    dom::on(&worker, "error", |event: Event| {
        event.prevent_default();
        end();
        send(Action::Exported(Err("the export script could not be loaded; check the connection and try again".into())));
    });
    EXPORT_WORKER.set(Some(worker));
    true
}

/// Ends the worker.
fn end() {
    if let Some(worker) = EXPORT_WORKER.take() {
        worker.terminate();
    }
}

/// Asks for a model in another form.
pub fn export(model: &str, form: &str, hessian: bool) {
    if form == TAPE_FORM {
        for resolve in MODEL_RESOLVERS.take() {
            // A resolver of a promise does not throw.
            let _ = resolve.call1(&JsValue::NULL, &model.into());
        }
        return;
    }
    let request = Array::of5(&model.into(), &form.into(), &"model".into(), &hessian.into(), &GRID_POINTS.into());
    let is_sent = prepare()
        && EXPORT_WORKER.with_borrow(|worker| worker.as_ref().is_some_and(|worker| worker.post_message(&request).is_ok()));
    if !is_sent {
        send(Action::Exported(Err("the browser refused to start a worker".into())));
    }
}

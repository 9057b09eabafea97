//! Training workers, by their numbers.
//!
//! The browser may end a worker without an event, and a worker may end itself. A worker holds a lock under its own name for its lifetime
//! (`worker.js`), even when it is busy. A request for that lock is granted when the worker is gone. Browsers without locks, as on pages
//! without a secure connection, do not detect the end.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{ErrorEvent, Event, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::events::send;
use super::{dom, files};
use crate::state::action::Action;
use crate::worker::build::STALE_MESSAGE;
use crate::worker::wire;
use multiwell::internal::controller::protocol::{Reply, Request};

/// The workers that live.
#[derive(Default)]
pub struct Workers {
    by_number: Vec<(u32, Worker)>,
}

impl Workers {
    /// Starts a worker.
    pub fn launch(&mut self, number: u32) {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let name = new_name();
        options.set_name(&name);
        let Ok(worker) = Worker::new_with_options("worker.js", &options) else {
            return send(Action::WorkerFailed(number, "the browser refused to start a worker".into()));
        };
        dom::on(&worker, "message", move |event: MessageEvent| {
            send(match wire::unpack::<Reply>(&event.data()) {
                Ok((reply, numbers)) => {
                    if matches!(reply, Reply::Ready) {
                        watch(&name, move || send(Action::WorkerEnded(number)));
                    }
                    Action::Reply(number, reply, numbers)
                }
                Err(message) if message == STALE_MESSAGE => Action::Stale(number),
                Err(message) => Action::WorkerFailed(number, message),
            });
        });
        dom::on(&worker, "error", move |event: Event| {
            event.prevent_default();
            // Of a script that cannot be had the browser says nothing.
            let message = event.dyn_ref::<ErrorEvent>().map_or("its script cannot be loaded".into(), ErrorEvent::message);
            send(Action::WorkerFailed(number, message));
        });
        self.by_number.push((number, worker));
    }

    /// Posts a request to a worker.
    pub fn post(&self, number: u32, request: &Request) {
        let Some((_, worker)) = self.by_number.iter().find(|(known, _)| *known == number) else { return };
        let table = if let Request::Start { table, .. } = request { table.as_ref() } else { None };
        let sent = wire::pack(request, None).map(|(message, handed_over)| {
            wire::attach(&message, files::table_blob(table));
            worker.post_message_with_transfer(&message, &handed_over)
        });
        if !matches!(sent, Ok(Ok(()))) {
            send(Action::ShowError("The training worker could not be reached; please reload the page.".into()));
        }
    }

    /// Ends a worker.
    pub fn terminate(&mut self, number: u32) {
        self.by_number.extract_if(.., |(known, _)| *known == number).for_each(|(_, worker)| worker.terminate());
    }
}

/// A name that no other worker has, in any window of the browser.
fn new_name() -> String {
    format!("multiwell-{:032x}", dom::chance())
}

/// Calls `act` when the worker of that name is gone; it must have said that it is there.
fn watch(name: &str, act: impl FnOnce() + 'static) {
    let locks = Reflect::get(&dom::window().navigator(), &"locks".into()).unwrap_or(JsValue::UNDEFINED);
    let request = Reflect::get(&locks, &"request".into()).ok().and_then(|request| request.dyn_into::<Function>().ok());
    let held = request.and_then(|request| request.call2(&locks, &name.into(), &Closure::once_into_js(act)).ok());
    if let Some(promise) = held.and_then(|held| held.dyn_into::<Promise>().ok()) {
        // A lock that is refused is not watched.
        dom::then(promise, |_| ());
    }
}

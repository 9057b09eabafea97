//! Training workers, by their numbers.
//!
//! The browser may end a worker without an event, and a worker may end itself. A worker holds a lock under its own name for its lifetime
//! (`worker.js`), even when it is busy. A request for that lock is granted when the worker is gone. Browsers without locks, as on pages
//! without a secure connection, do not detect the end.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::prelude::*;

use super::events::send;
use super::{dom, files};
use crate::state::action::Action;
use crate::worker::wire::WorkerHandle;
use multiwell::internal::controller::protocol::{Reply, Request};

/// Workers that have not been terminated, by their numbers.
#[derive(Default)]
pub struct Workers(Vec<(u32, WorkerHandle)>);

impl Workers {
    /// Starts a worker.
    pub fn launch(&mut self, number: u32) {
        // The name is unique in all windows of the browser.
        let name = format!("multiwell-{:032x}", dom::chance());
        let started = WorkerHandle::start("start_worker", &name.clone(), move |reply| {
            send(match reply {
                Ok((reply, numbers)) => {
                    if matches!(reply, Reply::Ready) {
                        watch(&name, move || send(Action::WorkerEnded(number)));
                    }
                    Action::Reply(number, reply, numbers)
                }
                Err(message) => Action::WorkerFailed(number, message),
            });
        });
        match started {
            Ok(worker) => self.0.push((number, worker)),
            Err(clause) => send(Action::WorkerFailed(number, clause)),
        }
    }

    /// Posts a request to a worker.
    pub fn post(&self, number: u32, request: &Request) {
        let Some((_, worker)) = self.0.iter().find(|(known, _)| *known == number) else { return };
        let table = if let Request::Start { table, .. } = request { table.as_ref() } else { None };
        if worker.post(request, files::table_blob(table)).is_err() {
            send(Action::ShowError("The training worker could not be reached; please reload the page.".into()));
        }
    }

    /// Ends a worker.
    pub fn terminate(&mut self, number: u32) {
        self.0.retain(|(known, _)| *known != number);
    }
}

/// Calls `act` when the worker with this name has ended. The worker must hold its lock already.
fn watch(name: &str, act: impl FnOnce() + 'static) {
    let locks = Reflect::get(&dom::window().navigator(), &"locks".into()).unwrap_or(JsValue::UNDEFINED);
    let request = Reflect::get(&locks, &"request".into()).ok().and_then(|request| request.dyn_into::<Function>().ok());
    let held = request.and_then(|request| request.call2(&locks, &name.into(), &Closure::once_into_js(act)).ok());
    if let Some(promise) = held.and_then(|held| held.dyn_into::<Promise>().ok()) {
        // A refused lock is ignored.
        dom::then(promise, |_| ());
    }
}

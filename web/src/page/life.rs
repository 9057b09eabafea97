//! Whether a worker still lives: the browser may end one without a word, and a worker may end itself.
//!
//! A worker holds a lock under its own name as long as it lives (`worker.js`), however busy it is. Who asks for that lock gets it when the
//! worker is gone. Where the browser knows no locks, as on pages without a secure connection, nothing is noticed.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::prelude::*;

use super::dom;

/// A name that no other worker has, in any window of the browser.
pub fn name() -> String {
    let mut bytes = [0; 16];
    // Without a source of chance the clock must do: at worst an end goes unnoticed.
    let known = getrandom::fill(&mut bytes).is_ok();
    let number = if known { u128::from_le_bytes(bytes) } else { u128::from(dom::now().to_bits()) };
    format!("multiwell-{number:032x}")
}

/// Calls `act` when the worker of that name is gone; it must have said that it is there.
pub fn watch(name: &str, act: impl FnOnce() + 'static) {
    let locks = Reflect::get(&dom::window().navigator(), &"locks".into()).unwrap_or(JsValue::UNDEFINED);
    let request = Reflect::get(&locks, &"request".into()).ok().and_then(|request| request.dyn_into::<Function>().ok());
    let held = request.and_then(|request| request.call2(&locks, &name.into(), &Closure::once_into_js(act)).ok());
    if let Some(promise) = held.and_then(|held| held.dyn_into::<Promise>().ok()) {
        // What is refused is not watched.
        dom::then(&promise, |_| ());
    }
}

//! The page and its workers, in one WebAssembly module. This is the only crate that uses a browser.
//!
//! The page's script calls `start_page`. The script of the workers loads the same module and calls the function of one kind of worker (see
//! [`worker`]). The page never computes, and the training worker never draws. Messages between them are those of
//! [`multiwell::internal::controller::protocol`], encoded by [`worker::wire`].
//!
//! The workers of a [`pool`] train the runs of an ensemble, one after another. `bench`, which lies in `benches/web`, times the module where it runs.

#![cfg(any(target_arch = "wasm32", test))]
#![cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "natively only the reducer is compiled, for its tests"))]

#[cfg(all(target_arch = "wasm32", feature = "bench"))]
#[path = "../../benches/web/bench.rs"]
mod bench;
#[cfg(target_arch = "wasm32")]
mod page;
#[cfg(target_arch = "wasm32")]
mod pool;
mod state;
mod worker;

/// Shows panics in the console, in the page and in every worker.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
}

/// Starts the page, with a record of `keep.js` if this tab has shown a run before under this address. Called once by `boot.js`, in a document that
/// holds the elements of `www/index.html`.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn start_page(kept: &wasm_bindgen::JsValue) {
    page::start(page::keeping::read(kept));
}

/// Says a sentence on the message line.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn say(words: String) {
    page::show_message(words);
}

/// Returns a promise of the text of the model file of the present fit. Called by `tape-parts.js`.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn model_file() -> js_sys::Promise {
    page::exports::model_file()
}

/// Shows another part of a picture, by the id of its canvas: from and to along each axis, as fractions of what it shows now. Called by `zoom.js`.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn zoom(id: &str, left: f64, right: f64, low: f64, high: f64) {
    page::canvases::zoom(id, [[left, right], [low, high]]);
}

/// Shows the run of a record of `keep.js`.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn open_kept(record: &wasm_bindgen::JsValue) {
    page::keeping::open(record);
}

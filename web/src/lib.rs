//! The page and, in the same module, the workers of `multiwell_worker`: the only crates that know a browser.
//!
//! One compiled module is loaded twice: by the page, whose script calls `start_page`, and by the worker, whose script calls
//! `start_worker`. It trains curves; for anything else workers load `multiwell_systems` or `multiwell_materials`, which hold the workers without
//! the page and more of the library. The page never computes and the worker never draws; between them go the messages of
//! [`multiwell::controller::protocol`], put on the wire by [`multiwell_worker::wire`].
//!
//! Ensembles are trained by the workers of a [`pool`]: workers of another kind, which train one run after another to its end.
//! `bench`, which lies in `benches/web`, times the module where it runs.

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

#[cfg(target_arch = "wasm32")]
pub use multiwell_worker as workers;
#[cfg(target_arch = "wasm32")]
use multiwell_worker::wire;

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
    page::say(words);
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

//! Worker and page: the only modules that know a browser.
//!
//! One compiled module is loaded twice: by the page, whose script calls `start_page`, and by the worker, whose script calls
//! [`start_worker`]. It trains curves; for anything else workers load a second module, `multiwell_systems`, which is this crate without
//! the page and with all of the library. The page never computes and the worker never draws; between them go the messages of
//! [`multiwell::run::protocol`], put on the wire by [`wire`].
//!
//! Many runs at once are shared out by [`pool`] among workers of another kind, [`member`], which train one run after another to
//! its end. [`bench`] times the module where it runs.

#![cfg(target_arch = "wasm32")]

#[cfg(feature = "bench")]
mod bench;
mod member;
#[cfg(feature = "page")]
mod page;
#[cfg(any(feature = "page", feature = "bench"))]
mod pool;
mod wire;
mod worker;

use wasm_bindgen::prelude::wasm_bindgen;

/// Starts the page. Called once by `boot.js`, in a document that holds the elements of `www/index.html`.
#[cfg(feature = "page")]
#[wasm_bindgen]
pub fn start_page() {
    page::start();
}

/// Starts the worker. Called once by `worker.js`, in a dedicated worker.
#[wasm_bindgen]
pub fn start_worker() {
    worker::start();
}

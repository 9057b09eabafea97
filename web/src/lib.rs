//! The page and its workers, in one WebAssembly module. Only this crate uses a browser.
//!
//! The page's script calls `start_page`. The script of the workers loads the same module and calls the function of one kind of worker (see
//! [`worker`]). The page does not compute, and the training worker does not draw. Messages between them are those of
//! [`multiwell::internal::controller::protocol`], encoded by [`worker::wire`].
//!
//! The workers of a [`pool`] train the runs of an ensemble, one after another. `bench` in `benches/web` times the module in a browser.

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

//! Compiled part of the npm package `multiwell`: training, and evaluation of model files. The interface for users is JavaScript (`bindings/js/lib`),
//! which checks data, manages workers and divides training into slices. It passes numbers in typed arrays and everything else as texts.

#![cfg(target_arch = "wasm32")]
#![allow(clippy::needless_pass_by_value, reason = "functions of JavaScript are given values")]

mod fit;
mod model;
mod table;

use wasm_bindgen::prelude::*;

/// Version of the package.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").into()
}

/// Converts a panic to an exception with a sentence. The module must not be entered again after one.
#[wasm_bindgen(start)]
pub fn start() {
    std::panic::set_hook(Box::new(|info| wasm_bindgen::throw_str(&format!("multiwell has a fault, please report it: {info}"))));
}

/// Exception for an error that the caller can correct.
fn refused(error: impl std::fmt::Display) -> JsError {
    JsError::new(&error.to_string())
}

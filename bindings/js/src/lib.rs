//! The compiled part of the npm package `multiwell`: it trains, and evaluates model files. What users call is JavaScript (`bindings/js/lib`), which checks data,
//! keeps workers and cuts training into slices; it calls the few functions here, and hands over numbers in typed arrays and all else as texts.

#![cfg(target_arch = "wasm32")]
#![allow(clippy::needless_pass_by_value, reason = "functions of JavaScript are given values")]

mod fit;
mod model;
mod table;

use wasm_bindgen::prelude::*;

/// The version of the package.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").into()
}

/// Makes a panic an exception with a sentence. The module must not be entered again after one.
#[wasm_bindgen(start)]
pub fn start() {
    std::panic::set_hook(Box::new(|info| wasm_bindgen::throw_str(&format!("multiwell has a fault, please report it: {info}"))));
}

/// An exception for what a caller can mend.
fn refused(error: impl std::fmt::Display) -> JsError {
    JsError::new(&error.to_string())
}

//! In a browser's page, as the page itself is built: `cargo xtask test --only wasm`.

#![cfg(target_arch = "wasm32")]

#[path = "web/checks.rs"]
mod checks;

#[path = "web/canvas.rs"]
mod canvas;

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn simd_is_on() {
    checks::simd_is_on();
}

#[wasm_bindgen_test]
fn requests_arrive_unchanged() {
    checks::requests_arrive_unchanged();
}

#[wasm_bindgen_test]
fn replies_arrive_unchanged() {
    checks::replies_arrive_unchanged();
}

#[wasm_bindgen_test]
fn the_landscape_is_painted() {
    canvas::the_landscape_is_painted();
}

#[wasm_bindgen_test]
fn the_histories_are_painted() {
    canvas::the_histories_are_painted();
}

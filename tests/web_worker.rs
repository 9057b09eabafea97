//! In a worker, where the page trains: `cargo xtask test --only wasm`.

#![cfg(target_arch = "wasm32")]

#[path = "web/checks.rs"]
mod checks;

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

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

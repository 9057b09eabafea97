//! Tests in a worker, which trains, including the tests of the engine with the SIMD lanes of WebAssembly.

#![cfg(target_arch = "wasm32")]

mod in_both;

#[path = "../../it/cells.rs"]
mod cells;
#[path = "../../it/determinism.rs"]
mod determinism;
#[path = "../../it/math.rs"]
mod math;
#[path = "../../it/model.rs"]
mod model;
#[path = "../../../engine/tests/it/ops.rs"]
mod ops;
#[path = "../../it/reference.rs"]
mod reference;

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[wasm_bindgen_test]
fn simd_is_on() {
    in_both::simd_is_on();
}

#[wasm_bindgen_test]
fn requests_arrive_unchanged() {
    in_both::requests_arrive_unchanged();
}

#[wasm_bindgen_test]
fn replies_arrive_unchanged() {
    in_both::replies_arrive_unchanged();
}

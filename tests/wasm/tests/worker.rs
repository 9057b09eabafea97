//! Tests in a worker, which trains, including the tests of the engine with the SIMD lanes of WebAssembly.

#![cfg(target_arch = "wasm32")]

#[path = "../../it/cells.rs"]
mod cells;
#[path = "../../it/determinism.rs"]
mod determinism;
#[path = "../../../engine/tests/it/differences.rs"]
mod differences;
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

/// The build has SIMD lanes. Without them everything would work, but slowly.
#[wasm_bindgen_test]
fn simd_is_on() {
    let lanes = if cfg!(target_feature = "simd128") { 4 } else { 1 };
    assert_eq!(lanes, 4, "built without 128-bit lanes: RUSTFLAGS replaces the flags in .cargo/config.toml");
}

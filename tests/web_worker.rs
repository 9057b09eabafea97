//! In a worker, where the page trains: `cargo xtask test --only wasm`.

#![cfg(target_arch = "wasm32")]

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[wasm_bindgen_test]
fn simd_is_on() {
    assert!(cfg!(target_feature = "simd128"), "built without 128-bit lanes: RUSTFLAGS replaces the flags in .cargo/config.toml");
}

//! Tests in a page, which draws the figures.

#![cfg(target_arch = "wasm32")]

mod in_both;
mod in_page;

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

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

#[wasm_bindgen_test]
fn landscape_is_painted() {
    in_page::landscape_is_painted();
}

#[wasm_bindgen_test]
fn histories_are_painted() {
    in_page::histories_are_painted();
}

//! How a message travels: an array `[message, numbers]` whose second part, if there is one, is a `Float32Array` that is handed
//! over and not copied.

use js_sys::{Array, Float32Array};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;

/// A message ready to be posted, and what is handed over with it.
pub fn pack<M: Serialize>(message: &M, numbers: Option<&[f32]>) -> Result<(Array, Array), String> {
    let packed = Array::of1(&serde_wasm_bindgen::to_value(message).map_err(|e| e.to_string())?);
    let handed_over = Array::new();
    if let Some(numbers) = numbers {
        let numbers = Float32Array::from(numbers);
        handed_over.push(&numbers.buffer());
        packed.push(&numbers);
    }
    Ok((packed, handed_over))
}

/// Reads a message and its numbers, which are empty if there are none.
pub fn unpack<M: DeserializeOwned>(data: JsValue) -> Result<(M, Vec<f32>), String> {
    let parts = Array::from(&data);
    let message = serde_wasm_bindgen::from_value(parts.get(0)).map_err(|e| e.to_string())?;
    let numbers = parts.get(1);
    let numbers = if numbers.is_undefined() { Vec::new() } else { Float32Array::new(&numbers).to_vec() };
    Ok((message, numbers))
}

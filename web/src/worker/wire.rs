//! The encoding of messages: an array `[build, bytes, numbers, file]`, where `numbers` is an optional `Float32Array` and `file` a large file that the message
//! is about. Bytes and numbers are transferred, not copied; of a file only its handle travels.

use js_sys::{Array, Float32Array, Uint8Array};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;
use web_sys::{Blob, DedicatedWorkerGlobalScope, MessageEvent};

use super::build;
use multiwell::internal::controller::protocol::{decode, encode};

/// Encodes a message, with the list of objects to transfer.
///
/// # Errors
/// See [`encode`].
pub fn pack<M: Serialize>(message: &M, numbers: Option<&[f32]>) -> Result<(Array, Array), String> {
    let bytes = Uint8Array::from(encode(message)?.as_slice());
    let handed_over = Array::of1(&bytes.buffer());
    let packed = Array::of2(&build::BUILD_DIGEST.into(), &bytes);
    if let Some(numbers) = numbers {
        let numbers = Float32Array::from(numbers);
        handed_over.push(&numbers.buffer());
        packed.push(&numbers);
    }
    Ok((packed, handed_over))
}

/// Lets a file travel with a message, if there is one.
pub fn attach(message: &Array, file: Option<Blob>) {
    if let Some(file) = file {
        message.set(3, file.into());
    }
}

/// The file that travels with a message.
fn attached(data: &JsValue) -> Option<Blob> {
    data.dyn_ref::<Array>().and_then(|parts| parts.get(3).dyn_into().ok())
}

/// Decodes a message and its numbers, which are empty if there are none. A string comes from a script that could not load the
/// module, and is the reason.
///
/// # Errors
/// That string, [`build::STALE_MESSAGE`] if the message is of another build, or one sentence if it is not a valid message.
pub fn unpack<M: DeserializeOwned>(data: &JsValue) -> Result<(M, Vec<f32>), String> {
    if let Some(text) = data.as_string() {
        return Err(text);
    }
    let parts: &Array = data.dyn_ref().ok_or("unreadable reply from the worker")?;
    build::check(parts.get(0).as_string().as_deref())?;
    let bytes: Uint8Array = parts.get(1).dyn_into().map_err(|_| "the message could not be read: it holds no bytes")?;
    let numbers = parts.get(2).dyn_into().map_or_else(|_| Vec::new(), |numbers: Float32Array| numbers.to_vec());
    Ok((decode(&bytes.to_vec())?, numbers))
}

/// The global scope of the current worker.
pub fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Posts a message from this worker to the page.
pub fn post<M: Serialize>(message: &M, numbers: Option<&[f32]>) {
    let sent = pack(message, numbers).map(|(message, handed_over)| scope().post_message_with_transfer(&message, &handed_over));
    if !matches!(sent, Ok(Ok(()))) {
        web_sys::console::error_1(&"a message could not be posted".into());
    }
}

/// Calls `act` with every message to this worker and the file that travels with it, and reports panics to the page by the message that `failed` makes of them. The
/// module must not be entered again after a panic.
pub fn listen<M: DeserializeOwned + 'static, R: Serialize + 'static>(failed: fn(String) -> R, act: fn(M, Option<Blob>)) {
    std::panic::set_hook(Box::new(move |info| {
        console_error_panic_hook::hook(info);
        post(&failed(info.to_string()), None);
    }));
    let closure = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| match unpack(&event.data()) {
        Ok((message, _)) => act(message, attached(&event.data())),
        Err(words) => post(&failed(words), None),
    });
    scope().set_onmessage(Some(closure.as_ref().unchecked_ref()));
    closure.forget();
}

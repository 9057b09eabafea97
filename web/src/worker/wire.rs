//! Encoding of messages: an array `[build, bytes, numbers, file]`. `numbers` is an optional `Float32Array` and `file` an optional handle of a large
//! file. Bytes and numbers are transferred, not copied. A string instead of an array is the reason for the failure of
//! a worker.

use js_sys::{Array, Float32Array, Uint8Array};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;
use web_sys::{Blob, DedicatedWorkerGlobalScope, ErrorEvent, Event, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::build;
use multiwell::internal::controller::protocol::{decode, encode};

/// Packs an encoded message. Returns it with the list of objects to transfer.
fn pack(encoded: &[u8], numbers: Option<&[f32]>, file: Option<Blob>) -> (Array, Array) {
    let bytes = Uint8Array::from(encoded);
    let handed_over = Array::of1(&bytes.buffer());
    let packed = Array::of2(&build::BUILD_DIGEST.into(), &bytes);
    if let Some(numbers) = numbers {
        let numbers = Float32Array::from(numbers);
        handed_over.push(&numbers.buffer());
        packed.push(&numbers);
    }
    if let Some(file) = file {
        packed.set(3, file.into());
    }
    (packed, handed_over)
}

/// An encoded message, its numbers (empty if there are none), and its file.
type UnpackedMessage = (Vec<u8>, Vec<f32>, Option<Blob>);

fn unpack(data: &JsValue) -> Result<UnpackedMessage, String> {
    if let Some(text) = data.as_string() {
        return Err(text);
    }
    let parts: &Array = data.dyn_ref().ok_or("unreadable reply from the worker")?;
    build::check(parts.get(0).as_string().as_deref())?;
    let bytes: Uint8Array = parts.get(1).dyn_into().map_err(|_| "the message could not be read: it holds no bytes")?;
    let numbers = parts.get(2).dyn_into().map_or_else(|_| Vec::new(), |numbers: Float32Array| numbers.to_vec());
    Ok((bytes.to_vec(), numbers, parts.get(3).dyn_into().ok()))
}

/// A worker. Dropping the handle terminates it.
pub struct WorkerHandle {
    worker: Worker,
    /// Listener with the lifetime of the worker.
    _listener: Closure<dyn FnMut(Event)>,
}

impl WorkerHandle {
    /// Starts a worker under a name. `function` is the function of the module that it calls. `listen` receives every message with its numbers.
    /// An error is the last message. It is the reason for the failure: [`build::STALE_MESSAGE`] if the worker belongs to another build.
    ///
    /// # Errors
    /// An error message if the browser refuses.
    pub fn start<M: DeserializeOwned>(
        function: &str,
        name: &str,
        mut listen: impl FnMut(Result<(M, Vec<f32>), String>) + 'static,
    ) -> Result<Self, String> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        options.set_name(name);
        let worker = Worker::new_with_options(&format!("worker.js?{function}"), &options)
            .map_err(|_| "the browser refused to start a worker")?;
        let mut has_failed = false;
        let listener = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
            let reply = if let Some(message) = event.dyn_ref::<MessageEvent>() {
                unpack(&message.data()).and_then(|(encoded, numbers, _)| Ok((decode(&encoded)?, numbers)))
            } else {
                event.prevent_default();
                // The event has no message if the script cannot be loaded.
                let message = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message);
                Err(message.unwrap_or_else(|| "the script of the worker could not be loaded; check the connection".into()))
            };
            // The browser also reports the end of a module that has panicked.
            if !has_failed {
                has_failed = reply.is_err();
                listen(reply);
            }
        });
        for kind in ["message", "error"] {
            let added = worker.add_event_listener_with_callback(kind, listener.as_ref().unchecked_ref());
            added.expect_throw("listeners can be added");
        }
        Ok(Self { worker, _listener: listener })
    }

    /// Posts a message to the worker with its file.
    ///
    /// # Errors
    /// An error message if the message cannot be posted.
    pub fn post<M: Serialize>(&self, message: &M, file: Option<Blob>) -> Result<(), String> {
        let (message, handed_over) = pack(&encode(message)?, None, file);
        let posted = self.worker.post_message_with_transfer(&message, &handed_over);
        posted.map_err(|_| "a message could not be posted to a worker".into())
    }
}

impl Drop for WorkerHandle {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

/// Global scope of the current worker.
pub fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Posts a message from this worker to the page.
pub fn post<M: Serialize>(message: &M, numbers: Option<&[f32]>) {
    let sent = encode(message).is_ok_and(|encoded| {
        let (message, handed_over) = pack(&encoded, numbers, None);
        scope().post_message_with_transfer(&message, &handed_over).is_ok()
    });
    if !sent {
        web_sys::console::error_1(&"a message could not be posted".into());
    }
}

/// Posts the reason for the failure of this worker to the page.
fn fail(reason: &str) {
    // Posting a string cannot fail.
    let _ = scope().post_message(&reason.into());
}

/// Calls `act` with every message to this worker and its file. A panic and an unreadable message are failures of the worker.
/// The module must not be entered again after a panic.
pub fn listen<M: DeserializeOwned + 'static>(mut act: impl FnMut(M, Option<Blob>) + 'static) {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        fail(&info.to_string());
    }));
    let closure = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        match unpack(&event.data()).and_then(|(encoded, _, file)| Ok((decode(&encoded)?, file))) {
            Ok((message, file)) => act(message, file),
            Err(reason) => fail(&reason),
        }
    });
    scope().set_onmessage(Some(closure.as_ref().unchecked_ref()));
    closure.forget();
}

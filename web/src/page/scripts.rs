//! Workers of the page's scripts.

use js_sys::{Function, JSON};
use wasm_bindgen::prelude::*;
use web_sys::Blob;

use crate::worker::script::ScriptReply;
use crate::worker::wire::WorkerHandle;

/// A worker that replies to a script, see [`crate::worker::script`]. `free` terminates it.
#[wasm_bindgen]
pub struct ScriptWorker(WorkerHandle);

#[wasm_bindgen]
impl ScriptWorker {
    /// Starts a worker that calls a function of the module. Calls `listen` with each reply, or with `undefined` and an error message.
    ///
    /// # Errors
    /// An error message if the browser refuses.
    #[wasm_bindgen(constructor)]
    pub fn new(function: &str, listen: Function) -> Result<Self, String> {
        let hand_over = move |reply: Result<(ScriptReply, _), String>| {
            let reply = reply.map_err(|reason| format!("The worker has failed: {reason}")).and_then(|(reply, _)| reply);
            // The browser reports errors of the script.
            let _ = match reply.map(|json| JSON::parse(&json)) {
                Ok(value) => listen.call1(&JsValue::NULL, &value.unwrap_or_default()),
                Err(sentence) => listen.call2(&JsValue::NULL, &JsValue::UNDEFINED, &sentence.into()),
            };
        };
        WorkerHandle::start(function, "", hand_over).map(Self)
    }

    /// Posts a request with its file.
    ///
    /// # Errors
    /// An error message if the request cannot be posted.
    pub fn post(&self, request: &JsValue, file: Option<Blob>) -> Result<(), String> {
        let text = JSON::stringify(request).map_err(|_| "the request is no JSON")?;
        self.0.post(&String::from(text), file)
    }
}

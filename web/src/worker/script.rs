//! Messages between a script of the page and its worker: JSON texts, encoded by [`wire`].

use serde::de::DeserializeOwned;
use serde_json::Value;
use web_sys::Blob;

use super::wire;

/// Reply to a script: JSON, or an error message.
pub type ScriptReply = Result<String, String>;

/// Calls `act` with every request of a script and its file. An error of `act` is a message for the script.
pub fn listen<R: DeserializeOwned>(mut act: impl FnMut(R, Option<Blob>) -> Result<(), String> + 'static) {
    wire::listen(move |request: String, file| {
        let request = serde_json::from_str(&request).map_err(|error| error.to_string());
        if let Err(sentence) = request.and_then(|request| act(request, file)) {
            wire::post(&ScriptReply::Err(sentence), None);
        }
    });
}

/// Posts a reply to the script.
pub fn post(reply: &Value) {
    wire::post(&ScriptReply::Ok(reply.to_string()), None);
}

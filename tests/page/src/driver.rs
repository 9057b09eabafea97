//! Commands of chromedriver beyond the WebDriver standard.

use fantoccini::wd::WebDriverCompatibleCommand;
use http::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

/// Command of chromedriver: the end of its address, and its body.
#[derive(Debug)]
pub struct DriverCommand(&'static str, Value);

impl DriverCommand {
    /// Request for the messages of the console since the last call.
    pub fn console() -> Self {
        Self("se/log", json!({ "type": "browser" }))
    }

    /// Command of the protocol of Chrome's developer tools, such as `Emulation.setEmulatedMedia`, with its parameters.
    pub fn devtools(command: &str, parameters: &Value) -> Self {
        Self("goog/cdp/execute", json!({ "cmd": command, "params": parameters }))
    }
}

impl WebDriverCompatibleCommand for DriverCommand {
    fn endpoint(&self, base_url: &Url, session_id: Option<&str>) -> Result<Url, ParseError> {
        base_url.join(&format!("session/{}/{}", session_id.unwrap_or_default(), self.0))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.1.to_string()))
    }
}

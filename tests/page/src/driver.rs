//! Commands of chromedriver beyond the WebDriver standard.

use fantoccini::wd::WebDriverCompatibleCommand;
use http::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

/// Request for the messages of the console since the last call.
#[derive(Debug)]
pub struct Console;

/// Command of the protocol of Chrome's developer tools.
#[derive(Debug)]
pub struct Devtools {
    /// Its name, such as `Emulation.setEmulatedMedia`.
    pub command: String,
    /// Its parameters, as JSON.
    pub parameters: Value,
}

fn endpoint(base: &Url, session: Option<&str>, tail: &str) -> Result<Url, ParseError> {
    base.join(&format!("session/{}/{tail}", session.unwrap_or_default()))
}

impl WebDriverCompatibleCommand for Console {
    fn endpoint(&self, base_url: &Url, session_id: Option<&str>) -> Result<Url, ParseError> {
        endpoint(base_url, session_id, "se/log")
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({ "type": "browser" }).to_string()))
    }
}

impl WebDriverCompatibleCommand for Devtools {
    fn endpoint(&self, base_url: &Url, session_id: Option<&str>) -> Result<Url, ParseError> {
        endpoint(base_url, session_id, "goog/cdp/execute")
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({ "cmd": self.command, "params": self.parameters }).to_string()))
    }
}

//! The two targets of the benchmark, which answer questions in JSON: a program, and a page in Chrome.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use crate::chrome::Chrome;
use crate::driver::Driver;
use crate::{Outcome, process};

/// Longest time that one answer may take, in milliseconds.
const PATIENCE: u64 = 600_000;

/// A target of the benchmark.
pub trait Answers {
    /// The answer to a question.
    fn ask(&mut self, question: &Value) -> Outcome<Value>;
}

/// The answer, or the sentence in its key `error`.
fn checked(answer: Value) -> Outcome<Value> {
    match answer.get("error").and_then(Value::as_str) {
        Some(sentence) => Err(sentence.to_owned()),
        None => Ok(answer),
    }
}

/// The native program, ended when dropped.
pub struct Program {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Program {
    /// Builds and starts `benches/speed`.
    pub fn start(root: &Path) -> Outcome<Self> {
        println!("[build] the native side of the bench");
        let bench = ["bench", "--quiet", "--package", "multiwell", "--bench", "speed"];
        process::run(process::program("cargo", root).args(bench).arg("--no-run"), "build the bench")?;
        let failed = |error: std::io::Error| format!("could not start the bench: {error}");
        let mut command = process::program("cargo", root);
        let mut child = command.args(bench).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(failed)?;
        let answers = BufReader::new(child.stdout.take().expect("standard output is piped"));
        Ok(Self { questions: child.stdin.take(), child, answers })
    }
}

impl Answers for Program {
    fn ask(&mut self, question: &Value) -> Outcome<Value> {
        let failed = |error: std::io::Error| format!("the native program cannot be asked: {error}");
        let questions = self.questions.as_mut().expect("it is taken only when dropped");
        writeln!(questions, "{question}").and_then(|()| questions.flush()).map_err(failed)?;
        let mut line = String::new();
        self.answers.read_line(&mut line).map_err(failed)?;
        checked(serde_json::from_str(&line).map_err(|_| format!("the native program answered `{}`", line.trim_end()))?)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // The program ends when its standard input is closed.
        drop(self.questions.take());
        let _ = self.child.wait();
    }
}

/// A page in Chrome whose `window.ask` answers.
pub struct Browser {
    agent: ureq::Agent,
    session: String,
    /// Ends the browser when dropped.
    _driver: Driver,
}

impl Browser {
    /// Opens the page at `url`. The browser's capabilities go through `file`.
    pub fn open(chrome: &Chrome, url: &str, file: &Path) -> Outcome<Self> {
        chrome.write_capabilities(file)?;
        let capabilities = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
        let capabilities: Value = serde_json::from_str(&capabilities).map_err(|error| error.to_string())?;
        let driver = chrome.drive()?;
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        let mut browser = Self { agent, session: format!("{}/session", driver.url()), _driver: driver };
        let begun = browser.command("", &json!({"capabilities": {"alwaysMatch": capabilities}}))?;
        let id = begun["sessionId"].as_str().ok_or("the driver gave no session")?;
        browser.session = format!("{}/{id}", browser.session);
        browser.command("/timeouts", &json!({ "script": PATIENCE }))?;
        browser.command("/url", &json!({ "url": url }))?;
        Ok(browser)
    }

    /// Sends a command of the WebDriver protocol and returns its value.
    fn command(&self, path: &str, body: &Value) -> Outcome<Value> {
        let failed = |error: ureq::Error| format!("the browser's driver cannot be reached: {error}");
        let mut response = self.agent.post(format!("{}{path}", self.session)).send_json(body).map_err(failed)?;
        let answer: Value = response.body_mut().read_json().map_err(failed)?;
        match answer["value"].get("error") {
            Some(error) => Err(format!("the browser said {error}: {}", answer["value"]["message"])),
            None => Ok(answer["value"].clone()),
        }
    }
}

impl Answers for Browser {
    fn ask(&mut self, question: &Value) -> Outcome<Value> {
        let script = "window.ask(arguments[0]).then(arguments[1], (e) => arguments[1](JSON.stringify({error: String(e)})))";
        let answer = self.command("/execute/async", &json!({"script": script, "args": [question.to_string()]}))?;
        let text = answer.as_str().ok_or_else(|| format!("the page answered {answer}"))?;
        checked(serde_json::from_str(text).map_err(|_| format!("the page answered `{text}`"))?)
    }
}

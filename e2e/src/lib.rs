//! End-to-end tests of the built page in a real browser, Chrome unless something else is said, driven by WebDriver, which only read what the page shows.
//!
//! `cargo xtask test --only page` builds the page, serves it, starts the driver and sets `MULTIWELL_PAGE` (address of the page,
//! with a slash at its end), `MULTIWELL_WEBDRIVER` (address of the driver), `MULTIWELL_CAPABILITIES` (file with the capabilities
//! of the browser), `MULTIWELL_AXE` (the script of axe-core) and `MULTIWELL_SCREENSHOTS` (folder for screenshots).
//!
//! A failing test panics with a sentence. [`visit`] closes the browser in any case. `cargo xtask test --only firefox` runs the same tests in Firefox: there, one that asks
//! for something that only Chrome has ends at that place.

#![allow(clippy::missing_panics_doc, reason = "everything here panics where the page does not do what is asked: so tests fail")]

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use fantoccini::elements::Element;
use fantoccini::wd::TimeoutConfiguration;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

mod driver;
mod pictures;
mod timing;

pub use timing::{CLOCK, median_and_largest, numbers};

/// Factor on timeouts relative to an idle machine, and the smallest timeout: long timeouts cost nothing if the page works, and a
/// busy machine is not an error of the page.
const PATIENCE: u32 = 6;
const LEAST_PATIENCE: Duration = Duration::from_mins(1);
/// Timeout of loading a page and of running a script.
const PATIENCE_FOR_PAGES: Duration = Duration::from_mins(1);

/// JavaScript, to run before scripts: `cutOff()` lists the texts that reach beyond the canvas on which they were drawn last.
pub const WATCH_TEXTS: &str = "{
    const [wipe, write] = [CanvasRenderingContext2D.prototype.clearRect, CanvasRenderingContext2D.prototype.fillText];
    CanvasRenderingContext2D.prototype.clearRect = function (...box) {
        this.canvas.cut = [];
        return wipe.apply(this, box);
    };
    CanvasRenderingContext2D.prototype.fillText = function (text, x, y, ...rest) {
        const wide = this.measureText(text), at = this.getTransform();
        const ends = [x - wide.actualBoundingBoxLeft, x + wide.actualBoundingBoxRight].map(x => at.a * x + at.e);
        if (at.b === 0 && (ends[0] < -1 || ends[1] > this.canvas.width + 1)) (this.canvas.cut ??= []).push(text);
        return write.call(this, text, x, y, ...rest);
    };
    window.cutOff = () => [...document.querySelectorAll('#picture canvas, .two canvas')]
        .filter(canvas => canvas.checkVisibility()).flatMap(canvas => canvas.cut ?? []);
}";

/// Reads the environment variables that `cargo xtask test` sets.
///
/// # Panics
/// If a variable is missing.
fn told(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: these tests are run by `cargo xtask test --only page`"))
}

/// The name of the test that is run, as a file may be called.
fn test_name() -> String {
    std::thread::current().name().unwrap_or("a test").replace("::", "-")
}

/// A browser that can be driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Browser {
    /// The one that all tests are run in.
    Usual,
    /// Chrome, where the tests are run in another one: `MULTIWELL_CHROME_WEBDRIVER` and `MULTIWELL_CHROME_CAPABILITIES` say how to reach it.
    Chrome,
}

/// What a test panics with, and without words, where it asks for something that only Chrome has: it ends there, and has not failed.
struct OnlyChrome(String);

/// Opens a browser window of 1280 x 860 pixels at `path` (relative to the address of the page), runs `test` in it, and closes
/// it. In another browser than Chrome the test ends, with a line that begins with `only in Chrome:`, where it asks for something that only Chrome has.
///
/// # Panics
/// If no browser can be started, or if `test` panics.
pub async fn visit<T, F>(path: &str, test: T)
where
    T: FnOnce(Page) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    visit_in(Browser::Usual, path, test).await;
}

/// The same in a browser of one's choice.
///
/// # Panics
/// If no browser can be started, or if `test` panics.
pub async fn visit_in<T, F>(browser: Browser, path: &str, test: T)
where
    T: FnOnce(Page) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let page = Page::open(browser).await;
    page.resize(1280, 860).await;
    page.goto(path).await;
    // The test runs in a task of its own, so that the browser is closed after a panic.
    let outcome = tokio::spawn(test(page.clone())).await.map_err(tokio::task::JoinError::into_panic);
    let only = outcome.as_ref().err().and_then(|payload| payload.downcast_ref::<OnlyChrome>());
    if let Some(OnlyChrome(what)) = only {
        println!("only in Chrome: {}, from {what} on", test_name());
        return page.client.close().await.expect("the browser closes");
    }
    if outcome.is_err() {
        page.screenshot(&format!("failure-{}", test_name())).await;
        eprintln!("where it failed: {}\n{}", page.address().await, page.summary().await);
    }
    page.client.close().await.expect("the browser closes");
    if let Err(payload) = outcome {
        std::panic::resume_unwind(payload);
    }
}

/// A window of the browser.
#[derive(Clone, Debug)]
pub struct Page {
    client: Client,
}

impl Page {
    async fn open(browser: Browser) -> Self {
        let [capabilities, driver] = match browser {
            Browser::Usual => ["MULTIWELL_CAPABILITIES", "MULTIWELL_WEBDRIVER"],
            Browser::Chrome => ["MULTIWELL_CHROME_CAPABILITIES", "MULTIWELL_CHROME_WEBDRIVER"],
        };
        let file = told(capabilities);
        let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
        let mut capabilities: serde_json::Map<String, Value> = serde_json::from_str(&text).expect("the capabilities are JSON");
        if capabilities.contains_key("goog:chromeOptions") {
            capabilities.insert("goog:loggingPrefs".into(), json!({ "browser": "ALL" }));
        }
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let client = builder.capabilities(capabilities).connect(&told(driver)).await;
        let client = client.unwrap_or_else(|error| panic!("the browser does not start: {error}"));
        let limits = TimeoutConfiguration::new(Some(PATIENCE_FOR_PAGES), Some(PATIENCE_FOR_PAGES), None);
        client.update_timeouts(limits).await.expect("the driver takes limits");
        Self { client }
    }

    /// What the browser says of itself at this place of its capabilities, such as `/browserName`.
    pub fn capability(&self, place: &str) -> Option<&Value> {
        let mut parts = place.trim_start_matches('/').splitn(2, '/');
        let first = self.client.capabilities()?.get(parts.next()?)?;
        parts.next().map_or(Some(first), |rest| first.pointer(&format!("/{rest}")))
    }

    /// The address of `path` in the served folder.
    pub fn at(path: &str) -> String {
        format!("{}{path}", told("MULTIWELL_PAGE"))
    }

    /// Reloads `path`, even if only the part after the `#` differs.
    pub async fn goto(&self, path: &str) {
        self.client.goto("about:blank").await.expect("an empty page opens");
        self.client.goto(&Self::at(path)).await.expect("the page opens");
    }

    /// Opens an address that need not be the page's.
    pub async fn goto_elsewhere(&self, address: &str) {
        self.client.goto(address).await.unwrap_or_else(|error| panic!("{address} does not open: {error}"));
    }

    /// Whether the browser is Chrome or Chromium, which takes commands of its developer tools.
    pub fn is_chrome(&self) -> bool {
        self.capability("/browserName").and_then(Value::as_str).is_some_and(|name| name.contains("chrom"))
    }

    /// Ends the test, which has not failed, unless the browser is Chrome.
    fn needs_chrome(&self, what: &str) {
        if !self.is_chrome() {
            // Without the words that a panic prints.
            std::panic::resume_unwind(Box::new(OnlyChrome(what.to_owned())));
        }
    }

    /// Sets the size of the viewport, in CSS pixels.
    pub async fn resize(&self, width: u32, height: u32) {
        if self.is_chrome() {
            // The frame of headless windows is negligible, but Chrome does not resize windows to less than 500 pixels this way.
            let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
            self.devtools("Emulation.setDeviceMetricsOverride", size).await;
            return;
        }
        let mut outer = (width, height);
        for _ in 0..3 {
            self.client.set_window_size(outer.0, outer.1).await.expect("the window can be resized");
            let inner = numbers(&self.script("return [innerWidth, innerHeight]").await);
            if inner == [f64::from(width), f64::from(height)] {
                return;
            }
            let missing = |wanted: u32, is: f64| (f64::from(wanted) - is) as i32;
            outer = (
                outer.0.saturating_add_signed(missing(width, inner[0])),
                outer.1.saturating_add_signed(missing(height, inner[1])),
            );
        }
        self.needs_chrome(&format!("a window of {width} x {height}"));
    }

    /// Sends a command of the protocol of Chrome's developer tools.
    pub async fn devtools(&self, command: &str, parameters: Value) {
        self.ask_devtools(command, parameters).await;
    }

    /// Sends a command of the protocol of Chrome's developer tools, and returns its result.
    pub async fn ask_devtools(&self, command: &str, parameters: Value) -> Value {
        self.needs_chrome(command);
        let sent = self.client.issue_cmd(driver::Devtools { command: command.into(), parameters }).await;
        sent.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// Runs JavaScript in the page by the developer tools, awaits what it returns, and hands that over or says what went wrong. Unlike [`Page::script`] it leaves
    /// nothing behind: the scripts of the driver cost some eighty bytes of the page's heap each.
    ///
    /// # Errors
    /// What the browser says, for example if the document is being replaced.
    pub async fn evaluate(&self, script: &str) -> Result<Value, String> {
        let parameters =
            json!({ "expression": format!("(async () => {{ {script} }})()"), "returnByValue": true, "awaitPromise": true });
        let sent = self.client.issue_cmd(driver::Devtools { command: "Runtime.evaluate".into(), parameters }).await;
        let mut answer = sent.map_err(|error| error.to_string())?;
        match answer.pointer("/exceptionDetails/exception/description") {
            Some(words) => Err(words.to_string()),
            None => Ok(answer["result"]["value"].take()),
        }
    }

    /// Adds JavaScript that runs in every page from now on, before the scripts of the page.
    pub async fn before_scripts(&self, script: &str) {
        self.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script })).await;
    }

    /// Emulates a light or dark colour scheme.
    pub async fn prefer(&self, scheme: &str) {
        if !self.is_chrome()
            && self.script(&format!("return matchMedia('(prefers-color-scheme: {scheme})').matches")).await == true
        {
            return;
        }
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.devtools("Emulation.setEmulatedMedia", features).await;
    }

    /// The whole address, including the part after the `#`.
    pub async fn address(&self) -> String {
        self.script("return location.href").await.as_str().unwrap_or_default().to_owned()
    }

    /// The part of the address after the `#`.
    pub async fn link(&self) -> String {
        self.address().await.split_once('#').map(|(_, link)| link.to_owned()).unwrap_or_default()
    }

    /// Runs JavaScript in the page and returns its result.
    pub async fn script(&self, script: &str) -> Value {
        let result = self.client.execute(script, vec![]).await;
        result.unwrap_or_else(|error| panic!("the script `{script}` fails: {error}"))
    }

    /// Runs JavaScript in the page and waits for the promise that it returns.
    pub async fn promise(&self, script: &str) -> Value {
        let script =
            format!("const done = arguments[0]; (async () => {{ {script} }})().then(done, error => done(String(error)));");
        let result = self.client.execute_async(&script, vec![]).await;
        result.unwrap_or_else(|error| panic!("the script `{script}` fails: {error}"))
    }

    /// Waits until the JavaScript expression `condition` is true. `what` completes "waited in vain until ...", and `seconds` is
    /// the longest time on an idle machine. What a test asserts after waiting must be the condition, or part of the same change.
    pub async fn until(&self, what: &str, seconds: u32, condition: &str) {
        let (begun, limit) = (Instant::now(), (PATIENCE * Duration::from_secs(seconds.into())).max(LEAST_PATIENCE));
        // The page evaluates the condition fifty times a second; this loop checks once a second that it still does.
        let script = format!(
            "const done = arguments[0], end = performance.now() + 1000;
             const look = () => {{
                 let held;
                 try {{ held = Boolean({condition}) }} catch (error) {{ held = String(error) }}
                 if (held === true || performance.now() > end) done(held); else setTimeout(look, 20);
             }};
             look()"
        );
        loop {
            let seen = self.client.execute_async(&script, vec![]).await;
            if matches!(seen, Ok(Value::Bool(true))) {
                return;
            }
            if begun.elapsed() >= limit {
                let limit = limit.as_secs();
                panic!("waited {limit} s in vain until {what}, last seen: {seen:?}\n{}", self.summary().await);
            }
            if seen.is_err() {
                // The document is being replaced, for example while a frame loads.
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }

    /// Waits until the page has this state, as in `<body data-state="running">`, and the numbers shown belong to it, as in
    /// `<body data-shown="3 running">` for the third run.
    pub async fn until_state(&self, state: &str, seconds: u32) {
        let mut condition = format!("document.body.dataset.state === '{state}'");
        if ["running", "paused", "finished", "diverged"].contains(&state) {
            condition += &format!(" && document.body.dataset.shown.endsWith(' {state}')");
        }
        self.until(&format!("the page is {state}"), seconds, &condition).await;
    }

    /// The number of the run whose numbers are shown; 0 before there are any.
    pub async fn run(&self) -> u64 {
        self.script("return parseInt(document.body.dataset.shown) || 0").await.as_u64().expect("runs are numbered")
    }

    /// Waits until numbers of another run than `run` are shown: of a later one, or of one that is returned to.
    pub async fn until_run_after(&self, run: u64, seconds: u32) {
        let condition = format!("(parseInt(document.body.dataset.shown) || {run}) !== {run}");
        self.until(&format!("another run than the {run}. is shown"), seconds, &condition).await;
    }

    /// Waits until another run than `run` has finished and its last numbers are shown.
    pub async fn until_finished_after(&self, run: u64, seconds: u32) {
        self.until_run_after(run, seconds).await;
        self.until_state("finished", seconds).await;
    }

    /// Waits until the worker has reported the roles of the modes after the last epoch, which the picture shows.
    pub async fn until_surveyed(&self, epoch: u32) {
        let condition = format!("document.querySelector('#modes').dataset.value === '{epoch}'");
        self.until(&format!("the modes are those of epoch {epoch}"), 10, &condition).await;
    }

    /// The page's state.
    pub async fn state(&self) -> String {
        self.script("return document.body.dataset.state").await.as_str().unwrap_or_default().to_owned()
    }

    /// The text of the full value of a displayed number, which is in `data-value` of `#loss` and the like.
    pub async fn exact(&self, selector: &str) -> String {
        let script = format!("return document.querySelector('{selector}').dataset.value");
        self.script(&script).await.as_str().unwrap_or_else(|| panic!("{selector} carries no value")).to_owned()
    }

    /// A shown number.
    pub async fn number(&self, selector: &str) -> f64 {
        let text = self.exact(selector).await;
        text.parse().unwrap_or_else(|_| panic!("{selector} carries `{text}`, which is no number"))
    }

    /// The epoch shown.
    pub async fn epoch(&self) -> f64 {
        self.number("#epoch").await
    }

    /// The element that a selector finds.
    pub async fn element(&self, selector: &str) -> Element {
        self.client.find(Locator::Css(selector)).await.unwrap_or_else(|error| panic!("{selector}: {error}"))
    }

    /// Clicks on an element.
    pub async fn click(&self, selector: &str) {
        self.element(selector).await.click().await.unwrap_or_else(|error| panic!("{selector} cannot be clicked: {error}"));
    }

    /// Replaces the contents of a field by `text`, without Enter.
    pub async fn overwrite(&self, selector: &str, text: &str) {
        self.script(&format!("const field = document.querySelector('{selector}'); field.focus(); field.select()")).await;
        let field = self.element(selector).await;
        field.send_keys(text).await.unwrap_or_else(|error| panic!("nothing can be typed into {selector}: {error}"));
    }

    /// Replaces the contents of a field by `text`, then presses Enter.
    pub async fn enter(&self, selector: &str, text: &str) {
        self.overwrite(selector, &format!("{text}\u{e007}")).await;
    }

    /// Gives an element the focus and sends it keys.
    pub async fn send(&self, selector: &str, keys: &str) {
        let element = self.element(selector).await;
        element.send_keys(keys).await.unwrap_or_else(|error| panic!("{selector} takes no keys: {error}"));
    }

    /// Chooses the option with this value.
    pub async fn choose(&self, selector: &str, value: &str) {
        let list = self.element(selector).await;
        list.select_by_value(value).await.unwrap_or_else(|error| panic!("{selector} has no choice `{value}`: {error}"));
    }

    /// Chooses a file with this text, as the button "Open" does. The file is not deleted, because the browser may read it later.
    pub async fn open_file(&self, name: &str, text: &str) {
        let file = Self::write_file(name, text);
        let input = self.element("#file").await;
        input.send_keys(&file.to_string_lossy()).await.expect("the file is chosen");
    }

    /// Writes a file that is to be opened, and says where. Each test has a folder of its own, since several are run at a time.
    pub fn write_file(name: &str, text: &str) -> PathBuf {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/opened").join(test_name());
        std::fs::create_dir_all(&folder).expect("the folder for temporary files can be written to");
        let file = folder.canonicalize().expect("the folder is there").join(name);
        std::fs::write(&file, text).expect("the file can be written");
        file
    }

    /// The contents of a field.
    pub async fn field(&self, selector: &str) -> String {
        let script = format!("return document.querySelector('{selector}').value");
        self.script(&script).await.as_str().unwrap_or_default().to_owned()
    }

    /// The visible text of an element; empty if it is hidden or missing.
    pub async fn text(&self, selector: &str) -> String {
        let script =
            format!("const e = document.querySelector('{selector}'); return e && e.checkVisibility() ? e.innerText : ''");
        self.script(&script).await.as_str().unwrap_or_default().trim().to_owned()
    }

    /// Waits in the page for some time and two animation frames.
    pub async fn pause(&self, milliseconds: u32) {
        self.promise(&format!(
            "await new Promise(resolve => setTimeout(resolve, {milliseconds}));
             for (let i = 0; i < 2; i++) await new Promise(resolve => requestAnimationFrame(resolve))"
        ))
        .await;
    }

    /// Asserts that axe-core finds no violations on the current page; `what` names it in the message.
    pub async fn audit(&self, what: &str) {
        if self.script("return typeof window.axe").await == "undefined" {
            let file = told("MULTIWELL_AXE");
            let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
            self.script(&text).await;
        }
        let found = self
            .promise(
                "const { violations } = await axe.run(document, { resultTypes: ['violations'] });
                 return violations.flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.html.slice(0, 160)}`))",
            )
            .await;
        let list: Vec<&str> =
            found.as_array().unwrap_or_else(|| panic!("{what}: {found}")).iter().filter_map(Value::as_str).collect();
        assert!(list.is_empty(), "{what}:\n  {}", list.join("\n  "));
    }

    /// Enters a frame, until [`Page::leave_frame`].
    pub async fn enter_frame(&self, selector: &str) {
        let frame = self.element(selector).await;
        frame.enter_frame().await.unwrap_or_else(|error| panic!("{selector} cannot be entered: {error}"));
    }

    /// Returns to the document that contains the frame.
    pub async fn leave_frame(&self) {
        self.client.enter_parent_frame().await.expect("the document around a frame can be entered");
    }

    /// The errors on the console since the last call. A missing icon of the site does not count.
    pub async fn errors(&self) -> Vec<String> {
        let entries = self.client.issue_cmd(driver::Console).await.unwrap_or_default();
        let severe = entries.as_array().into_iter().flatten().filter(|entry| entry["level"] == "SEVERE");
        severe.map(|entry| entry["message"].to_string()).filter(|text| !text.contains("favicon")).collect()
    }

    /// The state of the page, for the message of a failed test.
    pub async fn summary(&self) -> String {
        let mut text = String::new();
        let script = "return { state: document.body.dataset.state, link: location.hash,
            values: Object.fromEntries([...document.querySelectorAll('[id][data-value]')].map(e => [e.id, e.dataset.value])),
            messages: [...document.querySelectorAll('[id^=message]')].filter(e => e.innerText).map(e => e.id + ': ' + e.innerText) }";
        let seen = self.client.execute(script, vec![]).await;
        let _ = writeln!(text, "  the page: {}", seen.unwrap_or_default());
        for error in self.errors().await {
            let _ = writeln!(text, "  the console: {error}");
        }
        text
    }
}

//! End-to-end tests of the built page in a real browser, by default Chrome, driven by WebDriver. They read only the content of the page.
//!
//! `cargo xtask test --only page` builds the page, serves it and starts the driver. It sets the environment variables `MULTIWELL_PAGE` (address of
//! the page, with a slash at its end), `MULTIWELL_WEBDRIVER` (address of the driver), `MULTIWELL_CAPABILITIES` (file with the capabilities of the
//! browser), `MULTIWELL_AXE` (the script of axe-core), `MULTIWELL_SCREENSHOTS` (folder for screenshots of failures) and `MULTIWELL_DOCUMENTS` (address of the
//! folder `target/documents`, with a slash at its end).
//!
//! A failing test panics with a sentence. [`visit`] closes the browser in any case. `cargo xtask test --only firefox` runs the same tests in Firefox.
//! There, a test ends at the first request for a feature that only Chrome has.

#![allow(clippy::missing_panics_doc, reason = "everything here panics where the page does not do what is asked: so tests fail")]

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::wd::TimeoutConfiguration;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use driver::DriverCommand;

mod driver;
mod input;
mod pictures;
mod runs;
mod waits;

pub use fantoccini::key::Key;
pub use pictures::WATCH_TEXTS;
pub use runs::{visit_for_downloads, visit_run};

/// Factor on timeouts relative to an idle machine, and minimum timeout. Long timeouts cost nothing if the page works, and a busy machine is not an
/// error of the page.
const TIMEOUT_FACTOR: u32 = 6;
const MIN_TIMEOUT: Duration = Duration::from_mins(1);
/// Timeout of loading a page and of running a script.
const PAGE_TIMEOUT: Duration = Duration::from_mins(1);

/// Windows of a computer and of a phone in light and dark: width, height, and colour scheme.
pub const WINDOW_SETTINGS: [(u32, u32, &str); 4] =
    [(1280, 860, "light"), (390, 844, "dark"), (390, 844, "light"), (1280, 860, "dark")];
/// Link of a curve with two wells that is trained in about a second.
pub const QUICK_CURVE: &str = "benchmark=double-well&modes=3&hidden=8,8&recipe=paper&lr=0.01&gate-lr=0.01&epochs=600";
/// Link of a curve with two wells and five modes that is trained in at most two seconds.
pub const CURVE_LINK: &str = "benchmark=double-well&modes=5&hidden=8,8&recipe=paper&lr=0.01&gate-lr=0.01&epochs=1500";
/// JavaScript function that lists the ids of the visible selects, among those that a selector finds, that are narrower than their widest entry.
pub const CUT_SELECTS: &str = "const cutSelects = (selector) => [...document.querySelectorAll(selector)].filter((select) => {
        const copy = select.parentElement.appendChild(select.cloneNode(true));
        copy.style.cssText = 'position: fixed; width: max-content; min-width: 0';
        const isCut = select.checkVisibility() && copy.offsetWidth > select.offsetWidth + 1;
        copy.remove();
        return isCut;
    }).map((select) => select.id);";

/// Runtime of the connections to browsers. It outlives the tests, so that several tests can use a browser one after another.
static CONNECTIONS: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("threads can be started"));
/// Browsers of earlier tests, without their data.
static IDLE_BROWSERS: Mutex<Vec<Page>> = Mutex::new(Vec::new());

/// Reads the environment variables that `cargo xtask test` sets.
fn read_variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: these tests are run by `cargo xtask test --only page`"))
}

/// Name of the current test, in a form that is valid for files.
fn test_name() -> String {
    std::thread::current().name().unwrap_or("a test").replace("::", "-")
}

/// The numbers in a JSON array.
pub fn numbers(value: &Value) -> Vec<f64> {
    serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{value}: {error}"))
}

/// JavaScript expression for a frame, or for the frame of a `<multiwell-playground>`. It is undefined while there is none.
pub fn frame_in(selector: &str) -> String {
    format!(
        "[...document.querySelectorAll('{selector}')].map(e => e.localName === 'iframe' ? e : e.shadowRoot?.querySelector('iframe'))[0]"
    )
}

/// Silent panic of a test that needs a feature of Chrome. The test ends there and has not failed.
struct OnlyChrome(String);

/// Opens a browser window of 1280 x 860 pixels at `path` (relative to the address of the page), and runs `test` in it. A later test may use the
/// browser again, unless `test` has changed it by the developer tools. In another browser than Chrome, the test ends at the first request for a feature that only Chrome has. It then prints a line that begins with `only in Chrome:`.
pub async fn visit<T, F>(path: &str, test: T)
where
    T: FnOnce(Page) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    visit_in("MULTIWELL", path, test).await;
}

/// Opens a window in the browser whose driver and capabilities are in environment variables with this prefix, and runs `test` in it; see [`visit`].
/// `MULTIWELL` is the browser of all tests, and `MULTIWELL_CHROME` is Chrome, if the tests run in another browser.
pub async fn visit_in<T, F>(browser: &str, path: &str, test: T)
where
    T: FnOnce(Page) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let page = Page::open(browser).await;
    page.resize(1280, 860).await;
    page.goto(path).await;
    // The test runs in a separate task, so that the browser is closed after a panic.
    let outcome = tokio::spawn(test(page.clone())).await.map_err(tokio::task::JoinError::into_panic);
    let only = outcome.as_ref().err().and_then(|payload| payload.downcast_ref::<OnlyChrome>());
    if let Some(OnlyChrome(what)) = only {
        println!("only in Chrome: {}, from {what} on", test_name());
        return page.client.close().await.expect("the browser closes");
    }
    if let Err(payload) = outcome {
        let report = async {
            page.screenshot(&format!("failure-{}", test_name())).await;
            eprintln!("where it failed: {}\n{}", page.address().await, page.summary().await);
            page.client.clone().close().await
        };
        // A page that does not answer has no picture, and its browser does not close.
        let _ = tokio::time::timeout(MIN_TIMEOUT, report).await;
        std::panic::resume_unwind(payload);
    }
    let has_one_window = page.client.windows().await.is_ok_and(|windows| windows.len() == 1);
    if browser == "MULTIWELL" && page.is_chrome() && !page.is_changed.load(Ordering::Relaxed) && has_one_window {
        page.forget().await;
        IDLE_BROWSERS.lock().expect("no test panics here").push(page);
    } else {
        page.client.close().await.expect("the browser closes");
    }
}

/// A window of the browser.
#[derive(Clone, Debug)]
pub struct Page {
    client: Client,
    /// True if the developer tools have changed the browser.
    is_changed: Arc<AtomicBool>,
}

impl Page {
    async fn open(browser: &str) -> Self {
        let idle = || IDLE_BROWSERS.lock().expect("no test panics here").pop();
        if let Some(page) = (browser == "MULTIWELL").then(idle).flatten() {
            return page;
        }
        let (file, driver) = (read_variable(&format!("{browser}_CAPABILITIES")), read_variable(&format!("{browser}_WEBDRIVER")));
        let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
        let mut capabilities: serde_json::Map<String, Value> = serde_json::from_str(&text).expect("the capabilities are JSON");
        if capabilities.contains_key("goog:chromeOptions") {
            capabilities.insert("goog:loggingPrefs".into(), json!({ "browser": "ALL" }));
        }
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities);
        let client = CONNECTIONS.spawn(async move { builder.connect(&driver).await }).await;
        let client =
            client.expect("a task that does not panic").unwrap_or_else(|error| panic!("the browser does not start: {error}"));
        let limits = TimeoutConfiguration::new(Some(PAGE_TIMEOUT), Some(PAGE_TIMEOUT), None);
        client.update_timeouts(limits).await.expect("the driver takes limits");
        Self { client, is_changed: Arc::default() }
    }

    /// Removes everything that the pages of a test have stored in the browser.
    async fn forget(&self) {
        self.client.release_actions().await.expect("keys and buttons are released");
        // A text of the same origin, whose session storage only a document of that origin can clear.
        self.goto("embed.js").await;
        self.script("sessionStorage.clear()").await;
        let origin = json!({ "origin": Self::at("").trim_end_matches('/'), "storageTypes": "all" });
        self.command("Storage.clearDataForOrigin", origin).await;
        self.client.goto("about:blank").await.expect("an empty page opens");
        self.command("Page.resetNavigationHistory", json!({})).await;
        self.client.issue_cmd(DriverCommand::console()).await.expect("the console can be read");
    }

    /// Address of `path` in the served folder.
    pub fn at(path: &str) -> String {
        format!("{}{path}", read_variable("MULTIWELL_PAGE"))
    }

    /// Reloads `path`, even if only the part after the `#` differs.
    pub async fn goto(&self, path: &str) {
        self.client.goto("about:blank").await.expect("an empty page opens");
        self.client.goto(&Self::at(path)).await.expect("the page opens");
        // On a busy machine, Chrome's driver can return before the deferred scripts of the page have run.
        let loaded = "location.href !== 'about:blank' && document.readyState === 'complete'";
        self.until("the page has loaded", 60, loaded).await;
    }

    /// Opens an address, which may be that of another site.
    pub async fn goto_elsewhere(&self, address: &str) {
        self.client.goto(address).await.unwrap_or_else(|error| panic!("{address} does not open: {error}"));
    }

    /// Returns true if the browser is Chrome or Chromium, which accepts commands of its developer tools.
    pub fn is_chrome(&self) -> bool {
        let name = self.client.capabilities().and_then(|capabilities| capabilities.get("browserName")?.as_str());
        name.is_some_and(|name| name.contains("chrom"))
    }

    /// Ends the test without a failure, unless the browser is Chrome.
    fn needs_chrome(&self, what: &str) {
        if !self.is_chrome() {
            // The panic prints no message.
            std::panic::resume_unwind(Box::new(OnlyChrome(what.to_owned())));
        }
    }

    /// Sets the size of the viewport, in CSS pixels.
    pub async fn resize(&self, width: u32, height: u32) {
        if self.is_chrome() {
            // The frame of headless windows is negligible, but Chrome does not resize windows to less than 500 pixels this way.
            let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
            self.command("Emulation.setDeviceMetricsOverride", size).await;
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

    /// Emulates a phone with a dense screen.
    pub async fn emulate_phone(&self) {
        let phone = json!({ "width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true });
        self.devtools("Emulation.setDeviceMetricsOverride", phone).await;
    }

    /// Asserts that the document is not wider than the window.
    pub async fn assert_no_overflow(&self, what: &str) {
        let overflow = self.script("return document.documentElement.scrollWidth - innerWidth").await;
        assert!(overflow.as_i64().is_some_and(|pixels| pixels <= 0), "{what}: {overflow} pixels wider than the window");
    }

    /// Asserts that the picture covers at least half of the area of the window, and that nothing of it is cut off at the sides or above.
    pub async fn assert_picture_is_large(&self, what: &str) {
        let script = "const { left, right, top, bottom } = document.querySelector('#picture').getBoundingClientRect();
            return left < -1 || right > innerWidth + 1 || top < -1 ? 0 : (right - left) * (Math.min(bottom, innerHeight) - top) / (innerWidth * innerHeight)";
        let part = self.script(script).await;
        assert!(part.as_f64() >= Some(0.5), "{what}: the picture covers {part} of the window");
    }

    /// Asserts that elements of `selector` have the minimum height for a finger, 44 pixels.
    pub async fn assert_touchable(&self, what: &str, selector: &str) {
        let script = format!(
            "return [...document.querySelectorAll('{selector}')].filter(e => e.checkVisibility() && e.id !== 'skip')
                 .map(e => [e.tagName + '#' + e.id, e.getBoundingClientRect().height]).filter(([, height]) => height < 43.5)"
        );
        assert_eq!(self.script(&script).await, json!([]), "{what}: too small for a finger");
    }

    /// Emulates a touch screen.
    pub async fn emulate_touch(&self) {
        self.devtools("Emulation.setTouchEmulationEnabled", json!({ "enabled": true, "maxTouchPoints": 2 })).await;
    }

    /// Returns true if an element exists and is visible.
    pub async fn is_visible(&self, selector: &str) -> bool {
        self.script(&format!("return document.querySelector('{selector}')?.checkVisibility() ?? false")).await == json!(true)
    }

    /// Sends a command of the protocol of Chrome's developer tools, and returns its result.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.needs_chrome(command);
        self.is_changed.store(true, Ordering::Relaxed);
        self.command(command, parameters).await
    }

    /// Sends a command that leaves no trace in a later test.
    async fn command(&self, command: &str, parameters: Value) -> Value {
        let sent = self.client.issue_cmd(DriverCommand::devtools(command, &parameters)).await;
        sent.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// Runs JavaScript in the page by the developer tools, awaits its result and returns it. Unlike [`Page::script`], it leaves nothing in the page.
    /// Each script of the driver occupies about eighty bytes of the page's heap.
    ///
    /// # Errors
    /// Error of the browser, for example if the document is being replaced.
    pub async fn evaluate(&self, script: &str) -> Result<Value, String> {
        let parameters =
            json!({ "expression": format!("(async () => {{ {script} }})()"), "returnByValue": true, "awaitPromise": true });
        let sent = self.client.issue_cmd(DriverCommand::devtools("Runtime.evaluate", &parameters)).await;
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

    /// Changes the size of the window and the colour scheme.
    pub async fn enter_window(&self, (width, height, scheme): (u32, u32, &str)) {
        self.resize(width, height).await;
        self.prefer(scheme).await;
    }

    /// The whole address, including the part after the `#`.
    pub async fn address(&self) -> String {
        self.script("return location.href").await.as_str().unwrap_or_default().to_owned()
    }

    /// Part of the address after the `#`.
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

    /// Number of the run that is displayed; 0 before there are any.
    pub async fn run(&self) -> u64 {
        self.script("return parseInt(document.body.dataset.shown) || 0").await.as_u64().expect("runs are numbered")
    }

    /// The page's state.
    pub async fn state(&self) -> String {
        self.script("return document.body.dataset.state").await.as_str().unwrap_or_default().to_owned()
    }

    /// Text of the full value of a displayed number, from `data-value` of `#loss` and similar elements.
    pub async fn exact(&self, selector: &str) -> String {
        let script = format!("return document.querySelector('{selector}').dataset.value");
        self.script(&script).await.as_str().unwrap_or_else(|| panic!("{selector} carries no value")).to_owned()
    }

    /// A displayed number.
    pub async fn number(&self, selector: &str) -> f64 {
        let text = self.exact(selector).await;
        text.parse().unwrap_or_else(|_| panic!("{selector} carries `{text}`, which is no number"))
    }

    /// The displayed epoch.
    pub async fn epoch(&self) -> f64 {
        self.number("#epoch").await
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

    /// Asserts that axe-core finds no violations on the current page; `what` names it in the message.
    pub async fn audit(&self, what: &str) {
        if self.script("return typeof window.axe").await == "undefined" {
            let file = read_variable("MULTIWELL_AXE");
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

    /// Waits for a frame, or for the frame of a `<multiwell-playground>`, and enters it. [`Page::leave_frame`] leaves it.
    pub async fn enter_frame(&self, selector: &str) {
        let frame = frame_in(selector);
        self.until(&format!("the frame {selector} is there"), 20, &frame).await;
        let found = self.script(&format!("return {frame}")).await;
        let id = found.as_object().and_then(|found| found.values().next()?.as_str()).expect("a script returns elements");
        let frame = Element::from_element_id(self.client.clone(), id.to_owned().into());
        frame.enter_frame().await.unwrap_or_else(|error| panic!("{selector} cannot be entered: {error}"));
    }

    /// Returns to the document that contains the frame.
    pub async fn leave_frame(&self) {
        self.client.enter_parent_frame().await.expect("the document around a frame can be entered");
    }

    /// Errors on the console since the last call. A missing icon of the site is not counted.
    pub async fn errors(&self) -> Vec<String> {
        let entries = self.client.issue_cmd(DriverCommand::console()).await.unwrap_or_default();
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

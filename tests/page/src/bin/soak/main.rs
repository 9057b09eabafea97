//! Random use of the page for a long time, with a report about the growth of its memory. `cargo xtask soak` runs this program.
//!
//! The program fails on an error on the console of the page or of a worker, on a page that does not answer, and on a worker that has failed. After
//! about twenty actions, it returns to the same quiet state and reads the memory of the page. Events between two actions depend on the speed of the
//! machine. A seed therefore gives the same numbers, but not always the same actions.

mod act;
mod chance;
mod process;
mod readings;

use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use multiwell_page_tests::{Page, visit};
use serde_json::{Value, json};

use act::{ACTION_WEIGHTS, act, run, until};
use chance::SoakRandom;
use readings::{SoakReading, csv, report};

/// Maximum time until the page answers, in seconds.
const ANSWER_TIMEOUT_S: u32 = 30;
/// Number of actions between readings.
const BETWEEN_READINGS: u32 = 20;
/// Number of actions that are reported after a failure.
const REPORTED_ACTIONS: usize = 30;
/// Script that runs in each page before the scripts of the page.
const HELPERS_SCRIPT: &str = include_str!("page.js");

/// Condition that the page has been loaded.
const IS_LOADED: &str = "document.readyState === 'complete' && window.soak && document.body.dataset.state !== 'loading'";

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Recorded actions and readings.
#[derive(Debug, Default)]
struct Log {
    lines: Vec<String>,
    count: u32,
    readings: Vec<SoakReading>,
}

/// Waits for a result for at most `ANSWER_TIMEOUT_S` seconds. Only seconds that pass in this program count, so that a suspended machine is not a fault of
/// the page.
async fn within<T>(answer: impl Future<Output = T>) -> Option<T> {
    let mut answer = std::pin::pin!(answer);
    for _ in 0..ANSWER_TIMEOUT_S {
        if let Ok(answer) = tokio::time::timeout(Duration::from_secs(1), &mut answer).await {
            return Some(answer);
        }
    }
    None
}

/// A run of this program.
struct Soak {
    page: Page,
    chance: SoakRandom,
    log: Arc<Mutex<Log>>,
    begun: Instant,
    loaded: (u32, Instant),
    /// Folder of the browser's profile.
    profile: String,
}

impl Soak {
    fn log_action(&self, what: &str) {
        let mut log = self.log.lock().expect("nobody has panicked");
        log.lines.push(format!("{:7.1} s  {what}", self.begun.elapsed().as_secs_f64()));
    }

    /// Waits for a prompt answer of the page.
    async fn answered<T>(&self, what: &str, answer: impl Future<Output = T>) -> T {
        let begun = Instant::now();
        let answer = within(answer).await;
        if begun.elapsed() > Duration::from_secs(2) {
            self.log_action(&format!("answer after {:.0} s, {what}", begun.elapsed().as_secs_f64()));
        }
        answer.unwrap_or_else(|| panic!("the page did not answer within {ANSWER_TIMEOUT_S} s: {what}"))
    }

    async fn step(&mut self) {
        let action = self.chance.weighted(&ACTION_WEIGHTS);
        self.log_action(&format!("{action} …"));
        let (page, begun) = (self.page.clone(), Instant::now());
        let done = within(act(&page, action, &mut self.chance)).await;
        let done = done.unwrap_or_else(|| panic!("the page did not answer within {ANSWER_TIMEOUT_S} s: {action}"));
        {
            let mut log = self.log.lock().expect("nobody has panicked");
            log.lines.pop();
            log.count += 1;
        }
        let taken = begun.elapsed().as_secs_f64();
        let slow = if taken > 2.0 { format!(" ({taken:.0} s)") } else { String::new() };
        self.log_action(&format!("{done}{slow}"));
        if action == "reload" {
            self.loaded = (self.loaded.0 + 1, Instant::now());
        }
        tokio::time::sleep(Duration::from_millis(self.chance.between(0, 500).into())).await;
        self.look("after an action").await;
    }

    /// Panics if the page has an error. Returns to the page if the browser has gone back to another one.
    async fn look(&mut self, when: &str) {
        let errors = self.answered(when, self.page.errors()).await;
        assert!(errors.is_empty(), "on the console: {}", errors.join("\n"));
        let address = text_of(&self.answered(when, run(&self.page, "return location.href")).await);
        if !address.starts_with(&Page::at("index.html")) {
            self.go_to_page().await;
            self.log_action(&format!("return from {address}"));
        }
        let script = "return [document.body.dataset.state, document.getElementById('message-text').innerText]";
        let seen = self.answered(when, run(&self.page, script)).await;
        let (state, words) = (text_of(&seen[0]), text_of(&seen[1]));
        assert!(state != "failed" && state != "unsupported", "the page is {state}: {words}");
        assert!(!words.contains("internal error"), "{words}");
    }

    /// Opens the page again.
    async fn go_to_page(&mut self) {
        self.page.goto("index.html#face=lab").await;
        until(&self.page, "the page is there", IS_LOADED).await;
        self.loaded = (self.loaded.0 + 1, Instant::now());
    }

    /// Goes to the quiet state, and reads the memory of the page.
    async fn read(&mut self) {
        let page = self.page.clone();
        page.resize(1280, 860).await;
        page.prefer("light").await;
        self.answered("to be tidied", run(&page, "soak.tidy()")).await;
        // The run is one of the paper's task that has not been requested before.
        let seed = self.chance.between(1000, 1_000_000_000);
        run(&page, &format!("location.hash = 'benchmark=cosine-well&recipe=paper&epochs=317&seed={seed}&recipe_version=7'"))
            .await;
        until(&page, "the quiet state is there", &format!("soak.hasEnded('{seed}', '317')")).await;
        // Closes menus and dialogs that opened late.
        run(&page, "soak.tidy()").await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        self.look("in the quiet state").await;
        for _ in 0..2 {
            page.devtools("HeapProfiler.collectGarbage", json!({})).await;
        }
        let metrics = page.ask_devtools("Performance.getMetrics", json!({})).await;
        let metric = |name: &str| {
            let all = metrics["metrics"].as_array().into_iter().flatten();
            all.clone().find(|metric| metric["name"] == name).and_then(|metric| metric["value"].as_f64()).unwrap_or(f64::NAN)
        };
        let targets = page.ask_devtools("Target.getTargets", json!({})).await;
        let workers = targets["targetInfos"].as_array().into_iter().flatten().filter(|target| target["type"] == "worker").count();
        let module = run(&page, "return (await (await import('./multiwell_web.js')).default()).memory.buffer.byteLength").await;
        let reading = SoakReading {
            minutes: self.begun.elapsed().as_secs_f64() / 60.0,
            load: (self.loaded.0, self.loaded.1.elapsed().as_secs_f64() / 60.0),
            actions: self.log.lock().expect("nobody has panicked").count,
            heap: metric("JSHeapUsedSize") / 1e6,
            nodes: metric("Nodes"),
            listeners: metric("JSEventListeners"),
            documents: metric("Documents"),
            workers: workers as f64,
            module: module.as_f64().unwrap_or(f64::NAN) / 1e6,
            process: process::memory_of_renderer(&self.profile),
        };
        self.log_action("quiet state");
        self.log.lock().expect("nobody has panicked").readings.push(reading);
    }

    async fn run(mut self, length: Duration) {
        let page = self.page.clone();
        page.before_scripts(HELPERS_SCRIPT).await;
        page.devtools("Browser.setDownloadBehavior", json!({ "behavior": "deny" })).await;
        page.devtools("Page.setInterceptFileChooserDialog", json!({ "enabled": true })).await;
        page.devtools("Performance.enable", json!({})).await;
        self.go_to_page().await;
        self.read().await;
        let mut told = 0;
        while self.begun.elapsed() < length {
            for _ in 0..BETWEEN_READINGS {
                self.step().await;
            }
            self.read().await;
            let minute = self.begun.elapsed().as_secs() / 60;
            if minute > told {
                told = minute;
                let log = self.log.lock().expect("nobody has panicked");
                let last = log.readings.last().copied().unwrap_or_default();
                println!(
                    "[soak] {minute} min, {} actions: heap {:.2} MB, {:.0} nodes, {:.0} listeners, {:.0} workers, process {:.0} MB",
                    log.count, last.heap, last.nodes, last.listeners, last.workers, last.process
                );
            }
        }
    }
}

/// Number in an environment variable that `cargo xtask soak` sets.
fn read_variable<T: std::str::FromStr>(name: &str) -> T {
    let text = std::env::var(name).ok().and_then(|text| text.parse().ok());
    text.unwrap_or_else(|| panic!("{name} is not set: this is run by `cargo xtask soak`"))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let (minutes, seed): (f64, u64) = (read_variable("MULTIWELL_SOAK_MINUTES"), read_variable("MULTIWELL_SOAK_SEED"));
    println!("[soak] the page is used by chance for {minutes} min, seed {seed}");
    let log = Arc::<Mutex<Log>>::default();
    let shared = log.clone();
    let outcome = tokio::spawn(visit("style.css", move |page| {
        let profile = page.capability("/chrome/userDataDir").and_then(Value::as_str).unwrap_or_default().to_owned();
        let now = Instant::now();
        Soak { page, chance: SoakRandom::from_seed(seed), log: shared, begun: now, loaded: (0, now), profile }
            .run(Duration::from_secs_f64(60.0 * minutes))
    }))
    .await;
    let log = log.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let folder = std::path::PathBuf::from(read_variable::<String>("MULTIWELL_SCREENSHOTS"));
    let written = std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(folder.join("readings.csv"), csv(&log.readings)))
        .and_then(|()| std::fs::write(folder.join("actions.txt"), log.lines.join("\n") + "\n"));
    match written {
        Ok(()) => println!("[soak] {} actions; all of them and all readings are in {}", log.count, folder.display()),
        Err(error) => eprintln!("[soak] {}: {error}", folder.display()),
    }
    println!("{}", report(&log.readings));
    if outcome.is_ok() {
        return ExitCode::SUCCESS;
    }
    println!("[soak] failed, seed {seed}. What was done last:");
    for line in log.lines.iter().skip(log.lines.len().saturating_sub(REPORTED_ACTIONS)) {
        println!("  {line}");
    }
    ExitCode::FAILURE
}

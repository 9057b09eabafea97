//! Random use of the page for a long time. `cargo xtask soak` runs this program.
//!
//! The library gremlins.js performs most actions. After each batch of actions, the program returns to the same quiet state and reads the memory of the
//! page. It fails on an error on the console of the page or of a worker, on a failed worker, on a page that does not answer, and on growth of the
//! memory. A seed gives the same random numbers. The content of the page at each action depends on the speed of the machine.

use std::time::{Duration, Instant};

use multiwell_page_tests::{Page, visit};
use rand::{Rng, SeedableRng, seq::IteratorRandom};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde_json::{Value, json};

/// Maximum time until the page answers.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// Number of actions between readings.
const BATCH_ACTIONS: u32 = 40;
/// Number of actions that are printed after a failure.
const PRINTED_ACTIONS: usize = 30;
/// Minimum number of readings for the test of growth. In fewer readings, the second fifth contains the first use of each part of the page.
const MIN_READINGS: usize = 60;
/// Maximum relative growth that is accepted as constant.
const GROWTH_SLACK: f64 = 0.05;
/// Settings of links. Some of them are invalid.
const LINK_SETTINGS: &str = "modes=12|recipe=paper|epochs=400|seed=5|noise=0.05|samples=60|hidden=6,5|view=physics|face=simple|formula=x^4-a*x^2|\
    formula=q(x)|modes=1e9|lr=-5|hidden=a|%zz|benchmark=nowhere";
/// Condition that a document has been loaded.
const IS_LOADED: &str = "document.readyState === 'complete' && !window.isOld && document.body.dataset.state !== 'loading'";
/// Script that closes everything that is open or pinned.
const TIDY_SCRIPT: &str = "document.querySelectorAll('dialog[open]').forEach((dialog) => dialog.close());
    document.querySelectorAll('details.menu[open], details.term[open]').forEach((details) => (details.open = false));
    for (const button of document.querySelectorAll('#pinned button, #message-close, [data-lesson=close]')) {
        if (!/show/.test(button.innerText)) button.click();
    }
    if (document.body.dataset.face !== 'lab') byId('face').click();
    byId('speed').value = byId('speed').max;
    byId('speed').dispatchEvent(new Event('input'));
    if (byId('view-landscape').checkVisibility()) byId('view-landscape').click();
    scrollTo(0, 0);";

/// A run of this program.
struct Soak {
    page: Page,
    seed: u64,
    random: Xoshiro256PlusPlus,
    begun: Instant,
    actions: Vec<String>,
}

impl Drop for Soak {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let first = self.actions.len().saturating_sub(PRINTED_ACTIONS);
            println!("[soak] failed with the seed {}. The last of {} actions:", self.seed, self.actions.len());
            println!("  {}", self.actions[first..].join("\n  "));
        }
    }
}

impl Soak {
    /// Waits for an answer of the page.
    async fn within<T>(task: &str, answer: impl Future<Output = T>) -> T {
        let answer = tokio::time::timeout(ANSWER_TIMEOUT, answer).await;
        answer.unwrap_or_else(|_| panic!("the page did not answer within {} s: {task}", ANSWER_TIMEOUT.as_secs()))
    }

    /// Runs a script in the page.
    async fn run(&self, script: &str) -> Value {
        let answer = Self::within(script, self.page.evaluate(script)).await;
        answer.unwrap_or_else(|error| panic!("`{script}`: {error}"))
    }

    /// Waits until an expression is true in the page, even if the document is replaced meanwhile.
    async fn until(&self, condition: &str) {
        let script = format!("return Boolean({condition})");
        Self::within(condition, async {
            while self.page.evaluate(&script).await != Ok(Value::Bool(true)) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        })
        .await;
    }

    async fn open(&self) {
        self.page.goto("index.html#face=lab").await;
        self.until(IS_LOADED).await;
    }

    /// Runs a script that may replace the document. It then has no answer.
    async fn leave(&self, script: &str) -> String {
        let _ = Self::within(script, self.page.evaluate(script)).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        self.until(IS_LOADED).await;
        script.into()
    }

    /// Performs an action, and returns its description.
    async fn act(&mut self) -> String {
        let random = &mut self.random;
        match random.random_range(0..200) {
            0 => self.leave("window.isOld = true; location.reload()").await,
            1..8 => self.leave("history.back()").await,
            8..12 => self.leave("history.forward()").await,
            12..22 => {
                let (k, part) = (random.random_range(0..100), LINK_SETTINGS.split('|').choose(random).expect("a setting"));
                let benchmark = format!("byId('benchmark').options[{k} % byId('benchmark').options.length].value");
                let script = format!("return location.hash = `benchmark=${{{benchmark}}}&{part}&recipe_version=9`");
                format!("follow {}", self.run(&script).await)
            }
            22..26 => {
                let columns = "x,y|x,force|t,x|x|é".split('|').choose(random).expect("a header");
                let rows: Vec<_> = (0..random.random_range(1..80)).map(|k| format!("{k},{}", random.random::<f64>())).collect();
                self.page.open_file("own.csv", &format!("{columns}\n{}\n", rows.join("\n"))).await;
                format!("open a table of {columns}")
            }
            26..31 => {
                let (width, height) = (random.random_range(320..1601), random.random_range(400..1101));
                self.page.resize(width, height).await;
                format!("resize to {width} x {height}")
            }
            _ => {
                let script = format!("return await act({})", random.random::<u32>());
                format!("{script}: {}", self.run(&script).await)
            }
        }
    }

    /// Panics if the page has an error. Opens the page again if the browser has gone back to an empty document.
    async fn check(&self) {
        let errors = Self::within("the console", self.page.errors()).await;
        assert!(errors.is_empty(), "on the console: {}", errors.join("\n"));
        let seen = self.run("return `${document.body.dataset.state}: ${byId('message-text')?.innerText}`").await;
        let seen = seen.as_str().unwrap_or_default();
        let is_failed = seen.starts_with("failed") || seen.starts_with("unsupported") || seen.contains("internal error");
        assert!(!is_failed, "the page is {seen}");
        if seen.starts_with("undefined") {
            self.open().await;
        }
    }

    /// Goes to the quiet state. Returns the minutes, the number of actions, the heap in megabytes, and the numbers of nodes and listeners.
    async fn read(&mut self) -> [f64; 5] {
        self.page.resize(1280, 860).await;
        self.run(TIDY_SCRIPT).await;
        let seed = self.random.random_range(1000..1_000_000_000);
        self.run(&format!("location.hash = 'benchmark=cosine-well&recipe=paper&epochs=317&seed={seed}&recipe_version=9'")).await;
        // A user would continue a run that is paused.
        let resume = "document.body.dataset.state === 'paused' && byId('run').click()";
        let is_run = format!("byId('control-seed').value === '{seed}' && byId('epoch').dataset.value === '317'");
        self.until(&format!("{is_run} && document.body.dataset.shown.endsWith(' finished') || {resume}")).await;
        // Menus and dialogs may have opened late.
        self.run(TIDY_SCRIPT).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        self.check().await;
        for _ in 0..2 {
            self.page.devtools("HeapProfiler.collectGarbage", json!({})).await;
        }
        let metrics = self.page.devtools("Performance.getMetrics", json!({})).await;
        let metric = |name| metrics["metrics"].as_array()?.iter().find(|metric| metric["name"] == name)?["value"].as_f64();
        let [heap, nodes, listeners] =
            ["JSHeapUsedSize", "Nodes", "JSEventListeners"].map(|name| metric(name).unwrap_or(f64::NAN));
        [self.begun.elapsed().as_secs_f64() / 60.0, self.actions.len() as f64, heap / 1e6, nodes, listeners]
    }

    async fn soak(mut self, length: Duration, library: String) {
        self.page.before_scripts(&library).await;
        self.page.before_scripts(include_str!("soak.js")).await;
        self.page.devtools("Browser.setDownloadBehavior", json!({ "behavior": "deny" })).await;
        self.page.devtools("Page.setInterceptFileChooserDialog", json!({ "enabled": true })).await;
        self.page.devtools("Performance.enable", json!({})).await;
        self.open().await;
        let mut readings = vec![self.read().await];
        while self.begun.elapsed() < length {
            for _ in 0..BATCH_ACTIONS {
                let done = self.act().await;
                self.actions.push(done);
                self.check().await;
            }
            readings.push(self.read().await);
            if readings.len() % 10 == 0 {
                println!("[soak] {} actions in {:.1} min", self.actions.len(), self.begun.elapsed().as_secs_f64() / 60.0);
            }
        }
        println!("[soak]  minutes  actions  heap, MB    nodes  listeners");
        for [minutes, actions, heap, nodes, listeners] in (0..=5).map(|k| readings[(readings.len() - 1) * k / 5]) {
            println!("[soak] {minutes:8.1} {actions:8} {heap:9.2} {nodes:8} {listeners:10}");
        }
        let is_flat = [("heap", 2), ("nodes", 3)].map(|(name, column)| {
            let (before, after, limit) = compare_fifths(&readings.iter().map(|reading| reading[column]).collect::<Vec<_>>());
            println!("[soak] {name}: median {before:.2} of the second fifth, {after:.2} of the last fifth, limit {limit:.2}");
            after <= limit
        });
        assert!(readings.len() < MIN_READINGS || is_flat == [true; 2], "the memory of the page grows");
    }
}

/// Medians of the second and of the last fifth of numbers, and the maximum of the latter for constant memory.
fn compare_fifths(numbers: &[f64]) -> (f64, f64, f64) {
    let quantile = |fifth: usize, part: f64| {
        let mut sorted = numbers[numbers.len() * fifth / 5..(numbers.len() * (fifth + 1)).div_ceil(5)].to_vec();
        sorted.sort_by(f64::total_cmp);
        sorted[((sorted.len() - 1) as f64 * part).round() as usize]
    };
    let (before, spread) = (quantile(1, 0.5), quantile(1, 0.75) - quantile(1, 0.25));
    (before, quantile(4, 0.5), before + spread.max(GROWTH_SLACK * before))
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let variable = |name| std::env::var(name).expect("`cargo xtask soak` runs this program");
    let numbers: Vec<u64> = variable("MULTIWELL_SOAK").split(' ').map(|number| number.parse().expect("a number")).collect();
    let [minutes, seed] = numbers[..] else { panic!("MULTIWELL_SOAK has the minutes and the seed") };
    let library = std::fs::read_to_string(variable("MULTIWELL_GREMLINS")).expect("gremlins.js is installed");
    println!("[soak] random use of the page for {minutes} min with the seed {seed}");
    visit("style.css", move |page| {
        let random = Xoshiro256PlusPlus::seed_from_u64(seed);
        Soak { page, seed, random, begun: Instant::now(), actions: Vec::new() }.soak(Duration::from_secs(60 * minutes), library)
    })
    .await;
}

#[cfg(test)]
mod tests {
    #[test]
    fn growth_is_detected() {
        let numbers =
            |slope: f64| (0..240).map(|k| 5.0 + slope * f64::from(k) + f64::from(k * 7919 % 13) / 10.0).collect::<Vec<_>>();
        let [(_, still, limit), (_, grown, exceeded)] = [0.0, 0.01].map(|slope| super::compare_fifths(&numbers(slope)));
        assert!(still <= limit && grown > exceeded);
    }
}

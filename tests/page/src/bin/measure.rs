//! Measurements of a page that trains while it is used. They are layout shift, time of the first picture on a slow network, long tasks, and the times
//! between pictures. `cargo xtask measure` runs this program. It only prints: no test asserts these times, which a busy machine would change.

use multiwell_page_tests::{numbers, visit};
use serde_json::{Value, json};

/// Maximum layout shift of a page: half of the limit of 0.1 in Google's core web vitals.
const SHIFT_BAR: f64 = 0.05;
/// Maximum fraction of the main thread for tasks of more than 50 ms.
const LONG_BAR: f64 = 0.01;
/// Duration for which training is observed, in milliseconds.
const WATCHED_MS: u32 = 10_000;

/// Every benchmark, with a link for a short run and a link for a run that does not end.
const MEASURED_BENCHMARKS: [(&str, &str, &str); 13] = [
    ("double-well", "", "recipe=paper&epochs=100000000"),
    ("cosine-well", "", "recipe=paper&epochs=100000000"),
    ("three-well", "", "recipe=paper&epochs=100000000"),
    ("random-wells", "", "recipe=paper&epochs=100000000"),
    ("random-landscape", "recipe=paper&epochs=300", "recipe=paper&epochs=100000000"),
    ("muller-brown", "recipe=paper&epochs=300", "recipe=paper&epochs=100000000"),
    ("mechanochemical", "recipe=paper&samples=200&epochs=60", "recipe=paper&epochs=100000000"),
    ("gene-circuit", "samples=200&epochs=100", "recipe=paper&epochs=100000000"),
    ("formula", "recipe=paper&epochs=300", "recipe=paper&epochs=100000000"),
    ("drawing", "", "recipe=paper&epochs=100000000"),
    ("drawn-samples", "", "modes=16&hidden=40,40&epochs=1000000"),
    ("schlogl", "epochs=100", "epochs=1000000"),
    ("metamaterial", "samples=50&batch=20&epochs=10", "epochs=1000000"),
];

/// Script that records, from the beginning, every layout shift with the elements that moved, and the first picture of the run.
const RECORD_SCRIPT: &str = "window.shifts = []; window.drawn = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
            if (entry.hadRecentInput) continue;
            const moved = entry.sources.map(({ node }) => node && (node.id ? '#' + node.id : node.nodeName.toLowerCase() + '.' + (node.className ?? '')));
            window.shifts.push({ at: entry.startTime, by: entry.value, moved, state: document.body?.dataset.state });
        }
    }).observe({ type: 'layout-shift', buffered: true });
    window.wiped = [];
    const wipe = CanvasRenderingContext2D.prototype.clearRect;
    CanvasRenderingContext2D.prototype.clearRect = function (...box) {
        if (this.canvas.checkVisibility({ visibilityProperty: true }) && this.canvas.closest('#picture')) {
            window.drawn ||= performance.now();
            // The plots of one frame are drawn one after another.
            if (performance.now() - (window.wiped.at(-1) ?? -100) > 8) window.wiped.push(performance.now());
        }
        return wipe.apply(this, box);
    };";

/// Script that starts a worker `clock`, which records its own delays in `late`. It defines a function `own` that returns the lengths of the spans
/// without such a delay. A span with a delay of the clock was delayed by the machine. `clock.terminate()` ends the worker.
const CLOCK_SCRIPT: &str = "const clock = new Worker(URL.createObjectURL(new Blob([`
        let last = performance.now();
        setInterval(() => {
            const now = performance.now();
            if (now - last > 40) postMessage([last, now].map((time) => time + performance.timeOrigin));
            last = now;
        }, 10)`])));
    const late = [];
    clock.onmessage = ({ data }) => late.push(data.map((time) => time - performance.timeOrigin));
    const own = (spans) => spans.filter(([from, to]) => !late.some(([begin, end]) => begin < to && from < end)).map(([from, to]) => to - from);";

/// Maximum sum of shifts in a window of at most five seconds without a pause of one second, as in core web vitals. Also returns the elements that
/// moved furthest.
fn layout_shift(shifts: &Value) -> (f64, String) {
    let (mut largest, mut sum, mut begun, mut last) = (0.0_f64, 0.0, f64::NEG_INFINITY, f64::NEG_INFINITY);
    let (mut worst, mut told) = (0.0, String::new());
    for shift in shifts.as_array().into_iter().flatten() {
        let (at, by) = (shift["at"].as_f64().unwrap_or_default(), shift["by"].as_f64().unwrap_or_default());
        if at - last > 1000.0 || at - begun > 5000.0 {
            (sum, begun) = (0.0, at);
        }
        (sum, last) = (sum + by, at);
        largest = largest.max(sum);
        if by > worst {
            worst = by;
            let moved: Vec<&str> = shift["moved"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            told =
                format!("{by:.3} at {:.1} s, {}: {}", at / 1000.0, shift["state"].as_str().unwrap_or_default(), moved.join(" "));
        }
    }
    (largest, told)
}

async fn shifts_of(benchmark: &'static str, link: &'static str) {
    for (width, height) in [(1280, 860), (390, 844)] {
        visit("style.css", move |page| async move {
            page.resize(width, height).await;
            page.before_scripts(RECORD_SCRIPT).await;
            page.goto(&format!("index.html#benchmark={benchmark}&recipe_version=9&{link}")).await;
            page.until_state("finished", 120).await;
            page.pause(1500).await;
            let (shift, told) = layout_shift(&page.script("return window.shifts").await);
            let verdict = if shift <= SHIFT_BAR { "" } else { "above the bar" };
            println!("  {benchmark:<18}{width:>6}{shift:>9.3}  {verdict:<14} {told}");
        })
        .await;
    }
}

/// Time of the first picture on a slow network and a slow processor. Both have Lighthouse's settings for a phone.
async fn first_picture(width: u32, height: u32, benchmark: &'static str) {
    visit("style.css", move |page| async move {
        page.resize(width, height).await;
        page.before_scripts(RECORD_SCRIPT).await;
        let rate = 1.6e6 / 8.0;
        page.devtools("Network.enable", json!({})).await;
        page.devtools("Network.emulateNetworkConditions", json!({ "offline": false, "latency": 150, "downloadThroughput": rate, "uploadThroughput": rate })).await;
        page.devtools("Emulation.setCPUThrottlingRate", json!({ "rate": 4 })).await;
        let link = if benchmark.is_empty() { String::new() } else { format!("#benchmark={benchmark}") };
        page.goto(&format!("index.html{link}")).await;
        page.until("the picture of the run is there", 60, "window.drawn").await;
        let times = page
            .script(
                "const parts = performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'));
                 const sum = (what) => parts.reduce((all, part) => all + part[what], 0) / 1000;
                 return [performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0, window.drawn, sum('encodedBodySize'), sum('decodedBodySize')]",
            )
            .await;
        let [paint, drawn, sent, whole] = numbers(&times)[..] else { panic!("{times}") };
        let name = if benchmark.is_empty() { "as it opens" } else { benchmark };
        println!("  {name:<18}{width:>6}{:>8.2} s{:>11.2} s{sent:>9.0} KB{whole:>9.0} KB", paint / 1000.0, drawn / 1000.0);
    })
    .await;
}

async fn training_of(benchmark: &'static str, link: &'static str) {
    visit("style.css", move |page| async move {
        page.resize(1280, 860).await;
        page.before_scripts(RECORD_SCRIPT).await;
        // The clock runs in a worker of this program.
        page.devtools("Page.setBypassCSP", json!({ "enabled": true })).await;
        page.goto(&format!("index.html#benchmark={benchmark}&recipe_version=9&{link}")).await;
        page.until("it trains", 60, "Number(document.querySelector('#epoch')?.dataset.value) > 0 && window.drawn").await;
        page.pause(1000).await;
        let before = page.epoch().await;
        let seen = page
            .promise(&format!(
                "{CLOCK_SCRIPT}
                 const long = [];
                 const observer = new PerformanceObserver((list) => {{
                     for (const task of list.getEntries()) long.push([task.startTime, task.startTime + task.duration]);
                 }});
                 observer.observe({{ type: 'longtask' }});
                 window.wiped.length = 0;
                 await new Promise((resolve) => setTimeout(resolve, {WATCHED_MS}));
                 const gaps = window.wiped.slice(1).map((time, k) => [window.wiped[k], time]);
                 await new Promise((resolve) => setTimeout(resolve, 200));
                 observer.disconnect();
                 clock.terminate();
                 return [own(long), own(gaps), late.reduce((sum, [begin, end]) => sum + end - begin, 0)]"
            ))
            .await;
        let seconds = f64::from(WATCHED_MS) / 1000.0;
        let rate = (page.epoch().await - before) / seconds;
        let (long, mut gaps) = (numbers(&seen[0]), numbers(&seen[1]));
        gaps.sort_by(f64::total_cmp);
        let busy = seen[2].as_f64().unwrap_or_default() / f64::from(WATCHED_MS);
        let share = long.iter().fold(0.0, |sum, task| sum + task) / f64::from(WATCHED_MS);
        let [median, largest] = [gaps.get(gaps.len() / 2), gaps.last()].map(|gap| gap.copied().unwrap_or(f64::NAN));
        let verdict = if share <= LONG_BAR { "" } else { "  above the bar" };
        println!(
            "  {benchmark:<18}{:>6}{:>8.2} %{median:>9.0} ms{largest:>8.0} ms{rate:>12.1}{:>7.0} %{verdict}",
            long.len(),
            100.0 * share,
            100.0 * busy
        );
    })
    .await;
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    // `MULTIWELL_MEASURE` selects one benchmark.
    let only = std::env::var("MULTIWELL_MEASURE").unwrap_or_default();
    let chosen = || MEASURED_BENCHMARKS.into_iter().filter(|(benchmark, ..)| only.is_empty() || *benchmark == only);
    println!(
        "\nThe first picture on slow 4G (150 ms, 1.6 Mbit/s) with a quarter of the processor; gzipped, nothing kept from before."
    );
    println!("Main thread and page are slowed down; the worker that trains is not.");
    println!("  {:<18}{:>6}{:>10}{:>13}{:>12}{:>12}", "", "width", "paint", "landscape", "sent", "unpacked");
    if only.is_empty() {
        for (width, height) in [(1280, 860), (390, 844)] {
            for benchmark in ["", "gene-circuit", "metamaterial"] {
                first_picture(width, height, benchmark).await;
            }
        }
    }
    println!(
        "\nTen seconds of training at 1280 pixels: tasks of more than 50 ms (the bar is 1 %), time between pictures, epochs a second. Moments in which the machine was busy with something else (last column) are left out."
    );
    println!("  {:<18}{:>6}{:>10}{:>12}{:>11}{:>12}{:>9}", "", "long", "share", "median", "largest", "epochs/s", "busy");
    for (benchmark, _, link) in chosen() {
        training_of(benchmark, link).await;
    }
    println!("\nCumulative layout shift over load and a whole run (the bar is {SHIFT_BAR}), and the largest single shift.");
    println!("  {:<18}{:>6}{:>9}", "", "width", "shift");
    for (benchmark, link, _) in chosen() {
        shifts_of(benchmark, link).await;
    }
}

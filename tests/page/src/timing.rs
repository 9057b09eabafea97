//! Measurements of times on the page.

use serde_json::{Value, json};

use crate::Page;

/// Script that starts a worker `clock`, which records its own delays in `late`. It defines a function `own` that returns the lengths of the spans
/// without such a delay. A span with a delay of the clock was delayed by the machine. `clock.terminate()` ends the worker.
pub const CLOCK_SCRIPT: &str = "const clock = new Worker(URL.createObjectURL(new Blob([`
        let last = performance.now();
        setInterval(() => {
            const now = performance.now();
            if (now - last > 40) postMessage([last, now].map((time) => time + performance.timeOrigin));
            last = now;
        }, 10)`])));
    const late = [];
    clock.onmessage = ({ data }) => late.push(data.map((time) => time - performance.timeOrigin));
    const own = (spans) => spans.filter(([from, to]) => !late.some(([begin, end]) => begin < to && from < end)).map(([from, to]) => to - from);";

impl Page {
    /// Allows [`CLOCK_SCRIPT`] on the pages that are opened from now on.
    pub async fn let_be_timed(&self) {
        // The clock runs in a worker of the test.
        self.devtools("Page.setBypassCSP", json!({ "enabled": true })).await;
    }
}

/// The median and the maximum of some numbers.
///
/// # Panics
/// If there are none.
pub fn median_and_largest(numbers: &[f64]) -> (f64, f64) {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    (sorted[sorted.len() / 2], *sorted.last().expect("there are numbers"))
}

/// The numbers in a JSON array.
///
/// # Panics
/// If the text is not an array of numbers.
pub fn numbers(value: &Value) -> Vec<f64> {
    let entries = value.as_array().unwrap_or_else(|| panic!("{value} is no array"));
    entries.iter().map(|entry| entry.as_f64().expect("an array of numbers")).collect()
}

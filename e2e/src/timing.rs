//! Measures how evenly the page draws.

use std::time::Instant;

use serde_json::{Value, json};

use crate::{LEAST_PATIENCE, Page};

/// Begins a worker `clock` that notes in `late` when it was held up, from and to, and `own`, which leaves the spans that overlap with these out and says how
/// long the others are: what was held up as well is the machine's doing. To be ended by `clock.terminate()`.
pub const CLOCK: &str = "const clock = new Worker(URL.createObjectURL(new Blob([`
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
    /// Enables [`Page::gaps`] on the pages that are opened from now on.
    pub async fn let_be_timed(&self) {
        // The clock runs in a worker of the test.
        self.devtools("Page.setBypassCSP", json!({ "enabled": true })).await;
    }

    /// Collects the times, in milliseconds, that the page appends to the JavaScript array `times`, until there are a hundred
    /// gaps between them (or for two minutes), and returns the gaps, but for those during which the machine was busy ([`CLOCK`]).
    pub async fn gaps(&self, times: &str) -> Vec<f64> {
        let script = format!(
            "{CLOCK}
             {times}.length = 0;
             await new Promise(resolve => setTimeout(resolve, 5000));
             const gaps = {times}.slice(1).map((time, i) => [{times}[i], time]);
             await new Promise(resolve => setTimeout(resolve, 100));
             clock.terminate();
             return own(gaps)"
        );
        let (mut gaps, begun) = (Vec::new(), Instant::now());
        while gaps.len() < 100 && begun.elapsed() < 2 * LEAST_PATIENCE {
            gaps.extend(numbers(&self.promise(&script).await));
        }
        assert!(gaps.len() >= 20, "the machine was too busy for two minutes to time anything");
        gaps
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

//! Memory of the page in the quiet state, and its growth.

use std::fmt::Write as _;

/// Readings in the quiet state. Sizes are in megabytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SoakReading {
    /// Time in minutes from the beginning.
    pub minutes: f64,
    /// Number of times that the page has been loaded, and the minutes since the last time.
    pub load: (u32, f64),
    /// Number of actions before the reading.
    pub actions: u32,
    /// JavaScript heap of the page's main thread in use, after garbage collection.
    pub heap: f64,
    /// Number of nodes of all documents, attached or not.
    pub nodes: f64,
    /// Number of event listeners.
    pub listeners: f64,
    /// Number of documents.
    pub documents: f64,
    /// Number of running workers.
    pub workers: f64,
    /// Memory of the page's own module, without the modules in workers.
    pub module: f64,
    /// Memory of the process that renders the page; NaN if unknown.
    pub process: f64,
}

/// A column of the table.
type ReadingColumn = (&'static str, fn(&SoakReading) -> f64, usize);

/// Columns by name, value and decimals.
const READING_COLUMNS: [ReadingColumn; 7] = [
    ("heap, MB", |r| r.heap, 2),
    ("nodes", |r| r.nodes, 0),
    ("listeners", |r| r.listeners, 0),
    ("process, MB", |r| r.process, 0),
    ("documents", |r| r.documents, 0),
    ("workers", |r| r.workers, 0),
    ("module, MB", |r| r.module, 1),
];
/// Number of columns, from the first on, whose growth is tested.
const JUDGED_COLUMNS: usize = 4;
/// Maximum relative growth that is accepted as constant.
const GROWTH_SLACK: f64 = 0.05;
/// Minutes after a load that are excluded. In this time, modules arrive and the list of previous runs grows.
const WARM_UP_MINUTES: f64 = 3.0;

/// Quantile of some numbers, by the nearest rank; NaN if there are none.
fn quantile(numbers: &[f64], part: f64) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(((sorted.len().max(1) - 1) as f64 * part).round() as usize).copied().unwrap_or(f64::NAN)
}

/// Readings of the `k`-th fifth.
fn fifth(readings: &[SoakReading], k: usize) -> &[SoakReading] {
    &readings[readings.len() * k / 5..readings.len() * (k + 1) / 5]
}

/// Slope per hour over the readings of each load, common to all loads. The first minutes of each load are excluded.
fn slope(readings: &[SoakReading], value: fn(&SoakReading) -> f64) -> f64 {
    let (mut above, mut below) = (0.0, 0.0);
    let warm: Vec<&SoakReading> =
        readings.iter().filter(|reading| reading.load.1 >= WARM_UP_MINUTES && !value(reading).is_nan()).collect();
    for group in warm.chunk_by(|a, b| a.load.0 == b.load.0) {
        let mean = |of: &dyn Fn(&SoakReading) -> f64| group.iter().map(|reading| of(reading)).sum::<f64>() / group.len() as f64;
        let (middle, level) = (mean(&|reading| reading.minutes), mean(&value));
        for reading in group {
            above += (reading.minutes - middle) * (value(reading) - level);
            below += (reading.minutes - middle).powi(2);
        }
    }
    60.0 * above / below
}

/// The growth of one quantity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growth {
    /// Median of the second fifth of the readings, and median of the last fifth.
    pub medians: [f64; 2],
    /// Their difference per hour.
    pub hourly: f64,
    /// Slope per hour within loads.
    pub slope: f64,
    /// True if the growth is less than a twentieth, or less than the spread of the readings of the second fifth.
    pub is_flat: bool,
}

impl Growth {
    fn measure(readings: &[SoakReading], value: fn(&SoakReading) -> f64) -> Self {
        let of = |k: usize, what: fn(&SoakReading) -> f64| fifth(readings, k).iter().map(what).collect::<Vec<_>>();
        let medians = [1, 4].map(|k| quantile(&of(k, value), 0.5));
        let hours = (quantile(&of(4, |r| r.minutes), 0.5) - quantile(&of(1, |r| r.minutes), 0.5)) / 60.0;
        let (grown, second) = (medians[1] - medians[0], of(1, value));
        let spread = quantile(&second, 0.75) - quantile(&second, 0.25);
        Self {
            medians,
            hourly: grown / hours,
            slope: slope(readings, value),
            is_flat: grown <= (GROWTH_SLACK * medians[0]).max(spread),
        }
    }
}

/// Table of readings from the start to the end, with the result for their growth.
pub fn report(readings: &[SoakReading]) -> String {
    let mut text = format!("  {:>8}{:>9}", "minutes", "actions");
    for (name, ..) in READING_COLUMNS {
        write!(text, "{name:>13}").expect("text can be written");
    }
    for k in 0..=5 {
        let Some(reading) = readings.get((readings.len().max(1) - 1) * k / 5) else { break };
        write!(text, "\n  {:>8.1}{:>9}", reading.minutes, reading.actions).expect("text can be written");
        for (_, value, decimals) in READING_COLUMNS {
            write!(text, "{:>13.decimals$}", value(reading)).expect("text can be written");
        }
    }
    if readings.len() < 10 {
        return text + "\n\nToo short to judge growth: there are fewer than ten readings.";
    }
    text += "\n\nMedians of the second and of the last fifth, growth an hour between them, and within loads of the page:\n";
    for (name, value, decimals) in &READING_COLUMNS[..JUDGED_COLUMNS] {
        let Growth { medians: [before, after], hourly, slope, is_flat } = Growth::measure(readings, *value);
        if before.is_nan() {
            continue;
        }
        let verdict = if is_flat { "flat" } else { "GROWS" };
        let slope = if slope.is_nan() { "–".into() } else { format!("{slope:+.decimals$}") };
        writeln!(text, "  {name:<12}{before:>10.decimals$}{after:>10.decimals$}{hourly:>+12.decimals$}{slope:>12}   {verdict}")
            .expect("text can be written");
    }
    text
}

/// The readings as CSV.
pub fn csv(readings: &[SoakReading]) -> String {
    let mut text = String::from("minutes,load,since,actions,heap,nodes,listeners,process,documents,workers,module\n");
    for reading in readings {
        write!(text, "{:.3},{},{:.3},{}", reading.minutes, reading.load.0, reading.load.1, reading.actions)
            .expect("text can be written");
        for (_, value, _) in READING_COLUMNS {
            write!(text, ",{}", value(reading)).expect("text can be written");
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Readings every quarter of a minute for one hour, with a load every twenty minutes.
    fn hour(heap: impl Fn(f64, f64) -> f64) -> Vec<SoakReading> {
        let at = |k: u32| {
            let minutes = f64::from(k) / 4.0;
            let since = minutes % 20.0;
            let noise = f64::from(k * 7919 % 13) / 13.0 - 0.5;
            SoakReading {
                minutes,
                load: ((minutes / 20.0) as u32, since),
                actions: 20 * k,
                heap: heap(minutes, since) + 0.1 * noise,
                process: f64::NAN,
                ..SoakReading::default()
            }
        };
        (0..240).map(at).collect()
    }

    #[test]
    fn growth_is_detected() {
        let still = Growth::measure(&hour(|_, _| 5.0), |r| r.heap);
        assert!(still.is_flat && still.hourly.abs() < 0.1 && still.slope.abs() < 0.1, "{still:?}");
        let grows = Growth::measure(&hour(|minutes, _| 5.0 + minutes / 60.0), |r| r.heap);
        assert!(!grows.is_flat && (grows.hourly - 1.0).abs() < 0.1 && (grows.slope - 1.0).abs() < 0.1, "{grows:?}");
        // Growth that each load of the page resets is found within the loads.
        let sawtooth = Growth::measure(&hour(|_, since| 5.0 + since / 60.0), |r| r.heap);
        assert!((sawtooth.slope - 1.0).abs() < 0.1, "{sawtooth:?}");
        // The first minutes are excluded.
        let warms = Growth::measure(&hour(|_, since| 5.0 + since.min(3.0)), |r| r.heap);
        assert!(warms.slope.abs() < 0.1, "{warms:?}");
    }

    #[test]
    fn report_has_rows_at_each_fifth_of_the_hour() {
        let readings = hour(|minutes, _| 5.0 + minutes / 60.0);
        let text = report(&readings);
        let rows: Vec<&str> = text.lines().skip(1).take(6).map(|line| line.split_whitespace().next().unwrap()).collect();
        assert_eq!(rows, ["0.0", "11.8", "23.8", "35.8", "47.8", "59.8"]);
        assert!(text.contains("GROWS") && text.contains("nodes") && !text.lines().last().unwrap().contains("process"), "{text}");
        assert!(report(&readings[..3]).contains("Too short") && report(&[]).contains("Too short"));
        assert_eq!(csv(&readings).lines().count(), 241);
    }
}

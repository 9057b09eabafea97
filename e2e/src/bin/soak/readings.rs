//! What the page holds in a quiet moment, and whether it grows.

use std::fmt::Write as _;

/// What was read in a quiet moment. Sizes are in megabytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reading {
    /// When, in minutes from the beginning.
    pub minutes: f64,
    /// How many times the page had been loaded, and the minutes since then.
    pub load: (u32, f64),
    /// Actions before it.
    pub actions: u32,
    /// The heap of JavaScript in use, of the page's own thread, after its garbage was collected.
    pub heap: f64,
    /// Nodes of all documents, attached or not.
    pub nodes: f64,
    /// Listeners to events.
    pub listeners: f64,
    /// Documents.
    pub documents: f64,
    /// Workers that live.
    pub workers: f64,
    /// The memory of the page's own module, without those in workers.
    pub module: f64,
    /// The memory of the process that shows the page; not a number where that is not known.
    pub process: f64,
}

/// A column of the table.
type Column = (&'static str, fn(&Reading) -> f64, usize);

/// The columns by name, value and decimals.
const COLUMNS: [Column; 7] = [
    ("heap, MB", |r| r.heap, 2),
    ("nodes", |r| r.nodes, 0),
    ("listeners", |r| r.listeners, 0),
    ("process, MB", |r| r.process, 0),
    ("documents", |r| r.documents, 0),
    ("workers", |r| r.workers, 0),
    ("module, MB", |r| r.module, 1),
];
/// How many of them are judged, from the first on.
const JUDGED: usize = 4;
/// What counts as no growth, as a share.
const SLACK: f64 = 0.05;
/// In the first minutes after a load, modules arrive and the runs that can be returned to gather.
const WARM: f64 = 3.0;

/// The quantile of some numbers, by the nearest rank; not a number if there are none.
fn quantile(numbers: &[f64], part: f64) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(((sorted.len().max(1) - 1) as f64 * part).round() as usize).copied().unwrap_or(f64::NAN)
}

/// Where a fifth of the readings begins and ends.
fn fifth(readings: &[Reading], k: usize) -> &[Reading] {
    &readings[readings.len() * k / 5..readings.len() * (k + 1) / 5]
}

/// The slope per hour over the readings of each load but its first minutes, common to all loads.
fn slope(readings: &[Reading], value: fn(&Reading) -> f64) -> f64 {
    let (mut above, mut below) = (0.0, 0.0);
    let warm: Vec<&Reading> = readings.iter().filter(|reading| reading.load.1 >= WARM && !value(reading).is_nan()).collect();
    for group in warm.chunk_by(|a, b| a.load.0 == b.load.0) {
        let mean = |of: &dyn Fn(&Reading) -> f64| group.iter().map(|reading| of(reading)).sum::<f64>() / group.len() as f64;
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
    /// The median of the second fifth of the readings, and that of the last.
    pub medians: [f64; 2],
    /// Their difference per hour.
    pub hourly: f64,
    /// The slope per hour within loads.
    pub slope: f64,
    /// Whether the growth is less than a twentieth, or than the spread of the readings of the second fifth.
    pub is_flat: bool,
}

impl Growth {
    fn of(readings: &[Reading], value: fn(&Reading) -> f64) -> Self {
        let of = |k: usize, what: fn(&Reading) -> f64| fifth(readings, k).iter().map(what).collect::<Vec<_>>();
        let medians = [1, 4].map(|k| quantile(&of(k, value), 0.5));
        let hours = (quantile(&of(4, |r| r.minutes), 0.5) - quantile(&of(1, |r| r.minutes), 0.5)) / 60.0;
        let (grown, second) = (medians[1] - medians[0], of(1, value));
        let spread = quantile(&second, 0.75) - quantile(&second, 0.25);
        Self { medians, hourly: grown / hours, slope: slope(readings, value), is_flat: grown <= (SLACK * medians[0]).max(spread) }
    }
}

/// A table of readings from the start to the end, and a judgement of growth.
pub fn report(readings: &[Reading]) -> String {
    let mut text = format!("  {:>8}{:>9}", "minutes", "actions");
    for (name, ..) in COLUMNS {
        write!(text, "{name:>13}").expect("text can be written");
    }
    for k in 0..=5 {
        let Some(reading) = readings.get((readings.len().max(1) - 1) * k / 5) else { break };
        write!(text, "\n  {:>8.1}{:>9}", reading.minutes, reading.actions).expect("text can be written");
        for (_, value, decimals) in COLUMNS {
            write!(text, "{:>13.decimals$}", value(reading)).expect("text can be written");
        }
    }
    if readings.len() < 10 {
        return text + "\n\nToo short to judge growth: there are fewer than ten readings.";
    }
    text += "\n\nMedians of the second and of the last fifth, growth an hour between them, and within loads of the page:\n";
    for (name, value, decimals) in &COLUMNS[..JUDGED] {
        let Growth { medians: [before, after], hourly, slope, is_flat } = Growth::of(readings, *value);
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
pub fn csv(readings: &[Reading]) -> String {
    let mut text = String::from("minutes,load,since,actions,heap,nodes,listeners,process,documents,workers,module\n");
    for reading in readings {
        write!(text, "{:.3},{},{:.3},{}", reading.minutes, reading.load.0, reading.load.1, reading.actions)
            .expect("text can be written");
        for (_, value, _) in COLUMNS {
            write!(text, ",{}", value(reading)).expect("text can be written");
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Readings every quarter of a minute for an hour, with a load every twenty minutes.
    fn hour(heap: impl Fn(f64, f64) -> f64) -> Vec<Reading> {
        let at = |k: u32| {
            let minutes = f64::from(k) / 4.0;
            let since = minutes % 20.0;
            let noise = f64::from(k * 7919 % 13) / 13.0 - 0.5;
            Reading {
                minutes,
                load: ((minutes / 20.0) as u32, since),
                actions: 20 * k,
                heap: heap(minutes, since) + 0.1 * noise,
                process: f64::NAN,
                ..Reading::default()
            }
        };
        (0..240).map(at).collect()
    }

    #[test]
    fn what_grows_and_what_does_not_is_told() {
        let still = Growth::of(&hour(|_, _| 5.0), |r| r.heap);
        assert!(still.is_flat && still.hourly.abs() < 0.1 && still.slope.abs() < 0.1, "{still:?}");
        let grows = Growth::of(&hour(|minutes, _| 5.0 + minutes / 60.0), |r| r.heap);
        assert!(!grows.is_flat && (grows.hourly - 1.0).abs() < 0.1 && (grows.slope - 1.0).abs() < 0.1, "{grows:?}");
        // What a load of the page releases is seen within the loads.
        let sawtooth = Growth::of(&hour(|_, since| 5.0 + since / 60.0), |r| r.heap);
        assert!((sawtooth.slope - 1.0).abs() < 0.1, "{sawtooth:?}");
        // The first minutes do not count.
        let warms = Growth::of(&hour(|_, since| 5.0 + since.min(3.0)), |r| r.heap);
        assert!(warms.slope.abs() < 0.1, "{warms:?}");
    }

    #[test]
    fn the_report_has_the_start_the_fifths_and_the_end() {
        let readings = hour(|minutes, _| 5.0 + minutes / 60.0);
        let text = report(&readings);
        let rows: Vec<&str> = text.lines().skip(1).take(6).map(|line| line.split_whitespace().next().unwrap()).collect();
        assert_eq!(rows, ["0.0", "11.8", "23.8", "35.8", "47.8", "59.8"]);
        assert!(text.contains("GROWS") && text.contains("nodes") && !text.lines().last().unwrap().contains("process"), "{text}");
        assert!(report(&readings[..3]).contains("Too short") && report(&[]).contains("Too short"));
        assert_eq!(csv(&readings).lines().count(), 241);
    }
}

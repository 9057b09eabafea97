//! The table of results, and the changes since the recorded run.

use super::record::{Figure, Record};

/// Relative slowdown above which a change is reported.
const TOLERANCE: f64 = 0.10;
/// Largest time per sample and mode, relative to the smallest task.
const LINEAR: f64 = 1.15;
/// Smallest gain by a second worker.
const GAIN: f64 = 1.7;

/// The name of the line for independent runs.
pub fn runs_on(workers: u32) -> String {
    format!("a run, {workers} at a time")
}

/// The table. Series (names that differ only in a number) show the time per sample and mode relative to their first entry.
pub fn table(record: &Record) -> String {
    let head =
        ["", "native ms", "Chrome ms", "Chrome / native", "samples/s native", "Chrome", "per sample and mode, native", "Chrome"];
    let mut rows = vec![head.map(String::from).to_vec()];
    for figure in record.figures.iter().filter(|figure| figure.samples > 0) {
        let mut row = times(figure);
        row.extend([figure.native, figure.chrome].map(|ms| format!("{:.2e}", 1e3 * figure.samples as f64 / ms)));
        let first = record.figures.iter().find(|other| series(other).is_some() && series(other) == series(figure));
        row.extend(first.into_iter().flat_map(|first| {
            [figure.native / first.native, figure.chrome / first.chrome].map(|ratio| {
                format!("{:.2}", ratio * (first.samples * first.modes) as f64 / (figure.samples * figure.modes) as f64)
            })
        }));
        rows.push(row);
    }
    let mut text = record.on.iter().fold(String::new(), |text, (name, what)| text + &format!("{name}: {what}\n"));
    text += "\n";
    text += &aligned(&rows);
    let runs: Vec<&Figure> = (1..=2).filter_map(|n| record.figures.iter().find(|figure| figure.name == runs_on(n))).collect();
    if let [one, two] = runs[..] {
        let per_minute = |ms: f64| format!("{:.0}", 6e4 / ms);
        let line =
            |side: &str, one: f64, two: f64| vec![side.into(), per_minute(one), per_minute(two), format!("{:.2}", one / two)];
        let head = ["runs a minute", "1 worker", "2 workers", "gain"].map(String::from).to_vec();
        text += "\n";
        text += &aligned(&[head, line("native", one.native, two.native), line("Chrome", one.chrome, two.chrome)]);
    }
    text
}

/// The requirements, and whether each is met.
pub fn claims(record: &Record) -> String {
    let mut rows = vec![["", "native", "Chrome", "holds"].map(String::from).to_vec()];
    let mut claim = |what: String, [native, chrome]: [f64; 2], holds: bool| {
        rows.push(vec![what, format!("{native:.2}"), format!("{chrome:.2}"), if holds { "yes" } else { "NO" }.into()]);
    };
    for name in ["samples", "modes"] {
        let of_series: Vec<&Figure> = record.figures.iter().filter(|figure| series(figure) == Some(name)).collect();
        let Some(first) = of_series.first() else { continue };
        let largest = |side: fn(&Figure) -> f64| {
            let work = |figure: &Figure| (figure.samples * figure.modes) as f64;
            of_series.iter().map(|figure| side(figure) / side(first) * work(first) / work(figure)).fold(0.0, f64::max)
        };
        let found = [largest(|figure| figure.native), largest(|figure| figure.chrome)];
        let what = format!("more {name}: time per sample and mode, at most {LINEAR} of the smallest");
        claim(what, found, found.iter().all(|&ratio| ratio <= LINEAR));
    }
    if let [Some(one), Some(two)] = [1, 2].map(|n| record.figures.iter().find(|figure| figure.name == runs_on(n))) {
        let found = [one.native / two.native, one.chrome / two.chrome];
        claim(format!("two workers: runs a minute, at least {GAIN} of one"), found, found.iter().all(|&gain| gain >= GAIN));
    }
    aligned(&rows)
}

/// Tasks that became slower by more than the tolerance, and tasks that became faster.
pub fn comparison(before: &Record, now: &Record) -> String {
    let mut rows = Vec::new();
    for figure in &now.figures {
        let Some(old) = before.figures.iter().find(|old| old.name == figure.name) else { continue };
        for (side, old, new) in [("native", old.native, figure.native), ("Chrome", old.chrome, figure.chrome)] {
            let change = new / old - 1.0;
            if change.abs() > TOLERANCE {
                let word = if change > 0.0 { "SLOWER" } else { "faster" };
                rows.push(vec![
                    word.into(),
                    figure.name.clone(),
                    side.into(),
                    milliseconds(old),
                    milliseconds(new),
                    format!("{:+.0} %", 1e2 * change),
                ]);
            }
        }
    }
    rows.sort();
    let commit = before.on.get("commit").map_or("unknown", String::as_str);
    let mut text = format!("Against the recorded run (commit {commit}), what changed by more than {:.0} %:", 1e2 * TOLERANCE);
    if before.on.get("machine") != now.on.get("machine") {
        text += " (it was recorded on another machine, so this says little)";
    }
    text + "\n" + &if rows.is_empty() { "nothing\n".into() } else { aligned(&rows) }
}

fn times(figure: &Figure) -> Vec<String> {
    let ratio = format!("{:.2}", figure.chrome / figure.native);
    vec![figure.name.clone(), milliseconds(figure.native), milliseconds(figure.chrome), ratio]
}

fn milliseconds(ms: f64) -> String {
    if ms < 1.0 { format!("{ms:.4}") } else { format!("{ms:.2}") }
}

/// The name of a series, if the name of the line ends in a number.
fn series(figure: &Figure) -> Option<&str> {
    let (name, number) = figure.name.rsplit_once(' ')?;
    number.parse::<u64>().is_ok().then_some(name)
}

/// Formats rows as lines, with the first column aligned left and the numbers aligned right.
fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |c: usize| rows.iter().filter_map(|row| row.get(c)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).enumerate();
        let cells = cells.map(|(c, (cell, &width))| if c == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") });
        text += cells.collect::<Vec<_>>().join("   ").trim_end();
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(name: &str, samples: u64, native: f64, chrome: f64) -> Figure {
        Figure { name: name.into(), samples, modes: 10, native, chrome }
    }

    fn record(figures: Vec<Figure>) -> Record {
        Record { figures, ..Record::default() }
    }

    fn series_and_runs() -> Vec<Figure> {
        vec![
            figure("paper", 200, 0.05, 0.1),
            figure("samples 200", 200, 0.05, 0.1),
            figure("samples 2000", 2000, 0.6, 0.9),
            figure(&runs_on(1), 0, 600.0, 1200.0),
            figure(&runs_on(2), 0, 300.0, 800.0),
        ]
    }

    #[test]
    fn a_series_is_relative_to_its_first_and_runs_give_a_gain() {
        let text = table(&record(series_and_runs()));
        let line = |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
        assert!(line("samples 2000").ends_with("1.20     0.90"), "{text}");
        assert!(line("native").ends_with("200   2.00") && line("Chrome").ends_with("1.50"), "{text}");
        let claims = claims(&record(series_and_runs()));
        assert!(claims.contains("samples") && !claims.contains("more modes"), "{claims}");
        assert!(claims.lines().skip(1).all(|line| line.ends_with("NO")), "{claims}");
        assert!(line("paper").contains("0.0500      0.1000              2.00"), "{text}");
    }

    #[test]
    fn only_what_changed_by_more_than_a_tenth_is_said() {
        let before = record(vec![figure("a", 1, 1.0, 1.0), figure("b", 1, 1.0, 2.0)]);
        let after = record(vec![figure("a", 1, 1.09, 1.3), figure("b", 1, 0.95, 1.0), figure("new", 1, 9.0, 9.0)]);
        let text = comparison(&before, &after);
        assert!(text.contains("SLOWER   a   Chrome   1.00   1.30   +30 %"), "{text}");
        assert!(text.contains("-50 %") && !text.contains("new") && !text.contains("native"), "{text}");
        assert!(comparison(&before, &before).contains("nothing"));
    }
}

//! Tables and numbers for a terminal.

use itertools::Itertools;
use multiwell::internal::numerics::Minimum;
pub use multiwell::internal::text::significant as number;
use multiwell::internal::text::{decimals_of, distinct_numbers, printable, shortened};
use tabled::builder::Builder;
use tabled::settings::object::Columns;
use tabled::settings::{Alignment, Padding, Style};

/// Note on minima and barriers if the search for them was stopped early.
pub const PARTIAL_NOTE: &str = "the search was not completed, there may be more and barriers may be lower";

/// Names from a user's file, separated by commas.
pub fn shortened_list(names: &[String]) -> String {
    names.iter().map(|name| shortened(name)).join(", ")
}

/// Lines of the rows. Each column is as wide as its widest entry. The columns of words, whose indices are given, are aligned to the left, and those
/// of numbers to the right.
pub fn columns(rows: &[Vec<String>], indent: &str, words: &[usize]) -> String {
    let cells = rows.iter().map(|row| row.iter().map(|cell| printable(cell)));
    let mut table = cells.collect::<Builder>().build();
    table.with(Style::empty()).with(Padding::new(0, 3, 0, 0)).with(Alignment::right());
    for &column in words {
        table.modify(Columns::one(column), Alignment::left());
    }
    table.to_string().lines().fold(String::new(), |text, line| text + indent + line.trim_end() + "\n")
}

/// Lines of rows below their head, in the same way as [`columns`].
pub fn headed<const N: usize>(
    head: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
    indent: &str,
    words: &[usize],
) -> String {
    let rows: Vec<Vec<String>> = std::iter::once(head.map(String::from)).chain(rows).map(Vec::from).collect();
    columns(&rows, indent, words)
}

/// A number with half the width of its interval, if the interval is known: `1.234 ± 0.012`.
pub fn with_interval(value: f64, interval: Option<[f64; 2]>) -> String {
    let Some([low, high]) = interval else { return number(value) };
    // The interval of a probability is longer on the side of one half.
    let half = (high - value).max(value - low);
    let decimals = decimals_of(half);
    format!("{value:.decimals$} ± {half:.decimals$}")
}

/// Cells of minima: their positions, values, barriers and modes, with the digits that distinguish the numbers. A question mark precedes the position
/// of a minimum that the data do not support.
pub fn minima(all: &[Minimum]) -> Vec<[String; 4]> {
    let inputs = all.first().map_or(0, |minimum| minimum.x.len());
    let places: Vec<Vec<String>> =
        (0..inputs).map(|k| distinct_numbers(&all.iter().map(|minimum| minimum.x[k]).collect::<Vec<_>>())).collect();
    let values = distinct_numbers(&all.iter().map(|minimum| minimum.value).collect::<Vec<_>>());
    let cells = |(row, m): (usize, &Minimum)| {
        let interval = m.interval.as_ref();
        let doubt = |interval: Option<[f64; 2]>| if m.undetermined && interval.is_none() { " \u{b1} undetermined" } else { "" };
        let coordinate = |(k, &x): (usize, &f64)| match interval {
            Some(interval) => with_interval(x, Some(interval.x[k])),
            None => places[k][row].clone() + doubt(None),
        };
        let place = m.x.iter().enumerate().map(coordinate).join(", ");
        let place = if m.supported { place } else { format!("? {place}") };
        let value =
            interval.map_or_else(|| values[row].clone() + doubt(None), |interval| with_interval(m.value, Some(interval.value)));
        let barrier = match (m.barrier, m.barrier_bound) {
            (None, _) => "-".into(),
            (_, Some(least)) => format!(">= {}", number(least)) + if interval.is_some() { doubt(None) } else { "" },
            (Some(barrier), None) => with_interval(barrier, m.barrier_interval) + doubt(m.barrier_interval),
        };
        let mode = match m.modes.as_slice() {
            [] | [_] => m.modes.iter().join(""),
            modes => format!("shared by {}", modes.iter().join(", ")),
        };
        [place, value, barrier, mode]
    };
    all.iter().enumerate().map(cells).collect()
}

/// Number of minima at the edges of the data, as text behind the number of wells; empty if there are none.
pub fn at_edge(edges: &[Minimum]) -> String {
    if edges.is_empty() { String::new() } else { format!("; {} at the edge of the data", edges.len()) }
}

/// Table of the minima at the edges of the data, with its title; empty if there are none.
pub fn edge_minima(edges: &[Minimum], head: &str) -> String {
    if edges.is_empty() {
        return String::new();
    }
    let rows = minima(edges).into_iter().map(|[place, value, barrier, _]| [place, value, barrier]);
    format!(
        "\nminima at the edge of the data, beyond which they may be deeper\n{}",
        headed([head, "value", "barrier"], rows, "  ", &[])
    )
}

/// Legend of the signs beside minima, as lines below their table; empty if there are none.
pub fn legend(minima: &[Minimum]) -> String {
    let mut text = String::new();
    if minima.iter().any(|m| !m.supported) {
        text += "  ?: not confirmed by the data at 95 %\n";
    }
    if minima.iter().any(|m| m.interval.is_some()) {
        text += "  ±: 90 % intervals, if these are the wells\n";
    }
    if minima.iter().any(|m| m.barrier_bound.is_some()) {
        text += "  >=: lower bound; the pass lies at the edge of the data or has too few samples around it\n";
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_multiline_cells_stay_on_one_line() {
        let rows = [vec!["x".repeat(70_000), "a\nb".into()], vec!["y".into(), "1".into()]];
        assert_eq!(columns(&rows, "", &[1]).lines().count(), 2);
    }
}

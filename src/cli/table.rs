//! A fit's numbers as people read them.

use std::fmt::Write;

use multiwell::controller::learning_curves;
use multiwell::landscape::Survey;
use multiwell::problem::Report;
use multiwell::recipe::StageNote;
use multiwell::text::{printable, shortened};

/// On which side a column is flush.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// Said of minima and barriers where the search for them was cut short.
pub const PARTIAL: &str = "the search was not completed, there may be more and barriers may be lower";

/// Names from a user's file, side by side.
pub fn shortened_list(names: &[String]) -> String {
    names.iter().map(|name| shortened(name)).collect::<Vec<_>>().join(", ")
}

/// Rows as lines, each column as wide as its widest entry.
pub fn columns(rows: &[Vec<String>], indent: &str, sides: &[Side]) -> String {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| printable(cell)).collect()).collect();
    let width = |c: usize| rows.iter().filter_map(|row| row.get(c)).map(|s| s.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..sides.len()).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        // Widths in formats end at 65,535.
        let cells = row.iter().zip(sides).zip(&widths).map(|((cell, side), &width)| {
            let room = " ".repeat(width - cell.chars().count());
            match side {
                Side::Left => format!("{cell}{room}"),
                Side::Right => format!("{room}{cell}"),
            }
        });
        let line = cells.collect::<Vec<_>>().join("   ");
        let _ = writeln!(text, "{indent}{}", line.trim_end());
    }
    text
}

/// A number with four significant digits, as people write it: plain where that is short, else with an exponent.
pub fn number(value: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    if !value.is_finite() {
        return value.to_string();
    }
    let exponent = value.abs().log10().floor() as i32;
    if (-3..5).contains(&exponent) {
        format!("{value:.*}", usize::try_from(3 - exponent).unwrap_or(0))
    } else {
        format!("{value:.3e}")
    }
}

/// The report of a fit: what was done and how it ended (nothing is said if `ending` is empty), how good it is, what was found.
pub fn report(report: &Report, survey: &Survey, ending: &str) -> String {
    let Report { benchmark, seed, data_seed, epochs, seconds, ms_per_epoch, .. } = report;
    let mut text = format!("{}   seed {seed}, data seed {data_seed}\n", printable(benchmark));
    let _ = writeln!(text, "{epochs} epochs, {seconds:.2} s, {ms_per_epoch:.4} ms an epoch");
    if !ending.is_empty() {
        let _ = writeln!(text, "{ending}");
    }
    text.push('\n');

    let line = |name: &str, value: String| vec![name.to_string(), value];
    let modes = report.gates.len();
    // Barriers are found along a line only; without them, nothing tells wells from other minima.
    let has_barriers = report.minima.iter().all(|m| m.barrier.is_some());
    let wells = if has_barriers {
        line("wells", format!("{} of {} minima", report.wells, report.minima.len()))
    } else {
        line("minima", report.minima.len().to_string())
    };
    let wells = if survey.partial { line(&wells[0], format!("{}; {PARTIAL}", wells[1])) } else { wells };
    let mut lines = vec![
        line("loss", number(report.loss)),
        line("RMSE", number(report.rmse)),
        line("R^2", format!("{:.6}", report.r2)),
        line("sharpness rho", number(report.rho)),
        wells,
        line("responsible modes", format!("{} of {modes}", report.responsible_modes)),
        line("active gates", format!("{} of {modes}", report.active_gates)),
    ];
    if !report.r2_components.is_empty() {
        let each = report.r2_components.iter().map(|r2| format!("{r2:.5}")).collect::<Vec<_>>().join("  ");
        lines.insert(3, line("R^2, derivatives", each));
    }
    if let Some(offset) = report.potential_offset {
        lines.insert(4, line("constant removed", number(offset)));
    }
    text += &columns(&lines, "  ", &[Side::Left, Side::Left]);

    if !report.minima.is_empty() {
        let mut rows = vec![["x", "value", "barrier"].map(String::from).to_vec()];
        for minimum in &report.minima {
            let place = minimum.x.iter().map(|&x| number(x)).collect::<Vec<_>>().join(", ");
            rows.push(vec![place, number(minimum.value), minimum.barrier.map_or("-".into(), number)]);
        }
        text += "\nminima\n";
        text += &columns(&rows, "  ", &[Side::Right; 3]);
    }
    if !report.stages.is_empty() {
        let row = |stage: &StageNote| vec![stage.name.clone(), stage.epochs.to_string(), stage.sentence.clone()];
        let mut rows = vec![["stage", "epochs", ""].map(String::from).to_vec()];
        rows.extend(report.stages.iter().map(row));
        text.push('\n');
        text += &columns(&rows, "", &[Side::Left, Side::Right, Side::Left]);
    }
    text
}

/// The reports of several runs that differ in their seeds, a line each, then the median of what has one.
pub fn reports(reports: &[Report], best: Option<usize>) -> String {
    let head = ["seed", "epochs", "loss", "RMSE", "R^2", "rho", "wells", "responsible", "gates", "ms an epoch"];
    let mut rows = vec![head.map(String::from).to_vec()];
    for (k, r) in reports.iter().enumerate() {
        let word = if !r.finite {
            " diverged"
        } else if best == Some(k) && reports.len() > 1 {
            " best"
        } else {
            ""
        };
        let seed = format!("{}{word}", r.seed);
        let counts = [r.wells, r.responsible_modes, r.active_gates].map(|count| count.to_string());
        let mut row = vec![seed, r.epochs.to_string(), number(r.loss), number(r.rmse), format!("{:.6}", r.r2), number(r.rho)];
        row.extend(counts);
        row.push(format!("{:.4}", r.ms_per_epoch));
        rows.push(row);
    }
    let median = |of: fn(&Report) -> f64| learning_curves::median(reports.iter().map(of).collect());
    if reports.len() > 1 {
        let (loss, rmse, r2) = (median(|r| r.loss), median(|r| r.rmse), median(|r| r.r2));
        rows.push(vec![
            "median".into(),
            String::new(),
            number(loss),
            number(rmse),
            format!("{r2:.6}"),
            number(median(|r| r.rho)),
        ]);
    }
    columns(&rows, "", &[Side::Right; 10])
}

#[cfg(test)]
mod tests {
    use super::*;
    use multiwell::landscape::Minimum;

    #[test]
    fn a_cell_may_be_of_any_length_and_keeps_to_its_line() {
        let rows = [vec!["x".repeat(70_000), "a\nb".into()], vec!["y".into(), "1".into()]];
        assert_eq!(columns(&rows, "", &[Side::Right, Side::Left]).lines().count(), 2);
    }

    #[test]
    fn numbers_have_four_significant_digits() {
        let written = [0.0, 1.0, -0.573_621, 21.345_67, 12_345.678, 123_456.0, 0.001_234_56, 8.1e-5, f64::NAN].map(number);
        assert_eq!(written, ["0", "1.000", "-0.5736", "21.35", "12346", "1.235e5", "0.001235", "8.100e-5", "NaN"]);
    }

    #[test]
    fn a_report_names_every_count() {
        let minimum = Minimum { x: vec![-1.6141], value: -0.5736, barrier: Some(0.5736), ..Minimum::default() };
        let r = Report {
            benchmark: "double-well".into(),
            gates: vec![0.5; 10],
            minima: vec![minimum.clone()],
            wells: 1,
            responsible_modes: 2,
            active_gates: 3,
            ..Report::default()
        };
        let text = report(&r, &Survey::default(), "The last epoch was reached.");
        for words in ["1 of 1 minima", "2 of 10", "3 of 10", "-1.614   -0.5736    0.5736"] {
            assert!(text.contains(words), "{words}:\n{text}");
        }
        let without_barrier = Report { minima: vec![Minimum { barrier: None, ..minimum }], ..r };
        assert!(!report(&without_barrier, &Survey::default(), "").contains("wells"));
    }
}

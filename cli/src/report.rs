//! The numbers of fits as tables for a terminal.

use std::fmt::Write;

use multiwell::landscape::Survey;
use multiwell::numerics::statistics;
use multiwell::problem::density::DensityReport;
use multiwell::problem::material::MetamaterialReport;
use multiwell::problem::metrics::PotentialMetrics;
use multiwell::problem::settings::Choice;
use multiwell::problem::{Metrics, Report};
use multiwell::recipe::StageNote;
use multiwell::text::{printable, shortened};

use super::table::{PARTIAL, Side, columns, number};

/// A fit: what was done and how it ended (nothing is said if `ending` is empty), how good it is, what was found.
pub fn metrics(metrics: &Metrics, ending: &str) -> String {
    match metrics {
        Metrics::Potential(PotentialMetrics { report, landscape }) => potential(report, landscape, ending),
        Metrics::Density(report) => density(report),
        Metrics::Material(report) => material(report),
    }
}

/// Fits that differ in their seeds, `best` the place of the best one.
pub fn overview(all: &[&Metrics], best: Option<usize>) -> String {
    match all {
        [] => String::new(),
        [Metrics::Potential(_), ..] => {
            let own = all.iter().filter_map(|m| if let Metrics::Potential(own) = m { Some(&own.report) } else { None });
            potentials(&own.collect::<Vec<_>>(), best)
        }
        [Metrics::Density(_), ..] => {
            let own = all.iter().filter_map(|m| if let Metrics::Density(own) = m { Some(own) } else { None });
            densities(&own.collect::<Vec<_>>())
        }
        [Metrics::Material(_), ..] => all.iter().map(|metrics| self::metrics(metrics, "") + "\n").collect(),
    }
}

fn potential(report: &Report, survey: &Survey, ending: &str) -> String {
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

/// A line each, then the median of what has one.
fn potentials(reports: &[&Report], best: Option<usize>) -> String {
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
    let median =
        |of: fn(&Report) -> f64| statistics::median(reports.iter().map(|report| of(report)).collect()).unwrap_or(f64::NAN);
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

fn densities(reports: &[&DensityReport]) -> String {
    let head = ["seed", "data seed", "mean -log q", "fit", "kde isj", "kde oracle", "mixture 3"];
    let row = |r: &&DensityReport| {
        let distances = [&r.loss, &r.tv_fit, &r.tv_kde_best, &r.tv_kde_oracle, &r.tv_mixture_3];
        let numbers = distances.iter().map(|list| if list.is_empty() { String::new() } else { number(statistics::mean(list)) });
        [r.seed.to_string(), r.data_seed.to_string()].into_iter().chain(numbers).collect()
    };
    let rows: Vec<Vec<String>> = std::iter::once(head.map(String::from).to_vec()).chain(reports.iter().map(row)).collect();
    format!("Means over the times; from \"fit\" on total variation to the exact law\n\n{}", columns(&rows, "", &[Side::Right; 7]))
}

fn density(report: &DensityReport) -> String {
    let DensityReport { benchmark, seed, data_seed, samples, epochs, seconds, .. } = report;
    let known = !report.tv_fit.is_empty();
    let distances = ["fit", "kde scott", "kde isj", "kde oracle", "mixture 3"];
    let mut head = vec![if report.times.is_empty() { "samples" } else { "time" }, "-log q"];
    head.extend(if known { &distances[..] } else { &[] });
    head.extend(["decay", "pooling", "active gates", "modes of the fit"]);
    let mut rows = vec![head.iter().map(ToString::to_string).collect::<Vec<String>>()];
    for (k, label) in report.labels.iter().enumerate() {
        let modes = report.modes_fit[k].iter().map(|&place| number(place)).collect::<Vec<_>>().join(" ");
        let label = report.times.get(k).map_or_else(|| shortened(label), ToString::to_string);
        let mut row = vec![label, number(report.loss[k])];
        if known {
            let of = [&report.tv_fit, &report.tv_kde_scott, &report.tv_kde_best, &report.tv_kde_oracle, &report.tv_mixture_3];
            row.extend(of.iter().map(|tv| number(tv[k])));
        }
        row.extend([number(report.decay[k]), report.pooling[k].name().into(), report.active_gates[k].to_string(), modes]);
        rows.push(row);
    }
    let mut sides = vec![Side::Right; head.len() - 3];
    sides.extend([Side::Left, Side::Right, Side::Left]);
    let data = if known {
        format!("{samples} trajectories, seed {seed}, data seed {data_seed}")
    } else {
        format!("{samples} rows, seed {seed}")
    };
    let title = if known { "Total variation to the exact law, from \"fit\" on\n\n" } else { "" };
    let mean = report.tv_fit_mean.map(|mean| format!("Mean of the fit: {}\n", number(mean))).unwrap_or_default();
    format!(
        "{}   {data}\n{epochs} epochs a fit, {seconds:.2} s\n\n{title}{}\n{mean}",
        printable(benchmark),
        columns(&rows, "", &sides)
    )
}

fn material(report: &MetamaterialReport) -> String {
    let MetamaterialReport { benchmark, seed, data_seed, steps, seconds, parameters, .. } = report;
    let line = |name: &str, value: String| vec![name.to_string(), value];
    let negative = format!(
        "{} of {} steps, least {}",
        report.dissipation_violations,
        report.dissipation_steps,
        number(report.dissipation_min)
    );
    let errors = report.outputs.iter().zip(report.r2.iter().zip(&report.rmse));
    let mut rows: Vec<Vec<String>> =
        errors.map(|(name, (r2, rmse))| line(&shortened(name), format!("R\u{b2} {r2:.6}, rmse {}", number(*rmse)))).collect();
    rows.extend([line("dissipation below zero", negative), line("parameters", parameters.to_string())]);
    let mut beside = |name: &str, pair: Option<[f64; 2]>| {
        rows.extend(pair.map(|[fit, truth]| {
            let truth = if truth.is_finite() { format!(", in truth {}", number(truth)) } else { String::new() };
            line(name, number(fit) + &truth)
        }));
    };
    beside("k+ + k-", report.loop_width);
    beside("M", report.hardening);
    let phase = match (benchmark.as_str(), report.fixed_phase) {
        ("metamaterial", true) => ", phase fixed",
        ("metamaterial", false) => ", two phases",
        _ => "",
    };
    let dynamics = multiwell::problem::material::views::name_of(report.dynamics);
    format!(
        "{}   {dynamics}{phase}, seed {seed}, data seed {data_seed}\n{steps} steps, {seconds:.2} s\n\n{}",
        printable(benchmark),
        columns(&rows, "", &[Side::Left, Side::Left])
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use multiwell::landscape::Minimum;

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
        let text = potential(&r, &Survey::default(), "The last epoch was reached.");
        for words in ["1 of 1 minima", "2 of 10", "3 of 10", "-1.614   -0.5736    0.5736"] {
            assert!(text.contains(words), "{words}:\n{text}");
        }
        let without_barrier = Report { minima: vec![Minimum { barrier: None, ..minimum }], ..r };
        assert!(!potential(&without_barrier, &Survey::default(), "").contains("wells"));
    }
}

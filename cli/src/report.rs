//! Metrics of fits as tables for a terminal.

use std::fmt::Write;

use multiwell::internal::landscape::Minimum;
use multiwell::internal::numerics::statistics;
use multiwell::internal::problem::Metrics;
use multiwell::internal::problem::density::DensityMetrics;
use multiwell::internal::problem::density::metrics::{FittedSets, FittedWell};
use multiwell::internal::problem::material::MaterialMetrics;
use multiwell::internal::problem::metrics::{HeldOut, ProblemMetrics};
use multiwell::internal::problem::potential::{JointMetrics, PotentialMetrics};
use multiwell::internal::problem::settings::NamedChoice;
use multiwell::internal::recipe::{StageNote, TrainingStep};
use multiwell::internal::text::{printable, shortened, whole};

use super::table::{self, PARTIAL_NOTE, columns, number};

/// Report of one fit: its training and its end (unless `ending` is empty), its errors, and its minima and stages.
pub fn metrics(metrics: &Metrics, ending: &str) -> String {
    match &metrics.own {
        ProblemMetrics::Potential(own, _) => potential(metrics, own, ending),
        ProblemMetrics::Density(own) => density(metrics, own),
        ProblemMetrics::Material(own) => material(metrics, own),
    }
}

/// Report of fits that differ only in their seeds. `best` is the index of the best one.
pub fn overview(all: &[&Metrics], best: Option<usize>) -> String {
    match all.first().map(|metrics| &metrics.own) {
        None => String::new(),
        Some(ProblemMetrics::Potential(..)) => {
            potentials(&all.iter().filter_map(|metrics| Some((*metrics, metrics.potential()?))).collect::<Vec<_>>(), best)
        }
        Some(ProblemMetrics::Density(_)) => densities(all),
        Some(ProblemMetrics::Material(_)) => all.iter().map(|metrics| self::metrics(metrics, "") + "\n").collect(),
    }
}

fn potential(metrics: &Metrics, own: &PotentialMetrics, ending: &str) -> String {
    let Metrics { benchmark, seed, data_seed, epochs, seconds, .. } = metrics;
    let ms_per_epoch = metrics.ms_per_epoch();
    let mut text = format!("{}   seed {seed}, data seed {data_seed}\n", printable(benchmark));
    let _ = writeln!(text, "{epochs} epochs, {seconds:.2} s, {ms_per_epoch:.4} ms an epoch");
    if !ending.is_empty() {
        let _ = writeln!(text, "{ending}");
    }
    text.push('\n');

    let line = |name: &str, value: String| vec![name.to_string(), value];
    let modes = own.gates.len();
    // Without barriers, wells and other minima cannot be distinguished.
    let has_barriers = own.minima.iter().all(|m| m.barrier.is_some());
    let wells = if has_barriers {
        line("wells", format!("{} of {} minima", own.wells, own.minima.len()) + &table::at_edge(&own.edge_minima))
    } else {
        line("minima", own.minima.len().to_string())
    };
    let wells = if metrics.is_partial() { line(&wells[0], format!("{}; {PARTIAL_NOTE}", wells[1])) } else { wells };
    let mut lines = vec![
        line("loss", number(own.loss)),
        line("RMSE", number(own.rmse)),
        line("R^2", determination(Some(own.r2), 6)),
        line("sharpness rho", number(own.rho)),
        wells,
        line("responsible modes", format!("{} of {modes}", own.responsible_modes)),
        line("active gates", format!("{} of {modes}", own.active_gates)),
    ];
    if !own.r2_components.is_empty() {
        let each = own.r2_components.iter().map(|&r2| determination(Some(r2), 5)).collect::<Vec<_>>().join("  ");
        lines.insert(3, line("R^2, derivatives", each));
    }
    if let Some(density) = &own.density {
        lines.drain(1..3);
        let of_bias = if density.is_biased { ", drawn under a bias" } else { "" };
        let effective = format!("{}{of_bias}", number(density.effective_samples));
        lines.insert(1, line("mean log q", number(density.log_likelihood)));
        lines.insert(2, line("log Z, error", number(density.log_z_error)));
        lines.insert(3, line("samples", format!("{}, worth {effective}", whole(density.samples as u64))));
    }
    if let Some(offset) = own.potential_offset {
        lines.insert(4, line("constant removed", number(offset)));
    }
    if let Some(held_out) = &metrics.held_out {
        lines[1][0] = "RMSE, rows learnt from".into();
        lines[2][0] = "R^2, rows learnt from".into();
        lines.splice(1..1, on_held_out(held_out));
    }
    text += &columns(&lines, "  ", &[0, 1]);

    if !own.minima.is_empty() {
        text += "\nminima\n";
        text += &table::headed(["x", "value", "barrier", "mode"], table::minima(&own.minima), "  ", &[]);
        text += &own.density.as_ref().map_or_else(String::new, |density| basins(&own.minima, density));
        text += &table::legend(&own.minima);
    }
    text += &table::edge_minima(&own.edge_minima, "x");
    text + &stages(&metrics.stages)
}

/// Probabilities of the basins of minima, and their free energies.
fn basins(minima: &[Minimum], density: &JointMetrics) -> String {
    let numbers = density.populations.iter().zip(&density.free_energies);
    let basins = table::minima(minima).into_iter().zip(numbers).enumerate().filter(|(_, (_, (_, energy)))| energy.is_finite());
    let rows = basins.map(|(k, ([place, ..], (population, energy)))| {
        let population = match density.population_interval(k) {
            Some(interval) => table::with_interval(*population, Some(interval)),
            None => format!("{population:.4}"),
        };
        [place, population, table::with_interval(*energy, density.free_energy_interval(k))]
    });
    format!("\nbasins\n{}", table::headed(["x", "population", "free energy"], rows, "  ", &[]))
}

/// Completed stages, after an empty line; empty if there are none.
fn stages(notes: &[StageNote]) -> String {
    if notes.is_empty() {
        return String::new();
    }
    let row = |stage: &StageNote| [TrainingStep::in_words(&stage.name), stage.epochs.to_string(), stage.sentence.clone()];
    format!("\n{}", table::headed(["stage", "epochs", ""], notes.iter().map(row), "", &[0, 2]))
}

/// Coefficient of determination, or a sign if it is undefined.
fn determination(r2: Option<f64>, digits: usize) -> String {
    r2.filter(|r2| !r2.is_nan()).map_or("-".into(), |r2| format!("{r2:.digits$}"))
}

/// Errors on held-out rows as lines of a table.
fn on_held_out(held_out: &HeldOut) -> Vec<Vec<String>> {
    let line = |name: &str, value: String| vec![name.to_string(), value];
    let of = if held_out.rows > 0 { "rows held out" } else { "fresh rows (estimated)" };
    let count = if held_out.rows > 0 { format!("{} ", held_out.rows) } else { String::new() };
    let mut lines = vec![
        line(&format!("RMSE, {count}{of}"), number(held_out.rmse)),
        line(&format!("R^2, {of}"), determination(held_out.r2, 6)),
    ];
    if !held_out.r2_components.is_empty() {
        let each = held_out.r2_components.iter().map(|&r2| determination(r2, 5)).collect::<Vec<_>>().join("  ");
        lines.push(line(&format!("R^2, derivatives, {of}"), each));
    }
    lines
}

/// A line for each fit, followed by the medians.
fn potentials(all: &[(&Metrics, &PotentialMetrics)], best: Option<usize>) -> String {
    let mut head = vec!["seed", "epochs", "loss", "RMSE", "R^2", "rho", "wells", "responsible", "gates", "ms an epoch"];
    let has_held_out = all.iter().any(|(metrics, _)| metrics.held_out.is_some());
    if has_held_out {
        head.extend(["held-out RMSE", "held-out R^2"]);
    }
    let mut rows = vec![head.into_iter().map(String::from).collect::<Vec<_>>()];
    for (k, (metrics, r)) in all.iter().enumerate() {
        let word = if !metrics.finite {
            " diverged"
        } else if best == Some(k) && all.len() > 1 {
            " best"
        } else {
            ""
        };
        let seed = format!("{}{word}", metrics.seed);
        let counts = [r.wells, r.responsible_modes, r.active_gates].map(|count| count.to_string());
        let mut row =
            vec![seed, metrics.epochs.to_string(), number(r.loss), number(r.rmse), format!("{:.6}", r.r2), number(r.rho)];
        row.extend(counts);
        row.push(format!("{:.4}", metrics.ms_per_epoch()));
        if let Some(held_out) = &metrics.held_out {
            row.extend([number(held_out.rmse), held_out.r2.map_or("-".into(), |r2| format!("{r2:.6}"))]);
        }
        rows.push(row);
    }
    let median =
        |of: fn(&PotentialMetrics) -> f64| statistics::median(all.iter().map(|(_, own)| of(own)).collect()).unwrap_or(f64::NAN);
    if all.len() > 1 {
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
    columns(&rows, "", &[])
}

fn densities(all: &[&Metrics]) -> String {
    let head = ["seed", "data seed", "mean -log q", "fit", "kde isj", "kde oracle", "mixture 3"];
    let row = |metrics: &&Metrics| {
        let ProblemMetrics::Density(DensityMetrics { sets, distances, .. }) = &metrics.own else { return Vec::new() };
        let d = distances.clone().unwrap_or_default();
        let distances = [&sets.loss, &d.tv_fit, &d.tv_kde_best, &d.tv_kde_oracle, &d.tv_mixture_3];
        let numbers = distances.iter().map(|list| if list.is_empty() { String::new() } else { number(statistics::mean(list)) });
        [metrics.seed.to_string(), metrics.data_seed.to_string()].into_iter().chain(numbers).collect()
    };
    let rows: Vec<Vec<String>> = std::iter::once(head.map(String::from).to_vec()).chain(all.iter().map(row)).collect();
    format!("Means over the times; from \"fit\" on total variation to the exact law\n\n{}", columns(&rows, "", &[]))
}

fn density(metrics: &Metrics, DensityMetrics { sets, distances, .. }: &DensityMetrics) -> String {
    let Metrics { benchmark, seed, data_seed, seconds, .. } = metrics;
    let (samples, epochs, all) = (sets.samples, sets.epochs_of_a_fit, distances.clone().unwrap_or_default());
    let known = !all.tv_fit.is_empty();
    let distances = ["fit", "kde scott", "kde isj", "kde oracle", "mixture 3"];
    let mut head = vec![if sets.times.is_empty() { "samples" } else { "time" }, "-log q"];
    head.extend(if known { &distances[..] } else { &[] });
    head.extend(["decay", "pooling", "active gates", "modes of the fit"]);
    let mut rows = vec![head.iter().map(ToString::to_string).collect::<Vec<String>>()];
    for (k, label) in sets.labels.iter().enumerate() {
        let modes = sets.modes_fit[k].iter().map(|&place| number(place)).collect::<Vec<_>>().join(" ");
        let label = sets.times.get(k).map_or_else(|| shortened(label), ToString::to_string);
        let mut row = vec![label, number(sets.loss[k])];
        if known {
            let of = [&all.tv_fit, &all.tv_kde_scott, &all.tv_kde_best, &all.tv_kde_oracle, &all.tv_mixture_3];
            row.extend(of.iter().map(|tv| number(tv[k])));
        }
        row.extend([number(sets.decay[k]), sets.pooling[k].name().into(), sets.active_gates[k].to_string(), modes]);
        rows.push(row);
    }
    let data = if known {
        format!("{samples} trajectories, seed {seed}, data seed {data_seed}")
    } else {
        let effective: Vec<String> = sets.effective_samples.iter().map(|&effective| number(effective)).collect();
        let is_reduced =
            sets.effective_samples.iter().any(|&effective| effective < 0.99 * samples as f64) && sets.labels.len() == 1;
        let worth = if is_reduced { format!(", worth {}", effective.concat()) } else { String::new() };
        format!("{samples} rows{worth}, seed {seed}")
    };
    let title = if known {
        "Total variation to the exact law, from \"fit\" on; a fit may pool neighbouring times, the others use their own time alone\n\n"
    } else {
        ""
    };
    let mean = all.tv_fit_mean.map(|mean| format!("Mean of the fit: {}\n", number(mean))).unwrap_or_default();
    format!(
        "{}   {data}\n{epochs} epochs a fit, {seconds:.2} s\n\n{title}{}\n{mean}Minima of -log q: modes, in kT\n\n{}",
        printable(benchmark),
        columns(&rows, "", &[head.len() - 3, head.len() - 1]),
        wells(sets)
    )
}

/// Minima of `-log q` of each set.
fn wells(sets: &FittedSets) -> String {
    let head = [if sets.times.is_empty() { "samples" } else { "time" }, "at", "-log q", "barrier", "mass", ""];
    let rows = sets.wells.iter().enumerate().flat_map(|(k, wells)| {
        let label = sets.times.get(k).map_or_else(|| shortened(&sets.labels[k]), ToString::to_string);
        let minima: Vec<Minimum> = wells.iter().map(FittedWell::minimum).collect();
        wells.iter().zip(table::minima(&minima)).map(move |(well, [at, value, barrier, _])| {
            let barrier = if well.barrier.is_some() { barrier } else { String::new() };
            let mass = if well.mass > 0.0 { table::with_interval(well.mass, well.mass_interval) } else { "-".into() };
            let doubt = if well.supported { "" } else { "not confirmed by the data" };
            [label.clone(), at, value, barrier, mass, doubt.into()]
        })
    });
    let table = table::headed(head, rows, "", &[5]);
    let has_intervals = sets.wells.iter().flatten().any(|well| well.interval.is_some());
    if has_intervals { table + "±: 90 % intervals, if these are the wells\n" } else { table }
}

fn material(metrics: &Metrics, own: &MaterialMetrics) -> String {
    let Metrics { benchmark, seed, data_seed, seconds, .. } = metrics;
    let MaterialMetrics { steps, parameters, .. } = own;
    let line = |name: &str, value: String| vec![name.to_string(), value];
    let negative =
        format!("{} of {} steps, least {}", own.dissipation_violations, own.dissipation_steps, number(own.dissipation_min));
    let errors = own.outputs.iter().zip(own.r2.iter().zip(&own.rmse));
    let mut rows: Vec<Vec<String>> =
        errors.map(|(name, (r2, rmse))| line(&shortened(name), format!("R\u{b2} {r2:.6}, rmse {}", number(*rmse)))).collect();
    rows.extend([line("dissipation below zero", negative), line("parameters", parameters.to_string())]);
    let mut beside = |name: &str, pair: Option<(f64, Option<f64>)>| {
        rows.extend(pair.map(|(fit, truth)| {
            line(name, number(fit) + &truth.map_or_else(String::new, |truth| format!(", in truth {}", number(truth))))
        }));
    };
    beside("energy dissipated, a run", Some(own.dissipated));
    beside("net work, a run", own.net_work.map(|work| (work, None)));
    beside("k+ + k-", own.loop_width);
    beside("M", own.hardening);
    let phase = match (benchmark.as_str(), own.fixed_phase) {
        ("metamaterial", true) => ", phase fixed",
        ("metamaterial", false) => ", two phases",
        _ => "",
    };
    let dynamics = own.dynamics.name();
    format!(
        "{}   {dynamics}{phase}, seed {seed}, data seed {data_seed}\n{steps} steps, {seconds:.2} s\n\n{}{}",
        printable(benchmark),
        columns(&rows, "", &[0, 1]),
        stages(&metrics.stages)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn report_contains_every_count() {
        let minimum = Minimum { x: vec![-1.6141], value: -0.5736, barrier: Some(0.5736), ..Minimum::default() };
        let own = PotentialMetrics {
            gates: vec![0.5; 10],
            minima: vec![minimum.clone()],
            wells: 1,
            responsible_modes: 2,
            active_gates: 3,
            ..PotentialMetrics::default()
        };
        let text = potential(&Metrics::default(), &own, "The last epoch was reached.");
        for words in ["1 of 1 minima", "2 of 10", "3 of 10", "-1.614   -0.5736    0.5736"] {
            assert!(text.contains(words), "{words}:\n{text}");
        }
        let without_barrier = PotentialMetrics { minima: vec![Minimum { barrier: None, ..minimum }], ..own };
        assert!(!potential(&Metrics::default(), &without_barrier, "").contains("wells"));
    }
}

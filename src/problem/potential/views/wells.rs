//! Table of the wells: positions, depths, distances from the truth, and the responsible modes.

use crate::landscape::{Minimum, matches};
use crate::plot::ticks::{fixed, number};
use crate::problem::potential::metrics::JointMetrics;
use crate::problem::potential::run::PotentialRun;
use crate::problem::potential::shown::EvaluatedState;
use crate::problem::view::ViewTable;
use crate::text::listed;

/// Name of the potential on axes and in tables: the name of its column if that includes a unit, else Ψ.
pub fn energy(run: &PotentialRun) -> String {
    let name = run.names().last().filter(|name| name.ends_with([']', ')']));
    name.map_or_else(|| "Ψ".into(), |name| name.replacen("Psi ", "Ψ ", 1))
}

/// Minima of the fit beside those of the truth, if it is known.
pub fn table(run: &PotentialRun, shown: &EvaluatedState) -> ViewTable {
    let (minima, bounds) = (&shown.metrics.own.minima, run.bounds());
    let place = |x: &[f64]| {
        let words = x.iter().zip(bounds).map(|(x, [low, high])| fixed(*x, decimals(high - low)));
        words.collect::<Vec<_>>().join(", ")
    };
    let scale = minima.iter().fold(0.0, |top: f64, m| top.max(m.value.abs()));
    let value = |v: f64| fixed(v, decimals(scale));
    let found_at = |k: usize| match minima[k].modes.as_slice() {
        [] | [_] => place(&minima[k].x),
        modes => format!("{}, shared by modes {}", place(&minima[k].x), listed(modes)),
    };
    let names = run.names()[..bounds.len()].join(", ");
    let mut table = ViewTable::default();
    let Some(truth) = run.true_minima() else {
        table.head = vec![format!("Well at ({names})"), energy(run)];
        let row = |(k, m): (usize, &Minimum)| (m.modes.first().copied(), vec![found_at(k), value(m.value)]);
        table.rows = minima.iter().enumerate().map(row).collect();
        if let Some(density) = &shown.metrics.own.density {
            populations(density, &mut table);
        }
        return table;
    };
    table.head = vec![format!("Well at ({names})"), "found at".into(), "off by".into(), "Ψ".into(), "found".into()];
    for pair in matches(minima, truth, run.evaluation().domain()) {
        let (fit, known) = (pair.fit.map(|k| &minima[k]), pair.truth.map(|k| &truth[k]));
        let row = vec![
            known.map_or_else(|| "none".into(), |m| place(&m.x)),
            pair.fit.map_or_else(|| "not found".into(), found_at),
            pair.location_error.map_or_else(String::new, |e| number(e, 2)),
            known.map_or_else(String::new, |m| value(m.value)),
            fit.map_or_else(String::new, |m| value(m.value)),
        ];
        table.rows.push((pair.fit.and_then(|k| minima[k].modes.first().copied()), row));
    }
    table
}

/// Adds the probability of each well's basin, and its free energy.
fn populations(density: &JointMetrics, table: &mut ViewTable) {
    table.head.extend(["population", "free energy"].map(String::from));
    for (k, (_, row)) in table.rows.iter_mut().enumerate() {
        let [population, energy] = [&density.populations, &density.free_energies].map(|all| all.get(k).copied());
        row.push(population.map_or_else(String::new, |population| number(population, 3)));
        let interval = density.free_energy_interval(k);
        let plus_minus = interval.map_or_else(String::new, |[low, high]| format!(" ± {}", number(0.5 * (high - low), 2)));
        row.push(energy.map_or_else(String::new, |energy| format!("{}{plus_minus}", number(energy, 3))));
    }
}

/// Number of decimals that shows three digits of a scale.
fn decimals(scale: f64) -> usize {
    (2.5 - scale.max(1e-300).log10()).clamp(0.0, 6.0) as usize
}

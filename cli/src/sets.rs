//! `multiwell fit` of several files of samples of the same quantities. Each file has a joint density, and one table compares the basins.

use std::path::{Path, PathBuf};

use itertools::Itertools;
use multiwell::internal::landscape::{Bounds, LARGEST_DISTANCE, Minimum, pairs::pair};

use super::arguments::{FitArguments, TrainingArguments};
use super::fit::{RunReport, check_outputs, report_one, single};
use super::table::{self, columns};
use super::{Failure, print, print_error};

/// Returns true if several sets are requested, each with a separate density.
pub fn has_several_sets(arguments: &FitArguments) -> bool {
    arguments.density
        && !arguments.training.columns.inputs.is_empty()
        && !arguments.more.is_empty()
        && arguments.umbrella.is_none()
}

/// Fits one set after another, prints each result, and then prints the basins of all.
pub fn fit(arguments: &FitArguments) -> Result<(), Failure> {
    if arguments.training.seeds.is_some() {
        return Err(Failure::bad_input("--seeds is for one set of samples; give a single file, or leave --seeds out"));
    }
    let paths: Vec<&PathBuf> = [&arguments.training.data].into_iter().chain(&arguments.more).collect();
    let names = names(&paths);
    let each: Vec<FitArguments> = paths.iter().zip(&names).map(|(path, name)| of_set(arguments, path, name)).collect();
    check_outputs(&each, true)?;
    let mut found = Vec::new();
    let mut ending = Ok(());
    for (set, name) in each.iter().zip(&names) {
        if !arguments.training.json {
            print_error(&format!("set {} of {}: {name}", found.len() + 1, each.len()));
        }
        let (outcome, is_interrupted) = single(set)?;
        let reported = report_one(set, &outcome, is_interrupted);
        found.push(outcome);
        if is_interrupted {
            return reported;
        }
        // If one set cannot be fitted, the others are fitted nevertheless.
        ending = ending.and(reported);
        if !arguments.training.json {
            print("\n")?;
        }
    }
    if !arguments.training.json {
        print(&basin_table(&names, &found))?;
    }
    ending
}

/// A name for each file. It has no folder or extension if the remaining names are different.
fn names(paths: &[&PathBuf]) -> Vec<String> {
    let stem = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let name = name.strip_suffix(".gz").map_or(name.clone(), str::to_owned);
        Path::new(&name).file_stem().unwrap_or_default().to_string_lossy().into_owned()
    };
    let stems: Vec<String> = paths.iter().map(|path| stem(path)).collect();
    if stems.iter().all_unique() { stems } else { (1..=paths.len()).map(|k| k.to_string()).collect() }
}

/// Arguments for one set. Its output files have its name.
fn of_set(arguments: &FitArguments, path: &Path, name: &str) -> FitArguments {
    let called = |out: &PathBuf| {
        let stem = out.file_stem().unwrap_or_default().to_string_lossy();
        let ending = out.extension().map_or_else(String::new, |ending| format!(".{}", ending.to_string_lossy()));
        out.with_file_name(format!("{stem}-{name}{ending}"))
    };
    FitArguments {
        training: TrainingArguments { data: path.to_owned(), ..arguments.training.clone() },
        more: Vec::new(),
        model_out: arguments.model_out.as_ref().map(called),
        history_out: arguments.history_out.as_ref().map(called),
        ..arguments.clone()
    }
}

/// Table of basins. Basins of different sets with neighbouring minima share a row, with the population and the free energy in each set.
fn basin_table(names: &[String], found: &[RunReport]) -> String {
    let minima: Vec<&[Minimum]> = found.iter().map(|outcome| outcome.metrics.minima()).collect();
    let mut ends: Vec<[f64; 2]> = Vec::new();
    let mut periodic = Vec::new();
    for (bounds, is_periodic) in found.iter().filter_map(|outcome| outcome.domain.as_ref()) {
        periodic.clone_from(is_periodic);
        ends = if ends.is_empty() {
            bounds.clone()
        } else {
            ends.iter().zip(bounds).map(|(a, b)| [a[0].min(b[0]), a[1].max(b[1])]).collect()
        };
    }
    let domain = Bounds { ends: &ends, periodic: &periodic };
    // First minimum of each basin, and the index of its minimum in each set.
    let mut basins: Vec<(Minimum, Vec<Option<usize>>)> = Vec::new();
    for (set, minima) in minima.iter().enumerate() {
        let known: Vec<Minimum> = basins.iter().map(|(minimum, _)| minimum.clone()).collect();
        for (of_set, basin) in pair(minima, &known, domain, LARGEST_DISTANCE * domain.diagonal()) {
            match (of_set, basin) {
                (Some(k), Some(basin)) => basins[basin].1[set] = Some(k),
                (Some(k), None) => {
                    let mut of_sets = vec![None; found.len()];
                    of_sets[set] = Some(k);
                    basins.push((minima[k].clone(), of_sets));
                }
                (None, _) => {}
            }
        }
    }
    let cell = |set: usize, k: usize| {
        let density = found[set].metrics.potential()?.density.as_ref()?;
        let energy = density.free_energies.get(k).filter(|energy| energy.is_finite())?;
        let energy = table::with_interval(*energy, density.free_energy_interval(k));
        Some(vec![format!("{:.4}", density.populations.get(k)?), energy])
    };
    let none = || vec!["-".to_owned(); 2];
    let head = names.iter().flat_map(|name| [format!("population, {name}"), "free energy".into()]);
    let mut rows = vec![std::iter::once("x".to_owned()).chain(head).collect::<Vec<_>>()];
    rows.extend(basins.iter().map(|(minimum, of_sets)| {
        let place = minimum.x.iter().map(|x| table::number(*x)).join(", ");
        let cells = of_sets.iter().enumerate().flat_map(|(set, k)| k.and_then(|k| cell(set, k)).unwrap_or_else(none));
        std::iter::once(place).chain(cells).collect()
    }));
    format!(
        "basins of all sets; minima within a tenth of the domain are one, and free energies are from the most probable basin of each set\n{}",
        columns(&rows, "  ", &[])
    )
}

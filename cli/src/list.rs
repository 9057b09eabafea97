//! `multiwell list`: the benchmarks.

use multiwell::internal::problem::benchmark::Benchmark;
use multiwell::internal::problem::benchmarks;
use multiwell::internal::{landscape, potentials};

use super::{Failure, print, table};

/// Prints every benchmark. For a potential, it also prints its number of wells and its domain.
pub fn list() -> Result<(), Failure> {
    let row = |benchmark: Benchmark| {
        let Benchmark { id, sentence, .. } = benchmark;
        let Some(p) = potentials::all().find(|p| p.id() == id) else {
            return [id, "", "", sentence].map(String::from);
        };
        let bounds = p.bounds();
        let domain: Vec<String> = bounds.iter().map(|[low, high]| format!("{low} to {high}")).collect();
        let domain = match domain.split_first() {
            Some((first, rest)) if rest.iter().all(|other| other == first) => first.clone(),
            _ => format!("{} inputs", bounds.len()),
        };
        let wells = landscape::of_potential(p).minima.len();
        [id.to_string(), wells.to_string(), domain, sentence.to_string()]
    };
    let families = potentials::BENCHMARK_FAMILIES.iter().map(|&(id, sentence)| [id, "", "", sentence].map(String::from));
    let rows = benchmarks::all().map(row).chain(families);
    print(&table::headed(["benchmark", "wells", "domain", ""], rows, "", &[0, 3]))
}

//! Everything that can be trained, by its id. A new benchmark is a line here, or in the list of its problem.

use super::benchmark::Benchmark;
use super::density::settings::BENCHMARKS as DENSITIES;
use super::material::settings::BENCHMARKS as MATERIALS;
use super::potential::settings::{DRAWN_SAMPLES, OWN_DATA, OWN_JOINT};
use crate::potentials::{self, KnownPotential};
use crate::text::shortened;

/// What is more than a potential drawn by the program, in the order of the menu.
fn others() -> impl Iterator<Item = Benchmark> {
    [&[DRAWN_SAMPLES], DENSITIES, MATERIALS, &[OWN_DATA, OWN_JOINT]].concat().into_iter()
}

/// All that are offered in a menu, in its order.
pub fn all() -> impl Iterator<Item = Benchmark> {
    let of = |p: &'static dyn KnownPotential| of_potential(p, p.id(), p.sentence());
    potentials::all().map(of).chain(others().filter(|known| !known.own))
}

/// Those that learn from a table of the user's.
pub fn own() -> impl Iterator<Item = Benchmark> {
    [&[OWN_DATA, OWN_JOINT], DENSITIES, MATERIALS].concat().into_iter().filter(|known| known.own)
}

/// The benchmark called `id`; one with a number in its id goes by the name of its family.
pub fn find(id: &str) -> Option<Benchmark> {
    others().chain(all()).find(|known| known.id == id).or_else(|| {
        let found = potentials::find(id)?;
        potentials::FAMILIES.first().map(|(family, sentence)| of_potential(&*found, family, sentence))
    })
}

fn of_potential(of: &dyn KnownPotential, id: &'static str, sentence: &'static str) -> Benchmark {
    Benchmark { id, name: of.name(), sentence, unused: &["hold-out"], own: false, data: "samples", parts: &[] }
}

/// No benchmark has this id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no benchmark called \"{}\"; choose one of {}", shortened(.0), known_ids())]
pub struct UnknownBenchmark(pub String);

fn known_ids() -> String {
    all().map(|b| b.id).chain(potentials::FAMILIES.iter().map(|f| f.0)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::settings::{Recipe, Settings};

    /// The page fetches the guides when they are asked for.
    #[test]
    fn every_benchmark_has_a_guide() {
        let guides = include_str!("../../www/guide.js");
        for benchmark in all().chain(own()).chain(find("soft-parabolas-10")) {
            assert!(guides.contains(&format!("\n  \"{}\":", benchmark.id)), "www/guide.js says nothing of {}", benchmark.id);
        }
        let formulas = guides.split_once("const formulas").unwrap().1;
        for benchmark in
            all().filter(|b| !b.own && b.id != "formula" && !b.id.starts_with("draw")).chain(find("soft-parabolas-10"))
        {
            assert!(formulas.contains(&format!("\n  \"{}\":", benchmark.id)), "www/guide.js has no formula of {}", benchmark.id);
        }
    }

    /// Links without it say that their results may have changed.
    #[test]
    fn links_of_the_page_are_of_todays_recipe() {
        let pages = [include_str!("../../www/guide.js"), include_str!("../../www/index.html"), include_str!("../../README.md")];
        for version in pages.iter().flat_map(|page| page.split("recipe_version=").skip(1)) {
            assert!(version.starts_with(&crate::recipe::VERSION.to_string()), "{version:.20}");
        }
    }

    #[test]
    fn every_id_finds_its_own_benchmark_and_its_settings_can_be_used() {
        for benchmark in all().chain(others()) {
            assert_eq!(find(benchmark.id).map(|found| found.name), Some(benchmark.name));
            assert_eq!(Settings::on(Recipe::Reliable, benchmark.id).check(), Ok(()), "{}", benchmark.id);
        }
        assert_eq!(find("soft-parabolas-10").map(|found| found.id), Some("soft-parabolas-RHO"));
        assert!(find("triple-well").is_none());
    }

    #[test]
    fn an_unknown_benchmark_names_the_known_ones() {
        let sentence = UnknownBenchmark("triple-well".into()).to_string();
        assert!(sentence.starts_with("there is no benchmark called \"triple-well\"; choose one of double-well, "), "{sentence}");
        assert!(
            all().all(|benchmark| sentence.contains(benchmark.id)) && sentence.ends_with(", soft-parabolas-RHO"),
            "{sentence}"
        );
        assert!(UnknownBenchmark("x".repeat(100_000)).to_string().len() < sentence.len() + 50);
    }
}

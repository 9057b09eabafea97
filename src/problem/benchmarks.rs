//! All benchmarks by their ids. Potentials come from `potentials`, other benchmarks from the list of their problem or from
//! the list here.

use super::benchmark::Benchmark;
use super::density::settings::DENSITY_BENCHMARKS;
use super::material::settings::MATERIAL_BENCHMARKS;
use super::potential::settings::{DRAWN_SAMPLES, OWN_DATA, OWN_JOINT};
use crate::potentials::{self, KnownPotential};
use crate::text::shortened;

/// Benchmarks besides the potentials, in the order of the menu.
fn others() -> impl Iterator<Item = Benchmark> {
    [&[DRAWN_SAMPLES], DENSITY_BENCHMARKS, MATERIAL_BENCHMARKS, &[OWN_DATA, OWN_JOINT]].concat().into_iter()
}

/// All benchmarks of the menu, in its order.
pub fn all() -> impl Iterator<Item = Benchmark> {
    let of = |p: &'static dyn KnownPotential| of_potential(p, p.id(), p.description()[1]);
    potentials::all().map(of).chain(others().filter(|known| !known.reads_table))
}

/// Benchmarks whose data are a user's table.
pub fn own_data_benchmarks() -> impl Iterator<Item = Benchmark> {
    [&[OWN_DATA, OWN_JOINT], DENSITY_BENCHMARKS, MATERIAL_BENCHMARKS].concat().into_iter().filter(|known| known.reads_table)
}

/// Benchmark with the id `id`. An id with numbers is found by the name of its family.
pub fn find(id: &str) -> Option<Benchmark> {
    others().chain(all()).find(|known| known.id == id).or_else(|| {
        let found = potentials::find(id)?;
        potentials::BENCHMARK_FAMILIES.first().map(|(family, sentence)| of_potential(&*found, family, sentence))
    })
}

fn of_potential(of: &dyn KnownPotential, id: &'static str, sentence: &'static str) -> Benchmark {
    Benchmark { id, name: of.name(), sentence, unused: &["hold-out"], reads_table: false, data: "samples", roles: &[] }
}

/// Error: no benchmark has this id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no benchmark called \"{}\"; choose one of {}", shortened(.0), known_ids())]
pub struct UnknownBenchmark(pub String);

fn known_ids() -> String {
    all().map(|b| b.id).chain(potentials::BENCHMARK_FAMILIES.iter().map(|f| f.0)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::settings::{Recipe, Settings};

    /// The page fetches the guides on request.
    #[test]
    fn every_benchmark_has_a_guide() {
        let guides = include_str!("../../www/guide.js");
        for benchmark in all().chain(own_data_benchmarks()).chain(find("soft-parabolas-10")) {
            assert!(guides.contains(&format!("\n  \"{}\":", benchmark.id)), "www/guide.js says nothing of {}", benchmark.id);
        }
        let formulas = guides.split_once("const formulas").unwrap().1;
        for benchmark in
            all().filter(|b| !b.reads_table && b.id != "formula" && !b.id.starts_with("draw")).chain(find("soft-parabolas-10"))
        {
            assert!(formulas.contains(&format!("\n  \"{}\":", benchmark.id)), "www/guide.js has no formula of {}", benchmark.id);
        }
    }

    /// No table of the page has an evidence, and the buttons for code and for other pages are only in the Lab.
    #[test]
    fn texts_of_page_name_what_it_shows() {
        let (guides, page) = (include_str!("../../www/guide.js"), include_str!("../../www/index.html"));
        assert!(!guides.contains("evidence"));
        let help = page.split_once("<dialog id=\"help-dialog\"").unwrap().1;
        for button in ["Export", "Embed"] {
            assert!(help.contains(&format!("<em>{button}</em>")) && page.contains(&format!(">{button}</")), "{button}");
        }
        for own in own_data_benchmarks() {
            let parts = [format!("name=\"columns-kind\" value=\"{}\"", own.id), format!("data-kind=\"{}\"", own.id)];
            assert!(parts.iter().all(|part| page.contains(part)), "{}", own.id);
        }
    }

    /// The page warns about links without it that their results may have changed.
    #[test]
    fn links_of_page_have_current_recipe_version() {
        let pages = [include_str!("../../www/guide.js"), include_str!("../../www/index.html"), include_str!("../../README.md")];
        for version in pages.iter().flat_map(|page| page.split("recipe_version=").skip(1)) {
            assert!(version.starts_with(&crate::recipe::RECIPE_VERSION.to_string()), "{version:.20}");
        }
    }

    #[test]
    fn every_id_finds_its_benchmark_with_valid_settings() {
        for benchmark in all().chain(others()) {
            assert_eq!(find(benchmark.id).map(|found| found.name), Some(benchmark.name));
            assert_eq!(Settings::on(Recipe::Reliable, benchmark.id).check(), Ok(()), "{}", benchmark.id);
        }
        assert_eq!(find("soft-parabolas-10").map(|found| found.id), Some("soft-parabolas-RHO"));
        assert!(find("triple-well").is_none());
    }

    #[test]
    fn unknown_benchmark_error_lists_known_benchmarks() {
        let sentence = UnknownBenchmark("triple-well".into()).to_string();
        assert!(sentence.starts_with("there is no benchmark called \"triple-well\"; choose one of double-well, "), "{sentence}");
        assert!(
            all().all(|benchmark| sentence.contains(benchmark.id)) && sentence.ends_with(", soft-parabolas-RHO"),
            "{sentence}"
        );
        assert!(UnknownBenchmark("x".repeat(100_000)).to_string().len() < sentence.len() + 50);
    }
}

//! Benchmark potentials, one file each. The header of a file states formula, domain, minima and source. A new benchmark needs a file, a line
//! in the list of this module, and a guide in `www/guide.js`.
//!
//! ```
//! let well = multiwell::internal::potentials::find("double-well").unwrap();
//! assert_eq!(well.value(&[0.0]), 0.0);
//! ```

mod cosine_well;
mod double_well;
pub mod formula;
pub mod gene_circuit;
pub mod landscape;
pub mod mechanochemical;
mod muller_brown;
mod potential;
pub mod random;
pub mod sampling;
pub mod sketch;
mod soft_parabolas;
mod three_well;
mod tilted;

use std::sync::LazyLock;

pub use cosine_well::CosineWell;
pub use double_well::DoubleWell;
pub use formula::{Formula, mathml};
pub use gene_circuit::GeneCircuit;
pub use landscape::RandomLandscape;
pub use mechanochemical::Mechanochemical;
pub use potential::{CutCoordinate, KnownPotential, Observed, Preset};
pub use random::RandomWells;
pub use sketch::Sketch;
pub use soft_parabolas::SoftParabolas;
pub use three_well::ThreeWell;
pub use tilted::Tilted;

/// Constructors of the benchmarks without a number in their id, in the order of the page. The random benchmarks have the default kind and
/// seed.
const CONSTRUCTORS: &[fn() -> Box<dyn KnownPotential>] = &[
    || Box::new(DoubleWell),
    || Box::new(CosineWell),
    || Box::new(ThreeWell),
    || Box::new(RandomWells::default()),
    || Box::new(muller_brown::MullerBrown),
    || Box::new(RandomLandscape::default()),
    || Box::new(Mechanochemical),
    || Box::new(GeneCircuit::DEFAULT),
    || Box::new(Formula::default()),
    || Box::new(Sketch::default()),
];

static ALL_POTENTIALS: LazyLock<Vec<Box<dyn KnownPotential>>> =
    LazyLock::new(|| CONSTRUCTORS.iter().map(|make| make()).collect());

/// Benchmarks without a number in their id, in the order of the page.
pub fn all() -> impl ExactSizeIterator<Item = &'static dyn KnownPotential> {
    ALL_POTENTIALS.iter().map(|potential| &**potential)
}

/// Benchmarks with one input and without a number in their id.
pub fn curves() -> impl Iterator<Item = &'static dyn KnownPotential> {
    all().filter(|p| p.inputs().len() == 1)
}

/// Families of benchmarks with a number in their id: the pattern of the id, and a description.
pub const BENCHMARK_FAMILIES: &[(&str, &str)] =
    &[("soft-parabolas-RHO", "The soft minimum of three parabolas at a known sharpness, 1e-3 to 1e6.")];

/// Returns the benchmark called `id`.
pub fn find(id: &str) -> Option<Box<dyn KnownPotential>> {
    let listed = all().position(|potential| potential.id() == id).map(|k| CONSTRUCTORS[k]());
    listed.or_else(|| Some(Box::new(SoftParabolas::named(id)?)))
}

/// Returns the defaults of a fit to the benchmark called `id`, if it has any.
pub fn preset(id: &str) -> Option<Preset> {
    all().find(|potential| potential.id() == id)?.preset()
}

#[cfg(test)]
mod tests {
    use super::random::RandomTargetKind;
    use super::*;

    #[test]
    fn every_id_finds_its_own_benchmark() {
        for p in all() {
            assert_eq!(find(p.id()).map(|found| found.name().to_string()), Some(p.name().to_string()));
        }
        assert!(find("triple-well").is_none());
    }

    #[test]
    fn gradients_of_potentials_agree_with_differences() {
        let h = 1e-5;
        let soft = [0.01, 1.0, 30.0, 300.0].map(|rho| Box::new(SoftParabolas::new(rho).unwrap()) as _);
        let exact = CONSTRUCTORS.iter().map(|make| make()).chain(soft).map(|p| (p, 1e-8, false));
        let random =
            [RandomTargetKind::Smooth, RandomTargetKind::Kinked, RandomTargetKind::Gaussians].into_iter().flat_map(|kind| {
                let wells = (0..10).map(move |seed| Box::new(RandomWells::new(kind, seed)) as Box<dyn KnownPotential>);
                let landscapes = (1..=3).map(move |inputs| Box::new(RandomLandscape::new(kind, inputs, 2)) as _);
                wells.chain(landscapes).map(move |p| (p, 1e-6, kind == RandomTargetKind::Kinked))
            });
        for (p, tolerance, has_kinks) in exact.chain(random) {
            for x in sampling::spread(&p.bounds(), 997).rows() {
                let x = x.to_vec();
                let gradient = p.gradient(&x);
                for (k, slope) in gradient.iter().enumerate() {
                    let place = |by: f64| {
                        let mut x = x.clone();
                        x[k] += by;
                        x
                    };
                    let at = |by: f64| p.value(&place(by));
                    // Richardson's extrapolation of central differences has the error h^4 f^(5)/30, plus the rounding error 1e-16/h.
                    let central = |h: f64| (at(h) - at(-h)) / (2.0 * h);
                    let difference = (4.0 * central(h / 2.0) - central(h)) / 3.0;
                    let close = (difference - slope).abs() < tolerance * (1.0 + slope.abs());
                    let is_kink = has_kinks && (p.gradient(&place(h))[k] - p.gradient(&place(-h))[k]).abs() > 1e-3;
                    assert!(close || is_kink, "{} at {x:?}: {difference} against {slope}", p.id());
                }
            }
        }
    }
}

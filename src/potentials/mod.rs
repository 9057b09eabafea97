//! Benchmark potentials, one file each, with formula, domain, minima and source in its header. To add one, add its file and a
//! line in the list of this module.
//!
//! ```
//! let well = multiwell::potentials::find("double-well").unwrap();
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
pub use formula::Formula;
pub use gene_circuit::GeneCircuit;
pub use landscape::RandomLandscape;
pub use mechanochemical::Mechanochemical;
pub use potential::{Coordinate, Curve, KnownPotential, Observed, Preset};
pub use random::RandomWells;
pub use sketch::Sketch;
pub use soft_parabolas::SoftParabolas;
pub use three_well::ThreeWell;
pub use tilted::Tilted;

/// Constructors of the benchmarks without a number in their id, in the order of the page. The random one has the default kind
/// and seed.
const LIST: &[fn() -> Box<dyn KnownPotential>] = &[
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

static ALL: LazyLock<Vec<Box<dyn KnownPotential>>> = LazyLock::new(|| LIST.iter().map(|make| make()).collect());

/// The benchmarks without a number in their id, in the order of the page.
pub fn all() -> impl ExactSizeIterator<Item = &'static dyn KnownPotential> {
    ALL.iter().map(|potential| &**potential)
}

/// The benchmarks without a number in their id that have one input.
pub fn curves() -> impl Iterator<Item = &'static dyn KnownPotential> {
    all().filter(|p| p.inputs().len() == 1)
}

/// Benchmarks with a number in their id: the pattern of the id, and a description.
pub const FAMILIES: &[(&str, &str)] =
    &[("soft-parabolas-RHO", "The soft minimum of three parabolas at a known sharpness, 1e-3 to 1e6.")];

/// The benchmark called `id`.
pub fn find(id: &str) -> Option<Box<dyn KnownPotential>> {
    let listed = all().position(|potential| potential.id() == id).map(|k| LIST[k]());
    listed.or_else(|| Some(Box::new(SoftParabolas::named(id)?)))
}

/// The defaults of a fit to the benchmark called `id`, if it has any.
pub fn preset(id: &str) -> Option<Preset> {
    all().find(|potential| potential.id() == id)?.preset()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_finds_its_own_benchmark() {
        for p in all() {
            assert_eq!(find(p.id()).map(|found| found.name().to_string()), Some(p.name().to_string()));
        }
        assert!(find("triple-well").is_none());
    }

    #[test]
    fn gradients_are_the_derivatives_of_the_values() {
        let h = 1e-5;
        for p in all() {
            let bounds = p.bounds();
            for x in crate::landscape::starting_points(&bounds, 997).rows() {
                let x = x.to_vec();
                let gradient = p.gradient(&x);
                for (k, slope) in gradient.iter().enumerate() {
                    let at = |by: f64| {
                        let mut x = x.clone();
                        x[k] += by;
                        p.value(&x)
                    };
                    // Central differences by Richardson's extrapolation are off by h^4 f^(5)/30, plus rounding of 1e-16/h.
                    let central = |h: f64| (at(h) - at(-h)) / (2.0 * h);
                    let difference = (4.0 * central(h / 2.0) - central(h)) / 3.0;
                    let close = (difference - slope).abs() < 1e-8 * (1.0 + slope.abs());
                    assert!(close, "{} at {x:?}: {difference} against {slope}", p.id());
                }
            }
        }
    }
}

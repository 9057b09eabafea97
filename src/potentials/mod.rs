//! Benchmark potentials, one file each: formula, domain, minima and source in its header, value and slope in its code.
//!
//! ```
//! let well = multiwell::potentials::find("double-well").unwrap();
//! assert_eq!(well.value(0.0), 0.0);
//! ```

mod cosine_well;
mod double_well;
pub mod random;
mod soft_parabolas;
mod three_well;

use std::sync::LazyLock;

pub use cosine_well::CosineWell;
pub use double_well::DoubleWell;
pub use random::RandomWells;
pub use soft_parabolas::SoftParabolas;
pub use three_well::ThreeWell;

use crate::text::shortened;

/// A potential of one input that is known exactly.
pub trait Potential: Send + Sync {
    /// Its id in links and on the command line.
    fn id(&self) -> &str;
    /// Its name for people.
    fn name(&self) -> &'static str;
    /// One sentence: what is learnt from what.
    fn sentence(&self) -> &'static str;
    /// The sampled domain.
    fn domain(&self) -> [f64; 2];
    /// Value at `x`.
    fn value(&self, x: f64) -> f64;
    /// Derivative at `x` (from the left where it jumps).
    fn slope(&self, x: f64) -> f64;
    /// The sharpness of the soft minimum that it is, if it is one.
    fn sharpness(&self) -> Option<f64> {
        None
    }
}

/// The benchmarks without a number in their id, in the order of the page. The random one among them is that of the default kind and
/// seed.
pub fn all() -> &'static [&'static dyn Potential] {
    static RANDOM: LazyLock<RandomWells> = LazyLock::new(RandomWells::default);
    static ALL: LazyLock<[&'static dyn Potential; 4]> = LazyLock::new(|| [&DoubleWell, &CosineWell, &ThreeWell, &*RANDOM]);
    &*ALL
}

/// Benchmarks with a number in their id: how it is written, and what is learnt.
pub const FAMILIES: &[(&str, &str)] =
    &[("soft-parabolas-RHO", "The soft minimum of three parabolas at a known sharpness, 1e-3 to 1e6.")];

/// The benchmark called `id`.
pub fn find(id: &str) -> Option<Box<dyn Potential>> {
    Some(match id {
        "double-well" => Box::new(DoubleWell),
        "cosine-well" => Box::new(CosineWell),
        "three-well" => Box::new(ThreeWell),
        RandomWells::ID => Box::new(RandomWells::default()),
        _ => Box::new(SoftParabolas::named(id)?),
    })
}

/// No benchmark has this id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no benchmark called \"{}\"; choose one of {}", shortened(.0), known_ids())]
pub struct UnknownBenchmark(pub String);

fn known_ids() -> String {
    all().iter().map(|p| p.id()).chain(FAMILIES.iter().map(|f| f.0)).collect::<Vec<_>>().join(", ")
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
    fn an_unknown_benchmark_names_the_known_ones() {
        let sentence = UnknownBenchmark("triple-well".into()).to_string();
        assert_eq!(
            sentence,
            "there is no benchmark called \"triple-well\"; choose one of double-well, cosine-well, three-well, random-wells, \
             soft-parabolas-RHO"
        );
        assert!(UnknownBenchmark("x".repeat(100_000)).to_string().len() < 200);
    }

    #[test]
    fn slopes_are_the_derivatives_of_the_values() {
        let h = 1e-5;
        for p in all() {
            let [low, high] = p.domain();
            for k in 0..=997 {
                let x = low + (high - low) * f64::from(k) / 997.0;
                let difference = (p.value(x + h) - p.value(x - h)) / (2.0 * h);
                // Central differences of a C3 function are off by h^2 f'''/6, plus rounding of 1e-16/h.
                assert!((difference - p.slope(x)).abs() < 1e-8, "{} at {x}: {difference} against {}", p.id(), p.slope(x));
            }
        }
    }
}

//! Benchmark potentials, one file each: formula, domain, minima and source in its header; value, derivatives and the settings that
//! suit it in its code. A new one touches its own file, the lists in this one, and its guide on the page.
//!
//! ```
//! let well = multiwell::potentials::find("double-well").unwrap();
//! assert_eq!(well.value(&[0.0]), 0.0);
//! ```

mod cosine_well;
mod double_well;
pub mod gene_circuit;
pub mod mechanochemical;
pub mod random;
pub mod sampling;
mod soft_parabolas;
mod three_well;

use std::sync::LazyLock;

pub use cosine_well::CosineWell;
pub use double_well::DoubleWell;
pub use gene_circuit::GeneCircuit;
pub use mechanochemical::Mechanochemical;
pub use random::RandomWells;
pub use soft_parabolas::SoftParabolas;
pub use three_well::ThreeWell;

/// What a potential is learnt from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Observed {
    /// Its values.
    #[default]
    Values,
    /// Its derivatives only, as forces are measured.
    Gradient,
}

/// The settings that suit a benchmark: what a run on it begins with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Preset {
    /// Modes offered.
    pub modes: usize,
    /// Widths of the hidden layers.
    pub hidden: &'static [usize],
    /// Samples to train on.
    pub samples: usize,
    /// Epochs under the recipe `reliable`.
    pub epochs: u64,
}

/// A coordinate that cuts through a potential are made along.
#[derive(Clone, Debug, PartialEq)]
pub struct Coordinate {
    /// Its name.
    pub name: String,
    /// How far each input goes while it grows by one, `[inputs]`. Different coordinates go at right angles to one another.
    pub direction: Vec<f64>,
    /// How far a cut shows it.
    pub range: [f64; 2],
    /// Where it stands in cuts along others.
    pub held: f64,
}

/// A potential of any number of inputs that is known exactly.
pub trait Potential: Send + Sync {
    /// Its id in links and on the command line.
    fn id(&self) -> &str;
    /// Its name for people.
    fn name(&self) -> &'static str;
    /// One sentence: what is learnt from what.
    fn sentence(&self) -> &'static str;
    /// Names of its inputs.
    fn inputs(&self) -> &'static [&'static str];
    /// The sampled box, `[low, high]` an input.
    fn bounds(&self) -> Vec<[f64; 2]>;
    /// Value at `x` `[inputs]`.
    fn value(&self, x: &[f64]) -> f64;
    /// Derivatives at `x`, `[inputs]` (from the left where they jump).
    fn gradient(&self, x: &[f64]) -> Vec<f64>;
    /// Second derivatives at `x`, `[inputs, inputs]`: by central differences of the exact gradient unless stated otherwise.
    fn hessian(&self, x: &[f64]) -> Vec<f64> {
        let bounds = self.bounds();
        let column = |k: usize| {
            let h = 1e-5 * (bounds[k][1] - bounds[k][0]);
            let at = |by: f64| {
                let mut x = x.to_vec();
                x[k] += by;
                self.gradient(&x)
            };
            at(h).into_iter().zip(at(-h)).map(|(ahead, behind)| (ahead - behind) / (2.0 * h)).collect::<Vec<f64>>()
        };
        (0..x.len()).flat_map(column).collect()
    }
    /// What it is learnt from.
    fn observed(&self) -> Observed {
        Observed::Values
    }
    /// Whether minima on the faces of the box count: where a bound is a law and not the end of what was sampled.
    fn has_walls(&self) -> bool {
        false
    }
    /// A path through the box and out of it that fits are tried on: its place at `t` from 0 to 1, and when it leaves the box.
    fn trajectory(&self, _: f64) -> Option<(Vec<f64>, f64)> {
        None
    }
    /// What cuts are made along, the two that show most first; empty where these are the inputs themselves.
    fn coordinates(&self) -> Vec<Coordinate> {
        Vec::new()
    }
    /// What its derivatives are called, one by one; empty where they have no names of their own.
    fn slopes(&self) -> &'static [&'static str] {
        &[]
    }
    /// The settings that suit it, if they are not those of curves on a line.
    fn preset(&self) -> Option<Preset> {
        None
    }
    /// The sharpness of the soft minimum that it is, if it is one.
    fn sharpness(&self) -> Option<f64> {
        None
    }
}

/// A potential of one input: a curve on a line.
pub trait Curve: Send + Sync {
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

impl<C: Curve> Potential for C {
    fn id(&self) -> &str {
        Curve::id(self)
    }

    fn name(&self) -> &'static str {
        Curve::name(self)
    }

    fn sentence(&self) -> &'static str {
        Curve::sentence(self)
    }

    fn inputs(&self) -> &'static [&'static str] {
        &["x"]
    }

    fn bounds(&self) -> Vec<[f64; 2]> {
        vec![self.domain()]
    }

    fn value(&self, x: &[f64]) -> f64 {
        Curve::value(self, x[0])
    }

    fn gradient(&self, x: &[f64]) -> Vec<f64> {
        vec![self.slope(x[0])]
    }

    fn sharpness(&self) -> Option<f64> {
        Curve::sharpness(self)
    }
}

/// The benchmarks without a number in their id, in the order of the page. The random one among them is that of the default kind and
/// seed.
pub fn all() -> &'static [&'static dyn Potential] {
    static RANDOM: LazyLock<RandomWells> = LazyLock::new(RandomWells::default);
    static ALL: LazyLock<[&'static dyn Potential; 6]> =
        LazyLock::new(|| [&DoubleWell, &CosineWell, &ThreeWell, &*RANDOM, &Mechanochemical, &GeneCircuit::DEFAULT]);
    &*ALL
}

/// Those among them that are curves on a line.
pub fn curves() -> impl Iterator<Item = &'static dyn Potential> {
    all().iter().copied().filter(|p| p.inputs().len() == 1)
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
        Mechanochemical::ID => Box::new(Mechanochemical),
        GeneCircuit::ID => Box::new(GeneCircuit::DEFAULT),
        _ => Box::new(SoftParabolas::named(id)?),
    })
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

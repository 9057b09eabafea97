//! A benchmark under a force.

use super::potential::{Coordinate, KnownPotential, Observed};

/// A potential under a force, one number an input: `Psi(x) - force x`.
pub struct Tilted<'a> {
    /// The potential without the force.
    pub potential: &'a dyn KnownPotential,
    /// The force.
    pub force: &'a [f64],
}

impl KnownPotential for Tilted<'_> {
    fn id(&self) -> &str {
        self.potential.id()
    }

    fn name(&self) -> &'static str {
        self.potential.name()
    }

    fn sentence(&self) -> &'static str {
        self.potential.sentence()
    }

    fn inputs(&self) -> Vec<&str> {
        self.potential.inputs()
    }

    fn bounds(&self) -> Vec<[f64; 2]> {
        self.potential.bounds()
    }

    fn periodic(&self) -> Vec<bool> {
        self.potential.periodic()
    }

    fn value(&self, x: &[f64]) -> f64 {
        self.potential.value(x) - x.iter().zip(self.force).map(|(x, force)| x * force).sum::<f64>()
    }

    fn gradient(&self, x: &[f64]) -> Vec<f64> {
        self.potential.gradient(x).iter().zip(self.force).map(|(slope, force)| slope - force).collect()
    }

    fn hessian(&self, x: &[f64]) -> Vec<f64> {
        self.potential.hessian(x)
    }

    fn observed(&self) -> Observed {
        self.potential.observed()
    }

    fn has_walls(&self) -> bool {
        self.potential.has_walls()
    }

    fn coordinates(&self) -> Vec<Coordinate> {
        self.potential.coordinates()
    }

    fn slopes(&self) -> &'static [&'static str] {
        self.potential.slopes()
    }
}

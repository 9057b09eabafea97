//! Benchmark potential under a force.

use super::potential::KnownPotential;

/// Potential under a force, one number per input: `Psi(x) - force x`. It has no data and no cuts of its own.
pub struct Tilted<'a> {
    /// Potential without the force.
    pub potential: &'a dyn KnownPotential,
    /// Components of the force, one per input.
    pub force: &'a [f64],
}

impl KnownPotential for Tilted<'_> {
    fn id(&self) -> &str {
        self.potential.id()
    }

    fn description(&self) -> [&'static str; 2] {
        self.potential.description()
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

    fn has_walls(&self) -> bool {
        self.potential.has_walls()
    }
}

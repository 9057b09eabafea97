//! The wells of `-log` of a density of several inputs that its samples can tell from none.
//!
//! A minimum is a well by evidence, as in one input: by how much less likely the samples were if the density were cut off at the height of the
//! minimum's lowest pass, and what is cut off spread over all of it.

use crate::numerics::evidence::critical;
use crate::numerics::flooding::{GridMinimum, flood_graph};
use crate::numerics::lattice::Lattice;

/// The fall in log-likelihood from which on a minimum is a well: the height of its pass is one parameter more (Akaike's information criterion).
pub const EVIDENCE: f64 = 1.0;

/// A minimum on a grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GridWell {
    /// Index of the grid point.
    pub index: usize,
    /// The rise to its lowest pass.
    pub barrier: f64,
    /// By how much less likely the samples were without it.
    pub evidence: f64,
}

/// A density on a grid, and how its samples were drawn.
#[derive(Clone, Copy, Debug)]
pub struct OnGrid<'a> {
    /// Minus the logarithm of the density at each point, up to a constant.
    pub psi: &'a [f64],
    /// By what the density is multiplied to have the one that samples were drawn from.
    pub tilts: &'a [f64],
    /// The grid.
    pub lattice: &'a Lattice,
    /// The effective number of samples.
    pub samples: f64,
}

impl OnGrid<'_> {
    /// The probability of each point in the density that samples were drawn from.
    fn probabilities(&self) -> Vec<f64> {
        let lowest = self.psi.iter().copied().fold(f64::INFINITY, f64::min);
        let masses: Vec<f64> = self.psi.iter().zip(self.tilts).map(|(psi, tilt)| tilt * (lowest - psi).exp()).collect();
        let z: f64 = masses.iter().sum();
        masses.into_iter().map(|mass| mass / z).collect()
    }

    /// All points that are joined to a point below a height.
    fn joined_below(&self, index: usize, height: f64) -> Vec<usize> {
        let mut is_seen = vec![false; self.psi.len()];
        let mut found = vec![index];
        is_seen[index] = true;
        let mut next = 0;
        while let Some(&k) = found.get(next) {
            next += 1;
            for other in self.lattice.neighbours(k) {
                if other < self.psi.len() && !is_seen[other] && self.psi[other] < height {
                    is_seen[other] = true;
                    found.push(other);
                }
            }
        }
        found
    }

    /// By how much less likely samples, of which these parts lie at the points, were under the density that is cut off at a height around a point, and
    /// the part of them around it.
    fn loss_without(&self, [probabilities, parts]: [&[f64]; 2], index: usize, height: f64) -> [f64; 2] {
        let (mut gain, mut cut, mut part) = (0.0, 0.0, 0.0);
        for k in self.joined_below(index, height) {
            let above = height - self.psi[k];
            gain += parts[k] * above;
            cut += probabilities[k] * (1.0 - (-above).exp());
            part += parts[k];
        }
        // The density without the well is (q - cut)/(1 - cut).
        [self.samples * (gain + (1.0 - cut).max(f64::MIN_POSITIVE).ln()), part]
    }

    /// The minima.
    pub fn minima(&self) -> Vec<GridWell> {
        let probabilities = self.probabilities();
        let well = |minimum: GridMinimum| {
            let height = minimum.value + minimum.persistence;
            let [evidence, _] = self.loss_without([&probabilities; 2], minimum.index, height);
            GridWell { index: minimum.index, barrier: minimum.persistence, evidence }
        };
        flood_graph(self.psi, |k| self.lattice.neighbours(k)).into_iter().map(well).collect()
    }

    /// Which of the minima the samples support at 95 %: twice the logarithm of their likelihood ratio to the density without the minimum exceeds the
    /// square of the critical number of standard errors. `parts` of the samples are nearest to each point. The lowest minimum is always supported.
    pub fn supported(&self, minima: &[GridWell], parts: &[f64]) -> Vec<bool> {
        let probabilities = self.probabilities();
        let lowest = minima.iter().map(|minimum| self.psi[minimum.index]).fold(f64::INFINITY, f64::min);
        let is_supported = |minimum: &GridWell| {
            let height = self.psi[minimum.index];
            let [evidence, part] = self.loss_without([&probabilities, parts], minimum.index, height + minimum.barrier);
            height <= lowest || 2.0 * evidence > critical(part).powi(2)
        };
        minima.iter().map(is_supported).collect()
    }
}

/// The number of wells among minima.
pub fn count(minima: &[GridWell]) -> usize {
    minima.iter().filter(|minimum| minimum.evidence > EVIDENCE).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_well_needs_samples_in_it() {
        let side = 41;
        // Two humps of unequal weight, and a ripple of one part in a thousand.
        let psi: Vec<f64> = (0..side * side)
            .map(|k| {
                let (x, y) = ((k % side) as f64 / 5.0 - 4.0, (k / side) as f64 / 5.0 - 4.0);
                let hump = |a: f64, b: f64| (-((x - a).powi(2) + (y - b).powi(2))).exp();
                -(hump(-2.0, 0.0) + 0.05 * hump(2.0, 1.0) + 1e-9).ln() + 1e-3 * (9.0 * x).sin()
            })
            .collect();
        let lattice = Lattice::new((&[[0.0, 1.0]; 2]).into(), side);
        let tilts = vec![1.0; psi.len()];
        let of = |samples: f64| count(&OnGrid { psi: &psi, tilts: &tilts, lattice: &lattice, samples }.minima());
        assert_eq!((of(20.0), of(200.0), of(5000.0)), (1, 2, 2));
    }
}

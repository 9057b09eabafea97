//! Wells of `-log` of a density that its samples distinguish from none.
//!
//! The evidence for a minimum is a fall in log-likelihood: the density is cut off at the height of the minimum's lowest pass, and
//! the removed probability is spread over all of it.

use crate::numerics::evidence::critical;
use crate::numerics::flooding::{GridMinimum, flood_graph};
use crate::numerics::lattice::Lattice;

/// Smallest evidence for a well: the height of its pass is one more parameter (Akaike's information criterion).
pub const MIN_WELL_EVIDENCE: f64 = 1.0;

/// A minimum on a grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GridWell {
    /// Index of the grid point.
    pub index: usize,
    /// Rise to its lowest pass.
    pub barrier: f64,
    /// Fall in log-likelihood without it.
    pub evidence: f64,
}

/// Density on a grid, with the sampling scheme of its samples.
#[derive(Clone, Copy, Debug)]
pub struct GridDensity<'a> {
    /// Minus the logarithm of the density at each point, up to a constant.
    pub psi: &'a [f64],
    /// Ratio of the sampled density to this density at each point.
    pub bias_factors: &'a [f64],
    /// The grid.
    pub lattice: &'a Lattice,
    /// The effective number of samples.
    pub samples: f64,
}

impl GridDensity<'_> {
    /// Probability of each point in the sampled density.
    fn probabilities(&self) -> Vec<f64> {
        let lowest = self.psi.iter().copied().fold(f64::INFINITY, f64::min);
        let masses: Vec<f64> =
            self.psi.iter().zip(self.bias_factors).map(|(psi, bias_factor)| bias_factor * (lowest - psi).exp()).collect();
        let z: f64 = masses.iter().sum();
        masses.into_iter().map(|mass| mass / z).collect()
    }

    /// Points connected to a point through points below a height.
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

    /// Fall in log-likelihood if the density is cut off at a height around a point, and the fraction of the samples around it.
    /// `parts` are the fractions of the samples at the grid points.
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
            let evidence =
                if height.is_finite() { self.loss_without([&probabilities; 2], minimum.index, height)[0] } else { f64::INFINITY };
            GridWell { index: minimum.index, barrier: minimum.persistence, evidence }
        };
        flood_graph(self.psi, |k| self.lattice.neighbours(k)).into_iter().map(well).collect()
    }

    /// Whether the samples support each minimum at 95 %: twice the logarithm of the likelihood ratio to the density without the
    /// minimum exceeds the square of the critical number of standard errors. `parts` are the fractions of the samples nearest to
    /// each point. The lowest minimum is always supported.
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
    minima.iter().filter(|minimum| minimum.evidence > MIN_WELL_EVIDENCE).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_of_wells_depends_on_number_of_samples() {
        let side = 41;
        // Two humps of unequal weight, and a ripple of amplitude 1e-3.
        let psi: Vec<f64> = (0..side * side)
            .map(|k| {
                let (x, y) = ((k % side) as f64 / 5.0 - 4.0, (k / side) as f64 / 5.0 - 4.0);
                let hump = |a: f64, b: f64| (-((x - a).powi(2) + (y - b).powi(2))).exp();
                -(hump(-2.0, 0.0) + 0.05 * hump(2.0, 1.0) + 1e-9).ln() + 1e-3 * (9.0 * x).sin()
            })
            .collect();
        let lattice = Lattice::new((&[[0.0, 1.0]; 2]).into(), side);
        let bias_factors = vec![1.0; psi.len()];
        let wells =
            |samples: f64| count(&GridDensity { psi: &psi, bias_factors: &bias_factors, lattice: &lattice, samples }.minima());
        assert_eq!((wells(20.0), wells(200.0), wells(5000.0)), (1, 2, 2));
    }
}

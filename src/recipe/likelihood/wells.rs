//! The wells of `-log` of a density of several inputs that its samples can tell from none.
//!
//! A minimum is a well by evidence, as in one input: by how much less likely the samples were if the density were cut off at the height of the
//! minimum's lowest pass, and what is cut off spread over all of it.

use crate::numerics::flooding::flood_graph;
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

/// The minima of `psi` on a grid, for a density fitted to so many samples, which were drawn from `exp(-psi)` times the `tilts` there.
pub fn minima(psi: &[f64], tilts: &[f64], lattice: &Lattice, samples: f64) -> Vec<GridWell> {
    let lowest = psi.iter().copied().fold(f64::INFINITY, f64::min);
    let mass = |k: usize| tilts[k] * (lowest - psi[k]).exp();
    let z: f64 = (0..psi.len()).map(mass).sum();
    let probability = |k: usize| mass(k) / z;
    let evidence = |index: usize, pass: f64| {
        // All points that are joined to the minimum below the pass.
        let mut is_seen = vec![false; psi.len()];
        let mut open = vec![index];
        is_seen[index] = true;
        let (mut gain, mut cut) = (0.0, 0.0);
        while let Some(k) = open.pop() {
            let (q, above) = (probability(k), pass - psi[k]);
            gain += q * above;
            cut += q * (1.0 - (-above).exp());
            for other in lattice.neighbours(k) {
                if other < psi.len() && !is_seen[other] && psi[other] < pass {
                    is_seen[other] = true;
                    open.push(other);
                }
            }
        }
        // The density without the well is (q - cut)/(1 - cut).
        samples * (gain + (1.0 - cut).max(f64::MIN_POSITIVE).ln())
    };
    let found = flood_graph(psi, |k| lattice.neighbours(k)).into_iter();
    found
        .map(|minimum| GridWell {
            index: minimum.index,
            barrier: minimum.persistence,
            evidence: evidence(minimum.index, minimum.value + minimum.persistence),
        })
        .collect()
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
        let of = |samples: f64| count(&minima(&psi, &vec![1.0; psi.len()], &lattice, samples));
        assert_eq!((of(20.0), of(200.0), of(5000.0)), (1, 2, 2));
    }
}

//! Wells of `-log` of a density at equally spaced points of a line, by the definition of joint densities ([`GridDensity`]).

use crate::landscape::{basins, populations};
use crate::numerics::bounds::Bounds;
use crate::numerics::lattice::Lattice;
use crate::recipe::likelihood::wells::{GridDensity, MIN_WELL_EVIDENCE};

/// A well of `-log` of a density on a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LineWell {
    /// Index of its lowest point.
    pub at: usize,
    /// Probability of its basin.
    pub mass: f64,
    /// Rise to the lowest pass to another well; `None` if there is no other.
    pub barrier: Option<f64>,
}

/// Wells of a density from left to right, from its probabilities and an effective number of samples. Some ends of the line may be bounds of the quantity, at
/// which the density may be highest.
pub fn line_wells(density: &[f64], samples: f64, walls: [bool; 2]) -> Vec<LineWell> {
    let psi: Vec<f64> = density.iter().map(|p| -p.max(f64::MIN_POSITIVE).ln()).collect();
    let ends = [[0.0, (density.len() - 1) as f64]];
    let lattice = Lattice::new(Bounds::from(&ends), density.len()).with_walls(&[walls]);
    let bias_factors = vec![1.0; psi.len()];
    let minima = GridDensity { psi: &psi, bias_factors: &bias_factors, lattice: &lattice, samples }.minima();
    let mut places: Vec<usize> =
        minima.into_iter().filter(|well| well.evidence > MIN_WELL_EVIDENCE).map(|well| well.index).collect();
    places.sort_unstable();
    let masses = populations(&psi, &basins(&psi, &lattice, &places), places.len());
    let highest = |from: usize, to: usize| psi[from..to].iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let passes: Vec<f64> = places.windows(2).map(|pair| highest(pair[0], pair[1])).collect();
    let well = |(k, (&at, mass)): (usize, (&usize, f64))| {
        let beside = [k.checked_sub(1), Some(k)].into_iter().flatten().filter_map(|pass| passes.get(pass));
        let lowest = beside.copied().fold(f64::INFINITY, f64::min);
        LineWell { at, mass, barrier: Some(lowest - psi[at]).filter(|rise| rise.is_finite()) }
    };
    places.iter().zip(masses).enumerate().map(well).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::estimate::normalised;

    /// A density of humps, each with its height, place and width, at 901 points.
    fn humps(parts: &[[f64; 3]]) -> Vec<f64> {
        let at = |n: usize| {
            parts.iter().map(|[height, place, width]| height * (-0.5 * ((n as f64 - place) / width).powi(2)).exp()).sum()
        };
        normalised((0..=900).map(at).collect())
    }

    #[test]
    fn masses_and_barriers_belong_to_remaining_wells() {
        // A thousand samples do not show the ripple on the larger hump.
        let density = humps(&[[1.0, 250.0, 40.0], [0.03, 258.0, 2.0], [0.5, 620.0, 40.0], [1e-6, 850.0, 5.0]]);
        let found = line_wells(&density, 1000.0, [false; 2]);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!((found[0].mass - 2.0 / 3.0).abs() < 1e-3 && (found[1].mass - 1.0 / 3.0).abs() < 1e-3, "{found:?}");
        let valley = density[found[0].at..found[1].at].iter().copied().fold(f64::INFINITY, f64::min);
        for well in &found {
            assert!((well.barrier.expect("another well") - (density[well.at] / valley).ln()).abs() < 1e-12);
        }
        assert_eq!(line_wells(&density, f64::INFINITY, [false; 2]).len(), 4);
    }

    #[test]
    fn density_can_have_a_well_at_a_bound() {
        let falling = normalised((0..900).map(|n| (-f64::from(n) / 100.0).exp()).collect());
        assert!(line_wells(&falling, 1e3, [false; 2]).is_empty());
        let found = line_wells(&falling, 1e3, [true, false]);
        assert_eq!((found.len(), found[0].at, found[0].barrier), (1, 0, None));
    }

    #[test]
    fn single_well_has_no_barrier() {
        let one = line_wells(&humps(&[[1.0, 300.0, 40.0]]), 100.0, [false; 2]);
        assert_eq!((one.len(), one[0].barrier), (1, None));
    }
}

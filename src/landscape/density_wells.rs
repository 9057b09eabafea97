//! Supported wells of `-log` of a density: minima that its samples distinguish from noise.
//!
//! The evidence for a minimum is the fall in log-likelihood after its removal. The density is cut off at the height of its
//! lowest pass, and the removed probability is spread over the whole density.

use super::{basins, populations};
use crate::numerics::bounds::Bounds;
use crate::numerics::evidence::critical;
use crate::numerics::flooding::{GridMinimum, flood_graph};
use crate::numerics::lattice::Lattice;
use crate::numerics::statistics::sort_by;

/// Smallest evidence for a well: the cost of one parameter, the height of its pass (Akaike's information criterion).
pub const MIN_WELL_EVIDENCE: f64 = 1.0;

/// Minimum on a grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GridWell {
    /// Index of the grid point.
    pub index: usize,
    /// Rise to the lowest pass.
    pub barrier: f64,
    /// Fall in log-likelihood after the removal of the minimum.
    pub evidence: f64,
}

/// Density on a grid, with the sampling scheme of its samples.
#[derive(Clone, Copy, Debug)]
pub struct GridDensity<'a> {
    /// Minus the logarithm of the density at each point, up to a constant.
    pub psi: &'a [f64],
    /// Ratio of the sampled density to this density at each point.
    pub bias_factors: &'a [f64],
    /// Grid of the points.
    pub lattice: &'a Lattice,
    /// Effective number of samples.
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
        let (mut gain, mut part, mut left) = (0.0, 0.0, probabilities.to_vec());
        for k in self.joined_below(index, height) {
            let above = height - self.psi[k];
            gain += parts[k] * above;
            part += parts[k];
            left[k] *= (-above).exp();
        }
        // The density without the well is what is left of q over its sum, which may be as small as exp(-height).
        [self.samples * (gain + left.iter().sum::<f64>().max(f64::MIN_POSITIVE).ln()), part]
    }

    /// Minima of `psi` on the grid.
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

    /// Support of each minimum by the samples at 95 %: twice the logarithm of the likelihood ratio to the density without the
    /// minimum exceeds the square of the critical number of standard errors. `parts` are the fractions of the samples nearest to
    /// each point. The lowest minimum is supported if a density ends at a face of the domain. Around periodic inputs and between walls, the
    /// density without it is uniform.
    pub fn supported(&self, minima: &[GridWell], parts: &[f64]) -> Vec<bool> {
        let probabilities = self.probabilities();
        let [lowest, highest] = [f64::min, f64::max].map(|extreme| self.psi.iter().copied().reduce(extreme).unwrap_or_default());
        let is_supported = |minimum: &GridWell| {
            let bottom = self.psi[minimum.index];
            let height = (bottom + minimum.barrier).min(highest);
            let [evidence, part] = self.loss_without([&probabilities, parts], minimum.index, height);
            bottom <= lowest && minimum.barrier.is_finite() || 2.0 * evidence > critical(part).powi(2)
        };
        minima.iter().map(is_supported).collect()
    }
}

/// Number of wells among minima.
pub fn count(minima: &[GridWell]) -> usize {
    minima.iter().filter(|minimum| minimum.evidence > MIN_WELL_EVIDENCE).count()
}

/// Well of `-log` of a density on a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LineWell {
    /// Index of the lowest point.
    pub at: usize,
    /// Probability of the basin.
    pub mass: f64,
    /// Rise to the lowest pass to another well; `None` if there is no other.
    pub barrier: Option<f64>,
}

/// Wells of a density from left to right, from its probabilities and an effective number of samples. Some ends of the line
/// may be bounds of the quantity, at which the density may be highest.
pub fn line_wells(density: &[f64], samples: f64, walls: [bool; 2]) -> Vec<LineWell> {
    let psi: Vec<f64> = density.iter().map(|p| -p.max(f64::MIN_POSITIVE).ln()).collect();
    let ends = [[0.0, (density.len() - 1) as f64]];
    let lattice = Lattice::new(Bounds::from(&ends), density.len()).with_walls(&[walls]);
    let bias_factors = vec![1.0; psi.len()];
    let minima = GridDensity { psi: &psi, bias_factors: &bias_factors, lattice: &lattice, samples }.minima();
    let mut places: Vec<usize> =
        minima.into_iter().filter(|well| well.evidence > MIN_WELL_EVIDENCE).map(|well| well.index).collect();
    sort_by(&mut places, |&place| place as f64);
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

    #[test]
    fn lowest_minimum_without_edges_is_compared_with_uniform_density() {
        let side = 200;
        let ends = [[0.0, 2.0 * std::f64::consts::PI]];
        let psi: Vec<f64> = (0..side).map(|k| 0.2 * (2.0 * std::f64::consts::PI * k as f64 / side as f64).cos()).collect();
        let bias_factors = vec![1.0; side];
        let is_supported = |lattice: &Lattice, samples: f64| {
            let density = GridDensity { psi: &psi, bias_factors: &bias_factors, lattice, samples };
            let supported = density.supported(&density.minima(), &density.probabilities());
            supported.contains(&true)
        };
        let circle = Lattice::new(Bounds { ends: &ends, periodic: &[true] }, side);
        assert_eq!([200.0, 5000.0].map(|samples| is_supported(&circle, samples)), [false, true]);
        let between_walls = Lattice::new(Bounds::from(&ends), side).with_walls(&[[true; 2]]);
        assert_eq!([200.0, 5000.0].map(|samples| is_supported(&between_walls, samples)), [false, true]);
        // A density that ends at a face has a well.
        assert!(is_supported(&Lattice::new(Bounds::from(&ends), side), 200.0));
    }

    #[test]
    fn single_deep_well_on_circle_is_supported() {
        let (side, turn) = (360, 2.0 * std::f64::consts::PI);
        let ends = [[0.0, turn]];
        let circle = Lattice::new(Bounds { ends: &ends, periodic: &[true] }, side);
        for depth in [20.0, 60.0, 200.0] {
            let psi: Vec<f64> = (0..side).map(|k| depth * (1.0 - (turn * k as f64 / side as f64).cos())).collect();
            let density = GridDensity { psi: &psi, bias_factors: &vec![1.0; side], lattice: &circle, samples: 2000.0 };
            assert_eq!(density.supported(&density.minima(), &density.probabilities()), [true], "{depth}");
        }
    }

    /// Density of humps, each with its height, position and width, at 901 points.
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

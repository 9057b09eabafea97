//! Minima, saddles and barriers of a fit or a truth, and the responsibilities of its modes.
//!
//! In one dimension, [`extrema`] finds all extrema that a grid resolves. In more dimensions, [`minima`] descends from many starting points.
//! Both evaluate the function in batches, as compiled plans require.
//!
//! Two counts:
//! - [`Extrema::wells`]: minima with a barrier above a threshold,
//! - [`responsible_modes`]: modes with a responsibility above one half somewhere.

mod compare;
mod convexity;
pub mod density_wells;
mod descent;
mod effort;
mod eigen;
mod energy_paths;
mod equilibria;
mod kernel_estimate;
pub mod pairs;
mod populations;
mod pruning;
mod quadratic;
pub mod rates;
mod roles;
mod saddles;
pub mod support;
mod survey;
pub mod uncertainty;

use ndarray::{Array1, Array2};

pub use crate::numerics::bounds::Bounds;
pub use crate::numerics::line::{Extrema, extrema, extrema_above, extrema_around, extrema_between};
pub use crate::numerics::passes::{Merge, Pass, barriers, merges};
pub use crate::numerics::{CriticalPoint, Minimum, MinimumInterval};
pub use crate::potentials::sampling::spread as starting_points;
pub(crate) use compare::matches;
pub use compare::{LARGEST_DISTANCE, LandscapeComparison, Match, compare, of_truth, worst};
pub use convexity::{CONVEXITY_PROOF, Certificate, PERIODIC_CONVEXITY_NOTE, certificates};
pub use descent::{SurfaceFn, minima, minima_with_faces};
pub use eigen::symmetric;
pub use energy_paths::EnergyPath;
pub use equilibria::{Equilibrium, Stability, equilibria, slopes_of};
pub use kernel_estimate::KernelEstimate;
pub use populations::{basins, basins_of_wells, populations};
pub use pruning::{Pruned, Pruning, removal_errors};
pub use rates::{Rate, rates};
pub use roles::{ModeClassification, RoleKind, assign_modes, roles};
pub use saddles::{stationary, stationary_until, stationary_with_faces};
pub use survey::{Survey, WellRule, survey, survey_judged, survey_learnt, survey_under_load, take_edge_minima, walls_of};

use crate::potentials::KnownPotential;

/// Number of descents in a search for minima in more than one dimension.
pub const DESCENT_STARTS: usize = 128;

/// Extrema of a benchmark inside its domain. If the domain has walls, they include extrema on the faces.
pub fn of_potential(potential: &dyn KnownPotential) -> Extrema {
    of_potential_above(potential, 0.0)
}

/// Extrema of a benchmark, found as by [`of_potential`], with the barriers of [`extrema_above`] for a threshold.
pub fn of_potential_above(potential: &dyn KnownPotential, threshold: f64) -> Extrema {
    let (bounds, periodic) = (potential.bounds(), potential.periodic());
    let whole = Bounds { ends: &bounds, periodic: &periodic };
    if let [domain] = bounds[..] {
        let search = if whole.is_periodic(0) { extrema_around } else { extrema_above };
        return search(domain, 1201, threshold, |xs: &[f64]| {
            (xs.iter().map(|x| potential.value(&[*x])).collect(), xs.iter().map(|x| potential.gradient(&[*x])[0]).collect())
        });
    }
    let starts = starting_points(&bounds, DESCENT_STARTS);
    let surface = &mut |x: &Array2<f64>| evaluated(potential, x);
    saddles::search(whole, &starts, threshold, potential.has_walls(), surface, &|| false)
}

/// Minimum energy paths between the minima of a benchmark of several inputs, in increasing order of height.
pub fn paths_of_potential(potential: &dyn KnownPotential, threshold: f64) -> Vec<EnergyPath> {
    let found = of_potential_above(potential, threshold);
    let surface = &mut |x: &Array2<f64>| evaluated(potential, x);
    let whole = Bounds { ends: &potential.bounds(), periodic: &potential.periodic() };
    energy_paths::ways_between(&found, whole, potential.has_walls(), surface, &|| false).0
}

/// Values and gradients of a benchmark at points `[points, inputs]`.
fn evaluated(potential: &dyn KnownPotential, x: &Array2<f64>) -> (Array1<f64>, Array2<f64>) {
    let rows: Vec<Vec<f64>> = x.rows().into_iter().map(|row| row.to_vec()).collect();
    let gradients = rows.iter().flat_map(|x| potential.gradient(x)).collect();
    let gradients = Array2::from_shape_vec(x.raw_dim(), gradients).expect("one slope an input");
    (rows.iter().map(|x| potential.value(x)).collect(), gradients)
}

/// Smallest value of an active gate.
pub const ACTIVE_GATE: f64 = 0.01;

/// Smallest barrier of a well, in standard deviations of the noise of a value.
pub const MIN_BARRIER_SIGMAS: f64 = 1.5;

/// Smallest barrier of a well: `max(0.02 std, 1.5 sigma)`, with the standard deviation `std` of the values and the estimated standard
/// deviation `sigma` of their noise.
pub fn well_threshold(std: f64, sigma: f64) -> f64 {
    (0.02 * std).max(MIN_BARRIER_SIGMAS * sigma)
}

/// The largest responsibility of each mode, from responsibilities `[points, modes]`.
pub fn largest_responsibilities(responsibilities: &[f64], modes: usize) -> Vec<f64> {
    let mut largest_responsibilities = vec![0.0; modes];
    for point in responsibilities.chunks(modes) {
        for (top, &r) in largest_responsibilities.iter_mut().zip(point) {
            *top = f64::max(*top, r);
        }
    }
    largest_responsibilities
}

/// Number of modes with a responsibility above one half somewhere, from their [`largest_responsibilities`].
pub fn responsible_modes(largest_responsibilities: &[f64]) -> usize {
    largest_responsibilities.iter().filter(|&&r| r > 0.5).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::potentials;
    use crate::potentials::sampling;

    /// Converts a function of a point to a function of a batch of points.
    pub(super) fn in_batches(
        f: &impl Fn(&[f64]) -> (f64, Vec<f64>),
    ) -> impl FnMut(&Array2<f64>) -> (Array1<f64>, Array2<f64>) + '_ {
        move |x| {
            let results: Vec<_> = x.rows().into_iter().map(|row| f(&row.to_vec())).collect();
            let gradients = results.iter().flat_map(|r| r.1.iter().copied()).collect();
            (results.iter().map(|r| r.0).collect(), Array2::from_shape_vec(x.raw_dim(), gradients).unwrap())
        }
    }

    #[test]
    fn every_benchmark_has_its_nominal_number_of_wells() {
        for (p, expected) in potentials::curves().zip([2, 4, 3]) {
            let data = sampling::uniform(p, 200, 0.0, 1);
            assert_eq!(of_potential(p).wells(well_threshold(data.std(), data.sigma())), expected, "{}", p.id());
        }
    }

    #[test]
    fn barriers_of_double_well_are_rises_to_its_maximum() {
        let found = of_potential(&potentials::DoubleWell);
        let barriers: Vec<f64> = found.minima.iter().map(|m| m.barrier.unwrap()).collect();
        assert!((barriers[0] - 0.573_621_168_497_984_5).abs() < 1e-12, "{barriers:?}");
        assert!((barriers[1] - 0.283_288_011_189_515_47).abs() < 1e-12, "{barriers:?}");
    }

    #[test]
    fn minimum_with_barrier_below_threshold_is_not_a_well() {
        let minimum = |barrier| Minimum { x: vec![0.0], barrier, ..Minimum::default() };
        let minima = [minimum(Some(0.019)), minimum(Some(0.021)), minimum(None)];
        let wells = |std, sigma| minima.iter().filter(|m| m.is_well(well_threshold(std, sigma))).count();
        assert_eq!([wells(1.0, 0.0), wells(1.0, 0.02), wells(0.5, 0.01)], [1, 0, 2]);
    }

    #[test]
    fn mode_is_responsible_above_one_half() {
        let two_points = [0.5, 0.3, 0.2, 0.1, 0.3, 0.6];
        assert_eq!(largest_responsibilities(&two_points, 3), [0.5, 0.3, 0.6]);
        assert_eq!(responsible_modes(&[0.5, 0.3, 0.6]), 1);
    }
}

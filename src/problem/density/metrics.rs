//! Metrics of fitted densities.

use serde::{Deserialize, Serialize};

use super::settings::Pooling;
use crate::landscape::density_wells::LineWell;
use crate::landscape::{Minimum, MinimumInterval};
use crate::problem::potential::PotentialMetrics;

/// Metrics of the fitted sets of samples.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DensityMetrics {
    /// Metrics of every fitted set.
    pub sets: FittedSets,
    /// Minima of `-log q` of the latest set with the barriers between them; empty until that set has been fitted.
    pub minima: Vec<Minimum>,
    /// Distances from the exact distributions. Absent during training, because the compared estimates take time.
    pub distances: Option<Distances>,
}

/// Metrics of the fits. Each list has one entry for each fitted set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FittedSets {
    /// Number of rows of samples (of trajectories).
    pub samples: usize,
    /// Effective number of samples of each set, reduced by correlation.
    #[serde(default)]
    pub effective_samples: Vec<f64>,
    /// Number of epochs of each fit.
    #[serde(rename = "epochs")]
    pub epochs_of_a_fit: u64,
    /// Names of the sets of samples.
    pub labels: Vec<String>,
    /// Times; empty if the sets have names only.
    pub times: Vec<f64>,
    /// Mean of `-log q` over the samples of the set itself, for a density in the units of the samples.
    pub loss: Vec<f64>,
    /// Strength of the weight decay.
    pub decay: Vec<f64>,
    /// Pooling of the fit.
    pub pooling: Vec<Pooling>,
    /// Number of remaining modes: their gates exceed 0.01.
    pub active_gates: Vec<usize>,
    /// Number of modes with a responsibility above one half somewhere.
    pub responsible_modes: Vec<usize>,
    /// Positions of the supported modes of the fit.
    pub modes_fit: Vec<Vec<f64>>,
    /// Minima of `-log q`, including unsupported ones.
    #[serde(rename = "minima")]
    pub wells: Vec<Vec<FittedWell>>,
}

/// Minimum of `-log q` of a fitted density.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FittedWell {
    /// Position, a list of one number.
    pub x: Vec<f64>,
    /// Value of `-log q` there, for a density in the units of the samples; an energy in `kT` for a thermal density.
    pub value: f64,
    /// Lowest rise on the way to another well; absent if there is no other.
    pub barrier: Option<f64>,
    /// Probability between the barriers on either side; zero for an unsupported dip, whose basin belongs to a well.
    pub mass: f64,
    /// Free energy above the most probable well in `kT`: `-log` of the probability over the largest one. Not finite if that is zero.
    pub delta_g: f64,
    /// 90 % intervals of position and value, if they were requested.
    #[serde(default)]
    pub interval: Option<MinimumInterval>,
    /// 90 % interval of the barrier.
    #[serde(default)]
    pub barrier_interval: Option<[f64; 2]>,
    /// Lower bound of the barrier in place of an interval, if too few samples lie around its highest point.
    #[serde(default)]
    pub barrier_bound: Option<f64>,
    /// 90 % interval of the probability.
    #[serde(default)]
    pub mass_interval: Option<[f64; 2]>,
    /// 90 % interval of the free energy above the most probable well.
    #[serde(default)]
    pub delta_g_interval: Option<[f64; 2]>,
    /// True if the samples support a well here at 95 %. The samples do not confirm an unsupported dip.
    pub supported: bool,
}

impl FittedWell {
    /// Well of a density whose most probable well has the probability `largest`.
    pub fn new(well: &LineWell, largest: f64, x: f64, value: f64, supported: bool) -> Self {
        let delta_g = (largest / well.mass).ln();
        Self { x: vec![x], value, barrier: well.barrier, mass: well.mass, delta_g, supported, ..Self::default() }
    }

    /// Minima of a fit, including unsupported ones. The rise to the end of the line is no barrier between wells.
    pub fn of_fit(own: &PotentialMetrics) -> Vec<Self> {
        let Some(density) = &own.density else { return Vec::new() };
        let well = |(k, minimum): (usize, &Minimum)| {
            let Minimum { x, value, barrier, interval, barrier_interval, barrier_bound, barrier_at_edge, supported, .. } =
                minimum.clone();
            let is_between = !barrier_at_edge && own.minima.len() > 1;
            Self {
                x,
                value,
                barrier: barrier.filter(|_| is_between),
                mass: density.populations[k],
                // The sum turns -0 of the deepest well into 0.
                delta_g: density.free_energies[k] + 0.0,
                interval,
                barrier_interval: barrier_interval.filter(|_| is_between),
                barrier_bound: barrier_bound.filter(|_| is_between),
                mass_interval: density.population_intervals.as_ref().and_then(|all| all.get(k).copied()),
                delta_g_interval: density.free_energy_intervals.as_ref().and_then(|all| all.get(k).copied()),
                supported,
            }
        };
        own.minima.iter().enumerate().map(well).collect()
    }

    /// Common part with the minima of a potential.
    pub fn minimum(&self) -> Minimum {
        let Self { x, value, barrier, interval, barrier_interval, barrier_bound, supported, .. } = self.clone();
        Minimum { x, value, barrier, barrier_bound, interval, barrier_interval, supported, ..Minimum::default() }
    }
}

/// Distances from the exact distribution, one entry for each fitted set with a known distribution.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Distances {
    /// Positions of the modes of the exact distribution.
    #[serde(rename = "modes_law")]
    pub modes_exact: Vec<Vec<f64>>,
    /// Total variation between the fit and the exact distribution.
    pub tv_fit: Vec<f64>,
    /// Total variation of a kernel estimate by Scott's rule.
    pub tv_kde_scott: Vec<f64>,
    /// Total variation of a kernel estimate by Silverman's rule.
    pub tv_kde_silverman: Vec<f64>,
    /// Total variation of a kernel estimate by the improved Sheather-Jones rule, the best rule that uses the data alone.
    pub tv_kde_best: Vec<f64>,
    /// Total variation of a kernel estimate with the bandwidth that is closest to the exact distribution.
    pub tv_kde_oracle: Vec<f64>,
    /// Total variation of a Gaussian mixture of two components.
    pub tv_mixture_2: Vec<f64>,
    /// Total variation of a Gaussian mixture of three components.
    pub tv_mixture_3: Vec<f64>,
    /// Kullback-Leibler distance of the fit from the exact distribution.
    pub kl_fit: Vec<f64>,
    /// Kullback-Leibler distance of the kernel estimate by the improved Sheather-Jones rule.
    pub kl_kde_best: Vec<f64>,
    /// Kullback-Leibler distance of the mixture of three components.
    pub kl_mixture_3: Vec<f64>,
    /// Mean of `tv_fit`, if it has entries.
    pub tv_fit_mean: Option<f64>,
}

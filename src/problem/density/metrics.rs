//! The numbers of fitted densities.

use serde::{Deserialize, Serialize};

use super::settings::Pooling;
use crate::landscape::density_wells::LineWell;
use crate::landscape::{Minimum, MinimumInterval};
use crate::problem::potential::PotentialMetrics;

/// The numbers of the sets of samples that have been fitted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DensityMetrics {
    /// Numbers of every fitted set.
    pub sets: FittedSets,
    /// Minima of `-log q` of the latest set, its modes, with the barriers between them; empty until that set has been fitted.
    pub minima: Vec<Minimum>,
    /// Distances from the exact distributions; absent while training, as the estimates that they are compared with take time.
    pub distances: Option<Distances>,
}

/// The fits, one entry of each list for each set that has been fitted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FittedSets {
    /// Rows of samples: trajectories.
    pub samples: usize,
    /// For each set the effective number of its samples: correlation makes them worth fewer.
    #[serde(default)]
    pub effective_samples: Vec<f64>,
    /// Epochs of each fit.
    #[serde(rename = "epochs")]
    pub epochs_of_a_fit: u64,
    /// Names of the sets of samples.
    pub labels: Vec<String>,
    /// The times; empty if the sets have names only.
    pub times: Vec<f64>,
    /// Mean of `-log q` over the samples of the set itself, of a density in the samples' own units.
    pub loss: Vec<f64>,
    /// Weight of the decay that was used.
    pub decay: Vec<f64>,
    /// Pooling that was used.
    pub pooling: Vec<Pooling>,
    /// How many of the modes offered are left: their gates exceed 0.01.
    pub active_gates: Vec<usize>,
    /// How many modes have a responsibility above one half somewhere.
    pub responsible_modes: Vec<usize>,
    /// Places of the modes of the fit that its samples support.
    pub modes_fit: Vec<Vec<f64>>,
    /// The wells of `-log q`, which are those modes.
    #[serde(rename = "minima")]
    pub wells: Vec<Vec<FittedWell>>,
}

/// A minimum of `-log q` that the samples can tell from none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FittedWell {
    /// Its position, a list of one number.
    pub x: Vec<f64>,
    /// The value there, of a density in the samples' own units; an energy in `kT` for a thermal density.
    pub value: f64,
    /// The lowest rise on the way to another well; absent if there is no other.
    pub barrier: Option<f64>,
    /// The probability between the passes on either side.
    pub mass: f64,
    /// `-log` of that probability over the largest of any well: the free energy above the most probable well, in `kT`.
    pub delta_g: f64,
    /// Intervals of place and value that contain the truth with a probability of nine tenths, if they were asked for.
    #[serde(default)]
    pub interval: Option<MinimumInterval>,
    /// Such an interval of the barrier.
    #[serde(default)]
    pub barrier_interval: Option<[f64; 2]>,
    /// Such an interval of the probability.
    #[serde(default)]
    pub mass_interval: Option<[f64; 2]>,
    /// Such an interval of the free energy above the most probable well.
    #[serde(default)]
    pub delta_g_interval: Option<[f64; 2]>,
    /// True if the samples support a well here at 95 %. Where they do not, the dip is not distinguishable from noise.
    pub supported: bool,
}

impl FittedWell {
    /// A well of a density whose wells have at most this probability.
    pub fn new(well: &LineWell, largest: f64, x: f64, value: f64, supported: bool) -> Self {
        let delta_g = (largest / well.mass).ln();
        Self { x: vec![x], value, barrier: well.barrier, mass: well.mass, delta_g, supported, ..Self::default() }
    }

    /// The wells of a fit. The barrier to the end of the line is none between wells.
    pub fn of_fit(own: &PotentialMetrics) -> Vec<Self> {
        let Some(density) = &own.density else { return Vec::new() };
        let well = |(k, minimum): (usize, &Minimum)| {
            let Minimum { x, value, barrier, interval, barrier_interval, barrier_at_edge, supported, .. } = minimum.clone();
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
                mass_interval: density.population_intervals.as_ref().and_then(|all| all.get(k).copied()),
                delta_g_interval: density.free_energy_intervals.as_ref().and_then(|all| all.get(k).copied()),
                supported,
            }
        };
        own.minima.iter().enumerate().map(well).collect()
    }

    /// Common part with the minima of a potential.
    pub fn minimum(&self) -> Minimum {
        let Self { x, value, barrier, interval, barrier_interval, supported, .. } = self.clone();
        Minimum { x, value, barrier, interval, barrier_interval, supported, ..Minimum::default() }
    }
}

/// Distances from the exact distribution, one entry for each set that has been fitted and whose distribution is known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Distances {
    /// Places of the modes of the exact distribution.
    #[serde(rename = "modes_law")]
    pub modes_exact: Vec<Vec<f64>>,
    /// Total variation between the fit and the exact distribution.
    pub tv_fit: Vec<f64>,
    /// Total variation of a kernel estimate by Scott's rule.
    pub tv_kde_scott: Vec<f64>,
    /// Total variation of a kernel estimate by Silverman's rule.
    pub tv_kde_silverman: Vec<f64>,
    /// Total variation of a kernel estimate by the improved Sheather-Jones rule, the best of those that see the data alone.
    pub tv_kde_best: Vec<f64>,
    /// Total variation of a kernel estimate with the bandwidth that comes closest to the exact distribution.
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
    /// Mean of `tv_fit`, if there is any.
    pub tv_fit_mean: Option<f64>,
}

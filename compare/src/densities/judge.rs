//! The scores of an estimate of a density, by which all methods are compared.

use multiwell::internal::landscape::density_wells::{GridDensity, count};
use multiwell::internal::model::Potential;
use multiwell::internal::model::potential::Outputs;
use multiwell::internal::numerics::bounds::Bounds;
use multiwell::internal::numerics::lattice::Lattice;
use multiwell::internal::numerics::statistics::mean;
use multiwell::internal::recipe::likelihood::WELL_GRID_SIDES;
use serde::{Deserialize, Serialize};

use super::truth::cells;
use super::{Boltzmann, FittedDensity, log_sum};
use crate::values::parameters_of;

/// Lower limit of densities in a divergence. Smaller ones are replaced by it.
const MIN_DENSITY: f64 = 1e-300;
/// Height at which `-log q` is cut off for the count of wells. Above it, rounding would hide differences between heights.
const MAX_HEIGHT: f64 = 30.0;
/// Minima of `-log q` with a smaller barrier are rounding.
const ROUNDING_BARRIER: f64 = 1e-9;

/// Points and samples on which the estimates are scored.
pub struct DensityJudge<'a> {
    /// The truth, if it is known.
    pub truth: Option<&'a Boltzmann<'a>>,
    /// Domain on which modes are counted.
    pub domain: &'a [[f64; 2]],
    /// For each input, whether it is periodic with its domain as one period; empty if none is.
    pub periodic: &'a [bool],
    /// Held-out samples, `[samples, inputs]`; empty if there are none.
    pub held_out: &'a [f64],
    /// Number of training samples.
    pub samples: usize,
}

/// Scores of an estimate.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DensityScore {
    /// Number of fitted parameters.
    pub parameters: usize,
    /// Hyperparameters chosen by the fit.
    pub choice: String,
    /// Half of the integral of `|p - q|`.
    pub total_variation: Option<f64>,
    /// Kullback-Leibler divergence of the estimate from the truth, the integral of `p log(p/q)`.
    pub divergence: Option<f64>,
    /// Mean log-likelihood of held-out samples.
    pub held_out: Option<f64>,
    /// Number of minima of `-log q` that the samples support. Without such a minimum, their log-likelihood would be lower by more than one.
    pub wells: usize,
    /// Number of all maxima of the density in the domain.
    pub modes: usize,
}

impl DensityJudge<'_> {
    /// The scores of an estimate.
    pub fn score(&self, estimate: &dyn FittedDensity) -> DensityScore {
        let distances = self.truth.map(|truth| {
            let (points, volume) = cells(truth.bounds());
            let (p, q) = (truth.log_density(&points), estimate.log_density(&points));
            let inside: f64 = q.iter().map(|q| q.exp() * volume).sum();
            let apart: f64 = p.iter().zip(&q).map(|(p, q)| (p.exp() - q.exp()).abs() * volume).sum();
            let gain = |(p, q): (&f64, &f64)| if p.is_finite() { p.exp() * (p - q.max(MIN_DENSITY.ln())) * volume } else { 0.0 };
            (0.5 * (apart + (1.0 - inside).max(0.0)), p.iter().zip(&q).map(gain).sum::<f64>())
        });
        let bounds = Bounds { ends: self.domain, periodic: self.periodic };
        let lattice = Lattice::new(bounds, WELL_GRID_SIDES[self.domain.len() - 1]);
        let log_q = estimate.log_density(&lattice.points());
        let highest = log_q.iter().copied().fold(MIN_DENSITY.ln(), f64::max);
        let psi: Vec<f64> = log_q.into_iter().map(|q| -q.max(highest - MAX_HEIGHT)).collect();
        let samples = estimate.some_samples().unwrap_or(self.samples) as f64;
        let found = GridDensity { psi: &psi, bias_factors: &vec![1.0; psi.len()], lattice: &lattice, samples }.minima();
        let held_out = (!self.held_out.is_empty()).then(|| mean(&estimate.log_density(self.held_out)));
        DensityScore {
            parameters: estimate.parameters(),
            choice: estimate.choice(),
            total_variation: distances.map(|(variation, _)| variation),
            divergence: distances.map(|(_, divergence)| divergence),
            held_out,
            wells: count(&found),
            modes: found.iter().filter(|well| well.barrier > ROUNDING_BARRIER).count(),
        }
    }
}

/// An LSE-ICNN as a density `exp(-Psi/kT)/Z`, normalised over its domain.
pub struct OfPotential<'a> {
    potential: &'a Potential,
    kt: f64,
    log_z: f64,
}

impl<'a> OfPotential<'a> {
    /// Normalises over a domain. The density is taken to be zero outside the domain for the normalisation only.
    pub fn new(potential: &'a Potential, domain: &[[f64; 2]], kt: f64) -> Self {
        let (points, volume) = cells(domain);
        let exponents: Vec<f64> = potential.values(&points, Outputs::default()).psi.iter().map(|psi| -psi / kt).collect();
        Self { potential, kt, log_z: log_sum(&exponents) + volume.ln() }
    }
}

impl FittedDensity for OfPotential<'_> {
    fn log_density(&self, x: &[f64]) -> Vec<f64> {
        self.potential.values(x, Outputs::default()).psi.iter().map(|psi| -psi / self.kt - self.log_z).collect()
    }

    fn parameters(&self) -> usize {
        parameters_of(self.potential)
    }

    fn choice(&self) -> String {
        super::super::values::FittedSurface::choice(&crate::values::FittedNetwork(self.potential))
    }
}

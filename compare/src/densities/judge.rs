//! The scores of an estimate of a density, by which all methods are compared.

use multiwell::model::Potential;
use multiwell::model::potential::Outputs;
use multiwell::numerics::bounds::Bounds;
use multiwell::numerics::lattice::Lattice;
use multiwell::numerics::statistics::mean;
use multiwell::recipe::likelihood::{SIDES, wells};
use serde::{Deserialize, Serialize};

use super::truth::cells;
use super::{Boltzmann, Estimate, log_sum};
use crate::values::parameters_of;

/// Densities below that are taken for this, in a divergence.
const LEAST: f64 = 1e-300;
/// The height at which `-log q` is cut off for the count of wells: rounding would hide what lies above from what lies below.
const HEIGHT: f64 = 30.0;
/// Minima of `-log q` with a smaller barrier are rounding.
const ROUNDING: f64 = 1e-9;

/// What estimates are judged by.
pub struct Judge<'a> {
    /// The truth, if it is known.
    pub truth: Option<&'a Boltzmann<'a>>,
    /// The domain on which modes are counted.
    pub domain: &'a [[f64; 2]],
    /// Which inputs are periodic, their domain being one period; empty if none is.
    pub periodic: &'a [bool],
    /// Samples that were not learnt from, `[samples, inputs]`; empty if there are none.
    pub held_out: &'a [f64],
    /// Number of samples that were learnt from.
    pub samples: usize,
}

/// How good an estimate is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// How many numbers were fitted.
    pub parameters: usize,
    /// What was chosen in fitting.
    pub choice: String,
    /// Half of the integral of `|p - q|`.
    pub total_variation: Option<f64>,
    /// The Kullback-Leibler divergence of the estimate from the truth, the integral of `p log(p/q)`.
    pub divergence: Option<f64>,
    /// Mean log-likelihood of samples that were not learnt from.
    pub held_out: Option<f64>,
    /// Minima of `-log q` that the samples tell from none: they would be less likely by more than one in log-likelihood without it.
    pub wells: usize,
    /// All maxima of the density in the domain.
    pub modes: usize,
}

impl Judge<'_> {
    /// The scores of an estimate.
    pub fn score(&self, estimate: &dyn Estimate) -> Score {
        let distances = self.truth.map(|truth| {
            let (points, volume) = cells(truth.bounds());
            let (p, q) = (truth.log_density(&points), estimate.log_density(&points));
            let inside: f64 = q.iter().map(|q| q.exp() * volume).sum();
            let apart: f64 = p.iter().zip(&q).map(|(p, q)| (p.exp() - q.exp()).abs() * volume).sum();
            let gain = |(p, q): (&f64, &f64)| if p.is_finite() { p.exp() * (p - q.max(LEAST.ln())) * volume } else { 0.0 };
            (0.5 * (apart + (1.0 - inside).max(0.0)), p.iter().zip(&q).map(gain).sum::<f64>())
        });
        let bounds = Bounds { ends: self.domain, periodic: self.periodic };
        let lattice = Lattice::new(bounds, SIDES[self.domain.len() - 1]);
        let log_q = estimate.log_density(&lattice.points());
        let highest = log_q.iter().copied().fold(LEAST.ln(), f64::max);
        let psi: Vec<f64> = log_q.into_iter().map(|q| -q.max(highest - HEIGHT)).collect();
        let samples = estimate.some_samples().unwrap_or(self.samples) as f64;
        let found = wells::OnGrid { psi: &psi, tilts: &vec![1.0; psi.len()], lattice: &lattice, samples }.minima();
        let held_out = (!self.held_out.is_empty()).then(|| mean(&estimate.log_density(self.held_out)));
        Score {
            parameters: estimate.parameters(),
            choice: estimate.choice(),
            total_variation: distances.map(|(variation, _)| variation),
            divergence: distances.map(|(_, divergence)| divergence),
            held_out,
            wells: wells::count(&found),
            modes: found.iter().filter(|well| well.barrier > ROUNDING).count(),
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
    /// Normalises over a domain, outside of which the density is taken to be zero only in the normalisation.
    pub fn new(potential: &'a Potential, domain: &[[f64; 2]], kt: f64) -> Self {
        let (points, volume) = cells(domain);
        let exponents: Vec<f64> = potential.values(&points, Outputs::default()).psi.iter().map(|psi| -psi / kt).collect();
        Self { potential, kt, log_z: log_sum(&exponents) + volume.ln() }
    }
}

impl Estimate for OfPotential<'_> {
    fn log_density(&self, x: &[f64]) -> Vec<f64> {
        self.potential.values(x, Outputs::default()).psi.iter().map(|psi| -psi / self.kt - self.log_z).collect()
    }

    fn parameters(&self) -> usize {
        parameters_of(self.potential)
    }

    fn choice(&self) -> String {
        super::super::values::Surface::choice(&crate::values::Fitted(self.potential))
    }
}

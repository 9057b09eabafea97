//! The density `exp(-V/kT)/Z` of a known potential in its box, and samples of it.

use multiwell::internal::data::Dataset;
use multiwell::internal::potentials::KnownPotential;
use ndarray::Array2;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::FittedDensity;
use crate::NoFit;

/// Number of points along each input of the grid on which a density is normalised, for one to three inputs.
pub const GRID_POINTS: [usize; 3] = [4000, 300, 80];
/// Maximum factor by which the density may exceed its largest value at the centres of the cells.
const REJECTION_FACTOR: f64 = 1.3;
/// Maximum number of draws for one sample.
const MAX_DRAWS: usize = 1_000_000;

/// Centres of the cells of a grid over a box, `[points, inputs]`, and the volume of a cell.
pub fn cells(bounds: &[[f64; 2]]) -> (Vec<f64>, f64) {
    let inputs = bounds.len();
    let side = GRID_POINTS[inputs - 1];
    let step = |k: usize| (bounds[k][1] - bounds[k][0]) / side as f64;
    let along = |index: usize, k: usize| bounds[k][0] + step(k) * ((index / side.pow(k as u32) % side) as f64 + 0.5);
    let points = (0..side.pow(inputs as u32)).flat_map(|index| (0..inputs).map(move |k| along(index, k))).collect();
    (points, (0..inputs).map(step).product())
}

/// A known density.
pub struct Boltzmann<'a> {
    potential: &'a dyn KnownPotential,
    kt: f64,
    bounds: Vec<[f64; 2]>,
    log_z: f64,
    /// Maximum of `-V/kT`.
    highest: f64,
}

impl<'a> Boltzmann<'a> {
    /// The density of a potential of one to three inputs.
    ///
    /// # Errors
    /// If there are more inputs, or if the potential is not finite anywhere.
    pub fn new(potential: &'a dyn KnownPotential, kt: f64) -> Result<Self, NoFit> {
        let bounds = potential.bounds();
        if bounds.len() > GRID_POINTS.len() {
            return Err(NoFit::unsuitable("densities have one to three inputs"));
        }
        let (points, volume) = cells(&bounds);
        let exponents: Vec<f64> =
            points.chunks_exact(bounds.len()).map(|x| -potential.value(x) / kt).filter(|e| e.is_finite()).collect();
        let log_z = super::log_sum(&exponents) + volume.ln();
        if !log_z.is_finite() {
            return Err(NoFit::unsuitable("the potential is not finite, so it has no density"));
        }
        let highest = exponents.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Ok(Self { potential, kt, bounds, log_z, highest })
    }

    /// The box.
    pub fn bounds(&self) -> &[[f64; 2]] {
        &self.bounds
    }

    /// Samples drawn by rejection.
    ///
    /// # Errors
    /// If the density is too narrow in its box.
    pub fn draw(&self, samples: usize, seed: u64) -> Result<Dataset, NoFit> {
        let x = self.rejected(samples, Xoshiro256PlusPlus::seed_from_u64(seed))?;
        let x = Array2::from_shape_vec((samples, self.bounds.len()), x).expect("so many samples");
        let data = Dataset::samples_of_density(x, Vec::new()).map_err(|error| NoFit::unsuitable(error.to_string()))?;
        let names = self.potential.inputs().into_iter().chain(["Psi"]).map(String::from).collect();
        let periods =
            self.potential.periodic().into_iter().zip(&self.bounds).map(|(is_periodic, &ends)| is_periodic.then_some(ends));
        Ok(Dataset { name: self.potential.id().into(), names, periods: periods.collect(), ..data })
    }

    /// Further samples `[samples, inputs]`, from another stream of the seed.
    ///
    /// # Errors
    /// If the density is too narrow in its box.
    pub fn draw_others(&self, samples: usize, seed: u64) -> Result<Vec<f64>, NoFit> {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        rng.jump();
        self.rejected(samples, rng)
    }

    fn rejected(&self, samples: usize, mut rng: Xoshiro256PlusPlus) -> Result<Vec<f64>, NoFit> {
        let inputs = self.bounds.len();
        let mut x = Vec::with_capacity(samples * inputs);
        let mut rejected = 0;
        while x.len() < samples * inputs {
            let at: Vec<f64> = self.bounds.iter().map(|[low, high]| rng.random_range(*low..*high)).collect();
            let chance = (-self.potential.value(&at) / self.kt - self.highest).exp() / REJECTION_FACTOR;
            if rng.random_range(0.0..1.0) < chance {
                x.extend(at);
                rejected = 0;
            } else {
                rejected += 1;
            }
            if rejected > MAX_DRAWS {
                return Err(NoFit::unsuitable("the density is too narrow in its bounds; choose narrower ones or a larger kT"));
            }
        }
        Ok(x)
    }
}

impl FittedDensity for Boltzmann<'_> {
    fn log_density(&self, x: &[f64]) -> Vec<f64> {
        let at = |x: &[f64]| {
            let is_inside = x.iter().zip(&self.bounds).all(|(x, [low, high])| x >= low && x <= high);
            let value = -self.potential.value(x) / self.kt - self.log_z;
            if is_inside && value.is_finite() { value } else { f64::NEG_INFINITY }
        };
        x.chunks_exact(self.bounds.len()).map(at).collect()
    }
}

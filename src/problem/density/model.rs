//! A fitted density as a function.

use super::file::{DensityFile, OfStates};
use super::metrics::FittedWell;
use super::wells::{LineWell, line_wells};
use crate::landscape::{self, Minimum, Survey};
use crate::model::Potential;
use crate::model::model_file::ModelFileError;
use crate::model::potential::Outputs;

/// A fitted density `q(x) = exp(-Psi(x)) / Z` of one quantity, in the samples' own units. It can be evaluated from any number of threads.
#[derive(Clone, Debug)]
pub struct Density {
    label: String,
    domain: [f64; 2],
    /// The largest state of the line on which it is normalised, and the distance between two.
    top: usize,
    step: f64,
    /// Effective number of its samples, if it is known.
    samples: Option<f64>,
    /// Minima that its samples do not support.
    unsupported: Vec<f64>,
    /// True if the line ends at a bound of the quantity below and above.
    walls: [bool; 2],
    psi: Potential,
    log_z: f64,
}

impl Density {
    /// The densities in the text of a model file, one for each set of samples that had been fitted.
    ///
    /// # Errors
    /// One sentence, if the text is no model file of densities.
    pub fn read_all(text: &str) -> Result<Vec<Self>, ModelFileError> {
        DensityFile::read(text)?.models(&[])?.into_iter().map(Self::new).collect()
    }

    fn new(OfStates { label, model, unit: [first, step], top, samples, walls, .. }: OfStates) -> Result<Self, ModelFileError> {
        let psi = Potential::from_file(&model)?;
        let unsupported = model.domain.map(|domain| domain.unsupported.concat()).unwrap_or_default();
        let density =
            Self { label, domain: [first, first + step * top as f64], top, step, samples, unsupported, walls, psi, log_z: 0.0 }
                .normalised();
        if density.log_z.is_finite() { Ok(density) } else { Err(ModelFileError::Field("a density cannot be normalised".into())) }
    }

    fn normalised(mut self) -> Self {
        let values = self.psi.values(&self.places(), Outputs::default()).psi;
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        // Relative to the least Psi, so that no exponential overflows.
        self.log_z = (self.step * values.iter().map(|psi| (least - psi).exp()).sum::<f64>()).ln() - least;
        self
    }

    /// The density under a force in kT per unit of the quantity: `q(x) exp(force x)`, normalised again.
    #[must_use]
    pub fn tilted(self, force: f64) -> Self {
        Self { psi: self.psi.tilted(&[force]), ..self }.normalised()
    }

    /// A survey of its potential, in which its wells alone count as such; the other minima have no barriers.
    pub fn survey(&self) -> Survey {
        let mut survey = landscape::survey_judged(
            &self.psi,
            &[self.domain],
            landscape::WellRule { threshold: 0.0, judge: None, walls: &[self.walls] },
            None,
            &|| false,
        );
        let known = self.wells();
        let well = |found: &[Minimum], k: usize| {
            let distance = |m: &Minimum, x: f64| (m.x[0] - x).abs();
            let nearest = |x: f64| (0..found.len()).min_by(|&a, &b| distance(&found[a], x).total_cmp(&distance(&found[b], x)));
            known.iter().find(|well| nearest(well.x[0]) == Some(k)).map(|well| well.supported)
        };
        let wells: Vec<Option<bool>> = (0..survey.minima.len()).map(|k| well(&survey.minima, k)).collect();
        for (minimum, supported) in survey.minima.iter_mut().zip(wells) {
            minimum.barrier = minimum.barrier.filter(|_| supported.is_some());
            minimum.supported = supported == Some(true);
        }
        survey
    }

    /// Name of its samples: the header of their column.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The ends of the line on which it is normalised.
    pub fn domain(&self) -> [f64; 2] {
        self.domain
    }

    /// The number of states on which it is normalised, which are evenly spaced from one end of the domain to the other.
    pub fn states(&self) -> usize {
        self.top + 1
    }

    /// `Psi`, whose minima are the modes of the density. `Psi + log Z = -log q`.
    pub fn potential(&self) -> &Potential {
        &self.psi
    }

    /// The logarithm of the normalisation constant `Z`, the integral of `exp(-Psi)` over the domain.
    pub fn log_z(&self) -> f64 {
        self.log_z
    }

    /// `log q(x)`. Outside of the domain it follows the linear growth of `Psi`.
    pub fn log_density(&self, x: f64) -> f64 {
        -self.psi.value(&[x]) - self.log_z
    }

    /// Wells of `-log q` that its samples distinguish from none, from left to right: the modes of the density. All minima of the fit, if the model
    /// file does not contain the number of samples.
    pub fn wells(&self) -> Vec<FittedWell> {
        let places = self.places();
        let psi = self.psi.values(&places, Outputs::default()).psi;
        let density: Vec<f64> = psi.iter().map(|psi| (-psi - self.log_z).exp() * self.step).collect();
        let found = line_wells(&density, self.samples.unwrap_or(f64::MAX), self.walls);
        let largest = found.iter().map(|well| well.mass).fold(0.0, f64::max);
        let is_supported = |well: &LineWell| !self.unsupported.iter().any(|x| (x - places[well.at]).abs() <= self.step);
        let of = |well: &LineWell| FittedWell::new(well, largest, places[well.at], psi[well.at] + self.log_z, is_supported(well));
        found.iter().map(of).collect()
    }

    /// Values of all states.
    fn places(&self) -> Vec<f64> {
        (0..=self.top).map(|n| self.domain[0] + self.step * n as f64).collect()
    }

    /// The probability below each of some places, `F(x)`: the sum over the states below, and half of the one at a state.
    pub fn cumulative(&self, xs: &[f64]) -> Vec<f64> {
        let ([first, _], step) = (self.domain, self.step);
        let psi = self.psi.values(&self.places(), Outputs::default()).psi;
        // At the edges between states, which lie half a step beside them.
        let mut below = vec![0.0];
        below.extend(psi.iter().scan(0.0, |sum: &mut f64, psi| {
            *sum += (-psi - self.log_z).exp() * step;
            Some(*sum)
        }));
        let at = |x: &f64| {
            let edge = ((x - first) / step + 0.5).clamp(0.0, (self.top + 1) as f64);
            let k = (edge as usize).min(self.top);
            below[k] + (edge - k as f64) * (below[k + 1] - below[k])
        };
        xs.iter().map(at).collect()
    }

    /// `q(x)`.
    pub fn density(&self, x: f64) -> f64 {
        self.log_density(x).exp()
    }
}

//! A fitted density as a function.

use super::evaluation;
use super::file::{DensityFile, OfStates};
use crate::landscape::Minimum;
use crate::model::Potential;
use crate::model::model_file::ModelFileError;
use crate::model::potential::Outputs;

/// A fitted density `q(x) = exp(-Psi(x)) / Z` of one quantity, in the samples' own units. It can be evaluated from any number of threads.
#[derive(Clone, Debug)]
pub struct Density {
    label: String,
    domain: [f64; 2],
    /// The largest state of the line on which it is normalised.
    top: usize,
    psi: Potential,
    log_z: f64,
}

impl Density {
    /// The densities in the text of a model file, one for each set of samples that had been fitted.
    ///
    /// # Errors
    /// One sentence, if the text is no model file of densities.
    pub fn read_all(text: &str) -> Result<Vec<Self>, ModelFileError> {
        DensityFile::read(text)?.models()?.into_iter().map(Self::new).collect()
    }

    fn new(OfStates { label, mut model, unit: [first, step], top }: OfStates) -> Result<Self, ModelFileError> {
        let scaling = &mut model.scaling;
        (scaling.input_shift[0], scaling.input_scale[0]) = (first + step * scaling.input_shift[0], step * scaling.input_scale[0]);
        let psi = Potential::from_file(&model)?;
        let places: Vec<f64> = (0..=top).map(|n| first + step * n as f64).collect();
        let values = psi.values(&places, Outputs::default()).psi;
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        // Relative to the least Psi, so that no exponential overflows.
        let log_z = (step * values.iter().map(|psi| (least - psi).exp()).sum::<f64>()).ln() - least;
        if !log_z.is_finite() {
            return Err(ModelFileError::Field("a density cannot be normalised".into()));
        }
        Ok(Self { label, domain: [first, first + step * top as f64], top, psi, log_z })
    }

    /// What its samples are called: the header of their column.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The ends of the line on which it is normalised.
    pub fn domain(&self) -> [f64; 2] {
        self.domain
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

    /// Minima of `-log q`, from left to right: the modes of the density, with the barriers between them.
    pub fn minima(&self) -> Vec<Minimum> {
        let [first, last] = self.domain;
        let place = |n: usize| first + (last - first) * n as f64 / self.top.max(1) as f64;
        let places: Vec<f64> = (0..=self.top).map(place).collect();
        let density: Vec<f64> =
            self.psi.values(&places, Outputs::default()).psi.iter().map(|psi| (-psi - self.log_z).exp()).collect();
        let modes = evaluation::modes_of(&density);
        let barriers = evaluation::barriers(&density, &modes);
        let minimum = |(n, barrier): (usize, Option<f64>)| Minimum {
            x: vec![places[n]],
            value: -density[n].ln(),
            barrier,
            ..Minimum::default()
        };
        modes.into_iter().zip(barriers).map(minimum).collect()
    }

    /// `q(x)`.
    pub fn density(&self, x: f64) -> f64 {
        self.log_density(x).exp()
    }
}

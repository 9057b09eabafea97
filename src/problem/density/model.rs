//! Fitted density as a function.

use super::file::{DensityFile, FileFit, OfStates};
use super::metrics::FittedWell;
use crate::landscape::density_wells::{LineWell, line_wells};
use crate::landscape::{self, Minimum, Survey, basins_of_wells, populations};
use crate::model::Potential;
use crate::model::model_file::ModelFileError;
use crate::model::potential::Outputs;
use crate::numerics::bounds::Bounds;
use crate::numerics::lattice::Lattice;
use crate::recipe::likelihood::WELL_GRID_SIDES;

/// Fitted density `q(x) = exp(-Psi(x)) / Z` of one quantity, in the units of the samples. Any number of threads can evaluate it.
#[derive(Clone, Debug)]
pub struct Density {
    label: String,
    domain: [f64; 2],
    /// Largest state of the line of normalization, and the distance between states.
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
    /// Densities in the text of a model file, one for each fitted set of samples.
    ///
    /// # Errors
    /// A sentence if the text is no model file of densities.
    pub fn read_all(text: &str) -> Result<Vec<Self>, ModelFileError> {
        DensityFile::read(text)?.models(&[])?.into_iter().map(Self::new).collect()
    }

    fn new(OfStates { fit, unit: [first, step], top, walls }: OfStates) -> Result<Self, ModelFileError> {
        let FileFit { label, model, samples, .. } = fit;
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
        // Relative to the smallest Psi, so that no exponential overflows.
        self.log_z = (self.step * values.iter().map(|psi| (least - psi).exp()).sum::<f64>()).ln() - least;
        self
    }

    /// Density under a force in kT per unit of the quantity: `q(x) exp(force x)`, normalised again.
    #[must_use]
    pub fn tilted(self, force: f64) -> Self {
        Self { psi: self.psi.tilted(&[force]), ..self }.normalised()
    }

    /// Survey of its potential. Only minima of [`Density::wells`] have barriers.
    pub fn survey(&self) -> Survey {
        let mut survey = self.all_minima();
        let wells = self.wells_at(&survey.minima);
        for minimum in &mut survey.minima {
            let well = wells.iter().find(|well| well.x == minimum.x);
            minimum.barrier = minimum.barrier.filter(|_| well.is_some());
            minimum.barrier_bound = minimum.barrier_bound.filter(|_| well.is_some());
            minimum.supported = well.is_some_and(|well| well.supported);
        }
        survey
    }

    /// Survey of its potential in which every minimum counts as a well.
    fn all_minima(&self) -> Survey {
        let rule = landscape::WellRule { threshold: 0.0, judge: None, walls: &[self.walls] };
        landscape::survey_judged(&self.psi, &[self.domain], rule, None, &|| false)
    }

    /// Name of the samples: the header of their column.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Ends of the line of normalization.
    pub fn domain(&self) -> [f64; 2] {
        self.domain
    }

    /// Number of states of the normalization, evenly spaced from one end of the domain to the other.
    pub fn states(&self) -> usize {
        self.top + 1
    }

    /// `Psi`, whose minima are the modes of the density. `Psi + log Z = -log q`.
    pub fn potential(&self) -> &Potential {
        &self.psi
    }

    /// Logarithm of the normalization constant `Z`, the integral of `exp(-Psi)` over the domain.
    pub fn log_z(&self) -> f64 {
        self.log_z
    }

    /// `log q(x)`. Outside the domain it follows the linear growth of `Psi`.
    pub fn log_density(&self, x: f64) -> f64 {
        -self.psi.value(&[x]) - self.log_z
    }

    /// Wells of `-log q` with sufficient evidence in the samples, from left to right: the modes of the density. Returns all
    /// minima of the fit if the model file does not contain the number of samples.
    pub fn wells(&self) -> Vec<FittedWell> {
        self.wells_at(&self.all_minima().minima)
    }

    /// Wells, each at the nearest minimum of the potential.
    fn wells_at(&self, minima: &[Minimum]) -> Vec<FittedWell> {
        let places = self.places();
        let psi = self.psi.values(&places, Outputs::default()).psi;
        let density: Vec<f64> = psi.iter().map(|psi| (-psi - self.log_z).exp() * self.step).collect();
        let found = line_wells(&density, self.samples.unwrap_or(f64::MAX), self.walls);
        let distance = |m: &Minimum, well: &LineWell| (m.x[0] - places[well.at]).abs();
        let nearest = |well: &LineWell| {
            let nearest = minima.iter().min_by(|a, b| distance(a, well).total_cmp(&distance(b, well)));
            nearest.filter(|m| distance(m, well) <= self.step).map_or((places[well.at], psi[well.at]), |m| (m.x[0], m.value))
        };
        let exact: Vec<(f64, f64)> = found.iter().map(nearest).collect();
        let is_supported = |x: f64| !self.unsupported.iter().any(|other| (other - x).abs() <= self.step);
        let masses = self.masses(&exact.iter().map(|&(x, _)| (x, is_supported(x))).collect::<Vec<_>>());
        let largest = masses.iter().copied().fold(0.0, f64::max);
        let of = |((well, &(x, value)), &mass): ((&LineWell, &(f64, f64)), &f64)| {
            let barrier = well.barrier.map(|barrier| barrier + psi[well.at] - value);
            FittedWell::new(&LineWell { mass, barrier, ..*well }, largest, x, value + self.log_z, is_supported(x))
        };
        found.iter().zip(&exact).zip(&masses).map(of).collect()
    }

    /// Probabilities of the basins of wells at these positions, on the grid used for a fit. A well without support is marked by false.
    fn masses(&self, wells: &[(f64, bool)]) -> Vec<f64> {
        let ends = [self.domain];
        let lattice = Lattice::new(Bounds::from(&ends), WELL_GRID_SIDES[0]).with_walls(&[self.walls]);
        let psi = self.psi.values(&lattice.points(), Outputs::default()).psi;
        let wells: Vec<(usize, bool)> = wells.iter().map(|&(x, is_supported)| (lattice.nearest(&[x]), is_supported)).collect();
        populations(&psi, &basins_of_wells(&psi, &lattice, &wells), wells.len())
    }

    /// Values of all states.
    fn places(&self) -> Vec<f64> {
        (0..=self.top).map(|n| self.domain[0] + self.step * n as f64).collect()
    }

    /// Cumulative probability `F(x)` at some positions: the sum over the states below, and half of the state at the position.
    pub fn cumulative(&self, xs: &[f64]) -> Vec<f64> {
        let ([first, _], step) = (self.domain, self.step);
        let psi = self.psi.values(&self.places(), Outputs::default()).psi;
        // Cumulative probabilities at the edges between states, half a step beside them.
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

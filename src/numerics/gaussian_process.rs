//! Gaussian-process regression of noisy values and derivatives: an estimate of a smooth function with its covariance, independent of any
//! network.
//!
//! The model of a value at `x_i` with weight `w_i` is `y_i = beta + f(x_i) + e_i`. The covariance of `f` is `s v k(x, x')` with the squared
//! exponential `k = exp(-q / 2)` or the Matérn function of smoothness 5/2, where `q = |d|^2`, and `d` is scaled by one length per input.
//! The variance of the noise `e_i` is `v / w_i`. For a periodic input the distance is the chord of the circle. A derivative has the
//! covariances of the derivatives of `f`. If no values are known, the mean is a linear function of the inputs that are not periodic. The
//! covariance function, the lengths and the ratio `s` maximise the restricted likelihood. In it, the mean is integrated out and `v` is
//! profiled.
//!
//! C. E. Rasmussen and C. K. I. Williams, *Gaussian Processes for Machine Learning* (2006), sections 2.2, 2.7, 5.4 and 9.4.

mod covariance;
mod rows;

use covariance::StationaryCovariance;
use rows::{MAX_SEARCH_ROWS, RowQuantities, Scales, WeightedObservations, chosen, in_widths, index, substituted};

use super::linear::dot;
use super::statistics::spread;

use super::bounds::Bounds;
use super::shared::map_shared;
use crate::kernels::radial::RadialSum;

/// Smallest number of values and derivatives.
const MIN_ROWS: usize = 4;
/// Largest number of cells in which the rows of one input are averaged.
const MAX_CELLS: usize = 128;
/// Largest number of values and derivatives of several inputs for a posterior of all rows. With more, the posterior uses the nearest ones.
pub const MAX_ROWS: usize = 800;
const NEAREST_ROWS: usize = 400;
/// Largest number of values and derivatives that determine the lengths of a process through all rows.
const MAX_EXACT_SEARCH_ROWS: usize = 400;
/// Number of segments of a way. The nearest derivatives are searched beside the ends of these segments.
const WAY_PARTS: usize = 16;
/// Smallest standard error of a quantity relative to its spread. Exact data would make the covariance singular.
const MIN_ERROR: f64 = 1e-4;

/// Values of a function, its derivatives, or both, at some points.
#[derive(Clone, Copy, Debug, Default)]
pub struct FunctionObservations<'a> {
    /// Points `[rows, inputs]`.
    pub x: &'a [f64],
    /// Values, NaN where a value is unknown; empty if none is known.
    pub values: &'a [f64],
    /// Derivatives `[rows, inputs]`, NaN where a derivative is unknown; empty if none is known.
    pub gradient: &'a [f64],
    /// Inverse variances of the rows up to a factor; empty if they are equal.
    pub weights: &'a [f64],
    /// Standard deviations of the noise of a value and of the derivative with respect to each input in a row of weight one,
    /// up to a factor. Not used for values alone.
    pub sigmas: &'a [f64],
}

/// Quantity of a function: its value, or the derivative with respect to the input of this index.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quantity {
    /// Value of the function.
    Value,
    /// Derivative with respect to an input.
    Derivative(usize),
}

/// Posterior of a function, given noisy values or derivatives.
#[derive(Clone, Debug)]
pub struct GaussianProcess {
    origin: Vec<f64>,
    widths: Vec<f64>,
    /// Standard deviations of the noise of a value and of each derivative, in units of the standard deviation of the model.
    sigmas: Vec<f64>,
    rows: WeightedObservations,
    scales: Scales,
    noise_variance: f64,
    /// Ratio of signal and noise.
    ratio: f64,
    /// Solution for all rows with the varying part of the mean, if there are at most `MAX_ROWS`.
    solved: Option<(RowQuantities, RadialSum)>,
}

/// Mean of the posterior at some points with its covariance.
#[derive(Clone, Debug)]
pub struct Posterior {
    /// Mean at each point.
    pub mean: Vec<f64>,
    covariance: Vec<f64>,
}

impl Posterior {
    /// Standard deviation of the difference of the quantity at two points.
    pub fn deviation(&self, a: usize, b: usize) -> f64 {
        let n = self.mean.len();
        let [aa, bb, ab] = [(a, a), (b, b), (a, b)].map(|(i, j)| self.covariance[i * n + j]);
        (aa + bb - 2.0 * ab).max(0.0).sqrt()
    }

    /// Variance at a point.
    pub fn variance(&self, place: usize) -> f64 {
        self.covariance[place * (self.mean.len() + 1)].max(0.0)
    }
}

impl GaussianProcess {
    /// Computes the posterior from observations inside a box. Many rows of one input are averaged, and of many rows of several inputs,
    /// a posterior uses the nearest ones.
    ///
    /// `None` for fewer than four values and derivatives, or if the derivative with respect to an input is constant: the covariance
    /// function has no constant derivative.
    pub fn new(bounds: Bounds, data: &FunctionObservations) -> Option<Self> {
        Self::from_rows(bounds, data, false)
    }

    /// Computes the posterior as [`GaussianProcess::new`] does, but always from all rows. The time is proportional to the cube of their number.
    pub fn exact(bounds: Bounds, data: &FunctionObservations) -> Option<Self> {
        Self::from_rows(bounds, data, true)
    }

    fn from_rows(bounds: Bounds, data: &FunctionObservations, is_exact: bool) -> Option<Self> {
        let inputs = bounds.ends.len();
        let origin: Vec<f64> = bounds.ends.iter().map(|ends| ends[0]).collect();
        let widths: Vec<f64> = bounds.ends.iter().map(|[low, high]| high - low).collect();
        let periodic: Vec<bool> = (0..inputs).map(|input| bounds.is_periodic(input)).collect();
        if widths.iter().any(|width| width.is_nan() || *width <= 0.0) {
            return None;
        }
        let mut sigmas = data.sigmas_at_least(MIN_ERROR, inputs);
        let mut rows = WeightedObservations::new(data, &origin, &widths, &sigmas);
        // The search range for the ratio of signal and noise requires weights with a mean of one.
        let mean = rows.weights.iter().sum::<f64>() / rows.weights.len().max(1) as f64;
        for weight in &mut rows.weights {
            *weight /= mean;
        }
        for sigma in &mut sigmas {
            *sigma *= mean.sqrt();
        }
        let is_constant = |of: Quantity| {
            let known: Vec<f64> = rows.y.iter().zip(&rows.quantities).filter(|row| *row.1 == of).map(|row| *row.0).collect();
            known.len() >= MIN_ROWS && spread(&known) == 0.0
        };
        let has_constant_slope = rows.kinds().any(|of| of != Quantity::Value && is_constant(of));
        if rows.y.len() < MIN_ROWS || has_constant_slope || rows.kinds().all(is_constant) {
            return None;
        }
        let rows = if inputs == 1 && !is_exact { rows.in_cells() } else { rows };
        let some = rows.for_search(&periodic, if is_exact { MAX_EXACT_SEARCH_ROWS } else { MAX_SEARCH_ROWS });
        let scales = chosen(&some, rows.places_count(), &periodic)?;
        let are_all = is_exact || rows.y.len() <= MAX_ROWS;
        let solved = if are_all { &rows } else { &some }.solve_regular(&scales)?;
        let (noise_variance, ratio) = (solved.noise_variance, solved.ratio);
        let solved = are_all.then(|| {
            let sum = rows.mean_of(&scales.covariance, &solved);
            (solved, sum)
        });
        Some(Self { origin, widths, sigmas, rows, scales, noise_variance, ratio, solved })
    }

    /// Returns true if the likelihood prefers functions with all derivatives to functions with two. At a kink of a function, the posterior of
    /// either is too certain.
    pub fn is_smooth(&self) -> bool {
        !self.scales.covariance.is_rough
    }

    /// Returns true if an input is periodic.
    pub fn is_periodic(&self) -> bool {
        self.scales.covariance.periodic.contains(&true)
    }

    /// Number of observations and hyperparameters.
    pub fn parameters(&self) -> usize {
        self.rows.y.len() + self.widths.len() + 2
    }

    /// Variance of the noise of a quantity in a row of weight one.
    pub fn noise_variance(&self, of: Quantity) -> f64 {
        self.noise_variance * self.sigmas[index(of)].powi(2)
    }

    /// Posterior of the values at points `[points, inputs]`. If only derivatives are known, differences of the values are determined.
    /// `None` if the rows around the points do not determine it.
    pub fn at(&self, x: &[f64]) -> Option<Posterior> {
        self.posterior(Quantity::Value, x)
    }

    /// Posterior of a quantity at points `[points, inputs]`, all in the units of the data.
    pub fn posterior(&self, quantity: Quantity, x: &[f64]) -> Option<Posterior> {
        let scaled = in_widths(x, &self.origin, &self.widths);
        let places: Vec<&[f64]> = scaled.chunks_exact(self.widths.len()).collect();
        if let Some((solved, _)) = &self.solved {
            return Some(self.posterior_from(&self.rows, solved, quantity, &places));
        }
        let rows = self.rows.nearest(&places, NEAREST_ROWS, &self.scales);
        Some(self.posterior_from(&rows, &rows.solve_regular(&self.scales)?, quantity, &places))
    }

    /// Means of the posterior of the values `[points]` and of the derivatives `[points, inputs]` at points `[points, inputs]`. `None` if
    /// there are too many rows for one solution.
    pub fn means(&self, x: &[f64]) -> Option<(Vec<f64>, Vec<f64>)> {
        let ((solved, sum), inputs) = (self.solved.as_ref()?, self.widths.len());
        let covariance = &self.scales.covariance;
        let terms = self.rows.terms(&covariance.periodic);
        let scaled = in_widths(x, &self.origin, &self.widths);
        let of_place = |place: &[f64]| {
            let at = covariance.coordinates(place, Quantity::Value);
            let mut slopes = vec![0.0; at.len()];
            let value = sum.evaluate(&at, &mut slopes);
            let of_terms = |of: Quantity| terms.iter().zip(&solved.mean).map(|(term, by)| by * term.at(place, of)).sum::<f64>();
            let slope = |k: usize| {
                let of = Quantity::Derivative(k);
                (dot(&slopes, &covariance.coordinates(place, of)) + of_terms(of)) / self.widths[k]
            };
            std::iter::once(value + of_terms(Quantity::Value)).chain((0..inputs).map(slope)).collect::<Vec<f64>>()
        };
        let sums = map_shared(scaled.chunks_exact(inputs).collect(), of_place);
        let values = sums.iter().map(|sums| sums[0]).collect();
        let slopes = sums.iter().flat_map(|sums| &sums[1..]).copied().collect();
        Some((values, slopes))
    }

    /// Posterior of a quantity at scaled points, given some rows with their solution.
    fn posterior_from(&self, rows: &WeightedObservations, solved: &RowQuantities, of: Quantity, places: &[&[f64]]) -> Posterior {
        let RowQuantities { ratio, factor, basis, inverse, .. } = solved;
        let variance = self.noise_variance * (self.ratio / ratio);
        let with_rows = |place: &&[f64]| rows.all().map(|row| ratio * self.scales.covariance.between((place, of), row)).collect();
        let crossed: Vec<Vec<f64>> = places.iter().map(with_rows).collect();
        let through: Vec<Vec<f64>> = crossed.iter().map(|row| substituted(factor, row.clone())).collect();
        let terms = rows.terms(&self.scales.covariance.periodic);
        // Residual of each term of the mean function at each point, given the rows.
        let left: Vec<Vec<f64>> = places
            .iter()
            .zip(&crossed)
            .map(|(place, row)| terms.iter().zip(basis).map(|(term, solved)| term.at(place, of) - dot(row, solved)).collect())
            .collect();
        let spread: Vec<Vec<f64>> = left.iter().map(|row| substituted(inverse, row.clone())).collect();
        // Factor that converts the quantity to the scaled inputs.
        let unit = if let Quantity::Derivative(input) = of { self.widths[input] } else { 1.0 };
        let mean = |(place, row): (&&[f64], &Vec<f64>)| {
            let of_terms: f64 = terms.iter().zip(&solved.mean).map(|(term, by)| by * term.at(place, of)).sum();
            (of_terms + dot(row, &solved.residuals)) / unit
        };
        let mean = places.iter().zip(&crossed).map(mean).collect();
        let entry = |i: usize, j: usize| {
            let prior = ratio * self.scales.covariance.between((places[i], of), (places[j], of));
            prior - dot(&crossed[i], &through[j]) + dot(&left[i], &spread[j])
        };
        let n = places.len();
        let covariance = (0..n * n).map(|k| variance * entry(k / n, k % n) / (unit * unit)).collect();
        Posterior { mean, covariance }
    }
}

impl FunctionObservations<'_> {
    /// Standard deviations of the noise of a value and of the derivative with respect to each input. Each is at least the
    /// fraction `part` of the spread of its quantity. All are one if there are no derivatives.
    fn sigmas_at_least(&self, part: f64, inputs: usize) -> Vec<f64> {
        if self.gradient.is_empty() {
            return vec![1.0; 1 + inputs];
        }
        let spread = |of: &mut dyn Iterator<Item = f64>| {
            let known: Vec<f64> = of.filter(|value| value.is_finite()).collect();
            let mean = known.iter().sum::<f64>() / known.len().max(1) as f64;
            (known.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / known.len().max(1) as f64).sqrt()
        };
        let spreads = std::iter::once(spread(&mut self.values.iter().copied()))
            .chain((0..inputs).map(|input| spread(&mut self.gradient.iter().skip(input).step_by(inputs).copied())));
        let least = |(k, spread): (usize, f64)| {
            let least = part * spread;
            let known = self.sigmas.get(k).copied().unwrap_or(0.0).max(least);
            if known > 0.0 { known } else { 1.0 }
        };
        spreads.enumerate().map(least).collect()
    }
}

#[cfg(test)]
mod tests;

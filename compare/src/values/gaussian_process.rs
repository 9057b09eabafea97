//! Exact Gaussian processes: the mean of a function with a stationary covariance, given its values or its derivatives with noise (Rasmussen and
//! Williams, *Gaussian Processes for Machine Learning*, 2006, chapters 2, 5 and 9.4).
//!
//! The covariance is the variance of the signal times a function of `r^2 = sum_k (x_k - x'_k)^2 / l_k^2`, with a length `l_k` for each input. The
//! function is a squared exponential or a Matérn function of smoothness 5/2. For a periodic input, whose period is two pi, the square of the chord,
//! `4 sin^2((x_k - x'_k) / 2)`, replaces that of the difference. The squared exponential then is the periodic covariance
//! `exp(-2 sin^2((x - x') / 2) / l^2)`. Lengths, signal and noise maximise the marginal likelihood, whose logarithm is
//! `-(y^T K^-1 y + log det K + n log 2 pi) / 2`. Quasi-Newton descents from three initializations find the maximum, and the likelier of the two
//! covariances is used. Derivatives are further observations of the function. Their covariances are the derivatives of those of the values. The noise
//! applies to the observations times the factors of their errors.

use std::f64::consts::{PI, TAU};

use multiwell::internal::landscape::minima_with_faces;
use multiwell::internal::loss::training_set::TrainingSet;
use multiwell::internal::model::init;
use multiwell::internal::numerics::gaussian_process::{Quantity, StationaryCovariance};
use multiwell::internal::potentials::sampling;
use nalgebra::{Cholesky, DMatrix, DVector, Dyn};
use ndarray::{Array1, Array2};

use super::{FittedSurface, MethodData};
use crate::NoFit;

/// Maximum number of observations. The time of the factorisation of their covariance is proportional to the cube of this number. Each derivative
/// counts as one.
pub const MAX_OBSERVATIONS: usize = 1600;
/// Maximum number of observations that determine the hyperparameters. They belong to rows drawn at random.
const MAX_TUNING_OBSERVATIONS: usize = 250;
/// Ranges of the logarithms of a length, of the standard deviation of the signal, and of that of the noise. They are in the units of the fit: the
/// domain is six wide, and the values have a standard deviation of one.
const LENGTH_RANGE: [f64; 2] = [-3.0, 4.0];
const SIGNAL_RANGE: [f64; 2] = [-2.0, 5.0];
const NOISE_RANGE: [f64; 2] = [-9.0, 0.5];
/// Initial logarithms of a length, a signal and a noise for each descent.
const DESCENT_STARTS: [[f64; 3]; 3] = [[0.0, 0.0, -4.0], [-1.0, 0.0, -2.0], [1.0, 1.0, -6.0]];

/// All observations. The methods evaluate them for any hyperparameters: the logarithms of the lengths, of the signal and of the noise.
struct KnownRows<'a> {
    known: Vec<(&'a [f64], Quantity)>,
    y: DVector<f64>,
    /// Variance of the noise of each observation, as a multiple of the common noise variance.
    noise: Vec<f64>,
    periodic: &'a [bool],
    is_rough: bool,
    inputs: usize,
}

/// Step of a finite difference in a hyperparameter.
const DIFFERENCE_STEP: f64 = 1e-4;

impl<'a> KnownRows<'a> {
    fn from_training_set(set: &'a TrainingSet, periodic: &'a [bool], is_rough: bool) -> Self {
        let (slopes, components) = (set.target.slopes(set.inputs), set.target.components(set.inputs));
        let factors = set.factors();
        let (mut known, mut y, mut noise) = (Vec::new(), Vec::new(), Vec::new());
        for (k, (factor, target)) in factors.into_iter().zip(&set.targets).enumerate().filter(|(_, (factor, _))| *factor > 0.0) {
            let (row, component) = (k / components, k % components);
            let x = &set.x[row * set.inputs..(row + 1) * set.inputs];
            known.push((x, if component < slopes { Quantity::Derivative(component) } else { Quantity::Value }));
            y.push(*target);
            noise.push(1.0 / (factor * factor));
        }
        Self { known, y: DVector::from_vec(y), noise, periodic, is_rough, inputs: set.inputs }
    }

    /// Covariance of the function for a signal of one.
    fn function(&self, hyper: &[f64]) -> StationaryCovariance {
        let (lengths, is_periodic) = (&hyper[..self.inputs], |k| self.periodic.get(k).copied().unwrap_or_default());
        StationaryCovariance {
            is_rough: self.is_rough,
            lengths: lengths.iter().map(|length| length.exp()).collect(),
            periodic: (0..self.inputs).map(is_periodic).collect(),
            period: TAU,
        }
    }

    fn covariance(&self, hyper: &[f64]) -> DMatrix<f64> {
        let (count, inputs, function) = (self.known.len(), self.inputs, self.function(hyper));
        let signal = (2.0 * hyper[inputs]).exp();
        let noise = (2.0 * hyper[inputs + 1]).exp();
        let mut k = DMatrix::zeros(count, count);
        for a in 0..count {
            for b in 0..=a {
                let value = signal * function.between(self.known[a], self.known[b]);
                k[(a, b)] = value;
                k[(b, a)] = value;
            }
            k[(a, a)] += noise * self.noise[a];
        }
        k
    }

    /// Minus the logarithm of the marginal likelihood, and its derivatives with respect to the hyperparameters.
    fn negative_log_likelihood(&self, hyper: &[f64]) -> Option<(f64, Vec<f64>)> {
        if self.known.iter().all(|(_, quantity)| *quantity == Quantity::Value) {
            return self.negative_log_likelihood_of_values(hyper);
        }
        let value = |hyper: &[f64]| Some(self.fitted(hyper)?.0);
        let slope = |k: usize| {
            let near = |by: f64| {
                let mut hyper = hyper.to_vec();
                hyper[k] += by;
                value(&hyper)
            };
            Some((near(DIFFERENCE_STEP)? - near(-DIFFERENCE_STEP)?) / (2.0 * DIFFERENCE_STEP))
        };
        Some((value(hyper)?, (0..hyper.len()).map(slope).collect::<Option<_>>()?))
    }

    /// Minus the logarithm of the marginal likelihood, the factor of the covariance, and the weights of all observations.
    fn fitted(&self, hyper: &[f64]) -> Option<(f64, Cholesky<f64, Dyn>, DVector<f64>)> {
        let factor = Cholesky::new(self.covariance(hyper))?;
        let alpha = factor.solve(&self.y);
        let log_det: f64 = factor.l_dirty().diagonal().iter().map(|l| 2.0 * l.ln()).sum();
        Some((0.5 * (self.y.dot(&alpha) + log_det + self.y.len() as f64 * (2.0 * PI).ln()), factor, alpha))
    }

    /// Minus the logarithm of the marginal likelihood, and its derivatives with respect to the hyperparameters, if all observations are values.
    fn negative_log_likelihood_of_values(&self, hyper: &[f64]) -> Option<(f64, Vec<f64>)> {
        let (count, inputs, function) = (self.known.len(), self.inputs, self.function(hyper));
        let (value, factor, alpha) = self.fitted(hyper)?;
        // Half of the trace of (K^-1 - alpha alpha^T) dK.
        let inverse = factor.inverse();
        let signal = (2.0 * hyper[inputs]).exp();
        let mut slopes = vec![0.0; inputs + 2];
        for a in 0..count {
            for b in 0..=a {
                let weight = if a == b { 0.5 } else { 1.0 } * (inverse[(a, b)] - alpha[a] * alpha[b]);
                let (here, there) = (self.known[a].0, self.known[b].0);
                let [value, by_square, _] = function.by_square(function.square(here, there));
                for (k, slope) in slopes[..inputs].iter_mut().enumerate() {
                    *slope += weight * signal * by_square * (-2.0 * function.square_along(k, here, there));
                }
                slopes[inputs] += weight * 2.0 * signal * value;
                if a == b {
                    slopes[inputs + 1] += weight * 2.0 * (2.0 * hyper[inputs + 1]).exp() * self.noise[a];
                }
            }
        }
        Some((value, slopes))
    }

    /// Hyperparameters of the largest marginal likelihood, and minus its logarithm.
    fn best(&self, task: &MethodData) -> Result<(f64, Vec<f64>), NoFit> {
        let inputs = self.inputs;
        let ends: Vec<[f64; 2]> = (0..inputs).map(|_| LENGTH_RANGE).chain([SIGNAL_RANGE, NOISE_RANGE]).collect();
        let starts: Vec<f64> = DESCENT_STARTS
            .iter()
            .flat_map(|[length, signal, noise]| (0..inputs).map(|_| *length).chain([*signal, *noise]))
            .collect();
        let starts = Array2::from_shape_vec((DESCENT_STARTS.len(), inputs + 2), starts).expect("a number for each");
        let mut is_stopped = false;
        // If the covariance is nearly singular, rounding ends a descent before its slope vanishes. The best point of the descent is therefore used.
        let mut lowest: Option<(f64, Vec<f64>)> = None;
        let mut surface = |x: &Array2<f64>| {
            let (mut values, mut slopes) = (Vec::new(), Vec::new());
            for hyper in x.rows() {
                is_stopped = is_stopped || (task.is_stopped)();
                let hyper = hyper.to_vec();
                // A constant value ends the descents immediately.
                let found = if is_stopped { None } else { self.negative_log_likelihood(&hyper) };
                if let Some((value, _)) =
                    found.as_ref().filter(|(value, _)| lowest.as_ref().is_none_or(|(least, _)| value < least))
                {
                    lowest = Some((*value, hyper));
                }
                let (value, slope) = found.unwrap_or_else(|| (f64::MAX.sqrt(), vec![0.0; inputs + 2]));
                values.push(value);
                slopes.extend(slope);
            }
            (Array1::from(values), Array2::from_shape_vec(x.raw_dim(), slopes).expect("a slope for each"))
        };
        let _ = minima_with_faces(&ends, &starts, &mut surface);
        if is_stopped {
            return Err(NoFit::Stopped);
        }
        lowest.ok_or_else(|| NoFit::unsuitable("its covariance is singular"))
    }
}

/// A fitted Gaussian process.
#[derive(Debug)]
pub struct ComparedProcess {
    /// Points of all observations with their quantities.
    known: Vec<(Vec<f64>, Quantity)>,
    covariance: StationaryCovariance,
    /// Variance of the function.
    signal: f64,
    alpha: DVector<f64>,
}

/// Returns the mean of the process with the likeliest hyperparameters.
///
/// # Errors
/// If there are too few rows, or if the user has stopped it.
pub fn fit(set: &TrainingSet, task: &MethodData) -> Result<ComparedProcess, NoFit> {
    let (rows, components) = (set.samples(), set.target.components(set.inputs));
    if rows < 3 {
        return Err(NoFit::unsuitable("it takes 3 rows or more"));
    }
    let periodic = task.data.periodic();
    let some = sampling::subset(rows, MAX_TUNING_OBSERVATIONS / components, &mut init::stream(task.seed));
    let choosing = set.subset(|row| some.binary_search(&row).is_ok());
    let mut best: Option<(f64, Vec<f64>, bool)> = None;
    for is_rough in [false, true] {
        let (loss, hyper) = KnownRows::from_training_set(&choosing, &periodic, is_rough).best(task)?;
        if best.as_ref().is_none_or(|(least, ..)| loss < *least) {
            best = Some((loss, hyper, is_rough));
        }
    }
    let (_, mut hyper, is_rough) = best.expect("two covariances were tried");
    let all = KnownRows::from_training_set(set, &periodic, is_rough);
    // The covariance of all rows may need a slightly larger diagonal than that of the rows that determined the hyperparameters.
    let fitted = (0..20).find_map(|_| {
        let fitted = all.fitted(&hyper);
        if fitted.is_none() {
            hyper[set.inputs + 1] += 0.5;
        }
        fitted
    });
    let (.., alpha) = fitted.ok_or_else(|| NoFit::unsuitable("its covariance is singular"))?;
    let known = all.known.iter().map(|(x, quantity)| (x.to_vec(), *quantity)).collect();
    Ok(ComparedProcess { known, covariance: all.function(&hyper), signal: (2.0 * hyper[set.inputs]).exp(), alpha })
}

impl FittedSurface for ComparedProcess {
    fn evaluate(&self, x: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let inputs = self.covariance.lengths.len();
        let (mut values, mut slopes) = (Vec::with_capacity(x.len() / inputs), Vec::with_capacity(x.len()));
        for x in x.chunks_exact(inputs) {
            let (mut sum, mut slope) = (0.0, vec![0.0; inputs]);
            for ((there, of), alpha) in self.known.iter().zip(&self.alpha) {
                let with = |quantity: Quantity| alpha * self.covariance.between((x, quantity), (there, *of));
                sum += with(Quantity::Value);
                slope.iter_mut().enumerate().for_each(|(k, slope)| *slope += with(Quantity::Derivative(k)));
            }
            values.push(self.signal * sum);
            slopes.extend(slope.iter().map(|slope| self.signal * slope));
        }
        (values, slopes)
    }

    fn parameters(&self) -> usize {
        self.alpha.len() + self.covariance.lengths.len() + 2
    }

    fn choice(&self) -> String {
        let periodic = if self.covariance.periodic.contains(&true) { ", periodic" } else { "" };
        format!("{}{periodic}", if self.covariance.is_rough { "Matérn 5/2" } else { "squared exponential" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradient_of_marginal_likelihood_agrees_with_differences() {
        let x: Vec<f64> = (0..24).map(|k| 3.0 * (f64::from(k) * 1.7).sin()).collect();
        let y = x.chunks_exact(2).map(|x| x[0].sin() + 0.3 * x[1] * x[1]).collect();
        let set = TrainingSet::of_values(x, y, 2);
        for (is_rough, periodic) in [(false, &[][..]), (false, &[true, false]), (true, &[]), (true, &[true, false])] {
            let rows = KnownRows::from_training_set(&set, periodic, is_rough);
            let hyper = [0.2, 0.5, -0.1, -1.0];
            let (_, slopes) = rows.negative_log_likelihood(&hyper).unwrap();
            for k in 0..4 {
                let near = |by: f64| {
                    let mut hyper = hyper;
                    hyper[k] += by;
                    rows.negative_log_likelihood(&hyper).unwrap().0
                };
                let h = 1e-5;
                let difference = (near(h) - near(-h)) / (2.0 * h);
                assert!(
                    (difference - slopes[k]).abs() < 1e-6 * (1.0 + slopes[k].abs()),
                    "{is_rough} {k}: {difference} {}",
                    slopes[k]
                );
            }
        }
    }
}

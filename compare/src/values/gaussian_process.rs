//! Gaussian processes, exact: the mean of a function with a stationary covariance, given its values with noise (Rasmussen and Williams,
//! *Gaussian Processes for Machine Learning*, 2006, chapters 2 and 5).
//!
//! The covariance is a squared exponential or a Matérn function of smoothness 5/2 of `r^2 = sum_k (x_k - x'_k)^2 / l_k^2`, with a length `l_k`
//! for each input, times the variance of the signal. Lengths, signal and noise maximise the marginal likelihood, whose logarithm is
//! `-(y^T K^-1 y + log det K + n log 2 pi) / 2`, found by quasi-Newton descents from three starts; of the two covariances the likelier one is taken.

use std::f64::consts::PI;

use multiwell::landscape::minima_with_faces;
use multiwell::loss::training_set::TrainingSet;
use multiwell::model::init;
use multiwell::potentials::sampling;
use nalgebra::{Cholesky, DMatrix, DVector, Dyn};
use ndarray::{Array1, Array2};

use super::{Surface, Task, equal_values};
use crate::NoFit;

/// The most rows: their covariance is factorised, which takes the cube of their number.
pub const MOST_ROWS: usize = 1000;
/// The most rows by which hyperparameters are chosen, drawn at random from more.
const MOST_CHOOSING: usize = 250;
/// Ranges of the logarithms of a length in the units of the fit, where the domain is six wide, of the standard deviation of the signal, and of that
/// of the noise, where the values have one of one.
const LENGTHS: [f64; 2] = [-3.0, 4.0];
const SIGNAL: [f64; 2] = [-2.0, 5.0];
const NOISE: [f64; 2] = [-9.0, 0.5];
/// Where the descents begin: a length, a signal and a noise, as logarithms.
const STARTS: [[f64; 3]; 3] = [[0.0, 0.0, -4.0], [-1.0, 0.0, -2.0], [1.0, 1.0, -6.0]];

/// A covariance as a function of distance, for a signal of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kernel {
    SquaredExponential,
    Matern,
}

impl Kernel {
    /// The covariance and its derivative by `r^2`.
    fn at(self, square: f64) -> [f64; 2] {
        match self {
            Self::SquaredExponential => {
                let value = (-0.5 * square).exp();
                [value, -0.5 * value]
            }
            Self::Matern => {
                let r = (5.0 * square).sqrt();
                let fall = (-r).exp();
                [(1.0 + r + r * r / 3.0) * fall, -5.0 / 6.0 * (1.0 + r) * fall]
            }
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::SquaredExponential => "squared exponential",
            Self::Matern => "Matérn 5/2",
        }
    }
}

/// Rows with the kernel, for any hyperparameters: the logarithms of the lengths, of the signal and of the noise.
struct Rows<'a> {
    x: &'a [f64],
    y: DVector<f64>,
    inputs: usize,
    kernel: Kernel,
}

impl Rows<'_> {
    fn square(&self, a: usize, b: usize, lengths: &[f64]) -> f64 {
        let at = |row: usize| &self.x[row * self.inputs..(row + 1) * self.inputs];
        squared(at(a), at(b), lengths)
    }

    fn covariance(&self, hyper: &[f64]) -> DMatrix<f64> {
        let (rows, inputs) = (self.y.len(), self.inputs);
        let signal = (2.0 * hyper[inputs]).exp();
        let noise = (2.0 * hyper[inputs + 1]).exp();
        let mut k = DMatrix::zeros(rows, rows);
        for a in 0..rows {
            for b in 0..=a {
                let value = signal * self.kernel.at(self.square(a, b, hyper))[0];
                k[(a, b)] = value;
                k[(b, a)] = value;
            }
            k[(a, a)] += noise;
        }
        k
    }

    /// Minus the logarithm of the marginal likelihood, and its derivatives by the hyperparameters.
    fn surprise(&self, hyper: &[f64]) -> Option<(f64, Vec<f64>)> {
        let (rows, inputs) = (self.y.len(), self.inputs);
        let factor = Cholesky::new(self.covariance(hyper))?;
        let alpha = factor.solve(&self.y);
        let log_det: f64 = factor.l_dirty().diagonal().iter().map(|l| 2.0 * l.ln()).sum();
        let value = 0.5 * (self.y.dot(&alpha) + log_det + rows as f64 * (2.0 * PI).ln());
        // Half of the trace of (K^-1 - alpha alpha^T) dK.
        let inverse = factor.inverse();
        let signal = (2.0 * hyper[inputs]).exp();
        let mut slopes = vec![0.0; inputs + 2];
        for a in 0..rows {
            for b in 0..=a {
                let weight = if a == b { 0.5 } else { 1.0 } * (inverse[(a, b)] - alpha[a] * alpha[b]);
                let [value, by_square] = self.kernel.at(self.square(a, b, hyper));
                for k in 0..inputs {
                    let apart = (self.x[a * inputs + k] - self.x[b * inputs + k]) * (-hyper[k]).exp();
                    slopes[k] += weight * signal * by_square * (-2.0 * apart * apart);
                }
                slopes[inputs] += weight * 2.0 * signal * value;
                if a == b {
                    slopes[inputs + 1] += weight * 2.0 * (2.0 * hyper[inputs + 1]).exp();
                }
            }
        }
        Some((value, slopes))
    }

    /// The hyperparameters of the largest marginal likelihood, and minus its logarithm.
    fn best(&self, task: &Task) -> Result<(f64, Vec<f64>), NoFit> {
        let inputs = self.inputs;
        let ends: Vec<[f64; 2]> = (0..inputs).map(|_| LENGTHS).chain([SIGNAL, NOISE]).collect();
        let starts: Vec<f64> =
            STARTS.iter().flat_map(|[length, signal, noise]| (0..inputs).map(|_| *length).chain([*signal, *noise])).collect();
        let starts = Array2::from_shape_vec((STARTS.len(), inputs + 2), starts).expect("a number for each");
        let mut is_stopped = false;
        // Where the covariance is nearly singular, rounding ends a descent before its slope vanishes: the best place seen is taken.
        let mut lowest: Option<(f64, Vec<f64>)> = None;
        let mut surface = |x: &Array2<f64>| {
            let (mut values, mut slopes) = (Vec::new(), Vec::new());
            for hyper in x.rows() {
                is_stopped = is_stopped || (task.is_stopped)();
                let hyper = hyper.to_vec();
                // Flat, so that descents end at once.
                let found = if is_stopped { None } else { self.surprise(&hyper) };
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
        lowest.ok_or_else(|| NoFit::because("its covariance is singular"))
    }
}

fn squared(a: &[f64], b: &[f64], lengths: &[f64]) -> f64 {
    a.iter().zip(b).zip(lengths).map(|((a, b), l)| ((a - b) * (-l).exp()).powi(2)).sum()
}

/// A fitted Gaussian process.
#[derive(Debug)]
pub struct GaussianProcess {
    x: Vec<f64>,
    inputs: usize,
    kernel: Kernel,
    hyper: Vec<f64>,
    alpha: DVector<f64>,
}

/// The mean of the process with the likeliest hyperparameters.
///
/// # Errors
/// If there are derivatives, or too few or too many rows.
pub fn fit(set: &TrainingSet, task: &Task) -> Result<GaussianProcess, NoFit> {
    equal_values(set)?;
    let rows = set.samples();
    if !(3..=MOST_ROWS).contains(&rows) {
        return Err(NoFit::because(format!("it takes 3 to {MOST_ROWS} rows")));
    }
    let some = sampling::subset(rows, MOST_CHOOSING, &mut init::stream(task.seed));
    let choosing = set.only(|row| some.binary_search(&row).is_ok());
    let mut best: Option<(f64, Vec<f64>, Kernel)> = None;
    for kernel in [Kernel::SquaredExponential, Kernel::Matern] {
        let few = Rows { x: &choosing.x, y: DVector::from_column_slice(&choosing.targets), inputs: set.inputs, kernel };
        let (surprise, hyper) = few.best(task)?;
        if best.as_ref().is_none_or(|(least, ..)| surprise < *least) {
            best = Some((surprise, hyper, kernel));
        }
    }
    let (_, mut hyper, kernel) = best.expect("two kernels were tried");
    let all = Rows { x: &set.x, y: DVector::from_column_slice(&set.targets), inputs: set.inputs, kernel };
    // More rows may need a little more on the diagonal than those by which it was chosen.
    let factor: Option<Cholesky<f64, Dyn>> = (0..20).find_map(|_| {
        let factor = Cholesky::new(all.covariance(&hyper));
        if factor.is_none() {
            hyper[set.inputs + 1] += 0.5;
        }
        factor
    });
    let alpha = factor.ok_or_else(|| NoFit::because("its covariance is singular"))?.solve(&all.y);
    Ok(GaussianProcess { x: set.x.clone(), inputs: set.inputs, kernel, hyper, alpha })
}

impl Surface for GaussianProcess {
    fn evaluate(&self, x: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let inputs = self.inputs;
        let signal = (2.0 * self.hyper[inputs]).exp();
        let (mut values, mut slopes) = (Vec::with_capacity(x.len() / inputs), Vec::with_capacity(x.len()));
        for x in x.chunks_exact(inputs) {
            let (mut sum, mut by) = (0.0, vec![0.0; inputs]);
            for (row, alpha) in self.x.chunks_exact(inputs).zip(&self.alpha) {
                let [value, by_square] = self.kernel.at(squared(x, row, &self.hyper));
                sum += alpha * value;
                for k in 0..inputs {
                    by[k] += alpha * by_square * 2.0 * (x[k] - row[k]) * (-2.0 * self.hyper[k]).exp();
                }
            }
            values.push(signal * sum);
            slopes.extend(by.iter().map(|by| signal * by));
        }
        (values, slopes)
    }

    fn parameters(&self) -> usize {
        self.alpha.len() + self.hyper.len()
    }

    fn choice(&self) -> String {
        self.kernel.name().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marginal_likelihood_has_the_slope_of_its_differences() {
        let x: Vec<f64> = (0..24).map(|k| 3.0 * (f64::from(k) * 1.7).sin()).collect();
        let y = DVector::from_iterator(12, x.chunks_exact(2).map(|x| x[0].sin() + 0.3 * x[1] * x[1]));
        for kernel in [Kernel::SquaredExponential, Kernel::Matern] {
            let rows = Rows { x: &x, y: y.clone(), inputs: 2, kernel };
            let hyper = [0.2, 0.5, -0.1, -1.0];
            let (_, slopes) = rows.surprise(&hyper).unwrap();
            for k in 0..4 {
                let near = |by: f64| {
                    let mut hyper = hyper;
                    hyper[k] += by;
                    rows.surprise(&hyper).unwrap().0
                };
                let h = 1e-5;
                let difference = (near(h) - near(-h)) / (2.0 * h);
                assert!(
                    (difference - slopes[k]).abs() < 1e-6 * (1.0 + slopes[k].abs()),
                    "{kernel:?} {k}: {difference} {}",
                    slopes[k]
                );
            }
        }
    }

    #[test]
    fn kernels_have_the_derivatives_they_say() {
        for kernel in [Kernel::SquaredExponential, Kernel::Matern] {
            assert_eq!(kernel.at(0.0)[0], 1.0);
            for square in [0.1, 1.0, 7.0] {
                let h = 1e-6;
                let difference = (kernel.at(square + h)[0] - kernel.at(square - h)[0]) / (2.0 * h);
                assert!((difference - kernel.at(square)[1]).abs() < 1e-8);
            }
        }
    }
}

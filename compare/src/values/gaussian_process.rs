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

use std::f64::consts::PI;

use multiwell::internal::landscape::minima_with_faces;
use multiwell::internal::loss::training_set::TrainingSet;
use multiwell::internal::model::init;
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

/// A covariance as a function of distance, for a signal of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kernel {
    SquaredExponential,
    Matern,
}

impl Kernel {
    /// Covariance and its first two derivatives with respect to `r^2`.
    fn at(self, square: f64) -> [f64; 3] {
        match self {
            Self::SquaredExponential => {
                let value = (-0.5 * square).exp();
                [value, -0.5 * value, 0.25 * value]
            }
            Self::Matern => {
                let r = (5.0 * square).sqrt();
                let fall = (-r).exp();
                [(1.0 + r + r * r / 3.0) * fall, -5.0 / 6.0 * (1.0 + r) * fall, 25.0 / 12.0 * fall]
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

/// Distance of two points along an input, with the derivatives that covariances depend on.
#[derive(Clone, Copy, Debug)]
struct InputDistance {
    /// Distance; for a periodic input, the length of the chord.
    distance: f64,
    /// Half of the derivative of its square with respect to the first point.
    slope: f64,
    /// Minus half of the second derivative of its square with respect to both points.
    bend: f64,
}

impl InputDistance {
    fn along(is_periodic: bool, here: f64, there: f64) -> Self {
        let way = here - there;
        if !is_periodic {
            return Self { distance: way, slope: way, bend: 1.0 };
        }
        Self { distance: 2.0 * (0.5 * way).sin(), slope: way.sin(), bend: way.cos() }
    }

    /// Square of the distance in units of a length, given by its logarithm.
    fn in_lengths(self, length: f64) -> f64 {
        (self.distance * (-length).exp()).powi(2)
    }
}

/// For each input, whether it is periodic; empty if none is.
type Periodic = [bool];

fn is_periodic(periodic: &Periodic, input: usize) -> bool {
    periodic.get(input).is_some_and(|&is_periodic| is_periodic)
}

/// An observation of the function.
#[derive(Clone, Copy, Debug)]
struct KnownValue<'a> {
    x: &'a [f64],
    /// Input with respect to which the observation is a derivative; `None` for a value.
    by: Option<usize>,
}

impl KnownValue<'_> {
    /// Covariance with another observation, for a signal of one.
    fn with(self, other: KnownValue, kernel: Kernel, lengths: &[f64], periodic: &Periodic) -> f64 {
        let [value, first, second] = kernel.at(squared(self.x, other.x, lengths, periodic));
        let along = |k: usize| InputDistance::along(is_periodic(periodic, k), self.x[k], other.x[k]);
        // Half of the derivative of r^2 with respect to an input of the first observation.
        let apart = |k: usize| along(k).slope * (-2.0 * lengths[k]).exp();
        match (self.by, other.by) {
            (None, None) => value,
            (Some(k), None) => 2.0 * first * apart(k),
            (None, Some(k)) => -2.0 * first * apart(k),
            (Some(k), Some(l)) => {
                let same = if k == l { 2.0 * first * (-2.0 * lengths[k]).exp() * along(k).bend } else { 0.0 };
                -4.0 * second * apart(k) * apart(l) - same
            }
        }
    }
}

/// All observations, with the kernel. Its methods evaluate them for any hyperparameters: the logarithms of the lengths, of the signal and of the
/// noise.
struct KnownRows<'a> {
    known: Vec<KnownValue<'a>>,
    y: DVector<f64>,
    /// Variance of the noise of each observation, as a multiple of the common noise variance.
    noise: Vec<f64>,
    inputs: usize,
    periodic: &'a Periodic,
    kernel: Kernel,
}

/// Step of a finite difference in a hyperparameter.
const DIFFERENCE_STEP: f64 = 1e-4;

impl<'a> KnownRows<'a> {
    fn from_training_set(set: &'a TrainingSet, periodic: &'a Periodic, kernel: Kernel) -> Self {
        let (slopes, components) = (set.target.slopes(set.inputs), set.target.components(set.inputs));
        let factors = set.factors();
        let (mut known, mut y, mut noise) = (Vec::new(), Vec::new(), Vec::new());
        for (k, (factor, target)) in factors.into_iter().zip(&set.targets).enumerate().filter(|(_, (factor, _))| *factor > 0.0) {
            let (row, component) = (k / components, k % components);
            let x = &set.x[row * set.inputs..(row + 1) * set.inputs];
            known.push(KnownValue { x, by: (component < slopes).then_some(component) });
            y.push(*target);
            noise.push(1.0 / (factor * factor));
        }
        Self { known, y: DVector::from_vec(y), noise, inputs: set.inputs, periodic, kernel }
    }

    fn covariance(&self, hyper: &[f64]) -> DMatrix<f64> {
        let (count, inputs) = (self.known.len(), self.inputs);
        let signal = (2.0 * hyper[inputs]).exp();
        let noise = (2.0 * hyper[inputs + 1]).exp();
        let mut k = DMatrix::zeros(count, count);
        for a in 0..count {
            for b in 0..=a {
                let value = signal * self.known[a].with(self.known[b], self.kernel, hyper, self.periodic);
                k[(a, b)] = value;
                k[(b, a)] = value;
            }
            k[(a, a)] += noise * self.noise[a];
        }
        k
    }

    /// Minus the logarithm of the marginal likelihood, and its derivatives with respect to the hyperparameters.
    fn negative_log_likelihood(&self, hyper: &[f64]) -> Option<(f64, Vec<f64>)> {
        if self.known.iter().all(|known| known.by.is_none()) {
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
        let (count, inputs) = (self.known.len(), self.inputs);
        let (value, factor, alpha) = self.fitted(hyper)?;
        // Half of the trace of (K^-1 - alpha alpha^T) dK.
        let inverse = factor.inverse();
        let signal = (2.0 * hyper[inputs]).exp();
        let mut slopes = vec![0.0; inputs + 2];
        for a in 0..count {
            for b in 0..=a {
                let weight = if a == b { 0.5 } else { 1.0 } * (inverse[(a, b)] - alpha[a] * alpha[b]);
                let (here, there) = (self.known[a].x, self.known[b].x);
                let [value, by_square, _] = self.kernel.at(squared(here, there, hyper, self.periodic));
                for k in 0..inputs {
                    let square = InputDistance::along(is_periodic(self.periodic, k), here[k], there[k]).in_lengths(hyper[k]);
                    slopes[k] += weight * signal * by_square * (-2.0 * square);
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

fn squared(a: &[f64], b: &[f64], lengths: &[f64], periodic: &Periodic) -> f64 {
    let along =
        |(k, ((a, b), l)): (usize, ((&f64, &f64), &f64))| InputDistance::along(is_periodic(periodic, k), *a, *b).in_lengths(*l);
    a.iter().zip(b).zip(lengths).enumerate().map(along).sum()
}

/// A fitted Gaussian process.
#[derive(Debug)]
pub struct ComparedProcess {
    /// Points of all observations, `[numbers, inputs]`, with the input of each derivative.
    x: Vec<f64>,
    by: Vec<Option<usize>>,
    inputs: usize,
    periodic: Vec<bool>,
    kernel: Kernel,
    hyper: Vec<f64>,
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
    let mut best: Option<(f64, Vec<f64>, Kernel)> = None;
    for kernel in [Kernel::SquaredExponential, Kernel::Matern] {
        let (loss, hyper) = KnownRows::from_training_set(&choosing, &periodic, kernel).best(task)?;
        if best.as_ref().is_none_or(|(least, ..)| loss < *least) {
            best = Some((loss, hyper, kernel));
        }
    }
    let (_, mut hyper, kernel) = best.expect("two kernels were tried");
    let all = KnownRows::from_training_set(set, &periodic, kernel);
    // The covariance of all rows may need a slightly larger diagonal than that of the rows that determined the hyperparameters.
    let fitted = (0..20).find_map(|_| {
        let fitted = all.fitted(&hyper);
        if fitted.is_none() {
            hyper[set.inputs + 1] += 0.5;
        }
        fitted
    });
    let (.., alpha) = fitted.ok_or_else(|| NoFit::unsuitable("its covariance is singular"))?;
    let x = all.known.iter().flat_map(|known| known.x).copied().collect();
    let by = all.known.iter().map(|known| known.by).collect();
    Ok(ComparedProcess { x, by, inputs: set.inputs, periodic, kernel, hyper, alpha })
}

impl FittedSurface for ComparedProcess {
    fn evaluate(&self, x: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let inputs = self.inputs;
        let signal = (2.0 * self.hyper[inputs]).exp();
        let (mut values, mut slopes) = (Vec::with_capacity(x.len() / inputs), Vec::with_capacity(x.len()));
        for x in x.chunks_exact(inputs) {
            let (mut sum, mut slope) = (0.0, vec![0.0; inputs]);
            for ((there, &by), alpha) in self.x.chunks_exact(inputs).zip(&self.by).zip(&self.alpha) {
                let known = KnownValue { x: there, by };
                let with = |by: Option<usize>| alpha * KnownValue { x, by }.with(known, self.kernel, &self.hyper, &self.periodic);
                sum += with(None);
                slope.iter_mut().enumerate().for_each(|(k, slope)| *slope += with(Some(k)));
            }
            values.push(signal * sum);
            slopes.extend(slope.iter().map(|slope| signal * slope));
        }
        (values, slopes)
    }

    fn parameters(&self) -> usize {
        self.alpha.len() + self.hyper.len()
    }

    fn choice(&self) -> String {
        let periodic = if self.periodic.contains(&true) { ", periodic" } else { "" };
        format!("{}{periodic}", self.kernel.name())
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
        let each = [Kernel::SquaredExponential, Kernel::Matern]
            .map(|kernel| [&[][..], &[true, false]].map(|periodic| (kernel, periodic)));
        for (kernel, periodic) in each.into_iter().flatten() {
            let rows = KnownRows::from_training_set(&set, periodic, kernel);
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
                    "{kernel:?} {k}: {difference} {}",
                    slopes[k]
                );
            }
        }
    }

    #[test]
    fn covariances_of_derivatives_are_derivatives_of_covariances() {
        let (x, other, lengths) = ([0.3, -0.7], [1.1, 0.4], [0.2, -0.3]);
        let h = 1e-5;
        let moved = |x: [f64; 2], k: usize, by: f64| {
            let mut x = x;
            x[k] += by;
            x
        };
        let each = [Kernel::SquaredExponential, Kernel::Matern]
            .map(|kernel| [&[][..], &[true, false]].map(|periodic| (kernel, periodic)));
        for (kernel, periodic) in each.into_iter().flatten() {
            let between = |a: [f64; 2], by_a, b: [f64; 2], by_b| {
                KnownValue { x: &a, by: by_a }.with(KnownValue { x: &b, by: by_b }, kernel, &lengths, periodic)
            };
            for k in 0..2 {
                let ahead =
                    |by_b| (between(moved(x, k, h), None, other, by_b) - between(moved(x, k, -h), None, other, by_b)) / (2.0 * h);
                for by_b in [None, Some(0), Some(1)] {
                    assert!((ahead(by_b) - between(x, Some(k), other, by_b)).abs() < 1e-8, "{kernel:?} {k} {by_b:?}");
                }
                assert!((between(x, Some(k), other, None) - between(other, None, x, Some(k))).abs() < 1e-15);
            }
        }
    }

    #[test]
    fn derivatives_of_kernels_agree_with_differences() {
        for kernel in [Kernel::SquaredExponential, Kernel::Matern] {
            assert_eq!(kernel.at(0.0)[0], 1.0);
            for square in [0.1, 1.0, 7.0] {
                let h = 1e-6;
                for k in 0..2 {
                    let difference = (kernel.at(square + h)[k] - kernel.at(square - h)[k]) / (2.0 * h);
                    assert!((difference - kernel.at(square)[k + 1]).abs() < 1e-8);
                }
            }
        }
    }
}

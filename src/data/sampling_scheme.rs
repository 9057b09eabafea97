//! Sampling scheme of the samples of a density: equal weights, individual weights, or a smooth known bias.
//!
//! Samples with weights `w` were drawn from the density `q/w` up to a constant, where `q` is the sought density. `w` may be a
//! smooth function of the position: the exponential of a bias, or a density that weights evenly drawn samples. The likelihood of
//! the samples is then the likelihood of `q/w`, whose normalisation is the integral of `q/w`. Every sample counts in it, whereas
//! a few heavy samples dominate a weighted sum. `w` counts as smooth if a regression on the other samples predicts it for nine in
//! ten samples, and for the samples with nine tenths of the weight. Otherwise the likelihood is weighted.

use crate::numerics::bounds::Bounds;
use crate::numerics::local_regression::LocalRegression;
use crate::numerics::statistics::{extent, median, order, sorted};

/// Largest error of `log w` as a function of the position, for nine in ten samples. The potential has the same error in units of
/// kT.
const MAX_LOG_WEIGHT_ERROR: f64 = 0.1;

/// Largest number of different weights that are not those of a smooth bias, such as the weights of pooled sets of samples.
const MAX_WEIGHT_CLASSES: usize = 3;
/// Largest number of samples whose weights are compared with the weights of others.
const MAX_TESTED_SAMPLES: usize = 500;
/// Smallest significant correlation of weights with the order of samples, in standard errors: the 0.9995 quantile of a Gaussian.
const DRIFT_STANDARD_ERRORS: f64 = 3.3;

/// Smallest number of samples in the removal costs of correlated samples. A well with a tenth of the probability costs at least a
/// tenth of a unit of log-likelihood for each sample. With 30 samples it is worth its three parameters in one input.
const MIN_PRIOR_SAMPLES: f64 = 30.0;

/// Samples count as correlated if their effective number is below this fraction of the number of independent ones.
const UNCORRELATED_FRACTION: f64 = 0.99;

/// Effective number of independent samples with weights whose sum is one.
fn independent(weights: &[f64]) -> f64 {
    1.0 / weights.iter().map(|share| share * share).sum::<f64>()
}

/// Number of samples for the weight decay and the removal costs, from the effective number with and without correlation. A
/// trajectory with few visits to its wells determines their probabilities poorly, but shows that they exist. Its wells therefore
/// count as if `MIN_PRIOR_SAMPLES` independent samples showed them. Uncertainties use the effective number.
fn prior_samples(effective: f64, uncorrelated: f64) -> f64 {
    if effective < UNCORRELATED_FRACTION * uncorrelated { effective.max(uncorrelated.min(MIN_PRIOR_SAMPLES)) } else { effective }
}

/// Sampling scheme of some samples.
#[derive(Clone, Debug)]
pub struct SamplingScheme {
    /// Weight of each sample in the likelihood; the sum is one.
    pub likelihood_weights: Vec<f64>,
    /// Weights of the samples as samples of the sought density, with sum one, if they differ from those in the likelihood.
    weights: Option<Vec<f64>>,
    /// Effective number of samples in the likelihood.
    pub effective: f64,
    /// Number of samples for the weight decay and the removal costs: the effective one, and at least 30 of correlated samples.
    pub prior_samples: f64,
    /// Logarithm of the weights as a function of the position, with mean zero over the samples; present under a smooth bias.
    log_weight: Option<LocalRegression>,
    /// Range of the samples along each input; unlimited along an input with a period.
    pub range: Vec<[f64; 2]>,
}

impl SamplingScheme {
    /// Returns true if the samples count as fewer ones because neighbouring rows are correlated.
    pub fn is_correlated(&self) -> bool {
        self.effective < UNCORRELATED_FRACTION * independent(&self.likelihood_weights)
    }

    /// Finds the sampling scheme of samples `x` `[samples, inputs]`. The weights, if any, sum to one. `effective` has the
    /// effective number of samples with equal weights, and with these weights.
    pub fn new(bounds: &Bounds, x: &[f64], weights: Option<&[f64]>, effective: [f64; 2]) -> Self {
        let inputs = bounds.ends.len();
        let samples = x.len() / inputs;
        let equal = vec![1.0 / samples as f64; samples];
        let along = |input: usize| {
            let range = extent(x.iter().skip(input).step_by(inputs).copied());
            if bounds.is_periodic(input) { [f64::NEG_INFINITY, f64::INFINITY] } else { range }
        };
        let range = (0..inputs).map(along).collect();
        let Some(weights) = weights else {
            return Self {
                likelihood_weights: equal,
                weights: None,
                effective: effective[0],
                prior_samples: prior_samples(effective[0], samples as f64),
                log_weight: None,
                range,
            };
        };
        let logs: Vec<f64> = weights.iter().map(|weight| weight.ln()).collect();
        let mean = logs.iter().sum::<f64>() / samples as f64;
        let logs: Vec<f64> = logs.into_iter().map(|log| log - mean).collect();
        let is_smooth = mean.is_finite() && !has_few_values(weights);
        let log_weight = is_smooth.then(|| LocalRegression::new(bounds, x, &logs));
        let log_weight = log_weight.filter(|regression| {
            regression.error() < MAX_LOG_WEIGHT_ERROR && error_of_weight(regression, x, &logs, weights) < MAX_LOG_WEIGHT_ERROR
        });
        let weights = weights.to_vec();
        let (likelihood_weights, weights, effective) =
            if log_weight.is_some() { (equal, Some(weights), effective[0]) } else { (weights, None, effective[1]) };
        let prior_samples = prior_samples(effective, independent(&likelihood_weights));
        Self { likelihood_weights, weights, effective, prior_samples, log_weight, range }
    }

    /// Weights of the samples as samples of the sought density; the sum is one.
    pub fn weights(&self) -> &[f64] {
        self.weights.as_ref().unwrap_or(&self.likelihood_weights)
    }

    /// Returns true if the samples were drawn under a smooth bias.
    pub fn is_biased(&self) -> bool {
        self.log_weight.is_some()
    }

    /// Logarithm of `w` at positions, zero without a bias. Outside the range of the samples it is that of the nearest position inside,
    /// because a probability there that no sample shows must cost likelihood.
    pub fn log_weights(&self, x: &[f64]) -> Vec<f64> {
        let inputs = self.range.len();
        let Some(log_weight) = &self.log_weight else { return vec![0.0; x.len() / inputs] };
        let inside: Vec<f64> = x.iter().zip(self.range.iter().cycle()).map(|(x, [low, high])| x.clamp(*low, *high)).collect();
        log_weight.at(&inside)
    }

    /// `1/w` at positions: the ratio of the sampled density to the sought one.
    pub fn bias_factors(&self, x: &[f64]) -> Vec<f64> {
        self.log_weights(x).into_iter().map(|log| (-log).exp()).collect()
    }
}

/// Returns true if there are two to [`MAX_WEIGHT_CLASSES`] different weights.
fn has_few_values(weights: &[f64]) -> bool {
    let mut known = Vec::with_capacity(MAX_WEIGHT_CLASSES);
    for weight in weights {
        if !known.contains(weight) {
            if known.len() == MAX_WEIGHT_CLASSES {
                return false;
            }
            known.push(*weight);
        }
    }
    known.len() > 1
}

/// Largest difference between the logarithms of weights and their prediction from the other samples, for nine tenths of all
/// weight.
fn error_of_weight(regression: &LocalRegression, x: &[f64], logs: &[f64], weights: &[f64]) -> f64 {
    let inputs = x.len() / logs.len();
    // Samples at equal steps of the sum of weights.
    let (mut sum, mut errors) = (0.0, Vec::with_capacity(MAX_TESTED_SAMPLES));
    for (row, weight) in weights.iter().enumerate() {
        sum += weight;
        let steps = ((sum * MAX_TESTED_SAMPLES as f64) as usize).min(MAX_TESTED_SAMPLES).saturating_sub(errors.len());
        if steps > 0 {
            let error = (regression.without(row, &x[row * inputs..(row + 1) * inputs]) - logs[row]).abs();
            errors.extend(std::iter::repeat_n(error, steps));
        }
    }
    let errors = sorted(errors);
    errors.get(9 * errors.len() / 10).copied().unwrap_or(0.0)
}

/// Change of the logarithm of the weight at the same position from the first third of the samples to the last, in their order.
/// `None` if the change is within the error of a smooth function or within chance. A bias that grew during sampling is not a
/// function of the position.
pub fn drift(bounds: &Bounds, x: &[f64], weights: &[f64]) -> Option<f64> {
    let inputs = bounds.ends.len();
    let logs: Vec<f64> = weights.iter().map(|weight| weight.ln()).collect();
    if !logs.iter().all(|log| log.is_finite()) {
        return None;
    }
    let regression = LocalRegression::new(bounds, x, &logs);
    let every = logs.len().div_ceil(MAX_TESTED_SAMPLES).max(1);
    let residuals = |row: usize| logs[row] - regression.without(row, &x[row * inputs..(row + 1) * inputs]);
    let residuals: Vec<f64> = (0..logs.len()).step_by(every).map(residuals).collect();
    let count = residuals.len() as f64;
    let mut ranks = vec![0.0; residuals.len()];
    order(&residuals).into_iter().enumerate().for_each(|(rank, k)| ranks[k] = rank as f64);
    // Spearman's correlation of the rest with the row.
    let middle = 0.5 * (count - 1.0);
    let product: f64 = ranks.iter().enumerate().map(|(k, rank)| (k as f64 - middle) * (rank - middle)).sum();
    let correlation = 12.0 * product / (count * (count * count - 1.0));
    let third = residuals.len() / 3;
    let change = median(residuals[residuals.len() - third..].to_vec())? - median(residuals[..third].to_vec())?;
    (correlation.abs() * count.sqrt() > DRIFT_STANDARD_ERRORS && change.abs() > MAX_LOG_WEIGHT_ERROR).then_some(change)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smooth_bias_is_distinguished_from_weights_without_rule() {
        let samples = 500;
        let x: Vec<f64> = (0..samples).map(|k| (f64::from(k) * 0.618_034).fract()).collect();
        let ends = [[-0.5, 1.5]];
        let drawn = |weight: &dyn Fn(usize) -> f64| {
            let weights: Vec<f64> = (0..samples as usize).map(weight).collect();
            let total: f64 = weights.iter().sum();
            let weights: Vec<f64> = weights.iter().map(|weight| weight / total).collect();
            SamplingScheme::new(&(&ends).into(), &x, Some(&weights), [500.0, 50.0])
        };
        let biased = drawn(&|k| (8.0 * x[k] * x[k]).exp());
        assert!(biased.is_biased() && biased.effective == 500.0 && biased.likelihood_weights[0] == 1.0 / 500.0);
        let logs = biased.log_weights(&[0.2, 0.7, 1.2]);
        assert!((logs[1] - logs[0] - 8.0 * 0.45).abs() < 1e-2 && (logs[2] - logs[0] - 8.0 * 0.96).abs() < 0.1, "{logs:?}");
        assert_eq!(biased.bias_factors(&[-0.3]), biased.bias_factors(&[-0.1]), "the bias does not change below all samples");
        let ruleless = drawn(&|k| if k % 3 == 0 { 2.0 } else { 1.0 });
        assert!(!ruleless.is_biased() && ruleless.effective == 50.0 && ruleless.bias_factors(&[0.2, 1.2]) == [1.0, 1.0]);
        let of_one = drawn(&|k| if k == 77 { 300.0 } else { 1.0 });
        assert!(!of_one.is_biased() && of_one.effective == 50.0 && of_one.likelihood_weights[77] > 0.3);
        let with_zero = drawn(&|k| if k == 3 { 0.0 } else { 1.0 });
        assert!(!with_zero.is_biased());
    }

    #[test]
    fn growing_bias_is_detected() {
        let samples = 600;
        // The position wanders, so that rows of all times lie beside each other.
        let x: Vec<f64> = (0..samples).map(|k| (f64::from(k) * 0.037).sin()).collect();
        let ends = [[-1.5, 1.5]];
        let drift_under = |bias: &dyn Fn(usize) -> f64| {
            let weights: Vec<f64> = (0..samples as usize).map(|k| bias(k).exp()).collect();
            drift(&(&ends).into(), &x, &weights)
        };
        let grown = drift_under(&|k| 6.0 * (k as f64 / 600.0).sqrt() * (1.0 - 0.3 * x[k] * x[k]));
        assert!(grown.is_some_and(|grown| (1.0..5.0).contains(&grown)), "{grown:?}");
        assert_eq!(drift_under(&|k| 6.0 - 4.0 * x[k] * x[k]), None);
        // Weights in steps of a grid, and weights without a rule, do not change with time.
        assert_eq!(drift_under(&|k| (60.0 - 40.0 * x[k] * x[k]).round() / 10.0), None);
        assert_eq!(drift_under(&|k| if k * 7919 % 3 == 0 { 1.0 } else { 0.0 }), None);
    }

    #[test]
    fn few_visits_count_as_minimum_number_of_samples() {
        let counts = [(1.4, 4000.0), (47.0, 4000.0), (12.0, 12.0), (3.0, 12.0)].map(|(a, b)| prior_samples(a, b));
        assert_eq!(counts, [30.0, 47.0, 12.0, 12.0]);
    }
}

//! How samples of a density were drawn: alike, with weights of their own, or under a bias that can be followed.
//!
//! Samples with weights `w` were drawn from another density than the one sought: `q/w`, up to a constant. If `w` is a smooth function of the place
//! (the exponential of a bias, or of a density that samples drawn evenly are weighted by), then the likelihood of the samples as they were drawn is
//! known: that of `q/w`, whose normalisation is the integral of `q/w`. Every sample counts there, where a sum with weights is ruled by the few heaviest
//! ones. A function is smooth if it follows from its values at other samples, for nine in ten of the samples and for those that have nine tenths of the
//! weight. Otherwise the likelihood is weighted.

use crate::numerics::bounds::Bounds;
use crate::numerics::local_regression::LocalRegression;
use crate::numerics::statistics::{median, order};

/// The largest error of `log w` as a function of the place, of nine in ten: what it errs by, the potential does in units of kT.
const SMOOTH: f64 = 0.1;

/// Most samples at which weights are compared with those of others.
const TESTED: usize = 500;
/// The correlation of weights with the order of samples that is more than chance, in standard errors: the 0.9995 quantile of a Gaussian.
const CHANCE: f64 = 3.3;

/// The least number of samples by which the modes of correlated ones are judged: a well of a tenth of the probability, which costs at least a tenth of a
/// unit of log-likelihood for each sample, is then worth the three parameters that it takes in one input.
const FEWEST_JUDGED: f64 = 30.0;

/// The number of samples that a fit is smoothed and its modes are judged by, from their effective number and from what it is without correlation. A
/// trajectory of few visits to its wells says little of their probabilities, but shows that they exist. So what it has shown is described as if by
/// `FEWEST_JUDGED` samples, and what follows from it is as uncertain as by the effective number.
pub fn judged(effective: f64, uncorrelated: f64) -> f64 {
    if effective < 0.99 * uncorrelated { effective.max(uncorrelated.min(FEWEST_JUDGED)) } else { effective }
}

/// How samples were drawn.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// The part of each sample in the likelihood; they sum to one.
    pub shares: Vec<f64>,
    /// The weights of the samples by which they stand for the density, which sum to one, where these are not their shares.
    weights: Option<Vec<f64>>,
    /// The effective number of samples in the likelihood.
    pub effective: f64,
    /// The number of samples that a fit is smoothed and its modes are judged by, see [`judged`].
    pub judged: f64,
    /// The logarithm of the weights as a function of the place, zero in the mean over the samples, if they are drawn under a bias.
    log_weight: Option<LocalRegression>,
    /// The range of the samples along each input without a period.
    range: Vec<[f64; 2]>,
}

impl Drawn {
    /// Samples `x` `[samples, inputs]`, whose weights sum to one if they have any. The effective numbers are those of samples of equal weights, and
    /// of these weights.
    pub fn new(bounds: &Bounds, x: &[f64], weights: Option<&[f64]>, effective: [f64; 2]) -> Self {
        let inputs = bounds.ends.len();
        let samples = x.len() / inputs;
        let equal = vec![1.0 / samples as f64; samples];
        let along = |input: usize| {
            let values = x.iter().skip(input).step_by(inputs);
            let range = values.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], &x| [low.min(x), high.max(x)]);
            if bounds.is_periodic(input) { [f64::NEG_INFINITY, f64::INFINITY] } else { range }
        };
        let range = (0..inputs).map(along).collect();
        let Some(weights) = weights else {
            return Self {
                shares: equal,
                weights: None,
                effective: effective[0],
                judged: judged(effective[0], samples as f64),
                log_weight: None,
                range,
            };
        };
        let logs: Vec<f64> = weights.iter().map(|weight| weight.ln()).collect();
        let mean = logs.iter().sum::<f64>() / samples as f64;
        let logs: Vec<f64> = logs.into_iter().map(|log| log - mean).collect();
        let log_weight = mean.is_finite().then(|| LocalRegression::new(bounds, x, &logs));
        let log_weight = log_weight.filter(|known| known.error() < SMOOTH && error_of_weight(known, x, &logs, weights) < SMOOTH);
        let weights = weights.to_vec();
        let (shares, weights, effective) =
            if log_weight.is_some() { (equal, Some(weights), effective[0]) } else { (weights, None, effective[1]) };
        let judged = judged(effective, 1.0 / shares.iter().map(|share| share * share).sum::<f64>());
        Self { shares, weights, effective, judged, log_weight, range }
    }

    /// The weights of the samples by which they stand for the density; they sum to one.
    pub fn weights(&self) -> &[f64] {
        self.weights.as_ref().unwrap_or(&self.shares)
    }

    /// Whether the samples were drawn under a bias that can be followed.
    pub fn is_biased(&self) -> bool {
        self.log_weight.is_some()
    }

    /// The logarithm of `w` at places, zero without a bias; infinite beyond the samples, where none could have been drawn.
    pub fn log_weights(&self, x: &[f64]) -> Vec<f64> {
        let inputs = self.range.len();
        let Some(log_weight) = &self.log_weight else { return vec![0.0; x.len() / inputs] };
        let is_outside = |x: &[f64]| x.iter().zip(&self.range).any(|(x, [low, high])| x < low || high < x);
        let mut logs = log_weight.at(x);
        for (log, x) in logs.iter_mut().zip(x.chunks_exact(inputs)) {
            if is_outside(x) {
                *log = f64::INFINITY;
            }
        }
        logs
    }

    /// `1/w` at places: by what factor the density sought is to be multiplied to have the one that samples were drawn from.
    pub fn tilts(&self, x: &[f64]) -> Vec<f64> {
        self.log_weights(x).into_iter().map(|log| (-log).exp()).collect()
    }
}

/// Largest difference of the logarithms of weights from those that follow from the other samples, for nine tenths of all weight.
fn error_of_weight(known: &LocalRegression, x: &[f64], logs: &[f64], weights: &[f64]) -> f64 {
    let inputs = x.len() / logs.len();
    // Samples at equal steps of the sum of weights.
    let (mut sum, mut errors) = (0.0, Vec::with_capacity(TESTED));
    for (row, weight) in weights.iter().enumerate() {
        sum += weight;
        let steps = ((sum * TESTED as f64) as usize).min(TESTED).saturating_sub(errors.len());
        if steps > 0 {
            let error = (known.without(row, &x[row * inputs..(row + 1) * inputs]) - logs[row]).abs();
            errors.extend(std::iter::repeat_n(error, steps));
        }
    }
    errors.sort_unstable_by(f64::total_cmp);
    errors.get(9 * errors.len() / 10).copied().unwrap_or(0.0)
}

/// By how much the logarithm of the weight at the same place changes from the first third of the samples to the last, in their order, if by more than a
/// smooth function may err and than chance explains: a bias that grew while samples were drawn is no function of the place.
pub fn drift(bounds: &Bounds, x: &[f64], weights: &[f64]) -> Option<f64> {
    let inputs = bounds.ends.len();
    let logs: Vec<f64> = weights.iter().map(|weight| weight.ln()).collect();
    if !logs.iter().all(|log| log.is_finite()) {
        return None;
    }
    let known = LocalRegression::new(bounds, x, &logs);
    let every = logs.len().div_ceil(TESTED).max(1);
    let rest = |row: usize| logs[row] - known.without(row, &x[row * inputs..(row + 1) * inputs]);
    let rest: Vec<f64> = (0..logs.len()).step_by(every).map(rest).collect();
    let count = rest.len() as f64;
    let mut ranks = vec![0.0; rest.len()];
    order(&rest).into_iter().enumerate().for_each(|(rank, k)| ranks[k] = rank as f64);
    // Spearman's correlation of the rest with the row.
    let middle = 0.5 * (count - 1.0);
    let product: f64 = ranks.iter().enumerate().map(|(k, rank)| (k as f64 - middle) * (rank - middle)).sum();
    let correlation = 12.0 * product / (count * (count * count - 1.0));
    let third = rest.len() / 3;
    let change = median(rest[rest.len() - third..].to_vec())? - median(rest[..third].to_vec())?;
    (correlation.abs() * count.sqrt() > CHANCE && change.abs() > SMOOTH).then_some(change)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bias_is_told_from_weights_that_follow_no_rule() {
        let samples = 500;
        let x: Vec<f64> = (0..samples).map(|k| (f64::from(k) * 0.618_034).fract()).collect();
        let ends = [[-0.5, 1.5]];
        let drawn = |weight: &dyn Fn(usize) -> f64| {
            let weights: Vec<f64> = (0..samples as usize).map(weight).collect();
            let total: f64 = weights.iter().sum();
            let weights: Vec<f64> = weights.iter().map(|weight| weight / total).collect();
            Drawn::new(&(&ends).into(), &x, Some(&weights), [500.0, 50.0])
        };
        let biased = drawn(&|k| (8.0 * x[k] * x[k]).exp());
        assert!(biased.is_biased() && biased.effective == 500.0 && biased.shares[0] == 1.0 / 500.0);
        let logs = biased.log_weights(&[0.2, 0.7, 1.2]);
        assert!((logs[1] - logs[0] - 8.0 * 0.45).abs() < 1e-2 && logs[2] == f64::INFINITY, "{logs:?}");
        assert_eq!(biased.tilts(&[-0.3]), [0.0]);
        let ruleless = drawn(&|k| if k % 3 == 0 { 2.0 } else { 1.0 });
        assert!(!ruleless.is_biased() && ruleless.effective == 50.0 && ruleless.tilts(&[0.2, 1.2]) == [1.0, 1.0]);
        let of_one = drawn(&|k| if k == 77 { 300.0 } else { 1.0 });
        assert!(!of_one.is_biased() && of_one.effective == 50.0 && of_one.shares[77] > 0.3);
        let with_zero = drawn(&|k| if k == 3 { 0.0 } else { 1.0 });
        assert!(!with_zero.is_biased());
    }

    #[test]
    fn finds_a_bias_that_grows_with_time() {
        let samples = 600;
        // The place wanders, so that rows of all times lie beside each other.
        let x: Vec<f64> = (0..samples).map(|k| (f64::from(k) * 0.037).sin()).collect();
        let ends = [[-1.5, 1.5]];
        let of = |bias: &dyn Fn(usize) -> f64| {
            let weights: Vec<f64> = (0..samples as usize).map(|k| bias(k).exp()).collect();
            drift(&(&ends).into(), &x, &weights)
        };
        let grown = of(&|k| 6.0 * (k as f64 / 600.0).sqrt() * (1.0 - 0.3 * x[k] * x[k]));
        assert!(grown.is_some_and(|grown| (1.0..5.0).contains(&grown)), "{grown:?}");
        assert_eq!(of(&|k| 6.0 - 4.0 * x[k] * x[k]), None);
        // Steps of a grid, and weights that follow no rule, do not change with time.
        assert_eq!(of(&|k| (60.0 - 40.0 * x[k] * x[k]).round() / 10.0), None);
        assert_eq!(of(&|k| if k * 7919 % 3 == 0 { 1.0 } else { 0.0 }), None);
    }

    #[test]
    fn describes_what_few_visits_have_shown() {
        assert_eq!([judged(1.4, 4000.0), judged(47.0, 4000.0), judged(12.0, 12.0), judged(3.0, 12.0)], [30.0, 47.0, 12.0, 12.0]);
    }
}

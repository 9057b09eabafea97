//! Difference between the samples of a density and a fit of it: the error of the model itself, which more samples do not reduce.
//!
//! Samples and fit are smoothed by the same kernel, so that the width of the kernel biases neither. The logarithm of their ratio is
//! compared with its standard error. A difference that is significant at 95 % widens the intervals of quantities that depend on the density
//! there by the difference itself.

/// The 95 % quantile of the absolute value of a standard normal number.
const NORMAL_QUANTILE: f64 = 1.96;

/// Samples and a fit of their density, for comparison.
#[derive(Clone, Debug)]
pub struct Misfit<'a> {
    /// Points of samples `[samples, inputs]`, and the weight of each as a fraction of their sum.
    pub samples: [&'a [f64]; 2],
    /// Centres of cells `[cells, inputs]` and their probabilities in the fit.
    pub cells: [&'a [f64]; 2],
    /// Width of the kernel along each input.
    pub widths: Vec<f64>,
    /// Period of each input, if it is periodic.
    pub periods: Vec<Option<f64>>,
    /// Effective number of independent samples of equal weight.
    pub effective: f64,
}

/// Logarithm of a ratio and its slope along each input, both with standard errors.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ratio {
    /// Logarithm of the ratio of the samples' density to that of the fit, and its standard error.
    pub log: [f64; 2],
    /// Derivative of the logarithm with respect to each input, and its standard error.
    pub slopes: Vec<[f64; 2]>,
}

impl Misfit<'_> {
    /// Returns the sum of the weights under the kernel at a point and the sum of their squares. Also returns for each input the mean
    /// distance and the mean squared distance in units of the width.
    fn sums(&self, [places, weights]: [&[f64]; 2], x: &[f64]) -> ([f64; 2], Vec<[f64; 2]>) {
        let inputs = x.len();
        let (mut sums, mut moments) = ([0.0; 2], vec![[0.0; 2]; inputs]);
        let mut way = vec![0.0; inputs];
        for (place, weight) in places.chunks_exact(inputs).zip(weights) {
            let mut square = 0.0;
            for k in 0..inputs {
                let along = place[k] - x[k];
                let nearest = self.periods[k].map_or(along, |period| along - period * (along / period).round());
                way[k] = nearest / self.widths[k];
                square += way[k] * way[k];
            }
            if square < 50.0 {
                let part = weight * (-0.5 * square).exp();
                sums = [sums[0] + part, sums[1] + part * part];
                moments
                    .iter_mut()
                    .zip(&way)
                    .for_each(|(moment, way)| *moment = [moment[0] + part * way, moment[1] + part * way * way]);
            }
        }
        let total = sums[0].max(f64::MIN_POSITIVE);
        (sums, moments.into_iter().map(|moment| moment.map(|moment| moment / total)).collect())
    }

    /// Ratio at a point; `None` if there are no samples near it.
    pub fn at(&self, x: &[f64]) -> Option<Ratio> {
        let ([of_samples, squares], moments) = self.sums(self.samples, x);
        let ([of_cells, _], fitted) = self.sums(self.cells, x);
        if of_samples <= 0.0 || of_cells <= 0.0 {
            return None;
        }
        let kish = 1.0 / self.samples[1].iter().map(|share| share * share).sum::<f64>();
        let inefficiency = (kish / self.effective).max(1.0);
        let error = (inefficiency * squares).sqrt() / of_samples;
        let slope = |(k, (sample, fit)): (usize, (&[f64; 2], &[f64; 2]))| {
            let spread = (sample[1] - sample[0] * sample[0]).max(0.0).sqrt();
            [(sample[0] - fit[0]) / self.widths[k], spread * error / self.widths[k]]
        };
        let slopes = moments.iter().zip(&fitted).enumerate().map(slope).collect();
        Some(Ratio { log: [(of_samples / of_cells).ln(), error], slopes })
    }
}

/// Widening of an interval for a difference with this standard error. It equals the difference if that is significant at 95 %, or else
/// zero.
pub fn widening([difference, error]: [f64; 2]) -> f64 {
    if difference.abs() > NORMAL_QUANTILE * error { difference.abs() } else { 0.0 }
}

/// Difference of two numbers with standard errors.
pub fn between(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    [a[0] - b[0], a[1].hypot(b[1])]
}

/// Interval widened by `by` on both sides.
pub fn wider([low, high]: [f64; 2], by: f64) -> [f64; 2] {
    [low - by, high + by]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_density_is_detected_with_many_samples() {
        // Two thirds of the samples lie where the fit has half of its probability.
        let count = 30_000;
        let x: Vec<f64> = (0..count).map(|k| if k % 3 == 0 { 1.0 } else { 0.0 } + (f64::from(k) * 0.618_034).fract()).collect();
        let cells: Vec<f64> = (0..400).map(|k| (f64::from(k) + 0.5) / 200.0).collect();
        let of = |samples: usize| {
            let shares = vec![1.0 / samples as f64; samples];
            let probabilities = vec![1.0 / 400.0; 400];
            let misfit = Misfit {
                samples: [&x[..samples], &shares],
                cells: [&cells, &probabilities],
                widths: vec![0.1],
                periods: vec![None],
                effective: samples as f64,
            };
            [0.5, 1.5].map(|x| misfit.at(&[x]).unwrap())
        };
        let [left, right] = of(30_000);
        assert!((left.log[0] - (4.0_f64 / 3.0).ln()).abs() < 0.01 && left.log[1] < 0.02, "{left:?}");
        let barrier = widening(between(left.log, right.log));
        assert!((barrier - 2.0_f64.ln()).abs() < 0.02, "{barrier}");
        assert_eq!(widening(left.slopes[0]), 0.0);
        // A few samples give no significant difference.
        let [left, _] = of(30);
        assert_eq!(widening(left.log), 0.0, "{left:?}");
        assert_eq!(wider([1.0, 2.0], 0.5), [0.5, 2.5]);
    }
}

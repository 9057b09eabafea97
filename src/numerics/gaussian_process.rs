//! Gaussian-process regression of noisy values: a smooth estimate of a function with its covariance, independent of any network.
//!
//! The model of a value at `x_i` with weight `w_i` is `y_i = beta + f(x_i) + e_i`. The covariance of `f` is `s v k(x, x')` with the squared exponential
//! `k = exp(-|d|^2 / 2)` or the Matérn function of smoothness 5/2, where `d` has one length for each input; the variance of the noise `e_i` is `v / w_i`.
//! For a periodic input the distance is the chord of the circle. The function, the lengths and the ratio `s` maximise the restricted likelihood, in
//! which `beta` and `v` are integrated out or profiled.
//!
//! C. E. Rasmussen and C. K. I. Williams, *Gaussian Processes for Machine Learning* (2006), sections 2.2, 2.7 and 5.4.

use std::f64::consts::PI;

use multiwell_engine::linear::{dot, factorise, substitute};

use super::bounds::Bounds;
use super::statistics::sort_by;

/// Largest number of cells in which the rows of one input are averaged.
const MAX_CELLS: usize = 128;
/// Largest number of rows of several inputs; of more, equally distant ones in their order stand for all.
const MAX_ROWS: usize = 800;
/// Largest number of rows by which lengths and ratio are chosen.
const MAX_ROWS_OF_SEARCH: usize = 200;
/// Smallest length in mean distances of neighbouring rows. A shorter one would make signal and noise alike.
const MIN_LENGTH: f64 = 1.5;
/// Candidate lengths, as fractions of the width of the domain.
const LENGTHS: [f64; 12] = [0.012, 0.02, 0.03, 0.045, 0.07, 0.1, 0.15, 0.22, 0.33, 0.5, 0.8, 1.3];
/// Range of the natural logarithm of the ratio of signal and noise, and the number of steps of a search for it.
const LOG_RATIOS: [f64; 2] = [-7.0, 18.0];
const RATIO_STEPS: usize = 9;
/// Relative change of a length in the search for one length for each input, and the number of rounds.
const LENGTH_FACTOR: f64 = 1.6;
const LENGTH_ROUNDS: usize = 2;

/// Values with weights at places; weights are inverse variances up to a factor.
#[derive(Clone, Debug)]
struct Rows {
    /// Places `[rows, inputs]` in units of the width of the domain.
    x: Vec<f64>,
    y: Vec<f64>,
    weights: Vec<f64>,
    /// Weighted sum of squares within the averages that the rows stand for, and the number of values averaged.
    within: f64,
    count: usize,
}

/// The covariance function: its form, lengths for each input and the ratio of signal and noise.
#[derive(Clone, Debug)]
struct Scales {
    is_rough: bool,
    lengths: Vec<f64>,
    log_ratio: f64,
}

/// The posterior of a function, given noisy values.
#[derive(Clone, Debug)]
pub struct GaussianProcess {
    origin: Vec<f64>,
    widths: Vec<f64>,
    periodic: Vec<bool>,
    rows: Rows,
    scales: Scales,
    /// Cholesky factor of the covariance of the rows, in units of the variance of the noise.
    factor: Vec<f64>,
    /// Covariance solved for the constant function, and for the residuals.
    ones: Vec<f64>,
    residuals: Vec<f64>,
    constant: f64,
    noise_variance: f64,
}

/// Mean of the posterior at some places with its covariance.
#[derive(Clone, Debug)]
pub struct Posterior {
    /// Mean at each place.
    pub mean: Vec<f64>,
    covariance: Vec<f64>,
}

impl Posterior {
    /// Standard deviation of the difference of the values at two places.
    pub fn deviation(&self, a: usize, b: usize) -> f64 {
        let n = self.mean.len();
        let [aa, bb, ab] = [(a, a), (b, b), (a, b)].map(|(i, j)| self.covariance[i * n + j]);
        (aa + bb - 2.0 * ab).max(0.0).sqrt()
    }

    /// Variance at a place.
    pub fn variance(&self, place: usize) -> f64 {
        self.covariance[place * (self.mean.len() + 1)].max(0.0)
    }
}

impl GaussianProcess {
    /// The posterior given values `y` at places `x` `[rows, inputs]` with weights inside a box.
    ///
    /// `None` for fewer than four values, or if the values do not vary.
    pub fn new(bounds: Bounds, x: &[f64], y: &[f64], weights: Option<&[f64]>) -> Option<Self> {
        let inputs = bounds.ends.len();
        let origin: Vec<f64> = bounds.ends.iter().map(|ends| ends[0]).collect();
        let widths: Vec<f64> = bounds.ends.iter().map(|[low, high]| high - low).collect();
        let periodic: Vec<bool> = (0..inputs).map(|input| bounds.is_periodic(input)).collect();
        if y.len() < 4 || widths.iter().any(|width| width.is_nan() || *width <= 0.0) || y.iter().all(|value| *value == y[0]) {
            return None;
        }
        let scaled: Vec<f64> = x.iter().enumerate().map(|(k, x)| (x - origin[k % inputs]) / widths[k % inputs]).collect();
        let weights = weights.map_or_else(|| vec![1.0; y.len()], <[f64]>::to_vec);
        let rows = Rows { x: scaled, y: y.to_vec(), weights, within: 0.0, count: y.len() };
        let rows = if inputs == 1 { rows.in_cells() } else { rows.thinned(MAX_ROWS, inputs) };
        let scales = chosen(&rows.thinned(MAX_ROWS_OF_SEARCH, inputs), &periodic)?;
        let solved = rows.solve(&scales, &periodic)?;
        let Solved { factor, ones, residuals, constant, noise_variance, .. } = solved;
        Some(Self { origin, widths, periodic, rows, scales, factor, ones, residuals, constant, noise_variance })
    }

    /// Variance of the noise of a value of weight one.
    pub fn noise_variance(&self) -> f64 {
        self.noise_variance
    }

    /// The posterior at places `[places, inputs]` in the units of the data.
    pub fn at(&self, x: &[f64]) -> Posterior {
        let inputs = self.widths.len();
        let scaled: Vec<f64> =
            x.iter().enumerate().map(|(k, x)| (x - self.origin[k % inputs]) / self.widths[k % inputs]).collect();
        let ratio = self.scales.log_ratio.exp();
        let kernel = |a: &[f64], b: &[f64]| ratio * kernel(a, b, &self.scales, &self.periodic);
        let places: Vec<&[f64]> = scaled.chunks_exact(inputs).collect();
        let crossed: Vec<Vec<f64>> =
            places.iter().map(|place| self.rows.places(inputs).map(|row| kernel(place, row)).collect()).collect();
        let solved: Vec<Vec<f64>> = crossed
            .iter()
            .map(|row| {
                let mut row = row.clone();
                substitute(&self.factor, &mut row);
                row
            })
            .collect();
        let mean = crossed.iter().map(|row| self.constant + dot(row, &self.residuals)).collect();
        let spread = 1.0 / self.ones.iter().sum::<f64>();
        let left: Vec<f64> = crossed.iter().map(|row| 1.0 - dot(row, &self.ones)).collect();
        let entry = |i: usize, j: usize| kernel(places[i], places[j]) - dot(&crossed[i], &solved[j]) + spread * left[i] * left[j];
        let n = places.len();
        let covariance = (0..n * n).map(|k| self.noise_variance * entry(k / n, k % n)).collect();
        Posterior { mean, covariance }
    }
}

/// Quantities of rows under some scales that the likelihood and the posterior need.
struct Solved {
    factor: Vec<f64>,
    ones: Vec<f64>,
    residuals: Vec<f64>,
    constant: f64,
    noise_variance: f64,
    log_likelihood: f64,
}

impl Rows {
    fn places(&self, inputs: usize) -> impl Iterator<Item = &[f64]> {
        self.x.chunks_exact(inputs)
    }

    /// Rows of one input, averaged in cells of equal width if they are many.
    fn in_cells(self) -> Self {
        if self.y.len() <= MAX_CELLS {
            return self;
        }
        let cell = |x: f64| ((x * MAX_CELLS as f64).max(0.0) as usize).min(MAX_CELLS - 1);
        let mut sums = vec![[0.0; 4]; MAX_CELLS];
        for ((&x, &y), &w) in self.x.iter().zip(&self.y).zip(&self.weights) {
            let sum = &mut sums[cell(x)];
            *sum = [sum[0] + w, sum[1] + w * x, sum[2] + w * y, sum[3] + w * y * y];
        }
        sums.retain(|sum| sum[0] > 0.0);
        let mean = |k: usize| sums.iter().map(|sum| sum[k] / sum[0]).collect::<Vec<f64>>();
        let within = sums.iter().map(|sum| (sum[3] - sum[2] * sum[2] / sum[0]).max(0.0)).sum();
        Self { x: mean(1), y: mean(2), weights: sums.iter().map(|sum| sum[0]).collect(), within, count: self.count }
    }

    /// At most `max` of the rows, at equal distances in their order.
    fn thinned(&self, max: usize, inputs: usize) -> Self {
        let every = self.y.len().div_ceil(max).max(1);
        if every == 1 {
            return self.clone();
        }
        let some = |values: &[f64]| values.iter().step_by(every).copied().collect::<Vec<f64>>();
        let x = self.places(inputs).step_by(every).flatten().copied().collect();
        let y = some(&self.y);
        Self { x, weights: some(&self.weights), within: 0.0, count: y.len(), y }
    }

    /// Solves for the constant, the variance of the noise and the restricted likelihood. `None` if the covariance is singular.
    fn solve(&self, scales: &Scales, periodic: &[bool]) -> Option<Solved> {
        let (n, inputs) = (self.y.len(), periodic.len());
        let ratio = scales.log_ratio.exp();
        let places: Vec<&[f64]> = self.places(inputs).collect();
        let mut factor = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..=i {
                factor[i * n + j] = ratio * kernel(places[i], places[j], scales, periodic);
            }
            factor[i * n + i] += 1.0 / self.weights[i];
        }
        factorise(&mut factor, n)?;
        let solve = |mut b: Vec<f64>| {
            substitute(&factor, &mut b);
            b
        };
        let ones = solve(vec![1.0; n]);
        let total: f64 = ones.iter().sum();
        let constant = dot(&ones, &self.y) / total;
        let left: Vec<f64> = self.y.iter().map(|y| y - constant).collect();
        let residuals = solve(left.clone());
        let freedom = self.count as f64 - 1.0;
        let noise_variance = (dot(&left, &residuals) + self.within) / freedom;
        let log_det: f64 = (0..n).map(|k| 2.0 * factor[k * n + k].ln()).sum();
        let log_likelihood = -0.5 * (freedom * noise_variance.ln() + log_det + total.ln());
        let is_sound = noise_variance > 0.0 && log_likelihood.is_finite();
        is_sound.then_some(Solved { factor, ones, residuals, constant, noise_variance, log_likelihood })
    }
}

fn kernel(a: &[f64], b: &[f64], scales: &Scales, periodic: &[bool]) -> f64 {
    let square = |k: usize| {
        let apart = a[k] - b[k];
        let apart = if periodic[k] { (PI * apart).sin() / PI } else { apart };
        (apart / scales.lengths[k]).powi(2)
    };
    let square: f64 = (0..a.len()).map(square).sum();
    if !scales.is_rough {
        return (-0.5 * square).exp();
    }
    let r = (5.0 * square).sqrt();
    (1.0 + r + r * r / 3.0) * (-r).exp()
}

/// The scales of the largest restricted likelihood.
fn chosen(rows: &Rows, periodic: &[bool]) -> Option<Scales> {
    let both = [false, true].into_iter().filter_map(|is_rough| chosen_of(rows, periodic, is_rough));
    both.max_by(|a, b| a.0.total_cmp(&b.0)).map(|found| found.1)
}

/// The scales of the largest restricted likelihood of one form, with its logarithm: first with one length for all inputs, then with one for each.
fn chosen_of(rows: &Rows, periodic: &[bool], is_rough: bool) -> Option<(f64, Scales)> {
    let inputs = periodic.len();
    let likelihood = |lengths: &[f64], log_ratio: f64| {
        let scales = Scales { is_rough, lengths: lengths.to_vec(), log_ratio };
        rows.solve(&scales, periodic).map_or(f64::NEG_INFINITY, |solved| solved.log_likelihood)
    };
    // Of one length the likelihood has one maximum by the ratio as a rule: a golden-section search finds it.
    let best_ratio = |lengths: &[f64], [mut low, mut high]: [f64; 2]| {
        let golden = 0.5 * (5_f64.sqrt() - 1.0);
        let inner = |low: f64, high: f64| [high - golden * (high - low), low + golden * (high - low)];
        let mut at = inner(low, high);
        let mut found = at.map(|ratio| likelihood(lengths, ratio));
        for _ in 0..RATIO_STEPS {
            if found[0] > found[1] {
                high = at[1];
                let next = inner(low, high)[0];
                (at, found) = ([next, at[0]], [likelihood(lengths, next), found[0]]);
            } else {
                low = at[0];
                let next = inner(low, high)[1];
                (at, found) = ([at[1], next], [found[1], likelihood(lengths, next)]);
            }
        }
        let k = usize::from(found[1] > found[0]);
        (found[k], at[k])
    };
    let shortest = MIN_LENGTH * (rows.count as f64).powf(-1.0 / inputs as f64);
    let mut all: Vec<(f64, f64, Vec<f64>)> = LENGTHS
        .iter()
        .filter(|length| **length > shortest)
        .chain([&shortest])
        .map(|&length| {
            let lengths = vec![length; inputs];
            let (found, ratio) = best_ratio(&lengths, LOG_RATIOS);
            (found, ratio, lengths)
        })
        .collect();
    sort_by(&mut all, |candidate| -candidate.0);
    let (mut best, mut log_ratio, mut lengths) = all.into_iter().next().filter(|candidate| candidate.0.is_finite())?;
    let rounds = if inputs > 1 { LENGTH_ROUNDS } else { 0 };
    for round in 0..rounds {
        for input in 0..inputs {
            for factor in [LENGTH_FACTOR, 1.0 / LENGTH_FACTOR] {
                let factor = factor.powf(1.0 / (1.0 + round as f64));
                let mut other = lengths.clone();
                other[input] = (factor * other[input]).max(shortest);
                let (found, ratio) = best_ratio(&other, [log_ratio - 2.0, log_ratio + 2.0]);
                if found > best {
                    (best, log_ratio, lengths) = (found, ratio, other);
                }
            }
        }
    }
    Some((best, Scales { is_rough, lengths, log_ratio }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of mean zero and variance one that look random.
    fn noise(count: usize) -> Vec<f64> {
        let mut state = 7_u64;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
        };
        (0..count).map(|_| (0..12).map(|_| uniform()).sum()).collect()
    }

    #[test]
    fn posterior_covers_the_function_and_finds_the_noise() {
        for (count, sigma) in [(60, 0.3), (900, 0.3)] {
            let x: Vec<f64> = (0..count).map(|k| 4.0 * (k as f64 + 0.5) / count as f64 - 2.0).collect();
            let truth = |x: f64| (x * x - 1.0) * (x * x - 1.0);
            let y: Vec<f64> = x.iter().zip(noise(count)).map(|(&x, e)| truth(x) + sigma * e).collect();
            let found = GaussianProcess::new((&[[-2.0, 2.0]]).into(), &x, &y, None).unwrap();
            assert!((found.noise_variance().sqrt() / sigma - 1.0).abs() < 0.25, "{}", found.noise_variance());
            let posterior = found.at(&[-1.0, 0.0, 1.0]);
            for (k, x) in [-1.0, 0.0, 1.0].into_iter().enumerate() {
                let off = (posterior.mean[k] - truth(x)) / posterior.variance(k).sqrt();
                assert!(off.abs() < 3.5, "{count} {x}: {off}");
            }
            assert!((posterior.mean[1] - posterior.mean[0]) / posterior.deviation(0, 1) > 4.0);
        }
    }

    #[test]
    fn pure_noise_has_no_significant_contrast() {
        let x: Vec<f64> = (0..80).map(f64::from).collect();
        let found = GaussianProcess::new((&[[0.0, 79.0]]).into(), &x, &noise(80), None).unwrap();
        let places: Vec<f64> = (0..40).map(|k| 2.0 * f64::from(k)).collect();
        let posterior = found.at(&places);
        for a in 0..40 {
            for b in 0..a {
                assert!((posterior.mean[a] - posterior.mean[b]).abs() < 3.0 * posterior.deviation(a, b) + 1e-9);
            }
        }
    }

    #[test]
    fn periodic_inputs_have_no_ends() {
        let x: Vec<f64> = (0..40).map(|k| f64::from(k) / 40.0).collect();
        let y: Vec<f64> = x.iter().zip(noise(40)).map(|(x, e)| (2.0 * PI * x).cos() + 0.2 * e).collect();
        let bounds = Bounds { ends: &[[0.0, 1.0]], periodic: &[true] };
        let posterior = GaussianProcess::new(bounds, &x, &y, None).unwrap().at(&[0.0, 1.0]);
        assert!((posterior.mean[0] - posterior.mean[1]).abs() < 1e-9);
    }

    #[test]
    fn values_that_do_not_vary_or_are_few_have_no_posterior() {
        let bounds: Bounds = (&[[0.0, 1.0]]).into();
        assert!(GaussianProcess::new(bounds, &[0.0, 0.5, 1.0], &[1.0, 2.0, 3.0], None).is_none());
        assert!(GaussianProcess::new(bounds, &[0.0, 0.2, 0.5, 1.0], &[1.0; 4], None).is_none());
    }
}

//! Mixtures of Gaussians with separate covariances, by expectation maximisation from several initializations. The number of components minimises the
//! Bayesian information criterion, `p log n - 2 log L`.
//!
//! Along periodic inputs the Gaussians are wrapped: the density of a component at a point is the sum over the images of the point in the neighbouring
//! periods. The image of a sample is a hidden variable, like its component.

use std::f64::consts::PI;

use multiwell::internal::model::init;
use multiwell::internal::numerics::bounds::image;
use multiwell::internal::text::counted;
use nalgebra::{Cholesky, DMatrix, DVector, Dyn};
use rand::Rng;

use super::{FittedDensity, Sampled, log_sum};
use crate::NoFit;

/// Maximum number of samples. A round takes time in proportion to their number times that of the components, and there are thousands of rounds.
pub const MAX_SAMPLES: usize = 5_000;
const EM_STARTS: usize = 4;
const EM_ROUNDS: usize = 300;
const MAX_COMPONENTS: usize = 12;
/// Distance above the best number of components at which the search ends.
const COMPONENTS_BEYOND_BEST: usize = 3;
/// Minimum standard deviation of a component, as a fraction of that of all samples. A component on a single sample would have infinite likelihood.
const MIN_WIDTH_FRACTION: f64 = 0.02;

#[derive(Clone, Debug)]
struct EmComponent {
    weight: f64,
    mean: DVector<f64>,
    factor: Cholesky<f64, Dyn>,
}

impl EmComponent {
    /// The logarithm of its weighted density.
    fn log_density(&self, x: &DVector<f64>) -> f64 {
        let l = self.factor.l_dirty();
        let z = l.solve_lower_triangular(&(x - &self.mean)).expect("the diagonal is positive");
        let log_det: f64 = l.diagonal().iter().map(|l| l.ln()).sum();
        self.weight.ln() - 0.5 * z.norm_squared() - log_det - 0.5 * x.len() as f64 * (2.0 * PI).ln()
    }
}

/// A mixture of Gaussians.
#[derive(Clone, Debug)]
pub struct EmMixture {
    inputs: usize,
    /// Range of one period of each input; empty if none is periodic.
    periods: Vec<Option<[f64; 2]>>,
    /// Displacements of the images of a point from the point. The first is zero.
    images: Vec<DVector<f64>>,
    parts: Vec<EmComponent>,
}

impl EmMixture {
    /// Returns the mixture with the number of components that minimises the criterion.
    ///
    /// # Errors
    /// If there are too few samples, or if the user has stopped it.
    pub fn fit(sampled: Sampled, seed: u64, is_stopped: &dyn Fn() -> bool) -> Result<Self, NoFit> {
        let (samples, inputs) = (sampled.samples(), sampled.inputs);
        let mut best: Option<(f64, Self)> = None;
        for components in 1..=MAX_COMPONENTS {
            let numbers = numbers(inputs, components);
            let is_late = best.as_ref().is_some_and(|(_, best)| components > best.parts.len() + COMPONENTS_BEYOND_BEST);
            if numbers >= samples || is_late {
                break;
            }
            let Some((likelihood, mixture)) = Self::with(sampled, components, seed, is_stopped)? else { break };
            let criterion = numbers as f64 * (samples as f64).ln() - 2.0 * likelihood;
            if best.as_ref().is_none_or(|(least, _)| criterion < *least) {
                best = Some((criterion, mixture));
            }
        }
        best.map(|(_, mixture)| mixture).ok_or_else(|| NoFit::unsuitable("it needs more samples"))
    }

    /// Returns the likeliest mixture of `components` components among several initializations, with its log-likelihood. The result is `None` if all
    /// of them collapse.
    ///
    /// # Errors
    /// If the user has stopped it.
    pub fn with(
        sampled: Sampled,
        components: usize,
        seed: u64,
        is_stopped: &dyn Fn() -> bool,
    ) -> Result<Option<(f64, Self)>, NoFit> {
        let inputs = sampled.inputs;
        let rows: Vec<DVector<f64>> = sampled.x.chunks_exact(inputs).map(DVector::from_column_slice).collect();
        let spreads = DVector::from_vec(sampled.spreads());
        let (periods, images) = (sampled.periods.to_vec(), images(&sampled));
        let mut rng = init::stream(seed.wrapping_add(components as u64));
        let width = (components as f64).powf(-1.0 / inputs as f64);
        let mut best: Option<(f64, Self)> = None;
        for _ in 0..EM_STARTS {
            let narrow = DMatrix::from_diagonal(&spreads.map(|s| (s * width).powi(2)));
            let factor = Cholesky::new(narrow).expect("a diagonal of positive numbers");
            let chosen = spread_out(&rows, (&spreads, &images), components, &mut rng);
            let part = |k: usize| EmComponent { weight: 1.0 / components as f64, mean: rows[k].clone(), factor: factor.clone() };
            let parts = chosen.into_iter().map(part).collect();
            let mut mixture = Self { inputs, periods: periods.clone(), images: images.clone(), parts };
            let mut likelihood = f64::NEG_INFINITY;
            for _ in 0..EM_ROUNDS {
                if is_stopped() {
                    return Err(NoFit::Stopped);
                }
                let Some(now) = mixture.improve(&rows, &spreads) else { break };
                let gain = now - likelihood;
                likelihood = now;
                if gain < 1e-7 * rows.len() as f64 {
                    break;
                }
            }
            if best.as_ref().is_none_or(|(most, _)| likelihood > *most) && likelihood.is_finite() {
                best = Some((likelihood, mixture));
            }
        }
        Ok(best)
    }

    /// Maps a value of an input into the range of one period.
    fn within(&self, input: usize, x: f64) -> f64 {
        self.periods.get(input).copied().flatten().map_or(x, |range| image(x, range))
    }

    /// Performs a round of expectation maximisation. Returns the log-likelihood before it.
    fn improve(&mut self, rows: &[DVector<f64>], spreads: &DVector<f64>) -> Option<f64> {
        let (count, inputs) = (self.parts.len(), self.inputs);
        let mut sums = vec![(0.0, DVector::zeros(inputs), DMatrix::zeros(inputs, inputs)); count];
        let mut likelihood = 0.0;
        for x in rows {
            let seen: Vec<DVector<f64>> = self.images.iter().map(|by| x + by).collect();
            let exponents: Vec<f64> = seen.iter().flat_map(|x| self.parts.iter().map(|part| part.log_density(x))).collect();
            let total = log_sum(&exponents);
            likelihood += total;
            for (number, exponent) in exponents.iter().enumerate() {
                let share = (exponent - total).exp();
                if share > 1e-12 {
                    let k = number % count;
                    let apart = &seen[number / count] - &self.parts[k].mean;
                    sums[k].0 += share;
                    sums[k].1.axpy(share, &apart, 1.0);
                    sums[k].2.ger(share, &apart, &apart, 1.0);
                }
            }
        }
        let periods = &self.periods;
        for (part, (share, first, second)) in self.parts.iter_mut().zip(sums) {
            if share > 1e-6 {
                let moved = first / share;
                let mut covariance = second / share - &moved * moved.transpose();
                (0..inputs).for_each(|k| covariance[(k, k)] += (MIN_WIDTH_FRACTION * spreads[k]).powi(2));
                let mut mean = &part.mean + moved;
                mean.iter_mut().zip(periods).for_each(|(x, range)| *x = range.map_or(*x, |range| image(*x, range)));
                *part = EmComponent { weight: share / rows.len() as f64, mean, factor: Cholesky::new(covariance)? };
            }
        }
        likelihood.is_finite().then_some(likelihood)
    }
}

/// Number of parameters of a mixture: weights that sum to one, means and covariances.
fn numbers(inputs: usize, components: usize) -> usize {
    components * (1 + inputs + inputs * (inputs + 1) / 2) - 1
}

/// Displacements of a point and its images in the neighbouring periods from the point. The first is zero.
fn images(sampled: &Sampled) -> Vec<DVector<f64>> {
    let mut all = vec![DVector::zeros(sampled.inputs)];
    for k in 0..sampled.inputs {
        let Some(period) = sampled.period(k) else { continue };
        let shifted = |by: f64| {
            all.iter().cloned().map(move |mut place: DVector<f64>| {
                place[k] += by;
                place
            })
        };
        let further: Vec<DVector<f64>> = shifted(-period).chain(shifted(period)).collect();
        all.extend(further);
    }
    all
}

/// Samples drawn one after another. The probability of each is proportional to its squared distance from those before (Arthur and Vassilvitskii,
/// 2007).
fn spread_out(
    rows: &[DVector<f64>],
    (spreads, images): (&DVector<f64>, &[DVector<f64>]),
    count: usize,
    rng: &mut impl Rng,
) -> Vec<usize> {
    let mut chosen = vec![rng.random_range(0..rows.len())];
    let mut squares = vec![f64::INFINITY; rows.len()];
    while chosen.len() < count {
        let last = &rows[chosen[chosen.len() - 1]];
        for (square, x) in squares.iter_mut().zip(rows) {
            for by in images {
                *square = square.min((x + by - last).component_div(spreads).norm_squared());
            }
        }
        let mut left = rng.random_range(0.0..1.0) * squares.iter().sum::<f64>();
        let next = squares.iter().position(|square| {
            left -= square;
            left < 0.0
        });
        chosen.push(next.unwrap_or(rows.len() - 1));
    }
    chosen
}

impl FittedDensity for EmMixture {
    fn log_density(&self, x: &[f64]) -> Vec<f64> {
        let at = |x: &[f64]| {
            let x = DVector::from_column_slice(&x.iter().enumerate().map(|(k, &x)| self.within(k, x)).collect::<Vec<_>>());
            let seen = self.images.iter().map(|by| &x + by);
            log_sum(&seen.flat_map(|x| self.parts.iter().map(move |part| part.log_density(&x))).collect::<Vec<_>>())
        };
        x.chunks_exact(self.inputs).map(at).collect()
    }

    fn parameters(&self) -> usize {
        numbers(self.inputs, self.parts.len())
    }

    fn choice(&self) -> String {
        counted(self.parts.len(), "component")
    }
}

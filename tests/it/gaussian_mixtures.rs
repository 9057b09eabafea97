//! Tests of mixtures of three Gaussians in one to ten dimensions. The potential `-log p` is learnt from values, from derivatives, and, up to three
//! dimensions, from samples. One fit runs with all tests. The test `gaussian_mixtures_are_measured` is long and ignored, and environment variables
//! set its scope:
//!
//! ```text
//! DIMENSIONS=1,2,3 SAMPLES=200,800 SEEDS=3 LEARNT=values cargo test --release --test it gaussian_mixtures:: -- --ignored --nocapture
//! ```
//!
//! Each Gaussian has a covariance with standard deviations between 0.6 and 1.4 along random axes, and a weight of at least a fifth. The means are at
//! least five apart. Points of values and derivatives are drawn from the mixture with all standard deviations doubled. Errors are measured at further
//! points of this kind. Samples are drawn from the mixture itself.
use std::time::Instant;

use crate::fits::part_at;
use multiwell::Fit;
use multiwell::internal::data::{Dataset, errors};
use multiwell::internal::landscape::minima;
use multiwell::internal::problem::Metrics;
use ndarray::{Array1, Array2};
use rand::{Rng, SeedableRng};
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Number of Gaussians of a mixture.
const COMPONENT_COUNT: usize = 3;
/// Minimum distance of two means.
const MIN_COMPONENT_DISTANCE: f64 = 5.0;
/// Maximum distance of a well from a mode of the truth.
const MAX_CENTRE_DISTANCE: f64 = 0.5;
/// Number of points at which errors are measured.
const TEST_SAMPLES: usize = 2000;

/// A Gaussian: the logarithm of its weight over its volume, its mean, its axes as rows and the standard deviations along them.
struct GaussianComponent {
    weight: f64,
    mean: Vec<f64>,
    axes: Vec<Vec<f64>>,
    spreads: Vec<f64>,
}

impl GaussianComponent {
    /// Logarithm of its weighted density, up to a constant of the mixture, and its slope.
    fn at(&self, x: &[f64]) -> (f64, Vec<f64>) {
        let mut log = self.weight.ln();
        let mut slope = vec![0.0; x.len()];
        for (axis, spread) in self.axes.iter().zip(&self.spreads) {
            let along: f64 = axis.iter().zip(x).zip(&self.mean).map(|((a, x), m)| a * (x - m)).sum();
            log -= 0.5 * (along / spread).powi(2) + spread.ln();
            slope.iter_mut().zip(axis).for_each(|(s, a)| *s -= a * along / (spread * spread));
        }
        (log, slope)
    }

    fn draw(&self, wider: f64, rng: &mut Xoshiro256PlusPlus) -> Vec<f64> {
        let mut x = self.mean.clone();
        for (axis, spread) in self.axes.iter().zip(&self.spreads) {
            let along = wider * spread * rng.sample::<f64, _>(StandardNormal);
            x.iter_mut().zip(axis).for_each(|(x, a)| *x += along * a);
        }
        x
    }
}

/// Orthogonal directions of length one.
fn axes(dimensions: usize, rng: &mut Xoshiro256PlusPlus) -> Vec<Vec<f64>> {
    let mut all: Vec<Vec<f64>> = Vec::new();
    while all.len() < dimensions {
        let mut axis: Vec<f64> = (0..dimensions).map(|_| rng.sample(StandardNormal)).collect();
        for other in &all {
            let along: f64 = axis.iter().zip(other).map(|(a, b)| a * b).sum();
            axis.iter_mut().zip(other).for_each(|(a, b)| *a -= along * b);
        }
        let length = axis.iter().map(|a| a * a).sum::<f64>().sqrt();
        if length > 1e-3 {
            all.push(axis.iter().map(|a| a / length).collect());
        }
    }
    all
}

struct RandomMixture(Vec<GaussianComponent>);

impl RandomMixture {
    fn random(dimensions: usize, seed: u64) -> Self {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        // The range suffices for three means on a line. It is smaller in more dimensions.
        let reach = if dimensions == 1 { 8.0 } else { 4.5 };
        let mut draw = || -> Vec<Vec<f64>> {
            (0..COMPONENT_COUNT).map(|_| (0..dimensions).map(|_| rng.random_range(-reach..reach)).collect()).collect()
        };
        let are_apart = |means: &[Vec<f64>]| {
            (0..COMPONENT_COUNT).all(|k| means[..k].iter().all(|other| distance(other, &means[k]) >= MIN_COMPONENT_DISTANCE))
        };
        let mut means = draw();
        while !are_apart(&means) {
            means = draw();
        }
        let free: Vec<f64> = (0..COMPONENT_COUNT).map(|_| rng.random_range(0.0..1.0)).collect();
        let total: f64 = free.iter().sum();
        let part = |(mean, share): (Vec<f64>, f64)| GaussianComponent {
            weight: 0.2 + 0.4 * share / total,
            mean,
            axes: axes(dimensions, &mut rng),
            spreads: (0..dimensions).map(|_| rng.random_range(0.6..1.4)).collect(),
        };
        Self(means.into_iter().zip(free).map(part).collect())
    }

    /// `-log p` up to a constant, and its slope.
    fn at(&self, x: &[f64]) -> (f64, Vec<f64>) {
        let all: Vec<(f64, Vec<f64>)> = self.0.iter().map(|part| part.at(x)).collect();
        let top = all.iter().map(|part| part.0).fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = all.iter().map(|part| (part.0 - top).exp()).sum();
        let mut slope = vec![0.0; x.len()];
        for (log, by) in &all {
            let share = (log - top).exp() / sum;
            slope.iter_mut().zip(by).for_each(|(s, b)| *s -= share * b);
        }
        (-top - sum.ln(), slope)
    }

    fn points(&self, count: usize, wider: f64, rng: &mut Xoshiro256PlusPlus) -> Array2<f64> {
        let dimensions = self.0[0].mean.len();
        let weights = || self.0.iter().map(|part| part.weight);
        let x = (0..count).flat_map(|_| self.0[part_at(weights(), rng.random_range(0.0..1.0))].draw(wider, rng)).collect();
        Array2::from_shape_vec((count, dimensions), x).unwrap()
    }

    fn values(&self, x: &Array2<f64>) -> (Array1<f64>, Array2<f64>) {
        let all: Vec<(f64, Vec<f64>)> = x.rows().into_iter().map(|x| self.at(&x.to_vec())).collect();
        let slopes = all.iter().flat_map(|(_, slope)| slope.clone()).collect();
        (all.iter().map(|(value, _)| *value).collect(), Array2::from_shape_vec(x.raw_dim(), slopes).unwrap())
    }

    /// Modes, each by a descent from a mean.
    fn modes(&self) -> Vec<Vec<f64>> {
        let mode = |part: &GaussianComponent| {
            let around: Vec<[f64; 2]> = part.mean.iter().map(|m| [m - 1.0, m + 1.0]).collect();
            // Two initializations. Convergence is relative to the steepest slope at the first one, which is nearly zero at the mean.
            let starts = part.mean.iter().copied().chain(part.mean.iter().map(|m| m + 0.4)).collect();
            let starts = Array2::from_shape_vec((2, part.mean.len()), starts).unwrap();
            minima(&around, &starts, |x| self.values(x)).into_iter().next().map(|minimum| minimum.x)
        };
        self.0.iter().filter_map(mode).collect()
    }
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}

/// Data of a fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FitData {
    Values,
    Derivatives,
    Samples,
}

/// Result of a fit.
#[derive(Debug)]
struct GaussianMixtureFit {
    /// Coefficient of determination of `-log p` at other points, up to a constant.
    r2: f64,
    /// Number of modes of the truth, and number of them with a well of the fit nearby.
    modes: usize,
    found: usize,
    /// Number of all wells of the fit.
    wells: usize,
    seconds: f64,
}

fn fitted(dimensions: usize, samples: usize, learnt: FitData, seed: u64) -> GaussianMixtureFit {
    let truth = RandomMixture::random(dimensions, seed);
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed + 1000);
    let x = truth.points(samples, if learnt == FitData::Samples { 1.0 } else { 2.0 }, &mut rng);
    let (y, slopes) = truth.values(&x);
    let begun = Instant::now();
    let data = match learnt {
        FitData::Values => Dataset::values(x, y),
        FitData::Derivatives => Dataset::gradients(x, slopes),
        FitData::Samples => Dataset::samples_of_density(x, Vec::new()),
    };
    let fit = Fit::potential(&data.unwrap()).seed(seed).run().unwrap();
    let seconds = begun.elapsed().as_secs_f64();
    let test = truth.points(TEST_SAMPLES, if learnt == FitData::Samples { 1.0 } else { 2.0 }, &mut rng);
    let known = truth.values(&test).0;
    let found = fit.model.evaluate(&test, false).0;
    let constant = (&found - &known).mean().unwrap();
    let lifted = &found - constant;
    let wells = wells(&fit.summary);
    let modes = truth.modes();
    let has_well = |mode: &&Vec<f64>| wells.iter().any(|well| distance(well, mode) < MAX_CENTRE_DISTANCE);
    GaussianMixtureFit {
        r2: errors(lifted.iter().zip(&known)).1,
        modes: modes.len(),
        found: modes.iter().filter(has_well).count(),
        wells: wells.len(),
        seconds,
    }
}

/// Positions of the wells of a fit.
fn wells(summary: &Metrics) -> Vec<Vec<f64>> {
    let count = summary.wells().unwrap_or_default();
    let mut minima: Vec<_> = summary.minima().iter().collect();
    // The barrier of a well is higher than that of any other minimum.
    minima.sort_by(|a, b| b.barrier.unwrap_or(0.0).total_cmp(&a.barrier.unwrap_or(0.0)));
    minima.into_iter().take(count).map(|minimum| minimum.x.clone()).collect()
}

#[test]
fn slopes_match_differences_and_every_gaussian_has_a_mode() {
    for dimensions in [1, 2, 5] {
        let truth = RandomMixture::random(dimensions, 3);
        assert_eq!(truth.modes().len(), COMPONENT_COUNT);
        let x: Vec<f64> = (0..dimensions).map(|k| 0.3 * k as f64 - 0.5).collect();
        let slope = truth.at(&x).1;
        for k in 0..dimensions {
            let near = |by: f64| {
                let mut x = x.clone();
                x[k] += by;
                truth.at(&x).0
            };
            assert!(((near(1e-5) - near(-1e-5)) / 2e-5 - slope[k]).abs() < 1e-6);
        }
    }
}

fn list(name: &str, default: &str) -> Vec<usize> {
    let text = std::env::var(name).unwrap_or_else(|_| default.into());
    text.split(',').map(|word| word.trim().parse().unwrap()).collect()
}

#[test]
#[ignore = "a measurement"]
fn gaussian_mixtures_are_measured() {
    let learnt = match std::env::var("LEARNT").as_deref() {
        Ok("values") | Err(_) => FitData::Values,
        Ok("derivatives") => FitData::Derivatives,
        Ok("samples") => FitData::Samples,
        Ok(other) => panic!("LEARNT is values, derivatives or samples, not {other}"),
    };
    let seeds = list("SEEDS", "3")[0];
    println!("dimensions, points: R2 median and worst, all modes and no other well, modes found, seconds");
    for dimensions in list("DIMENSIONS", "1,2,3,5,7,10") {
        for samples in list("SAMPLES", "200,800,3200") {
            let mut all: Vec<GaussianMixtureFit> =
                (1..=seeds).map(|seed| fitted(dimensions, samples, learnt, seed as u64)).collect();
            all.sort_by(|a, b| a.r2.total_cmp(&b.r2));
            let right = all.iter().filter(|o| o.found == o.modes && o.wells == o.modes).count();
            let [found, modes] = [all.iter().map(|o| o.found).sum::<usize>(), all.iter().map(|o| o.modes).sum()];
            let seconds = all.iter().map(|o| o.seconds).sum::<f64>() / seeds as f64;
            let (middle, worst) = (all[all.len() / 2].r2, all[0].r2);
            println!("{dimensions}, {samples}: {middle:.5} {worst:.5}, {right} of {seeds}, {found} of {modes}, {seconds:.1}");
        }
    }
}

/// Tests that train a recipe to its end: `cargo test --release -- --ignored full::`.
mod full {
    use super::*;

    #[test]
    #[ignore = "full recipe"]
    fn three_gaussians_in_two_dimensions_are_found_from_derivatives() {
        let outcome = fitted(2, 300, FitData::Derivatives, 1);
        assert!(outcome.found == COMPONENT_COUNT && outcome.wells == COMPONENT_COUNT && outcome.r2 > 0.99, "{outcome:?}");
    }
}

//! Tests of estimates from draws of a known law: effective numbers of samples, mixtures, intervals, integrals.

use multiwell::internal::data::Dataset;
use multiwell::internal::data::estimate::mixture::GaussianMixture;
use multiwell::internal::landscape::uncertainty::quantile;
use multiwell::internal::numerics::covariance::Covariance;
use multiwell::internal::numerics::quadrature::Cells;
use ndarray::Array2;
use rand::Rng;
use rand_distr::{Distribution, Exp1, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::law::{assert_chi_squared, assert_mean, assert_normal, normal, seed, stream};

fn gauss(rng: &mut Xoshiro256PlusPlus) -> f64 {
    StandardNormal.sample(rng)
}

/// Samples of one quantity.
fn samples(x: Vec<f64>, weights: Vec<f64>) -> Dataset {
    Dataset::samples_of_density(Array2::from_shape_vec((x.len(), 1), x).expect("a column"), weights).expect("samples")
}

#[test]
fn blocks_estimate_effective_samples_of_chain() {
    // Each sample is a fraction of the one before, plus noise.
    for (own, kept) in [(1, 0.0_f64), (2, 0.6), (3, 0.9)] {
        let (mut rng, length, blocks) = (stream(own), 400, 20);
        let count = length * blocks;
        // Variance of the sum of consecutive samples, in closed form.
        let of_sum = |n: usize| {
            let n = n as f64;
            n * (1.0 + kept) / (1.0 - kept) - 2.0 * kept * (1.0 - kept.powf(n)) / (1.0 - kept).powi(2)
        };
        // Mean of the estimate: the variance of the sums of blocks over that of single samples. Both are about the mean of all samples.
        let (b, n) = (blocks as f64, count as f64);
        let expected = (b * of_sum(length) - of_sum(count) / b) * b / (b - 1.0) / (n - of_sum(count) / n);
        let found: Vec<f64> = (0..300)
            .map(|_| {
                let mut at = gauss(&mut rng);
                let x = (0..count).map(|_| {
                    at = kept * at + (1.0 - kept * kept).sqrt() * gauss(&mut rng);
                    at
                });
                let data = Dataset { blocks, ..samples(x.collect(), Vec::new()) };
                n / data.effective_numbers()[0]
            })
            .collect();
        // Below one, the estimate would exceed the number of independent samples. It is therefore limited to that number.
        let is_bounded = found.iter().all(|&one| one >= 1.0);
        if kept == 0.0 {
            assert!(is_bounded, "no chain has more samples than samples");
        } else {
            assert_mean(&found, expected, &format!("inefficiency of a chain that keeps {kept}"));
        }
    }
}

#[test]
fn weighted_mean_has_error_of_effective_number_of_samples() {
    let mut rng = stream(4);
    let squares: Vec<f64> = (0..2000)
        .map(|_| {
            let weights: Vec<f64> = (0..80).map(|_| rng.sample::<f64, _>(Exp1)).collect();
            let x: Vec<f64> = (0..80).map(|_| gauss(&mut rng)).collect();
            let data = samples(x.clone(), weights);
            let shares = data.shares().expect("weights");
            let mean: f64 = x.iter().zip(&shares).map(|(x, share)| x * share).sum();
            mean * mean * data.effective_numbers()[1]
        })
        .collect();
    assert_chi_squared(squares.iter().sum(), squares.len() as f64, "errors of weighted means");
}

#[test]
fn errors_of_mixture_fit_match_number_of_samples() {
    // Two Gaussians are so far apart that each sample belongs to one. The maximum of the likelihood then has the moments of each.
    let (count, places, spreads, share) = (2000, [0.0, 60.0], [3.0, 2.0], 0.3);
    let (mut rng, mut sum, mut freedom) = (stream(5), 0.0, 0.0);
    for round in 0..40 {
        let x: Vec<f64> = (0..count)
            .map(|_| {
                let part = usize::from(rng.random::<f64>() >= share);
                places[part] + spreads[part] * gauss(&mut rng)
            })
            .collect();
        let mut parts = GaussianMixture::fit(&x, 2, seed(round)).parts;
        parts.sort_by(|a, b| a[1].total_cmp(&b[1]));
        let n = f64::from(count);
        sum += (parts[0][0] - share).powi(2) / (share * (1.0 - share) / n);
        freedom += 1.0;
        for (k, [weight, mean, spread]) in parts.into_iter().enumerate() {
            // The law is conditional on the number of samples of each Gaussian. The squared standard deviation of m samples is chi-squared with m - 1
            // degrees of freedom, divided by m.
            let own = (weight * n).round();
            let freedom_of = own - 1.0;
            sum += (mean - places[k]).powi(2) / (spreads[k].powi(2) / own);
            let chi = own * spread.powi(2) / spreads[k].powi(2);
            let narrow = 2.0 / (9.0 * freedom_of);
            sum += (((chi / freedom_of).cbrt() - (1.0 - narrow)) / narrow.sqrt()).powi(2);
            freedom += 2.0;
        }
    }
    assert_chi_squared(sum, freedom, "errors of mixtures");
}

/// Maximum-likelihood parabola through noisy values: its coefficients, the Jacobian and the errors.
fn parabola(truth: [f64; 3], count: usize, sigma: f64, rng: &mut Xoshiro256PlusPlus) -> ([f64; 3], Vec<f64>, Vec<f64>) {
    let at = |k: usize| 2.0 * (k as f64 + 0.5) / count as f64 - 1.0;
    // Legendre polynomials at the centres of equal cells, made orthogonal by subtraction of the mean.
    let mean: f64 = (0..count).map(|k| at(k).powi(2)).sum::<f64>() / count as f64;
    let rows: Vec<[f64; 3]> = (0..count).map(|k| [1.0, at(k), at(k).powi(2) - mean]).collect();
    let y: Vec<f64> =
        rows.iter().map(|row| row.iter().zip(truth).map(|(a, b)| a * b).sum::<f64>() + sigma * gauss(rng)).collect();
    let fitted = [0, 1, 2].map(|j| {
        let norm: f64 = rows.iter().map(|row| row[j] * row[j]).sum();
        rows.iter().zip(&y).map(|(row, y)| row[j] * y).sum::<f64>() / norm
    });
    let errors = rows.iter().zip(&y).map(|(row, y)| row.iter().zip(fitted).map(|(a, b)| a * b).sum::<f64>() - y).collect();
    (fitted, rows.concat(), errors)
}

#[test]
fn ninety_percent_intervals_have_nominal_coverage() {
    // The coefficients are large relative to their errors, so that the prior has little effect.
    let (truth, rounds) = ([30.0, -20.0, 40.0], 4000);
    for (own, count, sigma) in [(6, 30, 0.5), (7, 200, 3.0)] {
        let mut rng = stream(own);
        let mut covered = [0.0; 2];
        for _ in 0..rounds {
            let (fitted, jacobian, errors) = parabola(truth, count, sigma, &mut rng);
            let covariance = Covariance::of_errors(jacobian, &errors, count as f64, &fitted).expect("determined");
            for (covered, slope) in covered.iter_mut().zip([[0.0, 0.0, 1.0], [1.0, -0.7, 0.2]]) {
                let gap: f64 = slope.iter().zip(truth).zip(fitted).map(|((s, t), f)| s * (f - t)).sum();
                let half = quantile(covariance.degrees_of_freedom()) * covariance.variance(&slope).sqrt();
                *covered += f64::from(u8::from(gap.abs() <= half));
            }
        }
        for (covered, what) in covered.into_iter().zip(["a parameter", "a value"]) {
            let n = f64::from(rounds);
            assert_normal((covered - 0.9 * n) / (0.09 * n).sqrt(), &format!("intervals of {what} from {count} values"));
        }
    }
}

#[test]
fn information_of_samples_equals_information_of_their_mean() {
    // Samples of exp(w x - w^2/2), times the standard normal law, at w = 2. The likeliest w is the mean of the samples.
    let (mut rng, samples, truth, rounds) = (stream(8), 50, 2.0, 4000);
    let step = 0.05;
    let places: Vec<f64> = (-160..=160).map(|k| f64::from(k) * step).collect();
    let mut covered = 0.0;
    for _ in 0..rounds {
        let mean = (0..samples).map(|_| truth + gauss(&mut rng)).sum::<f64>() / f64::from(samples);
        let weight = |x: f64| step * (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let scores = places.iter().map(|&x| (weight(x) * places.len() as f64).sqrt() * x).collect();
        let covariance = Covariance::of_scores(scores, &[0.0], f64::from(samples), &[mean]).expect("determined");
        covered += f64::from(u8::from((mean - truth).abs() <= quantile(f64::INFINITY) * covariance.variance(&[1.0]).sqrt()));
    }
    // The precision of the prior is one over the square of the number. It reduces the variance by a two-hundredth.
    let information = f64::from(samples) + 1.0 / truth.powi(2);
    let chance = 2.0 * normal(quantile(f64::INFINITY) * (f64::from(samples) / information).sqrt()) - 1.0;
    let n = f64::from(rounds);
    assert_normal((covered - chance * n) / (chance * (1.0 - chance) * n).sqrt(), "intervals by information");
}

#[test]
fn error_of_integral_is_below_its_bound() {
    // Gaussians at random positions, whose integral is one, and cells around samples of them.
    let mut rng = stream(9);
    for (inputs, count) in [(1_u8, 600), (2, 2500), (3, 6000)] {
        let mut beyond = 0;
        for _ in 0..20 {
            let parts: Vec<(Vec<f64>, f64)> = (0..3)
                .map(|_| ((0..inputs).map(|_| rng.random_range(-2.0..2.0)).collect(), rng.random_range(0.3..0.8)))
                .collect();
            let x: Vec<f64> = (0..1000)
                .flat_map(|k| {
                    let (place, spread) = &parts[k % 3];
                    place.iter().map(|place| place + spread * gauss(&mut rng)).collect::<Vec<f64>>()
                })
                .collect();
            let density = |x: &[f64]| -> f64 {
                let of = |(place, spread): &(Vec<f64>, f64)| -> f64 {
                    let square: f64 = x.iter().zip(place).map(|(x, place)| ((x - place) / spread).powi(2)).sum();
                    (-0.5 * square).exp() / (spread * (2.0 * std::f64::consts::PI).sqrt()).powi(inputs.into())
                };
                parts.iter().map(of).sum::<f64>() / 3.0
            };
            let bounds = vec![[-8.0, 8.0]; x.len() / 1000];
            let cells = Cells::around(&bounds, &x, &[1e-3; 1000], count);
            let integral = |cells: &Cells| -> f64 {
                cells.x.chunks_exact(bounds.len()).zip(&cells.sizes).map(|(x, size)| size * density(x)).sum::<f64>().ln()
            };
            let (coarse, fine) = (integral(&cells), integral(&cells.finer()));
            beyond += usize::from(fine.abs() > (fine - coarse).abs() + 1e-12);
        }
        println!("{inputs} inputs: beyond in {beyond} of 20");
        assert!(beyond <= 2, "{inputs}: {beyond} of 20");
    }
}

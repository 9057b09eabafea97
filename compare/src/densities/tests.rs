use super::*;
use multiwell::internal::data::estimate::kernel as on_states;
use multiwell::internal::data::estimate::mixture::GaussianMixture as OnLine;
use multiwell::internal::potentials::Formula;
use rand::{Rng, SeedableRng};
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Samples of two Gaussians. The first has a quarter of the samples.
fn two(count: usize, inputs: usize) -> Vec<f64> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(4);
    let mut draw = |place: f64, spread: f64| place + spread * rng.sample::<f64, _>(StandardNormal);
    (0..count * inputs).map(|k| if (k / inputs).is_multiple_of(4) { draw(100.0, 20.0) } else { draw(500.0, 50.0) }).collect()
}

/// Samples that are not periodic.
fn line(x: &[f64], inputs: usize) -> Sampled<'_> {
    Sampled { x, inputs, periods: &[] }
}

fn integral(estimate: &dyn FittedDensity) -> f64 {
    (-2000..6000).map(|k| estimate.log_density(&[f64::from(k) * 0.25])[0].exp() * 0.25).sum()
}

#[test]
fn estimates_of_one_quantity_match_library() {
    let x = two(400, 1);
    let kernels = KernelDensity::fit(line(&x, 1), &|| false).unwrap();
    let width: f64 = kernels.choice().strip_prefix("width ").unwrap().parse().unwrap();
    let bandwidth = width * line(&x, 1).spreads()[0];
    let known = on_states::estimate(&x, bandwidth, 900);
    for state in [100, 300, 480] {
        let density = kernels.log_density(&[f64::from(state)])[0].exp();
        assert!((density / known[state as usize] - 1.0).abs() < 0.05, "{density} {}", known[state as usize]);
    }
    let mixture = EmMixture::fit(line(&x, 1), 1, &|| false).unwrap();
    assert_eq!(mixture.choice(), "2 components");
    let known = OnLine::fit(&x, 2, 1).probabilities(900);
    for state in [100, 480] {
        let density = mixture.log_density(&[f64::from(state)])[0].exp();
        assert!((density / known[state as usize] - 1.0).abs() < 0.02, "{density} {}", known[state as usize]);
    }
    assert!((integral(&kernels) - 1.0).abs() < 1e-6 && (integral(&mixture) - 1.0).abs() < 1e-6);
}

#[test]
fn expectation_maximisation_raises_likelihood_with_components() {
    let x = two(200, 2);
    let likelihood = |components: usize| EmMixture::with(line(&x, 2), components, 1, &|| false).unwrap().unwrap().0;
    assert!(likelihood(1) < likelihood(2) && likelihood(2) < likelihood(4));
    let again = EmMixture::fit(line(&x, 2), 1, &|| false).unwrap();
    assert_eq!(
        again.log_density(&[100.0, 120.0]),
        EmMixture::fit(line(&x, 2), 1, &|| false).unwrap().log_density(&[100.0, 120.0])
    );
    assert_eq!(again.parameters(), 11);
}

#[test]
fn fits_to_drawn_samples_are_close_to_density() {
    let potential = Formula::new("(x^2-1)^2*4 + 0.5*y^2 + 0.3*x", "", "x=-2..2,y=-5..5").unwrap();
    let truth = Boltzmann::new(&potential, 1.0).unwrap();
    let data = truth.draw(4000, 3).unwrap();
    let x: Vec<f64> = data.x.iter().copied().collect();
    let judge = DensityJudge { truth: Some(&truth), domain: truth.bounds(), periodic: &[], held_out: &x, samples: 4000 };
    let own = judge.score(&truth);
    assert!(
        own.total_variation.unwrap() < 1e-9 && own.divergence.unwrap().abs() < 1e-9 && own.wells == 2 && own.modes == 2,
        "{own:?}"
    );
    // The mean log-likelihood is minus the entropy, up to chance.
    let (points, volume) = truth::cells(truth.bounds());
    let entropy: f64 = truth.log_density(&points).iter().map(|p| -p * p.exp() * volume).sum();
    assert!((own.held_out.unwrap() + entropy).abs() < 0.1, "{own:?} {entropy}");
    for method in [DensityMethod::Kernel, DensityMethod::Mixture] {
        let score = judge.score(&*fit(method, line(&x, 2), 1, &|| false).unwrap());
        assert!(score.total_variation.unwrap() < 0.15 && score.divergence.unwrap() < 0.1 && score.wells >= 2, "{score:?}");
    }
}

/// Pearson's statistic of samples of two quantities in twelve by twelve cells of a box. The rarest cells are merged into one. If the samples follow
/// the density, the transformed statistic is standard normal (by the cube root of Wilson and Hilferty).
fn score_of_cells(truth: &Boltzmann, x: &[f64]) -> f64 {
    const GRID_SIDE: f64 = 12.0;
    let cell = |x: &[f64]| {
        let along =
            |(x, [low, high]): (&f64, &[f64; 2])| ((x - low) / (high - low) * GRID_SIDE).clamp(0.0, GRID_SIDE - 0.5).floor();
        x.iter().zip(truth.bounds()).map(along).fold(0.0, |index, place| index * GRID_SIDE + place) as usize
    };
    let (points, volume) = truth::cells(truth.bounds());
    let mut expected = vec![0.0; 144];
    for (x, log_density) in points.chunks_exact(2).zip(truth.log_density(&points)) {
        expected[cell(x)] += log_density.exp() * volume;
    }
    let samples = (x.len() / 2) as f64;
    let mut counts = vec![0.0; 144];
    x.chunks_exact(2).for_each(|x| counts[cell(x)] += 1.0);
    let mut rare = [0.0; 2];
    let (mut sum, mut freedom) = (0.0, -1.0);
    for (count, share) in counts.into_iter().zip(expected) {
        if share * samples < 10.0 {
            rare = [rare[0] + count, rare[1] + share * samples];
        } else {
            sum += (count - share * samples).powi(2) / (share * samples);
            freedom += 1.0;
        }
    }
    if rare[1] > 1.0 {
        sum += (rare[0] - rare[1]).powi(2) / rare[1];
        freedom += 1.0;
    }
    let spread: f64 = 2.0 / (9.0 * freedom);
    ((sum / freedom).cbrt() - (1.0 - spread)) / spread.sqrt()
}

#[test]
fn samples_have_distribution_of_density() {
    let potential = Formula::new("(x^2-1)^2*4 + 0.5*y^2 + 0.3*x + 0.8*x*y", "", "x=-2..2,y=-5..5").unwrap();
    let truth = Boltzmann::new(&potential, 1.0).unwrap();
    for seed in [1, 2] {
        let data = truth.draw(30_000, seed).unwrap();
        let drawn: Vec<f64> = data.x.iter().copied().collect();
        for x in [drawn, truth.draw_others(30_000, seed).unwrap()] {
            // The score exceeds 4.9 once in a million cases.
            let score = score_of_cells(&truth, &x);
            assert!(score.abs() < 4.9, "{score}");
        }
    }
    // The statistic has power: it detects samples at a temperature that is higher by a twentieth.
    let warm = Boltzmann::new(&potential, 1.05).unwrap().draw_others(30_000, 1).unwrap();
    assert!(score_of_cells(&truth, &warm) > 4.9);
}

#[test]
fn estimates_of_periodic_samples_are_periodic_and_normalised() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(9);
    let turn = [-180.0, 180.0];
    // One mode at the seam and one inside.
    let mut draw =
        |place: f64| multiwell::internal::numerics::bounds::image(place + 25.0 * rng.sample::<f64, _>(StandardNormal), turn);
    let x: Vec<f64> = (0..600).map(|k| draw(if k % 3 == 0 { 20.0 } else { 178.0 })).collect();
    let samples = Sampled { x: &x, inputs: 1, periods: &[Some(turn)] };
    let judge = DensityJudge { truth: None, domain: &[turn], periodic: &[true], held_out: &x, samples: 600 };
    for method in [DensityMethod::Kernel, DensityMethod::Mixture] {
        let found = fit(method, samples, 1, &|| false).unwrap();
        let total: f64 = (-720..720).map(|k| found.log_density(&[f64::from(k) * 0.25])[0].exp() * 0.25).sum();
        assert!((total - 1.0).abs() < 1e-6, "{}: {total}", found.choice());
        for at in [-180.0, -3.0, 77.0] {
            let [here, there] = [at, at + 360.0].map(|x| found.log_density(&[x])[0]);
            assert!((here - there).abs() < 1e-9, "{}: {here} {there}", found.choice());
        }
        // The mode at the seam is counted once.
        let score = judge.score(&*found);
        assert_eq!(score.wells, 2, "{score:?}");
    }
    // The beginning of the range has no effect.
    let turned: Vec<f64> = x.iter().map(|x| x.rem_euclid(360.0)).collect();
    let turned = Sampled { x: &turned, inputs: 1, periods: &[Some([0.0, 360.0])] };
    for method in [DensityMethod::Kernel, DensityMethod::Mixture] {
        let [one, two] =
            [samples, turned].map(|samples| fit(method, samples, 1, &|| false).unwrap().log_density(&[100.0, 170.0]));
        assert!(one.iter().zip(&two).all(|(a, b)| (a - b).abs() < 1e-6), "{one:?} {two:?}");
    }
}

#[test]
fn large_samples_are_reduced_and_choice_states_their_number() {
    let x = two(12_000, 1);
    let found = fit(DensityMethod::Kernel, line(&x, 1), 1, &|| false).unwrap();
    assert!(found.choice().ends_with(", of 10,000 of 12,000 samples"), "{}", found.choice());
    assert!((integral(&*found) - 1.0).abs() < 1e-6);
    // Far beyond its samples a kernel estimate is zero in double precision. Its deepest well is counted all the same.
    let judge = DensityJudge { truth: None, domain: &[[-800.0, 1600.0]], periodic: &[], held_out: &x, samples: x.len() };
    assert_eq!(judge.score(&*found).wells, 2);
}

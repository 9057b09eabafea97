use super::*;
use multiwell::data::estimate::kernel as on_states;
use multiwell::data::estimate::mixture::Mixture as OnLine;
use multiwell::potentials::Formula;
use rand::{Rng, SeedableRng};
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Two Gaussians, of which the first has a quarter of the samples.
fn two(count: usize, inputs: usize) -> Vec<f64> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(4);
    let mut draw = |place: f64, spread: f64| place + spread * rng.sample::<f64, _>(StandardNormal);
    (0..count * inputs).map(|k| if (k / inputs).is_multiple_of(4) { draw(100.0, 20.0) } else { draw(500.0, 50.0) }).collect()
}

fn integral(estimate: &dyn Estimate) -> f64 {
    (-2000..6000).map(|k| estimate.log_density(&[f64::from(k) * 0.25])[0].exp() * 0.25).sum()
}

#[test]
fn on_a_line_estimates_are_those_of_the_library() {
    let x = two(400, 1);
    let kernels = Kernels::fit(&x, 1, &|| false).unwrap();
    let width: f64 = kernels.choice().strip_prefix("width ").unwrap().parse().unwrap();
    let bandwidth = width * spreads(&x, 1)[0];
    let known = on_states::estimate(&x, bandwidth, 900);
    for state in [100, 300, 480] {
        let density = kernels.log_density(&[f64::from(state)])[0].exp();
        assert!((density / known[state as usize] - 1.0).abs() < 0.05, "{density} {}", known[state as usize]);
    }
    let mixture = Mixture::fit(&x, 1, 1, &|| false).unwrap();
    assert_eq!(mixture.choice(), "2 components");
    let known = OnLine::fit(&x, 2, 1).probabilities(900);
    for state in [100, 480] {
        let density = mixture.log_density(&[f64::from(state)])[0].exp();
        assert!((density / known[state as usize] - 1.0).abs() < 0.02, "{density} {}", known[state as usize]);
    }
    assert!((integral(&kernels) - 1.0).abs() < 1e-6 && (integral(&mixture) - 1.0).abs() < 1e-6);
}

#[test]
fn expectation_maximisation_never_lowers_the_likelihood() {
    let x = two(200, 2);
    let likelihood = |components: usize| Mixture::with(&x, 2, components, 1, &|| false).unwrap().unwrap().0;
    assert!(likelihood(1) < likelihood(2) && likelihood(2) < likelihood(4));
    let again = Mixture::fit(&x, 2, 1, &|| false).unwrap();
    assert_eq!(again.log_density(&[100.0, 120.0]), Mixture::fit(&x, 2, 1, &|| false).unwrap().log_density(&[100.0, 120.0]));
    assert_eq!(again.parameters(), 11);
}

#[test]
fn samples_are_of_the_density_that_they_are_drawn_from() {
    let potential = Formula::new("(x^2-1)^2*4 + 0.5*y^2 + 0.3*x", "", "x=-2..2,y=-5..5").unwrap();
    let truth = Boltzmann::new(&potential, 1.0).unwrap();
    let data = truth.draw(4000, 3).unwrap();
    let x: Vec<f64> = data.x.iter().copied().collect();
    let judge = Judge { truth: Some(&truth), domain: truth.bounds(), held_out: &x, samples: 4000 };
    let own = judge.score(&truth);
    assert!(
        own.total_variation.unwrap() < 1e-9 && own.divergence.unwrap().abs() < 1e-9 && own.wells == 2 && own.modes == 2,
        "{own:?}"
    );
    // The mean log-likelihood is minus the entropy, up to chance.
    let (points, volume) = truth::cells(truth.bounds());
    let entropy: f64 = truth.log_density(&points).iter().map(|p| -p * p.exp() * volume).sum();
    assert!((own.held_out.unwrap() + entropy).abs() < 0.1, "{own:?} {entropy}");
    for method in [Method::Kernel, Method::Mixture] {
        let score = judge.score(&*fit(method, &x, 2, 1, &|| false).unwrap());
        assert!(score.total_variation.unwrap() < 0.15 && score.divergence.unwrap() < 0.1 && score.wells >= 2, "{score:?}");
    }
}

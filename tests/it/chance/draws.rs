//! Tests of random draws: samples of potentials, noise, subsets, initial weights, loads, and samples of mixtures.

use multiwell::internal::dynamics::metamaterial::loads_within;
use multiwell::internal::model::potential::declared;
use multiwell::internal::model::{Architecture, ParamKind, init};
use multiwell::internal::potentials::sampling::{subset, uniform, uniform_of};
use multiwell::internal::potentials::{self, Observed};
use ndarray::Array1;

use super::law::{assert_counts, assert_even, assert_mean, assert_normal, assert_pairs_even, normal, seed, stream};

/// Relative position of a number in a range, from 0 to 1.
fn part(x: f64, [low, high]: [f64; 2]) -> f64 {
    (x - low) / (high - low)
}

#[test]
fn points_are_uniform_and_independent() {
    let potential = potentials::find("muller-brown").expect("a known potential of two inputs");
    let bounds = potential.bounds();
    let data = uniform(&*potential, 60_000, 0.0, seed(1));
    let places: Vec<[f64; 2]> = data.x.rows().into_iter().map(|x| [part(x[0], bounds[0]), part(x[1], bounds[1])]).collect();
    assert_pairs_even(&places, 40, "points of two inputs");
    let after: Vec<[f64; 2]> = places.windows(2).step_by(2).map(|pair| [pair[0][1], pair[1][0]]).collect();
    assert_pairs_even(&after, 30, "a point and the next");
    // The seeds are neighbours, like those of an ensemble.
    let firsts = (0..4000).map(|k| uniform(&*potential, 1, 0.0, seed(10_000 + k)).x[[0, 0]]);
    let firsts: Vec<f64> = firsts.map(|x| part(x, bounds[0])).collect();
    assert_even(&firsts, 50, "first points of neighbouring seeds");
}

/// Noise in units of its standard deviation, from values without and with noise.
fn noise(clean: &Array1<f64>, noisy: &Array1<f64>, fraction: f64) -> Vec<f64> {
    let sigma = fraction * multiwell::internal::data::standard_deviation(clean);
    (noisy - clean).mapv(|d| d / sigma).to_vec()
}

fn assert_noise(noise: &[f64], what: &str) {
    assert_even(&noise.iter().map(|&z| normal(z)).collect::<Vec<_>>(), 100, &format!("{what}, its law"));
    let pairs: Vec<[f64; 2]> = noise.windows(2).step_by(2).map(|pair| [normal(pair[0]), normal(pair[1])]).collect();
    assert_pairs_even(&pairs, 20, &format!("{what}, one and the next"));
}

#[test]
fn noise_is_normal_and_independent_of_position() {
    let (samples, fraction) = (60_000, 0.3);
    let potential = potentials::find("gene-circuit").expect("a known potential of two inputs");
    let [clean, noisy] = [0.0, fraction].map(|noise| uniform_of(&*potential, Observed::Values, samples, noise, seed(2)));
    let of_values = noise(&clean.y, &noisy.y, fraction);
    assert_noise(&of_values, "noise of values");
    let low = potential.bounds()[0];
    let moments: Vec<f64> = of_values.iter().zip(clean.x.column(0)).map(|(z, &x)| z * (part(x, low) - 0.5)).collect();
    assert_mean(&moments, 0.0, "noise and place");
    let [clean, noisy] = [0.0, fraction].map(|noise| uniform_of(&*potential, Observed::Gradient, samples, noise, seed(2)));
    let gradients = [clean.gradient.unwrap(), noisy.gradient.unwrap()];
    let columns: Vec<Vec<f64>> =
        (0..2).map(|k| noise(&gradients[0].column(k).to_owned(), &gradients[1].column(k).to_owned(), fraction)).collect();
    for column in &columns {
        assert_noise(column, "noise of a derivative");
    }
    let products: Vec<f64> = columns[0].iter().zip(&columns[1]).map(|(a, b)| a * b).collect();
    assert_mean(&products, 0.0, "noise of two derivatives");
}

#[test]
fn subsets_contain_all_members_with_equal_probability() {
    let (mut rng, rounds, members, drawn) = (stream(3), 6000, 40, 15);
    let mut counts = vec![0.0; members];
    let mut pairs = 0.0;
    for _ in 0..rounds {
        let some = subset(members, drawn, &mut rng);
        for &k in &some {
            counts[k] += 1.0;
        }
        pairs += f64::from(u8::from(some.contains(&0) && some.contains(&1)));
    }
    // Counts of draws without repetition vary less than independent ones. The factors are the fraction that is not drawn, and one less degree of
    // freedom for the known sum.
    let (p, n) = (drawn as f64 / members as f64, f64::from(rounds));
    let shrunk: Vec<f64> =
        counts.iter().map(|c| n * p + (c - n * p) / ((1.0 - p) * members as f64 / (members as f64 - 1.0)).sqrt()).collect();
    assert_counts(&shrunk, &vec![n * p; members], "members of subsets");
    let both = p * (drawn as f64 - 1.0) / (members as f64 - 1.0);
    assert_normal((pairs - n * both) / (n * both * (1.0 - both)).sqrt(), "pairs in subsets");
}

#[test]
fn initial_weights_are_uniform_up_to_their_bound() {
    let (inputs, hidden) = (3, [9, 7]);
    let params = declared(&Architecture::new(inputs, 4, &hidden));
    let (mut free, mut others) = (Vec::new(), Vec::new());
    for k in 0..200 {
        let flat = init::paper(&params, seed(4) + k);
        for param in params.iter() {
            let values = &flat[param.range()];
            match param.kind {
                // Weights of either sign are at most one over the root of the number of inputs.
                ParamKind::Free | ParamKind::Bias => free.extend(values.iter().map(|w| 0.5 + 0.5 * w * (inputs as f64).sqrt())),
                // Weights without a sign are at most one over the root of the width of the layer before.
                ParamKind::NonNegative => others.extend(values.iter().map(|w| w * (param.shape[2] as f64).sqrt())),
                _ => {}
            }
        }
    }
    assert!(free.len() > 10_000 && others.len() > 10_000);
    assert_even(&free, 100, "weights of inputs, and biases");
    assert_even(&others, 100, "weights that are not negative");
}

#[test]
fn loads_are_uniform_in_amplitude_period_and_sign() {
    let (amplitude, period) = (0.3, 12.0);
    let loads = loads_within(30_000, seed(5), amplitude, period);
    let both: Vec<[f64; 2]> = loads
        .iter()
        .map(|load| [part(load.amplitude, [0.2 * amplitude, amplitude]), part(load.period, [period, 4.0 * period])])
        .collect();
    assert_pairs_even(&both, 20, "amplitudes and periods");
    assert_mean(&loads.iter().map(|load| load.sign).collect::<Vec<_>>(), 0.0, "signs of loads");
}

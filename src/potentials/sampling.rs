//! Points sampled from a potential, uniformly at random or on a grid, with or without Gaussian noise.

use ndarray::{Array1, Array2, ArrayRef1, Axis, s};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::data::{Dataset, standard_deviation};
use crate::potentials::{KnownPotential, Observed};

/// Draws `samples` points uniformly in the domain of `potential`, from `seed`, in the order of drawing.
///
/// `noise` is the standard deviation of Gaussian noise on the values, as a fraction of the standard deviation of the noise-free values. If
/// the gradient is measured, noise is added to each of its components instead, as a fraction of the component's own standard deviation.
/// Points and noise come from two streams of the seed (points: the stream itself; noise: after one `jump`). So a change of
/// `noise` or a larger number of samples does not change the points already drawn.
pub fn uniform(potential: &dyn KnownPotential, samples: usize, noise: f64, seed: u64) -> Dataset {
    uniform_of(potential, potential.observed(), samples, noise, seed)
}

/// Draws points as [`uniform`] does, and measures the quantity `observed` there.
pub fn uniform_of(potential: &dyn KnownPotential, observed: Observed, samples: usize, noise: f64, seed: u64) -> Dataset {
    let bounds = potential.bounds();
    let mut points = Xoshiro256PlusPlus::seed_from_u64(seed);
    let x = Array2::from_shape_simple_fn((samples, bounds.len()), || points.random::<f64>());
    let x = Array2::from_shape_fn(x.raw_dim(), |(k, j)| bounds[j][0] + (bounds[j][1] - bounds[j][0]) * x[[k, j]]);
    measured(potential, observed, x, noise, seed)
}

/// Takes `samples` points at equal distances over the domain, including its ends, and measures the quantity `observed` there, with the noise of
/// [`uniform`]. In more than one dimension, the points fill the box evenly.
pub fn grid_of(potential: &dyn KnownPotential, observed: Observed, samples: usize, noise: f64, seed: u64) -> Dataset {
    let bounds = potential.bounds();
    let x = match bounds[..] {
        [[low, high]] => Array1::linspace(low, high, samples).insert_axis(Axis(1)),
        _ => spread(&bounds, samples),
    };
    measured(potential, observed, x, noise, seed)
}

/// Returns `count` points that fill a box `[low, high]` per input evenly, `[count, inputs]`. They follow the additive recurrence of the
/// generalised golden ratio (M. Roberts, 2018), and are deterministic.
pub fn spread(bounds: &[[f64; 2]], count: usize) -> Array2<f64> {
    let d = bounds.len();
    // Fixed-point iteration for the root above 1 of g^(d+1) = g + 1.
    let golden = (0..60).fold(1.5_f64, |g, _| (1.0 + g).powf(1.0 / (d as f64 + 1.0)));
    Array2::from_shape_fn((count, d), |(k, j)| {
        let u = (0.5 + (k + 1) as f64 * golden.powf(-(j as f64 + 1.0))).fract();
        bounds[j][0] + u * (bounds[j][1] - bounds[j][0])
    })
}

/// Draws at most `count` of the numbers below `n` at random without repetition, in increasing order. Returns all of them if `n` is not
/// larger than `count`. Taking every k-th row instead would alias with ordered tables.
pub fn subset(n: usize, count: usize, rng: &mut Xoshiro256PlusPlus) -> Vec<usize> {
    let mut all: Vec<usize> = (0..n).collect();
    if count >= n {
        return all;
    }
    let mut is_drawn = vec![false; n];
    all.partial_shuffle(rng, count).0.iter().for_each(|&k| is_drawn[k] = true);
    (0..n).filter(|&k| is_drawn[k]).collect()
}

/// Measures the values at `x`, with noise from the second stream of the seed.
fn measured(potential: &dyn KnownPotential, observed: Observed, x: Array2<f64>, noise: f64, seed: u64) -> Dataset {
    let mut y: Array1<f64> = x.rows().into_iter().map(|x| potential.value(&x.to_vec())).collect();
    let mut gradient = (observed == Observed::Gradient).then(|| {
        let slopes = x.rows().into_iter().flat_map(|x| potential.gradient(&x.to_vec())).collect();
        Array2::from_shape_vec(x.raw_dim(), slopes).expect("one slope an input")
    });
    if noise > 0.0 {
        let mut disturbances = Xoshiro256PlusPlus::seed_from_u64(seed);
        disturbances.jump();
        let mut disturb = |values: &mut ArrayRef1<f64>| {
            let sigma = noise * standard_deviation(values);
            values.mapv_inplace(|v| v + sigma * disturbances.sample::<f64, _>(StandardNormal));
        };
        match &mut gradient {
            // Noise is added to the measured gradient. The values are only for evaluation.
            Some(gradient) => gradient.columns_mut().into_iter().for_each(|mut column| disturb(&mut column)),
            None => disturb(&mut y),
        }
    }
    let names = potential.inputs().into_iter().chain(["y"]).map(String::from).collect();
    let periods = potential.periodic().into_iter().zip(potential.bounds()).map(|(is_periodic, ends)| is_periodic.then_some(ends));
    Dataset { name: potential.id().into(), names, x, y, gradient, periods: periods.collect(), ..Dataset::default() }
}

/// Returns the `count` noise-free points, with their derivatives, that [`uniform`] with this seed would draw after its first `samples`.
/// They are the test set of fits of the gradient.
pub fn held_out(potential: &dyn KnownPotential, samples: usize, count: usize, seed: u64) -> Dataset {
    let mut all = uniform_of(potential, Observed::Gradient, samples + count, 0.0, seed);
    all.x = all.x.slice(s![samples.., ..]).to_owned();
    all.y = all.y.slice(s![samples..]).to_owned();
    all.gradient = all.gradient.map(|gradient| gradient.slice(s![samples.., ..]).to_owned());
    all
}

/// Returns `points` noise-free points at equal distances over the domain of `potential`, including its ends: the test set of fits of
/// values.
pub fn evenly_spaced(potential: &dyn KnownPotential, points: usize) -> Dataset {
    grid_of(potential, potential.observed(), points, 0.0, 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::potentials;

    #[test]
    fn points_are_equal_for_equal_seeds_only() {
        for p in potentials::all() {
            assert_eq!(uniform(p, 200, 0.1, 7), uniform(p, 200, 0.1, 7));
            assert_ne!(uniform(p, 200, 0.1, 7).x, uniform(p, 200, 0.1, 8).x);
        }
    }

    #[test]
    fn points_do_not_depend_on_noise_or_number_of_samples() {
        let p = potentials::all().next().unwrap();
        let clean = uniform(p, 200, 0.0, 3);
        let noisy = uniform(p, 200, 0.5, 3);
        let more = uniform(p, 300, 0.0, 3);
        assert_eq!(clean.x, noisy.x);
        assert!(clean.x.iter().zip(&more.x).all(|(a, b)| a == b));
        assert!(clean.y.iter().zip(&clean.x).all(|(&y, &x)| y == p.value(&[x])));
    }

    #[test]
    fn gradients_are_sampled_and_held_out_points_follow() {
        let p = potentials::find("gene-circuit").unwrap();
        let (data, noisy) = (uniform(&*p, 50, 0.0, 3), uniform(&*p, 50, 0.2, 3));
        assert_eq!((&data.x, &data.y), (&noisy.x, &noisy.y), "only what is measured is disturbed");
        let gradient = data.gradient.as_ref().unwrap();
        assert_ne!(Some(gradient), noisy.gradient.as_ref());
        for (x, g) in data.x.rows().into_iter().zip(gradient.rows()) {
            assert_eq!(p.gradient(&x.to_vec()), g.to_vec());
        }
        let (rest, all) = (held_out(&*p, 50, 20, 3), uniform(&*p, 70, 0.0, 3));
        assert_eq!(rest.samples(), 20);
        assert_eq!((rest.x.row(0), rest.y[19]), (all.x.row(50), all.y[69]));
        assert_eq!(rest.gradient.unwrap().row(5), all.gradient.unwrap().row(55));
    }

    #[test]
    fn subset_is_random_sorted_and_without_repetition() {
        let rng = || Xoshiro256PlusPlus::seed_from_u64(4);
        let some = subset(1000, 250, &mut rng());
        assert!(some.len() == 250 && some.windows(2).all(|pair| pair[0] < pair[1]) && some[249] < 1000);
        assert_eq!(some, subset(1000, 250, &mut rng()));
        assert_eq!(subset(3, 5, &mut rng()), [0, 1, 2]);
    }
}

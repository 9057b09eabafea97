//! Langevin dynamics and the reaction's trajectories, from one time to another.

use std::collections::BTreeMap;

use multiwell::dynamics::master_equation::{Chain, TOP};
use multiwell::dynamics::schlogl::Schlogl;
use multiwell::dynamics::ssa::samples;
use multiwell::dynamics::{Langevin, Walls};
use rand::Rng;

use super::law::{assert_even, assert_mean, assert_pairs_even, normal, seed, stream};

const BALLS: usize = 20_000;

/// Balls that all begin at a place, after some steps of length `h`.
fn moved(start: f64, temperature: f64, own: u64, [steps, h]: [f64; 2], walls: &Walls, slope: fn(f64) -> f64) -> Vec<f64> {
    let mut balls = Langevin::new(vec![start; BALLS], temperature, seed(own));
    for _ in 0..steps as usize {
        balls.step(h, walls, &mut |x| (Vec::new(), x.iter().copied().map(slope).collect()));
    }
    balls.x
}

#[test]
fn a_free_ball_diffuses_by_twice_the_temperature_and_the_time() {
    let (temperature, steps, h) = (0.7, 50.0, 0.04);
    let x = moved(1.5, temperature, 1, [steps, h], &Walls::none(), |_| 0.0);
    // Half of the first and of the last noise is left out.
    let spread = (2.0 * temperature * h * (steps - 0.5)).sqrt();
    let parts: Vec<f64> = x.iter().map(|x| normal((x - 1.5) / spread)).collect();
    assert_even(&parts, 100, "free balls");
    let pairs: Vec<[f64; 2]> = parts.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect();
    assert_pairs_even(&pairs, 20, "two free balls");
}

#[test]
fn a_wall_reflects_as_a_mirror_does() {
    // So near that most paths meet the wall, and the other one is out of reach.
    let (start, temperature, steps, h) = (0.2, 0.5, 40.0, 0.01);
    let x = moved(start, temperature, 2, [steps, h], &Walls::around(&[[0.0, 100.0]]), |_| 0.0);
    let spread = (2.0 * temperature * h * (steps - 0.5)).sqrt();
    let parts: Vec<f64> = x.iter().map(|x| normal((x - start) / spread) - normal((-x - start) / spread)).collect();
    assert!(x.iter().all(|&x| x >= 0.0));
    assert_even(&parts, 100, "balls near a wall");
}

#[test]
fn in_a_parabola_a_ball_forgets_its_start_as_ornstein_and_uhlenbeck_say() {
    let temperature: f64 = 1.3;
    // Small steps, whose error is a hundredth of a standard error.
    let h = 0.001;
    for (own, time) in [(3, 0.3_f64), (4, 1.2)] {
        let x = moved(1.0, temperature, own, [(time / h).round(), h], &Walls::none(), |x| x);
        let (mean, spread) = ((-time).exp(), (temperature * (1.0 - (-2.0 * time).exp())).sqrt());
        let parts: Vec<f64> = x.iter().map(|x| normal((x - mean) / spread)).collect();
        assert_even(&parts, 100, &format!("balls in a parabola after {time}"));
        assert_mean(&x, mean, &format!("their mean after {time}"));
    }
}

#[test]
fn the_reaction_goes_on_from_where_it_is_by_the_exact_law() {
    let (model, times, runs) = (Schlogl::default(), [0.5, 0.8, 1.3], 3000);
    let chain = Chain::new(&model, TOP);
    let states = samples(&model, &times, runs, seed(5));
    let (mut rng, mut laws) = (stream(6), BTreeMap::new());
    for (k, name) in [(0, "from 0.5 to 0.8"), (1, "from 0.8 to 1.3")] {
        // The distribution function at a whole number jumps: a place within the jump is drawn.
        let parts: Vec<f64> = states
            .chunks_exact(times.len())
            .map(|path| {
                let (before, after) = (path[k] as usize, path[k + 1] as usize);
                let law = laws.entry((k, before)).or_insert_with(|| chain.distribution(before, times[k + 1] - times[k]));
                let below: f64 = law[..after].iter().sum();
                (below + rng.random::<f64>() * law[after]).clamp(0.0, 1.0)
            })
            .collect();
        assert_even(&parts, 60, &format!("states {name}"));
        // One trajectory tells nothing of the next.
        let pairs: Vec<[f64; 2]> = parts.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect();
        assert_pairs_even(&pairs, 8, &format!("two trajectories {name}"));
    }
}

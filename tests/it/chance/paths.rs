//! Tests of Langevin dynamics and of the reaction's trajectories between two times.

use std::collections::BTreeMap;

use multiwell::internal::dynamics::master_equation::Chain;
use multiwell::internal::dynamics::schlogl::Schlogl;
use multiwell::internal::dynamics::ssa::Simulation;
use multiwell::internal::dynamics::{Langevin, Walls};
use rand::Rng;

use super::law::{assert_even, assert_mean, assert_pairs_even, normal, seed, stream};

const PARTICLE_COUNT: usize = 20_000;

/// Final positions of particles that start at one position, after some steps of length `h`.
fn moved(start: f64, temperature: f64, own: u64, [steps, h]: [f64; 2], walls: &Walls, slope: fn(f64) -> f64) -> Vec<f64> {
    let mut particles = Langevin::new(vec![start; PARTICLE_COUNT], temperature, seed(own));
    for _ in 0..steps as usize {
        particles.step(h, walls, &mut |x| (Vec::new(), x.iter().copied().map(slope).collect()));
    }
    particles.x
}

#[test]
fn free_particle_has_variance_of_diffusion() {
    let (temperature, steps, h) = (0.7, 50.0, 0.04);
    let x = moved(1.5, temperature, 1, [steps, h], &Walls::default(), |_| 0.0);
    // Half of the first and of the last noise term is omitted.
    let spread = (2.0 * temperature * h * (steps - 0.5)).sqrt();
    let parts: Vec<f64> = x.iter().map(|x| normal((x - 1.5) / spread)).collect();
    assert_even(&parts, 100, "free particles");
    let pairs: Vec<[f64; 2]> = parts.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect();
    assert_pairs_even(&pairs, 20, "two free particles");
}

#[test]
fn wall_reflects_paths_specularly() {
    // Most paths meet the near wall, and none reaches the far one.
    let (start, temperature, steps, h) = (0.2, 0.5, 40.0, 0.01);
    let x = moved(start, temperature, 2, [steps, h], &Walls::around(&[[0.0, 100.0]]), |_| 0.0);
    let spread = (2.0 * temperature * h * (steps - 0.5)).sqrt();
    let parts: Vec<f64> = x.iter().map(|x| normal((x - start) / spread) - normal((-x - start) / spread)).collect();
    assert!(x.iter().all(|&x| x >= 0.0));
    assert_even(&parts, 100, "particles near a wall");
}

#[test]
fn particle_in_parabola_follows_ornstein_uhlenbeck_process() {
    let temperature: f64 = 1.3;
    // The error of the small steps is a hundredth of a standard error.
    let h = 0.001;
    for (own, time) in [(3, 0.3_f64), (4, 1.2)] {
        let x = moved(1.0, temperature, own, [(time / h).round(), h], &Walls::default(), |x| x);
        let (mean, spread) = ((-time).exp(), (temperature * (1.0 - (-2.0 * time).exp())).sqrt());
        let parts: Vec<f64> = x.iter().map(|x| normal((x - mean) / spread)).collect();
        assert_even(&parts, 100, &format!("particles in a parabola after {time}"));
        assert_mean(&x, mean, &format!("their mean after {time}"));
    }
}

#[test]
fn reaction_follows_exact_transition_law() {
    let (model, times, runs) = (Schlogl::default(), [0.5, 0.8, 1.3], 3000);
    let chain = Chain::new(&model, 1200);
    let mut simulation = Simulation::new(&model, seed(5));
    let states: Vec<u32> = (0..runs).flat_map(|_| simulation.trajectory(&times)).collect();
    let (mut rng, mut laws) = (stream(6), BTreeMap::new());
    for (k, name) in [(0, "from 0.5 to 0.8"), (1, "from 0.8 to 1.3")] {
        // The distribution function jumps at a whole number, and a value within the jump is drawn.
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
        // Trajectories are independent.
        let pairs: Vec<[f64; 2]> = parts.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect();
        assert_pairs_even(&pairs, 8, &format!("two trajectories {name}"));
    }
}

//! Gillespie's direct method: trajectories of a birth-death process with the exact distribution.
//!
//! The time to the next reaction is exponential with the total rate, and the reaction is a birth with a probability proportional to its
//! rate. Reactions with equal effect on the state are drawn as one, which leaves the distribution unchanged. Equal seeds give equal
//! trajectories for any times of observation.

use rand::{Rng, SeedableRng};
use rand_distr::Exp1;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::schlogl::Schlogl;

/// Number of states with tabulated rates.
const TABLE_STATES: usize = 1024;

/// Generator of trajectories.
#[derive(Clone, Debug)]
pub struct Simulation {
    model: Schlogl,
    /// Mean time to the next reaction in each state, and the probability that it is a birth.
    table: Vec<(f64, f64)>,
    rng: Xoshiro256PlusPlus,
}

impl Simulation {
    /// Creates a generator of trajectories of a model from a seed.
    pub fn new(model: &Schlogl, seed: u64) -> Self {
        let table = (0..TABLE_STATES).map(|n| wait_and_birth(model, n)).collect();
        Self { model: *model, table, rng: Xoshiro256PlusPlus::seed_from_u64(seed) }
    }

    /// Returns one trajectory: its state at each of the increasing `times`, from 0 at the earliest.
    pub fn trajectory(&mut self, times: &[f64]) -> Vec<u32> {
        let mut n = self.model.start;
        let (mut wait, mut birth) = self.rates(n);
        let mut next = wait * self.rng.sample::<f64, _>(Exp1);
        let mut states = Vec::with_capacity(times.len());
        for &time in times {
            while next <= time {
                n = if self.rng.random::<f64>() < birth { n + 1 } else { n.saturating_sub(1) };
                (wait, birth) = self.rates(n);
                next += wait * self.rng.sample::<f64, _>(Exp1);
            }
            states.push(n as u32);
        }
        states
    }

    fn rates(&self, n: usize) -> (f64, f64) {
        self.table.get(n).copied().unwrap_or_else(|| wait_and_birth(&self.model, n))
    }
}

fn wait_and_birth(model: &Schlogl, n: usize) -> (f64, f64) {
    let (birth, death) = (model.birth(n), model.death(n));
    (1.0 / (birth + death), birth / (birth + death))
}

/// Returns the states of independent trajectories at `times`, `[runs, times]`.
pub fn samples(model: &Schlogl, times: &[f64], runs: usize, seed: u64) -> Vec<u32> {
    let mut simulation = Simulation::new(model, seed);
    (0..runs).flat_map(|_| simulation.trajectory(times)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::master_equation::{Chain, LARGEST_STATE};
    use super::*;

    /// Chi-squared of counts against an expected distribution, with its degrees of freedom. Cells are merged until the expected count of
    /// each is at least 10.
    fn chi_squared(counts: &[u32], distribution: &[f64]) -> (f64, f64) {
        let total: u32 = counts.iter().sum();
        let (mut sum, mut cells) = (0.0, 0.0);
        let (mut found, mut expected) = (0.0, 0.0);
        let mut rest = f64::from(total);
        for (&count, &p) in counts.iter().zip(distribution) {
            found += f64::from(count);
            expected += p * f64::from(total);
            // The remainder would be too small for a separate cell, so it is merged with the last cell.
            if expected >= 10.0 && rest - expected >= 10.0 {
                sum += (found - expected).powi(2) / expected;
                cells += 1.0;
                rest -= expected;
                (found, expected) = (0.0, 0.0);
            }
        }
        (sum + (found - expected).powi(2) / expected, cells)
    }

    /// Asserts that chi-squared is below 4 at each time, after its transformation to a standard normal variable by the Wilson-Hilferty cube
    /// root. Chance alone exceeds this value once in 30,000 cases.
    fn agrees(times: &[f64], runs: usize, seed: u64) {
        let model = Schlogl::default();
        let chain = Chain::new(&model, LARGEST_STATE);
        let states = samples(&model, times, runs, seed);
        for (k, &time) in times.iter().enumerate() {
            let mut counts = vec![0; LARGEST_STATE + 1];
            states.iter().skip(k).step_by(times.len()).for_each(|&n| counts[n as usize] += 1);
            let (sum, freedom) = chi_squared(&counts, &chain.distribution(model.start, time));
            let spread = 2.0 / (9.0 * freedom);
            let normal = ((sum / freedom).cbrt() - (1.0 - spread)) / spread.sqrt();
            assert!(freedom > 50.0 && normal.abs() < 4.0, "t = {time}: {sum} with {freedom} degrees of freedom, {normal}");
        }
    }

    #[test]
    fn many_early_trajectories_have_exact_distribution() {
        agrees(&[0.5, 1.0], 100_000, 1);
    }

    #[test]
    fn late_trajectories_have_exact_distribution() {
        agrees(&[2.0, 4.0, 6.0, 8.0, 10.0], 4_000, 2);
    }

    #[test]
    #[ignore = "half a minute: 100,000 trajectories through all times"]
    fn many_trajectories_have_exact_distribution_at_all_times() {
        agrees(&[0.5, 1.0, 2.0, 4.0, 6.0, 8.0, 10.0], 100_000, 3);
    }

    #[test]
    fn trajectory_does_not_depend_on_output_times() {
        let model = Schlogl::default();
        let coarse = Simulation::new(&model, 5).trajectory(&[1.0, 2.0]);
        let fine = Simulation::new(&model, 5).trajectory(&[0.25, 0.5, 1.0, 1.5, 2.0]);
        assert_eq!(coarse, [fine[2], fine[4]]);
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trajectory_does_not_depend_on_output_times() {
        let model = Schlogl::default();
        let coarse = Simulation::new(&model, 5).trajectory(&[1.0, 2.0]);
        let fine = Simulation::new(&model, 5).trajectory(&[0.25, 0.5, 1.0, 1.5, 2.0]);
        assert_eq!(coarse, [fine[2], fine[4]]);
    }
}

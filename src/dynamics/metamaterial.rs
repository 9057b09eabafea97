//! Two-phase material (Sec. 4.3 and Appendix A of the paper): linear elastic with an eigenstrain `c E0`. The volume fraction `c` of the
//! second phase changes only when the force on it, kappa, reaches `k_plus` (increasing) or `-k_minus` (decreasing).
//!
//! ```text
//! S = C (E - c E0),   Psi = 1/2 (E - c E0) . S + c dpsi,   kappa = -dPsi/dc = S . E0 - dpsi
//! C = K I(x)I + 2G (II - I(x)I/3),   E0 = e0 e1(x)e1
//! ```
//!
//! Strain is uniaxial, E11. The paper's flow rule "c' = +-k" is not a rate law, but represents a return mapping. With `M = E0.C.E0` and
//! `drive = E0.C.E - dpsi`, a step changes `c` to `clip(min(max(c, lo), hi), 0, 1)` where `lo = (drive - k_plus)/M` and
//! `hi = (drive + k_minus)/M`. The mapping is exact for strain that is linear in time between two samples, and its dissipation is never
//! negative.

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

use crate::numerics::statistics::sorted;

/// Number of steps of a load path. A path has one more sample.
pub const LOAD_STEPS: usize = 100;
/// Largest amplitude of a load. The smallest amplitude is a fifth of it.
pub const MAX_AMPLITUDE: f64 = 0.25;
/// Shortest period of a load, in steps. The longest period is four times that.
pub const MIN_PERIOD: f64 = 25.0;

/// Material constants, dimensionless.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MaterialConstants {
    /// Bulk modulus K.
    pub bulk: f64,
    /// Shear modulus G.
    pub shear: f64,
    /// Eigenstrain e0 of the second phase.
    pub eigenstrain: f64,
    /// Energy of the second phase.
    pub dpsi: f64,
    /// Force at which the volume fraction of the second phase increases.
    pub k_plus: f64,
    /// Minus the force at which the volume fraction of the second phase decreases.
    pub k_minus: f64,
}

impl Default for MaterialConstants {
    fn default() -> Self {
        Self { bulk: 1.0, shear: 0.5, eigenstrain: -0.1, dpsi: 0.006, k_plus: 0.006, k_minus: 0.006 }
    }
}

impl MaterialConstants {
    /// Uniaxial modulus, K + 4G/3.
    fn modulus(&self) -> f64 {
        self.bulk + 4.0 * self.shear / 3.0
    }

    /// Decrease of the force per volume fraction of the second phase: `E0.C.E0`.
    pub fn hardening(&self) -> f64 {
        self.modulus() * self.eigenstrain * self.eigenstrain
    }

    /// Force at c = 0: `E0.C.E - dpsi`.
    fn drive(&self, strain: f64) -> f64 {
        self.eigenstrain * self.modulus() * strain - self.dpsi
    }

    /// Stress components S11 and S22 (= S33).
    pub fn stress(&self, strain: f64, c: f64) -> [f64; 2] {
        let elastic = strain - c * self.eigenstrain;
        [self.modulus() * elastic, (self.bulk - 2.0 * self.shear / 3.0) * elastic]
    }

    /// Force on c, `kappa`.
    pub fn force(&self, strain: f64, c: f64) -> f64 {
        self.drive(strain) - self.hardening() * c
    }

    /// Energy Psi.
    pub fn energy(&self, strain: f64, c: f64) -> f64 {
        0.5 * self.modulus() * (strain - c * self.eigenstrain).powi(2) + c * self.dpsi
    }

    /// Volume fraction after the strain has changed to `strain`, by the return mapping.
    pub fn update(&self, c: f64, strain: f64) -> f64 {
        let drive = self.drive(strain);
        let (low, high) = ((drive - self.k_plus) / self.hardening(), (drive + self.k_minus) / self.hardening());
        c.max(low).min(high).clamp(0.0, 1.0)
    }

    /// Energy dissipated while `c` changes from one value to another; never negative.
    pub fn dissipation(&self, from: f64, to: f64) -> f64 {
        self.k_plus * (to - from).max(0.0) + self.k_minus * (from - to).max(0.0)
    }

    /// Work done on the material while the strain changes linearly from one value to another, starting at `c`. It is the integral of S11,
    /// which is piecewise linear, with kinks where `c` starts or stops to change.
    pub fn work(&self, c: f64, from: f64, to: f64) -> f64 {
        let slope = self.eigenstrain * self.modulus();
        let kind = |c: f64, k: f64| (self.hardening() * c + self.dpsi + k) / slope;
        let inside = |e: &f64| (*e - from) * (*e - to) < 0.0;
        let kinds = [c, 0.0, 1.0].into_iter().flat_map(|c| [kind(c, self.k_plus), kind(c, -self.k_minus)]);
        let mut strains = sorted(kinds.filter(inside).chain([from, to]).collect());
        if to < from {
            strains.reverse();
        }
        let stress = |strain: f64| self.stress(strain, self.update(c, strain))[0];
        strains.windows(2).map(|w| 0.5 * (stress(w[0]) + stress(w[1])) * (w[1] - w[0])).sum()
    }

    /// Response to a load, beginning with the first phase alone, or with constant `c`.
    pub fn follow(&self, strain: &[f64], fixed: Option<f64>) -> LoadPath {
        let mut c = fixed.unwrap_or(0.0);
        let mut path = LoadPath { strain: strain.to_vec(), ..LoadPath::default() };
        let mut dissipated = 0.0;
        for &e in strain {
            let next = fixed.unwrap_or_else(|| self.update(c, e));
            dissipated += self.dissipation(c, next);
            c = next;
            path.stress.push(self.stress(e, c));
            path.c.push(c);
            path.force.push(self.force(e, c));
            path.dissipation.push(dissipated);
        }
        path
    }
}

/// Response of a material along a load path, sample by sample.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LoadPath {
    /// Strain E11.
    pub strain: Vec<f64>,
    /// Stress components S11 and S22.
    pub stress: Vec<[f64; 2]>,
    /// Volume fraction of the second phase.
    pub c: Vec<f64>,
    /// Force on the volume fraction, kappa.
    pub force: Vec<f64>,
    /// Energy dissipated so far.
    pub dissipation: Vec<f64>,
}

/// Triangular wave of strain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TriangularLoad {
    /// Amplitude of the strain.
    pub amplitude: f64,
    /// Number of steps in a period.
    pub period: f64,
    /// Initial direction, 1 or -1.
    pub sign: f64,
}

impl TriangularLoad {
    /// Strain E11 at a step.
    pub fn strain(&self, step: usize) -> f64 {
        let phase = (step as f64 / self.period).fract();
        let wave = match phase {
            p if p < 0.25 => 4.0 * p,
            p if p < 0.75 => 2.0 - 4.0 * p,
            p => 4.0 * p - 4.0,
        };
        self.sign * self.amplitude * wave
    }

    /// Strain E11 at all steps.
    pub fn strains(&self) -> Vec<f64> {
        (0..=LOAD_STEPS).map(|step| self.strain(step)).collect()
    }
}

/// Draws `count` random loads with the amplitudes and periods of the paper, from `seed`.
pub fn loads(count: usize, seed: u64) -> Vec<TriangularLoad> {
    loads_within(count, seed, MAX_AMPLITUDE, MIN_PERIOD)
}

/// Draws `count` random loads from `seed`. Amplitudes are uniform from a fifth of the largest one, periods are uniform from the shortest to
/// four times that, and both signs occur.
pub fn loads_within(count: usize, seed: u64, amplitude: f64, period: f64) -> Vec<TriangularLoad> {
    let (amplitudes, periods) = ([0.2 * amplitude, amplitude], [period, 4.0 * period]);
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut draw = |[low, high]: [f64; 2]| rng.random_range(low..high);
    (0..count)
        .map(|_| TriangularLoad {
            amplitude: draw(amplitudes),
            period: draw(periods),
            sign: if draw([0.0, 1.0]) < 0.5 { 1.0 } else { -1.0 },
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn energy_balance_closes_and_dissipation_never_falls() {
        for material in [
            MaterialConstants::default(),
            MaterialConstants { k_plus: 0.002, k_minus: 0.009, dpsi: 0.001, ..MaterialConstants::default() },
        ] {
            for load in loads(400, 3) {
                let path = material.follow(&load.strains(), None);
                let mut work = 0.0;
                for n in 1..path.strain.len() {
                    work += material.work(path.c[n - 1], path.strain[n - 1], path.strain[n]);
                    let stored = material.energy(path.strain[n], path.c[n]) - material.energy(path.strain[0], path.c[0]);
                    let spent = path.dissipation[n] - path.dissipation[0];
                    assert!((stored + spent - work).abs() < 1e-12, "{load:?} at step {n}: {stored} + {spent} against {work}");
                    assert!(path.dissipation[n] >= path.dissipation[n - 1]);
                }
            }
        }
    }
}

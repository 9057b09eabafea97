//! Random targets of two to six wells, for tests of recipes on many potentials. The kind and the seed determine a target.
//!
//! - [`RandomTargetKind::Smooth`]: alternating minima and maxima, at random positions and heights, joined by polynomials of the fifth
//!   degree with matching slope (zero) and random curvature: twice differentiable
//! - [`RandomTargetKind::Kinked`]: `min_i (k_i (x - c_i)^2 + b_i)`, kinks where parabolas cross
//! - [`RandomTargetKind::Gaussians`]: `k x^2 - sum_i d_i exp(-(x - c_i)^2 / (2 w_i^2))`
//! - domain: `-3 <= x <= 3`; the i-th of n wells is at most a quarter of `6/n` from the middle of the i-th of n equal intervals
//!
//! A draw is accepted only if each well is clear. The number of minima inside the domain equals the number of wells, and the minima are at
//! least 0.1 from the edges. Each has a barrier of at least [`MIN_WELL_BARRIER`] standard deviations of the values, three times the
//! threshold of a well (`landscape::well_threshold`).

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

use super::KnownPotential;
use crate::numerics::line::extrema;

/// Smallest barrier of a well, as a fraction of the standard deviation of the values over the domain.
pub const MIN_WELL_BARRIER: f64 = 0.06;

/// Number of grid points of the search for the minima of a draw.
const GRID_POINTS: usize = 1201;
const DRAW_DOMAIN: [f64; 2] = [-3.0, 3.0];
/// Smallest distance of a minimum from the edges of the domain.
const EDGE_DISTANCE: f64 = 0.1;

/// Construction of a random target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RandomTargetKind {
    /// Smooth pieces between minima and maxima.
    #[default]
    Smooth,
    /// Minimum of several parabolas.
    Kinked,
    /// Gaussian wells in a wide parabola.
    Gaussians,
}

/// Random target of one input.
#[derive(Clone, Debug, PartialEq)]
pub struct RandomWells {
    kind: RandomTargetKind,
    /// Parameters of the parts. Smooth: position, height, curvature of extrema. Kinked: centre, offset, factor. Gaussians: centre, depth,
    /// width.
    parts: Vec<[f64; 3]>,
    /// Factor of the wide parabola under Gaussians.
    bowl: f64,
}

impl Default for RandomWells {
    fn default() -> Self {
        Self::new(RandomTargetKind::Smooth, 1)
    }
}

impl RandomWells {
    /// The id of this benchmark.
    pub const ID: &'static str = "random-wells";

    /// Creates the target of a kind and a seed.
    pub fn new(kind: RandomTargetKind, seed: u64) -> Self {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        // This stream differs from the streams of sample points, noise and initial weights.
        rng.long_jump();
        rng.long_jump();
        let wells = rng.random_range(2..=6);
        loop {
            let target = Self::draw(kind, wells, &mut rng);
            if target.is_clear(wells) {
                return target;
            }
        }
    }

    fn draw(kind: RandomTargetKind, wells: usize, rng: &mut Xoshiro256PlusPlus) -> Self {
        let cell = (DRAW_DOMAIN[1] - DRAW_DOMAIN[0]) / wells as f64;
        let centres: Vec<f64> =
            (0..wells).map(|i| DRAW_DOMAIN[0] + cell * (i as f64 + 0.5 + rng.random_range(-0.25..0.25))).collect();
        let depths: Vec<f64> = (0..wells).map(|_| rng.random_range(0.0..0.5)).collect();
        let between = |f: f64, low: f64, high: f64| low * (high / low).powf(f);
        match kind {
            RandomTargetKind::Smooth => {
                let mut parts = Vec::new();
                // The outermost maxima are outside of the domain.
                let mut before = [DRAW_DOMAIN[0] - 0.1 - 0.4 * rng.random::<f64>(), depths[0] + rng.random_range(0.3..1.0), 0.0];
                for (i, (&x, &y)) in centres.iter().zip(&depths).enumerate() {
                    let next = centres.get(i + 1).copied().unwrap_or(DRAW_DOMAIN[1] + 0.1 + 0.4 * rng.random::<f64>());
                    let place = if i + 1 < wells { x + (next - x) * rng.random_range(0.35..0.65) } else { next };
                    let above = y.max(depths.get(i + 1).copied().unwrap_or(y)) + rng.random_range(0.1..0.6);
                    let after = [place, above, 0.0];
                    parts.extend([before, [x, y, 0.0]]);
                    before = after;
                }
                parts.push(before);
                // The curvature of a cubic, averaged over both sides, times a random factor.
                let natural = |a: [f64; 3], b: [f64; 3]| 6.0 * (b[1] - a[1]) / ((b[0] - a[0]) * (b[0] - a[0]));
                let curvatures: Vec<f64> = (0..parts.len())
                    .map(|k| {
                        let sides = [k.checked_sub(1), Some(k + 1).filter(|&k| k < parts.len())];
                        let sides: Vec<f64> = sides.into_iter().flatten().map(|other| natural(parts[k], parts[other])).collect();
                        sides.iter().sum::<f64>() / sides.len() as f64 * rng.random_range(0.7..1.2)
                    })
                    .collect();
                parts.iter_mut().zip(curvatures).for_each(|(part, c)| part[2] = c);
                Self { kind, parts, bowl: 0.0 }
            }
            RandomTargetKind::Kinked => {
                let part = |(&x, &y): (&f64, &f64)| [x, y, between(rng.random(), 0.8, 4.0) / (cell * cell)];
                Self { kind, parts: centres.iter().zip(&depths).map(part).collect(), bowl: 0.0 }
            }
            RandomTargetKind::Gaussians => {
                let part = |(&x, &y): (&f64, &f64)| [x, 0.5 + y, cell * rng.random_range(0.14..0.3)];
                let parts = centres.iter().zip(&depths).map(part).collect();
                Self { kind, parts, bowl: rng.random_range(0.02..0.12) }
            }
        }
    }

    fn is_clear(&self, wells: usize) -> bool {
        let minima = extrema(DRAW_DOMAIN, GRID_POINTS, |xs| xs.iter().map(|&x| self.both(x).into()).unzip()).minima;
        let grid = crate::potentials::sampling::evenly_spaced(self, 200);
        let least = MIN_WELL_BARRIER * grid.std();
        minima.len() == wells
            && minima.iter().all(|m| m.barrier.is_some_and(|b| b >= least))
            && minima.iter().all(|m| (DRAW_DOMAIN[0] + EDGE_DISTANCE..=DRAW_DOMAIN[1] - EDGE_DISTANCE).contains(&m.x[0]))
    }

    /// Value and slope at the point `x`.
    fn both(&self, x: f64) -> [f64; 2] {
        match self.kind {
            RandomTargetKind::Smooth => {
                let last = self.parts.len() - 2;
                let k = (0..last).find(|&k| x <= self.parts[k + 1][0]).unwrap_or(last);
                piece(self.parts[k], self.parts[k + 1], x)
            }
            RandomTargetKind::Kinked => {
                let parabola = |&[c, b, k]: &[f64; 3]| [k * (x - c) * (x - c) + b, 2.0 * k * (x - c)];
                // At a kink, the steeper parabola is the smaller one on the left.
                let lower = |a: [f64; 2], b: [f64; 2]| if b[0] < a[0] || (b[0] == a[0] && b[1] > a[1]) { b } else { a };
                self.parts.iter().map(parabola).reduce(lower).unwrap_or_default()
            }
            RandomTargetKind::Gaussians => self.parts.iter().fold([self.bowl * x * x, 2.0 * self.bowl * x], |sum, &[c, d, w]| {
                let (z, bell) = ((x - c) / w, d * (-0.5 * ((x - c) / w).powi(2)).exp());
                [sum[0] - bell, sum[1] + bell * z / w]
            }),
        }
    }
}

/// Polynomial of the fifth degree between two extrema of given positions, heights and curvatures: value and slope at the point `x`.
fn piece([x0, y0, c0]: [f64; 3], [x1, y1, c1]: [f64; 3], x: f64) -> [f64; 2] {
    let h = x1 - x0;
    let (t, d, p, q) = ((x - x0) / h, y1 - y0, 0.5 * c0 * h * h, 0.5 * c1 * h * h);
    let [a3, a4, a5] = [10.0 * d - 3.0 * p + q, -15.0 * d + 3.0 * p - 2.0 * q, 6.0 * d - p + q];
    let value = y0 + t * t * (p + t * (a3 + t * (a4 + t * a5)));
    [value, t * (2.0 * p + t * (3.0 * a3 + t * (4.0 * a4 + t * 5.0 * a5))) / h]
}

impl KnownPotential for RandomWells {
    fn id(&self) -> &str {
        Self::ID
    }

    fn description(&self) -> [&'static str; 2] {
        ["Random wells", "A random landscape of two to six wells, learnt from values at random points."]
    }

    fn bounds(&self) -> Vec<[f64; 2]> {
        vec![DRAW_DOMAIN]
    }

    fn value(&self, x: &[f64]) -> f64 {
        self.both(x[0])[0]
    }

    fn gradient(&self, x: &[f64]) -> Vec<f64> {
        vec![self.both(x[0])[1]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::landscape::{of_potential, well_threshold};

    const ALL_KINDS: [RandomTargetKind; 3] = [RandomTargetKind::Smooth, RandomTargetKind::Kinked, RandomTargetKind::Gaussians];

    #[test]
    fn every_seed_gives_distinct_wells_and_all_counts_occur() {
        for kind in ALL_KINDS {
            let mut seen = [0; 7];
            for seed in 0..60 {
                let target = RandomWells::new(kind, seed);
                let found = of_potential(&target);
                let data = crate::potentials::sampling::uniform(&target, 200, 0.01, seed);
                assert_eq!(found.wells(well_threshold(data.std(), data.sigma())), found.minima.len(), "{kind:?} {seed}");
                seen[found.minima.len()] += 1;
            }
            assert!(seen[2..].iter().all(|&n| n > 0), "{kind:?}: {seen:?}");
        }
    }

    #[test]
    fn potential_is_determined_by_kind_and_seed() {
        for kind in ALL_KINDS {
            assert_eq!(RandomWells::new(kind, 3), RandomWells::new(kind, 3));
            assert_ne!(RandomWells::new(kind, 3), RandomWells::new(kind, 4));
        }
    }
}

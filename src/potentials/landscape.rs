//! Random landscapes of one to three inputs and two to five wells, for tests of recipes on many surfaces. The kind, the number of inputs
//! and the seed determine a target.
//!
//! - ellipsoids: `f_i(x) = b_i + (x - c_i)^T A_i (x - c_i) / 2` with principal curvatures from 0.8 to 5 along random axes
//! - [`RandomTargetKind::Smooth`]: their soft minimum `-(1/rho) log sum_i exp(-rho f_i(x))`, with a sharpness rho from 2 to 20
//! - [`RandomTargetKind::Kinked`]: their minimum
//! - [`RandomTargetKind::Gaussians`]: `k |x|^2 / 2 - sum_i d_i exp(-(x - c_i)^T A_i (x - c_i) / 2)`
//! - domain: `-2 <= x_k <= 2`
//!
//! A draw is accepted only if each well is clear. The number of minima equals the number of wells. The minima are at least 0.6 apart and
//! 0.2 from the faces. Each has a barrier of at least [`MIN_WELL_BARRIER`] times the range of the values over the domain. No other minimum
//! has a barrier of more than [`MAX_OTHER_BARRIER`] times the range.

use std::sync::OnceLock;

use rand::{Rng, SeedableRng};
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::random::RandomTargetKind;
use super::{KnownPotential, Preset};
use crate::numerics::flooding::{GridMinimum, flood};
use crate::numerics::statistics::dot;

/// Smallest barrier of a well, as a fraction of the range of the values.
pub const MIN_WELL_BARRIER: f64 = 0.06;
/// Largest barrier of any other minimum, as a fraction of the range.
pub const MAX_OTHER_BARRIER: f64 = 0.001;

/// Number of draws after which the number of wells decreases by one.
const MAX_DRAWS: usize = 1_000;
const HALF_SIDE: f64 = 2.0;
/// Smallest distances of minima from each other and from the faces.
const MIN_DISTANCE: f64 = 0.6;
const FACE_DISTANCE: f64 = 0.2;
/// Range of the principal curvatures of ellipsoids. Their logarithms are drawn uniformly.
const CURVATURE_RANGE: [f64; 2] = [0.8, 5.0];
/// Range of the sharpness of soft minima.
const SHARPNESS_RANGE: [f64; 2] = [2.0, 20.0];
/// Range of the widths of Gaussians along their axes.
const WIDTH_RANGE: [f64; 2] = [0.3, 0.7];

/// Quadratic form around a centre.
#[derive(Clone, Debug, PartialEq)]
struct Ellipsoid {
    centre: Vec<f64>,
    /// Matrix `A` by rows.
    matrix: Vec<f64>,
    /// Value at the centre, or depth of a Gaussian.
    height: f64,
}

impl Ellipsoid {
    /// Returns `(x - c)^T A (x - c) / 2` without allocation, because a draw evaluates it a million times.
    fn value(&self, x: &[f64]) -> f64 {
        let offset = |k: usize| x[k] - self.centre[k];
        let rows = self.matrix.chunks_exact(x.len()).enumerate();
        0.5 * rows.map(|(i, row)| offset(i) * row.iter().enumerate().map(|(j, a)| a * offset(j)).sum::<f64>()).sum::<f64>()
    }

    /// Returns `(x - c)^T A (x - c) / 2` and its gradient `A (x - c)`.
    fn form(&self, x: &[f64]) -> (f64, Vec<f64>) {
        let offset: Vec<f64> = x.iter().zip(&self.centre).map(|(x, c)| x - c).collect();
        let slope: Vec<f64> = self.matrix.chunks_exact(x.len()).map(|row| dot(row, &offset)).collect();
        (0.5 * dot(&slope, &offset), slope)
    }
}

/// Random landscape. It is drawn at the first evaluation, because a draw is slow and the list of benchmarks contains one.
#[derive(Clone, Debug)]
pub struct RandomLandscape {
    kind: RandomTargetKind,
    inputs: usize,
    seed: u64,
    drawn: OnceLock<LandscapeShape>,
}

/// Components of a landscape.
#[derive(Clone, Debug, PartialEq)]
struct LandscapeShape {
    kind: RandomTargetKind,
    parts: Vec<Ellipsoid>,
    /// Sharpness of the soft minimum, or curvature of the bowl under Gaussians.
    number: f64,
}

impl Default for RandomLandscape {
    fn default() -> Self {
        Self::new(RandomTargetKind::Smooth, Self::INPUTS, 1)
    }
}

impl RandomLandscape {
    /// The id of this benchmark.
    pub const ID: &'static str = "random-landscape";
    /// Default number of inputs.
    pub const INPUTS: usize = 2;
    /// Largest number of inputs.
    pub const MAX_INPUTS: usize = 3;

    /// Creates the target of a kind, a number of inputs and a seed.
    ///
    /// # Panics
    /// If the number of inputs is not between 1 and [`RandomLandscape::MAX_INPUTS`].
    pub fn new(kind: RandomTargetKind, inputs: usize, seed: u64) -> Self {
        assert!((1..=Self::MAX_INPUTS).contains(&inputs), "landscapes have one to three inputs");
        Self { kind, inputs, seed, drawn: OnceLock::new() }
    }

    fn shape(&self) -> &LandscapeShape {
        self.drawn.get_or_init(|| LandscapeShape::new(self.kind, self.inputs, self.seed))
    }
}

impl LandscapeShape {
    fn new(kind: RandomTargetKind, inputs: usize, seed: u64) -> Self {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        // This stream differs from the streams of sample points, noise, initial weights and curves.
        (0..3).for_each(|_| rng.long_jump());
        let mut wells = rng.random_range(2..=5);
        loop {
            for _ in 0..MAX_DRAWS {
                let target = Self::draw(kind, inputs, wells, &mut rng);
                if target.satisfies_necessary_condition() && target.is_clear(wells) {
                    return target;
                }
            }
            // A line is too short for five wide wells.
            wells -= 1;
        }
    }

    fn draw(kind: RandomTargetKind, inputs: usize, wells: usize, rng: &mut Xoshiro256PlusPlus) -> Self {
        let between = |rng: &mut Xoshiro256PlusPlus, [low, high]: [f64; 2]| low * (high / low).powf(rng.random::<f64>());
        let parts = (0..wells)
            .map(|_| {
                let centre =
                    (0..inputs).map(|_| rng.random_range(FACE_DISTANCE - HALF_SIDE..HALF_SIDE - FACE_DISTANCE)).collect();
                let curvatures: Vec<f64> = (0..inputs)
                    .map(|_| {
                        if kind == RandomTargetKind::Gaussians {
                            between(rng, WIDTH_RANGE).powi(-2)
                        } else {
                            between(rng, CURVATURE_RANGE)
                        }
                    })
                    .collect();
                let axes = rotation(inputs, rng);
                let entry = |i: usize, j: usize| -> f64 {
                    curvatures.iter().enumerate().map(|(k, c)| c * axes[k * inputs + i] * axes[k * inputs + j]).sum()
                };
                let matrix = (0..inputs * inputs).map(|k| entry(k / inputs, k % inputs)).collect();
                let height =
                    if kind == RandomTargetKind::Gaussians { rng.random_range(0.5..1.5) } else { rng.random_range(0.0..1.0) };
                Ellipsoid { centre, matrix, height }
            })
            .collect();
        let number = match kind {
            RandomTargetKind::Gaussians => rng.random_range(0.1..0.5),
            _ => between(rng, SHARPNESS_RANGE),
        };
        Self { kind, parts, number }
    }

    fn dimensions(&self) -> usize {
        self.parts[0].centre.len()
    }

    /// Returns false if a cheap necessary condition of [`LandscapeShape::is_clear`] is violated, as in most draws. On the line between any
    /// two centres, the values must rise by the smallest barrier above the higher one. The range is at least the rise to the corners.
    fn satisfies_necessary_condition(&self) -> bool {
        const TEST_POINTS: usize = 16;
        let d = self.dimensions();
        let corner = |k: usize| (0..d).map(|j| if k >> j & 1 == 0 { -HALF_SIDE } else { HALF_SIDE }).collect::<Vec<f64>>();
        let highest = (0..1 << d).map(|k| self.height(&corner(k))).fold(f64::NEG_INFINITY, f64::max);
        let bottoms: Vec<f64> = self.parts.iter().map(|part| self.height(&part.centre)).collect();
        let least = MIN_WELL_BARRIER * (highest - bottoms.iter().copied().fold(f64::INFINITY, f64::min));
        let rises = |i: usize, j: usize| {
            let at = |t: f64| -> Vec<f64> {
                self.parts[i].centre.iter().zip(&self.parts[j].centre).map(|(a, b)| a + t * (b - a)).collect()
            };
            let floor = bottoms[i].max(bottoms[j]);
            (1..TEST_POINTS).any(|k| self.height(&at(k as f64 / TEST_POINTS as f64)) > floor + least)
        };
        (0..bottoms.len()).all(|i| (0..i).all(|j| rises(i, j)))
    }

    fn is_clear(&self, wells: usize) -> bool {
        let side = self.side();
        // A coarse grid, whose barriers have a small error, decides most draws.
        let count = |minima: &[GridMinimum], least: f64| minima.iter().filter(|m| m.persistence >= least).count();
        let (coarse, range) = self.minima(side / 2 + 1);
        if count(&coarse, 0.8 * MIN_WELL_BARRIER * range) != wells {
            return false;
        }
        let (found, range) = self.minima(side);
        let apart = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt();
        let clear: Vec<Vec<f64>> =
            found.iter().filter(|m| m.persistence >= MIN_WELL_BARRIER * range).map(|m| self.place(m.index, side)).collect();
        clear.len() == wells
            && count(&found, MAX_OTHER_BARRIER * range) == wells
            && clear.iter().all(|x| x.iter().all(|x| x.abs() <= HALF_SIDE - FACE_DISTANCE))
            && clear.iter().enumerate().all(|(k, a)| clear[..k].iter().all(|b| apart(a, b) >= MIN_DISTANCE))
    }

    /// Number of points on a side of the grid of the search for wells.
    fn side(&self) -> usize {
        [1201, 81, 33][self.dimensions() - 1]
    }

    /// Minima on a grid over the domain, and the range of the values there.
    fn minima(&self, side: usize) -> (Vec<GridMinimum>, f64) {
        let d = self.dimensions();
        let values: Vec<f64> = (0..side.pow(d as u32)).map(|index| self.height(&self.place(index, side))).collect();
        let [low, high] = values.iter().fold([f64::INFINITY, f64::NEG_INFINITY], |[l, h], &v| [l.min(v), h.max(v)]);
        (flood(&values, side, d as u32), high - low)
    }

    /// Point of a grid over the domain with this index.
    fn place(&self, index: usize, side: usize) -> Vec<f64> {
        let at = |k: usize| -HALF_SIDE + 2.0 * HALF_SIDE * (index / side.pow(k as u32) % side) as f64 / (side - 1) as f64;
        (0..self.dimensions()).rev().map(at).collect()
    }

    /// Value at the point `x`.
    fn height(&self, x: &[f64]) -> f64 {
        let heights = || self.parts.iter().map(|part| part.value(x) + part.height);
        let least = || heights().fold(f64::INFINITY, f64::min);
        match self.kind {
            RandomTargetKind::Smooth => {
                let least = least();
                least - heights().map(|f| (-self.number * (f - least)).exp()).sum::<f64>().ln() / self.number
            }
            RandomTargetKind::Kinked => least(),
            RandomTargetKind::Gaussians => {
                0.5 * self.number * dot(x, x) - self.parts.iter().map(|part| part.height * (-part.value(x)).exp()).sum::<f64>()
            }
        }
    }

    /// Value and gradient at the point `x`.
    fn both(&self, x: &[f64]) -> (f64, Vec<f64>) {
        let forms = self.parts.iter().map(|part| (part.form(x), part.height));
        match self.kind {
            RandomTargetKind::Smooth => {
                let forms: Vec<(f64, Vec<f64>)> = forms.map(|((form, slope), height)| (form + height, slope)).collect();
                let least = forms.iter().map(|f| f.0).fold(f64::INFINITY, f64::min);
                let weights: Vec<f64> = forms.iter().map(|f| (-self.number * (f.0 - least)).exp()).collect();
                let sum: f64 = weights.iter().sum();
                let slope = |k: usize| weights.iter().zip(&forms).map(|(w, f)| w * f.1[k]).sum::<f64>() / sum;
                (least - sum.ln() / self.number, (0..x.len()).map(slope).collect())
            }
            RandomTargetKind::Kinked => {
                let forms = forms.map(|((form, slope), height)| (form + height, slope));
                // At a kink, the component with the larger slope is the smaller one on the left.
                forms.reduce(|a, b| if b.0 < a.0 || (b.0 == a.0 && b.1 > a.1) { b } else { a }).unwrap_or_default()
            }
            RandomTargetKind::Gaussians => {
                let bowl = (0.5 * self.number * dot(x, x), x.iter().map(|x| self.number * x).collect::<Vec<f64>>());
                forms.fold(bowl, |(value, slopes), ((form, slope), depth)| {
                    let bell = depth * (-form).exp();
                    (value - bell, slopes.iter().zip(slope).map(|(sum, s)| sum + bell * s).collect())
                })
            }
        }
    }
}

/// Random rotation by rows: independent normal vectors, orthogonalised one after another.
fn rotation(size: usize, rng: &mut Xoshiro256PlusPlus) -> Vec<f64> {
    let mut axes: Vec<f64> = Vec::with_capacity(size * size);
    while axes.len() < size * size {
        let mut axis: Vec<f64> = (0..size).map(|_| rng.sample(StandardNormal)).collect();
        for known in axes.chunks_exact(size) {
            let along = dot(known, &axis);
            axis.iter_mut().zip(known).for_each(|(a, k)| *a -= along * k);
        }
        let length = dot(&axis, &axis).sqrt();
        if length > 1e-3 {
            axes.extend(axis.iter().map(|a| a / length));
        }
    }
    axes
}

impl KnownPotential for RandomLandscape {
    fn id(&self) -> &'static str {
        Self::ID
    }

    fn description(&self) -> [&'static str; 2] {
        [
            "Random landscape",
            "A random landscape of one to three inputs and two to five wells, learnt from values or derivatives at random points.",
        ]
    }

    fn inputs(&self) -> Vec<&str> {
        ["x", "y", "z"][..self.inputs].to_vec()
    }

    fn bounds(&self) -> Vec<[f64; 2]> {
        vec![[-HALF_SIDE, HALF_SIDE]; self.inputs]
    }

    fn value(&self, x: &[f64]) -> f64 {
        self.shape().height(x)
    }

    fn gradient(&self, x: &[f64]) -> Vec<f64> {
        self.shape().both(x).1
    }

    fn sharpness(&self) -> Option<f64> {
        (self.kind == RandomTargetKind::Smooth).then(|| self.shape().number)
    }

    fn preset(&self) -> Option<Preset> {
        Some(Preset { modes: 10, hidden: &[10, 10], samples: 800, epochs: 30_000 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL_KINDS: [RandomTargetKind; 3] = [RandomTargetKind::Smooth, RandomTargetKind::Kinked, RandomTargetKind::Gaussians];

    #[test]
    fn every_seed_gives_distinct_wells() {
        for (kind, inputs) in ALL_KINDS.into_iter().flat_map(|kind| [1, 2].map(|inputs| (kind, inputs))) {
            let mut seen = [0; 6];
            for seed in 0..20 {
                let target = LandscapeShape::new(kind, inputs, seed);
                seen[target.parts.len()] += 1;
                assert_eq!(target, LandscapeShape::new(kind, inputs, seed));
                assert!(target.is_clear(target.parts.len()));
            }
            let most = if inputs == 1 { 3 } else { 4 };
            assert!(seen[2..=most].iter().all(|&n| n > 0), "{kind:?} {inputs}: {seen:?}");
        }
        for kind in ALL_KINDS {
            assert_eq!(RandomLandscape::new(kind, 3, 5).inputs(), ["x", "y", "z"]);
        }
    }
}

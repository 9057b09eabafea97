//! One fit of a density to shares on a line: the network, its grid, its optimiser, a step at a time.

use crate::nn::params::ParamKind;
use crate::nn::{Architecture, Params};
use crate::objective::density::{Density, DensityBatch, Points, Weights};
use crate::plan::Options;
use crate::train::{Adam, Group, Rates, adam, schedule};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::samples::STATES;

/// What the network sees of a place on a line of [`STATES`]: its distance from the middle of the network over this.
const SCALE: f64 = 60.0;

/// A network for densities, ready to be trained on any samples.
pub struct Fitter {
    objective: Density<f32>,
    groups: Vec<Group>,
    /// The largest state.
    top: usize,
    /// The place, on a line of [`STATES`], that the network sees as zero.
    shift: f64,
    /// Where a fresh fit begins.
    pub first: Vec<f32>,
}

/// A fit under way.
pub struct Course {
    batch: DensityBatch<f32>,
    adam: Adam<f32>,
    weights: Weights,
    rate: f64,
    /// The parameters.
    pub params: Vec<f32>,
    gradient: Vec<f32>,
    done: u64,
    of: u64,
}

impl Course {
    /// Whether all steps have been taken.
    pub fn is_done(&self) -> bool {
        self.done >= self.of
    }
}

impl Fitter {
    /// A network of so many modes and hidden widths.
    pub fn new(arch: &Architecture, seed: u64, top: usize, shift: f64) -> Self {
        let objective = Density::new(arch, Options::default());
        let groups = adam::groups(objective.params(), arch.convexity);
        let first = start(objective.params(), seed);
        Self { objective, groups, top, shift, first }
    }

    /// Shift and scale of a state for the network.
    pub fn scaling(&self) -> [f64; 2] {
        let stretch = self.top as f64 / STATES as f64;
        [self.shift * stretch, SCALE * stretch]
    }

    /// Points of a grid, with the share of the data at each; they are the ends of equal parts of the line.
    fn points(&self, shares: &[f64]) -> DensityBatch<f32> {
        let step = self.top as f64 / (shares.len() - 1) as f64;
        let [shift, scale] = self.scaling();
        let x = (0..shares.len()).map(|k| (k as f64 * step - shift) / scale).collect();
        self.objective.batch(&Points { x, data: shares.to_vec(), cells: vec![step; shares.len()] })
    }

    /// Begins a fit of so many steps.
    pub fn begin(&self, shares: &[f64], weights: Weights, rate: f64, steps: u64, start: &[f32]) -> Course {
        let len = start.len();
        Course {
            batch: self.points(shares),
            adam: Adam::new(len),
            weights,
            rate,
            params: start.to_vec(),
            gradient: vec![0.0; len],
            done: 0,
            of: steps,
        }
    }

    /// Takes a step of it.
    pub fn step(&mut self, course: &mut Course) {
        self.objective.set_weights(course.weights);
        self.objective.evaluate(&course.params, &mut course.batch, &mut course.gradient);
        let rate = course.rate * schedule::cosine(course.done, course.of);
        course.adam.step(&mut course.params, &course.gradient, &self.groups, Rates { network: rate, gate: rate });
        course.done += 1;
    }

    /// Mean of `-log q` over shares, of a probability for each state.
    pub fn likelihood(&mut self, params: &[f32], shares: &[f64]) -> f64 {
        let mut batch = self.points(shares);
        self.objective.loss(params, &mut batch).data
    }

    /// Probabilities of the parts of a grid of so many points.
    pub fn probabilities(&mut self, params: &[f32], points: usize) -> Vec<f64> {
        let mut batch = self.points(&vec![0.0; points]);
        self.objective.loss(params, &mut batch);
        batch.shares().to_vec()
    }
}

/// Where a state lies on a grid of so many points: the point below, and how much of the way to the next one.
pub fn place(state: f64, top: usize, points: usize) -> (usize, f64) {
    let last = (points - 1) as f64;
    let at = (state * last / top as f64).clamp(0.0, last);
    let below = (at as usize).min(points - 2);
    (below, at - below as f64)
}

/// Samples shared out to the points of a grid, each to its two neighbours there.
pub fn binned(samples: impl Iterator<Item = f64>, top: usize, points: usize) -> Vec<f64> {
    let mut counts = vec![0.0; points];
    for state in samples {
        let (below, part) = place(state, top, points);
        counts[below] += 1.0 - part;
        counts[below + 1] += part;
    }
    counts
}

/// `V` and `b` uniform in +-1, `W` the absolute value of a draw within one over the root of the width before, gates open, rho 2.
fn start(params: &Params, seed: u64) -> Vec<f32> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    rng.long_jump();
    let draw = |(kind, columns): (ParamKind, usize)| match kind {
        ParamKind::Free | ParamKind::Bias => rng.random_range(-1.0..1.0),
        ParamKind::NonNegative => rng.random_range(0.0..1.0) / (columns as f32).sqrt(),
        ParamKind::Gate => crate::nn::init::OPEN_GATE as f32,
        ParamKind::Sharpness => crate::nn::init::FIRST_RHO as f32,
    };
    params.iter().flat_map(|p| std::iter::repeat_n((p.kind, p.shape[2]), p.len())).map(draw).collect()
}

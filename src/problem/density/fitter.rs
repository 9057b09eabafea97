//! One fit of a density to shares on a line: the network, its grid, its optimiser, a step at a time.

use crate::loss::density::{Density, DensityBatch, Points, Weights};
use crate::model::model_file::Normalization;
use crate::model::potential::{Evaluator, Parts};
use crate::model::{Architecture, ParamKind, init, lse};
use crate::plan::Options;
use crate::train::{Adam, Group, Rates, adam, schedule};

use super::start::{self, Start};

/// A network for densities, ready to be trained on any samples.
pub struct Fitter {
    objective: Density<f32>,
    modes: Evaluator<f32>,
    groups: Vec<Group>,
    arch: Architecture,
    seed: u64,
    /// The largest state.
    top: usize,
}

/// What a fit is begun with.
#[derive(Clone, Debug)]
pub struct Beginning {
    /// The parameters.
    pub params: Vec<f32>,
    /// Shift and scale of a state for the network.
    pub scaling: [f64; 2],
    /// Weights in the loss.
    pub weights: Weights,
    /// The learning rate of the first step.
    pub rate: f64,
    /// The number of steps.
    pub steps: u64,
}

/// A fit under way.
pub struct Course {
    batch: DensityBatch<f32>,
    adam: Adam<f32>,
    weights: Weights,
    rate: f64,
    /// The parameters.
    pub params: Vec<f32>,
    /// Shift and scale of a state for the network.
    pub scaling: [f64; 2],
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
    /// A network of so many modes and hidden widths. Gates are what says whether a mode is there: they are not trained, as they describe the same
    /// freedom as the last biases.
    pub fn new(arch: &Architecture, seed: u64, top: usize) -> Self {
        let objective = Density::new(arch, Options::default());
        let mut groups = adam::groups(objective.params(), arch.convexity);
        for (group, param) in groups.iter_mut().zip(objective.params().iter()) {
            group.frozen = param.kind == ParamKind::Gate;
        }
        let modes = Evaluator::new(arch, Normalization::identity(1), Parts { modes: true, ..Parts::default() });
        Self { objective, modes, groups, arch: arch.clone(), seed, top }
    }

    /// Where a fit to samples begins: on a kernel estimate of their density, at its modes. Each attempt draws
    /// other weights.
    pub fn start(&self, from: &Start, scaling: [f64; 2], attempt: usize) -> Vec<f32> {
        let [shift, scale] = scaling;
        let place = |state: f64| (state - shift) / scale;
        let kinks: Vec<f64> = from.kinks.iter().map(|&state| place(state)).collect();
        let centres: Vec<(Vec<f64>, f64)> = from.centres.iter().map(|&(state, y)| (vec![place(state)], y)).collect();
        let params = self.objective.params();
        let mut rng = init::stream(self.seed);
        (0..attempt).for_each(|_| rng.jump());
        let mut flat = init::on_data(params, &kinks, &centres, &mut rng);
        if let Some(rho) = params.get("rho") {
            flat[rho.offset] = start::RHO;
        }
        flat.into_iter().map(|p| p as f32).collect()
    }

    /// Places of a grid of so many points as the network sees them; they are the ends of equal parts of the line.
    fn places(&self, points: usize, [shift, scale]: [f64; 2]) -> Vec<f64> {
        let step = self.step(points);
        (0..points).map(|k| (k as f64 * step - shift) / scale).collect()
    }

    /// The distance of neighbours on a grid of so many points.
    fn step(&self, points: usize) -> f64 {
        self.top as f64 / (points - 1) as f64
    }

    /// Points of a grid, with the share of the data at each.
    fn points(&self, shares: &[f64], scaling: [f64; 2]) -> DensityBatch<f32> {
        let points = shares.len();
        let cells = vec![self.step(points); points];
        self.objective.batch(&Points { x: self.places(points, scaling), data: shares.to_vec(), cells })
    }

    /// Begins a fit to shares on a grid.
    pub fn begin(&self, shares: &[f64], beginning: Beginning) -> Course {
        let Beginning { params, scaling, weights, rate, steps } = beginning;
        let len = params.len();
        Course {
            batch: self.points(shares, scaling),
            adam: Adam::new(len),
            weights,
            rate,
            params,
            scaling,
            gradient: vec![0.0; len],
            done: 0,
            of: steps,
        }
    }

    /// Takes a step of it.
    pub fn step_on(&mut self, course: &mut Course) {
        self.objective.set_weights(course.weights);
        self.objective.evaluate(&course.params, &mut course.batch, &mut course.gradient);
        let rate = course.rate * schedule::cosine(course.done, course.of);
        course.adam.step(&mut course.params, &course.gradient, &self.groups, Rates { network: rate, gate: rate });
        course.done += 1;
    }

    /// Mean of `-log q` over shares, of a probability for each state.
    pub fn likelihood(&mut self, params: &[f32], shares: &[f64], scaling: [f64; 2]) -> f64 {
        let mut batch = self.points(shares, scaling);
        self.objective.loss(params, &mut batch).data
    }

    /// Probabilities of the parts of a grid of so many points.
    pub fn probabilities(&mut self, params: &[f32], points: usize, scaling: [f64; 2]) -> Vec<f64> {
        let mut batch = self.points(&vec![0.0; points], scaling);
        self.objective.loss(params, &mut batch);
        batch.shares().to_vec()
    }

    /// For each mode its part of the probability, and its largest responsibility on the line, on a grid of so many points.
    pub fn roles(&mut self, params: &[f32], points: usize, scaling: [f64; 2]) -> Vec<[f64; 2]> {
        let probabilities = self.probabilities(params, points, scaling);
        let responsibilities = self.modes.evaluate(params, &self.places(points, scaling)).responsibilities;
        let mut roles = vec![[0.0_f64; 2]; self.arch.modes];
        for (r, q) in responsibilities.chunks_exact(self.arch.modes).zip(probabilities) {
            roles.iter_mut().zip(r).for_each(|(role, r)| *role = [role[0] + q * r, role[1].max(*r)]);
        }
        roles
    }

    /// The gates.
    pub fn gates(&self, params: &[f32]) -> Vec<f64> {
        let gates = self.objective.params().iter().filter(|p| p.kind == ParamKind::Gate);
        gates.flat_map(|gate| &params[gate.range()]).map(|&a| lse::gate(a.into())).collect()
    }

    /// The same parameters with a mode closed for good.
    pub fn without(&self, params: &[f32], mode: usize) -> Vec<f32> {
        let mut others = params.to_vec();
        lse::close(self.objective.params(), &mut others, mode);
        others
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

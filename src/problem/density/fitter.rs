//! One fit of a density on a line: the network, its grid, its trainer, an epoch at a time.

use crate::loss::Loss;
use crate::loss::density::{LikelihoodLoss, LikelihoodPoints, Weights};
use crate::model::model_file::Normalization;
use crate::model::potential::{Evaluator, Outputs};
use crate::model::{Architecture, ParamKind, init, lse};
use crate::plan::PlanOptions;
use crate::train::{Divergence, ParameterGroup, Rates, Trainer, adam, schedule};

use super::start::{self, SampleStart};

/// A network for densities, ready to be trained on any samples, one fit after another.
pub struct Fitter {
    loss: LikelihoodLoss<f32>,
    modes: Evaluator<f32>,
    groups: Vec<ParameterGroup>,
    arch: Architecture,
    seed: u64,
    /// The largest state.
    top: usize,
}

/// The start of a fit and how it is trained.
#[derive(Clone, Debug)]
pub struct Beginning {
    /// The parameters.
    pub params: Vec<f32>,
    /// Shift and scale of a state for the network.
    pub scaling: [f64; 2],
    /// Weights in the loss.
    pub weights: Weights,
    /// The learning rate of the first epoch.
    pub rate: f64,
    /// The number of epochs.
    pub epochs: u64,
}

/// The fit that is being trained.
pub struct FitInProgress {
    trainer: Trainer<f32>,
    rate: f64,
    epochs: u64,
    /// Shift and scale of a state for the network.
    pub scaling: [f64; 2],
}

impl FitInProgress {
    /// The parameters.
    pub fn params(&self) -> &[f32] {
        self.trainer.params()
    }

    /// Whether all epochs have been done.
    pub fn is_done(&self) -> bool {
        self.trainer.epoch() >= self.epochs
    }
}

impl Fitter {
    /// Compiles the network. Its gates only tell whether a mode is present: they are not trained, as they describe the same freedom as the
    /// last biases.
    pub fn new(arch: &Architecture, seed: u64, top: usize) -> Self {
        let loss = LikelihoodLoss::new(arch, PlanOptions::default());
        let mut groups = adam::groups(loss.params(), arch.convexity);
        for (group, param) in groups.iter_mut().zip(loss.params().iter()) {
            group.frozen = param.kind == ParamKind::Gate;
        }
        let modes = Evaluator::new(arch, Normalization::identity(1), Outputs { modes: true, ..Outputs::default() });
        Self { loss, modes, groups, arch: arch.clone(), seed, top }
    }

    /// Initial parameters on a kernel estimate of the samples' density, at its modes. Each attempt draws other weights.
    pub fn start(&self, from: &SampleStart, scaling: [f64; 2], attempt: usize) -> Vec<f32> {
        let [shift, scale] = scaling;
        let place = |state: f64| (state - shift) / scale;
        let kinks: Vec<f64> = from.kinks.iter().map(|&state| place(state)).collect();
        let centres: Vec<(Vec<f64>, f64)> = from.centres.iter().map(|&(state, y)| (vec![place(state)], y)).collect();
        let params = self.loss.params();
        let mut rng = init::stream(self.seed);
        (0..attempt).for_each(|_| rng.jump());
        let mut flat = init::on_data(params, &kinks, &centres, &mut rng);
        if let Some(rho) = params.get("rho") {
            flat[rho.offset] = start::INITIAL_RHO;
        }
        flat.into_iter().map(|p| p as f32).collect()
    }

    /// Positions of a grid of `points` points in the units of the network; they are the ends of equal intervals.
    fn places(&self, points: usize, [shift, scale]: [f64; 2]) -> Vec<f64> {
        let step = self.step(points);
        (0..points).map(|k| (k as f64 * step - shift) / scale).collect()
    }

    /// Distance of neighbours on a grid of `points` points.
    fn step(&self, points: usize) -> f64 {
        self.top as f64 / (points - 1) as f64
    }

    /// Points of a grid, with the weight of the data at each.
    fn points(&self, data: &[f64], scaling: [f64; 2]) -> LikelihoodPoints {
        let points = data.len();
        LikelihoodPoints { x: self.places(points, scaling), data: data.to_vec(), cells: vec![self.step(points); points] }
    }

    /// Begins a fit to weights of the data on a grid, in place of the one before.
    pub fn start_fit(&mut self, data: &[f64], beginning: Beginning) -> FitInProgress {
        let Beginning { params, scaling, weights, rate, epochs } = beginning;
        self.loss.train_on(&self.points(data, scaling), weights);
        let mut trainer = Trainer::new(params, self.groups.clone());
        // A log-likelihood has no natural zero: its scale is that of the uniform density.
        trainer.expect(1.0 + (self.top as f64).ln());
        FitInProgress { trainer, rate, epochs, scaling }
    }

    /// Trains the fit that was begun last by an epoch.
    ///
    /// # Errors
    /// If it has diverged; its parameters are then those of a healthy epoch before.
    pub fn epoch(&mut self, fit: &mut FitInProgress) -> Result<(), Divergence> {
        let rate = fit.rate * schedule::cosine(fit.trainer.epoch(), fit.epochs);
        fit.trainer.evaluate(&mut self.loss)?;
        fit.trainer.step(&mut self.loss, |_| Rates { network: rate, gate: rate }).map(drop)
    }

    /// The loss of parameters on the data of the fit that was begun last, its decay included.
    pub fn total(&mut self, params: &[f32]) -> f64 {
        self.loss.value(params).total
    }

    /// Mean of `-log q` over weighted states, of a probability for each state.
    pub fn likelihood(&mut self, params: &[f32], data: &[f64], scaling: [f64; 2]) -> f64 {
        let mut batch = self.loss.batch(&self.points(data, scaling));
        self.loss.likelihood(params, &mut batch)
    }

    /// Probabilities of the intervals of a grid of `points` points.
    pub fn probabilities(&mut self, params: &[f32], points: usize, scaling: [f64; 2]) -> Vec<f64> {
        let mut batch = self.loss.batch(&self.points(&vec![0.0; points], scaling));
        self.loss.likelihood(params, &mut batch);
        batch.probabilities().to_vec()
    }

    /// For each mode its probability and its largest responsibility, on a grid of `points` points.
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
        let gates = self.loss.params().iter().filter(|p| p.kind == ParamKind::Gate);
        gates.flat_map(|gate| &params[gate.range()]).map(|&a| lse::gate(a.into())).collect()
    }

    /// Parameters with one mode closed for good.
    pub fn without(&self, params: &[f32], mode: usize) -> Vec<f32> {
        let mut others = params.to_vec();
        lse::close(self.loss.params(), &mut others, mode);
        others
    }
}

/// The grid point below a state, and the fraction of the way from there to the next point.
pub fn place(state: f64, top: usize, points: usize) -> (usize, f64) {
    let last = (points - 1) as f64;
    let at = (state * last / top as f64).clamp(0.0, last);
    let below = (at as usize).min(points - 2);
    (below, at - below as f64)
}

/// Samples distributed over the points of a grid by linear binning, each to its two neighbours there.
pub fn binned(samples: impl Iterator<Item = f64>, top: usize, points: usize) -> Vec<f64> {
    let mut counts = vec![0.0; points];
    for state in samples {
        let (below, part) = place(state, top, points);
        counts[below] += 1.0 - part;
        counts[below + 1] += part;
    }
    counts
}

//! The recipe of densities: a density `q = exp(-Psi)/Z` of one to three inputs is fitted to samples by maximum likelihood.
//!
//! 1. *initialize*: all modes train for a while by Adam, from a kernel estimate of the samples ([`KernelEstimate`]) and several draws
//!    of the other weights, on fewer samples and cells than later. A quadrature that is fine around the samples gives `Z`
//!    ([`crate::numerics::quadrature`])
//! 2. *train together*: the start with the largest likelihood trains further, by the quasi-Newton method
//!    ([`crate::train::QuasiNewton`]), as in all later stages, or by Adam for very large networks. Adam is better at a start, because
//!    the quasi-Newton method ends at the nearest local minimum of the loss
//! 3. *remove mode k*, one after another: a mode stays removed if the log-likelihood of all samples falls by at most its
//!    removal cost, and if the remaining modes are at least as many as the wells. The cost of a mode with a well is one for each
//!    parameter of a convex well, as in Akaike's information criterion. The cost of another mode is half the logarithm of the number
//!    of samples for each, as in the Bayesian one
//! 4. *settle*: the remaining modes train further
//!
//! The number of samples is the effective one for correlated samples, and for weighted samples without a smooth bias
//! ([`crate::data::sampling_scheme`]).

use std::f64::consts::TAU;

use rand_xoshiro::Xoshiro256PlusPlus;

use super::active::{ActiveModes, TrainingStage};
use super::phase::{RecipePhase, RemovalTrial};
use super::staged::{Objective, Staged, removing};
use super::{DensityPrior, FitDomain, Stage, TrainingSettings};
use crate::data::sampling_scheme::SamplingScheme;
use crate::landscape::KernelEstimate;
use crate::landscape::density_wells::{GridDensity, count};
use crate::loss::density::{LikelihoodLoss, LikelihoodPoints, Weights};
use crate::loss::training_set::TrainingSet;
use crate::loss::{Loss, LossValue};
use crate::model::potential::{Evaluator, Outputs, declared};
use crate::model::{Architecture, features, init};
use crate::numerics::bounds::Bounds;
use crate::numerics::lattice::Lattice;
use crate::numerics::linear::narrow;
use crate::numerics::quadrature::Cells;
use crate::text::{counted, number, whole};
use crate::train::{Divergence, Rates, schedule};

/// Number of epochs of a start in a run of at least [`FULL_LENGTH_EPOCHS`] epochs. Shorter runs have proportionally shorter stages.
const START_EPOCHS: u64 = 300;
/// Numbers of epochs of training together, of a removal, and of settling: by the quasi-Newton method, and by Adam.
const QUASI_NEWTON_EPOCHS: [u64; 3] = [80, 80, 150];
const ADAM_EPOCHS: [u64; 3] = [1000, 300, 500];
/// Largest number of parameters for the quasi-Newton method. Its approximation of the inverse Hessian then takes 32 MB.
const MAX_QUASI_NEWTON_PARAMS: usize = 4000;
/// Number of epochs of a run whose stages have their full length: the largest lengths of all stages of the quasi-Newton method.
const FULL_LENGTH_EPOCHS: u64 = 2000;
/// Default limit on the epochs, which suffices for all stages of Adam.
pub const DEFAULT_EPOCHS: u64 = 7000;
/// Default number of modes offered.
pub const DEFAULT_MODES: usize = 8;
/// Number of compared draws of initial weights.
const START_COUNT: u64 = 4;
/// Fraction of the largest numbers of samples and cells that the draws train on, for one, two and three inputs. All samples and cells select the
/// best draw.
const START_FRACTIONS: [f64; 3] = [0.5, 0.25, 0.25];
/// Number of cells of the quadrature for one, two and three inputs.
pub const QUADRATURE_CELLS: [usize; 3] = [400, 4000, 8000];
/// Number of cells of the quadrature in training. A cell of one input has two Gauss points, another cell its middle.
const TRAINING_CELLS: [usize; 3] = [100, 4000, 8000];
/// Number of points along each side of the grid for wells, for one, two and three inputs.
pub const WELL_GRID_SIDES: [usize; 3] = [400, 72, 28];
/// Largest numbers of samples that are used individually, for one, two and three inputs. More samples are merged in the cells of a
/// quadrature around them.
pub const MAX_SAMPLES: [usize; 3] = [400, 4096, 4096];
/// Number of samples above which a note states the effect of merging. With fewer samples, their statistical error is much larger.
pub const MERGING_NOTE_SAMPLES: usize = 4096;
/// Default prior. The loss has its decay divided by the effective number of samples.
pub const PRIOR: DensityPrior = DensityPrior { weights: Weights { decay: 0.8, uniform: 0.0 }, wells: 0 };
/// Sentence on the training of all modes.
const TOGETHER_SENTENCE: &str = "All modes are fitted by maximum likelihood, from the best start.";
/// Initial sharpness, at which the density is the sum of the densities of the modes.
const INITIAL_RHO: f64 = 1.0;
/// Removal cost of a mode whose well other samples show: one for its weight, because they determine its position and width.
const KNOWN_WELL_COST: f64 = 1.0;
/// Number of the test at which a removal is given up if its loss exceeds the removal cost by this factor.
const REMOVAL_ABORT: (u64, f64) = (3, 10.0);

/// Likelihood of the samples of a density, as the objective of a recipe.
pub struct Likelihood {
    points: LikelihoodPoints,
    effective: f64,
    /// Weights of the terms of the loss besides the likelihood.
    weights: Weights,
    /// Number of wells that other samples show, see [`DensityPrior::wells`].
    expected_wells: usize,
    /// The grid for wells, and the ratio of the sampled density to the sought one at each of its points.
    lattice: Lattice,
    bias_factors: Vec<f64>,
    /// Draws of initial parameters; absent if the fit continues from given ones.
    draws: Option<InitialDraws>,
}

/// Successive draws of initial parameters on a kernel estimate.
struct InitialDraws {
    estimate: KernelEstimate,
    rng: Xoshiro256PlusPlus,
    /// Samples and cells that the starts train on.
    points: LikelihoodPoints,
    /// Losses of the completed starts, and the parameters after the best of them.
    losses: Vec<f64>,
    best: Vec<f64>,
}

impl InitialDraws {
    fn next(&mut self, offered: &Architecture) -> Vec<f64> {
        let params = declared(offered);
        let of_points = |x: &[f64]| features::of_points(&offered.periodic, x).into_owned();
        let centres = self.estimate.centres(offered.modes).into_iter();
        let centres: Vec<_> = centres.map(|(x, psi)| (of_points(&x), psi)).collect();
        let mut flat = init::on_data(&params, &of_points(&self.estimate.x), &centres, &mut self.rng);
        if let Some(rho) = params.get("rho") {
            flat[rho.offset] = INITIAL_RHO;
        }
        flat
    }
}

impl Staged<Likelihood> {
    /// Starts with modes at the modes of a kernel estimate, or with the parameters of a fit. The weights of the set sum to one.
    ///
    /// # Panics
    /// If the set has more than three inputs.
    pub fn on_samples(
        offered: &Architecture,
        set: &TrainingSet,
        domain: &FitDomain,
        training: &TrainingSettings,
        fit: Option<Vec<f64>>,
    ) -> Self {
        let (inputs, bounds) = (set.inputs, domain.bounds.clone());
        assert!(inputs <= QUADRATURE_CELLS.len(), "quadrature takes up to three inputs");
        let periodic: Vec<bool> = (0..inputs).map(|input| offered.is_periodic(input)).collect();
        let within = Bounds { ends: &bounds, periodic: &periodic };
        let drawn = SamplingScheme::new(&within, &set.x, set.weights.as_deref(), domain.samples);
        let effective = drawn.prior_samples;
        let mut draws = fit.is_none().then(|| {
            let periods: Vec<Option<f64>> = periodic.iter().map(|is_periodic| is_periodic.then_some(TAU)).collect();
            let estimate = KernelEstimate::new(&set.x, &drawn, &periods);
            let points = training_points(&set.x, &drawn, &bounds, START_FRACTIONS[inputs - 1]);
            InitialDraws { estimate, rng: init::stream(training.seed), points, losses: Vec::new(), best: Vec::new() }
        });
        let params = fit.or_else(|| draws.as_mut().map(|draws| draws.next(offered))).unwrap_or_default();
        let active = ActiveModes::new(offered, params, (0..offered.modes).collect());
        let points = training_points(&set.x, &drawn, &bounds, 1.0);
        let lattice = Lattice::new(within, WELL_GRID_SIDES[inputs - 1]).with_walls(&domain.walls);
        let bias_factors = drawn.bias_factors(&lattice.points());
        let DensityPrior { weights, wells: expected_wells } = domain.prior;
        let weights = Weights { decay: weights.decay / effective, ..weights };
        let objective = Likelihood { points, effective, weights, expected_wells, lattice, bias_factors, draws };
        let phase = objective.first_phase(&active);
        Self::new(objective, active, phase)
    }

    /// Starts the next draw of initial parameters, or continues with the best one.
    fn next_draw(&mut self, stage: TrainingStage) {
        let params = stage.params();
        drop(stage);
        let loss = self.objective.loss_on(&self.active, &self.objective.points).value(&narrow(&params)).data;
        let Some(draws) = &mut self.objective.draws else { return };
        if draws.losses.iter().all(|&other| loss < other) {
            draws.best = params;
        }
        draws.losses.push(loss);
        if (draws.losses.len() as u64) < START_COUNT {
            let params = draws.next(&self.active.offered);
            self.active.set(&params);
            return self.begin(self.objective.first_phase(&self.active));
        }
        let least = draws.losses.iter().copied().fold(f64::INFINITY, f64::min);
        let behind: Vec<String> = draws.losses.iter().map(|loss| number(self.objective.effective * (loss - least), 3)).collect();
        let sentence = format!("The log-likelihoods of the {START_COUNT} starts are below the largest by {}.", behind.join(", "));
        let best = draws.best.clone();
        self.close_stage(&best, sentence);
        self.begin(RecipePhase::Joint(self.joint_stage()));
    }

    /// Present mode with the least probability, except for modes whose removal was rejected.
    fn least_probable(&self) -> Option<usize> {
        let (params, present) = (narrow(&self.active.params()), self.active.present.len());
        let mut loss = self.objective.loss_on(&self.active, &self.objective.points);
        loss.value(&params);
        let mut evaluator: Evaluator<f32> = self.active.evaluator(Outputs { modes: true, ..Outputs::default() });
        let responsibilities = evaluator.evaluate(&params, &self.objective.points.cells).responsibilities;
        let mass = |k: usize| -> f64 {
            loss.probabilities().iter().zip(responsibilities.iter().skip(k).step_by(present)).map(|(q, r)| q * r).sum()
        };
        self.active.lowest_cost(&(0..present).map(mass).collect::<Vec<f64>>(), &self.needed)
    }
}

impl Likelihood {
    /// The loss of the present modes on some samples and cells.
    fn loss_on(&self, active: &ActiveModes, points: &LikelihoodPoints) -> LikelihoodLoss<f32> {
        LikelihoodLoss::new(&active.arch(), points, self.weights)
    }

    /// Stage of Adam on some samples and cells.
    fn adam(&self, active: &ActiveModes, points: &LikelihoodPoints) -> TrainingStage {
        // A log-likelihood has no natural zero: its scale is that of the uniform density.
        let size: f64 = points.sizes.iter().sum();
        let loss = Box::new(self.loss_on(active, points));
        TrainingStage::adam(active, loss, active.arch().convexity, 1.0 + size.ln().abs())
    }

    /// Start of the training from the current draw of initial parameters, or of all modes together if there are no draws.
    fn first_phase(&self, active: &ActiveModes) -> RecipePhase {
        match &self.draws {
            Some(draws) => RecipePhase::Starting(self.adam(active, &draws.points)),
            None => RecipePhase::Joint(self.joint_stage(active)),
        }
    }

    /// Number of completed starts.
    fn completed_starts(&self) -> u64 {
        self.draws.as_ref().map_or(0, |draws| draws.losses.len()) as u64
    }

    /// Number of wells of a fit on a grid.
    fn wells(&self, active: &ActiveModes) -> usize {
        let Self { lattice, bias_factors, effective: samples, .. } = self;
        let psi = active.evaluator::<f32>(Outputs::default()).evaluate(&narrow(&active.params()), &lattice.points()).psi;
        count(&GridDensity { psi: &psi, bias_factors, lattice, samples: *samples }.minima())
    }

    /// True if other samples of the quantity show more wells than this number of modes, which stay besides the removed one.
    fn is_expected(&self, others: usize) -> bool {
        others < self.expected_wells
    }

    /// Removal costs in units of log-likelihood: of a mode that holds a well, and of another mode.
    fn removal_costs(&self, others: usize) -> [f64; 2] {
        let parameters = parameters_of_well(self.lattice.inputs());
        let well = if self.is_expected(others) { KNOWN_WELL_COST } else { parameters };
        [well, 0.5 * parameters * self.effective.ln()]
    }
}

impl Objective for Likelihood {
    const FULL_LENGTH_EPOCHS: u64 = FULL_LENGTH_EPOCHS;
    const LAST_RATE: f64 = schedule::FINAL_RATE_FACTOR;
    const SETTLING_RATE: f64 = 0.3;

    fn joint_stage(&self, active: &ActiveModes) -> TrainingStage {
        if !affords_quasi_newton(active) {
            return self.adam(active, &self.points);
        }
        TrainingStage::quasi_newton(active, Box::new(self.loss_on(active, &self.points)), active.arch().convexity)
    }

    fn rates(training: &TrainingSettings) -> Rates {
        Rates { network: training.lr, gate: training.lr }
    }

    fn plan(&self, active: &ActiveModes, phase: &RecipePhase) -> Stage {
        let [fitting, removal, finishing] = stage_epochs(active);
        match phase {
            RecipePhase::Starting(_) => {
                let start = self.completed_starts() + 1;
                let sentence = format!("Start {start} of {START_COUNT}: other weights, from a kernel estimate of the samples.");
                Stage::planned("initialize", START_EPOCHS, sentence)
            }
            RecipePhase::Removing { trial: RemovalTrial { mode, .. }, .. } => {
                let sentence = format!("Mode {mode} is closed and the others fit again: is it needed?");
                Stage::planned(removing(*mode), removal, sentence)
            }
            RecipePhase::Settling(_) => Stage::planned("settle", finishing, "The remaining modes train further."),
            _ => Stage::planned("train together", fitting, TOGETHER_SENTENCE),
        }
    }

    fn advance(fit: &mut Staged<Self>, training: &TrainingSettings, _loss: f64) -> Result<bool, Divergence> {
        let is_over = fit.train(training)?;
        let RecipePhase::Removing { stage, trial } = &mut fit.phase else { return Ok(is_over) };
        let cost = |stage: &mut TrainingStage| fit.objective.effective * (stage.error() - trial.error);
        Ok(is_over || trial.is_decided(stage, cost))
    }

    fn end_stage(fit: &mut Staged<Self>, phase: RecipePhase, training: &TrainingSettings) {
        match phase {
            RecipePhase::Starting(stage) => fit.next_draw(stage),
            RecipePhase::Joint(mut stage) => {
                let loss = stage.error();
                fit.close_stage(&stage.params(), format!("Each sample has a likelihood of exp({}).", number(-loss, 4)));
                Self::remove_next(fit, loss, training);
            }
            RecipePhase::Settling(stage) => {
                fit.active.set(&stage.params());
                let wells = fit.objective.wells(&fit.active);
                let (kept, offered) = (fit.active.present.len(), fit.active.offered.modes);
                let sentence =
                    format!("The fit keeps {kept} of {}. The samples show {}.", counted(offered, "mode"), counted(wells, "well"));
                fit.close_stage(&stage.params(), sentence);
            }
            _ => {}
        }
    }

    fn remove_next(fit: &mut Staged<Self>, loss: f64, training: &TrainingSettings) {
        match fit.least_probable().filter(|_| fit.has_time(training)) {
            Some(mode) => {
                let [well, shape] = fit.objective.removal_costs(fit.active.present.len() - 1);
                fit.try_removal(mode, loss, well, (REMOVAL_ABORT.0, REMOVAL_ABORT.1 * shape.max(well)));
            }
            None => fit.begin(RecipePhase::Settling(fit.joint_stage())),
        }
    }

    fn judge_removal(&self, active: &ActiveModes, trial: &RemovalTrial, loss: f64) -> (Option<f64>, String) {
        let (wells, present) = (self.wells(active), active.present.len());
        let is_expected = self.is_expected(present);
        let holds_a_well = wells < self.wells(&trial.kept) || is_expected;
        let [well, shape] = self.removal_costs(present);
        let removal_cost = if holds_a_well { well } else { shape };
        let fall = self.effective * (loss - trial.error);
        let is_accepted = fall <= removal_cost && present >= wells;
        let (verdict, reason) = match (is_accepted, holds_a_well) {
            (true, true) => ("accepted", "although a minimum is lost"),
            (true, false) => ("accepted", "no well is lost"),
            (false, _) if present < wells => ("refused", "fewer modes than wells remain"),
            (false, true) => ("refused", "it holds a well"),
            (false, false) => ("refused", "the shape needs it"),
        };
        let way = if fall < 0.0 { "rises" } else { "falls" };
        let sentence = format!(
            "Without it the log-likelihood of all samples {way} by {}, its cost is {}: {verdict}, {reason}.",
            number(fall.abs(), 3),
            number(removal_cost, 3)
        );
        (is_accepted.then_some(loss), sentence)
    }

    fn restarted(fit: &mut Staged<Self>) -> RecipePhase {
        RecipePhase::Settling(fit.joint_stage())
    }

    fn loss(fit: &mut Staged<Self>) -> LossValue {
        match fit.phase.training_mut() {
            Some(stage) => stage.value(),
            None => fit.joint_stage().value(),
        }
    }

    fn reported(&self, loss: LossValue) -> LossValue {
        loss
    }

    fn work(fit: &Staged<Self>, training: &TrainingSettings) -> [u64; 2] {
        let full = |nominal: u64| Self::scaled_length(nominal, 1.0, training);
        // As a rule, half of the epochs of a removal show whether it can be accepted.
        let candidates = fit.active.present.len().saturating_sub(fit.needed.len()) as u64;
        let [fitting, removal, finishing] = stage_epochs(&fit.active);
        let removals = candidates * full(removal) / 2 + full(finishing);
        let after = match &fit.phase {
            RecipePhase::Starting(_) => {
                START_COUNT.saturating_sub(fit.objective.completed_starts() + 1) * full(START_EPOCHS) + full(fitting) + removals
            }
            RecipePhase::Joint(_) | RecipePhase::Removing { .. } => removals,
            _ => 0,
        };
        let here = fit.phase.training().map_or(0, |stage| fit.length(training).saturating_sub(stage.epoch()));
        [fit.epoch(), here + after]
    }

    fn ending(fit: &Staged<Self>, training: &TrainingSettings) -> Option<String> {
        let epochs = whole(fit.epoch());
        if fit.is_done() {
            return Some(format!("All stages of the density's recipe are done: {epochs} epochs."));
        }
        (fit.epoch() >= training.epochs).then(|| format!("Reached epoch {epochs}."))
    }
}

/// Returns true if the approximation of the inverse Hessian of all parameters is affordable.
fn affords_quasi_newton(active: &ActiveModes) -> bool {
    active.params().len() <= MAX_QUASI_NEWTON_PARAMS
}

/// Numbers of epochs of the stages after the starts.
fn stage_epochs(active: &ActiveModes) -> [u64; 3] {
    if affords_quasi_newton(active) { QUASI_NEWTON_EPOCHS } else { ADAM_EPOCHS }
}

/// Number of parameters of a convex well: its position, its width in all directions, and its weight.
pub fn parameters_of_well(inputs: usize) -> f64 {
    let inputs = inputs as f64;
    1.0 + inputs + inputs * (inputs + 1.0) / 2.0
}

/// Samples and cells for training, or a fraction of their largest numbers.
fn training_points(x: &[f64], drawn: &SamplingScheme, bounds: &[[f64; 2]], fraction: f64) -> LikelihoodPoints {
    let inputs = bounds.len();
    let [most, count] = [MAX_SAMPLES, TRAINING_CELLS].map(|counts| (fraction * counts[inputs - 1] as f64) as usize);
    let mut cells = Cells::around(bounds, x, &drawn.likelihood_weights, count);
    if inputs == 1 {
        cells = cells.gauss_points();
    }
    cells.sizes.iter_mut().zip(drawn.bias_factors(&cells.x)).for_each(|(size, bias_factor)| *size *= bias_factor);
    let (samples, weights) = merged_samples(x, &drawn.likelihood_weights, bounds, most);
    LikelihoodPoints { samples, weights, cells: cells.x, sizes: cells.sizes }
}

/// Samples with their weights. More than `most` are merged in about as many cells; each cell has the mean position and the total
/// weight of its samples. Cells are smaller where samples are denser.
fn merged_samples(x: &[f64], weights: &[f64], bounds: &[[f64; 2]], most: usize) -> (Vec<f64>, Vec<f64>) {
    if weights.len() <= most {
        return (x.to_vec(), weights.to_vec());
    }
    let groups = Cells::groups(bounds, x, Some(weights), most);
    let inputs = bounds.len();
    let mut middles = Vec::with_capacity(groups.len() * inputs);
    let mut masses = Vec::with_capacity(groups.len());
    for group in groups {
        let mass: f64 = group.iter().map(|&k| weights[k as usize]).sum();
        if mass > 0.0 {
            middles
                .extend((0..inputs).map(|input| {
                    group.iter().map(|&k| weights[k as usize] * x[k as usize * inputs + input]).sum::<f64>() / mass
                }));
            masses.push(mass);
        }
    }
    (middles, masses)
}

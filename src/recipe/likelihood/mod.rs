//! The recipe of densities: a density `q = exp(-Psi)/Z` of one to three inputs is fitted to samples by maximum likelihood.
//!
//! 1. *starts*: all modes train for a while by Adam, from a kernel estimate of the samples (`kernel_estimate`) and several draws
//!    of the other weights. A quadrature that is fine around the samples gives `Z` (`quadrature`)
//! 2. *fitting*: the start with the largest likelihood trains further
//! 3. *removing mode k*, one after another: a mode stays removed if the log-likelihood of all samples falls by at most its
//!    removal cost. The cost of a mode with a well is one for each parameter of a convex well, as in Akaike's information
//!    criterion. The cost of another mode is half the logarithm of the number of samples for each, as in the Bayesian one
//! 4. *finishing*: the learning rate falls
//!
//! The number of samples is the effective one for correlated samples, and for weighted samples without a smooth bias
//! (`sampling_scheme`).

mod kernel_estimate;
pub mod quadrature;
mod removal;
pub mod sampling_scheme;
pub mod wells;

use std::f64::consts::TAU;

use rand_xoshiro::Xoshiro256PlusPlus;

use super::fitting::{narrow, widen};
use super::reliable::active::{ActiveModes, groups};
use super::{DensityPrior, FitDomain, Fitting, FittingProgress, Stage, StageNote, TrainingSettings};
use crate::loss::density::{LikelihoodLoss, LikelihoodPoints, Weights};
use crate::loss::training_set::TrainingSet;
use crate::loss::{Loss, LossValue};
use crate::model::potential::{Outputs, declared};
use crate::model::{Architecture, features, init};
use crate::numerics::bounds::Bounds;
use crate::numerics::lattice::Lattice;
use crate::plan::PlanOptions;
use crate::text::{counted, number, whole};
use crate::train::{Divergence, Rates, Trainer, schedule};
pub use kernel_estimate::KernelEstimate;
use quadrature::Cells;
use sampling_scheme::SamplingScheme;

/// Numbers of epochs of the stages in a run of at least [`FULL_LENGTH_EPOCHS`] epochs. Shorter runs have proportionally shorter
/// stages.
const START_EPOCHS: u64 = 500;
const FITTING_EPOCHS: u64 = 2000;
const REMOVAL_EPOCHS: u64 = 300;
const FINISHING_EPOCHS: u64 = 500;
/// Number of epochs of a run whose stages have their full length.
pub const FULL_LENGTH_EPOCHS: u64 = 7000;
/// Default number of modes offered.
pub const DEFAULT_MODES: usize = 8;
/// Number of compared draws of initial weights.
const START_COUNT: u64 = 4;
/// Number of epochs between tests of a removal.
const EPOCHS_PER_REMOVAL_TEST: u64 = 50;
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
pub const NOTED_SAMPLES: usize = 4096;
/// Default prior. The loss has its decay divided by the effective number of samples.
pub const PRIOR: DensityPrior = DensityPrior { weights: Weights { decay: 0.8, uniform: 0.0 }, wells: 0 };
/// Initial sharpness, at which the density is the sum of the densities of the modes.
const INITIAL_RHO: f64 = 1.0;
/// Factors on the learning rate at the beginning of a removal and of finishing.
const REFIT_RATE: f64 = 0.5;
const FINISHING_RATE: f64 = 0.3;

/// The recipe in progress.
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
    active: ActiveModes,
    loss: LikelihoodLoss<f32>,
    trainer: Trainer<f32>,
    phase: LikelihoodPhase,
    /// Number of epochs before the current stage.
    before: u64,
    /// Modes whose removal was rejected.
    needed: Vec<usize>,
    notes: Vec<StageNote>,
}

enum LikelihoodPhase {
    /// Losses of the completed starts, and the parameters after the best of them.
    Starts {
        draws: Box<Draws>,
        losses: Vec<f64>,
        best: Vec<f64>,
    },
    Fitting,
    Removing {
        mode: usize,
        kept: Box<ActiveModes>,
        likelihood: f64,
    },
    Finishing,
    Done,
}

/// Successive draws of initial parameters on a kernel estimate.
struct Draws {
    estimate: KernelEstimate,
    rng: Xoshiro256PlusPlus,
}

impl Draws {
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

impl Likelihood {
    /// Starts with modes at the modes of a kernel estimate, or with the parameters of a fit. The weights of the set sum to one.
    ///
    /// # Panics
    /// If the set has more than three inputs.
    pub fn new(offered: &Architecture, set: &TrainingSet, domain: &FitDomain, seed: u64, fit: Option<Vec<f64>>) -> Self {
        let (inputs, bounds) = (set.inputs, domain.bounds.clone());
        assert!(inputs <= QUADRATURE_CELLS.len(), "quadrature takes up to three inputs");
        let periodic: Vec<bool> = (0..inputs).map(|input| offered.is_periodic(input)).collect();
        let within = Bounds { ends: &bounds, periodic: &periodic };
        let drawn = SamplingScheme::new(&within, &set.x, set.weights.as_deref(), domain.samples);
        let effective = drawn.judged;
        let (params, phase) = if let Some(params) = fit {
            (params, LikelihoodPhase::Fitting)
        } else {
            let estimate = KernelEstimate::new(&set.x, &drawn, &input_periods(offered));
            let mut draws = Box::new(Draws { estimate, rng: init::stream(seed) });
            (draws.next(offered), LikelihoodPhase::Starts { draws, losses: Vec::new(), best: Vec::new() })
        };
        let active = ActiveModes::new(offered, params, (0..offered.modes).collect());
        let mut cells = Cells::around(&bounds, &set.x, &drawn.likelihood_weights, TRAINING_CELLS[inputs - 1]);
        if inputs == 1 {
            cells = cells.gauss_points();
        }
        cells.sizes.iter_mut().zip(drawn.bias_factors(&cells.x)).for_each(|(size, bias_factor)| *size *= bias_factor);
        let lattice = Lattice::new(within, WELL_GRID_SIDES[inputs - 1]).with_walls(&domain.walls);
        let bias_factors = drawn.bias_factors(&lattice.points());
        let (x, weights) = merged_samples(&set.x, drawn.likelihood_weights, &bounds);
        let (of_data, of_cells) = (vec![0.0; weights.len()], vec![0.0; cells.sizes.len()]);
        let points = LikelihoodPoints {
            x: [cells.x, x].concat(),
            data: [of_cells, weights].concat(),
            cells: [cells.sizes, of_data].concat(),
        };
        let DensityPrior { weights, wells: expected_wells } = domain.prior;
        let weights = Weights { decay: weights.decay / effective, ..weights };
        let (loss, trainer) = loss_and_trainer(&active, &points, weights);
        Self {
            points,
            effective,
            weights,
            expected_wells,
            lattice,
            bias_factors,
            active,
            loss,
            trainer,
            phase,
            before: 0,
            needed: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Creates loss and trainer for the present modes.
    fn restart(&mut self) {
        (self.loss, self.trainer) = loss_and_trainer(&self.active, &self.points, self.weights);
    }

    fn length(&self, training: &TrainingSettings) -> u64 {
        let nominal = match self.phase {
            LikelihoodPhase::Starts { .. } => START_EPOCHS,
            LikelihoodPhase::Fitting => FITTING_EPOCHS,
            LikelihoodPhase::Removing { .. } => REMOVAL_EPOCHS,
            LikelihoodPhase::Finishing => FINISHING_EPOCHS,
            LikelihoodPhase::Done => return 0,
        };
        (nominal * training.epochs.min(FULL_LENGTH_EPOCHS) / FULL_LENGTH_EPOCHS).max(1)
    }

    fn rate(&self, training: &TrainingSettings) -> f64 {
        let factor = match self.phase {
            LikelihoodPhase::Removing { .. } => REFIT_RATE,
            LikelihoodPhase::Finishing => FINISHING_RATE,
            _ => 1.0,
        };
        factor * training.lr * schedule::cosine(self.trainer.epoch(), self.length(training))
    }

    /// The minima of the present fit on a grid.
    fn minima(&self, active: &ActiveModes) -> Vec<wells::GridWell> {
        let Self { lattice, bias_factors, effective: samples, .. } = self;
        let psi = active.evaluator::<f32>(Outputs::default()).evaluate(&narrow(&active.params()), &lattice.points()).psi;
        wells::GridDensity { psi: &psi, bias_factors, lattice, samples: *samples }.minima()
    }

    /// Ends the stage and starts the next one.
    fn next(&mut self, training: &TrainingSettings) {
        let likelihood = {
            let params = self.trainer.params().to_vec();
            self.loss.value(&params).data
        };
        let name = self.name();
        self.active.set(&widen(self.trainer.params()));
        let sentence = match std::mem::replace(&mut self.phase, LikelihoodPhase::Done) {
            LikelihoodPhase::Starts { draws, losses, best } => match self.next_start(draws, losses, best, likelihood) {
                Some(sentence) => sentence,
                None => return,
            },
            LikelihoodPhase::Fitting => {
                self.try_removal(training, likelihood);
                format!("Each sample has a likelihood of exp({}).", number(-likelihood, 4))
            }
            LikelihoodPhase::Removing { mode, kept, likelihood: with } => {
                self.decide_removal(training, mode, *kept, [with, likelihood])
            }
            LikelihoodPhase::Finishing => {
                let count = wells::count(&self.minima(&self.active));
                let (kept, offered) = (self.active.present().len(), self.active.offered().modes);
                format!("The fit keeps {kept} of {}. The samples show {}.", counted(offered, "mode"), counted(count, "well"))
            }
            LikelihoodPhase::Done => return,
        };
        let epochs = self.notes.iter().map(|note| note.epochs).sum::<u64>();
        self.notes.push(StageNote { name, epochs: self.before - epochs, sentence });
    }

    /// Starts the next draw of weights, or continues with the best one and returns the note on the starts.
    fn next_start(&mut self, mut draws: Box<Draws>, mut losses: Vec<f64>, mut best: Vec<f64>, loss: f64) -> Option<String> {
        if losses.iter().all(|&other| loss < other) {
            best = self.active.params();
        }
        losses.push(loss);
        self.before += self.trainer.epoch();
        let ended = losses.len() as u64;
        if ended < START_COUNT {
            self.active.set(&draws.next(&self.active.offered()));
            self.restart();
            self.phase = LikelihoodPhase::Starts { draws, losses, best };
            return None;
        }
        self.active.set(&best);
        self.restart();
        self.phase = LikelihoodPhase::Fitting;
        let least = losses.iter().copied().fold(f64::INFINITY, f64::min);
        let behind: Vec<String> = losses.iter().map(|loss| number(self.effective * (loss - least), 3)).collect();
        Some(format!("By log-likelihood the {START_COUNT} starts are behind the best by {}.", behind.join(", ")))
    }

    fn name(&self) -> String {
        match &self.phase {
            LikelihoodPhase::Starts { .. } => "starts".into(),
            LikelihoodPhase::Fitting => "fitting".into(),
            LikelihoodPhase::Removing { mode, .. } => format!("removing mode {mode}"),
            LikelihoodPhase::Finishing | LikelihoodPhase::Done => "finishing".into(),
        }
    }
}

/// Number of parameters of a convex well: its position, its width in all directions, and its weight.
pub fn parameters_of_well(inputs: usize) -> f64 {
    let inputs = inputs as f64;
    1.0 + inputs + inputs * (inputs + 1.0) / 2.0
}

/// Period of each input in the units of the network, if it has one.
fn input_periods(arch: &Architecture) -> Vec<Option<f64>> {
    (0..arch.inputs).map(|input| arch.is_periodic(input).then_some(TAU)).collect()
}

/// Loss on the points, and a trainer of the present modes.
fn loss_and_trainer(active: &ActiveModes, points: &LikelihoodPoints, weights: Weights) -> (LikelihoodLoss<f32>, Trainer<f32>) {
    let arch = active.arch();
    let mut loss = LikelihoodLoss::new(&arch, PlanOptions::default());
    loss.train_on(points, weights);
    let mut trainer = Trainer::new(narrow(&active.params()), groups(loss.params(), arch.convexity));
    // A log-likelihood has no natural zero: its scale is that of the uniform density.
    let size: f64 = points.cells.iter().sum();
    trainer.expect(1.0 + size.ln().abs());
    (loss, trainer)
}

/// Samples with their weights. More than [`MAX_SAMPLES`] are merged in about as many cells; each cell has the mean
/// position and the total weight of its samples. Cells are smaller where samples are denser.
fn merged_samples(x: &[f64], weights: Vec<f64>, bounds: &[[f64; 2]]) -> (Vec<f64>, Vec<f64>) {
    let most = MAX_SAMPLES[bounds.len() - 1];
    if weights.len() <= most {
        return (x.to_vec(), weights);
    }
    let groups = Cells::groups(bounds, x, Some(&weights), most);
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

impl Likelihood {
    /// Number of epochs done.
    fn epoch(&self) -> u64 {
        let running = !matches!(self.phase, LikelihoodPhase::Done);
        self.before + if running { self.trainer.epoch() } else { 0 }
    }
}

impl Fitting for Likelihood {
    fn progress(&self) -> FittingProgress {
        FittingProgress::from_epoch(self.epoch(), self.notes.len())
    }

    fn work(&self, training: &TrainingSettings) -> [u64; 2] {
        let full = |nominal: u64| nominal * training.epochs.min(FULL_LENGTH_EPOCHS) / FULL_LENGTH_EPOCHS;
        // As a rule, half of the epochs of a removal show whether it can be accepted.
        let candidates = self.active.present().len().saturating_sub(self.needed.len()) as u64;
        let after = match &self.phase {
            LikelihoodPhase::Starts { losses, .. } => {
                let starts = START_COUNT.saturating_sub(losses.len() as u64 + 1) * full(START_EPOCHS);
                starts + full(FITTING_EPOCHS) + candidates * full(REMOVAL_EPOCHS) / 2 + full(FINISHING_EPOCHS)
            }
            LikelihoodPhase::Fitting | LikelihoodPhase::Removing { .. } => {
                candidates * full(REMOVAL_EPOCHS) / 2 + full(FINISHING_EPOCHS)
            }
            LikelihoodPhase::Finishing | LikelihoodPhase::Done => 0,
        };
        let here = self.length(training).saturating_sub(self.trainer.epoch());
        [self.epoch(), if matches!(self.phase, LikelihoodPhase::Done) { 0 } else { here + after }]
    }

    fn loss(&mut self, _training: &TrainingSettings) -> LossValue {
        let params = self.trainer.params().to_vec();
        self.loss.value(&params)
    }

    fn evaluate(&mut self, _training: &TrainingSettings) -> Result<LossValue, Divergence> {
        let before = self.before;
        self.trainer.evaluate(&mut self.loss).map_err(|divergence| divergence.after(before))
    }

    fn step(&mut self, training: &TrainingSettings, _loss: LossValue) -> Result<(), Divergence> {
        let (rate, before) = (self.rate(training), self.before);
        let rates = Rates { network: rate, gate: rate };
        self.trainer.step(&mut self.loss, |_| rates).map_err(|divergence| divergence.after(before))?;
        if self.trainer.epoch() >= self.length(training) || self.epoch() >= training.epochs || self.is_clear() {
            let is_last = matches!(self.phase, LikelihoodPhase::Finishing);
            if is_last {
                self.before = self.epoch();
            }
            self.next(training);
        }
        Ok(())
    }

    fn ending(&self, training: &TrainingSettings, _loss: Option<LossValue>) -> Option<String> {
        let epochs = whole(self.epoch());
        match self.phase {
            LikelihoodPhase::Done => Some(format!("All stages of the density's recipe are done: {epochs} epochs.")),
            _ if self.epoch() >= training.epochs => Some(format!("Reached epoch {epochs}.")),
            _ => None,
        }
    }

    fn params(&self) -> Vec<f64> {
        let mut active = self.active.clone();
        if !matches!(self.phase, LikelihoodPhase::Done) {
            active.set(&widen(self.trainer.params()));
        }
        active.full().to_vec()
    }

    fn stage(&self, training: &TrainingSettings, _has_ended: bool) -> Option<Stage> {
        let sentence = match &self.phase {
            LikelihoodPhase::Starts { losses, .. } => {
                format!("Start {} of {START_COUNT}: other weights, from a kernel estimate of the samples.", losses.len() + 1)
            }
            LikelihoodPhase::Fitting => "All modes are fitted by maximum likelihood, from the best start.".into(),
            LikelihoodPhase::Removing { mode, .. } => format!("Mode {mode} is closed and the others fit again: is it needed?"),
            LikelihoodPhase::Finishing => "The learning rate falls while the remaining modes learn together.".into(),
            LikelihoodPhase::Done => return None,
        };
        Some(Stage { name: self.name(), done: self.trainer.epoch(), of: self.length(training), by_steps: false, sentence })
    }

    fn notes(&self, _has_ended: bool, _rho: f64) -> Vec<StageNote> {
        self.notes.clone()
    }

    fn replace_params(&mut self, full: Vec<f64>, was_over: Option<bool>) -> bool {
        self.before = self.epoch();
        self.active.replace_params(full);
        self.restart();
        self.phase = if was_over == Some(true) { LikelihoodPhase::Done } else { LikelihoodPhase::Finishing };
        true
    }
}

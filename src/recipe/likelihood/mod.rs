//! The recipe of densities: a density `q = exp(-Psi)/Z` of one to three inputs is fitted to samples by maximum likelihood.
//!
//! 1. *starts*: all modes, from a kernel estimate of the samples (`start`) and several draws of the other weights, for a while, by Adam; `Z` by a
//!    quadrature that is fine where the samples are (`quadrature`)
//! 2. *fitting*: the start under which the samples are likeliest
//! 3. *removing mode k*, one after another: a mode stays removed if the log-likelihood of all samples falls by no more than a price: one for each
//!    parameter of a convex well if it holds a well, as in Akaike's information criterion, and else half the logarithm of the number of samples,
//!    as in the Bayesian one
//! 4. *finishing*: the learning rate falls
//!
//! Of weighted samples that were not drawn under a bias that can be followed (`drawn`), and of samples that follow one another, the effective number
//! counts.

pub mod drawn;
pub mod quadrature;
mod start;
pub mod wells;

use std::f64::consts::TAU;

use rand_xoshiro::Xoshiro256PlusPlus;

use super::fitting::{narrow, widen};
use super::reliable::active::{ActiveModes, groups};
use super::{Domain, Fitting, Stage, StageNote, Training};
use crate::loss::density::{Density, Points, Weights};
use crate::loss::training_set::TrainingSet;
use crate::loss::{Loss, LossValue};
use crate::model::potential::{Evaluator, Outputs, declared};
use crate::model::{Architecture, features, init};
use crate::numerics::bounds::Bounds;
use crate::numerics::lattice::Lattice;
use crate::plan::Options;
use crate::text::{number, whole};
use crate::train::{Divergence, Rates, Trainer, schedule};
use drawn::Drawn;
use quadrature::Cells;
pub use start::Estimate;

/// Numbers of epochs of the stages in a run of at least [`ROOM`] epochs; in shorter runs they are shortened in proportion.
const STARTING: u64 = 500;
const FITTING: u64 = 2000;
const REMOVING: u64 = 300;
const FINISHING: u64 = 500;
/// The number of epochs at which stages have their full length.
pub const ROOM: u64 = 7000;
/// Draws of initial weights that are compared.
const STARTS: u64 = 4;
/// Epochs between tests of whether a removal can be judged.
const LOOK: u64 = 50;
/// A removal is given up at this test if its loss exceeds what is allowed by this factor.
const HOPELESS: (u64, f64) = (3, 10.0);
/// Cells of the quadrature.
pub const CELLS: [usize; 3] = [400, 4000, 8000];
/// Points along each side of the grid that wells are counted on.
pub const SIDES: [usize; 3] = [400, 72, 28];
/// Largest number of samples that are used as they are; more are gathered into cells of a quadrature around them.
pub const MOST: usize = 4096;
/// Strength of the decay of all weights, divided by the effective number of samples: what a prior is to a likelihood.
const DECAY: f64 = 0.8;
/// The sharpness at the start, for which the density is the sum of those of the modes.
const RHO: f64 = 1.0;
/// Factors on the learning rate where a removal and finishing begin.
const REFIT_RATE: f64 = 0.5;
const FINISHING_RATE: f64 = 0.3;

/// The recipe in progress.
pub struct Likelihood {
    points: Points,
    bounds: Vec<[f64; 2]>,
    effective: f64,
    /// On the grid that wells are counted on, by what the density is multiplied to have the one that samples were drawn from.
    tilts: Vec<f64>,
    active: ActiveModes,
    loss: Density<f32>,
    trainer: Trainer<f32>,
    phase: Phase,
    /// Number of epochs before the current stage.
    before: u64,
    /// Modes whose removal was rejected.
    needed: Vec<usize>,
    notes: Vec<StageNote>,
}

enum Phase {
    /// The losses of the starts that have ended, and the parameters after the best of them.
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

/// Initial parameters on a kernel estimate, one draw after another.
struct Draws {
    estimate: Estimate,
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
            flat[rho.offset] = RHO;
        }
        flat
    }
}

impl Likelihood {
    /// Begins with modes at those of a kernel estimate, or with the parameters of a fit. The weights of the set sum to one.
    ///
    /// # Panics
    /// If the set has more than three inputs.
    pub fn new(offered: &Architecture, set: &TrainingSet, domain: &Domain, seed: u64, fit: Option<Vec<f64>>) -> Self {
        let (inputs, bounds) = (set.inputs, domain.bounds.clone());
        assert!(inputs <= CELLS.len(), "quadrature takes up to three inputs");
        let periodic: Vec<bool> = (0..inputs).map(|input| offered.is_periodic(input)).collect();
        let within = Bounds { ends: &bounds, periodic: &periodic };
        let drawn = Drawn::new(&within, &set.x, set.weights.as_deref(), domain.samples);
        let effective = drawn.judged;
        let (params, phase) = if let Some(params) = fit {
            (params, Phase::Fitting)
        } else {
            let estimate = Estimate::new(&set.x, &drawn, &turns(offered));
            let mut draws = Box::new(Draws { estimate, rng: init::stream(seed) });
            (draws.next(offered), Phase::Starts { draws, losses: Vec::new(), best: Vec::new() })
        };
        let active = ActiveModes::new(offered, params, (0..offered.modes).collect());
        let mut cells = Cells::around(&bounds, &set.x, &drawn.shares, CELLS[inputs - 1]);
        cells.sizes.iter_mut().zip(drawn.tilts(&cells.x)).for_each(|(size, tilt)| *size *= tilt);
        let tilts = drawn.tilts(&Lattice::new(within, SIDES[inputs - 1]).points());
        let (x, weights) = gathered(&set.x, drawn.shares, &bounds);
        let (of_data, of_cells) = (vec![0.0; weights.len()], vec![0.0; cells.sizes.len()]);
        let points =
            Points { x: [cells.x, x].concat(), data: [of_cells, weights].concat(), cells: [cells.sizes, of_data].concat() };
        let (loss, trainer) = begun(&active, &points, effective);
        Self { points, bounds, effective, tilts, active, loss, trainer, phase, before: 0, needed: Vec::new(), notes: Vec::new() }
    }

    /// Trains the present modes from here on.
    fn restart(&mut self) {
        (self.loss, self.trainer) = begun(&self.active, &self.points, self.effective);
    }

    fn length(&self, training: &Training) -> u64 {
        let nominal = match self.phase {
            Phase::Starts { .. } => STARTING,
            Phase::Fitting => FITTING,
            Phase::Removing { .. } => REMOVING,
            Phase::Finishing => FINISHING,
            Phase::Done => return 0,
        };
        (nominal * training.epochs.min(ROOM) / ROOM).max(1)
    }

    fn rate(&self, training: &Training) -> f64 {
        let factor = match self.phase {
            Phase::Removing { .. } => REFIT_RATE,
            Phase::Finishing => FINISHING_RATE,
            _ => 1.0,
        };
        factor * training.lr * schedule::cosine(self.trainer.epoch(), self.length(training))
    }

    /// The minima of the present fit on a grid.
    fn minima(&self, active: &ActiveModes) -> Vec<wells::GridWell> {
        let bounds = Bounds { ends: &self.bounds, periodic: active.periodic() };
        let lattice = Lattice::new(bounds, SIDES[self.bounds.len() - 1]);
        let psi = active.evaluator::<f32>(Outputs::default()).evaluate(&narrow(&active.params()), &lattice.points()).psi;
        wells::OnGrid { psi: &psi, tilts: &self.tilts, lattice: &lattice, samples: self.effective }.minima()
    }

    /// Whether a removal can be judged before its end: it costs less than any price, or much more than every one.
    fn is_clear(&mut self) -> bool {
        let Phase::Removing { likelihood, .. } = self.phase else { return false };
        let epoch = self.trainer.epoch();
        if !epoch.is_multiple_of(LOOK) {
            return false;
        }
        let params = self.trainer.params().to_vec();
        let fall = self.effective * (self.loss.value(&params).data - likelihood);
        let [well, shape] = self.prices();
        fall <= well || epoch == HOPELESS.0 * LOOK && fall > HOPELESS.1 * shape.max(well)
    }

    /// What the log-likelihood may fall by for a mode less: one that holds a well, and another.
    fn prices(&self) -> [f64; 2] {
        let parameters = parameters_of_well(self.bounds.len());
        [parameters, 0.5 * parameters * self.effective.ln()]
    }

    /// The present mode with the least probability whose removal has not been rejected.
    fn least_probable(&mut self) -> Option<usize> {
        let params = self.trainer.params().to_vec();
        self.loss.value(&params);
        let probabilities = self.loss.probabilities();
        let mut evaluator: Evaluator<f32> = self.active.evaluator(Outputs { modes: true, ..Outputs::default() });
        let responsibilities = evaluator.evaluate(&params, &self.points.x).responsibilities;
        let present = self.active.present();
        let mass = |k: usize| -> f64 {
            probabilities.iter().zip(responsibilities.iter().skip(k).step_by(present.len())).map(|(q, r)| q * r).sum()
        };
        let candidates = (0..present.len()).filter(|&k| !self.needed.contains(&present[k]));
        let least = candidates.min_by(|&a, &b| mass(a).total_cmp(&mass(b)));
        least.filter(|_| present.len() > 1).map(|k| present[k])
    }

    /// Ends the stage and begins the next one.
    fn next(&mut self, training: &Training) {
        let likelihood = {
            let params = self.trainer.params().to_vec();
            self.loss.value(&params).data
        };
        let name = self.name();
        self.active.set(&widen(self.trainer.params()));
        let sentence = match std::mem::replace(&mut self.phase, Phase::Done) {
            Phase::Starts { draws, losses, best } => match self.next_start(draws, losses, best, likelihood) {
                Some(sentence) => sentence,
                None => return,
            },
            Phase::Fitting => {
                self.try_removal(training, likelihood);
                format!("Each sample has a likelihood of exp({}).", number(-likelihood, 4))
            }
            Phase::Removing { mode, kept, likelihood: with } => self.judge(training, mode, *kept, [with, likelihood]),
            Phase::Finishing => {
                let count = wells::count(&self.minima(&self.active));
                let modes = self.active.present().len();
                format!(
                    "{} of the modes {} left; the samples tell {} {} from none.",
                    modes,
                    if modes == 1 { "is" } else { "are" },
                    count,
                    if count == 1 { "well" } else { "wells" }
                )
            }
            Phase::Done => return,
        };
        let epochs = self.notes.iter().map(|note| note.epochs).sum::<u64>();
        self.notes.push(StageNote { name, epochs: self.before - epochs, sentence });
    }

    /// Begins with the next draw of weights, or goes on with the best one and says so.
    fn next_start(&mut self, mut draws: Box<Draws>, mut losses: Vec<f64>, mut best: Vec<f64>, loss: f64) -> Option<String> {
        if losses.iter().all(|&other| loss < other) {
            best = self.active.params();
        }
        losses.push(loss);
        self.before += self.trainer.epoch();
        let ended = losses.len() as u64;
        if ended < STARTS {
            self.active.set(&draws.next(&self.active.offered()));
            self.restart();
            self.phase = Phase::Starts { draws, losses, best };
            return None;
        }
        self.active.set(&best);
        self.restart();
        self.phase = Phase::Fitting;
        let least = losses.iter().copied().fold(f64::INFINITY, f64::min);
        let behind: Vec<String> = losses.iter().map(|loss| number(self.effective * (loss - least), 3)).collect();
        Some(format!("By log-likelihood the {STARTS} starts are behind the best by {}.", behind.join(", ")))
    }

    /// Decides on a removal, by the loss with the mode and without it.
    fn judge(&mut self, training: &Training, mode: usize, kept: ActiveModes, [with, without]: [f64; 2]) -> String {
        let holds_a_well = wells::count(&self.minima(&self.active)) < wells::count(&self.minima(&kept));
        let [well, shape] = self.prices();
        let price = if holds_a_well { well } else { shape };
        let fall = self.effective * (without - with);
        let is_accepted = fall <= price;
        if is_accepted {
            self.try_removal(training, without);
        } else {
            self.active = kept;
            self.needed.push(mode);
            self.try_removal(training, with);
        }
        let (verdict, holds) = match (is_accepted, holds_a_well) {
            (true, true) => ("accepted", "though it held a minimum"),
            (true, false) => ("accepted", "for it held no well"),
            (false, true) => ("refused", "it holds a well"),
            (false, false) => ("refused", "the shape needs it"),
        };
        format!(
            "Without it the log-likelihood of all samples falls by {}, its price is {}: {verdict}, {holds}.",
            number(fall, 3),
            number(price, 3)
        )
    }

    fn try_removal(&mut self, training: &Training, likelihood: f64) {
        self.before += self.trainer.epoch();
        self.restart();
        let may_go = self.before < training.epochs;
        match self.least_probable().filter(|_| may_go) {
            Some(mode) => {
                let kept = Box::new(self.active.clone());
                self.active.remove(mode);
                self.restart();
                self.phase = Phase::Removing { mode, kept, likelihood };
            }
            None => self.phase = Phase::Finishing,
        }
    }

    fn name(&self) -> String {
        match &self.phase {
            Phase::Starts { .. } => "starts".into(),
            Phase::Fitting => "fitting".into(),
            Phase::Removing { mode, .. } => format!("removing mode {mode}"),
            Phase::Finishing | Phase::Done => "finishing".into(),
        }
    }
}

/// The number of parameters of a convex well: a place, a width in all directions, and a weight.
pub fn parameters_of_well(inputs: usize) -> f64 {
    let inputs = inputs as f64;
    1.0 + inputs + inputs * (inputs + 1.0) / 2.0
}

/// The period of each input in the units of the network, if it has one.
fn turns(arch: &Architecture) -> Vec<Option<f64>> {
    (0..arch.inputs).map(|input| arch.is_periodic(input).then_some(TAU)).collect()
}

/// The loss on the points and a trainer of the present modes.
fn begun(active: &ActiveModes, points: &Points, effective: f64) -> (Density<f32>, Trainer<f32>) {
    let arch = active.arch();
    let mut loss = Density::new(&arch, Options::default());
    loss.train_on(points, Weights { decay: DECAY / effective, uniform: 0.0 });
    let mut trainer = Trainer::new(narrow(&active.params()), groups(loss.params(), arch.convexity));
    // A log-likelihood has no natural zero: its scale is that of the uniform density.
    let size: f64 = points.cells.iter().sum();
    trainer.expect(1.0 + size.ln().abs());
    (loss, trainer)
}

/// Samples as they are, or, if they are many, the middles and weights of those in each of [`MOST`] cells, which are the smaller the more samples
/// there are.
fn gathered(x: &[f64], weights: Vec<f64>, bounds: &[[f64; 2]]) -> (Vec<f64>, Vec<f64>) {
    if weights.len() <= MOST {
        return (x.to_vec(), weights);
    }
    let groups = Cells::groups(bounds, x, Some(&weights), MOST);
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

impl Fitting for Likelihood {
    fn epoch(&self) -> u64 {
        let running = !matches!(self.phase, Phase::Done);
        self.before + if running { self.trainer.epoch() } else { 0 }
    }

    fn work(&self, training: &Training) -> [u64; 2] {
        let full = |nominal: u64| nominal * training.epochs.min(ROOM) / ROOM;
        // As a rule, half of the epochs of a removal show whether it can be accepted.
        let candidates = self.active.present().len().saturating_sub(self.needed.len()) as u64;
        let after = match &self.phase {
            Phase::Starts { losses, .. } => {
                let starts = STARTS.saturating_sub(losses.len() as u64 + 1) * full(STARTING);
                starts + full(FITTING) + candidates * full(REMOVING) / 2 + full(FINISHING)
            }
            Phase::Fitting | Phase::Removing { .. } => candidates * full(REMOVING) / 2 + full(FINISHING),
            Phase::Finishing | Phase::Done => 0,
        };
        let here = self.length(training).saturating_sub(self.trainer.epoch());
        [self.epoch(), if matches!(self.phase, Phase::Done) { 0 } else { here + after }]
    }

    fn loss(&mut self, _training: &Training) -> LossValue {
        let params = self.trainer.params().to_vec();
        self.loss.value(&params)
    }

    fn evaluate(&mut self, _training: &Training) -> Result<LossValue, Divergence> {
        let before = self.before;
        self.trainer.evaluate(&mut self.loss).map_err(|divergence| divergence.after(before))
    }

    fn step(&mut self, training: &Training, _loss: LossValue) -> Result<(), Divergence> {
        let (rate, before) = (self.rate(training), self.before);
        let rates = Rates { network: rate, gate: rate };
        self.trainer.step(&mut self.loss, |_| rates).map_err(|divergence| divergence.after(before))?;
        if self.trainer.epoch() >= self.length(training) || self.epoch() >= training.epochs || self.is_clear() {
            let is_last = matches!(self.phase, Phase::Finishing);
            if is_last {
                self.before = self.epoch();
            }
            self.next(training);
        }
        Ok(())
    }

    fn ending(&self, training: &Training, _loss: Option<LossValue>) -> Option<String> {
        let epochs = whole(self.epoch());
        match self.phase {
            Phase::Done => Some(format!("All stages of the density's recipe are done: {epochs} epochs.")),
            _ if self.epoch() >= training.epochs => Some(format!("Reached epoch {epochs}.")),
            _ => None,
        }
    }

    fn params(&self) -> Vec<f64> {
        let mut active = self.active.clone();
        if !matches!(self.phase, Phase::Done) {
            active.set(&widen(self.trainer.params()));
        }
        active.full().to_vec()
    }

    fn stage(&self, training: &Training, _has_ended: bool) -> Option<Stage> {
        let sentence = match &self.phase {
            Phase::Starts { losses, .. } => {
                format!("Start {} of {STARTS}: other weights, from a kernel estimate of the samples.", losses.len() + 1)
            }
            Phase::Fitting => "All modes are fitted by maximum likelihood, from the best start.".into(),
            Phase::Removing { mode, .. } => format!("Mode {mode} is closed and the others fit again: is it needed?"),
            Phase::Finishing => "The learning rate falls while the remaining modes learn together.".into(),
            Phase::Done => return None,
        };
        Some(Stage { name: self.name(), done: self.trainer.epoch(), of: self.length(training), by_steps: false, sentence })
    }

    fn notes(&self, _has_ended: bool, _rho: f64) -> Vec<StageNote> {
        self.notes.clone()
    }

    fn stages_ended(&self) -> usize {
        self.notes.len()
    }

    fn take(&mut self, full: Vec<f64>, was_over: Option<bool>) -> bool {
        self.before = self.epoch();
        self.active.take(full);
        self.restart();
        self.phase = if was_over == Some(true) { Phase::Done } else { Phase::Finishing };
        true
    }
}

//! The recipe `reliable`: stages that start on the data, and end when the modes are counted.
//!
//! 1. *pretraining*: each mode fits the values in its own cell, and is kept above them elsewhere ([`crate::loss::cells`])
//! 2. *joint*: all modes together, the sharpness with them
//! 3. *removing mode k*, one after another: it stays away if the error without it, trained for a while, costs less than epsilon says
//! 4. *settling*, only where there are too many rows for the system of the next stages: what is left, once more on all rows
//! 5. *refining*: the method of Levenberg and Marquardt ([`crate::train::levenberg`])
//! 6. *helping*: modes that hold no well are limited to at most half of Psi everywhere; left as they are if that costs too much
//! 7. *sharpening*: the sharpness is raised as long as the data allow it
//!
//! The second-order stages may see a part of many rows only, drawn at random; they are judged on all of them ([`second`]).
//!
//! Everything is scaled: inputs to [-3, 3], values to a standard deviation of one. The recipe sees samples, the domain in which
//! wells are counted, and the level of noise; it knows no target. One call of [`Reliable::step`] is one epoch, or one step of the
//! second-order method, and all that comes between is part of it: how calls are grouped changes nothing.

mod active;
mod notes;
mod second;
mod start;

use super::Training;
use super::{Stage, StageNote};
use crate::landscape;
use crate::loss::Loss;
use crate::model::Architecture;
use crate::model::potential::Parts;
use crate::train::{Divergence, Rates, schedule};
use active::{ActiveModes, Work};
use notes::Notes;
pub use notes::percent;
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use second::{Judged, Second};
pub use start::Task;

/// Epochs of a stage, if the limit leaves room for all.
const PRETRAINING: u64 = 1000;
const JOINT: u64 = 2000;
const REMOVING: u64 = 600;
const SETTLING: u64 = 2000;
/// The stages take the lengths above if a run may last so long, and are shortened in proportion if not.
const ROOM: u64 = 10_000;
/// After so many epochs without a mode its removal is judged, and again after as many.
const LOOK: u64 = 50;
/// When a removal is given up that still has this many times the error allowed.
const HOPELESS: (u64, f64) = (200, 9.0);
/// What a mode may cost: the rise of the mean squared error, in units of epsilon and of the values' variance. At the default epsilon
/// the error may rise to 1.7 % of the standard deviation: half of what the least well worth the name would leave.
const PRICE: f64 = 3.0;
/// Noise makes errors differ by so much.
const ALIKE: f64 = 1.1;
/// What is left of the rates at the end of a stage of Adam's; a removal begins with half of them.
const LAST_RATE: f64 = 0.1;
const REFIT_RATE: f64 = 0.5;
/// Steps of the second-order method: before and after helpers are told from the others, and for one try to sharpen.
const REFINING: u64 = 30;
const HELPING: u64 = 90;
const SHARPENING: u64 = 8;
/// When a try to sharpen is given up that still has this many times the lowest squared error.
const TOO_SHARP: (u64, f64) = (3, 25.0);
/// An error that nobody can see: root mean square, of a standard deviation. Nothing is refined further.
const FINE: f64 = 2e-5;
/// No sharper: beyond, a kink is a kink.
const SHARPEST: f64 = 1e4;
/// About how many epochs one step of the second-order method lasts: slices are counted in epochs.
const EPOCHS_A_STEP: u64 = 100;

/// The recipe at work.
pub struct Reliable {
    task: Task,
    active: ActiveModes,
    phase: Phase,
    /// Epochs before the work at hand.
    before: u64,
    /// Epochs at the start of the stage.
    begun: u64,
    lm_steps: u64,
    /// Modes that have been found to be needed.
    needed: Vec<usize>,
    /// The sharpness in the data's own units is that of the network over this.
    unit: f64,
    notes: Notes,
    /// Draws the samples of the second-order stages.
    rng: Xoshiro256PlusPlus,
}

enum Phase {
    Pretraining(Work),
    Joint(Work),
    Removing { work: Work, mode: usize, limit: f64, error: f64, kept: Box<ActiveModes> },
    Settling(Work),
    Refining(Second),
    Helping { second: Second, auxiliary: Vec<usize>, limit: f64 },
    Sharpening { second: Second, factor: f64, kept: Box<Judged>, lowest: Box<Judged> },
    Done,
}

impl Reliable {
    /// Begins with modes spread over the data, from a seed; or goes on from the parameters of a fit.
    pub fn new(offered: &Architecture, task: Task, seed: u64, fit: Option<Vec<f64>>) -> Self {
        let notes = Notes::default();
        // The first stretch of this stream is the start's.
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        rng.long_jump();
        let (active, phase) = if let Some(full) = fit {
            let present = task.present(offered, &full);
            let active = ActiveModes::new(offered, full, present);
            let work = Work::new(&active, &task.x, &task.y, None);
            (active, Phase::Joint(work))
        } else {
            let (full, masks) = task.start(offered, seed);
            let active = ActiveModes::new(offered, full, (0..offered.modes).collect());
            let work = Work::new(&active, &task.x, &task.y, Some(&masks));
            (active, Phase::Pretraining(work))
        };
        Self { task, active, phase, before: 0, begun: 0, lm_steps: 0, needed: Vec::new(), unit: 1.0, notes, rng }
    }

    /// Tells the sharpness in the data's own units, of which the network's is the given number.
    #[must_use]
    pub fn in_units(self, unit: f64) -> Self {
        Self { unit, ..self }
    }

    /// Epochs done.
    pub fn epoch(&self) -> u64 {
        let work = match &self.phase {
            Phase::Pretraining(work) | Phase::Joint(work) | Phase::Settling(work) | Phase::Removing { work, .. } => work.epoch(),
            _ => 0,
        };
        self.before + work
    }

    /// Steps of the second-order method.
    pub fn lm_steps(&self) -> u64 {
        self.lm_steps
    }

    /// The stages that have ended.
    pub fn notes(&self) -> &[StageNote] {
        self.notes.list()
    }

    /// The parameters of all modes, those that have been removed closed.
    pub fn params(&self) -> Vec<f64> {
        let some = match &self.phase {
            Phase::Pretraining(work) | Phase::Joint(work) | Phase::Settling(work) | Phase::Removing { work, .. } => work.params(),
            Phase::Refining(second) | Phase::Helping { second, .. } | Phase::Sharpening { second, .. } => {
                second.best().params.clone()
            }
            Phase::Done => return self.active.full().to_vec(),
        };
        let mut active = self.active.clone();
        active.set(&some);
        active.full().to_vec()
    }

    /// What the stage minimises, as [`Reliable::evaluate`] gives it, and the mean squared error of Psi: both at the parameters as they are.
    pub fn loss(&mut self) -> Loss {
        let params = match &self.phase {
            Phase::Done => self.active.params(),
            Phase::Refining(second) | Phase::Helping { second, .. } | Phase::Sharpening { second, .. } => {
                second.best().params.clone()
            }
            Phase::Pretraining(work) | Phase::Joint(work) | Phase::Settling(work) | Phase::Removing { work, .. } => work.params(),
        };
        let data = self.task.mse(&self.active, &params);
        let total = match &mut self.phase {
            Phase::Pretraining(work) | Phase::Joint(work) | Phase::Settling(work) | Phase::Removing { work, .. } => work.mse(),
            Phase::Refining(second) | Phase::Helping { second, .. } | Phase::Sharpening { second, .. } => second.best().mse,
            Phase::Done => data,
        };
        Loss { total, data }
    }

    /// Whether all stages have ended.
    pub fn is_done(&self) -> bool {
        matches!(self.phase, Phase::Done)
    }

    /// About how many epochs the next step lasts.
    pub fn cost(&self) -> u64 {
        match self.phase {
            Phase::Refining(_) | Phase::Helping { .. } | Phase::Sharpening { .. } => EPOCHS_A_STEP,
            _ => 1,
        }
    }

    /// What the stage minimises, at the parameters as they are: the first half of an epoch.
    ///
    /// # Errors
    /// If it has diverged; the parameters are then those of a healthy epoch before.
    pub fn evaluate(&mut self) -> Result<f64, Divergence> {
        match &mut self.phase {
            Phase::Pretraining(work) | Phase::Joint(work) | Phase::Settling(work) | Phase::Removing { work, .. } => {
                let before = self.before;
                work.evaluate().map_err(|divergence| divergence.after(before))
            }
            Phase::Refining(second) | Phase::Helping { second, .. } | Phase::Sharpening { second, .. } => Ok(second.best().mse),
            Phase::Done => Ok(0.0),
        }
    }

    /// The second half of an epoch, or a step of the second-order method; `loss` is what [`Reliable::evaluate`] gave. Goes on to the
    /// next stage where one ends.
    pub fn step(&mut self, training: &Training, loss: f64) {
        let length = self.length(training);
        let Self { phase, task, .. } = self;
        let rates = |factor: f64| Rates { network: training.lr * factor, gate: training.gate_lr * factor };
        let fall = |work: &Work| schedule::fall(work.epoch(), length, LAST_RATE);
        let enough = task.enough(FINE).max(training.stop_loss.unwrap_or(0.0));
        let over = match phase {
            Phase::Pretraining(work) | Phase::Joint(work) | Phase::Settling(work) => {
                work.step(rates(fall(work)));
                work.epoch() >= length
            }
            Phase::Removing { work, limit, .. } => {
                let done = work.epoch();
                let judged = done > 0 && done.is_multiple_of(LOOK);
                if judged && loss <= *limit || done >= length || done == HOPELESS.0 && loss > HOPELESS.1 * *limit {
                    true
                } else {
                    work.step(rates(REFIT_RATE * fall(work)));
                    false
                }
            }
            Phase::Refining(second) => {
                second.step(task);
                self.lm_steps += 1;
                second.is_over(REFINING, enough)
            }
            Phase::Helping { second, .. } => {
                second.step(task);
                self.lm_steps += 1;
                second.is_over(HELPING, enough)
            }
            Phase::Sharpening { second, lowest, .. } => {
                second.step(task);
                self.lm_steps += 1;
                let is_hopeless = second.taken() >= TOO_SHARP.0 && second.best().cost > TOO_SHARP.1 * task.visible(lowest.cost);
                task.allows(second.best(), lowest) || is_hopeless || second.taken() >= SHARPENING || second.is_stuck()
            }
            Phase::Done => false,
        };
        let out_of_epochs = self.epoch() >= training.epochs && self.cost() == 1;
        if over || out_of_epochs && !self.is_done() {
            self.next(training);
        }
    }

    /// Most epochs, or steps, of the stage at hand.
    fn length(&self, training: &Training) -> u64 {
        let nominal = match self.phase {
            Phase::Pretraining(_) => PRETRAINING,
            Phase::Joint(_) => JOINT,
            Phase::Removing { .. } => REMOVING,
            Phase::Settling(_) => SETTLING,
            Phase::Refining(_) => return REFINING,
            Phase::Helping { .. } => return HELPING,
            Phase::Sharpening { .. } => return SHARPENING,
            Phase::Done => return 0,
        };
        (nominal * training.epochs.min(ROOM) / ROOM).max(1)
    }

    /// The stage at hand, if there is one.
    pub fn stage(&self, training: &Training) -> Option<Stage> {
        let done = match &self.phase {
            Phase::Refining(second) | Phase::Helping { second, .. } | Phase::Sharpening { second, .. } => second.taken(),
            Phase::Done => return None,
            _ => self.epoch() - self.begun,
        };
        let (name, sentence) = match &self.phase {
            Phase::Pretraining(_) => notes::pretraining(),
            Phase::Joint(_) => notes::joint(),
            Phase::Removing { mode, error, .. } => notes::removing(*mode, *error),
            Phase::Settling(_) => notes::settling(),
            Phase::Refining(second) => notes::refining(second.left_out()),
            Phase::Helping { auxiliary, .. } => notes::helping(auxiliary),
            Phase::Sharpening { second, factor, .. } => {
                notes::sharpening(second.best().params.last().map(|rho| rho / self.unit), *factor)
            }
            Phase::Done => return None,
        };
        Some(Stage { name, done, of: self.length(training), by_steps: self.cost() > 1, sentence })
    }

    /// Takes over the parameters at hand, and closes the stage with what there is to say of it.
    fn close_stage(&mut self, params: &[f64], name: String, sentence: String) {
        self.before = self.epoch();
        self.notes.add(name, self.before - self.begun, sentence);
        self.begun = self.before;
        self.active.set(params);
    }

    fn next(&mut self, training: &Training) {
        let epoch = self.epoch();
        let phase = std::mem::replace(&mut self.phase, Phase::Done);
        self.before = epoch;
        match phase {
            Phase::Pretraining(work) => {
                self.close_stage(&work.params(), notes::pretraining().0, notes::cells(self.active.present().len()));
                // The mean over N modes in the soft minimum lifts it above the lowest of them.
                self.active.lower((training.modes as f64).ln() / self.active.rho());
                self.phase = Phase::Joint(self.work());
            }
            Phase::Joint(mut work) => {
                let mse = work.mse();
                self.close_stage(&work.params(), notes::joint().0, notes::error(mse));
                self.remove_next(training, mse);
            }
            Phase::Removing { mut work, mode, limit, error, kept } => {
                let mse = work.mse();
                let (is_accepted, params) = (mse <= limit, work.params());
                self.close_stage(&params, notes::removing(mode, 0.0).0, notes::verdict(error, mse, is_accepted));
                if !is_accepted {
                    self.active = *kept;
                    self.needed.push(mode);
                }
                self.remove_next(training, if is_accepted { mse.min(error) } else { error });
            }
            Phase::Settling(mut work) => {
                let (mse, earlier) = (work.mse(), self.active.params());
                // It begins at a small error, which it may not get back to.
                let before = self.task.mse(&self.active, &earlier);
                let (mse, params) = if mse <= before { (mse, work.params()) } else { (before, earlier) };
                self.close_stage(&params, notes::settling().0, notes::error(mse));
                self.phase = Phase::Refining(self.second(&[]));
            }
            Phase::Refining(second) => {
                let Judged { params, mse, .. } = second.best();
                self.close_stage(params, notes::refining(0).0, notes::steps(second.taken(), *mse));
                self.tell_helpers(training, *mse);
            }
            Phase::Helping { second, auxiliary, limit } => {
                let Judged { params, mse, .. } = second.best();
                let is_accepted = *mse <= limit;
                let sentence = notes::helped(&auxiliary, second.taken(), *mse, is_accepted);
                if is_accepted {
                    self.close_stage(params, notes::helping(&auxiliary).0, sentence);
                    self.sharpen(training, second);
                } else {
                    let kept = self.active.params();
                    self.close_stage(&kept, notes::helping(&auxiliary).0, sentence);
                    let second = self.second(&[]);
                    self.sharpen(training, second);
                }
            }
            Phase::Sharpening { second, factor, kept, lowest } => self.judge_sharper(second, factor, kept, lowest),
            Phase::Done => {}
        }
    }

    fn work(&self) -> Work {
        Work::new(&self.active, &self.task.x, &self.task.y, None)
    }

    fn second(&mut self, auxiliary: &[usize]) -> Second {
        self.rng.long_jump();
        Second::new(&self.task, &self.active, auxiliary, self.rng.clone())
    }

    /// Tries to do without the mode that Psi owes least to, or goes on to refine.
    fn remove_next(&mut self, training: &Training, mse: f64) {
        let params = self.active.params();
        let mut evaluator = self.active.evaluator(Parts { modes: true, ..Parts::default() });
        let shares = evaluator.evaluate(&params, &self.task.some).responsibilities;
        let present = self.active.present().to_vec();
        let salience = landscape::salience(&shares, present.len(), self.active.rho());
        let candidates = (0..present.len()).filter(|&k| !self.needed.contains(&present[k]));
        let least = candidates.min_by(|&a, &b| salience[a].total_cmp(&salience[b]));
        let may_go = training.epsilon > 0.0 && present.len() > 1 && self.before < training.epochs;
        match least.filter(|_| may_go) {
            Some(k) => {
                let kept = Box::new(self.active.clone());
                self.active.remove(present[k]);
                let limit = (mse + PRICE * training.epsilon * self.task.variance).max(ALIKE * mse);
                self.phase = Phase::Removing { work: self.work(), mode: present[k], limit, error: mse, kept };
            }
            None if self.before < training.epochs && self.task.affordable(params.len()) < self.task.y.len() => {
                self.phase = Phase::Settling(self.work());
            }
            None => self.phase = Phase::Refining(self.second(&[])),
        }
    }

    /// Presses modes that hold no well, if there are some.
    fn tell_helpers(&mut self, training: &Training, mse: f64) {
        let auxiliary = self.task.auxiliary(&self.active);
        let second = self.second(&auxiliary);
        if auxiliary.is_empty() {
            // What is left of the steps.
            let limit = f64::INFINITY;
            self.phase = Phase::Helping { second, auxiliary, limit };
            return;
        }
        let limit = (mse + PRICE * training.epsilon * self.task.variance).max(ALIKE * mse);
        self.phase = Phase::Helping { second, auxiliary, limit };
    }

    fn sharpen(&mut self, training: &Training, mut second: Second) {
        let kept = Box::new(second.best().clone());
        let wanted = training.stop_loss.is_some_and(|stop| kept.mse < stop);
        if wanted || self.active.present().len() < 2 {
            self.phase = Phase::Done;
            return;
        }
        let factor = 2.0;
        second.raise(&self.task, &kept, factor);
        self.phase = Phase::Sharpening { second, factor, lowest: kept.clone(), kept };
    }

    /// Keeps what a try has found if the data allow it, and tries again: sharper, or less sharp than what they did not allow.
    fn judge_sharper(&mut self, mut second: Second, mut factor: f64, mut kept: Box<Judged>, mut lowest: Box<Judged>) {
        if self.task.allows(second.best(), &lowest) {
            kept = Box::new(second.best().clone());
            if kept.cost < lowest.cost {
                lowest.clone_from(&kept);
            }
        } else {
            factor = factor.sqrt();
        }
        let rho = kept.params.last().copied().unwrap_or(SHARPEST);
        if factor < ALIKE || rho >= SHARPEST {
            let sentence = notes::sharpened(rho / self.unit, kept.mse, rho >= SHARPEST);
            self.close_stage(&kept.params, notes::sharpening(None, 1.0).0, sentence);
            self.phase = Phase::Done;
        } else {
            second.raise(&self.task, &kept, factor);
            self.phase = Phase::Sharpening { second, factor, kept, lowest };
        }
    }

    /// Removes modes by hand; what is left is refined.
    pub fn close(&mut self, modes: &[usize]) {
        let params = self.params();
        let epoch = self.epoch();
        let mut active = ActiveModes::new(&self.active.offered(), params, self.active.present().to_vec());
        for &mode in modes {
            active.remove(mode);
        }
        (self.active, self.before, self.begun) = (active, epoch, epoch);
        self.phase = Phase::Refining(self.second(&[]));
    }
}

/// The sentence that a finished run ends with.
pub fn ending(epochs: u64, steps: u64) -> String {
    let whole = crate::plot::ticks::whole;
    format!("All stages of the recipe reliable are done: {} epochs and {} second-order steps.", whole(epochs), whole(steps))
}

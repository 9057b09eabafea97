//! The recipe `reliable`: its stages start from the data and end with the right number of modes.
//!
//! 1. *pretraining*: each mode fits the values in its own cell, and is kept above the values elsewhere ([`crate::loss::cells`])
//! 2. *joint*: all modes and the sharpness are trained together
//! 3. *other starts*, in more than three inputs if the error is larger than the removal of a mode may make it: the cells and soft starts are trained
//!    on a part of the rows and compared on the others; the best goes on with all rows, as *joint* (`starts`)
//! 4. *removing mode k*, one after another: a mode stays removed if, after some training, the error is within what epsilon allows
//! 5. *settling*, only if there are too many rows for the second-order stages: the remaining modes are trained on all rows
//! 6. *refining*: steps of the Levenberg-Marquardt method ([`crate::train::levenberg`])
//! 7. *helping*: modes without a well become auxiliary, with responsibilities below one half, unless that costs too much
//! 8. *sharpening*: the sharpness is raised as long as the data allow it
//!
//! Of very many rows in few inputs the samples are averages ([`super::gathered`]). *Averaging*, after the joint stage and before refining, all rows are
//! looked at and the averages made again, and once more at the end to see what averaging still costs.
//!
//! With many rows, Adam uses mini-batches, and the second-order stages use random subsets; their results are evaluated on all
//! rows (`second_order`).
//!
//! Inputs are scaled to [-3, 3], values to a standard deviation of one. The recipe uses the samples, the domain in which wells
//! are counted, and the noise level; it does not know the truth. One call of [`Fitting::step`] is one epoch or one step of the
//! second-order method, with everything in between, so results do not depend on how calls are grouped.

pub(super) mod active;
mod notes;
mod progress;
mod scaled_data;
pub(super) mod second_order;
mod stages;
mod starts;

use rand_xoshiro::Xoshiro256PlusPlus;

use super::gathered::Pass;
use super::{Fitting, Stage, StageNote, Training};
use crate::loss::LossValue;
use crate::model::{Architecture, init};
use crate::text::whole;
use crate::train::{Divergence, Rates, schedule};
use active::{ActiveModes, AdamStage};
use notes::Notes;
pub use notes::{averaged, averaging, checked, percent};
pub use scaled_data::ScaledData;
use second_order::{Candidate, SecondOrder};
use starts::Starts;

/// Largest numbers of epochs of the stages, if the limit of the run leaves room for all and an epoch is one step. With several
/// steps an epoch, there are fewer epochs ([`AdamStage::share`]).
const PRETRAINING: u64 = 1000;
const JOINT: u64 = 2000;
const REMOVING: u64 = 600;
const SETTLING: u64 = 2000;
/// Number of epochs of a run above which stages have their full length; in shorter runs they are shortened in proportion.
const ROOM: u64 = 10_000;
/// Other starts are tried if removals can begin after this fraction of the limit on the epochs.
const BEFORE_REMOVALS: f64 = 0.7;
/// Number of epochs between tests of whether a mode stays removed.
const LOOK: u64 = 50;
/// A removal is given up at this test if its error exceeds the limit by this factor.
const HOPELESS: (u64, f64) = (4, 9.0);
/// Largest increase of the mean squared error by the removal of a mode, in units of epsilon times the variance of the values.
/// With the default epsilon, the error may rise to 1.7 % of the standard deviation, half of what the loss of the smallest well
/// would cause.
const PRICE: f64 = 3.0;
/// Factor by which errors differ because of noise.
const ALIKE: f64 = 1.1;
/// Factor on the learning rates at the end of a stage of Adam; a removal begins at half of the full rates.
const LAST_RATE: f64 = 0.1;
const REFIT_RATE: f64 = 0.5;
/// Numbers of second-order steps: before and after auxiliary modes are identified, and for one attempt to sharpen; and of
/// steps that are checked, in more than one input.
const REFINING: u64 = 30;
const CHECKED: u64 = 60;
const HELPING: u64 = 90;
const SHARPENING: u64 = 8;
/// An attempt to sharpen is given up after this number of steps if its squared error exceeds the lowest one by this factor.
const TOO_SHARP: (u64, f64) = (3, 25.0);
/// RMSE, in standard deviations of the values, at which refining ends.
const FINE: f64 = 2e-5;
/// Largest sharpness, at which transitions are indistinguishable from kinks.
const SHARPEST: f64 = 1e4;
/// Most times that the fit is refined again because the error of averaging is larger than its own.
const ROUNDS: usize = 2;
/// Approximate cost of a step of the second-order method, in epochs.
const EPOCHS_A_STEP: u64 = 100;

/// The recipe in progress.
pub struct Reliable {
    data: ScaledData,
    active: ActiveModes,
    phase: Phase,
    /// Number of epochs before the current stage of Adam.
    before: u64,
    /// Number of epochs at the start of the stage.
    begun: u64,
    lm_steps: u64,
    /// Modes whose removal was rejected.
    needed: Vec<usize>,
    /// Output scale of the data: the sharpness of the network divided by it is the sharpness in the units of the data.
    unit: f64,
    notes: Notes,
    /// Draws the samples of the second-order stages.
    rng: Xoshiro256PlusPlus,
    /// The seed of other starts, unless they have been tried.
    other_starts: Option<u64>,
    /// How often rows have been averaged again to refine once more, and the steps of all passes over rows.
    rounds: usize,
    looks: u64,
}

enum Phase {
    Pretraining(AdamStage),
    Joint(AdamStage),
    /// Other starts; and the squared error of the joint fit.
    Trying {
        starts: Box<Starts>,
        joint: f64,
    },
    Removing {
        adam: AdamStage,
        mode: usize,
        limit: f64,
        error: f64,
        kept: Box<ActiveModes>,
    },
    Settling(AdamStage),
    Refining(SecondOrder),
    /// `shallow` is the fit before, if an auxiliary mode holds a minimum there and noise is what it misses.
    Helping {
        second: SecondOrder,
        auxiliary: Vec<usize>,
        limit: f64,
        shallow: Option<Box<Candidate>>,
    },
    Sharpening {
        second: SecondOrder,
        factor: f64,
        kept: Box<Candidate>,
        lowest: Box<Candidate>,
    },
    /// All rows are looked at.
    Averaging {
        pass: Box<Pass>,
        then: Then,
    },
    Done,
}

/// What follows when the rows have been averaged again.
#[derive(Clone, Copy)]
enum Then {
    Removing,
    Refining,
    /// The end, if what is left of the error of averaging is less than this squared error of the fit, or rounds have been made.
    End(f64),
}

impl Phase {
    /// The current stage of Adam, if there is one.
    fn adam(&self) -> Option<&AdamStage> {
        match self {
            Self::Pretraining(adam) | Self::Joint(adam) | Self::Settling(adam) | Self::Removing { adam, .. } => Some(adam),
            Self::Trying { starts, .. } => Some(starts.adam()),
            _ => None,
        }
    }

    /// The current stage of Adam, to be trained.
    fn adam_mut(&mut self) -> Option<&mut AdamStage> {
        match self {
            Self::Pretraining(adam) | Self::Joint(adam) | Self::Settling(adam) | Self::Removing { adam, .. } => Some(adam),
            Self::Trying { starts, .. } => Some(starts.adam_mut()),
            _ => None,
        }
    }

    /// The second-order method, in the stages that use it.
    fn second(&self) -> Option<&SecondOrder> {
        match self {
            Self::Refining(second) | Self::Helping { second, .. } | Self::Sharpening { second, .. } => Some(second),
            _ => None,
        }
    }
}

/// Largest number of steps of refining.
fn refining(second: &SecondOrder) -> u64 {
    if second.is_checked() { CHECKED } else { REFINING }
}

impl Reliable {
    /// Begins with modes spread over the data by a seed, or with the parameters of a fit.
    pub fn new(offered: &Architecture, data: ScaledData, unit: f64, seed: u64, fit: Option<Vec<f64>>) -> Self {
        // The initial parameters use the first part of this stream.
        let rng = init::stream(seed);
        let other_starts = Some(seed).filter(|_| fit.is_none() && data.is_of_many_inputs());
        let (active, phase) = if let Some(full) = fit {
            let present = data.present(offered, &full);
            let active = ActiveModes::new(offered, full, present);
            let adam = AdamStage::new(&active, &data, None);
            (active, Phase::Joint(adam))
        } else {
            let (full, masks) = data.start(offered, seed);
            let active = ActiveModes::new(offered, full, (0..offered.modes).collect());
            let adam = AdamStage::new(&active, &data, Some(&masks));
            (active, Phase::Pretraining(adam))
        };
        let notes = Notes::default();
        Self {
            data,
            active,
            phase,
            before: 0,
            begun: 0,
            lm_steps: 0,
            needed: Vec::new(),
            unit,
            notes,
            rng,
            other_starts,
            rounds: 0,
            looks: 0,
        }
    }

    /// The parameters of the present modes.
    fn present_params(&self) -> Vec<f64> {
        match (self.phase.adam(), self.phase.second()) {
            (Some(adam), _) => adam.params(),
            (_, Some(second)) => second.best().params.clone(),
            _ => self.active.params(),
        }
    }

    /// Whether all stages have ended.
    fn is_done(&self) -> bool {
        matches!(self.phase, Phase::Done)
    }

    /// Takes one epoch, or a part of a step of the second-order method; returns whether the stage is over.
    fn advance(&mut self, training: &Training, loss: f64) -> Result<bool, Divergence> {
        let (length, before) = (self.length(training), self.before);
        let Self { phase, data, .. } = self;
        let rates = |adam: &AdamStage, factor: f64| {
            let factor = factor * schedule::fall(adam.epoch(), length, LAST_RATE);
            Rates { network: training.lr * factor, gate: training.gate_lr * factor }
        };
        let enough = data.enough(FINE).max(data.of_samples(training.stop_loss.unwrap_or(0.0)));
        if let Phase::Refining(second) | Phase::Helping { second, .. } | Phase::Sharpening { second, .. } = phase {
            if !second.work(&data.set) {
                return Ok(false);
            }
            self.lm_steps += 1;
        }
        self.looks += u64::from(matches!(phase, Phase::Averaging { .. }));
        let after = |divergence: Divergence| divergence.after(before);
        Ok(match phase {
            Phase::Averaging { pass, .. } => data.rows().is_none_or(|rows| pass.step(rows, &data.set)),
            Phase::Pretraining(adam) | Phase::Joint(adam) | Phase::Settling(adam) => {
                adam.step(rates(adam, 1.0)).map_err(after)?;
                adam.epoch() >= length
            }
            Phase::Trying { starts, .. } => {
                let rates = rates(starts.adam(), 1.0);
                starts.step(rates).map_err(after)?;
                starts.adam().epoch() >= length
            }
            Phase::Removing { adam, limit, .. } => {
                let (done, look) = (adam.epoch(), (LOOK as f64 * adam.share()).ceil() as u64);
                let is_evaluated = done > 0 && done.is_multiple_of(look);
                let loss = if is_evaluated && adam.share() < 1.0 { adam.mse() } else { loss };
                let is_hopeless = done == HOPELESS.0 * look && loss > HOPELESS.1 * *limit;
                let is_over = is_evaluated && loss <= *limit || done >= length || is_hopeless;
                if !is_over {
                    adam.step(rates(adam, REFIT_RATE)).map_err(after)?;
                }
                is_over
            }
            Phase::Refining(second) => second.is_over(refining(second), enough),
            Phase::Helping { second, .. } => second.is_over(HELPING, enough),
            Phase::Sharpening { second, lowest, .. } => {
                let goal = data.visible(lowest.cost);
                let is_hopeless = second.taken() >= TOO_SHARP.0 && second.best().cost > TOO_SHARP.1 * goal
                    || second.falls_short(SHARPENING, ALIKE * goal);
                data.allows(second.best(), lowest) || is_hopeless || second.taken() >= SHARPENING || second.is_stuck()
            }
            Phase::Done => false,
        })
    }

    /// Largest number of epochs or steps of the current stage.
    fn length(&self, training: &Training) -> u64 {
        let nominal = match self.phase {
            Phase::Pretraining(_) => PRETRAINING,
            Phase::Joint(_) => JOINT,
            Phase::Trying { ref starts, .. } => {
                if starts.is_in_cells() {
                    PRETRAINING
                } else {
                    JOINT
                }
            }
            Phase::Removing { .. } => REMOVING,
            Phase::Settling(_) => SETTLING,
            Phase::Refining(ref second) => return refining(second),
            Phase::Helping { .. } => return HELPING,
            Phase::Sharpening { .. } => return SHARPENING,
            Phase::Averaging { ref pass, .. } => return self.data.rows().map_or(0, |rows| pass.progress(rows)[1]),
            Phase::Done => return 0,
        };
        let share = self.phase.adam().map_or(1.0, AdamStage::share);
        let full = (nominal as f64 * share).ceil() as u64;
        full.min(nominal * training.epochs.min(ROOM) / ROOM).max(1)
    }

    /// Ends the stage with these parameters and notes what happened in it.
    fn close_stage(&mut self, params: &[f64], name: String, sentence: String) {
        self.before = self.epoch();
        self.notes.add(name, self.before - self.begun, sentence);
        self.begun = self.before;
        self.active.set(params);
    }
}

impl Fitting for Reliable {
    fn epoch(&self) -> u64 {
        self.before + self.phase.adam().map_or(0, AdamStage::epoch)
    }

    fn lm_steps(&self) -> u64 {
        self.lm_steps
    }

    fn work(&self, training: &Training) -> [u64; 2] {
        self.work_done_and_left(training)
    }

    fn only_looks(&self) -> bool {
        matches!(self.phase, Phase::Averaging { .. })
    }

    fn is_amid_step(&self) -> bool {
        self.phase.second().is_some_and(SecondOrder::is_amid_step)
    }

    fn cost(&self) -> u64 {
        if self.phase.second().is_some() { EPOCHS_A_STEP } else { 1 }
    }

    /// The parameters of all modes; removed modes are closed.
    fn params(&self) -> Vec<f64> {
        let mut active = self.active.clone();
        active.set(&self.present_params());
        active.full().to_vec()
    }

    /// The loss of the current stage; its data part is the mean squared error of Psi.
    fn loss(&mut self, _training: &Training) -> LossValue {
        let data = self.data.mse(&self.active, &self.present_params());
        let of_second = self.phase.second().map(|second| second.best().mse);
        let total = of_second.or_else(|| self.phase.adam_mut().map(AdamStage::mse)).unwrap_or(data);
        LossValue { total: self.data.of_rows(total), data: self.data.of_rows(data) }
    }

    fn evaluate(&mut self, _training: &Training) -> Result<LossValue, Divergence> {
        let before = self.before;
        let total = match (self.phase.second().map(|second| second.best().mse), self.phase.adam_mut()) {
            (_, Some(adam)) => adam.evaluate().map_err(|divergence| divergence.after(before))?,
            (mse, _) => mse.unwrap_or(0.0),
        };
        let total = self.data.of_rows(total);
        Ok(LossValue { total, data: total })
    }

    /// Takes a step, and begins the next stage if one ends.
    fn step(&mut self, training: &Training, loss: LossValue) -> Result<(), Divergence> {
        let is_over = self.advance(training, self.data.of_samples(loss.total))?;
        let out_of_epochs = self.epoch() >= training.epochs && self.cost() == 1 && !self.only_looks();
        if is_over || out_of_epochs && !self.is_done() {
            self.next(training);
        }
        Ok(())
    }

    fn ending(&self, _training: &Training, _loss: Option<LossValue>) -> Option<String> {
        let (epochs, steps) = (whole(self.epoch()), whole(self.lm_steps));
        self.is_done()
            .then(|| format!("All stages of the recipe reliable are done: {epochs} epochs and {steps} second-order steps."))
    }

    fn stage(&self, training: &Training, _has_ended: bool) -> Option<Stage> {
        let done = match (&self.phase, self.data.rows()) {
            (Phase::Averaging { pass, .. }, Some(rows)) => pass.progress(rows)[0],
            _ => self.phase.second().map_or(self.epoch() - self.begun, SecondOrder::taken),
        };
        let (name, sentence) = match &self.phase {
            Phase::Pretraining(_) => notes::pretraining(),
            Phase::Joint(_) => notes::joint(),
            Phase::Trying { .. } => notes::trying(),
            Phase::Removing { mode, error, .. } => notes::removing(*mode, self.data.of_rows(*error)),
            Phase::Settling(_) => notes::settling(),
            Phase::Refining(second) => notes::refining(second.left_out()),
            Phase::Helping { auxiliary, .. } => notes::helping(auxiliary),
            Phase::Sharpening { second, factor, .. } => {
                notes::sharpening(second.best().params.last().map(|rho| rho / self.unit), *factor)
            }
            Phase::Averaging { .. } => notes::averaging(),
            Phase::Done => return None,
        };
        let by_steps = self.cost() > 1 || self.only_looks();
        Some(Stage { name, done, of: self.length(training), by_steps, sentence })
    }

    fn notes(&self, _has_ended: bool, _rho: f64) -> Vec<StageNote> {
        self.notes.list().to_vec()
    }

    fn stages_ended(&self) -> usize {
        self.notes.list().len()
    }

    /// Refines the modes that are open.
    fn take(&mut self, full: Vec<f64>, was_over: Option<bool>) -> bool {
        let epoch = self.epoch();
        self.active.take(full);
        (self.before, self.begun) = (epoch, epoch);
        self.phase = if was_over == Some(true) { Phase::Done } else { Phase::Refining(self.second(&[])) };
        true
    }
}

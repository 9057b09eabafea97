//! The recipe `reliable` for derivatives: Adam in mini-batches, standardised inputs and derivatives, and steps on the logarithm
//! of the sharpness.
//!
//! 1. *starts*: four fits with different initial weights, each trained for a while on four fifths of the rows and evaluated on
//!    the others; training from a single start loses a well in some runs, which its error shows
//! 2. *joint*: the best of them, trained on all rows. Its wells are found by descents
//! 3. *owning*: each well gets the mode that is most responsible there; modes without a well that can be left out at once are
//!    removed. Training goes on with a penalty where another mode is responsible in the core of a well, or a mode without a well
//!    anywhere ([`crate::loss::ownership`]). If that costs too much or changes the wells, the fit of stage 2 is trained further
//!    instead
//! 4. *removing mode k*: a mode without a well stays removed if, after some training, the error is about the same
//! 5. *finishing*: all that are left are trained with falling rates
//! 6. *refining*, unless there are too many rows or parameters for it: steps of the Levenberg-Marquardt method
//!    ([`crate::train::levenberg`]) on four fifths of the rows. If the error on the others falls with theirs, there is no noise to be fitted, and
//!    steps on all rows follow; otherwise as many of these as take the time of the epochs that the stage is given
//!
//! Of very many rows in few inputs, averages are learnt from ([`super::gathered`]), which are made again after stage 2, before stage 5 and at the end.
//!
//! A potential fitted to its gradient alone has to bring its modes together before it can separate them. The sharpness must
//! therefore be able to fall (to about 0.05 in standardised units) and to rise again by orders of magnitude. With the rate and
//! initial sharpness of the recipe `paper` it stays constant, and wells are misplaced. Gates are constant, because they are
//! redundant with the last biases.

mod notes;
mod stages;
mod starts;
mod wells;

use std::sync::Arc;

use super::fitting::{narrow, widen};
use super::gathered::{Gathered, Pass};
use super::reliable::active::{ActiveModes, groups};
use super::reliable::averaging;
use super::reliable::second_order::{Candidate, SecondOrder};
use super::{Domain, Fitting, Stage, StageNote, Training};
use crate::loss::training_set::TrainingSet;
use crate::loss::{Loss, LossValue};
use crate::model::potential::declared;
use crate::model::{Architecture, Convexity, init, lse};
use crate::text::whole;
use crate::train::{Divergence, Rates, Trainer, schedule};
use starts::{STARTS, Starts};
use wells::{Region, Wells};

/// Number of additional samples on which the errors of a fit to a benchmark are measured.
pub const HELD_OUT: usize = 200;
/// Smallest limit on the epochs of a run that leaves time for starts.
const FEWEST: u64 = 20;
/// Lengths of the stages in thousandths of the limit on the epochs: one start, joint, owning, one removal, finishing, and, where second-order
/// steps are affordable, finishing before them and the epochs whose time they take.
const START: u64 = 30;
const JOINT: u64 = 120;
const OWNING: u64 = 200;
const REMOVING: u64 = 20;
const FINISHING: u64 = 200;
const BEFORE_REFINING: u64 = 100;
const REFINING: u64 = 160;
/// Numbers of second-order steps on four fifths of the rows, and on all if the others agree; in runs of fewer epochs than `ROOM`, fewer in proportion.
const CHECKED: u64 = 60;
const CONFIRMED: u64 = 90;
const ROOM: u64 = 10_000;
/// Factor on the learning rates at the end of a stage, and at the beginning of removals and of the last stage.
const LAST_START_RATE: f64 = 0.2;
const LAST_RATE: f64 = 0.1;
const LAST_OWNING_RATE: f64 = 0.03;
const REFIT_RATE: f64 = 0.5;
/// Part of the stage over which the penalty reaches its full weight.
const RAMP: f64 = 0.18;
/// Largest factor of the squared error at which each well keeps a mode of its own.
const OWNERSHIP_PRICE: f64 = 2.0;
/// Factor by which errors differ because of noise.
const ALIKE: f64 = 1.1;
/// Number of rejected second-order steps, which solve the same system again, that take as long as an accepted one.
const REJECTED: u64 = 4;
/// RMSE, relative to what is learnt, at which refining ends.
const FINE: f64 = 2e-5;

/// The recipe in progress.
pub struct Gradient {
    set: TrainingSet,
    region: Region,
    /// Output scale of the data: the sharpness of the network divided by it is the sharpness in the units of the data.
    unit: f64,
    /// Mean square of what is learnt.
    size: f64,
    convexity: Convexity,
    active: ActiveModes,
    phase: Phase,
    loss: Box<dyn Loss<f32>>,
    trainer: Trainer<f32>,
    /// Number of epochs before the first one of the trainer.
    before: u64,
    notes: Vec<StageNote>,
    /// The wells of the joint fit, and the owner of each among all modes; empty if they have none.
    wells: Wells,
    owners: Vec<usize>,
    lm_steps: u64,
    /// The rows, if the samples are averages of them, and the mean squared difference of rows from these.
    rows: Option<Arc<Gathered>>,
    within: f64,
}

/// A stage. Squared errors are those on all rows.
enum Phase {
    Starts(Box<Starts>),
    Joint,
    /// The joint fit, and its error.
    Owning {
        plain: Box<ActiveModes>,
        error: f64,
    },
    /// The fit with the mode, and its error.
    Removing {
        mode: usize,
        kept: Box<ActiveModes>,
        error: f64,
    },
    Finishing {
        length: u64,
    },
    /// The steps, and how many may be accepted.
    Refining {
        second: Box<SecondOrder>,
        most: u64,
    },
    /// All rows are looked at with the fit, which has this error.
    Averaging {
        pass: Box<Pass>,
        then: Then,
        error: f64,
    },
    Done,
}

/// What follows when the rows have been averaged again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// The search for wells, of a fit of so many epochs.
    Wells(u64),
    Finishing,
    End,
}

impl Gradient {
    /// Begins with starts drawn from the seed, or with the parameters of a fit.
    pub fn new(arch: &Architecture, set: TrainingSet, domain: &Domain, training: &Training, fit: Option<Vec<f64>>) -> Self {
        let layout = declared(arch);
        let is_open = |mode: &usize| fit.as_ref().is_none_or(|fit| !lse::is_closed(&layout, fit, *mode));
        let mut present: Vec<usize> = (0..arch.modes).filter(is_open).collect();
        if present.is_empty() {
            present = (0..arch.modes).collect();
        }
        let has_starts = fit.is_none() && training.epochs >= FEWEST;
        let full = fit.unwrap_or_else(|| init::gradient(&layout, training.seed, 0));
        let active = ActiveModes::new(arch, full, present);
        let loss = stages::regression(&active, &set);
        let phase = if has_starts { Phase::Starts(Box::new(Starts::new(&set, &loss, training.seed))) } else { Phase::Joint };
        let size = set.mean_square();
        Self {
            region: Region::new(&domain.bounds, &set.x),
            unit: domain.unit,
            size,
            convexity: arch.convexity,
            trainer: trainer(&active, arch.convexity, size),
            set,
            active,
            phase,
            loss: Box::new(loss),
            before: 0,
            notes: Vec::new(),
            wells: Wells::default(),
            owners: Vec::new(),
            lm_steps: 0,
            rows: domain.rows.clone(),
            within: 0.0,
        }
    }

    /// The best fit of the second-order method, in the stage that uses it.
    fn refined(&self) -> Option<&Candidate> {
        match &self.phase {
            Phase::Refining { second, .. } => Some(second.best()),
            _ => None,
        }
    }

    /// The parameters of the present modes.
    fn present_params(&self) -> Vec<f64> {
        self.refined().map_or_else(|| widen(self.trainer.params()), |best| best.params.clone())
    }

    /// The rates of the next epoch.
    fn rates(&self, training: &Training) -> Rates {
        let (epoch, length) = (self.trainer.epoch(), self.phase.length(training));
        let factor = match self.phase {
            Phase::Starts(_) => schedule::fall(epoch, length, LAST_START_RATE),
            Phase::Removing { .. } => REFIT_RATE * schedule::fall(epoch, length, LAST_OWNING_RATE / REFIT_RATE),
            Phase::Finishing { .. } => REFIT_RATE * schedule::cosine(epoch, length),
            Phase::Owning { .. } => schedule::fall(epoch, length, LAST_OWNING_RATE),
            _ => schedule::fall(epoch, length, LAST_RATE),
        };
        Rates { network: factor * training.lr, gate: factor * training.gate_lr }
    }

    /// A squared error relative to what is learnt, as that of all rows.
    fn relative(&self, error: f64) -> f64 {
        (error + self.within) / self.size
    }

    /// The same of a loss, which is not relative.
    fn of_rows(&self, loss: LossValue) -> LossValue {
        LossValue { total: loss.total + self.within, data: loss.data + self.within }
    }

    /// The squared error on all samples.
    fn error(&mut self) -> f64 {
        self.loss.value(self.trainer.params()).data
    }
}

impl Phase {
    /// Largest number of its epochs; of starts, that of each.
    fn length(&self, training: &Training) -> u64 {
        let part = match self {
            Self::Finishing { length } => return (*length).max(1),
            Self::Starts(_) => START,
            Self::Joint => JOINT,
            Self::Owning { .. } => OWNING,
            Self::Removing { .. } => REMOVING,
            Self::Refining { most, .. } => return *most,
            Self::Averaging { .. } | Self::Done => 0,
        };
        (part * training.epochs / 1000).max(1)
    }

    fn name(&self) -> Option<String> {
        Some(match self {
            Self::Starts(_) => notes::STARTS.into(),
            Self::Joint => notes::JOINT.into(),
            Self::Owning { .. } => notes::OWNING.into(),
            Self::Removing { mode, .. } => notes::removing(*mode),
            Self::Finishing { .. } => notes::FINISHING.into(),
            Self::Refining { .. } => notes::REFINING.into(),
            Self::Averaging { .. } => averaging().0,
            Self::Done => return None,
        })
    }
}

impl Fitting for Gradient {
    fn epoch(&self) -> u64 {
        self.before + self.trainer.epoch()
    }

    fn lm_steps(&self) -> u64 {
        self.lm_steps
    }

    fn cost(&self) -> u64 {
        if self.refined().is_some() { self.epochs_a_step() } else { 1 }
    }

    /// The parameters of all modes; removed modes are closed.
    fn params(&self) -> Vec<f64> {
        let mut active = self.active.clone();
        active.set(&self.present_params());
        active.full().to_vec()
    }

    fn work(&self, training: &Training) -> [u64; 2] {
        let [joint, owning, finishing] = [JOINT, OWNING, FINISHING].map(|part| part * training.epochs / 1000);
        let after = match self.phase {
            Phase::Starts(_) => joint + owning + finishing,
            Phase::Joint | Phase::Averaging { then: Then::Wells(_), .. } => owning + finishing,
            Phase::Owning { .. } | Phase::Removing { .. } | Phase::Averaging { then: Then::Finishing, .. } => finishing,
            Phase::Finishing { .. } | Phase::Refining { .. } | Phase::Averaging { .. } | Phase::Done => 0,
        };
        let here = self.stage(training, false).map_or(0, |stage| stage.of.saturating_sub(stage.done) * self.cost());
        [self.epoch() + self.lm_steps * self.epochs_a_step(), here + after]
    }

    fn only_looks(&self) -> bool {
        matches!(self.phase, Phase::Averaging { .. })
    }

    fn is_amid_step(&self) -> bool {
        matches!(&self.phase, Phase::Refining { second, .. } if second.is_amid_step())
    }

    fn loss(&mut self, _training: &Training) -> LossValue {
        let loss = match self.refined() {
            Some(best) => refined_loss(best),
            None => self.loss.value(self.trainer.params()),
        };
        self.of_rows(loss)
    }

    fn evaluate(&mut self, _training: &Training) -> Result<LossValue, Divergence> {
        if let Some(best) = self.refined() {
            let loss = refined_loss(best);
            return Ok(self.of_rows(loss));
        }
        if let Phase::Averaging { error, .. } = self.phase {
            return Ok(self.of_rows(LossValue { total: error, data: error }));
        }
        let Self { phase, loss, trainer, before, .. } = self;
        let value = match phase {
            Phase::Starts(starts) => trainer.evaluate(&mut starts.trained_on),
            _ => trainer.evaluate(&mut **loss),
        };
        let value = value.map_err(|divergence| divergence.after(*before))?;
        Ok(self.of_rows(value))
    }

    fn step(&mut self, training: &Training, _loss: LossValue) -> Result<(), Divergence> {
        if let Phase::Refining { second, most } = &mut self.phase {
            if !second.work(&self.set) {
                return Ok(());
            }
            self.lm_steps += 1;
            let rejected = if second.is_checked() { 1 } else { REJECTED };
            if second.accepted() >= *most || second.is_over(rejected * *most, FINE * FINE * self.size) {
                self.next(training);
            }
            return Ok(());
        }
        if let (Phase::Averaging { pass, .. }, Some(rows)) = (&mut self.phase, &self.rows) {
            if pass.step(rows, &self.set) {
                self.next(training);
            }
            return Ok(());
        }
        let rates = self.rates(training);
        let Self { phase, loss, trainer, before, .. } = self;
        let stepped = match phase {
            Phase::Starts(starts) => trainer.step(&mut starts.trained_on, |_| rates),
            _ => trainer.step(&mut **loss, |_| rates),
        };
        stepped.map_err(|divergence| divergence.after(*before))?;
        if self.trainer.epoch() >= self.phase.length(training) {
            self.next(training);
        }
        Ok(())
    }

    fn ending(&self, training: &Training, loss: Option<LossValue>) -> Option<String> {
        let epoch = whole(self.epoch());
        if matches!(self.phase, Phase::Done) {
            let steps =
                if self.lm_steps > 0 { format!(" and {} second-order steps", whole(self.lm_steps)) } else { String::new() };
            return Some(format!("All stages of the recipe reliable are done: {epoch} epochs{steps}."));
        }
        if self.epoch() >= training.epochs && !self.only_looks() {
            return Some(format!("Reached epoch {epoch}."));
        }
        let stop = training.stop_loss.filter(|&stop| loss.is_some_and(|loss| loss.total < stop))?;
        Some(format!("Reached a loss below {stop:e} at epoch {epoch}."))
    }

    fn stage(&self, training: &Training, has_ended: bool) -> Option<Stage> {
        let sentence = match &self.phase {
            Phase::Starts(starts) => notes::starting(starts.ended() + 1, STARTS),
            Phase::Joint => notes::together(),
            Phase::Owning { .. } => notes::owning(self.wells.len()),
            Phase::Removing { mode, error, .. } => notes::trial(*mode, self.relative(*error)),
            Phase::Refining { .. } => notes::refining(),
            Phase::Averaging { .. } => averaging().1,
            Phase::Finishing { .. } | Phase::Done => notes::finishing(),
        };
        let name = self.phase.name().filter(|_| !has_ended)?;
        let length = self.phase.length(training);
        let (done, of) = match &self.phase {
            Phase::Starts(_) => (self.epoch(), length * STARTS as u64),
            Phase::Refining { second, .. } => (if second.is_checked() { second.taken() } else { second.accepted() }, length),
            Phase::Averaging { pass, .. } => self.rows.as_ref().map_or([0, 0], |rows| pass.progress(rows)).into(),
            _ => (self.trainer.epoch(), length),
        };
        let by_steps = self.refined().is_some() || self.only_looks();
        Some(Stage { name, done, of, by_steps, sentence })
    }

    fn notes(&self, has_ended: bool, _rho: f64) -> Vec<StageNote> {
        let mut notes = self.notes.clone();
        if let Some(name) = self.phase.name().filter(|_| has_ended) {
            let epochs = self.epoch() - notes.iter().map(|note| note.epochs).sum::<u64>();
            notes.push(StageNote { name, epochs, sentence: notes::early(self.wells.len()) });
        }
        notes
    }

    fn stages_ended(&self) -> usize {
        self.notes.len()
    }

    fn take(&mut self, full: Vec<f64>, was_over: Option<bool>) -> bool {
        self.go_on_from(full, was_over, u64::MAX);
        false
    }
}

/// A trainer of the present modes.
fn trainer(active: &ActiveModes, convexity: Convexity, size: f64) -> Trainer<f32> {
    let mut trainer = Trainer::new(narrow(&active.params()), groups(&declared(&active.arch()), convexity));
    // A stage may begin at a small error, which the first steps raise.
    trainer.expect(1.0 + size);
    trainer
}

/// What a candidate of the second-order method comes to.
fn refined_loss(best: &Candidate) -> LossValue {
    LossValue { total: best.cost, data: best.mse }
}

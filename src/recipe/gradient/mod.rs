//! The recipe `reliable` for derivatives: Adam in mini-batches, standardised inputs and derivatives, and steps on the logarithm
//! of the sharpness.
//!
//! 1. *starts*: four fits with different initial weights train for a while on four fifths of the rows. The other rows select the
//!    best one. A single start loses a well in some runs, and its error shows the loss
//! 2. *joint*: the best start trains on all rows. Descents then find its wells
//! 3. *owning*: each well gets the mode with the largest responsibility there. Dispensable modes without a well are removed.
//!    Training continues with a penalty where another mode is responsible in the core of a well, or a mode without a well
//!    anywhere ([`crate::loss::ownership`]). If the penalty costs too much or changes the wells, the fit of stage 2 continues
//!    instead
//! 4. *removing mode k*: a mode without a well stays removed if the error after some training is about the same
//! 5. *finishing*: the remaining modes train with falling rates
//! 6. *refining*, unless there are too many rows or parameters: steps of the Levenberg-Marquardt method
//!    ([`crate::train::levenberg`]) on four fifths of the rows. If the error on the other rows falls too, the data have little
//!    noise, and steps on all rows follow. Otherwise the stage takes as many steps on all rows as fit into its time
//!
//! With very many rows in few inputs, the samples are averages ([`super::gathered`]). They are recomputed after stage 2, before
//! stage 5 and at the end.
//!
//! A fit to gradients alone has to bring its modes together before it can separate them. The sharpness must therefore be able to
//! fall (to about 0.05 in standardised units) and to rise again by orders of magnitude. With the rate and initial sharpness of
//! the recipe `paper` the sharpness stays constant, and wells are misplaced. Gates are constant, because they are redundant with
//! the last biases.

mod notes;
mod samples;
mod stages;
mod starts;
mod training;

use super::fitting::widen;
use super::gathered::RowPass;
use super::ownership::{OWNING_STAGE, WellOwnership, WellRegion, owning};
use super::reliable::active::ActiveModes;
use super::reliable::averaging;
use super::reliable::second_order::{Candidate, SecondOrder};
use super::{FitDomain, Fitting, FittingProgress, Stage, StageNote, TrainingSettings};
use crate::loss::training_set::TrainingSet;
use crate::loss::{Loss, LossValue};
use crate::model::potential::declared;
use crate::model::{Architecture, init, lse};
use crate::text::whole;
use crate::train::{Divergence, Rates, schedule};
use samples::DerivativeSamples;
use starts::{TRIAL_COUNT, WeightTrials};
use training::{StageTraining, regression};

/// Number of additional samples that measure the errors of a fit to a benchmark.
pub const HELD_OUT_SAMPLES: usize = 200;
/// Smallest limit on the epochs of a run with several starts.
const MIN_EPOCHS_FOR_STARTS: u64 = 20;
/// Lengths of the stages in thousandths of the limit on the epochs. In order: one start, joint, owning, one removal, finishing;
/// and, where second-order steps are affordable, finishing before them and the epochs whose time they take.
const START_PER_MILLE: u64 = 30;
const JOINT_PER_MILLE: u64 = 120;
const OWNING_PER_MILLE: u64 = 200;
const REMOVING_PER_MILLE: u64 = 20;
const FINISHING_PER_MILLE: u64 = 200;
const FINISHING_BEFORE_REFINING_PER_MILLE: u64 = 100;
const REFINING_PER_MILLE: u64 = 160;
/// Numbers of second-order steps on four fifths of the rows, and of the following steps on all rows. Runs with fewer epochs than
/// `FULL_LENGTH_EPOCHS` have proportionally fewer steps.
const CHECKED_STEPS: u64 = 60;
const CONFIRMED_STEPS: u64 = 90;
const FULL_LENGTH_EPOCHS: u64 = 10_000;
/// Factors on the learning rates: at the end of a start, of other stages and of owning, and at the beginning of removals and of
/// the last stage.
const LAST_START_RATE: f64 = 0.2;
const LAST_RATE: f64 = 0.1;
const LAST_OWNING_RATE: f64 = 0.03;
const REFIT_RATE: f64 = 0.5;
/// Largest factor of the squared error that the ownership of wells may cost.
const OWNERSHIP_ERROR_FACTOR: f64 = 2.0;
/// Factor between squared errors that may be due to noise.
const NOISE_ERROR_FACTOR: f64 = 1.1;
/// Number of rejected second-order steps that take as long as an accepted one. They solve the same system again.
const REJECTED_STEPS_PER_ACCEPTED: u64 = 4;
/// RMSE, relative to the root mean square of the targets, at which refining ends.
const TARGET_RELATIVE_RMSE: f64 = 2e-5;

/// The recipe in progress.
pub struct Gradient {
    samples: DerivativeSamples,
    active: ActiveModes,
    phase: GradientPhase,
    training: StageTraining,
    ownership: WellOwnership,
    notes: Vec<StageNote>,
    lm_steps: u64,
}

/// Stage of the recipe. Squared errors are errors on all rows.
enum GradientPhase {
    Starts(Box<WeightTrials>),
    Joint,
    /// Holds the joint fit and its error.
    Owning {
        plain: Box<ActiveModes>,
        error: f64,
    },
    /// Holds the fit with the mode and its error.
    Removing {
        mode: usize,
        kept: Box<ActiveModes>,
        error: f64,
    },
    Finishing {
        length: u64,
    },
    /// Holds the second-order method and the largest number of accepted steps.
    Refining {
        second: Box<SecondOrder>,
        max_accepted: u64,
    },
    /// Pass over all rows with the fit, which has this error.
    Averaging {
        pass: Box<RowPass>,
        then: NextGradientStage,
        error: f64,
    },
    Done,
}

/// Stage after the rows have been averaged again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NextGradientStage {
    /// Search for the wells of a joint fit of this number of epochs.
    Wells(u64),
    Finishing,
    End,
}

impl Gradient {
    /// Starts with initial weights from the seed, or with the parameters of a fit.
    pub fn new(
        arch: &Architecture,
        set: TrainingSet,
        domain: &FitDomain,
        training: &TrainingSettings,
        fit: Option<Vec<f64>>,
    ) -> Self {
        let layout = declared(arch);
        let is_open = |mode: &usize| fit.as_ref().is_none_or(|fit| !lse::is_closed(&layout, fit, *mode));
        let mut present: Vec<usize> = (0..arch.modes).filter(is_open).collect();
        if present.is_empty() {
            present = (0..arch.modes).collect();
        }
        let has_starts = fit.is_none() && training.epochs >= MIN_EPOCHS_FOR_STARTS;
        let full = fit.unwrap_or_else(|| init::gradient(&layout, training.seed, 0));
        let active = ActiveModes::new(arch, full, present);
        let loss = regression(&active, &set);
        let phase = if has_starts {
            GradientPhase::Starts(Box::new(WeightTrials::new(&set, &loss, training.seed)))
        } else {
            GradientPhase::Joint
        };
        let samples = DerivativeSamples::new(set, domain);
        Self {
            training: StageTraining::new(&active, arch.convexity, samples.target_mean_square, Box::new(loss)),
            ownership: WellOwnership::new(WellRegion::new(&domain.bounds, &samples.set.x, None)),
            samples,
            active,
            phase,
            notes: Vec::new(),
            lm_steps: 0,
        }
    }

    /// Best fit of the second-order method, in the stage that uses it.
    fn refined(&self) -> Option<&Candidate> {
        match &self.phase {
            GradientPhase::Refining { second, .. } => Some(second.best()),
            _ => None,
        }
    }

    /// The parameters of the present modes.
    fn present_params(&self) -> Vec<f64> {
        self.refined().map_or_else(|| widen(self.training.trainer.params()), |best| best.params.clone())
    }

    /// Number of epochs done.
    fn epoch(&self) -> u64 {
        self.training.epoch()
    }

    /// Approximate cost of the next step, in epochs.
    fn cost(&self) -> u64 {
        if self.refined().is_some() { self.epochs_per_step() } else { 1 }
    }

    /// Whether the next step only averages rows.
    fn only_averages(&self) -> bool {
        matches!(self.phase, GradientPhase::Averaging { .. })
    }

    /// The rates of the next epoch.
    fn rates(&self, training: &TrainingSettings) -> Rates {
        let (epoch, length) = (self.training.trainer.epoch(), self.phase.length(training));
        let factor = match self.phase {
            GradientPhase::Starts(_) => schedule::fall(epoch, length, LAST_START_RATE),
            GradientPhase::Removing { .. } => REFIT_RATE * schedule::fall(epoch, length, LAST_OWNING_RATE / REFIT_RATE),
            GradientPhase::Finishing { .. } => REFIT_RATE * schedule::cosine(epoch, length),
            GradientPhase::Owning { .. } => schedule::fall(epoch, length, LAST_OWNING_RATE),
            _ => schedule::fall(epoch, length, LAST_RATE),
        };
        Rates { network: factor * training.lr, gate: factor * training.gate_lr }
    }
}

impl GradientPhase {
    /// Largest number of epochs of the stage, or of each start.
    fn length(&self, training: &TrainingSettings) -> u64 {
        let part = match self {
            Self::Finishing { length } => return (*length).max(1),
            Self::Starts(_) => START_PER_MILLE,
            Self::Joint => JOINT_PER_MILLE,
            Self::Owning { .. } => OWNING_PER_MILLE,
            Self::Removing { .. } => REMOVING_PER_MILLE,
            Self::Refining { max_accepted, .. } => return *max_accepted,
            Self::Averaging { .. } | Self::Done => 0,
        };
        (part * training.epochs / 1000).max(1)
    }

    /// Loss of the current start on the rows that it is trained on, while starts are tried.
    fn trial_loss(&mut self) -> Option<&mut dyn Loss<f32>> {
        match self {
            Self::Starts(starts) => Some(&mut starts.trained_on),
            _ => None,
        }
    }

    fn name(&self) -> Option<String> {
        Some(match self {
            Self::Starts(_) => notes::STARTS_STAGE.into(),
            Self::Joint => notes::JOINT_STAGE.into(),
            Self::Owning { .. } => OWNING_STAGE.into(),
            Self::Removing { mode, .. } => notes::removing(*mode),
            Self::Finishing { .. } => notes::FINISHING_STAGE.into(),
            Self::Refining { .. } => notes::REFINING_STAGE.into(),
            Self::Averaging { .. } => averaging().0,
            Self::Done => return None,
        })
    }
}

impl Fitting for Gradient {
    fn progress(&self) -> FittingProgress {
        FittingProgress {
            epoch: self.epoch(),
            lm_steps: self.lm_steps,
            stages_ended: self.notes.len(),
            cost: self.cost(),
            only_averages: self.only_averages(),
            is_amid_step: matches!(&self.phase, GradientPhase::Refining { second, .. } if second.is_amid_step()),
        }
    }

    /// The parameters of all modes; removed modes are closed.
    fn params(&self) -> Vec<f64> {
        let mut active = self.active.clone();
        active.set(&self.present_params());
        active.full().to_vec()
    }

    fn work(&self, training: &TrainingSettings) -> [u64; 2] {
        let [joint, owning, finishing] =
            [JOINT_PER_MILLE, OWNING_PER_MILLE, FINISHING_PER_MILLE].map(|part| part * training.epochs / 1000);
        let after = match self.phase {
            GradientPhase::Starts(_) => joint + owning + finishing,
            GradientPhase::Joint | GradientPhase::Averaging { then: NextGradientStage::Wells(_), .. } => owning + finishing,
            GradientPhase::Owning { .. }
            | GradientPhase::Removing { .. }
            | GradientPhase::Averaging { then: NextGradientStage::Finishing, .. } => finishing,
            GradientPhase::Finishing { .. }
            | GradientPhase::Refining { .. }
            | GradientPhase::Averaging { .. }
            | GradientPhase::Done => 0,
        };
        let here = self.stage(training, false).map_or(0, |stage| stage.of.saturating_sub(stage.done) * self.cost());
        [self.epoch() + self.lm_steps * self.epochs_per_step(), here + after]
    }

    fn loss(&mut self, _training: &TrainingSettings) -> LossValue {
        let loss = match self.refined() {
            Some(best) => refined_loss(best),
            None => self.training.loss(),
        };
        self.samples.row_loss(loss)
    }

    fn evaluate(&mut self, _training: &TrainingSettings) -> Result<LossValue, Divergence> {
        if let Some(best) = self.refined() {
            let loss = refined_loss(best);
            return Ok(self.samples.row_loss(loss));
        }
        if let GradientPhase::Averaging { error, .. } = self.phase {
            return Ok(self.samples.row_loss(LossValue { total: error, data: error }));
        }
        let value = self.training.evaluate(self.phase.trial_loss())?;
        Ok(self.samples.row_loss(value))
    }

    fn step(&mut self, training: &TrainingSettings, _loss: LossValue) -> Result<(), Divergence> {
        if let GradientPhase::Refining { second, max_accepted } = &mut self.phase {
            if !second.work(&self.samples.set) {
                return Ok(());
            }
            self.lm_steps += 1;
            let rejected = if second.is_checked() { 1 } else { REJECTED_STEPS_PER_ACCEPTED };
            if second.accepted() >= *max_accepted
                || second.is_over(
                    rejected * *max_accepted,
                    TARGET_RELATIVE_RMSE * TARGET_RELATIVE_RMSE * self.samples.target_mean_square,
                )
            {
                self.next(training);
            }
            return Ok(());
        }
        if let (GradientPhase::Averaging { pass, .. }, Some(rows)) = (&mut self.phase, &self.samples.rows) {
            if pass.step(rows, &self.samples.set) {
                self.next(training);
            }
            return Ok(());
        }
        let rates = self.rates(training);
        self.training.step(self.phase.trial_loss(), rates)?;
        if self.training.trainer.epoch() >= self.phase.length(training) {
            self.next(training);
        }
        Ok(())
    }

    fn ending(&self, training: &TrainingSettings, loss: Option<LossValue>) -> Option<String> {
        let epoch = whole(self.epoch());
        if matches!(self.phase, GradientPhase::Done) {
            let steps =
                if self.lm_steps > 0 { format!(" and {} second-order steps", whole(self.lm_steps)) } else { String::new() };
            return Some(format!("All stages of the recipe reliable are done: {epoch} epochs{steps}."));
        }
        if self.epoch() >= training.epochs && !self.only_averages() {
            return Some(format!("Reached epoch {epoch}."));
        }
        let stop = training.stop_loss.filter(|&stop| loss.is_some_and(|loss| loss.total < stop))?;
        Some(format!("Reached a loss below {stop:e} at epoch {epoch}."))
    }

    fn stage(&self, training: &TrainingSettings, has_ended: bool) -> Option<Stage> {
        let sentence = match &self.phase {
            GradientPhase::Starts(starts) => notes::starting(starts.ended() + 1, TRIAL_COUNT),
            GradientPhase::Joint => notes::together(),
            GradientPhase::Owning { .. } => owning(self.ownership.wells()),
            GradientPhase::Removing { mode, error, .. } => notes::trial(*mode, self.samples.relative(*error)),
            GradientPhase::Refining { .. } => notes::refining(),
            GradientPhase::Averaging { .. } => averaging().1,
            GradientPhase::Finishing { .. } | GradientPhase::Done => notes::finishing(),
        };
        let name = self.phase.name().filter(|_| !has_ended)?;
        let length = self.phase.length(training);
        let (done, of) = match &self.phase {
            GradientPhase::Starts(_) => (self.epoch(), length * TRIAL_COUNT as u64),
            GradientPhase::Refining { second, .. } => {
                (if second.is_checked() { second.taken() } else { second.accepted() }, length)
            }
            GradientPhase::Averaging { pass, .. } => self.samples.rows.as_ref().map_or([0, 0], |rows| pass.progress(rows)).into(),
            _ => (self.training.trainer.epoch(), length),
        };
        let by_steps = self.refined().is_some() || self.only_averages();
        Some(Stage { name, done, of, by_steps, sentence })
    }

    fn notes(&self, has_ended: bool, _rho: f64) -> Vec<StageNote> {
        let mut notes = self.notes.clone();
        if let Some(name) = self.phase.name().filter(|_| has_ended) {
            let epochs = self.epoch() - notes.iter().map(|note| note.epochs).sum::<u64>();
            notes.push(StageNote { name, epochs, sentence: notes::early(self.ownership.wells()) });
        }
        notes
    }

    fn replace_params(&mut self, full: Vec<f64>, was_over: Option<bool>) -> bool {
        self.continue_from(full, was_over, u64::MAX);
        false
    }
}

/// Loss of a candidate of the second-order method.
fn refined_loss(best: &Candidate) -> LossValue {
    LossValue { total: best.cost, data: best.mse }
}

//! What happens between two stages: the wells, their owners, and the decisions.

use super::starts::{BATCH, STARTS};
use super::wells::PART;
use super::{
    ALIKE, BEFORE_REFINING, CHECKED, CONFIRMED, FINISHING, Gradient, OWNERSHIP_PRICE, OWNING, Phase, RAMP, REFINING, ROOM, Then,
    notes, trainer,
};
use crate::loss::ownership::Owned;
use crate::loss::training_set::TrainingSet;
use crate::loss::{Loss, Regression};
use crate::model::init;
use crate::recipe::fitting::{narrow, widen};
use crate::recipe::gathered::Pass;
use crate::recipe::reliable::active::ActiveModes;
use crate::recipe::reliable::second_order::{AFFORDABLE, FOLD, Limits, SecondOrder, affordable};
use crate::recipe::reliable::{averaged, averaging, checked};
use crate::recipe::{Fitting, StageNote, Training};

/// A mode with this responsibility somewhere is responsible there.
const RESPONSIBLE: f64 = 0.5;
/// The least number of second-order steps: fewer do not bring the damping to where they gain.
const FEWEST_STEPS: u64 = 4;
/// Rank of the system of a second-order step which, on one component of the samples, takes about the time of an epoch.
const RANK_AN_EPOCH: usize = 3;
/// Damping of the first second-order step: Adam has followed the steep directions to their end.
const FIRST_DAMPING: f64 = 1e-4;

/// The loss of the present modes on all rows.
pub fn regression(active: &ActiveModes, set: &TrainingSet) -> Regression<f32> {
    Regression::new(&active.arch(), set).on(set, Some(BATCH))
}

impl Gradient {
    /// Ends a stage and begins the next one.
    pub(super) fn next(&mut self, training: &Training) {
        let params = self.present_params();
        let phase = std::mem::replace(&mut self.phase, Phase::Done);
        if !matches!(phase, Phase::Starts(_)) {
            self.active.set(&params);
        }
        let error = self.error();
        match phase {
            Phase::Starts(mut starts) => {
                starts.add(self.trainer.params());
                if starts.ended() < STARTS {
                    self.before = self.epoch();
                    self.trainer.restart(narrow(&init::gradient(self.loss.params(), training.seed, starts.ended())));
                    self.phase = Phase::Starts(starts);
                } else {
                    self.notes.push(starts.note(self.epoch()));
                    self.active.set(&widen(starts.best()));
                    self.begin(Phase::Joint, Box::new(regression(&self.active, &self.set)));
                }
            }
            Phase::Averaging { pass, then, .. } => self.end_averaging(*pass, then, training),
            Phase::Joint if self.rows.is_some() => self.average(Then::Wells(self.trainer.epoch()), error),
            Phase::Joint => self.end_joint(error, self.trainer.epoch(), training),
            Phase::Owning { plain, error: before } => self.end_owning(*plain, before, error, training),
            Phase::Removing { mode, kept, error: before } => {
                let is_accepted = error <= self.limit(before, training) && self.objection().is_none();
                self.note(notes::removing(mode), notes::verdict(self.relative(before), self.relative(error), is_accepted));
                if is_accepted {
                    self.remove_next(error.min(before), training);
                } else {
                    self.active = *kept;
                    self.finish(training);
                }
            }
            Phase::Finishing { .. } if self.steps_in(training) == 0 => self.end(notes::FINISHING, None, error),
            Phase::Finishing { .. } => {
                self.note(notes::FINISHING.into(), notes::finished(self.relative(error)));
                self.refine(CHECKED * training.epochs.min(ROOM) / ROOM, true, training.seed);
            }
            Phase::Refining { second, .. } if second.is_checked() => {
                let (agree, error) = (second.is_confirmed(), second.best().mse);
                self.note(notes::REFINING.into(), checked(second.taken(), self.relative(error), agree));
                let most = if agree { CONFIRMED * training.epochs.min(ROOM) / ROOM } else { self.steps_in(training) };
                self.refine(most, false, training.seed);
            }
            Phase::Refining { second, .. } => self.end(notes::REFINING, Some(second.taken()), second.best().mse),
            Phase::Done => {}
        }
    }

    fn note(&mut self, name: String, sentence: String) {
        self.notes.push(StageNote { name, epochs: self.trainer.epoch(), sentence });
    }

    /// Begins a stage of the present modes at their parameters.
    fn begin(&mut self, phase: Phase, loss: Box<dyn Loss<f32>>) {
        self.before = self.epoch();
        self.trainer = trainer(&self.active, self.convexity, self.size);
        (self.phase, self.loss) = (phase, loss);
    }

    /// The owners, by their indices among the present modes.
    fn present_owners(&self) -> Vec<usize> {
        let index = |owner: &usize| self.active.present().iter().position(|mode| mode == owner);
        self.owners.iter().filter_map(index).collect()
    }

    /// The loss of the present modes, with the penalty on forbidden modes if wells have owners. Its weight rises over `ramp`
    /// epochs.
    fn loss_with_owners(&self, ramp: u64) -> Box<dyn Loss<f32>> {
        let regression = regression(&self.active, &self.set);
        if self.owners.is_empty() {
            return Box::new(regression);
        }
        let owners = self.region.masks(&self.active, &self.wells, &self.present_owners());
        let parts = owners.x.len() / self.set.inputs / PART;
        Box::new(Owned::new(&self.active.arch(), regression, &owners, parts, ramp))
    }

    /// Searches the wells of the fit of so many epochs, and gives each an owner.
    fn end_joint(&mut self, error: f64, epochs: u64, training: &Training) {
        self.wells = self.region.wells(&self.active);
        let owners = self.wells.owners(&self.active);
        let (wells, modes) = (self.wells.len(), self.active.present().len());
        let mut sentence = notes::plain(self.relative(error), wells, self.wells.at_edges, self.wells.partial);
        let can_own = !self.wells.partial && wells > 0;
        if can_own && owners.is_none() {
            sentence += &format!(" {}", notes::too_few(wells, modes));
        }
        self.notes.push(StageNote { name: notes::JOINT.into(), epochs, sentence });
        match owners.filter(|_| can_own && modes > 1) {
            Some(owners) => {
                self.owners = owners.into_iter().map(|owner| self.active.present()[owner]).collect();
                let plain = Box::new(self.active.clone());
                self.remove_needless(error, training);
                let ramp = (RAMP * (OWNING * training.epochs / 1000) as f64) as u64;
                let loss = self.loss_with_owners(ramp);
                self.begin(Phase::Owning { plain, error }, loss);
            }
            None => self.finish(training),
        }
    }

    /// Why the wells do not have modes of their own, if they have not.
    fn objection(&self) -> Option<&'static str> {
        let found = self.region.wells(&self.active);
        if !found.are_those_of(&self.wells) {
            return Some("the wells would be others");
        }
        let owners = self.present_owners();
        let leaders = found.leaders(&self.active);
        let is_led_once = |owner: &usize| leaders.iter().filter(|leader| leader.mode == *owner && leader.is_owner).count() == 1;
        if !owners.iter().all(is_led_once) {
            return Some("a well would be shared by modes");
        }
        let largest = self.region.largest_responsibilities(&self.active);
        let is_other = (0..largest.len()).any(|mode| !owners.contains(&mode) && largest[mode] >= RESPONSIBLE);
        is_other.then_some("a mode without a well would be responsible elsewhere")
    }

    /// Keeps the fit with owners if it is as good as the joint fit, and goes on with that otherwise.
    fn end_owning(&mut self, plain: ActiveModes, before: f64, error: f64, training: &Training) {
        let limit = (before + training.epsilon * self.size).max(OWNERSHIP_PRICE * before);
        let refusal = if error > limit { Some("that costs too much") } else { self.objection() };
        self.note(notes::OWNING.into(), notes::owned(self.relative(error), self.relative(before), refusal));
        if refusal.is_some() {
            self.active = plain;
            self.owners.clear();
            self.finish(training);
        } else {
            self.remove_next(error, training);
        }
    }

    /// Of the modes without a well, the one whose removal changes Psi least.
    fn least_needed(&self) -> Option<usize> {
        let owners = self.present_owners();
        let index = self.region.least_needed(&self.active).into_iter().find(|mode| !owners.contains(mode))?;
        Some(self.active.present()[index])
    }

    /// Removes the modes without a well that can be left out at once.
    fn remove_needless(&mut self, error: f64, training: &Training) {
        let mut removed = Vec::new();
        while let Some(mode) = self.least_needed() {
            let mut without = self.active.clone();
            without.remove(mode);
            if regression(&without, &self.set).value(&narrow(&without.params())).data > self.limit(error, training) {
                break;
            }
            self.active = without;
            removed.push(mode);
        }
        if !removed.is_empty() {
            self.notes.push(StageNote { name: notes::REMOVING.into(), epochs: 0, sentence: notes::removed(&removed) });
        }
    }

    /// Removes modes that can be left out at once, and then one on trial; goes on to the last stage if all of them have wells.
    fn remove_next(&mut self, error: f64, training: &Training) {
        self.remove_needless(error, training);
        let Some(mode) = self.least_needed() else { return self.finish(training) };
        let kept = Box::new(self.active.clone());
        self.active.remove(mode);
        let loss = self.loss_with_owners(0);
        self.begin(Phase::Removing { mode, kept, error }, loss);
    }

    /// The largest squared error that the fit may have with one mode less.
    fn limit(&self, error: f64, training: &Training) -> f64 {
        (error + training.epsilon * self.size).max(ALIKE * error)
    }

    /// Looks at all rows, to average them again with the fit as it is, which has this error.
    fn average(&mut self, then: Then, error: f64) {
        let pass = Box::new(Pass::new(&self.active.arch(), &self.active.params(), &self.set));
        let loss = Box::new(regression(&self.active, &self.set));
        self.begin(Phase::Averaging { pass, then, error }, loss);
    }

    /// Goes on from a pass over all rows.
    fn end_averaging(&mut self, pass: Pass, then: Then, training: &Training) {
        let Some(rows) = self.rows.clone() else { return };
        let placed = pass.end(&rows, &self.set);
        self.note(averaging().0, averaged(rows.rows(), self.set.samples(), placed.moved / self.size, false));
        (self.set.targets, self.within) = (placed.targets, placed.within);
        self.loss = Box::new(regression(&self.active, &self.set));
        let error = self.error();
        match then {
            Then::Wells(epochs) => self.end_joint(error, epochs, training),
            Then::Finishing => self.begin_finishing(training),
            Then::End => self.begin(Phase::Done, Box::new(regression(&self.active, &self.set))),
        }
    }

    fn finish(&mut self, training: &Training) {
        if self.rows.is_some() {
            let error = self.error();
            self.average(Then::Finishing, error);
        } else {
            self.begin_finishing(training);
        }
    }

    fn begin_finishing(&mut self, training: &Training) {
        let loss = self.loss_with_owners(0);
        let part = if self.steps_in(training) > 0 { BEFORE_REFINING } else { FINISHING };
        let length = (part * training.epochs / 1000).min(training.epochs.saturating_sub(self.epoch()));
        self.begin(Phase::Finishing { length }, loss);
    }

    /// How many epochs take about as long as a second-order step.
    pub(super) fn epochs_a_step(&self) -> u64 {
        let components = self.set.target.components(self.set.inputs);
        let rank = self.active.params().len().min(self.set.targets.len());
        (components * rank).div_ceil(RANK_AN_EPOCH) as u64
    }

    /// How many second-order steps the last stage may take.
    fn steps_in(&self, training: &Training) -> u64 {
        let epochs = REFINING * training.epochs / 1000;
        // Steps on subsets gain little here, unless they have several times as many errors as there are parameters.
        let is_affordable = self.set.targets.len() <= affordable(AFFORDABLE, self.active.params().len());
        let steps = epochs / self.epochs_a_step();
        // So few steps may take twice the time.
        let has_time = 2 * epochs >= FEWEST_STEPS * self.epochs_a_step();
        if is_affordable && has_time { steps.max(FEWEST_STEPS) } else { 0 }
    }

    /// Begins steps on all samples, or steps on some of them that are checked by the others.
    fn refine(&mut self, most: u64, is_checked: bool, seed: u64) {
        let owners = (!self.owners.is_empty()).then(|| self.region.masks(&self.active, &self.wells, &self.present_owners()));
        let limits = owners.as_ref().map_or(Limits::None, Limits::Owners);
        let rng = init::stream(seed);
        let samples = self.set.samples();
        let count = if is_checked { samples - samples / FOLD } else { samples };
        let second = SecondOrder::new(&self.set, &self.active, self.convexity, limits, count, rng).with_damping(FIRST_DAMPING);
        let second = Box::new(if is_checked { second.checked() } else { second });
        let loss = Box::new(regression(&self.active, &self.set));
        self.begin(Phase::Refining { second, most }, loss);
    }

    /// Ends the last stage, which has this name and ended at this error.
    fn end(&mut self, name: &str, taken: Option<u64>, error: f64) {
        let sentence = notes::ended(taken, self.relative(error), self.active.rho() / self.unit, &self.holders());
        self.note(name.into(), sentence);
        if self.rows.is_some() {
            self.average(Then::End, error);
        } else {
            self.begin(Phase::Done, Box::new(regression(&self.active, &self.set)));
        }
    }

    /// Which modes hold the wells of the ended fit.
    fn holders(&self) -> String {
        let wells = self.region.wells(&self.active);
        let leaders = wells.leaders(&self.active);
        let largest = self.region.largest_responsibilities(&self.active);
        let mut faults: Vec<String> = leaders
            .iter()
            .filter(|l| !l.is_owner)
            .map(|l| notes::shared(&[l.mode, l.second].map(|k| self.active.present()[k])))
            .collect();
        for (index, &mode) in self.active.present().iter().enumerate() {
            match leaders.iter().filter(|leader| leader.mode == index).count() {
                0 if largest[index] >= RESPONSIBLE => faults.push(notes::elsewhere(mode)),
                0 | 1 => {}
                several => faults.push(notes::several(mode, several)),
            }
        }
        notes::holders(wells.len(), wells.at_edges, self.active.present().len(), &faults)
    }

    /// Goes on with other modes: they are trained to the end without a limit on responsibilities, unless all stages have ended.
    pub(super) fn go_on_from(&mut self, full: Vec<f64>, was_over: Option<bool>, length: u64) {
        let name = self.phase.name();
        if let Some(name) = name {
            self.note(name, format!("A mode was {} by hand.", if was_over.is_some() { "put back" } else { "removed" }));
        }
        self.active.take(full);
        self.owners.clear();
        let is_done = was_over.unwrap_or(matches!(self.phase, Phase::Done));
        let loss = Box::new(regression(&self.active, &self.set));
        self.begin(if is_done { Phase::Done } else { Phase::Finishing { length } }, loss);
    }
}

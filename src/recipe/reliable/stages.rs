//! What happens between two stages.

use super::active::AdamStage;
use super::second_order::{Candidate, Limits, SecondOrder};
use super::starts::Starts;
use super::{ALIKE, BEFORE_REMOVALS, PRICE, Phase, ROOM, ROUNDS, Reliable, SHARPEST, Then, notes};
use crate::landscape;
use crate::model::Convexity;
use crate::model::potential::Outputs;
use crate::recipe::gathered::Pass;
use crate::recipe::{Fitting, Training};

impl Reliable {
    /// Ends a stage and begins the next one. The packed samples of a stage are given up before those of the next one are made.
    pub(super) fn next(&mut self, training: &Training) {
        let epoch = self.epoch();
        let phase = std::mem::replace(&mut self.phase, Phase::Done);
        self.before = epoch;
        match phase {
            Phase::Averaging { pass, then } => self.end_averaging(*pass, then, training),
            Phase::Pretraining(adam) => {
                let params = adam.params();
                drop(adam);
                self.close_stage(&params, notes::pretraining().0, notes::cells(self.active.present().len()));
                // The factor 1/N lifts the soft minimum above the lowest of the modes.
                self.active.lower((training.modes as f64).ln() / self.active.rho());
                self.phase = Phase::Joint(self.adam());
            }
            Phase::Joint(mut adam) => {
                let (mse, share, params) = (adam.mse(), adam.share(), adam.params());
                drop(adam);
                self.close_stage(&params, notes::joint().0, notes::error(self.data.of_rows(mse)));
                self.end_joint(mse, share, training);
            }
            Phase::Trying { starts, joint } => self.end_trial(starts, joint, training),
            Phase::Removing { mut adam, mode, limit, error, kept } => {
                let mse = adam.mse();
                let (is_accepted, params) = (mse <= limit, adam.params());
                drop(adam);
                let [with, without] = [error, mse].map(|mse| self.data.of_rows(mse));
                self.close_stage(&params, notes::removing(mode, 0.0).0, notes::verdict(with, without, is_accepted));
                if !is_accepted {
                    self.active = *kept;
                    self.needed.push(mode);
                }
                self.remove_next(training, if is_accepted { mse.min(error) } else { error });
            }
            Phase::Settling(mut adam) => {
                let (mse, earlier) = (adam.mse(), self.active.params());
                // The stage begins at a small error, to which it may not return.
                let before = self.data.mse(&self.active, &earlier);
                let (mse, params) = if mse <= before { (mse, adam.params()) } else { (before, earlier) };
                drop(adam);
                self.close_stage(&params, notes::settling().0, notes::error(self.data.of_rows(mse)));
                self.refine();
            }
            Phase::Refining(second) if second.is_checked() => self.end_check(&second),
            Phase::Refining(second) => {
                let before = second.best().clone();
                let sentence = notes::steps(second.taken(), self.data.of_rows(before.mse));
                self.close_stage(&before.params, notes::refining(0).0, sentence);
                let (auxiliary, has_minimum) = self.data.auxiliary(&self.active);
                if auxiliary.is_empty() && second.is_exhausted() {
                    self.sharpen(training, second);
                } else {
                    let limit = self.limit(training, before.mse);
                    let shallow = (has_minimum && self.data.is_noise(&before)).then(|| Box::new(before));
                    self.press_auxiliary(auxiliary, limit, shallow);
                }
            }
            Phase::Helping { second, auxiliary, limit, shallow } => {
                let Candidate { params, mse, cost, .. } = second.best();
                // The cost is larger than the error where the modes are responsible still. If the error is larger by more than its standard error,
                // the shallow minimum was not made by noise.
                let is_accepted = *cost <= limit && shallow.is_none_or(|before| second.best().is_as_good_as(&before));
                let sentence = notes::helped(&auxiliary, second.taken(), self.data.of_rows(*mse), is_accepted);
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
            Phase::Sharpening { second, factor, kept, lowest } => self.end_attempt(second, factor, kept, lowest),
            Phase::Done => {}
        }
    }

    /// Goes on to removals, or to other starts if the error is larger than a removal may make it, none have been tried, and there is time for them.
    fn end_joint(&mut self, mse: f64, share: f64, training: &Training) {
        let is_small = mse <= self.price(training);
        let limit = training.epochs as f64;
        let fraction = share.min(limit / ROOM as f64);
        let has_time = self.before as f64 + fraction * Starts::EPOCHS as f64 <= BEFORE_REMOVALS * limit;
        match self.other_starts.take().filter(|_| !is_small && has_time) {
            Some(seed) => {
                let starts = Box::new(Starts::new(self.active.offered(), &self.data, seed));
                self.phase = Phase::Trying { starts, joint: mse };
            }
            None if self.data.rows().is_some() => self.average(Then::Removing),
            None => self.remove_next(training, mse),
        }
    }

    /// Averages the rows again with the fit as it is.
    fn average(&mut self, then: Then) {
        self.phase =
            Phase::Averaging { pass: Box::new(Pass::new(&self.active.arch(), &self.active.params(), &self.data.set)), then };
    }

    /// Refines on the rows as they are averaged with this fit.
    fn refine(&mut self) {
        if self.data.rows().is_some() {
            self.average(Then::Refining);
        } else {
            let second = self.checked().unwrap_or_else(|| self.second(&[]));
            self.phase = Phase::Refining(second);
        }
    }

    /// Steps that are checked, if there are more samples than a subset has and a step on all of them is affordable.
    fn checked(&mut self) -> Option<SecondOrder> {
        let count = self.data.checkable(&self.active)?;
        self.rng.long_jump();
        let Self { data, active, rng, .. } = self;
        Some(SecondOrder::new(&data.set, active, Convexity::Projection, Limits::None, count, rng.clone()).checked())
    }

    /// Goes on with all samples if steps on a part of them have led to ever smaller errors on the others, else with subsets.
    fn end_check(&mut self, second: &SecondOrder) {
        let agree = second.is_confirmed();
        let sentence = notes::checked(second.taken(), self.data.of_rows(second.best().mse), agree);
        self.close_stage(&second.best().params, notes::refining(0).0, sentence);
        if agree {
            let Self { data, active, rng, .. } = self;
            let all = data.set.samples();
            let second = SecondOrder::new(&data.set, active, Convexity::Projection, Limits::None, all, rng.clone());
            self.phase = Phase::Helping { second, auxiliary: Vec::new(), limit: f64::INFINITY, shallow: None };
        } else {
            self.phase = Phase::Refining(self.second(&[]));
        }
    }

    /// Ends the recipe with a fit that has this squared error.
    fn end(&mut self, mse: f64) {
        if self.data.rows().is_some() {
            self.average(Then::End(mse));
        } else {
            self.phase = Phase::Done;
        }
    }

    /// Goes on from a pass over all rows.
    fn end_averaging(&mut self, pass: Pass, then: Then, training: &Training) {
        let Some(rows) = self.data.rows().cloned() else { return };
        let placed = pass.end(&rows, &self.data.set);
        let goes_on = matches!(then, Then::End(mse) if placed.moved > mse && self.rounds < ROUNDS);
        let sentence = notes::averaged(rows.rows(), self.data.set.samples(), placed.moved, goes_on);
        self.data.take(placed);
        self.close_stage(&self.active.params(), notes::averaging().0, sentence);
        match then {
            Then::Removing => {
                let mse = self.data.mse(&self.active, &self.active.params());
                self.remove_next(training, mse);
            }
            Then::Refining => self.phase = Phase::Refining(self.second(&[])),
            Then::End(_) if goes_on => {
                self.rounds += 1;
                self.phase = Phase::Refining(self.second(&[]));
            }
            Then::End(_) => {}
        }
    }

    /// Ends a stage of a start. When all have ended, the best one goes on; if the epochs have ended before, the joint fit does.
    fn end_trial(&mut self, mut starts: Box<Starts>, joint: f64, training: &Training) {
        let is_over = starts.next();
        if !is_over && self.before < training.epochs {
            self.phase = Phase::Trying { starts, joint };
            return;
        }
        let sentence = if is_over { starts.sentence() } else { notes::no_time() };
        self.close_stage(&self.active.params(), notes::trying().0, sentence);
        if is_over {
            self.active.set(starts.best());
            drop(starts);
            self.phase = Phase::Joint(self.adam());
        } else {
            self.remove_next(training, joint);
        }
    }

    /// The largest mean squared error that the fit may have with one mode less.
    fn limit(&self, training: &Training, mse: f64) -> f64 {
        (mse + self.price(training)).max(ALIKE * mse)
    }

    /// What the mean squared error may grow by for one mode less.
    fn price(&self, training: &Training) -> f64 {
        PRICE * training.epsilon * self.data.variance
    }

    fn adam(&self) -> AdamStage {
        AdamStage::new(&self.active, &self.data, None)
    }

    pub(super) fn second(&mut self, auxiliary: &[usize]) -> SecondOrder {
        self.rng.long_jump();
        let Self { data, active, rng, .. } = self;
        let (limits, count) = (Limits::Auxiliary(auxiliary, &data.watched), data.affordable(active.params().len()));
        SecondOrder::new(&data.set, active, Convexity::Projection, limits, count, rng.clone())
    }

    /// Removes the mode whose removal changes Psi least, on trial; goes on to refining if there is none.
    fn remove_next(&mut self, training: &Training, mse: f64) {
        let params = self.active.params();
        let mut evaluator = self.active.evaluator(Outputs { modes: true, ..Outputs::default() });
        let responsibilities = evaluator.evaluate(&params, &self.data.some).responsibilities;
        let present = self.active.present().to_vec();
        let errors = landscape::removal_errors(&responsibilities, present.len(), self.active.rho());
        let candidates = (0..present.len()).filter(|&k| !self.needed.contains(&present[k]));
        let least = candidates.min_by(|&a, &b| errors[a].total_cmp(&errors[b]));
        let may_go = training.epsilon > 0.0 && present.len() > 1 && self.before < training.epochs;
        match least.filter(|_| may_go) {
            Some(k) => {
                let kept = Box::new(self.active.clone());
                self.active.remove(present[k]);
                let limit = self.limit(training, mse);
                self.phase = Phase::Removing { adam: self.adam(), mode: present[k], limit, error: mse, kept };
            }
            None if self.before < training.epochs && self.data.affordable(params.len()) < self.data.values().len() => {
                self.phase = Phase::Settling(self.adam());
            }
            None => self.refine(),
        }
    }

    /// Limits the responsibility of the modes without a well, if there are any.
    fn press_auxiliary(&mut self, auxiliary: Vec<usize>, limit: f64, shallow: Option<Box<Candidate>>) {
        let second = self.second(&auxiliary);
        // Without auxiliary modes, the remaining steps are used for refining.
        let limit = if auxiliary.is_empty() { f64::INFINITY } else { limit };
        self.phase = Phase::Helping { second, auxiliary, limit, shallow };
    }

    fn sharpen(&mut self, training: &Training, mut second: SecondOrder) {
        let kept = Box::new(second.best().clone());
        let wanted = training.stop_loss.is_some_and(|stop| self.data.of_rows(kept.mse) < stop);
        if wanted || self.active.present().len() < 2 {
            self.active.set(&kept.params);
            self.end(kept.mse);
            return;
        }
        let factor = 2.0;
        second.raise(&self.data.set, &kept, factor);
        self.phase = Phase::Sharpening { second, factor, lowest: kept.clone(), kept };
    }

    /// Ends an attempt to sharpen. If the data allow the result, the next attempt is sharper, else less sharp than the rejected
    /// one.
    fn end_attempt(&mut self, mut second: SecondOrder, mut factor: f64, mut kept: Box<Candidate>, mut lowest: Box<Candidate>) {
        if self.data.allows(second.best(), &lowest) {
            kept = Box::new(second.best().clone());
            if kept.cost < lowest.cost {
                lowest.clone_from(&kept);
            }
        } else {
            factor = factor.sqrt();
        }
        let rho = kept.params.last().copied().unwrap_or(SHARPEST);
        if factor < ALIKE || rho >= SHARPEST {
            let sentence = notes::sharpened(rho / self.unit, self.data.of_rows(kept.mse), rho >= SHARPEST);
            self.close_stage(&kept.params, notes::sharpening(None, 1.0).0, sentence);
            self.end(kept.mse);
        } else {
            second.raise(&self.data.set, &kept, factor);
            self.phase = Phase::Sharpening { second, factor, kept, lowest };
        }
    }
}

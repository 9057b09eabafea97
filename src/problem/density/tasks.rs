//! The tasks that a density's fit consists of: fits without a fold for the cross-validation, a fit of each set, and fits with a mode less
//! ([`super::removal`]).

mod weights;

use std::collections::VecDeque;

use super::choice::{ALL_POOLINGS, DECAY_STRENGTHS, FOLD_COUNT, MIDDLE_STRENGTH};
use super::fits::{CompletedFit, SampleFit};
use super::fitter::{Beginning, FitInProgress, place};
use super::run::DensityRun;
use super::start::SampleStart;
use super::wells::WELL_REMOVAL_COST;
use crate::loss::density::Weights;
use crate::problem::frame::Status as State;
use crate::problem::settings::{InitialWeights as Beginnings, Pooling};
use crate::text::whole;
use crate::train::Divergence;

/// Points of the grid that a fit is trained on.
pub(super) const GRID_POINTS: usize = 151;
/// Points of the grid for the shorter fits of the cross-validation.
const COARSE_POINTS: usize = 64;
/// Ratio of the epochs of a full fit to those of a first fit in the cross-validation.
const FIRST_FIT_DIVISOR: u64 = 8;
/// Ratio of the epochs of a full fit to those of a continued fit in the cross-validation.
const CONTINUED_FIT_DIVISOR: u64 = 10;
/// Ratio of the epochs of a full fit to those of a fit with one mode removed.
const REMOVAL_FIT_DIVISOR: u64 = 5;
/// The most attempts at a fit that turns out less likely than a kernel estimate.
const MAX_ATTEMPTS: usize = 4;
/// Starts of a fit that are tried for a while; the best goes on.
const SHORT_STARTS: usize = 4;

/// A fit that is to be done.
#[derive(Clone, Copy, Debug)]
pub enum FitTask {
    /// Fit a set without one fold and score that fold; with `further`, start from the fit at the middle decay.
    Score { set: usize, fold: usize, pooling: usize, strength: usize, further: bool },
    /// Train a set from one of several starts for a while.
    Try { set: usize, start: usize },
    /// Fit a set, from the best of the starts that were tried; each further attempt starts from other weights.
    Fit { set: usize, attempt: usize },
    /// Close a mode of a set's fit and refit the others.
    Remove { set: usize, mode: usize },
}

impl FitTask {
    /// The set that is fitted.
    fn set(self) -> usize {
        let (Self::Score { set, .. } | Self::Try { set, .. } | Self::Fit { set, .. } | Self::Remove { set, .. }) = self;
        set
    }
}

/// Tasks that are left, and bounds on the work.
#[derive(Default)]
pub(super) struct FitQueue {
    pub(super) phase: WorkPhase,
    pub(super) tasks: VecDeque<FitTask>,
    pub(super) in_progress: Option<(FitTask, FitInProgress)>,
    /// Total number of fits, cross-validation included, as far as is known.
    pub(super) parts: u64,
    /// Upper bound on the epoch at which all fits are complete.
    pub(super) last_epoch: u64,
}

/// The current phase of the work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WorkPhase {
    #[default]
    Pooling,
    Strength,
    Fits,
    Removal,
}

impl DensityRun {
    /// Poolings that may be chosen, by their places in [`ALL_POOLINGS`].
    fn poolings(&self) -> Vec<usize> {
        match ALL_POOLINGS.iter().position(|p| *p == self.own.pooling) {
            // Only sets at several times have neighbours.
            _ if self.samples.times.len() < 2 => vec![0],
            Some(one) => vec![one],
            None => vec![0, 1, 2],
        }
    }

    /// Plans the first tasks, and bounds the total number of epochs.
    pub(super) fn plan(&mut self) {
        let (sets, poolings) = (self.samples.sets(), self.poolings());
        let is_open = self.own.decay.is_none() || poolings.len() > 1;
        let folds = || (0..sets).flat_map(|set| (0..FOLD_COUNT).map(move |fold| (set, fold)));
        if is_open {
            for (set, fold) in folds() {
                let task = |&pooling: &usize| FitTask::Score { set, fold, pooling, strength: MIDDLE_STRENGTH, further: false };
                self.queue.tasks.extend(poolings.iter().map(task));
            }
        }
        let [short, further, _] = self.lengths();
        let scored = self.queue.tasks.len() as u64;
        let others = if self.own.decay.is_none() { (sets * FOLD_COUNT * (DECAY_STRENGTHS.len() - 1)) as u64 } else { 0 };
        self.queue.parts = scored + others;
        self.queue.last_epoch = scored * short + others * further;
        self.count_fits(sets);
        if !is_open {
            self.choose();
        }
    }

    /// Continues from a choice and fits that were restored from a file.
    pub(super) fn continue_restored_fits(&mut self) {
        for set in 0..self.results.fits.len() {
            if let Some(fit) = &self.results.fits[set] {
                self.results.tries[set] = if fit.is_settled { 0 } else { self.active(fit).len() as u64 - 1 };
            }
        }
        self.list_fits();
        (self.queue.parts, self.queue.last_epoch) = (0, 0);
        self.count_fits(self.results.fits.iter().filter(|fit| fit.is_none()).count());
        if self.results.fits.iter().flatten().filter(|fit| fit.is_settled).count() == self.results.fits.len() {
            self.end();
        } else if self.queue.tasks.is_empty() {
            self.next_phase();
        }
    }

    /// Adds a number of fits, and all possible removals, to the total work.
    pub(super) fn count_fits(&mut self, fits: usize) {
        let (fits, tries) = (fits as u64, self.results.tries.iter().sum::<u64>());
        let [short, _, removal] = self.lengths();
        let starts = SHORT_STARTS as u64;
        self.queue.parts += fits * (1 + starts) + tries;
        self.queue.last_epoch += fits * (self.settings.training.epochs + starts * short) + tries * removal;
    }

    /// Epochs of a first and of a continued fit in the cross-validation, and of a fit with one mode removed.
    pub(super) fn lengths(&self) -> [u64; 3] {
        [FIRST_FIT_DIVISOR, CONTINUED_FIT_DIVISOR, REMOVAL_FIT_DIVISOR].map(|part| (self.settings.training.epochs / part).max(1))
    }

    /// Starts the next phase once all tasks of one are done.
    pub(super) fn next_phase(&mut self) {
        if self.queue.phase == WorkPhase::Pooling && self.poolings().len() > 1 {
            let first = self.chosen_poolings().iter().position(|&k| k > 0);
            let sentence = first.map_or("Neighbouring times are not pooled.".into(), |set| {
                format!("From {}, neighbouring times are pooled.", self.samples.labels[set])
            });
            self.log.conclude("choosing pooling", sentence);
        }
        match self.queue.phase {
            WorkPhase::Pooling if self.own.decay.is_none() => {
                self.queue.phase = WorkPhase::Strength;
                let poolings = self.chosen_poolings();
                for (set, pooling) in poolings.into_iter().enumerate() {
                    for fold in 0..FOLD_COUNT {
                        let others = (0..DECAY_STRENGTHS.len()).filter(|&k| k != MIDDLE_STRENGTH);
                        self.queue.tasks.extend(others.map(|strength| FitTask::Score {
                            set,
                            fold,
                            pooling,
                            strength,
                            further: true,
                        }));
                    }
                }
            }
            WorkPhase::Pooling | WorkPhase::Strength => self.choose(),
            WorkPhase::Fits => {
                let again = match self.results.repeats {
                    0 => String::new(),
                    count => format!(" Begun again {count} times from other weights, as a kernel estimate was more likely."),
                };
                self.log.conclude("fitting", format!("Each set of samples by maximum likelihood, the latest first.{again}"));
                self.queue.phase = WorkPhase::Removal;
                // The task listed last is tried first: that of the latest set.
                (0..self.samples.sets()).for_each(|set| self.try_to_remove(set));
                if self.queue.tasks.is_empty() {
                    self.end();
                }
            }
            WorkPhase::Removal => {
                let sentence = self.needed();
                self.log.conclude("removing modes", sentence);
                self.end();
            }
        }
    }

    fn end(&mut self) {
        let sets = self.samples.sets();
        let what = if sets == 1 { "The density is".into() } else { format!("All {sets} densities are") };
        self.log.ended = Some(State::Finished { sentence: format!("{what} fitted.") });
    }

    /// The pooling of each set, by its place in [`ALL_POOLINGS`].
    fn chosen_poolings(&self) -> Vec<usize> {
        match self.poolings()[..] {
            [one] => vec![one; self.samples.sets()],
            _ => self.selection.scores.poolings(MIDDLE_STRENGTH),
        }
    }

    /// Fixes decay and pooling of each set, and plans the fits.
    fn choose(&mut self) {
        let poolings = self.chosen_poolings();
        let families = self.samples.families();
        let strength = |sets: &Vec<usize>| {
            self.own.decay.unwrap_or_else(|| {
                let inefficiency = sets.iter().map(|&set| self.samples.inefficiency(set)).fold(1.0, f64::max);
                DECAY_STRENGTHS[self.selection.scores.strength(sets, &poolings, inefficiency)]
            })
        };
        let strengths: Vec<f64> = families.iter().map(strength).collect();
        if self.own.decay.is_none() {
            let words =
                "the middle one of those tried, unless the held-out likelihood of another is better by two standard errors";
            let of = |(sets, strength): (&Vec<usize>, &f64)| match families.len() {
                1 => format!("{strength}/n"),
                _ => format!("{strength}/n for {}", self.samples.labels[sets[0]]),
            };
            let list = families.iter().zip(&strengths).map(of).collect::<Vec<_>>().join(", ");
            self.log.conclude("choosing decay", format!("Chosen decay {list}: {words}."));
        }
        let of_set = |set: usize| families.iter().position(|sets| sets.contains(&set)).unwrap_or_default();
        self.selection.chosen =
            Some(poolings.iter().enumerate().map(|(set, &k)| (strengths[of_set(set)], ALL_POOLINGS[k])).collect());
        self.list_fits();
    }

    /// Plans the missing fits, from the latest set to the earliest.
    pub(super) fn list_fits(&mut self) {
        self.queue.phase = WorkPhase::Fits;
        let missing = (0..self.results.fits.len()).rev().filter(|&set| self.results.fits[set].is_none());
        let tasks = |set: usize| {
            let tries = (0..SHORT_STARTS).map(move |start| FitTask::Try { set, start });
            tries.chain([FitTask::Fit { set, attempt: 0 }])
        };
        self.queue.tasks = missing.flat_map(tasks).collect();
    }

    /// Stops a run whose fit has diverged. Fits of other sets, and this one's before the removal of a mode, stay.
    pub(super) fn diverge(&mut self, divergence: Divergence) {
        let before = self.log.epoch - divergence.epoch;
        let Divergence { epoch, what, back_to } = divergence.after(before);
        self.log.epoch = back_to;
        let Some((task, _)) = self.queue.in_progress.take() else { return };
        let label = &self.samples.labels[task.set()];
        let kept = match self.fitted() {
            0 => "No density had been fitted before".into(),
            1 => "The density that had been fitted before is kept".into(),
            count => format!("The {count} densities that had been fitted before are kept"),
        };
        let sentence = format!(
            "Training diverged at epoch {}, on {label}: {what}. {kept}; lower the learning rate and restart.",
            whole(epoch)
        );
        self.log.ended = Some(State::Diverged { sentence });
    }

    /// Begins a task.
    pub(super) fn start_task(&mut self, task: FitTask) -> FitInProgress {
        let (rate, uniform) = (self.settings.training.lr, self.own.kl);
        let [short, further, removal] = self.lengths();
        match task {
            FitTask::Score { set, fold, pooling, strength, further: goes_on } => {
                let (without, scaling) = (Some(fold), self.results.scalings[set]);
                let (data, effective) = self.data(set, ALL_POOLINGS[pooling], COARSE_POINTS, without);
                let decay = self.own.decay.unwrap_or(DECAY_STRENGTHS[strength]) / effective;
                let (epochs, params) = if goes_on {
                    (further, self.selection.begun(set, fold)[pooling].clone())
                } else {
                    let (data, effective) = self.data_on_states(set, ALL_POOLINGS[pooling], without);
                    (short, self.fitter.start(&SampleStart::new(&data, effective, self.arch.modes), scaling, 0))
                };
                self.fitter.start_fit(&data, Beginning { params, scaling, weights: Weights { decay, uniform }, rate, epochs })
            }
            FitTask::Try { set, start } => {
                let (params, scaling) = self.beginning(set, start);
                self.begin_fit(set, params, scaling, short)
            }
            FitTask::Fit { set, attempt } => {
                let last =
                    self.results.fits.get(set + 1).and_then(Option::as_ref).filter(|_| attempt == 0 && self.starts_from_last());
                let last = last.map(|fit| (fit.params.clone(), fit.scaling));
                let tried = self
                    .results
                    .best_start
                    .take()
                    .filter(|_| attempt == 0)
                    .map(|(_, params)| (params, self.results.scalings[set]));
                let (params, scaling) = last.or(tried).unwrap_or_else(|| self.beginning(set, SHORT_STARTS + attempt));
                self.begin_fit(set, params, scaling, self.settings.training.epochs)
            }
            FitTask::Remove { set, mode } => {
                let Some(fit) = &self.results.fits[set] else { unreachable!("modes are removed from what has been fitted") };
                let (data, _) = self.data(set, fit.pooling, GRID_POINTS, None);
                let (params, weights) = (self.fitter.without(&fit.params, mode), Weights { decay: fit.decay, uniform });
                let beginning = Beginning { params, scaling: fit.scaling, weights, rate: rate / 2.0, epochs: removal };
                self.fitter.start_fit(&data, beginning)
            }
        }
    }

    /// Whether fits start from the weights of the one at the next later time, where there is one.
    fn starts_from_last(&self) -> bool {
        self.own.start == Beginnings::Last && !self.samples.times.is_empty()
    }

    /// Initial parameters of a set's fit, and the scaling of states that they are for.
    fn beginning(&self, set: usize, start: usize) -> (Vec<f32>, [f64; 2]) {
        let (data, effective) = self.data_on_states(set, self.choice_of(set).1, None);
        let scaling = self.results.scalings[set];
        (self.fitter.start(&SampleStart::new(&data, effective, self.arch.modes), scaling, start), scaling)
    }

    /// Begins a fit of a set with the decay and the pooling that were chosen.
    fn begin_fit(&mut self, set: usize, params: Vec<f32>, scaling: [f64; 2], epochs: u64) -> FitInProgress {
        let (strength, pooling) = self.choice_of(set);
        let (data, effective) = self.data(set, pooling, GRID_POINTS, None);
        let weights = Weights { decay: strength / effective, uniform: self.own.kl };
        self.fitter.start_fit(&data, Beginning { params, scaling, weights, rate: self.settings.training.lr, epochs })
    }

    /// Decay strength and pooling of a set.
    pub(super) fn choice_of(&self, set: usize) -> (f64, Pooling) {
        self.selection.choice_of(set)
    }

    /// Stores the result of a task.
    pub(super) fn finish(&mut self, task: FitTask, fit: &FitInProgress) {
        let (params, scaling) = (fit.params().to_vec(), fit.scaling);
        let rho = params.last().map_or(f64::NAN, |&rho| f64::from(rho));
        let set = task.set();
        let (what, loss) = match task {
            FitTask::Score { set, fold, pooling, strength, further } => {
                let loss = self.score(set, fold, pooling, strength, &params);
                let label = &self.samples.labels[set];
                let strength = self.own.decay.unwrap_or(DECAY_STRENGTHS[strength]);
                let what = format!("{label} without fold {fold}: {:?} {strength}", ALL_POOLINGS[pooling]).to_ascii_lowercase();
                if !further {
                    self.selection.begun_mut(set, fold)[pooling] = params;
                }
                (what, loss)
            }
            FitTask::Try { set, start } => {
                let loss = self.fitter.total(&params);
                let data = self.likelihood_of(set, &params, scaling);
                if self.results.best_start.as_ref().is_none_or(|(least, _)| loss < *least) {
                    self.results.best_start = Some((loss, params));
                }
                (format!("{} from start {}", self.samples.labels[set], start + 1), data)
            }
            FitTask::Fit { set, attempt } => {
                let loss = self.accept_fit(set, attempt, params, scaling);
                (self.samples.labels[set].clone(), loss)
            }
            FitTask::Remove { set, mode } => {
                let (is_removed, loss) = self.accept_removal(set, params);
                let words = if is_removed { "without" } else { "needs" };
                (format!("{} {words} mode {}", self.samples.labels[set], mode + 1), loss)
            }
        };
        // Losses are reported in the samples' own units.
        let loss = loss + self.samples.unit(set)[1].ln();
        self.log.history.push(CompletedFit { epoch: self.log.epoch, what, loss, rho });
    }

    /// Takes over a fit of a set, or begins it again with other weights if it is so much less likely than a kernel estimate is for samples that it has
    /// not seen that a mode must have been lost; the best one counts. Gives the loss.
    fn accept_fit(&mut self, set: usize, attempt: usize, params: Vec<f32>, scaling: [f64; 2]) -> f64 {
        let (strength, pooling) = self.choice_of(set);
        let (data, effective) = self.data_on_states(set, pooling, None);
        let fit = SampleFit { params, scaling, decay: strength / effective, pooling, is_settled: self.results.tries[set] == 0 };
        let mut loss = |fit: &SampleFit| self.fitter.likelihood(&fit.params, &data, fit.scaling);
        let (here, before) = (loss(&fit), self.results.candidate.take().map(|before| (loss(&before), before)));
        let best = before.filter(|before| before.0 <= here).map_or_else(|| fit.clone(), |(_, before)| before);
        if attempt + 1 < MAX_ATTEMPTS && self.is_behind(set, &best) {
            self.results.candidate = Some(best);
            self.results.repeats += 1;
            self.queue.parts += 1;
            self.queue.last_epoch += self.settings.training.epochs;
            self.queue.tasks.push_front(FitTask::Fit { set, attempt: attempt + 1 });
            return self.likelihood(set, &fit);
        }
        let loss = self.likelihood(set, &best);
        self.results.fits[set] = Some(best);
        loss
    }

    /// Whether a fit of a set is so much less likely than a kernel estimate is for samples that it has not seen that a mode must have been lost.
    pub(super) fn is_behind(&mut self, set: usize, fit: &SampleFit) -> bool {
        let (data, effective) = self.data_on_states(set, fit.pooling, None);
        let loss = self.fitter.likelihood(&fit.params, &data, fit.scaling);
        effective * (loss - SampleStart::new(&data, effective, self.arch.modes).loss) > WELL_REMOVAL_COST
    }

    /// Scores the samples of a held-out fold by a fit; returns the mean of `-log q`.
    fn score(&mut self, set: usize, fold: usize, pooling: usize, strength: usize, params: &[f32]) -> f64 {
        let top = self.samples.top;
        let step = top as f64 / (COARSE_POINTS - 1) as f64;
        let probabilities = self.fitter.probabilities(params, COARSE_POINTS, self.results.scalings[set]);
        let surprise: Vec<f64> = probabilities.iter().map(|p| -(p / step).max(f64::MIN_POSITIVE).ln()).collect();
        let (mut sum, mut count) = (0.0, 0.0);
        for (row, state) in self.samples.rows_of(set).filter(|(row, _)| self.samples.fold(set, *row) == fold) {
            let (below, part) = place(state, top, COARSE_POINTS);
            let score = (1.0 - part) * surprise[below] + part * surprise[below + 1];
            self.selection.scores.record(set, pooling, strength, row, score);
            (sum, count) = (sum + score, count + 1.0);
        }
        sum / f64::max(count, 1.0)
    }

    /// The open modes of a fit.
    pub(super) fn active(&self, fit: &SampleFit) -> Vec<usize> {
        let gates = self.gates(fit);
        (0..gates.len()).filter(|&mode| gates[mode] > crate::landscape::ACTIVE_GATE).collect()
    }

    /// How many modes of a fit have a responsibility above one half somewhere on the line.
    pub(super) fn responsible(&mut self, fit: &SampleFit) -> usize {
        let roles = self.fitter.roles(&fit.params, GRID_POINTS, fit.scaling);
        roles.iter().filter(|[_, largest]| *largest > 0.5).count()
    }

    /// The gates of a fit.
    pub(super) fn gates(&self, fit: &SampleFit) -> Vec<f64> {
        self.fitter.gates(&fit.params)
    }

    /// Mean of `-log q` over the samples of a set, where `q` is a probability for each state.
    pub(super) fn likelihood(&mut self, set: usize, fit: &SampleFit) -> f64 {
        self.likelihood_of(set, &fit.params, fit.scaling)
    }

    /// As [`Self::likelihood`], of parameters for a scaling of the states.
    fn likelihood_of(&mut self, set: usize, params: &[f32], scaling: [f64; 2]) -> f64 {
        self.fitter.likelihood(params, &self.own_weights(set), scaling)
    }
}

//! What a density's fit consists of: fits without a fold for the cross-validation, a fit of each set, and fits with a mode less.
//!
//! A mode is removed if the samples do not need it. The one with the least probability is closed and the others fit again; if the logarithm of the
//! likelihood falls by less than half the logarithm of the number of samples for each parameter of the mode, as the Bayesian information criterion
//! asks, it stays closed, and the next one is tried. Where samples are weighted, what they are worth counts as their number. A mode has three
//! parameters: place, width and weight. Of sets drawn at several times, place and width are known from the times beside, so that its weight alone is
//! counted, and samples of the neighbouring times, at their weight in pooling, must not need the mode either.

use super::choice::{self, FOLDS, MIDDLE, POOLINGS, STRENGTHS};
use super::fitter::{Beginning, Course, binned, place};
use super::start::Start;
use super::{DensityRun, Fit, Line, StageNote, State};
use crate::loss::density::Weights;
use crate::problem::settings::{Pooling, Start as Beginnings};

/// Points of the grid that a fit is trained on.
const GRID: usize = 151;
/// That of the shorter fits of the cross-validation.
const COARSE: usize = 64;
/// Steps of a fit in the cross-validation, as a part of those of a whole fit; of one that goes on from another; and of one with a mode less.
const SHARE: u64 = 8;
/// See [`SHARE`].
const FURTHER: u64 = 10;
/// See [`SHARE`].
const REMOVAL: u64 = 5;
/// How often a fit is begun at most, where it turns out less likely than a kernel estimate.
const ATTEMPTS: usize = 4;
/// Parameters of a mode: its place, its width and its weight; and of one that neighbouring times have too.
const PARAMETERS: f64 = 3.0;
/// See [`PARAMETERS`].
const NEW_PARAMETERS: f64 = 1.0;

/// What is to be done next.
#[derive(Clone, Copy, Debug)]
pub enum Task {
    /// Fit a set without a fold, and score what was left out; `further` goes on from the fit at the strength in the middle.
    Score { set: usize, fold: usize, pooling: usize, strength: usize, further: bool },
    /// Fit a set; every attempt begins with other weights.
    Fit { set: usize, attempt: usize },
    /// Close a mode of a set's fit and fit the others.
    Remove { set: usize, mode: usize },
}

/// Which tasks are being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Pooling,
    Strength,
    Fits,
    Removal,
}

impl DensityRun {
    /// Poolings that may be chosen, by their places in [`POOLINGS`].
    fn poolings(&self) -> Vec<usize> {
        match POOLINGS.iter().position(|p| *p == self.own.pooling) {
            // Only what is ordered in time has neighbours.
            _ if self.samples.times.len() < 2 => vec![0],
            Some(one) => vec![one],
            None => vec![0, 1, 2],
        }
    }

    /// Lists what is to be done first, and counts the steps of all that will be.
    pub(super) fn plan(&mut self) {
        let (sets, poolings) = (self.samples.sets(), self.poolings());
        let is_open = self.own.decay.is_none() || poolings.len() > 1;
        let folds = || (0..sets).flat_map(|set| (0..FOLDS).map(move |fold| (set, fold)));
        if is_open {
            for (set, fold) in folds() {
                let task = |&pooling: &usize| Task::Score { set, fold, pooling, strength: MIDDLE, further: false };
                self.tasks.extend(poolings.iter().map(task));
            }
        }
        let [short, further, _] = self.steps();
        let scored = self.tasks.len() as u64;
        let others = if self.own.decay.is_none() { (sets * FOLDS * (STRENGTHS.len() - 1)) as u64 } else { 0 };
        self.parts = scored + others;
        self.last_epoch = scored * short + others * further;
        self.count_fits(sets);
        if !is_open {
            self.choose();
        }
    }

    /// Goes on from a choice and fits that are there.
    pub(super) fn go_on(&mut self) {
        for set in 0..self.fits.len() {
            if let Some(fit) = &self.fits[set] {
                self.tries[set] = if fit.is_settled { 0 } else { self.active(fit).len() as u64 - 1 };
            }
        }
        self.list_fits();
        (self.parts, self.last_epoch) = (0, 0);
        self.count_fits(self.tasks.len());
        if self.fits.iter().flatten().filter(|fit| fit.is_settled).count() == self.fits.len() {
            self.end();
        } else if self.tasks.is_empty() {
            self.next_part();
        }
    }

    /// Adds so many fits, and the removals that are yet to be tried, to what there is to do.
    pub(super) fn count_fits(&mut self, fits: usize) {
        let (fits, tries) = (fits as u64, self.tries.iter().sum::<u64>());
        let [.., removal] = self.steps();
        self.parts += fits + tries;
        self.last_epoch += fits * self.settings.training.epochs + tries * removal;
    }

    /// Steps of a fit in the cross-validation, of one that goes on from another, and of one with a mode less.
    fn steps(&self) -> [u64; 3] {
        [SHARE, FURTHER, REMOVAL].map(|part| (self.settings.training.epochs / part).max(1))
    }

    /// Says what a part of the work has come to.
    fn conclude(&mut self, name: &str, sentence: String) {
        let before: u64 = self.notes.iter().map(|note| note.epochs).sum();
        self.notes.push(StageNote { name: name.into(), epochs: self.epoch - before, sentence });
    }

    /// Moves on to the next part when all of one has been done.
    pub(super) fn next_part(&mut self) {
        if self.part == Part::Pooling && self.poolings().len() > 1 {
            let first = self.chosen_poolings().iter().position(|&k| k > 0);
            let sentence = first.map_or("Neighbouring times are not pooled.".into(), |set| {
                format!("From {}, neighbouring times are pooled.", self.samples.labels[set])
            });
            self.conclude("choosing pooling", sentence);
        }
        match self.part {
            Part::Pooling if self.own.decay.is_none() => {
                self.part = Part::Strength;
                let poolings = self.chosen_poolings();
                for (set, pooling) in poolings.into_iter().enumerate() {
                    for fold in 0..FOLDS {
                        let others = (0..STRENGTHS.len()).filter(|&k| k != MIDDLE);
                        self.tasks.extend(others.map(|strength| Task::Score { set, fold, pooling, strength, further: true }));
                    }
                }
            }
            Part::Pooling | Part::Strength => self.choose(),
            Part::Fits => {
                let again = match self.repeats {
                    0 => String::new(),
                    count => format!(" Begun again {count} times from other weights, as a kernel estimate was more likely."),
                };
                self.conclude("fitting", format!("Each set of samples by maximum likelihood, the latest first.{again}"));
                self.part = Part::Removal;
                // What is listed last is tried first: the latest.
                (0..self.samples.sets()).for_each(|set| self.try_to_remove(set));
                if self.tasks.is_empty() {
                    self.end();
                }
            }
            Part::Removal => {
                let sentence = self.needed();
                self.conclude("removing modes", sentence);
                self.end();
            }
        }
    }

    fn end(&mut self) {
        let sets = self.samples.sets();
        let what = if sets == 1 { "The density is".into() } else { format!("All {sets} densities are") };
        self.ended = Some(State::Finished { sentence: format!("{what} fitted.") });
    }

    /// The pooling of each set, by its place in [`POOLINGS`].
    fn chosen_poolings(&self) -> Vec<usize> {
        match self.poolings()[..] {
            [one] => vec![one; self.samples.sets()],
            _ => self.scores.poolings(MIDDLE),
        }
    }

    /// Settles strengths and poolings, and lists the fits.
    fn choose(&mut self) {
        let poolings = self.chosen_poolings();
        let families = self.samples.families();
        let strength = |sets: &Vec<usize>| match self.own.decay {
            Some(decay) => decay,
            None => STRENGTHS[self.scores.strength(sets, &poolings)],
        };
        let strengths: Vec<f64> = families.iter().map(strength).collect();
        if self.own.decay.is_none() {
            let words = "the strongest within one standard error of the best held-out likelihood";
            let of = |(sets, strength): (&Vec<usize>, &f64)| match families.len() {
                1 => format!("{strength}/n"),
                _ => format!("{strength}/n for {}", self.samples.labels[sets[0]]),
            };
            let list = families.iter().zip(&strengths).map(of).collect::<Vec<_>>().join(", ");
            self.conclude("choosing decay", format!("Chosen decay {list}: {words}."));
        }
        let of_set = |set: usize| families.iter().position(|sets| sets.contains(&set)).unwrap_or_default();
        self.chosen = Some(poolings.iter().enumerate().map(|(set, &k)| (strengths[of_set(set)], POOLINGS[k])).collect());
        self.list_fits();
    }

    /// Lists the fits that are not there yet, from the latest to the earliest.
    pub(super) fn list_fits(&mut self) {
        self.part = Part::Fits;
        let missing = (0..self.fits.len()).rev().filter(|&set| self.fits[set].is_none());
        self.tasks = missing.map(|set| Task::Fit { set, attempt: 0 }).collect();
    }

    /// Shares of the data on a grid for the fit of a set, with one fold left out or none; and the number of samples that they are worth.
    fn shares(&self, set: usize, pooling: Pooling, points: usize, without: Option<usize>) -> (Vec<f64>, f64) {
        let mut shares = vec![0.0; points];
        let mut counts = vec![0.0; self.samples.sets()];
        for (other, number) in counts.iter_mut().enumerate() {
            let weight = choice::weight(pooling, set, other);
            if weight > 0.0 {
                let kept = self.samples.rows_of(other).filter(|(row, _)| Some(row % FOLDS) != without);
                let binned = binned(kept.map(|(_, state)| state), self.samples.top, points);
                *number = binned.iter().sum();
                shares.iter_mut().zip(binned).for_each(|(share, count)| *share += weight * count);
            }
        }
        (crate::data::estimate::normalised(shares), choice::worth(pooling, set, &counts))
    }

    /// The same on the states.
    fn shares_on_states(&self, set: usize, pooling: Pooling, without: Option<usize>) -> (Vec<f64>, f64) {
        self.shares(set, pooling, self.samples.top + 1, without)
    }

    /// Begins a task.
    pub(super) fn begin(&self, task: Task) -> Course {
        let (rate, uniform) = (self.settings.training.lr, self.own.kl);
        let [short, further, removal] = self.steps();
        match task {
            Task::Score { set, fold, pooling, strength, further: goes_on } => {
                let (without, scaling) = (Some(fold), self.scaling);
                let (shares, worth) = self.shares(set, POOLINGS[pooling], COARSE, without);
                let decay = self.own.decay.unwrap_or(STRENGTHS[strength]) / worth;
                let (steps, params) = if goes_on {
                    (further, self.begun[set * FOLDS + fold][pooling].clone())
                } else {
                    let (shares, worth) = self.shares_on_states(set, POOLINGS[pooling], without);
                    (short, self.fitter.start(&Start::new(&shares, worth, self.arch.modes), scaling, 0))
                };
                self.fitter.begin(&shares, Beginning { params, scaling, weights: Weights { decay, uniform }, rate, steps })
            }
            Task::Fit { set, attempt } => {
                let (strength, pooling) = self.choice_of(set);
                let (shares, worth) = self.shares(set, pooling, GRID, None);
                let has_later = self.own.start == Beginnings::Last && !self.samples.times.is_empty() && attempt == 0;
                let last = self.fits.get(set + 1).and_then(Option::as_ref).filter(|_| has_later);
                let fresh = || {
                    let (shares, worth) = self.shares_on_states(set, pooling, None);
                    let start = Start::new(&shares, worth, self.arch.modes);
                    (self.fitter.start(&start, self.scaling, attempt), self.scaling)
                };
                let (params, scaling) = last.map_or_else(fresh, |fit| (fit.params.clone(), fit.scaling));
                let weights = Weights { decay: strength / worth, uniform };
                self.fitter.begin(&shares, Beginning { params, scaling, weights, rate, steps: self.settings.training.epochs })
            }
            Task::Remove { set, mode } => {
                let Some(fit) = &self.fits[set] else { unreachable!("modes are removed from what has been fitted") };
                let (shares, _) = self.shares(set, fit.pooling, GRID, None);
                let (params, weights) = (self.fitter.without(&fit.params, mode), Weights { decay: fit.decay, uniform });
                let beginning = Beginning { params, scaling: fit.scaling, weights, rate: rate / 2.0, steps: removal };
                self.fitter.begin(&shares, beginning)
            }
        }
    }

    fn choice_of(&self, set: usize) -> (f64, Pooling) {
        self.chosen.as_ref().map_or((STRENGTHS[MIDDLE], Pooling::Alone), |chosen| chosen[set])
    }

    /// Keeps what has come of a task.
    pub(super) fn finish(&mut self, task: Task, course: Course) {
        let Course { params, scaling, .. } = course;
        let rho = params.last().map_or(f64::NAN, |&rho| f64::from(rho));
        let (Task::Score { set, .. } | Task::Fit { set, .. } | Task::Remove { set, .. }) = task;
        let (what, loss) = match task {
            Task::Score { set, fold, pooling, strength, further } => {
                let loss = self.score(set, fold, pooling, strength, &params);
                let label = &self.samples.labels[set];
                let strength = self.own.decay.unwrap_or(STRENGTHS[strength]);
                let what = format!("{label} without fold {fold}: {:?} {strength}", POOLINGS[pooling]).to_lowercase();
                if !further {
                    self.begun[set * FOLDS + fold][pooling] = params;
                }
                (what, loss)
            }
            Task::Fit { set, attempt } => {
                let loss = self.judge_fit(set, attempt, params, scaling);
                (self.samples.labels[set].clone(), loss)
            }
            Task::Remove { set, mode } => {
                let (is_removed, loss) = self.judge_removal(set, params);
                let words = if is_removed { "without" } else { "needs" };
                (format!("{} {words} mode {}", self.samples.labels[set], mode + 1), loss)
            }
        };
        // In the samples' own units, as every loss that is told.
        let loss = loss + self.samples.unit(set)[1].ln();
        self.history.push(Line { epoch: self.epoch, what, loss, rho });
    }

    /// Takes over a fit of a set, or begins it again with other weights if it is so much less likely than a kernel estimate is for samples that it has
    /// not seen that a mode must have been lost; the best one counts. Gives the loss.
    fn judge_fit(&mut self, set: usize, attempt: usize, params: Vec<f32>, scaling: [f64; 2]) -> f64 {
        let (strength, pooling) = self.choice_of(set);
        let (shares, worth) = self.shares_on_states(set, pooling, None);
        let fit = Fit { params, scaling, decay: strength / worth, pooling, is_settled: self.tries[set] == 0 };
        let mut loss = |fit: &Fit| self.fitter.likelihood(&fit.params, &shares, fit.scaling);
        let (here, before) = (loss(&fit), self.candidate.take().map(|before| (loss(&before), before)));
        let (least, best) = before.filter(|before| before.0 <= here).unwrap_or((here, fit.clone()));
        let missing = worth * (least - Start::new(&shares, worth, self.arch.modes).loss);
        if missing > self.price() * worth.ln() && attempt + 1 < ATTEMPTS {
            self.candidate = Some(best);
            self.repeats += 1;
            self.parts += 1;
            self.last_epoch += self.settings.training.epochs;
            self.tasks.push_front(Task::Fit { set, attempt: attempt + 1 });
            return self.likelihood(set, &fit);
        }
        let loss = self.likelihood(set, &best);
        self.fits[set] = Some(best);
        loss
    }

    /// Notes what a fit says of the samples of a fold that it has not seen; gives the mean.
    fn score(&mut self, set: usize, fold: usize, pooling: usize, strength: usize, params: &[f32]) -> f64 {
        let top = self.samples.top;
        let step = top as f64 / (COARSE - 1) as f64;
        let probabilities = self.fitter.probabilities(params, COARSE, self.scaling);
        let surprise: Vec<f64> = probabilities.iter().map(|p| -(p / step).max(f64::MIN_POSITIVE).ln()).collect();
        let (mut sum, mut count) = (0.0, 0.0);
        for (row, state) in self.samples.rows_of(set).filter(|(row, _)| row % FOLDS == fold) {
            let (below, part) = place(state, top, COARSE);
            let score = (1.0 - part) * surprise[below] + part * surprise[below + 1];
            self.scores.note(set, pooling, strength, row, score);
            (sum, count) = (sum + score, count + 1.0);
        }
        sum / f64::max(count, 1.0)
    }

    /// Lists the removal of the mode of a set's fit that has the least probability, if there is a choice.
    fn try_to_remove(&mut self, set: usize) {
        let Some(fit) = self.fits[set].clone().filter(|fit| !fit.is_settled) else { return };
        let active = self.active(&fit);
        let roles = self.fitter.roles(&fit.params, GRID, fit.scaling);
        let least = active.iter().copied().min_by(|&a, &b| roles[a][0].total_cmp(&roles[b][0]));
        match least.filter(|_| active.len() > 1) {
            Some(mode) => self.tasks.push_front(Task::Remove { set, mode }),
            None => self.settle(set),
        }
    }

    /// Every mode that is left of a set's fit is needed.
    fn settle(&mut self, set: usize) {
        let left = std::mem::take(&mut self.tries[set]);
        let [.., removal] = self.steps();
        self.parts -= left;
        self.last_epoch -= left * removal;
        if let Some(fit) = &mut self.fits[set] {
            fit.is_settled = true;
        }
    }

    /// Takes over a fit with a mode less if the samples do not need that mode, and tries the next; gives whether it did, and the loss of the fit that stands.
    fn judge_removal(&mut self, set: usize, params: Vec<f32>) -> (bool, f64) {
        let Some(fit) = self.fits[set].clone() else { unreachable!("modes are removed from what has been fitted") };
        let other = Fit { params, ..fit.clone() };
        self.tries[set] -= 1;
        let price = self.price();
        let neighbours = (!self.samples.times.is_empty()).then_some(Pooling::Both);
        // What is no number is no reason to remove anything.
        let is_removed = [Some(fit.pooling), neighbours].into_iter().flatten().all(|pooling| {
            let (shares, worth) = self.shares_on_states(set, pooling, None);
            let [with, without] = [&fit, &other].map(|fit| self.fitter.likelihood(&fit.params, &shares, fit.scaling));
            worth * (without - with) <= price * worth.ln()
        });
        let loss = self.likelihood(set, if is_removed { &other } else { &fit });
        if is_removed {
            self.fits[set] = Some(other);
            self.try_to_remove(set);
        } else {
            self.settle(set);
        }
        (is_removed, loss)
    }

    /// What a mode must be worth in the logarithm of the likelihood, in logarithms of the number of samples.
    fn price(&self) -> f64 {
        0.5 * if self.samples.times.is_empty() { PARAMETERS } else { NEW_PARAMETERS }
    }

    /// The modes of a fit that are not closed.
    pub(super) fn active(&self, fit: &Fit) -> Vec<usize> {
        let gates = self.gates(fit);
        (0..gates.len()).filter(|&mode| gates[mode] > crate::landscape::ACTIVE_GATE).collect()
    }

    /// How many modes of a fit have a responsibility above one half somewhere on the line.
    pub(super) fn responsible(&mut self, fit: &Fit) -> usize {
        let roles = self.fitter.roles(&fit.params, GRID, fit.scaling);
        roles.iter().filter(|[_, largest]| *largest > 0.5).count()
    }

    /// The gates of a fit.
    pub(super) fn gates(&self, fit: &Fit) -> Vec<f64> {
        self.fitter.gates(&fit.params)
    }

    /// How many modes each set needs, in a sentence.
    fn needed(&self) -> String {
        let sets = self.fits.iter().flatten().map(|fit| self.active(fit).len());
        let list: Vec<String> = match self.samples.sets() {
            1 => sets.map(|count| count.to_string()).collect(),
            _ => sets.zip(&self.samples.labels).map(|(count, label)| format!("{count} for {label}")).collect(),
        };
        let (modes, price) = (self.settings.training.modes, self.price());
        let list = list.join(", ");
        format!(
            "Of {modes} modes offered, kept: {list}. Removing another would lower the log-likelihood by more than {price} log n."
        )
    }

    /// Mean of `-log q` over the samples of a set, of a probability for each state.
    pub(super) fn likelihood(&mut self, set: usize, fit: &Fit) -> f64 {
        let top = self.samples.top;
        let own = binned(self.samples.rows_of(set).map(|(_, state)| state), top, top + 1);
        self.fitter.likelihood(&fit.params, &crate::data::estimate::normalised(own), fit.scaling)
    }
}

//! Choice of the dynamics by the data: each kind is trained briefly on a part of the runs and compared on others.
//!
//! A trial trains on some of the training runs and is validated on another fifth of them. Validation runs are spread evenly, because runs are often
//! in the order of an amplitude or a rate, where the last ones would test extrapolation. Held-out runs of the fit are used only if there are too few
//! others. Kinds are ordered from the most to the least constrained. The choice is the first whose error is not significantly larger than the
//! smallest. The fit then starts anew, so its bits are the same as with given dynamics.

use super::features::mean_and_spread;
use super::run::MetamaterialRun;
use super::settings::Dynamics;
use super::task::MetamaterialSettings;
use crate::data::trajectories::Trajectory;
use crate::landscape::uncertainty::quantile;
use crate::plot::ticks::number;
use crate::problem::settings::NamedChoice;
use crate::recipe::{Stage, StageNote};

/// Compared kinds, from the most to the least constrained: the last one may create energy.
pub const COMPARED_DYNAMICS: [Dynamics; 3] = [Dynamics::Play, Dynamics::Onsager, Dynamics::Node];
/// Ratio of the numbers of steps of the fit and of a trial.
const TRIAL_DIVISOR: u64 = 6;
/// Minimum number of steps of a trial, unless the fit has fewer.
const MIN_TRIAL_STEPS: u64 = 1000;
const MAX_TRIAL_RUNS: usize = 32;
/// Minimum number of validation runs, at most half of the training runs.
const MIN_VALIDATION_RUNS: usize = 3;

/// Choice, in progress or complete.
#[derive(Debug)]
pub struct DynamicsChoice {
    /// Settings of the fit with each kind of dynamics.
    settings: Vec<MetamaterialSettings>,
    /// Results of each completed trial: squared error of each validation run over the variance of the outputs.
    tried: Vec<Vec<f64>>,
    judges: Vec<Trajectory>,
    /// Indices of the training runs of a trial.
    part: Vec<usize>,
    /// Time spent on completed trials, in seconds.
    pub(super) seconds: f64,
    /// Trials and their results.
    pub(super) notes: Vec<StageNote>,
}

impl DynamicsChoice {
    /// Prepares a choice on the data of a run, with the settings of the fit for each kind of dynamics. Returns it with the first trial.
    pub fn new(run: &MetamaterialRun, settings: impl Fn(Dynamics) -> MetamaterialSettings) -> (Self, MetamaterialRun) {
        let all = &run.data.trajectories;
        let train = run.learnt().len();
        let count = MetamaterialSettings::held_out(train).max(MIN_VALIDATION_RUNS.min(train / 2));
        let (judges, others): (Vec<usize>, Vec<usize>) = (0..train).partition(|k| (k + 1) * count / train > k * count / train);
        // A single training run cannot be split.
        let judges = if count > 0 { judges.into_iter().map(|k| all[k].clone()).collect() } else { run.held_out.clone() };
        let part = others.iter().copied().step_by(others.len().div_ceil(MAX_TRIAL_RUNS).max(1)).collect();
        let settings = COMPARED_DYNAMICS.map(settings).to_vec();
        let choice = Self { settings, tried: Vec::new(), judges, part, seconds: 0.0, notes: Vec::new() };
        let first = choice.trial(run);
        (choice, first)
    }

    /// Trial of the next kind.
    fn trial(&self, run: &MetamaterialRun) -> MetamaterialRun {
        let own = &self.settings[self.tried.len()];
        // All runs of a trial form one batch.
        let steps = (own.steps / TRIAL_DIVISOR).max(MIN_TRIAL_STEPS.min(own.steps)).max(1);
        run.with(MetamaterialSettings { steps, batch: self.part.len(), ..own.clone() }, Some(&self.part))
    }

    /// Returns true if the fit itself has replaced the last trial.
    pub fn is_complete(&self) -> bool {
        self.tried.len() == COMPARED_DYNAMICS.len()
    }

    /// Trains the current trial for an epoch. A completed trial is replaced by the next one, and the last trial by the fit
    /// itself.
    pub fn advance(&mut self, run: &mut MetamaterialRun) {
        let dynamics = COMPARED_DYNAMICS[self.tried.len()];
        run.advance(1);
        if run.divergence().is_none() && run.steps() < run.settings.steps {
            return;
        }
        let errors = run.errors_along(&self.judges);
        let is_usable = run.divergence().is_none() && errors.iter().all(|e| e.is_finite());
        let errors = if is_usable { errors } else { vec![f64::INFINITY; self.judges.len()] };
        let (mean, _) = mean_and_spread(errors.iter().copied());
        let sentence = format!(
            "{} on {} runs that it did not learn from, after {} steps on {} others.",
            if is_usable { format!("Unexplained part of the outputs {}", number(mean, 2)) } else { "Diverged".into() },
            self.judges.len(),
            run.steps(),
            self.part.len()
        );
        self.notes.push(StageNote { name: format!("try {}", dynamics.name()), epochs: run.epoch(), sentence });
        self.seconds += run.seconds;
        self.tried.push(errors);
        if !self.is_complete() {
            *run = self.trial(run);
            return;
        }
        let chosen = chosen(&self.tried);
        let sentence = format!(
            "{} goes on: the first of {} whose error on unseen runs is not significantly larger than the smallest.{}",
            COMPARED_DYNAMICS[chosen].name(),
            COMPARED_DYNAMICS.map(NamedChoice::name).join(", "),
            if COMPARED_DYNAMICS[chosen] == Dynamics::Node { " It may create energy, the others cannot." } else { "" }
        );
        self.notes.push(StageNote { name: "choose dynamics".into(), epochs: 0, sentence });
        *run = run.with(self.settings[chosen].clone(), None);
    }

    /// Current trial as a stage.
    pub fn stage(&self, run: &MetamaterialRun) -> Stage {
        Stage {
            name: format!("try {}", run.settings.dynamics.name()),
            done: run.steps(),
            of: run.settings.steps,
            by_steps: false,
            sentence: "Each kind of dynamics is trained for a short while, and compared on runs that it did not learn from."
                .into(),
        }
    }
}

/// First kind whose errors do not significantly exceed the errors of the best kind, at a level of about 95 %. The test uses the
/// mean logarithm of their ratio over the runs, so that no single run decides.
fn chosen(tried: &[Vec<f64>]) -> usize {
    let logs = |k: usize| tried[k].iter().map(|e| e.max(f64::MIN_POSITIVE).ln());
    let mean = |k: usize| mean_and_spread(tried[k].iter().copied()).0;
    let best = (0..tried.len()).min_by(|&a, &b| mean(a).total_cmp(&mean(b))).unwrap_or(0);
    let is_near = |k: usize| {
        let (mean, spread) = mean_and_spread(logs(k).zip(logs(best)).map(|(a, b)| a - b));
        let freedom = tried[k].len() as f64 - 1.0;
        k == best || (freedom > 0.0 && mean.is_finite() && mean <= quantile(freedom) * spread / freedom.sqrt())
    };
    (0..tried.len()).find(|&k| is_near(k)).unwrap_or(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(errors: [[f64; 4]; 3]) -> Vec<Vec<f64>> {
        errors.map(|errors| errors.to_vec()).to_vec()
    }

    #[test]
    fn most_constrained_of_equally_good_dynamics_is_chosen() {
        let good = [1e-3, 2e-3, 1e-3, 2e-3];
        assert_eq!(chosen(&tried([good, good, good])), 0);
        assert_eq!(chosen(&tried([[0.1, 0.2, 0.1, 0.3], good, good])), 1);
        // Small gains in some runs and losses in others are insignificant.
        assert_eq!(chosen(&tried([[0.1; 4], [1.1e-3, 1.9e-3, 1.2e-3, 1.9e-3], good])), 1);
        assert_eq!(chosen(&tried([[0.1; 4], [2e-2; 4], good])), 2);
        assert_eq!(chosen(&tried([[f64::INFINITY; 4], good, [f64::INFINITY; 4]])), 1);
        assert_eq!(chosen(&tried([[f64::INFINITY; 4]; 3])), 0);
    }
}

//! Levenberg-Marquardt method as a stage of a recipe, for values, derivatives, or both, with evaluations on all samples.
//!
//! If there are too many samples, each step uses a random subset. The step is accepted if it lowers the error on all samples and
//! on those outside the subset. It therefore does not fit the noise of the subset. Each accepted step is followed by a new
//! subset.
//!
//! Such steps gain little unless a subset has several times as many errors as there are parameters. Steps on all samples gain
//! orders of magnitude, but also fit the noise. Checked steps decide between the two. They all use the same four fifths of the
//! samples, and the best candidate on the other fifth is kept. The error there may grow at first, because earlier stages used
//! these samples. The check succeeds if the median squared error on the other fifth ends at its lowest value while the error on
//! the four fifths still falls.

use rand_xoshiro::Xoshiro256PlusPlus;

use crate::loss::ownership::Owners;
use crate::loss::training_set::TrainingSet;
use crate::loss::{RegressionTarget, Residuals};
use crate::model::Convexity;
use crate::model::potential::{Evaluator, Outputs};
use crate::numerics::statistics::{mean, median};
use crate::potentials::sampling;
use crate::recipe::active::{ActiveModes, groups};
use crate::recipe::fitting::narrow;
use crate::train::{LevenbergMarquardt, StepResult};

/// Number of steps over which the squared error must fall by a twentieth; otherwise the stage ends.
const SLOW_STEP_WINDOW: usize = 12;
/// Number of consecutive rejected steps after which a stage on subsets ends.
const MAX_IDLE_STEPS: u64 = 8;
/// Factor of the median squared error on the other samples over its lowest value at which checked steps end.
const HOPELESS_MEDIAN_FACTOR: f64 = 9.0;

/// Parameters and their errors on all samples.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Parameters of the present modes.
    pub params: Vec<f64>,
    /// The cost: the mean squared error plus the violations of the limits on responsibilities.
    pub cost: f64,
    pub mse: f64,
    errors: Vec<f64>,
}

impl Candidate {
    /// Returns true if the samples allow these parameters in place of others: the mean difference of squared errors is at most its
    /// standard error, with the cost of limits and without it.
    pub fn is_as_good_as(&self, other: &Self) -> bool {
        (self.cost - other.cost).max(self.mse - other.mse) <= self.standard_error(other)
    }

    /// Returns true if the samples require these parameters in place of others: the mean difference of squared errors is below minus its
    /// standard error.
    pub fn is_better_than(&self, other: &Self) -> bool {
        self.cost - other.cost < -self.standard_error(other)
    }

    /// The standard error of the mean difference of squared errors.
    fn standard_error(&self, other: &Self) -> f64 {
        let pairs = self.errors.iter().zip(&other.errors);
        let differences: Vec<f64> = pairs.map(|(own, other)| own * own - other * other).collect();
        let n = differences.len().max(1) as f64;
        let mean = mean(&differences);
        let variance = differences.iter().map(|d| (d - mean) * (d - mean)).sum::<f64>() / (n - 1.0).max(1.0);
        (variance / n).sqrt()
    }
}

/// The second-order method with its history.
pub struct SecondOrder {
    lm: Box<LevenbergMarquardt>,
    /// All samples, if the steps use subsets.
    whole: Option<AllSamples>,
    /// Number of steps, accepted or rejected.
    pub taken: u64,
    /// Number of rejected steps since the last accepted one.
    idle: u64,
    costs: Vec<f64>,
    pub best: Candidate,
}

/// State of the check of steps by the samples outside the subset, which stays the same.
struct HeldOutCheck {
    /// Median squared error outside the subset after the last accepted step, its lowest value, and the number of steps since
    /// then. The median measures the fit between the samples even if one sample at the edge has a large error.
    median: f64,
    lowest: f64,
    since: u64,
    /// Lowest mean squared error outside the subset.
    mean: f64,
}

/// All samples, and the current subset.
struct AllSamples {
    evaluator: Evaluator<f32>,
    is_inside: Vec<bool>,
    count: usize,
    check: Option<HeldOutCheck>,
    rng: Xoshiro256PlusPlus,
}

impl AllSamples {
    /// Draws a new subset.
    fn draw(&mut self, set: &TrainingSet) -> TrainingSet {
        self.is_inside.fill(false);
        for k in sampling::subset(set.samples(), self.count, &mut self.rng) {
            self.is_inside[k] = true;
        }
        set.subset(|k| self.is_inside[k])
    }

    /// Evaluates parameters on all samples; `added` is the cost of the limits.
    fn evaluation(&mut self, set: &TrainingSet, params: &[f64], added: f64) -> Candidate {
        let (errors, mse) = errors(&mut self.evaluator, params, set);
        Candidate { params: params.to_vec(), cost: mse + added, mse, errors }
    }

    /// Starts the check, or updates it after another step. The candidate with the lowest mean squared error outside the subset
    /// becomes the best one.
    fn check(&mut self, now: Candidate, best: &mut Candidate) {
        let [median, mean] = [median(self.squares_outside(&now)).unwrap_or_default(), self.outside(&now)];
        let previous = self.check.take().unwrap_or(HeldOutCheck { median, lowest: median, since: 0, mean });
        if mean < previous.mean {
            *best = now;
        }
        let since = if median < previous.lowest { 0 } else { previous.since + 1 };
        self.check = Some(HeldOutCheck { median, lowest: previous.lowest.min(median), since, mean: previous.mean.min(mean) });
    }

    /// Squared errors of the samples outside the subset.
    fn squares_outside(&self, candidate: &Candidate) -> Vec<f64> {
        let components = (candidate.errors.len() / self.is_inside.len().max(1)).max(1);
        let samples = candidate.errors.chunks_exact(components).zip(&self.is_inside);
        samples.filter(|(_, is_inside)| !**is_inside).flat_map(|(errors, _)| errors).map(|error| error * error).collect()
    }

    /// The mean squared error on the samples outside the subset, and the cost of the limits, which are the same for all samples.
    fn outside(&self, candidate: &Candidate) -> f64 {
        let squares = self.squares_outside(candidate);
        squares.iter().sum::<f64>() / squares.len().max(1) as f64 + (candidate.cost - candidate.mse)
    }
}

/// Errors of parameters on all samples, and their mean square. In single precision for speed: there may be a million samples.
pub fn errors(evaluator: &mut Evaluator<f32>, params: &[f64], set: &TrainingSet) -> (Vec<f64>, f64) {
    let found = evaluator.evaluate(&narrow(params), &set.x);
    let errors = set.errors(&found.psi, &found.gradient);
    let mse = errors.iter().map(|e| e * e).sum::<f64>() / errors.len().max(1) as f64;
    (errors, mse)
}

impl SecondOrder {
    /// Starts at the parameters of the active modes. `owners` limits responsibilities. Each step uses `count` of the samples.
    pub fn new(set: &TrainingSet, active: &ActiveModes, owners: Option<&Owners>, count: usize, rng: Xoshiro256PlusPlus) -> Self {
        let (arch, samples) = (active.arch(), set.samples());
        let parts = Outputs { gradient: set.target != RegressionTarget::Value, ..Outputs::default() };
        let mut whole = (count < samples).then(|| AllSamples {
            evaluator: active.evaluator(parts),
            is_inside: vec![false; samples],
            count,
            check: None,
            rng,
        });
        let residuals = match &mut whole {
            Some(whole) => Residuals::new(&arch, &whole.draw(set)),
            None => Residuals::new(&arch, set),
        };
        let residuals = match owners {
            Some(owners) => residuals.with_owners(&arch, owners),
            None => residuals,
        };
        let groups = groups(residuals.params(), Convexity::Projection);
        let lm = Box::new(LevenbergMarquardt::new(residuals, &groups, active.params()));
        let best = evaluation(&lm, whole.as_mut(), set);
        Self { lm, whole, taken: 0, idle: 0, costs: Vec::new(), best }
    }

    /// Makes the steps checked by the samples outside the subset.
    #[must_use]
    pub fn checked(mut self) -> Self {
        if let Some(whole) = &mut self.whole {
            whole.check(self.best.clone(), &mut self.best);
        }
        self
    }

    /// Returns true if the steps are checked.
    pub fn is_checked(&self) -> bool {
        self.whole.as_ref().is_some_and(|whole| whole.check.is_some())
    }

    /// Returns true if each step uses all samples.
    pub fn uses_all(&self) -> bool {
        self.whole.is_none()
    }

    /// Number of samples outside the subset.
    pub fn left_out(&self) -> usize {
        self.whole.as_ref().map_or(0, |whole| whole.is_inside.len() - whole.count)
    }

    /// Computes a part of a step in some milliseconds; returns whether the step is over.
    pub fn work(&mut self, set: &TrainingSet) -> bool {
        let Self { lm, whole, best, .. } = self;
        let is_taken = match (lm.work(), whole) {
            (StepResult::Unfinished, _) => return false,
            (StepResult::Rejected, _) => false,
            (StepResult::Proposed, None) => {
                lm.decide(true);
                *best = evaluation(lm, None, set);
                true
            }
            (StepResult::Proposed, Some(whole)) if whole.check.is_some() => {
                lm.decide(true);
                let now = whole.evaluation(set, lm.params(), lm.cost() - lm.mse());
                whole.check(now, best);
                true
            }
            (StepResult::Proposed, Some(whole)) => {
                let gain = lm.proposed().map(|(params, added)| whole.evaluation(set, params, added));
                let gain = gain.filter(|now| now.cost < best.cost && whole.outside(now) < whole.outside(best));
                let is_taken = gain.is_some();
                lm.decide(is_taken);
                if let Some(gain) = gain {
                    *best = gain;
                    lm.redraw(&whole.draw(set));
                }
                is_taken
            }
        };
        self.idle = if is_taken { 0 } else { self.idle + 1 };
        self.taken += 1;
        self.costs.push(if self.is_checked() { self.lm.cost() } else { self.best.cost });
        true
    }

    /// Returns true if a step is in progress.
    pub fn has_partial_step(&self) -> bool {
        self.lm.has_partial_step()
    }

    /// Returns true if further steps gain nothing.
    pub fn is_stalled(&self) -> bool {
        let is_idle = |whole: &AllSamples| match &whole.check {
            Some(check) => check.median > HOPELESS_MEDIAN_FACTOR * check.lowest,
            None => self.idle >= MAX_IDLE_STEPS,
        };
        self.lm.is_stalled() || self.whole.as_ref().is_some_and(is_idle)
    }

    /// Returns true if checked steps have led to ever smaller errors, inside the subset and outside.
    pub fn is_confirmed(&self) -> bool {
        let is_recent = |check: &HeldOutCheck| check.since < MAX_IDLE_STEPS;
        !self.is_exhausted() && self.whole.as_ref().is_some_and(|whole| whole.check.as_ref().is_some_and(is_recent))
    }

    /// Returns true if subsets are used and their steps gain little or nothing.
    pub fn is_exhausted(&self) -> bool {
        self.whole.is_some() && (self.is_stalled() || self.is_slow())
    }

    /// Returns true if a stage of `max_steps` steps on subsets would end with a cost above `goal` at the rate of the last two steps.
    pub fn would_miss_goal(&self, max_steps: u64, goal: f64) -> bool {
        let last = self.costs.len().wrapping_sub(1);
        let left = max_steps.saturating_sub(self.taken) as f64;
        let falls = |then: usize| self.costs[last] * (self.costs[last] / self.costs[then]).powf(0.5 * left) <= goal;
        self.whole.is_some() && last.checked_sub(2).is_some_and(|then| !falls(then))
    }

    /// Returns true if the last steps gained little.
    fn is_slow(&self) -> bool {
        let before = self.costs.iter().rev().nth(SLOW_STEP_WINDOW);
        before.zip(self.costs.last()).is_some_and(|(before, last)| *last > 0.95 * before)
    }

    /// Returns true if the stage is over: after `max_steps` steps, or at a squared error of at most `target_mse`.
    pub fn is_over(&self, max_steps: u64, target_mse: f64) -> bool {
        self.taken >= max_steps || self.is_stalled() || self.is_slow() || self.best.cost <= target_mse
    }

    /// Restarts at `from` with a sharpness that is raised by `factor` and then held fixed.
    pub fn raise(&mut self, set: &TrainingSet, from: &Candidate, factor: f64) {
        let mut params = from.params.clone();
        if let Some(rho) = params.last_mut() {
            *rho *= factor;
        }
        self.lm.freeze_sharpness();
        self.lm.set(params);
        self.best = evaluation(&self.lm, self.whole.as_mut(), set);
        (self.taken, self.idle, self.costs) = (0, 0, Vec::new());
    }
}

fn evaluation(lm: &LevenbergMarquardt, whole: Option<&mut AllSamples>, set: &TrainingSet) -> Candidate {
    match whole {
        Some(whole) => whole.evaluation(set, lm.params(), lm.cost() - lm.mse()),
        None => Candidate { params: lm.params().to_vec(), cost: lm.cost(), mse: lm.mse(), errors: lm.errors().to_vec() },
    }
}

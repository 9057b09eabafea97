//! Second-order methods as a stage of a recipe, for values, derivatives, or both, with evaluations on all samples.
//!
//! The cost of a Levenberg-Marquardt step grows with the square of the number of parameters. If there are too many samples, each step
//! uses a random subset. The step is accepted if it lowers the error on all samples and on those outside the subset. It therefore
//! does not fit the noise of the subset. Each accepted step is followed by a new subset.
//!
//! Such steps gain little unless a subset has several times as many errors as there are parameters. Steps of the quasi-Newton method on
//! all samples are affordable and gain orders of magnitude, but also fit the noise. Checked steps decide between the two. They are
//! quasi-Newton steps on the same four fifths of the samples, and the best candidate on the other fifth is kept. The error there may
//! grow at first, because earlier stages used these samples. The check succeeds if the median squared error on the other fifth had
//! its lowest value in the last quarter of the steps while the error on the four fifths still fell, or if it became negligible.
//! Steps on all samples then continue from the parameters with this lowest value, if their cost is lower.

use rand_xoshiro::Xoshiro256PlusPlus;

use crate::loss::ownership::{Owned, Owners};
use crate::loss::training_set::TrainingSet;
use crate::loss::{Loss, LossValue, Regression, RegressionTarget, Residuals};
use crate::model::Convexity;
use crate::model::potential::{Evaluator, Outputs};
use crate::numerics::linear::narrow;
use crate::numerics::statistics::{mean, median};
use crate::potentials::sampling;
use crate::recipe::active::{ActiveModes, groups};
use crate::train::{LevenbergMarquardt, QuasiNewton, StepResult};

/// Number of steps over which the squared error must fall by a twentieth; otherwise the stage ends.
const SLOW_STEP_WINDOW: usize = 12;
/// Number of iterations in a step of the quasi-Newton method.
const ITERATIONS_PER_STEP: u32 = 10;
/// Approximate costs of a step of each method, in epochs.
pub const LEVENBERG_EPOCHS: u64 = 100;
pub const QUASI_NEWTON_EPOCHS: u64 = 10;
/// Reciprocal of the fraction of checked steps within which the error on the other samples must have been lowest.
const RECENT_FRACTION: u64 = 4;
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
    method: StepMethod,
    evaluator: Evaluator<f32>,
    /// Subset of the samples, if the steps use one.
    subset: Option<Subset>,
    /// Number of steps, accepted or rejected.
    pub taken: u64,
    /// Number of rejected steps since the last accepted one.
    idle: u64,
    costs: Vec<f64>,
    pub best: Candidate,
}

/// Fit of the active modes to samples, with limits on their responsibilities if wells have owners.
pub struct StepProblem<'a> {
    pub set: &'a TrainingSet,
    pub active: &'a ActiveModes,
    pub owners: Option<Owners>,
}

impl StepProblem<'_> {
    /// The Levenberg-Marquardt method on all samples of a set.
    fn levenberg(&self, set: &TrainingSet) -> StepMethod {
        let arch = self.active.arch();
        let mut residuals = Residuals::new(&arch, set);
        if let Some(owners) = &self.owners {
            residuals = residuals.with_owners(&arch, owners);
        }
        let groups = groups(residuals.params(), Convexity::Projection);
        StepMethod::Levenberg(Box::new(LevenbergMarquardt::new(residuals, &groups, self.active.params())))
    }

    /// The quasi-Newton method on all samples of a set.
    fn quasi_newton(&self, set: &TrainingSet) -> StepMethod {
        StepMethod::QuasiNewton(Box::new(self.active.quasi_newton(self.loss(set), Convexity::Projection)), 0)
    }

    /// Loss of the quasi-Newton method on all samples of a set, and at all points of the owners.
    pub fn loss(&self, set: &TrainingSet) -> Box<dyn Loss<f32>> {
        let arch = self.active.arch();
        let regression = Regression::new(&arch, set);
        match &self.owners {
            Some(owners) => Box::new(Owned::everywhere(&arch, regression, owners)),
            None => Box::new(regression),
        }
    }
}

/// Method of the steps.
enum StepMethod {
    Levenberg(Box<LevenbergMarquardt>),
    /// Each step consists of [`ITERATIONS_PER_STEP`] iterations, of which a number are done.
    QuasiNewton(Box<QuasiNewton>, u32),
}

impl StepMethod {
    /// Parameters, the cost there, and the part of the cost that is due to limits.
    fn state(&self) -> (Vec<f64>, f64, f64) {
        match self {
            Self::Levenberg(lm) => (lm.params().to_vec(), lm.cost(), lm.cost() - lm.mse()),
            Self::QuasiNewton(method, _) => {
                let LossValue { total, data } = method.value();
                (method.params(), total, total - data)
            }
        }
    }

    fn is_stalled(&self) -> bool {
        match self {
            Self::Levenberg(lm) => lm.is_stalled(),
            Self::QuasiNewton(method, _) => method.is_stalled(),
        }
    }

    /// Computes a part of a step. A step of the quasi-Newton method ends at its last iteration, or when the method stalls.
    fn work(&mut self) -> StepResult {
        match self {
            Self::Levenberg(lm) => lm.work(),
            Self::QuasiNewton(method, iterations) => {
                *iterations += u32::from(method.work());
                if *iterations < ITERATIONS_PER_STEP && !method.is_stalled() {
                    return StepResult::Unfinished;
                }
                *iterations = 0;
                StepResult::Proposed
            }
        }
    }

    /// Accepts or rejects a proposed step. A step of the quasi-Newton method is always accepted.
    fn decide(&mut self, is_taken: bool) {
        if let Self::Levenberg(lm) = self {
            lm.decide(is_taken);
        }
    }
}

/// State of the check of steps by the samples outside the subset, which stays the same.
struct HeldOutCheck {
    /// Median squared error outside the subset, plus the cost of limits, after the last step; its lowest value, and the number of steps
    /// since then. The median measures the fit between the samples even if one sample at the edge has a large error.
    median: f64,
    lowest: f64,
    since: u64,
    /// Parameters with the lowest median.
    typical: Candidate,
    /// Lowest mean squared error outside the subset.
    mean: f64,
}

/// Subset of the samples.
struct Subset {
    is_inside: Vec<bool>,
    count: usize,
    check: Option<HeldOutCheck>,
    rng: Xoshiro256PlusPlus,
}

impl Subset {
    fn new(set: &TrainingSet, count: usize, rng: Xoshiro256PlusPlus) -> Self {
        Self { is_inside: vec![false; set.samples()], count, check: None, rng }
    }

    /// Draws a new subset.
    fn draw(&mut self, set: &TrainingSet) -> TrainingSet {
        self.is_inside.fill(false);
        for k in sampling::subset(set.samples(), self.count, &mut self.rng) {
            self.is_inside[k] = true;
        }
        set.subset(|k| self.is_inside[k])
    }

    /// Starts the check, or updates it after another step. The candidate with the lowest mean squared error outside the subset
    /// becomes the best one.
    fn check(&mut self, now: Candidate, best: &mut Candidate) {
        let limits = now.cost - now.mse;
        let median = limits + median(self.squares_outside(&now)).unwrap_or_default();
        let mean = self.outside(&now);
        let Some(check) = &mut self.check else {
            self.check = Some(HeldOutCheck { median, lowest: median, since: 0, typical: now, mean });
            return;
        };
        (check.median, check.since) = (median, check.since + 1);
        if median < check.lowest {
            (check.lowest, check.since) = (median, 0);
            check.typical.clone_from(&now);
        }
        if mean < check.mean {
            check.mean = mean;
            *best = now;
        }
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
    /// Levenberg-Marquardt steps. Each step uses `count` of the samples.
    pub fn levenberg(problem: &StepProblem, count: usize, rng: Xoshiro256PlusPlus) -> Self {
        let set = problem.set;
        let mut subset = (count < set.samples()).then(|| Subset::new(set, count, rng));
        let drawn = subset.as_mut().map(|subset| subset.draw(set));
        Self::new(problem, problem.levenberg(drawn.as_ref().unwrap_or(set)), subset)
    }

    /// Quasi-Newton steps on all samples.
    pub fn quasi_newton(problem: &StepProblem) -> Self {
        Self::new(problem, problem.quasi_newton(problem.set), None)
    }

    /// Quasi-Newton steps on `count` of the samples, checked by the others.
    pub fn checked(problem: &StepProblem, count: usize, rng: Xoshiro256PlusPlus) -> Self {
        let mut subset = Subset::new(problem.set, count, rng);
        let method = problem.quasi_newton(&subset.draw(problem.set));
        let mut second = Self::new(problem, method, Some(subset));
        if let Some(subset) = &mut second.subset {
            subset.check(second.best.clone(), &mut second.best);
        }
        second
    }

    fn new(StepProblem { set, active, .. }: &StepProblem, method: StepMethod, subset: Option<Subset>) -> Self {
        let parts = Outputs { gradient: set.target != RegressionTarget::Value, ..Outputs::default() };
        let mut evaluator = active.evaluator(parts);
        let best = current(&mut evaluator, &method, subset.is_none(), set);
        Self { method, evaluator, subset, taken: 0, idle: 0, costs: Vec::new(), best }
    }

    /// State of the check, if the steps are checked.
    fn check(&self) -> Option<&HeldOutCheck> {
        self.subset.as_ref()?.check.as_ref()
    }

    /// Returns true if the steps are checked.
    pub fn is_checked(&self) -> bool {
        self.check().is_some()
    }

    /// Returns true if each step uses all samples.
    pub fn uses_all(&self) -> bool {
        self.subset.is_none()
    }

    pub fn is_quasi_newton(&self) -> bool {
        matches!(self.method, StepMethod::QuasiNewton(..))
    }

    /// Number of samples outside the subset.
    pub fn left_out(&self) -> usize {
        self.subset.as_ref().map_or(0, |subset| subset.is_inside.len() - subset.count)
    }

    /// Computes a part of a step in some milliseconds; returns whether the step is over.
    pub fn work(&mut self, set: &TrainingSet) -> bool {
        let Self { method, evaluator, subset, best, .. } = self;
        let is_taken = match (method.work(), subset) {
            (StepResult::Unfinished, _) => return false,
            (StepResult::Rejected, _) => false,
            (StepResult::Proposed, None) => {
                method.decide(true);
                *best = current(evaluator, method, true, set);
                true
            }
            (StepResult::Proposed, Some(subset)) if subset.check.is_some() => {
                method.decide(true);
                subset.check(current(evaluator, method, false, set), best);
                true
            }
            (StepResult::Proposed, Some(subset)) => {
                let StepMethod::Levenberg(lm) = method else { return true };
                let gain = lm.proposed().map(|(params, added)| evaluation(evaluator, set, params, added));
                let gain = gain.filter(|now| now.cost < best.cost && subset.outside(now) < subset.outside(best));
                let is_taken = gain.is_some();
                lm.decide(is_taken);
                if let Some(gain) = gain {
                    *best = gain;
                    lm.redraw(&subset.draw(set));
                }
                is_taken
            }
        };
        self.idle = if is_taken { 0 } else { self.idle + 1 };
        self.taken += 1;
        self.costs.push(if self.is_checked() { self.method.state().1 } else { self.best.cost });
        true
    }

    /// Approximate cost of a step, in epochs.
    pub fn cost(&self) -> u64 {
        if self.is_quasi_newton() { QUASI_NEWTON_EPOCHS } else { LEVENBERG_EPOCHS }
    }

    /// Returns true if a step is in progress.
    pub fn has_partial_step(&self) -> bool {
        match &self.method {
            StepMethod::Levenberg(lm) => lm.has_partial_step(),
            StepMethod::QuasiNewton(method, iterations) => *iterations > 0 || method.has_partial_iteration(),
        }
    }

    /// Returns true if further steps gain nothing.
    pub fn is_stalled(&self) -> bool {
        let is_idle = |subset: &Subset| subset.check.is_none() && self.idle >= MAX_IDLE_STEPS;
        self.method.is_stalled() || self.is_hopeless() || self.subset.as_ref().is_some_and(is_idle)
    }

    /// Returns true if the error on the samples outside the subset has risen too far.
    fn is_hopeless(&self) -> bool {
        self.check().is_some_and(|check| check.median > HOPELESS_MEDIAN_FACTOR * check.lowest)
    }

    /// Returns true if checked steps have led to ever smaller errors, inside the subset and outside, or to a median error of at most
    /// `precise_mse` outside.
    pub fn is_confirmed(&self, precise_mse: f64) -> bool {
        let Some(check) = self.check() else { return false };
        let is_recent = check.since <= self.taken / RECENT_FRACTION;
        let is_falling = is_recent && (!self.is_slow() || self.method.is_stalled());
        !self.is_hopeless() && (is_falling || check.lowest <= precise_mse)
    }

    /// Parameters with which steps on all samples continue: the best ones, or with checked steps those with the lowest median error on the
    /// other samples if their cost is lower.
    pub fn continued(&self) -> &Candidate {
        self.check().map(|check| &check.typical).filter(|typical| typical.cost < self.best.cost).unwrap_or(&self.best)
    }

    /// Returns true if subsets are used and their steps gain little or nothing.
    pub fn is_exhausted(&self) -> bool {
        self.subset.is_some() && (self.is_stalled() || self.is_slow())
    }

    /// Returns true if a stage of `max_steps` steps on subsets would end with a cost above `goal` at the rate of the last two steps.
    pub fn would_miss_goal(&self, max_steps: u64, goal: f64) -> bool {
        let last = self.costs.len().wrapping_sub(1);
        let left = max_steps.saturating_sub(self.taken) as f64;
        let falls = |then: usize| self.costs[last] * (self.costs[last] / self.costs[then]).powf(0.5 * left) <= goal;
        self.subset.is_some() && last.checked_sub(2).is_some_and(|then| !falls(then))
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
        match &mut self.method {
            StepMethod::Levenberg(lm) => {
                lm.freeze_sharpness();
                lm.set(params);
            }
            StepMethod::QuasiNewton(method, _) => {
                method.freeze_sharpness();
                method.set(&params);
            }
        }
        let uses_all = self.uses_all();
        self.best = current(&mut self.evaluator, &self.method, uses_all, set);
        (self.taken, self.idle, self.costs) = (0, 0, Vec::new());
    }
}

/// Evaluates parameters on all samples; `added` is the cost of the limits.
fn evaluation(evaluator: &mut Evaluator<f32>, set: &TrainingSet, params: &[f64], added: f64) -> Candidate {
    let (errors, mse) = errors(evaluator, params, set);
    Candidate { params: params.to_vec(), cost: mse + added, mse, errors }
}

/// Evaluates the parameters of a method on all samples. A Levenberg-Marquardt method that `uses_all` samples has evaluated them.
fn current(evaluator: &mut Evaluator<f32>, method: &StepMethod, uses_all: bool, set: &TrainingSet) -> Candidate {
    match method {
        StepMethod::Levenberg(lm) if uses_all => {
            Candidate { params: lm.params().to_vec(), cost: lm.cost(), mse: lm.mse(), errors: lm.errors().to_vec() }
        }
        method => {
            let (params, _, added) = method.state();
            evaluation(evaluator, set, &params, added)
        }
    }
}

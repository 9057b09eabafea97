//! The Levenberg-Marquardt method as a stage of a recipe, for values, derivatives, or both, evaluated on all samples.
//!
//! If there are too many samples, each step uses a random subset. It is accepted if it lowers the error on all samples and on
//! those outside the subset, so that it does not fit the noise of the subset. Each accepted step is followed by a new subset.
//!
//! Such steps gain little unless a subset has several times as many errors as there are parameters. Steps on all samples gain orders of magnitude,
//! but fit the noise as well. Whether they may be taken is found out by steps that are checked: all of them use the same four fifths of the samples,
//! and what is best on the other fifth is kept. There the error may grow at first, since these samples were learnt from before. Where even the median
//! squared error there ends lower than ever, while that of the four fifths still falls, it is not noise that is fitted.

use rand_xoshiro::Xoshiro256PlusPlus;

use super::active::{ActiveModes, groups};
use crate::loss::ownership::Owners;
use crate::loss::training_set::TrainingSet;
use crate::loss::{LeastSquares, Residuals, Target};
use crate::model::Convexity;
use crate::model::potential::{Evaluator, Outputs};
use crate::numerics::statistics::median;
use crate::potentials::sampling;
use crate::train::{LevenbergMarquardt, Part};

/// Number of steps over which the squared error must fall by a twentieth; otherwise the stage ends.
const PATIENCE: usize = 12;
/// Largest number of operations in a step on all samples: about a fifth of a second.
pub const AFFORDABLE: f64 = 2e9;
/// Number of samples per sample that checks the steps on the others.
pub const FOLD: usize = 5;
/// Number of consecutive rejected steps after which a stage on subsets ends.
const IDLE: u64 = 8;
/// Checked steps end if the median squared error on the other samples exceeds its lowest one by this factor.
const HOPELESS: f64 = 9.0;

/// Parameters and their errors on all samples.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Parameters of the present modes.
    pub params: Vec<f64>,
    /// The cost: the mean squared error plus the violations of the limits on auxiliary modes.
    pub cost: f64,
    /// The mean squared error.
    pub mse: f64,
    errors: Vec<f64>,
}

impl Candidate {
    /// Whether the samples allow these parameters in place of others: the mean difference of squared errors is at most its
    /// standard error, with the cost of limits and without it.
    pub fn is_as_good_as(&self, other: &Self) -> bool {
        (self.cost - other.cost).max(self.mse - other.mse) <= self.standard_error(other)
    }

    /// Whether the samples ask for these parameters in place of others: the mean difference of squared errors is below minus its standard
    /// error.
    pub fn is_better_than(&self, other: &Self) -> bool {
        self.cost - other.cost < -self.standard_error(other)
    }

    /// The standard error of the mean difference of squared errors.
    fn standard_error(&self, other: &Self) -> f64 {
        let pairs = self.errors.iter().zip(&other.errors);
        let differences: Vec<f64> = pairs.map(|(own, other)| own * own - other * other).collect();
        let n = differences.len().max(1) as f64;
        let mean = differences.iter().sum::<f64>() / n;
        let variance = differences.iter().map(|d| (d - mean) * (d - mean)).sum::<f64>() / (n - 1.0).max(1.0);
        (variance / n).sqrt()
    }
}

/// The second-order method with its history.
pub struct SecondOrder {
    lm: Box<LevenbergMarquardt<Residuals>>,
    /// All samples, if the steps use subsets of them.
    whole: Option<AllSamples>,
    taken: u64,
    accepted: u64,
    /// Number of rejected steps since the last accepted one.
    idle: u64,
    /// The cost after each step.
    costs: Vec<f64>,
    best: Candidate,
}

/// What the modes are kept from.
#[derive(Clone, Copy, Debug)]
pub enum Limits<'a> {
    /// Nothing.
    None,
    /// Some modes, by their indices among all, are auxiliary; their responsibility is limited at points `[points, inputs]`.
    Auxiliary(&'a [usize], &'a [f64]),
    /// Modes are forbidden where others own the potential.
    Owners(&'a Owners),
}

/// What is known of steps that are checked by the samples outside the subset, which stays the same.
struct Check {
    /// The median squared error outside after the last accepted step, the lowest so far, and the number of steps since then. The median tells whether
    /// the fit holds between the samples, wherever one of them at the edge has gone.
    median: f64,
    lowest: f64,
    since: u64,
    /// The lowest mean squared error outside.
    mean: f64,
}

/// All samples, and the current subset.
struct AllSamples {
    /// In single precision for speed: there may be a million samples.
    evaluator: Evaluator<f32>,
    is_inside: Vec<bool>,
    count: usize,
    check: Option<Check>,
    rng: Xoshiro256PlusPlus,
}

impl AllSamples {
    /// Draws a new subset.
    fn draw(&mut self, set: &TrainingSet) -> TrainingSet {
        self.is_inside.fill(false);
        for k in sampling::subset(set.samples(), self.count, &mut self.rng) {
            self.is_inside[k] = true;
        }
        set.only(|k| self.is_inside[k])
    }

    /// Evaluates parameters on all samples; `added` is the cost of the limits.
    fn evaluation(&mut self, set: &TrainingSet, params: &[f64], added: f64) -> Candidate {
        let narrow: Vec<f32> = params.iter().map(|&p| p as f32).collect();
        let found = self.evaluator.evaluate(&narrow, &set.x);
        let errors = set.errors(&found.psi, &found.gradient);
        let mse = errors.iter().map(|e| e * e).sum::<f64>() / errors.len().max(1) as f64;
        Candidate { params: params.to_vec(), cost: mse + added, mse, errors }
    }

    /// Begins to check, or looks at the fit after another step. What has the lowest mean squared error outside is the best.
    fn check(&mut self, now: Candidate, best: &mut Candidate) {
        let [median, mean] = [self.median_outside(&now), self.outside(&now)];
        let known = self.check.take().unwrap_or(Check { median, lowest: median, since: 0, mean });
        if mean < known.mean {
            *best = now;
        }
        let since = if median < known.lowest { 0 } else { known.since + 1 };
        self.check = Some(Check { median, lowest: known.lowest.min(median), since, mean: known.mean.min(mean) });
    }

    /// The median squared error on the samples outside the subset.
    fn median_outside(&self, candidate: &Candidate) -> f64 {
        let components = (candidate.errors.len() / self.is_inside.len().max(1)).max(1);
        let of_samples = candidate.errors.chunks_exact(components).zip(&self.is_inside);
        let outside = of_samples.filter(|(_, is_inside)| !**is_inside).flat_map(|(errors, _)| errors);
        median(outside.map(|error| error * error).collect()).unwrap_or_default()
    }

    /// The mean squared error on the samples outside the subset, and the cost of the limits, which are the same for all samples.
    fn outside(&self, candidate: &Candidate) -> f64 {
        let components = candidate.errors.len() / self.is_inside.len().max(1);
        let of_samples = candidate.errors.chunks_exact(components.max(1)).zip(&self.is_inside);
        let squares = of_samples.filter(|(_, is_inside)| !**is_inside).flat_map(|(errors, _)| errors).map(|e| e * e);
        let count = (self.is_inside.len() - self.count) * components;
        squares.sum::<f64>() / count.max(1) as f64 + (candidate.cost - candidate.mse)
    }
}

/// Largest number of errors for which a step with this number of parameters takes no more than `operations`.
pub fn affordable(operations: f64, params: usize) -> usize {
    let p = params as f64;
    (operations / (p * p)).max((operations / p).sqrt()).max(100.0) as usize
}

impl SecondOrder {
    /// Begins at the parameters of the active modes, which are kept convex in this way. Each step uses `count` of the samples.
    pub fn new(
        set: &TrainingSet,
        active: &ActiveModes,
        convexity: Convexity,
        limits: Limits<'_>,
        count: usize,
        rng: Xoshiro256PlusPlus,
    ) -> Self {
        let (arch, samples) = (active.arch(), set.samples());
        let parts = Outputs { gradient: set.target != Target::Value, ..Outputs::default() };
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
        let residuals = match limits {
            Limits::Auxiliary(auxiliary, watched) => {
                let is_auxiliary: Vec<bool> = active.present().iter().map(|mode| auxiliary.contains(mode)).collect();
                residuals.with_auxiliary(&arch, &is_auxiliary, watched)
            }
            Limits::Owners(owners) => residuals.with_owners(&arch, owners),
            Limits::None => residuals,
        };
        let groups = groups(residuals.params(), convexity);
        let lm = Box::new(LevenbergMarquardt::new(residuals, &groups, active.params()));
        let best = evaluation(&lm, whole.as_mut(), set);
        Self { lm, whole, taken: 0, accepted: 0, idle: 0, costs: Vec::new(), best }
    }

    /// Begins with another damping of the steps.
    #[must_use]
    pub fn with_damping(self, damping: f64) -> Self {
        Self { lm: Box::new(self.lm.with_damping(damping)), ..self }
    }

    /// Begins steps that are checked by the samples outside of the subset.
    #[must_use]
    pub fn checked(mut self) -> Self {
        if let Some(whole) = &mut self.whole {
            whole.check(self.best.clone(), &mut self.best);
        }
        self
    }

    /// Whether the steps are checked.
    pub fn is_checked(&self) -> bool {
        self.whole.as_ref().is_some_and(|whole| whole.check.is_some())
    }

    /// The best candidate so far.
    pub fn best(&self) -> &Candidate {
        &self.best
    }

    /// Number of steps, accepted or rejected.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Number of accepted steps.
    pub fn accepted(&self) -> u64 {
        self.accepted
    }

    /// Number of samples outside the subset.
    pub fn left_out(&self) -> usize {
        self.whole.as_ref().map_or(0, |whole| whole.is_inside.len() - whole.count)
    }

    /// Does a part of a step, in some milliseconds; returns whether the step is over.
    pub fn work(&mut self, set: &TrainingSet) -> bool {
        let Self { lm, whole, best, .. } = self;
        let is_taken = match (lm.work(), whole) {
            (Part::Unfinished, _) => return false,
            (Part::Rejected, _) => false,
            (Part::Proposed, None) => {
                lm.decide(true);
                *best = evaluation(lm, None, set);
                true
            }
            (Part::Proposed, Some(whole)) if whole.check.is_some() => {
                lm.decide(true);
                let now = whole.evaluation(set, lm.params(), lm.cost() - lm.mse());
                whole.check(now, best);
                true
            }
            (Part::Proposed, Some(whole)) => {
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
        self.accepted += u64::from(is_taken);
        self.taken += 1;
        self.costs.push(if self.is_checked() { self.lm.cost() } else { self.best.cost });
        true
    }

    /// Whether a step has begun and is not over.
    pub fn is_amid_step(&self) -> bool {
        self.lm.is_amid_step()
    }

    /// Whether further steps gain nothing.
    pub fn is_stuck(&self) -> bool {
        let is_idle = |whole: &AllSamples| match &whole.check {
            Some(check) => check.median > HOPELESS * check.lowest,
            None => self.idle >= IDLE,
        };
        self.lm.is_stuck() || self.whole.as_ref().is_some_and(is_idle)
    }

    /// Whether checked steps have led to ever smaller errors, inside the subset and outside.
    pub fn is_confirmed(&self) -> bool {
        let is_recent = |check: &Check| check.since < IDLE;
        !self.is_exhausted() && self.whole.as_ref().is_some_and(|whole| whole.check.as_ref().is_some_and(is_recent))
    }

    /// Whether subsets are used and their steps gain little or nothing.
    pub fn is_exhausted(&self) -> bool {
        self.whole.is_some() && (self.is_stuck() || self.is_slow())
    }

    /// Whether the cost of a stage of `most` steps on subsets would end above `goal` if it went on to fall as in the last two steps.
    pub fn falls_short(&self, most: u64, goal: f64) -> bool {
        let last = self.costs.len().wrapping_sub(1);
        let left = most.saturating_sub(self.taken) as f64;
        let falls = |then: usize| self.costs[last] * (self.costs[last] / self.costs[then]).powf(0.5 * left) <= goal;
        self.whole.is_some() && last.checked_sub(2).is_some_and(|then| !falls(then))
    }

    /// Whether the last steps gained little.
    fn is_slow(&self) -> bool {
        let last = self.costs.len().wrapping_sub(1);
        last.checked_sub(PATIENCE).is_some_and(|then| self.costs[last] > 0.95 * self.costs[then])
    }

    /// Whether the stage is over: after `most` steps, or at a squared error of at most `enough`.
    pub fn is_over(&self, most: u64, enough: f64) -> bool {
        self.taken >= most || self.is_stuck() || self.is_slow() || self.best.cost <= enough
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
        (self.taken, self.accepted, self.idle, self.costs) = (0, 0, 0, Vec::new());
    }
}

fn evaluation(lm: &LevenbergMarquardt<Residuals>, whole: Option<&mut AllSamples>, set: &TrainingSet) -> Candidate {
    match whole {
        Some(whole) => whole.evaluation(set, lm.params(), lm.cost() - lm.mse()),
        None => Candidate { params: lm.params().to_vec(), cost: lm.cost(), mse: lm.mse(), errors: lm.errors().to_vec() },
    }
}

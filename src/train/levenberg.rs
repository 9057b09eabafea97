//! The Levenberg-Marquardt method for sums of squares with bounds. Where Adam has slowed down, a few dozen steps of this method reduce the error by
//! orders of magnitude.
//!
//! With errors r and their Jacobian J (samples x parameters), a step solves `(J^T J + damping) d = -J^T r`. There is an equivalent system over the
//! samples, `d = -J^T (J J^T + damping)^-1 r`. The smaller of the two is solved. A step that lowers the sum of squares is accepted, and the damping
//! is lowered. Otherwise the damping is raised. Parameters stop at their lower bound. They are excluded as long as the gradient would move them beyond
//! it.
//!
//! A step is computed in chunks of a few milliseconds ([`LevenbergMarquardt::work`]), so that messages can be answered between them.

mod system;

use super::adam::ParameterGroup;
use crate::loss::Residuals;
use crate::loss::training_set::TrainingSet;
use crate::numerics::statistics::norm;
use system::{DampedStep, Setup, System};

/// Initial damping, as a fraction of the mean diagonal entry of the system.
const FIRST_DAMPING: f64 = 1e-2;
const SMALLEST_DAMPING: f64 = 1e-13;
const LARGEST_DAMPING: f64 = 1e8;

/// State of the method.
#[derive(Debug)]
pub struct LevenbergMarquardt {
    residuals: Residuals,
    groups: Vec<ParameterGroup>,
    params: Vec<f64>,
    errors: Vec<f64>,
    /// The Jacobian of the last step, `[errors, params]`.
    jacobian: Vec<f64>,
    damping: f64,
    /// The system at `params`, kept while steps are rejected.
    system: Option<System>,
    failures: u32,
    stage: StepStage,
}

/// Next chunk of a step.
#[derive(Debug, Default)]
enum StepStage {
    /// The step has not begun.
    #[default]
    Begin,
    /// The errors of a piece are differentiated.
    Differentiate(usize),
    /// The system is set up.
    SetUp(Setup),
    Solve(System, DampedStep),
    /// The solution is corrected to follow the curved path of least squares.
    Bend(System, DampedStep),
    Try(System, Vec<f64>),
    /// Parameters and their errors are ready to be accepted or rejected.
    Decide(System, [Vec<f64>; 2]),
}

/// Result of a chunk of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepResult {
    /// The step is not complete.
    Unfinished,
    /// The step is complete, and the cost did not decrease.
    Rejected,
    /// There are parameters with a lower cost, see [`LevenbergMarquardt::proposed`]. The step is complete when they are accepted or rejected.
    Proposed,
}

impl LevenbergMarquardt {
    /// Starts at `params`. The groups define the frozen parameters, their bounds, and the parameters whose steps are taken on the logarithm.
    pub fn new(mut residuals: Residuals, groups: &[ParameterGroup], params: Vec<f64>) -> Self {
        let errors = residuals.errors(&params);
        Self {
            residuals,
            groups: groups.to_vec(),
            params,
            errors,
            jacobian: Vec::new(),
            damping: FIRST_DAMPING,
            system: None,
            failures: 0,
            stage: StepStage::Begin,
        }
    }

    /// Current parameters.
    pub fn params(&self) -> &[f64] {
        &self.params
    }

    /// Errors of the samples.
    pub fn errors(&self) -> &[f64] {
        &self.errors[..self.residuals.samples()]
    }

    /// Mean squared error.
    pub fn mse(&self) -> f64 {
        cost(self.errors(), self.residuals.samples())
    }

    /// Continues at other parameters.
    pub fn set(&mut self, params: Vec<f64>) {
        self.errors = self.residuals.errors(&params);
        self.params = params;
        (self.system, self.stage, self.damping, self.failures) = (None, StepStage::Begin, FIRST_DAMPING, 0);
    }

    /// Minimised function: the sum of all squared errors, divided by the number of samples.
    pub fn cost(&self) -> f64 {
        cost(&self.errors, self.residuals.samples())
    }

    /// Freezes the parameters whose steps are taken on the logarithm.
    pub fn freeze_sharpness(&mut self) {
        self.groups.iter_mut().filter(|group| group.logarithmic).for_each(|group| group.frozen = true);
        (self.system, self.stage) = (None, StepStage::Begin);
    }

    /// Returns true if steps have been rejected up to the maximum damping, so that no further decrease is possible.
    pub fn is_stalled(&self) -> bool {
        self.damping >= LARGEST_DAMPING || self.failures > 25
    }

    /// Replaces the samples by an equal number of others.
    pub fn redraw(&mut self, set: &TrainingSet) {
        self.residuals.redraw(set);
        self.errors = self.residuals.errors(&self.params);
        (self.system, self.stage) = (None, StepStage::Begin);
    }

    /// Returns true if a step has begun and is not complete.
    pub fn has_partial_step(&self) -> bool {
        !matches!(self.stage, StepStage::Begin)
    }

    /// Computes the next chunk of a step.
    pub fn work(&mut self) -> StepResult {
        self.stage = match std::mem::take(&mut self.stage) {
            StepStage::Begin => {
                if let Some(system) = self.system.take() {
                    self.solve(system)
                } else {
                    self.jacobian.resize(self.errors.len() * self.params.len(), 0.0);
                    StepStage::Differentiate(0)
                }
            }
            StepStage::Differentiate(piece) => {
                self.residuals.write_jacobian(&self.params, piece, &mut self.jacobian);
                if piece + 1 < self.residuals.pieces() {
                    StepStage::Differentiate(piece + 1)
                } else {
                    StepStage::SetUp(self.set_up())
                }
            }
            StepStage::SetUp(mut setup) => {
                if setup.work() {
                    self.solve(setup.end())
                } else {
                    StepStage::SetUp(setup)
                }
            }
            StepStage::Solve(system, solution) => match solution.work(&system) {
                Some((solution, true)) => StepStage::Bend(system, solution),
                Some((solution, false)) => StepStage::Solve(system, solution),
                None => return self.reject(system),
            },
            StepStage::Bend(system, solution) => {
                let change = self.accelerated(&system, &solution);
                let trial = self.moved(&system.free, &change);
                StepStage::Try(system, trial)
            }
            StepStage::Try(system, trial) => {
                let errors = self.residuals.errors(&trial);
                if cost(&errors, self.residuals.samples()) < self.cost() {
                    StepStage::Decide(system, [trial, errors])
                } else {
                    return self.reject(system);
                }
            }
            decision @ StepStage::Decide(..) => decision,
        };
        if matches!(self.stage, StepStage::Decide(..)) { StepResult::Proposed } else { StepResult::Unfinished }
    }

    /// Parameters that a step proposes, and the cost of the constraints there.
    pub fn proposed(&self) -> Option<(&[f64], f64)> {
        let StepStage::Decide(_, [params, errors]) = &self.stage else { return None };
        let samples = self.residuals.samples();
        Some((params, cost(&errors[samples..], samples)))
    }

    /// Completes a step with proposed parameters: accepts or rejects them.
    pub fn decide(&mut self, is_taken: bool) {
        match std::mem::take(&mut self.stage) {
            StepStage::Decide(_, [params, errors]) if is_taken => {
                (self.params, self.errors) = (params, errors);
                self.damping = (self.damping / 3.0).max(SMALLEST_DAMPING);
                self.failures = 0;
            }
            StepStage::Decide(system, _) => {
                self.reject(system);
            }
            other => self.stage = other,
        }
    }

    fn reject(&mut self, system: System) -> StepResult {
        self.damping = (self.damping * 4.0).min(LARGEST_DAMPING);
        self.failures += 1;
        self.system = Some(system);
        StepResult::Rejected
    }

    /// Starts the solution of a system.
    fn solve(&self, system: System) -> StepStage {
        let present = system.rows.iter().map(|&n| self.errors[n]).collect();
        let solution = DampedStep::new(&system, present, self.damping);
        StepStage::Solve(system, solution)
    }

    /// Starts the set-up of the system.
    fn set_up(&self) -> Setup {
        // Constraints that hold have errors and derivatives of zero.
        let is_present = |&n: &usize| n < self.residuals.samples() || self.errors[n] != 0.0;
        let rows: Vec<usize> = (0..self.errors.len()).filter(is_present).collect();
        let width = self.params.len();
        let mut factors = vec![1.0; width];
        for group in self.groups.iter().filter(|group| group.logarithmic) {
            factors[group.range.clone()].copy_from_slice(&self.params[group.range.clone()]);
        }
        let mut slope = vec![0.0; width];
        for &n in &rows {
            let row = self.jacobian[n * width..(n + 1) * width].iter().zip(&factors).map(|(j, factor)| j * factor);
            slope.iter_mut().zip(row).for_each(|(slope, j)| *slope += j * self.errors[n]);
        }
        let (mut free, mut room) = (Vec::new(), Vec::new());
        for group in self.groups.iter().filter(|group| !group.frozen) {
            for k in group.range.clone() {
                let p = self.params[k];
                let below = group.floor.filter(|_| !group.logarithmic).map_or(f64::INFINITY, |floor| (p - floor).max(0.0));
                if below > 0.0 || slope[k] < 0.0 {
                    free.push(k);
                    room.push(below);
                }
            }
        }
        Setup::new(&self.jacobian, &factors, (free, room), rows)
    }

    /// Adds half of the geodesic acceleration to the step (Transtrum and Sethna, 2012). Following the curved path of least
    /// squares allows steps that are an order of magnitude longer. The second derivative of the errors along the step is a
    /// finite difference.
    fn accelerated(&mut self, system: &System, solution: &DampedStep) -> Vec<f64> {
        const DIFFERENCE_STEP: f64 = 0.1;
        let change = &solution.change;
        let near: Vec<f64> = change.iter().map(|d| DIFFERENCE_STEP * d).collect();
        let ahead = self.residuals.errors(&self.moved(&system.free, &near));
        let straight = system.linear(change);
        let curvature: Vec<f64> = system
            .rows
            .iter()
            .zip(straight)
            .map(|(&n, s)| 2.0 / DIFFERENCE_STEP * ((ahead[n] - self.errors[n]) / DIFFERENCE_STEP - s))
            .collect();
        let acceleration = solution.apply(system, &curvature);
        if norm(&acceleration) > 1.5 * norm(change) {
            return change.clone();
        }
        change.iter().zip(acceleration).map(|(d, a)| d + 0.5 * a).collect()
    }

    /// Parameters after a step, within their bounds.
    fn moved(&self, free: &[usize], change: &[f64]) -> Vec<f64> {
        let mut params = self.params.clone();
        let mut at = 0;
        for group in self.groups.iter().filter(|group| !group.frozen) {
            while let Some(&k) = free.get(at).filter(|k| group.range.contains(k)) {
                let d = change[at];
                params[k] = if group.logarithmic { params[k] * d.clamp(-1.0, 1.0).exp() } else { params[k] + d };
                if let Some(floor) = group.floor {
                    params[k] = params[k].max(floor);
                }
                at += 1;
            }
        }
        params
    }
}

fn cost(errors: &[f64], samples: usize) -> f64 {
    errors.iter().map(|e| e * e).sum::<f64>() / samples.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Architecture, Convexity, init, potential};
    use crate::train::adam;
    use rand::SeedableRng;
    use rand_xoshiro::Xoshiro256PlusPlus;

    /// A small fit of a double well, with more or fewer samples than parameters.
    fn small(samples: usize) -> LevenbergMarquardt {
        let arch = Architecture::new(1, 2, &[5]);
        let x: Vec<f64> = (0..samples).map(|k| -2.0 + 4.0 * k as f64 / (samples - 1) as f64).collect();
        let y: Vec<f64> = x.iter().map(|x| (x * x - 1.0) * (x * x - 1.0) / 4.0).collect();
        let residuals = Residuals::new(&arch, &TrainingSet::of_values(x.clone(), y, 1));
        let groups = adam::groups(residuals.params(), Convexity::Projection);
        let centres = [(vec![-1.0], 0.0), (vec![1.0], 0.0)];
        let start = init::on_data(&potential::declared(&arch), &x, &centres, &mut Xoshiro256PlusPlus::seed_from_u64(1));
        LevenbergMarquardt::new(residuals, &groups, start)
    }

    /// Computes a whole step. Returns whether it was accepted.
    fn step(lm: &mut LevenbergMarquardt) -> bool {
        loop {
            match lm.work() {
                StepResult::Unfinished => assert!(lm.has_partial_step()),
                StepResult::Rejected => return false,
                StepResult::Proposed => {
                    lm.decide(true);
                    return true;
                }
            }
        }
    }

    #[test]
    fn steps_reduce_error_by_1000_and_respect_floors() {
        for samples in [20, 200] {
            let mut lm = small(samples);
            let first = lm.mse();
            for _ in 0..80 {
                let before = lm.mse();
                let taken = step(&mut lm);
                assert!(if taken { lm.mse() < before } else { lm.mse() == before });
            }
            assert!(lm.mse() < 1e-3 * first, "{samples} samples: {first:.1e} -> {:.1e}", lm.mse());
            for group in &lm.groups {
                let low = lm.params[group.range.clone()].iter().copied().fold(f64::INFINITY, f64::min);
                assert!(group.floor.is_none_or(|floor| low >= floor));
            }
        }
    }
}

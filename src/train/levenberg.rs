//! The Levenberg-Marquardt method for sums of squares with bounds. Where Adam has slowed down, a few dozen of its steps gain
//! orders of magnitude.
//!
//! With errors r and their Jacobian J (samples x parameters), a step solves `(J^T J + damping) d = -J^T r`. Of two equivalent
//! systems the smaller one is solved: the one over the parameters, or the one over the samples, `d = -J^T (J J^T + damping)^-1
//! r`. A step that lowers the sum of squares is accepted, and the damping is lowered; otherwise the damping is raised.
//! Parameters with a lower bound stop there, and are left out while the gradient presses them against it.

use multiwell_engine::linear::{add_outer, dot, factorise, gram, substitute, transposed};

use super::adam::Group;
use crate::loss::LeastSquares;
use crate::loss::training_set::TrainingSet;
use crate::numerics::statistics::norm;

/// Initial damping, as a fraction of the mean diagonal entry of the system.
const FIRST_DAMPING: f64 = 1e-2;
const SMALLEST_DAMPING: f64 = 1e-13;
const LARGEST_DAMPING: f64 = 1e8;
/// Largest number of solutions per step while parameters reach their bounds.
const ROUNDS: usize = 6;

/// The state of the method.
#[derive(Debug)]
pub struct LevenbergMarquardt<L> {
    residuals: L,
    groups: Vec<Group>,
    params: Vec<f64>,
    errors: Vec<f64>,
    damping: f64,
    /// The system at `params`, kept while steps are rejected.
    system: Option<System>,
    failures: u32,
}

#[derive(Debug)]
struct System {
    /// The columns of the Jacobian of the free parameters, `[free, samples]`.
    columns: Vec<f64>,
    /// The indices of the free parameters, and how far each may fall.
    free: Vec<usize>,
    room: Vec<f64>,
    /// The lower triangle, row by row, of the smaller of `J J^T` and `J^T J`.
    gram: Vec<f64>,
    dual: bool,
    /// The indices of the errors in the columns.
    rows: Vec<usize>,
    samples: usize,
    scale: f64,
}

impl<L: LeastSquares> LevenbergMarquardt<L> {
    /// Begins at `params`. The groups say which parameters are frozen, bounded, or stepped by their logarithm.
    pub fn new(mut residuals: L, groups: &[Group], params: Vec<f64>) -> Self {
        let errors = residuals.errors(&params);
        Self { residuals, groups: groups.to_vec(), params, errors, damping: FIRST_DAMPING, system: None, failures: 0 }
    }

    /// Begins with another damping, relative to the mean diagonal entry of the system.
    #[must_use]
    pub fn with_damping(self, damping: f64) -> Self {
        Self { damping, ..self }
    }

    /// The parameters.
    pub fn params(&self) -> &[f64] {
        &self.params
    }

    /// The errors of the samples.
    pub fn errors(&self) -> &[f64] {
        &self.errors[..self.residuals.samples()]
    }

    /// The mean squared error.
    pub fn mse(&self) -> f64 {
        cost(self.errors(), self.residuals.samples())
    }

    /// Continues at other parameters.
    pub fn set(&mut self, params: Vec<f64>) {
        self.errors = self.residuals.errors(&params);
        self.params = params;
        (self.system, self.damping, self.failures) = (None, FIRST_DAMPING, 0);
    }

    /// The function that is minimised: the sum of all squared errors, divided by the number of samples.
    pub fn cost(&self) -> f64 {
        cost(&self.errors, self.residuals.samples())
    }

    /// Freezes the parameters that are stepped by their logarithm.
    pub fn freeze_sharpness(&mut self) {
        self.groups.iter_mut().filter(|group| group.logarithmic).for_each(|group| group.frozen = true);
        self.system = None;
    }

    /// Whether steps have been rejected up to the largest damping, so that nothing can be gained.
    pub fn is_stuck(&self) -> bool {
        self.damping >= LARGEST_DAMPING || self.failures > 25
    }

    /// Replaces the samples by an equal number of others.
    pub fn redraw(&mut self, set: &TrainingSet) {
        self.residuals.redraw(set);
        self.errors = self.residuals.errors(&self.params);
        self.system = None;
    }

    /// Solves once and tries the step; returns whether it was accepted.
    pub fn step(&mut self) -> bool {
        self.step_if(|_, _| true)
    }

    /// Solves once and takes the step if it lowers the cost and `allows` agrees. `allows` is given the new parameters and the
    /// cost of the constraints there.
    pub fn step_if(&mut self, allows: impl FnOnce(&[f64], f64) -> bool) -> bool {
        let system = match self.system.take() {
            Some(system) => system,
            None => self.linearise(),
        };
        let present: Vec<f64> = system.rows.iter().map(|&n| self.errors[n]).collect();
        if let Some((change, factor)) = system.solve(&present, self.damping) {
            let change = self.accelerated(&system, &factor, change);
            let trial = self.moved(&system.free, &change);
            let errors = self.residuals.errors(&trial);
            let samples = self.residuals.samples();
            if cost(&errors, samples) < self.cost() && allows(&trial, cost(&errors[samples..], samples)) {
                (self.params, self.errors) = (trial, errors);
                self.damping = (self.damping / 3.0).max(SMALLEST_DAMPING);
                self.failures = 0;
                return true;
            }
        }
        self.damping = (self.damping * 4.0).min(LARGEST_DAMPING);
        self.failures += 1;
        self.system = Some(system);
        false
    }

    fn linearise(&mut self) -> System {
        // Constraints that are fulfilled have errors and derivatives of zero.
        let is_present = |&n: &usize| n < self.residuals.samples() || self.errors[n] != 0.0;
        let rows: Vec<usize> = (0..self.errors.len()).filter(is_present).collect();
        let (samples, width) = (rows.len(), self.params.len());
        let full = self.residuals.jacobian(&self.params);
        let (mut free, mut room, mut factors) = (Vec::new(), Vec::new(), vec![1.0; width]);
        for group in self.groups.iter().filter(|group| group.logarithmic) {
            factors[group.range.clone()].copy_from_slice(&self.params[group.range.clone()]);
        }
        let row = |n: usize| full[n * width..(n + 1) * width].iter().zip(&factors).map(|(j, factor)| j * factor);
        let mut slope = vec![0.0; width];
        for &n in &rows {
            slope.iter_mut().zip(row(n)).for_each(|(slope, j)| *slope += j * self.errors[n]);
        }
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
        let mut picked = Vec::with_capacity(samples * free.len());
        for &n in &rows {
            picked.extend(free.iter().map(|&k| full[n * width + k] * factors[k]));
        }
        let columns = transposed(&picked, free.len());
        let (dual, extent) = (samples <= free.len(), samples.min(free.len()));
        let gram = if dual { gram(&columns, samples) } else { gram(&picked, free.len()) };
        let scale = (0..extent).map(|k| gram[k * extent + k]).sum::<f64>() / extent.max(1) as f64;
        System { columns, free, room, gram, dual, rows, samples, scale: scale.max(f64::MIN_POSITIVE) }
    }

    /// Adds half of the geodesic acceleration to the step (Transtrum and Sethna, 2012). Following the curved path of least
    /// squares allows steps that are an order of magnitude longer. The second derivative of the errors along the step is a
    /// finite difference.
    fn accelerated(&mut self, system: &System, factor: &Factor, change: Vec<f64>) -> Vec<f64> {
        const H: f64 = 0.1;
        let near: Vec<f64> = change.iter().map(|d| H * d).collect();
        let ahead = self.residuals.errors(&self.moved(&system.free, &near));
        let mut straight = vec![0.0; system.samples];
        for (k, d) in change.iter().enumerate().filter(|(_, d)| **d != 0.0) {
            straight.iter_mut().zip(system.column(k)).for_each(|(s, j)| *s += j * d);
        }
        let curvature: Vec<f64> =
            system.rows.iter().zip(straight).map(|(&n, s)| 2.0 / H * ((ahead[n] - self.errors[n]) / H - s)).collect();
        let acceleration = system.apply(factor, &curvature);
        if norm(&acceleration) > 1.5 * norm(&change) {
            return change;
        }
        change.iter().zip(acceleration).map(|(d, a)| d + 0.5 * a).collect()
    }

    /// The parameters after a step, within their bounds.
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

impl System {
    fn column(&self, k: usize) -> &[f64] {
        &self.columns[k * self.samples..(k + 1) * self.samples]
    }

    /// The step for a damping relative to the mean diagonal entry, with the factorisation that solved for it; `None` if the
    /// system is not numerically positive definite.
    fn solve(&self, errors: &[f64], damping: f64) -> Option<(Vec<f64>, Factor)> {
        let mut factor = Factor { moving: (0..self.free.len()).collect(), triangle: Vec::new() };
        let mut held = vec![0.0; self.free.len()];
        let mut errors = errors.to_vec();
        let mut gram = self.gram.clone();
        for round in 1.. {
            let moving = &factor.moving;
            let extent = if self.dual { self.samples } else { moving.len() };
            factor.triangle = if self.dual { gram.clone() } else { self.part(moving) };
            (0..extent).for_each(|k| factor.triangle[k * extent + k] += damping * self.scale);
            factorise(&mut factor.triangle, extent)?;
            let mut step = self.apply(&factor, &errors);
            let out: Vec<usize> = moving.iter().copied().filter(|&k| step[k] < -self.room[k]).collect();
            if out.is_empty() || round == ROUNDS {
                step.iter_mut().zip(held).for_each(|(d, held)| *d += held);
                return Some((step, factor));
            }
            // These parameters go to their bounds; the system of the others is solved again, with this displacement.
            for &k in &out {
                held[k] = -self.room[k];
                errors.iter_mut().zip(self.column(k)).for_each(|(r, j)| *r += j * held[k]);
                if self.dual {
                    add_outer(&mut gram, self.column(k), -1.0);
                }
            }
            factor.moving.retain(|k| !out.contains(k));
        }
        None
    }

    /// The lower triangle of the rows and columns `moving` of `J^T J`.
    fn part(&self, moving: &[usize]) -> Vec<f64> {
        let (n, all) = (moving.len(), self.free.len());
        let mut part = vec![0.0; n * n];
        for (i, &k) in moving.iter().enumerate() {
            moving[..=i].iter().enumerate().for_each(|(j, &l)| part[i * n + j] = self.gram[k * all + l]);
        }
        part
    }

    /// The solution `-(J^T J + damping)^-1 J^T errors` for the moving parameters, and zero for the rest.
    fn apply(&self, factor: &Factor, errors: &[f64]) -> Vec<f64> {
        let mut step = vec![0.0; self.free.len()];
        if self.dual {
            let mut weights = errors.to_vec();
            substitute(&factor.triangle, &mut weights);
            factor.moving.iter().for_each(|&k| step[k] = -dot(self.column(k), &weights));
        } else {
            let mut part: Vec<f64> = factor.moving.iter().map(|&k| -dot(self.column(k), errors)).collect();
            substitute(&factor.triangle, &mut part);
            factor.moving.iter().zip(part).for_each(|(&k, d)| step[k] = d);
        }
        step
    }
}

/// A factorised system.
struct Factor {
    /// The indices of the free parameters that have not reached their bounds.
    moving: Vec<usize>,
    triangle: Vec<f64>,
}

fn cost(errors: &[f64], samples: usize) -> f64 {
    errors.iter().map(|e| e * e).sum::<f64>() / samples.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss::Residuals;
    use crate::model::{Architecture, Convexity, init, potential};
    use crate::train::adam;
    use rand::SeedableRng;
    use rand_xoshiro::Xoshiro256PlusPlus;

    /// A small fit of a double well, with more or fewer samples than parameters.
    fn small(samples: usize) -> LevenbergMarquardt<Residuals> {
        let arch = Architecture::new(1, 2, &[5]);
        let x: Vec<f64> = (0..samples).map(|k| -2.0 + 4.0 * k as f64 / (samples - 1) as f64).collect();
        let y: Vec<f64> = x.iter().map(|x| (x * x - 1.0) * (x * x - 1.0) / 4.0).collect();
        let residuals = Residuals::new(&arch, &TrainingSet::of_values(x.clone(), y, 1));
        let groups = adam::groups(residuals.params(), Convexity::Projection);
        let centres = [(vec![-1.0], 0.0), (vec![1.0], 0.0)];
        let start = init::on_data(&potential::declared(&arch), &x, &centres, &mut Xoshiro256PlusPlus::seed_from_u64(1));
        LevenbergMarquardt::new(residuals, &groups, start)
    }

    #[test]
    fn a_fit_gains_orders_of_magnitude_and_keeps_its_floors() {
        for samples in [20, 200] {
            let mut lm = small(samples);
            let first = lm.mse();
            for _ in 0..80 {
                let before = lm.mse();
                let taken = lm.step();
                assert!(if taken { lm.mse() < before } else { lm.mse() == before });
            }
            assert!(lm.mse() < 1e-3 * first, "{samples} samples: {first:.1e} -> {:.1e}", lm.mse());
            for group in &lm.groups {
                let low = lm.params[group.range.clone()].iter().copied().fold(f64::INFINITY, f64::min);
                assert!(group.floor.is_none_or(|floor| low >= floor));
            }
        }
    }

    #[test]
    fn both_forms_of_the_system_give_the_same_step() {
        let mut lm = small(30);
        let mut system = lm.linearise();
        system.room.fill(f64::INFINITY);
        assert!(system.dual && system.free.len() > 30, "{}", system.free.len());
        let (dual, _) = system.solve(&lm.errors, 1e-2).expect("solvable");
        let scale = system.scale;
        system.dual = false;
        system.gram = gram(&transposed(&system.columns, system.samples), system.free.len());
        system.scale = scale;
        let (primal, _) = system.solve(&lm.errors, 1e-2).expect("solvable");
        let size = norm(&dual);
        assert!(dual.iter().zip(&primal).all(|(a, b)| (a - b).abs() < 1e-8 * size));
    }
}

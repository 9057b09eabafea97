//! A self-scaled BFGS method with bounds, in single precision. It uses all samples of a loss and no Jacobian, and therefore suits more samples than
//! [`super::levenberg`].
//!
//! `H` is a dense approximation of the inverse Hessian. An iteration moves the variables by `d = -H g`, with the gradient `g`, and stops at bounds.
//! Backtracking shortens the step until the loss falls by a fraction of the predicted decrease. With the change `s` of the variables and the change
//! `y` of the gradient, `H` becomes
//!
//! ```text
//! H <- (I - s y'/(y's)) H (I - y s'/(y's)) / tau + s s'/(y's),      tau = min(1, y's / s'Bs),      B = 1/H
//! ```
//!
//! The factor `tau` (Oren and Luenberger, 1974; Al-Baali, 1998) corrects large eigenvalues of `B`, which the update alone removes slowly.
//!
//! The variables are the parameters, or their logarithms. A variable at its bound is constant while the gradient presses it against the bound. Its
//! change of the gradient is then left out, because `H` would otherwise mix its curvature into the free variables.

use std::ops::Range;

use super::adam::ParameterGroup;
use crate::kernels::vectors::{add_symmetric_row, combine, dot};
use crate::loss::{Loss, LossValue};
use crate::numerics::linear::{narrow, widen};
use crate::numerics::shared::map_shared;

/// Fraction of the predicted decrease that a step must reach.
const SUFFICIENT_DECREASE: f64 = 1e-4;
/// Limits of the factor by which a rejected step is shortened.
const SHORTENING: [f64; 2] = [0.1, 0.5];
/// Largest number of trials in an iteration.
const MAX_TRIALS: u32 = 8;
/// Length of the first step.
const FIRST_LENGTH: f32 = 0.1;
/// Largest change of a logarithm.
const MAX_LOG_CHANGE: f32 = 1.0;
/// Number of consecutive iterations without a decrease after which the method has stalled. The first one resets `H`.
const MAX_FAILURES: u32 = 2;

/// Smallest number of entries of an inverse Hessian that a thread multiplies, and largest number of such parts.
const MIN_PART_ENTRIES: usize = 1 << 15;
const MAX_PARTS: usize = 4;

/// State of the method.
pub struct QuasiNewton {
    loss: Box<dyn Loss<f32>>,
    params: Vec<f32>,
    variables: Vec<Variable>,
    value: LossValue,
    /// Derivatives with respect to the variables.
    gradient: Vec<f32>,
    inverse: InverseHessian,
    /// Direction of the line search, the factor of its next trial, and the number of trials.
    direction: Vec<f32>,
    factor: f32,
    trials: u32,
    failures: u32,
}

/// Parameter that is not frozen.
#[derive(Clone, Copy, Debug)]
struct Variable {
    index: usize,
    floor: f32,
    is_logarithmic: bool,
}

impl QuasiNewton {
    /// Starts at `params`. The groups define the frozen parameters, their bounds, and the parameters whose steps are taken on the logarithm.
    pub fn new(loss: Box<dyn Loss<f32>>, groups: &[ParameterGroup], params: &[f64]) -> Self {
        let of_group = |group: &ParameterGroup| {
            let (floor, is_logarithmic) = (group.floor.map_or(f32::NEG_INFINITY, |floor| floor as f32), group.logarithmic);
            group.range.clone().map(move |index| Variable { index, floor, is_logarithmic })
        };
        let variables = groups.iter().filter(|group| !group.frozen).flat_map(of_group).collect();
        let mut method = Self {
            loss,
            params: Vec::new(),
            variables,
            value: LossValue::default(),
            gradient: Vec::new(),
            inverse: InverseHessian::identity(0),
            direction: Vec::new(),
            factor: 1.0,
            trials: 0,
            failures: 0,
        };
        method.set(params);
        method
    }

    /// Continues at other parameters, without the approximation of the Hessian.
    pub fn set(&mut self, params: &[f64]) {
        self.params = narrow(params);
        (self.value, self.gradient) = self.evaluate(&self.params.clone());
        self.failures = 0;
        self.reset();
    }

    /// Freezes the parameters whose steps are taken on the logarithm.
    pub fn freeze_sharpness(&mut self) {
        self.variables.retain(|variable| !variable.is_logarithmic);
        self.set(&self.params());
    }

    /// Current parameters.
    pub fn params(&self) -> Vec<f64> {
        widen(&self.params)
    }

    /// The loss at the current parameters.
    pub fn value(&self) -> LossValue {
        self.value
    }

    /// Returns true if an iteration has begun and is not complete.
    pub fn has_partial_iteration(&self) -> bool {
        self.trials > 0
    }

    /// Returns true if no direction leads to a smaller loss, for example at the limit of single precision.
    pub fn is_stalled(&self) -> bool {
        self.failures >= MAX_FAILURES
    }

    /// Evaluates the loss once. Returns true if this completes an iteration.
    pub fn work(&mut self) -> bool {
        let trial = self.moved();
        let (value, gradient) = self.evaluate(&trial);
        let step: Vec<f32> = self.variables.iter().map(|variable| variable.step(&self.params, &trial)).collect();
        let slope = f64::from(dot(&step, &self.gradient));
        let change = value.total - self.value.total;
        // The comparison is false for a NaN.
        if slope < 0.0 && change <= SUFFICIENT_DECREASE * slope {
            self.accept(trial, value, gradient, &step);
            return true;
        }
        self.trials += 1;
        if self.trials < MAX_TRIALS {
            // Minimum of the parabola through the value, the slope, and the value of the trial.
            let shortening = -slope / (2.0 * (change - slope));
            let shortening = if shortening.is_finite() { shortening } else { 0.0 };
            self.factor *= shortening.clamp(SHORTENING[0], SHORTENING[1]) as f32;
            return false;
        }
        self.failures += 1;
        self.reset();
        true
    }

    /// Evaluates the loss and its gradient with respect to the variables.
    fn evaluate(&mut self, params: &[f32]) -> (LossValue, Vec<f32>) {
        let mut slopes = vec![0.0; params.len()];
        let value = self.loss.evaluate(params, 0, &mut slopes);
        let slope = |variable: &Variable| {
            let factor = if variable.is_logarithmic { params[variable.index] } else { 1.0 };
            factor * slopes[variable.index]
        };
        (value, self.variables.iter().map(slope).collect())
    }

    /// Replaces the approximation of the inverse Hessian by the identity.
    fn reset(&mut self) {
        self.inverse = InverseHessian::identity(self.variables.len());
        self.direction = self.free_slopes().iter().map(|slope| -slope).collect();
        self.factor = FIRST_LENGTH / dot(&self.direction, &self.direction).sqrt().max(FIRST_LENGTH);
        self.trials = 0;
    }

    /// Derivatives, without those that press a variable against its bound.
    fn free_slopes(&self) -> Vec<f32> {
        let slope = |(variable, slope): (&Variable, &f32)| if variable.is_pressed(&self.params, *slope) { 0.0 } else { *slope };
        self.variables.iter().zip(&self.gradient).map(slope).collect()
    }

    /// Parameters after a trial step.
    fn moved(&self) -> Vec<f32> {
        let mut params = self.params.clone();
        for (variable, direction) in self.variables.iter().zip(&self.direction) {
            let (p, change) = (&mut params[variable.index], self.factor * direction);
            *p = if variable.is_logarithmic { *p * change.clamp(-MAX_LOG_CHANGE, MAX_LOG_CHANGE).exp() } else { *p + change };
            *p = p.max(variable.floor);
        }
        params
    }

    /// Moves by `step` to a trial, and starts the next line search.
    fn accept(&mut self, trial: Vec<f32>, value: LossValue, gradient: Vec<f32>, step: &[f32]) {
        let is_pressed = |k: usize| self.variables[k].is_pressed(&self.params, self.gradient[k]);
        let pairs = gradient.iter().zip(&self.gradient).enumerate();
        let change: Vec<f32> = pairs.map(|(k, (new, old))| if is_pressed(k) { 0.0 } else { new - old }).collect();
        // Without bounds, `B s = -factor g`.
        let curvature = -self.factor * dot(step, &self.gradient);
        (self.params, self.value, self.gradient) = (trial, value, gradient);
        let slopes = self.free_slopes();
        let direction = self.inverse.update(step, &change, curvature, &slopes);
        let descent = |(direction, slope): (&f32, &f32)| if *slope == 0.0 { 0.0 } else { -direction };
        self.direction = direction.iter().zip(&slopes).map(descent).collect();
        (self.factor, self.trials, self.failures) = ((2.0 * self.factor).min(1.0), 0, 0);
        if dot(&self.direction, &slopes) >= 0.0 {
            self.reset();
        }
    }
}

impl Variable {
    /// Change of the variable between two points.
    fn step(&self, from: &[f32], to: &[f32]) -> f32 {
        let [from, to] = [from, to].map(|params| params[self.index]);
        if self.is_logarithmic { f64::from(to / from).ln() as f32 } else { to - from }
    }

    /// Returns true at the bound, if a positive derivative presses the variable against it.
    fn is_pressed(&self, params: &[f32], slope: f32) -> bool {
        params[self.index] <= self.floor && slope > 0.0
    }
}

/// Approximation of an inverse Hessian `[n, n]`: the rows of its lower triangle, one after another.
struct InverseHessian {
    n: usize,
    rows: Vec<f32>,
    /// Update that the rows do not contain yet. The next pass over the rows includes it.
    update: Option<Update>,
    /// True for the identity.
    is_identity: bool,
}

/// Change of an approximation: `growth H - f (s p' + p s') + e s s'` with the step `s` and the product `p = H y`.
struct Update {
    step: Vec<f32>,
    product: Vec<f32>,
    growth: f32,
    /// The factors `f` and `e`.
    factors: [f32; 2],
}

impl Update {
    /// Updates a product of the approximation with a vector. `step` and `product` are the products of the vector with these.
    fn apply(&self, values: &mut [f32], step: f32, product: f32) {
        let [mixed, square] = self.factors;
        let of_step = square * step - mixed * product;
        combine(values, self.growth, (-mixed * step, &self.product), (of_step, &self.step));
    }
}

impl InverseHessian {
    fn identity(n: usize) -> Self {
        let mut rows = vec![0.0; n * (n + 1) / 2];
        (0..n).for_each(|k| rows[first_of_row(k) + k] = 1.0);
        Self { n, rows, update: None, is_identity: true }
    }

    /// Products with two vectors. Threads share the rows. The division of the rows does not depend on the number of threads.
    fn products(&mut self, vectors: [&[f32]; 2]) -> [Vec<f32>; 2] {
        let parts = (self.rows.len() / MIN_PART_ENTRIES).clamp(1, MAX_PARTS);
        // The first rows of the parts, which have about equal numbers of entries.
        let first = |part: usize| (self.n as f64 * (part as f64 / parts as f64).sqrt()).round() as usize;
        let (mut pieces, mut rest) = (Vec::with_capacity(parts), &mut self.rows[..]);
        for part in 0..parts {
            let rows = first(part)..first(part + 1);
            let (entries, later) = rest.split_at_mut(first_of_row(rows.end) - first_of_row(rows.start));
            pieces.push((rows, entries));
            rest = later;
        }
        let update = self.update.take();
        let of_piece = |(rows, mut entries): (Range<usize>, &mut [f32])| {
            let mut products = [vec![0.0; rows.end], vec![0.0; rows.end]];
            for k in rows {
                let (row, later) = entries.split_at_mut(k + 1);
                if let Some(update) = &update {
                    update.apply(row, update.step[k], update.product[k]);
                }
                for (product, v) in products.iter_mut().zip(vectors) {
                    add_symmetric_row(product, row, v);
                }
                entries = later;
            }
            products
        };
        let of_pieces = map_shared(pieces, of_piece);
        let mut sums = [vec![0.0; self.n], vec![0.0; self.n]];
        for products in of_pieces {
            for (sum, product) in sums.iter_mut().zip(products) {
                sum.iter_mut().zip(product).for_each(|(sum, term)| *sum += term);
            }
        }
        sums
    }

    /// Updates the approximation with a step, the change of the gradient, and the curvature `s'Bs` along the step. Returns the product of the
    /// result with `v`. The identity is scaled before. A step without positive curvature leaves the approximation unchanged.
    fn update(&mut self, step: &[f32], change: &[f32], curvature: f32, v: &[f32]) -> Vec<f32> {
        let [product, mut of_v] = self.products([change, v]);
        let (along, square) = (dot(step, change), dot(change, change));
        if along.is_nan() || along <= f32::EPSILON * (square * dot(step, step)).sqrt() {
            return of_v;
        }
        let growth = if self.is_identity { along / square } else { (curvature / along).max(1.0) };
        self.is_identity = false;
        let factors = [growth / along, (1.0 + growth * dot(change, &product) / along) / along];
        let update = Update { step: step.to_vec(), product, growth, factors };
        update.apply(&mut of_v, dot(step, v), dot(&update.product, v));
        self.update = Some(update);
        of_v
    }
}

/// Index of the first entry of a row of a lower triangle.
fn first_of_row(row: usize) -> usize {
    row * (row + 1) / 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Params;

    /// The convex function `sum_k k (p_k - 1)^2 / 2`, where one parameter is positive and uses its logarithm.
    struct Bowl {
        params: Params,
        /// Minimum of the first parameter.
        first: f32,
    }

    impl Loss<f32> for Bowl {
        fn params(&self) -> &Params {
            &self.params
        }

        fn evaluate(&mut self, params: &[f32], _batch: usize, gradient: &mut [f32]) -> LossValue {
            let mut total = 0.0;
            for (k, p) in params.iter().enumerate() {
                let (factor, apart) = ((k + 1) as f32, p - if k == 0 { self.first } else { 1.0 });
                gradient[k] = factor * apart;
                total += f64::from(0.5 * factor * apart * apart);
            }
            LossValue { total, data: total }
        }

        fn value(&mut self, params: &[f32]) -> LossValue {
            self.evaluate(params, 0, &mut vec![0.0; params.len()])
        }
    }

    /// Groups: a bounded parameter, free ones, a frozen one, and one with a logarithm.
    fn bowl(first: f32) -> QuasiNewton {
        let group = |range, floor, frozen, logarithmic| ParameterGroup { range, gate: false, floor, frozen, logarithmic };
        let groups = [
            group(0..1, Some(0.0), false, false),
            group(1..20, None, false, false),
            group(20..21, None, true, false),
            group(21..22, Some(1e-3), false, true),
        ];
        QuasiNewton::new(Box::new(Bowl { params: Params::default(), first }), &groups, &[3.0; 22])
    }

    #[test]
    fn quadratic_function_reaches_minimum_within_bounds() {
        for (first, expected) in [(1.0, 1.0), (-2.0, 0.0)] {
            let mut method = bowl(first);
            let mut iterations = 0;
            while iterations < 100 && !method.is_stalled() {
                let before = method.value().total;
                while !method.work() {
                    assert!(method.has_partial_iteration());
                }
                assert!(method.value().total <= before);
                iterations += 1;
            }
            let params = method.params();
            assert!((params[0] - expected).abs() < 1e-4, "{params:?}");
            assert_eq!(params[20], 3.0);
            assert!(params[1..20].iter().chain(&params[21..]).all(|p| (p - 1.0).abs() < 1e-4), "{params:?}");
        }
    }

    #[test]
    fn parts_of_inverse_hessian_add_up_to_product() {
        let n = 530;
        let mut inverse = InverseHessian::identity(n);
        inverse.rows.iter_mut().enumerate().for_each(|(k, entry)| *entry = (k as f32).sin());
        let entry = |i: usize, j: usize| f64::from(((first_of_row(i.max(j)) + i.min(j)) as f32).sin());
        let vectors = [0.3, 0.7].map(|factor| (0..n).map(|k| (factor * k as f32).cos()).collect::<Vec<f32>>());
        for (found, vector) in inverse.products([&vectors[0], &vectors[1]]).iter().zip(&vectors) {
            for (i, found) in found.iter().enumerate() {
                let expected: f64 = (0..n).map(|j| entry(i, j) * f64::from(vector[j])).sum();
                assert!((f64::from(*found) - expected).abs() < 1e-3, "{i}: {found} {expected}");
            }
        }
    }

    #[test]
    fn update_satisfies_secant_equation() {
        let (mut inverse, other) = (InverseHessian::identity(3), [0.3, -0.2, 1.0]);
        for (step, change) in [([1.0, 0.5, -0.25], [2.0, 0.5, -1.0]), ([0.0, 1.0, 0.5], [0.5, 3.0, 1.0])] {
            let expected = inverse.update(&step, &change, 10.0, &other);
            let [secant, product] = inverse.products([&change, &other]);
            let is_equal = |found: &[f32], wanted: &[f32]| found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-5);
            assert!(is_equal(&secant, &step) && is_equal(&product, &expected), "{secant:?} {product:?} {expected:?}");
        }
    }

    #[test]
    fn frozen_sharpness_stays() {
        let mut method = bowl(1.0);
        method.freeze_sharpness();
        (0..30).for_each(|_| {
            method.work();
        });
        assert_eq!(method.params()[21], 3.0);
    }
}

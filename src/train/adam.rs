//! Adam (Kingma and Ba, 2015) with bias correction, beta = (0.9, 0.999) and epsilon = 1e-8 outside the square root. Groups of parameters have their
//! own rates and constraints:
//!
//! ```text
//! m <- b1 m + (1 - b1) g        v <- b2 v + (1 - b2) g^2
//! p <- p - rate (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + 1e-8)
//! ```
//!
//! A constraint is a projection after the step. It does not affect the moments.

use std::ops::Range;

use crate::kernels::adam::AdamStep;
use crate::model::{Convexity, ParamKind, Params};
use crate::plan::Scalar;

const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const ADAM_EPSILON: f64 = 1e-8;

/// Minimum value of the sharpness.
pub const SMALLEST_RHO: f64 = 1e-3;

/// Learning rates of a network.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rates {
    /// Rate of weights and biases.
    pub network: f64,
    /// Rate of gates and sharpness.
    pub gate: f64,
}

/// Range of parameters with the same treatment.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterGroup {
    /// Range in the flat vector.
    pub range: Range<usize>,
    /// True if the rate of the gates applies instead of that of the network.
    pub gate: bool,
    /// Lower bound, imposed by projection after each step.
    pub floor: Option<f64>,
    /// True if the parameters are constant.
    pub frozen: bool,
    /// True if steps are taken on the logarithms, for positive parameters of unknown magnitude.
    pub logarithmic: bool,
}

/// Groups of the parameters of a network.
pub fn groups(params: &Params, convexity: Convexity) -> Vec<ParameterGroup> {
    params
        .iter()
        .map(|param| {
            let floor = match param.kind {
                ParamKind::NonNegative if convexity == Convexity::Projection => Some(0.0),
                ParamKind::Sharpness => Some(SMALLEST_RHO),
                _ => None,
            };
            let gate = matches!(param.kind, ParamKind::Gate | ParamKind::Sharpness);
            ParameterGroup { range: param.range(), gate, floor, frozen: false, logarithmic: false }
        })
        .collect()
}

/// State of the optimiser.
#[derive(Clone, Debug)]
pub struct Adam<T> {
    m: Vec<T>,
    v: Vec<T>,
    steps: u64,
}

impl<T: Scalar> Adam<T> {
    /// Initial state for `len` parameters.
    pub fn new(len: usize) -> Self {
        Self { m: vec![T::zero(); len], v: vec![T::zero(); len], steps: 0 }
    }

    /// Resets the moments of some parameters, so that they stay constant while their gradient is zero.
    pub fn forget(&mut self, range: Range<usize>) {
        self.m[range.clone()].fill(T::zero());
        self.v[range].fill(T::zero());
    }

    /// Copies another state of the same length, without allocation.
    pub fn copy_from(&mut self, other: &Self) {
        self.m.copy_from_slice(&other.m);
        self.v.copy_from_slice(&other.v);
        self.steps = other.steps;
    }

    /// Takes one step along `gradient`.
    pub fn step(&mut self, params: &mut [T], gradient: &[T], groups: &[ParameterGroup], rates: Rates) {
        self.steps += 1;
        let t = self.steps.min(1 << 30) as i32;
        let (b1, b2) = (T::narrow(BETA_1), T::narrow(BETA_2));
        let (c1, c2) = (T::narrow(1.0 - BETA_1), T::narrow(1.0 - BETA_2));
        let correct = T::narrow(1.0 / (1.0 - BETA_2.powi(t)));
        let epsilon = T::narrow(ADAM_EPSILON);
        for group in groups.iter().filter(|g| !g.frozen) {
            let rate = if group.gate { rates.gate } else { rates.network };
            let rate = T::narrow(rate / (1.0 - BETA_1.powi(t)));
            let step = AdamStep { decays: [b1, b2], weights: [c1, c2], rate, correct, epsilon, logarithmic: group.logarithmic };
            let range = || group.range.clone();
            T::adam(&step, &mut params[range()], &gradient[range()], [&mut self.m[range()], &mut self.v[range()]]);
            if let Some(floor) = group.floor.filter(|_| !group.logarithmic) {
                let floor = T::narrow(floor);
                for p in &mut params[group.range.clone()] {
                    // The comparison is false for a NaN, so that a NaN is kept.
                    *p = if *p < floor { floor } else { *p };
                }
            }
        }
    }
}

//! Checks that a formula can be evaluated everywhere in its domain, and that a field has a potential.
//!
//! A divisor that is positive at one point and negative at another is zero in between. So the check finds poles that lie between grid
//! points.

use super::error::FormulaError;
use super::points::FormulaPoints;
use super::record::{DomainCondition, Guard, RecordedFormula};
use crate::graph::NodeId;
use crate::text::number;

/// Number of grid points along each input for the checks, for one, two and three inputs.
const GRID_POINTS: [usize; 3] = [1201, 61, 21];
/// Largest magnitude of a value. The square of a larger value overflows in single precision.
const MAX_VALUE: f64 = 1e15;
/// Smallest range of values of a formula, relative to their magnitude. A smaller range is rounding.
const MIN_RELATIVE_RANGE: f64 = 1e-9;
/// Largest difference of the mixed derivatives of a field by rounding, relative to the largest derivative.
const ROUNDING_TOLERANCE: f64 = 1e-9;

/// Domain with the names of its inputs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Domain<'a> {
    pub inputs: &'a [String],
    pub bounds: &'a [[f64; 2]],
}

impl Domain<'_> {
    /// Grid over the domain, including its faces: for each input the coordinate of all points.
    pub fn grid(&self) -> Vec<Vec<f64>> {
        let side = GRID_POINTS[self.bounds.len() - 1];
        let count = side.pow(self.bounds.len() as u32);
        let along = |k: usize, j: usize| {
            let [low, high] = self.bounds[j];
            let step = k / side.pow(j as u32) % side;
            // The last point is exactly the end, without rounding.
            if step + 1 == side { high } else { low + (high - low) * step as f64 / (side - 1) as f64 }
        };
        (0..self.bounds.len()).map(|j| (0..count).map(|k| along(k, j)).collect()).collect()
    }

    /// Writes a point as text: `x = 1, y = -2`.
    pub fn place(&self, x: &[f64]) -> String {
        let one = |(name, value): (&String, &f64)| format!("{name} = {}", number(*value, 4));
        self.inputs.iter().zip(x).map(one).collect::<Vec<_>>().join(", ")
    }
}

/// Coordinates of one point of a grid.
pub(super) fn point(grid: &[Vec<f64>], k: usize) -> Vec<f64> {
    grid.iter().map(|along| along[k]).collect()
}

/// Checks that a formula has finite and varying values in its domain.
///
/// # Errors
/// One sentence on the failed evaluation, with its point.
pub(super) fn check(recorded: &RecordedFormula, domain: Domain, grid: &[Vec<f64>]) -> Result<(), FormulaError> {
    let factors = |guard: &Guard| match guard.condition {
        DomainCondition::NotZero => recorded.factors(guard.value),
        _ => vec![guard.value],
    };
    let asked: Vec<(Guard, NodeId)> =
        recorded.guards.iter().flat_map(|guard| factors(guard).into_iter().map(|value| (*guard, value))).collect();
    let outputs: Vec<NodeId> = asked.iter().map(|(_, value)| *value).chain(recorded.roots.iter().copied()).collect();
    let mut points = FormulaPoints::new(&recorded.graph, &outputs);
    points.run(grid);
    for (k, &(guard, value)) in asked.iter().enumerate() {
        if let Some(x) = violation(recorded, guard, value, grid, points.output(k)) {
            return Err(unmet(guard, &domain.place(&x)));
        }
    }
    let mut is_flat = true;
    for k in asked.len()..outputs.len() {
        let values = points.output(k);
        if let Some(at) = values.iter().position(|value| value.is_nan() || value.abs() > MAX_VALUE) {
            let what =
                if values[at].is_nan() { "is no number".into() } else { format!("has the value {}", number(values[at], 2)) };
            let place = domain.place(&point(grid, at));
            let sentence = format!("{what} at {place}, which cannot be learnt; choose other bounds or another formula");
            return Err(FormulaError::new("formula", sentence));
        }
        let (low, high) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
        // A constant force is valid, because its potential has a slope. A zero force is not.
        let least = if recorded.is_field { 0.0 } else { low };
        is_flat &= high - least <= MIN_RELATIVE_RANGE * high.abs().max(low.abs()) && (!recorded.is_field || low == 0.0);
    }
    if is_flat {
        let sentence = "is the same in the whole domain, so there is nothing to learn; choose other bounds or another formula";
        return Err(FormulaError::new("formula", sentence));
    }
    Ok(())
}

/// Point at which a value violates its condition, given its values on the grid.
fn violation(recorded: &RecordedFormula, guard: Guard, value: NodeId, grid: &[Vec<f64>], found: &[f64]) -> Option<Vec<f64>> {
    if let Some(k) = found.iter().position(|&value| !guard.condition.is_met(value)) {
        return Some(point(grid, k));
    }
    if guard.condition != DomainCondition::NotZero {
        return None;
    }
    let ends = [found.iter().position(|&value| value < 0.0)?, found.iter().position(|&value| value > 0.0)?];
    let ends = ends.map(|k| point(grid, k));
    let between = |t: f64| ends[0].iter().zip(&ends[1]).map(|(a, b)| a + t * (b - a)).collect::<Vec<f64>>();
    let mut points = FormulaPoints::new(&recorded.graph, &[value]);
    let [mut below, mut above] = [0.0, 1.0];
    for _ in 0..60 {
        let middle = f64::midpoint(below, above);
        *(if points.one(&between(middle))[0] < 0.0 { &mut below } else { &mut above }) = middle;
    }
    Some(between(above))
}

fn unmet(guard: Guard, place: &str) -> FormulaError {
    let Guard { condition, of, place: character, .. } = guard;
    let what = match of {
        "/" => "the divisor".to_string(),
        "^" => "the base of the power".to_string(),
        "tan" => "the cosine in tan".to_string(),
        function => format!("the argument of {function}"),
    };
    let must = match condition {
        DomainCondition::NotZero => "must not be 0",
        DomainCondition::Positive => "must be above 0",
        DomainCondition::NotNegative => "must not be below 0",
        DomainCondition::AtMostOne => "must lie from -1 to 1",
    };
    let sentence =
        format!("cannot be evaluated at {place}: {what} at character {character} {must}; choose other bounds or another formula");
    FormulaError::new("formula", sentence)
}

/// Checks that a field has a potential, by the equality of its mixed derivatives.
///
/// # Errors
/// One sentence on a point at which they differ.
pub(super) fn check_field(recorded: &mut RecordedFormula, domain: Domain, grid: &[Vec<f64>]) -> Result<(), FormulaError> {
    let inputs = domain.inputs.len();
    let derivatives: Vec<NodeId> = recorded.roots.clone().into_iter().flat_map(|root| recorded.gradient(root)).collect();
    let mut points = FormulaPoints::new(&recorded.graph, &derivatives);
    points.run(grid);
    let found = |i: usize, j: usize| points.output(i * inputs + j);
    let sizes = (0..derivatives.len()).flat_map(|k| points.output(k)).map(|value| value.abs());
    let largest = sizes.filter(|size| size.is_finite()).fold(0.0, f64::max);
    for (i, j) in (0..inputs).flat_map(|i| (0..i).map(move |j| (j, i))) {
        let mut pairs = found(i, j).iter().zip(found(j, i));
        if let Some(k) = pairs.position(|(first, second)| (first - second).abs() > ROUNDING_TOLERANCE * largest) {
            let [first, second] = [found(i, j)[k], found(j, i)[k]].map(|value| number(value, 3));
            let ([x, y], place) = ([&domain.inputs[i], &domain.inputs[j]], domain.place(&point(grid, k)));
            let sentence = format!(
                "is a field without a potential: at {place} the derivative of component {} by {y} is {first}, that of component {} \
                 by {x} is {second}, and they should be equal; write a field that is minus the gradient of something",
                i + 1,
                j + 1
            );
            return Err(FormulaError::new("formula", sentence));
        }
    }
    Ok(())
}

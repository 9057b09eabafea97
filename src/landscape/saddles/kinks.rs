//! Passes over kinks: points on a ridge across which the slope jumps, as between two modes of a sharp soft minimum.
//!
//! Let `g` and `h` be the slopes on the two sides of a kink. Where the ridge is lowest, they point in opposite directions. The shortest
//! vector between them, `t g + (1 - t) h` with `0 <= t <= 1`, is then zero (Clarke's condition for a stationary point of a function without
//! a derivative). Elsewhere this vector leads uphill along the ridge.

use super::strings::mixed;
use super::{Arrival, Saddle, SaddleSearch};
use crate::landscape::descent::UnitBox;
use crate::numerics::statistics::{difference, dot, norm};

/// Distance from the ridge at which slopes are evaluated, as a fraction of the box.
const SLOPE_DISTANCE: f64 = 1e-3;
/// Largest growth factor of the jump of the slope across a kink when the distance doubles. On a smooth ridge the jump doubles.
const MAX_JUMP_GROWTH: f64 = 1.25;
/// Longest and shortest step along the ridge, and largest number of steps.
const RIDGE_MAX_STEP: f64 = 0.02;
const RIDGE_MIN_STEP: f64 = 1e-5;
const RIDGE_MAX_STEPS: usize = 80;
/// Largest length of the shortest vector between the slopes of a pass, as a fraction of the smaller slope.
const OPPOSITION_TOLERANCE: f64 = 0.1;
/// Number of points in each round of the search for the crest of a ridge, and number of rounds. The step falls to a millionth.
const SEARCH_POINTS: usize = 9;
const SEARCH_ROUNDS: usize = 7;

/// Point on a ridge.
struct OnRidge {
    place: Vec<f64>,
    value: f64,
    /// Unit vector across the ridge.
    normal: Vec<f64>,
    /// Slopes on either side. The first one is on the side opposite to the normal.
    slopes: [Vec<f64>; 2],
}

impl SaddleSearch<'_, '_> {
    /// Slides from a guess along the nearby kink, and adds the pass if it is new. The guess is the middle one of three points of a string.
    /// Returns true if there is a pass.
    pub(super) fn slide_from(&mut self, string: [&[f64]; 3]) -> bool {
        let Some(pass) = self.slide(string) else { return false };
        let top = Arrival { place: pass.place, value: pass.value };
        let is_inside = self.walls || self.unit.is_inside(&top);
        if is_inside {
            self.add_if_new(Saddle { top, downhill: pass.normal, is_kink: true });
        }
        is_inside
    }

    fn slide(&mut self, [before, middle, after]: [&[f64]; 3]) -> Option<OnRidge> {
        if self.unit.effort.is_exhausted() {
            return None;
        }
        let along = difference(after, before);
        let half = 0.5 * norm(&along);
        let mut here = on_ridge(&mut self.unit, middle, &unit_vector(&along)?, half)?;
        if !is_kinked(&mut self.unit, &here.place, &here.normal, SLOPE_DISTANCE) {
            return None;
        }
        let mut step = RIDGE_MAX_STEP;
        for _ in 0..RIDGE_MAX_STEPS {
            if self.unit.effort.is_exhausted() {
                return None;
            }
            let uphill = shortest(&here.slopes);
            let Some(direction) = unit_vector(&uphill).filter(|_| step > RIDGE_MIN_STEP) else { break };
            let next = self.unit.clamped(here.place.iter().zip(&direction).map(|(u, d)| u - step * d));
            // The ridge bends: within a step, its distance from the tangent may be as large as the step.
            match on_ridge(&mut self.unit, &next, &here.normal, step.max(SLOPE_DISTANCE)) {
                Some(lower) if lower.value < here.value => here = lower,
                _ => step *= 0.5,
            }
        }
        let [g, h] = &here.slopes;
        let is_pass = norm(&shortest(&here.slopes)) <= OPPOSITION_TOLERANCE * norm(g).min(norm(h));
        (is_pass && is_kinked(&mut self.unit, &here.place, &here.normal, SLOPE_DISTANCE)).then_some(here)
    }
}

/// Highest point on a line through `place`, at most `reach` away; `None` if the line has no maximum there.
fn on_ridge(unit: &mut UnitBox, place: &[f64], along: &[f64], reach: f64) -> Option<OnRidge> {
    let at = |middle: &[f64], by: f64| -> Vec<f64> { middle.iter().zip(along).map(|(u, d)| u + by * d).collect() };
    let (mut middle, mut half) = (place.to_vec(), reach);
    let mut value = f64::NEG_INFINITY;
    for round in 0..SEARCH_ROUNDS {
        let line: Vec<Vec<f64>> =
            (0..SEARCH_POINTS).map(|k| at(&middle, half * (2.0 * k as f64 / (SEARCH_POINTS - 1) as f64 - 1.0))).collect();
        let values = unit.evaluate(&line.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let top = (0..SEARCH_POINTS).max_by(|&a, &b| values[a].0.total_cmp(&values[b].0))?;
        if !values[top].0.is_finite() || round == 0 && (top == 0 || top == SEARCH_POINTS - 1) {
            return None;
        }
        (middle, value) = (line[top].clone(), values[top].0);
        half *= 2.0 / (SEARCH_POINTS - 1) as f64;
    }
    let slopes = beside(unit, &middle, along, SLOPE_DISTANCE);
    // The slope jumps across the ridge and is continuous along it.
    let normal = unit_vector(&difference(&slopes[0], &slopes[1]))?;
    let slopes = beside(unit, &middle, &normal, SLOPE_DISTANCE);
    (dot(&slopes[0], &normal) > 0.0 && dot(&slopes[1], &normal) < 0.0).then_some(OnRidge { place: middle, value, normal, slopes })
}

/// Slopes at the distance `apart` before and behind a point.
fn beside(unit: &mut UnitBox, place: &[f64], along: &[f64], apart: f64) -> [Vec<f64>; 2] {
    let sides = [-apart, apart].map(|by| unit.clamped(place.iter().zip(along).map(|(u, d)| u + by * d)));
    let found = unit.evaluate(&[&sides[0], &sides[1]]);
    [0, 1].map(|k| found[k].1.clone())
}

/// Returns true if the slope jumps across a point within the distance `reach` along the unit vector `normal`.
pub(super) fn is_kinked(unit: &mut UnitBox, place: &[f64], normal: &[f64], reach: f64) -> bool {
    let [near, far] = [reach, 2.0 * reach].map(|apart| {
        let [g, h] = beside(unit, place, normal, apart);
        norm(&difference(&g, &h))
    });
    far <= MAX_JUMP_GROWTH * near
}

/// Shortest vector of the segment between two vectors.
fn shortest([g, h]: &[Vec<f64>; 2]) -> Vec<f64> {
    let way = difference(h, g);
    let part = -dot(g, &way) / dot(&way, &way).max(f64::MIN_POSITIVE);
    mixed(g, h, part.clamp(0.0, 1.0))
}

fn unit_vector(v: &[f64]) -> Option<Vec<f64>> {
    let length = norm(v);
    (length > 0.0 && length.is_finite()).then(|| v.iter().map(|v| v / length).collect())
}

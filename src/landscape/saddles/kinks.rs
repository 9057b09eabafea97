//! Passes over kinks: places on a ridge across which the slope jumps, as between two modes of a sharp soft minimum.
//!
//! Let `g` and `h` be the slopes on the two sides of a kink. Where the ridge is lowest, they point in opposite directions: the
//! shortest vector between them, `t g + (1 - t) h` with `0 <= t <= 1`, is zero (Clarke's condition for a
//! stationary point of a function that has no slope there). Elsewhere this vector leads along the ridge, uphill.

use super::{Arrival, Saddle, Search, mixed};
use crate::landscape::descent::UnitBox;
use crate::numerics::statistics::{difference, dot, norm};

/// Distance from the ridge at which slopes are taken, as a fraction of the box.
const BESIDE: f64 = 1e-3;
/// The jump of the slope across a kink grows by less than this factor if it is taken at twice the distance. That of a smooth ridge doubles.
const GROWTH: f64 = 1.25;
/// Longest step along the ridge, its shortest, and the largest number of steps.
const STEP: f64 = 0.02;
const SHORTEST: f64 = 1e-5;
const STEPS: usize = 80;
/// Largest length of the shortest vector between the slopes of a pass, as a fraction of the smaller slope.
const OPPOSITE: f64 = 0.1;
/// Points of each round of the search for the top of a ridge, and the number of rounds: the step falls to a millionth.
const ACROSS: usize = 9;
const ROUNDS: usize = 7;

/// A place on a ridge.
struct OnRidge {
    place: Vec<f64>,
    value: f64,
    /// The unit vector across the ridge.
    normal: Vec<f64>,
    /// The slopes on either side, that against the normal first.
    slopes: [Vec<f64>; 2],
}

impl Search<'_, '_> {
    /// Slides from a guess, the middle of three points of a string, along the kink that it lies near, and keeps the pass if
    /// it is new; returns whether there is one.
    pub(super) fn slide_from(&mut self, string: &[Vec<f64>; 3]) -> bool {
        let Some(pass) = self.slide(string) else { return false };
        let top = Arrival { place: pass.place, value: pass.value };
        let is_inside = self.walls || self.unit.is_inside(&top);
        if is_inside {
            self.keep(Saddle { top, downhill: pass.normal, is_kink: true });
        }
        is_inside
    }

    fn slide(&mut self, [before, middle, after]: &[Vec<f64>; 3]) -> Option<OnRidge> {
        if self.unit.effort.is_spent() {
            return None;
        }
        let along = difference(after, before);
        let half = 0.5 * norm(&along);
        let mut here = on_ridge(&mut self.unit, middle, &unit_vector(&along)?, half)?;
        if !is_kinked(&mut self.unit, &here) {
            return None;
        }
        let mut step = STEP;
        for _ in 0..STEPS {
            if self.unit.effort.is_spent() {
                return None;
            }
            let uphill = shortest(&here.slopes);
            let Some(direction) = unit_vector(&uphill).filter(|_| step > SHORTEST) else { break };
            let next = self.unit.clamped(here.place.iter().zip(&direction).map(|(u, d)| u - step * d));
            // The ridge bends: within a step it may leave its tangent by as much.
            match on_ridge(&mut self.unit, &next, &here.normal, step.max(BESIDE)) {
                Some(lower) if lower.value < here.value => here = lower,
                _ => step *= 0.5,
            }
        }
        let [g, h] = &here.slopes;
        let is_pass = norm(&shortest(&here.slopes)) <= OPPOSITE * norm(g).min(norm(h));
        (is_pass && is_kinked(&mut self.unit, &here)).then_some(here)
    }
}

/// The top of the ridge on a line through a place, at most so far away; none if the line has no top there.
fn on_ridge(unit: &mut UnitBox, place: &[f64], along: &[f64], reach: f64) -> Option<OnRidge> {
    let at = |middle: &[f64], by: f64| -> Vec<f64> { middle.iter().zip(along).map(|(u, d)| u + by * d).collect() };
    let (mut middle, mut half) = (place.to_vec(), reach);
    let mut value = f64::NEG_INFINITY;
    for round in 0..ROUNDS {
        let line: Vec<Vec<f64>> = (0..ACROSS).map(|k| at(&middle, half * (2.0 * k as f64 / (ACROSS - 1) as f64 - 1.0))).collect();
        let values = unit.evaluate(&line.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let top = (0..ACROSS).max_by(|&a, &b| values[a].0.total_cmp(&values[b].0))?;
        if !values[top].0.is_finite() || round == 0 && (top == 0 || top == ACROSS - 1) {
            return None;
        }
        (middle, value) = (line[top].clone(), values[top].0);
        half *= 2.0 / (ACROSS - 1) as f64;
    }
    let slopes = beside(unit, &middle, along, BESIDE);
    // The slope jumps across the ridge; along it, it is continuous.
    let normal = unit_vector(&difference(&slopes[0], &slopes[1]))?;
    let slopes = beside(unit, &middle, &normal, BESIDE);
    (dot(&slopes[0], &normal) > 0.0 && dot(&slopes[1], &normal) < 0.0).then_some(OnRidge { place: middle, value, normal, slopes })
}

/// The slopes so far before a place and behind it.
fn beside(unit: &mut UnitBox, place: &[f64], along: &[f64], apart: f64) -> [Vec<f64>; 2] {
    let sides = [-apart, apart].map(|by| unit.clamped(place.iter().zip(along).map(|(u, d)| u + by * d)));
    let found = unit.evaluate(&[&sides[0], &sides[1]]);
    [0, 1].map(|k| found[k].1.clone())
}

/// Whether the slope jumps there.
fn is_kinked(unit: &mut UnitBox, here: &OnRidge) -> bool {
    let [near, far] = [BESIDE, 2.0 * BESIDE].map(|apart| {
        let [g, h] = beside(unit, &here.place, &here.normal, apart);
        norm(&difference(&g, &h))
    });
    far <= GROWTH * near
}

/// The shortest vector between two.
fn shortest([g, h]: &[Vec<f64>; 2]) -> Vec<f64> {
    let way = difference(h, g);
    let part = -dot(g, &way) / dot(&way, &way).max(f64::MIN_POSITIVE);
    mixed(g, h, part.clamp(0.0, 1.0))
}

fn unit_vector(v: &[f64]) -> Option<Vec<f64>> {
    let length = norm(v);
    (length > 0.0 && length.is_finite()).then(|| v.iter().map(|v| v / length).collect())
}

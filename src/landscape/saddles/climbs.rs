//! Climbs from guesses to saddles, along the direction of least curvature.

use super::kinks::is_kinked;
use super::{Saddle, SaddleSearch, symmetric};
use crate::landscape::descent::Arrival;
use crate::numerics::statistics::{dot, norm};

/// Largest number of steps of a climb to a saddle, and its longest step as a fraction of the box.
const CLIMB_STEPS: usize = 80;
const CLIMB_MAX_STEP: f64 = 0.05;
/// Distance of finite differences of gradients, as a fraction of the box.
const DIFFERENCE_DISTANCE: f64 = 1e-5;

/// Local quadratic model of a function.
struct QuadraticModel {
    value: f64,
    slope: Vec<f64>,
    /// Curvatures in increasing order, with their directions.
    modes: Vec<(f64, Vec<f64>)>,
}

impl SaddleSearch<'_, '_> {
    /// Climbs from a guess and adds the saddle if it is new. Returns true if the climb found a saddle.
    pub(super) fn climb_from(&mut self, guess: Vec<f64>) -> bool {
        let Some((top, downhill)) = self.climb(guess) else { return false };
        self.add_if_new(Saddle { top, downhill, is_kink: false });
        true
    }

    /// Climbs from a guess to a saddle inside the box. Returns the saddle with its downhill direction.
    fn climb(&mut self, mut place: Vec<f64>) -> Option<(Arrival, Vec<f64>)> {
        for _ in 0..CLIMB_STEPS {
            if self.unit.effort.is_exhausted() {
                return None;
            }
            let QuadraticModel { value, slope, modes } = self.curved(&place);
            let largest = modes.iter().fold(0.0, |top: f64, m| top.max(m.0.abs()));
            if !largest.is_finite() || !value.is_finite() {
                return None;
            }
            if norm(&slope) <= 1e-8 * self.steepest {
                let (curvature, direction) = modes.first()?.clone();
                // A climb that arrives exactly on a kink finds a slope of zero there.
                let is_saddle = curvature < 0.0
                    && modes.get(1).is_none_or(|m| m.0 > 0.0)
                    && !is_kinked(&mut self.unit, &place, &direction, DIFFERENCE_DISTANCE);
                let arrival = Arrival { place, value };
                return (is_saddle && (self.walls || self.unit.is_inside(&arrival))).then_some((arrival, direction));
            }
            let mut step = vec![0.0; place.len()];
            for (k, (curvature, direction)) in modes.iter().enumerate() {
                let along = dot(direction, &slope) / curvature.abs().max(1e-6 * largest);
                let sign = if k == 0 { 1.0 } else { -1.0 };
                step.iter_mut().zip(direction).for_each(|(s, d)| *s += sign * along * d);
            }
            let shorter = (CLIMB_MAX_STEP / norm(&step)).min(1.0);
            place = self.unit.clamped(place.iter().zip(&step).map(|(u, s)| u + shorter * s));
        }
        None
    }

    /// Quadratic model at a point, in the free directions. A point that the slope presses against a wall stays on it.
    fn curved(&mut self, place: &[f64]) -> QuadraticModel {
        let n = place.len();
        let shifted = |k: usize, by: f64| {
            let mut near = place.to_vec();
            near[k] += by;
            near
        };
        let mut places = vec![place.to_vec()];
        places.extend((0..n).flat_map(|k| [shifted(k, DIFFERENCE_DISTANCE), shifted(k, -DIFFERENCE_DISTANCE)]));
        let results = self.unit.evaluate(&places.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let entry = |i: usize, j: usize| (results[1 + 2 * i].1[j] - results[2 + 2 * i].1[j]) / (2.0 * DIFFERENCE_DISTANCE);
        let (value, mut slope) = results[0].clone();
        let is_pressed = |k: &usize| {
            let [low, high] = self.unit.limits[*k];
            (place[*k] <= low && slope[*k] > 0.0) || (place[*k] >= high && slope[*k] < 0.0)
        };
        let free: Vec<usize> = (0..n).filter(|k| !(self.walls && is_pressed(k))).collect();
        let hessian: Vec<f64> = free
            .iter()
            .flat_map(|&i| free.iter().map(move |&j| (i, j)))
            .map(|(i, j)| 0.5 * (entry(i, j) + entry(j, i)))
            .collect();
        let whole = |(curvature, part): (f64, Vec<f64>)| {
            let mut direction = vec![0.0; n];
            free.iter().zip(part).for_each(|(&k, d)| direction[k] = d);
            (curvature, direction)
        };
        self.unit.effort.diagonalise(n);
        let modes = symmetric(&hessian).into_iter().map(whole).collect();
        (0..n).filter(|k| !free.contains(k)).for_each(|k| slope[k] = 0.0);
        QuadraticModel { value, slope, modes }
    }
}

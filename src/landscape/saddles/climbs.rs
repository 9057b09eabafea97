//! Climbs from guesses to saddles, along the direction of least curvature.

use super::kinks::is_kinked;
use super::{Saddle, SaddleSearch};
use crate::landscape::descent::Arrival;
use crate::landscape::quadratic::{DIFFERENCE_DISTANCE, QuadraticModel, quadratic_models};
use crate::numerics::statistics::{dot, norm};

/// Largest number of steps of a climb to a saddle, and its longest step as a fraction of the box.
const CLIMB_STEPS: usize = 80;
const CLIMB_MAX_STEP: f64 = 0.05;

/// Result of a step of a climb.
enum ClimbStep {
    Moved(Vec<f64>),
    /// The climb ended, perhaps at a saddle.
    Ended(Option<Saddle>),
}

impl SaddleSearch<'_, '_> {
    /// Climbs from guesses to saddles inside the box, in parallel. Returns for each the saddle, if the climb found one.
    pub(super) fn climb(&mut self, guesses: Vec<Vec<f64>>) -> Vec<Option<Saddle>> {
        let mut saddles = vec![None; guesses.len()];
        let mut moving: Vec<(usize, Vec<f64>)> = guesses.into_iter().enumerate().collect();
        for _ in 0..CLIMB_STEPS {
            if moving.is_empty() || self.unit.effort.is_exhausted() {
                break;
            }
            let places: Vec<&[f64]> = moving.iter().map(|(_, place)| place.as_slice()).collect();
            let models = quadratic_models(&mut self.unit, &places, DIFFERENCE_DISTANCE, self.walls);
            for ((k, place), model) in std::mem::take(&mut moving).into_iter().zip(models) {
                match self.step(place, model) {
                    ClimbStep::Moved(place) => moving.push((k, place)),
                    ClimbStep::Ended(saddle) => saddles[k] = saddle,
                }
            }
        }
        saddles
    }

    /// Takes one step of a climb at a point with its quadratic model.
    fn step(&mut self, place: Vec<f64>, model: QuadraticModel) -> ClimbStep {
        let QuadraticModel { value, gradient, free, modes } = model;
        let mut slope = vec![0.0; place.len()];
        for k in free {
            slope[k] = gradient[k];
        }
        let largest = modes.iter().fold(0.0, |top: f64, m| top.max(m.0.abs()));
        if !largest.is_finite() || !value.is_finite() {
            return ClimbStep::Ended(None);
        }
        if norm(&slope) <= 1e-8 * self.steepest {
            let Some((curvature, downhill)) = modes.first().cloned() else { return ClimbStep::Ended(None) };
            // A climb that arrives exactly on a kink finds a slope of zero there.
            let is_saddle = curvature < 0.0
                && modes.get(1).is_none_or(|m| m.0 > 0.0)
                && !is_kinked(&mut self.unit, &place, &downhill, DIFFERENCE_DISTANCE);
            let top = Arrival { place, value };
            let is_found = is_saddle && (self.walls || self.unit.is_inside(&top));
            return ClimbStep::Ended(is_found.then_some(Saddle { top, downhill, is_kink: false }));
        }
        let mut step = vec![0.0; place.len()];
        for (k, (curvature, direction)) in modes.iter().enumerate() {
            let along = dot(direction, &slope) / curvature.abs().max(1e-6 * largest);
            let sign = if k == 0 { 1.0 } else { -1.0 };
            step.iter_mut().zip(direction).for_each(|(s, d)| *s += sign * along * d);
        }
        let shorter = (CLIMB_MAX_STEP / norm(&step)).min(1.0);
        ClimbStep::Moved(self.unit.clamped(place.iter().zip(&step).map(|(u, s)| u + shorter * s)))
    }
}
